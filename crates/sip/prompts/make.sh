#!/bin/sh
# Makes the prompts of the star codes: 8 kHz, one channel, G.711 mu-law without a header.
#
# Needs espeak-ng 1.51 and sox 14.4. Run it here, and commit what it makes: the program embeds the files, so
# that nothing has to be installed beside it.
set -eu
cd "$(dirname "$0")"

# Silence is cut from both ends, speech kept in the band of a telephone and well below full scale: a prompt that is
# too loud comes back as echo and spoils the key tones of some phones.
say() { # name, text, words per minute
    espeak-ng -v en-us -s "${3:-165}" -p 45 --stdout "$2" |
        sox -D -t wav - -t raw -r 8000 -c 1 -e mu-law -b 8 "$1.ulaw" \
            silence 1 0.01 0.3% reverse silence 1 0.01 0.3% reverse \
            highpass 200 lowpass 3600 norm -6
}

for pair in 0:zero 1:one 2:two 3:three 4:four 5:five 6:six 7:seven 8:eight 9:nine; do
    say "${pair%%:*}" "${pair#*:}" 150
done
say enter-extension "Please enter your extension."
say enter-pin "Please enter your PIN."
say logged-in-as "You are logged in as"
say logged-out "You are logged out."
say nobody "Nobody is logged in."
say wrong-pin "Wrong PIN."
say locked "This account is locked."
say not-here "Not possible at this phone."
say on-hold "Not possible during an emergency call."
say in-use "This phone is in use."
say elsewhere "You are logged in at another phone."
say unreachable "The service cannot be reached. Please try again later."
say goodbye "Goodbye."

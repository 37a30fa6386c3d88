//! `application/simple-message-summary` (RFC 3842 §5): how many messages wait.
//!
//! Reading is tolerant: voicemail servers write single line ends, other capitals, odd spaces, and words of their own.

use bytes::Bytes;
use smol_str::SmolStr;

/// Its Content-Type.
pub const CONTENT_TYPE: &str = "application/simple-message-summary";

/// How much of a body is read; what lies behind is message headers nobody asked for.
const READ_BYTES_MAX: usize = 16 * 1024;

/// New and old messages of one kind; the urgent ones are counted among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Not heard yet.
    pub new: u32,
    /// Heard.
    pub old: u32,
    /// Of the new ones.
    pub new_urgent: u32,
    /// Of the old ones.
    pub old_urgent: u32,
}

/// What waits for a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageSummary {
    /// Whether the lamp is on.
    pub waiting: bool,
    /// The URI that is called to hear them.
    pub account: Option<SmolStr>,
    /// Voice messages; `None`: not told.
    pub voice: Option<Counts>,
}

impl MessageSummary {
    /// The lamp is off: what a phone gets whose user is gone.
    #[must_use]
    pub fn nothing(account: Option<SmolStr>) -> Self {
        Self {
            waiting: false,
            account,
            voice: Some(Counts::default()),
        }
    }

    /// Writes the body.
    #[must_use]
    pub fn write(&self) -> Bytes {
        use std::fmt::Write as _;

        let mut text = format!(
            "Messages-Waiting: {}\r\n",
            if self.waiting { "yes" } else { "no" }
        );
        if let Some(account) = &self.account {
            // A line end in it would make a line of its own.
            let account: String = account.chars().filter(|letter| !letter.is_control()).collect();
            let _ = write!(text, "Message-Account: {account}\r\n");
        }
        if let Some(voice) = self.voice {
            let Counts {
                new,
                old,
                new_urgent,
                old_urgent,
            } = voice;
            let _ = write!(text, "Voice-Message: {new}/{old} ({new_urgent}/{old_urgent})\r\n");
        }
        text.into()
    }

    /// Reads a body. `None` when it tells nothing about waiting messages. Lines that are not understood are passed
    /// over, and so are the message headers behind the first empty line.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let body = &body[..body.len().min(READ_BYTES_MAX)];
        let (mut waiting, mut summary) = (None, Self::default());
        for line in body.split(|byte| *byte == b'\n') {
            let line = line.trim_ascii();
            if line.is_empty() {
                // Some begin with an empty line.
                match waiting.is_some() || summary.voice.is_some() {
                    true => break,
                    false => continue,
                }
            }
            let Ok(line) = std::str::from_utf8(line) else {
                continue;
            };
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            let value = value.trim();
            match name.trim().to_ascii_lowercase().as_str() {
                "messages-waiting" => waiting = yes_or_no(value).or(waiting),
                "message-account" if !value.is_empty() => summary.account = Some(value.into()),
                "voice-message" | "voicemail" => summary.voice = counts(value).or(summary.voice),
                _ => {}
            }
        }
        // A server that only counts still says enough.
        let counted = summary.voice.map(|voice| voice.new > 0);
        summary.waiting = waiting.or(counted)?;
        Some(summary)
    }
}

fn yes_or_no(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

/// `2/8 (0/2)`, the part in brackets may be missing.
fn counts(value: &str) -> Option<Counts> {
    let (all, urgent) = match value.split_once('(') {
        Some((all, urgent)) => (all, urgent.trim_end().trim_end_matches(')')),
        None => (value, ""),
    };
    let (new, old) = pair(all)?;
    let (new_urgent, old_urgent) = pair(urgent).unwrap_or_default();
    Some(Counts {
        new,
        old,
        new_urgent,
        old_urgent,
    })
}

fn pair(text: &str) -> Option<(u32, u32)> {
    let (new, old) = text.split_once('/')?;
    Some((new.trim().parse().ok()?, old.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn summary(waiting: bool, account: Option<&str>, voice: Option<[u32; 4]>) -> MessageSummary {
        MessageSummary {
            waiting,
            account: account.map(SmolStr::new),
            voice: voice.map(|[new, old, new_urgent, old_urgent]| Counts {
                new,
                old,
                new_urgent,
                old_urgent,
            }),
        }
    }

    #[test]
    fn whatever_voicemail_servers_write_is_read() {
        let table: &[(&str, Option<MessageSummary>)] = &[
            (
                "Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\n\
                 Voice-Message: 2/8 (0/2)\r\n\r\nTo: a\r\nMessages-Waiting: no\r\n",
                Some(summary(
                    true,
                    Some("sip:alice@vmail.example.com"),
                    Some([2, 8, 0, 2]),
                )),
            ),
            ("Messages-Waiting: no\n", Some(summary(false, None, None))),
            (
                "messages-waiting :YES\nvoice-message:1/0\n",
                Some(summary(true, None, Some([1, 0, 0, 0]))),
            ),
            ("\r\nMessages-Waiting: yes", Some(summary(true, None, None))),
            (
                "Voice-Message: 0/3 (0/0)\r\n",
                Some(summary(false, None, Some([0, 3, 0, 0]))),
            ),
            (
                "Voice-Message: 3 / 1 ( 1 / 0 )\r\n",
                Some(summary(true, None, Some([3, 1, 1, 0]))),
            ),
            (
                "Messages-Waiting: yes\r\nVoice-Message: many\r\n",
                Some(summary(true, None, None)),
            ),
            (
                "Messages-Waiting: yes\r\nVoice-Message: 1/0 (x)\r\n",
                Some(summary(true, None, Some([1, 0, 0, 0]))),
            ),
            (
                "Fax-Message: 1/0\r\nMessages-Waiting: yes\r\n",
                Some(summary(true, None, None)),
            ),
            ("Messages-Waiting: maybe\r\n", None),
            ("", None),
            ("no colon at all", None),
            ("Voice-Message: 99999999999/0\r\n", None),
        ];
        for (body, read) in table {
            assert_eq!(MessageSummary::parse(body.as_bytes()), *read, "{body:?}");
        }
    }

    #[test]
    fn a_lamp_off_says_so_with_counts() {
        let nothing = MessageSummary::nothing(Some("sip:vm@example.com".into()));
        assert_eq!(
            nothing.write(),
            "Messages-Waiting: no\r\nMessage-Account: sip:vm@example.com\r\nVoice-Message: 0/0 (0/0)\r\n"
        );
    }

    #[test]
    fn an_account_cannot_smuggle_a_line_in() {
        let forged = MessageSummary::nothing(Some("sip:a@b\r\nMessages-Waiting: yes".into()));
        assert!(!MessageSummary::parse(&forged.write()).expect("readable").waiting);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(waiting: bool, counts: Option<[u32; 4]>) {
            let written = summary(waiting, Some("sip:vm@example.com"), counts);
            prop_assert_eq!(MessageSummary::parse(&written.write()), Some(written));
        }

        #[test]
        fn no_bytes_at_all_break_the_reader(body: Vec<u8>) {
            let _ = MessageSummary::parse(&body);
        }
    }
}

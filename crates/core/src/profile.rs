//! What a user finds at every phone: keys, tones, languages. What becomes of the user's calls is in
//! [`CallSettings`](crate::CallSettings).

use smol_str::SmolStr;

/// How many keys that dial a profile may have.
pub const SPEED_DIALS_MAX: usize = 32;
/// How many keys with a lamp a profile may have.
pub const LAMPS_MAX: usize = 32;
/// How many soft keys a profile may have.
pub const SOFTKEYS_MAX: usize = 8;
/// The longest label of a line or a key, in bytes.
pub const LABEL_BYTES_MAX: usize = 128;
/// The longest address of a phone book, in bytes.
pub const DIRECTORY_URL_BYTES_MAX: usize = 512;
/// The ring tones are 1 to this; 0 is the phone's usual one.
pub const RING_TONE_MAX: u8 = 9;
/// The largest profile, in bytes as [`Profile::size`] counts them; a larger one is refused, because every node and
/// every edge keeps it.
pub const PROFILE_BYTES_MAX: usize = 8 * 1024;
/// What an item of a list costs beside its texts, in bytes: more than any of our formats needs.
const ITEM_BYTES: usize = 8;

/// What a user finds at every phone. The default is a phone as it comes, and is not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The label of the line; empty: number and name. At most [`LABEL_BYTES_MAX`].
    pub line_label: SmolStr,
    /// Keys that dial; at most [`SPEED_DIALS_MAX`].
    pub speed_dials: Vec<SpeedDial>,
    /// Keys whose lamp shows whether a colleague is in a call; at most [`LAMPS_MAX`].
    pub lamps: Vec<Lamp>,
    /// What the message key dials; empty for none.
    pub voicemail_number: SmolStr,
    /// Whether waiting messages light the lamp.
    pub message_waiting: bool,
    /// 1 to [`RING_TONE_MAX`]; 0 for the phone's usual tone.
    pub ring_tone: u8,
    /// What the phone speaks while the user is logged in, as a BCP 47 tag; empty: the office's language.
    pub language: SmolStr,
    /// Where the phone book is, an http or https URL; empty for none. At most [`DIRECTORY_URL_BYTES_MAX`].
    pub directory_url: SmolStr,
    /// Functions of the soft keys, in order; empty: the phone's usual ones. At most [`SOFTKEYS_MAX`].
    pub softkeys: Vec<SoftFunction>,
}

/// A key that dials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpeedDial {
    /// What the key shows.
    pub label: SmolStr,
    /// What it dials.
    pub number: SmolStr,
}

/// A key whose lamp shows a colleague.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lamp {
    /// What the key shows.
    pub label: SmolStr,
    /// The extension that is watched and dialled.
    pub extension: SmolStr,
}

/// What a soft key can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoftFunction {
    /// The calls made and missed.
    History,
    /// The phone book.
    Directory,
    /// Do not disturb, on and off.
    DoNotDisturb,
    /// Forwarding.
    Forward,
    /// The mailbox.
    Voicemail,
    /// Log out of the phone.
    Logout,
}

impl Profile {
    /// How much it costs to keep, in bytes: an upper bound of what our formats write.
    #[must_use]
    pub fn size(&self) -> usize {
        let dials = self
            .speed_dials
            .iter()
            .map(|dial| dial.label.len() + dial.number.len());
        let lamps = self
            .lamps
            .iter()
            .map(|lamp| lamp.label.len() + lamp.extension.len());
        let keys: usize = dials.chain(lamps).map(|texts| texts + ITEM_BYTES).sum();
        let texts = [
            &self.line_label,
            &self.voicemail_number,
            &self.language,
            &self.directory_url,
        ];
        let texts: usize = texts.into_iter().map(|text| text.len() + ITEM_BYTES).sum();
        keys + texts + self.softkeys.len() + 2 * ITEM_BYTES
    }
}

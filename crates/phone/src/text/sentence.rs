//! What can be said.

/// A sentence, or a few. Names, places and times are already as people read them ([`place`](super::place),
/// [`local_time`](super::local_time)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sentence<'a> {
    // Why somebody was not logged in.
    /// The PIN is wrong.
    WrongPin {
        /// Tries left before the account is locked; `None`: not counted.
        tries_left: Option<u32>,
    },
    /// Number and PIN do not belong together, or the account is locked or has no PIN: said where programs may try PINs,
    /// which are not to learn who exists.
    NumberOrPinWrong,
    /// What was typed as PIN cannot be one: it is too short or too long, or not all digits.
    PinNotDigits,
    /// No PIN was typed.
    PinMissing,
    /// The account is locked.
    UserLocked {
        /// Until what time.
        until: &'a str,
    },
    /// Nobody has this number or name.
    UnknownUser,
    /// The account is switched off.
    UserDisabled,
    /// No PIN has been set.
    NoPin,
    /// The PIN was changed a moment ago.
    PinChanged,
    /// The phone is not known.
    DeviceUnknown,
    /// The phone takes no logins.
    DeviceDisabled,
    /// The phone is for other groups.
    DeviceNotAllowed,
    /// Somebody else uses the phone, and may not be sent away.
    DeviceBusy,
    /// The user must log out elsewhere first.
    LoggedInElsewhere {
        /// Where.
        place: &'a str,
    },
    /// An emergency call was made here; the phone is left as it is.
    OnHold {
        /// Until what time.
        until: &'a str,
    },
    /// The service cannot decide at the moment; nothing was changed.
    Unreachable,
    /// No answer came: it may have happened.
    Unclear,
    /// Too many at the same time.
    TooBusy,
    /// Too many wrong PINs were typed here within a minute.
    TooManyWrongPins,
    /// Something else.
    NotPossible,
    /// The caller may not do that.
    NotAllowed,
    /// What support looks for.
    Reference {
        /// The id ("HD1007-7K3QX2").
        id: &'a str,
    },

    // The login application.
    /// How to log in.
    TypeNumberAndPin,
    /// Only the PIN is missing.
    TypePinOf {
        /// Whose.
        name: &'a str,
    },
    /// The form was sent already.
    FormUsed,
    /// The form lay there for too long.
    FormExpired,
    /// The form is another phone's, or nobody's.
    FormForeign,
    /// Somebody is logged in here.
    InUse {
        /// Who.
        name: &'a str,
        /// Since what time.
        since: &'a str,
    },
    /// The login worked.
    Welcome {
        /// Who.
        name: &'a str,
    },
    /// The user was here already.
    AlreadyHere {
        /// Who.
        name: &'a str,
    },
    /// A session of the same user ended at another phone.
    LoggedOutAt {
        /// Where.
        place: &'a str,
    },
    /// Another user's session at this phone ended.
    TookOver {
        /// Whose.
        name: &'a str,
    },
    /// The session here has ended.
    LoggedOut {
        /// Whose.
        name: &'a str,
    },
    /// Nobody is logged in here.
    NobodyHere,
    /// Who is logged in, in full.
    YouAre {
        /// The name.
        name: &'a str,
        /// The number; empty for none.
        extension: &'a str,
        /// Since what time.
        since: &'a str,
    },
    /// Where one changes one's settings.
    SettingsAt {
        /// The address of the page.
        url: &'a str,
    },
    /// Below a code on the screen.
    ScanWithMobile,
    /// Where a phone has no code on its screen.
    LogInWithMobile {
        /// The address that the code would have.
        url: &'a str,
    },
    /// The evicted phone: where its user went.
    MovedTo {
        /// Who.
        name: &'a str,
        /// Where to.
        place: &'a str,
        /// When.
        time: &'a str,
    },
    /// Whether to lock an account, and what that does.
    LockSure {
        /// Whose.
        name: &'a str,
        /// Until what time.
        until: &'a str,
    },
    /// The account is locked.
    LockDone {
        /// Whose.
        name: &'a str,
        /// Until what time.
        until: &'a str,
    },

    // One's own page.
    /// What the page is for.
    SignInHere,
    /// The page's session is over.
    SignedOut,
    /// Where one is logged in.
    LoggedInAt {
        /// Where.
        place: &'a str,
        /// Since what time.
        since: &'a str,
    },
    /// Nowhere.
    LoggedInNowhere,
    /// Whether to log in at a phone.
    LogInAtSure {
        /// Where.
        place: &'a str,
    },
    /// The phone is logging in.
    LoggingInAt {
        /// Where.
        place: &'a str,
    },
    /// The code of a sticker or a screen leads nowhere.
    CodeInvalid,
    /// The profile was kept.
    Saved,
    /// A field of the profile breaks its rule.
    FieldInvalid {
        /// Its label.
        field: &'a str,
    },
}

/// No sentence is longer, with names and places of usual length: the smallest screens show six lines of
/// thirty.
pub const SENTENCE_CHARS_MAX: usize = 180;

//! What things are called.

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident ($room:expr),)*) => {
        /// A label. Each fits where it is shown, in every language.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Word {
            $($(#[$doc])* $name,)*
        }

        impl Word {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The most characters it may have where it is shown.
            #[must_use]
            pub const fn room(self) -> usize {
                match self {
                    $(Self::$name => $room,)*
                }
            }
        }
    };
}

/// A soft key of the narrowest phones.
const KEY: usize = 12;
/// The first line of a page.
const TITLE: usize = 24;
/// The prompt before a field.
const FIELD: usize = 16;
/// A line of a menu.
const ITEM: usize = 32;
/// A label on a web page.
const LABEL: usize = 48;

words! {
    /// Before a desk's number.
    Desk(FIELD),
    /// Soft key and button: log in.
    LogIn(KEY),
    /// Soft key and button: log out.
    LogOut(KEY),
    /// Soft key: leave things as they are.
    Cancel(KEY),
    /// Soft key: to the page before.
    Back(KEY),
    /// Soft key: leave the application.
    Close(KEY),
    /// Soft key: once more.
    Again(KEY),
    /// Soft key: lock the account.
    Lock(KEY),
    /// Soft key: it is meant so.
    Yes(KEY),
    /// Soft key: it is not.
    No(KEY),
    /// Soft key: log in with a mobile.
    Mobile(KEY),
    /// Title: log in.
    TitleLogIn(TITLE),
    /// Title: somebody is logged in here.
    TitleInUse(TITLE),
    /// Title: the login worked.
    TitleWelcome(TITLE),
    /// Title: it did not work.
    TitleProblem(TITLE),
    /// Title: the phone is free again.
    TitleLoggedOut(TITLE),
    /// Title: the user has gone to another phone.
    TitleMoved(TITLE),
    /// Title: lock the account.
    TitleLock(TITLE),
    /// Title: who used this phone last.
    TitleRecent(TITLE),
    /// Title: an emergency call was made here.
    TitleOnHold(TITLE),
    /// Field: number or name of a user.
    Number(FIELD),
    /// Field: PIN.
    Pin(FIELD),
    /// Menu: somebody who is not in the list.
    OtherNumber(ITEM),
    /// Menu: log in with a mobile.
    WithMobile(ITEM),
    /// Menu: log in though somebody else is here.
    TakeOver(ITEM),
    /// Menu: who am I.
    WhoAmI(ITEM),
    /// Menu and title: my settings.
    MySettings(TITLE),
    /// Menu: lock my account.
    LockAccount(ITEM),
    /// Title of one's own page.
    MyPhone(LABEL),
    /// Button: into the page.
    SignIn(LABEL),
    /// Button: out of the page.
    SignOut(LABEL),
    /// Heading: where one is logged in.
    Where(LABEL),
    /// Heading: the line.
    Line(LABEL),
    /// Field: label of the line.
    LineLabel(LABEL),
    /// Field: language of the phone.
    PhoneLanguage(LABEL),
    /// Choice: what the office speaks.
    OfficeLanguage(LABEL),
    /// Field: ring tone.
    RingTone(LABEL),
    /// Choice: the phone's own.
    UsualTone(LABEL),
    /// Heading: calls for me.
    Calls(LABEL),
    /// Field: do not disturb.
    DoNotDisturb(LABEL),
    /// Field: forward all calls.
    ForwardAlways(LABEL),
    /// Field: forward while busy.
    ForwardBusy(LABEL),
    /// Field: forward when nobody answers.
    ForwardNoAnswer(LABEL),
    /// Field: after so many seconds.
    AfterSeconds(LABEL),
    /// Field: forward while logged out.
    ForwardLoggedOut(LABEL),
    /// Field: what the message key dials.
    VoicemailNumber(LABEL),
    /// Field: whether waiting messages light the lamp.
    MessageLamp(LABEL),
    /// Heading: keys that dial.
    SpeedDials(LABEL),
    /// Heading: keys that show whether somebody is in a call.
    Lamps(LABEL),
    /// Column: what the key shows.
    KeyLabel(LABEL),
    /// Column: what it dials.
    NumberToDial(LABEL),
    /// Column: whom it watches.
    Extension(LABEL),
    /// Button: keep.
    Save(LABEL),
}

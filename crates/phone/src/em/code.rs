//! The numbers by which the service and the application on the phone say what is wrong.

macro_rules! codes {
    ($(#[$type_doc:meta])* $type:ident; $($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        $(#[$type_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $type {
            $($(#[$doc])* $name,)*
        }

        impl $type {
            /// All of them, by number.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The number.
            #[must_use]
            pub const fn number(self) -> u16 {
                match self {
                    $(Self::$name => $number,)*
                }
            }

            /// What it says, in English: programs show it to their users or write it into their logs.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

codes! {
    /// What the service answers when something was not done. 13 to 17, 24 and 34 are not in use.
    Code;
    /// Nobody can say whether it was done.
    Unknown = 0, "Unknown error";
    /// The document is not of the grammar.
    Parse = 1, "Error on parsing";
    /// There are no credentials.
    CannotAuthorize = 2, "Cannot authorize the application or user";
    /// The credentials are wrong.
    InvalidApplication = 3, "Could not authenticate the application or user";
    /// A rule of the company forbids it.
    Policy = 4, "Policy validation error";
    /// The phone is switched off for logins; said at a logout.
    LogoutDisabled = 5, "Device logon disabled";
    /// The cluster cannot be reached or does not answer.
    Database = 6, "Database error";
    /// The time after which to log out cannot be set.
    LogoutTimer = 7, "Logout request error";
    /// There is no such query.
    QueryType = 8, "Query type undetermined";
    /// Whether a PIN is right cannot be found out.
    UserInfo = 9, "Directory user info error";
    /// The application or user may not do this.
    NoRights = 10, "User lacks application proxy rights";
    /// There is no such phone.
    NoDevice = 11, "Device does not exist";
    /// The user has no such profile.
    NoProfile = 12, "Device profile not found";
    /// Somebody else is logged in at the phone.
    AnotherUser = 18, "Another user logged in";
    /// Nobody is logged in at the phone.
    NobodyLoggedIn = 19, "No user logged in";
    /// Whether a phone takes logins cannot be read.
    HotelingFlag = 20, "Hoteling flag error";
    /// Whether somebody is logged in cannot be read.
    HotelingStatus = 21, "Hoteling status error";
    /// The phone is switched off for logins.
    LoginDisabled = 22, "Device logon disabled";
    /// There is no such user.
    NoUser = 23, "User not found";
    /// The user is logged in at another phone, and may not be at two.
    LoggedInElsewhere = 25, "User logged in elsewhere";
    /// Too many requests at the same time.
    Busy = 26, "Busy, please try again";
    /// The password has expired.
    ChangePassword = 27, "Change password";
    /// The address is not among those that may ask.
    UntrustedAddress = 28, "Untrusted IP error";
    /// The registrar's state cannot be read.
    RegistrarDown = 29, "RIS down, contact the administrator";
    /// The request came through a proxy.
    Proxy = 30, "Proxy not allowed";
    /// Roaming between clusters is not on for the user.
    RoamingUser = 31, "EMCC not activated for the user";
    /// The phone cannot roam between clusters.
    RoamingDevice = 32, "Device does not support EMCC";
    /// No stand-in for the phone is free.
    NoStandIn = 33, "No free EMCC device";
    /// The home cluster does not know the visited one.
    VisitingCluster = 35, "Visiting cluster unknown to the home cluster";
    /// There is no remote cluster.
    NoRemoteCluster = 36, "No remote cluster";
    /// Two phones have one name.
    DuplicateDevice = 37, "Duplicate device name";
    /// Roaming between clusters is not allowed.
    RoamingNotAllowed = 38, "EMCC not allowed";
    /// The service is configured wrongly.
    Configuration = 39, "Configuration issue";
    /// A remote host does not answer.
    NoResponse = 40, "No response from the remote host";
    /// The user has to set a PIN first.
    PinChange = 41, "PIN change is required";
    /// The cluster's name is wrong.
    ClusterId = 42, "Invalid cluster ID";
    /// The phone's security mode is wrong.
    SecurityMode = 43, "Device security mode error";
    /// The remote cluster is configured wrongly.
    RemoteConfiguration = 44, "Configuration issue";
    /// The remote cluster's version is not known.
    RemoteVersion = 45, "Remote cluster version not supported";
    /// The remote cluster's security mode is wrong.
    RemoteSecurity = 46, "Remote cluster security mode not supported";
    /// Several users have the number.
    ManyUsers = 47, "DN has multiple users";
}

codes! {
    /// What the application on the phone shows, besides the codes of the service.
    PhoneCode;
    /// User id or PIN is wrong.
    Authentication = 201, "Please try to log in again (201)";
    /// User id or PIN is missing.
    Blank = 202, "Blank user ID or PIN (202)";
    /// The directory cannot be reached.
    DirectoryServer = 204, "Directory server error (204)";
    /// The user has no profile.
    NoProfile = 205, "User profile absent (205)";
    /// The request names no phone.
    NoDeviceName = 207, "Device name empty (207)";
    /// The service cannot be reached.
    NoService = 208, "Connection error (208)";
    /// The user has to set a PIN first.
    ChangePin = 209, "Change PIN (209)";
    /// The application has not started.
    Init = 210, "Init fail (210)";
    /// Roaming between clusters is not on.
    RoamingNotActive = 211, "EMCC not activated (211)";
    /// The cluster's name is wrong.
    ClusterId = 212, "Cluster ID invalid (212)";
    /// The phone cannot roam between clusters.
    RoamingDevice = 213, "Device does not support EMCC (213)";
    /// There is no such kind of name to log in with.
    LoginType = 215, "Login type invalid (215)";
    /// Several users have the number.
    ManyUsers = 216, "DN has multiple users (216)";
}

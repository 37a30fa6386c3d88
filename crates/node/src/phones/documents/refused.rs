//! Why there is no document, for whoever looks into the phone's log or the node's.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hotdesk_core::{DeviceId, MacAddress, Refusal};
use hotdesk_phone::{Mac, RenderError, Vendor};

use crate::phones::desk::NoDesk;

/// A document, or why not.
pub(super) type Result<T> = std::result::Result<T, Box<Refused>>;

/// Why there is no document.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    /// A stable label for metrics and logs.
    pub(super) outcome: &'static str,
    /// For people; in the body and in the log.
    pub(super) sentence: String,
    /// Which phone, where that is known.
    pub(super) device: Option<DeviceId>,
    /// Something is wrong, or somebody tries something.
    pub(super) is_suspicious: bool,
    /// Phones ask for it all the time.
    pub(super) is_quiet: bool,
    /// The phone is nobody's yet, and belongs on the list of those that wait.
    pub(super) is_for_list: bool,
    /// A header that belongs to it.
    header: Option<(header::HeaderName, HeaderValue)>,
}

impl Refused {
    fn new(status: StatusCode, outcome: &'static str, sentence: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            status,
            outcome,
            sentence: sentence.into(),
            device: None,
            is_suspicious: false,
            is_quiet: false,
            is_for_list: false,
            header: None,
        })
    }

    fn suspicious(outcome: &'static str, sentence: impl Into<String>) -> Box<Self> {
        let mut refused = Self::new(StatusCode::FORBIDDEN, outcome, sentence);
        refused.is_suspicious = true;
        refused
    }

    fn of(mut self: Box<Self>, device: &DeviceId) -> Box<Self> {
        self.device = Some(device.clone());
        self
    }

    fn after(mut self: Box<Self>, wait: Duration) -> Box<Self> {
        let seconds = wait.as_secs().max(1);
        self.header = Some((header::RETRY_AFTER, HeaderValue::from(seconds)));
        self
    }

    pub(super) fn not_ready() -> Box<Self> {
        let sentence = "this node has no copy of the directory yet";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", sentence).after(Duration::from_secs(5))
    }

    pub(super) fn method() -> Box<Self> {
        let sentence = "expected GET, HEAD, or PUT of what a phone stores";
        let mut refused = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method", sentence);
        refused.header = Some((header::ALLOW, HeaderValue::from_static("GET, HEAD, PUT, POST")));
        refused
    }

    /// Asking for the head of what a request for all of it would change.
    pub(super) fn only_get() -> Box<Self> {
        let sentence = "this logs a user in, or a phone into the directory: expected GET";
        let mut refused = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method", sentence);
        refused.header = Some((header::ALLOW, HeaderValue::from_static("GET")));
        refused
    }

    /// Phones ask for it and do without.
    pub(super) fn absent() -> Box<Self> {
        let mut refused = Self::new(StatusCode::NOT_FOUND, "absent", "no such file");
        refused.is_quiet = true;
        refused
    }

    pub(super) fn too_often(wait: Duration) -> Box<Self> {
        let sentence = "too many requests from this address that do not show whose phone it is";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too_often", sentence).after(wait)
    }

    pub(super) fn too_large(bytes_max: usize) -> Box<Self> {
        let sentence = format!("a phone may store at most {bytes_max} bytes here");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", sentence)
    }

    /// Nobody recognises the request.
    pub(super) fn unrecognised(expected: String) -> Box<Self> {
        Self::new(StatusCode::NOT_FOUND, "unrecognised", expected)
    }

    /// An address in the path that no phone has.
    pub(super) fn no_address(sentence: String) -> Box<Self> {
        Self::new(StatusCode::BAD_REQUEST, "no_address", sentence)
    }

    /// It does not say which phone it is.
    pub(super) fn nameless() -> Box<Self> {
        let sentence = "this request does not say which phone it comes from: expected the phone's MAC address in the \
                        name of the file or in the User-Agent";
        let mut refused = Self::new(StatusCode::NOT_FOUND, "nameless", sentence);
        refused.is_quiet = true;
        refused
    }

    pub(super) fn addresses_differ(path: Mac, agent: Mac) -> Box<Self> {
        Self::suspicious(
            "mac_mismatch",
            format!("the file is that of phone {path}, the User-Agent that of phone {agent}"),
        )
    }

    pub(super) fn other_phones_token(device: &DeviceId, mac: Mac) -> Box<Self> {
        let sentence = format!("the token is that of phone {device}, which does not have the address {mac}");
        Self::suspicious("token_mismatch", sentence).of(device)
    }

    pub(super) fn other_certificate(mac: Mac) -> Box<Self> {
        let sentence = format!("the certificate that was shown is not that of phone {mac}");
        Self::suspicious("certificate_mismatch", sentence)
    }

    pub(super) fn unknown_token() -> Box<Self> {
        let sentence = "this path belongs to no phone any more: the phone was deleted, or its former password was revoked. \
                        Open its enrolment (hotdesk phone reopen), and let it begin again at the address without a token";
        Self::new(StatusCode::NOT_FOUND, "unknown_token", sentence)
    }

    pub(super) fn wrong_password() -> Box<Self> {
        let sentence = "user name and password are not those of this phone";
        let mut refused = Self::new(StatusCode::UNAUTHORIZED, "wrong_password", sentence);
        refused.header = Some(challenge());
        refused
    }

    pub(super) fn window_closed(device: &DeviceId) -> Box<Self> {
        let sentence = format!(
            "phone {device} must come with its own token, and has not: after a factory reset, open its enrolment \
             (hotdesk phone reopen {device})"
        );
        Self::suspicious("no_token", sentence).of(device)
    }

    pub(super) fn waiting(mac: Mac) -> Box<Self> {
        let sentence = format!(
            "phone {mac} is not in the directory; it is waiting for approval (hotdesk phone waiting)"
        );
        Self::new(StatusCode::NOT_FOUND, "waiting", sentence)
    }

    pub(super) fn waiting_unrecognised(mac: Mac) -> Box<Self> {
        let sentence = format!(
            "phone {mac} is not in the directory, and what it is cannot be told from this request; it is waiting for \
             approval (hotdesk phone waiting)"
        );
        Self::new(StatusCode::NOT_FOUND, "waiting", sentence)
    }

    /// The enrolment token is known no longer; so the phone waits like one that comes without.
    pub(super) fn token_not_good(refusal: &Refusal, mac: MacAddress) -> Box<Self> {
        let why = match refusal {
            Refusal::UnknownEnrolmentToken { .. } => {
                "is not known: it is used up or was taken back, or never was one"
            }
            _ => "has run out",
        };
        let sentence = format!(
            "the enrolment token {why}; phone {mac} waits for approval instead (hotdesk phone waiting), or comes in with \
             a new token"
        );
        let mut refused = Self::suspicious("enrolment_refused", sentence);
        refused.is_for_list = true;
        refused
    }

    pub(super) fn enrolment_refused(sentence: String) -> Box<Self> {
        Self::suspicious("enrolment_refused", sentence)
    }

    pub(super) fn try_again(sentence: String) -> Box<Self> {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "failed", sentence).after(Duration::from_secs(5))
    }

    pub(super) fn other_vendor(device: &DeviceId, known: Vendor, found: Vendor) -> Box<Self> {
        let sentence = format!(
            "phone {device} is a {known} phone in the directory, and this request comes from a {found} phone: correct \
             the model"
        );
        Self::suspicious("other_vendor", sentence).of(device)
    }

    pub(super) fn no_desk(why: NoDesk) -> Box<Self> {
        let refused = Self::new(StatusCode::CONFLICT, "no_secret", why.to_string());
        match &why {
            NoDesk::Seed(device) => refused.of(device),
            NoDesk::LineKey | NoDesk::Site(_) => refused,
        }
    }

    pub(super) fn render(error: RenderError) -> Box<Self> {
        match error {
            RenderError::NoSuchFile { .. } => {
                let mut refused = Self::new(StatusCode::NOT_FOUND, "no_such_file", error.to_string());
                refused.is_quiet = true;
                refused
            }
            RenderError::Value { .. } | RenderError::Template(_) => {
                let mut refused = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "render", error.to_string());
                refused.is_suspicious = true;
                refused
            }
        }
    }

    /// The phone is to ask for user id and PIN.
    pub(super) fn ask_for_pin(sentence: impl Into<String>) -> Box<Self> {
        let mut refused = Self::new(StatusCode::UNAUTHORIZED, "pin_asked", sentence);
        refused.header = Some(challenge());
        refused
    }

    /// The login was not done.
    pub(super) fn login(status: StatusCode, sentence: String, device: &DeviceId) -> Box<Self> {
        let mut refused = Self::new(status, "login_refused", sentence).of(device);
        if status == StatusCode::UNAUTHORIZED {
            refused.header = Some(challenge());
        }
        // It is in the log already, under its id.
        refused.is_quiet = true;
        refused
    }
}

/// Phones show the realm above the fields.
fn challenge() -> (header::HeaderName, HeaderValue) {
    let realm = HeaderValue::from_static("Basic realm=\"Hotdesk\", charset=\"UTF-8\"");
    (header::WWW_AUTHENTICATE, realm)
}

impl IntoResponse for Box<Refused> {
    fn into_response(self) -> Response {
        let mut response = (self.status, format!("{}\n", self.sentence)).into_response();
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

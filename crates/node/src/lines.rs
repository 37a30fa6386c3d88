//! Phones' own SIP accounts: their passwords become digests, sealed for the log, and are then forgotten.

use std::path::Path;

use hotdesk_core::{DeviceId, Epoch, RequestId, SealedSecret, TokenHash, UserId};
use hotdesk_proto::error::Failure;
use hotdesk_sip::digest::Ha1s;
use hotdesk_sip::secret::{LineKey, PhoneSecret};
use ring::digest::{SHA256, digest};
use zeroize::Zeroizing;

use crate::config::{ConfigError, SipSection};

/// The shortest password that may be set: shorter ones can be tried out from one overheard answer.
pub(crate) const PASSWORD_BYTES_MIN: usize = 8;
/// The longest; phones have fields of at least this length.
pub(crate) const PASSWORD_BYTES_MAX: usize = 128;

/// What passwords are sealed with. A node without a line key has none.
pub(crate) struct Lines {
    pub(crate) domain: String,
    realm: String,
    key: LineKey,
}

impl Lines {
    /// Reads the key; `None` where none is configured.
    pub(crate) fn of(sip: &SipSection) -> Result<Option<Self>, ConfigError> {
        let Some(file) = &sip.key_file else {
            return Ok(None);
        };
        let key = read_key(file).map_err(|problem| ConfigError::of_key("sip.key_file", problem))?;
        let domain = sip.domain.clone().unwrap_or_default();
        Ok(Some(Self {
            realm: sip.realm.clone().unwrap_or_else(|| domain.clone()),
            domain,
            key,
        }))
    }

    /// The digests of a phone's password, sealed: the user name is the phone's id.
    pub(crate) fn seal(&self, device: &DeviceId, password: &str) -> SealedSecret {
        let ha1s = Ha1s::of(device.as_str(), &self.realm, password);
        SealedSecret(self.key.seal(device.as_str(), &ha1s).into())
    }

    /// What signs that which phones and browsers carry from page to page.
    pub(crate) fn page_key(&self) -> Zeroizing<[u8; 32]> {
        self.key.page_key()
    }

    /// A password that follows from the request.
    pub(crate) fn generate(&self, device: &DeviceId, request: RequestId) -> Zeroizing<String> {
        self.key.device_password(device.as_str(), request.0)
    }

    /// The password of a session's line.
    pub(crate) fn session_password(&self, user: &UserId, epoch: Epoch) -> Zeroizing<String> {
        self.key.line_password(user.as_str(), epoch.0)
    }

    /// A secret of one phone that follows from the seed of its password.
    pub(crate) fn phone_secret(
        &self,
        purpose: PhoneSecret,
        device: &DeviceId,
        seed: u128,
    ) -> Zeroizing<String> {
        self.key.phone_secret(purpose, device.as_str(), seed)
    }

    /// An enrolment token: 26 letters and digits that follow from the request, so that a retry gives the same one.
    /// Device ids have no slash, so it is no password of a phone either.
    pub(crate) fn enrolment_token(&self, request: RequestId) -> Zeroizing<String> {
        self.key.line_password(&format!("enrolment/token/{request}"), 0)
    }
}

/// What the cluster keeps of an enrolment token.
pub(crate) fn token_hash(token: &str) -> TokenHash {
    let hash = digest(&SHA256, token.as_bytes());
    TokenHash(hash.as_ref().try_into().expect("SHA-256 has 32 bytes"))
}

/// That a password can be typed into phones and is not a few letters.
pub(crate) fn check_password(password: &str) -> Result<(), Failure> {
    let fits = (PASSWORD_BYTES_MIN..=PASSWORD_BYTES_MAX).contains(&password.len());
    if fits && password.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Failure::InvalidArgument {
        field: "password".into(),
        problem: format!(
            "must be {PASSWORD_BYTES_MIN} to {PASSWORD_BYTES_MAX} printable ASCII characters without spaces"
        ),
    })
}

fn read_key(file: &Path) -> Result<LineKey, String> {
    let bytes = std::fs::read(file)
        .map(Zeroizing::new)
        .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    LineKey::read(&bytes).map_err(|error| format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(realm: Option<&str>) -> Lines {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("line.key");
        std::fs::write(&file, [&[7; 31][..], &[8]].concat()).unwrap();
        let sip = SipSection {
            domain: Some("example.com".into()),
            realm: realm.map(str::to_owned),
            key_file: Some(file),
        };
        Lines::of(&sip).unwrap().unwrap()
    }

    #[test]
    fn what_is_sealed_opens_to_the_digests_of_the_password() {
        let device: DeviceId = "chi-1".parse().unwrap();
        for (realm, expected) in [(None, "example.com"), (Some("realm"), "realm")] {
            let lines = lines(realm);
            let sealed = lines.seal(&device, "correct horse");
            let opened = lines.key.open("chi-1", &sealed.0).unwrap();
            assert!(opened.sha256 == Ha1s::of("chi-1", expected, "correct horse").sha256);
            assert!(lines.key.open("chi-2", &sealed.0).is_none());
        }
    }

    #[test]
    fn a_generated_password_follows_from_phone_and_request() {
        let lines = lines(None);
        let device: DeviceId = "chi-1".parse().unwrap();
        let first = lines.generate(&device, RequestId(1));
        assert_eq!(first, lines.generate(&device, RequestId(1)));
        assert_ne!(first, lines.generate(&device, RequestId(2)));
        assert_ne!(first, lines.generate(&"chi-2".parse().unwrap(), RequestId(1)));
        check_password(&first).unwrap();
    }

    #[test]
    fn an_enrolment_token_follows_from_the_request_and_leaves_its_digest_only() {
        let lines = lines(None);
        let token = lines.enrolment_token(RequestId(1));
        assert_eq!(token, lines.enrolment_token(RequestId(1)));
        assert_ne!(token, lines.enrolment_token(RequestId(2)));
        assert_eq!(token.len(), 26);
        let abc = token_hash("abc");
        assert_eq!(abc.0[..4], [0xba, 0x78, 0x16, 0xbf]);
    }

    #[test]
    fn passwords_follow_their_rule() {
        for (password, fine) in [
            ("12345678", true),
            ("1234567", false),
            ("1234 5678", false),
            ("1234567\u{e9}", false),
        ] {
            assert_eq!(check_password(password).is_ok(), fine, "{password}");
        }
        assert!(check_password(&"x".repeat(PASSWORD_BYTES_MAX)).is_ok());
        assert!(check_password(&"x".repeat(PASSWORD_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn a_bad_key_file_is_named() {
        let sip = SipSection {
            domain: Some("example.com".into()),
            realm: None,
            key_file: Some("/nowhere/line.key".into()),
        };
        let error = Lines::of(&sip).err().unwrap().to_string();
        assert!(
            error.contains("sip.key_file: cannot read /nowhere/line.key"),
            "{error}"
        );
    }
}

//! What phones and browsers carry from page to page: signed, with an end, good for one purpose.
//!
//! ```text
//! base32 (lower case) of: end (seconds, 4 bytes) | nonce (16) | content | MAC (16)
//! MAC: HMAC-SHA-256, cut to 16 bytes, of  purpose | 0 | length of the holder (2) | holder | end | nonce | content
//! ```
//! The key is the same at all nodes ([`Lines::page_key`](crate::lines::Lines::page_key)), so any of them can
//! read what another gave out. That a token was used already, only the node knows that took it; a form that
//! is sent to two nodes still logs in once, because its request id follows from the token.

use std::collections::{BTreeSet, HashSet};

use data_encoding::BASE32_NOPAD;
use hotdesk_core::{RequestId, TimeMs};
use parking_lot::Mutex;
use ring::hmac;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;
use zeroize::Zeroizing;

/// What a token is good for. One for another purpose is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A login form of a phone.
    Login,
    /// Logging out at a phone.
    Logout,
    /// Asking whether to lock an account.
    Lock,
    /// Locking it.
    LockSure,
    /// Locking one's own account at the phone where one is.
    LockOwn,
    /// The sign-in form of one's own page.
    SignIn,
    /// Being signed in there.
    Session,
    /// A form of one who is signed in.
    Form,
}

impl Purpose {
    const fn label(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Logout => "logout",
            Self::Lock => "lock",
            Self::LockSure => "lock-sure",
            Self::LockOwn => "lock-own",
            Self::SignIn => "sign-in",
            Self::Session => "session",
            Self::Form => "form",
        }
    }
}

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rejected {
    /// Not ours, for something else, or somebody else's.
    Foreign,
    /// Its time has passed.
    Expired,
    /// It was used.
    Used,
    /// So many were used in the last minutes that no further one can be remembered.
    Full,
}

/// A token that is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opened {
    /// What it says.
    pub(super) content: String,
    /// Follows from the token: the request that it leads to is carried out once.
    pub(super) request_id: RequestId,
    purpose: Purpose,
    nonce: [u8; NONCE],
    end_s: u32,
}

/// Gives tokens out and takes them back.
pub(super) struct Tokens {
    key: hmac::Key,
    /// Of phones, whose forms only they are given.
    used: Mutex<Used>,
    /// Of browsers. Anybody may ask for a form to sign in with: filling this table up must not stop phones.
    used_by_browsers: Mutex<Used>,
    /// Visits that are over.
    over: Mutex<Used>,
}

/// Nonces that were used, until their tokens would have ended.
#[derive(Default)]
struct Used {
    nonces: HashSet<[u8; NONCE]>,
    by_end: BTreeSet<(u32, [u8; NONCE])>,
}

impl Tokens {
    /// With the key of all nodes, or one that only this node has.
    pub(super) fn new(key: Option<Zeroizing<[u8; 32]>>) -> Self {
        let key = key.unwrap_or_else(random_key);
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key[..]),
            used: Mutex::default(),
            used_by_browsers: Mutex::default(),
            over: Mutex::default(),
        }
    }

    /// A new token for `holder` (a phone, a user), which says `content` and is good for so many seconds.
    pub(super) fn issue(
        &self,
        purpose: Purpose,
        holder: &str,
        content: &str,
        now: TimeMs,
        good_s: u32,
    ) -> String {
        let end = seconds(now).saturating_add(good_s);
        let mut bytes = end.to_be_bytes().to_vec();
        bytes.extend(Uuid::new_v4().as_bytes());
        bytes.extend(content.as_bytes());
        let mac = self.mac(purpose, holder, &bytes);
        bytes.extend(mac);
        let mut text = BASE32_NOPAD.encode(&bytes);
        text.make_ascii_lowercase();
        text
    }

    /// Reads a token without using it up.
    pub(super) fn read(
        &self,
        purpose: Purpose,
        holder: &str,
        token: &str,
        now: TimeMs,
    ) -> Result<Opened, Rejected> {
        if token.len() > TOKEN_LETTERS_MAX {
            return Err(Rejected::Foreign);
        }
        let bytes = BASE32_NOPAD
            .decode(token.to_ascii_uppercase().as_bytes())
            .map_err(|_| Rejected::Foreign)?;
        let (signed, mac) = bytes
            .len()
            .checked_sub(MAC)
            .and_then(|at| bytes.split_at_checked(at))
            .ok_or(Rejected::Foreign)?;
        if !bool::from(self.mac(purpose, holder, signed).ct_eq(mac)) {
            return Err(Rejected::Foreign);
        }
        let (end, rest) = signed.split_first_chunk::<4>().ok_or(Rejected::Foreign)?;
        let (nonce, content) = rest.split_first_chunk::<NONCE>().ok_or(Rejected::Foreign)?;
        let end_s = u32::from_be_bytes(*end);
        if end_s <= seconds(now) {
            return Err(Rejected::Expired);
        }
        let content = std::str::from_utf8(content).map_err(|_| Rejected::Foreign)?;
        Ok(Opened {
            content: content.to_owned(),
            request_id: self.request_id(signed),
            purpose,
            nonce: *nonce,
            end_s,
        })
    }

    /// Reads a token and uses it up: it is taken once.
    pub(super) fn take(
        &self,
        purpose: Purpose,
        holder: &str,
        token: &str,
        now: TimeMs,
    ) -> Result<Opened, Rejected> {
        let opened = self.read(purpose, holder, token, now)?;
        self.use_up(&opened, now)?;
        Ok(opened)
    }

    /// Takes a token that was read, once.
    pub(super) fn use_up(&self, opened: &Opened, now: TimeMs) -> Result<(), Rejected> {
        let mut used = self.table_of(opened.purpose).lock();
        used.forget(seconds(now));
        if used.nonces.contains(&opened.nonce) {
            return Err(Rejected::Used);
        }
        if used.nonces.len() >= USED_MAX {
            return Err(Rejected::Full);
        }
        used.nonces.insert(opened.nonce);
        used.by_end.insert((opened.end_s, opened.nonce));
        Ok(())
    }

    /// What was used up for nothing is good again for as long as it was: the same request, carried out once.
    pub(super) fn give_back(&self, opened: &Opened) {
        let mut used = self.table_of(opened.purpose).lock();
        if used.nonces.remove(&opened.nonce) {
            used.by_end.remove(&(opened.end_s, opened.nonce));
        }
    }

    const fn table_of(&self, purpose: Purpose) -> &Mutex<Used> {
        match purpose {
            Purpose::SignIn | Purpose::Form => &self.used_by_browsers,
            _ => &self.used,
        }
    }

    /// Something that is known by a number is over until `end_s`.
    pub(super) fn end(&self, id: &[u8; NONCE], end_s: u64, now: TimeMs) {
        let end_s = u32::try_from(end_s).unwrap_or(u32::MAX);
        let mut over = self.over.lock();
        over.forget(seconds(now));
        // When the table is full, what is over ends by itself in a few minutes all the same.
        if over.nonces.len() < USED_MAX && over.nonces.insert(*id) {
            over.by_end.insert((end_s, *id));
        }
    }

    /// Whether [`end`](Self::end) was called for it.
    pub(super) fn is_over(&self, id: &[u8; NONCE]) -> bool {
        self.over.lock().nonces.contains(id)
    }

    /// A code that never ends, short enough to be printed: who holds it stands or stood in front of the
    /// phone.
    pub(super) fn sticker(&self, device: &str) -> String {
        self.code(&format!("sticker\0{device}"))
    }

    /// Whether it is the code of the phone's sticker.
    pub(super) fn is_sticker(&self, device: &str, code: &str) -> bool {
        is_same(&self.sticker(device), code)
    }

    /// A code for the phone's screen, as short as a sticker's, so that its picture has few squares and it can be typed.
    /// All nodes make the same one, and another every [`SCREEN_EVERY_S`]: a picture of it can be kept until then, and
    /// a photograph of it is worth nothing tomorrow.
    pub(super) fn screen(&self, device: &str, now: TimeMs) -> String {
        self.screen_of(device, seconds(now) / SCREEN_EVERY_S)
    }

    /// Whether the phone's screen shows this code, or did until a moment ago: good for five to ten minutes. Nodes'
    /// clocks are not quite the same, so the next one counts as well.
    pub(super) fn is_screen(&self, device: &str, code: &str, now: TimeMs) -> bool {
        let current = seconds(now) / SCREEN_EVERY_S;
        (current.saturating_sub(1)..=current + 1).any(|turn| is_same(&self.screen_of(device, turn), code))
    }

    fn screen_of(&self, device: &str, turn: u32) -> String {
        self.code(&format!("screen\0{device}\0{turn}"))
    }

    fn code(&self, of: &str) -> String {
        let tag = hmac::sign(&self.key, of.as_bytes());
        let mut text = BASE32_NOPAD.encode(&tag.as_ref()[..CODE]);
        text.make_ascii_lowercase();
        text
    }

    fn mac(&self, purpose: Purpose, holder: &str, signed: &[u8]) -> [u8; MAC] {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(purpose.label().as_bytes());
        context.update(&[0]);
        // The length first, so that no holder with a content reads like another with another.
        context.update(&u16::try_from(holder.len()).unwrap_or(u16::MAX).to_be_bytes());
        context.update(holder.as_bytes());
        context.update(signed);
        let mut mac = [0; MAC];
        mac.copy_from_slice(&context.sign().as_ref()[..MAC]);
        mac
    }

    fn request_id(&self, signed: &[u8]) -> RequestId {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(b"request\0");
        context.update(signed);
        let mut id = [0; 16];
        id.copy_from_slice(&context.sign().as_ref()[..16]);
        RequestId(u128::from_be_bytes(id))
    }
}

impl Used {
    fn forget(&mut self, now_s: u32) {
        while let Some((end, nonce)) = self.by_end.first().copied()
            && end <= now_s
        {
            self.by_end.pop_first();
            self.nonces.remove(&nonce);
        }
    }
}

fn is_same(code: &str, given: &str) -> bool {
    let given = given.to_ascii_lowercase();
    code.as_bytes().ct_eq(given.as_bytes()).into()
}

/// Of a node that has no line key: what it gives out is good at this node, until it is restarted.
fn random_key() -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    key[..16].copy_from_slice(Uuid::new_v4().as_bytes());
    key[16..].copy_from_slice(Uuid::new_v4().as_bytes());
    key
}

fn seconds(time: TimeMs) -> u32 {
    u32::try_from(time.0 / 1000).unwrap_or(u32::MAX)
}

const NONCE: usize = 16;
const MAC: usize = 16;
/// 64 bits: whoever guesses the code of a sticker or a screen gains a login at that phone, with a PIN of their own.
const CODE: usize = 8;
/// How long the code of a screen stays the same, in seconds: somebody has to scan it and sign in.
const SCREEN_EVERY_S: u32 = 300;
/// Longer ones are not ours: a user's and a phone's id and a few numbers.
const TOKEN_LETTERS_MAX: usize = 512;
/// How many used tokens are remembered in one table. When they are that many within their two minutes, further forms are
/// turned away as "too busy" until some have ended: a form that cannot be remembered could be used twice.
const USED_MAX: usize = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: TimeMs = TimeMs(1_800_000_000_000);

    fn tokens() -> Tokens {
        Tokens::new(Some(Zeroizing::new([7; 32])))
    }

    #[test]
    fn a_token_is_taken_once() {
        let tokens = tokens();
        let token = tokens.issue(Purpose::Login, "chi-1", "12", NOW, 120);
        let opened = tokens.take(Purpose::Login, "chi-1", &token, NOW).unwrap();
        assert_eq!(opened.content, "12");
        assert_eq!(
            tokens.take(Purpose::Login, "chi-1", &token, NOW),
            Err(Rejected::Used)
        );
        let other = tokens.issue(Purpose::Login, "chi-1", "12", NOW, 120);
        let other = tokens.take(Purpose::Login, "chi-1", &other, NOW).unwrap();
        assert_ne!(opened.request_id, other.request_id);
    }

    #[test]
    fn a_token_that_is_given_back_is_taken_once_more_for_the_same_request() {
        let tokens = tokens();
        let token = tokens.issue(Purpose::Login, "chi-1", "12", NOW, 120);
        let take = |ms| tokens.take(Purpose::Login, "chi-1", &token, NOW.plus_ms(ms));
        let first = take(0).unwrap();
        tokens.give_back(&first);
        assert_eq!(take(1000), Ok(first.clone()));
        assert_eq!(take(2000), Err(Rejected::Used));
        tokens.give_back(&first);
        tokens.give_back(&first);
        assert_eq!(take(120_000), Err(Rejected::Expired));
        let used = tokens.used.lock();
        assert!(used.nonces.is_empty() && used.by_end.is_empty());
    }

    #[test]
    fn a_token_is_good_for_one_purpose_one_holder_and_a_while() {
        let tokens = tokens();
        let token = tokens.issue(Purpose::Login, "chi-1", "", NOW, 120);
        let read = |purpose, holder, token: &str, ms| tokens.read(purpose, holder, token, NOW.plus_ms(ms));
        assert!(read(Purpose::Login, "chi-1", &token, 119_999).is_ok());
        assert!(read(Purpose::Login, "chi-1", &token.to_uppercase(), 0).is_ok());
        for (purpose, holder, text, ms, expected) in [
            (Purpose::Login, "chi-1", &*token, 120_000, Rejected::Expired),
            (Purpose::Login, "chi-2", &*token, 0, Rejected::Foreign),
            (Purpose::Logout, "chi-1", &*token, 0, Rejected::Foreign),
            (Purpose::Login, "chi-1", &token[1..], 0, Rejected::Foreign),
            (Purpose::Login, "chi-1", "", 0, Rejected::Foreign),
            (Purpose::Login, "chi-1", "not!base32", 0, Rejected::Foreign),
        ] {
            assert_eq!(read(purpose, holder, text, ms), Err(expected), "{holder} {text}");
        }
        let elsewhere = Tokens::new(Some(Zeroizing::new([8; 32])));
        assert_eq!(
            elsewhere.read(Purpose::Login, "chi-1", &token, NOW),
            Err(Rejected::Foreign)
        );
        let mut altered = token.into_bytes();
        for at in 0..altered.len() {
            let kept = altered[at];
            altered[at] = if kept == b'a' { b'b' } else { b'a' };
            let text = std::str::from_utf8(&altered).unwrap();
            assert!(read(Purpose::Login, "chi-1", text, 0).is_err(), "{at}");
            altered[at] = kept;
        }
    }

    #[test]
    fn the_same_token_gives_the_same_request_at_every_node() {
        let token = tokens().issue(Purpose::Login, "chi-1", "", NOW, 120);
        let id = || {
            tokens()
                .take(Purpose::Login, "chi-1", &token, NOW)
                .unwrap()
                .request_id
        };
        assert_eq!(id(), id());
    }

    #[test]
    fn used_tokens_are_forgotten_when_they_have_ended_and_not_before() {
        let tokens = tokens();
        for second in 0..200_u64 {
            let now = NOW.plus_ms(second * 1000);
            let token = tokens.issue(Purpose::Login, "chi-1", "", now, 120);
            tokens.take(Purpose::Login, "chi-1", &token, now).unwrap();
            assert!(tokens.used.lock().nonces.len() <= 120, "{second}");
        }
        assert_eq!(tokens.used.lock().by_end.len(), 120);
    }

    fn fill(table: &Mutex<Used>) {
        let mut used = table.lock();
        for number in 0..u32::try_from(USED_MAX).unwrap() {
            let mut nonce = [0; NONCE];
            nonce[..4].copy_from_slice(&number.to_be_bytes());
            used.nonces.insert(nonce);
            used.by_end.insert((seconds(NOW) + 10, nonce));
        }
    }

    #[test]
    fn browsers_do_not_take_the_place_of_phones_nor_of_visits_that_are_over() {
        let tokens = tokens();
        fill(&tokens.used_by_browsers);
        for purpose in [Purpose::SignIn, Purpose::Form] {
            let token = tokens.issue(purpose, "", "", NOW, 120);
            assert_eq!(tokens.take(purpose, "", &token, NOW), Err(Rejected::Full));
        }
        let token = tokens.issue(Purpose::Login, "chi-1", "", NOW, 120);
        tokens.take(Purpose::Login, "chi-1", &token, NOW).unwrap();
        let visit = [255; NONCE];
        tokens.end(&visit, NOW.0 / 1000 + 60, NOW);
        assert!(tokens.is_over(&visit));
    }

    #[test]
    fn when_no_more_can_be_remembered_none_is_taken() {
        let tokens = tokens();
        fill(&tokens.used);
        let token = tokens.issue(Purpose::Login, "chi-1", "", NOW, 120);
        let take = |ms| tokens.take(Purpose::Login, "chi-1", &token, NOW.plus_ms(ms));
        assert_eq!(take(0), Err(Rejected::Full));
        assert!(take(10_000).is_ok());
    }

    #[test]
    fn a_sticker_is_its_phones_own() {
        let tokens = tokens();
        let code = tokens.sticker("chi-1");
        assert_eq!(code.len(), 13);
        assert!(tokens.is_sticker("chi-1", &code) && tokens.is_sticker("chi-1", &code.to_uppercase()));
        assert!(!tokens.is_sticker("chi-2", &code) && !tokens.is_sticker("chi-1", ""));
        assert_ne!(Tokens::new(None).sticker("chi-1"), code);
    }

    #[test]
    fn a_screens_code_changes_and_is_good_for_five_to_ten_minutes() {
        let tokens = tokens();
        let (turn, just_before) = (NOW, NOW.plus_ms(299_999));
        let code = tokens.screen("chi-1", turn);
        assert_eq!((code.len(), &code), (13, &tokens.screen("chi-1", just_before)));
        assert_ne!(code, tokens.screen("chi-1", NOW.plus_ms(300_000)));
        for (device, text, ms, expected) in [
            ("chi-1", &*code, 0, true),
            ("chi-1", &*code.to_uppercase(), 599_999, true),
            ("chi-1", &*code, 600_000, false),
            ("chi-2", &*code, 0, false),
            ("chi-1", &*tokens.sticker("chi-1"), 0, false),
            ("chi-1", "", 0, false),
        ] {
            assert_eq!(
                tokens.is_screen(device, text, NOW.plus_ms(ms)),
                expected,
                "{device} {text} {ms}"
            );
        }
        assert!(!tokens.is_sticker("chi-1", &code));
        assert!(
            tokens.is_screen("chi-1", &code, TimeMs(NOW.0 - 1000)),
            "another node's clock"
        );
    }
}

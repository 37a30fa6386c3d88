//! What tests of pages have in common: opening them, following their links, making up tokens.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE32_NOPAD;
use hotdesk_core::{Session, User};
use ring::hmac;

use super::app::page_key;
use super::*;

/// A Cisco at Chicago.
pub(super) const CISCO: &str = "001e7a112233";

/// A page of a phone's login application.
pub(super) async fn open(world: &World, device: &str, page: &str) -> Answer {
    let ask = get(own_path(world, device, &format!("app{page}")));
    ask.with("X-CiscoIPPhoneModelName", "CP-8841").send(world).await
}

/// Sends a form as a phone does.
pub(super) async fn log_in(world: &World, device: &str, form: &Answer, user: &str, pin: &str) -> Answer {
    let user = user.replace(' ', "%20");
    open(
        world,
        device,
        &format!("/login/{}?user={user}&pin={pin}", token_in(form)),
    )
    .await
}

/// The first link of a page that contains this, as a path.
#[track_caller]
pub(super) fn link(page: &Answer, part: &str) -> String {
    let text = page.body.replace("&amp;", "&").replace("&quot;", "\"");
    let links = text.match_indices("http://").map(|(at, _)| {
        let end = text[at..]
            .find(['<', '"', '\'', ' ', '\n'])
            .unwrap_or(text.len() - at);
        &text[at..at + end]
    });
    let mut paths =
        links.filter_map(|url| Some(&url[url.find("//")? + 2..][url[url.find("//")? + 2..].find('/')?..]));
    let found = paths.find(|path| path.contains(part));
    found
        .unwrap_or_else(|| panic!("no link to {part} in:\n{}", page.body))
        .to_owned()
}

pub(super) async fn follow(world: &World, page: &Answer, part: &str) -> Answer {
    get(link(page, part)).send(world).await
}

/// The token of a login form.
#[track_caller]
pub(super) fn token_in(form: &Answer) -> String {
    link(form, "/app/login/").rsplit('/').next().unwrap().to_owned()
}

pub(super) fn session(world: &World, device: &str) -> Option<Arc<Session>> {
    state(world).session_at(&device.parse().unwrap()).cloned()
}

pub(super) fn who(world: &World, device: &str) -> Option<String> {
    session(world, device).map(|session| session.user.to_string())
}

pub(super) fn user(world: &World, id: &str) -> User {
    User::clone(state(world).user(&id.parse().unwrap()).unwrap())
}

pub(super) fn now_s() -> u32 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u32::try_from(since.as_secs()).unwrap()
}

/// A token that the node did not give out but would take: written down as its documentation says.
pub(super) fn craft(purpose: &str, holder: &str, content: &str, end_s: u32) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &page_key()[..]);
    let mut signed = end_s.to_be_bytes().to_vec();
    signed.extend(fresh().to_be_bytes());
    signed.extend(content.as_bytes());
    let mut text = purpose.as_bytes().to_vec();
    text.push(0);
    text.extend(u16::try_from(holder.len()).unwrap().to_be_bytes());
    text.extend(holder.as_bytes());
    text.extend(&signed);
    signed.extend(&hmac::sign(&key, &text).as_ref()[..16]);
    BASE32_NOPAD.encode(&signed).to_ascii_lowercase()
}

/// The code of a phone's sticker.
pub(super) fn sticker(device: &str) -> String {
    code(&format!("sticker\0{device}"))
}

/// The code of a phone's screen at a time.
pub(super) fn screen_code(device: &str, at_s: u32) -> String {
    code(&format!("screen\0{device}\0{}", at_s / 300))
}

fn code(of: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &page_key()[..]);
    let tag = hmac::sign(&key, of.as_bytes());
    BASE32_NOPAD.encode(&tag.as_ref()[..8]).to_ascii_lowercase()
}

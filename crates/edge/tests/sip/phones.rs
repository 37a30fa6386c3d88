//! Desk phones are told to load their documents: as their vendor wants it, never during a call, again when it fails.

mod cut_off;
mod following;
mod left_alone;
mod moved;
mod words;

use std::time::Duration;

use hotdesk_client::v1;
use hotdesk_client::v1::event::Kind;
use hotdesk_edge::Config;
use hotdesk_sip::digest::{Algorithm, Challenger, Ha1s, Kind as DigestKind, NonceKey, Settings, Verdict};
use hotdesk_sip::message::{Message, Method, Name};
use hotdesk_sip::secret::PhoneSecret;
use hotdesk_softphone::Softphone;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::calls::get;
use super::fake::PATIENCE;
use super::office::{
    Company, Office, PUT_AT, SEED, device, eventually, free_port, key, session, talk, texts, trunk,
};

/// The epoch of a session that began at this index of the log.
const fn epoch(index: u64) -> u64 {
    index * 1024
}

fn phones(phones: &[(&'static str, &'static str)]) -> Company {
    Company {
        phones: phones.to_vec(),
        ..Company::default()
    }
}

fn neutral_may_call(config: &mut Config) {
    config.dialplan.neutral.internal = true;
}

/// The next NOTIFY at a phone; other requests are passed over.
async fn notify(phone: &Softphone) -> Message {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let request = phone.next_request(deadline).await.unwrap();
        if request.method() == Some(&Method::Notify) {
            return request;
        }
    }
}

/// The next NOTIFY, which the phone takes.
async fn taken(phone: &Softphone) -> Message {
    let request = notify(phone).await;
    phone.reply(&request, 200, "OK").await.unwrap();
    request
}

fn event(request: &Message) -> String {
    texts(request, &Name::Event).join("")
}

/// A user logs in; the epoch.
async fn logs_in(office: &mut Office, user: &str, device: &str) -> u64 {
    let epoch = epoch(office.index + 1);
    office
        .entry(vec![Kind::SessionStarted(session(
            user, device, "chicago", epoch,
        ))])
        .await;
    epoch
}

/// What the log says when the node has seen a phone fetch a document.
async fn fetches(office: &mut Office, device: &str, stamp: u64) {
    let shown = Some(v1::Shown {
        stamp,
        ..v1::Shown::default()
    });
    office
        .entry(vec![Kind::DeviceShown(v1::DeviceShown {
            device: device.into(),
            shown,
            trouble: String::new(),
        })])
        .await;
}

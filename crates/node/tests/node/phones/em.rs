//! Cisco's Extension Mobility service, asked over HTTP with documents as existing tools send them.

mod answers;
mod bounds;
mod recorded;
mod refusals;

use std::fmt::Write as _;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use hotdesk_node::Config;

use super::{Answer, Ask, far, get, office_with, put_phone, state};
use crate::world::World;

pub(super) const SERVICE: &str = "/emservice/EMServiceServlet";
/// A Cisco phone of the office, and its name for Cisco's tools.
pub(super) const CISCO: &str = "00562b04a1b2";
pub(super) const SEP: &str = "SEP00562B04A1B2";
/// The Yealink that every office of these tests has.
const YEALINK_SEP: &str = "SEP001565A0B1C2";

/// An application that may do everything.
pub(super) const TOOL: &str = "<appInfo><appID>tool</appID><appCertificate>s3cret</appCertificate></appInfo>";
/// One that may look, and log in and out in New York.
const NEW_YORK: &str = "<appInfo><appID>ny</appID><appCertificate>s3cret</appCertificate></appInfo>";
/// One that may only look.
const VIEWER: &str = "<appInfo><appID>viewer</appID><appCertificate>s3cret</appCertificate></appInfo>";
const ADA: &str = "<appInfo><appID>ada</appID><appCertificate>1234</appCertificate></appInfo>";

fn verifier(cost: (u32, u32)) -> String {
    let params = Params::new(cost.0, cost.1, 1, None).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: PasswordHash = argon2.hash_password(b"s3cret").unwrap();
    hash.to_string()
}

pub(super) fn with_service(config: &mut Config) {
    with_applications(config, (8, 1));
}

/// `cost` of checking a password, in KiB and passes.
fn with_applications(config: &mut Config, cost: (u32, u32)) {
    let file = config.node.data_dir.with_file_name("applications.toml");
    let mut text = String::new();
    for (id, more) in [
        (
            "tool",
            "rights = [\"login\", \"logout\", \"logout-all\", \"query\"]\nforwards = true",
        ),
        (
            "ny",
            "rights = [\"login\", \"logout\", \"logout-all\", \"query\"]\nsites = [\"new-york\"]",
        ),
        ("viewer", "rights = [\"query\"]"),
    ] {
        let verifier = verifier(cost);
        writeln!(
            text,
            "[[application]]\nid = \"{id}\"\npassword = \"{verifier}\"\n{more}"
        )
        .unwrap();
    }
    std::fs::write(&file, text).unwrap();
    config.phones.em.enabled = true;
    config.phones.em.applications_file = Some(file);
}

pub(super) async fn em_office(settings: impl FnOnce(&mut Config)) -> World {
    let world = office_with(|config| {
        with_service(config);
        settings(config);
    })
    .await;
    put_phone(&world, CISCO, "cisco-8841").await;
    world
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        write!(out, "%{byte:02X}").unwrap();
        out
    })
}

pub(super) fn post(document: &str) -> Ask<'static> {
    let mut ask = get(SERVICE).method("POST");
    ask.body = format!("xml={}", escaped(document)).into_bytes();
    ask.with("Content-Type", "application/x-www-form-urlencoded")
}

async fn send(world: &World, document: &str) -> Answer {
    post(document).send(world).await
}

/// What is between `<response>` and its end.
async fn said(world: &World, document: &str) -> String {
    let answer = send(world, document).await;
    answer.is(200, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<response>");
    assert_eq!(answer.header("content-type"), "text/xml; charset=UTF-8");
    let (_, rest) = answer.body.split_once("<response>").unwrap();
    rest.split_once("</response>").unwrap().0.to_owned()
}

/// The code of a failure; `None` for success.
async fn code(world: &World, document: &str) -> Option<u16> {
    let said = said(world, document).await;
    if said == "<success/>" {
        return None;
    }
    let rest = said.strip_prefix("<failure><error code=\"").expect(&said);
    Some(rest.split_once('"').unwrap().0.parse().unwrap())
}

pub(super) fn login(app: &str, device: &str, user: &str, more: &str) -> String {
    format!(
        "<request>{app}<login><deviceName>{device}</deviceName><userID>{user}</userID>{more}</login></request>"
    )
}

fn logout(app: &str, device: &str) -> String {
    format!("<request>{app}<logout><deviceName>{device}</deviceName></logout></request>")
}

fn at_phone(device: &str) -> String {
    format!("<query>{TOOL}<deviceUserQuery><deviceName>{device}</deviceName></deviceUserQuery></query>")
}

fn phones_of(app: &str, user: &str) -> String {
    format!("<query>{app}<userDevicesQuery><userID>{user}</userID></userDevicesQuery></query>")
}

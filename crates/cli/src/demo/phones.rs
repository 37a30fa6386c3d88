//! The phones of the demo: each office's edge serves them over SIP, and the story has them call each other.

use std::fs;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::future::try_join_all;
use hotdesk_client::v1::Device;
use hotdesk_client::{Client, DeviceSecret};
use hotdesk_edge::config::{Announce, Http, Listen, Phones, Registrar, Security, Sip};
use hotdesk_edge::{Config, SipEdge};
use hotdesk_softphone::{Account, Outcome, Softphone};
use uuid::Uuid;

use super::office::{OFFICES, Place, position};
use super::offices::Ports;
use crate::exit::{Own, Problem};

/// The SIP domain of the sample company.
pub(crate) const DOMAIN: &str = "hotdesk.test";

/// Where the offices' edges listen unless something else is asked for: 15060, 15062, 15064.
pub(crate) const PORT: u16 = 15_060;

/// Where the offices' nodes serve phones' documents and pages: 15080, 15082, 15084, beside the edges.
const PAGES_AFTER: u16 = 20;

/// Where ports are looked for that are free, and still are a moment later: below those that systems give to whoever asks
/// for any port.
const OWN_PORTS: Range<u16> = 20_000..32_000;
/// So far apart two demos begin to look that were started one after the other.
const PORTS_APART: u32 = 31;
/// How many ports are tried.
const TRIES_MAX: usize = 200;

/// How long the story waits for a phone to ring, or not to.
const RING_MAX: Duration = Duration::from_secs(5);

/// The password of a phone of the sample; no secret, it is in the source.
pub(crate) fn password(device: &str) -> String {
    format!("demo-{device}")
}

/// The file with the key that nodes and edges share.
pub(crate) fn line_key(dir: &Path) -> PathBuf {
    dir.join("line-key")
}

/// Each demo has a key of its own; a kept directory keeps it, because the phones' passwords are sealed with it.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn make_line_key(dir: &Path) -> Result<(), Problem> {
    let path = line_key(dir);
    if path.exists() {
        return Ok(());
    }
    let key = format!("{}{}\n", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    fs::write(&path, key).map_err(|error| Problem::file("write", &path, &error))
}

/// The application that Cisco's Extension Mobility interface knows; no secret, it is in the source. Its password is
/// "demo": argon2id, made with the salt "hotdeskdemo".
const APPLICATIONS: &str = r#"[[application]]
id = "demo"
password = "$argon2id$v=19$m=4096,t=3,p=1$aG90ZGVza2RlbW8$EeHrnPKcTpokeSdnuaWOrv3yBT+f8u2wYEn2ibWKDsM"
rights = ["login", "logout", "logout-all", "query"]
"#;

/// The file with the applications of Cisco's interface.
pub(crate) fn applications(dir: &Path) -> PathBuf {
    dir.join("em-applications.toml")
}

/// Writes it.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn make_applications(dir: &Path) -> Result<(), Problem> {
    let path = applications(dir);
    fs::write(&path, APPLICATIONS).map_err(|error| Problem::file("write", &path, &error))
}

/// Where the three edges serve phones: at ports from `base` on, every second one (phones take two), or at free ones.
///
/// # Errors
/// When one of them is taken, or the address is none of this machine's.
pub(crate) fn addresses(ip: IpAddr, base: Option<u16>) -> Result<Vec<SocketAddr>, Problem> {
    let address =
        |at: usize| {
            let wanted = base.map_or(0, |base| base.saturating_add(2 * u16::try_from(at).unwrap_or(0)));
            free(ip, wanted).map_err(|error| {
            Problem::own(
                Own::Service,
                format!("phones cannot be served on {}: {error}", SocketAddr::new(ip, wanted)),
                "Stop whatever has the port (another demo?), or give another --sip-port or --sip-address.",
            )
        })
        };
    (0..OFFICES.len()).map(address).collect()
}

/// An address that is free for UDP and for TCP; port 0 takes any of [`OWN_PORTS`] that was not taken before.
fn free(ip: IpAddr, port: u16) -> std::io::Result<SocketAddr> {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let both = |port: u16| {
        let at = UdpSocket::bind((ip, port))?.local_addr()?;
        TcpListener::bind(at)?.local_addr()
    };
    if port != 0 {
        return both(port);
    }
    let next = || {
        let (own, step) = (std::process::id(), TAKEN.fetch_add(1, Ordering::Relaxed));
        let many = u32::from(OWN_PORTS.end - OWN_PORTS.start);
        let at = own.wrapping_mul(PORTS_APART).wrapping_add(step) % many;
        // It is less than the number of ports.
        both(OWN_PORTS.start + u16::try_from(at).unwrap_or_default())
    };
    (1..TRIES_MAX).find_map(|_| next().ok()).map_or_else(next, Ok)
}

/// Where the three nodes serve documents and pages, for edges that have been given `sip`: beside them, or on free ports
/// when these were.
///
/// # Errors
/// When one of them is taken.
pub(crate) fn pages(sip: &[SocketAddr], base: Option<u16>) -> Result<Vec<SocketAddr>, Problem> {
    let address = |sip: &SocketAddr| {
        let wanted = base.map_or(0, |_| sip.port().saturating_add(PAGES_AFTER));
        let at = SocketAddr::new(sip.ip(), wanted);
        free(at.ip(), at.port()).map_err(|error| {
            Problem::own(
                Own::Service,
                format!("phones' pages cannot be served on {at}: {error}"),
                "Stop whatever has the port (another demo?), or give another --sip-port.",
            )
        })
    };
    sip.iter().map(address).collect()
}

/// What an office's edge needs for its phones.
pub(crate) fn serve(config: Config, place: Place, dir: &Path, ports: &Ports) -> Config {
    let address = ports.sip[position(place)];
    let listen = |transport| Listen {
        transport,
        address,
        ..Listen::default()
    };
    Config {
        phones: Phones {
            node_url: Some(format!("http://{}", ports.pages[position(place)])),
            ..Phones::default()
        },
        sip: Sip {
            domain: DOMAIN.into(),
            key_file: Some(line_key(dir)),
            listen: vec![
                listen(hotdesk_edge::config::Transport::Udp),
                listen(hotdesk_edge::config::Transport::Tcp),
            ],
            ..Sip::default()
        },
        registrar: Registrar {
            data_dir: Some(dir.join(format!("{}-edge", place.id))),
            ..Registrar::default()
        },
        security: Security {
            // One machine: whoever mistypes a password here locks nobody else out for long.
            failure_delay_max: Duration::from_secs(2),
            ..Security::default()
        },
        announce: Announce {
            uri: format!("sip:{address}").parse().ok(),
            ..Announce::default()
        },
        http: Http {
            listen: Some(SocketAddr::from(([127, 0, 0, 1], 0))),
            ..Http::default()
        },
        ..config
    }
    .completed()
}

/// Gives all phones of the sample their passwords: those that load documents one that the node makes, the others, which
/// softphones become, one that can be typed.
///
/// # Errors
/// When a node refuses.
pub(crate) async fn set_passwords(client: &Client, devices: &[Device]) -> Result<(), Problem> {
    let each = devices.iter().map(async |device| {
        let secret = if device.mac.is_empty() {
            DeviceSecret::Password(password(&device.id).into())
        } else {
            DeviceSecret::Generate
        };
        client.set_device_secret(&device.id, secret).await.map(drop)
    });
    try_join_all(each).await?;
    Ok(())
}

/// Where an edge serves phones.
pub(crate) fn address(edge: &SipEdge) -> Option<SocketAddr> {
    edge.addresses().first().map(|(_, address)| *address)
}

/// A phone of the sample, switched on and registered at an edge.
///
/// # Errors
/// What went wrong, in words.
pub(crate) async fn phone(device: &str, edge: SocketAddr) -> Result<Softphone, String> {
    let account = Account::device(device, &password(device), DOMAIN);
    let phone = Softphone::start(account, edge)
        .await
        .map_err(|error| error.to_string())?;
    let answer = phone.register(600).await.map_err(|error| error.to_string())?;
    match answer.status() {
        Some(200) => Ok(phone),
        other => Err(format!("expected {device} to register, saw {other:?}")),
    }
}

/// Calls, and proves that it rings at `rings` and at none of `silent`; then both hang up. Returns the name and number
/// that the called phone shows.
///
/// # Errors
/// What was seen instead.
pub(crate) async fn call(
    from: &Softphone,
    number: &str,
    rings: &Softphone,
    silent: &Softphone,
) -> Result<String, String> {
    let answer = async {
        let incoming = rings
            .incoming(RING_MAX)
            .await
            .map_err(|error| error.to_string())?;
        let shown = incoming.shown();
        let call = incoming.answer().await.map_err(|error| error.to_string())?;
        Ok::<_, String>((shown, call))
    };
    let quiet = async { silent.incoming(Duration::from_secs(1)).await.is_err() };
    let (made, answered, quiet) = tokio::join!(from.call(number, RING_MAX * 2), answer, quiet);
    let made = made.map_err(|error| error.to_string())?;
    let status = made.status();
    let (Outcome::Answered(call), Ok((shown, taken))) = (made, answered) else {
        return Err(format!(
            "expected the call to {number} to be answered, saw status {status}"
        ));
    };
    let (hung_up, ended) = tokio::join!(call.hang_up(), taken.ended(RING_MAX));
    hung_up.and(ended).map_err(|error| error.to_string())?;
    if quiet {
        Ok(shown)
    } else {
        Err("it rang at the other phone as well".into())
    }
}

/// Calls, and proves that it is refused. Returns what the caller is told.
///
/// # Errors
/// What was seen instead.
pub(crate) async fn refused(from: &Softphone, number: &str) -> Result<String, String> {
    match from
        .call(number, RING_MAX)
        .await
        .map_err(|error| error.to_string())?
    {
        Outcome::Refused(response) => {
            let reason = response
                .reason()
                .map(|reason| String::from_utf8_lossy(reason).into_owned());
            Ok(format!(
                "{} {}",
                response.status().unwrap_or(0),
                reason.unwrap_or_default()
            ))
        }
        other => Err(format!("expected a refusal, saw status {}", other.status())),
    }
}

//! baresip, driven through its `ctrl_tcp` module: JSON in netstrings.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::{Account, write_tone};
use crate::ground::Office;
use crate::tools::{Folder, Process, installed};
use crate::wait::eventually;

/// How long it may take to do what it was asked for.
const PATIENCE: Duration = Duration::from_secs(20);

/// A phone. Switched off when dropped.
pub struct Baresip {
    process: Process,
    control: TcpStream,
    said: Arc<Mutex<Vec<Value>>>,
    /// Events before this one have been looked at.
    seen: AtomicUsize,
    folder: Folder,
}

impl Baresip {
    /// Switches one on at an address of an office, and waits until it can be driven.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn start(office: &Office, host: u8, account: &Account) -> Self {
        let folder = Folder::new();
        let control = SocketAddr::new(office.ip(host), 4444);
        write_tone(&folder.path().join("tone.wav"));
        let config = config(&folder.path().display().to_string(), office, host, control);
        std::fs::write(folder.path().join("config"), config).expect("write the configuration");
        std::fs::write(folder.path().join("accounts"), line(account)).expect("write the account");
        let mut command = office.command(&installed("baresip", "baresip-core"));
        command.arg("-f").arg(folder.path());
        let mut process = Process::start(&mut command, &folder.path().join("log"));
        let stream = eventually("baresip can be driven", PATIENCE, || {
            let ended = process.ended();
            assert!(
                ended.is_none(),
                "baresip ended with {ended:?}:\n{}",
                process.output()
            );
            std::future::ready(office.within(|| TcpStream::connect(control)).ok())
        })
        .await;
        let said = Arc::new(Mutex::new(Vec::new()));
        let (reader, shared) = (
            stream.try_clone().expect("share the connection"),
            Arc::clone(&said),
        );
        std::thread::spawn(move || listen(reader, &shared));
        Self {
            process,
            control: stream,
            said,
            seen: AtomicUsize::new(0),
            folder,
        }
    }

    fn command(&self, command: &str, parameters: &str) {
        let text = json!({ "command": command, "params": parameters, "token": command }).to_string();
        let netstring = format!("{}:{text},", text.len());
        (&self.control)
            .write_all(netstring.as_bytes())
            .expect("drive baresip");
    }

    /// Waits until it is registered.
    pub async fn registered(&self) {
        eventually("baresip is registered", PATIENCE, || {
            self.command("reginfo", "");
            let said = self.said.lock();
            let mut answers = said.iter().filter(|answer| answer["token"] == "reginfo");
            let done = answers.any(|answer| answer["data"].as_str().is_some_and(|text| text.contains("OK")));
            std::future::ready(done.then_some(()))
        })
        .await;
    }

    /// Dials a number or URI.
    pub fn dial(&self, number: &str) {
        self.command("dial", number);
    }

    /// Takes the call that rings.
    pub fn accept(&self) {
        self.command("accept", "");
    }

    /// Presses a key during a call, as long as people do: it is sent as an event of RFC 4733.
    pub async fn press(&self, digit: char) {
        self.command("sndcode", &digit.to_string());
        // A key that is not held long enough is none; nothing tells when it is over.
        tokio::time::sleep(Duration::from_millis(250)).await;
    }

    /// Hangs up, or refuses the call that rings.
    pub fn hang_up(&self) {
        self.command("hangup", "");
    }

    /// The next event of a type (`CALL_INCOMING`, `CALL_ESTABLISHED`, ...) after those already waited for.
    pub async fn event(&self, kind: &str) {
        self.events(&[kind]).await;
    }

    /// The next event of each of these types, in any order.
    pub async fn events(&self, kinds: &[&str]) {
        eventually(&format!("baresip says {kinds:?}"), PATIENCE, || {
            let said = self.said.lock();
            let from = self.seen.load(Ordering::Relaxed);
            let place = |kind: &&str| {
                let mut later = said.iter().enumerate().skip(from);
                later.find(|(_, event)| event["type"] == *kind).map(|(i, _)| i)
            };
            let places: Option<Vec<usize>> = kinds.iter().map(place).collect();
            let last = places.and_then(|places| places.into_iter().max());
            if let Some(last) = last {
                self.seen.store(last + 1, Ordering::Relaxed);
            }
            std::future::ready(last.map(|_| ()))
        })
        .await;
    }

    /// Waits until a call is answered and the first packet of sound has come in. The sound may come first.
    pub async fn talks(&self) {
        self.events(&["CALL_ESTABLISHED", "CALL_RTPESTAB"]).await;
    }

    /// Whether it has said nothing of this type after the events already waited for.
    #[must_use]
    pub fn is_quiet(&self, kind: &str) -> bool {
        let from = self.seen.load(Ordering::Relaxed);
        !self
            .said
            .lock()
            .iter()
            .skip(from)
            .any(|event| event["type"] == kind)
    }

    /// What it printed, and where it keeps its files: for messages.
    #[must_use]
    pub fn log(&self) -> String {
        format!("{}\n{}", self.folder.path().display(), self.process.output())
    }
}

/// Reads netstrings until the phone is gone.
fn listen(mut stream: TcpStream, said: &Mutex<Vec<Value>>) {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        bytes.extend_from_slice(&buffer[..length]);
        while let Some((message, rest)) = netstring(&bytes) {
            said.lock().extend(serde_json::from_slice(message));
            bytes = rest.to_vec();
        }
    }
}

/// The first netstring, without its frame, and what follows it.
fn netstring(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = bytes.iter().position(|byte| *byte == b':')?;
    let length: usize = std::str::from_utf8(&bytes[..colon]).ok()?.parse().ok()?;
    let end = colon + 1 + length;
    // A comma ends it.
    (bytes.len() > end).then(|| (&bytes[colon + 1..end], &bytes[end + 1..]))
}

fn line(account: &Account) -> String {
    let Account {
        user,
        auth_user,
        password,
        domain,
        proxy,
        tcp,
    } = account;
    let transport = if *tcp { ";transport=tcp" } else { "" };
    format!(
        "<sip:{user}@{domain}{transport}>;auth_user={auth_user};auth_pass={password};outbound=\"sip:{proxy}{transport}\";regint=60\n"
    )
}

fn config(folder: &str, office: &Office, host: u8, control: SocketAddr) -> String {
    let (ip, interface) = (office.ip(host), office.interface());
    // Phones of one office share its interface; their ports for sound must differ where an address is not given.
    let ports = 20_000 + u32::from(host) * 100;
    format!(
        "sip_listen {ip}:5060\nnet_interface {interface}\n\
         audio_player aufile,{folder}/heard.wav\naudio_source aufile,{folder}/tone.wav\n\
         audio_alert aufile,{folder}/alert.wav\ncall_local_timeout 60\ncall_max_calls 4\n\
         module_path /usr/lib/baresip/modules\nmodule account.so\nmodule g711.so\nmodule aufile.so\n\
         module_app menu.so\nmodule_app ctrl_tcp.so\nctrl_tcp_listen {control}\n\
         rtp_ports {ports}-{}\n",
        ports + 99
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn netstrings_are_taken_apart_as_they_come() {
        assert_eq!(netstring(b"3:abc,2:de,"), Some((&b"abc"[..], &b"2:de,"[..])));
        assert_eq!(netstring(b"3:abc"), None);
        assert_eq!(netstring(b"3"), None);
    }
}

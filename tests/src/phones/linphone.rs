//! linphonec, driven through a terminal that `script` pretends to be.

use std::io::Write as _;
use std::time::Duration;

use super::{Account, write_tone};
use crate::ground::Office;
use crate::tools::{Folder, Process, installed};
use crate::wait::eventually;

const PATIENCE: Duration = Duration::from_secs(20);
const ASK_EVERY: Duration = Duration::from_millis(200);

/// A phone that takes every call at once. Switched off when dropped.
pub struct Linphone {
    process: Process,
    input: std::process::ChildStdin,
    folder: Folder,
}

impl Linphone {
    /// Switches one on at an address of an office.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn start(office: &Office, host: u8, account: &Account) -> Self {
        Self::start_with(office, &config(office, host, account)).await
    }

    /// Switches one on that knows nothing but where its provisioning is.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn provisioned(office: &Office, host: u8, url: &str) -> Self {
        let ip = office.ip(host);
        let config = format!(
            "[sip]\nbind_address={ip}\nsip_port=5060\nsip_tcp_port=-1\nsip_tls_port=-1\n\n[net]\nbind_address={ip}\n\n\
             [rtp]\naudio_rtp_port=27178\n\n[misc]\nconfig-uri={url}\n"
        );
        Self::start_with(office, &config).await
    }

    async fn start_with(office: &Office, config: &str) -> Self {
        let folder = Folder::new();
        let home = folder.path().to_owned();
        let home = home.as_path();
        std::fs::create_dir_all(home.join(".local/share/linphone")).expect("make its folder");
        std::fs::write(home.join("linphonerc"), config).expect("write the configuration");
        write_tone(&home.join("tone.wav"));
        let linphonec = installed("linphonec", "linphone-cli");
        let line = format!(
            "{} -a -C -c {home}/linphonerc -d 6 -l {home}/log",
            linphonec.display(),
            home = home.display()
        );
        let mut command = office.command(&installed("script", "bsdutils"));
        command
            .args(["-qefc", &line, "/dev/null"])
            .env("HOME", home)
            .env("TERM", "dumb");
        let mut process = Process::start(&mut command, &home.join("screen"));
        let input = process.input();
        let mut phone = Self {
            process,
            input,
            folder,
        };
        phone.shows("linphonec>").await;
        phone.type_line("soundcard use files");
        let play = format!("play {}", home.join("tone.wav").display());
        phone.type_line(&play);
        phone
    }

    /// Types a command.
    pub fn type_line(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("type at linphonec");
    }

    /// Waits until its screen shows a text.
    pub async fn shows(&self, text: &str) {
        eventually(&format!("linphonec shows {text:?}"), PATIENCE, || {
            std::future::ready(self.process.output().contains(text).then_some(()))
        })
        .await;
    }

    /// Waits until it is registered, with the account that it calls from.
    pub async fn registered(&mut self) {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        // It says how things stand when it is asked, and not when that changes.
        while tokio::time::Instant::now() < deadline {
            self.type_line("status register");
            tokio::time::sleep(ASK_EVERY).await;
            if self.process.output().contains("registered, identity=") {
                return;
            }
        }
        panic!(
            "linphonec is not registered; its screen: {}",
            self.process.output()
        );
    }

    /// Waits until sound goes both ways: what the phone itself measures each second.
    pub async fn hears_and_is_heard(&self) {
        eventually("linphonec sends and gets sound", PATIENCE, || {
            let log = self.log();
            let both = log
                .lines()
                .filter_map(bandwidth)
                .any(|(down, up)| down > 10.0 && up > 10.0);
            std::future::ready(both.then_some(()))
        })
        .await;
    }

    fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.folder.path().join("log")).unwrap_or_default())
            .into_owned()
    }
}

/// kbit/s of sound, in and out, from a line such as `RTP : [d=70.99,u=80.02] RTCP: [d=4.56,u=0.00]  (kbits/sec)`.
fn bandwidth(line: &str) -> Option<(f64, f64)> {
    let (_, rest) = line.split_once("RTP : [d=")?;
    let (down, rest) = rest.split_once(",u=")?;
    let (up, _) = rest.split_once(']')?;
    Some((down.parse().ok()?, up.parse().ok()?))
}

fn config(office: &Office, host: u8, account: &Account) -> String {
    let Account {
        user,
        auth_user,
        password,
        domain,
        proxy,
        tcp: _,
    } = account;
    let ip = office.ip(host);
    format!(
        "[sip]\nbind_address={ip}\nsip_port=5060\nsip_tcp_port=-1\nsip_tls_port=-1\nguess_hostname=0\n\
         contact=<sip:{user}@{ip}>\ndefault_proxy=0\n\n[net]\nbind_address={ip}\n\n[rtp]\naudio_rtp_port=27078\n\n\
         [proxy_0]\nreg_proxy=<sip:{proxy}>\nreg_route=<sip:{proxy};lr>\nreg_identity=sip:{user}@{domain}\n\
         reg_expires=600\nreg_sendregister=1\npublish=0\n\n\
         [auth_info_0]\nusername={auth_user}\nuserid={auth_user}\npasswd={password}\nrealm={domain}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bandwidth_is_read_as_linphone_writes_it() {
        let line =
            "\tStream #0 (audio) | cpu: 0.58% | RTP : [d=70.99,u=80.02] RTCP: [d=4.56,u=0.00]  (kbits/sec)";
        assert_eq!(bandwidth(line), Some((70.99, 80.02)));
        assert_eq!(bandwidth("anything else"), None);
    }
}

//! The SIP edge beside Kamailio, in turns on the same cores under the same load from sipp: how much each takes
//! before answers become late.
//!
//! | scenario | what one request is |
//! |---|---|
//! | REGISTER | a phone refreshes its registration: one request, one answer |
//! | REGISTER, digest | the same with a challenge: 401 and 200 (MD5, `qop=auth`) |
//! | INVITE to BYE | a call to somebody's extension: looked up, rung at the phone, answered, ended |
//!
//! Both run with two workers. Kamailio keeps its contacts in memory; the edge keeps its own on the disk too, and is
//! fed by a session node with ten thousand people logged in, which runs beside it on the same cores. Both are
//! filled before they are measured. The processor time that each request takes is printed beside: it depends
//! less on what else the machine does. So is sipp's own, for sipp has one thread, and where that is busy the climb
//! says nothing of the servers.
//!
//! `cargo bench -p hotdesk-benches --bench sip_vs_kamailio [-- --seconds S] [--turns N] [--only NAME]
//! [--rates A,B,...] [--kamailio-alone] [--realtime] [--keep FOLDER]`; needs Debian's `kamailio` (5.6) and `sip-tester` (sipp).

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use hotdesk_benches::hotdesk::{device, extension};
use hotdesk_benches::option;
use hotdesk_benches::report::target;
use hotdesk_benches::sip::climb::{Plan, Reached, Server, climb};
use hotdesk_benches::sip::kamailio::Kamailio;
use hotdesk_benches::sip::office::{Edge, EdgeSetup, Office};
use hotdesk_benches::sip::sipp::{self, Load, accounts};
use hotdesk_benches::sip::{Folder, SECRET, USERS, file, free_addresses, load_average, require, usage};

/// What is measured.
struct Scenario {
    /// For `--only`.
    name: &'static str,
    what: &'static str,
    digest: bool,
    calls: bool,
    rates: &'static [u64],
}

const SCENARIOS: [Scenario; 3] = [
    Scenario {
        name: "register",
        what: "REGISTER",
        digest: false,
        calls: false,
        rates: &[
            8_000, 16_000, 24_000, 28_000, 32_000, 36_000, 40_000, 44_000, 48_000, 56_000,
        ],
    },
    Scenario {
        name: "digest",
        what: "REGISTER, digest",
        digest: true,
        calls: false,
        rates: &[
            4_000, 8_000, 12_000, 16_000, 20_000, 22_000, 24_000, 26_000, 28_000, 32_000,
        ],
    },
    Scenario {
        name: "call",
        what: "INVITE to BYE",
        digest: false,
        calls: true,
        rates: &[
            1_000, 2_000, 2_500, 3_000, 3_500, 4_000, 4_500, 5_000, 6_000, 7_000,
        ],
    },
];

/// Calls that are up at the same time when memory is measured.
const HELD: u64 = 2_000;
/// How long calls last otherwise, as the scenario has it.
const PAUSE: &str = "milliseconds=\"200\"";
/// How long each of them stays up, and when after the first the memory is read: all are up then.
const HOLD: Duration = Duration::from_secs(20);
const LOOK_AFTER: Duration = Duration::from_secs(15);

fn main() -> Result<()> {
    require(&[("kamailio", "kamailio"), ("sipp", "sip-tester")]);
    let runtime = tokio::runtime::Runtime::new()?;
    let folder = Folder::new()?;
    let folder = folder.path();
    let cores = std::thread::available_parallelism()?;
    println!(
        "sip_vs_kamailio: {USERS} phones, {cores} cores for servers, node and load together, load average {:.1}",
        load_average()
    );
    let only: Option<String> = option("--only");
    let chosen = SCENARIOS
        .iter()
        .filter(|scenario| only.as_deref().is_none_or(|only| only == scenario.name));
    let office = if std::env::args().any(|arg| arg == "--kamailio-alone") {
        None
    } else {
        let office = runtime.block_on(Office::start(folder, 1, USERS, 1))?;
        runtime.block_on(office.log_in(USERS))?;
        Some(office)
    };
    let phones = free_addresses(1)?[0];
    for scenario in chosen {
        let edge = match &office {
            Some(office) => {
                if scenario.digest {
                    runtime.block_on(office.set_secrets(USERS))?;
                }
                let digest = scenario.digest;
                Some(office.edge(&format!("edge-{}", scenario.name), EdgeSetup { digest })?)
            }
            None => None,
        };
        measure(folder, scenario, edge.as_ref(), phones)?;
    }
    Ok(())
}

fn measure(folder: &Path, scenario: &Scenario, edge: Option<&Edge>, phones: SocketAddr) -> Result<()> {
    println!("\n{}", scenario.what);
    let kamailio = Kamailio::start(folder, scenario.digest)?;
    let registering = accounts(
        &folder.join("registering.csv"),
        (0..USERS).map(|user| {
            let password = format!("[authentication username={} password={SECRET}]", device(user, 0));
            let mut line = vec![device(user, 0), phones.to_string()];
            line.extend(scenario.digest.then_some(password));
            line
        }),
    )?;
    let register = file(if scenario.digest {
        "register_auth.xml"
    } else {
        "register.xml"
    });
    let load = |to| Load {
        scenario: register.clone(),
        accounts: registering.clone(),
        to,
        from: Some(phones),
    };
    let mut servers = vec![Server {
        name: "kamailio",
        process: kamailio.id(),
        load: load(kamailio.address()),
    }];
    if let Some(edge) = edge {
        servers.push(Server {
            name: "hotdesk",
            process: edge.id(),
            load: load(edge.address()),
        });
    }
    for server in &servers {
        fill(folder, server)?;
    }
    let mut answering = None;
    if scenario.calls {
        answering = Some(sipp::phones(folder, phones)?);
        for server in &mut servers {
            server.load.scenario = file("call.xml");
            server.load.from = None;
            server.load.accounts = calling(folder, server.name)?;
        }
        hold(folder, &servers)?;
    }
    let rates: Option<String> = option("--rates");
    let rates = match rates {
        Some(rates) => rates.split(',').filter_map(|rate| rate.parse().ok()).collect(),
        None => scenario.rates.to_vec(),
    };
    let plan = Plan {
        rates,
        time: Duration::from_secs(option("--seconds").unwrap_or(5)),
        turns: option("--turns").unwrap_or(2),
    };
    let reached = climb(folder, &servers, &plan)?;
    drop(answering);
    conclude(
        scenario,
        &servers,
        &reached,
        plan.rates.last().copied().unwrap_or_default(),
    );
    Ok(())
}

/// Registers everybody, and says what that takes.
fn fill(folder: &Path, server: &Server) -> Result<()> {
    const SECONDS: u64 = 5;
    let before = usage::memory(server.process);
    let step = server
        .load
        .step(folder, USERS / SECONDS, Duration::from_secs(SECONDS))?;
    if step.done < USERS {
        bail!(
            "{}: only {} of {USERS} phones could register: {step:?}",
            server.name,
            step.done
        );
    }
    let after = usage::memory(server.process);
    println!(
        "{:>10}: memory {} MiB, {:.1} KiB more for each of {USERS} registrations",
        server.name,
        after >> 20,
        after.saturating_sub(before) as f64 / 1024.0 / USERS as f64,
    );
    Ok(())
}

/// Who calls whom. At Kamailio a phone is called by the name that it registered; at the edge by the extension of
/// the person who is logged in there.
fn calling(folder: &Path, server: &str) -> Result<std::path::PathBuf> {
    let callee = |user: u64| {
        let other = (user + USERS / 2) % USERS;
        if server == "hotdesk" {
            extension(other)
        } else {
            device(other, 0)
        }
    };
    let lines = (0..USERS).map(|user| vec![device(user, 0), callee(user)]);
    accounts(&folder.join(format!("calling-{server}.csv")), lines)
}

/// What calls that are up take.
fn hold(folder: &Path, servers: &[Server]) -> Result<()> {
    let text = std::fs::read_to_string(file("call.xml"))?;
    let held = text.replace(PAUSE, &format!("milliseconds=\"{}\"", HOLD.as_millis()));
    let scenario = folder.join("call_held.xml");
    std::fs::write(&scenario, held)?;
    for server in servers {
        let load = Load {
            scenario: scenario.clone(),
            ..server.load.clone()
        };
        let before = usage::memory(server.process);
        let began = Instant::now();
        let running = load.start(folder, HELD / 5, HELD, &folder.join("held.csv"))?;
        std::thread::sleep(LOOK_AFTER);
        let after = usage::memory(server.process);
        println!(
            "{:>10}: {:.1} KiB more for each of {HELD} calls that are up",
            server.name,
            after.saturating_sub(before) as f64 / 1024.0 / HELD as f64,
        );
        while !running.has_ended()? {
            if began.elapsed() > HOLD * 2 {
                bail!(
                    "{}: the calls do not end; sipp's output is under {}",
                    server.name,
                    folder.display()
                );
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    Ok(())
}

fn conclude(scenario: &Scenario, servers: &[Server], reached: &[Reached], highest: u64) {
    for (server, reached) in servers.iter().zip(reached) {
        println!(
            "{:>10}: clean up to {}/s, {:.0} us of processor time each, memory now {} MiB",
            server.name,
            reached.clean,
            reached.processor_us,
            usage::memory(server.process) >> 20,
        );
    }
    let [kamailio, ours] = reached else {
        return;
    };
    if kamailio.clean == 0 {
        println!("  nothing can be said: Kamailio was not clean at any rate, the machine does too much else");
        return;
    }
    let ratio = ours.clean as f64 / kamailio.clean as f64;
    target(
        &format!("{}, clean rate of the edge to Kamailio's", scenario.what),
        ratio,
        1.0,
        "x",
        true,
    );
    if ours.clean == highest {
        println!("          {highest}/s is the highest rate that was tried: the edge may take more");
    }
    println!(
        "          processor time of Kamailio to the edge's, for each request: {:.2}x",
        kamailio.processor_us / ours.processor_us
    );
}

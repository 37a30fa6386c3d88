//! What a newcomer reads first: what listens where, who can log in, what to try.

use std::env;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::narrate::Narrator;
use super::offices::Offices;
use super::phones;
use super::sample::Person;
use crate::exit::Problem;
use crate::output::table;

/// How many people are introduced; more do not help.
const INTRODUCED: usize = 4;

/// Says what runs, and where.
pub(crate) async fn offices(
    say: &Narrator,
    offices: &Offices,
    dir: &Path,
    temporary: bool,
) -> Result<(), Problem> {
    let leader = offices.leader().await?;
    let rows = offices
        .all
        .iter()
        .enumerate()
        .map(|(position, office)| {
            let role = if position == leader { "leads" } else { "votes" };
            let url = |address: Option<SocketAddr>, path| {
                address.map_or_else(String::new, |address| format!("http://{address}/{path}"))
            };
            vec![
                office.place.id.to_owned(),
                format!("node {}, {role}", office.place.node_id),
                format!("http://{}", office.address),
                url(office.metrics_address(), "metrics"),
                url(office.status_address(), "status"),
            ]
        })
        .collect();
    let text = table(&["OFFICE", "NODE", "ADDRESS", "METRICS", "EDGE"], rows, "");
    for line in text.lines() {
        say.plain(&format!("  {line}"))?;
    }
    let status = offices.status().await?;
    let kept = if temporary { "removed at the end" } else { "kept" };
    say.gap()?;
    say.plain(&format!(
        "  {} users, {} phones, {} sites; each office has an edge with its own table of who is where",
        status.users, status.devices, status.sites
    ))?;
    let data = format!("  data in {} ({kept})", dir.display());
    say.plain(&say.paint().dim(&data))
}

/// Says who can log in and what to try, to be copied into another terminal.
pub(crate) fn what_to_try(say: &Narrator, offices: &Offices, people: &[Person]) -> Result<(), Problem> {
    let rows = people
        .iter()
        .take(INTRODUCED)
        .map(|person| {
            vec![
                person.name.clone(),
                person.id.clone(),
                person.extension.clone(),
                person.pin.clone(),
            ]
        })
        .collect();
    say.gap()?;
    for line in table(&["NAME", "USER", "EXTENSION", "PIN"], rows, "").lines() {
        say.plain(&format!("  {line}"))?;
    }
    say.plain(
        &say.paint().dim(
            "  phones: ny-02 to ny-14, chi-02 to chi-16, aus-02 to aus-10; the rest is in the directory",
        ),
    )?;

    say.gap()?;
    say.heading("Try this in another terminal, and watch what happens here")?;
    say.gap()?;
    let endpoints: Vec<_> = offices
        .all
        .iter()
        .map(|office| format!("http://{}", office.address))
        .collect();
    let person = &people[0];
    let (user, pin) = (&person.extension, &person.pin);
    let mut commands = vec![(
        format!("export HOTDESK_ENDPOINT={}", endpoints.join(",")),
        String::new(),
    )];
    if let Some(exe) = not_on_path() {
        commands.push((format!("alias hotdesk={}", exe.display()), String::new()));
    }
    let mut command = |text: String, about: &str| commands.push((text, about.to_owned()));
    command(
        format!("echo {pin} | hotdesk login --user {user} --device ny-07 --pin-stdin"),
        "in New York",
    );
    command(
        format!("hotdesk login --user {user} --device chi-12"),
        &format!("in Chicago; the PIN is {pin}"),
    );
    command(
        format!("hotdesk resolve {user}"),
        "where does her extension ring?",
    );
    command("hotdesk who ny-07".into(), "the New York phone is neutral again");
    if let Some(edge) = offices.all[0].status_address() {
        command(
            format!("hotdesk calls list --edge http://{edge}"),
            "calls at the Chicago edge",
        );
    }
    command("hotdesk cluster status".into(), "who leads, who lags");
    command("hotdesk --help".into(), "and the rest");
    let width = commands
        .iter()
        .filter(|(_, about)| !about.is_empty())
        .map(|(text, _)| text.len())
        .max()
        .unwrap_or(0);
    let paint = say.paint();
    for (text, about) in commands {
        let pad = " ".repeat(width.saturating_sub(text.len()));
        let about = if about.is_empty() {
            String::new()
        } else {
            paint.dim(&format!("{pad}  # {about}"))
        };
        say.plain(&format!("  {}{about}", paint.cyan(&text)))?;
    }
    desk_phones(say, offices, people)?;
    softphone(say, offices)?;
    say.gap()?;
    say.plain("What happens at the offices shows below, as each edge hears of it. Ctrl-C stops everything.")?;
    say.gap()
}

/// How to sit down at a simulated desk phone.
fn desk_phones(say: &Narrator, offices: &Offices, people: &[Person]) -> Result<(), Problem> {
    say.gap()?;
    say.heading("Or sit down at a desk phone, one per terminal")?;
    say.gap()?;
    for (vendor, site) in [("yealink", "chicago"), ("cisco", "new-york")] {
        let command = format!("hotdesk phone-sim --vendor {vendor} --site {site}");
        say.plain(&format!("  {}", say.paint().cyan(&command)))?;
    }
    let person = &people[0];
    let about = format!(
        "  F1 opens the login: {}, Enter, {}, Enter; then the same at the other one, and watch the first",
        person.extension, person.pin
    );
    say.plain(&say.paint().dim(&about))?;
    let Some(pages) = offices.all[0].pages_address() else {
        return Ok(());
    };
    let page = format!("  one's own page: http://{pages}/me");
    say.plain(&say.paint().dim(&page))?;
    let em = format!(
        "  Cisco's Extension Mobility interface: http://{pages}/emservice/EMServiceServlet (application demo, demo)"
    );
    say.plain(&say.paint().dim(&em))
}

/// What to type into a softphone.
fn softphone(say: &Narrator, offices: &Offices) -> Result<(), Problem> {
    say.gap()?;
    say.heading("Or take a softphone: it becomes one of the phones")?;
    say.gap()?;
    let rows = [("chi-12", 0), ("ny-07", 1)]
        .into_iter()
        .filter_map(|(device, office)| {
            let server = offices.all[office].sip_address()?;
            Some(vec![
                format!("{device}@{}", phones::DOMAIN),
                device.to_owned(),
                phones::password(device),
                format!("{server} (UDP or TCP)"),
            ])
        })
        .collect();
    for line in table(&["ADDRESS", "USER NAME", "PASSWORD", "SERVER OR PROXY"], rows, "").lines() {
        say.plain(&format!("  {line}"))?;
    }
    let about = "  log somebody in at the phone (above), then dial their extension from the other; *13 says who is logged in";
    say.plain(&say.paint().dim(about))
}

/// This program, where the shell does not find it by its name.
fn not_on_path() -> Option<PathBuf> {
    let exe = env::current_exe().ok()?;
    let found =
        env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|dir| dir.join("hotdesk") == exe));
    (!found).then_some(exe)
}

/// How this program is called from where it was started.
pub(crate) fn program() -> String {
    let here = env::current_dir().unwrap_or_default();
    not_on_path().map_or_else(
        || "hotdesk".to_owned(),
        |exe| exe.strip_prefix(&here).unwrap_or(&exe).display().to_string(),
    )
}

//! The demo: three offices in this process, on loopback.
//!
//! `office` starts and stops them, `phones` is their SIP side, `sample` is the directory they begin with, `story`
//! plays the story and proves each step, `live` streams what happens until Ctrl-C, `narrate` is how all of them speak, and
//! `guide` says what to try.

mod guide;
mod listen;
mod live;
mod narrate;
mod office;
mod offices;
mod phones;
mod proof;
mod sample;
mod story;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::commands::stop::asked_to_stop;
use crate::connect::Context;
use crate::exit::{Own, Problem};
use crate::output::time::span;

use self::narrate::Narrator;
use self::offices::{Offices, Ports};

/// What the demo was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// Play the story and end.
    pub(crate) once: bool,
    /// Where data is kept; `None`: in a temporary directory that is removed at the end.
    pub(crate) dir: Option<PathBuf>,
    /// The first of three ports; `None`: free ones.
    pub(crate) port: Option<u16>,
    /// The first of the edges' ports for phones; `None`: the usual ones, or free ones for the story.
    pub(crate) sip_port: Option<u16>,
    /// The address where the edges serve phones.
    pub(crate) sip_address: IpAddr,
}

/// Runs the demo to its end.
///
/// # Errors
/// When an office does not start, or a step of the story was not seen everywhere.
pub(crate) async fn run(context: &Context, wish: &Wish) -> Result<(), Problem> {
    let began = Instant::now();
    let say = Narrator::new(context.out);
    // Removed when this goes out of scope, at the very end.
    let temporary = match &wish.dir {
        Some(_) => None,
        None => Some(temporary_dir()?),
    };
    let dir = match (&wish.dir, &temporary) {
        (Some(dir), _) => dir.clone(),
        (None, Some(temporary)) => temporary.path().to_path_buf(),
        (None, None) => PathBuf::new(),
    };
    say.heading("Hotdesk: three offices, one log")?;
    say.gap()?;
    let sip_port = wish.sip_port.or_else(|| (!wish.once).then_some(phones::PORT));
    let sip = phones::addresses(wish.sip_address, sip_port)?;
    let ports = Ports {
        nodes: wish.port,
        usual: (!wish.once).then_some(hotdesk_node::DEFAULT_PORT),
        pages: phones::pages(&sip, sip_port)?,
        sip,
    };
    let mut offices = tokio::select! {
        offices = Offices::start(&dir, &ports) => offices?,
        signal = asked_to_stop() => return Err(interrupted(signal)),
    };
    let acted = tokio::select! {
        acted = act(&mut offices, say, wish, &dir) => acted,
        signal = asked_to_stop() => {
            say.gap()?;
            if wish.once { Err(interrupted(signal)) } else { Ok(()) }
        }
    };
    offices.stop().await;
    acted?;
    if wish.once {
        say.gap()?;
        let took = span(u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
        say.heading(&format!("Every step was seen at every office ({took} in all)."))?;
        say.plain(&format!("Try it yourself: {} demo", guide::program()))?;
    } else {
        say.plain(&ending(&dir, wish.dir.is_some()))?;
    }
    Ok(())
}

async fn act(offices: &mut Offices, say: Narrator, wish: &Wish, dir: &Path) -> Result<(), Problem> {
    let sheets = sample::sheets()?;
    let people = sample::people(&sheets);
    offices.fill(&sheets).await?;
    guide::offices(&say, offices, dir, wish.dir.is_none()).await?;
    if wish.once {
        story::play(offices, &people, say).await
    } else {
        guide::what_to_try(&say, offices, &people)?;
        live::stream(offices, say).await
    }
}

fn interrupted(signal: &str) -> Problem {
    Problem::own(
        Own::Demo,
        format!("the demo was interrupted ({signal})"),
        "Run it again.",
    )
}

fn ending(dir: &Path, kept: bool) -> String {
    if kept {
        format!(
            "All three stopped in good order; their data is in {}.",
            dir.display()
        )
    } else {
        "All three stopped in good order; their data is removed.".to_owned()
    }
}

fn temporary_dir() -> Result<tempfile::TempDir, Problem> {
    tempfile::Builder::new()
        .prefix("hotdesk-demo-")
        .tempdir()
        .map_err(|error| {
            Problem::own(
                Own::File,
                format!("cannot make a temporary directory: {error}"),
                "Give --dir DIR with a directory that can be written.",
            )
        })
}

//! Which ports the offices have. A kept directory remembers them: the nodes know each other by address, so
//! they have to come back under the same ones.

use std::fs;
use std::path::{Path, PathBuf};

use tokio::net::TcpListener;

use super::office::OFFICES;
use crate::exit::{Own, Problem};

/// One listener per office, on loopback: on the ports remembered, on those asked for, else from `usual` on where that is
/// given and all of them are free, else on free ones.
///
/// # Errors
/// When a port is taken, or is not the one that the directory remembers.
pub(crate) async fn listeners(
    dir: &Path,
    base: Option<u16>,
    usual: Option<u16>,
) -> Result<Vec<TcpListener>, Problem> {
    let remembered = remembered(dir)?;
    if let (None, None, Some(usual)) = (&remembered, base, usual)
        && let Some(listeners) = from(usual).await
    {
        remember(dir, &listeners)?;
        return Ok(listeners);
    }
    let mut listeners = Vec::new();
    for position in 0..OFFICES.len() {
        // Cannot wrap: the command line leaves room for all offices.
        let asked = base.map(|base| base.wrapping_add(u16::try_from(position).unwrap_or(0)));
        let kept = remembered.as_ref().and_then(|ports| ports.get(position).copied());
        let port = match (kept, asked) {
            (Some(kept), Some(asked)) if kept != asked => {
                return Err(Problem::own(
                    Own::BadArgument,
                    format!(
                        "the offices in {} have ports from {} on, not from {asked} on",
                        dir.display(),
                        kept - u16::try_from(position).unwrap_or(0)
                    ),
                    "Leave --port out, or give another --dir: nodes come back under the addresses by which the \
                     others know them.",
                ));
            }
            (kept, asked) => kept.or(asked).unwrap_or(0),
        };
        listeners.push(listen(port).await?);
    }
    if remembered.is_none() {
        remember(dir, &listeners)?;
    }
    Ok(listeners)
}

/// Listeners on ports from `base` on; `None` when one is taken.
async fn from(base: u16) -> Option<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    for position in 0..OFFICES.len() {
        let port = base.checked_add(u16::try_from(position).ok()?)?;
        listeners.push(TcpListener::bind(("127.0.0.1", port)).await.ok()?);
    }
    Some(listeners)
}

/// A listener on loopback; port 0 takes a free one.
///
/// # Errors
/// When the port is taken.
pub(crate) async fn listen(port: u16) -> Result<TcpListener, Problem> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
        Problem::own(
            Own::Service,
            format!("cannot listen on 127.0.0.1:{port}: {error}"),
            "Stop whatever has the port (another demo?), or give another --port, or another --dir.",
        )
    })
}

fn file(dir: &Path) -> PathBuf {
    dir.join("ports")
}

fn remembered(dir: &Path) -> Result<Option<Vec<u16>>, Problem> {
    let path = file(dir);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Problem::file("read", &path, &error)),
    };
    let ports: Vec<u16> = text
        .split_whitespace()
        .filter_map(|port| port.parse().ok())
        .collect();
    if ports.len() == OFFICES.len() {
        return Ok(Some(ports));
    }
    Err(Problem::own(
        Own::File,
        format!("{} does not hold {} ports", path.display(), OFFICES.len()),
        "Give another --dir; this one was not made by the demo.",
    ))
}

fn remember(dir: &Path, listeners: &[TcpListener]) -> Result<(), Problem> {
    let ports: Vec<String> = listeners
        .iter()
        .filter_map(|listener| Some(listener.local_addr().ok()?.port().to_string()))
        .collect();
    let path = file(dir);
    fs::write(&path, ports.join(" ") + "\n").map_err(|error| Problem::file("write", &path, &error))
}

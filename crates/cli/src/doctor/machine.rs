//! What can be seen on a node's own machine.

use std::path::Path;

use hotdesk_node::Config;

use super::Finding;

/// Less than this is soon full: a snapshot, the log and what is kept of it want room.
const FREE_BYTES_WANTED: u64 = 1 << 30;

/// Looks at a node's configuration and its data directory.
pub(crate) fn look_at_config(path: &Path) -> Vec<Finding> {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let config = match Config::load(Some(path), environment) {
        Ok(config) => config,
        Err(error) => {
            let seen = error.to_string().replace('\n', "; ");
            return vec![Finding::bad("config", seen, "Correct the configuration.")];
        }
    };
    let good = format!(
        "{} is right: node {} at {}",
        path.display(),
        config.node.id,
        config.node.site
    );
    let mut findings = vec![Finding::good("config", good)];
    if config.auth.admin_token.is_none() && config.auth.admin_token_file.is_none() {
        findings.push(Finding::warning(
            "config",
            format!("whoever reaches {} administers the cluster", config.listen),
            "Set auth.admin_token_file.",
        ));
    }
    findings.push(look_at_dir(&config.node.data_dir));
    findings
}

fn look_at_dir(path: &Path) -> Finding {
    // Of a directory that is not there yet, the nearest parent says what can be said.
    let Some(there) = path.ancestors().find(|ancestor| {
        let ancestor = if ancestor.as_os_str().is_empty() {
            Path::new(".")
        } else {
            ancestor
        };
        ancestor.exists()
    }) else {
        return Finding::bad(
            "data dir",
            format!("{} does not exist", path.display()),
            "Create it.",
        );
    };
    let there = if there.as_os_str().is_empty() {
        Path::new(".")
    } else {
        there
    };
    if let Err(error) = tempfile::tempfile_in(there) {
        return Finding::bad(
            "data dir",
            format!("{} cannot be written: {error}", there.display()),
            "Give it to the user that runs the node.",
        );
    }
    match rustix::fs::statvfs(there) {
        Err(error) => Finding::warning(
            "data dir",
            format!("{}: how much is free cannot be said: {error}", there.display()),
            "Look at the disk.",
        ),
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let seen = format!("{} can be written, {} MiB are free", path.display(), free >> 20);
            if free < FREE_BYTES_WANTED {
                Finding::warning("data dir", seen, "Make room: a node stops when its disk is full.")
            } else {
                Finding::good("data dir", seen)
            }
        }
    }
}

//! `hotdesk edge`.

use std::path::PathBuf;

use clap::Args;
use hotdesk_edge::{Config, Edge, SipEdge, config, sample_config};

use super::stop::{Hangups, asked_to_stop};
use crate::connect::Context;
use crate::exit::{Own, Problem};
use crate::telemetry::{self, Defaults, LogFormat};

/// Arguments of `edge`.
#[derive(Debug, Args)]
#[command(after_help = "\
Every key of the file can also be given in the environment (HOTDESK_EDGE_SITE for site), which wins.

Examples:
  hotdesk edge --print-sample-config > edge.toml
  hotdesk edge --config edge.toml")]
pub(crate) struct EdgeArgs {
    /// The configuration, TOML
    #[arg(long, short, value_name = "FILE", env = "HOTDESK_EDGE_CONFIG")]
    config: Option<PathBuf>,
    /// Print an annotated configuration with every key, and end
    #[arg(long)]
    print_sample_config: bool,
    /// Check the configuration, and end
    #[arg(long)]
    check: bool,
}

impl EdgeArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        if self.print_sample_config {
            context.out.line(sample_config().trim_end())?;
            return Ok(());
        }
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let config = Config::load(self.config.as_deref(), environment).map_err(not_right)?;
        if self.check {
            context.out.line("the configuration is right")?;
            return Ok(());
        }
        let defaults = Defaults {
            log: config.log.clone(),
            log_format: match config.log_format {
                config::LogFormat::Text => LogFormat::Text,
                config::LogFormat::Json => LogFormat::Json,
            },
            otlp_endpoint: config.otlp_endpoint.clone(),
        };
        let telemetry = telemetry::start(&context.global.telemetry, &defaults, "hotdesk-edge")?;
        let result = serve(config).await;
        telemetry.finish().await;
        result
    }
}

async fn serve(config: Config) -> Result<(), Problem> {
    let edge = Edge::start(config).map_err(|error| {
        Problem::own(
            Own::Config,
            format!("the edge cannot start: {error}"),
            "Correct the configuration.",
        )
    })?;
    let sip = edge.start_sip().map_err(|error| {
        Problem::own(
            Own::Config,
            format!("the edge cannot serve SIP: {error}"),
            "Correct the configuration; `hotdesk edge --print-sample-config` explains every key.",
        )
    })?;
    let signal = until_stopped(sip.as_ref()).await;
    if let Some(sip) = sip {
        sip.stop().await;
    }
    tracing::info!(signal, "edge stopped");
    drop(edge);
    Ok(())
}

/// Waits for somebody to stop the edge. At SIGHUP certificates are read again and the file of call records is opened
/// anew, as after logrotate.
async fn until_stopped(sip: Option<&SipEdge>) -> &'static str {
    let mut hangups = Hangups::listen();
    let mut stop = std::pin::pin!(asked_to_stop());
    loop {
        tokio::select! {
            signal = &mut stop => return signal,
            () = hangups.next() => {
                let Some(sip) = sip else {
                    continue;
                };
                sip.reopen_records();
                match sip.reload_certificates() {
                    Ok(()) => tracing::info!("certificates and call records are opened anew"),
                    Err(error) => tracing::error!(%error, "the old certificates stay in use"),
                }
            }
        }
    }
}

fn not_right(error: config::ConfigError) -> Problem {
    let text = error.to_string();
    let message = match error.problems.len() {
        1 => format!("the configuration is not right: {text}"),
        _ => format!(
            "the configuration is not right:\n  {}",
            text.replace('\n', "\n  ")
        ),
    };
    Problem::own(
        Own::Config,
        message,
        "Correct it; `hotdesk edge --print-sample-config` explains every key.",
    )
}

//! `hotdesk node`.

use std::path::{Path, PathBuf};

use clap::Args;
use hotdesk_node::{Config, Node, StartClass, StartError, sample_config, sample_config_of};

use super::stop::asked_to_stop;
use crate::connect::Context;
use crate::exit::{Exit, Own, Problem};
use crate::telemetry::{self, Defaults, LogFormat};

/// Arguments of `node`.
#[derive(Debug, Args)]
#[command(after_help = "\
Every key of the file can also be given in the environment (HOTDESK_NODE_ID for node.id), which wins; the sample \
names them all. SIGTERM or Ctrl-C stops the node in good order: it hands leadership over and finishes its calls.

Examples:
  hotdesk node --print-sample-config > node.toml
  hotdesk node --config node.toml --check
  hotdesk node --config node.toml")]
pub(crate) struct NodeArgs {
    /// The configuration, TOML
    #[arg(long, short, value_name = "FILE", env = "HOTDESK_CONFIG")]
    config: Option<PathBuf>,
    /// Print an annotated configuration with every key, and end; with --config what that sets, annotated
    #[arg(long)]
    print_sample_config: bool,
    /// Check the configuration, and end
    #[arg(long)]
    check: bool,
}

impl NodeArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Problem> {
        if self.print_sample_config {
            let sample = match &self.config {
                None => sample_config(),
                Some(file) => sample_config_of(&load(Some(file))?),
            };
            context.out.line(sample.trim_end())?;
            return Ok(());
        }
        let config = load(self.config.as_deref())?;
        if self.check {
            config.check_files().map_err(StartError::from)?;
            context.out.line("the configuration is right")?;
            return Ok(());
        }
        let defaults = Defaults {
            log: config.telemetry.log.clone(),
            log_format: match config.telemetry.log_format {
                hotdesk_node::config::LogFormat::Text => LogFormat::Text,
                hotdesk_node::config::LogFormat::Json => LogFormat::Json,
            },
            otlp_endpoint: config.telemetry.otlp_endpoint.clone(),
        };
        let telemetry = telemetry::start(&context.global.telemetry, &defaults, "hotdesk-node")?;
        let result = serve(config).await;
        telemetry.finish().await;
        result
    }
}

async fn serve(config: Config) -> Result<(), Problem> {
    let node = tokio::select! {
        node = Node::start(config) => node?,
        signal = asked_to_stop() => {
            tracing::info!(signal, "stopped before the node had started");
            return Ok(());
        }
    };
    let stopped = tokio::select! {
        signal = asked_to_stop() => {
            tracing::info!(signal, "stopping");
            None
        }
        why = node.stopped() => Some(why),
    };
    let shut_down = async {
        node.shutdown().await;
        Ok(())
    };
    match stopped {
        None => tokio::select! {
            done = shut_down => done,
            // Whoever asks twice does not want to wait.
            signal = asked_to_stop() => {
                tracing::warn!(signal, "asked again: ending at once");
                Ok(())
            }
        },
        Some(why) => {
            let _: Result<(), Problem> = shut_down.await;
            Err(Problem::own(
                Own::Service,
                format!("the node has stopped: {why}"),
                "Put right what the sentence says, then start it again; nothing acknowledged is lost.",
            ))
        }
    }
}

/// Reads the configuration, the environment included.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn load(file: Option<&Path>) -> Result<Config, Problem> {
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    Config::load(file, environment).map_err(|error| StartError::from(error).into())
}

impl From<StartError> for Problem {
    fn from(error: StartError) -> Self {
        let kind = match error.class() {
            StartClass::Configuration => Own::Config,
            StartClass::Environment => Own::Service,
        };
        let message = match &error {
            // Several lines: each problem on one of its own.
            StartError::Config(config) if config.problems.len() > 1 => {
                format!(
                    "the configuration is not right:\n  {}",
                    error.to_string().replace('\n', "\n  ")
                )
            }
            StartError::Config(_) => format!("the configuration is not right: {error}"),
            _ => error.to_string(),
        };
        let mut problem = Self::own(kind, message, error.what_to_do());
        if let Some(code) = error.code() {
            problem.code = code.into();
        }
        problem.exit = match error.class() {
            StartClass::Configuration => Exit::Usage,
            StartClass::Environment => Exit::Failed,
        };
        problem
    }
}

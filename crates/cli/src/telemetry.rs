//! Logs and traces: `tracing` to standard error as text or JSON, and spans to an OpenTelemetry collector when
//! one is configured.

use std::io::{self, IsTerminal};
use std::time::Duration;

use clap::{Args, ValueEnum};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::exit::{Own, Problem};

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}

/// What is logged, and where spans go.
#[derive(Clone, Debug, Args)]
pub(crate) struct TelemetryArgs {
    /// What to log, to standard error: a level, or levels per module ("info,hotdesk_cluster=debug"); libraries
    /// such as openraft only when they are named
    /// [default: what the configuration of a node or edge says; otherwise nothing]
    #[arg(long, global = true, value_name = "FILTER", env = "HOTDESK_LOG", help_heading = HEADING)]
    pub(crate) log: Option<String>,
    /// How to write the log [default: text]
    #[arg(long, global = true, value_name = "FORMAT", env = "HOTDESK_LOG_FORMAT", help_heading = HEADING)]
    pub(crate) log_format: Option<LogFormat>,
    /// An OpenTelemetry collector that takes spans over gRPC, such as http://127.0.0.1:4317
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        help_heading = HEADING
    )]
    pub(crate) otlp_endpoint: Option<String>,
}

const HEADING: &str = "Logs and traces";
/// Libraries that tell at "info" what only their authors want to know; heard when the filter names them.
const QUIET: [&str; 4] = ["openraft", "sled", "h2", "hyper"];
/// Which spans are exported: ours, and none that the export itself makes, or it would never come to an end.
const EXPORTED: &str = "off,hotdesk=info,hotdesk_cli=info,hotdesk_node=info,hotdesk_edge=info,\
                        hotdesk_cluster=info,hotdesk_store=info,hotdesk_client=info";
/// How long the end of the program waits for the collector to take the last spans.
const FLUSH_MAX: Duration = Duration::from_secs(3);

/// What must be flushed at the end.
#[must_use]
pub(crate) struct Telemetry {
    provider: Option<SdkTracerProvider>,
}

/// What holds where the command line says nothing.
#[derive(Clone, Debug)]
pub(crate) struct Defaults {
    /// See [`TelemetryArgs::log`].
    pub(crate) log: String,
    /// See [`TelemetryArgs::log_format`].
    pub(crate) log_format: LogFormat,
    /// See [`TelemetryArgs::otlp_endpoint`].
    pub(crate) otlp_endpoint: Option<String>,
}

impl Defaults {
    /// For the verbs: they answer on standard output and say themselves what went wrong.
    pub(crate) fn quiet() -> Self {
        Self {
            log: "off".to_owned(),
            log_format: LogFormat::Text,
            otlp_endpoint: None,
        }
    }
}

/// Starts logging, and exporting where a collector is configured. To be called once, inside the runtime:
/// the exporter's channel lives there.
///
/// # Errors
/// When the filter or the collector's address is not valid.
pub(crate) fn start(
    args: &TelemetryArgs,
    defaults: &Defaults,
    service: &'static str,
) -> Result<Telemetry, Problem> {
    let filter = args.log.as_deref().unwrap_or(&defaults.log);
    let env_filter = EnvFilter::try_new(with_quiet_libraries(filter)).map_err(|error| {
        Problem::own(
            Own::BadArgument,
            format!("the log filter {filter:?} is not valid: {error}"),
            "Give a level (error, warn, info, debug, trace) or levels per module, as in info,hotdesk_node=debug.",
        )
    })?;
    let provider = args
        .otlp_endpoint
        .as_deref()
        .or(defaults.otlp_endpoint.as_deref())
        .filter(|endpoint| !endpoint.is_empty())
        .map(|endpoint| provider(endpoint, service))
        .transpose()?;
    let spans = provider
        .as_ref()
        .map(|provider| tracing_opentelemetry::layer().with_tracer(provider.tracer("hotdesk")))
        .map(|layer| layer.with_filter(EnvFilter::new(EXPORTED)));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    let lines = match args.log_format.unwrap_or(defaults.log_format) {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // Nodes take up the trace of whoever calls them.
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    tracing_subscriber::registry()
        .with(spans)
        .with(lines.with_filter(env_filter))
        .init();
    Ok(Telemetry { provider })
}

/// Where everything is to be heard from some level on, adds a higher one for each library of [`QUIET`] that the
/// filter does not name itself.
fn with_quiet_libraries(filter: &str) -> String {
    let mut whole = filter.to_owned();
    let everything = filter.split(',').map(str::trim).find(|part| !part.contains('='));
    if everything.is_some_and(|level| ["info", "debug", "trace"].contains(&level)) {
        for library in QUIET.iter().filter(|library| !filter.contains(**library)) {
            whole += &format!(",{library}=warn");
        }
    }
    whole
}

fn provider(endpoint: &str, service: &'static str) -> Result<SdkTracerProvider, Problem> {
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .build()
        .map_err(|error| {
            Problem::own(
                Own::BadArgument,
                format!("cannot export spans to {endpoint}: {error}"),
                "Give the collector's gRPC address, such as http://127.0.0.1:4317, or leave --otlp-endpoint out.",
            )
        })?;
    let resource = Resource::builder().with_service_name(service).build();
    Ok(SdkTracerProvider::builder()
        .with_resource(resource)
        .with_batch_exporter(exporter)
        .build())
}

impl Telemetry {
    /// Sends what is still queued; waits at most [`FLUSH_MAX`].
    pub(crate) async fn finish(self) {
        let Some(provider) = self.provider else { return };
        // The exporter needs the runtime's threads while this one waits.
        let flushed = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(FLUSH_MAX)).await;
        if let Ok(Err(error)) = flushed {
            tracing::warn!(%error, "the last spans were not exported");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_quiet_unless_they_are_named() {
        for (given, used) in [
            (
                "info,openraft=debug",
                "info,openraft=debug,sled=warn,h2=warn,hyper=warn",
            ),
            ("off", "off"),
            ("error", "error"),
            ("hotdesk_cli=debug", "hotdesk_cli=debug"),
        ] {
            assert_eq!(with_quiet_libraries(given), used);
        }
    }
}

//! What every command is given: the way to the cluster, and the way to standard output.

use std::io;

use hotdesk_client::{Client, Error, Options, RequestId, Tls, Token};

use crate::args::Global;
use crate::exit::{Exit, Own, Problem};
use crate::output::{Output, Paint};

/// What every command is given.
pub(crate) struct Context {
    /// The options that all commands have.
    pub(crate) global: Global,
    /// Standard output.
    pub(crate) out: Output,
}

impl Context {
    /// From the options.
    pub(crate) fn new(global: Global) -> Self {
        let out = Output {
            format: global.output,
            paint: Paint::new(global.colour, &io::stdout()),
        };
        Self { global, out }
    }

    /// A client of the endpoints given. Connects when it is first used.
    ///
    /// # Errors
    /// When an option makes no sense or a file cannot be read.
    pub(crate) fn client(&self) -> Result<Client, Problem> {
        self.client_of(self.global.endpoint.clone())
    }

    /// A client of these nodes only.
    ///
    /// # Errors
    /// As [`Self::client`].
    pub(crate) fn client_of(&self, endpoints: Vec<String>) -> Result<Client, Problem> {
        let defaults = Options::default();
        let deadline = self.global.timeout;
        let options = Options {
            endpoints,
            deadline,
            attempt_timeout: defaults.attempt_timeout.min(deadline),
            connect_timeout: defaults.connect_timeout.min(deadline),
            tls: self.tls()?,
            admin_token: self.admin_token()?,
            by: self.by(),
            ..defaults
        };
        let client = Client::new(options)?;
        Ok(match self.global.request_id {
            Some(id) => client.with_request_id(RequestId(id.as_u128())),
            None => client,
        })
    }

    /// A member's address as an endpoint: with TLS where the endpoints given have it.
    pub(crate) fn beside(&self, address: &str) -> String {
        let first = self.global.endpoint.first();
        let scheme = if first.is_some_and(|first| first.starts_with("https://")) {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{address}")
    }

    /// Who asks.
    pub(crate) fn by(&self) -> String {
        self.global.by.clone().unwrap_or_else(|| {
            let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
            format!("admin:{}", user.as_deref().unwrap_or("unknown"))
        })
    }

    fn tls(&self) -> Result<Option<Tls>, Problem> {
        let global = &self.global;
        let Some(ca) = &global.ca else {
            let https = global
                .endpoint
                .iter()
                .find(|endpoint| endpoint.starts_with("https://"));
            return match https {
                Some(endpoint) => Err(Problem::own(
                    Own::BadArgument,
                    format!("{endpoint} speaks TLS, and no certificate authority to trust was given"),
                    "Give --ca FILE with the authority that signed the nodes' certificates.",
                )),
                None => Ok(None),
            };
        };
        let identity = global.cert.as_deref().zip(global.key.as_deref());
        let mut tls = Tls::read(ca, identity)?;
        tls.domain.clone_from(&global.tls_name);
        Ok(Some(tls))
    }

    fn admin_token(&self) -> Result<Option<Token>, Problem> {
        if let Some(path) = &self.global.admin_token_file {
            let token = std::fs::read_to_string(path)
                .map_err(|error| Problem::file("read the administrator's token from", path, &error))?;
            return Ok(Some(Token::new(token)));
        }
        let token = std::env::var("HOTDESK_ADMIN_TOKEN").unwrap_or_default();
        Ok((!token.is_empty()).then(|| Token::new(token)))
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let exit = match &error {
            Error::Refused(_) => Exit::Refused,
            Error::Failed(_) | Error::NoEndpoint { .. } | Error::Incomplete { .. } => Exit::Failed,
            Error::Unknown { .. } => Exit::Unknown,
            Error::InvalidOption { .. } => Exit::Usage,
        };
        let (reason, request_id, what_to_do): (&str, _, _) = match &error {
            Error::Refused(api) | Error::Failed(api) => (&api.reason, None, error.what_to_do()),
            Error::Unknown {
                request_id: Some(id), ..
            } => {
                let id = uuid::Uuid::from_u128(id.0);
                let advice = format!("Repeat the command with --request-id {id}: it will not act twice.");
                ("UNKNOWN", Some(id.to_string().into()), advice)
            }
            Error::Unknown { .. } => ("UNKNOWN", None, error.what_to_do()),
            Error::NoEndpoint { .. } => (
                "NO_ENDPOINT",
                None,
                "Check --endpoint (or HOTDESK_ENDPOINT), that a node runs there, and that nothing in between blocks it."
                    .into(),
            ),
            Error::InvalidOption { .. } => ("INVALID_OPTION", None, error.what_to_do()),
            Error::Incomplete { .. } => ("INCOMPLETE", None, error.what_to_do()),
        };
        Self {
            exit,
            code: error.code().into(),
            reason: reason.into(),
            message: error.to_string(),
            what_to_do,
            request_id,
        }
    }
}

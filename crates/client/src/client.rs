//! The client: what all calls share.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};
use uuid::Uuid;

use hotdesk_core::RequestId;

use crate::endpoints::{Endpoints, Node};
use crate::error::Error;
use crate::options::Options;

/// Asks a cluster, through any of its nodes. Cheap to clone; clones share their connections.
///
/// A call stays with one node until that fails, then goes on to the next, with back-off and jitter, until it
/// is answered or [`Options::deadline`] has passed. Every write carries one random request id in all its
/// attempts, so it happens at most once. Calls that may be repeated are those that
/// [`ApiError`](crate::ApiError) calls retryable and those that got no answer at all.
///
/// Connections are opened by the first call; dropping a call's future abandons it (a write may still happen).
/// Calls must be made inside a tokio runtime.
///
/// ```no_run
/// # async fn example() -> Result<(), hotdesk_client::Error> {
/// use hotdesk_client::{Client, Options, Pin};
///
/// let client = Client::new(Options::new(["chicago:7300", "new-york:7300"]).with_by("edge:chicago"))?;
/// let login = client.login("2001", "00:1a:2b:3c:4d:5e", &Pin::new("4711")).await?;
/// println!("{} sessions ended elsewhere", login.ended.len());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    deadline: Duration,
    attempt_timeout: Duration,
    by: Arc<str>,
    request_id: Option<RequestId>,
}

struct Shared {
    endpoints: Endpoints,
    authorization: Option<MetadataValue<Ascii>>,
    learns: bool,
    /// The members should be asked for at the next opportunity.
    learning_is_due: AtomicBool,
}

impl Client {
    /// A client with these options. Opens no connection yet.
    ///
    /// # Errors
    /// [`Error::InvalidOption`]: no endpoint, an endpoint that is not `host:port`, certificates that cannot be
    /// used, a token that cannot be sent in a header.
    pub fn new(options: Options) -> Result<Self, Error> {
        Ok(Self {
            shared: Arc::new(Shared {
                endpoints: Endpoints::new(&options)?,
                authorization: authorization(&options)?,
                learns: options.learn_endpoints,
                learning_is_due: AtomicBool::new(true),
            }),
            deadline: options.deadline,
            attempt_timeout: options.attempt_timeout,
            by: options.by.into(),
            request_id: None,
        })
    }

    /// The same client with another deadline for its calls.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The same client asking for somebody else: see [`Options::by`].
    #[must_use]
    pub fn with_by(mut self, by: &str) -> Self {
        self.by = by.into();
        self
    }

    /// The same client with a fixed request id: repeats a write whose outcome is
    /// [unknown](Error::Unknown). For one request only; another one under the same id is refused (HD1018).
    #[must_use]
    pub fn with_request_id(mut self, request_id: RequestId) -> Self {
        self.request_id = Some(request_id);
        self
    }

    /// The nodes known, as `host:port`, in the order in which they are tried.
    #[must_use]
    pub fn known_endpoints(&self) -> Vec<String> {
        self.shared.endpoints.addresses()
    }

    /// The node that the next call asks first.
    #[must_use]
    pub fn current_endpoint(&self) -> String {
        self.shared.endpoints.current().address.clone()
    }

    /// Asks the cluster who its members are and adds those that were not known; returns how many.
    ///
    /// # Errors
    /// As [`cluster_status`](Self::cluster_status).
    pub async fn learn_endpoints(&self) -> Result<usize, Error> {
        let status = self.cluster_status().await?;
        let addresses = status.members.iter().map(|member| member.address.as_str());
        Ok(self.shared.endpoints.learn(addresses))
    }

    pub(crate) fn endpoints(&self) -> &Endpoints {
        &self.shared.endpoints
    }

    pub(crate) fn deadline(&self) -> Duration {
        self.deadline
    }

    pub(crate) fn attempt_timeout(&self) -> Duration {
        self.attempt_timeout
    }

    pub(crate) fn by(&self) -> String {
        self.by.as_ref().to_owned()
    }

    /// A request with what every request carries.
    pub(crate) fn request<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        if let Some(authorization) = &self.shared.authorization {
            let _ = request
                .metadata_mut()
                .insert("authorization", authorization.clone());
        }
        request
    }

    /// The id of the next write.
    pub(crate) fn next_request_id(&self) -> RequestId {
        self.request_id
            .unwrap_or_else(|| RequestId(Uuid::new_v4().as_u128()))
    }

    /// A call was answered: a good moment to learn who else is there. At most one question is under way.
    pub(crate) fn answered(&self) {
        let due = &self.shared.learning_is_due;
        if self.shared.learns && due.load(Ordering::Relaxed) && due.swap(false, Ordering::Relaxed) {
            let client = self.clone();
            tokio::spawn(async move {
                match client.learn_endpoints().await {
                    Ok(new) => tracing::debug!(new, "learnt nodes"),
                    Err(error) => tracing::debug!(%error, "could not learn nodes"),
                }
            });
        }
    }

    /// A node failed: the membership may have changed.
    pub(crate) fn left(&self, node: &Arc<Node>) {
        self.shared.endpoints.leave(node);
        self.shared.learning_is_due.store(true, Ordering::Relaxed);
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoints", &self.known_endpoints())
            .field("deadline", &self.deadline)
            .field("by", &self.by)
            .finish_non_exhaustive()
    }
}

/// The bytes of a request id as the API wants them.
pub(crate) fn bytes(id: RequestId) -> Vec<u8> {
    id.0.to_be_bytes().to_vec()
}

fn authorization(options: &Options) -> Result<Option<MetadataValue<Ascii>>, Error> {
    let Some(token) = &options.admin_token else {
        return Ok(None);
    };
    let mut value = format!("Bearer {}", token.reveal())
        .parse::<MetadataValue<Ascii>>()
        .map_err(|_invalid| Error::InvalidOption {
            option: "admin_token",
            problem: "has characters that cannot be sent in a header".into(),
        })?;
    // Keeps it out of HTTP/2's header compression table and out of debug output.
    value.set_sensitive(true);
    Ok(Some(value))
}

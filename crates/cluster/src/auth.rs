//! Who may speak as a node: the join token and the cluster's id, in the metadata of every call.

use std::hint::black_box;
use std::sync::Arc;

use tonic::metadata::{Ascii, MetadataMap, MetadataValue};
use tonic::service::Interceptor;
use tonic::{Request, Status};

use crate::config::{Config, Token};
use crate::error::StartError;
use crate::identity::Identity;

/// The cluster id, or [`NO_CLUSTER`].
const CLUSTER: &str = "hotdesk-cluster";
/// The join token.
const TOKEN: &str = "hotdesk-token";
/// What a node says that belongs to no cluster yet.
const NO_CLUSTER: &str = "-";

/// Adds token and cluster id to what this node sends.
#[derive(Clone, Debug)]
pub(crate) struct Credentials {
    token: MetadataValue<Ascii>,
    identity: Arc<Identity>,
}

impl Credentials {
    pub(crate) fn new(token: &Token, identity: Arc<Identity>) -> Result<Self, StartError> {
        let problem = "must be printable ASCII: it travels in the header of each call".to_owned();
        let mut value: MetadataValue<Ascii> = token.0.parse().map_err(|_| StartError::Config {
            field: "token",
            problem,
        })?;
        value.set_sensitive(true);
        Ok(Self {
            token: value,
            identity,
        })
    }
}

impl Interceptor for Credentials {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let cluster = self.identity.cluster_id();
        let cluster = cluster.as_ref().map_or(NO_CLUSTER, |id| id.as_str());
        let cluster = cluster
            .parse()
            .map_err(|_| Status::internal("the cluster id is not ASCII"))?;
        request.metadata_mut().insert(CLUSTER, cluster);
        request.metadata_mut().insert(TOKEN, self.token.clone());
        Ok(request)
    }
}

/// Checks token and cluster id of what this node receives, and notes who calls ([`Caller`]).
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    token: Arc<Token>,
    identity: Arc<Identity>,
}

impl Gate {
    pub(crate) fn new(config: &Config, identity: Arc<Identity>) -> Self {
        Self {
            token: Arc::new(config.token.clone()),
            identity,
        }
    }
}

impl Interceptor for Gate {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let token = text(request.metadata(), TOKEN)?;
        if !same(token.as_bytes(), self.token.0.as_bytes()) {
            return Err(Status::unauthenticated(
                "the join token is wrong: the key `token` must be the same at all nodes",
            ));
        }
        let theirs = Some(text(request.metadata(), CLUSTER)?).filter(|id| *id != NO_CLUSTER);
        let caller = Caller {
            cluster: theirs.map(str::to_owned),
        };
        if let (Some(ours), Some(theirs)) = (self.identity.cluster_id(), theirs)
            && *ours != theirs
        {
            return Err(Status::permission_denied(format!(
                "this node belongs to cluster {ours}, the caller to cluster {theirs}: one of them has the \
                     address or the data directory of another cluster in its configuration"
            )));
        }
        request.extensions_mut().insert(caller);
        Ok(request)
    }
}

/// Whoever sent a request that passed the [`Gate`].
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The caller's cluster; the same as this node's, where both are known.
    pub(crate) cluster: Option<String>,
}

impl Caller {
    /// Who sent this.
    pub(crate) fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        let caller = request.extensions().get::<Self>().cloned();
        caller.ok_or_else(|| Status::internal("the request did not pass the gate"))
    }

    /// Refuses callers that belong to no cluster yet: they may only ask who this is, and to join.
    pub(crate) fn member<T>(request: &Request<T>) -> Result<String, Status> {
        let cluster = Self::of(request)?.cluster;
        cluster.ok_or_else(|| Status::permission_denied("the caller belongs to no cluster yet"))
    }
}

fn text<'a>(metadata: &'a MetadataMap, key: &'static str) -> Result<&'a str, Status> {
    let value = metadata.get(key).and_then(|value| value.to_str().ok());
    value.ok_or_else(|| {
        Status::unauthenticated(format!("the call carries no `{key}`: only nodes may call this"))
    })
}

/// Compares without telling by the time it takes how much was right.
fn same(given: &[u8], expected: &[u8]) -> bool {
    let pairs = given.iter().zip(expected);
    let differences = pairs.fold(0, |differences, (a, b)| black_box(differences | (a ^ b)));
    given.len() == expected.len() && black_box(differences) == 0
}

#[cfg(test)]
mod tests {
    use hotdesk_store::{DataDir, Expect};

    use super::*;

    struct World {
        _dir: tempfile::TempDir,
        identity: Arc<Identity>,
        gate: Gate,
    }

    fn world() -> World {
        let dir = tempfile::tempdir().unwrap();
        let expect = Expect {
            node_id: 1,
            cluster_id: None,
        };
        let identity = Arc::new(Identity::new(
            DataDir::open(dir.path().join("d"), expect).unwrap(),
        ));
        let gate = Gate {
            token: Arc::new(Token("secret".into())),
            identity: Arc::clone(&identity),
        };
        World {
            _dir: dir,
            identity,
            gate,
        }
    }

    fn call(token: &str, cluster: &str) -> Request<()> {
        let mut request = Request::new(());
        request.metadata_mut().insert(TOKEN, token.parse().unwrap());
        request.metadata_mut().insert(CLUSTER, cluster.parse().unwrap());
        request
    }

    #[test]
    fn calls_without_or_with_a_wrong_token_are_refused() {
        let mut world = world();
        for request in [
            Request::new(()),
            call("Secret", "-"),
            call("secrets", "-"),
            call("", "-"),
        ] {
            let status = world.gate.call(request).unwrap_err();
            assert_eq!(status.code(), tonic::Code::Unauthenticated);
        }
        assert!(world.gate.call(call("secret", "-")).is_ok());
    }

    #[test]
    fn another_clusters_nodes_are_refused_by_name() {
        let mut world = world();
        assert!(world.gate.call(call("secret", "b")).is_ok());
        world.identity.adopt("a").unwrap();
        let status = world.gate.call(call("secret", "b")).unwrap_err();
        assert_eq!(status.code(), tonic::Code::PermissionDenied);
        assert!(status.message().contains("cluster a"), "{status}");
        assert!(status.message().contains("cluster b"), "{status}");
        let stranger = world.gate.call(call("secret", "-")).unwrap();
        assert!(Caller::member(&stranger).is_err());
        let member = world.gate.call(call("secret", "a")).unwrap();
        assert_eq!(Caller::member(&member).unwrap(), "a");
    }

    #[test]
    fn what_is_sent_is_what_is_checked() {
        let mut world = world();
        world.identity.adopt("a").unwrap();
        let token = Token("secret".into());
        let mut credentials = Credentials::new(&token, Arc::clone(&world.identity)).unwrap();
        let request = credentials.call(Request::new(())).unwrap();
        assert!(world.gate.call(request).is_ok());
    }
}

//! The node, its clients, and a small office.

use std::time::Duration;

use hotdesk_node::{Config, Node};
use hotdesk_proto::error::ApiError;
use hotdesk_proto::v1;
use hotdesk_proto::v1::admin_client::AdminClient;
use hotdesk_proto::v1::directory_client::DirectoryClient;
use hotdesk_proto::v1::sessions_client::SessionsClient;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tonic::transport::{Channel, Endpoint};
use tonic::{Response, Status};

/// How long anything may take before a test gives up on it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct World {
    pub(crate) node: Node,
    pub(crate) channel: Channel,
    pub(crate) sessions: SessionsClient<Channel>,
    pub(crate) directory: DirectoryClient<Channel>,
    pub(crate) admin: AdminClient<Channel>,
    dir: TempDir,
}

impl World {
    /// A node without anybody in it.
    pub(crate) async fn empty() -> Self {
        Self::with(|_| {}).await
    }

    /// The same with other settings.
    pub(crate) async fn with(settings: impl FnOnce(&mut Config)) -> Self {
        Self::start(tempfile::tempdir().unwrap(), "127.0.0.1:0", settings).await
    }

    /// Stops the node and starts it again on what it left behind, with other settings.
    pub(crate) async fn restarted(self, settings: impl FnOnce(&mut Config)) -> Self {
        let Self { node, dir, .. } = self;
        let address = node.address().to_string();
        node.shutdown().await;
        Self::start(dir, &address, settings).await
    }

    async fn start(dir: TempDir, listen: &str, settings: impl FnOnce(&mut Config)) -> Self {
        let listener = TcpListener::bind(listen).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut config = Config {
            listen: address.to_string(),
            ..Config::default()
        };
        config.node.id = 1;
        config.node.site = "chicago".into();
        config.node.data_dir = dir.path().join("node-1");
        config.cluster.founders.insert(1, address.to_string());
        config.timing.heartbeat = Duration::from_millis(60);
        config.timing.election_min = Duration::from_millis(300);
        config.timing.election_max = Duration::from_millis(600);
        config.pin.pepper = Some("pepper".into());
        config.pin.memory_kib = 8;
        config.pin.iterations = 1;
        settings(&mut config);
        let node = Node::start_on(config, listener).await.unwrap();
        let channel = Endpoint::from_shared(format!("http://{address}"))
            .unwrap()
            .connect_lazy();
        let world = Self {
            node,
            sessions: SessionsClient::new(channel.clone()),
            directory: DirectoryClient::new(channel.clone()),
            admin: AdminClient::new(channel.clone()),
            channel,
            dir,
        };
        let deadline = std::time::Instant::now() + PATIENCE;
        world
            .node
            .cluster()
            .read_barrier(deadline)
            .await
            .expect("a cluster of one elects itself");
        world
    }

    /// Chicago with phones chi-1 and chi-2, New York with ny-1; ada (2001, PIN 1234) and bob (2002, PIN 9876).
    pub(crate) async fn office() -> Self {
        Self::office_with(|_| {}).await
    }

    pub(crate) async fn office_with(settings: impl FnOnce(&mut Config)) -> Self {
        let mut world = Self::with(settings).await;
        let answers = world.import(office_rows(), false).await.unwrap();
        let done = answers.last().unwrap();
        assert!(matches!(done, v1::import_response::Item::Done(_)), "{done:?}");
        world
    }

    pub(crate) async fn login(&mut self, user: &str, device: &str, pin: &str) -> Answer<v1::LoginResponse> {
        let request = v1::LoginRequest {
            user: user.into(),
            device: device.into(),
            pin: pin.into(),
            by: "test".into(),
            ..Default::default()
        };
        answer(self.sessions.login(request).await)
    }

    pub(crate) async fn set_pin(&mut self, user: &str, pin: &str) -> Answer<v1::SetPinResponse> {
        let request = v1::SetPinRequest {
            user: user.into(),
            pin: pin.into(),
            ..Default::default()
        };
        answer(self.directory.set_pin(request).await)
    }

    /// Imports and gives everything that was answered.
    pub(crate) async fn import(
        &mut self,
        rows: Vec<v1::ImportRow>,
        dry_run: bool,
    ) -> Answer<Vec<v1::import_response::Item>> {
        use v1::import_request::Item;
        let count = rows.len() as u64;
        let header = v1::ImportHeader {
            import_id: vec![7; 16],
            by: "admin:test".into(),
        };
        let commit = v1::ImportCommit { rows: count, dry_run };
        let mut items = vec![Item::Header(header)];
        items.extend(
            rows.chunks(300)
                .map(|rows| Item::Rows(v1::ImportRows { rows: rows.to_vec() })),
        );
        items.push(Item::Commit(commit));
        self.import_items(items).await
    }

    pub(crate) async fn import_items(
        &mut self,
        items: Vec<v1::import_request::Item>,
    ) -> Answer<Vec<v1::import_response::Item>> {
        let requests = items
            .into_iter()
            .map(|item| v1::ImportRequest { item: Some(item) });
        let mut stream = answer(
            self.directory
                .import(tokio_stream::iter(requests.collect::<Vec<_>>()))
                .await,
        )?;
        let mut answers = Vec::new();
        while let Some(answer) = stream.message().await.map_err(seen)? {
            answers.push(answer.item.unwrap());
        }
        Ok(answers)
    }

    /// The device at which a user is, by this node's copy.
    pub(crate) async fn device_of(&mut self, user: &str) -> Option<String> {
        let request = v1::ResolveRequest {
            name: user.into(),
            ..Default::default()
        };
        let found = answer(self.sessions.resolve(request).await).unwrap();
        found.bindings.first().map(|binding| binding.device.clone())
    }
}

/// An answer, or the error as clients see it.
pub(crate) type Answer<T> = Result<T, Box<ApiError>>;

fn seen(status: Status) -> Box<ApiError> {
    Box::new(status.into())
}

/// Takes an answer out of its wrapping.
pub(crate) fn answer<T>(result: Result<Response<T>, Status>) -> Answer<T> {
    result.map(Response::into_inner).map_err(seen)
}

pub(crate) fn office_rows() -> Vec<v1::ImportRow> {
    vec![
        site("chicago"),
        site("new-york"),
        user("ada", "2001", "1234"),
        user("bob", "2002", "9876"),
        device("chi-1", "chicago"),
        device("chi-2", "chicago"),
        device("ny-1", "new-york"),
    ]
}

pub(crate) fn site(id: &str) -> v1::ImportRow {
    let site = v1::Site {
        id: id.into(),
        name: id.to_uppercase(),
        ..Default::default()
    };
    row(v1::import_row::Record::Site(site), "")
}

pub(crate) fn user(id: &str, extension: &str, pin: &str) -> v1::ImportRow {
    let user = v1::User {
        id: id.into(),
        display_name: id.to_uppercase(),
        extension: extension.into(),
        ..Default::default()
    };
    row(v1::import_row::Record::User(user), pin)
}

pub(crate) fn device(id: &str, site: &str) -> v1::ImportRow {
    let device = v1::Device {
        id: id.into(),
        site: site.into(),
        desk: "12".into(),
        ..Default::default()
    };
    row(v1::import_row::Record::Device(device), "")
}

pub(crate) fn row(record: v1::import_row::Record, pin: &str) -> v1::ImportRow {
    v1::ImportRow {
        record: Some(record),
        pin: pin.into(),
    }
}

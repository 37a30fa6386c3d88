//! A node with HTTP, two edges' addresses, and a user who moves between two phones.

use hotdesk_client::v1::logout_request::Target;
use hotdesk_client::{Client, Options, Pin, v1};
use hotdesk_node::{Config, Node};
use hotdesk_tests::offices::PATIENCE;
use tokio::net::{TcpListener, UdpSocket};
use tokio::time::Instant;

/// What other people's proxies ask.
pub(crate) struct Office {
    pub(crate) client: Client,
    node: Node,
    _folder: tempfile::TempDir,
}

impl Office {
    /// Ada (2001) and Bob (2002), both logged in nowhere; the phones p1 and p2, served by the edges e1 and e2 at these
    /// sockets.
    pub(crate) async fn open(edges: [&UdpSocket; 2]) -> Self {
        let folder = tempfile::tempdir().expect("make a folder");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
        let address = listener.local_addr().expect("an address").to_string();
        let mut config = Config {
            listen: address.clone(),
            ..Config::default()
        };
        config.node.id = 1;
        config.node.site = "chicago".into();
        config.node.data_dir = folder.path().join("node");
        config.cluster.founders.insert(1, address.clone());
        config.pin.danger_no_pepper = true;
        config.pin.memory_kib = 8;
        config.pin.iterations = 1;
        config.http.listen = Some("127.0.0.1:0".into());
        config.http.token = Some("token".into());
        let node = Node::start_on(config, listener).await.expect("start the node");
        let deadline = (Instant::now() + PATIENCE).into_std();
        node.cluster().read_barrier(deadline).await.expect("a leader");
        let client = Client::new(Options::new([format!("http://{address}")])).expect("a client");
        let office = Self {
            client,
            node,
            _folder: folder,
        };
        office.furnish(edges).await.expect("put the directory");
        office
    }

    /// host:port of the HTTP listener.
    pub(crate) fn http(&self) -> String {
        self.node.http_address().expect("HTTP is on").to_string()
    }

    pub(crate) async fn login(&self, user: &str, device: &str) {
        let pin = Pin::new("1234");
        self.client.login(user, device, &pin).await.expect("log in");
    }

    pub(crate) async fn logout(&self, user: &str) {
        let target = Target::User(user.into());
        self.client.logout(target, None).await.expect("log out");
    }

    /// From now on a user may be logged in at two phones.
    pub(crate) async fn allow_two(&self) {
        let rule = v1::multiple_logins::Rule::AllowUpTo(2);
        let policy = v1::Policy {
            multiple_logins: Some(v1::MultipleLogins { rule: Some(rule) }),
            ..Default::default()
        };
        self.client.put_defaults(policy).await.expect("put the policy");
    }

    async fn furnish(&self, edges: [&UdpSocket; 2]) -> Result<(), hotdesk_client::Error> {
        let client = &self.client;
        client
            .put_site(v1::Site {
                id: "chicago".into(),
                ..Default::default()
            })
            .await?;
        for (id, extension) in [("ada", "2001"), ("bob", "2002")] {
            let user = v1::User {
                id: id.into(),
                extension: extension.into(),
                ..Default::default()
            };
            client.put_user(user).await?;
            client.set_pin(id, Some(&Pin::new("1234"))).await?;
        }
        for (number, socket) in (1..).zip(edges) {
            let device = v1::Device {
                id: format!("p{number}"),
                site: "chicago".into(),
                ..Default::default()
            };
            client.put_device(device).await?;
            let edge = v1::Edge {
                id: format!("e{number}"),
                site: "chicago".into(),
                uri: format!("sip:{}", socket.local_addr().expect("an address")),
            };
            client.put_edge(edge).await?;
            let served = v1::ServedDevice {
                device: format!("p{number}"),
                edge: format!("e{number}"),
                gone: false,
            };
            client.report_serving(vec![served]).await?;
        }
        Ok(())
    }
}

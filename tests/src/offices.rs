//! A cluster in this process: one node per office, on loopback, each with its log on sled.

use std::net::TcpListener;
use std::time::Duration;

use hotdesk_node::{Config, Node};
use hotdesk_proto::error::ApiError;
use hotdesk_proto::v1;
use hotdesk_proto::v1::admin_client::AdminClient;
use hotdesk_proto::v1::directory_client::DirectoryClient;
use hotdesk_proto::v1::sessions_client::SessionsClient;
use tonic::transport::{Channel, Endpoint};

use crate::wait::eventually;

/// How long anything may take that is not about time itself; generous, because machines are busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The names of the offices, in order of their nodes' ids.
pub const NAMES: [&str; 3] = ["chicago", "new-york", "austin"];

/// Three offices (or fewer) and a small directory.
pub struct Offices {
    /// The nodes, in order of [`NAMES`].
    pub nodes: Vec<Node>,
    folder: tempfile::TempDir,
}

impl Offices {
    /// Starts `count` offices and waits for a leader. The directory is empty.
    ///
    /// # Panics
    /// When they do not come up.
    pub async fn start(count: usize) -> Self {
        let folder = tempfile::tempdir().expect("make a folder");
        // Held until all are known, so that they differ; the nodes bind them right afterwards.
        let held: Vec<TcpListener> = (0..count)
            .map(|_| TcpListener::bind("127.0.0.1:0").expect("bind"))
            .collect();
        let ports: Vec<u16> = held
            .iter()
            .map(|l| l.local_addr().expect("an address").port())
            .collect();
        drop(held);
        let founders: String = ports
            .iter()
            .enumerate()
            .map(|(i, port)| format!("{} = \"127.0.0.1:{port}\"\n", i + 1))
            .collect();
        let starts = ports.iter().enumerate().map(|(i, port)| {
            let cluster = format!("[cluster.founders]\n{founders}");
            let config = config(i as u64 + 1, NAMES[i], *port, folder.path(), &cluster);
            Node::start(config)
        });
        let nodes = futures::future::try_join_all(starts)
            .await
            .expect("start the nodes");
        let offices = Self { nodes, folder };
        offices.leader().await;
        offices
    }

    /// Three offices with two phones each and these users: ada (2001, alias 71), bob (2002), cy (2003); all have
    /// the PIN 1234.
    pub async fn with_people() -> Self {
        let offices = Self::start(3).await;
        for (i, name) in NAMES.iter().enumerate() {
            offices.put_site(name).await;
            offices.put_device(phone(i, 1), name).await;
            offices.put_device(phone(i, 2), name).await;
        }
        for (id, extension, alias) in [("ada", "2001", "71"), ("bob", "2002", "72"), ("cy", "2003", "73")] {
            let user = v1::User {
                id: id.into(),
                display_name: id.to_uppercase(),
                extension: extension.into(),
                aliases: vec![alias.into()],
                email: format!("{id}@example.com"),
                ..Default::default()
            };
            offices.put_user(user).await;
            offices.set_pin(id, "1234").await;
        }
        offices.settled().await;
        offices
    }

    /// The configuration of one more node, with `cluster` as the lines after `[cluster]`.
    #[must_use]
    pub fn config_of_another(&self, id: u64, cluster: &str) -> Config {
        let held = TcpListener::bind("127.0.0.1:0").expect("bind");
        let port = held.local_addr().expect("an address").port();
        drop(held);
        config(id, "elsewhere", port, self.folder.path(), cluster)
    }

    /// "host:port" of the node of an office.
    #[must_use]
    pub fn address(&self, office: usize) -> String {
        self.nodes[office].address().to_string()
    }

    /// A connection to an office's node.
    #[must_use]
    pub fn channel(&self, office: usize) -> Channel {
        channel_to(&self.address(office))
    }

    /// The session service at an office.
    #[must_use]
    pub fn sessions(&self, office: usize) -> SessionsClient<Channel> {
        SessionsClient::new(self.channel(office))
    }

    /// The directory service at an office.
    #[must_use]
    pub fn directory(&self, office: usize) -> DirectoryClient<Channel> {
        DirectoryClient::new(self.channel(office))
    }

    /// The admin service at an office.
    #[must_use]
    pub fn admin(&self, office: usize) -> AdminClient<Channel> {
        AdminClient::new(self.channel(office))
    }

    /// What an office's node says of the cluster.
    pub async fn status(&self, office: usize) -> v1::ClusterStatusResponse {
        self.admin(office)
            .cluster_status(v1::ClusterStatusRequest {})
            .await
            .expect("a status")
            .into_inner()
    }

    /// Waits for a leader; returns its office.
    pub async fn leader(&self) -> usize {
        eventually("a leader", PATIENCE, || async {
            for office in 0..self.nodes.len() {
                if self.status(office).await.role() == v1::Role::Leader {
                    return Some(office);
                }
            }
            None
        })
        .await
    }

    /// Waits until every office has applied what the leader has applied now.
    pub async fn settled(&self) -> u64 {
        let index = self.status(self.leader().await).await.applied_index;
        for (office, name) in NAMES.iter().enumerate().take(self.nodes.len()) {
            eventually(&format!("{name} has applied {index}"), PATIENCE, || async {
                (self.status(office).await.applied_index >= index).then_some(())
            })
            .await;
        }
        index
    }

    /// Logs in with a PIN.
    ///
    /// # Errors
    /// What the API answers.
    pub async fn login(
        &self,
        office: usize,
        user: &str,
        device: &str,
        pin: &str,
    ) -> Result<v1::LoginResponse, ApiError> {
        let request = v1::LoginRequest {
            request_id: fresh_id(),
            user: user.into(),
            device: device.into(),
            pin: pin.into(),
            vouched: false,
            by: format!("edge:{}", NAMES[office]),
        };
        Ok(self
            .sessions(office)
            .login(request)
            .await
            .map_err(ApiError::from)?
            .into_inner())
    }

    /// Where a name leads, from the office's own copy.
    ///
    /// # Errors
    /// What the API answers.
    pub async fn resolve(&self, office: usize, name: &str) -> Result<v1::ResolveResponse, ApiError> {
        self.resolve_with(office, name, v1::Consistency::Local).await
    }

    /// Where a name leads.
    ///
    /// # Errors
    /// What the API answers.
    pub async fn resolve_with(
        &self,
        office: usize,
        name: &str,
        consistency: v1::Consistency,
    ) -> Result<v1::ResolveResponse, ApiError> {
        let request = v1::ResolveRequest {
            name: name.into(),
            consistency: consistency.into(),
        };
        Ok(self
            .sessions(office)
            .resolve(request)
            .await
            .map_err(ApiError::from)?
            .into_inner())
    }

    /// The devices where a name leads, as the office's own copy says.
    pub async fn devices_of(&self, office: usize, name: &str) -> Vec<String> {
        let answer = self.resolve(office, name).await.expect("a known name");
        answer
            .bindings
            .into_iter()
            .map(|binding| binding.device)
            .collect()
    }

    /// Creates or replaces a site.
    pub async fn put_site(&self, id: &str) {
        let site = v1::Site {
            id: id.into(),
            name: id.into(),
            time_zone: "America/Chicago".into(),
            emergency_location: "1 Main Street".into(),
            ..Default::default()
        };
        let request = v1::PutSiteRequest {
            request_id: fresh_id(),
            site: Some(site),
            by: "test".into(),
        };
        self.directory(0).put_site(request).await.expect("put the site");
    }

    /// Creates or replaces a phone.
    pub async fn put_device(&self, id: &str, site: &str) {
        let device = v1::Device {
            id: id.into(),
            site: site.into(),
            desk: "12".into(),
            model: "generic".into(),
            ..Default::default()
        };
        let request = v1::PutDeviceRequest {
            request_id: fresh_id(),
            device: Some(device),
            by: "test".into(),
        };
        self.directory(0)
            .put_device(request)
            .await
            .expect("put the phone");
    }

    /// Creates or replaces a user.
    pub async fn put_user(&self, user: v1::User) {
        let request = v1::PutUserRequest {
            request_id: fresh_id(),
            user: Some(user),
            by: "test".into(),
        };
        self.directory(0).put_user(request).await.expect("put the user");
    }

    /// Puts a user into a group of the same name as the policy's purpose.
    pub async fn put_in_group(&self, user: &str, group: &str, policy: v1::Policy) {
        let group_record = v1::Group {
            id: group.into(),
            policy: Some(policy),
            rights: None,
        };
        let request = v1::PutGroupRequest {
            request_id: fresh_id(),
            group: Some(group_record),
            by: "test".into(),
        };
        self.directory(0).put_group(request).await.expect("put the group");
        let listed = self
            .directory(0)
            .list_users(linearizable_list())
            .await
            .expect("list")
            .into_inner();
        let mut record = listed
            .users
            .into_iter()
            .find(|u| u.id == user)
            .expect("a known user");
        record.group = group.into();
        self.put_user(record).await;
    }

    /// Sets a PIN.
    pub async fn set_pin(&self, user: &str, pin: &str) {
        let request = v1::SetPinRequest {
            request_id: fresh_id(),
            user: user.into(),
            pin: pin.into(),
            by: "test".into(),
        };
        self.directory(0).set_pin(request).await.expect("set the PIN");
    }

    /// Ends all nodes in an orderly way.
    pub async fn shutdown(self) {
        for node in self.nodes {
            node.shutdown().await;
        }
    }
}

/// A phone of an office: `which` is 1 or 2.
#[must_use]
pub fn phone(office: usize, which: usize) -> &'static str {
    const PHONES: [[&str; 2]; 3] = [
        ["02000000c001", "02000000c002"],
        ["020000000e01", "020000000e02"],
        ["02000000a001", "02000000a002"],
    ];
    PHONES[office][which - 1]
}

/// A lazily made connection.
#[must_use]
pub fn channel_to(address: &str) -> Channel {
    Endpoint::from_shared(format!("http://{address}"))
        .expect("a valid address")
        .tcp_nodelay(true)
        .connect_lazy()
}

/// 16 random bytes.
#[must_use]
pub fn fresh_id() -> Vec<u8> {
    uuid::Uuid::new_v4().into_bytes().to_vec()
}

/// The first page of any list, seeing everything acknowledged.
#[must_use]
pub fn linearizable_list() -> v1::ListRequest {
    v1::ListRequest {
        consistency: v1::Consistency::Linearizable.into(),
        ..Default::default()
    }
}

/// A policy rule: up to `n` sessions.
#[must_use]
pub fn multiple_logins(rule: v1::multiple_logins::Rule) -> v1::Policy {
    v1::Policy {
        multiple_logins: Some(v1::MultipleLogins { rule: Some(rule) }),
        ..Default::default()
    }
}

fn config(id: u64, site: &str, port: u16, folder: &std::path::Path, cluster: &str) -> Config {
    let text = format!(
        "listen = \"127.0.0.1:{port}\"\nadvertise = \"127.0.0.1:{port}\"\n\n\
         [node]\nid = {id}\nsite = \"{site}\"\ndata_dir = \"{data}\"\n\n[cluster]\ntoken = \"tests\"\n{cluster}\n\
         [timing]\nheartbeat_ms = 100\nelection_min_ms = 500\nelection_max_ms = 1000\n\n\
         [pin]\ndanger_no_pepper = true\nmemory_kib = 64\niterations = 1\n\n[auth]\nallow_vouched_logins = true\n",
        data = folder.join(format!("data-{id}")).display(),
    );
    Config::parse(&text, "test", []).expect("a valid configuration")
}

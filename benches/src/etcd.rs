//! Three etcd processes on loopback, and the transaction that a binding would be there: delete the old
//! binding and put the new one, atomically.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tonic::transport::{Channel, Endpoint};

use crate::etcdserverpb as pb;
use crate::process::{Process, free_ports};

/// A cluster of three.
pub struct Etcd {
    _members: Vec<Process>,
    addresses: Vec<String>,
    leader: usize,
}

impl Etcd {
    /// Whether the program is installed (Debian: `etcd-server`).
    #[must_use]
    pub fn is_installed() -> bool {
        Command::new("etcd")
            .arg("--version")
            .output()
            .is_ok_and(|output| output.status.success())
    }

    /// Starts three members with their data under `folder` and waits for a leader.
    ///
    /// # Errors
    /// When a member cannot be started or no leader is elected within 30 s.
    pub async fn start(folder: &Path) -> Result<Self> {
        let ports = free_ports(6)?;
        let client = |i: usize| format!("http://127.0.0.1:{}", ports[i]);
        let peer = |i: usize| format!("http://127.0.0.1:{}", ports[3 + i]);
        let initial = (0..3)
            .map(|i| format!("m{i}={}", peer(i)))
            .collect::<Vec<_>>()
            .join(",");
        let mut members = Vec::new();
        for i in 0..3 {
            let mut command = Command::new("etcd");
            command
                .arg(format!("--name=m{i}"))
                .arg(format!(
                    "--data-dir={}",
                    folder.join(format!("etcd-{i}")).display()
                ))
                .arg(format!("--listen-client-urls={}", client(i)))
                .arg(format!("--advertise-client-urls={}", client(i)))
                .arg(format!("--listen-peer-urls={}", peer(i)))
                .arg(format!("--initial-advertise-peer-urls={}", peer(i)))
                .arg(format!("--initial-cluster={initial}"))
                .args([
                    "--initial-cluster-state=new",
                    "--log-level=error",
                    "--quota-backend-bytes=4294967296",
                ]);
            members.push(Process::start(command, &folder.join(format!("etcd-{i}.log")))?);
        }
        let addresses: Vec<String> = (0..3).map(client).collect();
        let leader = find_leader(&addresses).await?;
        Ok(Self {
            _members: members,
            addresses,
            leader,
        })
    }

    /// A connection to member `i`; 0 is the leader.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn connect(&self, i: usize) -> Result<pb::kv_client::KvClient<Channel>> {
        let address = &self.addresses[(self.leader + i) % self.addresses.len()];
        let channel = Endpoint::from_shared(address.clone())?
            .tcp_nodelay(true)
            .connect()
            .await?;
        Ok(pb::kv_client::KvClient::new(channel))
    }
}

/// Moves a user from one device to another: what a login with eviction is.
#[must_use]
pub fn move_binding(user: &str, from: &str, to: &str, value: &[u8]) -> pb::TxnRequest {
    use pb::request_op::Request;
    let op = |request| pb::RequestOp {
        request: Some(request),
    };
    pb::TxnRequest {
        success: vec![
            op(Request::RequestDeleteRange(pb::DeleteRangeRequest {
                key: format!("device/{from}").into_bytes(),
            })),
            op(Request::RequestPut(pb::PutRequest {
                key: format!("device/{to}").into_bytes(),
                value: format!("{user} ")
                    .into_bytes()
                    .into_iter()
                    .chain(value.iter().copied())
                    .collect(),
            })),
        ],
    }
}

async fn find_leader(addresses: &[String]) -> Result<usize> {
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut interval = tokio::time::interval(Duration::from_millis(100));
    while Instant::now() < deadline {
        interval.tick().await;
        for (i, address) in addresses.iter().enumerate() {
            let Ok(channel) = Endpoint::from_shared(address.clone())?.connect().await else {
                continue;
            };
            let mut client = pb::maintenance_client::MaintenanceClient::new(channel);
            let Ok(answer) = client.status(pb::StatusRequest {}).await else {
                continue;
            };
            let status = answer.into_inner();
            let own = status.header.context("status without header")?.member_id;
            if status.leader != 0 && status.leader == own {
                return Ok(i);
            }
        }
    }
    bail!("etcd elected no leader within 30 s; its logs are beside its data")
}

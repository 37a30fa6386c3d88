//! What goes over the wire: certificates, and transfers that break.

use std::collections::BTreeMap;
use std::time::Duration;

use hotdesk_cluster::{Role, Timing, Tls};
use hotdesk_proto::internal::v1 as wire;
use hotdesk_proto::internal::v1::raft_client::RaftClient;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tonic::transport::{Certificate, Channel, Identity, ServerTlsConfig};
use tonic::{Code, Request, Status};

use crate::support::*;

#[test]
fn nodes_speak_over_mutual_tls() {
    let world = World::new();
    let authority = Authority::new();
    let seats: BTreeMap<u64, Seat> = (1..=3).map(|id| (id, Seat::take(None))).collect();
    let founders = seats
        .iter()
        .map(|(id, seat)| (*id, seat.address.to_string()))
        .collect();
    let role = Role::Founder { founders };
    let start = |(id, seat): (u64, Seat)| {
        let tls = authority.sign();
        let mut config = world.config(id, seat.address, role.clone());
        config.tls = Some(tls.clone());
        Office::start_with(seat, config, |server| {
            let identity = Identity::from_pem(&tls.cert, &tls.key);
            let authority = Certificate::from_pem(&tls.ca);
            let tls = ServerTlsConfig::new()
                .identity(identity)
                .client_ca_root(authority);
            server.tls_config(tls).expect("certificates")
        })
        .expect("start")
    };
    let offices: Vec<Office> = seats.into_iter().map(start).collect();
    for office in &offices {
        office.wait_ready();
    }
    offices[1].done(put_site(1));
    assert_agreement(&offices.iter().collect::<Vec<_>>());

    // Somebody with the token and without a certificate does not get in.
    let seat = Seat::take(None);
    let addresses = vec![offices[0].address.to_string()];
    let plain = Office::start(
        seat,
        world.config(4, ([127, 0, 0, 1], 1).into(), Role::Join { addresses }),
    );
    let plain = plain.expect("start");
    eventually("it waits", || plain.cluster.status().waiting_for);
    assert_eq!(offices[0].cluster.status().members.len(), 3);
}

/// Signs certificates for loopback.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(vec![]).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self {
            pem,
            issuer: Issuer::new(params, key),
        }
    }

    fn sign(&self) -> Tls {
        let params =
            CertificateParams::new(vec!["127.0.0.1".into(), "localhost".into()]).expect("parameters");
        let key = KeyPair::generate().expect("a key");
        let cert = params.signed_by(&key, &self.issuer).expect("a certificate");
        Tls {
            ca: self.pem.clone().into(),
            cert: cert.pem().into(),
            key: key.serialize_pem().into(),
        }
    }
}

#[test]
fn a_broken_snapshot_transfer_goes_on_where_it_stopped() {
    let world = World::new();
    let offices = world.found(1, |_| {});
    let office = &offices[0];
    let cluster_id = office.cluster.status().cluster_id.expect("a cluster");
    let bytes = vec![7_u8; 3000];
    let id = wire::SnapshotId {
        last_log_id: Some(wire::LogId {
            term: 9,
            leader: 1,
            index: 900,
        }),
        length: 3000,
        // The wrong one on purpose: nothing must be installed in the end.
        crc32: 1,
    };
    let address = office.address;
    office.run(async move {
        let channel = Channel::from_shared(format!("http://{address}"))
            .unwrap()
            .connect()
            .await
            .unwrap();
        let mut client = RaftClient::with_interceptor(channel, as_a_node(cluster_id));
        let offset = async |client: &mut RaftClient<_>| {
            let question = wire::SnapshotOffsetRequest { id: Some(id) };
            client
                .snapshot_offset(question)
                .await
                .map(|answer| answer.into_inner().offset)
        };
        assert_eq!(offset(&mut client).await.unwrap(), 0);

        // The stream ends after a third.
        let first = chunk(id, 0, &bytes[..1000]);
        let status = client.send_snapshot(tokio_stream::iter(first)).await.unwrap_err();
        assert_eq!(status.code(), Code::Aborted, "{status}");
        assert_eq!(offset(&mut client).await.unwrap(), 1000);

        // Beginning elsewhere is refused; going on there is taken, and the checksum is looked at.
        let elsewhere = chunk(id, 0, &bytes);
        assert_eq!(
            client
                .send_snapshot(tokio_stream::iter(elsewhere))
                .await
                .unwrap_err()
                .code(),
            Code::Aborted
        );
        let rest = chunk(id, 1000, &bytes[1000..]);
        let status = client.send_snapshot(tokio_stream::iter(rest)).await.unwrap_err();
        assert!(status.message().contains("checksum"), "{status}");
        assert_eq!(
            offset(&mut client).await.unwrap(),
            0,
            "what is damaged is not kept"
        );
    });
    assert_eq!(office.cluster.status().fatal, None);
    office.done(put_site(1));
}

#[test]
fn a_node_that_was_restarted_grants_no_votes_for_a_while() {
    let world = World::new();
    let mut offices = world.found(1, |_| {});
    let office = offices.remove(0);
    let cluster_id = office.cluster.status().cluster_id.expect("a cluster");
    let (id, address) = (office.cluster.node_id(), office.address);
    office.shutdown();
    // So long that the test is over before.
    let timing = Timing {
        election_min: Duration::from_secs(300),
        election_max: Duration::from_secs(600),
        ..Timing::wan()
    };
    let office = Office::restart(&world, id, address, |config| config.timing = timing);
    office.run(async move {
        let channel = Channel::from_shared(format!("http://{address}")).unwrap();
        let channel = channel.connect().await.unwrap();
        let mut client = RaftClient::with_interceptor(channel, as_a_node(cluster_id));
        let request = wire::VoteRequest {
            vote: Some(wire::Vote {
                term: 99,
                node: 2,
                committed: false,
            }),
            last_log_id: Some(wire::LogId {
                term: 99,
                leader: 2,
                index: 999,
            }),
            leader_transfer: false,
        };
        for _ in 0..3 {
            let refused = client.vote(request).await.unwrap_err();
            assert_eq!(refused.code(), Code::Unavailable, "{refused}");
            assert!(client.pre_vote(request).await.is_err());
        }
    });
}

/// The announcement and the bytes from `offset` on.
fn chunk(id: wire::SnapshotId, offset: u64, bytes: &[u8]) -> Vec<wire::SnapshotChunk> {
    let announcement = wire::SnapshotChunk {
        vote: Some(wire::Vote {
            term: 9,
            node: 1,
            committed: true,
        }),
        id: Some(id),
        offset,
        ..wire::SnapshotChunk::default()
    };
    let data = wire::SnapshotChunk {
        offset,
        data: bytes.to_vec().into(),
        ..wire::SnapshotChunk::default()
    };
    vec![announcement, data]
}

/// What a node of the cluster says of itself.
fn as_a_node(cluster_id: String) -> impl FnMut(Request<()>) -> Result<Request<()>, Status> + Clone {
    move |mut request| {
        request
            .metadata_mut()
            .insert("hotdesk-cluster", cluster_id.parse().unwrap());
        request
            .metadata_mut()
            .insert("hotdesk-token", TOKEN.parse().unwrap());
        Ok(request)
    }
}

//! The cluster's status and membership.

use hotdesk_cluster::{Changed, Member, NodeRole};
use hotdesk_core::SiteId;
use hotdesk_proto::convert::name;
use hotdesk_proto::v1;

use super::{Error, Shared, millis};

pub(super) fn status(shared: &Shared) -> v1::ClusterStatusResponse {
    let status = shared.cluster.status();
    v1::ClusterStatusResponse {
        cluster_id: status.cluster_id.unwrap_or_default(),
        node_id: status.node_id,
        role: role(status.role).into(),
        term: status.term,
        leader_id: status.leader_id.unwrap_or_default(),
        members: status.members.into_iter().map(member).collect(),
        last_log_index: status.last_log_index,
        applied_index: status.applied_index,
        snapshot_index: status.snapshot_index,
        purged_index: status.purged_index,
        freshness: Some(v1::Freshness {
            index: status.applied_index,
            age_ms: millis(status.age),
            cut_off: status.cut_off,
            node_id: status.node_id,
        }),
        version: env!("CARGO_PKG_VERSION").into(),
        sites: status.counts.sites as u64,
        users: status.counts.users as u64,
        devices: status.counts.devices as u64,
        sessions: status.counts.sessions as u64,
        fatal: status.fatal.unwrap_or_default(),
        log_syncs: status.log.syncs,
        log_entries: status.log.entries,
    }
}

pub(super) async fn add_learner(
    shared: &Shared,
    request: v1::AddLearnerRequest,
) -> Result<v1::MembershipResponse, Error> {
    let node_id = node_id(request.node_id)?;
    let site: SiteId = name("site", &request.site)?;
    let address = request.address.trim();
    if !address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
    {
        return Err(Error::invalid(
            "address",
            format!("must be host:port, got {address:?}"),
        ));
    }
    Ok(membership(
        shared
            .cluster
            .add_learner(node_id, address, site.as_str())
            .await?,
    ))
}

pub(super) async fn promote(
    shared: &Shared,
    request: v1::NodeRequest,
) -> Result<v1::MembershipResponse, Error> {
    Ok(membership(
        shared.cluster.promote(node_id(request.node_id)?).await?,
    ))
}

pub(super) async fn remove(
    shared: &Shared,
    request: v1::NodeRequest,
) -> Result<v1::MembershipResponse, Error> {
    Ok(membership(
        shared.cluster.remove(node_id(request.node_id)?).await?,
    ))
}

pub(super) async fn transfer_leader(
    shared: &Shared,
    request: v1::NodeRequest,
) -> Result<v1::TransferLeaderResponse, Error> {
    let leader_id = node_id(request.node_id)?;
    shared.cluster.transfer_leader(leader_id).await?;
    Ok(v1::TransferLeaderResponse { leader_id })
}

fn node_id(id: u64) -> Result<u64, Error> {
    if id == 0 {
        Err(Error::invalid("node_id", "must be at least 1"))
    } else {
        Ok(id)
    }
}

fn membership(changed: Changed) -> v1::MembershipResponse {
    v1::MembershipResponse {
        members: changed.members.into_iter().map(member).collect(),
        index: changed.index,
    }
}

fn member(member: Member) -> v1::Member {
    let Member {
        id,
        site,
        address,
        role: is,
        matched_index,
    } = member;
    v1::Member {
        node_id: id,
        site,
        address,
        role: role(is).into(),
        matched_index,
    }
}

const fn role(role: NodeRole) -> v1::Role {
    match role {
        NodeRole::Leader => v1::Role::Leader,
        NodeRole::Voter => v1::Role::Voter,
        NodeRole::Learner => v1::Role::Learner,
        NodeRole::Replica => v1::Role::Replica,
        NodeRole::Waiting => v1::Role::Waiting,
    }
}

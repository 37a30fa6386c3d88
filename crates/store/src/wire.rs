//! Words of consensus as they travel and as they are kept: openraft's types on one side, the generated ones
//! (`hotdesk.internal.v1`) on the other.
//!
//! None of these types depends on the runtime, so there is one set of functions for the product and for the
//! simulator.

use std::collections::{BTreeMap, BTreeSet};

use hotdesk_proto::convert::Invalid;
use hotdesk_proto::internal::v1;
use openraft::EntryPayload;
use openraft::impls::leader_id_adv::LeaderId;

use crate::types::{Entry, LogId, Membership, NodeInfo, Proposed, StoredMembership, Vote};

/// To the generated type.
#[must_use]
pub const fn log_id_to(id: &LogId) -> v1::LogId {
    v1::LogId {
        term: id.leader_id.term,
        leader: id.leader_id.node_id,
        index: id.index,
    }
}

/// From the generated type; every value is fine.
#[must_use]
pub const fn log_id_from(id: &v1::LogId) -> LogId {
    LogId {
        leader_id: LeaderId {
            term: id.term,
            node_id: id.leader,
        },
        index: id.index,
    }
}

/// To the generated type.
#[must_use]
pub const fn vote_to(vote: &Vote) -> v1::Vote {
    v1::Vote {
        term: vote.leader_id.term,
        node: vote.leader_id.node_id,
        committed: vote.committed,
    }
}

/// From the generated type; every value is fine.
#[must_use]
pub const fn vote_from(vote: &v1::Vote) -> Vote {
    Vote {
        leader_id: LeaderId {
            term: vote.term,
            node_id: vote.node,
        },
        committed: vote.committed,
    }
}

/// To the generated type. Does not copy the commands.
#[must_use]
pub fn entry_to(entry: &Entry) -> v1::LogEntry {
    use v1::log_entry::Payload;
    let payload = match &entry.payload {
        EntryPayload::Blank => Payload::Blank(true),
        EntryPayload::Normal(proposed) => Payload::Batch(proposed.encoded.clone()),
        EntryPayload::Membership(membership) => Payload::Membership(membership_to(membership)),
    };
    v1::LogEntry {
        id: Some(log_id_to(&entry.log_id)),
        payload: Some(payload),
    }
}

/// From the generated type, with the commands decoded.
///
/// # Errors
/// When a part is missing or the commands are not understood.
pub fn entry_from(entry: v1::LogEntry) -> Result<Entry, Invalid> {
    use v1::log_entry::Payload;
    let id = entry.id.ok_or_else(|| missing("log_entry.id"))?;
    let payload = match entry.payload.ok_or_else(|| missing("log_entry.payload"))? {
        Payload::Blank(_) => EntryPayload::Blank,
        Payload::Batch(encoded) => EntryPayload::Normal(Proposed::decode(encoded)?),
        Payload::Membership(membership) => EntryPayload::Membership(membership_from(&membership)?),
    };
    Ok(Entry {
        log_id: log_id_from(&id),
        payload,
    })
}

/// To the generated type.
#[must_use]
pub fn membership_to(membership: &Membership) -> v1::Membership {
    let voters = |ids: &BTreeSet<u64>| v1::membership::Voters {
        node_ids: ids.iter().copied().collect(),
    };
    let node = |(id, info): (&u64, &NodeInfo)| v1::membership::Node {
        id: *id,
        address: info.address.clone(),
        site: info.site.clone(),
    };
    v1::Membership {
        configs: membership.get_joint_config().iter().map(voters).collect(),
        nodes: membership.nodes().map(node).collect(),
    }
}

/// From the generated type.
///
/// # Errors
/// When a voter is not among the nodes, or there is a set of voters without a member.
pub fn membership_from(membership: &v1::Membership) -> Result<Membership, Invalid> {
    let mut configs: Vec<BTreeSet<u64>> = Vec::with_capacity(membership.configs.len());
    for voters in &membership.configs {
        configs.push(voters.node_ids.iter().copied().collect());
    }
    let mut nodes = BTreeMap::new();
    for node in &membership.nodes {
        let info = NodeInfo {
            address: node.address.clone(),
            site: node.site.clone(),
        };
        nodes.insert(node.id, info);
    }
    if configs.is_empty() && nodes.is_empty() {
        // What a node knows before it belongs to a cluster; openraft's constructor takes it for a mistake.
        return Ok(Membership::default());
    }
    Membership::new(configs, nodes).map_err(|error| Invalid {
        field: "membership".into(),
        problem: error.to_string(),
    })
}

/// A membership and the entry that set it, as a snapshot's header carries them.
///
/// # Errors
/// As [`membership_from`].
pub fn stored_membership_from(
    log_id: Option<&v1::LogId>,
    membership: Option<&v1::Membership>,
) -> Result<StoredMembership, Invalid> {
    let membership = membership.map_or_else(|| Ok(Membership::default()), membership_from)?;
    Ok(StoredMembership::new(log_id.map(log_id_from), membership))
}

fn missing(field: &str) -> Invalid {
    Invalid {
        field: field.into(),
        problem: "is missing".into(),
    }
}

#[cfg(test)]
mod tests {
    use hotdesk_core::{Batch, TimeMs};

    use super::*;

    fn id(term: u64, node: u64, index: u64) -> LogId {
        LogId::new(LeaderId { term, node_id: node }, index)
    }

    fn info(address: &str, site: &str) -> NodeInfo {
        NodeInfo {
            address: address.into(),
            site: site.into(),
        }
    }

    fn three_nodes() -> Membership {
        let nodes = BTreeMap::from([
            (1, info("a:1", "chicago")),
            (2, info("b:1", "new-york")),
            (3, info("c:1", "austin")),
        ]);
        Membership::new(vec![BTreeSet::from([1, 2]), BTreeSet::from([1])], nodes).unwrap()
    }

    #[test]
    fn entries_come_back_as_they_were() {
        let batch = Batch {
            at: TimeMs(7),
            commands: vec![],
        };
        let payloads = [
            EntryPayload::Blank,
            EntryPayload::Normal(Proposed::new(batch)),
            EntryPayload::Membership(three_nodes()),
        ];
        for payload in payloads {
            let entry = Entry {
                log_id: id(3, 2, 99),
                payload,
            };
            assert_eq!(entry_from(entry_to(&entry)).unwrap(), entry);
        }
    }

    #[test]
    fn votes_come_back_as_they_were() {
        for vote in [Vote::new(4, 2), Vote::new_committed(9, 1)] {
            assert_eq!(vote_from(&vote_to(&vote)), vote);
        }
    }

    #[test]
    fn the_empty_membership_of_a_new_node_is_understood() {
        let empty = Membership::default();
        assert_eq!(membership_from(&membership_to(&empty)).unwrap(), empty);
    }

    #[test]
    fn an_entry_without_its_id_is_refused() {
        let mut entry = entry_to(&Entry {
            log_id: id(1, 1, 1),
            payload: EntryPayload::Blank,
        });
        entry.id = None;
        assert_eq!(entry_from(entry).unwrap_err().field, "log_entry.id");
    }

    #[test]
    fn a_voter_without_an_address_is_refused() {
        let mut membership = membership_to(&three_nodes());
        membership.nodes.remove(0);
        assert_eq!(membership_from(&membership).unwrap_err().field, "membership");
    }
}

//! Sites, groups and edges: few, read seldom, and each put as a whole.

use std::collections::HashSet;
use std::sync::Arc;

use smol_str::SmolStr;

use hotdesk_core::{CallRights, Edge, Group, Site};
use hotdesk_proto::convert::Invalid;
use hotdesk_proto::v1;
use hotdesk_proto::v1::event::Kind;

use super::binding::UserBindings;
use super::bindings::{Bindings, Map};

/// What a watch says about offices.
#[derive(Default)]
pub(super) struct Offices {
    pub(super) sites: Map<Site>,
    pub(super) groups: Map<Group>,
    pub(super) edges: Map<Edge>,
}

/// Offices, groups and edges.
impl Bindings {
    /// A site: its time zone, its emergency location.
    #[must_use]
    pub fn site(&self, id: &str) -> Option<Arc<Site>> {
        self.offices.sites.pin().get(id).cloned()
    }

    /// All sites, in no order.
    #[must_use]
    pub fn sites(&self) -> Vec<Arc<Site>> {
        self.offices.sites.pin().values().cloned().collect()
    }

    /// A group: which calls its users may make.
    #[must_use]
    pub fn group(&self, id: &str) -> Option<Arc<Group>> {
        self.offices.groups.pin().get(id).cloned()
    }

    /// An edge: where other edges reach it.
    #[must_use]
    pub fn edge(&self, id: &str) -> Option<Arc<Edge>> {
        self.offices.edges.pin().get(id).cloned()
    }

    /// All edges, in no order.
    #[must_use]
    pub fn edges(&self) -> Vec<Arc<Edge>> {
        self.offices.edges.pin().values().cloned().collect()
    }

    /// Which calls a user may make: by the user's own rights, the group's, or the usual ones.
    #[must_use]
    pub fn rights_of(&self, user: &UserBindings) -> CallRights {
        let group = || self.group(user.group()?)?.rights;
        user.rights().copied().or_else(group).unwrap_or_default()
    }
}

impl Offices {
    /// Takes one event; those of other things are ignored.
    pub(super) fn event(&self, kind: &Kind) {
        match kind {
            Kind::SitePut(site) => put(&self.sites, site, |site| site.id.as_smol()),
            Kind::SiteDeleted(id) => drop(self.sites.pin().remove(id.as_str())),
            Kind::GroupPut(group) => put(&self.groups, group, |group| group.id.as_smol()),
            Kind::GroupDeleted(id) => drop(self.groups.pin().remove(id.as_str())),
            Kind::EdgePut(edge) => put(&self.edges, edge, |edge| edge.id.as_smol()),
            Kind::EdgeDeleted(id) => drop(self.edges.pin().remove(id.as_str())),
            _ => {}
        }
    }

    /// Makes it what a snapshot says.
    pub(super) fn replace(&self, sites: &[v1::Site], groups: &[v1::Group], edges: &[v1::Edge]) {
        replace(&self.sites, sites, |site| &site.id, |site| site.id.as_smol());
        replace(
            &self.groups,
            groups,
            |group| &group.id,
            |group| group.id.as_smol(),
        );
        replace(&self.edges, edges, |edge| &edge.id, |edge| edge.id.as_smol());
    }
}

fn replace<W, T>(map: &Map<T>, records: &[W], wire_id: impl Fn(&W) -> &String, id: fn(&T) -> &SmolStr)
where
    W: Clone,
    T: TryFrom<W, Error = Invalid>,
{
    let kept: HashSet<&str> = records.iter().map(|record| wire_id(record).as_str()).collect();
    map.pin().retain(|id, _| kept.contains(id.as_str()));
    for record in records {
        put(map, record, id);
    }
}

/// A record that this version does not understand is left as it was: a node has accepted it, and it is newer.
fn put<W: Clone, T: TryFrom<W, Error = Invalid>>(map: &Map<T>, record: &W, id: fn(&T) -> &SmolStr) {
    match T::try_from(record.clone()) {
        Ok(record) => drop(map.pin().insert(id(&record).clone(), Arc::new(record))),
        Err(invalid) => tracing::warn!(%invalid, "a record of the directory is not understood"),
    }
}

//! Edges: the SIP proxies of offices announce themselves and are deleted.
//!
//! Put checks, in this order: the fields, that the site exists, that there are not too many. Delete has no checks;
//! what the edge served is served by nobody afterwards, which the one event says for all these phones: readers
//! find them in their own copy, and an office of thousands makes no entry of thousands of events.

use std::sync::Arc;

use crate::directory::{Device, EDGES_MAX, Edge};
use crate::event::EventKind;
use crate::id::{EdgeId, SiteId};
use crate::outcome::{Done, Outcome};
use crate::refusal::Refusal;

use super::{Step, Written, check};

pub(super) fn put(step: &mut Step<'_>, edge: &Edge) -> Outcome {
    check::edge(edge)?;
    if step.state.site(&edge.site).is_none() {
        return Err(Refusal::UnknownSite {
            site: edge.site.clone(),
        });
    }
    let written = match step.state.edges.get(&edge.id) {
        None => Written::Created,
        Some(old) if **old == *edge => return Written::Unchanged.outcome(),
        Some(_) => Written::Changed,
    };
    if written == Written::Created {
        check::count("edges", step.state.edges.len() + 1, EDGES_MAX)?;
    }
    let record = Arc::new(edge.clone());
    step.state.edges.insert(edge.id.clone(), Arc::clone(&record));
    step.emit(EventKind::EdgePut(record));
    written.outcome()
}

pub(super) fn delete(step: &mut Step<'_>, id: &EdgeId) -> Outcome {
    let existed = step.state.edges.remove(id).is_some();
    if existed {
        forget_what_it_served(step, id);
        step.emit(EventKind::EdgeDeleted(id.clone()));
    }
    Ok(Done::Deleted { existed })
}

/// A site that goes takes its edges along.
pub(super) fn delete_at(step: &mut Step<'_>, site: &SiteId) {
    let there = step.state.edges().filter(|edge| edge.site == *site);
    let there: Vec<EdgeId> = there.map(|edge| edge.id.clone()).collect();
    for id in there {
        step.state.edges.remove(&id);
        forget_what_it_served(step, &id);
        step.emit(EventKind::EdgeDeleted(id));
    }
}

/// Walks all devices: milliseconds even for a million, and edges are not deleted often enough to pay for an index
/// with every report.
fn forget_what_it_served(step: &mut Step<'_>, edge: &EdgeId) {
    let served = step
        .state
        .devices()
        .filter(|device| device.serving.as_ref() == Some(edge));
    let served: Vec<_> = served.map(Arc::clone).collect();
    for device in served {
        let device = Device {
            serving: None,
            ..Device::clone(&device)
        };
        step.state.devices.insert(device.id.clone(), Arc::new(device));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, edge, named, served, site};
    use crate::command::Action;

    #[test]
    fn an_edge_is_created_changed_and_left_alone() {
        let mut world = World::office();
        let put = |edge: &Edge| Action::PutEdge(edge.clone());
        let event = |edge: &Edge| vec![EventKind::EdgePut(Arc::new(edge.clone()))];
        let first = edge("chi-edge", "chicago");
        let moved = Edge {
            uri: "sips:edge2.example.com;transport=tls".into(),
            ..first.clone()
        };
        assert_eq!(
            world.act(put(&first)),
            (Ok(Done::Put { created: true }), event(&first))
        );
        assert_eq!(
            world.act(put(&moved)),
            (Ok(Done::Put { created: false }), event(&moved))
        );
        assert_eq!(world.act(put(&moved)), (Ok(Done::Put { created: false }), vec![]));
    }

    #[test]
    fn refusals_come_in_their_order() {
        let mut world = World::office();
        let mut bad = Edge {
            uri: "http://edge".into(),
            ..edge("chi-edge", "nowhere")
        };
        let refusal = |world: &mut World, edge: &Edge| {
            world.run(Action::PutEdge(edge.clone())).unwrap_err().to_string()
        };
        assert!(refusal(&mut world, &bad).starts_with("uri must be"));
        bad.uri = "sip:ada@edge".into();
        assert!(refusal(&mut world, &bad).starts_with("uri must be"));
        bad.uri = "sip:edge:5060".into();
        assert_eq!(refusal(&mut world, &bad), "no site is known as nowhere");
    }

    #[test]
    fn a_deleted_edge_serves_nobody() {
        let mut world = World::office();
        world.run(Action::PutEdge(edge("chi-edge", "chicago"))).unwrap();
        world.run(served("chi-1", "chi-edge")).unwrap();
        let (outcome, events) = world.act(Action::DeleteEdge(named("chi-edge")));
        assert_eq!(outcome, Ok(Done::Deleted { existed: true }));
        assert_eq!(events, vec![EventKind::EdgeDeleted(named("chi-edge"))]);
        assert_eq!(world.device("chi-1").serving, None);
        assert_eq!(
            world.act(Action::DeleteEdge(named("chi-edge"))),
            (Ok(Done::Deleted { existed: false }), vec![])
        );
    }

    #[test]
    fn a_deleted_site_takes_its_edges_along() {
        let mut world = World::office();
        world.run(Action::PutSite(site("austin"))).unwrap();
        world.run(Action::PutEdge(edge("aus-edge", "austin"))).unwrap();
        world.run(served("chi-1", "aus-edge")).unwrap();
        let (_, events) = world.act(Action::DeleteSite(named("austin")));
        assert_eq!(
            events,
            vec![
                EventKind::EdgeDeleted(named("aus-edge")),
                EventKind::SiteDeleted(named("austin"))
            ]
        );
        assert_eq!(world.device("chi-1").serving, None);
    }
}

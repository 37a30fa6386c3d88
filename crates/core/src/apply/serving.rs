//! Serving: edges report, in batches, which phones have registered with them or have gone.
//!
//! Check: the batch keeps its bound. Each item then counts for itself: phone and edge must be known. The edge that
//! reported last serves the phone; a phone that is gone from an edge is served by nobody only if it was served
//! by that edge, because it may have registered with another in the meantime. What is as it was makes no event.

use std::sync::Arc;

use crate::command::{SERVING_MAX, Served};
use crate::directory::Device;
use crate::event::EventKind;
use crate::id::EdgeId;
use crate::outcome::{Done, Outcome};

use super::{Step, check};

pub(super) fn apply(step: &mut Step<'_>, items: &[Served]) -> Outcome {
    check::count("items", items.len(), SERVING_MAX)?;
    let noted = items.iter().filter(|item| note(step, item)).count();
    Ok(Done::Reported {
        noted: u32::try_from(noted).unwrap_or(u32::MAX),
    })
}

/// Whether phone and edge are known.
fn note(step: &mut Step<'_>, item: &Served) -> bool {
    let known = step.state.edges.contains_key(&item.edge);
    let Some(device) = step.state.devices.get(&item.device).filter(|_| known) else {
        return false;
    };
    let is_here = device.serving.as_ref() == Some(&item.edge);
    match (is_here, item.gone) {
        (true, true) => serve(step, &Arc::clone(device), None),
        (false, false) => serve(step, &Arc::clone(device), Some(&item.edge)),
        (true, false) | (false, true) => {}
    }
    true
}

fn serve(step: &mut Step<'_>, device: &Device, edge: Option<&EdgeId>) {
    let record = Device {
        serving: edge.cloned(),
        ..device.clone()
    };
    step.state.devices.insert(device.id.clone(), Arc::new(record));
    step.emit(EventKind::DeviceServed {
        device: device.id.clone(),
        edge: edge.cloned(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::testing::{World, device, edge, gone, named, served};
    use crate::command::Action;

    fn with_edges() -> World {
        let mut world = World::office();
        world.run(Action::PutEdge(edge("chi-edge", "chicago"))).unwrap();
        world.run(Action::PutEdge(edge("ny-edge", "new-york"))).unwrap();
        world
    }

    fn noted(noted: u32) -> Outcome {
        Ok(Done::Reported { noted })
    }

    fn now_at(edge: Option<&str>) -> Vec<EventKind> {
        vec![EventKind::DeviceServed {
            device: named("chi-1"),
            edge: edge.map(named),
        }]
    }

    #[test]
    fn only_a_change_makes_an_event() {
        let mut world = with_edges();
        let report = || served("chi-1", "chi-edge");
        assert_eq!(world.act(report()), (noted(1), now_at(Some("chi-edge"))));
        assert_eq!(world.act(report()), (noted(1), vec![]));
        assert_eq!(world.act(gone("chi-1", "chi-edge")), (noted(1), now_at(None)));
        assert_eq!(world.act(gone("chi-1", "chi-edge")), (noted(1), vec![]));
    }

    #[test]
    fn gone_from_the_old_edge_is_not_gone_from_the_new_one() {
        let mut world = with_edges();
        world.run(served("chi-1", "chi-edge")).unwrap();
        world.run(served("chi-1", "ny-edge")).unwrap();
        assert_eq!(world.act(gone("chi-1", "chi-edge")), (noted(1), vec![]));
        assert_eq!(world.device("chi-1").serving, Some(named("ny-edge")));
    }

    #[test]
    fn unknown_phones_and_edges_are_left_out() {
        let mut world = with_edges();
        let item = |device: &str, edge: &str| Served {
            device: named(device),
            edge: named(edge),
            gone: false,
        };
        let items = vec![
            item("nowhere", "chi-edge"),
            item("chi-1", "nobody"),
            item("chi-2", "chi-edge"),
        ];
        let (outcome, events) = world.act(Action::ReportServing { items });
        assert_eq!((outcome, events.len()), (noted(1), 1));
    }

    #[test]
    fn a_changed_phone_stays_where_it_is_served_and_a_new_one_is_served_nowhere() {
        let mut world = with_edges();
        world.run(served("chi-1", "chi-edge")).unwrap();
        let smuggled = Device {
            desk: "7".into(),
            serving: Some(named("ny-edge")),
            ..device("chi-1", "chicago")
        };
        world.run(Action::PutDevice(smuggled.clone())).unwrap();
        assert_eq!(world.device("chi-1").serving, Some(named("chi-edge")));
        let new = Device {
            id: named("chi-9"),
            ..smuggled
        };
        world.run(Action::PutDevice(new)).unwrap();
        assert_eq!(world.device("chi-9").serving, None);
    }

    #[test]
    fn a_batch_beyond_its_bound_is_refused() {
        let mut world = with_edges();
        let item = Served {
            device: named("chi-1"),
            edge: named("chi-edge"),
            gone: false,
        };
        let items = vec![item; SERVING_MAX + 1];
        let outcome = world.run(Action::ReportServing { items });
        assert_eq!(outcome.unwrap_err().name(), "invalid_record");
    }
}

//! People who signed out of their own pages.

use std::sync::Arc;

use hotdesk_core::command::Batch;
use hotdesk_core::{Action, Actor, Command, Parts, RequestId, TimeMs, User};

use super::{NOON, group, named, user};

pub(crate) fn visits_batch() -> Batch {
    Batch {
        at: TimeMs(NOON),
        commands: vec![Command {
            request_id: Some(RequestId(1)),
            actor: Actor("phone:me".into()),
            action: Action::EndVisits(named("ada")),
        }],
    }
}

pub(crate) fn visits_parts() -> Parts {
    let ada = User {
        visits_ended: 9,
        ..user("ada")
    };
    Parts {
        groups: vec![Arc::new(group("staff"))],
        users: vec![Arc::new(ada)],
        clock: TimeMs(NOON),
        index: 12,
        ..Parts::default()
    }
}

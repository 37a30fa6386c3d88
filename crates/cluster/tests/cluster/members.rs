//! Nodes that come, go, and come back.

use hotdesk_cluster::{ChangeError, Config, NodeRole, Role, Token};

use crate::support::*;

#[test]
fn a_leader_that_stops_hands_over() {
    let world = World::new();
    let mut offices = world.found(3, |_| {});
    offices[0].done(put_site(1));
    let old = offices.remove(leader(&offices));
    let (id, address) = (old.cluster.node_id(), old.address);
    old.shutdown();
    offices[0].done(put_site(2));
    offices[1].done(put_site(3));
    assert_ne!(offices[0].cluster.leader(), Some(id));
    let back = Office::restart(&world, id, address, |_| {});
    back.wait_ready();
    assert_eq!(back.linearizable().state.counts().sites, 3);
    offices.push(back);
    assert_agreement(&offices.iter().collect::<Vec<_>>());
}

#[test]
fn a_learner_joins_by_snapshot_and_is_promoted_and_one_is_removed() {
    let world = World::new();
    let compact = |config: &mut Config| {
        config.snapshot_every = 50;
        config.keep_log = 10;
    };
    let offices = world.found(3, compact);
    for id in 0..150 {
        offices[0].done(put_site(id));
    }
    eventually("the log was compacted", || {
        let leader = &offices[leader(&offices)];
        (leader.cluster.status().purged_index > 0).then_some(())
    });
    let seat = Seat::take(None);
    let role = Role::Join {
        addresses: vec![offices[follower(&offices)].address.to_string()],
    };
    let mut config = world.config(4, seat.address, role);
    compact(&mut config);
    let new = Office::start(seat, config).expect("start");
    new.wait_ready();
    let status = new.cluster.status();
    assert!(status.snapshot_index > 0, "it came by snapshot: {status:?}");
    eventually("it knows that it is a learner", || {
        (new.cluster.status().role == NodeRole::Learner).then_some(())
    });
    assert_eq!(new.linearizable().state.counts().sites, 150);
    // A learner takes proposals too.
    new.done(put_site(1000));

    let cluster = new.cluster.clone();
    let changed = new.run(async move { cluster.promote(4).await }).expect("promote");
    assert_eq!(changed.members.len(), 4);
    eventually("it knows that it votes", || {
        (new.cluster.status().role == NodeRole::Voter).then_some(())
    });

    let leader_id = eventually("a leader", || new.cluster.leader());
    let cluster = new.cluster.clone();
    let changed = new
        .run(async move { cluster.remove(leader_id).await })
        .expect("remove the leader");
    assert!(
        changed.members.iter().all(|member| member.id != leader_id),
        "{changed:?}"
    );
    new.done(put_site(1001));
    let cluster = new.cluster.clone();
    let again = new.run(async move { cluster.remove(leader_id).await });
    assert_eq!(again.unwrap_err(), ChangeError::NotAMember(leader_id));
    let left: Vec<&Office> = offices
        .iter()
        .filter(|o| o.cluster.node_id() != leader_id)
        .chain([&new])
        .collect();
    assert_agreement(&left);
}

#[test]
fn leadership_is_handed_to_whom_it_was_asked_for() {
    let world = World::new();
    let offices = world.found(3, |_| {});
    for _ in 0..3 {
        let from = &offices[leader(&offices)];
        let to = offices[follower(&offices)].cluster.node_id();
        let asked_at = offices.iter().find(|o| o.cluster.node_id() != to).unwrap();
        let cluster = asked_at.cluster.clone();
        asked_at
            .run(async move { cluster.transfer_leader(to).await })
            .expect("transfer");
        let status = eventually("it leads", || {
            let office = offices.iter().find(|o| o.cluster.node_id() == to)?;
            office.cluster.is_leader().then(|| office.cluster.status())
        });
        assert_eq!(status.leader_id, Some(to));
        from.done(put_site(u128::from(status.term)));
    }
    let only = &offices[0];
    let cluster = only.cluster.clone();
    let missing = only.run(async move { cluster.transfer_leader(9).await });
    assert_eq!(missing.unwrap_err(), ChangeError::NotAMember(9));
}

#[test]
fn all_offices_restart_and_nothing_is_lost() {
    let world = World::new();
    let offices = world.found(3, |config| {
        config.snapshot_every = 30;
        config.keep_log = 5;
    });
    for id in 0..80 {
        offices[id as usize % 3].done(put_site(id));
    }
    let places: Vec<_> = offices.iter().map(|o| (o.cluster.node_id(), o.address)).collect();
    for office in offices {
        office.kill();
    }
    let offices: Vec<Office> = places
        .into_iter()
        .map(|(id, address)| Office::restart(&world, id, address, |_| {}))
        .collect();
    for office in &offices {
        office.wait_ready();
        assert_eq!(office.linearizable().state.counts().sites, 80);
    }
    offices[1].done(put_site(80));
    assert_agreement(&offices.iter().collect::<Vec<_>>());
}

#[test]
fn a_node_with_a_wrong_token_or_of_another_cluster_is_kept_out() {
    let world = World::new();
    let offices = world.found(1, |_| {});
    let other = World::new();
    let strangers = other.found(1, |_| {});
    let addresses = vec![offices[0].address.to_string()];

    let seat = Seat::take(None);
    let mut config = world.config(
        5,
        seat.address,
        Role::Join {
            addresses: addresses.clone(),
        },
    );
    config.token = Token("another token".into());
    let wrong = Office::start(seat, config).expect("start");
    let why = eventually("it says what it waits for", || wrong.cluster.status().waiting_for);
    assert!(why.contains("token"), "{why}");

    // A directory of one cluster, told to be fed by another.
    let (id, address) = (strangers[0].cluster.node_id(), strangers[0].address);
    for stranger in strangers {
        stranger.shutdown();
    }
    let stranger = Office::restart(&other, id, address, |config| {
        config.role = Role::Replica {
            addresses: addresses.clone(),
        };
    });
    let why = eventually("it says what it waits for", || {
        stranger.cluster.status().waiting_for
    });
    assert!(why.contains("belongs to cluster"), "{why}");
    assert_eq!(offices[0].cluster.status().members.len(), 1);
}

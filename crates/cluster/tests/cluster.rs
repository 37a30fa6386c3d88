//! Three nodes over loopback, with logs on disk: what a cluster must do, whatever happens to its nodes.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hotdesk_cluster::{ChangeError, NodeRole, ProposeError, ReadError, Role, WatchItem};
use hotdesk_core::{Done, EventKind, SiteId};
use support::*;

#[test]
fn every_office_takes_proposals_and_all_agree() {
    let world = World::new();
    let offices = world.found(3, |_| {});
    furnish(&offices[0]);
    for (office, device) in [(0, "desk-1"), (1, "desk-2"), (2, "desk-1")] {
        let (done, index) = offices[office].done(login(10 + office as u128, "ada", device));
        let Done::LoggedIn { session, ended, .. } = done else {
            panic!("{done:?}");
        };
        assert_eq!(session.device.as_str(), device);
        assert_eq!(session.epoch.index(), index);
        assert_eq!(
            ended.len(),
            usize::from(office > 0),
            "a login ends the session left open elsewhere"
        );
    }
    assert_agreement(&offices.iter().collect::<Vec<_>>());
    let status = offices[1].cluster.status();
    assert_eq!(status.members.len(), 3);
    assert!(status.cluster_id.is_some());
    assert_eq!(
        offices
            .iter()
            .filter(|office| office.cluster.status().role == NodeRole::Leader)
            .count(),
        1
    );
    assert_eq!(
        offices
            .iter()
            .filter(|office| office.cluster.status().role == NodeRole::Voter)
            .count(),
        2
    );
}

#[test]
fn a_read_after_a_write_elsewhere_sees_it() {
    let world = World::new();
    let offices = world.found(3, |_| {});
    for id in 0..60 {
        let writer = &offices[id as usize % 3];
        let reader = &offices[(id as usize + 1) % 3];
        writer.done(put_site(id));
        let wanted = SiteId::parse(&format!("office-{id}")).unwrap();
        assert!(reader.linearizable().state.site(&wanted).is_some(), "office {id}");
    }
    // Reads write nothing.
    let before = offices[0].cluster.status().last_log_index;
    for office in &offices {
        office.linearizable();
    }
    assert_eq!(offices[0].cluster.status().last_log_index, before);
}

#[test]
fn many_proposals_share_few_entries() {
    let world = World::new();
    let offices = world.found(3, |_| {});
    let follower = &offices[follower(&offices)];
    let before = offices[leader(&offices)].cluster.status();
    let proposals: Vec<_> = (0..2000)
        .map(|id| {
            let cluster = follower.cluster.clone();
            follower.spawn(async move { cluster.propose(put_site(id), in_secs(20)).await.map(|d| d.index) })
        })
        .collect();
    let mut entries = BTreeSet::new();
    for proposal in proposals {
        let index = follower.run(proposal).expect("no panic").expect("decided");
        entries.insert(index);
    }
    let after = offices[leader(&offices)].cluster.status();
    assert!(
        entries.len() <= 400,
        "{} entries for 2000 commands",
        entries.len()
    );
    assert!(
        after.log.syncs - before.log.syncs <= 800,
        "{:?} {:?}",
        before.log,
        after.log
    );
    assert_eq!(follower.linearizable().state.counts().sites, 2000);
}

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
fn no_login_is_lost_or_done_twice_when_the_leader_is_killed() {
    let world = World::new();
    let mut offices = world.found(3, |_| {});
    furnish(&offices[0]);
    let killed = offices.remove(leader(&offices));
    let (id, address) = (killed.cluster.node_id(), killed.address);

    let stop = Arc::new(AtomicBool::new(false));
    let started = Arc::new(AtomicU64::new(0));
    let writers: Vec<_> = (0..8_u128)
        .map(|writer| {
            let office = &offices[writer as usize % 2];
            let (cluster, stop, started) = (office.cluster.clone(), Arc::clone(&stop), Arc::clone(&started));
            office.spawn(async move {
                let mut acknowledged = Vec::new();
                let mut unknown = 0;
                let mut step = 0;
                while !stop.load(Ordering::Relaxed) {
                    step += 1;
                    started.fetch_add(1, Ordering::Relaxed);
                    match cluster
                        .propose(put_site(writer * 1_000_000 + step), in_secs(10))
                        .await
                    {
                        Ok(decision) => {
                            // The answer of a retry is the first one: it was created, once.
                            assert_eq!(*decision.outcome, Ok(Done::Put { created: true }));
                            acknowledged.push(step);
                        }
                        Err(ProposeError::Unknown) => unknown += 1,
                        Err(error) => panic!("{error}"),
                    }
                }
                (writer, acknowledged, unknown)
            })
        })
        .collect();
    let many = |more: u64| {
        let target = started.load(Ordering::Relaxed) + more;
        eventually("proposals go on", || {
            (started.load(Ordering::Relaxed) >= target).then_some(())
        });
    };
    many(200);
    killed.kill();
    many(400);
    stop.store(true, Ordering::Relaxed);

    let mut acknowledged = 0;
    for writer in writers {
        let (writer, steps, unknown) = offices[0].run(writer).expect("no panic");
        assert_eq!(unknown, 0, "there was time to try again");
        acknowledged += steps.len();
        let state = offices[0].linearizable().state;
        for step in steps {
            let wanted = SiteId::parse(&format!("office-{}", writer * 1_000_000 + step)).unwrap();
            assert!(state.site(&wanted).is_some(), "{wanted} was acknowledged");
        }
    }
    assert!(acknowledged >= 500);

    let back = Office::restart(&world, id, address, |_| {});
    back.wait_ready();
    offices.push(back);
    assert_agreement(&offices.iter().collect::<Vec<_>>());
}

#[test]
fn without_a_majority_proposals_are_refused_in_time_and_local_reads_go_on() {
    let world = World::new();
    let mut offices = world.found(3, |_| {});
    furnish(&offices[0]);
    let alone = offices.pop().unwrap();
    alone.linearizable();
    for office in offices {
        office.kill();
    }
    eventually("it notices that it is cut off", || {
        alone.cluster.local().cut_off.then_some(())
    });
    let begin = Instant::now();
    let refused = alone.propose(login(7, "ada", "desk-1"), Duration::from_millis(700));
    assert_eq!(refused, Err(ProposeError::NoLeader));
    assert_eq!(
        alone.read_barrier(Duration::from_millis(300)),
        Err(ReadError::NoLeader)
    );
    assert!(begin.elapsed() < Duration::from_secs(3));
    let local = alone.cluster.local();
    assert!(local.cut_off);
    assert!(local.age > Duration::from_millis(500), "{:?}", local.age);
    assert_eq!(local.state.counts().devices, 2);
}

#[test]
fn a_learner_joins_by_snapshot_and_is_promoted_and_one_is_removed() {
    let world = World::new();
    let compact = |config: &mut hotdesk_cluster::Config| {
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
    assert_eq!(status.role, NodeRole::Learner);
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
fn a_watch_goes_on_at_another_node_without_gap_or_duplicate() {
    let world = World::new();
    let mut offices = world.found(3, |_| {});
    offices[0].done(put_site(0));
    let mut seen: BTreeMap<String, u64> = BTreeMap::new();
    let mut last = {
        let mut watch = offices[0].cluster.watch(None);
        let first = offices[0].run(async move { watch.next().await });
        let Some(WatchItem::Snapshot(state)) = first else {
            panic!("{first:?}");
        };
        seen.extend(state.sites().map(|site| (site.id.to_string(), 0)));
        state.index()
    };
    for round in 0..3_u128 {
        for id in 1..=20 {
            offices[follower(&offices)].done(put_site(round * 100 + id));
        }
        // Each round at another node; in the second, after the leader was killed.
        let office = &offices[usize::try_from(round).unwrap() % offices.len()];
        let target = office.linearizable().index;
        let mut watch = office.cluster.watch(Some(last));
        let items = office.run(async move {
            let mut items = Vec::new();
            loop {
                match watch.next().await.expect("goes on") {
                    WatchItem::Entry { index, events } => items.push((index, events)),
                    WatchItem::Progress { index, .. } if index >= target => return items,
                    WatchItem::Progress { .. } => {}
                    other => panic!("{other:?}"),
                }
            }
        });
        for (index, events) in items {
            assert!(index > last, "entry {index} after {last}");
            last = index;
            for event in events.iter() {
                if let EventKind::SitePut(site) = &event.kind {
                    assert_eq!(seen.insert(site.id.to_string(), index), None, "{} twice", site.id);
                }
            }
        }
        if round == 0 {
            offices.remove(leader(&offices)).kill();
        }
    }
    assert_eq!(seen.len(), 61);
}

#[test]
fn a_replica_follows_forwards_and_finds_another_source() {
    let world = World::new();
    let compact = |config: &mut hotdesk_cluster::Config| {
        config.snapshot_every = 40;
        config.keep_log = 10;
    };
    let mut offices = world.found(3, compact);
    for id in 0..100 {
        offices[0].done(put_site(id));
    }
    let source = follower(&offices);
    let addresses: Vec<String> = [source, (source + 1) % 3, (source + 2) % 3]
        .iter()
        .map(|office| offices[*office].address.to_string())
        .collect();
    let role = Role::Replica { addresses };
    let seat = Seat::take(None);
    let mut config = world.config(9, seat.address, role.clone());
    compact(&mut config);
    let replica = Office::start(seat, config).expect("start");
    replica.wait_ready();
    assert_eq!(replica.cluster.status().role, NodeRole::Replica);
    assert_eq!(replica.linearizable().state.counts().sites, 100);
    let mut watch = replica.cluster.watch(Some(replica.cluster.local().index));
    let (_, index) = replica.done(put_site(500));
    let event = replica.run(async move {
        loop {
            if let WatchItem::Entry { index, .. } = watch.next().await.expect("goes on") {
                return index;
            }
        }
    });
    assert_eq!(event, index);
    assert!(
        offices[0]
            .cluster
            .status()
            .members
            .iter()
            .all(|member| member.id != 9)
    );

    // Its source is killed; the next one feeds it.
    offices.remove(source).kill();
    offices[0].done(put_site(501));
    eventually("the next source feeds it", || {
        (replica.cluster.local().state.counts().sites == 102).then_some(())
    });
    assert!(!replica.linearizable().cut_off);

    // It goes on after a restart.
    let address = replica.address;
    replica.shutdown();
    for id in 600..650 {
        offices[0].done(put_site(id));
    }
    let replica = Office::restart(&world, 9, address, |config| {
        config.role = role.clone();
        compact(config);
    });
    replica.wait_ready();
    assert_eq!(replica.linearizable().state.counts().sites, 152);
    assert_eq!(bytes_of(&replica), bytes_of_linearizable(&offices[0]));
}

fn bytes_of_linearizable(office: &Office) -> Vec<u8> {
    office.linearizable();
    bytes_of(office)
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
    config.token = hotdesk_cluster::Token("another token".into());
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

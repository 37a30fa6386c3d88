//! Commands from every office, whatever happens to the leader.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hotdesk_cluster::{NodeRole, ProposeError, ReadError, WatchItem};
use hotdesk_core::{Action, Done, EndReason, EventKind, Limit, Policy, SiteId};

use crate::support::*;

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
fn a_session_whose_time_is_up_is_ended_by_the_leader() {
    let world = World::new();
    let offices = world.found(3, |_| {});
    furnish(&offices[0]);
    let policy = Policy {
        idle_timeout: Limit::AfterMs(1),
        ..Policy::default()
    };
    offices[0].done(command(20, Action::PutDefaults(policy)));
    let (_, index) = offices[1].done(login(21, "ada", "desk-1"));
    let office = &offices[2];
    let mut watch = office.cluster.watch(Some(index));
    let reason = office.run(async move {
        loop {
            if let WatchItem::Entry { events, .. } = watch.next().await.expect("goes on") {
                for event in events.iter() {
                    if let EventKind::SessionEnded { reason, .. } = &event.kind {
                        return reason.clone();
                    }
                }
            }
        }
    });
    assert_eq!(reason, EndReason::Idle);
    // Nothing is left to do, and nothing is written.
    let before = office.linearizable().index;
    assert_eq!(office.cluster.local().state.counts().sessions, 0);
    offices[0].done(put_site(22));
    assert!(
        office.linearizable().index <= before + 2,
        "the leader does not go on expiring"
    );
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

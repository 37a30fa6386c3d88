//! Watchers and replicas.

use std::collections::BTreeMap;

use hotdesk_cluster::{Config, NodeRole, Role, WatchItem};
use hotdesk_core::EventKind;

use crate::support::*;

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
    let compact = |config: &mut Config| {
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

//! Watching what changes.

use hotdesk_proto::v1;
use hotdesk_proto::v1::event::Kind;
use hotdesk_proto::v1::watch_response::Item;
use tokio::time::timeout;
use tonic::Streaming;

use crate::world::{PATIENCE, World, site, user};

struct Watch(Streaming<v1::WatchResponse>);

impl Watch {
    async fn begin(world: &mut World, request: v1::WatchRequest) -> Self {
        Self(world.sessions.watch(request).await.unwrap().into_inner())
    }

    async fn next(&mut self) -> Option<Item> {
        let message = timeout(PATIENCE, self.0.message())
            .await
            .expect("a message in time")
            .unwrap();
        message.map(|message| message.item.unwrap())
    }

    /// A whole snapshot, its parts put together.
    async fn snapshot(&mut self) -> (v1::SnapshotPart, u64) {
        let Some(Item::SnapshotBegin(begin)) = self.next().await else {
            panic!("expected a snapshot")
        };
        let mut whole = v1::SnapshotPart::default();
        loop {
            match self.next().await {
                Some(Item::SnapshotPart(part)) => {
                    let records = part.users.len() + part.devices.len() + part.sessions.len();
                    assert!(records <= 500, "{records}");
                    whole.users.extend(part.users);
                    whole.devices.extend(part.devices);
                    whole.sessions.extend(part.sessions);
                    whole.sites.extend(part.sites);
                    whole.groups.extend(part.groups);
                }
                Some(Item::SnapshotEnd(end)) => {
                    assert_eq!(end.index, begin.index);
                    return (whole, end.index);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// The next entry with events.
    async fn entry(&mut self) -> v1::EntryEvents {
        loop {
            match self.next().await {
                Some(Item::Events(events)) => return events,
                Some(Item::Progress(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn a_watch_begins_with_everything_and_goes_on_with_events() {
    let mut world = World::office().await;
    world
        .import((0..1100).map(|n| user(&format!("u{n}"), "", "")).collect(), false)
        .await
        .unwrap();
    world.login("ada", "ny-1", "1234").await.unwrap();
    let mut watch = Watch::begin(&mut world, v1::WatchRequest::default()).await;
    let (whole, index) = watch.snapshot().await;
    assert_eq!(
        (whole.users.len(), whole.devices.len(), whole.sites.len()),
        (1102, 3, 2)
    );
    assert_eq!(whole.sessions[0].device, "ny-1");

    let login = world.login("ada", "chi-1", "1234").await.unwrap();
    let entry = watch.entry().await;
    assert_eq!(entry.index, login.index);
    assert!(entry.index > index);
    let kinds: Vec<&str> = entry
        .events
        .iter()
        .map(|event| match event.kind.as_ref().unwrap() {
            Kind::SessionStarted(session) => session.device.as_str(),
            Kind::SessionEnded(_) => "ended",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, ["ended", "chi-1"]);
}

#[tokio::test]
async fn a_watch_resumes_from_an_index_without_a_snapshot() {
    let mut world = World::office().await;
    let first = world.login("ada", "ny-1", "1234").await.unwrap();
    let second = world.login("bob", "chi-2", "9876").await.unwrap();
    let third = world.login("ada", "chi-1", "1234").await.unwrap();
    let resume = v1::WatchRequest {
        after_index: first.index,
        once: true,
        ..Default::default()
    };
    let mut watch = Watch::begin(&mut world, resume).await;
    assert_eq!(watch.entry().await.index, second.index);
    assert_eq!(watch.entry().await.index, third.index);
    assert_eq!(watch.next().await, None, "it ends when everything has been sent");
}

#[tokio::test]
async fn progress_comes_though_nothing_happens() {
    let mut world = World::office().await;
    let index = world.node.cluster().local().index;
    let request = v1::WatchRequest {
        after_index: index,
        ..Default::default()
    };
    let mut watch = Watch::begin(&mut world, request).await;
    for _ in 0..2 {
        let Some(Item::Progress(progress)) = watch.next().await else {
            panic!("expected progress")
        };
        assert!(progress.index >= index);
    }
}

#[tokio::test]
async fn one_who_wants_bindings_only_is_spared_what_concerns_no_call() {
    let mut world = World::office().await;
    let request = v1::WatchRequest {
        bindings_only: true,
        ..Default::default()
    };
    let mut watch = Watch::begin(&mut world, request).await;
    let (whole, _) = watch.snapshot().await;
    assert_eq!(
        (whole.sites.len(), whole.users.len(), whole.devices.len()),
        (2, 2, 3)
    );
    world.import(vec![site("austin")], false).await.unwrap();
    world.set_pin("ada", "5555").await.unwrap();
    let login = world.login("ada", "chi-1", "5555").await.unwrap();
    // Setting the PIN changes the record, which is told; that it was the credential is not.
    let site = watch.entry().await;
    assert!(matches!(site.events[0].kind, Some(Kind::SitePut(_))));
    let entry = watch.entry().await;
    let kinds: Vec<&Kind> = entry
        .events
        .iter()
        .filter_map(|event| event.kind.as_ref())
        .collect();
    assert!(matches!(kinds[..], [Kind::UserPut(_)]), "{kinds:?}");
    assert_eq!(watch.entry().await.index, login.index);
}

#[tokio::test]
async fn an_entry_too_large_for_a_message_is_told_as_a_snapshot() {
    let mut world = World::office().await;
    let index = world.node.cluster().local().index;
    let request = v1::WatchRequest {
        after_index: index,
        ..Default::default()
    };
    let mut watch = Watch::begin(&mut world, request).await;
    world
        .import((0..3000).map(|n| user(&format!("u{n}"), "", "")).collect(), false)
        .await
        .unwrap();
    loop {
        match watch.next().await {
            Some(Item::Progress(_)) => {}
            Some(Item::SnapshotBegin(begin)) => {
                assert!(begin.index > index);
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    let mut users = 0;
    while let Some(Item::SnapshotPart(part)) = watch.next().await {
        users += part.users.len();
    }
    assert_eq!(users, 3002);
    let login = world.login("ada", "chi-1", "1234").await.unwrap();
    assert_eq!(watch.entry().await.index, login.index);
}

#[tokio::test]
async fn watchers_beyond_the_limit_are_turned_away_and_a_place_becomes_free_again() {
    let mut world = World::office_with(|config| config.limits.watchers_max = 1).await;
    let watch = Watch::begin(&mut world, v1::WatchRequest::default()).await;
    let refused = world
        .sessions
        .watch(v1::WatchRequest::default())
        .await
        .unwrap_err();
    assert_eq!(hotdesk_proto::error::ApiError::from(refused).reason, "OVERLOADED");
    drop(watch);
    let again = async {
        while world.sessions.watch(v1::WatchRequest::default()).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, again)
        .await
        .expect("the place becomes free when its watcher goes away");
}

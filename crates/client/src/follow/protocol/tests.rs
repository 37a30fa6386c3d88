use super::*;

fn begin(index: u64) -> Item {
    Item::SnapshotBegin(v1::SnapshotBegin { index })
}

fn part() -> Item {
    Item::SnapshotPart(v1::SnapshotPart::default())
}

fn end(index: u64) -> Item {
    Item::SnapshotEnd(v1::SnapshotEnd { index, age_ms: 100 })
}

fn entry(index: u64) -> Item {
    Item::Events(v1::EntryEvents {
        index,
        events: Vec::new(),
    })
}

fn progress(index: u64) -> Item {
    Item::Progress(v1::Progress { index, age_ms: 5 })
}

/// Takes the messages one second apart and tells the story in words.
fn story(position: &mut Position, items: impl IntoIterator<Item = Item>) -> Vec<String> {
    let options = FollowOptions {
        behind_grace: Duration::from_secs(2),
        ..FollowOptions::default()
    };
    let start = Instant::now();
    let told = items.into_iter().enumerate().map(|(second, item)| {
        let now = start + Duration::from_secs(second as u64);
        match position.take(item, now, &options) {
            Ok(None) => "-".into(),
            Ok(Some(Step::SnapshotBegin { index })) => format!("begin {index}"),
            Ok(Some(Step::SnapshotPart(_))) => "part".into(),
            Ok(Some(Step::SnapshotEnd { index, age })) => format!("end {index}, age {}", age.as_millis()),
            Ok(Some(Step::Entry { index, .. })) => format!("entry {index}"),
            Ok(Some(Step::Progress { index, .. })) => format!("progress {index}"),
            Ok(Some(other)) => format!("{other:?}"),
            Err(fault) => fault,
        }
    });
    told.collect()
}

#[test]
fn a_snapshot_then_entries() {
    let mut position = Position::after(0);
    let told = story(
        &mut position,
        [begin(7), part(), end(7), entry(8), progress(9), entry(12)],
    );
    // Two seconds passed between the beginning and the end of the snapshot, and count.
    assert_eq!(
        told,
        [
            "begin 7",
            "part",
            "end 7, age 2100",
            "entry 8",
            "progress 9",
            "entry 12"
        ]
    );
    assert_eq!(position.resume(), 12);
}

#[test]
fn what_was_seen_is_not_handed_on_again() {
    let mut position = Position::after(10);
    assert_eq!(
        story(&mut position, [entry(9), entry(10), entry(11)]),
        ["-", "-", "entry 11"]
    );
}

#[test]
fn a_half_received_snapshot_is_asked_for_again() {
    let mut position = Position::after(0);
    story(&mut position, [begin(7), part()]);
    position.opened();
    assert_eq!(position.resume(), 0);
    assert!(story(&mut position, [part()])[0].contains("not begun"));

    // With a complete state before it, the next stream continues from that.
    let mut position = Position::after(5);
    story(&mut position, [begin(7), part()]);
    position.opened();
    assert_eq!(position.resume(), 5);
    assert_eq!(story(&mut position, [entry(6)]), ["entry 6"]);
}

#[test]
fn a_snapshot_from_a_node_that_is_behind_is_refused() {
    let mut position = Position::after(10);
    let told = story(&mut position, [begin(9)]);
    assert_eq!(
        told,
        ["its copy is at index 9, behind 10, which was seen already"]
    );
    assert_eq!(position.resume(), 10);
}

#[test]
fn a_node_may_be_behind_for_a_moment() {
    let mut position = Position::after(10);
    let told = story(
        &mut position,
        [progress(8), progress(9), progress(10), progress(10)],
    );
    assert_eq!(told, ["-", "-", "progress 10", "progress 10"]);
    let told = story(&mut position, [progress(8), progress(8), progress(9)]);
    assert!(told[2].contains("behind 10"), "{told:?}");
    assert_eq!(position.resume(), 10);
}

#[test]
fn messages_out_of_order_are_not_believed() {
    for (after, items, fault) in [
        (0, vec![entry(3)], "before a complete snapshot"),
        (0, vec![part()], "not begun"),
        (0, vec![end(3)], "not begun"),
        (0, vec![begin(3), end(4)], "ended at 4"),
        (0, vec![begin(3), entry(4)], "before a complete snapshot"),
    ] {
        let told = story(&mut Position::after(after), items);
        assert!(told.last().unwrap().contains(fault), "{told:?}");
    }
}

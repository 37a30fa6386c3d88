//! How many calls are kept, and of how many messages.

use super::*;

// === Store ===

fn store(calls: usize, messages: usize, bytes: usize) -> Store {
    let bounds = Bounds {
        calls,
        messages,
        bytes,
    };
    Store::new(bounds, Redactor::default())
}

#[test]
fn the_oldest_call_makes_room_and_the_list_begins_with_the_newest() {
    let mut store = store(3, 10, 1 << 20);
    for n in 0..5_u64 {
        store.add(
            format!("call-{n}").as_bytes(),
            numbered(n, "INVITE sip:a@b SIP/2.0", "a", "edge"),
        );
    }
    let ids: Vec<_> = store.list(10).into_iter().map(|call| call.call_id).collect();
    assert_eq!(ids, ["call-4", "call-3", "call-2"].map(Box::from));
    assert_eq!(store.list(1).len(), 1);
    assert_eq!(store.ladder("call-1"), None);
}

#[test]
fn a_call_of_many_messages_counts_what_it_does_not_keep() {
    let mut store = store(3, 2, 1 << 20);
    for n in 0..5 {
        store.add(b"x", numbered(n, "INVITE sip:a@b SIP/2.0", "a", "edge"));
    }
    let ladder = store.ladder("x").unwrap();
    assert_eq!((ladder.entries.len(), ladder.dropped), (2, 3));
    assert_eq!(store.list(1)[0].messages, 5);
    assert!(render(&ladder, false).ends_with("(3 more messages were not kept)\n"));
}

#[test]
fn bytes_are_bounded_and_given_back() {
    let mut store = store(1_000, 1_000, 20_000);
    for n in 0..500_u64 {
        let mut entry = numbered(n, "INVITE sip:a@b SIP/2.0", "a", "edge");
        entry.text = Some("x".repeat(1_000).into());
        store.add(format!("call-{}", n / 3).as_bytes(), entry);
        assert!(store.bytes() <= 20_000);
    }
    assert!((3..20).contains(&store.list(1_000).len()));
    // Larger than all the room: the call goes, the store stays in order.
    let mut large = numbered(0, "x", "a", "edge");
    large.text = Some("x".repeat(30_000).into());
    store.add(b"large", large);
    assert_eq!((store.bytes(), store.list(9).len()), (0, 0));
}

#[test]
fn without_room_for_a_call_nothing_is_kept() {
    let mut store = store(0, 10, 1 << 20);
    store.add(b"x", numbered(0, "x", "a", "edge"));
    store.close(&Cdr::default());
    assert_eq!((store.bytes(), store.list(9).len()), (0, 0));
}

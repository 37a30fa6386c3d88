//! What others see while a change is made.

use super::*;

/// Goal: no order of look-ups shows a user at two phones. Method: one thread moves ada to and fro, and while
/// it does, readers look at the phones in both orders and at the user. Reading the old phone after the new one
/// must not find her at both, and her extension must find her all the while.
fn check_readers_while(moves: impl Fn(&Bindings, (&str, u64), (&str, u64)), times: u64) {
    let table = Arc::new(table());
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = [["p1", "p2"], ["p2", "p1"]]
        .into_iter()
        .map(|order| {
            let (table, done) = (Arc::clone(&table), Arc::clone(&done));
            std::thread::spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    let epochs = order.map(|phone| {
                        let phone = table.by_device(phone).unwrap();
                        phone.binding().map(|binding| binding.epoch)
                    });
                    // The second look-up is later: a newer session is fine, the same or an older one is not.
                    if let [Some(first), Some(second)] = epochs {
                        assert!(second > first, "at {order:?} in sessions {epochs:?}");
                    }
                    assert_eq!(table.by_extension("2001").unwrap().len(), 1);
                }
            })
        })
        .collect();
    for epoch in 2..times {
        let (old, new) = if epoch % 2 == 0 {
            ("p1", "p2")
        } else {
            ("p2", "p1")
        };
        moves(&table, (old, epoch - 1), (new, epoch));
    }
    done.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.join().unwrap();
    }
}

#[test]
fn a_reader_never_sees_one_user_at_two_phones() {
    check_readers_while(
        |table, old, new| table.apply(&[ended("ada", old.0, old.1), started("ada", new.0, new.1)]),
        5_000,
    );
}

#[test]
fn not_even_while_a_snapshot_is_worked_in() {
    check_readers_while(|table, _, new| table.replace([snapshot(new.0, new.1)]), 2_000);
}

//! Random operations and restarts, against the model: what the model holds, the log holds.

use hotdesk_store::LogOptions;
use hotdesk_store::log::TailBounds;
use proptest::prelude::*;

use crate::harness::open_with;
use crate::model::{Model, Op};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        // The seed is printed; shrinking would shrink the seed, which says nothing.
        max_shrink_iters: 0,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_log_holds_what_the_model_holds(seed in any::<u64>(), tail in 1_usize..200) {
        check(seed, tail);
    }
}

fn check(seed: u64, tail: usize) {
    let folder = tempfile::tempdir().unwrap();
    // A short tail, so that reads come from the disk too.
    let options = || LogOptions {
        tail: TailBounds {
            entries_max: tail,
            bytes_max: 1 << 20,
        },
        ..LogOptions::default()
    };
    let mut random = fastrand::Rng::with_seed(seed);
    let mut model = Model::default();
    let mut log = open_with(folder.path(), options()).unwrap();
    for step in 0..80 {
        if random.u32(..20) == 0 {
            drop(log);
            log = open_with(folder.path(), options()).unwrap();
        } else {
            let op = model.random_op(&mut random);
            op.run(&mut log).unwrap();
            model.apply(&op);
            if let Op::Append(_) = op {
                // Often enough; each comparison reads the whole log.
                if random.bool() {
                    continue;
                }
            }
        }
        model
            .check(&mut log)
            .unwrap_or_else(|problem| panic!("step {step}: {problem}"));
    }
}

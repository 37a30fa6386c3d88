//! What goes wrong: one fault at a time, mended again after a while, chosen by the seed.

use std::time::{Duration, Instant};

use hotdesk_tests::processes::Cluster;

/// Injects faults until `end`, mends the last one and waits for a leader; returns how many there were.
pub(crate) async fn inject(cluster: &mut Cluster, mut random: fastrand::Rng, end: Instant) -> u32 {
    let ids = cluster.ids();
    let mut count = 0;
    while Instant::now() < end {
        // Half of the faults hit the leader: that is where it hurts.
        let victim = if random.bool() {
            cluster.leader().await
        } else {
            ids[random.usize(..ids.len())]
        };
        let others: Vec<u64> = ids.iter().copied().filter(|id| *id != victim).collect();
        let lasts = Duration::from_millis(random.u64(300..3000));
        match random.u8(..5) {
            0 => {
                cluster.kill(victim);
                hold(lasts).await;
                cluster.start_again(victim);
            }
            1 => {
                cluster.freeze(victim);
                hold(lasts).await;
                cluster.thaw(victim);
            }
            2 => {
                cluster.links.isolate(victim, others);
                hold(lasts).await;
                cluster.links.heal();
            }
            3 => {
                // One way: it hears nothing of the others, who hear it.
                for other in others {
                    cluster.links.cut(other, victim);
                }
                hold(lasts).await;
                cluster.links.heal();
            }
            _ => {
                for id in &ids {
                    cluster.kill(*id);
                }
                for id in &ids {
                    cluster.start_again(*id);
                }
            }
        }
        count += 1;
        cluster.leader().await;
        hold(Duration::from_millis(random.u64(200..1500))).await;
    }
    count
}

/// A fault lasts, and a pause between faults lasts: this is the schedule of the test, nothing is waited for.
async fn hold(time: Duration) {
    tokio::time::sleep(time).await;
}

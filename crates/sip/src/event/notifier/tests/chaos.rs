//! Any order of everything.

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Subscribe(u8, u8),
    End(u8),
    Publish(u8),
    Answer(u16),
    Pass(u16),
    Terminate(u8),
    TerminateWatcher(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..4_u8, 0..4_u8).prop_map(|(resource, watcher)| Step::Subscribe(resource, watcher)),
        (0..8_u8).prop_map(Step::End),
        (0..4_u8).prop_map(Step::Publish),
        prop_oneof![Just(200), Just(481), Just(500), Just(401)].prop_map(Step::Answer),
        (0..2000_u16).prop_map(Step::Pass),
        (0..4_u8).prop_map(Step::Terminate),
        (0..4_u8).prop_map(Step::TerminateWatcher),
    ]
}

proptest! {
    /// Whatever happens: the tables agree with each other, the bounds hold, each watcher gets CSeq numbers that grow,
    /// and in the end nothing is left.
    #[test]
    fn the_tables_agree_whatever_happens(steps in proptest::collection::vec(step(), 0..60)) {
        let bounds = Settings { subscriptions_max: 6, per_resource_max: 3, per_watcher_max: 4, ..Settings::default() };
        let mut world = World::with(bounds);
        let mut last = HashMap::<SubscriptionId, u32>::new();
        let mut unanswered = Vec::<Notify>::new();
        for (count, step) in steps.into_iter().enumerate() {
            let World { notifier, now, sent, .. } = &mut world;
            match step {
                Step::Subscribe(resource, watcher) => {
                    let request = subscribe(&format!("c{count}"), &[]);
                    let (resource, watcher) = (format_smolstr!("r{resource}"), format_smolstr!("w{watcher}"));
                    world.subscribe_as(&request, Some(&resource), &watcher);
                }
                Step::End(at) => {
                    let id = notifier.subscriptions.keys().min().filter(|_| at > 3).cloned();
                    if let Some(id) = id { notifier.finish(&id, Reason::Timeout, &Spoken, sent); }
                }
                Step::Publish(at) => notifier.publish(*now, Package::Dialog, &format!("r{at}"), &Spoken, sent),
                Step::Answer(status) => if let Some(notify) = unanswered.pop() { world.answer(&notify, status); },
                Step::Pass(time) => { world.pass(seconds(u64::from(time))); }
                Step::Terminate(at) => {
                    notifier.terminate(Package::Dialog, &format!("r{at}"), Reason::Giveup, &Spoken, sent);
                }
                Step::TerminateWatcher(at) => {
                    notifier.terminate_watcher(&format!("w{at}"), Reason::Giveup, &Spoken, sent);
                }
            }
            for notify in world.sent.drain(..) {
                let before = last.insert(notify.sent.subscription.clone(), notify.sent.cseq);
                prop_assert!(before.is_none_or(|before| before < notify.sent.cseq));
                unanswered.push(notify);
            }
            let notifier = &world.notifier;
            prop_assert!(notifier.len() <= 6);
            prop_assert!(notifier.by_resource.values().all(|ids| (1..=3).contains(&ids.len())));
            prop_assert!(notifier.by_watcher.values().all(|ids| (1..=4).contains(&ids.len())));
            prop_assert_eq!(notifier.by_resource.values().map(Vec::len).sum::<usize>(), notifier.len());
            prop_assert_eq!(notifier.by_watcher.values().map(Vec::len).sum::<usize>(), notifier.len());
            prop_assert_eq!(notifier.due.len(), notifier.len());
        }
        world.pass(seconds(5000));
        prop_assert!(world.notifier.is_empty() && world.notifier.next_timeout().is_none());
    }
}

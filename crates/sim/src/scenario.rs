//! One run: a cluster, clients, faults, and what was seen. The seed decides everything.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hotdesk_core::{Action, Device, DeviceId, Limit, MultipleLogins, Policy, Site, SiteId, User, UserId};
use openraft::async_runtime::AsyncRuntime;
use openraft::async_runtime::watch::WatchReceiver;

use crate::client::{Client, DEVICES, DRIFT_PPM_MAX, USERS, device, user};
use crate::cluster::Machines;
use crate::disk::Behaviour;
use crate::faults::{Fault, Faults, info};
use crate::network::{Network, Weather};
use crate::node::{Node, Setting};
use crate::plant::Plant;
use crate::run::Run;
use crate::runtime::{NodeRuntime, spawn_in_the_world, take_panics, world_ns, world_sleep};
use crate::witness::Witness;

/// After the last fault, the cluster must answer within this long.
const RECOVERY: Duration = Duration::from_secs(15);
const SECOND_NS: u64 = 1_000_000_000;

/// What is run.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Decides everything else.
    pub seed: u64,
    /// How long faults go on, in seconds of virtual time.
    pub seconds: u64,
    /// How many clients ask at once.
    pub clients: u64,
    /// The planted bug.
    pub plant: Plant,
    /// What goes wrong, each as often as it is here.
    pub faults: Vec<Fault>,
    /// The longest pause between two faults, in milliseconds.
    pub pause_ms_max: u64,
}

impl Scenario {
    /// All faults, half a minute.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        // Calm worlds reach states that rough ones never come to, and the other way round.
        let pause_ms_max = [1_500, 3_000, 6_000][(seed % 3) as usize];
        Self {
            seed,
            seconds: 24,
            clients: 4,
            plant: Plant::Nothing,
            faults: Fault::ALL.to_vec(),
            pause_ms_max,
        }
    }
}

/// Runs it. Takes no time but the processor's.
#[must_use]
pub fn run(scenario: &Scenario) -> Run {
    drop(take_panics());
    let mut runtime = NodeRuntime::with_seed(scenario.seed);
    let witness = Witness::default();
    let network = Network::new(scenario.seed);
    let failure = runtime.block_on(play(scenario.clone(), network.clone(), witness.clone()));
    // Nodes hold the network, which holds the nodes.
    network.nodes().iter().for_each(|node| network.leave(node.id()));
    let mut failures = take_panics();
    failures.extend(failure.err());
    let run = Run {
        history: witness.history(),
        failures,
        entries: witness.applied_up_to(),
    };
    drop(runtime);
    run
}

/// The run itself. An error is a cluster that did not get going, or did not recover.
async fn play(scenario: Scenario, network: Network, witness: Witness) -> Result<(), String> {
    let mut random = fastrand::Rng::with_seed(scenario.seed);
    let nodes = random.u64(3..=5);
    let voters = if nodes == 5 && random.bool() { 5 } else { 3 };
    let drift = if random.bool() { DRIFT_PPM_MAX } else { 0 };
    let clocks: Vec<i64> = (0..nodes).map(|_| random.i64(-drift..=drift)).collect();

    let setting = Setting {
        plant: scenario.plant,
        network: network.clone(),
        witness: witness.clone(),
    };
    let machines = Machines::new(setting, &clocks, random.u64(..));
    spawn_in_the_world(machines.clone().supervise());
    let mut operator = Client {
        name: "operator".into(),
        network: network.clone(),
        witness: witness.clone(),
        random: random.fork(),
        nodes,
    };
    found(&network, voters).await?;
    furnish(&mut operator, scenario.plant).await?;

    let quiet_ns = world_ns() + scenario.seconds * SECOND_NS;
    for number in 0..scenario.clients {
        let client = Client {
            name: format!("client {number}"),
            network: network.clone(),
            witness: witness.clone(),
            random: random.fork(),
            nodes,
        };
        spawn_in_the_world(client.run(quiet_ns + SECOND_NS));
    }
    let faults = Faults {
        mix: scenario.faults,
        pause_ms_max: scenario.pause_ms_max,
        random: random.fork(),
        network: network.clone(),
        machines: machines.clone(),
    };
    // Waits for the longest that a fault may last, too.
    faults.run(quiet_ns).await;
    world_sleep(Duration::from_secs(4)).await;
    network.mend();
    network.set_weather(Weather {
        hang_permille: 0,
        ..Weather::FAIR
    });
    for id in machines.ids() {
        machines.disk(id).behave(Behaviour::GOOD);
    }
    settle(&mut operator, &network, &witness).await
}

/// Node 1 founds a cluster of the first `voters` nodes.
async fn found(network: &Network, voters: u64) -> Result<(), String> {
    let until_ns = world_ns() + 10 * SECOND_NS;
    while world_ns() < until_ns {
        if let Some(node) = network.node(1) {
            let members: BTreeMap<u64, _> = (1..=voters).map(|id| (id, info(id))).collect();
            let life = Arc::clone(node.life());
            life.spawn(async move { drop(node.raft().initialize(members).await) });
            return Ok(());
        }
        world_sleep(Duration::from_millis(50)).await;
    }
    Err("node 1 did not start".into())
}

/// Users, devices and a policy under which sessions end on their own now and then.
async fn furnish(operator: &mut Client, plant: Plant) -> Result<(), String> {
    let multiple_logins = match plant {
        Plant::EvictInSecondEntry => MultipleLogins::AllowUpTo(2),
        _ => MultipleLogins::Evict,
    };
    let policy = Policy {
        multiple_logins,
        idle_timeout: Limit::AfterMs(2_500),
        ..Policy::default()
    };
    let mut actions = vec![Action::PutDefaults(policy), Action::PutSite(site())];
    actions.extend((0..USERS).map(|number| {
        let id = UserId::parse(&user(number)).expect("a good name");
        Action::PutUser(User {
            display_name: user(number).into(),
            ..User::new(id)
        })
    }));
    actions.extend((0..DEVICES).map(|number| {
        let id = DeviceId::parse(&device(number)).expect("a good name");
        Action::PutDevice(Device {
            desk: "1".into(),
            model: "any".into(),
            ..Device::new(id, site().id)
        })
    }));
    let until_ns = world_ns() + 20 * SECOND_NS;
    for action in actions {
        if !operator.insist(action, until_ns).await {
            return Err("the cluster did not get going".into());
        }
    }
    Ok(())
}

fn site() -> Site {
    Site {
        name: "Chicago".into(),
        time_zone: "America/Chicago".into(),
        emergency_location: "1 Main Street".into(),
        ..Site::new(SiteId::parse("chicago").expect("a good name"))
    }
}

/// After the faults: the cluster answers again, every node shows the same, and the states are equal.
async fn settle(operator: &mut Client, network: &Network, witness: &Witness) -> Result<(), String> {
    let until_ns = world_ns() + u64::try_from(RECOVERY.as_nanos()).unwrap_or(u64::MAX);
    if !operator.insist(Action::PutSite(site()), until_ns).await {
        return Err(format!(
            "no write succeeded within {RECOVERY:?} after the last fault: {}",
            who(network)
        ));
    }
    let members = members(network).ok_or_else(|| format!("nobody leads: {}", who(network)))?;
    for id in members {
        while !operator.look_up_all(id).await {
            if world_ns() > until_ns {
                return Err(format!(
                    "node {id} did not catch up after the last fault: {}",
                    who(network)
                ));
            }
            world_sleep(Duration::from_millis(50)).await;
        }
        if let Some(node) = network.node(id) {
            witness.whole_state(&format!("node {id} at the end"), &node.state().state());
        }
    }
    Ok(())
}

/// The members, as the leader knows them.
fn members(network: &Network) -> Option<Vec<u64>> {
    let nodes = network.nodes();
    let leader = nodes.iter().find(|node| node.leader() == Some(node.id()))?;
    let metrics = leader.raft().metrics();
    let metrics = metrics.borrow_watched();
    Some(
        metrics
            .membership_config
            .membership()
            .nodes()
            .map(|(id, _)| *id)
            .collect(),
    )
}

fn who(network: &Network) -> String {
    let describe = |node: &Arc<Node>| node.raft().metrics().borrow_watched().to_string();
    network
        .nodes()
        .iter()
        .map(describe)
        .collect::<Vec<_>>()
        .join("\n  ")
}

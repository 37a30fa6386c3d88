//! What goes wrong, and when: drawn from the seed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hotdesk_store::types::NodeInfo;
use openraft::ChangeMembers;
use openraft::async_runtime::watch::WatchReceiver;

use crate::cluster::Machines;
use crate::disk::Behaviour;
use crate::network::{Network, Weather};
use crate::runtime::{spawn_in_the_world, world_ns, world_sleep};

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The nodes fall into two groups that cannot reach each other.
    Partition,
    /// One node hears nobody, or nobody hears it.
    OneWay,
    /// The leader can reach only one node, then nobody; and that one is killed and back at once, and has
    /// forgotten what it promised.
    Betrayal,
    /// Messages are lost and late.
    Loss,
    /// A process is killed.
    Kill,
    /// The leader's process is killed and is back at once.
    KillLeader,
    /// One machine loses its power.
    PowerLoss,
    /// The leader's machine loses its power and is back at once.
    PowerLossOfLeader,
    /// All machines lose their power.
    PowerLossOfAll,
    /// A process stands still (`SIGSTOP`).
    Stop,
    /// A disk is slow.
    SlowDisk,
    /// A disk is full.
    FullDisk,
    /// The leader is asked to hand over.
    TransferLeader,
    /// A learner is added, promoted, or a voter demoted or removed.
    Membership,
}

impl Fault {
    /// Everything, as often as it is here.
    pub const ALL: &[Self] = &[
        Self::Partition,
        Self::Partition,
        Self::OneWay,
        Self::OneWay,
        Self::Betrayal,
        Self::Loss,
        Self::Kill,
        Self::KillLeader,
        Self::PowerLoss,
        Self::PowerLossOfLeader,
        Self::PowerLossOfAll,
        Self::Stop,
        Self::SlowDisk,
        Self::FullDisk,
        Self::TransferLeader,
        Self::Membership,
        Self::Membership,
    ];
}

/// Causes faults.
pub struct Faults {
    /// What it chooses from.
    pub mix: Vec<Fault>,
    /// The longest pause between two faults, in milliseconds.
    pub pause_ms_max: u64,
    /// Its dice.
    pub random: fastrand::Rng,
    /// The network.
    pub network: Network,
    /// The machines.
    pub machines: Machines,
}

impl Faults {
    /// One fault after the other, overlapping at times, until `until_ns` on the world's clock.
    pub async fn run(mut self, until_ns: u64) {
        while world_ns() < until_ns {
            let pause_ms = self.random.u64(100..=self.pause_ms_max);
            world_sleep(Duration::from_millis(pause_ms)).await;
            let fault = self.mix[self.random.usize(0..self.mix.len())];
            self.cause(fault);
        }
    }

    fn cause(&mut self, fault: Fault) {
        match fault {
            Fault::Partition => self.partition(),
            Fault::OneWay => self.one_way(),
            Fault::Betrayal => self.betrayal(),
            Fault::Loss => self.loss(),
            Fault::Kill => {
                let (id, down) = (self.any(), self.between_ms(20, 2_000));
                self.machines.kill(id, down);
            }
            Fault::KillLeader => {
                let (id, down) = (self.leader(), self.between_ms(1, 100));
                self.machines.kill(id, down);
            }
            Fault::PowerLoss => {
                let (id, down) = (self.any(), self.between_ms(20, 2_000));
                self.machines.cut_power(id, down);
            }
            Fault::PowerLossOfLeader => {
                let (id, down) = (self.leader(), self.between_ms(1, 100));
                self.machines.cut_power(id, down);
            }
            Fault::PowerLossOfAll => {
                for id in self.machines.ids() {
                    let down = self.between_ms(20, 1_000);
                    self.machines.cut_power(id, down);
                }
            }
            Fault::Stop => {
                let (id, pause) = (self.any_or_leader(), self.between_ms(50, 2_000));
                let machines = self.machines.clone();
                spawn_in_the_world(async move { machines.stop(id, pause).await });
            }
            Fault::SlowDisk => self.disk(Behaviour::SLOW),
            Fault::FullDisk => self.disk(Behaviour {
                full: true,
                ..Behaviour::GOOD
            }),
            Fault::TransferLeader => self.transfer_leader(),
            Fault::Membership => self.membership(),
        }
    }

    fn between_ms(&mut self, min: u64, max: u64) -> Duration {
        Duration::from_millis(self.random.u64(min..=max))
    }

    fn any(&mut self) -> u64 {
        let ids = self.machines.ids();
        ids[self.random.usize(0..ids.len())]
    }

    /// Who leads, as most would say; anyone if nobody does.
    fn leader(&mut self) -> u64 {
        let nodes = self.network.nodes();
        let leads = nodes.iter().rev().find(|node| node.leader() == Some(node.id()));
        leads.map_or_else(|| self.any(), |node| node.id())
    }

    fn any_or_leader(&mut self) -> u64 {
        if self.random.bool() {
            self.leader()
        } else {
            self.any()
        }
    }

    fn partition(&mut self) {
        let ids = self.machines.ids();
        let leader = self.leader();
        let alone = self.random.bool();
        // Half of the time the leader is alone: that is the case that hurts.
        let here: Vec<u64> = ids
            .iter()
            .copied()
            .filter(|id| if alone { *id == leader } else { self.random.bool() })
            .collect();
        for one in &here {
            for other in ids.iter().filter(|id| !here.contains(id)) {
                self.network.cut(*one, *other);
                self.network.cut(*other, *one);
            }
        }
        self.mend_later();
    }

    fn one_way(&mut self) {
        let id = self.any_or_leader();
        let deaf = self.random.bool();
        for other in self.machines.ids().into_iter().filter(|other| *other != id) {
            if self.random.u32(0..4) > 0 {
                let (from, to) = if deaf { (other, id) } else { (id, other) };
                self.network.cut(from, to);
            }
        }
        self.mend_later();
    }

    fn betrayal(&mut self) {
        let leader = self.leader();
        let friend = self.any();
        if friend == leader {
            return;
        }
        let others: Vec<u64> = self
            .machines
            .ids()
            .into_iter()
            .filter(|id| ![leader, friend].contains(id))
            .collect();
        let (alone_for, down) = (self.between_ms(600, 1_200), self.between_ms(1, 20));
        let (network, machines) = (self.network.clone(), self.machines.clone());
        for other in &others {
            network.cut(leader, *other);
            network.cut(*other, leader);
        }
        spawn_in_the_world(async move {
            world_sleep(alone_for).await;
            network.cut(leader, friend);
            network.cut(friend, leader);
            machines.kill(friend, down);
            // Just when it is back, the election timers of the others run out.
            world_sleep(down + Duration::from_millis(20)).await;
            for other in others.into_iter().filter_map(|id| network.node(id)) {
                let life = other.life().clone();
                life.spawn(async move { drop(other.raft().trigger().elect(true).await) });
            }
            world_sleep(Duration::from_secs(1)).await;
            network.mend();
        });
    }

    fn mend_later(&mut self) {
        let lasts = self.between_ms(100, 3_000);
        let network = self.network.clone();
        spawn_in_the_world(async move {
            world_sleep(lasts).await;
            network.mend();
        });
    }

    fn loss(&mut self) {
        self.network.set_weather(Weather {
            loss_permille: self.random.u32(10..250),
            hang_permille: self.random.u32(0..30),
            latency_us_max: self.random.u64(5_000..60_000),
            ..Weather::FAIR
        });
        let lasts = self.between_ms(200, 3_000);
        let network = self.network.clone();
        spawn_in_the_world(async move {
            world_sleep(lasts).await;
            network.set_weather(Weather::FAIR);
        });
    }

    fn disk(&mut self, behaviour: Behaviour) {
        let id = self.any_or_leader();
        let disk = self.machines.disk(id);
        disk.behave(behaviour);
        let lasts = self.between_ms(200, 2_500);
        spawn_in_the_world(async move {
            world_sleep(lasts).await;
            disk.behave(Behaviour::GOOD);
        });
    }

    fn transfer_leader(&mut self) {
        let (leader, to) = (self.leader(), self.any());
        if let Some(node) = self.network.node(leader).filter(|_| to != leader) {
            let life = node.life().clone();
            life.spawn(async move { drop(node.raft().trigger().transfer_leader(to).await) });
        }
    }

    fn membership(&mut self) {
        let leader = self.leader();
        let Some(node) = self.network.node(leader) else {
            return;
        };
        let (voters, nodes): (BTreeSet<u64>, BTreeSet<u64>) = {
            let metrics = node.raft().metrics();
            let metrics = metrics.borrow_watched();
            let membership = metrics.membership_config.membership();
            (
                membership.voter_ids().collect(),
                membership.nodes().map(|(id, _)| *id).collect(),
            )
        };
        let machines: BTreeSet<u64> = self.machines.ids().into_iter().collect();
        let strangers: Vec<u64> = machines.difference(&nodes).copied().collect();
        let learners: Vec<u64> = nodes.difference(&voters).copied().collect();
        let mut pick = |ids: &[u64]| (!ids.is_empty()).then(|| ids[self.random.usize(0..ids.len())]);
        let (stranger, learner) = (pick(&strangers), pick(&learners));
        let voter = pick(&voters.iter().copied().collect::<Vec<_>>());
        let change = match self.random.u32(0..10) {
            0..3 => stranger.map(|id| ChangeMembers::AddNodes(BTreeMap::from([(id, info(id))]))),
            3..7 => learner.map(|id| ChangeMembers::AddVoterIds(BTreeSet::from([id]))),
            7..9 => voter
                .filter(|_| voters.len() > 3)
                .map(|id| ChangeMembers::RemoveVoters([id].into())),
            _ => learner.map(|id| ChangeMembers::RemoveNodes([id].into())),
        };
        if let Some(change) = change {
            let life = node.life().clone();
            life.spawn(async move { drop(node.raft().change_membership(change, true).await) });
        }
    }
}

/// What is known of a node.
#[must_use]
pub fn info(id: u64) -> NodeInfo {
    NodeInfo {
        address: format!("node-{id}:7600"),
        site: format!("site-{id}"),
    }
}

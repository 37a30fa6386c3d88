//! The machines on which nodes run, and what can be done to them: started, killed, stopped, without power.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::disk::Disk;
use crate::node::{Node, Setting};
use crate::runtime::{Life, world_ns, world_sleep};

/// How often the supervisor looks for processes that are gone.
const SUPERVISE_EVERY: Duration = Duration::from_millis(10);

/// The machines; a cheap clone of a handle.
#[derive(Clone)]
pub struct Machines(Arc<Inner>);

struct Inner {
    setting: Setting,
    machines: Mutex<BTreeMap<u64, Machine>>,
    lives: Mutex<u64>,
}

struct Machine {
    disk: Disk,
    clock_ppm: i64,
    life: Option<Arc<Life>>,
    /// Not started again before then, on the world's clock.
    down_until_ns: u64,
}

impl Machines {
    /// Machines by id, each with an empty disk and its clock's rate; nothing runs yet.
    #[must_use]
    pub fn new(setting: Setting, clocks_ppm: &[i64], seed: u64) -> Self {
        let machines = (1..).zip(clocks_ppm).map(|(id, clock_ppm)| {
            let machine = Machine {
                disk: Disk::new(seed ^ (id << 32)),
                clock_ppm: *clock_ppm,
                life: None,
                down_until_ns: 0,
            };
            (id, machine)
        });
        let machines = Mutex::new(machines.collect());
        Self(Arc::new(Inner {
            setting,
            machines,
            lives: Mutex::new(0),
        }))
    }

    /// All ids.
    #[must_use]
    pub fn ids(&self) -> Vec<u64> {
        self.0.machines.lock().keys().copied().collect()
    }

    /// A machine's disk.
    ///
    /// # Panics
    /// When there is no such machine.
    #[must_use]
    pub fn disk(&self, id: u64) -> Disk {
        self.0.machines.lock()[&id].disk.clone()
    }

    /// Starts what does not run and may, again and again, as a supervisor does.
    pub async fn supervise(self) {
        loop {
            for id in self.ids() {
                self.start_if_due(id);
            }
            world_sleep(SUPERVISE_EVERY).await;
        }
    }

    fn start_if_due(&self, id: u64) {
        let mut machines = self.0.machines.lock();
        let Some(machine) = machines.get_mut(&id) else {
            return;
        };
        let runs = machine.life.as_ref().is_some_and(|life| !life.is_dead());
        if runs || world_ns() < machine.down_until_ns {
            return;
        }
        let number = {
            let mut lives = self.0.lives.lock();
            *lives += 1;
            *lives
        };
        let life = Life::new(id, number, machine.clock_ppm);
        machine.life = Some(Arc::clone(&life));
        Node::start(&life, machine.disk.clone(), self.0.setting.clone());
    }

    /// The process is killed, and started again after `down`.
    pub fn kill(&self, id: u64, down: Duration) {
        let mut machines = self.0.machines.lock();
        let Some(machine) = machines.get_mut(&id) else {
            return;
        };
        if let Some(life) = &machine.life {
            life.kill();
        }
        self.0.setting.network.leave(id);
        machine.down_until_ns = world_ns() + u64::try_from(down.as_nanos()).unwrap_or(u64::MAX);
    }

    /// The machine loses its power, and is started again after `down`.
    pub fn cut_power(&self, id: u64, down: Duration) {
        self.kill(id, down);
        self.disk(id).lose_power();
    }

    /// The process stands still for `pause`.
    pub async fn stop(&self, id: u64, pause: Duration) {
        let life = self
            .0
            .machines
            .lock()
            .get(&id)
            .and_then(|machine| machine.life.clone());
        if let Some(life) = life {
            life.stop();
            world_sleep(pause).await;
            life.go_on();
        }
    }
}

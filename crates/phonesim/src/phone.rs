//! The phone, as its user has it: keys and a screen.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::flash::Flash;
use crate::http::Http;
use crate::model::{Hardware, Model};
use crate::run::Runner;
use crate::view::{View, draw};

/// What a phone is switched on with.
pub struct Start {
    /// Whose phone it is.
    pub model: &'static dyn Model,
    /// The piece of hardware.
    pub hardware: Hardware,
    /// Where it finds its files, as DHCP or its memory says; ends with a slash.
    pub provisioning: String,
    /// The phone's own address.
    pub local: IpAddr,
    /// How it asks.
    pub http: Http,
    /// What it remembers from before.
    pub flash: Flash,
    /// Takes calls by itself, after it has rung.
    pub answers: bool,
    /// Where its own web server listens, for pushes; `None`: it has none.
    pub web: Option<SocketAddr>,
}

/// A key, or something one does to a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Press {
    /// A key of the keypad, or a letter.
    Char(char),
    /// A soft key, counted from 0.
    Soft(usize),
    /// OK: the next field, send, dial.
    Ok,
    /// One up.
    Up,
    /// One down.
    Down,
    /// Takes back the last character.
    Delete,
    /// Leaves the page.
    Exit,
    /// Takes the call that rings.
    Answer,
    /// Ends the call, or refuses it.
    HangUp,
    /// Pulls the plug and puts it in again.
    PowerCycle,
}

/// What went wrong at a phone.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// What was waited for did not come.
    #[error("{what} did not come about within {} s; the phone shows:\n{screen}", patience.as_secs_f32())]
    Patience {
        /// What.
        what: String,
        /// How long.
        patience: Duration,
        /// The screen.
        screen: String,
    },
    /// The phone is off.
    #[error("the phone is switched off")]
    Off,
}

/// A phone that is switched on. Dropping it pulls the plug: nothing is unregistered.
pub struct SimPhone {
    presses: mpsc::UnboundedSender<Press>,
    pressed: AtomicU64,
    view: watch::Receiver<View>,
    flash: watch::Receiver<Flash>,
    deaf: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl SimPhone {
    /// Switches a phone on. It boots by itself; watch its screen.
    #[must_use]
    pub fn start(start: Start) -> Self {
        let (presses, keys) = mpsc::unbounded_channel();
        let (view_sender, view) = watch::channel(View {
            title: "Starting".into(),
            ..View::default()
        });
        let (flash_sender, flash) = watch::channel(start.flash.clone());
        let deaf = Arc::<AtomicUsize>::default();
        let runner = Runner::new(start, view_sender, flash_sender, Arc::clone(&deaf));
        let task = tokio::spawn(runner.run(keys));
        Self {
            presses,
            pressed: AtomicU64::new(0),
            view,
            flash,
            deaf,
            task,
        }
    }

    /// Presses a key.
    pub fn press(&self, press: Press) {
        self.pressed.fetch_add(1, Ordering::Relaxed);
        // A phone whose task has ended shows so.
        let _ = self.presses.send(press);
    }

    /// Presses keys of the keypad one after the other.
    pub fn type_text(&self, text: &str) {
        text.chars().for_each(|c| self.press(Press::Char(c)));
    }

    /// Presses the soft key whose label begins with this.
    ///
    /// # Errors
    /// When the screen has none within `patience`.
    pub async fn soft(&self, label: &str, patience: Duration) -> Result<(), SimError> {
        let at = |view: &View| view.soft.iter().position(|soft| soft.starts_with(label));
        let view = self
            .wait(&format!("a soft key {label:?}"), patience, |view| {
                at(view).is_some()
            })
            .await?;
        if let Some(at) = at(&view) {
            self.press(Press::Soft(at));
        }
        Ok(())
    }

    /// Waits until every key pressed so far has done what it does, with the pages that it led to.
    ///
    /// # Errors
    /// When that takes longer than `patience`.
    pub async fn settled(&self, patience: Duration) -> Result<(), SimError> {
        let pressed = self.pressed.load(Ordering::Relaxed);
        let done = |view: &View| view.presses >= pressed;
        self.wait("what was pressed", patience, done).await.map(drop)
    }

    /// What the phone shows now.
    #[must_use]
    pub fn view(&self) -> View {
        self.view.borrow().clone()
    }

    /// Resolves when the screen has changed.
    ///
    /// # Errors
    /// When the phone is off.
    pub async fn changed(&mut self) -> Result<(), SimError> {
        self.view.changed().await.map_err(|_| SimError::Off)
    }

    /// Waits until the screen is as wished, and returns it.
    ///
    /// # Errors
    /// When it is not within `patience`; with what it shows instead.
    pub async fn wait(
        &self,
        what: &str,
        patience: Duration,
        wish: impl FnMut(&View) -> bool + Send,
    ) -> Result<View, SimError> {
        let mut view = self.view.clone();
        let waited = tokio::time::timeout(patience, view.wait_for(wish)).await;
        match waited {
            Ok(Ok(view)) => Ok(view.clone()),
            Ok(Err(_closed)) => Err(SimError::Off),
            Err(_elapsed) => Err(SimError::Patience {
                what: what.to_owned(),
                patience,
                screen: draw(&self.view()).join("\n"),
            }),
        }
    }

    /// What the phone remembers.
    #[must_use]
    pub fn flash(&self) -> Flash {
        self.flash.borrow().clone()
    }

    /// The next `count` triggers are answered as usual and then forgotten, as by a phone that hangs.
    pub fn forget_triggers(&self, count: usize) {
        self.deaf.store(count, Ordering::Relaxed);
    }
}

impl Drop for SimPhone {
    fn drop(&mut self) {
        self.task.abort();
    }
}

//! The phone at work: boots, loads, registers, shows pages.

mod pages;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use md5::{Digest as _, Md5};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::browser::Open;
use crate::flash::Flash;
use crate::http::Ask;
use crate::line::{Happened, Line, Manner};
use crate::model::{Fetch, Habits, Input, Kind, PageView, Reaction, Sending, Settings, Target};
use crate::phone::{Press, Start};
use crate::view::{CallView, View};
use crate::web::Web;

/// How many files one boot may lead to.
const FILES_MAX: usize = 12;
/// How long a phone that found no configuration waits before it asks again.
const BOOT_AGAIN: Duration = Duration::from_secs(5);
/// Where the prompt for a document's user name and password leads, inside the phone.
const CREDENTIALS: &str = "phone://credentials";

pub(crate) struct Runner {
    start: Start,
    habits: Habits,
    flash: Flash,
    settings: Settings,
    lines: HashMap<u64, Line>,
    /// The lines in the order of their keys.
    order: Vec<u64>,
    next_line: u64,
    told: mpsc::UnboundedSender<(u64, Happened)>,
    hears: Option<mpsc::UnboundedReceiver<(u64, Happened)>>,
    open: Option<Open>,
    refresh_at: Option<Instant>,
    /// What the idle screen shows beside its own, and when that is loaded next.
    idle: Option<PageView>,
    idle_at: Option<Instant>,
    boot_at: Option<Instant>,
    /// Digests of the documents in force, by name.
    loaded: HashMap<String, [u8; 16]>,
    /// A load that waits for the end of a call.
    owes_load: bool,
    credentials: Option<(String, String)>,
    view: View,
    screen: watch::Sender<View>,
    memory: watch::Sender<Flash>,
    deaf: Arc<AtomicUsize>,
}

impl Runner {
    pub(crate) fn new(
        start: Start,
        screen: watch::Sender<View>,
        memory: watch::Sender<Flash>,
        deaf: Arc<AtomicUsize>,
    ) -> Self {
        let (told, hears) = mpsc::unbounded_channel();
        Self {
            habits: start.model.habits(),
            flash: start.flash.clone(),
            settings: Settings::default(),
            lines: HashMap::new(),
            order: Vec::new(),
            next_line: 1,
            told,
            hears: Some(hears),
            open: None,
            refresh_at: None,
            idle: None,
            idle_at: None,
            boot_at: None,
            loaded: HashMap::new(),
            owes_load: false,
            credentials: None,
            view: View::default(),
            screen,
            memory,
            deaf,
            start,
        }
    }

    pub(crate) async fn run(mut self, mut keys: mpsc::UnboundedReceiver<Press>) {
        let Some(mut hears) = self.hears.take() else {
            return;
        };
        let mut web = Web::open(self.start.web).await;
        self.boot().await;
        loop {
            self.rest();
            self.show();
            let far = Instant::now() + Duration::from_secs(3600);
            tokio::select! {
                press = keys.recv() => match press {
                    Some(press) => {
                        self.pressed(press).await;
                        self.view.presses += 1;
                    }
                    None => return,
                },
                Some((line, happened)) = hears.recv() => self.happened(line, happened).await,
                () = tokio::time::sleep_until(self.refresh_at.unwrap_or(far)), if self.refresh_at.is_some() => {
                    self.refresh_at = None;
                    if let Some(url) = self.open.as_ref().map(pages::refresh_url) {
                        self.browse(&url, None).await;
                    }
                }
                () = tokio::time::sleep_until(self.idle_at.unwrap_or(far)), if self.idle_at.is_some() => {
                    self.load_idle().await;
                }
                push = web.next() => {
                    let (reaction, status, body) =
                        self.start.model.pushed(&push.method, &push.path, &push.body);
                    tracing::debug!(path = push.path, ?reaction, "pushed");
                    push.answer(status, body);
                    self.react(reaction).await;
                }
                () = tokio::time::sleep_until(self.boot_at.unwrap_or(far)), if self.boot_at.is_some() => {
                    self.boot().await;
                }
            }
        }
    }

    // --- documents ---

    /// Asks for its files, and takes over what it gets.
    async fn boot(&mut self) {
        self.boot_at = None;
        self.view.busy = "Loading ...".into();
        self.show();
        let mut files = self.start.model.boot(&self.start.hardware);
        let mut at = 0;
        let mut failed = None;
        let mut changed = false;
        while let Some(fetch) = files.get(at).cloned() {
            at += 1;
            match self.load(&fetch).await {
                Ok(Loaded::New(then)) => {
                    changed = true;
                    files.extend(then);
                    files.truncate(FILES_MAX);
                }
                Ok(Loaded::Same) => {}
                Ok(Loaded::Asked) => return,
                Err(why) if fetch.required => failed = Some(why),
                Err(_optional) => {}
            }
        }
        self.view.busy.clear();
        match failed {
            Some(why) => {
                self.view.problem = format!("No configuration: {why}");
                self.boot_at = Some(Instant::now() + BOOT_AGAIN);
            }
            None => self.view.problem.clear(),
        }
        if changed {
            self.view.loads += 1;
        }
        self.take_over();
    }

    async fn load(&mut self, fetch: &Fetch) -> Result<Loaded, String> {
        let base = match self.settings.provisioning_url.as_str() {
            "" => &self.start.provisioning,
            stored => stored,
        };
        let url = if fetch.name.contains("://") {
            fetch.name.clone()
        } else {
            format!("{}/{}", base.trim_end_matches('/'), fetch.name)
        };
        let agent = self.start.model.user_agent(&self.start.hardware);
        let credentials = self.credentials.clone();
        let ask = Ask {
            url: &url,
            basic: credentials
                .as_ref()
                .map(|(user, password)| (user.as_str(), password.as_str())),
            user_agent: &agent,
            ..Ask::default()
        };
        let answer = self.start.http.ask(&ask).await?;
        match answer.status {
            200 => {}
            401 if self.habits.asks_on_401 => {
                self.ask_credentials();
                return Ok(Loaded::Asked);
            }
            status => return Err(format!("{status} for {}: {}", fetch.name, answer.body.trim())),
        }
        let digest: [u8; 16] = Md5::digest(answer.body.as_bytes()).into();
        let same = self.loaded.insert(fetch.name.clone(), digest) == Some(digest);
        if same && self.habits.skips_the_same {
            return Ok(Loaded::Same);
        }
        let applied = self
            .start
            .model
            .apply(&fetch.name, &answer.body, &mut self.flash)?;
        if let Some(stamp) = stamp_of(&answer.body) {
            self.view.stamp = stamp;
        }
        Ok(Loaded::New(applied.then))
    }

    /// Does what the memory says: accounts, labels.
    fn take_over(&mut self) {
        self.settings = self.start.model.settings(&self.flash);
        self.wake();
        self.memory.send_replace(self.flash.clone());
        let wanted = match self.habits.registers_first_only {
            true => self.settings.accounts.iter().take(1).cloned().collect(),
            false => self.settings.accounts.clone(),
        };
        let mut kept: Vec<(u64, Line)> = self.lines.drain().collect();
        self.order.clear();
        for account in wanted {
            let at = kept.iter().position(|(_, line)| line.account == account);
            let (number, line) = match at {
                Some(at) => kept.swap_remove(at),
                None => self.new_line(account),
            };
            self.order.push(number);
            self.lines.insert(number, line);
        }
        kept.into_iter().for_each(|(_, line)| line.stop());
    }

    fn new_line(&mut self, account: crate::model::Account) -> (u64, Line) {
        let number = self.next_line;
        self.next_line += 1;
        let manner = Manner {
            local: self.start.local,
            challenges: self.habits.challenges,
            answers: self.start.answers,
        };
        (number, Line::start(account, number, manner, self.told.clone()))
    }

    fn ask_credentials(&mut self) {
        self.view.busy.clear();
        let input = |label: &str, name: &str, kind| Input {
            label: label.into(),
            name: name.into(),
            kind,
            value: String::new(),
        };
        let page = PageView {
            title: "Authentication".into(),
            inputs: vec![
                input("User name", "user", Kind::Number),
                input("Password", "password", Kind::Masked),
            ],
            submit: Some(Target {
                url: CREDENTIALS.into(),
                send: Sending::Form,
            }),
            ..PageView::default()
        };
        self.open_page(page, CREDENTIALS.into());
    }

    // --- the network's wishes ---

    async fn happened(&mut self, number: u64, happened: Happened) {
        if !self.lines.contains_key(&number) {
            return;
        }
        match happened {
            Happened::Registered(is) => {
                if let Some(line) = self.lines.get_mut(&number) {
                    line.is_registered = is;
                }
            }
            Happened::Ringing(who) => self.view.call = CallView::Ringing(who),
            Happened::Calling(who) => self.view.call = CallView::Calling(who),
            Happened::Talking(who) => self.view.call = CallView::Talking(who),
            Happened::Refused(why) => self.view.call = CallView::Refused(why),
            Happened::Ended => {
                self.view.call = CallView::None;
                if std::mem::take(&mut self.owes_load) {
                    self.boot().await;
                }
            }
            Happened::Notified {
                event,
                content_type,
                body,
            } => {
                let reaction = self
                    .start
                    .model
                    .notified(&event, &content_type, &body, &self.flash);
                tracing::debug!(event, ?reaction, "notified");
                self.react(reaction).await;
            }
        }
    }

    async fn react(&mut self, reaction: Reaction) {
        let loads = matches!(
            reaction,
            Reaction::Load | Reaction::Restart | Reaction::Set(_) | Reaction::Follow(_)
        );
        if loads && self.forgets() {
            return;
        }
        match reaction {
            Reaction::Ignored => {}
            Reaction::Load | Reaction::Follow(_) if self.habits.waits_for_calls && self.is_in_call() => {
                self.owes_load = true;
            }
            Reaction::Load => self.boot().await,
            Reaction::Restart if self.is_in_call() => self.owes_load = true,
            Reaction::Restart => self.power_cycle().await,
            Reaction::Set(values) => {
                for (key, value) in values {
                    self.flash.set(key, value);
                }
                self.take_over();
            }
            Reaction::Show(page) => self.show_page(*page, String::new()).await,
            Reaction::Open(url) | Reaction::Follow(url) => self.browse(&url, None).await,
        }
    }

    fn forgets(&self) -> bool {
        let fewer = |left: usize| left.checked_sub(1);
        self.deaf
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer)
            .is_ok()
    }

    const fn is_in_call(&self) -> bool {
        matches!(
            self.view.call,
            CallView::Ringing(_) | CallView::Calling(_) | CallView::Talking(_)
        )
    }

    async fn power_cycle(&mut self) {
        // Nobody unregisters when the plug is pulled.
        self.lines.clear();
        self.order.clear();
        self.open = None;
        self.wake();
        self.loaded.clear();
        self.credentials = None;
        self.view = View {
            title: "Starting".into(),
            loads: self.view.loads,
            presses: self.view.presses,
            ..View::default()
        };
        self.boot().await;
    }
}

enum Loaded {
    New(Vec<Fetch>),
    /// The same bytes as before.
    Same,
    /// The phone asks for a user name and password first.
    Asked,
}

/// The number after "stamp " in a document.
fn stamp_of(document: &str) -> Option<u64> {
    let rest = &document[document.find("stamp ")? + 6..];
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

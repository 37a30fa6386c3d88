//! A simulated phone that is used by its keys and watched by its screen.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use hotdesk_phonesim::{Flash, Hardware, Http, Kind, PageView, Press, SimPhone, Start, View, draw, model};

use super::offices::Offices;
use super::scripted::problem;
use super::{PIN, Person};

/// How long anything may take that a phone shows.
const PATIENCE: Duration = Duration::from_secs(60);
/// Forms in a row until one asks for the PIN.
const FORMS_MAX: usize = 3;

/// The phone.
pub struct Screen {
    phone: SimPhone,
    person: Person,
    device: String,
}

/// A login that was answered.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// When the last key was pressed.
    pub at: Instant,
    /// When the answer's page was there.
    pub answered: Instant,
    /// What the phone showed before.
    pub stamp: u64,
}

impl Screen {
    /// Switches a phone on, and waits until it is registered and shows its neutral screen.
    ///
    /// # Errors
    /// When it does not come so far.
    pub async fn start(offices: &Offices, person: Person, office: usize) -> Result<Self> {
        let model = model(person.vendor).context("no phone of this vendor is simulated")?;
        let device = person.device(office);
        let phone = SimPhone::start(Start {
            model,
            hardware: Hardware {
                mac: device.clone(),
                model: model.hardware_model().into(),
            },
            provisioning: offices.provisioning(person, office),
            local: IpAddr::V4(Ipv4Addr::LOCALHOST),
            http: Http::default(),
            flash: Flash::default(),
            answers: false,
            web: None,
        });
        phone
            .wait("the neutral screen", PATIENCE, |view| {
                view.stamp > 0 && is_registered(view)
            })
            .await?;
        Ok(Self {
            phone,
            person,
            device,
        })
    }

    /// The phone's id.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.device
    }

    /// Logs its person in by its keys.
    ///
    /// # Errors
    /// When the application shows anything but forms and the welcome.
    pub async fn log_in(&self) -> Result<Sent> {
        self.leave_page().await?;
        let stamp = self.phone.view().stamp;
        self.phone.press(Press::Soft(0));
        let mut seen = None;
        for _ in 0..FORMS_MAX {
            let page = self.form_after(seen.as_ref()).await?;
            let at = self.type_into(&page).await?;
            if page.inputs.iter().any(|input| input.kind == Kind::Masked) {
                return self.answer(at, stamp).await;
            }
            seen = Some(page);
        }
        bail!("no form of the application asks for a PIN")
    }

    /// When the phone showed a newer document than `stamp` with everything registered: first the one, then
    /// the other.
    ///
    /// # Errors
    /// When it does not.
    pub async fn updated(&self, stamp: u64) -> Result<(Instant, Instant)> {
        self.phone
            .wait("the new document", PATIENCE, |view| view.stamp > stamp)
            .await?;
        let loaded = Instant::now();
        self.phone
            .wait("the registration", PATIENCE, |view| {
                view.stamp > stamp && is_registered(view)
            })
            .await?;
        Ok((loaded, Instant::now()))
    }

    /// The stamp of the document that it shows.
    #[must_use]
    pub fn stamp(&self) -> u64 {
        self.phone.view().stamp
    }

    async fn leave_page(&self) -> Result<()> {
        if self.phone.view().page.is_some() {
            self.phone.press(Press::Exit);
        }
        self.phone
            .wait("the idle screen", PATIENCE, |view| {
                view.page.is_none() && !view.soft.is_empty()
            })
            .await?;
        Ok(())
    }

    /// The next form; not the one that was there.
    async fn form_after(&self, seen: Option<&PageView>) -> Result<PageView> {
        let is_next = |view: &View| {
            let inputs = view.page.as_ref().map(|page| &page.inputs);
            inputs.is_some_and(|inputs| {
                !inputs.is_empty() && seen.is_none_or(|seen| !is_same(inputs, &seen.inputs))
            })
        };
        let view = self.phone.wait("a form", PATIENCE, is_next).await?;
        view.page.context("a form without a page")
    }

    /// Types into all fields, and presses the last key when it is all there; returns when.
    async fn type_into(&self, page: &PageView) -> Result<Instant> {
        let visible: Vec<_> = page
            .inputs
            .iter()
            .filter(|input| input.kind != Kind::Hidden)
            .collect();
        let number = self.person.extension();
        for (at, input) in visible.iter().enumerate() {
            let text = if input.kind == Kind::Masked { PIN } else { &number };
            self.phone.type_text(text);
            let is_typed = |view: &View| {
                let field = view
                    .page
                    .as_ref()
                    .and_then(|page| page.inputs.iter().find(|field| field.name == input.name));
                field.is_some_and(|field| field.value.ends_with(text))
            };
            self.phone.wait("what was typed", PATIENCE, is_typed).await?;
            if at + 1 < visible.len() {
                self.phone.press(Press::Ok);
            }
        }
        let at = Instant::now();
        self.phone.press(Press::Ok);
        Ok(at)
    }

    async fn answer(&self, at: Instant, stamp: u64) -> Result<Sent> {
        let is_answer = |view: &View| view.page.as_ref().is_none_or(|page| page.inputs.is_empty());
        let view = self.phone.wait("an answer", PATIENCE, is_answer).await?;
        let answered = Instant::now();
        // What happened to the page since then does not matter: problems stay.
        if view
            .page
            .as_ref()
            .is_some_and(|page| page.title == problem() || page.title == "Error")
        {
            bail!("the login was refused:\n{}", draw(&view).join("\n"));
        }
        Ok(Sent { at, answered, stamp })
    }
}

fn is_registered(view: &View) -> bool {
    !view.lines.is_empty() && view.lines.iter().all(|line| line.is_registered)
}

/// Whether these are the same fields, whatever is in them.
fn is_same(one: &[hotdesk_phonesim::Input], other: &[hotdesk_phonesim::Input]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .all(|(one, other)| one.name == other.name && one.kind == other.kind)
}

//! A phone that sends the login form over HTTP and says "busy" to every call.
//!
//! For when calls arrive: a phone that rings would not load its document meanwhile, and one that is simulated
//! key by key adds its own time. What the pages are, the simulated phones' own reading of their vendor's
//! format says.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use hotdesk_phonesim::{Ask, Hardware, Http, Kind, Model, PageView, Sending, model};
use hotdesk_sip::message::Method;
use hotdesk_softphone::{Account, Softphone};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::offices::Offices;
use super::{PIN, Person};
use crate::sip::DOMAIN;
use crate::sip::probe::Arrival;

const EXPIRES_S: u32 = 3600;
/// Forms in a row until one asks for the PIN.
const FORMS_MAX: usize = 3;

/// The phone, registered at its office's edge.
pub struct Scripted {
    model: &'static dyn Model,
    hardware: Hardware,
    documents: String,
    http: Http,
    task: JoinHandle<()>,
}

/// A login form that is filled in.
pub struct Filled {
    url: String,
    form: Option<String>,
}

impl Scripted {
    /// Switches the phone on. It tells of calls as phone number `office`.
    ///
    /// # Errors
    /// When the edge does not take it.
    pub async fn start(
        offices: &Offices,
        person: Person,
        office: usize,
        arrivals: mpsc::UnboundedSender<Arrival>,
    ) -> Result<Self> {
        let device = person.device(office);
        let account = Account::device(&device, &offices.password(person, office), DOMAIN);
        let line = Softphone::start(account, offices.edge(office)).await?;
        let answer = line.register(EXPIRES_S).await?;
        if answer.status() != Some(200) {
            bail!("{device} cannot register: {:?}", answer.status());
        }
        let model = model(person.vendor).context("no phone of this vendor is simulated")?;
        Ok(Self {
            model,
            hardware: Hardware {
                mac: device,
                model: model.hardware_model().into(),
            },
            documents: offices.provisioning(person, office),
            http: Http::default(),
            task: tokio::spawn(be_busy(line, office, arrivals)),
        })
    }

    /// Opens the application and fills its form in, up to the last key.
    ///
    /// # Errors
    /// When it shows anything else.
    pub async fn fill_in(&self, person: Person) -> Result<Filled> {
        let mut page = self.page(&format!("{}app", self.documents), None).await?;
        for _ in 0..FORMS_MAX {
            let filled = fill_in(&page, &person.extension())?;
            if page.inputs.iter().any(|input| input.kind == Kind::Masked) {
                return Ok(filled);
            }
            page = self.page(&filled.url, filled.form).await?;
        }
        bail!("no form of the application asks for a PIN")
    }

    /// Sends the form, and returns when the answer's page was there.
    ///
    /// # Errors
    /// When it is another form: something was not right.
    pub async fn send(&self, filled: Filled) -> Result<Instant> {
        let page = self.page(&filled.url, filled.form).await?;
        let at = Instant::now();
        if !page.inputs.is_empty() || page.title == problem() {
            bail!("the login was refused: {} {}", page.title, page.text);
        }
        Ok(at)
    }

    /// Loads the document, as the phone would when it is told to.
    ///
    /// # Errors
    /// When there is none.
    pub async fn load(&self) -> Result<()> {
        let files = self.model.boot(&self.hardware);
        let file = files
            .iter()
            .find(|file| file.required)
            .context("a phone without a file")?;
        let ask = Ask {
            url: &format!("{}{}", self.documents, file.name),
            user_agent: &self.model.user_agent(&self.hardware),
            ..Ask::default()
        };
        let answer = self.http.ask(&ask).await.map_err(anyhow::Error::msg)?;
        if answer.status != 200 {
            bail!("{} for {}", answer.status, file.name);
        }
        Ok(())
    }

    async fn page(&self, url: &str, form: Option<String>) -> Result<PageView> {
        let ask = Ask {
            url,
            form,
            user_agent: &self.model.user_agent(&self.hardware),
            headers: self.model.page_headers(&self.hardware),
            ..Ask::default()
        };
        let answer = self.http.ask(&ask).await.map_err(anyhow::Error::msg)?;
        if answer.status != 200 {
            bail!("{} for a page: {}", answer.status, answer.body.trim());
        }
        let page = self.model.page(&answer.content_type, &answer.body);
        page.map_err(anyhow::Error::msg)
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The title of a page that says what went wrong.
pub(super) fn problem() -> &'static str {
    hotdesk_phone::text::Word::TitleProblem.text(hotdesk_phone::Language::English)
}

async fn be_busy(line: Softphone, office: usize, arrivals: mpsc::UnboundedSender<Arrival>) {
    let line = Arc::new(line);
    loop {
        let far = tokio::time::Instant::now() + Duration::from_secs(3600);
        let Ok(request) = line.next_request(far).await else {
            continue;
        };
        let at = Instant::now();
        if request.method() != Some(&Method::Invite) {
            continue;
        }
        let call = request
            .call_id()
            .map(|id| String::from_utf8_lossy(id).into_owned());
        // What is lost is sent again by the edge.
        let _ = line.incoming_of(request).refuse(486, "Busy Here").await;
        let arrival = Arrival {
            phone: office,
            call: call.unwrap_or_default(),
            at,
        };
        if arrivals.send(arrival).is_err() {
            return;
        }
    }
}

/// Everything that is typed is digits, and what is hidden is the node's own: nothing needs to be escaped.
fn fill_in(page: &PageView, number: &str) -> Result<Filled> {
    let Some(target) = page.submit.as_ref().filter(|_| !page.inputs.is_empty()) else {
        bail!("the application shows no form: {} {}", page.title, page.text);
    };
    let values = page.inputs.iter().map(|input| {
        let value = match input.kind {
            Kind::Masked => PIN,
            Kind::Hidden => &input.value,
            Kind::Number | Kind::Text => number,
        };
        (input.name.as_str(), value)
    });
    let pairs: Vec<_> = values
        .clone()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let pairs = pairs.join("&");
    let (url, form) = match target.send {
        Sending::Form => (target.url.clone(), Some(pairs)),
        Sending::Query => {
            let joint = if target.url.contains('?') { '&' } else { '?' };
            (format!("{}{joint}{pairs}", target.url), None)
        }
        Sending::Place => {
            let place = |url: String, (name, value): (&str, &str)| url.replace(name, value);
            (values.fold(target.url.clone(), place), None)
        }
    };
    Ok(Filled { url, form })
}

#[cfg(test)]
mod tests {
    use hotdesk_phonesim::{Input, Target};

    use super::*;

    #[test]
    fn a_form_is_sent_as_its_vendor_does() {
        let input = |name: &str, kind| Input {
            name: name.into(),
            kind,
            ..Input::default()
        };
        let page = |send, url: &str| PageView {
            inputs: vec![input("user", Kind::Number), input("pin", Kind::Masked)],
            submit: Some(Target {
                url: url.into(),
                send,
            }),
            ..PageView::default()
        };
        for (send, url, expected, form) in [
            (Sending::Query, "http://n/l", "http://n/l?user=7&pin=13579", None),
            (
                Sending::Query,
                "http://n/l?x=1",
                "http://n/l?x=1&user=7&pin=13579",
                None,
            ),
            (
                Sending::Form,
                "http://n/l",
                "http://n/l",
                Some("user=7&pin=13579"),
            ),
            (
                Sending::Place,
                "http://n/l?a=user&b=pin",
                "http://n/l?a=7&b=13579",
                None,
            ),
        ] {
            let filled = fill_in(&page(send, url), "7").unwrap();
            assert_eq!((filled.url.as_str(), filled.form.as_deref()), (expected, form));
        }
        assert!(fill_in(&PageView::default(), "7").is_err());
    }
}

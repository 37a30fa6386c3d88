//! Keys, and the pages that they lead to.

use std::time::Duration;

use tokio::time::Instant;

use super::{CREDENTIALS, Runner, stamp_of};
use crate::browser::{Effect, Open};
use crate::http::{Answer, Ask};
use crate::line::Order;
use crate::model::{Idle, PageView, SoftKey};
use crate::phone::Press;
use crate::picture::Code;
use crate::view::{CallView, Line as LineView};

/// When a page for the idle screen that does not say so itself is loaded again.
const IDLE_AGAIN: Duration = Duration::from_secs(60);

impl Runner {
    pub(super) async fn pressed(&mut self, press: Press) {
        self.wake();
        match press {
            Press::PowerCycle => self.power_cycle().await,
            Press::Answer => self.order_all(|| Order::Answer),
            Press::HangUp => self.order_all(|| Order::HangUp),
            press if self.open.is_some() => self.pressed_in_page(press).await,
            press => self.pressed_idle(press).await,
        }
    }

    fn order_all(&self, order: impl Fn() -> Order) {
        self.lines.values().for_each(|line| line.order(order()));
    }

    async fn pressed_in_page(&mut self, press: Press) {
        let Some(open) = &mut self.open else { return };
        let effect = match press {
            Press::Char(c) => open.typed(c),
            Press::Soft(at) => open.press(at),
            Press::Ok => open.ok(),
            Press::Exit => Effect::Close,
            Press::Up => {
                open.up();
                Effect::Nothing
            }
            Press::Down => {
                open.down();
                Effect::Nothing
            }
            Press::Delete => {
                open.delete();
                Effect::Nothing
            }
            Press::Answer | Press::HangUp | Press::PowerCycle => Effect::Nothing,
        };
        match effect {
            Effect::Nothing => {}
            Effect::Close => self.close(),
            Effect::Load { url, .. } if url == CREDENTIALS => {
                let typed: Vec<_> = open.page.inputs.iter().map(|input| input.value.clone()).collect();
                if let [user, password] = &typed[..] {
                    self.credentials = Some((user.clone(), password.clone()));
                }
                self.close();
                self.boot().await;
            }
            Effect::Load { url, form } => self.browse(&url, form).await,
        }
    }

    async fn pressed_idle(&mut self, press: Press) {
        match press {
            Press::Char(c) => self.view.dialled.push(c),
            Press::Delete => drop(self.view.dialled.pop()),
            Press::Exit => self.view.dialled.clear(),
            Press::Ok if !self.view.dialled.is_empty() => {
                let number = std::mem::take(&mut self.view.dialled);
                let registered = self.order.iter().find(|line| self.lines[line].is_registered);
                match registered.and_then(|line| self.lines.get(line)) {
                    Some(line) => line.order(Order::Dial(number)),
                    None => self.view.problem = "No line is registered".into(),
                }
            }
            Press::Soft(0) if !self.settings.app_url.is_empty() => {
                let url = self.settings.app_url.clone();
                self.browse(&url, None).await;
            }
            _ => {}
        }
    }

    /// Somebody uses the phone: what was shown beside the idle screen goes, and comes again in its time.
    pub(super) fn wake(&mut self) {
        self.idle = None;
        self.idle_at = None;
    }

    /// Lets the time of the idle screen's page run while nobody uses the phone.
    pub(super) fn rest(&mut self) {
        let is_used =
            self.open.is_some() || self.view.call != CallView::None || !self.view.dialled.is_empty();
        let Idle { url, after_s } = &self.settings.idle;
        if is_used || url.is_empty() {
            self.wake();
        } else if self.idle_at.is_none() {
            self.idle_at = Some(Instant::now() + Duration::from_secs((*after_s).into()));
        }
    }

    /// Loads the idle screen's page, and says when to load it again. One that cannot be shown leaves the screen as it is.
    pub(super) async fn load_idle(&mut self) {
        let url = self.settings.idle.url.clone();
        let answer = self.ask_page(&url, None).await;
        let page = answer.and_then(|answer| match answer.status {
            200 => {
                let page = self.start.model.page(&answer.content_type, &answer.body)?;
                Ok((page, answer.refresh))
            }
            status => Err(format!("{status} {}", answer.body.trim())),
        });
        let again = match page {
            Ok((mut page, refresh)) => {
                let refresh = page.refresh.take().or(refresh);
                self.load_picture(&mut page).await;
                self.idle = Some(page);
                refresh.map_or(IDLE_AGAIN, |(seconds, _)| Duration::from_secs(seconds.into()))
            }
            Err(why) => {
                tracing::debug!(why, "no page for the idle screen");
                self.idle = None;
                IDLE_AGAIN
            }
        };
        self.idle_at = Some(Instant::now() + again);
    }

    /// Loads the picture of a page, and looks at it with a camera.
    async fn load_picture(&self, page: &mut PageView) {
        if page.picture.is_empty() {
            return;
        }
        let answer = self.ask_page(&page.picture, None).await;
        let code = answer.and_then(|answer| match answer.status {
            200 if answer.content_type == self.start.model.picture_type() => {
                Code::scan(&answer.content_type, &answer.bytes)
            }
            200 => Err(format!("{:?} is no picture for this phone", answer.content_type)),
            status => Err(format!("{status} {}", answer.body.trim())),
        });
        match code {
            Ok(code) => page.code = Some(code),
            Err(why) => page.text = format!("{}[no picture: {why}]", page.text),
        }
    }

    async fn ask_page(&self, url: &str, form: Option<String>) -> Result<Answer, String> {
        let agent = self.start.model.user_agent(&self.start.hardware);
        let ask = Ask {
            url,
            form,
            user_agent: &agent,
            headers: self.start.model.page_headers(&self.start.hardware),
            ..Ask::default()
        };
        self.start.http.ask(&ask).await
    }

    /// Loads a page and shows it.
    pub(super) async fn browse(&mut self, url: &str, form: Option<String>) {
        self.refresh_at = None;
        match self.ask_page(url, form).await {
            Ok(answer) if answer.status == 200 => self.answered(answer, url).await,
            Ok(answer) => {
                let text = format!("{} {}", answer.status, answer.body.trim());
                self.open_page(problem_page(text), url.to_owned());
            }
            Err(why) => self.open_page(problem_page(why), url.to_owned()),
        }
    }

    async fn answered(&mut self, answer: Answer, url: &str) {
        match self.start.model.page(&answer.content_type, &answer.body) {
            Ok(page) if !page.sets.is_empty() => {
                for (key, value) in page.sets {
                    self.flash.set(key, value);
                }
                if let Some(stamp) = stamp_of(&answer.body) {
                    self.view.stamp = stamp;
                }
                self.view.loads += 1;
                self.take_over();
            }
            Ok(mut page) => {
                page.refresh = page.refresh.or(answer.refresh);
                self.load_picture(&mut page).await;
                self.show_page(page, url.to_owned()).await;
            }
            Err(why) => self.open_page(problem_page(why), url.to_owned()),
        }
    }

    /// Shows a page, or does at once what it says.
    pub(super) async fn show_page(&mut self, page: PageView, url: String) {
        if page.execute.is_empty() {
            self.open_page(page, url);
            return;
        }
        for command in page.execute {
            if command.contains("://") {
                Box::pin(self.browse(&command, None)).await;
            } else {
                self.close();
            }
        }
    }

    pub(super) fn open_page(&mut self, page: PageView, url: String) {
        self.refresh_at = page
            .refresh
            .as_ref()
            .map(|(seconds, _)| Instant::now() + Duration::from_secs((*seconds).into()));
        self.open = Some(Open::new(page, url));
    }

    fn close(&mut self) {
        self.open = None;
        self.refresh_at = None;
    }

    pub(super) fn show(&mut self) {
        let line = |number: &u64| {
            let line = &self.lines[number];
            LineView {
                label: line.account.label.clone(),
                user: line.account.user.clone(),
                is_registered: line.is_registered,
            }
        };
        self.view.lines = self.order.iter().map(line).collect();
        let first = self.settings.accounts.first();
        if !self.settings.title.is_empty() {
            self.view.title.clone_from(&self.settings.title);
        } else if let Some(first) = first {
            self.view.title.clone_from(&first.label);
        }
        self.view.keys.clone_from(&self.settings.keys);
        self.view.idle.clone_from(&self.idle);
        self.view.page = self.open.as_ref().map(|open| open.page.clone());
        self.view.chosen = self.open.as_ref().map_or(0, |open| open.chosen);
        self.view.soft = match &self.open {
            Some(open) => open.soft().into_iter().map(|key| key.label).collect(),
            None if self.settings.app_url.is_empty() => Vec::new(),
            None => vec![self.settings.app_label.clone()],
        };
        self.screen.send_if_modified(|shown| {
            let changed = *shown != self.view;
            if changed {
                shown.clone_from(&self.view);
            }
            changed
        });
    }
}

pub(super) fn refresh_url(open: &Open) -> String {
    match &open.page.refresh {
        Some((_, url)) if !url.is_empty() => url.clone(),
        _ => open.url.clone(),
    }
}

fn problem_page(text: String) -> PageView {
    PageView {
        title: "Error".into(),
        text,
        keys: vec![SoftKey {
            label: "Exit".into(),
            action: SoftKey::EXIT.into(),
        }],
        ..PageView::default()
    }
}

//! A page that is open, and what keys do to it.

use crate::model::{Kind, PageView, Sending, SoftKey, Target};

/// An open page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Open {
    pub(crate) page: PageView,
    /// Where it came from, for a refresh without a URL.
    pub(crate) url: String,
    /// Which item or visible field is chosen.
    pub(crate) chosen: usize,
}

/// What a key leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Nothing,
    /// A page, or with a form a POST.
    Load {
        url: String,
        form: Option<String>,
    },
    Close,
}

impl Open {
    pub(crate) const fn new(page: PageView, url: String) -> Self {
        Self { page, url, chosen: 0 }
    }

    /// The labels of the soft keys: the page's, or the phone's own.
    pub(crate) fn soft(&self) -> Vec<SoftKey> {
        if !self.page.keys.is_empty() {
            return self.page.keys.clone();
        }
        let key = |label: &str, action: &str| SoftKey {
            label: label.into(),
            action: action.into(),
        };
        let mut keys = Vec::new();
        if !self.page.items.is_empty() {
            keys.push(key("Select", SoftKey::SUBMIT));
        } else if self.page.submit.is_some() {
            keys.push(key("OK", SoftKey::SUBMIT));
        }
        keys.push(key("Exit", SoftKey::EXIT));
        keys
    }

    /// A key of the keypad, or a letter.
    pub(crate) fn typed(&mut self, c: char) -> Effect {
        if let Some(item) = c.to_digit(10).and_then(|digit| usize::try_from(digit).ok())
            && !self.page.items.is_empty()
        {
            if (1..=self.page.items.len()).contains(&item) {
                self.chosen = item - 1;
                return self.submit();
            }
            return Effect::Nothing;
        }
        if let Some(input) = self.input() {
            let fits = match input.kind {
                Kind::Number | Kind::Masked => c.is_ascii_digit(),
                Kind::Text => !c.is_control(),
                Kind::Hidden => false,
            };
            if fits {
                input.value.push(c);
            }
        }
        Effect::Nothing
    }

    pub(crate) fn delete(&mut self) {
        if let Some(input) = self.input() {
            input.value.pop();
        }
    }

    pub(crate) fn down(&mut self) {
        let count = self.page.items.len().max(self.visible().len());
        self.chosen = (self.chosen + 1).min(count.saturating_sub(1));
    }

    pub(crate) const fn up(&mut self) {
        self.chosen = self.chosen.saturating_sub(1);
    }

    /// OK: the next field, or what a filled-in page is for.
    pub(crate) fn ok(&mut self) -> Effect {
        if self.chosen + 1 < self.visible().len() {
            self.chosen += 1;
            return Effect::Nothing;
        }
        self.submit()
    }

    /// A soft key, counted from 0.
    pub(crate) fn press(&mut self, at: usize) -> Effect {
        let Some(key) = self.soft().get(at).cloned() else {
            return Effect::Nothing;
        };
        match key.action.as_str() {
            SoftKey::SUBMIT => self.submit(),
            SoftKey::EXIT => Effect::Close,
            SoftKey::DELETE => {
                self.delete();
                Effect::Nothing
            }
            url if url.contains("://") => Effect::Load {
                url: url.to_owned(),
                form: None,
            },
            _ => Effect::Nothing,
        }
    }

    fn submit(&self) -> Effect {
        if let Some((_, url)) = self.page.items.get(self.chosen) {
            return Effect::Load {
                url: url.clone(),
                form: None,
            };
        }
        let Some(Target { url, send }) = &self.page.submit else {
            return Effect::Nothing;
        };
        let pairs: Vec<_> = self
            .page
            .inputs
            .iter()
            .map(|input| format!("{}={}", escape(&input.name), escape(&input.value)))
            .collect();
        let pairs = pairs.join("&");
        match send {
            Sending::Form => Effect::Load {
                url: url.clone(),
                form: Some(pairs),
            },
            Sending::Place => {
                let place = |url: String, input: &crate::model::Input| {
                    url.replace(&input.name, &escape(&input.value))
                };
                Effect::Load {
                    url: self.page.inputs.iter().fold(url.clone(), place),
                    form: None,
                }
            }
            Sending::Query if pairs.is_empty() => Effect::Load {
                url: url.clone(),
                form: None,
            },
            Sending::Query => Effect::Load {
                url: format!("{url}{}{pairs}", if url.contains('?') { '&' } else { '?' }),
                form: None,
            },
        }
    }

    fn visible(&self) -> Vec<usize> {
        let inputs = self.page.inputs.iter().enumerate();
        inputs
            .filter(|(_, input)| input.kind != Kind::Hidden)
            .map(|(at, _)| at)
            .collect()
    }

    fn input(&mut self) -> Option<&mut crate::model::Input> {
        let at = *self.visible().get(self.chosen)?;
        self.page.inputs.get_mut(at)
    }
}

/// Percent-encoding of a form (WHATWG URL §5.1, with %20 for a space, as phones write it).
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'*') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Input;

    fn form(send: Sending) -> Open {
        let input = |name: &str, kind, value: &str| Input {
            label: name.into(),
            name: name.into(),
            kind,
            value: value.into(),
        };
        let page = PageView {
            inputs: vec![
                input("user", Kind::Number, ""),
                input("t", Kind::Hidden, "a b"),
                input("pin", Kind::Masked, ""),
            ],
            submit: Some(Target {
                url: "http://n/app?x=1".into(),
                send,
            }),
            ..PageView::default()
        };
        Open::new(page, "http://n/app".into())
    }

    #[test]
    fn fields_are_filled_in_one_after_the_other_and_sent() {
        let mut open = form(Sending::Query);
        for c in "20a41".chars() {
            assert_eq!(open.typed(c), Effect::Nothing);
        }
        assert_eq!(open.ok(), Effect::Nothing);
        for c in "4711".chars() {
            open.typed(c);
        }
        open.delete();
        let sent = Effect::Load {
            url: "http://n/app?x=1&user=2041&t=a%20b&pin=471".into(),
            form: None,
        };
        assert_eq!(open.ok(), sent);
    }

    #[test]
    fn a_form_is_posted_where_the_phone_can() {
        let mut open = form(Sending::Form);
        let sent = Effect::Load {
            url: "http://n/app?x=1".into(),
            form: Some("user=&t=a%20b&pin=".into()),
        };
        assert_eq!(open.press(0), sent);
        assert_eq!(open.press(1), Effect::Close);
        assert_eq!(open.press(2), Effect::Nothing);
    }

    #[test]
    fn an_item_is_opened_by_its_number() {
        let page = PageView {
            items: vec![
                ("One".into(), "http://n/1".into()),
                ("Two".into(), "http://n/2".into()),
            ],
            ..PageView::default()
        };
        let mut open = Open::new(page, String::new());
        assert_eq!(open.typed('3'), Effect::Nothing);
        let two = Effect::Load {
            url: "http://n/2".into(),
            form: None,
        };
        assert_eq!(open.typed('2'), two);
        open.up();
        open.up();
        open.down();
        assert_eq!(open.ok(), two);
    }
}

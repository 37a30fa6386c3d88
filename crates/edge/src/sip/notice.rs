//! Telling of an emergency call: the log, a web service, people's phones, all at the same time as the call goes out
//! (Kari's Law: 47 CFR § 9.16).

use hotdesk_routing::emergency::EmergencyNotice;
use hotdesk_sip::message::{Header, Message, Method, Name};
use hotdesk_sip::proxy::{Actions, Target};
use hotdesk_sip::uri::Uri;
use smol_str::SmolStr;

use super::app::{App, Tag};

impl App {
    /// Somebody at the company learns of the call. What cannot be delivered is logged, and stops nothing.
    pub(crate) fn tell_of_emergency(&self, notice: &EmergencyNotice, out: &mut Actions<Self>) {
        let or = |text: &Option<SmolStr>, other: &str| text.as_deref().unwrap_or(other).to_owned();
        tracing::error!(
            site_id = %notice.site,
            device_id = or(&notice.device, "unknown"),
            user_id = or(&notice.user, "nobody"),
            desk = or(&notice.desk, ""),
            location = %notice.location,
            number = %notice.number,
            call_back = or(&notice.call_back, ""),
            "EMERGENCY CALL"
        );
        let sentence = sentence(notice);
        self.notable.note(sentence.clone());
        self.post(notice);
        for uri in &self.settings.emergency_messages {
            self.send_text(uri, &sentence, out);
        }
    }

    fn post(&self, notice: &EmergencyNotice) {
        let Some(url) = self.settings.emergency_webhook.clone() else {
            return;
        };
        let body = serde_json::json!({
            "event": "emergency_call",
            "at": notice.at.to_string(),
            "number": notice.number.as_str(),
            "site": notice.site.as_str(),
            "device": notice.device.as_deref(),
            "desk": notice.desk.as_deref(),
            "location": notice.location.as_str(),
            "user": notice.user.as_deref(),
            "call_back": notice.call_back.as_deref(),
        });
        let tls = self.transports.tls_client();
        self.runtime.spawn(async move {
            if let Err(problem) = super::webhook::post(&url, body, tls).await {
                tracing::error!(problem, "the notice of an emergency call could not be delivered");
            }
        });
    }

    /// A SIP MESSAGE (RFC 3428) from the edge itself: to the phones of a user of the company, or to any URI.
    fn send_text(&self, uri: &SmolStr, text: &str, out: &mut Actions<Self>) {
        let Ok(parsed) = Uri::parse(uri.as_bytes()) else {
            return;
        };
        let targets = if self.is_our_domain(&parsed) {
            self.targets_of_name(&super::invite::dialed(&parsed))
        } else {
            let hop = self.hop_of_uri(&parsed);
            hop.map(|hop| Target::new(uri.as_bytes().to_vec(), hop))
                .into_iter()
                .collect()
        };
        if targets.is_empty() {
            tracing::error!(uri = %uri, "the message about an emergency call reaches nobody");
        }
        for target in targets {
            let message = self.text_message(uri, &target, text);
            let tag = Tag::Text { to: uri.clone() };
            out.request(message, target.hop, tag);
        }
    }

    fn text_message(&self, to: &str, target: &Target, text: &str) -> Message {
        let mut message = Message::request(Method::Message, &target.uri);
        let domain = &self.settings.domain;
        let call_id = format!("{:032x}", fastrand::u128(..));
        for route in &target.routes {
            message.push(Header::new(Name::Route, route.clone()));
        }
        for (name, value) in [
            (Name::MaxForwards, "70".to_owned()),
            (
                Name::From,
                format!("<sip:{domain}>;tag={:016x}", fastrand::u64(..)),
            ),
            (Name::To, format!("<{to}>")),
            (Name::CallId, call_id.clone()),
            (Name::CSeq, "1 MESSAGE".to_owned()),
            (Name::parse("Priority"), "emergency".to_owned()),
        ] {
            message.push(Header::new(name, value));
        }
        if let Some(pass) = self.pass_header(call_id.as_bytes(), target) {
            message.push(pass);
        }
        message.set_body(Some("text/plain;charset=UTF-8"), text.to_owned());
        message
    }
}

/// What people read.
fn sentence(notice: &EmergencyNotice) -> String {
    let part = |words: &str, text: &Option<SmolStr>| {
        let text = text.as_deref().filter(|text| !text.is_empty());
        text.map(|text| format!("{words}{text}")).unwrap_or_default()
    };
    format!(
        "Emergency call to {} at {}{}{}{}, location: {}{}",
        notice.number,
        notice.site,
        part(", desk ", &notice.desk),
        part(", phone ", &notice.device),
        part(", user ", &notice.user),
        notice.location,
        part(", call-back number ", &notice.call_back),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_reads_as_a_sentence_and_leaves_out_what_is_not_known() {
        let mut notice = EmergencyNotice {
            at: jiff::Timestamp::UNIX_EPOCH,
            number: "911".into(),
            device: Some("chi-02".into()),
            desk: Some("3-17".into()),
            site: "chicago".into(),
            location: "233 S Wacker Dr".into(),
            user: None,
            call_back: Some("+13125550199".into()),
        };
        assert_eq!(
            sentence(&notice),
            "Emergency call to 911 at chicago, desk 3-17, phone chi-02, location: 233 S Wacker Dr, call-back number \
             +13125550199"
        );
        notice.desk = Some(SmolStr::default());
        notice.call_back = None;
        assert_eq!(
            sentence(&notice),
            "Emergency call to 911 at chicago, phone chi-02, location: 233 S Wacker Dr"
        );
    }
}

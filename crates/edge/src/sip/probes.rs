//! Looking after what is outside: trunks are asked with OPTIONS, and the edge's own standing is made known.

use hotdesk_sip::message::{Header, Message, Method, Name};
use hotdesk_sip::proxy::Actions;

use super::app::{App, Tag};
use crate::standing::{Policy, Standing};

impl App {
    /// Asks the trunks whose turn it is whether they are there.
    pub(crate) fn probe_trunks(&self, out: &mut Actions<Self>) {
        for trunk in self.trunks.due() {
            let (Some(hop), Some(uri)) = (self.trunks.hop(&trunk), self.trunks.own_uri(&trunk)) else {
                // Its name cannot be looked up: that is as good as no answer.
                self.trunks.answered(&trunk, None);
                continue;
            };
            let mut options = Message::request(Method::Options, &uri);
            let domain = &self.settings.domain;
            options.push(Header::new(Name::MaxForwards, "70"));
            options.push(Header::new(
                Name::From,
                format!("<sip:{domain}>;tag={:016x}", fastrand::u64(..)),
            ));
            options.push(Header::new(Name::To, format!("<{uri}>")));
            options.push(Header::new(Name::CallId, format!("{:032x}", fastrand::u128(..))));
            options.push(Header::new(Name::CSeq, "1 OPTIONS"));
            options.push(Header::new(
                Name::Contact,
                format!("<{}>", self.contact_at(&hop, "edge")),
            ));
            out.request(options, hop, Tag::Probe { trunk });
        }
    }

    /// Metrics that are states.
    pub(crate) fn report_standing(&self) {
        let standing = self.standing();
        self.metrics.set_standing(name(standing));
        let before = std::mem::replace(&mut *self.standing_told.lock(), standing);
        if before != standing {
            self.notable.note(match standing {
                Standing::Starting => "waiting for the first node".to_owned(),
                Standing::Good => "the table of sessions is complete".to_owned(),
                Standing::Expired(policy) => format!("cut off from the cluster: {}", policy.meaning()),
            });
        }
        for trunk in self.trunks.status() {
            self.metrics.set_trunk(&trunk.trunk, trunk.up);
        }
    }
}

/// A stable label for metrics and the status page.
pub(crate) const fn name(standing: Standing) -> &'static str {
    match standing {
        Standing::Starting => "starting",
        Standing::Good => "good",
        Standing::Expired(Policy::Strict) => "expired_strict",
        Standing::Expired(Policy::Survive) => "expired_survive",
    }
}

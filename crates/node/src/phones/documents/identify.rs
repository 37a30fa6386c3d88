//! Which phone of the directory asks, and how it has shown to be that one.

use std::sync::Arc;

use axum::http::{HeaderMap, Method, header};
use data_encoding::BASE64;
use hotdesk_cluster::Local;
use hotdesk_core::phones::SeenPhone;
use hotdesk_core::{Device, DeviceId, MacAddress, SiteId, State};
use hotdesk_phone::{File, Mac, Recognised, Vendor};
use zeroize::Zeroizing;

use super::refused::{Refused, Result};
use super::{Asked, Way, masked, recognise};
use crate::phones::paths::{Age, age};

/// How a phone has shown to be the one that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// Its own token, in the path or as a password.
    Token,
    /// The token that it had before, which is good until it comes with the new one.
    FormerToken,
    /// The certificate that it was made with.
    Certificate,
    /// Not at all: its enrolment is open.
    Window,
}

impl From<Age> for Proof {
    fn from(age: Age) -> Self {
        match age {
            Age::Current => Self::Token,
            Age::Former => Self::FormerToken,
        }
    }
}

/// The phone that asks.
#[derive(Clone, Debug)]
pub(super) struct Identified {
    pub(super) device: Arc<Device>,
    pub(super) proof: Proof,
}

/// User name and password of a request (RFC 7617). No `Debug`.
pub(super) struct Basic {
    pub(super) user: String,
    pub(super) password: Zeroizing<String>,
}

impl Asked<'_> {
    /// The phone of the token in the path.
    pub(super) fn own_phone(&self, state: &State) -> Option<Identified> {
        let Way::Own(token) = &self.way else {
            return None;
        };
        let (id, age) = self.phones.phone_of(state, token, mac_in(self.name))?;
        Some(Identified {
            device: state.device(&id).map(Arc::clone)?,
            proof: age.into(),
        })
    }

    /// The phone that asks; one that comes with an enrolment token for the first time is put into the directory.
    pub(super) async fn identify_or_enrol(
        &self,
        local: &Local,
        recognised: &Recognised,
    ) -> Result<Identified> {
        if let (Some(path), Some(agent)) = (recognised.mac, recognised.agent_mac)
            && path != agent
        {
            return Err(Refused::addresses_differ(path, agent));
        }
        let mac = recognised.mac.or(recognised.agent_mac);
        if let Way::Own(_) = self.way {
            return self.by_token(&local.state, mac);
        }
        if let Some(identified) = self.by_certificate(&local.state, mac)? {
            return Ok(identified);
        }
        let is_login = matches!(recognised.file, File::User { .. });
        let basic = basic(self.headers).filter(|_| !is_login);
        if let Some(basic) = &basic
            && let Some(identified) = self.by_password(&local.state, mac, basic)?
        {
            return Ok(identified);
        }
        // A password that is not ours may be what the phone knew before it came here: it counts as none.
        let has_wrong = basic.is_some();
        self.is_stranger()?;
        let Some(mac) = mac else {
            return Err(if has_wrong {
                Refused::wrong_password()
            } else {
                Refused::nameless()
            });
        };
        if let Some(device) = local.state.device_by_mac(&address(mac)) {
            let is_open = device.enrolment.is_open(self.phones.now(&local.state));
            if !is_open && !self.needs_no_token(recognised) {
                return Err(if has_wrong {
                    Refused::wrong_password()
                } else {
                    Refused::window_closed(&device.id)
                });
            }
            if device.secret_seed.is_some() {
                return Ok(Identified {
                    device: Arc::clone(device),
                    proof: Proof::Window,
                });
            }
        }
        match &self.way {
            Way::Enrolment(token) => {
                self.may_change()?;
                let enrolled = self.phones.enrol(token, address(mac), recognised).await;
                if let Err(refused) = &enrolled
                    && refused.is_for_list
                {
                    self.waits(mac, Some(recognised));
                }
                enrolled.map(|device| Identified {
                    device,
                    proof: Proof::Window,
                })
            }
            Way::Own(_) | Way::Bare => match local.state.device_by_mac(&address(mac)) {
                // Without a password of ours: says so when its document is made.
                Some(device) => Ok(Identified {
                    device: Arc::clone(device),
                    proof: Proof::Window,
                }),
                None => {
                    self.waits(mac, Some(recognised));
                    Err(Refused::waiting(mac))
                }
            },
        }
    }

    /// Cisco's enterprise phones cannot keep a path: where that is allowed, being in their network is enough.
    fn needs_no_token(&self, recognised: &Recognised) -> bool {
        let networks = &self.phones.settings.danger_no_token_from;
        recognised.vendor == Vendor::Cisco && networks.contain(self.peer.address)
    }

    fn by_token(&self, state: &State, mac: Option<Mac>) -> Result<Identified> {
        let Some(phone) = self.own_phone(state) else {
            self.is_stranger()?;
            return Err(Refused::unknown_token());
        };
        if let (Some(known), Some(mac)) = (phone.device.mac, mac)
            && known != address(mac)
        {
            return Err(Refused::other_phones_token(&phone.device.id, mac));
        }
        Ok(phone)
    }

    /// `None` without a certificate, or for one of a phone that nobody knows yet.
    fn by_certificate(&self, state: &State, mac: Option<Mac>) -> Result<Option<Identified>> {
        let Some(shown) = self.peer.macs.first() else {
            return Ok(None);
        };
        let mac = mac.unwrap_or(*shown);
        if !self.peer.macs.contains(&mac) {
            return Err(Refused::other_certificate(mac));
        }
        Ok(state.device_by_mac(&address(mac)).map(|device| Identified {
            device: Arc::clone(device),
            proof: Proof::Certificate,
        }))
    }

    /// The phone's id and its token; `None` when they are not.
    fn by_password(&self, state: &State, mac: Option<Mac>, basic: &Basic) -> Result<Option<Identified>> {
        let id = DeviceId::parse(&basic.user).ok();
        let device = id.and_then(|id| state.device(&id));
        let lines = self.phones.shared.lines.as_ref();
        let now = self.phones.now(state);
        let proven = device.zip(lines).and_then(|(device, lines)| {
            let age = age(lines, state, &device.id, &basic.password, now)?;
            Some((device, age))
        });
        let Some((device, age)) = proven else {
            return Ok(None);
        };
        if let (Some(known), Some(mac)) = (device.mac, mac)
            && known != address(mac)
        {
            return Err(Refused::other_phones_token(&device.id, mac));
        }
        Ok(Some(Identified {
            device: Arc::clone(device),
            proof: age.into(),
        }))
    }

    /// Puts an unknown phone on the list of those that wait; of one that nobody recognises only its address is known.
    fn waits(&self, mac: Mac, recognised: Option<&Recognised>) {
        let text = |text: Option<&smol_str::SmolStr>| text.cloned().unwrap_or_default();
        self.phones.reporter.unknown(SeenPhone {
            mac: address(mac),
            vendor: recognised
                .map_or("", |recognised| recognised.vendor.name())
                .into(),
            model: text(recognised.and_then(|recognised| recognised.model.as_ref())),
            firmware: text(recognised.and_then(|recognised| recognised.firmware.as_ref())),
            site: SiteId::parse(&self.phones.settings.site).ok(),
            address: self.peer.address.to_string().into(),
        });
    }

    /// A request that nobody recognises: where its file's name has the address of an unknown phone in it, that phone waits
    /// like any other, for an administrator to see.
    pub(super) fn unrecognised(&self, state: &State) -> Box<Refused> {
        let is_first_contact = *self.method == Method::GET && !matches!(self.way, Way::Own(_));
        let mac = mac_in(self.name).filter(|mac| is_first_contact && state.device_by_mac(mac).is_none());
        let Some(mac) = mac.and_then(|mac| Mac::new(mac.bytes()).ok()) else {
            return recognise::unknown(&masked(self.name), self.agent());
        };
        if state.waiting_phone(&address(mac)).is_none() {
            self.waits(mac, None);
        }
        Refused::waiting_unrecognised(mac)
    }
}

/// User name and password, if the request carries them.
pub(super) fn basic(headers: &HeaderMap) -> Option<Basic> {
    let given = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (word, encoded) = given.split_at_checked("basic ".len())?;
    if !word.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let pair = Zeroizing::new(BASE64.decode(encoded.trim_ascii()).ok()?);
    let pair = std::str::from_utf8(&pair).ok()?;
    let (user, password) = pair.split_once(':')?;
    Some(Basic {
        user: user.to_owned(),
        password: Zeroizing::new(password.to_owned()),
    })
}

/// The address in the name of a file, to find a phone quickly; what it means is for the adapters to say.
fn mac_in(name: &str) -> Option<MacAddress> {
    name.split(|c: char| !c.is_ascii_hexdigit())
        .find(|run| run.len() == 12)
        .and_then(|run| MacAddress::parse(run).ok())
}

/// The same address as the directory has it.
pub(in crate::phones) fn address(mac: Mac) -> MacAddress {
    MacAddress::parse(&mac.to_string()).expect("a phone's address in the one crate is one in the other")
}

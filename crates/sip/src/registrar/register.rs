//! One REGISTER (RFC 3261 §10.3 steps 2 and 6 to 8).

use bytes::Bytes;
use smol_str::SmolStr;

use super::answer;
use super::bindings::{Bindings, Change, ChangeKind, Contact};
use super::{Refused, Registered, Rules, WhenFull};
use crate::hop::Hop;
use crate::message::{Header, Message, Name};
use crate::uri::Uri;
use crate::value::{NameAddr, Params};

/// Follows a REGISTER, or refuses it; `current` itself is never changed. `from` is kept as the flow to the phone.
/// `now_ms` is Unix time, for registrations outlive the process.
///
/// # Errors
/// What to answer instead. The order of the checks: 420, 400, 439, 423, 500 (CSeq), 403 (too many).
pub fn register(
    request: &Message,
    from: &Hop,
    now_ms: u64,
    rules: &Rules<'_>,
    current: &Bindings,
) -> Result<Registered, Refused> {
    let request = Request::read(request, rules)?;
    let mut bindings = current.clone();
    let mut changes = bindings.expire(now_ms);
    match &request.asked {
        Asked::Nothing => {}
        Asked::RemoveAll => changes.extend(remove_all(&request, rules, &mut bindings)?),
        Asked::Change(asked) => {
            let mut next = Changing {
                request: &request,
                rules,
                from,
                now_ms,
                bindings,
                changes,
                touched: Vec::new(),
            };
            for asked in asked {
                next.change(asked)?;
            }
            next.keep_to_the_limit()?;
            (bindings, changes) = (next.bindings, next.changes);
        }
    }
    let headers = answer::headers(&request, now_ms, rules, &bindings);
    Ok(Registered {
        bindings,
        changes,
        headers,
    })
}

/// What of a REGISTER counts.
pub(super) struct Request {
    asked: Asked,
    call_id: Bytes,
    cseq: u32,
    user_agent: SmolStr,
    pub(super) path: Vec<Bytes>,
    /// Outbound is in use for one of the contacts.
    pub(super) outbound: bool,
    /// The phone wants GRUUs.
    pub(super) gruu: bool,
}

enum Asked {
    Nothing,
    RemoveAll,
    Change(Vec<AskedContact>),
}

struct AskedContact {
    uri: Uri,
    params: Bytes,
    instance: Option<SmolStr>,
    reg_id: Option<u32>,
    q: u16,
    /// 0: remove it.
    expires_s: u32,
}

impl Request {
    fn read(request: &Message, rules: &Rules<'_>) -> Result<Self, Refused> {
        check_required(request, rules)?;
        let call_id = request.call_id().ok_or_else(|| bad("No Call-ID"))?;
        if call_id.len() > CALL_ID_BYTES_MAX {
            return Err(bad("Call-ID too long"));
        }
        let cseq = request.cseq().map_err(|problem| bad(problem.0))?.number;
        let path: Vec<_> = request.values(&Name::Path).map(Bytes::copy_from_slice).collect();
        if path.len() > PATHS_MAX || path.iter().map(Bytes::len).sum::<usize>() > PATH_BYTES_MAX {
            return Err(bad("Path too long"));
        }
        let mut read = Self {
            asked: Asked::Nothing,
            call_id: Bytes::copy_from_slice(call_id),
            cseq,
            user_agent: user_agent(request),
            path,
            outbound: false,
            gruu: supports(request, "gruu"),
        };
        let contacts = request.contacts().map_err(|problem| bad(problem.0))?;
        let expires = request.text(&Name::Expires).map(|text| seconds(text.as_bytes()));
        read.asked = match contacts.as_slice() {
            [] => Asked::Nothing,
            all if all.iter().any(|contact| contact.uri.as_bytes() == b"*") => {
                // RFC 3261 §10.3 step 6; a number of seconds that cannot be read is not zero.
                if all.len() > 1 || expires != Some(Some(0)) {
                    return Err(bad("Contact * must stand alone with Expires: 0"));
                }
                Asked::RemoveAll
            }
            all => Asked::Change(read.read_contacts(request, all, expires.flatten(), rules)?),
        };
        Ok(read)
    }

    fn read_contacts(
        &mut self,
        request: &Message,
        contacts: &[NameAddr],
        expires: Option<u32>,
        rules: &Rules<'_>,
    ) -> Result<Vec<AskedContact>, Refused> {
        if contacts.len() > rules.contacts_max {
            return Err(refuse(403, TOO_MANY));
        }
        let outbound = rules.outbound && supports(request, "outbound");
        let mut asked: Vec<AskedContact> = Vec::with_capacity(contacts.len());
        for contact in contacts {
            let contact = read_contact(contact, expires, rules, outbound)?;
            if asked.iter().any(|other| other.uri.is_equivalent(&contact.uri)) {
                return Err(bad("Contact given twice"));
            }
            asked.push(contact);
        }
        let flows = asked.iter().filter(|contact| contact.reg_id.is_some());
        let new_flows = flows.clone().filter(|contact| contact.expires_s > 0).count();
        if new_flows > 1 {
            // RFC 5626 §6: one flow, one contact.
            return Err(bad("More than one Contact with reg-id"));
        }
        self.outbound = flows.count() > 0;
        if self.outbound && !first_hop_keeps_flows(request, &self.path) {
            return Err(refuse(439, "First Hop Lacks Outbound Support"));
        }
        let is_brief = |contact: &AskedContact| (1..rules.expires_min_s).contains(&contact.expires_s);
        if asked.iter().any(is_brief) {
            let mut refused = refuse(423, "Interval Too Brief");
            let least = rules.expires_min_s.to_string();
            refused.headers.push(Header::new(Name::MinExpires, least));
            return Err(refused);
        }
        Ok(asked)
    }

    /// The order of requests within one registration (RFC 3261 §10.3 step 7).
    fn check_order(&self, bound: &Contact) -> Result<(), Refused> {
        if bound.call_id == self.call_id && bound.cseq >= self.cseq {
            return Err(refuse(500, "CSeq not higher than the last"));
        }
        Ok(())
    }
}

/// What the request must be understood for (RFC 3261 §8.2.2.3).
fn check_required(request: &Message, rules: &Rules<'_>) -> Result<(), Refused> {
    let known = |option: &[u8]| {
        let is = |name: &str| option.eq_ignore_ascii_case(name.as_bytes());
        is("path") || (is("outbound") && rules.outbound) || (is("gruu") && rules.gruu.is_some())
    };
    let unknown: Vec<_> = request
        .values(&Name::Require)
        .filter(|option| !known(option))
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let mut refused = refuse(420, "Bad Extension");
    let list = unknown.join(&b", "[..]);
    refused.headers.push(Header::new(Name::Unsupported, list));
    Err(refused)
}

fn read_contact(
    contact: &NameAddr,
    expires: Option<u32>,
    rules: &Rules<'_>,
    outbound: bool,
) -> Result<AskedContact, Refused> {
    let uri = &contact.uri;
    if !uri.is_sip() {
        return Err(bad("Contact is not a sip URI"));
    }
    if let Some(gruu) = &rules.gruu
        && uri.params.get("gr").is_some()
        && uri.host.eq_ignore_ascii_case(gruu.domain)
    {
        // RFC 5627 §5.1: it would lead to itself.
        return Err(refuse(403, "Contact is a GRUU of ours"));
    }
    let mut params = contact.params.clone();
    for ours in ["expires", "pub-gruu", "temp-gruu"] {
        params.remove(ours);
    }
    let mut text = Vec::new();
    params.write(&mut text);
    if uri.as_bytes().len() + text.len() > CONTACT_BYTES_MAX {
        return Err(bad("Contact too long"));
    }
    let instance = instance(&contact.params);
    let reg_id = contact.params.get("reg-id").and_then(seconds);
    let asked = match contact.params.get("expires") {
        // What cannot be read counts as 3600 (RFC 3261 §20.19), whatever the header says.
        Some(text) => Some(seconds(text).unwrap_or(rules.expires_default_s)),
        None => expires,
    };
    Ok(AskedContact {
        uri: Uri::parse(uri.as_bytes()).map_err(|problem| bad(problem.0))?,
        params: text.into(),
        reg_id: reg_id.filter(|reg_id| outbound && instance.is_some() && *reg_id > 0),
        instance,
        q: contact.params.text("q").and_then(thousandths).unwrap_or(1000),
        expires_s: asked.unwrap_or(rules.expires_default_s).min(rules.expires_max_s),
    })
}

fn remove_all(request: &Request, rules: &Rules<'_>, bindings: &mut Bindings) -> Result<Vec<Change>, Refused> {
    let ours = |contact: &Contact| contact.epoch == rules.epoch;
    for bound in bindings.contacts.iter().filter(|contact| ours(contact)) {
        request.check_order(bound)?;
    }
    Ok(bindings.take(ChangeKind::Unregistered, ours))
}

/// Bindings on their way to what was asked for.
struct Changing<'a> {
    request: &'a Request,
    rules: &'a Rules<'a>,
    from: &'a Hop,
    now_ms: u64,
    bindings: Bindings,
    changes: Vec<Change>,
    /// The ids of what this request has changed already: each of its contacts is a binding of its own.
    touched: Vec<u32>,
}

impl Changing<'_> {
    fn change(&mut self, asked: &AskedContact) -> Result<(), Refused> {
        let place = self.find(asked);
        if let Some(place) = place {
            let bound = &self.bindings.contacts[place];
            self.request.check_order(bound)?;
            if bound.epoch > self.rules.epoch {
                return Err(refuse(403, "Logged in elsewhere"));
            }
        }
        match (place, asked.expires_s) {
            (None, 0) => {}
            (Some(place), 0) => {
                let contact = self.bindings.contacts.remove(place);
                self.note(ChangeKind::Unregistered, contact);
            }
            (None, _) => {
                let id = self.bindings.next_id;
                self.bindings.next_id = id.wrapping_add(1);
                let contact = self.contact(asked, id, self.now_ms);
                self.bindings.contacts.push(contact.clone());
                self.note(ChangeKind::Created, contact);
            }
            (Some(place), _) => {
                let bound = &self.bindings.contacts[place];
                let contact = self.contact(asked, bound.id, bound.created_ms);
                let kind = if contact.expires_at_ms < bound.expires_at_ms {
                    ChangeKind::Shortened
                } else {
                    ChangeKind::Refreshed
                };
                self.bindings.contacts[place] = contact.clone();
                self.note(kind, contact);
            }
        }
        Ok(())
    }

    /// The binding that the request is about. With Outbound that of the same instance and reg-id, whatever its
    /// URI (RFC 5626 §6); otherwise that of the same URI, and failing that, where there is to be one
    /// contact per instance, that of the same instance.
    fn find(&self, asked: &AskedContact) -> Option<usize> {
        let position = |is: &dyn Fn(&Contact) -> bool| {
            let mut contacts = self.bindings.contacts.iter();
            contacts.position(|bound| !self.touched.contains(&bound.id) && is(bound))
        };
        let same_instance = |bound: &Contact| asked.instance.is_some() && bound.instance == asked.instance;
        if asked.reg_id.is_some() {
            return position(&|bound| same_instance(bound) && bound.reg_id == asked.reg_id);
        }
        let same_uri = |bound: &Contact| {
            bound.reg_id.is_none()
                && Uri::from_bytes(bound.uri.clone()).is_ok_and(|uri| uri.is_equivalent(&asked.uri))
        };
        position(&same_uri).or_else(|| {
            // Not when it takes something back: that is meant for what it names.
            let wanted = self.rules.one_contact_per_instance && asked.expires_s > 0;
            position(&|bound| wanted && same_instance(bound) && bound.reg_id.is_none())
        })
    }

    fn contact(&self, asked: &AskedContact, id: u32, created_ms: u64) -> Contact {
        let request = self.request;
        Contact {
            id,
            uri: asked.uri.bytes().clone(),
            params: asked.params.clone(),
            instance: asked.instance.clone(),
            reg_id: asked.reg_id,
            q: asked.q,
            path: request.path.clone(),
            hop: self.from.clone(),
            expires_at_ms: self.now_ms.saturating_add(u64::from(asked.expires_s) * 1000),
            call_id: request.call_id.clone(),
            cseq: request.cseq,
            user_agent: request.user_agent.clone(),
            created_ms,
            received_ms: self.now_ms,
            epoch: self.rules.epoch,
        }
    }

    fn keep_to_the_limit(&mut self) -> Result<(), Refused> {
        while self.bindings.contacts.len() > self.rules.contacts_max {
            if self.rules.when_full == WhenFull::Refuse {
                return Err(refuse(403, TOO_MANY));
            }
            let contacts = self.bindings.contacts.iter().enumerate();
            let oldest = contacts.min_by_key(|(_, contact)| (contact.received_ms, contact.id));
            let Some((place, _)) = oldest else { break };
            let contact = self.bindings.contacts.remove(place);
            self.note(ChangeKind::Rejected, contact);
        }
        Ok(())
    }

    fn note(&mut self, kind: ChangeKind, contact: Contact) {
        self.touched.push(contact.id);
        self.changes.push(Change { kind, contact });
    }
}

/// Whether the flow is in the hands of somebody who keeps it: ours, when the phone sent to us without a proxy
/// between; otherwise the first proxy's, when its Path URI says so (RFC 5626 §6). The first proxy is the last in
/// Path, since each puts itself in front.
fn first_hop_keeps_flows(request: &Message, path: &[Bytes]) -> bool {
    match path.last() {
        Some(first) => NameAddr::parse(first).is_ok_and(|first| first.uri.params.get("ob").is_some()),
        None => request.values(&Name::Via).nth(1).is_none(),
    }
}

/// The instance without quotes and angle brackets.
fn instance(params: &Params) -> Option<SmolStr> {
    let text = params.text("+sip.instance")?.trim();
    let text = text
        .strip_prefix('<')
        .and_then(|text| text.strip_suffix('>'))
        .unwrap_or(text);
    (!text.is_empty() && text.len() <= INSTANCE_BYTES_MAX).then(|| SmolStr::new(text))
}

/// Whether an option stands in Supported or Require.
fn supports(request: &Message, option: &str) -> bool {
    let has = |name: &Name| {
        request
            .values(name)
            .any(|value| value.eq_ignore_ascii_case(option.as_bytes()))
    };
    has(&Name::Supported) || has(&Name::Require)
}

fn user_agent(request: &Message) -> SmolStr {
    let text = request.text(&Name::UserAgent).unwrap_or_default();
    let mut end = text.len().min(USER_AGENT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    SmolStr::new(&text[..end])
}

/// Digits; more than fit mean the most. `None` when it is something else.
fn seconds(text: &[u8]) -> Option<u32> {
    let text = text.trim_ascii();
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(text).ok().filter(|_| digits)?;
    Some(text.parse().unwrap_or(u32::MAX))
}

/// `1`, `0.25`: a q value in thousandths (RFC 3261 §25.1).
fn thousandths(text: &str) -> Option<u16> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > 3 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part: u16 = format!("{part:0<3}").parse().ok()?;
    match whole {
        "0" | "" => Some(part),
        "1" if part == 0 => Some(1000),
        _ => None,
    }
}

fn bad(reason: &'static str) -> Refused {
    refuse(400, reason)
}

const fn refuse(status: u16, reason: &'static str) -> Refused {
    Refused {
        status,
        reason,
        headers: Vec::new(),
    }
}

const TOO_MANY: &str = "Too many contacts";

// What is longer than these is refused with 400 (the User-Agent is cut), so that a record stays small.
const CALL_ID_BYTES_MAX: usize = 256;
const CONTACT_BYTES_MAX: usize = 2048;
const INSTANCE_BYTES_MAX: usize = 128;
const PATHS_MAX: usize = 8;
/// All of them together.
const PATH_BYTES_MAX: usize = 2048;
const USER_AGENT_BYTES_MAX: usize = 128;

//! Our values as the typed ones of the rsip crate, for building messages and for code that works with rsip.
//!
//! The typed values are put together from parts that are read already: rsip's own parser never sees what came
//! from the network. What rsip cannot hold, or would not print again as it is, is an error, and the caller uses
//! our own value instead:
//!
//! * IPv6 hosts, which rsip prints without their brackets;
//! * URIs other than sip and sips, and those with header fields behind a question mark;
//! * methods and transports that are not in its lists;
//! * anything that is not UTF-8, and parameters in another than their usual form (`expires` in capitals, ...).
//!
//! One difference is let pass: rsip prints the value of a `transport` parameter in capitals, which means the same.

use rsip::common::uri::{Auth, Host, HostWithPort, Param};

use super::{BadValue, NameAddr, Params, Via};
use crate::message::Method;
use crate::uri::{Scheme, Uri};

const NOT_HELD: BadValue = BadValue("Not held by rsip");

impl TryFrom<&Uri> for rsip::Uri {
    type Error = BadValue;

    fn try_from(uri: &Uri) -> Result<Self, BadValue> {
        let scheme = match uri.scheme {
            Scheme::Sip => rsip::Scheme::Sip,
            Scheme::Sips => rsip::Scheme::Sips,
            Scheme::Tel | Scheme::Urn | Scheme::Other(_) => return Err(NOT_HELD),
        };
        let user = uri.user.as_deref().map(text).transpose()?;
        let auth = user.map(|user| Auth {
            user: user.to_owned(),
            password: None,
        });
        let typed = Self {
            scheme: Some(scheme),
            auth,
            host_with_port: host_with_port(&uri.host, uri.port)?,
            params: params(&uri.params)?,
            headers: Vec::new(),
        };
        // A password, header fields, or a spelling that rsip does not keep.
        let is_same = typed.to_string().as_bytes().eq_ignore_ascii_case(uri.as_bytes());
        is_same.then_some(typed).ok_or(NOT_HELD)
    }
}

impl TryFrom<&Via> for rsip::typed::Via {
    type Error = BadValue;

    fn try_from(via: &Via) -> Result<Self, BadValue> {
        let typed = Self {
            version: rsip::Version::V2,
            transport: via.transport.parse().map_err(|_| NOT_HELD)?,
            uri: host_with_port(&via.host, via.port)?.into(),
            params: params(&via.params)?,
        };
        let is_same = typed.to_string().as_bytes().eq_ignore_ascii_case(&via.to_vec());
        is_same.then_some(typed).ok_or(NOT_HELD)
    }
}

/// The typed headers that are an address: each has the same three parts.
macro_rules! addresses {
    ($($header:ident),+) => {$(
        impl TryFrom<&NameAddr> for rsip::typed::$header {
            type Error = BadValue;

            fn try_from(address: &NameAddr) -> Result<Self, BadValue> {
                let typed = Self {
                    display_name: quoted(&address.display)?,
                    uri: (&address.uri).try_into()?,
                    params: params(&address.params)?,
                };
                let is_same = typed.to_string().as_bytes().eq_ignore_ascii_case(&address.to_vec());
                is_same.then_some(typed).ok_or(NOT_HELD)
            }
        }
    )+};
}

addresses!(From, To, Contact);

impl TryFrom<&Method> for rsip::Method {
    type Error = BadValue;

    fn try_from(method: &Method) -> Result<Self, BadValue> {
        let mut all = Self::all().into_iter();
        all.find(|typed| typed.to_string() == method.as_str())
            .ok_or(NOT_HELD)
    }
}

fn host_with_port(host: &str, port: Option<u16>) -> Result<HostWithPort, BadValue> {
    if host.starts_with('[') {
        return Err(NOT_HELD);
    }
    Ok(HostWithPort {
        host: Host::from(host),
        port: port.map(Into::into),
    })
}

fn params(params: &Params) -> Result<Vec<Param>, BadValue> {
    let one = |(name, value): (&[u8], Option<&[u8]>)| {
        let value = value.map(text).transpose()?;
        Param::try_from((text(name)?, value)).map_err(|_| NOT_HELD)
    };
    params.iter().map(one).collect()
}

/// A display name as rsip keeps it: with its quotes.
fn quoted(display: &[u8]) -> Result<Option<String>, BadValue> {
    if display.is_empty() {
        return Ok(None);
    }
    let escaped = text(display)?.replace('\\', "\\\\").replace('"', "\\\"");
    Ok(Some(format!("\"{escaped}\"")))
}

fn text(bytes: &[u8]) -> Result<&str, BadValue> {
    std::str::from_utf8(bytes).map_err(|_| NOT_HELD)
}

//! Via (RFC 3261 §20.42, RFC 3581).

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use smol_str::SmolStr;

use super::{BadValue, Params, is_token};
use crate::hop::Transport;
use crate::uri::{host_ip, split_host_port};

/// What the branch of every element that follows RFC 3261 begins with (§8.1.1.7).
pub const MAGIC_COOKIE: &str = "z9hG4bK";

/// One Via value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    /// As it stands there ("UDP"); other transports than ours can be passed on.
    pub transport: SmolStr,
    /// Host name or address of sent-by; an IPv6 address in its brackets.
    pub host: SmolStr,
    /// Port of sent-by.
    pub port: Option<u16>,
    /// branch, received, rport, ...
    pub params: Params,
}

impl Via {
    /// Reads `SIP/2.0/UDP host:port;branch=z9hG4bK...`, white space allowed around the slashes.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(value: &[u8]) -> Result<Self, BadValue> {
        Self::from_bytes(&Bytes::copy_from_slice(value))
    }

    /// As [`parse`](Self::parse), sharing the memory.
    ///
    /// # Errors
    /// As there.
    pub fn from_bytes(value: &Bytes) -> Result<Self, BadValue> {
        let bad = BadValue("Bad Via");
        let params_at = memchr::memchr(b';', value).unwrap_or(value.len());
        let head = std::str::from_utf8(&value[..params_at]).map_err(|_| bad)?;
        let params = Params::from_bytes(value.slice(params_at..));
        let mut parts = head.splitn(3, '/');
        let (Some(name), Some(version), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(bad);
        };
        if !name.trim().eq_ignore_ascii_case("SIP") || version.trim() != "2.0" {
            return Err(BadValue("Via of another protocol"));
        }
        let (transport, sent_by) = rest.trim_start().split_once([' ', '\t', '\r', '\n']).ok_or(bad)?;
        if !is_token(transport.as_bytes()) {
            return Err(bad);
        }
        let (host, port) = split_host_port(sent_by.trim()).ok_or(bad)?;
        params.check().map_err(|_| BadValue("Bad Via parameter"))?;
        Ok(Self {
            transport: SmolStr::new(transport),
            host: SmolStr::new(host),
            port,
            params,
        })
    }

    /// The branch.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        self.params.text("branch")
    }

    /// The branch if it identifies a transaction by itself: the magic cookie and something behind it
    /// (RFC 3261 §17.2.3). `None` for elements of RFC 2543, and for those that send the bare cookie.
    #[must_use]
    pub fn transaction_branch(&self) -> Option<&str> {
        let branch = self.branch()?;
        let cookie = branch.get(..MAGIC_COOKIE.len())?;
        (cookie.eq_ignore_ascii_case(MAGIC_COOKIE) && branch.len() > cookie.len()).then_some(branch)
    }

    /// The address in sent-by, when it is one.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        host_ip(&self.host)
    }

    /// Notes where the request came from (RFC 3261 §18.2.1, RFC 3581 §4): `received` when sent-by is a name or
    /// another address, or when the sender asks for `rport`; the port then too. Returns whether it changed
    /// anything.
    pub fn note_source(&mut self, source: SocketAddr) -> bool {
        let asked = self.params.get("rport").is_some();
        let ip = source.ip().to_canonical();
        if !asked && self.ip().map(|ip| ip.to_canonical()) == Some(ip) {
            return false;
        }
        self.params.set("received", Some(&ip.to_string()));
        if asked {
            self.params.set("rport", Some(&source.port().to_string()));
        }
        true
    }

    /// Where a response goes over datagrams (RFC 3261 §18.2.2, RFC 3581 §4): received and rport where they are,
    /// sent-by otherwise. `None` when the host is a name and received is missing, and for addresses that are
    /// no single host's: nobody may have us answer to a broadcast address (RFC 4475 §3.3.10).
    #[must_use]
    pub fn response_address(&self) -> Option<SocketAddr> {
        let ip = host_ip(self.params.text("received").unwrap_or(&self.host))?;
        let is_broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
        if is_broadcast || ip.is_multicast() || ip.is_unspecified() {
            return None;
        }
        let rport = self.params.text("rport").and_then(|port| port.parse().ok());
        let transport = self.transport.parse().unwrap_or(Transport::Udp);
        let port = rport.or(self.port).unwrap_or_else(|| transport.default_port());
        Some(SocketAddr::new(ip, port))
    }

    /// Writes it.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(96);
        out.extend_from_slice(b"SIP/2.0/");
        out.extend_from_slice(self.transport.as_bytes());
        out.push(b' ');
        out.extend_from_slice(self.host.as_bytes());
        if let Some(port) = self.port {
            out.extend_from_slice(format!(":{port}").as_bytes());
        }
        self.params.write(&mut out);
        out
    }
}

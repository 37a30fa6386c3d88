//! Via (RFC 3261 §20.42, RFC 3581).

use std::net::{IpAddr, SocketAddr};

use smol_str::SmolStr;

use super::{BadValue, Params};
use crate::hop::Transport;
use crate::uri::split_host_port;

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
        let bad = BadValue("Bad Via");
        let params_at = memchr::memchr(b';', value).unwrap_or(value.len());
        let (head, params) = value.split_at(params_at);
        let head = std::str::from_utf8(head).map_err(|_| bad)?;
        let mut parts = head.splitn(3, '/');
        let (Some(name), Some(version), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(bad);
        };
        if !name.trim().eq_ignore_ascii_case("SIP") || version.trim() != "2.0" {
            return Err(BadValue("Via of another protocol"));
        }
        let (transport, sent_by) = rest.trim_start().split_once([' ', '\t', '\r', '\n']).ok_or(bad)?;
        let (host, port) = split_host_port(sent_by.trim()).ok_or(bad)?;
        Ok(Self {
            transport: SmolStr::new(transport),
            host: SmolStr::new(host),
            port,
            params: Params::parse(params.get(1..).unwrap_or_default()),
        })
    }

    /// The branch.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        self.params.text("branch")
    }

    /// Where a response goes over datagrams (RFC 3261 §18.2.2, RFC 3581 §4): received and rport where they are,
    /// sent-by otherwise. `None` when the host is a name and received is missing.
    #[must_use]
    pub fn response_address(&self) -> Option<SocketAddr> {
        let host = self.params.text("received").unwrap_or(&self.host);
        let ip: IpAddr = host.trim_matches(['[', ']']).parse().ok()?;
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

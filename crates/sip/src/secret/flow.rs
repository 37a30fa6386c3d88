//! Flow tokens (RFC 5626 §5.2): a hop in the user part of a Path or Record-Route URI, so that no table is
//! needed to find the flow again, and nobody can make us send where we never received from.
//!
//! ```text
//! base64url of: HMAC-SHA-256 of the rest, cut to 10 bytes | run (4 bytes) | hop
//! hop: flags (1 byte) | listener (2) | address (4 or 16) | port (2) | connection (8)? | server name (1 + n)?
//! flags: bits 0-2 transport, bit 3 IPv6, bit 4 connection, bit 5 server name
//! ```

use std::net::{IpAddr, SocketAddr};

use data_encoding::BASE64URL_NOPAD;
use ring::hmac;
use smol_str::{SmolStr, format_smolstr};
use subtle::ConstantTimeEq;

use crate::hop::{ConnectionId, Hop, ListenerId, Transport};

/// Makes and reads the flow tokens of one edge.
#[derive(Clone)]
pub struct FlowTokens {
    key: hmac::Key,
    run: [u8; 4],
}

impl FlowTokens {
    pub(super) fn new(key: &[u8; 32], run: u64) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        // Mixed, so that start times in whatever unit differ in these four bytes.
        let mixed = hmac::sign(&key, &run.to_be_bytes());
        let mut run = [0; 4];
        run.copy_from_slice(&mixed.as_ref()[..4]);
        Self { key, run }
    }

    /// The token of a hop: letters, digits, `-` and `_`, fit for the user part of a URI. About 35 of them for
    /// IPv4 datagrams, 60 for IPv6 connections.
    #[must_use]
    pub fn token(&self, hop: &Hop) -> SmolStr {
        let mut bytes = vec![0; MAC];
        bytes.extend_from_slice(&self.run);
        write_hop(&mut bytes, hop, hop.connection);
        let mac = hmac::sign(&self.key, &bytes[MAC..]);
        bytes[..MAC].copy_from_slice(&mac.as_ref()[..MAC]);
        format_smolstr!("{}", BASE64URL_NOPAD.encode_display(&bytes))
    }

    /// The hop of a token; `None` when this edge did not make it. A token from an earlier run has lost its
    /// connection: for a datagram flow it is as good as ever, for a stream the caller finds a connection that is
    /// open to the address, or the flow has failed (430).
    #[must_use]
    pub fn open(&self, token: &str) -> Option<Hop> {
        if token.len() > TOKEN_LETTERS_MAX {
            return None;
        }
        let bytes = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let (mac, rest) = bytes.split_at_checked(MAC)?;
        let expected = hmac::sign(&self.key, rest);
        if !bool::from(expected.as_ref()[..MAC].ct_eq(mac)) {
            return None;
        }
        let (run, mut rest) = rest.split_first_chunk::<4>()?;
        let mut hop = read_hop(&mut rest)?;
        if *run != self.run {
            hop.connection = None;
        }
        rest.is_empty().then_some(hop)
    }
}

/// Appends a hop, with this connection in place of its own.
pub(crate) fn write_hop(out: &mut Vec<u8>, hop: &Hop, connection: Option<ConnectionId>) {
    let transport = TRANSPORTS
        .iter()
        .zip(0..)
        .find(|(transport, _)| **transport == hop.transport)
        .map_or(0, |(_, number)| number);
    let flag = |has: bool, bit: u8| if has { bit } else { 0 };
    // A longer name is left out: what it named is then known by its address only.
    let name = hop
        .server_name
        .as_ref()
        .filter(|name| name.len() <= SERVER_NAME_MAX);
    out.push(
        transport
            | flag(hop.remote.is_ipv6(), V6)
            | flag(connection.is_some(), CONNECTION)
            | flag(name.is_some(), NAMED),
    );
    out.extend_from_slice(&hop.listener.0.to_be_bytes());
    match hop.remote.ip() {
        IpAddr::V4(v4) => out.extend_from_slice(&v4.octets()),
        IpAddr::V6(v6) => out.extend_from_slice(&v6.octets()),
    }
    out.extend_from_slice(&hop.remote.port().to_be_bytes());
    if let Some(ConnectionId(id)) = connection {
        out.extend_from_slice(&id.to_be_bytes());
    }
    if let Some(name) = name {
        out.push(u8::try_from(name.len()).unwrap_or(0));
        out.extend_from_slice(name.as_bytes());
    }
}

/// Reads a hop and moves on behind it.
pub(crate) fn read_hop(bytes: &mut &[u8]) -> Option<Hop> {
    let [flags] = take(bytes)?;
    if flags & UNKNOWN != 0 {
        return None;
    }
    let transport = *TRANSPORTS.get(usize::from(flags & TRANSPORT))?;
    let listener = ListenerId(u16::from_be_bytes(take(bytes)?));
    let ip = if flags & V6 != 0 {
        IpAddr::from(take::<16>(bytes)?)
    } else {
        IpAddr::from(take::<4>(bytes)?)
    };
    let remote = SocketAddr::new(ip, u16::from_be_bytes(take(bytes)?));
    let mut hop = Hop::to(listener, transport, remote);
    if flags & CONNECTION != 0 {
        hop.connection = Some(ConnectionId(u64::from_be_bytes(take(bytes)?)));
    }
    if flags & NAMED != 0 {
        let [length] = take(bytes)?;
        let (name, rest) = bytes.split_at_checked(usize::from(length))?;
        *bytes = rest;
        hop.server_name = Some(SmolStr::new(std::str::from_utf8(name).ok()?));
    }
    Some(hop)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

/// Their places are their numbers in tokens and in stored bindings: add at the end only.
const TRANSPORTS: [Transport; 5] = [
    Transport::Udp,
    Transport::Tcp,
    Transport::Tls,
    Transport::Ws,
    Transport::Wss,
];
const TRANSPORT: u8 = 0b0000_0111;
const V6: u8 = 0b0000_1000;
const CONNECTION: u8 = 0b0001_0000;
const NAMED: u8 = 0b0010_0000;
const UNKNOWN: u8 = 0b1100_0000;

/// 80 bits (as RFC 5626 §5.2 has it in its example): whoever guesses asks us each time.
const MAC: usize = 10;

/// The longest name of a host (RFC 1035 §2.3.4).
const SERVER_NAME_MAX: usize = 253;

/// Longer ones are not ours.
const TOKEN_LETTERS_MAX: usize = 512;

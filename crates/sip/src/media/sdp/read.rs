//! Reading a description: as much as matters to us.

use std::net::{IpAddr, SocketAddr};

use super::{Agreed, NotAcceptable};
use crate::media::g711::Codec;

/// More streams than any phone offers; a description with more is not acceptable.
const SECTIONS_MAX: usize = 16;

/// An `m=` line with what follows it, session-level values filled in.
#[derive(Clone, Debug)]
pub(super) struct Section<'a> {
    /// `audio`, `video`, ...
    pub(super) kind: &'a str,
    port: u16,
    /// `RTP/AVP`, ...
    pub(super) protocol: &'a str,
    /// The payload types, as text: that of other kinds of media can be anything.
    pub(super) formats: &'a str,
    connection: Option<&'a str>,
    direction: Direction,
    attributes: Vec<&'a str>,
}

/// As the phone says it (RFC 3264 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

/// Takes a description apart.
pub(super) fn sections(description: &[u8]) -> Result<Vec<Section<'_>>, NotAcceptable> {
    // Names in it may be of any bytes; the lines that matter are ASCII.
    let lines = description
        .split(|byte| *byte == b'\n')
        .filter_map(|line| std::str::from_utf8(line.trim_ascii_end()).ok())
        .filter_map(|line| line.split_once('='));
    let (mut connection, mut direction) = (None, Direction::SendRecv);
    let mut sections: Vec<Section<'_>> = Vec::new();
    let mut described = false;
    for (letter, value) in lines {
        if letter == "m" {
            if sections.len() == SECTIONS_MAX {
                return Err(NotAcceptable("Too many streams offered"));
            }
            sections.push(Section::read(value, connection, direction)?);
            continue;
        }
        match (letter, sections.last_mut()) {
            ("v", _) => described = value.trim() == "0",
            ("c", None) => connection = Some(value),
            ("c", Some(section)) => section.connection = Some(value),
            ("a", None) => direction = Direction::read(value).unwrap_or(direction),
            ("a", Some(section)) => match Direction::read(value) {
                Some(direction) => section.direction = direction,
                None => section.attributes.push(value),
            },
            _ => {}
        }
    }
    if described {
        Ok(sections)
    } else {
        Err(NotAcceptable("Bad session description"))
    }
}

impl<'a> Section<'a> {
    fn read(line: &'a str, connection: Option<&'a str>, direction: Direction) -> Result<Self, NotAcceptable> {
        let bad = NotAcceptable("Bad session description");
        let mut words = line.splitn(4, ' ');
        let (Some(kind), Some(port), Some(protocol), Some(formats)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(bad);
        };
        // "49170/2" offers two ports; the first is enough.
        let port = port
            .split('/')
            .next()
            .and_then(|port| port.parse().ok())
            .ok_or(bad)?;
        Ok(Self {
            kind,
            port,
            protocol,
            formats: formats.trim(),
            connection,
            direction,
            attributes: Vec::new(),
        })
    }

    pub(super) fn is_audio(&self) -> bool {
        self.kind == "audio" && self.port != 0
    }

    /// What it comes to, when we speak it.
    pub(super) fn agree(&self) -> Result<Agreed, NotAcceptable> {
        if !self.is_audio() {
            return Err(NotAcceptable("No audio offered"));
        }
        if self.protocol != "RTP/AVP" {
            return Err(NotAcceptable("Only plain RTP is spoken here, no encrypted media"));
        }
        let (payload_type, codec) = self
            .payload_types()
            .find_map(|payload_type| Some((payload_type, self.codec(payload_type)?)))
            .ok_or(NotAcceptable("No common codec: PCMU and PCMA are spoken here"))?;
        let key_events = self.payload_types().find(|payload_type| {
            self.rtpmap(*payload_type)
                .is_some_and(|encoding| encoding.eq_ignore_ascii_case("telephone-event/8000"))
        });
        let remote = self.remote()?;
        let (sends, receives) = match self.direction {
            Direction::SendRecv => (true, true),
            Direction::SendOnly => (false, true),
            Direction::RecvOnly => (true, false),
            Direction::Inactive => (false, false),
        };
        Ok(Agreed {
            codec,
            payload_type,
            key_events,
            remote,
            sends: sends && remote.is_some(),
            receives,
        })
    }

    fn payload_types(&self) -> impl Iterator<Item = u8> + '_ {
        let types = self.formats.split_ascii_whitespace();
        types
            .filter_map(|text| text.parse().ok())
            .filter(|payload_type| *payload_type < 128)
    }

    fn codec(&self, payload_type: u8) -> Option<Codec> {
        let Some(encoding) = self.rtpmap(payload_type) else {
            return [Codec::Pcmu, Codec::Pcma]
                .into_iter()
                .find(|codec| codec.payload_type() == payload_type);
        };
        // "/1" for one channel may follow.
        let encoding = encoding.strip_suffix("/1").unwrap_or(encoding);
        [Codec::Pcmu, Codec::Pcma].into_iter().find(|codec| {
            encoding
                .strip_suffix("/8000")
                .is_some_and(|name| name.eq_ignore_ascii_case(codec.name()))
        })
    }

    /// The encoding of a payload type: "telephone-event/8000".
    fn rtpmap(&self, payload_type: u8) -> Option<&'a str> {
        self.attributes.iter().find_map(|attribute| {
            let (number, encoding) = attribute.strip_prefix("rtpmap:")?.trim_start().split_once(' ')?;
            (number.parse() == Ok(payload_type)).then(|| encoding.trim())
        })
    }

    fn remote(&self) -> Result<Option<SocketAddr>, NotAcceptable> {
        let connection = self.connection.ok_or(NotAcceptable("No address offered"))?;
        let mut words = connection.split_ascii_whitespace();
        let (Some("IN"), Some("IP4" | "IP6"), Some(address)) = (words.next(), words.next(), words.next())
        else {
            return Err(NotAcceptable("No address offered"));
        };
        let address: IpAddr = address
            .parse()
            .map_err(|_| NotAcceptable("Only addresses are understood in c= lines, no names"))?;
        let many = address.is_multicast() || matches!(address, IpAddr::V4(v4) if v4.is_broadcast());
        if many {
            return Err(NotAcceptable("No multicast is spoken here"));
        }
        Ok((!address.is_unspecified()).then(|| SocketAddr::new(address, self.port)))
    }
}

impl Direction {
    fn read(attribute: &str) -> Option<Self> {
        match attribute {
            "sendrecv" => Some(Self::SendRecv),
            "sendonly" => Some(Self::SendOnly),
            "recvonly" => Some(Self::RecvOnly),
            "inactive" => Some(Self::Inactive),
            _ => None,
        }
    }
}

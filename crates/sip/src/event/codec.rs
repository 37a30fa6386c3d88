//! Records for the edge's store: a version byte, then fields in a fixed order, lengths before bytes.

use bytes::Bytes;

use crate::hop::{Hop, ListenerId, Transport};

/// A record being written.
#[derive(Default)]
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn u8(&mut self, value: u8) -> &mut Self {
        self.0.push(value);
        self
    }

    pub(crate) fn u32(&mut self, value: u32) -> &mut Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(crate) fn u64(&mut self, value: u64) -> &mut Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        let length = u32::try_from(value.len()).expect("no field is larger than a message");
        self.u32(length);
        self.0.extend_from_slice(value);
        self
    }

    /// Without the connection: none outlives the process.
    pub(crate) fn hop(&mut self, hop: &Hop) -> &mut Self {
        let transport = match hop.transport {
            Transport::Udp => 0,
            Transport::Tcp => 1,
            Transport::Tls => 2,
            Transport::Ws => 3,
            Transport::Wss => 4,
        };
        self.u32(u32::from(hop.listener.0)).u8(transport);
        self.bytes(hop.remote.to_string().as_bytes());
        self.bytes(hop.server_name.as_deref().unwrap_or_default().as_bytes())
    }

    pub(crate) fn finish(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

/// A record being read. `None` anywhere: cut short or damaged.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        Some(u64::from_be_bytes(self.take(8)?.try_into().ok()?))
    }

    pub(crate) fn bytes(&mut self) -> Option<Bytes> {
        let length = usize::try_from(self.u32()?).ok()?;
        Some(Bytes::copy_from_slice(self.take(length)?))
    }

    pub(crate) fn text(&mut self) -> Option<smol_str::SmolStr> {
        Some(std::str::from_utf8(&self.bytes()?).ok()?.into())
    }

    pub(crate) fn hop(&mut self) -> Option<Hop> {
        let listener = ListenerId(u16::try_from(self.u32()?).ok()?);
        let transport = match self.u8()? {
            0 => Transport::Udp,
            1 => Transport::Tcp,
            2 => Transport::Tls,
            3 => Transport::Ws,
            4 => Transport::Wss,
            _ => return None,
        };
        let mut hop = Hop::to(listener, transport, self.text()?.parse().ok()?);
        hop.server_name = Some(self.text()?).filter(|name| !name.is_empty());
        Some(hop)
    }
}

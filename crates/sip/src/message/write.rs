//! Back to bytes.

use bytes::{BufMut, Bytes, BytesMut};

use super::{Message, Name, StartLine};

impl Message {
    /// As it goes on the wire. Content-Length is added when it is missing (streams cannot do without,
    /// RFC 3261 §18.3).
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        self.written(true)
    }

    /// As [`to_bytes`](Self::to_bytes), but without adding anything: a datagram needs no Content-Length.
    #[must_use]
    pub fn to_datagram(&self) -> Bytes {
        self.written(false)
    }

    fn written(&self, with_length: bool) -> Bytes {
        let headers: usize = self.headers.iter().map(|header| header.line().len()).sum();
        let mut bytes = BytesMut::with_capacity(self.start_len() + headers + self.body.len() + 32);
        self.write_start(&mut bytes);
        let mut sized = false;
        for header in &self.headers {
            sized |= *header.name() == Name::ContentLength;
            bytes.put_slice(header.line());
        }
        if with_length && !sized {
            bytes.put_slice(format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
        }
        bytes.put_slice(b"\r\n");
        bytes.put_slice(&self.body);
        bytes.freeze()
    }

    /// No less than the start line takes.
    fn start_len(&self) -> usize {
        match &self.start {
            StartLine::Request { line: Some(line), .. } | StartLine::Response { line: Some(line), .. } => {
                line.len() + 2
            }
            StartLine::Request { method, uri, .. } => method.as_str().len() + uri.len() + 12,
            StartLine::Response { reason, .. } => reason.len() + 16,
        }
    }

    fn write_start(&self, bytes: &mut BytesMut) {
        match &self.start {
            StartLine::Request { line: Some(line), .. } | StartLine::Response { line: Some(line), .. } => {
                bytes.put_slice(line);
            }
            StartLine::Request {
                method,
                uri,
                line: None,
            } => {
                bytes.put_slice(method.as_str().as_bytes());
                bytes.put_u8(b' ');
                bytes.put_slice(uri);
                bytes.put_slice(b" SIP/2.0");
            }
            StartLine::Response {
                status,
                reason,
                line: None,
            } => {
                bytes.put_slice(b"SIP/2.0 ");
                bytes.put_slice(status.to_string().as_bytes());
                bytes.put_u8(b' ');
                bytes.put_slice(reason);
            }
        }
        bytes.put_slice(b"\r\n");
    }
}

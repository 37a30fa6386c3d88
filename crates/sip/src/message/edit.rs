//! Changing a message. What is not named stays as it came, byte for byte.

use bytes::Bytes;

use super::{Header, Message, Name, StartLine, split_list};

impl Message {
    /// Replaces the Request-URI. Nothing for a response.
    pub fn set_uri(&mut self, new: impl AsRef<[u8]>) {
        if let StartLine::Request { uri, line, .. } = &mut self.start {
            *uri = Bytes::copy_from_slice(new.as_ref());
            *line = None;
        }
    }

    /// Adds a header field after all others.
    pub fn push(&mut self, header: Header) {
        self.headers.push(header);
    }

    /// Adds header fields after all others.
    pub fn extend(&mut self, headers: impl IntoIterator<Item = Header>) {
        self.headers.extend(headers);
    }

    /// Adds a header field before the first one of its name, or before all others when there is none: how Via,
    /// Record-Route and Route are added.
    pub fn push_front(&mut self, header: Header) {
        let first = self.position(header.name());
        self.headers.insert(first.unwrap_or(0), header);
    }

    /// Removes all header fields of this name. Returns whether there were any.
    pub fn remove(&mut self, name: &Name) -> bool {
        let before = self.headers.len();
        self.headers.retain(|header| header.name() != name);
        self.headers.len() != before
    }

    /// Puts one header field in place of all of its name: where the first stood, or at the end.
    pub fn set(&mut self, header: Header) {
        let Some(first) = self.position(header.name()) else {
            self.headers.push(header);
            return;
        };
        let name = header.name().clone();
        self.headers[first] = header;
        let mut at = 0;
        self.headers.retain(|other| {
            at += 1;
            at - 1 <= first || *other.name() != name
        });
    }

    /// Removes the first value of a list header (the top Via, the first Route) and returns it; the values after
    /// it stay as they came, in their own header field. A field that has no value at all is removed on the way.
    pub fn pop_value(&mut self, name: &Name) -> Option<Bytes> {
        loop {
            let at = self.position(name)?;
            let raw = self.headers[at].raw_bytes();
            let mut values = split_list(&raw);
            let Some(first) = values.next() else {
                self.headers.remove(at);
                continue;
            };
            match values.next() {
                None => {
                    self.headers.remove(at);
                }
                Some(second) => {
                    let rest = offset(&raw, second);
                    self.headers[at] = self.headers[at].spliced(0..rest, &[]);
                }
            }
            return Some(raw.slice_ref(first));
        }
    }

    /// Replaces the first value of a list header; what stands before and after it stays as it came. Without such
    /// a header field it is added before all others.
    pub fn set_first_value(&mut self, name: &Name, value: impl AsRef<[u8]>) {
        let Some(at) = self.position(name) else {
            self.push_front(Header::new(name.clone(), value));
            return;
        };
        let raw = self.headers[at].raw_bytes();
        self.headers[at] = match split_list(&raw).next() {
            Some(first) => {
                let start = offset(&raw, first);
                self.headers[at].spliced(start..start + first.len(), value.as_ref())
            }
            None => Header::new(name.clone(), value),
        };
    }

    /// Replaces the body and says what it is; an empty body has no type.
    pub fn set_body(&mut self, content_type: Option<&str>, body: impl Into<Bytes>) {
        self.body = body.into();
        match content_type {
            Some(content_type) => self.set(Header::new(Name::ContentType, content_type)),
            None => {
                self.remove(&Name::ContentType);
            }
        }
        self.set(Header::new(Name::ContentLength, self.body.len().to_string()));
    }

    fn position(&self, name: &Name) -> Option<usize> {
        self.headers.iter().position(|header| header.name() == name)
    }
}

/// Where a slice of `whole` begins in it.
fn offset(whole: &[u8], part: &[u8]) -> usize {
    part.as_ptr() as usize - whole.as_ptr() as usize
}

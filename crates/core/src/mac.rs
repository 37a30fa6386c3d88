//! Addresses of network interfaces: how a phone says which one it is.

use std::fmt;
use std::str::FromStr;

use crate::id::{DeviceId, InvalidName};

/// A MAC address (EUI-48). Shown as twelve lower-case hex digits, as a [`DeviceId`] made from one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddress([u8; 6]);

impl MacAddress {
    /// The address with these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 6]) -> Self {
        Self(bytes)
    }

    /// Reads any usual spelling: colons, dashes, dots, or nothing in between.
    ///
    /// # Errors
    /// [`InvalidName`] for anything but twelve hex digits, for the address of everybody (all ones) and of nobody
    /// (all zeros), and for a multicast address: no phone has one of these.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        const RULE: &str = "a MAC address of one phone: 12 hex digits such as 00:1a:2b:3c:4d:5e";
        let invalid = || InvalidName::new("MAC address", text, RULE);
        let mut digits = text.trim().chars().filter(|c| !matches!(c, ':' | '-' | '.'));
        let mut bytes = [0_u8; 6];
        for byte in &mut bytes {
            let mut digit = || digits.next().and_then(|c| c.to_digit(16));
            let (high, low) = (digit().ok_or_else(invalid)?, digit().ok_or_else(invalid)?);
            *byte = u8::try_from(high * 16 + low).map_err(|_| invalid())?;
        }
        let is_of_one = bytes != [0; 6] && bytes[0] & 1 == 0;
        if digits.next().is_some() || !is_of_one {
            return Err(invalid());
        }
        Ok(Self(bytes))
    }

    /// The six bytes.
    #[must_use]
    pub const fn bytes(self) -> [u8; 6] {
        self.0
    }
}

/// Twelve lower-case hex digits.
impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for MacAddress {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        Self::parse(text)
    }
}

/// A phone that is known by its address.
impl From<MacAddress> for DeviceId {
    fn from(mac: MacAddress) -> Self {
        Self::parse(&mac.to_string()).expect("twelve hex digits are a device id")
    }
}

impl DeviceId {
    /// The address that this id is, if it is one.
    #[must_use]
    pub fn mac(&self) -> Option<MacAddress> {
        let is_plain = self.as_str().len() == 12;
        is_plain.then(|| MacAddress::parse(self.as_str()).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling() {
        for text in [
            "00:1A:2B:3C:4D:5E",
            "001a.2b3c.4d5e",
            " 00-1a-2b-3c-4d-5e",
            "001a2b3c4d5e",
        ] {
            let mac = MacAddress::parse(text).unwrap();
            assert_eq!(mac.to_string(), "001a2b3c4d5e", "{text}");
            assert_eq!(DeviceId::from(mac).as_str(), "001a2b3c4d5e");
            assert_eq!(DeviceId::from(mac).mac(), Some(mac));
        }
    }

    #[test]
    fn what_no_phone_has_is_not_taken() {
        for text in [
            "",
            "lobby",
            "001a2b3c4d5",
            "001a2b3c4d5e6",
            "001a2b3c4d5g",
            "0:1a:2b:3c:4d:5e",
        ] {
            assert!(MacAddress::parse(text).is_err(), "{text}");
        }
        for text in [
            "ff:ff:ff:ff:ff:ff",
            "00:00:00:00:00:00",
            "01:00:5e:00:00:01",
            "33:33:00:00:00:01",
        ] {
            assert!(MacAddress::parse(text).is_err(), "{text}");
        }
        assert_eq!(DeviceId::parse("lobby-1").unwrap().mac(), None);
        assert_eq!(DeviceId::parse("ffffffffffff").unwrap().mac(), None);
    }
}

//! STUN binding requests on the SIP port: how phones keep their flow over datagrams alive and learn their own
//! address (RFC 5626 §4.4.2, RFC 5389). Nothing else of STUN.

use std::net::{IpAddr, SocketAddr};

/// The answer to a datagram when it is a STUN binding request; `None` when it is not.
pub(super) fn answer(datagram: &[u8], from: SocketAddr) -> Option<Vec<u8>> {
    let (head, attributes) = datagram.split_at_checked(HEAD)?;
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    let is_binding_request =
        head[..2] == BINDING_REQUEST && head[4..8] == COOKIE && length == attributes.len() && length % 4 == 0;
    if !is_binding_request {
        return None;
    }
    let transaction = &head[4..HEAD];
    let unknown = unknown_attributes(attributes);
    if unknown.is_empty() {
        let address = xor_mapped_address(from, transaction);
        Some(message(BINDING_SUCCESS, transaction, &address))
    } else {
        let mut refusal = attribute(ERROR_CODE, b"\0\0\x04\x14Unknown Attribute");
        let unknown: Vec<u8> = unknown.into_iter().flat_map(u16::to_be_bytes).collect();
        refusal.extend(attribute(UNKNOWN_ATTRIBUTES, &unknown));
        Some(message(BINDING_ERROR, transaction, &refusal))
    }
}

const HEAD: usize = 20;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];
const BINDING_ERROR: [u8; 2] = [0x01, 0x11];
const ERROR_CODE: u16 = 0x0009;
const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;

/// Attributes that must be understood (below 0x8000) and are not (RFC 5389 §7.3.1). Credentials are let pass:
/// no authentication is asked for (RFC 5626 §8).
fn unknown_attributes(mut attributes: &[u8]) -> Vec<u16> {
    let mut unknown = Vec::new();
    while let [t0, t1, l0, l1, rest @ ..] = attributes {
        let kind = u16::from_be_bytes([*t0, *t1]);
        let length = usize::from(u16::from_be_bytes([*l0, *l1])).next_multiple_of(4);
        if kind < 0x8000 && !matches!(kind, 0x0006 | 0x0008) && unknown.len() < UNKNOWN_MAX {
            unknown.push(kind);
        }
        attributes = rest.get(length..).unwrap_or_default();
    }
    unknown
}

/// More unknown attributes than these are not listed, so that an answer is never larger than its request.
const UNKNOWN_MAX: usize = 4;

fn xor_mapped_address(from: SocketAddr, transaction: &[u8]) -> Vec<u8> {
    let port = from.port() ^ u16::from_be_bytes([COOKIE[0], COOKIE[1]]);
    let (family, address): (u8, Vec<u8>) = match from.ip() {
        IpAddr::V4(ip) => (1, ip.octets().to_vec()),
        IpAddr::V6(ip) => (2, ip.octets().to_vec()),
    };
    let mut value = vec![0, family];
    value.extend(port.to_be_bytes());
    value.extend(address.iter().zip(transaction).map(|(byte, key)| byte ^ key));
    attribute(XOR_MAPPED_ADDRESS, &value)
}

fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = kind.to_be_bytes().to_vec();
    bytes.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn message(kind: [u8; 2], transaction: &[u8], attributes: &[u8]) -> Vec<u8> {
    let mut bytes = kind.to_vec();
    bytes.extend(u16::try_from(attributes.len()).unwrap_or(u16::MAX).to_be_bytes());
    bytes.extend(transaction);
    bytes.extend(attributes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(attributes: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 1, 0, u8::try_from(attributes.len()).unwrap()];
        bytes.extend(COOKIE);
        bytes.extend([
            0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
        ]);
        bytes.extend(attributes);
        bytes
    }

    /// The addresses and their coded forms are those of RFC 5769 §2.2 and §2.3.
    #[test]
    fn a_binding_request_is_answered_with_the_address_it_came_from() {
        let rows: [(&str, &[u8]); 2] = [
            ("192.0.2.1:32853", b"\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43"),
            (
                "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
                b"\x00\x20\x00\x14\x00\x02\xa1\x47\x01\x13\xa9\xfa\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9",
            ),
        ];
        for (from, expected) in rows {
            let answer = answer(&request(&[]), from.parse().unwrap()).unwrap();
            assert_eq!(answer[..2], BINDING_SUCCESS, "{from}");
            assert_eq!(answer[4..HEAD], request(&[])[4..HEAD], "{from}");
            assert_eq!(&answer[HEAD..], expected, "{from}");
            assert_eq!(usize::from(answer[3]), expected.len());
        }
    }

    #[test]
    fn an_attribute_that_must_be_understood_is_refused_and_named() {
        let change_request = [0, 3, 0, 4, 0, 0, 0, 6];
        let answer = answer(&request(&change_request), "192.0.2.1:5060".parse().unwrap()).unwrap();
        assert_eq!(answer[..2], BINDING_ERROR);
        assert!(answer.ends_with(&[0, 10, 0, 2, 0, 3, 0, 0]), "{answer:?}");
    }

    #[test]
    fn anything_else_is_not_answered() {
        let from = "192.0.2.1:5060".parse().unwrap();
        let mut indication = request(&[]);
        indication[1] = 0x11;
        let mut old = request(&[]);
        old[4] = 0;
        let mut short = request(&[]);
        short[3] = 4;
        for datagram in [
            indication,
            old,
            short,
            b"OPTIONS sip:a SIP/2.0\r\n".to_vec(),
            vec![],
        ] {
            assert_eq!(answer(&datagram, from), None, "{datagram:?}");
        }
    }
}

//! Networks that somebody may come from: addresses with a prefix length.

use std::net::IpAddr;

/// How many may be named.
const NETWORKS_MAX: usize = 64;

/// A list of networks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Networks(Vec<(u128, u8)>);

impl Networks {
    /// Reads "10.1.0.0/16", "2001:db8::/32", or an address by itself.
    pub(crate) fn parse(list: &[String]) -> Result<Self, String> {
        if list.len() > NETWORKS_MAX {
            return Err(format!("names {}, expected at most {NETWORKS_MAX}", list.len()));
        }
        list.iter()
            .map(|text| network(text))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether an address is in one of them.
    pub(crate) fn contain(&self, address: IpAddr) -> bool {
        let bits = bits(address);
        self.0
            .iter()
            .any(|(network, length)| mask(bits, *length) == *network)
    }
}

fn network(text: &str) -> Result<(u128, u8), String> {
    let wrong = || format!("expected a network such as 10.1.0.0/16 or 2001:db8::/32, found {text:?}");
    let (address, length) = match text.split_once('/') {
        None => (text, None),
        Some((address, length)) => (address, Some(length)),
    };
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    let whole = if address.is_ipv4() { 32 } else { 128 };
    let length: u8 = length.map_or(Ok(whole), |length| length.parse().map_err(|_| wrong()))?;
    if length > whole {
        return Err(wrong());
    }
    let length = 128 - whole + length;
    let network = bits(address);
    if mask(network, length) != network {
        return Err(format!("has bits beyond the length of its prefix: {text:?}"));
    }
    Ok((network, length))
}

/// All addresses in one space (RFC 4291 §2.5.5.2), so that an IPv4 client at an IPv6 socket is the same client.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn mask(bits: u128, length: u8) -> u128 {
    match length {
        0 => 0,
        length => bits & (u128::MAX << (128 - length)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(list: &[&str]) -> Result<Networks, String> {
        let list: Vec<String> = list.iter().map(|text| (*text).to_owned()).collect();
        Networks::parse(&list)
    }

    #[test]
    fn an_address_is_in_its_network_and_in_no_other() {
        let list = networks(&["10.1.0.0/16", "192.0.2.7", "2001:db8::/32"]).unwrap();
        for (address, expected) in [
            ("10.1.255.255", true),
            ("10.2.0.0", false),
            ("::ffff:10.1.2.3", true),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("2001:db8:ffff::1", true),
            ("2001:db9::1", false),
        ] {
            assert_eq!(list.contain(address.parse().unwrap()), expected, "{address}");
        }
        assert!(
            networks(&["0.0.0.0/0"])
                .unwrap()
                .contain("8.8.8.8".parse().unwrap())
        );
        assert!(
            !networks(&["0.0.0.0/0"])
                .unwrap()
                .contain("2001:db8::1".parse().unwrap())
        );
        assert!(!networks(&[]).unwrap().contain("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "10.1.0.0/33",
            "10.1.2.3/16",
            "10.1/16",
            "2001:db8::/129",
            "example.com",
            "10.0.0.0/",
        ] {
            assert!(networks(&[text]).is_err(), "{text}");
        }
        assert!(Networks::parse(&vec!["10.0.0.0/8".to_owned(); 65]).is_err());
    }
}

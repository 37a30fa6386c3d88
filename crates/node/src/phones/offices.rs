//! Where phones of an office find their node and their edge: this node's own office, and others that it was told of.
//!
//! A phone's documents are right at any node only if they name the node and the edge of the office in which it stands:
//! with another office's edge its calls, emergency calls first of all, would leave from there.

use std::collections::BTreeMap;

use hotdesk_core::SiteId;
use hotdesk_phone::Registrar;
use smol_str::SmolStr;

use super::Settings;
use crate::config::PhonesSection;

/// How many other offices a node may be told of.
const OFFICES_MAX: usize = 1000;

/// What an entry of the list should be.
const EXPECTED: &str = "site, URL of its node, edge, addresses that push, such as \"austin \
                        https://austin.example.com:8443 edge.austin.example.com:5060;transport=tcp 10.3.0.5\"";

/// Where an office's phones find what is theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Addresses {
    /// Scheme, host and port without a slash at the end.
    pub(crate) base: SmolStr,
    /// The edge.
    pub(crate) registrar: Registrar,
    /// Where pushes come from.
    pub(crate) push_from: Vec<SmolStr>,
}

/// Other offices, by site.
pub(crate) type Offices = BTreeMap<SmolStr, Addresses>;

/// Reads `phones.other_offices`. A site is named once, and the own site not at all.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse(list: &[String], own_site: &str) -> Result<Offices, String> {
    if list.len() > OFFICES_MAX {
        return Err(format!("names {}, expected at most {OFFICES_MAX}", list.len()));
    }
    let mut offices = Offices::new();
    for text in list {
        let (site, addresses) = office(text)?;
        if site == own_site {
            return Err(format!(
                "names {site}, which is this node's own office: use phones.url and phones.registrar"
            ));
        }
        if offices.insert(site.clone(), addresses).is_some() {
            return Err(format!("names {site} twice"));
        }
    }
    Ok(offices)
}

fn office(text: &str) -> Result<(SmolStr, Addresses), String> {
    let wrong = |problem: &str| format!("{problem}: expected {EXPECTED}, found {text:?}");
    let mut words = text.split_ascii_whitespace();
    let (Some(site), Some(url), Some(registrar)) = (words.next(), words.next(), words.next()) else {
        return Err(wrong("not complete"));
    };
    let site = SiteId::parse(site).map_err(|invalid| wrong(&invalid.to_string()))?;
    let section = PhonesSection {
        url: Some(url.to_owned()),
        registrar: Some(registrar.to_owned()),
        ..PhonesSection::default()
    };
    let push_from: Vec<SmolStr> = words.map(SmolStr::from).collect();
    if push_from
        .iter()
        .any(|address| address.parse::<std::net::IpAddr>().is_err())
    {
        return Err(wrong("an address is none"));
    }
    let addresses = Addresses {
        base: section.base().map_err(|problem| wrong(&problem))?.into(),
        registrar: section.edge().map_err(|problem| wrong(&problem))?,
        push_from,
    };
    Ok((site.as_smol().clone(), addresses))
}

impl Settings {
    /// The addresses for phones of a site: its own where they are known, else this node's.
    pub(crate) fn of_site(&self, site: &SiteId) -> &Addresses {
        self.others.get(site.as_str()).unwrap_or(&self.own)
    }

    /// Why the addresses for phones of a site are another office's, as a sentence for people; `None` when they are not.
    pub(crate) fn stands_in(&self, site: &SiteId) -> Option<String> {
        let is_known = site.as_str() == self.site || self.others.contains_key(site.as_str());
        (!is_known).then(|| {
            format!(
                "these are addresses of {own}: the node that answered is there, and was not told where phones of {site} \
                 find theirs. Ask a node at {site}, or name {site} in phones.other_offices of {own}'s node",
                own = self.site
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[&str]) -> Vec<String> {
        entries.iter().map(|entry| (*entry).to_owned()).collect()
    }

    #[test]
    fn an_office_is_a_site_a_node_and_an_edge() {
        let entry =
            "austin  https://austin.example.com:8443/ edge.austin.example.com:5061;transport=tls 10.3.0.5";
        let offices = parse(&list(&[entry, "dallas http://10.4.0.2 10.4.0.5:5060"]), "chicago").unwrap();
        let austin = &offices["austin"];
        assert_eq!(austin.base, "https://austin.example.com:8443");
        assert_eq!(
            (&*austin.registrar.host, austin.registrar.port),
            ("edge.austin.example.com", 5061)
        );
        assert_eq!(austin.push_from, ["10.3.0.5"]);
        assert!(offices["dallas"].push_from.is_empty());
    }

    #[test]
    fn what_is_wrong_with_an_office_is_said() {
        let good = "austin http://10.3.0.2 10.3.0.5:5060";
        for (entries, part) in [
            (&[good, good][..], "names austin twice"),
            (&["chicago http://10.1.0.2 10.1.0.5:5060"], "own office"),
            (&["austin http://10.3.0.2"], "not complete"),
            (&["no/where http://10.3.0.2 10.3.0.5:5060"], "site id"),
            (&["austin 10.3.0.2 10.3.0.5:5060"], "scheme, host and port"),
            (&["austin http://10.3.0.2 10.3.0.5"], "host:port"),
            (
                &["austin http://10.3.0.2 10.3.0.5:5060 edge"],
                "an address is none",
            ),
        ] {
            let problem = parse(&list(entries), "chicago").unwrap_err();
            assert!(problem.contains(part), "{part}: {problem}");
        }
        let many: Vec<String> = (0..=OFFICES_MAX)
            .map(|n| format!("s{n} http://10.3.0.2 10.3.0.5:5060"))
            .collect();
        assert!(parse(&many, "chicago").unwrap_err().contains("at most"));
    }
}

//! Which family of phones.

use std::fmt;
use std::str::FromStr;

/// A family of phones that are driven in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Vendor {
    /// Cisco enterprise phones with SIP firmware (7945, 78xx, 88xx).
    Cisco,
    /// Cisco multiplatform phones (68xx, 78xx, 88xx, 98xx 3PCC) and SPA.
    CiscoMpp,
    /// Yealink T3, T4, T5.
    Yealink,
    /// Poly VVX, Edge B, CCX with UC Software.
    Poly,
    /// Snom D7xx, D8xx.
    Snom,
    /// Grandstream GXP, GRP.
    Grandstream,
    /// Fanvil X, V.
    Fanvil,
    /// Mitel (Aastra) 6800, 6900.
    Mitel,
    /// Linphone, desktop or mobile, by remote provisioning.
    Linphone,
    /// Any other SIP phone: configured by hand, logs in with a star code.
    Generic,
}

impl Vendor {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Cisco,
        Self::CiscoMpp,
        Self::Yealink,
        Self::Poly,
        Self::Snom,
        Self::Grandstream,
        Self::Fanvil,
        Self::Mitel,
        Self::Linphone,
        Self::Generic,
    ];

    /// A stable label for configuration, metrics and logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cisco => "cisco",
            Self::CiscoMpp => "cisco-mpp",
            Self::Yealink => "yealink",
            Self::Poly => "poly",
            Self::Snom => "snom",
            Self::Grandstream => "grandstream",
            Self::Fanvil => "fanvil",
            Self::Mitel => "mitel",
            Self::Linphone => "linphone",
            Self::Generic => "generic",
        }
    }

    /// The family of a model as the directory has it ("yealink-t54w", "Cisco 8841", "cisco-mpp-8851"); anything not
    /// known is [`Vendor::Generic`]. Phones that a Yeastar PBX certifies are named by who made them.
    #[must_use]
    pub fn of_model(model: &str) -> Self {
        const PREFIXES: [(&str, Vendor); 19] = [
            ("cisco-mpp", Vendor::CiscoMpp),
            ("cisco-spa", Vendor::CiscoMpp),
            ("linksys", Vendor::CiscoMpp),
            ("spa", Vendor::CiscoMpp),
            ("cisco", Vendor::Cisco),
            ("yealink", Vendor::Yealink),
            ("poly", Vendor::Poly),
            ("snom", Vendor::Snom),
            ("grandstream", Vendor::Grandstream),
            ("fanvil", Vendor::Fanvil),
            ("mitel", Vendor::Mitel),
            ("aastra", Vendor::Mitel),
            ("linphone", Vendor::Linphone),
            ("vvx", Vendor::Poly),
            ("ccx", Vendor::Poly),
            ("edge-b", Vendor::Poly),
            ("grp", Vendor::Grandstream),
            ("gxp", Vendor::Grandstream),
            ("generic", Vendor::Generic),
        ];
        let folded: String = model
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_lowercase()
                } else {
                    '-'
                }
            })
            .collect();
        let known = folded.strip_prefix("yeastar-").unwrap_or(&folded);
        PREFIXES
            .iter()
            .find(|(prefix, _)| known.starts_with(prefix))
            .map_or(Self::Generic, |(_, vendor)| *vendor)
    }
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Vendor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|vendor| vendor.name() == text)
            .ok_or_else(|| {
                let names: Vec<_> = Self::ALL.iter().map(|vendor| vendor.name()).collect();
                format!(
                    "{text:?} is no vendor that is known; expected one of {}",
                    names.join(", ")
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_names_its_vendor() {
        for (model, vendor) in [
            ("yealink-t54w", Vendor::Yealink),
            ("Yealink T54W", Vendor::Yealink),
            ("cisco-8841", Vendor::Cisco),
            ("Cisco MPP 8851", Vendor::CiscoMpp),
            ("cisco-spa525g", Vendor::CiscoMpp),
            ("Polycom VVX 450", Vendor::Poly),
            ("Edge B20", Vendor::Poly),
            ("GRP2614", Vendor::Grandstream),
            ("yeastar-fanvil-x4u", Vendor::Fanvil),
            ("toaster", Vendor::Generic),
        ] {
            assert_eq!(Vendor::of_model(model), vendor, "{model}");
        }
        for vendor in Vendor::ALL {
            assert_eq!(Vendor::of_model(vendor.name()), vendor);
            assert_eq!(vendor.name().parse(), Ok(vendor));
        }
    }
}

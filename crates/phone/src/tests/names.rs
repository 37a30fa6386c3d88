//! Who asks, and for what: User-Agents and paths as phones have them, made up after the patterns of their vendors.

use crate::adapter::{adapter, recognise};
use crate::request::{File, Request};
use crate::sample;
use crate::vendor::Vendor;

/// User-Agent, vendor, model, firmware, address.
type Agent = (
    &'static str,
    Vendor,
    Option<&'static str>,
    Option<&'static str>,
    Option<&'static str>,
);

#[rustfmt::skip]
const AGENTS: &[Agent] = &[
    ("Cisco-CP8841/14.2.1", Vendor::Cisco, Some("cisco-8841"), Some("14.2.1"), None),
    ("Cisco-CP7945G/9.4.2", Vendor::Cisco, Some("cisco-7945g"), Some("9.4.2"), None),
    ("Cisco-CP8865/12.8.1", Vendor::Cisco, Some("cisco-8865"), Some("12.8.1"), None),
    ("Cisco-CP7821/11.0.1", Vendor::Cisco, Some("cisco-7821"), Some("11.0.1"), None),
    ("Cisco-CP-8851-3PCC/11.3.7 (8c1e8004a1b2)", Vendor::CiscoMpp, Some("cisco-mpp-88513pcc"), Some("11.3.7"), Some("8c1e8004a1b2")),
    ("Cisco-CP-6851-3PCC/12.0.3 (8c1e8004a1b2)", Vendor::CiscoMpp, Some("cisco-mpp-68513pcc"), Some("12.0.3"), Some("8c1e8004a1b2")),
    ("Cisco/SPA525G-7.4.7 (CBT141900G7)", Vendor::CiscoMpp, Some("cisco-mpp-spa525g"), Some("7.4.7"), None),
    ("Cisco/SPA508G-7.4.8a (8C1E8004A1B2)(CBT141400UK)", Vendor::CiscoMpp, Some("cisco-mpp-spa508g"), Some("7.4.8a"), Some("8c1e8004a1b2")),
    ("Linksys/SPA-942-6.1.5(a) (8C1E8004A1B2)", Vendor::CiscoMpp, Some("cisco-mpp-spa942"), Some("6.1.5(a)"), Some("8c1e8004a1b2")),
    ("Yealink SIP-T54W 96.84.0.30 00156504a1b2", Vendor::Yealink, Some("yealink-t54w"), Some("96.84.0.30"), Some("00156504a1b2")),
    ("Yealink SIP-T46G 28.72.0.1 00:15:65:04:a1:b2", Vendor::Yealink, Some("yealink-t46g"), Some("28.72.0.1"), Some("00156504a1b2")),
    ("Yealink SIP-T33G 124.85.257.55 00:15:65:04:a1:b2", Vendor::Yealink, Some("yealink-t33g"), Some("124.85.257.55"), Some("00156504a1b2")),
    ("Yealink SIP-T31P 124.86.0.20 00:15:65:04:a1:b2", Vendor::Yealink, Some("yealink-t31p"), Some("124.86.0.20"), Some("00156504a1b2")),
    ("Yealink SIP-T48S 66.86.0.15 00:15:65:04:a1:b2", Vendor::Yealink, Some("yealink-t48s"), Some("66.86.0.15"), Some("00156504a1b2")),
    ("FileTransport PolycomVVX-VVX_400-UA/4.1.4.7430 Type/Application", Vendor::Poly, Some("poly-vvx400"), Some("4.1.4.7430"), None),
    ("FileTransport PolycomVVX-VVX_450-UA/5.9.6.2327 (SN:64167f04a1b2) Type/Application", Vendor::Poly, Some("poly-vvx450"), Some("5.9.6.2327"), Some("64167f04a1b2")),
    ("FileTransport PolycomVVX-VVX_600-UA/5.0.3.1667 Type/Updater", Vendor::Poly, Some("poly-vvx600"), Some("5.0.3.1667"), None),
    ("FileTransport PolycomSoundPointIP-SPIP_650-UA/4.0.8.1608 Type/Application", Vendor::Poly, Some("poly-spip650"), Some("4.0.8.1608"), None),
    ("FileTransport PolyEdge-Edge_B20-UA/8.1.0.1500 (SN:64167f04a1b2)", Vendor::Poly, Some("poly-edgeb20"), Some("8.1.0.1500"), Some("64167f04a1b2")),
    ("FileTransport PolyCCX-CCX_500-UA/7.1.4.0123 Type/Application", Vendor::Poly, Some("poly-ccx500"), Some("7.1.4.0123"), None),
    ("Mozilla/4.0 (compatible; snomD785-SIP 10.1.169.16 1.1.3 00041304A1B2)", Vendor::Snom, Some("snom-d785"), Some("10.1.169.16"), Some("00041304a1b2")),
    ("Mozilla/4.0 (compatible; snom720-SIP 8.9.3.80 1.1.3-s SPEAr300 00041304A1B2)", Vendor::Snom, Some("snom-720"), Some("8.9.3.80"), Some("00041304a1b2")),
    ("Mozilla/4.0 (compatible; snomD865-SIP 10.1.184.15 00041304A1B2)", Vendor::Snom, Some("snom-d865"), Some("10.1.184.15"), Some("00041304a1b2")),
    ("Mozilla/4.0 (compatible; snom370-SIP 8.7.5.35 1.1.2-IFX-05.01.12)", Vendor::Snom, Some("snom-370"), Some("8.7.5.35"), None),
    ("Grandstream Model HW GRP2614 SW 1.0.5.15 DevId c074ad04a1b2", Vendor::Grandstream, Some("grandstream-grp2614"), Some("1.0.5.15"), Some("c074ad04a1b2")),
    ("Grandstream Model HW GXP2170 V1.1A SW 1.0.11.16 DevId c074ad04a1b2", Vendor::Grandstream, Some("grandstream-gxp2170"), Some("1.0.11.16"), Some("c074ad04a1b2")),
    ("Grandstream Model HW GXP1628 SW 1.0.4.152 DevId c074ad04a1b2", Vendor::Grandstream, Some("grandstream-gxp1628"), Some("1.0.4.152"), Some("c074ad04a1b2")),
    ("Grandstream Model HW GRP2604P SW 1.0.5.67 DevId c074ad04a1b2", Vendor::Grandstream, Some("grandstream-grp2604p"), Some("1.0.5.67"), Some("c074ad04a1b2")),
    ("Grandstream GXP2130", Vendor::Grandstream, None, None, None),
    ("Fanvil X5U-V2 2.12.1 0c383e04a1b2", Vendor::Fanvil, Some("fanvil-x5uv2"), Some("2.12.1"), Some("0c383e04a1b2")),
    ("Fanvil X4U 2.12.16.13 0c383e04a1b2", Vendor::Fanvil, Some("fanvil-x4u"), Some("2.12.16.13"), Some("0c383e04a1b2")),
    ("Fanvil V65 2.12.2.4 0c383e04a1b2", Vendor::Fanvil, Some("fanvil-v65"), Some("2.12.2.4"), Some("0c383e04a1b2")),
    ("Fanvil X7 2.6.0.6 0c383e04a1b2", Vendor::Fanvil, Some("fanvil-x7"), Some("2.6.0.6"), Some("0c383e04a1b2")),
    ("Aastra6867i MAC:00-08-5D-04-A1-B2 V:5.1.0.1024-SIP", Vendor::Mitel, Some("aastra-6867i"), Some("5.1.0.1024"), Some("00085d04a1b2")),
    ("Mitel6920 MAC:00-08-5D-04-A1-B2 V:5.1.0.4026-SIP", Vendor::Mitel, Some("mitel-6920"), Some("5.1.0.4026"), Some("00085d04a1b2")),
    ("Mitel6869i MAC:00-08-5D-04-A1-B2 V:6.0.0.1020-SIP", Vendor::Mitel, Some("mitel-6869i"), Some("6.0.0.1020"), Some("00085d04a1b2")),
    ("Linphone-Desktop/5.2.6 (desk-12) LinphoneCore/5.3.70", Vendor::Linphone, Some("linphone"), Some("5.2.6"), None),
    ("LinphoneAndroid/5.2.5 (Pixel 7) LinphoneSDK/5.3.47", Vendor::Linphone, Some("linphone"), Some("5.2.5"), None),
    ("LinphoneiOS/5.2.3 (iPhone) LinphoneSDK/5.3.43", Vendor::Linphone, Some("linphone"), Some("5.2.3"), None),
    ("Linphone/3.12.0 (belle-sip/1.6.3)", Vendor::Linphone, Some("linphone"), Some("3.12.0"), None),
];

#[test]
fn a_user_agent_names_model_firmware_and_address() {
    for (agent, vendor, model, firmware, mac) in AGENTS {
        let adapter = adapter(*vendor);
        let name = adapter.file_name(&sample::neutral(*vendor)).unwrap();
        let request = Request {
            method: "GET",
            path: &name,
            user_agent: Some(agent),
        };
        let found = recognise(&request).unwrap_or_else(|| panic!("nobody knows {agent}"));
        let agent_mac = found.agent_mac.map(|mac| mac.to_string());
        assert_eq!(found.vendor, *vendor, "{agent}");
        assert_eq!(
            (
                found.model.as_deref(),
                found.firmware.as_deref(),
                agent_mac.as_deref()
            ),
            (*model, *firmware, *mac),
            "{agent}"
        );
        if let Some(model) = found.model {
            assert_eq!(Vendor::of_model(&model), *vendor, "{model}");
        }
    }
}

/// What a path asks for, in short.
#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Last,
    First,
    Common,
    User,
    Upload,
    Absent,
}

#[test]
fn a_path_says_who_asks_and_for_what() {
    const POLY: Option<&str> = Some("FileTransport PolycomVVX-VVX_450-UA/5.9.6.2327 Type/Application");
    const GRANDSTREAM: Option<&str> = Some("Grandstream Model HW GRP2614 SW 1.0.5.15 DevId c074ad04a1b2");
    const YEALINK: Option<&str> = Some("Yealink SIP-T54W 96.84.0.30 00156504a1b2");
    for (method, path, agent, vendor, kind) in [
        ("GET", "SEP00562B04A1B2.cnf.xml", None, Vendor::Cisco, Kind::Last),
        ("GET", "CTLSEP00562B04A1B2.tlv", None, Vendor::Cisco, Kind::Absent),
        ("GET", "spa8c1e8004a1b2.cfg", None, Vendor::CiscoMpp, Kind::Last),
        ("GET", "00156504a1b2.boot", None, Vendor::Yealink, Kind::First),
        ("GET", "y000000000000.boot", None, Vendor::Yealink, Kind::Common),
        ("GET", "00156504a1b2.cfg", YEALINK, Vendor::Yealink, Kind::Last),
        ("GET", "64167f04a1b2.cfg", POLY, Vendor::Poly, Kind::First),
        ("GET", "64167f04a1b2-hotdesk.cfg", None, Vendor::Poly, Kind::Last),
        ("GET", "000000000000.cfg", None, Vendor::Poly, Kind::Common),
        ("PUT", "64167f04a1b2-app.log", POLY, Vendor::Poly, Kind::Upload),
        ("PUT", "64167f04a1b2-phone.cfg", POLY, Vendor::Poly, Kind::Upload),
        ("GET", "2042.cfg", POLY, Vendor::Poly, Kind::User),
        ("GET", "cfgc074ad04a1b2", None, Vendor::Grandstream, Kind::Absent),
        (
            "GET",
            "cfgc074ad04a1b2.xml",
            None,
            Vendor::Grandstream,
            Kind::Last,
        ),
        (
            "GET",
            "login-cfgc074ad04a1b2.xml",
            None,
            Vendor::Grandstream,
            Kind::User,
        ),
        (
            "GET",
            "cfggrp2614.xml",
            GRANDSTREAM,
            Vendor::Grandstream,
            Kind::Absent,
        ),
        ("GET", "cfg.xml", GRANDSTREAM, Vendor::Grandstream, Kind::Absent),
        ("GET", "linphone.xml", None, Vendor::Linphone, Kind::Last),
        ("GET", "settings.txt", None, Vendor::Generic, Kind::First),
    ] {
        let request = Request {
            method,
            path,
            user_agent: agent,
        };
        let found = recognise(&request).unwrap_or_else(|| panic!("nobody knows {path}"));
        let asked = match found.file {
            File::Device { is_last: true, .. } => Kind::Last,
            File::Device { is_last: false, .. } => Kind::First,
            File::Common(_) => Kind::Common,
            File::User { .. } => Kind::User,
            File::Upload => Kind::Upload,
            File::Absent => Kind::Absent,
        };
        assert_eq!((found.vendor, asked), (vendor, kind), "{method} {path}");
    }
}

//! Keys of `[phones]`.

use super::{Field, Key, Shown};

pub(super) static KEYS: &[Key] = &[
    Key {
        path: "phones.https_listen",
        doc: "host:port of listeners where phones get their documents and login pages, and people their own page,\n\
              encrypted. Not set: none. Phones are served where this or `http_listen` is set.",
        shown: Shown::Example("[\"0.0.0.0:8443\"]"),
        field: Field::List(|c| &mut c.phones.https_listen),
    },
    Key {
        path: "phones.http_listen",
        doc: "The same without encryption, for phones that cannot do today's TLS, and for trying out. Passwords and\n\
              PINs cross the network as they are: only where nobody listens in.",
        shown: Shown::Example("[\"127.0.0.1:8080\"]"),
        field: Field::List(|c| &mut c.phones.http_listen),
    },
    Key {
        path: "phones.url",
        doc: "Where phones and browsers reach these listeners: scheme, host and port. It goes into every document,\n\
              and into DHCP (option 66 and the like). Needed unless all listeners are on loopback.",
        shown: Shown::Example("\"https://chicago.example.com:8443\""),
        field: Field::OptionalText(|c| &mut c.phones.url),
    },
    Key {
        path: "phones.cert_file",
        doc: "The certificate chain for `https_listen`, PEM; phones must trust who signed it. Read again when it\n\
              changes. Not set: tls.cert_file.",
        shown: Shown::Example("\"/etc/hotdesk/tls/phones.crt\""),
        field: Field::OptionalPath(|c| &mut c.phones.cert_file),
    },
    Key {
        path: "phones.key_file",
        doc: "Its key, PEM. Not set: tls.key_file.",
        shown: Shown::Example("\"/etc/hotdesk/tls/phones.key\""),
        field: Field::OptionalPath(|c| &mut c.phones.key_file),
    },
    Key {
        path: "phones.client_ca_file",
        doc: "Who signs the certificates that phones were made with, PEM. A phone that shows such a certificate with\n\
              its MAC address needs no other secret. Set it only for authorities whose keys are in phones alone; a\n\
              phone that shows a certificate of anybody else is turned away.",
        shown: Shown::Example("\"/etc/hotdesk/tls/phone-makers.crt\""),
        field: Field::OptionalPath(|c| &mut c.phones.client_ca_file),
    },
    Key {
        path: "phones.registrar",
        doc: "The edge of the office, where phones register: host:port;transport=udp, tcp or tls.",
        shown: Shown::Example("\"edge.chicago.example.com:5060;transport=udp\""),
        field: Field::OptionalText(|c| &mut c.phones.registrar),
    },
    Key {
        path: "phones.push_from",
        doc: "Addresses from which phones take messages to their own web server: the edge's and this node's.",
        shown: Shown::Example("[\"10.1.0.5\", \"10.1.0.6\"]"),
        field: Field::List(|c| &mut c.phones.push_from),
    },
    Key {
        path: "phones.other_offices",
        doc: "Where phones of other offices find their node and their edge, so that this node makes the right documents\n\
              and prints the right addresses for them too: site, phones.url, phones.registrar and phones.push_from of\n\
              each, separated by blanks. The same list at all nodes, without their own. For phones of an office that is\n\
              not here, this node's own addresses stand in, with a warning.",
        shown: Shown::Example(
            "[\"austin https://austin.example.com:8443 edge.austin.example.com:5060;transport=udp 10.3.0.5\"]",
        ),
        field: Field::List(|c| &mut c.phones.other_offices),
    },
    Key {
        path: "phones.emergency_numbers",
        doc: "Numbers that phones let through even while locked; those of the edge (emergency.numbers).",
        shown: Shown::Default,
        field: Field::List(|c| &mut c.phones.emergency_numbers),
    },
    Key {
        path: "phones.login_code",
        doc: "What is dialled to log in at phones without a login page; as at the edge (star_codes.login).",
        shown: Shown::Default,
        field: Field::Text(|c| &mut c.phones.login_code),
    },
    Key {
        path: "phones.logout_code",
        doc: "What is dialled to log out; as at the edge (star_codes.logout).",
        shown: Shown::Default,
        field: Field::Text(|c| &mut c.phones.logout_code),
    },
    Key {
        path: "phones.strangers_per_minute_max",
        doc: "Requests a minute from one address that does not show whose phone it is; the next is answered 429.\n\
              Lower: tokens are harder to guess. Too low: phones behind one router keep each other out when power\n\
              comes back.",
        shown: Shown::Default,
        field: Field::Count {
            at: |c| &mut c.phones.strangers_per_minute_max,
            min: 10,
            max: 1_000_000,
        },
    },
    Key {
        path: "phones.danger_no_token_from",
        doc: "Networks whose Cisco enterprise phones get their documents by name alone, after their enrolment too: these\n\
              phones know addresses of servers only, and can keep no secret path. Whoever can send from there gets\n\
              the passwords of such a phone, so name the phones' own network. Not set: they need the certificate\n\
              that they were made with.",
        shown: Shown::Example("[\"10.1.20.0/24\"]"),
        field: Field::List(|c| &mut c.phones.danger_no_token_from),
    },
    Key {
        path: "phones.connections_max",
        doc: "Connections of phones and browsers at the same time; the next waits. A quarter of them from one address.",
        shown: Shown::Default,
        field: Field::Count {
            at: |c| &mut c.phones.connections_max,
            min: 16,
            max: 1_000_000,
        },
    },
    Key {
        path: "phones.plug_and_play",
        doc: "Tell phones where their documents are when they ask by SIP multicast (224.0.1.75), so that DHCP needs\n\
              no option. Only where no other system answers them.",
        shown: Shown::Default,
        field: Field::Flag(|c| &mut c.phones.plug_and_play),
    },
    Key {
        path: "phones.plug_and_play_unknown",
        doc: "Tell phones too that are not in the directory: they then show up as waiting for approval.",
        shown: Shown::Default,
        field: Field::Flag(|c| &mut c.phones.plug_and_play_unknown),
    },
    Key {
        path: "phones.plug_and_play_listen",
        doc: "address:port where the questions come in: the group's address, beside which an edge on the same machine\n\
              can have port 5060 for itself.",
        shown: Shown::Default,
        field: Field::Text(|c| &mut c.phones.plug_and_play_listen),
    },
    Key {
        path: "phones.plug_and_play_interface",
        doc: "The IPv4 address of the interface that the phones are on. Not set: the system chooses.",
        shown: Shown::Example("\"10.1.0.6\""),
        field: Field::OptionalText(|c| &mut c.phones.plug_and_play_interface),
    },
    Key {
        path: "phones.em.enabled",
        doc: "Serve Cisco's Extension Mobility interface to programs (/emservice/EMServiceServlet) and to Cisco\n\
              phones (/emapp/EMAppServlet). Whoever may ask can see who is where, and log out any phone.",
        shown: Shown::Default,
        field: Field::Flag(|c| &mut c.phones.em.enabled),
    },
    Key {
        path: "phones.em.applications_file",
        doc: "TOML: the applications that may ask, each an [[application]] with id, password (argon2id in PHC\n\
              notation), rights (login, logout, logout-all, query), sites (all when left out) and forwards\n\
              (believe the phone's address that it passes on). Read again when it changes. Without it only end\n\
              users may ask, each for himself.",
        shown: Shown::Example("\"/etc/hotdesk/em-applications.toml\""),
        field: Field::OptionalPath(|c| &mut c.phones.em.applications_file),
    },
    Key {
        path: "phones.em.allow",
        doc: "Networks that may use the interface; anybody else is answered code 28.",
        shown: Shown::Default,
        field: Field::List(|c| &mut c.phones.em.allow),
    },
    Key {
        path: "phones.em.allow_via",
        doc: "Take requests through a proxy, which are those with Via, Forwarded, X-Forwarded-... or X-Real-IP;\n\
              otherwise they are answered code 30, because the address that is checked would be the proxy's.",
        shown: Shown::Default,
        field: Field::Flag(|c| &mut c.phones.em.allow_via),
    },
    Key {
        path: "phones.em.hosts",
        doc: "Names under which programs ask this node without TLS, besides addresses, names without a dot and the\n\
              host of phones.url; under any other they are answered code 28. Otherwise a page could have its own\n\
              name lead here, and a browser in the networks above log people out.",
        shown: Shown::Example("[\"cucm.example.com\"]"),
        field: Field::List(|c| &mut c.phones.em.hosts),
    },
    Key {
        path: "phones.em.concurrent_max",
        doc: "Logins and logouts of programs at the same time; the next is answered code 26, \"busy\". As many\n\
              queries; the next waits for two seconds before it is answered that. Each may check a password, which costs memory and some ten milliseconds of a core.",
        shown: Shown::Default,
        field: Field::Count {
            at: |c| &mut c.phones.em.concurrent_max,
            min: 1,
            max: 1000,
        },
    },
    Key {
        path: "phones.em.refuse_exclusive_duration",
        doc: "Answer logins that ask for a time of their own (exclusiveDuration) with code 7. Otherwise the time\n\
              is written to the log and the session ends by the rules of the user's group.",
        shown: Shown::Default,
        field: Field::Flag(|c| &mut c.phones.em.refuse_exclusive_duration),
    },
    Key {
        path: "phones.em.check_device_profile",
        doc: "Answer logins that name a device profile with code 12 unless it is one of the user's own names.\n\
              Otherwise any is taken: everybody has one profile, and programs name it as it was called before.",
        shown: Shown::Default,
        field: Field::Flag(|c| &mut c.phones.em.check_device_profile),
    },
];

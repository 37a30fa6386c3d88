use super::Linphone;
use crate::adapter::Adapter;
use crate::desk::Desk;
use crate::sample::{self, golden};
use crate::vendor::Vendor;

fn text(desk: &Desk) -> String {
    String::from_utf8(Linphone.render("linphone.xml", desk).unwrap().body).unwrap()
}

#[test]
fn every_file_is_as_it_was() {
    for (folder, desk) in [
        ("neutral", sample::neutral(Vendor::Linphone)),
        ("user", sample::maria(Vendor::Linphone)),
    ] {
        golden(&format!("linphone/{folder}/linphone.xml"), text(&desk).as_bytes());
    }
}

#[test]
fn every_entry_overwrites() {
    for desk in [
        sample::neutral(Vendor::Linphone),
        sample::maria(Vendor::Linphone),
        sample::hostile(Vendor::Linphone),
    ] {
        let text = text(&desk);
        assert_eq!(
            text.matches("<entry ").count(),
            text.matches("\" overwrite=\"true\">").count()
        );
    }
}

#[test]
fn a_neutral_application_registers_its_own_line_only() {
    let text = text(&sample::neutral(Vendor::Linphone));
    let registers: Vec<_> = text
        .lines()
        .filter(|line| line.contains("reg_sendregister"))
        .map(|line| line.contains(">1<"))
        .collect();
    assert_eq!(registers, [true, false]);
    assert!(!text.contains("auth_info_1"));
    assert!(text.contains("<entry name=\"default_proxy\" overwrite=\"true\">0</entry>"));
}

#[test]
fn a_label_cannot_leave_its_address() {
    let mut desk = sample::maria(Vendor::Linphone);
    let session = desk.session.as_mut().unwrap();
    session.profile.line_label = "a\" <sip:b@evil.example>\r\nx: \\".into();
    session.line.as_mut().unwrap().user = "c@evil.example>".into();
    let expected = "&quot;a\\&quot; &lt;sip:b@evil.example&gt;  x: \\\\&quot; \
                    &lt;sip:c%40evil.example%3E@example.com&gt;";
    assert!(text(&desk).contains(expected), "{}", text(&desk));
}

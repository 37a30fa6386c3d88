//! Phones in the directory, and switched on.

use std::time::Duration;

use hotdesk_phone::Vendor;
use hotdesk_phonesim::{Flash, Hardware, Http, SimPhone, Start, View, model};
use hotdesk_proto::v1;
use hotdesk_tests::company::{Company, PIN, Plan};
use hotdesk_tests::offices::{NAMES, fresh_id};
use hotdesk_tests::wait::eventually;

/// How long anything may take that is not about time itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The host of an office that simulated phones share; each has ports of its own.
const PHONES: u8 = 5;

/// The program that is tested.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_hotdesk-under-test");

/// Three offices whose nodes and edges serve desk phones.
pub(crate) fn plan() -> Plan {
    Plan::new(PROGRAM).nodes(3).with_phones()
}

/// A phone of the directory.
pub(crate) struct Desk {
    pub(crate) id: String,
    pub(crate) mac: String,
    pub(crate) vendor: Vendor,
    pub(crate) office: usize,
    /// Where it finds its documents.
    pub(crate) documents: String,
}

/// Puts a phone into the directory, with a password that the node makes.
pub(crate) async fn put(company: &Company, vendor: Vendor, office: usize, number: u32) -> Desk {
    let id = format!("{vendor}-{office}-{number}");
    let mac = format!("0015{:02x}{:02x}{number:04x}", vendor as u8, office);
    let device = v1::Device {
        id: id.clone(),
        site: NAMES[office].into(),
        desk: number.to_string(),
        model: format!("{vendor}-test"),
        mac: mac.clone(),
        label: format!("Free desk {number}"),
        ..Default::default()
    };
    let request = v1::PutDeviceRequest {
        request_id: fresh_id(),
        device: Some(device),
        by: "test".into(),
    };
    company
        .directory(0)
        .put_device(request)
        .await
        .expect("put the phone");
    let request = v1::SetDeviceSecretRequest {
        request_id: fresh_id(),
        device: id.clone(),
        secret: Some(v1::set_device_secret_request::Secret::Generate(true)),
        by: "test".into(),
        revoke: false,
    };
    let answer = company.directory(0).set_device_secret(request).await;
    company
        .settled(answer.expect("make the password").into_inner().index)
        .await;
    let request = v1::DeviceUrlsRequest { device: id.clone() };
    let urls = company
        .phones(office)
        .device_urls(request)
        .await
        .expect("its URLs")
        .into_inner();
    Desk {
        id,
        mac,
        vendor,
        office,
        documents: urls.documents_url,
    }
}

/// Switches a phone on.
pub(crate) fn switch_on(company: &Company, desk: &Desk) -> SimPhone {
    switch_on_with(company, desk, &desk.documents, Flash::default())
}

/// Switches a phone on that asks there for its files, and remembers something.
pub(crate) fn switch_on_with(company: &Company, desk: &Desk, provisioning: &str, flash: Flash) -> SimPhone {
    let model = model(desk.vendor).expect("simulated");
    SimPhone::start(Start {
        model,
        hardware: Hardware {
            mac: desk.mac.clone(),
            model: model.hardware_model().to_owned(),
        },
        provisioning: provisioning.to_owned(),
        local: company.office(desk.office).ip(PHONES),
        http: Http::default(),
        flash,
        answers: true,
        web: None,
    })
}

/// Waits until the phone shows nobody, and can be called.
pub(crate) async fn neutral(phone: &SimPhone, desk: &Desk) -> View {
    let is_neutral = |view: &View| {
        view.page.is_none()
            && view
                .lines
                .iter()
                .any(|line| line.user == desk.id && line.is_registered)
            && view
                .lines
                .iter()
                .all(|line| line.user == desk.id && !begins_with_a_number(&line.label))
    };
    phone
        .wait("a neutral phone", PATIENCE, is_neutral)
        .await
        .expect("it turns neutral")
}

/// Whether a phone's first line is this user's, and registered.
pub(crate) fn is_first(number: &str) -> impl Fn(&View) -> bool {
    move |view| {
        let first = view.lines.first();
        first.is_some_and(|line| line.user == number && line.is_registered)
    }
}

/// A user's label begins with the extension, which has four digits here.
fn begins_with_a_number(label: &str) -> bool {
    let first = label.split(' ').next().unwrap_or_default();
    first.len() == 4 && first.bytes().all(|c| c.is_ascii_digit())
}

/// Opens the login application, and fills in what it asks for, field by field as this vendor shows them.
pub(crate) async fn log_in(phone: &SimPhone, number: &str, pin: &str) {
    let opens = |view: &View| view.page.is_none() && !view.soft.is_empty();
    phone
        .wait("the idle screen", PATIENCE, opens)
        .await
        .expect("an idle screen");
    phone.press(hotdesk_phonesim::Press::Soft(0));
    let asks = |view: &View| view.page.as_ref().is_some_and(|page| !page.inputs.is_empty());
    let mut view = phone.wait("a form", PATIENCE, asks).await.expect("a form");
    let both = view.page.as_ref().is_some_and(|page| page.inputs.len() > 1);
    phone.type_text(number);
    phone.press(hotdesk_phonesim::Press::Ok);
    if !both {
        // One field at a time: the PIN is asked next.
        let first = view.page.clone();
        view = phone
            .wait("the next field", PATIENCE, |view| {
                asks(view) && view.page != first
            })
            .await
            .expect("the next field");
        assert!(view.page.is_some());
    }
    phone.type_text(pin);
    phone.press(hotdesk_phonesim::Press::Ok);
    // A phone that is told to restart at once may have left the page with the answer before anybody looks.
    let is_users = is_first(number);
    let answered =
        |view: &View| view.page.as_ref().is_some_and(|page| page.inputs.is_empty()) || is_users(view);
    phone
        .wait("an answer", PATIENCE, answered)
        .await
        .expect("an answer");
}

/// Logs in with the PIN that all have.
pub(crate) async fn sit_down(phone: &SimPhone, number: &str) {
    log_in(phone, number, PIN).await;
}

/// Waits until the log has it that the phone shows what it should.
pub(crate) async fn is_shown(company: &Company, desk: &Desk) {
    let request = v1::ListPhonesRequest {
        states: vec![v1::PhoneState::Shown.into()],
        ..Default::default()
    };
    eventually("the phone is known to show it", PATIENCE, || async {
        let list = company
            .phones(desk.office)
            .list_phones(request.clone())
            .await
            .ok()?;
        let phones = list.into_inner().phones;
        phones
            .iter()
            .any(|phone| phone.device.as_ref().is_some_and(|device| device.id == desk.id))
            .then_some(())
    })
    .await;
}

//! A phone gets another password, and finds its way by itself.

use hotdesk_phone::Vendor;
use hotdesk_phonesim::{SimPhone, View};
use hotdesk_proto::v1;
use hotdesk_tests::company::Company;
use hotdesk_tests::offices::fresh_id;
use hotdesk_tests::wait::eventually;

use crate::common::{Desk, PATIENCE, neutral, plan, put, sit_down, switch_on, switch_on_with};

/// One of each that keeps a path. (Cisco's enterprise phones and softphones are led there otherwise.)
const VENDORS: [Vendor; 7] = [
    Vendor::CiscoMpp,
    Vendor::Yealink,
    Vendor::Poly,
    Vendor::Snom,
    Vendor::Grandstream,
    Vendor::Fanvil,
    Vendor::Mitel,
];

async fn renew(company: &Company, desk: &Desk, revoke: bool) -> u64 {
    let request = v1::SetDeviceSecretRequest {
        request_id: fresh_id(),
        device: desk.id.clone(),
        secret: Some(v1::set_device_secret_request::Secret::Generate(true)),
        by: "test".into(),
        revoke,
    };
    let answer = company.directory(0).set_device_secret(request).await;
    let index = answer.expect("make the password").into_inner().index;
    company.settled(index).await;
    index
}

async fn documents(company: &Company, desk: &Desk) -> String {
    let request = v1::DeviceUrlsRequest {
        device: desk.id.clone(),
    };
    let urls = company.phones(desk.office).device_urls(request).await;
    urls.expect("its URLs").into_inner().documents_url
}

/// The phone has the document of this entry or a newer one, and registers with what stands in it.
async fn has_moved(phone: &SimPhone, desk: &Desk, index: u64) {
    let has = |view: &View| {
        let own = view.lines.iter().find(|line| line.user == desk.id);
        view.stamp >= index && own.is_some_and(|line| line.is_registered)
    };
    phone
        .wait(&format!("a {} with its new password", desk.vendor), PATIENCE, has)
        .await
        .expect("it moves over");
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_with_a_new_password_move_over_by_themselves() {
    let company = plan().start().await;
    let mut phones = Vec::new();
    for vendor in VENDORS {
        let desk = put(&company, vendor, 0, 1).await;
        let phone = switch_on(&company, &desk);
        neutral(&phone, &desk).await;
        company.served(&desk.id, 0).await;
        phones.push((phone, desk));
    }
    for (phone, desk) in &phones {
        let index = renew(&company, desk, false).await;
        has_moved(phone, desk, index).await;
        // It has taken over everything, and does everything with what it has now.
        let documents = documents(&company, desk).await;
        let path = documents.trim_end_matches('/');
        eventually(
            &format!("a {} that knows its new path", desk.vendor),
            PATIENCE,
            || async {
                phone
                    .flash()
                    .iter()
                    .any(|(_, value)| value.contains(path))
                    .then_some(())
            },
        )
        .await;
        sit_down(phone, "2001").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_was_switched_off_meanwhile_moves_over_when_it_starts_unless_that_was_revoked() {
    let company = plan().start().await;
    let desk = put(&company, Vendor::Yealink, 0, 1).await;
    let phone = switch_on(&company, &desk);
    neutral(&phone, &desk).await;
    let flash = phone.flash();
    drop(phone);
    renew(&company, &desk, false).await;
    let index = renew(&company, &desk, false).await;
    let phone = switch_on_with(&company, &desk, &desk.documents, flash.clone());
    has_moved(&phone, &desk, index).await;
    let former = documents(&company, &desk).await;
    drop(phone);

    renew(&company, &desk, true).await;
    let phone = switch_on_with(&company, &desk, &former, flash);
    let in_vain = |view: &View| !view.problem.is_empty();
    phone
        .wait("that it is refused", PATIENCE, in_vain)
        .await
        .expect("its path is revoked");
    let what = "the phone's state";
    let shown = eventually(what, PATIENCE, || async {
        let request = v1::ListPhonesRequest::default();
        let list = company.phones(0).list_phones(request).await.ok()?.into_inner();
        list.phones
            .into_iter()
            .find(|phone| phone.device.as_ref().is_some_and(|device| device.id == desk.id))
    })
    .await;
    assert_ne!(shown.state(), v1::PhoneState::Shown);
}

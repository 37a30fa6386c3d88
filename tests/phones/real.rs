//! A phone that is no simulation: Linphone from Debian, by remote provisioning.

use hotdesk_phone::Vendor;
use hotdesk_phonesim::{CallView, Press, View};
use hotdesk_tests::company::needs;
use hotdesk_tests::phones::linphone::Linphone;

use crate::common::{PATIENCE, is_first, neutral, plan, put, sit_down, switch_on};

/// The host of the office that it has to itself.
const HOST: u8 = 9;

#[tokio::test(flavor = "multi_thread")]
async fn linphone_gets_its_lines_from_its_document_and_is_called_by_its_users_extension() {
    needs(&[("linphonec", "linphone-cli"), ("script", "bsdutils")]);
    let company = plan().start().await;
    let (desk, other) = (
        put(&company, Vendor::Linphone, 0, 1).await,
        put(&company, Vendor::Yealink, 0, 2).await,
    );
    let document = format!("{}linphone.xml", desk.documents);
    let mut neutral_phone = Linphone::provisioned(company.office(0), HOST, &document).await;
    neutral_phone.registered().await;
    company.served(&desk.id, 0).await;
    // Nothing makes it load by itself: it is started again.
    drop(neutral_phone);
    company.login("ada", &desk.id).await;
    let mut hers = Linphone::provisioned(company.office(0), HOST, &document).await;
    hers.registered().await;
    hers.shows("sip:2001@").await;

    let colleague = switch_on(&company, &other);
    neutral(&colleague, &other).await;
    sit_down(&colleague, "2002").await;
    colleague.press(Press::Exit);
    colleague
        .wait("Bob's line", PATIENCE, is_first("2002"))
        .await
        .expect("his");
    colleague.type_text("2001");
    colleague.press(Press::Ok);
    let talks = |view: &View| matches!(view.call, CallView::Talking(_));
    colleague
        .wait("a call", PATIENCE, talks)
        .await
        .expect("Linphone takes it");
    colleague.press(Press::HangUp);
}

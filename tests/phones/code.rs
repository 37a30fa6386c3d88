//! The code on a phone's screen, as somebody with a mobile in front of it sees it.

use hotdesk_phone::Vendor;
use hotdesk_phonesim::{Ask, Http, PageView, Press, SimPhone, View};

use crate::common::{Desk, PATIENCE, is_first, neutral, plan, put, switch_on};

/// Vendors whose phones show the code beside their idle screen.
const IDLE: [Vendor; 3] = [Vendor::Poly, Vendor::Cisco, Vendor::Yealink];

/// Vendors whose phones show it behind a soft key of the login page, and whether as a picture.
const PAGES: [(Vendor, bool); 8] = [
    (Vendor::Cisco, true),
    (Vendor::CiscoMpp, true),
    (Vendor::Yealink, true),
    (Vendor::Poly, true),
    (Vendor::Snom, true),
    (Vendor::Mitel, true),
    (Vendor::Grandstream, false),
    (Vendor::Fanvil, false),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_nobody_uses_shows_a_code_until_somebody_does() {
    let company = plan().start().await;
    let mut phones = Vec::new();
    for vendor in IDLE {
        let desk = put(&company, vendor, 0, 1).await;
        phones.push((switch_on(&company, &desk), desk));
    }
    for (phone, desk) in &phones {
        let view = phone
            .wait("a code on the idle screen", PATIENCE, |view| {
                address(view.idle.as_ref()).is_some()
            })
            .await
            .expect("a code");
        leads_to_a_login(desk, address(view.idle.as_ref()).unwrap_or_default()).await;
    }
    for (phone, desk) in &phones {
        neutral(phone, desk).await;
        company.served(&desk.id, desk.office).await;
        company.login("ada", &desk.id).await;
        let is_hers = is_first("2001");
        let wish = |view: &View| view.idle.is_none() && (is_hers(view) || desk.vendor == Vendor::Cisco);
        phone
            .wait("no code any more", PATIENCE, wish)
            .await
            .expect("in use");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_page_of_each_vendor_leads_to_a_code_or_to_its_address() {
    let company = plan().start().await;
    for (vendor, is_picture) in PAGES {
        let desk = put(&company, vendor, 0, 1).await;
        let phone = switch_on(&company, &desk);
        neutral(&phone, &desk).await;
        let view = by_mobile(&phone).await;
        let page = view.page.expect("a page");
        assert_eq!(page.code.is_some(), is_picture, "{vendor}: {page:?}");
        let said = page.text.split_whitespace().find(|word| word.contains("/d/"));
        let address = address(Some(&page)).or(said).expect("an address");
        leads_to_a_login(&desk, address).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_with_the_code_greets_whoever_has_logged_in_by_it() {
    let company = plan().start().await;
    let desk = put(&company, Vendor::Snom, 0, 1).await;
    let phone = switch_on(&company, &desk);
    neutral(&phone, &desk).await;
    by_mobile(&phone).await;
    company.login("ada", &desk.id).await;
    let welcome = |view: &View| {
        view.page
            .as_ref()
            .is_some_and(|page| page.text.contains("Welcome"))
    };
    phone
        .wait("a welcome", PATIENCE, welcome)
        .await
        .expect("a welcome");
}

/// Opens the page with the code.
async fn by_mobile(phone: &SimPhone) -> View {
    phone.press(Press::Soft(0));
    phone.soft("By mobile", PATIENCE).await.expect("a soft key");
    let is_there = |view: &View| {
        let page = view.page.as_ref();
        page.is_some_and(|page| page.code.is_some() || page.text.contains("/d/"))
    };
    phone
        .wait("a code, or its address", PATIENCE, is_there)
        .await
        .expect("a code")
}

fn address(page: Option<&PageView>) -> Option<&str> {
    Some(page?.code.as_ref()?.address.as_str())
}

/// What the mobile opens is the page of this phone.
async fn leads_to_a_login(desk: &Desk, address: &str) {
    assert!(address.contains(&format!("/d/{}/", desk.id)), "{address}");
    let ask = Ask {
        url: address,
        user_agent: "a mobile",
        ..Ask::default()
    };
    let answer = Http::default().ask(&ask).await.expect("an answer");
    let is_page = answer.status == 200 && answer.body.contains("Sign in with your number and PIN.");
    assert!(is_page, "{}: {}", answer.status, answer.body);
}

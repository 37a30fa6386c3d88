//! A day at a phone of each vendor: neutral, logged in on its own screen, called, calling, moved away from, wiped.

use hotdesk_phone::Vendor;
use hotdesk_phonesim::{CallView, Press, SimPhone, View};
use hotdesk_tests::company::Company;
use hotdesk_tests::offices::phone;

use crate::common::{Desk, PATIENCE, neutral, plan, put, sit_down, switch_on};

/// Vendors whose phones show pages.
const WITH_PAGES: [Vendor; 8] = [
    Vendor::Cisco,
    Vendor::CiscoMpp,
    Vendor::Yealink,
    Vendor::Poly,
    Vendor::Snom,
    Vendor::Grandstream,
    Vendor::Fanvil,
    Vendor::Mitel,
];

/// Those that are told of a move on their screen by a message over SIP; the others by their own web server, or when they
/// are touched next.
const TOLD_BY_SIP: [Vendor; 3] = [Vendor::Yealink, Vendor::Snom, Vendor::Mitel];

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_of_each_vendor_becomes_ones_own_and_is_wiped_when_one_moves_on() {
    let company = plan().start().await;
    // Somebody to talk to, at a phone of another office.
    let other = put(&company, Vendor::Yealink, 1, 9).await;
    let colleague = switch_on(&company, &other);
    neutral(&colleague, &other).await;
    company.served(&other.id, other.office).await;
    sit_down(&colleague, "2002").await;
    shows_user(&colleague, &other, "2002").await;
    for vendor in WITH_PAGES {
        let desk = put(&company, vendor, 0, 1).await;
        let phone = switch_on(&company, &desk);
        neutral(&phone, &desk).await;
        company.served(&desk.id, desk.office).await;
        sit_down(&phone, "2001").await;
        phone.press(Press::Exit);
        shows_user(&phone, &desk, "2001").await;
        calls_both_ways(&phone, &colleague).await;
        moves_away(&company, &phone, &desk).await;
        has_nothing_left(&phone, vendor);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_softphone_gets_its_lines_by_remote_provisioning() {
    let company = plan().start().await;
    let desk = put(&company, Vendor::Linphone, 0, 1).await;
    let phone = switch_on(&company, &desk);
    neutral(&phone, &desk).await;
    company.login("ada", &desk.id).await;
    // Nothing makes it load by itself: it is started again.
    phone.press(Press::PowerCycle);
    shows_user(&phone, &desk, "2001").await;
    company.login("ada", phone_elsewhere()).await;
    phone.press(Press::PowerCycle);
    neutral(&phone, &desk).await;
    has_nothing_left(&phone, Vendor::Linphone);
}

/// A plain phone of the directory in New York.
const fn phone_elsewhere_at() -> (usize, usize) {
    (1, 1)
}

fn phone_elsewhere() -> &'static str {
    let (office, which) = phone_elsewhere_at();
    phone(office, which)
}

/// Waits until the phone shows the user, with the user's line registered where it has one.
async fn shows_user(phone: &SimPhone, desk: &Desk, number: &str) -> View {
    let single = desk.vendor == Vendor::Cisco;
    let shows = |view: &View| {
        let first = view.lines.first();
        first.is_some_and(|line| {
            line.is_registered && line.label.contains(number) && (single || line.user == number)
        })
    };
    phone
        .wait(&format!("{number} on a {}", desk.vendor), PATIENCE, shows)
        .await
        .expect("it becomes the user's")
}

/// One calls the other, and the other way round.
async fn calls_both_ways(phone: &SimPhone, colleague: &SimPhone) {
    for (from, number, to) in [(phone, "2002", colleague), (colleague, "2001", phone)] {
        from.press(Press::Exit);
        from.type_text(number);
        from.press(Press::Ok);
        let talks = |view: &View| matches!(view.call, CallView::Talking(_));
        from.wait("the calling phone talks", PATIENCE, talks)
            .await
            .unwrap_or_else(|error| panic!("{number} is not answered: {error}"));
        to.wait("the called phone talks", PATIENCE, talks)
            .await
            .unwrap_or_else(|error| panic!("{number} is not reached: {error}"));
        from.press(Press::HangUp);
        let ended = |view: &View| view.call == CallView::None;
        to.wait("the call's end", PATIENCE, ended).await.expect("it ends");
        from.wait("the call's end", PATIENCE, ended)
            .await
            .expect("it ends");
    }
}

/// The user logs in at another office; the phone says so where it can, and is nobody's afterwards.
async fn moves_away(company: &Company, phone: &SimPhone, desk: &Desk) {
    company.login("ada", phone_elsewhere()).await;
    if TOLD_BY_SIP.contains(&desk.vendor) {
        let told = |view: &View| {
            view.page
                .as_ref()
                .is_some_and(|page| page.text.contains("moved to new-york"))
        };
        phone
            .wait("where the user went", PATIENCE, told)
            .await
            .expect("it says where");
        let locks = |view: &View| view.soft.iter().any(|soft| soft == "Lock");
        assert!(locks(&phone.view()), "{:?}", phone.view().soft);
        phone.press(Press::Exit);
    }
    neutral(phone, desk).await;
}

/// Nothing that the phone remembers is the user's: neither the extension nor the name. (Passwords of phones are made of
/// small letters and 2 to 7.)
fn has_nothing_left(phone: &SimPhone, vendor: Vendor) {
    for (key, value) in phone.flash().iter() {
        let of_user = value.contains("2001") || value.contains("ADA");
        assert!(!of_user, "a {vendor} still has {key} = {value}");
    }
}

//! What phones show, and how new ones come in.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hotdesk_core::{Action, Actor, Command, SeenPhone};
use hotdesk_proto::v1;
use hotdesk_proto::v1::PhoneState;
use hotdesk_proto::v1::phones_client::PhonesClient;
use hotdesk_proto::v1::set_device_secret_request::Secret;
use tempfile::TempDir;
use tonic::Request;
use tonic::transport::Channel;

use crate::world::{Answer, PATIENCE, World, answer};

const MAC: &str = "001565a0b1c2";
const DAY_MS: u64 = 24 * 3_600_000;

/// The office with a line key, and the service.
async fn office() -> (World, PhonesClient<Channel>, TempDir) {
    let keys = tempfile::tempdir().unwrap();
    let key_file = keys.path().join("line.key");
    std::fs::write(&key_file, "6b".repeat(31) + "01").unwrap();
    let world = World::office_with(|config| {
        config.sip.domain = Some("example.com".into());
        config.sip.key_file = Some(key_file);
        config.phones.http_listen = vec!["127.0.0.1:0".into()];
        config.phones.registrar = Some("127.0.0.1:5060".into());
    })
    .await;
    let phones = PhonesClient::new(world.channel.clone());
    (world, phones, keys)
}

fn in_ms(span_ms: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap() + span_ms
}

/// A phone asks for its document, and nobody knows it.
async fn asks(world: &World, mac: &str) {
    let seen = SeenPhone {
        mac: mac.parse().unwrap(),
        vendor: "yealink".into(),
        model: "T54W".into(),
        firmware: "96.86.0.70".into(),
        site: Some("chicago".parse().unwrap()),
        address: "192.0.2.17".into(),
    };
    let command = Command {
        request_id: None,
        actor: Actor("node:1".into()),
        action: Action::ReportWaiting { items: vec![seen] },
    };
    let deadline = std::time::Instant::now() + PATIENCE;
    world.node.cluster().propose(command, deadline).await.unwrap();
}

async fn waiting(phones: &mut PhonesClient<Channel>) -> Vec<v1::SeenPhone> {
    let request = v1::ListWaitingRequest::default();
    let list = answer(phones.list_waiting(request).await).unwrap().phones;
    list.into_iter().map(|waiting| waiting.phone.unwrap()).collect()
}

async fn list(
    phones: &mut PhonesClient<Channel>,
    request: v1::ListPhonesRequest,
) -> Vec<(String, PhoneState)> {
    let list = answer(phones.list_phones(request).await).unwrap().phones;
    let shown = |phone: v1::Phone| (phone.device.clone().unwrap().id, phone.state());
    list.into_iter().map(shown).collect()
}

async fn approve(
    phones: &mut PhonesClient<Channel>,
    request_id: u8,
    device: v1::Device,
) -> Answer<v1::ApproveDeviceResponse> {
    let request = v1::ApproveDeviceRequest {
        request_id: vec![request_id; 16],
        device: Some(device),
        by: "admin:test".into(),
    };
    answer(phones.approve_device(request).await)
}

fn by_mac(mac: &str) -> v1::Device {
    v1::Device {
        mac: mac.into(),
        ..Default::default()
    }
}

async fn device(world: &mut World, id: &str) -> v1::Device {
    let request = v1::WhoRequest {
        subject: Some(v1::who_request::Subject::Device(id.into())),
        ..Default::default()
    };
    answer(world.sessions.who(request).await).unwrap().device.unwrap()
}

#[tokio::test]
async fn a_waiting_phone_is_approved_with_what_it_told_about_itself() {
    let (mut world, mut phones, _keys) = office().await;
    asks(&world, MAC).await;
    let seen = waiting(&mut phones).await;
    assert_eq!(
        (&*seen[0].mac, &*seen[0].vendor, &*seen[0].site),
        (MAC, "yealink", "chicago")
    );

    let before = in_ms(0);
    let approved = approve(&mut phones, 1, by_mac("00:15:65:A0:B1:C2"))
        .await
        .unwrap();
    assert_eq!(approved.device, MAC);
    assert!((before + DAY_MS..=in_ms(DAY_MS)).contains(&approved.open_until_ms));
    assert_eq!(waiting(&mut phones).await, [], "it waits no longer");

    let record = device(&mut world, MAC).await;
    assert_eq!((&*record.site, &*record.model), ("chicago", "yealink-t54w"));
    assert_eq!(record.enrolment_open_until_ms, approved.open_until_ms);
    assert!(record.has_secret);
    let request = v1::ListPhonesRequest {
        states: vec![PhoneState::WaitingForFirstContact.into()],
        ..Default::default()
    };
    let first = (MAC.to_owned(), PhoneState::WaitingForFirstContact);
    assert_eq!(list(&mut phones, request).await, [first]);

    let again = approve(&mut phones, 1, by_mac(MAC)).await.unwrap();
    assert_eq!(again.device, MAC, "a retry is no second approval");
    let error = approve(&mut phones, 2, by_mac(MAC)).await.unwrap_err();
    assert_eq!((&*error.code, &*error.reason), ("HD2019", "DEVICE_EXISTS"));
}

#[tokio::test]
async fn an_approval_that_broke_off_goes_on_and_no_other_record_is_overwritten() {
    let (mut world, mut phones, _keys) = office().await;
    let wanted = v1::Device {
        id: "chi-9".into(),
        mac: MAC.into(),
        site: "chicago".into(),
        desk: "9".into(),
        ..Default::default()
    };
    // As far as an attempt came whose node was killed behind the first command.
    let put = v1::PutDeviceRequest {
        device: Some(wanted.clone()),
        ..Default::default()
    };
    answer(world.directory.put_device(put).await).unwrap();
    approve(&mut phones, 1, wanted.clone()).await.unwrap();
    assert!(device(&mut world, "chi-9").await.has_secret);

    let elsewhere = v1::Device {
        id: "chi-1".into(),
        ..wanted.clone()
    };
    let error = approve(&mut phones, 2, elsewhere).await.unwrap_err();
    assert_eq!(error.reason, "DEVICE_EXISTS");
    let other_id = v1::Device {
        id: "chi-10".into(),
        ..wanted
    };
    let error = approve(&mut phones, 3, other_id).await.unwrap_err();
    assert_eq!((&*error.code, &*error.reason), ("HD1022", "MAC_TAKEN"));
}

#[tokio::test]
async fn what_cannot_be_approved_is_said_by_field() {
    let (_world, mut phones, _keys) = office().await;
    let with = |change: fn(&mut v1::Device)| {
        let mut device = by_mac(MAC);
        change(&mut device);
        device
    };
    for (device, part) in [
        (
            with(|device| device.mac = "01:00:5e:00:01:75".into()),
            "device.mac",
        ),
        (
            with(|device| device.mac = String::new()),
            "must be the phone's MAC address",
        ),
        (with(|_| {}), "device.site: must be given"),
        (with(|device| device.site = "no where".into()), "device.site"),
        (
            with(|device| {
                device.site = "chicago".into();
                device.number = "12a".into();
            }),
            "device.number: number of a phone \"12a\"",
        ),
    ] {
        let error = approve(&mut phones, 1, device).await.unwrap_err();
        assert!(error.message.contains(part), "{part}: {error}");
    }
    let unknown_site = with(|device| device.site = "denver".into());
    let error = approve(&mut phones, 1, unknown_site).await.unwrap_err();
    assert_eq!(error.reason, "UNKNOWN_SITE");
}

#[tokio::test]
async fn a_declined_phone_waits_no_longer_until_it_asks_again() {
    let (world, mut phones, _keys) = office().await;
    asks(&world, MAC).await;
    let decline = v1::DeclineWaitingRequest {
        mac: "0015.65a0.b1c2".into(),
        ..Default::default()
    };
    let first = answer(phones.decline_waiting(decline.clone()).await).unwrap();
    let second = answer(phones.decline_waiting(decline).await).unwrap();
    assert_eq!((first.existed, second.existed), (true, false));
    assert_eq!(waiting(&mut phones).await, []);
    asks(&world, MAC).await;
    assert_eq!(waiting(&mut phones).await.len(), 1);
}

#[tokio::test]
async fn a_window_is_opened_for_a_day_at_most_and_closed() {
    let (mut world, mut phones, _keys) = office().await;
    let reopen = |until_ms| v1::ReopenEnrolmentRequest {
        device: "chi-1".into(),
        until_ms,
        ..Default::default()
    };
    let until_ms = in_ms(DAY_MS / 2);
    answer(phones.reopen_enrolment(reopen(until_ms)).await).unwrap();
    assert_eq!(
        device(&mut world, "chi-1").await.enrolment_open_until_ms,
        until_ms
    );
    let error = answer(phones.reopen_enrolment(reopen(in_ms(2 * DAY_MS))).await).unwrap_err();
    assert!(error.message.contains("at most 24 hours ahead"), "{error}");
    answer(phones.reopen_enrolment(reopen(0)).await).unwrap();
    assert_eq!(device(&mut world, "chi-1").await.enrolment_open_until_ms, 0);
}

async fn report(world: &mut World, stamp: u64, trouble: &str) -> u32 {
    let item = v1::ShownItem {
        device: "chi-1".into(),
        stamp,
        how: v1::ShownBy::Document.into(),
        trouble: trouble.into(),
    };
    let request = v1::ReportShownRequest {
        items: vec![item],
        by: "edge:chicago".into(),
        ..Default::default()
    };
    answer(world.sessions.report_shown(request).await).unwrap().noted
}

async fn chi_1(phones: &mut PhonesClient<Channel>) -> v1::Phone {
    let request = v1::ListPhonesRequest {
        site: "chicago".into(),
        limit: 1,
        ..Default::default()
    };
    answer(phones.list_phones(request).await)
        .unwrap()
        .phones
        .remove(0)
}

#[tokio::test]
async fn what_a_phone_shows_is_reported_and_listed_beside_what_it_should_show() {
    let (mut world, mut phones, _keys) = office().await;
    assert_eq!(chi_1(&mut phones).await.state(), PhoneState::NotEnrolled);
    let generate = v1::SetDeviceSecretRequest {
        device: "chi-1".into(),
        secret: Some(Secret::Generate(true)),
        ..Default::default()
    };
    answer(world.directory.set_device_secret(generate).await).unwrap();
    let phone = chi_1(&mut phones).await;
    assert_eq!(phone.state(), PhoneState::WaitingForFirstContact);

    let made_up = report(&mut world, phone.wanted_stamp + 1_000_000, "").await;
    assert_eq!(made_up, 0, "there is no such document");
    assert_eq!(report(&mut world, phone.wanted_stamp, "").await, 1);
    assert_eq!(chi_1(&mut phones).await.state(), PhoneState::Shown);

    world.login("ada", "chi-1", "1234").await.unwrap();
    let phone = chi_1(&mut phones).await;
    assert_eq!(phone.state(), PhoneState::Loading);
    assert_eq!(phone.session.as_ref().unwrap().user, "ada");
    assert!(phone.wanted_stamp > phone.device.unwrap().shown.unwrap().stamp);

    report(&mut world, phone.wanted_stamp, "no answer to 5 NOTIFYs").await;
    let phone = chi_1(&mut phones).await;
    assert_eq!(phone.state(), PhoneState::GaveUp);
    assert_eq!(phone.device.unwrap().trouble, "no answer to 5 NOTIFYs");
    let gave_up = v1::ListPhonesRequest {
        states: vec![PhoneState::GaveUp.into()],
        ..Default::default()
    };
    assert_eq!(list(&mut phones, gave_up).await.len(), 1);

    report(&mut world, phone.wanted_stamp, "").await;
    let phone = chi_1(&mut phones).await;
    assert_eq!(phone.state(), PhoneState::Shown);
    assert_eq!(phone.device.unwrap().trouble, "", "it came after all");
}

#[tokio::test]
async fn phones_are_listed_page_by_page_and_wrong_questions_are_refused() {
    let (_world, mut phones, _keys) = office().await;
    let mut seen = Vec::new();
    loop {
        let request = v1::ListPhonesRequest {
            after: seen.last().cloned().unwrap_or_default(),
            limit: 2,
            ..Default::default()
        };
        let page = answer(phones.list_phones(request).await).unwrap();
        seen.extend(page.phones.into_iter().map(|phone| phone.device.unwrap().id));
        if !page.more {
            break;
        }
    }
    assert_eq!(seen, ["chi-1", "chi-2", "ny-1"]);

    let unknown_state = v1::ListPhonesRequest {
        states: vec![77],
        ..Default::default()
    };
    let error = answer(phones.list_phones(unknown_state).await).unwrap_err();
    assert_eq!(error.reason, "INVALID_ARGUMENT");
    let unknown_site = v1::ListPhonesRequest {
        site: "denver".into(),
        ..Default::default()
    };
    let error = answer(phones.list_phones(unknown_site).await).unwrap_err();
    assert_eq!(error.reason, "UNKNOWN_SITE");
}

fn token_request(request_id: u8) -> v1::CreateEnrolmentTokenRequest {
    v1::CreateEnrolmentTokenRequest {
        request_id: vec![request_id; 16],
        site: "chicago".into(),
        uses: 40,
        until_ms: in_ms(DAY_MS),
        note: "third floor".into(),
        by: "admin:test".into(),
    }
}

#[tokio::test]
async fn a_token_is_answered_once_kept_as_its_digest_and_taken_back() {
    let (world, mut phones, _keys) = office().await;
    let request = token_request(1);
    let made = answer(phones.create_enrolment_token(request.clone()).await).unwrap();
    assert_eq!(made.token.len(), 26);
    let base = format!("http://{}/e/", world.node.phones_addresses()[0]);
    assert_eq!(made.url, format!("{base}{}/", made.token));
    let again = answer(phones.create_enrolment_token(request).await).unwrap();
    assert_eq!(again.token, made.token, "a retry answers the same");
    let other = answer(phones.create_enrolment_token(token_request(2)).await).unwrap();
    assert_ne!(other.token, made.token);

    let ask = v1::ListEnrolmentTokensRequest::default();
    let tokens = answer(phones.list_enrolment_tokens(ask).await).unwrap().tokens;
    assert_eq!(tokens.len(), 2);
    let record = made.record.unwrap();
    assert!(tokens.contains(&record));
    assert_eq!(
        (record.uses, &*record.note, record.hash.len()),
        (40, "third floor", 32)
    );

    let id = data_encoding::HEXLOWER.encode(&record.hash);
    let delete = |id: &str| v1::DeleteEnrolmentTokenRequest {
        id: id.into(),
        ..Default::default()
    };
    let error = answer(phones.delete_enrolment_token(delete(&id[..7])).await).unwrap_err();
    assert!(error.message.contains("8 to 64 hexadecimal digits"), "{error}");
    for existed in [true, false] {
        let gone = answer(phones.delete_enrolment_token(delete(&id[..12])).await).unwrap();
        assert_eq!(gone.existed, existed);
    }
    let tokens = answer(phones.list_enrolment_tokens(ask).await).unwrap().tokens;
    assert_eq!(tokens, [other.record.unwrap()]);
}

#[tokio::test]
async fn tokens_for_too_many_too_long_or_nowhere_are_refused() {
    let (_world, mut phones, _keys) = office().await;
    let with = |change: fn(&mut v1::CreateEnrolmentTokenRequest)| {
        let mut request = token_request(1);
        change(&mut request);
        request
    };
    for (request, part) in [
        (with(|request| request.uses = 1001), "must be 1 to 1000, got 1001"),
        (with(|request| request.until_ms = 1), "must be in the future"),
        (
            with(|request| request.until_ms = in_ms(31 * DAY_MS)),
            "at most 30 days ahead",
        ),
        (with(|request| request.site = String::new()), "site"),
    ] {
        let error = answer(phones.create_enrolment_token(request).await).unwrap_err();
        assert!(error.message.contains(part), "{part}: {error}");
    }
    let nowhere = with(|request| request.site = "denver".into());
    let error = answer(phones.create_enrolment_token(nowhere).await).unwrap_err();
    assert_eq!(error.reason, "UNKNOWN_SITE");
}

#[tokio::test]
async fn a_phones_addresses_follow_from_its_generated_password() {
    let (mut world, mut phones, _keys) = office().await;
    let urls = v1::DeviceUrlsRequest {
        device: "chi-1".into(),
    };
    let error = answer(phones.device_urls(urls.clone()).await).unwrap_err();
    assert_eq!((&*error.code, &*error.reason), ("HD2018", "NOT_PROVISIONED"));
    assert!(error.message.contains("chi-1"), "{error}");
    let mut seen = Vec::new();
    for request_id in [1, 2] {
        let generate = v1::SetDeviceSecretRequest {
            request_id: vec![request_id; 16],
            device: "chi-1".into(),
            secret: Some(Secret::Generate(true)),
            ..Default::default()
        };
        answer(world.directory.set_device_secret(generate).await).unwrap();
        let found = answer(phones.device_urls(urls.clone()).await).unwrap();
        let base = format!("http://{}/p/", world.node.phones_addresses()[0]);
        assert!(found.documents_url.starts_with(&base), "{found:?}");
        assert!(
            found.app_url.starts_with(&base) && found.app_url.ends_with("/app"),
            "{found:?}"
        );
        let sticker = format!("http://{}/d/chi-1/", world.node.phones_addresses()[0]);
        assert!(found.sticker_url.starts_with(&sticker), "{found:?}");
        seen.push(found.documents_url);
    }
    assert_ne!(seen[0], seen[1], "another password, another path");
}

#[tokio::test]
async fn without_the_administrators_token_phones_say_nothing() {
    // The office is put through the API, so the token cannot be there from the start.
    let world = World::office()
        .await
        .restarted(|config| {
            config.auth.admin_token = Some("admin".into());
            config.auth.edge_token = Some("edge".into());
        })
        .await;
    let mut phones = PhonesClient::new(world.channel.clone());
    for (token, fine) in [("admin", true), ("edge", false), ("other", false)] {
        let mut request = Request::new(v1::ListPhonesRequest::default());
        let metadata = format!("Bearer {token}").parse().unwrap();
        request.metadata_mut().insert("authorization", metadata);
        request.set_timeout(Duration::from_secs(10));
        let seen = answer(phones.list_phones(request).await);
        assert_eq!(seen.is_ok(), fine, "{token}");
    }
    let mut sessions = world.sessions.clone();
    for (token, fine) in [("admin", true), ("edge", true), ("other", false)] {
        let mut request = Request::new(v1::ReportShownRequest::default());
        let metadata = format!("Bearer {token}").parse().unwrap();
        request.metadata_mut().insert("authorization", metadata);
        assert_eq!(
            answer(sessions.report_shown(request).await).is_ok(),
            fine,
            "{token}"
        );
    }
}

//! Phones of another office that ask here, and their addresses.

use hotdesk_proto::v1;
use hotdesk_proto::v1::phones_client::PhonesClient;

use super::*;
use crate::world::answer;

/// A Yealink in New York, served by Chicago's node.
async fn with_new_york(offices: &[&str]) -> World {
    let list = offices.iter().map(|office| (*office).to_owned()).collect();
    let world = office_with(|config| config.phones.other_offices = list).await;
    let moved = Device {
        model: "yealink-t54w".into(),
        ..Device::new(MAC.parse().unwrap(), "new-york".parse().unwrap())
    };
    act(&world, Action::PutDevice(moved)).await.unwrap();
    give_secret(&world, "chi-1", 8).await;
    world
}

const NEW_YORK: &str =
    "new-york https://ny.example.com:8443 edge.ny.example.com:5070;transport=udp 192.0.2.44";

#[tokio::test]
async fn a_phones_document_has_the_addresses_of_its_own_office_whichever_node_makes_it() {
    let world = with_new_york(&[NEW_YORK]).await;
    let own = own_path(&world, MAC, &format!("{MAC}.cfg"));
    let document = get(&own).by(AGENT).send(&world).await;
    let token = token(&world, MAC);
    document.is(200, &format!("https://ny.example.com:8443/p/{token}/"));
    for part in ["edge.ny.example.com", "5070"] {
        assert!(document.body.contains(part), "{part} in {}", document.body);
    }
    let here = world.node.phones_addresses()[0].to_string();
    assert!(!document.body.contains(&here), "{}", document.body);
    // Those of this office are as they were.
    let own = own_path(&world, POLY, &format!("{POLY}.cfg"));
    let document = get(&own).by(POLY_AGENT).send(&world).await;
    assert!(!document.body.contains("ny.example.com"), "{}", document.body);
}

#[tokio::test]
async fn addresses_are_those_of_the_phones_office_or_come_with_a_warning() {
    let in_an_hour = std::time::SystemTime::now() + Duration::from_secs(3600);
    let since = in_an_hour.duration_since(std::time::UNIX_EPOCH).unwrap();
    for offices in [&[NEW_YORK][..], &[]] {
        let world = with_new_york(offices).await;
        let mut phones = PhonesClient::new(world.channel.clone());
        let here = format!("http://{}/", world.node.phones_addresses()[0]);
        for (device, site) in [("chi-1", "chicago"), (MAC, "new-york")] {
            let request = v1::DeviceUrlsRequest {
                device: device.into(),
            };
            let urls = answer(phones.device_urls(request).await).unwrap();
            let request = v1::CreateEnrolmentTokenRequest {
                request_id: fresh().to_be_bytes().to_vec(),
                site: site.into(),
                uses: 1,
                until_ms: u64::try_from(since.as_millis()).unwrap(),
                ..Default::default()
            };
            let token = answer(phones.create_enrolment_token(request).await).unwrap();
            let is_known = site == "chicago" || !offices.is_empty();
            let base = if site == "new-york" && is_known {
                "https://ny.example.com:8443/"
            } else {
                &here
            };
            for url in [&urls.documents_url, &urls.app_url, &urls.sticker_url, &token.url] {
                assert!(url.starts_with(base), "{url} of {site}");
            }
            for warning in [urls.warning, token.warning] {
                assert_eq!(warning.is_empty(), is_known, "{site}: {warning}");
                assert!(is_known || warning.contains("phones.other_offices"), "{warning}");
            }
        }
    }
}

//! Look-ups over HTTP: what each kind of proxy gets, to the byte, and who may ask.

use hotdesk_proto::v1;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::{World, answer};

/// An answer: status, headers in lower case, body.
struct Answer {
    status: u16,
    headers: String,
    body: String,
}

async fn ask(world: &World, request: &str) -> Answer {
    let address = world.node.http_address().expect("HTTP is on");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").expect(&text);
    Answer {
        status: head[9..12].parse().unwrap(),
        headers: head.to_ascii_lowercase(),
        body: body.to_owned(),
    }
}

async fn get(world: &World, path: &str) -> Answer {
    ask(
        world,
        &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
    )
    .await
}

/// What is read at a path.
pub(crate) async fn body_of(world: &World, path: &str) -> String {
    get(world, path).await.body
}

async fn post(world: &World, path: &str, form: &str) -> Answer {
    let length = form.len();
    let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}");
    let kind = "Content-Type: application/x-www-form-urlencoded";
    ask(world, &format!("{head}\r\n{kind}\r\n\r\n{form}")).await
}

/// The office with HTTP; ada at chi-1, which chi-edge serves.
async fn office() -> World {
    let mut world = World::office_with(|config| config.http.listen = Some("127.0.0.1:0".into())).await;
    let put = v1::PutEdgeRequest {
        edge: Some(v1::Edge {
            id: "chi-edge".into(),
            site: "chicago".into(),
            uri: "sip:192.0.2.7:5070;lr".into(),
        }),
        ..Default::default()
    };
    answer(world.directory.put_edge(put).await).unwrap();
    let report = v1::ReportServingRequest {
        items: vec![v1::ServedDevice {
            device: "chi-1".into(),
            edge: "chi-edge".into(),
            gone: false,
        }],
        ..Default::default()
    };
    answer(world.sessions.report_serving(report).await).unwrap();
    world.login("ada", "chi-1", "1234").await.unwrap();
    world
}

#[tokio::test]
async fn a_user_is_resolved_to_the_phone_at_its_edge() {
    let mut world = office().await;
    let found = get(&world, "/v1/resolve/2001").await;
    assert_eq!(found.status, 200, "{}", found.body);
    assert!(
        found.headers.contains("cache-control: no-store"),
        "{}",
        found.headers
    );
    assert!(found.headers.contains("content-type: application/json"));
    for part in [
        r#""user":"ada""#,
        r#""display_name":"ADA""#,
        r#""extension":"2001""#,
        r#""logged_in":true"#,
        r#""device":"chi-1""#,
        r#""desk":"12""#,
        r#""site":"chicago""#,
        r#""edge":"chi-edge""#,
        r#""uri":"sip:chi-1@192.0.2.7:5070""#,
        r#""cut_off":false"#,
    ] {
        assert!(found.body.contains(part), "{part} in {}", found.body);
    }
    world.login("ada", "ny-1", "1234").await.unwrap();
    let moved = get(&world, "/v1/resolve/ADA").await.body;
    assert!(
        moved.contains(r#""device":"ny-1""#) && moved.contains(r#""uri":null"#),
        "{moved}"
    );

    let out = get(&world, "/v1/resolve/bob").await;
    assert_eq!(out.status, 200);
    assert!(out.body.contains(r#""logged_in":false"#) && out.body.contains(r#""targets":[]"#));
    for (path, status) in [
        ("/v1/resolve/nobody", 404),
        ("/v1/resolve/not%20a%20name", 400),
        ("/v1/who/nowhere", 404),
        ("/v1/who/not%20a%20phone", 400),
        ("/v1/elsewhere", 404),
    ] {
        assert_eq!(get(&world, path).await.status, status, "{path}");
    }
    let who = get(&world, "/v1/who/NY-1").await;
    assert!(
        who.body.contains(r#""user":"ada""#) && who.body.contains(r#""logged_in":true"#),
        "{}",
        who.body
    );
    let neutral = get(&world, "/v1/who/chi-1").await.body;
    assert!(
        neutral.contains(r#""user":null"#) && neutral.contains(r#""edge":"chi-edge""#),
        "{neutral}"
    );
}

const FREESWITCH_FOUND: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<document type="freeswitch/xml">
  <section name="directory">
    <domain name="example.com">
      <user id="2001">
        <params>
          <param name="dial-string" value="sofia/external/sip:chi-1@192.0.2.7:5070"/>
        </params>
        <variables>
          <variable name="effective_caller_id_name" value="ADA"/>
          <variable name="effective_caller_id_number" value="2001"/>
          <variable name="hotdesk_user" value="ada"/>
        </variables>
      </user>
    </domain>
  </section>
</document>
"#;

const FREESWITCH_NOT_FOUND: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<document type="freeswitch/xml">
  <section name="result">
    <result status="not found"/>
  </section>
</document>
"#;

#[tokio::test]
async fn freeswitch_gets_a_user_whose_dial_string_leads_to_the_phone() {
    let mut world = office().await;
    let path = "/freeswitch/directory";
    let form = "hostname=fs&section=directory&tag_name=domain&key_name=name&key_value=example.com\
                &action=user_call&user=2001&domain=example.com";
    let found = post(&world, path, form).await;
    assert_eq!((found.status, found.body.as_str()), (200, FREESWITCH_FOUND));
    assert!(found.headers.contains("content-type: text/xml"));
    let other = post(&world, "/freeswitch/directory?profile=internal", form)
        .await
        .body;
    assert!(other.contains("sofia/internal/sip:chi-1@"), "{other}");
    for form in [
        "section=directory&user=nobody&domain=example.com",
        "section=directory&action=sip_auth&user=2001&domain=example.com",
        "section=dialplan&user=2001",
        "section=directory&purpose=gateways&domain=example.com",
        "",
    ] {
        let none = post(&world, path, form).await;
        assert_eq!(
            (none.status, none.body.as_str()),
            (200, FREESWITCH_NOT_FOUND),
            "{form}"
        );
    }
    let out = post(&world, path, "section=directory&user=2002&domain=example.com")
        .await
        .body;
    assert!(out.contains(r#"value="error/user_not_registered""#), "{out}");
    world.login("ada", "ny-1", "1234").await.unwrap();
    let moved = post(&world, path, form).await.body;
    assert!(
        moved.contains(r#"value="${sofia_contact(*/ny-1@${dialed_domain})}""#),
        "{moved}"
    );
}

#[tokio::test]
async fn asterisk_gets_url_encoded_rows() {
    let world = office().await;
    for (path, form, row) in [
        (
            "ps_aors/single",
            "id=2001",
            "id=2001&max_contacts=0&qualify_frequency=0&contact=sip%3Achi-1%40192.0.2.7%3A5070",
        ),
        (
            "ps_aors/single",
            "id=2002",
            "id=2002&max_contacts=0&qualify_frequency=0",
        ),
        (
            "ps_endpoints/single",
            "id=2001",
            "id=2001&aors=2001&context=hotdesk&disallow=all&allow=%21all%2Copus%2Cg722%2Calaw%2Culaw\
             &direct_media=no&callerid=%22ADA%22%20%3C2001%3E",
        ),
        (
            "sipusers/single",
            "name=2001",
            "name=2001&type=peer&host=192.0.2.7&port=5070&defaultuser=chi-1&context=hotdesk\
             &callerid=%22ADA%22%20%3C2001%3E",
        ),
        ("sippeers/single", "name=2002", ""),
        ("ps_endpoints/single", "id=nobody", ""),
        ("ps_endpoints/multi", "id%20LIKE=%25", ""),
        ("ps_auths/single", "id=2001", ""),
        ("ps_aors/require", "id=char%3A10", "0"),
        ("ps_aors/update", "id=2001", "0"),
    ] {
        let found = post(&world, &format!("/asterisk/{path}"), form).await;
        assert_eq!((found.status, found.body.as_str()), (200, row), "{path} {form}");
    }
    assert_eq!(
        post(&world, "/asterisk/ps_aors/drop", "id=2001").await.status,
        404
    );
}

#[tokio::test]
async fn what_is_counted_is_told_to_prometheus() {
    let mut world = office().await;
    assert!(world.login("ada", "chi-1", "9999").await.is_err());
    get(&world, "/v1/resolve/2001").await;
    get(&world, "/v1/resolve/nobody").await;
    let metrics = get(&world, "/metrics").await;
    assert_eq!(metrics.status, 200);
    for line in [
        "hotdesk_logins_total{outcome=\"done\"} 1",
        "hotdesk_logins_total{outcome=\"wrong_pin\"} 1",
        "hotdesk_http_lookups_total{kind=\"resolve\",outcome=\"found\"} 1",
        "hotdesk_http_lookups_total{kind=\"resolve\",outcome=\"unknown\"} 1",
        "hotdesk_sessions 1",
        "hotdesk_users 2",
        "hotdesk_devices 3",
        "hotdesk_cut_off 0",
        "# EOF",
    ] {
        assert!(
            metrics.body.lines().any(|found| found == line),
            "{line} in {}",
            metrics.body
        );
    }
    assert!(
        metrics.body.contains("hotdesk_copy_age_seconds "),
        "{}",
        metrics.body
    );
}

#[tokio::test]
async fn the_token_guards_all_but_health() {
    let world = World::office_with(|config| {
        config.http.listen = Some("127.0.0.1:0".into());
        config.http.token = Some("s3cret".into());
    })
    .await;
    for (path, status) in [
        ("/v1/resolve/2001", 401),
        ("/metrics", 401),
        ("/healthz", 200),
        ("/readyz", 200),
    ] {
        assert_eq!(get(&world, path).await.status, status, "{path}");
    }
    let head = "GET /v1/resolve/2001 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    let shown = ask(&world, &format!("{head}Authorization: Bearer s3cret\r\n\r\n")).await;
    assert_eq!(shown.status, 200);
}

#[tokio::test]
async fn without_a_listener_there_is_no_http() {
    assert_eq!(World::empty().await.node.http_address(), None);
}

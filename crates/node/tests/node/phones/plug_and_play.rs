//! SIP plug-and-play, by unicast on loopback.

use tokio::net::UdpSocket;
use tokio::time::timeout;

use super::*;

/// Asks as a phone with this address does; what it is told, or `None` when nobody answers.
async fn ask(world: &World, mac: &str) -> Option<String> {
    let node = world.node.plug_and_play_address().unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let own = socket.local_addr().unwrap();
    let question = format!(
        "SUBSCRIBE sip:MAC%3a{mac}@224.0.1.75 SIP/2.0\r\n\
         Via: SIP/2.0/UDP {own};branch=z9hG4bK{mac};rport\r\n\
         From: <sip:MAC%3a{mac}@224.0.1.75>;tag=a\r\nTo: <sip:MAC%3a{mac}@224.0.1.75>\r\n\
         Call-ID: {mac}@127.0.0.1\r\nCSeq: 1 SUBSCRIBE\r\nContact: <sip:{own}>\r\n\
         Event: ua-profile;profile-type=\"device\";vendor=\"Yealink\";model=\"T54W\";version=\"96.86.0.100\"\r\n\
         Expires: 0\r\nAccept: application/url\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    );
    socket.send_to(question.as_bytes(), node).await.unwrap();
    // A question that is answered follows; its answers come behind those of this one.
    let mut told = None;
    let mut buffer = [0; 2048];
    for _ in 0..2 {
        let received = timeout(Duration::from_millis(500), socket.recv(&mut buffer)).await;
        let Ok(Ok(length)) = received else {
            return told;
        };
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        if let Some((_, url)) = text
            .split_once("\r\n\r\n")
            .filter(|_| text.starts_with("NOTIFY "))
        {
            told = Some(url.to_owned());
        } else {
            assert!(text.starts_with("SIP/2.0 200 "), "{text}");
        }
    }
    told
}

fn on(config: &mut Config) {
    config.phones.plug_and_play = true;
    config.phones.plug_and_play_listen = "127.0.0.1:0".into();
}

#[tokio::test]
async fn a_phone_is_told_where_to_begin_and_gets_its_document_there() {
    let world = office_with(on).await;
    assert_eq!(
        ask(&world, MAC).await,
        None,
        "one that is enrolled has its own address"
    );
    assert_eq!(ask(&world, "805ec0bdeaef").await, None, "nobody knows it");
    open_window(&world, MAC).await;
    let url = ask(&world, MAC).await.expect("it is told");
    let base = format!("http://{}", world.node.phones_addresses()[0]);
    let path = url.strip_prefix(&base).unwrap_or_else(|| panic!("{url}"));
    get(path).by(AGENT).send(&world).await.is(200, "neutral");
}

#[tokio::test]
async fn unknown_phones_are_told_where_that_is_wanted() {
    let world = office_with(|config| {
        on(config);
        config.phones.plug_and_play_unknown = true;
    })
    .await;
    let url = ask(&world, "805ec0bdeaef").await.expect("it is told");
    assert!(
        url.ends_with("/805ec0bdeaef.boot") || url.ends_with("/805ec0bdeaef.cfg"),
        "{url}"
    );
    assert_eq!(ask(&world, MAC).await, None, "one that is enrolled is left alone");
}

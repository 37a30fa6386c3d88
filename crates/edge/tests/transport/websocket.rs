//! WebSocket (RFC 7118), with a client of its own.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use hotdesk_edge::transport::Limits;
use hotdesk_sip::hop::Transport;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::support::{Edge, Setup, Told, call_id, eventually, listen, options};

fn edge(limits: Limits) -> Edge {
    Setup {
        limits,
        ..Setup::default()
    }
    .start(vec![listen(Transport::Ws, "127.0.0.1:0")])
}

async fn connect(edge: &Edge, protocols: Option<&str>) -> Result<WebSocketStream<TcpStream>, Error> {
    let stream = TcpStream::connect(edge.address(0)).await.unwrap();
    let mut request = format!("ws://{}/", edge.address(0))
        .into_client_request()
        .unwrap();
    if let Some(protocols) = protocols {
        let value = HeaderValue::from_str(protocols).unwrap();
        request.headers_mut().insert("Sec-WebSocket-Protocol", value);
    }
    Ok(client_async(request, stream).await?.0)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_subprotocol_must_be_offered() {
    let edge = edge(Limits::default());
    connect(&edge, Some("sip")).await.unwrap();
    for protocols in [None, Some("xmpp")] {
        match connect(&edge, protocols).await {
            Err(Error::Http(response)) => assert_eq!(response.status(), StatusCode::BAD_REQUEST),
            other => panic!("{protocols:?}: {other:?}"),
        }
    }
    eventually("both counted", || {
        edge.transports.counters().of(Transport::Ws).handshakes_failed == 2
    });
    edge.transports.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_text_or_binary_and_comes_back_as_what_it_is() {
    let edge = edge(Limits::default());
    let mut socket = connect(&edge, Some("sip")).await.unwrap();
    let text = String::from_utf8(options("text").to_vec()).unwrap();
    socket.send(Message::text(text)).await.unwrap();
    assert_eq!(edge.message().1.to_bytes(), options("text"));
    socket.send(Message::binary(options("binary"))).await.unwrap();
    let (from, message) = edge.message();
    assert_eq!(message.to_bytes(), options("binary"));
    edge.transports.send(&from, options("back")).unwrap();
    assert!(
        matches!(socket.next().await, Some(Ok(Message::Text(text))) if text.as_bytes() == options("back"))
    );
    edge.transports.send(&from, b"\xff\xfe"[..].into()).unwrap();
    assert!(matches!(socket.next().await, Some(Ok(Message::Binary(bytes))) if bytes[..] == *b"\xff\xfe"));
    edge.transports.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn line_ends_and_pings_are_answered() {
    let edge = edge(Limits::default());
    let mut socket = connect(&edge, Some("sip")).await.unwrap();
    socket.send(Message::text("\r\n\r\n")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("\r\n"));
    socket.send(Message::Ping(b"x"[..].into())).await.unwrap();
    assert_eq!(
        socket.next().await.unwrap().unwrap(),
        Message::Pong(b"x"[..].into())
    );
    assert_eq!(edge.transports.counters().of(Transport::Ws).keepalives, 2);
    edge.transports.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_or_too_slow_is_cut_off_and_others_are_not() {
    let limits = Limits {
        message_timeout: Duration::from_millis(300),
        handshake_timeout: Duration::from_millis(300),
        ..Limits::default()
    };
    let edge = edge(limits);
    let mut good = connect(&edge, Some("sip")).await.unwrap();
    good.send(Message::binary(options("1"))).await.unwrap();
    edge.message();

    let mut unfinished = connect(&edge, Some("sip")).await.unwrap();
    unfinished.send(Message::binary(options("2"))).await.unwrap();
    edge.message();
    // The head of a masked binary frame of 100 bytes, and two of them.
    let raw = unfinished.get_mut();
    raw.write_all(&[0x82, 0x80 | 100, 1, 2, 3, 4, 5, 6])
        .await
        .unwrap();

    let mut large = connect(&edge, Some("sip")).await.unwrap();
    // It may be cut off while it still writes.
    let _ = large.send(Message::binary(vec![b'x'; 200_000])).await;
    assert!(!matches!(
        large.next().await,
        Some(Ok(Message::Text(_) | Message::Binary(_)))
    ));

    let silent = connect(&edge, Some("sip")).await.unwrap();
    let slow = TcpStream::connect(edge.address(0)).await.unwrap();
    eventually("three are cut off", || {
        edge.transports.counters().of(Transport::Ws).cut_off == 3
    });
    eventually("a handshake takes too long", || {
        edge.transports.counters().of(Transport::Ws).handshakes_failed == 1
    });
    drop((silent, slow));
    good.send(Message::binary(options("3"))).await.unwrap();
    let last = loop {
        match edge.next() {
            Told::Closed(_) => {}
            Told::Received(_, Ok(message)) => break call_id(&message),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(last, "3");
    assert_eq!(edge.transports.counters().of(Transport::Ws).connections, 1);
    edge.transports.stop().await;
}

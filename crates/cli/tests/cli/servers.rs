//! Servers that answer, and servers that are not there.

use super::*;

#[test]
fn a_server_that_is_not_there_is_named_with_what_to_do() {
    let endpoint = nobody();
    let address = endpoint.trim_start_matches("http://");
    for verb in [
        &["who", "2041"][..],
        &["resolve", "2041"],
        &["sessions"],
        &["watch"],
        &["user", "list"],
        &["policy", "get"],
        &["audit"],
        &["logout", "--user", "2041"],
        &["cluster", "status"],
    ] {
        let output = hotdesk(&[verb, &["--endpoint", &endpoint, "--timeout", "300ms"]].concat());
        assert_eq!(output.status.code(), Some(3), "{verb:?}: {}", err(&output));
        let said = err(&output);
        for part in [
            "error: no node answered",
            address,
            "HD4002",
            "what to do: Check --endpoint",
        ] {
            assert!(said.contains(part), "{verb:?}: {part:?} in:\n{said}");
        }
        assert_eq!(out(&output), "", "{verb:?}");
    }
}

#[test]
fn doctor_says_what_it_sees_and_that_something_is_wrong() {
    let output = hotdesk(&["doctor", "-e", &nobody(), "--timeout", "300ms", "-o", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    let findings: Value = serde_json::from_str(&out(&output)).expect("one JSON document");
    assert_eq!(findings[0]["level"], "bad");
    assert_eq!(findings[0]["what"], "endpoint");
}

#[test]
fn errors_are_json_where_answers_are() {
    let output = hotdesk(&["who", "2041", "-e", &nobody(), "--timeout", "300ms", "-o", "json"]);
    assert_eq!(output.status.code(), Some(3));
    let value: Value = serde_json::from_str(&err(&output)).expect("one JSON document");
    let error = &value["error"];
    assert_eq!(error["code"], "HD4002");
    assert_eq!(error["reason"], "NO_ENDPOINT");
    assert_eq!(error["outcome"], "failed");
    assert_eq!(error["exit_code"], 3);
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|message| message.contains("127.0.0.1"))
    );
    assert!(
        error["what_to_do"]
            .as_str()
            .is_some_and(|advice| advice.contains("--endpoint"))
    );
}

#[test]
fn endpoints_come_from_the_environment_too() {
    let (first, second) = (nobody(), nobody());
    let output = command(&["who", "2041", "--timeout", "300ms"])
        .env("HOTDESK_ENDPOINT", format!("{first},{second}"))
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(3));
    for endpoint in [&first, &second] {
        let address = endpoint.trim_start_matches("http://");
        assert!(err(&output).contains(address), "{address} in:\n{}", err(&output));
    }
}

/// An edge that answers one request, and tells what it was.
fn edge(status: &'static str, body: &'static str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("a request");
            request.push(byte[0]);
        }
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .expect("an answer");
        String::from_utf8_lossy(&request)
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned()
    });
    (url, served)
}

const LADDER: &str = r#"{"call_id":"a@b","entries":[{"at_ms":1785499200000,"from":"chi-12","to":"edge",
    "way":"received","line":"INVITE sip:2042@example.com SIP/2.0","cseq":"1 INVITE","text":"From: x\n"}]}"#;

#[test]
fn the_ladder_of_a_call_is_drawn_from_what_the_edge_kept() {
    let (url, served) = edge("200 OK", LADDER);
    let shown = hotdesk(&["calls", "show", "a@b", "--edge", &url]);
    let row = out(&shown)
        .lines()
        .find(|line| line.starts_with("12:00:00.000 |-"))
        .map(str::to_owned);
    assert!(
        row.is_some_and(|row| row.contains(" INVITE 2042 ") && row.ends_with(">|")),
        "{}",
        out(&shown)
    );
    assert!(!out(&shown).contains("From: x"), "only with --messages");
    assert_eq!(served.join().expect("a request"), "GET /calls/a%40b HTTP/1.1");

    let (url, _) = edge("200 OK", LADDER);
    let with_messages = hotdesk(&["calls", "show", "a@b", "--messages", "--edge", &url]);
    assert!(out(&with_messages).contains("From: x"));

    let (url, _) = edge("200 OK", LADDER);
    let json = hotdesk(&["calls", "show", "a@b", "--output", "json", "--edge", &url]);
    let json: Value = serde_json::from_str(&out(&json)).expect("JSON");
    assert_eq!(json["entries"][0]["cseq"], "1 INVITE");
}

#[test]
fn calls_that_are_not_there_and_edges_that_are_not_there_have_their_exit_codes() {
    let (url, _) = edge("404 Not Found", "{}");
    let gone = hotdesk(&["calls", "show", "a@b", "--edge", &url]);
    assert_eq!(gone.status.code(), Some(1), "{}", err(&gone));
    let nobody = hotdesk(&["calls", "list", "--edge", &nobody()]);
    assert_eq!(nobody.status.code(), Some(3), "{}", err(&nobody));
    let (url, _) = edge("401 Unauthorized", "");
    let stranger = hotdesk(&["calls", "list", "--edge", &url]);
    assert_eq!(stranger.status.code(), Some(2), "{}", err(&stranger));
    let (url, served) = edge("200 OK", "[]");
    let none = hotdesk(&["calls", "list", "--limit", "7", "--edge", &url]);
    assert_eq!((none.status.code(), out(&none).trim()), (Some(0), "no calls"));
    assert_eq!(served.join().expect("a request"), "GET /calls?limit=7 HTTP/1.1");
}

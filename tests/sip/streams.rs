//! Phones on TCP: answers and calls come over the connection that the phone has opened.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use hotdesk_tests::company::DOMAIN;
use hotdesk_tests::offices::phone;

use crate::common::{plan, text};

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_comes_over_the_connection_of_its_request_whatever_via_says() {
    let company = plan().start().await;
    let mut stream = TcpStream::connect(company.sip(0)).expect("connect");
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a timeout");
    let device = phone(0, 1);
    // A phone behind NAT: its own address and port mean nothing here.
    for (number, via) in ["192.168.1.7:5060;rport", "192.168.1.7:49152", "192.168.1.7"]
        .iter()
        .enumerate()
    {
        let request = format!(
            "REGISTER sip:{DOMAIN};transport=tcp SIP/2.0\r\nVia: SIP/2.0/TCP {via};branch=z9hG4bKt{number}\r\n\
             Max-Forwards: 70\r\nRoute: <sip:{edge};transport=tcp;lr>\r\nFrom: <sip:{device}@{DOMAIN}>;tag=1\r\n\
             To: <sip:{device}@{DOMAIN}>\r\nCall-ID: t{number}\r\nCSeq: 1 REGISTER\r\n\
             Contact: <sip:{device}@192.168.1.7;transport=tcp>\r\nContent-Length: 0\r\n\r\n",
            edge = company.sip(0)
        );
        stream.write_all(request.as_bytes()).expect("send");
        let mut buffer = [0; 4096];
        let length = stream.read(&mut buffer).expect("an answer on this connection");
        let answer = text(&buffer[..length]);
        assert!(answer.starts_with("SIP/2.0 401 "), "{answer}");
        assert!(answer.contains(&format!("branch=z9hG4bKt{number}")), "{answer}");
    }
}

//! Posting a JSON document to a URL: the notice of an emergency call.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long one attempt may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is tried; the pause doubles from one second.
const TRIES: u32 = 5;

/// Posts until somebody answers with a 2xx, or the tries are over.
///
/// Plain HTTP only: the receiver is a service of the office. (TLS ends at a proxy in front of whatever is outside.)
///
/// # Errors
/// What was wrong with the last try.
pub(crate) async fn post(url: &str, body: Value) -> Result<(), String> {
    let mut pause = Duration::from_secs(1);
    let mut problem = String::new();
    for attempt in 1..=TRIES {
        match timeout(PATIENCE, once(url, &body)).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => problem = error,
            Err(_elapsed) => problem = format!("no answer within {PATIENCE:?}"),
        }
        tracing::warn!(attempt, problem, "a notice could not be posted");
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    Err(problem)
}

async fn once(url: &str, body: &Value) -> Result<(), String> {
    let rest = url
        .strip_prefix("http://")
        .ok_or("the URL must begin with http://")?;
    let (host, path) = rest
        .split_once('/')
        .map_or((rest, String::new()), |(host, path)| (host, path.to_owned()));
    let address = if host
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok())
    {
        host.to_owned()
    } else {
        format!("{host}:80")
    };
    let body = body.to_string();
    let request = format!(
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    let failed = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(address).await.map_err(failed)?;
    stream.write_all(request.as_bytes()).await.map_err(failed)?;
    let mut answer = Vec::new();
    // The status line is all that is looked at.
    stream.take(1024).read_to_end(&mut answer).await.map_err(failed)?;
    let first = String::from_utf8_lossy(&answer);
    let status = first.split_whitespace().nth(1).unwrap_or_default();
    if status.starts_with('2') {
        Ok(())
    } else {
        Err(format!("the answer was {status:?}"))
    }
}

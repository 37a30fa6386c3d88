//! The phone's own web server, where pushes come in.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// The largest push that a phone takes.
const BODY_BYTES_MAX: usize = 64 << 10;

/// A request to the phone.
pub(crate) struct Push {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) body: String,
    answer: oneshot::Sender<(u16, String)>,
}

impl Push {
    pub(crate) fn answer(self, status: u16, body: String) {
        // Whoever asked may have gone.
        let _ = self.answer.send((status, body));
    }
}

/// A listener, or none.
pub(crate) struct Web {
    pushes: mpsc::UnboundedReceiver<Push>,
    task: Option<JoinHandle<()>>,
}

impl Web {
    /// Listens; a port that is taken leaves the phone without, and says so in the log.
    pub(crate) async fn open(at: Option<SocketAddr>) -> Self {
        let (sender, pushes) = mpsc::unbounded_channel();
        let listener = match at {
            None => None,
            Some(at) => match TcpListener::bind(at).await {
                Ok(listener) => Some(listener),
                Err(error) => {
                    tracing::warn!(%error, %at, "this phone has no web server");
                    None
                }
            },
        };
        let task = listener.map(|listener| tokio::spawn(serve(listener, sender)));
        Self { pushes, task }
    }

    /// The next request; never without a listener.
    pub(crate) async fn next(&mut self) -> Push {
        match self.pushes.recv().await {
            Some(push) => push,
            None => std::future::pending().await,
        }
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

async fn serve(listener: TcpListener, pushes: mpsc::UnboundedSender<Push>) {
    loop {
        let Ok((stream, _from)) = listener.accept().await else {
            continue;
        };
        let pushes = pushes.clone();
        let service = service_fn(move |request| handle(request, pushes.clone()));
        tokio::spawn(async move {
            // What goes wrong on a connection is for the other side to notice.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

/// Asks for a password first, as phones do, and takes any: which one is right is in no vendor's document the same way.
async fn handle(
    request: Request<Incoming>,
    pushes: mpsc::UnboundedSender<Push>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if !request.headers().contains_key("authorization") {
        let asked = Response::builder()
            .status(401)
            .header("WWW-Authenticate", "Basic realm=\"phone\"")
            .body(Full::default());
        return Ok(asked.unwrap_or_default());
    }
    let method = request.method().to_string();
    let path = request
        .uri()
        .path_and_query()
        .map_or_else(String::new, ToString::to_string);
    let body = match Limited::new(request.into_body(), BODY_BYTES_MAX).collect().await {
        Ok(body) => String::from_utf8_lossy(&body.to_bytes()).into_owned(),
        Err(_too_large) => String::new(),
    };
    let (answer, answered) = oneshot::channel();
    let push = Push {
        method,
        path,
        body,
        answer,
    };
    let (status, text) = match pushes.send(push) {
        Ok(()) => answered.await.unwrap_or((503, String::new())),
        Err(_off) => (503, String::new()),
    };
    let response = Response::builder().status(status).body(Full::from(text));
    Ok(response.unwrap_or_default())
}

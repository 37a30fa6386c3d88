//! A node that can only be watched.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::stream::BoxStream;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

use hotdesk_client::v1;
use hotdesk_client::v1::sessions_server::{Sessions, SessionsServer};
use hotdesk_client::v1::watch_response::Item;

/// How long tests wait for what must happen; only a failing test waits so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Fake {
    pub(crate) address: String,
    watches: mpsc::UnboundedReceiver<Watch>,
    seen: Seen,
}

/// What the edge has told the node.
type Seen = Arc<Mutex<Vec<String>>>;

/// A watch that the edge has opened; dropping it ends the stream.
pub(crate) struct Watch(mpsc::Sender<Result<v1::WatchResponse, Status>>);

struct Node(mpsc::UnboundedSender<Watch>, Seen);

impl Fake {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (sender, watches) = mpsc::unbounded_channel();
        let seen = Seen::default();
        let router = Server::builder().add_service(SessionsServer::new(Node(sender, Arc::clone(&seen))));
        tokio::spawn(router.serve_with_incoming(TcpListenerStream::new(listener)));
        Self {
            address,
            watches,
            seen,
        }
    }

    /// What the edge has told so far: `hold c1`, `release c1`, `c1 shows 12`, `c1 does not show 12`.
    #[allow(dead_code, reason = "shared by two test programs; one of them asks")]
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) async fn watch(&mut self) -> Watch {
        tokio::time::timeout(PATIENCE, self.watches.recv())
            .await
            .expect("the edge watches in time")
            .expect("the node lives")
    }
}

impl Watch {
    pub(crate) async fn send(&self, item: Item) {
        let response = v1::WatchResponse { item: Some(item) };
        self.0.send(Ok(response)).await.expect("the edge listens");
    }
}

#[tonic::async_trait]
impl Sessions for Node {
    type WatchStream = ReceiverStream<Result<v1::WatchResponse, Status>>;
    type LoginStreamStream = BoxStream<'static, Result<v1::LoginStreamResponse, Status>>;

    async fn watch(&self, _: Request<v1::WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let (items, stream) = mpsc::channel(16);
        let _ = self.0.send(Watch(items));
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn login(&self, _: Request<v1::LoginRequest>) -> Result<Response<v1::LoginResponse>, Status> {
        Err(Status::unimplemented("a fake"))
    }

    async fn login_stream(
        &self,
        _: Request<Streaming<v1::LoginStreamRequest>>,
    ) -> Result<Response<Self::LoginStreamStream>, Status> {
        Err(Status::unimplemented("a fake"))
    }

    async fn logout(&self, _: Request<v1::LogoutRequest>) -> Result<Response<v1::LogoutResponse>, Status> {
        Err(Status::unimplemented("a fake"))
    }

    async fn resolve(&self, _: Request<v1::ResolveRequest>) -> Result<Response<v1::ResolveResponse>, Status> {
        Err(Status::unimplemented("a fake"))
    }

    async fn who(&self, _: Request<v1::WhoRequest>) -> Result<Response<v1::WhoResponse>, Status> {
        Err(Status::unimplemented("a fake"))
    }

    async fn touch(&self, _: Request<v1::TouchRequest>) -> Result<Response<v1::TouchResponse>, Status> {
        Err(Status::unimplemented("a fake"))
    }

    async fn report_serving(
        &self,
        _: Request<v1::ReportServingRequest>,
    ) -> Result<Response<v1::ReportServingResponse>, Status> {
        Err(Status::unimplemented("a fake"))
    }

    async fn hold_device(
        &self,
        request: Request<v1::HoldDeviceRequest>,
    ) -> Result<Response<v1::HoldDeviceResponse>, Status> {
        let request = request.into_inner();
        let what = if request.until_ms == 0 { "release" } else { "hold" };
        self.1.lock().unwrap().push(format!("{what} {}", request.device));
        Ok(Response::new(v1::HoldDeviceResponse::default()))
    }

    async fn report_shown(
        &self,
        request: Request<v1::ReportShownRequest>,
    ) -> Result<Response<v1::ReportShownResponse>, Status> {
        let items = request.into_inner().items;
        let mut seen = self.1.lock().unwrap();
        for item in &items {
            let what = if item.trouble.is_empty() {
                "shows"
            } else {
                "does not show"
            };
            seen.push(format!("{} {what} {}", item.device, item.stamp));
        }
        let noted = u32::try_from(items.len()).expect("few");
        Ok(Response::new(v1::ReportShownResponse { noted, index: 0 }))
    }
}

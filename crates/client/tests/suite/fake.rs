//! A node that answers as it is told and remembers what it was asked.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::Stream;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{Notify, mpsc};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::transport::{Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};

use hotdesk_client::v1;
use hotdesk_client::v1::admin_server::{Admin, AdminServer};
use hotdesk_client::v1::directory_server::{Directory, DirectoryServer};
use hotdesk_client::v1::sessions_server::{Sessions, SessionsServer};

/// How long tests wait for what must happen; only a failing test waits so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// What to do with one login, promotion or import.
pub(crate) enum Reply {
    Answer,
    Refuse(Status),
    /// Take the request and never answer.
    Hold,
}

/// A watch that a client has opened; the test sends what the node would.
pub(crate) struct Watch {
    pub(crate) request: v1::WatchRequest,
    items: mpsc::Sender<Result<v1::WatchResponse, Status>>,
}

/// A running fake. It has a runtime of its own, so that dropping it is like `kill -9`: connections break.
pub(crate) struct Fake {
    pub(crate) address: String,
    node: Node,
    watches: mpsc::UnboundedReceiver<Watch>,
    runtime: Option<Runtime>,
}

#[derive(Clone)]
struct Node {
    shared: Arc<Shared>,
}

struct Shared {
    replies: Mutex<VecDeque<Reply>>,
    logins: Mutex<Vec<Login>>,
    promotions: Mutex<usize>,
    members: Mutex<Vec<String>>,
    imports: Mutex<Vec<Vec<v1::ImportRequest>>>,
    backup: Mutex<Vec<v1::BackupResponse>>,
    asked: Notify,
    watches: mpsc::UnboundedSender<Watch>,
}

/// A login as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Login {
    pub(crate) message: v1::LoginRequest,
    pub(crate) authorization: Option<String>,
    pub(crate) timeout: Option<String>,
}

impl Fake {
    pub(crate) fn start() -> Self {
        Self::start_with(None)
    }

    pub(crate) fn start_with(tls: Option<ServerTlsConfig>) -> Self {
        let (sender, watches) = mpsc::unbounded_channel();
        let node = Node {
            shared: Arc::new(Shared {
                replies: Mutex::default(),
                logins: Mutex::default(),
                promotions: Mutex::default(),
                members: Mutex::default(),
                imports: Mutex::default(),
                backup: Mutex::default(),
                asked: Notify::new(),
                watches: sender,
            }),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket option");
        let address = listener.local_addr().expect("an address");
        let mut server = Server::builder();
        if let Some(tls) = tls {
            server = server.tls_config(tls).expect("certificates");
        }
        let router = server
            .add_service(SessionsServer::new(node.clone()))
            .add_service(DirectoryServer::new(node.clone()))
            .add_service(AdminServer::new(node.clone()));
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("a listener");
            let _ = router.serve_with_incoming(TcpListenerStream::new(listener)).await;
        });
        Self {
            address: address.to_string(),
            node,
            watches,
            runtime: Some(runtime),
        }
    }

    /// The next requests are treated so, in order; all others are answered.
    pub(crate) fn will(&self, replies: impl IntoIterator<Item = Reply>) {
        self.node.shared.replies.lock().unwrap().extend(replies);
    }

    pub(crate) fn has_members(&self, members: &[&str]) {
        *self.node.shared.members.lock().unwrap() = members.iter().map(ToString::to_string).collect();
    }

    pub(crate) fn has_backup(&self, messages: Vec<v1::BackupResponse>) {
        *self.node.shared.backup.lock().unwrap() = messages;
    }

    pub(crate) fn logins(&self) -> Vec<Login> {
        self.node.shared.logins.lock().unwrap().clone()
    }

    pub(crate) fn promotions(&self) -> usize {
        *self.node.shared.promotions.lock().unwrap()
    }

    /// The messages of each import that was read to its end.
    pub(crate) fn imports(&self) -> Vec<Vec<v1::ImportRequest>> {
        self.node.shared.imports.lock().unwrap().clone()
    }

    /// Waits until so many logins have arrived.
    pub(crate) async fn was_asked(&self, logins: usize) {
        let arrived = async {
            loop {
                let asked = self.node.shared.asked.notified();
                if self.logins().len() >= logins {
                    return;
                }
                asked.await;
            }
        };
        tokio::time::timeout(PATIENCE, arrived)
            .await
            .expect("the node was asked");
    }

    /// The next watch that a client opens.
    pub(crate) async fn watch(&mut self) -> Watch {
        tokio::time::timeout(PATIENCE, self.watches.recv())
            .await
            .expect("a client watches in time")
            .expect("the node lives")
    }

    /// Ends at once, in the middle of whatever it is doing.
    pub(crate) fn kill(self) {}
}

impl Drop for Fake {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Watch {
    pub(crate) async fn send(&self, item: v1::watch_response::Item) {
        self.items
            .send(Ok(v1::WatchResponse { item: Some(item) }))
            .await
            .expect("the client listens");
    }

    pub(crate) async fn fail(self, status: Status) {
        self.items.send(Err(status)).await.expect("the client listens");
    }

    /// Waits until the client has turned away.
    pub(crate) async fn abandoned(&self) {
        tokio::time::timeout(PATIENCE, self.items.closed())
            .await
            .expect("the client leaves in time");
    }
}

/// An address at which nobody listens.
pub(crate) fn dead_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address: SocketAddr = listener.local_addr().expect("an address");
    address.to_string()
}

impl Node {
    async fn reply(&self) -> Result<(), Status> {
        let reply = self.shared.replies.lock().unwrap().pop_front();
        match reply {
            None | Some(Reply::Answer) => Ok(()),
            Some(Reply::Refuse(status)) => Err(status),
            Some(Reply::Hold) => std::future::pending().await,
        }
    }
}

fn stream_error(status: Status) -> v1::StreamError {
    let error = hotdesk_client::ApiError::from(status);
    v1::StreamError {
        grpc_code: error.grpc_code.into(),
        code: error.code,
        reason: error.reason,
        message: error.message,
        what_to_do: error.what_to_do,
        retryable: error.retryable,
        outcome: error.outcome.name().into(),
    }
}

impl Node {
    async fn take_login(
        &self,
        message: v1::LoginRequest,
        authorization: Option<String>,
        timeout: Option<String>,
    ) -> Result<v1::LoginResponse, Status> {
        self.shared.logins.lock().unwrap().push(Login {
            message,
            authorization,
            timeout,
        });
        self.shared.asked.notify_waiters();
        self.reply().await?;
        Ok(v1::LoginResponse {
            index: 7,
            ..v1::LoginResponse::default()
        })
    }
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn text(metadata: &tonic::metadata::MetadataMap, key: &str) -> Option<String> {
    Some(metadata.get(key)?.to_str().ok()?.to_owned())
}

#[tonic::async_trait]
impl Sessions for Node {
    type WatchStream = ReceiverStream<Result<v1::WatchResponse, Status>>;
    type LoginStreamStream = Answers<v1::LoginStreamResponse>;

    /// Answers each login as `login` would, the next one not before.
    async fn login_stream(
        &self,
        request: Request<Streaming<v1::LoginStreamRequest>>,
    ) -> Result<Response<Self::LoginStreamStream>, Status> {
        let node = self.clone();
        let authorization = text(request.metadata(), "authorization");
        let stream = request.into_inner().then(move |item| {
            let (node, authorization) = (node.clone(), authorization.clone());
            async move {
                let item = item?;
                let message = item.login.unwrap_or_default();
                let result = match node.take_login(message, authorization, None).await {
                    Ok(response) => v1::login_stream_response::Result::Response(response),
                    Err(status) => v1::login_stream_response::Result::Error(stream_error(status)),
                };
                let seq = item.seq;
                let result = Some(result);
                Ok(v1::LoginStreamResponse { seq, result })
            }
        });
        Ok(Response::new(Box::pin(stream)))
    }

    async fn login(&self, request: Request<v1::LoginRequest>) -> Result<Response<v1::LoginResponse>, Status> {
        let authorization = text(request.metadata(), "authorization");
        let timeout = text(request.metadata(), "grpc-timeout");
        let answer = self.take_login(request.into_inner(), authorization, timeout);
        Ok(Response::new(answer.await?))
    }

    async fn logout(&self, _: Request<v1::LogoutRequest>) -> Result<Response<v1::LogoutResponse>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn resolve(&self, _: Request<v1::ResolveRequest>) -> Result<Response<v1::ResolveResponse>, Status> {
        self.reply().await?;
        Ok(Response::new(Default::default()))
    }

    async fn who(&self, _: Request<v1::WhoRequest>) -> Result<Response<v1::WhoResponse>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn watch(&self, request: Request<v1::WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        assert!(
            request.metadata().get("grpc-timeout").is_none(),
            "a watch has no end"
        );
        let (items, stream) = mpsc::channel(16);
        let request = request.into_inner();
        let _ = self.shared.watches.send(Watch { request, items });
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn touch(&self, _: Request<v1::TouchRequest>) -> Result<Response<v1::TouchResponse>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn report_serving(
        &self,
        _: Request<v1::ReportServingRequest>,
    ) -> Result<Response<v1::ReportServingResponse>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn hold_device(
        &self,
        _: Request<v1::HoldDeviceRequest>,
    ) -> Result<Response<v1::HoldDeviceResponse>, Status> {
        Ok(Response::new(Default::default()))
    }

    async fn report_shown(
        &self,
        _: Request<v1::ReportShownRequest>,
    ) -> Result<Response<v1::ReportShownResponse>, Status> {
        Ok(Response::new(Default::default()))
    }
}

macro_rules! plain {
    ($($method:ident: $request:ident -> $response:ident),* $(,)?) => {$(
        fn $method<'life, 'wait>(
            &'life self,
            _: Request<v1::$request>,
        ) -> Pin<Box<dyn Future<Output = Result<Response<v1::$response>, Status>> + Send + 'wait>>
        where
            'life: 'wait,
            Self: 'wait,
        {
            Box::pin(async { Ok(Response::new(Default::default())) })
        }
    )*};
}

#[tonic::async_trait]
impl Directory for Node {
    type ImportStream = Answers<v1::ImportResponse>;

    plain!(
        put_site: PutSiteRequest -> PutResponse,
        delete_site: DeleteRequest -> DeleteResponse,
        list_sites: ListRequest -> ListSitesResponse,
        put_group: PutGroupRequest -> PutResponse,
        put_edge: PutEdgeRequest -> PutResponse,
        delete_edge: DeleteRequest -> DeleteResponse,
        list_edges: ListRequest -> ListEdgesResponse,
        set_device_secret: SetDeviceSecretRequest -> SetDeviceSecretResponse,
        delete_group: DeleteRequest -> DeleteResponse,
        list_groups: ListRequest -> ListGroupsResponse,
        put_user: PutUserRequest -> PutResponse,
        delete_user: DeleteRequest -> DeleteResponse,
        put_device: PutDeviceRequest -> PutResponse,
        delete_device: DeleteRequest -> DeleteResponse,
        list_devices: ListRequest -> ListDevicesResponse,
        set_pin: SetPinRequest -> SetPinResponse,
        get_defaults: GetDefaultsRequest -> GetDefaultsResponse,
        put_defaults: PutDefaultsRequest -> PutResponse,
        put_profile: PutProfileRequest -> PutProfileResponse,
        get_profile: GetProfileRequest -> GetProfileResponse,
        lock_user: LockUserRequest -> LockUserResponse,
    );

    /// 25 users, ten to a page.
    async fn list_users(
        &self,
        request: Request<v1::ListRequest>,
    ) -> Result<Response<v1::ListUsersResponse>, Status> {
        let after = request.into_inner().after;
        let ids = (0..25).map(|number| format!("user{number:02}"));
        let rest: Vec<String> = ids.filter(|id| *id > after).collect();
        let users = rest.iter().take(10).map(|id| v1::User {
            id: id.clone(),
            ..v1::User::default()
        });
        Ok(Response::new(v1::ListUsersResponse {
            users: users.collect(),
            more: rest.len() > 10,
            freshness: None,
        }))
    }

    /// Reports each message of rows, then "done"; rows with a site named "bad" are rejected.
    async fn import(
        &self,
        request: Request<Streaming<v1::ImportRequest>>,
    ) -> Result<Response<Self::ImportStream>, Status> {
        self.reply().await?;
        let shared = Arc::clone(&self.shared);
        let mut messages = request.into_inner();
        let (answers, stream) = mpsc::channel(16);
        tokio::spawn(async move {
            let mut got = Vec::new();
            let (mut rows, mut bad) = (0_u64, Vec::new());
            while let Some(Ok(message)) = messages.next().await {
                got.push(message.clone());
                match message.item {
                    Some(v1::import_request::Item::Rows(part)) => {
                        for row in part.rows {
                            if matches!(&row.record, Some(v1::import_row::Record::Site(site)) if site.id == "bad")
                            {
                                bad.push(v1::RowProblem {
                                    row: rows,
                                    field: "id".into(),
                                    problem: "is bad".into(),
                                });
                            }
                            rows += 1;
                        }
                        let staged = v1::import_response::Item::RowsStaged(rows);
                        let _ = answers.send(Ok(v1::ImportResponse { item: Some(staged) })).await;
                    }
                    Some(v1::import_request::Item::Commit(_)) => break,
                    _ => {}
                }
            }
            shared.imports.lock().unwrap().push(got);
            let result = if bad.is_empty() {
                v1::import_response::Item::Done(v1::ImportDone {
                    created: rows,
                    ..v1::ImportDone::default()
                })
            } else {
                v1::import_response::Item::Rejected(v1::ImportRejected { rows: bad })
            };
            let _ = answers.send(Ok(v1::ImportResponse { item: Some(result) })).await;
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }
}

#[tonic::async_trait]
impl Admin for Node {
    type BackupStream = Answers<v1::BackupResponse>;

    plain!(
        add_learner: AddLearnerRequest -> MembershipResponse,
        remove: NodeRequest -> MembershipResponse,
        transfer_leader: NodeRequest -> TransferLeaderResponse,
        list_sessions: ListSessionsRequest -> ListSessionsResponse,
        force_logout: ForceLogoutRequest -> ForceLogoutResponse,
        unlock: UnlockRequest -> UnlockResponse,
        audit: AuditRequest -> AuditResponse,
    );

    async fn cluster_status(
        &self,
        _: Request<v1::ClusterStatusRequest>,
    ) -> Result<Response<v1::ClusterStatusResponse>, Status> {
        let members = self.shared.members.lock().unwrap().clone();
        let member = |address| v1::Member {
            address,
            ..v1::Member::default()
        };
        Ok(Response::new(v1::ClusterStatusResponse {
            members: members.into_iter().map(member).collect(),
            ..v1::ClusterStatusResponse::default()
        }))
    }

    async fn promote(&self, _: Request<v1::NodeRequest>) -> Result<Response<v1::MembershipResponse>, Status> {
        *self.shared.promotions.lock().unwrap() += 1;
        self.reply().await?;
        Ok(Response::new(Default::default()))
    }

    async fn backup(&self, _: Request<v1::BackupRequest>) -> Result<Response<Self::BackupStream>, Status> {
        let messages = self.shared.backup.lock().unwrap().clone();
        Ok(Response::new(Box::pin(tokio_stream::iter(
            messages.into_iter().map(Ok),
        ))))
    }
}

//! `hotdesk.v1.Sessions`: who is where.

use std::pin::Pin;
use std::sync::Arc;

use futures::Stream;
use hotdesk_core::command::{Activity, TOUCH_MAX};
use hotdesk_core::{Action, Done, Epoch, TimeMs};
use hotdesk_proto::convert::{Invalid, name};
use hotdesk_proto::v1;
use hotdesk_proto::v1::sessions_server::Sessions;
use tonic::{Request, Response, Status, Streaming};

use super::call::Call;
use super::request::actor;
use super::{Error, Shared, edges, login, login_stream, logout, lookup, watch};

/// The service; a cheap clone.
#[derive(Clone)]
pub(crate) struct SessionsService(pub(crate) Arc<Shared>);

/// A stream of answers.
pub(super) type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl Sessions for SessionsService {
    async fn login(&self, request: Request<v1::LoginRequest>) -> Result<Response<v1::LoginResponse>, Status> {
        let origin = self.0.origin(&request);
        self.0
            .answer(request, |call, message| {
                login::login(&self.0, call, origin, message)
            })
            .await
    }

    type LoginStreamStream = Answers<v1::LoginStreamResponse>;

    async fn login_stream(
        &self,
        request: Request<Streaming<v1::LoginStreamRequest>>,
    ) -> Result<Response<Self::LoginStreamStream>, Status> {
        let origin = self.0.origin(&request);
        let begin = async |call: Call, logins| Ok(login_stream::login_stream(&self.0, &call, origin, logins));
        self.0.answer(request, begin).await
    }

    async fn logout(
        &self,
        request: Request<v1::LogoutRequest>,
    ) -> Result<Response<v1::LogoutResponse>, Status> {
        self.0
            .answer(request, |call, message| logout::logout(&self.0, call, message))
            .await
    }

    async fn resolve(
        &self,
        request: Request<v1::ResolveRequest>,
    ) -> Result<Response<v1::ResolveResponse>, Status> {
        self.0
            .answer(request, |call, message| lookup::resolve(&self.0, call, message))
            .await
    }

    async fn who(&self, request: Request<v1::WhoRequest>) -> Result<Response<v1::WhoResponse>, Status> {
        self.0
            .answer(request, |call, message| lookup::who(&self.0, call, message))
            .await
    }

    type WatchStream = Answers<v1::WatchResponse>;

    async fn watch(&self, request: Request<v1::WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        self.0
            .answer(request, async |call, message| {
                watch::watch(&self.0, &call, &message)
            })
            .await
    }

    async fn touch(&self, request: Request<v1::TouchRequest>) -> Result<Response<v1::TouchResponse>, Status> {
        self.0
            .answer(request, |call, message| touch(&self.0, call, message))
            .await
    }

    async fn report_serving(
        &self,
        request: Request<v1::ReportServingRequest>,
    ) -> Result<Response<v1::ReportServingResponse>, Status> {
        self.0
            .answer_edge(request, |call, message| {
                edges::report_serving(&self.0, call, message)
            })
            .await
    }

    async fn hold_device(
        &self,
        request: Request<v1::HoldDeviceRequest>,
    ) -> Result<Response<v1::HoldDeviceResponse>, Status> {
        self.0
            .answer_edge(request, |call, message| {
                edges::hold_device(&self.0, call, message)
            })
            .await
    }

    async fn report_shown(
        &self,
        request: Request<v1::ReportShownRequest>,
    ) -> Result<Response<v1::ReportShownResponse>, Status> {
        self.0
            .answer_edge(request, |call, message| {
                edges::report_shown(&self.0, call, message)
            })
            .await
    }
}

async fn touch(shared: &Shared, call: Call, request: v1::TouchRequest) -> Result<v1::TouchResponse, Error> {
    if request.items.len() > TOUCH_MAX {
        let got = request.items.len();
        return Err(Error::invalid(
            "items",
            format!("must be at most {TOUCH_MAX}, got {got}"),
        ));
    }
    let items: Vec<Activity> = (0..)
        .zip(request.items)
        .map(|(at, item)| activity(at, item))
        .collect::<Result<_, Invalid>>()?;
    if items.is_empty() {
        return Ok(v1::TouchResponse { noted: 0 });
    }
    let by = actor(&request.by, shared.node_id);
    let decided = shared
        .propose(call.deadline, by, None, Action::Touch { items })
        .await?;
    match decided.done {
        Done::Touched { noted } => Ok(v1::TouchResponse { noted }),
        _ => Err(decided.unexpected()),
    }
}

fn activity(position: usize, item: v1::Activity) -> Result<Activity, Invalid> {
    let device = name("device", &item.device).map_err(|i: Invalid| i.within(format!("items[{position}]")))?;
    // "Now" is the leader's to say: a time in the future counts as the entry's.
    let at = if item.at_ms == 0 { u64::MAX } else { item.at_ms };
    Ok(Activity {
        device,
        epoch: Epoch(item.epoch),
        at: TimeMs(at),
    })
}

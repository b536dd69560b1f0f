//! The service around a service: classify, call, record, answer.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Body;
use tacho_event::json::Value;
use tacho_event::{CallId, Draft, Phase, Span, Status, Timestamp, random, uuid_text, uuid_v7};
use tower_service::Service;

use super::body::{self, MaybeRead};
use super::classify::Action;
use super::{Settings, Unrecorded};
use crate::book::Book;

/// A service whose requests are recorded.
#[derive(Clone)]
pub struct ActionLogService<S> {
    inner: S,
    book: Book,
    settings: Settings,
}

impl<S> std::fmt::Debug for ActionLogService<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActionLogService").field("book", &self.book).finish_non_exhaustive()
    }
}

impl<S> ActionLogService<S> {
    pub(super) fn new(inner: S, book: Book, settings: Settings) -> Self {
        Self { inner, book, settings }
    }
}

type Answer<B, E> = Pin<Box<dyn Future<Output = Result<Response<MaybeRead<B>>, E>> + Send>>;

impl<S, A, B> Service<Request<A>> for ActionLogService<S>
where
    S: Service<Request<MaybeRead<A>>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
    A: Body<Data = Bytes> + Unpin + Send + 'static,
    A::Error: Send,
    B: Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Send,
{
    type Response = Response<MaybeRead<B>>;
    type Error = S::Error;
    type Future = Answer<B, S::Error>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        // The one that was found ready is used; a fresh clone takes its place.
        let fresh = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, fresh);
        let (book, settings) = (self.book.clone(), self.settings.clone());
        Box::pin(answer(inner, book, settings, request))
    }
}

async fn answer<S, A, B>(
    mut inner: S,
    book: Book,
    settings: Settings,
    request: Request<A>,
) -> Result<Response<MaybeRead<B>>, S::Error>
where
    S: Service<Request<MaybeRead<A>>, Response = Response<B>>,
    A: Body<Data = Bytes> + Unpin,
    B: Body<Data = Bytes> + Unpin,
{
    let (parts, sent) = request.into_parts();
    let Some(action) = (settings.classify)(&parts) else {
        let request = Request::from_parts(parts, MaybeRead::Passed(sent));
        let (parts, body) = inner.call(request).await?.into_parts();
        return Ok(Response::from_parts(parts, MaybeRead::Passed(body)));
    };
    let mut call = Call::new(&book, action, &parts.headers);
    let (sent, payload) = match settings.payloads {
        true => match body::read(&parts.headers, sent).await {
            Ok(read) => read,
            // The request broke off: the service never ran, and nobody waits for an answer.
            Err(_) => return Ok(plain(StatusCode::BAD_REQUEST)),
        },
        false => (MaybeRead::Passed(sent), Value::Null),
    };
    if settings.intents {
        let intent = call.draft(&payload).phase(Phase::Intent).status(Status::Pending);
        if book.ticket(intent).await.is_err() && settings.unrecorded == Unrecorded::Refuse {
            call.is_over = true;
            return Ok(plain(StatusCode::SERVICE_UNAVAILABLE));
        }
    }
    call.payload = payload;
    let response = match inner.call(Request::from_parts(parts, sent)).await {
        Ok(response) => response,
        Err(error) => {
            let failed = call.finish(settings.intents, Status::Failure);
            book.send(failed.with("outcome.error.type", "service_error"));
            return Err(error);
        }
    };
    let (parts, body) = response.into_parts();
    let draft = call.finish(settings.intents, status_of(parts.status));
    let draft = draft.detail("http_status", parts.status.as_u16());
    let draft = match parts.status.is_client_error() || parts.status.is_server_error() {
        true => draft.with("outcome.error.type", format!("http_{}", parts.status.as_u16())),
        false => draft,
    };
    let (body, said) = match settings.payloads {
        true => match body::read(&parts.headers, body).await {
            Ok(read) => read,
            Err(_) => {
                book.send(draft.status(Status::Failure));
                return Ok(plain(StatusCode::BAD_GATEWAY));
            }
        },
        false => (MaybeRead::Passed(body), Value::Null),
    };
    let draft = if said.is_null() { draft } else { draft.response(said) };
    match (book.ticket(draft).await, settings.unrecorded) {
        (Err(_), Unrecorded::Refuse) => Ok(plain(StatusCode::SERVICE_UNAVAILABLE)),
        _ => Ok(Response::from_parts(parts, body)),
    }
}

/// A request on its way. Dropped before its end (the client went away), it says `cancelled`.
struct Call {
    book: Book,
    action: Action,
    call_id: Option<CallId>,
    ip: Option<String>,
    user_agent: Option<String>,
    payload: Value,
    started: Timestamp,
    is_over: bool,
}

impl Call {
    fn new(book: &Book, action: Action, headers: &HeaderMap) -> Self {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let started = book.now();
        let id = uuid_text(uuid_v7(started, random(&book.world().as_ref())));
        Self {
            book: book.clone(),
            action,
            call_id: CallId::new(&id),
            // As a proxy says it; who trusts no proxy takes the header out.
            ip: header("x-forwarded-for").and_then(|list| list.split(',').next()).map(clip),
            user_agent: header("user-agent").map(clip),
            payload: Value::Null,
            started,
            is_over: false,
        }
    }

    fn draft(&self, payload: &Value) -> Draft {
        let Action { action_type, provider_name, user_id, session_id } = &self.action;
        let draft = Draft::provider(provider_name, action_type)
            .source("http")
            .with_some("agent.session_id", session_id.as_deref())
            .with_some("origin.ip", self.ip.as_deref())
            .with_some("origin.user_agent", self.user_agent.as_deref());
        let draft = if payload.is_null() { draft } else { draft.input(payload.clone()) };
        let draft = draft.with_some("action.call_id", self.call_id.clone());
        match user_id {
            Some(user) => draft.user(user),
            None => draft,
        }
    }

    /// The draft of how it ended.
    fn finish(&mut self, had_intent: bool, status: Status) -> Draft {
        self.is_over = true;
        let took = self.book.now().micros() - self.started.micros();
        let draft = self.draft(&self.payload).status(status).took(Span::from_micros(took.max(0)));
        if had_intent { draft.phase(Phase::Result) } else { draft }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.is_over {
            let draft = self.finish(false, Status::Cancelled);
            self.book.send(draft);
        }
    }
}

fn status_of(status: StatusCode) -> Status {
    match status {
        StatusCode::REQUEST_TIMEOUT | StatusCode::GATEWAY_TIMEOUT => Status::Timeout,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Status::Denied,
        status if status.is_client_error() || status.is_server_error() => Status::Failure,
        _ => Status::Success,
    }
}

fn plain<B>(status: StatusCode) -> Response<MaybeRead<B>> {
    let mut response = Response::new(MaybeRead::Read(None));
    *response.status_mut() = status;
    response
}

/// Headers are the client's: so much of one is kept.
fn clip(text: &str) -> String {
    text.trim().chars().take(256).collect()
}

//! Carrying an effect out: an answer in place of the platform's, a body that comes slowly, a connection that closes.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::header::CONTENT_TYPE;
use bytes::Bytes;
use tokio::time::{Instant, Sleep, sleep_until};

use super::{DropAt, Effect, Fault, Socket};
use crate::reason::WithReason as _;

/// Pieces a second that a slowed body is sent in.
const PIECES: u64 = 20;

/// The answer that a fault gives in place of the platform; `None`: the platform answers.
pub(crate) fn synthesized(fault: &Fault, routed: &str) -> Option<HttpResponse> {
    let effect = &fault.effect;
    let reason = format!("the fault `{}` of the control API was applied", fault.name);
    if effect.login_fails && routed == "/connect/token" {
        // As for a wrong password.
        let body =
            r#"{"error":"invalid_grant","error_description":"Invalid username or password"}"#;
        return Some(
            HttpResponse::BadRequest()
                .content_type("application/json; charset=UTF-8")
                .insert_header(("cache-control", "no-store, no-cache, max-age=0"))
                .insert_header(("pragma", "no-cache"))
                .body(body)
                .with_reason(reason),
        );
    }
    if effect.drop == Some(DropAt::BeforeHeaders) {
        return Some(
            HttpResponse::ServiceUnavailable()
                .finish()
                .with_reason(reason),
        );
    }
    let status = match (effect.status, &effect.body) {
        (Some(status), _) => status,
        (None, Some(_)) => actix_web::http::StatusCode::OK,
        (None, None) => return None,
    };
    // These have no body, and one would be taken for the next answer.
    let bodiless = matches!(status.as_u16(), 204 | 205 | 304);
    let body = effect
        .body
        .clone()
        .filter(|_| !bodiless)
        .unwrap_or_default();
    let mut response = HttpResponse::with_body(status, BoxBody::new(body));
    if status.is_client_error() || status.is_server_error() {
        response = response.with_reason(reason);
    }
    Some(response)
}

/// Headers, and a body that comes slowly or not wholly.
pub(crate) fn cut_or_slow<B: MessageBody + 'static>(
    mut response: ServiceResponse<EitherBody<B>>,
    effect: &Effect,
    socket: Option<Socket>,
) -> ServiceResponse<EitherBody<B>> {
    for (name, value) in &effect.headers {
        if name == CONTENT_TYPE && effect.body.is_none() {
            continue;
        }
        response.headers_mut().insert(name.clone(), value.clone());
    }
    match (effect.drop, effect.throttle) {
        (None, None) => response,
        (Some(at), _) => response.map_body(|_, body| {
            let size = body.size();
            let body = body.try_into_bytes().map_err(MessageBody::boxed);
            EitherBody::right(BoxBody::new(Cut::new(body, size, at, socket)))
        }),
        (None, Some(rate)) => response
            .map_body(|_, body| EitherBody::right(BoxBody::new(Slow::new(body.boxed(), rate)))),
    }
}

/// The connection was closed on purpose.
#[derive(Debug, thiserror::Error)]
#[error("a fault closed the connection")]
struct Closed;

/// A body that breaks off: some of it is sent and flushed, then the socket is closed.
struct Cut {
    size: BodySize,
    first: Option<Bytes>,
    /// A streamed body, of which the first piece is sent.
    rest: Option<BoxBody>,
    /// The server flushes when a body has nothing for it; once for the head, once for what came of the body.
    pauses: u8,
    socket: Option<Socket>,
}

impl Cut {
    fn new(
        body: Result<Bytes, BoxBody>,
        size: BodySize,
        at: DropAt,
        socket: Option<Socket>,
    ) -> Self {
        let (first, rest) = match (body, at) {
            (Ok(bytes), DropAt::MidBody) if bytes.len() > 1 => {
                (Some(bytes.slice(..bytes.len() / 2)), None)
            }
            (Err(stream), DropAt::MidBody) => (None, Some(stream)),
            _ => (None, None),
        };
        let size = match size {
            BodySize::Sized(bytes) if bytes > 0 => BodySize::Sized(bytes),
            // Chunks without a last one: a length of 0 would be a whole answer.
            _ => BodySize::Stream,
        };
        Self {
            size,
            first,
            rest,
            pauses: 2,
            socket,
        }
    }
}

impl MessageBody for Cut {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(first)));
        }
        if let Some(rest) = &mut self.rest {
            match Pin::new(rest).poll_next(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(piece) => {
                    self.rest = None;
                    if let Some(Ok(bytes)) = piece {
                        return Poll::Ready(Some(Ok(bytes)));
                    }
                }
            }
        }
        if self.pauses > 0 {
            self.pauses -= 1;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if let Some(socket) = &self.socket {
            socket.close();
        }
        Poll::Ready(Some(Err(Box::new(Closed))))
    }
}

/// A body that comes at so many bytes a second.
struct Slow {
    inner: BoxBody,
    size: BodySize,
    waiting: Bytes,
    rate: u64,
    next: Pin<Box<Sleep>>,
}

impl Slow {
    fn new(inner: BoxBody, rate: u64) -> Self {
        Self {
            size: inner.size(),
            inner,
            waiting: Bytes::new(),
            rate: rate.max(1),
            next: Box::pin(sleep_until(Instant::now())),
        }
    }
}

impl MessageBody for Slow {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.size
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.waiting.is_empty() {
            match Pin::new(&mut self.inner).poll_next(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(bytes))) => self.waiting = bytes,
                Poll::Ready(other) => return Poll::Ready(other),
            }
        }
        if self.next.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        let most = usize::try_from((self.rate / PIECES).max(1)).unwrap_or(usize::MAX);
        let length = most.min(self.waiting.len());
        let piece = self.waiting.split_to(length);
        let took = Duration::from_secs_f64(length as f64 / self.rate as f64);
        let at = self.next.deadline().max(Instant::now()) + took;
        self.next.as_mut().reset(at);
        Poll::Ready(Some(Ok(piece)))
    }
}

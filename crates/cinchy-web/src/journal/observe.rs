//! What the edge sees of a request and its answer, written down so that it costs little.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use actix_web::HttpMessage as _;
use actix_web::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION,
};
use actix_web::http::{Method, StatusCode};
use bytes::Bytes;
use cinchy_auth::Credential;
use futures_util::Stream;

use super::facts::Facts;
use super::{Recorded, mask};
use crate::form;
use crate::instance::Instance;

/// Bytes of a request's body that are looked at; a longer one is not kept.
const BODY_LIMIT: usize = 8 * 1024;
/// Characters of a parameter or header that are kept.
const TEXT_LIMIT: usize = 2 * 1024;
/// Bytes of a refusal's body that are kept.
const ANSWER_LIMIT: usize = 4 * 1024;
/// Headers of an answer that matter to a test.
const ANSWER_HEADERS: &[&str] = &[
    "content-type",
    "content-encoding",
    "location",
    "www-authenticate",
    "x-cinchy-error",
    "retry-after",
    "cache-control",
];

/// A request that is under way.
pub(crate) struct Observation {
    began: Instant,
    method: Method,
    path: Box<str>,
    routed: Option<Box<str>>,
    query: Box<str>,
    headers: String,
    content: Content,
    length: Option<u64>,
    body: Option<Arc<Mutex<Kept>>>,
    is_preflight: bool,
    facts: Arc<Facts>,
}

/// What kind of body is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Form,
    Json,
    Other,
}

impl Observation {
    /// Looks at a request before it is served. `path` is without the instance's prefix, `routed` the canonical one.
    pub fn begin(
        request: &mut ServiceRequest,
        began: Instant,
        path: Box<str>,
        routed: &str,
        is_preflight: bool,
        facts: &Arc<Facts>,
    ) -> Self {
        let headers = request.headers();
        let content = content(headers);
        let length = headers
            .get(CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.parse().ok());
        if routed == "/connect/token" {
            client_of_header(headers, facts);
        }
        let lines = masked_headers(headers);
        let body = match content {
            Content::Other => None,
            _ => Tee::insert(request),
        };
        Self {
            began,
            method: request.method().clone(),
            routed: (*routed != *path).then(|| routed.into()),
            path,
            query: request.query_string().into(),
            headers: lines,
            content,
            length,
            body,
            is_preflight,
            facts: Arc::clone(facts),
        }
    }

    /// Writes the request and its answer down. The body of a refusal is taken out, looked at and put back.
    pub fn finish<B: MessageBody + 'static>(
        self,
        instance: &Instance,
        mut response: ServiceResponse<EitherBody<B>>,
        ending: Ending,
    ) -> ServiceResponse<EitherBody<B>> {
        let status = response.status();
        let mut answer = None;
        let refused = status.is_client_error() || status.is_server_error();
        if refused && !response.headers().contains_key(CONTENT_ENCODING) {
            (response, answer) = with_excerpt(response);
        }
        let answer_bytes = match response.response().body().size() {
            BodySize::Sized(bytes) => Some(bytes),
            BodySize::None => Some(0),
            BodySize::Stream => None,
        };
        let (parameters, body) = self.sent();
        instance.journal().record(Recorded {
            seq: 0,
            at: instance.clock().now(),
            request_id: ending.request_id,
            method: self.method,
            path: self.path,
            routed: self.routed,
            is_preflight: self.is_preflight,
            status: ending.has_status.then_some(status.as_u16()),
            duration: self.began.elapsed(),
            facts: self.facts,
            reason: ending.reason.map(Into::into),
            headers: self.headers,
            parameters,
            body,
            request_bytes: self.length,
            answer_headers: answer_headers(response.headers(), status),
            answer,
            answer_bytes,
        });
        response
    }

    /// Parameters and JSON body, masked. What the token endpoint was asked for becomes facts.
    fn sent(&self) -> (Vec<(String, String)>, Option<serde_json::Value>) {
        let kept = self.body.as_ref().map(|body| {
            let mut kept = body.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *kept)
        });
        let kept = kept.filter(|kept| !kept.is_cut).map(|kept| kept.bytes);
        let mut parameters = Vec::new();
        if !self.query.is_empty() {
            add_parameters(self.query.as_bytes(), &mut parameters);
        }
        match (self.content, kept) {
            (Content::Form, Some(bytes)) => {
                let routed = self.routed.as_ref().unwrap_or(&self.path);
                if &**routed == "/connect/token" {
                    self.facts_of_form(&bytes);
                }
                add_parameters(&bytes, &mut parameters);
                mask_statement(&mut parameters);
                (parameters, None)
            }
            (Content::Json, Some(bytes)) => {
                mask_statement(&mut parameters);
                let mut body = serde_json::from_slice(&bytes).ok();
                if let Some(body) = &mut body {
                    mask::json(body);
                    mask::statement(body);
                }
                (parameters, body)
            }
            _ => {
                mask_statement(&mut parameters);
                (parameters, None)
            }
        }
    }

    /// What the form claims; a room that knows better has said so already.
    fn facts_of_form(&self, form: &[u8]) {
        let known = self.facts.known();
        if known.grant.is_some() && known.client.is_some() && known.user.is_some() {
            return;
        }
        for (name, value) in form::pairs(form) {
            match name.to_ascii_lowercase().as_str() {
                "grant_type" if known.grant.is_none() => self.facts.grant(&value),
                "client_id" if known.client.is_none() => self.facts.client(&value),
                "username" if known.user.is_none() => self.facts.user(&value),
                _ => {}
            }
        }
    }
}

/// How a request ended.
pub(crate) struct Ending {
    pub request_id: String,
    pub reason: Option<String>,
    /// Whether a status was sent.
    pub has_status: bool,
}

fn content(headers: &HeaderMap) -> Content {
    let Some(kind) = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes) else {
        return Content::Other;
    };
    let is =
        |name: &[u8]| kind.len() >= name.len() && kind[..name.len()].eq_ignore_ascii_case(name);
    if is(b"application/x-www-form-urlencoded") {
        Content::Form
    } else if is(b"application/json") {
        Content::Json
    } else {
        Content::Other
    }
}

/// The client of a Basic header at the token endpoint.
fn client_of_header(headers: &HeaderMap, facts: &Facts) {
    let header = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    if let Ok(Credential::Basic { username, .. }) = Credential::parse(header) {
        facts.client(&username);
    }
}

fn masked_headers(headers: &HeaderMap) -> String {
    let mut lines = String::with_capacity(256);
    for (name, value) in headers {
        let text = || value.to_str().unwrap_or("(not text)");
        let secret = mask::is_secret(name.as_str());
        lines.push_str(name.as_str());
        lines.push_str(": ");
        if name == AUTHORIZATION {
            // The scheme tells what was tried; the rest is long and not looked at.
            let mut words = value.as_bytes().split(|byte| *byte == b' ');
            let scheme = str::from_utf8(words.next().unwrap_or_default()).unwrap_or_default();
            if ["bearer", "basic"]
                .iter()
                .any(|known| scheme.eq_ignore_ascii_case(known))
            {
                lines.push_str(scheme);
                lines.push(' ');
            }
            lines.push_str(mask::MASK);
        } else if secret {
            lines.push_str(mask::MASK);
        } else if name.as_str() == "referer" {
            push_short(&mut lines, &mask::url(text()));
        } else {
            push_short(&mut lines, text());
        }
        lines.push('\n');
    }
    lines
}

fn answer_headers(headers: &HeaderMap, status: StatusCode) -> String {
    let mut lines = String::with_capacity(64);
    for name in ANSWER_HEADERS {
        let Some(value) = headers.get(*name).and_then(|value| value.to_str().ok()) else {
            continue;
        };
        // Of little worth where all went well.
        if *name == "cache-control" && status.is_success() {
            continue;
        }
        lines.push_str(name);
        lines.push_str(": ");
        if *name == LOCATION.as_str() {
            push_short(&mut lines, &mask::url(value));
        } else {
            push_short(&mut lines, value);
        }
        lines.push('\n');
    }
    lines
}

/// Adds a text, at most [`TEXT_LIMIT`] of it.
fn push_short(out: &mut String, text: &str) {
    out.push_str(&text[..floor(text, TEXT_LIMIT)]);
    if text.len() > TEXT_LIMIT {
        out.push_str("...");
    }
}

/// The last boundary of a character at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    if at >= text.len() {
        return text.len();
    }
    (0..=at)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

fn add_parameters(text: &[u8], parameters: &mut Vec<(String, String)>) {
    for (name, value) in form::pairs(text) {
        let mut shown = String::new();
        push_short(&mut shown, &mask::parameter(&name, &value));
        parameters.push((name.into_owned(), shown));
    }
}

/// A statement that sets a password holds it as a literal or gets it as a parameter.
fn mask_statement(parameters: &mut [(String, String)]) {
    let speaks = parameters.iter().any(|(name, value)| {
        (name.eq_ignore_ascii_case("query") && mask::speaks_of_secrets(value))
            || (name.to_ascii_lowercase().ends_with("parametername") && mask::is_secret(value))
    });
    if !speaks {
        return;
    }
    for (name, value) in parameters {
        let lower = name.to_ascii_lowercase();
        if lower == "query" {
            *value = mask::without_literals(value);
        } else if lower.starts_with('@')
            || (lower.starts_with("parameters") && lower.contains("value"))
        {
            *value = mask::MASK.to_owned();
        }
    }
}

/// Takes the body of a refusal, which is short and whole, and puts it back.
fn with_excerpt<B: MessageBody + 'static>(
    response: ServiceResponse<EitherBody<B>>,
) -> (ServiceResponse<EitherBody<B>>, Option<String>) {
    let mut excerpt = None;
    let is_json = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().windows(4).any(|part| part == b"json"));
    let response = response.map_body(|_, body| match body.try_into_bytes() {
        Ok(bytes) => {
            excerpt = excerpt_of(&bytes, is_json);
            EitherBody::right(BoxBody::new(bytes))
        }
        Err(body) => body,
    });
    (response, excerpt)
}

fn excerpt_of(bytes: &Bytes, is_json: bool) -> Option<String> {
    if bytes.is_empty() || bytes.len() > 16 * ANSWER_LIMIT {
        return None;
    }
    if is_json && let Ok(mut value) = serde_json::from_slice(bytes) {
        mask::json(&mut value);
        let text = value.to_string();
        return Some(text[..floor(&text, ANSWER_LIMIT)].to_owned());
    }
    let text = String::from_utf8_lossy(bytes);
    Some(text[..floor(&text, ANSWER_LIMIT)].to_owned())
}

/// The first bytes of a body.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    bytes: Vec<u8>,
    is_cut: bool,
}

/// A body that is read by its handler, and seen here on its way.
struct Tee {
    inner: Payload,
    kept: Arc<Mutex<Kept>>,
}

impl Tee {
    /// Puts one before the body of a request; `None` when there is no body.
    fn insert(request: &mut ServiceRequest) -> Option<Arc<Mutex<Kept>>> {
        match request.take_payload() {
            Payload::None => None,
            inner => {
                let kept = Arc::<Mutex<Kept>>::default();
                request.set_payload(Payload::Stream {
                    payload: Box::pin(Self {
                        inner,
                        kept: Arc::clone(&kept),
                    }),
                });
                Some(kept)
            }
        }
    }
}

impl Stream for Tee {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.inner).poll_next(context);
        if let Poll::Ready(Some(Ok(bytes))) = &polled {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.bytes.len() + bytes.len() <= BODY_LIMIT {
                kept.bytes.extend_from_slice(bytes);
            } else {
                kept.is_cut = true;
                kept.bytes = Vec::new();
            }
        }
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_statement_sets_is_masked() {
        let mut parameters = Vec::new();
        add_parameters(
            b"Query=UPDATE+[U]+SET+[Password]='geheim'+WHERE+[A]=@a&Parameters[0].ParameterName=@a&Parameters[0].ParameterValue=x&@a=y&Type=NONQUERY",
            &mut parameters,
        );
        mask_statement(&mut parameters);
        let text = format!("{parameters:?}");
        assert!(
            !text.contains("geheim") && text.contains("NONQUERY"),
            "{text}"
        );
        assert_eq!(parameters[2].1, "***");
        assert_eq!(parameters[3].1, "***");
    }

    #[test]
    fn texts_end_at_characters() {
        assert_eq!(floor("aé", 2), 1);
        assert_eq!(floor("aé", 9), 3);
        let mut out = String::new();
        push_short(&mut out, &"é".repeat(TEXT_LIMIT));
        assert_eq!(out.len(), TEXT_LIMIT + 3);
    }
}

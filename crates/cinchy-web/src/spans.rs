//! What a trace shows of a request: one span, as OpenTelemetry means it. It is made only when somebody takes it; who sends
//! it on, and where to, is the roof's.

use std::time::{Duration, SystemTime};

use actix_web::http::header::HeaderMap;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::journal::Facts;

/// Spans that may wait to be sent on; more are lost.
const WAITING: usize = 4_096;

/// A request that was answered.
#[derive(Debug)]
pub struct Span {
    /// 32 hexadecimal digits: the caller's trace, or one of its own.
    pub trace: String,
    /// 16 hexadecimal digits.
    pub id: String,
    /// The caller's span.
    pub parent: Option<String>,
    /// When it came, by the machine's clock.
    pub began: SystemTime,
    /// How long it took until the answer began.
    pub took: Duration,
    /// Its method and canonical path.
    pub name: String,
    /// Its status.
    pub status: u16,
    /// What else is known of it: names as OpenTelemetry has them, or below `cinchy.`. Query strings and bodies are left out:
    /// they may hold secrets.
    pub attributes: Vec<(&'static str, String)>,
}

/// Takes spans of requests.
#[derive(Debug, Clone)]
pub struct Spans(mpsc::Sender<Span>);

impl Spans {
    /// It, and where they come out. They end when the platform has ended.
    pub fn new() -> (Self, mpsc::Receiver<Span>) {
        let (send, receive) = mpsc::channel(WAITING);
        (Self(send), receive)
    }

    pub(crate) fn take(&self, span: Span) {
        // Nobody waits for it: when it is full, the span is lost.
        let _ = self.0.try_send(span);
    }
}

/// Where a request stands in its caller's trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Context {
    /// The caller says nothing.
    None,
    /// The caller's trace and span.
    Of { trace: String, parent: String },
    /// The caller's trace is not recorded.
    Unsampled,
}

impl Context {
    /// Reads `traceparent` (W3C Trace Context 3.2).
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let text = headers.get("traceparent").and_then(|t| t.to_str().ok());
        text.and_then(Self::parse).unwrap_or(Self::None)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('-');
        let (version, trace, parent, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_hex = |text: &str, length| {
            text.len() == length
                && text
                    .bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let is_zero = |text: &str| text.bytes().all(|b| b == b'0');
        // A later version may say more behind the flags.
        let whole = version != "00" || parts.next().is_none();
        let valid = is_hex(version, 2)
            && version != "ff"
            && is_hex(trace, 32)
            && is_hex(parent, 16)
            && is_hex(flags, 2)
            && !is_zero(trace)
            && !is_zero(parent)
            && whole;
        if !valid {
            return None;
        }
        let flags = u8::from_str_radix(flags, 16).ok()?;
        Some(if flags & 1 == 0 {
            Self::Unsampled
        } else {
            Self::Of {
                trace: trace.to_owned(),
                parent: parent.to_owned(),
            }
        })
    }
}

/// What the edge knows of a request that was answered.
pub(crate) struct Answered<'a> {
    pub context: Context,
    pub began: SystemTime,
    pub took: Duration,
    pub method: &'a str,
    pub path: &'a str,
    pub status: u16,
    pub request_id: Option<&'a str>,
    pub instance: &'a str,
    pub facts: &'a Facts,
}

impl Answered<'_> {
    /// The span; `None` where the caller's trace is not recorded.
    pub(crate) fn span(self) -> Option<Span> {
        let new = || Uuid::new_v4().simple().to_string();
        let (trace, parent) = match self.context {
            Context::Unsampled => return None,
            Context::None => (new(), None),
            Context::Of { trace, parent } => (trace, Some(parent)),
        };
        let known = self.facts.known();
        let fault = self.facts.fault().map(|fault| fault.name.clone());
        let more = [
            ("cinchy.instance", Some(self.instance.to_owned())),
            ("cinchy.request_id", self.request_id.map(str::to_owned)),
            ("cinchy.user", known.user),
            ("cinchy.client", known.client),
            ("cinchy.grant", known.grant),
            ("cinchy.query", known.query),
            ("cinchy.fault", fault),
        ];
        let mut attributes = vec![
            ("http.request.method", self.method.to_owned()),
            ("url.path", self.path.to_owned()),
        ];
        attributes.extend(more.into_iter().filter_map(|(name, v)| Some((name, v?))));
        let mut id = new();
        id.truncate(16);
        Some(Span {
            trace,
            id,
            parent,
            began: self.began,
            took: self.took,
            name: format!("{} {}", self.method, self.path),
            status: self.status,
            attributes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_are_read() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let parent = "00f067aa0ba902b7";
        let of = Some(Context::Of {
            trace: trace.to_owned(),
            parent: parent.to_owned(),
        });
        for (text, expected) in [
            (format!("00-{trace}-{parent}-01"), of.clone()),
            (format!("00-{trace}-{parent}-03"), of.clone()),
            (format!("cc-{trace}-{parent}-01-more"), of),
            (format!("00-{trace}-{parent}-00"), Some(Context::Unsampled)),
            (format!("00-{trace}-{parent}-01-more"), None),
            (format!("ff-{trace}-{parent}-01"), None),
            (format!("00-{}-{parent}-01", "0".repeat(32)), None),
            (format!("00-{}-{parent}-01", trace.to_uppercase()), None),
            (format!("00-{trace}-{parent}"), None),
            (String::new(), None),
        ] {
            assert_eq!(Context::parse(&text), expected, "{text}");
        }
    }
}

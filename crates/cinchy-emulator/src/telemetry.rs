//! Spans to an OpenTelemetry collector, when its variables name one: OTLP over HTTP in JSON, which every collector takes on the
//! same port as its binary form. Written by hand, since one span a request needs no SDK.

use std::thread::JoinHandle;
use std::time::{Duration, UNIX_EPOCH};

use cinchy_web::spans::{Span, Spans};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use crate::config::Telemetry;
use crate::error::StartError;

/// Spans of one message at most.
const BATCH: usize = 512;
/// How long the first of a message waits for others.
const GATHER: Duration = Duration::from_secs(1);
/// How long a collector may take. A stop waits that long at most.
const PATIENCE: Duration = Duration::from_secs(2);

/// Sends spans on until it is told to end.
pub struct Exporter {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Exporter {
    /// Starts one, if a collector is named; and what takes the spans.
    ///
    /// # Errors
    /// An address or headers that are none.
    pub fn start(options: &Telemetry) -> Result<Option<(Self, Spans)>, StartError> {
        let Some(address) = address(options) else {
            return Ok(None);
        };
        let wrong = |what: &str| {
            StartError::Setting(format!(
                "{what} cannot be used; see OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS"
            ))
        };
        let url = reqwest::Url::parse(&address)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| wrong(&format!("the address `{address}` of the collector")))?;
        let headers = headers(options.headers.as_deref().unwrap_or_default())
            .ok_or_else(|| wrong("the headers for the collector"))?;
        let service = options.service_name.clone();
        let service = service.unwrap_or_else(|| "cinchy-emulator".to_owned());
        let (spans, receive) = Spans::new();
        let (stop, stopping) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("telemetry".to_owned())
            .spawn(move || run(url, headers, &service, receive, stopping))
            .map_err(StartError::Server)?;
        Ok(Some((Self { stop, thread }, spans)))
    }

    /// Waits until what was taken is sent.
    pub fn finish(self) {
        // It may have ended already.
        let _ = self.stop.send(());
        if self.thread.join().is_err() {
            tracing::error!("the thread that sends spans ended early");
        }
    }
}

/// Where spans go (OpenTelemetry protocol exporter specification). `None`: nowhere.
fn address(options: &Telemetry) -> Option<String> {
    let is = |value: &Option<String>, word: &str| {
        value
            .as_deref()
            .is_some_and(|value| value.trim().eq_ignore_ascii_case(word))
    };
    if is(&options.disabled, "true") || is(&options.exporter, "none") {
        return None;
    }
    let given = |value: &Option<String>| value.clone().filter(|v| !v.trim().is_empty());
    given(&options.traces_endpoint).or_else(|| {
        let base = given(&options.endpoint)?;
        Some(format!("{}/v1/traces", base.trim().trim_end_matches('/')))
    })
}

/// `name=value,name=value`, values percent-encoded.
fn headers(text: &str) -> Option<HeaderMap> {
    let mut found = HeaderMap::new();
    for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
        let (name, value) = pair.split_once('=')?;
        let value = percent_encoding::percent_decode_str(value.trim()).decode_utf8();
        let mut value = HeaderValue::from_str(&value.ok()?).ok()?;
        value.set_sensitive(true);
        found.insert(name.trim().parse::<HeaderName>().ok()?, value);
    }
    Some(found)
}

fn run(
    url: reqwest::Url,
    headers: HeaderMap,
    service: &str,
    mut spans: mpsc::Receiver<Span>,
    mut stopping: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let client = crate::cli::client(url.as_str())
        .default_headers(headers)
        .timeout(PATIENCE)
        .build();
    let (runtime, client) = match (runtime, client) {
        (Ok(runtime), Ok(client)) => (runtime, client),
        (Err(error), _) => return tracing::error!(%error, "no spans are sent"),
        (_, Err(error)) => return tracing::error!(%error, "no spans are sent"),
    };
    runtime.block_on(async {
        let mut failing = false;
        let mut stops = false;
        loop {
            let first = tokio::select! {
                span = spans.recv() => span,
                _ = &mut stopping, if !stops => {
                    // What is there still comes, then the end.
                    stops = true;
                    spans.close();
                    continue;
                }
            };
            let Some(first) = first else { return };
            let mut batch = vec![first];
            let more = async {
                while batch.len() < BATCH
                    && let Some(span) = spans.recv().await
                {
                    batch.push(span);
                }
            };
            // When the time is over, what has come by then is sent.
            let _ = tokio::time::timeout(GATHER, more).await;
            let body = message(service, &batch);
            let sent = client.post(url.clone()).json(&body).send().await;
            let sent = sent.and_then(reqwest::Response::error_for_status);
            match sent {
                Ok(_) => failing = false,
                // Said once, until it is well again.
                Err(error) if !failing => {
                    failing = true;
                    tracing::warn!(error = %error.without_url(), "the collector takes no spans");
                }
                Err(_) => {}
            }
        }
    });
}

fn message(service: &str, spans: &[Span]) -> Value {
    let version = env!("CARGO_PKG_VERSION");
    json!({"resourceSpans": [{
        "resource": {"attributes": [
            text("service.name", service),
            text("service.version", version),
        ]},
        "scopeSpans": [{
            "scope": {"name": "cinchy-emulator", "version": version},
            "spans": spans.iter().map(of_span).collect::<Vec<_>>(),
        }],
    }]})
}

fn text(name: &str, value: &str) -> Value {
    json!({"key": name, "value": {"stringValue": value}})
}

fn of_span(span: &Span) -> Value {
    let nanos = |since: Duration| since.as_nanos().to_string();
    let began = span.began.duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut attributes: Vec<Value> = span
        .attributes
        .iter()
        .map(|(name, value)| text(name, value))
        .collect();
    attributes.push(json!({
        "key": "http.response.status_code",
        "value": {"intValue": span.status.to_string()},
    }));
    let mut value = json!({
        "traceId": span.trace,
        "spanId": span.id,
        "name": span.name,
        // A server's.
        "kind": 2,
        "startTimeUnixNano": nanos(began),
        "endTimeUnixNano": nanos(began + span.took),
        "attributes": attributes,
        // Unset, or an error: a 4xx is the client's (semantic conventions).
        "status": if span.status >= 500 { json!({"code": 2}) } else { json!({}) },
    });
    if let Some(parent) = &span.parent {
        value["parentSpanId"] = json!(parent);
    }
    value
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn addresses() {
        let some = |text: &str| Some(text.to_owned());
        for (endpoint, traces, disabled, expected) in [
            (None, None, None, None),
            (
                some("http://c:4318"),
                None,
                None,
                some("http://c:4318/v1/traces"),
            ),
            (
                some("http://c:4318/a/"),
                None,
                some("false"),
                some("http://c:4318/a/v1/traces"),
            ),
            (
                some("http://c"),
                some("http://d/own"),
                None,
                some("http://d/own"),
            ),
            (some("http://c"), None, some("TRUE"), None),
            (some(" "), None, None, None),
        ] {
            let options = Telemetry {
                endpoint,
                traces_endpoint: traces,
                disabled,
                ..Telemetry::default()
            };
            assert_eq!(address(&options), expected, "{options:?}");
        }
    }

    #[test]
    fn headers_are_pairs() {
        let found = headers("api-key=a%20b, X-Team = t ,").unwrap();
        assert_eq!(found["api-key"], "a b");
        assert_eq!(found["x-team"], "t");
        for bad in ["key", "k y=v", "key=%0A"] {
            assert!(headers(bad).is_none(), "{bad}");
        }
    }
}

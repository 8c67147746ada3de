//! `/_emulator/journal`: what was asked and answered, read at once, waited for, or as a stream.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use cinchy_web::journal::{self, Entry, Filter, Glob, Live, StatusRange, Waited};
use cinchy_web::{Site, form};
use serde_json::Value;

use crate::body::duration;
use crate::error::{self, ControlError};

/// How long `await` waits without a `timeout`.
const DEFAULT_WAIT: Duration = Duration::from_secs(5);
/// The longest that `await` may be asked to wait.
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// What a query string asks for.
#[derive(Default)]
struct Asked {
    filter: Filter,
    count: Option<usize>,
    timeout: Option<Duration>,
}

impl Asked {
    fn read(query: &str) -> Result<Self, ControlError> {
        let mut asked = Self::default();
        for (name, value) in form::pairs(query.as_bytes()) {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            let glob = || Some(Glob::new(value));
            let filter = &mut asked.filter;
            match name.to_ascii_lowercase().as_str() {
                "method" => filter.method = Some(value.to_owned()),
                "path" => filter.path = glob(),
                "user" => filter.user = glob(),
                "client" => filter.client = glob(),
                "query" => filter.query = glob(),
                "status" => filter.status.extend(statuses(value)?),
                "since" => filter.since = Some(number("since", value)?),
                "limit" => filter.limit = Some(number("limit", value)?),
                "count" => asked.count = Some(number("count", value)?),
                "timeout" => asked.timeout = Some(timeout(value)?),
                _ => return Err(ControlError::UnknownParameter(name.into_owned())),
            }
        }
        Ok(asked)
    }
}

fn number<T: std::str::FromStr>(name: &'static str, text: &str) -> Result<T, ControlError> {
    text.parse().map_err(|_| ControlError::Parameter {
        name,
        problem: format!("`{}` is no whole number from 0 on", text.escape_default()),
    })
}

fn statuses(text: &str) -> Result<Vec<StatusRange>, ControlError> {
    text.split(',')
        .map(|one| {
            StatusRange::parse(one).ok_or_else(|| ControlError::Parameter {
                name: "status",
                problem: format!(
                    "`{}` is no status; write `404`, `4xx`, or several with commas",
                    one.escape_default()
                ),
            })
        })
        .collect()
}

fn timeout(text: &str) -> Result<Duration, ControlError> {
    // A bare number is seconds, as in a body.
    let value = text
        .parse::<f64>()
        .ok()
        .and_then(serde_json::Number::from_f64)
        .map_or_else(|| Value::from(text), Value::Number);
    let problem = |problem: String| ControlError::Parameter {
        name: "timeout",
        problem,
    };
    let found = duration(&value)
        .ok()
        .and_then(|found| found.to_std().ok())
        .ok_or_else(|| {
            problem(format!(
                "`{}` is no duration; write it as in `5s`, `500ms` or `PT5S`",
                text.escape_default()
            ))
        })?;
    if found > LONGEST_WAIT {
        return Err(problem(format!(
            "it is longer than {} seconds, the most that is waited for",
            LONGEST_WAIT.as_secs()
        )));
    }
    Ok(found)
}

/// The entries that fit, oldest first.
pub async fn list(site: Site, request: HttpRequest) -> Result<HttpResponse, ControlError> {
    let asked = Asked::read(request.query_string())?;
    Ok(HttpResponse::Ok().json(site.instance.journal().page(&asked.filter)))
}

/// Forgets all entries. 204.
pub async fn clear(site: Site) -> HttpResponse {
    site.instance.journal().clear();
    HttpResponse::NoContent().finish()
}

/// Answers when as many entries as asked for have come since `since`: 408 with what there is when they do not come in
/// time. A count of 0 expects none: 409 with the one that came.
pub async fn wait(site: Site, request: HttpRequest) -> Result<HttpResponse, ControlError> {
    let asked = Asked::read(request.query_string())?;
    let count = asked.count.unwrap_or(1);
    let timeout = asked.timeout.unwrap_or(DEFAULT_WAIT);
    let filter = Filter {
        limit: None,
        ..asked.filter
    };
    let waited = site.instance.journal().wait(&filter, count, timeout);
    let (page, how) = tokio::select! {
        waited = waited => waited,
        () = site.platform.stopping() => {
            let page = site.instance.journal().page(&filter);
            (page, if count == 0 { Waited::Met } else { Waited::TooFew })
        }
    };
    Ok(error::of_wait(how).json(page))
}

/// The entries that fit, live, as server-sent events: `id` is the number, `data` the entry. With `since`, or the header
/// `Last-Event-ID` of a browser that connects again, it begins with what was kept after that. Ends when the server stops.
pub async fn stream(site: Site, request: HttpRequest) -> Result<HttpResponse, ControlError> {
    let mut asked = Asked::read(request.query_string())?;
    let last_seen = request
        .headers()
        .get("last-event-id")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse().ok());
    asked.filter.since = last_seen.or(asked.filter.since);
    let live = Live {
        filter: asked.filter,
        longest: None,
    };
    // Texts, numbers and lists always serialize.
    let encode = |entry: &Entry| serde_json::to_string(entry).unwrap_or_default();
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream; charset=utf-8")
        // A compressed stream would come in lumps.
        .insert_header(("content-encoding", "identity"))
        .streaming(journal::live(&site, live, encode)))
}

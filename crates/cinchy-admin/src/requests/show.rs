//! One request in full: who asked, what decided, what mends it, and how to send it again.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Path};
use askama::Template;
use cinchy_web::explain::{Explanation, Mend, Outcome, of_entry};
use cinchy_web::journal::{Entry, mask};
use serde_json::Value;

use super::{State, WHAT, client_of, copies, mend, millis, others, quoted};
use crate::desk::Desk;
use crate::error::PageError;
use crate::page::{Frame, Notice};
use crate::place::Section;
use crate::snippet::Snippet;
use crate::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "admin/requests/show.html")]
struct Page {
    frame: Frame,
    seq: u64,
    state: State,
    refused: bool,
    reason: String,
    allowed: bool,
    checks: Vec<Check>,
    facts: Vec<Fact>,
    sent: Vec<(String, String)>,
    parameters: Vec<(String, String)>,
    body: String,
    answered: Vec<(String, String)>,
    answer: String,
    again: String,
    snippets: Vec<Snippet>,
}

/// A check with its buttons.
struct Check {
    name: &'static str,
    denies: bool,
    because: String,
    mend: String,
    /// Key and label.
    orders: Vec<(String, String)>,
}

/// What is known of the request.
struct Fact {
    name: &'static str,
    value: String,
    /// Where more of the kind is.
    link: String,
}

fn found(desk: &mut Desk<'_>, seq: u64) -> Result<Entry, PageError> {
    desk.administrators_only(WHAT)?;
    desk.instance.journal().entry(seq).ok_or_else(|| {
        PageError::NotFound(format!(
            "The journal has no request {seq} any more: it keeps the newest ones, and a reset empties it."
        ))
    })
}

fn explained(desk: &mut Desk<'_>, entry: &Entry) -> Result<Explanation, PageError> {
    Ok(of_entry(desk.instance, desk.conn, &desk.generation, entry)?)
}

/// Shows it.
pub async fn show(visit: Visit, seq: Path<u64>) -> HttpResponse {
    visit
        .get(move |desk| {
            let entry = found(desk, *seq)?;
            let notice = desk.query.has("done").then(|| {
                Notice::good(
                    "Done. It holds from the next call on; the checks are made anew below.",
                )
            });
            page(desk, entry, notice)
        })
        .await
}

fn page(desk: &mut Desk<'_>, entry: Entry, notice: Option<Notice>) -> Result<Answer, PageError> {
    let told = explained(desk, &entry)?;
    let snippets = copies::of(desk, &entry, &told)?;
    let title = format!("{} {}", entry.method, entry.path);
    let page = Page {
        seq: entry.seq,
        state: State::of(&entry),
        refused: entry.is_refused(),
        reason: quoted(entry.reason.as_deref().unwrap_or_default()),
        allowed: told.allowed,
        checks: told.checks.into_iter().map(Check::from).collect(),
        facts: facts(&entry),
        sent: lines(&entry.request.headers),
        parameters: lines(&entry.request.parameters),
        body: entry
            .request
            .body
            .as_ref()
            .and_then(|body| serde_json::to_string_pretty(body).ok())
            .unwrap_or_default(),
        answered: lines(&entry.response.headers),
        answer: entry.response.body.clone().unwrap_or_default(),
        again: again(desk, &entry),
        snippets,
        frame: desk
            .frame(Section::Requests, super::shortened(&title, 100))
            .noting(notice),
    };
    Ok(Answer::Page(page.render()?))
}

impl From<cinchy_web::explain::Check> for Check {
    fn from(check: cinchy_web::explain::Check) -> Self {
        Self {
            name: check.check,
            denies: check.outcome == Outcome::Deny,
            because: quoted(&check.because),
            mend: quoted(&check.mend.unwrap_or_default()),
            orders: check.mends.iter().map(|m| (m.key(), m.label())).collect(),
        }
    }
}

fn facts(entry: &Entry) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut add = |name, value: Option<String>, link: String| {
        if let Some(value) = value {
            facts.push(Fact { name, value, link });
        }
    };
    let link = |name: &str, value: &Option<String>| {
        value
            .as_deref()
            .map_or_else(String::new, |v| others(name, v))
    };
    add(
        "When",
        Some(entry.at.replace('T', " ").replace('Z', " UTC")),
        String::new(),
    );
    add("User", entry.user.clone(), link("user", &entry.user));
    let client = client_of(entry);
    let of_client = match &entry.client {
        Some(_) => link("client", &client),
        None => String::new(),
    };
    add("Client", client, of_client);
    add("Grant", entry.grant.clone(), String::new());
    add(
        "Saved query",
        entry.query.clone(),
        link("query", &entry.query),
    );
    add(
        "Rows",
        entry.rows.map(|rows| rows.to_string()),
        String::new(),
    );
    add("Time taken", Some(millis(entry.duration_ms)), String::new());
    add("Fault", entry.fault.clone(), String::new());
    add(
        "Correlation id",
        Some(entry.request_id.clone()),
        String::new(),
    );
    facts
}

fn lines(map: &serde_json::Map<String, Value>) -> Vec<(String, String)> {
    map.iter()
        .flat_map(|(name, value)| {
            let values = match value {
                Value::Array(values) => values.iter().map(copies::text).collect(),
                value => vec![copies::text(value)],
            };
            values.into_iter().map(|value| (name.clone(), value))
        })
        .collect()
}

/// The address to open again in this browser: of a GET that changes nothing and that needs no credential of another program.
fn again(desk: &Desk<'_>, entry: &Entry) -> String {
    let path = entry.routed.to_ascii_lowercase();
    let is_page = path == "/connect/authorize" || path.starts_with("/.well-known/");
    let is_whole = !entry
        .request
        .parameters
        .values()
        .any(|v| copies::text(v) == mask::MASK);
    if entry.method == "GET" && is_page && is_whole {
        copies::address(&desk.frame.web, entry)
    } else {
        String::new()
    }
}

/// Carries out one of the changes that the page offers.
pub async fn carry_out(visit: Visit, seq: Path<u64>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, form| {
            let entry = found(desk, *seq)?;
            let wanted = form.text("mend");
            let told = explained(desk, &entry)?;
            let mut offered = told.checks.into_iter().flat_map(|check| check.mends);
            let Some(order) = offered.find(|mend: &Mend| mend.key() == wanted) else {
                let notice = Notice {
                    text: "Nothing was changed: that is not what stands in the way any more. What does is below.".to_owned(),
                    bad: true,
                    undo: None,
                };
                return page(desk, entry, Some(notice));
            };
            mend::carry_out(desk, &order)?;
            Ok(Answer::See(format!("/admin/requests/{}?done=1", entry.seq)))
        })
        .await
}

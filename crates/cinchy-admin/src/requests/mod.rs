//! Requests: the journal of the instance, live; one request in full, why it was refused, and what mends it.

mod copies;
mod list;
mod mend;
mod seed;
mod show;

use cinchy_web::journal::{Entry, Filter, Glob, StatusRange};

pub(crate) use list::{LONGEST, encoded_row};
pub use list::{list, stream};
pub use show::{carry_out, show};

use crate::error::in_words;
use crate::form::{Pairs, encode};

/// What these pages are called in a refusal.
const WHAT: &str = "The journal of requests";

/// A request in a list.
struct Row {
    seq: u64,
    /// By the instance's clock.
    at: String,
    method: String,
    path: String,
    state: State,
    user: Option<String>,
    client: Option<String>,
    millis: String,
    why: String,
}

/// The status of an answer in words and in a colour.
struct State {
    text: String,
    class: &'static str,
}

impl State {
    fn of(entry: &Entry) -> Self {
        let text = match entry.status {
            Some(status) => in_words(status),
            None => "no answer".to_owned(),
        };
        let class = match entry.status {
            _ if entry.is_refused() => "bad",
            Some(200..300) => "good",
            _ => "",
        };
        Self { text, class }
    }
}

impl Row {
    fn of(entry: &Entry) -> Self {
        let why = match (&entry.fault, &entry.reason) {
            (Some(fault), _) => format!("fault {fault}"),
            (None, Some(reason)) => quoted(reason),
            (None, None) => String::new(),
        };
        Self {
            seq: entry.seq,
            at: entry.at.get(..19).unwrap_or(&entry.at).replace('T', " "),
            method: entry.method.clone(),
            path: shortened(&entry.path, 120),
            state: State::of(entry),
            user: entry.user.clone(),
            client: entry.client.clone(),
            millis: millis(entry.duration_ms),
            why: shortened(&why, 160),
        }
    }
}

/// Milliseconds, exact where they are few.
fn millis(ms: f64) -> String {
    if ms < 10.0 {
        format!("{ms:.1} ms")
    } else {
        format!("{ms:.0} ms")
    }
}

/// A text with names in quotation marks, where refusals and explanations have backticks.
pub fn quoted(text: &str) -> String {
    let mut opens = true;
    text.chars()
        .map(|c| match c {
            '`' => {
                opens = !opens;
                if opens { '”' } else { '“' }
            }
            c => c,
        })
        .collect()
}

/// At most so many characters.
pub fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// What a query string asks to see, and which part of it cannot be read.
fn filter(query: &Pairs) -> (Filter, Option<String>) {
    // A part of a path or name is enough; who writes `*` means a pattern.
    let glob = |name: &str| match query.text(name) {
        "" => None,
        text if text.contains(['*', '?']) => Some(Glob::new(text)),
        text => Some(Glob::new(&format!("*{text}*"))),
    };
    let mut wrong = None;
    let mut status = Vec::new();
    for text in query.text("status").split(',').filter(|t| !t.is_empty()) {
        match StatusRange::parse(text) {
            Some(range) => status.push(range),
            None => wrong = Some(text.to_owned()),
        }
    }
    let filter = Filter {
        path: glob("path"),
        user: glob("user"),
        client: glob("client"),
        query: glob("query"),
        status,
        only_refused: query.has("refused"),
        ..Filter::default()
    };
    (filter, wrong)
}

/// The client of a request: one that is known, or the one that its parameters name.
fn client_of(entry: &Entry) -> Option<String> {
    let named = entry.request.parameters.get("client_id");
    let named = named.and_then(|id| id.as_str()).map(str::to_owned);
    entry.client.clone().or(named)
}

/// The list of what a user or client asked for.
fn others(name: &str, value: &str) -> String {
    format!("/admin/requests?{name}={}", encode(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_read_from_the_address() {
        let read = |text: &str| filter(&Pairs::decode(text.as_bytes()));
        let (found, wrong) = read("path=employees&user=a*n&status=404,5xx&refused=1");
        assert_eq!(wrong, None);
        assert!(
            found
                .path
                .is_some_and(|glob| glob.matches("/API/HR/Employees"))
        );
        assert!(
            found
                .user
                .is_some_and(|glob| glob.matches("ann") && !glob.matches("joann"))
        );
        assert_eq!((found.status.len(), found.only_refused), (2, true));
        let (found, wrong) = read("status=soon&path=");
        assert_eq!(wrong.as_deref(), Some("soon"));
        assert!(found.path.is_none() && found.status.is_empty() && !found.only_refused);
    }

    #[test]
    fn names_stand_in_quotation_marks() {
        assert_eq!(quoted("`a` may not `b c`; do"), "“a” may not “b c”; do");
    }

    #[test]
    fn long_texts_end_at_characters() {
        assert_eq!(shortened("ééé", 2), "éé…");
        assert_eq!(shortened("ab", 2), "ab");
        assert_eq!(
            (millis(1.23), millis(250.4)),
            ("1.2 ms".to_owned(), "250 ms".to_owned())
        );
    }
}

//! The journal of an instance: every request and answer with what was decided, for tests that ask afterwards.
//!
//! Bounded, in memory, and masked when it is written (see `mask`). Writing costs about a microsecond; texts are made when
//! somebody reads. `facts` is what rooms tell, `observe` what the edge sees, `filter` what a reader may ask for.
//!
//! `live` is the stream of it. Not here: the HTTP interfaces (`cinchy-control`, `cinchy-admin`).

mod facts;
mod filter;
mod live;
pub mod mask;
mod observe;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

pub use facts::Facts;
pub use filter::{Filter, Glob, StatusRange};
pub use live::{Live, live};
pub(crate) use observe::{Ending, Observation};

/// Entries that are kept.
pub const MOST_ENTRIES: usize = 2_000;
/// Bytes that the kept entries may hold together, about.
pub const MOST_BYTES: usize = 4 << 20;

/// The journal of one instance.
#[derive(Debug, Default)]
pub struct Journal {
    ring: Mutex<Ring>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct Ring {
    entries: VecDeque<Arc<Recorded>>,
    bytes: usize,
    last: u64,
    dropped: u64,
    /// The newest number at the last clear.
    cleared: u64,
}

/// What is kept of a request.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub seq: u64,
    pub at: DateTime<Utc>,
    pub request_id: String,
    pub method: actix_web::http::Method,
    pub path: Box<str>,
    /// Where routing brought it, if that is another path.
    pub routed: Option<Box<str>>,
    pub is_preflight: bool,
    pub status: Option<u16>,
    pub duration: Duration,
    pub facts: Arc<Facts>,
    pub reason: Option<Box<str>>,
    /// `name: value` a line, masked.
    pub headers: String,
    /// Parameters of query string and form, masked.
    pub parameters: Vec<(String, String)>,
    /// A JSON body, masked.
    pub body: Option<Value>,
    pub request_bytes: Option<u64>,
    pub answer_headers: String,
    pub answer: Option<String>,
    pub answer_bytes: Option<u64>,
}

impl Recorded {
    /// About what it holds in memory.
    fn size(&self) -> usize {
        let parameters: usize = self.parameters.iter().map(|(n, v)| n.len() + v.len()).sum();
        512 + self.path.len()
            + self.headers.len()
            + self.answer_headers.len()
            + self.answer.as_ref().map_or(0, String::len)
            + self.reason.as_ref().map_or(0, |reason| reason.len())
            + parameters
            // A JSON value takes more room than its text.
            + self.body.as_ref().map_or(0, |_| 4 * self.request_bytes.unwrap_or(0) as usize)
    }

    fn entry(&self) -> Entry {
        let known = self.facts.known();
        let mut parameters = Map::new();
        for (name, value) in &self.parameters {
            match parameters.get_mut(name) {
                None => {
                    parameters.insert(name.clone(), Value::from(value.as_str()));
                }
                Some(Value::Array(values)) => values.push(Value::from(value.as_str())),
                Some(one) => *one = Value::from(vec![one.take(), Value::from(value.as_str())]),
            }
        }
        Entry {
            seq: self.seq,
            at: self.at.to_rfc3339_opts(SecondsFormat::Millis, true),
            method: self.method.to_string(),
            path: self.path.to_string(),
            routed: self.routed.as_ref().unwrap_or(&self.path).to_string(),
            is_preflight: self.is_preflight,
            status: self.status,
            duration_ms: self.duration.as_micros() as f64 / 1000.0,
            user: known.user,
            client: known.client,
            grant: known.grant,
            query: known.query,
            rows: self.facts.counted(),
            fault: self.facts.fault().map(|fault| fault.name.clone()),
            reason: self.reason.as_deref().map(str::to_owned),
            request_id: self.request_id.clone(),
            request: Sent {
                headers: headers(&self.headers),
                parameters,
                body: self.body.clone(),
                bytes: self.request_bytes,
            },
            response: Answered {
                headers: headers(&self.answer_headers),
                body: self.answer.clone(),
                bytes: self.answer_bytes,
            },
        }
    }
}

fn headers(lines: &str) -> Map<String, Value> {
    lines
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect()
}

/// A request and its answer, as a reader gets them.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its number; they grow by one and never start again.
    pub seq: u64,
    /// When the answer began, by the instance's clock.
    pub at: String,
    /// The method.
    pub method: String,
    /// The path as the client wrote it, without the instance's prefix and the query string.
    pub path: String,
    /// The path that it was brought to: letter case and mounts aside.
    #[serde(skip)]
    pub routed: String,
    /// A browser's question before a request to another origin.
    #[serde(skip)]
    pub is_preflight: bool,
    /// The status; `None` when a fault took the connection before one was sent.
    pub status: Option<u16>,
    /// From the request's head to the answer's, by the machine's clock.
    pub duration_ms: f64,
    /// The user, proved or only claimed.
    pub user: Option<String>,
    /// The integrated client, proved or only claimed.
    pub client: Option<String>,
    /// The grant type of a token request.
    pub grant: Option<String>,
    /// The saved query, `Domain/Name`.
    pub query: Option<String>,
    /// Rows that were answered or changed, as far as they are known by now.
    pub rows: Option<u64>,
    /// The fault that was applied.
    pub fault: Option<String>,
    /// Why it was refused, and what would mend it.
    pub reason: Option<String>,
    /// What the answer carries as `X-Correlation-Id`.
    pub request_id: String,
    /// What was sent.
    pub request: Sent,
    /// What was answered.
    pub response: Answered,
}

impl Entry {
    /// Whether the platform did not do what was asked: an error, a page or a redirect that says why, or no answer at all.
    pub fn is_refused(&self) -> bool {
        self.reason.is_some() || self.status.is_none_or(|status| status >= 400)
    }
}

/// What a client sent, masked.
#[derive(Debug, Clone, Serialize)]
pub struct Sent {
    /// Headers by name in lower case.
    pub headers: Map<String, Value>,
    /// Parameters of the query string and of a form; repeated ones are lists.
    pub parameters: Map<String, Value>,
    /// A JSON body, if it is not too long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// Length of the body, where it was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// What was answered, masked.
#[derive(Debug, Clone, Serialize)]
pub struct Answered {
    /// The headers that matter to a test.
    pub headers: Map<String, Value>,
    /// The body of a refusal. Data is not kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Length of the body; streamed ones have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// What a reader gets.
#[derive(Debug, Clone, Serialize)]
pub struct Page {
    /// Oldest first.
    pub entries: Vec<Entry>,
    /// Pass it as `since` to get what comes after these.
    pub next: u64,
    /// How many entries were dropped for want of room since the last clear.
    pub dropped: u64,
}

/// How waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// As many as were waited for came; or none did, when none was expected.
    Met,
    /// Too few in time.
    TooFew,
    /// One came that was not expected.
    Unexpected,
}

impl Journal {
    /// Writes an entry down, and lets the oldest go where there is no room.
    pub(crate) fn record(&self, mut recorded: Recorded) {
        {
            let mut ring = self.lock();
            ring.last += 1;
            recorded.seq = ring.last;
            ring.bytes += recorded.size();
            ring.entries.push_back(Arc::new(recorded));
            while ring.entries.len() > MOST_ENTRIES
                || (ring.bytes > MOST_BYTES && ring.entries.len() > 1)
            {
                let Some(oldest) = ring.entries.pop_front() else {
                    break;
                };
                ring.bytes = ring.bytes.saturating_sub(oldest.size());
                ring.dropped += 1;
            }
        }
        self.arrived.notify_waiters();
    }

    /// The entries that are wanted.
    pub fn page(&self, filter: &Filter) -> Page {
        let (kept, last, dropped) = {
            let ring = self.lock();
            let from = match filter.since {
                Some(since) => ring.entries.partition_point(|e| e.seq <= since),
                None => 0,
            };
            let kept: Vec<_> = ring.entries.range(from..).cloned().collect();
            (kept, ring.last, ring.dropped)
        };
        let wanted = |recorded: &Arc<Recorded>| {
            let entry = recorded.entry();
            filter.wants(&entry).then_some(entry)
        };
        let limit = filter.limit.unwrap_or(usize::MAX);
        let mut next = last.max(filter.since.unwrap_or(0));
        let entries = if filter.since.is_some() {
            let mut entries: Vec<Entry> = kept
                .iter()
                .filter_map(wanted)
                .take(limit.saturating_add(1))
                .collect();
            if entries.len() > limit {
                entries.truncate(limit);
                // What was left out comes with the next question.
                next = entries.last().map_or(filter.since.unwrap_or(0), |e| e.seq);
            }
            entries
        } else {
            let mut entries: Vec<Entry> =
                kept.iter().rev().filter_map(wanted).take(limit).collect();
            entries.reverse();
            entries
        };
        Page {
            entries,
            next,
            dropped,
        }
    }

    /// The entry of this number, while it is kept.
    pub fn entry(&self, seq: u64) -> Option<Entry> {
        let ring = self.lock();
        let at = ring.entries.partition_point(|e| e.seq < seq);
        let found = ring.entries.get(at).filter(|e| e.seq == seq).cloned();
        drop(ring);
        found.map(|recorded| recorded.entry())
    }

    /// The number of the newest entry; 0 before the first.
    pub fn last(&self) -> u64 {
        self.lock().last
    }

    /// Forgets all entries; numbers go on.
    pub fn clear(&self) {
        let mut ring = self.lock();
        ring.entries = VecDeque::new();
        ring.bytes = 0;
        ring.dropped = 0;
        ring.cleared = ring.last;
    }

    /// Ends when an entry comes after this call. Enable it before looking at what is there.
    pub fn arrived(&self) -> Notified<'_> {
        self.arrived.notified()
    }

    /// Waits until `count` entries have come since `filter.since` (or the last clear), at most for `timeout` by the
    /// machine's clock. With a count of 0 it waits the whole time, expecting none.
    pub async fn wait(&self, filter: &Filter, count: usize, timeout: Duration) -> (Page, Waited) {
        let deadline = tokio::time::Instant::now() + timeout;
        let mut filter = Filter {
            limit: None,
            ..filter.clone()
        };
        // What came is kept here: the ring may drop it before the last one comes.
        let mut found: Vec<Entry> = Vec::new();
        let mut is_over = false;
        loop {
            let arrived = self.arrived();
            tokio::pin!(arrived);
            arrived.as_mut().enable();
            let cleared = self.lock().cleared;
            found.retain(|entry| entry.seq > cleared);
            let page = self.page(&filter);
            filter.since = Some(page.next);
            let Page {
                entries,
                next,
                dropped,
            } = page;
            found.extend(entries);
            let how = match (count, found.len()) {
                (0, 0) if is_over => Some(Waited::Met),
                (0, 0) => None,
                (0, _) => Some(Waited::Unexpected),
                (count, have) if have >= count => Some(Waited::Met),
                _ if is_over => Some(Waited::TooFew),
                _ => None,
            };
            if let Some(how) = how {
                let page = Page {
                    entries: found,
                    next,
                    dropped,
                };
                return (page, how);
            }
            is_over = tokio::time::timeout_at(deadline, arrived).await.is_err();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(path: &str, status: u16) -> Recorded {
        Recorded {
            seq: 0,
            at: Utc::now(),
            request_id: String::new(),
            method: actix_web::http::Method::GET,
            path: path.into(),
            routed: None,
            is_preflight: false,
            status: Some(status),
            duration: Duration::from_micros(1500),
            facts: Arc::default(),
            reason: None,
            headers: "accept: */*\n".to_owned(),
            parameters: vec![
                ("a".to_owned(), "1".to_owned()),
                ("a".to_owned(), "2".to_owned()),
            ],
            body: None,
            request_bytes: None,
            answer_headers: String::new(),
            answer: None,
            answer_bytes: Some(2),
        }
    }

    #[test]
    fn it_is_bounded_and_says_what_it_dropped() {
        let journal = Journal::default();
        for n in 0..MOST_ENTRIES + 5 {
            journal.record(recorded(&format!("/{n}"), 200));
        }
        let page = journal.page(&Filter::default());
        assert_eq!(page.entries.len(), MOST_ENTRIES);
        assert_eq!((page.dropped, page.next), (5, MOST_ENTRIES as u64 + 5));
        assert_eq!(page.entries[0].path, "/5");
        for _ in 0..10 {
            let mut large = recorded("/large", 200);
            large.answer = Some("x".repeat(MOST_BYTES / 3));
            journal.record(large);
        }
        let page = journal.page(&Filter::default());
        assert_eq!(page.entries.len(), 2);
        journal.clear();
        let page = journal.page(&Filter::default());
        assert_eq!((page.entries.len(), page.dropped), (0, 0));
        assert_eq!(page.next, MOST_ENTRIES as u64 + 15);
    }

    #[test]
    fn pages_follow_one_another() {
        let journal = Journal::default();
        for n in 1..=5 {
            journal.record(recorded(&format!("/{n}"), 200));
        }
        let paths =
            |page: &Page| -> Vec<String> { page.entries.iter().map(|e| e.path.clone()).collect() };
        let first = journal.page(&Filter {
            since: Some(1),
            limit: Some(2),
            ..Filter::default()
        });
        assert_eq!(
            (paths(&first), first.next),
            (vec!["/2".to_owned(), "/3".to_owned()], 3)
        );
        let rest = journal.page(&Filter {
            since: Some(first.next),
            limit: Some(2),
            ..Filter::default()
        });
        assert_eq!(
            (paths(&rest), rest.next),
            (vec!["/4".to_owned(), "/5".to_owned()], 5)
        );
        let newest = journal.page(&Filter {
            limit: Some(2),
            ..Filter::default()
        });
        assert_eq!(paths(&newest), ["/4", "/5"]);
    }

    #[test]
    fn repeated_parameters_are_lists() {
        let entry = recorded("/", 200).entry();
        assert_eq!(entry.request.parameters["a"], serde_json::json!(["1", "2"]));
        assert_eq!(entry.request.headers["accept"], "*/*");
        assert!((entry.duration_ms - 1.5).abs() < f64::EPSILON);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn waiting_ends_with_the_last_one_that_was_waited_for() {
        let journal = Arc::new(Journal::default());
        journal.record(recorded("/a", 200));
        let filter = Filter {
            path: Some(Glob::new("/a")),
            ..Filter::default()
        };
        let waiting = tokio::spawn({
            let (journal, filter) = (journal.clone(), filter.clone());
            async move { journal.wait(&filter, 2, Duration::from_secs(60)).await }
        });
        tokio::task::yield_now().await;
        journal.record(recorded("/b", 200));
        tokio::task::yield_now().await;
        journal.record(recorded("/a", 200));
        let (page, how) = waiting.await.expect("the task ends");
        assert_eq!((page.entries.len(), how), (2, Waited::Met));
        let (page, how) = journal.wait(&filter, 3, Duration::ZERO).await;
        assert_eq!((page.entries.len(), how), (2, Waited::TooFew));
        let (_, how) = journal.wait(&filter, 0, Duration::from_secs(60)).await;
        assert_eq!(how, Waited::Unexpected);
    }
}

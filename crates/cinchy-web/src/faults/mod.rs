//! Faults: failures that a test orders, applied at one place, the edge, to requests that match. Each has a name, a number of
//! times after which it heals, and an effect.
//!
//! `apply` carries an effect out, `preset` holds the ready ones, `subject` finds out who asks before any room does, `written`
//! reads and tells them as JSON. Counts
//! are exact under parallel load, since one lock holds them; without an armed fault a request reads one number.

mod apply;
mod preset;
mod socket;
mod subject;
mod written;

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use bytes::Bytes;
use chrono::TimeDelta;
use tokio::sync::Notify;

use crate::area::Area;
use crate::journal::Glob;

pub(crate) use apply::{cut_or_slow, synthesized};
pub use preset::{PRESETS, preset};
pub use socket::Socket;
pub(crate) use subject::Subject;
pub use written::{FaultError, Told, Wanted};

/// Faults that an instance may have.
pub const MOST_FAULTS: usize = 100;

/// A failure to come.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Its name, unique in its instance.
    pub name: String,
    /// Which requests it hits.
    pub matching: Matching,
    /// How often it is applied before it heals; `None`: until it is deleted.
    pub times: Option<u64>,
    /// Only each nth matching request; `None`: each.
    pub every: Option<NonZeroU64>,
    /// Matching requests that it lets pass first.
    pub skip: u64,
    /// What happens.
    pub effect: Effect,
}

/// Which requests a fault hits; what is not set matches all.
#[derive(Debug, Clone, Default)]
pub struct Matching {
    /// The method, in any case.
    pub method: Option<String>,
    /// A glob over the path after the instance's prefix, in any case.
    pub path: Option<Glob>,
    /// The user, in any case.
    pub user: Option<Glob>,
    /// The client's id, in any case.
    pub client: Option<Glob>,
    /// The saved query, `Domain/Name`, in any case.
    pub query: Option<Glob>,
    /// What a preset is about.
    pub only: Only,
}

/// What a preset is about, beyond what its fault matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Only {
    /// Web API and identity server; with a path, whatever it names.
    #[default]
    Platform,
    /// The web API; with a path, whatever it names.
    Web,
    /// Calls of the web API with a bearer token.
    Bearer,
    /// The token endpoint.
    TokenEndpoint,
    /// Password grants, and the form of the login page.
    Login,
    /// Wherever tokens are issued.
    Issuing,
}

/// What a fault does.
#[derive(Debug, Clone, Default)]
pub struct Effect {
    /// Answers so, in place of the platform.
    pub status: Option<StatusCode>,
    /// Added to the answer, whoever made it.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body of the answer.
    pub body: Option<Bytes>,
    /// Waits first, by the machine's clock.
    pub delay: Option<Duration>,
    /// Closes the connection.
    pub drop: Option<DropAt>,
    /// Sends the body at so many bytes a second.
    pub throttle: Option<u64>,
    /// Tokens are issued so much in the future.
    pub skew: Option<TimeDelta>,
    /// The login page refuses the password. (The token endpoint answers by status and body.)
    pub login_fails: bool,
}

impl Effect {
    /// A status that a fault may answer: those from 200 to 599.
    pub fn status_of(status: u16) -> Option<StatusCode> {
        let status = StatusCode::from_u16(status).ok()?;
        (200..=599).contains(&status.as_u16()).then_some(status)
    }
}

/// When a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropAt {
    /// Before anything is answered; the request is not served.
    BeforeHeaders,
    /// After the request was served, and status and headers were sent.
    AfterHeaders,
    /// In the middle of the body.
    MidBody,
}

/// A fault and how far it has got.
#[derive(Debug, Clone)]
pub struct FaultState {
    /// The fault.
    pub fault: Arc<Fault>,
    /// Requests that matched.
    pub matched: u64,
    /// Requests that it was applied to.
    pub applied: u64,
}

impl FaultState {
    /// How often it will still be applied; `None`: without end.
    pub fn remaining(&self) -> Option<u64> {
        self.fault
            .times
            .map(|times| times.saturating_sub(self.applied))
    }
}

/// The faults of one instance.
#[derive(Debug, Default)]
pub struct Faults {
    all: Mutex<Vec<FaultState>>,
    /// Those that have not healed.
    armed: AtomicUsize,
    /// Wakes requests that a fault makes wait.
    cleared: Notify,
}

/// More faults than an instance may have.
#[derive(Debug, thiserror::Error)]
#[error("an instance has {MOST_FAULTS} faults at most; delete some")]
pub struct TooManyFaults;

/// A request, as faults see it.
pub(crate) struct Seen<'a> {
    pub method: &'a Method,
    /// As the client wrote it, after the instance's prefix.
    pub path: &'a str,
    /// In canonical form.
    pub routed: &'a str,
    pub area: Area,
    pub subject: &'a Subject,
}

impl Faults {
    /// Arms a fault, in place of one of the same name.
    ///
    /// # Errors
    /// Too many faults.
    pub fn add(&self, fault: Fault) -> Result<FaultState, TooManyFaults> {
        let state = FaultState {
            fault: Arc::new(fault),
            matched: 0,
            applied: 0,
        };
        let mut all = self.lock();
        match all.iter().position(|s| s.fault.name == state.fault.name) {
            Some(at) => all[at] = state.clone(),
            None if all.len() >= MOST_FAULTS => return Err(TooManyFaults),
            None => all.push(state.clone()),
        }
        self.count(&all);
        Ok(state)
    }

    /// All of them, in the order in which they were added. Healed ones stay until they are deleted.
    pub fn list(&self) -> Vec<FaultState> {
        self.lock().clone()
    }

    /// The fault of this name.
    pub fn find(&self, name: &str) -> Option<FaultState> {
        self.lock().iter().find(|s| s.fault.name == name).cloned()
    }

    /// Deletes a fault; whether there was one.
    pub fn remove(&self, name: &str) -> bool {
        let mut all = self.lock();
        let before = all.len();
        all.retain(|s| s.fault.name != name);
        self.count(&all);
        all.len() < before
    }

    /// Deletes all.
    pub fn clear(&self) {
        let mut all = self.lock();
        all.clear();
        self.count(&all);
        self.cleared.notify_waiters();
    }

    /// Lets a request wait, until all faults are taken back.
    pub(crate) async fn delay(&self, time: Duration) {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = self.cleared.notified() => {}
        }
    }

    /// Whether none is armed.
    pub(crate) fn is_idle(&self) -> bool {
        self.armed.load(Ordering::Relaxed) == 0
    }

    /// What must be known of a request before it can be told which fault hits it.
    pub(crate) fn wants_subject(&self) -> bool {
        self.lock().iter().any(|s| {
            let matching = &s.fault.matching;
            s.remaining() != Some(0)
                && (matching.user.is_some()
                    || matching.client.is_some()
                    || matching.only == Only::Login)
        })
    }

    /// The fault that hits this request, counted: the first one, in the order of adding, that is due.
    pub(crate) fn next(&self, seen: &Seen<'_>) -> Option<Arc<Fault>> {
        let mut all = self.lock();
        let mut hit = None;
        for state in all.iter_mut() {
            if state.remaining() == Some(0) || !state.fault.matching.matches(seen) {
                continue;
            }
            state.matched += 1;
            let past = state.matched.saturating_sub(state.fault.skip);
            let due = past > 0 && state.fault.every.is_none_or(|every| past % every == 0);
            if due {
                state.applied += 1;
                hit = Some(Arc::clone(&state.fault));
                break;
            }
        }
        if hit.is_some() {
            self.count(&all);
        }
        hit
    }

    fn count(&self, all: &[FaultState]) {
        let armed = all.iter().filter(|s| s.remaining() != Some(0)).count();
        self.armed.store(armed, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<FaultState>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Matching {
    fn matches(&self, seen: &Seen<'_>) -> bool {
        let glob = |glob: &Option<Glob>, text: Option<&str>| match glob {
            None => true,
            Some(glob) => text.is_some_and(|text| glob.matches(text)),
        };
        let path = match &self.path {
            None => true,
            Some(path) => {
                path.matches_path(seen.path)
                    || path.matches_path(seen.routed)
                    // `/identity/connect/token` means the endpoint, whichever mount a client uses.
                    || Glob::new(&crate::path::route(path.text(), "").path)
                        .matches_path(seen.routed)
            }
        };
        path && self
            .method
            .as_ref()
            .is_none_or(|method| method.eq_ignore_ascii_case(seen.method.as_str()))
            && glob(&self.query, query_of(seen.routed).as_deref())
            && glob(&self.user, seen.subject.user.as_deref())
            && glob(&self.client, seen.subject.client.as_deref())
            && self.only.holds(seen, self.path.is_some())
    }
}

impl Only {
    fn holds(self, seen: &Seen<'_>, names_path: bool) -> bool {
        match self {
            Self::Platform => names_path || matches!(seen.area, Area::Web | Area::Identity),
            Self::Web => names_path || seen.area == Area::Web,
            Self::Bearer => seen.area == Area::Web && seen.subject.is_bearer,
            Self::TokenEndpoint => seen.routed == "/connect/token",
            Self::Login => match seen.routed {
                "/connect/token" => seen.subject.grant.as_deref() == Some("password"),
                "/account/login" => seen.method == Method::POST,
                _ => false,
            },
            Self::Issuing => seen.area == Area::Identity,
        }
    }
}

/// `Domain/Name` of the path of a saved query.
fn query_of(routed: &str) -> Option<String> {
    let mut segments = routed.split('/').skip(1);
    if !matches!(segments.next(), Some("api" | "basicauthapi")) {
        return None;
    }
    let mut rest: Vec<&str> = segments.collect();
    if rest.len() == 3 && rest[0].starts_with('v') {
        rest.remove(0);
    }
    let [domain, name] = rest.as_slice() else {
        return None;
    };
    let text = format!("{domain}/{name}");
    Some(
        percent_encoding::percent_decode_str(&text)
            .decode_utf8_lossy()
            .into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(times: Option<u64>, every: Option<u64>, skip: u64) -> Fault {
        Fault {
            name: "f".to_owned(),
            matching: Matching::default(),
            times,
            every: every.and_then(NonZeroU64::new),
            skip,
            effect: Effect::default(),
        }
    }

    /// Which of the first eight requests are hit.
    fn hits(fault: Fault) -> Vec<usize> {
        let faults = Faults::default();
        faults.add(fault).expect("there is room");
        (1..=8).filter(|_| next(&faults, "/api/HR/Q")).collect()
    }

    fn next(faults: &Faults, path: &str) -> bool {
        let seen = Seen {
            method: &Method::GET,
            path,
            routed: path,
            area: Area::of(path),
            subject: &Subject::default(),
        };
        faults.next(&seen).is_some()
    }

    #[test]
    fn times_every_and_skip() {
        for (times, every, skip, expected) in [
            (Some(1), None, 0, vec![1]),
            (Some(2), None, 3, vec![4, 5]),
            (None, Some(3), 0, vec![3, 6]),
            (None, Some(2), 1, vec![3, 5, 7]),
            (Some(2), Some(3), 1, vec![4, 7]),
            (Some(0), None, 0, vec![]),
        ] {
            assert_eq!(
                hits(fault(times, every, skip)),
                expected,
                "{times:?} {every:?} {skip}"
            );
        }
    }

    #[test]
    fn a_healed_fault_stays_listed_and_costs_nothing() {
        let faults = Faults::default();
        assert!(faults.is_idle());
        faults.add(fault(Some(1), None, 0)).expect("there is room");
        assert!(!faults.is_idle());
        assert!(next(&faults, "/api/HR/Q") && faults.is_idle());
        assert_eq!(faults.list()[0].remaining(), Some(0));
        faults.add(fault(Some(1), None, 0)).expect("the same name");
        assert_eq!(faults.list().len(), 1);
        assert!(!faults.is_idle() && faults.remove("f") && faults.is_idle());
        assert!(!faults.remove("f"));
    }

    #[test]
    fn what_a_path_matches() {
        for (pattern, path, expected) in [
            ("/API/HR/*", "/api/HR/Employees", true),
            ("/identity/connect/token", "/connect/token", true),
            ("/cinchysso/identity/connect/*", "/connect/token", true),
            ("/API/HR/*", "/connect/token", false),
            ("/admin*", "/admin/users", true),
        ] {
            let faults = Faults::default();
            let mut fault = fault(None, None, 0);
            fault.matching.path = Some(Glob::new(pattern));
            faults.add(fault).expect("there is room");
            assert_eq!(next(&faults, path), expected, "{pattern} {path}");
        }
        // The console is hit only where it is named.
        let faults = Faults::default();
        faults.add(fault(None, None, 0)).expect("there is room");
        assert!(!next(&faults, "/admin/users"));
    }

    #[test]
    fn names_of_queries() {
        for (path, expected) in [
            ("/api/HR/My%20Query", Some("HR/My Query")),
            ("/api/v1.0/HR/Q", Some("HR/Q")),
            ("/basicauthapi/HR/Q", Some("HR/Q")),
            ("/api/executecql", None),
            ("/connect/token", None),
        ] {
            assert_eq!(query_of(path).as_deref(), expected, "{path}");
        }
    }
}

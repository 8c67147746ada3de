//! An HTTP case as data: what is sent and what must come back. A list of them runs on every database; what comes back
//! must be the same on all.

use std::collections::HashMap;

use cinchy_testkit::Emulator;
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::Value;

use super::backends::OnBackend;

/// The client that cases sign in with.
pub const CLIENT: &str = "app";

/// Who asks.
#[derive(Clone)]
enum By {
    Nobody,
    /// With a token of this user.
    User(&'static str),
    /// With this `Authorization` header.
    Header(Vec<u8>),
}

/// What must be true of an answer.
#[derive(Clone)]
enum Expect {
    Body(String),
    Json(Value),
    Has(String),
    Lacks(String),
    Header(&'static str, String),
    HeaderHas(&'static str, String),
    NoHeader(&'static str),
}

/// A case.
#[derive(Clone)]
pub struct Case {
    name: String,
    method: Method,
    path: String,
    by: By,
    headers: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
    /// `None`: any from 400 to 499.
    status: Option<u16>,
    expect: Vec<Expect>,
}

fn case(method: Method, path: &str) -> Case {
    Case {
        name: format!("{method} {path}"),
        method,
        path: path.to_owned(),
        by: By::Nobody,
        headers: Vec::new(),
        body: None,
        status: Some(200),
        expect: Vec::new(),
    }
}

/// A GET.
pub fn get(path: &str) -> Case {
    case(Method::GET, path)
}

/// A POST.
pub fn post(path: &str) -> Case {
    case(Method::POST, path)
}

/// Another method.
pub fn request(method: &str, path: &str) -> Case {
    case(method.parse().unwrap(), path)
}

impl Case {
    /// Tells apart what method and path do not.
    pub fn named(mut self, name: &str) -> Self {
        let name: String = name.chars().take(120).collect();
        self.name = format!("{} ({name})", self.name);
        self
    }

    /// The same call below `/BasicAuthAPI`; `None` for a path that is not below `/API`.
    pub fn below_basic(mut self) -> Option<Self> {
        let at = self.path.to_ascii_lowercase().find("/api")?;
        self.path
            .replace_range(at..at + "/api".len(), "/BasicAuthAPI");
        self.name = format!("{} (below /BasicAuthAPI)", self.name);
        Some(self)
    }

    /// With a token of this user.
    pub fn bearer(mut self, user: &'static str) -> Self {
        self.by = By::User(user);
        self
    }

    /// With this text as bearer token.
    pub fn bearer_text(self, token: &str) -> Self {
        self.authorization(format!("Bearer {token}"))
    }

    /// With user name and password.
    pub fn basic(self, user: &str, password: &str) -> Self {
        self.authorization(basic(user, password))
    }

    /// With this `Authorization` header.
    pub fn authorization(mut self, value: impl Into<Vec<u8>>) -> Self {
        self.by = By::Header(value.into());
        self
    }

    /// With one more header.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// With a form body.
    pub fn form(self, body: impl Into<Vec<u8>>) -> Self {
        self.body("application/x-www-form-urlencoded", body)
    }

    /// With any body.
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        if content_type.is_empty() {
            return self;
        }
        self.with("content-type", content_type)
    }

    /// The status; 200 unless said.
    pub fn is(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Any refusal.
    pub fn refused(mut self) -> Self {
        self.status = None;
        self
    }

    /// The body, byte for byte.
    pub fn gives(self, body: &str) -> Self {
        self.expect(Expect::Body(body.to_owned()))
    }

    /// The body as JSON.
    pub fn gives_json(self, body: Value) -> Self {
        self.expect(Expect::Json(body))
    }

    /// A part of the body.
    pub fn has(self, part: &str) -> Self {
        self.expect(Expect::Has(part.to_owned()))
    }

    /// What must not be in the body.
    pub fn lacks(self, part: &str) -> Self {
        self.expect(Expect::Lacks(part.to_owned()))
    }

    /// A header's value.
    pub fn header(self, name: &'static str, value: &str) -> Self {
        self.expect(Expect::Header(name, value.to_owned()))
    }

    /// A part of a header's value.
    pub fn header_has(self, name: &'static str, part: &str) -> Self {
        self.expect(Expect::HeaderHas(name, part.to_owned()))
    }

    /// A header that must be missing.
    pub fn without(self, name: &'static str) -> Self {
        self.expect(Expect::NoHeader(name))
    }

    fn expect(mut self, expect: Expect) -> Self {
        self.expect.push(expect);
        self
    }
}

/// The header of HTTP Basic.
pub fn basic(user: &str, password: &str) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    format!("Basic {text}")
}

/// What came back, without what differs from run to run.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// Runs the cases on each of these emulators and compares what came back.
pub async fn check(backends: &[OnBackend], cases: &[Case]) {
    let mut wrong = Vec::new();
    let mut all: Vec<Vec<Outcome>> = Vec::new();
    for backend in backends {
        let mut tokens = HashMap::new();
        let mut outcomes = Vec::new();
        for case in cases {
            let (outcome, complaints) = run(&backend.emulator, &mut tokens, case).await;
            for complaint in complaints {
                wrong.push(format!(
                    "{}: {}: {complaint}\n    status {}\n    headers {:?}\n    body {}",
                    backend.name,
                    case.name,
                    outcome.status,
                    outcome.headers,
                    shorten(&outcome.body)
                ));
            }
            outcomes.push(outcome);
        }
        all.push(outcomes);
    }
    if let [sqlite, postgres] = all.as_slice() {
        for ((case, left), right) in cases.iter().zip(sqlite).zip(postgres) {
            if left != right {
                wrong.push(format!(
                    "{}: the databases differ:\n    SQLite {left:?}\n    PostgreSQL {right:?}",
                    case.name
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases on {} databases:\n  {}",
        wrong.len(),
        cases.len(),
        backends.len(),
        wrong.join("\n  ")
    );
}

async fn run(
    emulator: &Emulator,
    tokens: &mut HashMap<&'static str, String>,
    case: &Case,
) -> (Outcome, Vec<String>) {
    let url = format!("{}{}", emulator.url(), case.path);
    let mut request = emulator.http().request(case.method.clone(), &url);
    match &case.by {
        By::Nobody => {}
        By::User(user) => {
            if !tokens.contains_key(user) {
                let token = emulator.token(CLIENT, user).await.unwrap();
                tokens.insert(user, token);
            }
            request = request.bearer_auth(&tokens[user]);
        }
        By::Header(value) => {
            request = request.header(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
    }
    for (name, value) in &case.headers {
        request = request.header(*name, value);
    }
    if let Some(body) = &case.body {
        request = request.body(body.clone());
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let body = response.bytes().await.unwrap();
    let body = String::from_utf8_lossy(&body).into_owned();
    let mut complaints = complaints(case, status, &headers, &body);
    if status >= 500 {
        complaints.push("no input may end in a server error".to_owned());
    }
    let outcome = Outcome {
        status,
        headers: notable(&headers),
        body: redacted(&body, emulator.url()),
    };
    (outcome, complaints)
}

fn complaints(case: &Case, status: u16, headers: &HeaderMap, body: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let expected = case.status.map_or(400..=499, |status| status..=status);
    if !expected.contains(&status) {
        wrong.push(format!("status {status} instead of {expected:?}"));
    }
    let value = |name: &str| {
        let values = headers.get_all(name).iter();
        let values: Vec<String> = values
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect();
        (!values.is_empty()).then(|| values.join(", "))
    };
    for expect in &case.expect {
        let complaint = match expect {
            Expect::Body(expected) if body != expected => {
                Some(format!("body instead of {expected:?}"))
            }
            Expect::Json(expected) => match serde_json::from_str::<Value>(body) {
                // The texts are compared too: the order of members is part of the contract.
                Ok(found) if found == *expected && in_order(&found) == in_order(expected) => None,
                _ => Some(format!("JSON instead of {expected}")),
            },
            Expect::Has(part) if !body.contains(part.as_str()) => {
                Some(format!("no {part:?} in the body"))
            }
            Expect::Lacks(part) if body.contains(part.as_str()) => {
                Some(format!("{part:?} in the body"))
            }
            Expect::Header(name, expected) if value(name).as_ref() != Some(expected) => Some(
                format!("{name} is {:?} instead of {expected:?}", value(name)),
            ),
            Expect::HeaderHas(name, part)
                if !value(name).is_some_and(|v| v.contains(part.as_str())) =>
            {
                Some(format!("{name} is {:?}, without {part:?}", value(name)))
            }
            Expect::NoHeader(name) => {
                value(name).map(|value| format!("{name} is {value:?} and should not be there"))
            }
            _ => None,
        };
        wrong.extend(complaint);
    }
    wrong
}

/// A value's text, in which the order of members shows.
fn in_order(value: &Value) -> String {
    value.to_string()
}

/// The headers that a client acts on.
fn notable(headers: &HeaderMap) -> Vec<(&'static str, String)> {
    const NOTABLE: &[&str] = &[
        "content-type",
        "cache-control",
        "www-authenticate",
        "x-cinchy-error",
        "x-emulator-reason",
        "access-control-allow-origin",
        "access-control-expose-headers",
    ];
    let mut found = Vec::new();
    for name in NOTABLE {
        for value in headers.get_all(*name) {
            let mut value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            if *name == "x-emulator-reason" {
                value = without_digits(&value);
            }
            found.push((*name, value));
        }
    }
    debug_assert_eq!(CONTENT_TYPE.as_str(), NOTABLE[0]);
    found
}

/// Reasons name times and keys.
fn without_digits(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect()
}

/// The body without addresses, tokens, keys and times.
fn redacted(body: &str, origin: &str) -> String {
    let body = body.replace(origin, "{origin}");
    let Ok(mut json) = serde_json::from_str::<Value>(&body) else {
        return body;
    };
    let Some(object) = json.as_object_mut() else {
        return body;
    };
    let mut changed = false;
    for name in ["access_token", "systemTime", "keys"] {
        if let Some(value) = object.get_mut(name) {
            *value = Value::from("{redacted}");
            changed = true;
        }
    }
    if changed { json.to_string() } else { body }
}

fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(1500).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    short
}

#[tokio::test]
#[should_panic(expected = "status 200 instead of 201..=201")]
async fn a_wrong_status_is_noticed() {
    let backends = super::backends::start_on_each(|_| {}).await;
    check(&backends, &[get("/livez").is(201)]).await;
}

#[tokio::test]
#[should_panic(expected = "no \"ok \" in the body")]
async fn a_wrong_body_is_noticed() {
    let backends = super::backends::start_on_each(|_| {}).await;
    check(&backends, &[get("/livez").gives("ok").has("ok ")]).await;
}

//! Failures that a test orders.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::TestkitError;
use crate::instance::Instance;

/// Where a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropAt {
    /// Before anything is answered; the request is not served.
    BeforeHeaders,
    /// After the request was served, and status and headers were sent.
    AfterHeaders,
    /// In the middle of the body.
    MidBody,
}

/// How far a fault has got.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FaultState {
    /// Its name.
    pub name: String,
    /// How often it will still be applied; `None`: without end.
    pub remaining: Option<u64>,
    /// Requests that matched.
    pub matched: u64,
    /// Requests that it was applied to.
    pub applied: u64,
}

/// A fault in the making; [`Self::add`] orders it.
#[derive(Debug, Clone)]
#[must_use = "a fault is ordered by `add`"]
pub struct Fault<'a> {
    instance: &'a Instance,
    name: String,
    matching: Map<String, Value>,
    rest: Map<String, Value>,
    effect: Map<String, Value>,
}

impl Instance {
    /// A fault: a preset by its name (`expired-token-once`, `401-once`, `5xx-burst`, `slow-token`, `login-fails`,
    /// `clock-skew`), or one of the test's own under a name of its own.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cinchy = cinchy_testkit::Emulator::start().await?;
    /// let token = cinchy.token("demo-app", "ann").await?;
    /// cinchy.fault("401-once").on("/API/HR/*").add().await?;
    /// cinchy.fault("busy").on("/API/HR/*").skip(1).times(2).status(503).add().await?;
    /// let mut statuses = Vec::new();
    /// for _ in 0..4 {
    ///     let url = format!("{}/API/HR/Employees", cinchy.url());
    ///     statuses.push(cinchy.http().get(url).bearer_auth(&token).send().await?.status().as_u16());
    /// }
    /// assert_eq!(statuses, [401, 200, 503, 503]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn fault(&self, name: &str) -> Fault<'_> {
        Fault {
            instance: self,
            name: name.to_owned(),
            matching: Map::new(),
            rest: Map::new(),
            effect: Map::new(),
        }
    }

    /// All faults, healed ones included.
    ///
    /// # Errors
    /// The control API's.
    pub async fn faults(&self) -> Result<Vec<FaultState>, TestkitError> {
        #[derive(Deserialize)]
        struct Listed {
            faults: Vec<FaultState>,
        }
        let request = self.http().get(self.control("faults")?);
        let response = self.ask("GET /_emulator/faults", request).await?;
        Ok(response.json::<Listed>().await?.faults)
    }

    /// Takes all faults back.
    ///
    /// # Errors
    /// The control API's.
    pub async fn clear_faults(&self) -> Result<(), TestkitError> {
        let request = self.http().delete(self.control("faults")?);
        self.ask("DELETE /_emulator/faults", request).await?;
        Ok(())
    }
}

impl Fault<'_> {
    fn only(mut self, name: &str, value: &str) -> Self {
        self.matching.insert(name.to_owned(), value.into());
        self
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.rest.insert(name.to_owned(), value);
        self
    }

    fn does(mut self, name: &str, value: Value) -> Self {
        self.effect.insert(name.to_owned(), value);
        self
    }

    /// Only requests to these paths: a glob, in any case.
    pub fn on(self, path: &str) -> Self {
        self.only("path", path)
    }

    /// Only this method.
    pub fn method(self, method: &str) -> Self {
        self.only("method", method)
    }

    /// Only this user's requests.
    pub fn user(self, user: &str) -> Self {
        self.only("user", user)
    }

    /// Only requests with this client's tokens.
    pub fn client(self, client: &str) -> Self {
        self.only("client", client)
    }

    /// Only this saved query, `Domain/Name`.
    pub fn query(self, query: &str) -> Self {
        self.only("query", query)
    }

    /// So often, then it heals. Once when nothing is said, or as often as the preset says.
    pub fn times(self, times: u64) -> Self {
        self.with("times", times.into())
    }

    /// Until it is deleted.
    pub fn always(self) -> Self {
        self.with("times", Value::Null)
    }

    /// Only each nth matching request.
    pub fn every(self, nth: u64) -> Self {
        self.with("every", nth.into())
    }

    /// Not the first `count` matching requests.
    pub fn skip(self, count: u64) -> Self {
        self.with("skip", count.into())
    }

    /// Answers with this status, in place of the platform.
    pub fn status(self, status: u16) -> Self {
        self.does("status", status.into())
    }

    /// The body of the answer: a text, or JSON.
    pub fn body(self, body: impl Into<Value>) -> Self {
        self.does("body", body.into())
    }

    /// Adds a header to the answer.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let headers = self.effect.entry("headers").or_insert_with(|| json!({}));
        headers[name] = value.into();
        self
    }

    /// Waits first: `2s`, `150ms`.
    pub fn delay(self, duration: &str) -> Self {
        self.does("delay", duration.into())
    }

    /// Closes the connection.
    pub fn drop_connection(self, at: DropAt) -> Self {
        let place = match at {
            DropAt::BeforeHeaders => "before_headers",
            DropAt::AfterHeaders => "after_headers",
            DropAt::MidBody => "mid_body",
        };
        self.does("drop", place.into())
    }

    /// Sends the body slowly: `64KB/s`.
    pub fn throttle(self, rate: &str) -> Self {
        self.does("throttle", rate.into())
    }

    /// Orders it, in place of one of the same name.
    ///
    /// # Errors
    /// A fault that cannot be, or the control API's.
    pub async fn add(self) -> Result<FaultState, TestkitError> {
        let mut fault = self.rest;
        fault.insert("name".to_owned(), self.name.into());
        fault.insert("match".to_owned(), self.matching.into());
        if !self.effect.is_empty() {
            fault.insert("effect".to_owned(), self.effect.into());
        }
        let request = self.instance.http().post(self.instance.control("faults")?);
        let request = request.json(&fault);
        let response = self.instance.ask("POST /_emulator/faults", request).await?;
        Ok(response.json().await?)
    }
}

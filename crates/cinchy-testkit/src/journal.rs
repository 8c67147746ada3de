//! What was asked of an instance, and answered.

use std::time::Duration;

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::error::TestkitError;
use crate::instance::Instance;

/// A request that was answered. Secrets are masked.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Entry {
    /// Its number; they grow by one and never start again.
    pub seq: u64,
    /// When the answer began, by the instance's clock.
    pub at: String,
    /// The method.
    pub method: String,
    /// The path as the client wrote it, without the instance's prefix.
    pub path: String,
    /// The status; `None` when a fault took the connection first.
    pub status: Option<u16>,
    /// Milliseconds until the answer began.
    pub duration_ms: f64,
    /// The user, proved or only claimed.
    pub user: Option<String>,
    /// The integrated client.
    pub client: Option<String>,
    /// The grant type of a token request.
    pub grant: Option<String>,
    /// The saved query, `Domain/Name`.
    pub query: Option<String>,
    /// Rows that were answered or changed.
    pub rows: Option<u64>,
    /// The fault that was applied.
    pub fault: Option<String>,
    /// Why it was refused.
    pub reason: Option<String>,
    /// Headers, parameters and body of the request.
    pub request: Value,
    /// Headers of the answer, and the body of a refusal.
    pub response: Value,
}

#[derive(Deserialize)]
struct Page {
    entries: Vec<Entry>,
}

/// A question to the journal.
#[derive(Debug, Clone)]
#[must_use = "a question is asked by `entries` or `expect`"]
pub struct Journal<'a> {
    instance: &'a Instance,
    filter: Vec<(&'static str, String)>,
}

/// How many entries are expected.
#[derive(Debug, Clone)]
#[must_use = "an expectation is waited for by `within`"]
pub struct Expectation<'a> {
    journal: Journal<'a>,
    count: usize,
}

impl Instance {
    /// The journal: every request to the platform, with what was decided.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// let cinchy = cinchy_testkit::Emulator::start().await?;
    /// let token = cinchy.token("demo-app", "ann").await?;
    /// let url = format!("{}/API/HR/Employees", cinchy.url());
    /// cinchy.http().get(&url).bearer_auth(&token).send().await?;
    /// cinchy.http().get(&url).bearer_auth("nonsense").send().await?;
    /// let calls = cinchy.journal().path("/API/HR/*").expect(2).within(Duration::from_secs(5)).await?;
    /// assert_eq!(calls[0].user.as_deref(), Some("ann"));
    /// assert!(calls[1].reason.as_ref().is_some_and(|reason| reason.contains("neither an access token")));
    /// cinchy.journal().status("5xx").expect(0).within(Duration::from_millis(10)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn journal(&self) -> Journal<'_> {
        Journal {
            instance: self,
            filter: Vec::new(),
        }
    }
}

impl<'a> Journal<'a> {
    fn only(mut self, name: &'static str, value: impl ToString) -> Self {
        self.filter.push((name, value.to_string()));
        self
    }

    /// Only these paths: a glob, in any case.
    pub fn path(self, path: &str) -> Self {
        self.only("path", path)
    }

    /// Only this method.
    pub fn method(self, method: &str) -> Self {
        self.only("method", method)
    }

    /// Only these statuses: `404`, `4xx`, several with commas.
    pub fn status(self, status: &str) -> Self {
        self.only("status", status)
    }

    /// Only this user's.
    pub fn user(self, user: &str) -> Self {
        self.only("user", user)
    }

    /// Only this client's.
    pub fn client(self, client: &str) -> Self {
        self.only("client", client)
    }

    /// Only this saved query, `Domain/Name`.
    pub fn query(self, query: &str) -> Self {
        self.only("query", query)
    }

    /// Only those after this number.
    pub fn since(self, seq: u64) -> Self {
        self.only("since", seq)
    }

    /// What came so far, oldest first.
    ///
    /// # Errors
    /// The control API's.
    pub async fn entries(self) -> Result<Vec<Entry>, TestkitError> {
        let request = self.instance.http().get(self.instance.control("journal")?);
        let request = request.query(&self.filter);
        let response = self.instance.ask("GET /_emulator/journal", request).await?;
        Ok(response.json::<Page>().await?.entries)
    }

    /// Forgets what came so far.
    ///
    /// # Errors
    /// The control API's.
    pub async fn clear(self) -> Result<(), TestkitError> {
        let request = self
            .instance
            .http()
            .delete(self.instance.control("journal")?);
        self.instance
            .ask("DELETE /_emulator/journal", request)
            .await?;
        Ok(())
    }

    /// Expects so many, at least; 0 expects none.
    pub fn expect(self, count: usize) -> Expectation<'a> {
        Expectation {
            journal: self,
            count,
        }
    }
}

impl Expectation<'_> {
    /// Waits for them, and gives them. With a count of 0 it waits the whole time.
    ///
    /// # Errors
    /// [`TestkitError::Expected`] with what came instead, or the control API's.
    pub async fn within(self, time: Duration) -> Result<Vec<Entry>, TestkitError> {
        let Journal { instance, filter } = self.journal;
        let request = instance
            .http()
            .get(instance.control("journal/await")?)
            .query(&filter)
            .query(&[
                ("count", self.count.to_string()),
                ("timeout", format!("{}ms", time.as_millis())),
            ])
            .timeout(time + Duration::from_secs(30));
        match instance.ask("GET /_emulator/journal/await", request).await {
            Ok(response) => Ok(response.json::<Page>().await?.entries),
            Err(TestkitError::Control { status, body, .. })
                if status == StatusCode::REQUEST_TIMEOUT || status == StatusCode::CONFLICT =>
            {
                let came = serde_json::from_str(&body)
                    .map_or_else(|_| Vec::new(), |page: Page| page.entries);
                Err(TestkitError::Expected {
                    count: self.count,
                    time,
                    came,
                })
            }
            Err(error) => Err(error),
        }
    }
}

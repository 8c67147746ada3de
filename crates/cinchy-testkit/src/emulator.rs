//! A running emulator and what a test asks of it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cinchy_emulator::config::Serve;
use cinchy_emulator::{Ready, Running};
use cinchy_seed::parse;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;

use crate::builder::Builder;
use crate::credentials::Credentials;
use crate::error::TestkitError;

/// How long a call may take before a test is better off with an error.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a seed sent to a running emulator does to what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeedMode {
    /// Updates what has the same name and appends rows.
    Merge,
    /// Starts from the bare platform; [`Emulator::reset`] goes back to this seed from then on.
    Replace,
}

/// A running emulator. It stops when it is dropped.
pub struct Emulator {
    /// Taken out when it stops.
    running: Option<Running>,
    url: String,
    http: Client,
    control_token: Option<String>,
    credentials: Mutex<Known>,
}

/// What is known of the platform's secrets now, and after a reset.
struct Known {
    now: Credentials,
    base: Credentials,
}

/// RFC 6749 5.1 and 5.2 in one.
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

impl Emulator {
    /// Says how an emulator is to be started.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Starts one with the demo seed.
    ///
    /// # Errors
    /// Whatever stands in the way of the start.
    pub async fn start() -> Result<Self, TestkitError> {
        Builder::new().start().await
    }

    pub(crate) fn new(
        running: Running,
        credentials: Credentials,
        serve: Serve,
    ) -> Result<Self, TestkitError> {
        let url = match &serve.public_url {
            None => running.ready.url.clone(),
            // A test reaches it here all the same.
            Some(_) => format!(
                "http://localhost:{}{}",
                running.address.port(),
                Url::parse(&running.ready.url)
                    .map(|url| url.path().trim_end_matches('/').to_owned())
                    .unwrap_or_default()
            ),
        };
        Ok(Self {
            url,
            http: Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .timeout(PATIENCE)
                .build()?,
            running: Some(running),
            control_token: serve.control_token,
            credentials: Mutex::new(Known {
                base: credentials.clone(),
                now: credentials,
            }),
        })
    }

    fn running(&self) -> &Running {
        self.running
            .as_ref()
            .expect("it is taken out by `stop` and `drop` only, after which nobody has an emulator")
    }

    /// Web root and SSO, for example `http://localhost:40123`: the API is below it, and so is `/identity/connect/token`.
    /// With a `public_url`, this is still where the test reaches it; [`Self::ready`] has the public one.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Address of the socket.
    pub fn address(&self) -> SocketAddr {
        self.running().address
    }

    /// URLs and ready credentials, as the locator file holds them.
    pub fn ready(&self) -> &Ready {
        &self.running().ready
    }

    /// What a person would read at the terminal.
    pub fn banner(&self) -> &str {
        &self.running().banner
    }

    /// A client for calls of the test's own. It follows no redirects and uses no proxy.
    pub fn http(&self) -> &Client {
        &self.http
    }

    /// An access token for a user of the seed, got from the token endpoint as an app does: the client's secret and the
    /// user's password are looked up in the seeds that this emulator was given.
    ///
    /// # Errors
    /// A name that no seed has, a secret or password that none gives, a refusal of the token endpoint.
    pub async fn token(&self, client: &str, user: &str) -> Result<String, TestkitError> {
        let (secret, password) = {
            let known = self.credentials.lock();
            let known = known.unwrap_or_else(PoisonError::into_inner);
            (known.now.secret(client)?, known.now.password(user)?)
        };
        self.login(client, &secret, user, &password).await
    }

    /// An access token for these credentials, with the scope `js_api`.
    ///
    /// # Errors
    /// A refusal of the token endpoint, with its reason.
    pub async fn login(
        &self,
        client: &str,
        secret: &str,
        user: &str,
        password: &str,
    ) -> Result<String, TestkitError> {
        let response = self
            .http
            .post(format!("{}/identity/connect/token", self.url))
            .form(&[
                ("grant_type", "password"),
                ("client_id", client),
                ("client_secret", secret),
                ("username", user),
                ("password", password),
                ("scope", "js_api"),
            ])
            .send()
            .await?;
        let reason = response.headers().get("x-emulator-reason");
        let reason = reason
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let answer: TokenAnswer = response.json().await?;
        match answer.access_token {
            Some(token) => Ok(token),
            None => Err(TestkitError::Refused {
                client: client.to_owned(),
                user: user.to_owned(),
                error: answer.error.unwrap_or_else(|| "no error given".to_owned()),
                description: answer.error_description,
                reason,
            }),
        }
    }

    /// Goes back to the seeds of the start, or to the last one that replaced them, in milliseconds. Ids start again;
    /// issued tokens stay good while their user and client exist.
    ///
    /// # Errors
    /// The control API's.
    pub async fn reset(&self) -> Result<(), TestkitError> {
        let call = "POST /_emulator/reset";
        let url = self.control("reset")?;
        self.ask(call, self.http.post(url)).await?;
        self.known(|known| known.now = known.base.clone());
        Ok(())
    }

    /// Applies a seed to the running platform, all of it or nothing.
    ///
    /// # Errors
    /// A seed with mistakes, each named with line and column, or the control API's.
    pub async fn seed(&self, yaml: &str, mode: SeedMode) -> Result<(), TestkitError> {
        let seed = parse("seed", yaml)?;
        let (call, url) = match mode {
            SeedMode::Merge => (
                "POST /_emulator/seed?mode=merge",
                self.control("seed?mode=merge")?,
            ),
            SeedMode::Replace => (
                "POST /_emulator/seed?mode=replace",
                self.control("seed?mode=replace")?,
            ),
        };
        let request = self.http.post(url);
        let request = request.header(CONTENT_TYPE, "application/yaml");
        self.ask(call, request.body(yaml.to_owned())).await?;
        self.known(|known| match mode {
            SeedMode::Merge => known.now.add(&seed),
            SeedMode::Replace => {
                known.base = Credentials::bare();
                known.base.add(&seed);
                known.now = known.base.clone();
            }
        });
        Ok(())
    }

    /// The live state as a seed, in YAML.
    ///
    /// # Errors
    /// The control API's.
    pub async fn export(&self) -> Result<String, TestkitError> {
        let url = self.control("seed")?;
        let response = self.ask("GET /_emulator/seed", self.http.get(url)).await?;
        Ok(response.text().await?)
    }

    /// Stops and waits until everything is gone. Dropping does the same without telling of an error.
    ///
    /// # Errors
    /// The server's.
    pub fn stop(mut self) -> Result<(), TestkitError> {
        self.running.take().map_or(Ok(()), stop)
    }

    fn control(&self, rest: &str) -> Result<String, TestkitError> {
        if self.ready().control_url.is_none() {
            return Err(TestkitError::NoControl);
        }
        Ok(format!("{}/_emulator/{rest}", self.url))
    }

    /// Sends a request to the control API.
    async fn ask(
        &self,
        call: &'static str,
        mut request: RequestBuilder,
    ) -> Result<Response, TestkitError> {
        if let Some(token) = &self.control_token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await?;
        let status: StatusCode = response.status();
        if status.is_success() {
            return Ok(response);
        }
        Err(TestkitError::Control {
            call,
            status,
            body: response.text().await?,
        })
    }

    fn known(&self, change: impl FnOnce(&mut Known)) {
        let known = self.credentials.lock();
        change(&mut known.unwrap_or_else(PoisonError::into_inner));
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            // A test that ends has nobody to tell.
            let _ = stop(running);
        }
    }
}

/// Stops at once: a graceful stop waits for the idle connections of the test's own client, which cannot close while this
/// thread waits.
fn stop(running: Running) -> Result<(), TestkitError> {
    running.handle().stop(false);
    running.stop().map_err(TestkitError::Stop)
}

//! One instance of a running emulator, and what a test asks of it.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use cinchy_seed::parse;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::Deserialize;

use crate::clock::Clock;
use crate::credentials::Credentials;
use crate::error::TestkitError;
use crate::token::TokenRequest;

/// What a seed sent to a running emulator does to what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeedMode {
    /// Updates what has the same name and appends rows.
    Merge,
    /// Starts from the bare platform; [`Instance::reset`] goes back to this seed from then on.
    Replace,
}

/// A platform of its own. [`Emulator`](crate::Emulator) derefs to the one at its root.
pub struct Instance {
    url: String,
    http: Client,
    /// Whether there is a control API.
    control: bool,
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

impl Instance {
    pub(crate) fn new(
        url: String,
        http: Client,
        control: bool,
        control_token: Option<String>,
        credentials: Credentials,
    ) -> Self {
        Self {
            url,
            http,
            control,
            control_token,
            credentials: Mutex::new(Known {
                base: credentials.clone(),
                now: credentials,
            }),
        }
    }

    /// Web root and SSO, for example `http://localhost:40123`: the API is below it, and so is `/identity/connect/token`.
    /// With a `public_url`, this is still where the test reaches it; [`Emulator::ready`](crate::Emulator::ready) has the
    /// public one.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A client for calls of the test's own. It follows no redirects and uses no proxy.
    pub fn http(&self) -> &Client {
        &self.http
    }

    /// An access token for a user of the seed, got from the token endpoint as an app does: the client's secret and the
    /// user's password are looked up in the seeds that this emulator was given. With a defect, a lifetime or claims of its
    /// own it is minted by the control API.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use cinchy_testkit::{Defect, Emulator};
    ///
    /// let cinchy = Emulator::start().await?;
    /// let good = cinchy.token("demo-app", "ann").await?;
    /// let expired = cinchy.token("demo-app", "ann").defect(Defect::Expired).await?;
    /// let url = format!("{}/API/HR/Employees", cinchy.url());
    /// assert_eq!(cinchy.http().get(&url).bearer_auth(good).send().await?.status(), 200);
    /// let refused = cinchy.http().get(&url).bearer_auth(expired).send().await?;
    /// assert!(refused.headers()["x-emulator-reason"].to_str()?.contains("expired at"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A name that no seed has, a secret or password that none gives, a refusal of the token endpoint or of the control API.
    pub fn token(&self, client: &str, user: &str) -> TokenRequest<'_> {
        TokenRequest::new(self, client, user)
    }

    /// A token from the token endpoint, with what the seeds say.
    pub(crate) async fn sign_in(&self, client: &str, user: &str) -> Result<String, TestkitError> {
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

    /// Its clock, which everything that is dated or expires goes by.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cinchy = cinchy_testkit::Emulator::start().await?;
    /// cinchy.clock().freeze("2027-01-01T00:00:00Z").await?;
    /// cinchy.clock().advance("1h").await?;
    /// assert_eq!(cinchy.clock().now().await?, "2027-01-01T01:00:00.000Z");
    /// # Ok(())
    /// # }
    /// ```
    pub fn clock(&self) -> Clock<'_> {
        Clock::of(self)
    }

    /// Takes a snapshot of the data; one of this name is replaced.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use cinchy_testkit::{Emulator, SeedMode};
    ///
    /// let cinchy = Emulator::start().await?;
    /// cinchy.take_snapshot("before").await?;
    /// cinchy.seed("domains: [{ name: Extra }]", SeedMode::Merge).await?;
    /// let changes = cinchy.diff("before", "live").await?;
    /// assert_eq!(changes["tables"][0]["table"], "Cinchy.Domains");
    /// assert_eq!(changes["tables"][0]["added"][0]["Name"], "Extra");
    /// cinchy.restore_snapshot("before").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A name that is none, or the control API's.
    pub async fn take_snapshot(&self, name: &str) -> Result<(), TestkitError> {
        let request = self.http.put(self.control(&format!("snapshots/{name}"))?);
        self.ask("PUT /_emulator/snapshots/{name}", request).await?;
        Ok(())
    }

    /// Makes the data what it was when the snapshot was taken. Sessions, the clock and signing keys stay.
    ///
    /// # Errors
    /// No snapshot of this name, or the control API's.
    pub async fn restore_snapshot(&self, name: &str) -> Result<(), TestkitError> {
        let url = self.control(&format!("snapshots/{name}/restore"))?;
        let call = "POST /_emulator/snapshots/{name}/restore";
        self.ask(call, self.http.post(url)).await?;
        Ok(())
    }

    /// Deletes a snapshot.
    ///
    /// # Errors
    /// No snapshot of this name, or the control API's.
    pub async fn delete_snapshot(&self, name: &str) -> Result<(), TestkitError> {
        let request = self
            .http
            .delete(self.control(&format!("snapshots/{name}"))?);
        self.ask("DELETE /_emulator/snapshots/{name}", request)
            .await?;
        Ok(())
    }

    /// What changed between two snapshots, or from one to `live`: `{"tables": [{"table", "added", "changed", "removed"}]}`.
    ///
    /// # Errors
    /// No snapshot of this name, or the control API's.
    pub async fn diff(&self, before: &str, after: &str) -> Result<serde_json::Value, TestkitError> {
        let url = self.control(&format!("snapshots/{before}/diff/{after}"))?;
        let call = "GET /_emulator/snapshots/{a}/diff/{b}";
        let response = self.ask(call, self.http.get(url)).await?;
        Ok(response.json().await?)
    }

    /// Another platform in the same emulator, with a database, keys, a clock and an issuer of its own: at `/i/{name}`, made
    /// from the base seed when it is not there. Tests that share an emulator and each have an instance see nothing of each
    /// other.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let cinchy = cinchy_testkit::Emulator::start().await?;
    /// let one = cinchy.instance("one").await?;
    /// let two = cinchy.instance("two").await?;
    /// one.clock().advance("1d").await?;
    /// let token = one.token("demo-app", "ann").await?;
    /// let answer = two.http().get(format!("{}/API/HR/Headcount", two.url())).bearer_auth(token).send().await?;
    /// assert_eq!(answer.status(), 401, "a token of another instance");
    /// cinchy.drop_instance("one").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A name that is none, or the control API's.
    pub async fn instance(&self, name: &str) -> Result<Self, TestkitError> {
        let request = self.http.put(self.control(&format!("instances/{name}"))?);
        match self.ask("PUT /_emulator/instances/{name}", request).await {
            Ok(_) => {}
            Err(TestkitError::Control { status, .. }) if status == StatusCode::CONFLICT => {}
            Err(error) => return Err(error),
        }
        let mut base = None;
        self.known(|known| base = Some(known.base.clone()));
        Ok(self.other(name, base.unwrap_or_else(Credentials::bare)))
    }

    /// The same, made anew from a seed of its own.
    ///
    /// # Errors
    /// An instance of this name that is there already, a seed with mistakes, or the control API's.
    pub async fn instance_from(&self, name: &str, yaml: &str) -> Result<Self, TestkitError> {
        let mut credentials = Credentials::bare();
        credentials.add(&parse("seed", yaml)?);
        let request = self.http.put(self.control(&format!("instances/{name}"))?);
        let request = request
            .header(CONTENT_TYPE, "application/yaml")
            .body(yaml.to_owned());
        self.ask("PUT /_emulator/instances/{name}", request).await?;
        Ok(self.other(name, credentials))
    }

    /// Drops an instance with its data.
    ///
    /// # Errors
    /// No instance of this name, or the control API's.
    pub async fn drop_instance(&self, name: &str) -> Result<(), TestkitError> {
        let request = self
            .http
            .delete(self.control(&format!("instances/{name}"))?);
        self.ask("DELETE /_emulator/instances/{name}", request)
            .await?;
        Ok(())
    }

    fn other(&self, name: &str, credentials: Credentials) -> Self {
        // An instance has the others beside it, not below it.
        let root = self.url.split("/i/").next().unwrap_or(&self.url);
        Self::new(
            format!("{root}/i/{name}"),
            self.http.clone(),
            self.control,
            self.control_token.clone(),
            credentials,
        )
    }

    /// The address of a call of the control API.
    pub(crate) fn control(&self, rest: &str) -> Result<String, TestkitError> {
        if !self.control {
            return Err(TestkitError::NoControl);
        }
        Ok(format!("{}/_emulator/{rest}", self.url))
    }

    /// Sends a request to the control API.
    pub(crate) async fn ask(
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

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

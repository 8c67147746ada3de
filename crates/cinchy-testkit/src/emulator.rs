//! A running emulator: its start and its end. What a test asks of it is in [`crate::instance`].

use std::fmt;
use std::net::SocketAddr;
use std::ops::Deref;
use std::time::Duration;

use cinchy_emulator::config::Serve;
use cinchy_emulator::{Ready, Running};
use reqwest::{Client, Url};

use crate::builder::Builder;
use crate::credentials::Credentials;
use crate::error::TestkitError;
use crate::instance::Instance;

/// How long a call may take before a test is better off with an error.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running emulator. It stops when it is dropped.
pub struct Emulator {
    /// Taken out when it stops.
    running: Option<Running>,
    instance: Instance,
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
        // No certificate is looked at, so none need be loaded.
        let http = Client::builder()
            .tls_certs_only([])
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            // With `--tls` the certificate was made by this very emulator.
            .tls_danger_accept_invalid_certs(serve.tls)
            .build()?;
        let control = running.ready.control_url.is_some();
        Ok(Self {
            instance: Instance::new(url, http, control, serve.control_token, credentials),
            running: Some(running),
        })
    }

    fn running(&self) -> &Running {
        self.running
            .as_ref()
            .expect("it is taken out by `stop` and `drop` only, after which nobody has an emulator")
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

    /// Stops and waits until everything is gone. Dropping does the same without telling of an error.
    ///
    /// # Errors
    /// The server's.
    pub fn stop(mut self) -> Result<(), TestkitError> {
        self.running.take().map_or(Ok(()), stop)
    }
}

impl Deref for Emulator {
    type Target = Instance;

    fn deref(&self) -> &Instance {
        &self.instance
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("url", &self.url())
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

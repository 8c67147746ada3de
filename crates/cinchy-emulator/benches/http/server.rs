//! The emulator as a process of its own, and the requests that it is asked.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::client::{self, Load, Outcome};
use crate::{machine, seed};

/// The program that is measured.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_cinchy-emulator");
/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(90);

/// How to start it.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// `--database`; `None`: a temporary one.
    pub database: Option<String>,
    /// `--seed`; `None`: the demo.
    pub seed: Option<PathBuf>,
    /// `--no-seed`.
    pub bare: bool,
    /// `--workers`.
    pub workers: usize,
    /// `--no-control`.
    pub no_control: bool,
    /// The core that it gets to itself; `None`: any.
    pub core: Option<&'static str>,
}

/// A running emulator. It stops when it is dropped.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// When its process was started.
    pub began: Instant,
}

impl Server {
    /// Starts a process and does not wait for it.
    pub fn launch(start: &Start) -> anyhow::Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut command = match start.core.filter(|_| machine::can_pin()) {
            None => Command::new(PROGRAM),
            Some(core) => {
                let mut command = Command::new("taskset");
                command.args(["-c", core, PROGRAM]);
                command
            }
        };
        command
            .arg("serve")
            .args(["--listen", &address.to_string()]);
        command.args(["--workers", &start.workers.max(1).to_string()]);
        if let Some(database) = &start.database {
            command.args(["--database", database]);
        }
        if let Some(seed) = &start.seed {
            command.arg("--seed").arg(seed);
        }
        if start.bare {
            command.arg("--no-seed");
        }
        if start.no_control {
            command.arg("--no-control");
        }
        let began = Instant::now();
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("the emulator cannot be started")?;
        Ok(Self {
            child,
            address,
            began,
        })
    }

    /// Starts a process and waits until it answers.
    pub fn start(start: &Start) -> anyhow::Result<Self> {
        let mut server = Self::launch(start)?;
        server.first(&get("/livez", ""))?;
        Ok(server)
    }

    /// Sends a request again and again until it is answered; returns the time from the start to the answer.
    pub fn first(&mut self, request: &[u8]) -> anyhow::Result<Duration> {
        loop {
            match client::ask(self.address, request) {
                Ok(_) => return Ok(self.began.elapsed()),
                Err(error) if self.began.elapsed() > PATIENCE => return Err(error),
                Err(_) => {}
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the emulator ended early: {status}");
            }
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    /// Process id. (`taskset` becomes the program that it starts.)
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Loads the server; returns the outcome and the microseconds of processor time that an answer took.
    pub fn load(&self, load: &Load) -> anyhow::Result<(Outcome, f64)> {
        let used = machine::processor_time(self.id());
        let outcome = client::run(self.address, load)?;
        let used = machine::processor_time(self.id()) - used;
        Ok((outcome, used * 1_000.0 / outcome.count))
    }

    /// An access token of the user with this number.
    pub fn token(&self, user: usize) -> anyhow::Result<String> {
        let body = client::ask(self.address, &token_request(user))?;
        let answer: serde_json::Value = serde_json::from_slice(&body)?;
        let token = answer["access_token"]
            .as_str()
            .context("the answer has no token")?;
        Ok(token.to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status();
        let patience = Instant::now() + Duration::from_secs(8);
        while asked.is_ok() && Instant::now() < patience {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        // What is left to do when it does not end: nothing is waited for but the end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A GET with more header lines, each ended.
pub fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n").into_bytes()
}

/// A saved query of the bench by bearer token.
pub fn query(name: &str, token: &str) -> Vec<u8> {
    get(
        &format!("/API/Bench/{name}"),
        &format!("Authorization: Bearer {token}\r\n"),
    )
}

/// A token by password, as the documentation writes it.
pub fn token_request(user: usize) -> Vec<u8> {
    token_of(
        seed::CLIENT,
        seed::SECRET,
        &seed::username(user),
        &seed::password(user),
    )
}

/// A token by password.
pub fn token_of(client: &str, secret: &str, username: &str, password: &str) -> Vec<u8> {
    let password = password.replace(' ', "+");
    let body = format!(
        "client_id={client}&client_secret={secret}&username={username}&password={password}&grant_type=password&scope=js_api"
    );
    format!(
        "POST /identity/connect/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Size of the program without symbols in MB; `None` where there is no `strip`.
pub fn stripped_size(folder: &Path) -> Option<f64> {
    let target = folder.join("stripped");
    let done = Command::new("strip")
        .arg("-o")
        .arg(&target)
        .arg(PROGRAM)
        .stderr(Stdio::null())
        .status();
    done.ok().filter(|status| status.success())?;
    let bytes = std::fs::metadata(target).ok()?.len();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let megabytes = bytes as f64 / 1e6;
    Some(megabytes)
}

//! The commands: what `main` does with the command line.

use std::io::Write as _;
use std::process::ExitCode;
use std::str::FromStr as _;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use cinchy_storage::seeding::{self, Seeds};
use cinchy_storage::{Database, Options};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::{Cli, Command, LogFormat, Mint, SeedCommand, Serve};
use crate::exec;
use crate::memory;
use crate::server::start;

/// How long after its start an emulator that nobody uses is at rest.
const SETTLED: Duration = Duration::from_secs(1);

/// Runs a command; its exit code.
///
/// # Errors
/// What went wrong, in words.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        None => serve(&cli.serve),
        Some(Command::Serve(options)) => serve(&options),
        Some(Command::Exec {
            serve: options,
            command,
        }) => exec(&options, &command),
        Some(Command::Token(mint)) => token(&mint),
        Some(Command::Ready { url, timeout }) => ready(&url, timeout),
        Some(Command::Seed { command }) => match command {
            SeedCommand::Check { files } => check(&files),
            SeedCommand::Schema => {
                say(&serde_json::to_string_pretty(&cinchy_seed::json_schema())?)?;
                Ok(ExitCode::SUCCESS)
            }
            SeedCommand::Export { url, control_token } => export(&url, control_token.as_deref()),
        },
    }
}

/// Prints a line. A reader that went away is no error.
fn say(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn complain(text: &str) {
    // There is nobody left to tell when standard error is gone.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

fn start_log(options: &Serve) {
    let levels = Targets::from_str(&options.log_levels).unwrap_or_else(|error| {
        complain(&format!(
            "RUST_LOG is not understood ({error}); using `warn`"
        ));
        Targets::new().with_default(LevelFilter::WARN)
    });
    let lines = fmt::layer().with_writer(std::io::stderr);
    let log = tracing_subscriber::registry().with(levels);
    // A second emulator in one process finds the log started already.
    let _ = match options.log {
        LogFormat::Text => log.with(lines).try_init(),
        LogFormat::Json => log.with(lines.json()).try_init(),
    };
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

fn serve(options: &Serve) -> anyhow::Result<ExitCode> {
    start_log(options);
    // Before the locator says that it runs: whoever reads that may stop it at once. A first signal waits for the start.
    let stopped = on_signals()?;
    let running = match start(options) {
        Ok(running) => running,
        Err(error) => {
            complain(&format!("cinchy-emulator: {error}"));
            return Ok(ExitCode::from(error.exit_code()));
        }
    };
    say(&running.banner)?;
    let handle = running.handle();
    std::thread::Builder::new()
        .name("stop".to_owned())
        .spawn(move || {
            let stop = match stopped.recv_timeout(SETTLED) {
                Err(RecvTimeoutError::Timeout) => {
                    memory::give_back();
                    stopped.recv().is_ok()
                }
                early => early.is_ok(),
            };
            // Else nobody hears signals any more.
            if stop {
                handle.stop(true);
            }
        })?;
    running.wait()?;
    if let Some(path) = &options.locator {
        // It would name a platform that is gone.
        let _ = std::fs::remove_file(path);
    }
    Ok(ExitCode::SUCCESS)
}

/// Hears SIGTERM and Ctrl-C from now on: the first is handed over, the second ends the process.
fn on_signals() -> anyhow::Result<std::sync::mpsc::Receiver<()>> {
    let (hand_over, stopped) = std::sync::mpsc::channel();
    let runtime = runtime()?;
    let mut signals = runtime.block_on(async { Signals::listen() })?;
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                signals.next().await;
                // Nobody waits when the start has failed.
                let _ = hand_over.send(());
                signals.next().await;
                std::process::exit(130);
            });
        })?;
    Ok(stopped)
}

fn exec(options: &Serve, command: &[std::ffi::OsString]) -> anyhow::Result<ExitCode> {
    start_log(options);
    // It is seeded and listens when this returns.
    let running = match start(options) {
        Ok(running) => running,
        Err(error) => {
            complain(&format!("cinchy-emulator: {error}"));
            return Ok(ExitCode::from(error.exit_code()));
        }
    };
    let code = exec::run(&running, options, command);
    running.stop()?;
    if let Some(path) = &options.locator {
        // It would name a platform that is gone.
        let _ = std::fs::remove_file(path);
    }
    Ok(ExitCode::from(code?))
}

fn token(mint: &Mint) -> anyhow::Result<ExitCode> {
    match runtime()?.block_on(mint.run())? {
        Ok(text) => {
            say(&text)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(why) => {
            complain(&format!("cinchy-emulator: {why}"));
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The signals that mean stop.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The signals that mean stop.
#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        let _ = self.0.recv().await;
    }
}

/// A client for an emulator. On this machine its certificate is self-signed more often than not, and believed.
pub(crate) fn client(url: &str) -> reqwest::ClientBuilder {
    let local = reqwest::Url::parse(url).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || host.ends_with(".localhost")
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|ip| ip.is_loopback())
    });
    reqwest::Client::builder()
        .no_proxy()
        .tls_danger_accept_invalid_certs(local)
}

fn ready(url: &str, timeout: Duration) -> anyhow::Result<ExitCode> {
    let url = format!("{}/readyz", url.trim_end_matches('/'));
    let deadline = Instant::now() + timeout;
    runtime()?.block_on(async {
        let client = client(&url).timeout(Duration::from_secs(5)).build()?;
        loop {
            let why = match client.get(&url).send().await {
                Ok(answer) if answer.status().is_success() => return Ok(ExitCode::SUCCESS),
                Ok(answer) => format!("it answers {}", answer.status()),
                Err(error) if error.is_connect() => "nothing listens there".to_owned(),
                Err(error) => error.to_string(),
            };
            if Instant::now() >= deadline {
                complain(&format!("cinchy-emulator: {url} is not ready: {why}"));
                return Ok(ExitCode::FAILURE);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
}

fn check(files: &[std::path::PathBuf]) -> anyhow::Result<ExitCode> {
    match check_files(files) {
        Ok(warnings) => {
            for warning in &warnings {
                complain(&format!("warning: {warning}"));
            }
            let warned = match warnings.len() {
                0 => String::new(),
                1 => ", with 1 warning".to_owned(),
                n => format!(", with {n} warnings"),
            };
            say(&format!("The seed is valid{warned}."))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            complain(&error.to_string());
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Applies the files to a platform that is thrown away; what cannot work there is a warning.
fn check_files(files: &[std::path::PathBuf]) -> Result<Vec<String>, cinchy_storage::StorageError> {
    let now = chrono::Utc::now();
    let seeds = Seeds::of_files(files)?;
    // The checks that need no database come first: they list everything that is wrong.
    seeds.check(now)?;
    let defects: Vec<_> = seeds
        .each()
        .iter()
        .flat_map(cinchy_identity::metadata_defects)
        .collect();
    if !defects.is_empty() {
        return Err(cinchy_seed::SeedErrors(defects).into());
    }
    let database = Database::open(&Options::default())?;
    let prepared = seeding::prepare(seeds, seeding::Mode::Replace)?;
    Ok(seeding::apply_once(&database, &prepared, now)?.unwrap_or_default())
}

fn export(url: &str, control_token: Option<&str>) -> anyhow::Result<ExitCode> {
    let url = format!("{}/_emulator/seed", url.trim_end_matches('/'));
    runtime()?.block_on(async {
        let client = client(&url).build()?;
        let mut request = client.get(&url);
        if let Some(token) = control_token {
            request = request.bearer_auth(token);
        }
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => {
                complain(&format!("cinchy-emulator: {url} does not answer: {error}"));
                return Ok(ExitCode::FAILURE);
            }
        };
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            complain(&format!("cinchy-emulator: {url} answers {status}: {text}"));
            return Ok(ExitCode::FAILURE);
        }
        say(&text)?;
        Ok(ExitCode::SUCCESS)
    })
}

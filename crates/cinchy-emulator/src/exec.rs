//! `exec`: a platform for the time of one command. The command finds it by variables of its environment; it gets the
//! signals that come here, and nothing of it stays behind.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use crate::banner::Ready;
use crate::config::Serve;
use crate::server::Running;

/// Exit code of a command that could not be started (decided).
pub const NOT_STARTED: u8 = 127;
/// Where the journal goes when the command fails (decided).
const JOURNAL: &str = "cinchy-journal.json";
/// How long what the command started has to end after it.
const LEFTOVERS: Duration = Duration::from_secs(2);

/// Runs the command; its exit code, or 128 + n when the signal n ended it (decided).
///
/// # Errors
/// The runtime's, or of waiting.
pub fn run(running: &Running, options: &Serve, command: &[OsString]) -> anyhow::Result<u8> {
    let Some((program, arguments)) = command.split_first() else {
        return Ok(NOT_STARTED);
    };
    let mut command = Command::new(program);
    command.args(arguments);
    for (name, value) in variables(&running.ready) {
        match value {
            Some(value) => command.env(name, value),
            // One of an outer emulator would lead astray.
            None => command.env_remove(name),
        };
    }
    let code = match platform::run(&mut command)? {
        Ok(status) => code_of(status),
        Err(error) => {
            complain(&format!(
                "cinchy-emulator: `{}` cannot be started: {error}",
                program.to_string_lossy()
            ));
            return Ok(NOT_STARTED);
        }
    };
    if code != 0 {
        keep_journal(running, options);
    }
    Ok(code)
}

/// What the command finds in its environment (documented).
fn variables(ready: &Ready) -> [(&'static str, Option<&str>); 7] {
    [
        ("CINCHY_URL", Some(&ready.url)),
        ("CINCHY_SSO_URL", Some(&ready.sso_url)),
        ("CINCHY_CONTROL_URL", ready.control_url.as_deref()),
        ("CINCHY_CLIENT_ID", ready.client_id.as_deref()),
        ("CINCHY_CLIENT_SECRET", ready.client_secret.as_deref()),
        ("CINCHY_USERNAME", ready.username.as_deref()),
        ("CINCHY_PASSWORD", ready.password.as_deref()),
    ]
}

fn code_of(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        if let Some(signal) = status.signal() {
            return u8::try_from(128 + signal).unwrap_or(u8::MAX);
        }
    }
    u8::try_from(status.code().unwrap_or(1)).unwrap_or(u8::MAX)
}

fn complain(text: &str) {
    // There is nobody left to tell when standard error is gone.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Writes what was asked of the platform to a file, and says where it is.
fn keep_journal(running: &Running, options: &Serve) {
    if running.ready.control_url.is_none() {
        return;
    }
    match journal(running, options) {
        Ok(Some(text)) => match std::fs::write(JOURNAL, text) {
            Ok(()) => {
                let path = std::fs::canonicalize(JOURNAL);
                let path = path.unwrap_or_else(|_| Path::new(JOURNAL).to_owned());
                complain(&format!(
                    "cinchy-emulator: the requests of the failed run are in {}",
                    path.display()
                ));
            }
            Err(error) => complain(&format!(
                "cinchy-emulator: cannot write `{JOURNAL}`: {error}"
            )),
        },
        Ok(None) => {}
        Err(error) => complain(&format!(
            "cinchy-emulator: the requests of the failed run are lost: {error}"
        )),
    }
}

fn journal(running: &Running, options: &Serve) -> anyhow::Result<Option<String>> {
    let base = options.base_path.as_deref().unwrap_or_default();
    let scheme = if options.serves_https() {
        "https"
    } else {
        "http"
    };
    let url = format!(
        "{scheme}://localhost:{}/{}/_emulator/journal?limit=100000",
        running.address.port(),
        base.trim_matches('/')
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let client = crate::cli::client(&url).build()?;
        let mut request = client.get(&url);
        if let Some(token) = &options.control_token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await?;
        if !answer.status().is_success() {
            return Ok(None);
        }
        Ok(Some(answer.text().await?))
    })
}

#[cfg(unix)]
mod platform {
    use std::io::IsTerminal as _;
    use std::os::unix::process::CommandExt as _;
    use std::process::{Command, ExitStatus};
    use std::time::Instant;

    use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};
    use tokio::signal::unix::{SignalKind, signal};

    use super::LEFTOVERS;

    /// Whom signals go to.
    #[derive(Clone, Copy)]
    enum Target {
        /// The command with all that it starts: a process group of its own.
        Group(Pid),
        /// The command alone. At a terminal it stays in our group, or it could not read the keyboard; Ctrl-C reaches it
        /// there by itself.
        Process(Pid),
    }

    impl Target {
        fn send(self, signal: Signal) {
            // One that is gone needs none.
            let _ = match self {
                Self::Group(pid) => kill_process_group(pid, signal),
                Self::Process(pid) => kill_process(pid, signal),
            };
        }
    }

    /// Runs the command to its end. The inner error is that of its start.
    pub fn run(command: &mut Command) -> anyhow::Result<Result<ExitStatus, std::io::Error>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let _entered = runtime.enter();
        // Heard before there is a child that one could miss.
        let mut interrupts = signal(SignalKind::interrupt())?;
        let mut quits = signal(SignalKind::quit())?;
        let mut terminations = signal(SignalKind::terminate())?;
        let mut hangups = signal(SignalKind::hangup())?;
        let at_terminal = std::io::stdin().is_terminal();
        if !at_terminal {
            command.process_group(0);
        }
        #[cfg(target_os = "linux")]
        if at_terminal {
            crate::orphans::adopt();
        }
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return Ok(Err(error)),
        };
        let pid = Pid::from_child(&child);
        let target = if at_terminal {
            Target::Process(pid)
        } else {
            Target::Group(pid)
        };
        let status = runtime.block_on(async {
            let mut ended = tokio::task::spawn_blocking(move || child.wait());
            let mut sent = 0;
            loop {
                let (wanted, by_keyboard) = tokio::select! {
                    status = &mut ended => return status,
                    _ = interrupts.recv() => (Signal::INT, true),
                    _ = quits.recv() => (Signal::QUIT, true),
                    _ = terminations.recv() => (Signal::TERM, false),
                    _ = hangups.recv() => (Signal::HUP, false),
                };
                sent += 1;
                if sent > 2 {
                    // Who asks a third time means it.
                    target.send(Signal::KILL);
                } else if !(at_terminal && by_keyboard) {
                    target.send(wanted);
                }
            }
        });
        let status = status??;
        match target {
            Target::Group(pid) => end_group(pid),
            #[cfg(target_os = "linux")]
            Target::Process(_) => crate::orphans::end(LEFTOVERS),
            #[cfg(not(target_os = "linux"))]
            Target::Process(_) => {}
        }
        Ok(Ok(status))
    }

    /// Ends what the command has left running.
    fn end_group(pid: Pid) {
        let deadline = Instant::now() + LEFTOVERS;
        let _ = kill_process_group(pid, Signal::TERM);
        while test_kill_process_group(pid).is_ok() {
            if Instant::now() >= deadline {
                let _ = kill_process_group(pid, Signal::KILL);
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

#[cfg(not(unix))]
mod platform {
    use std::process::{Command, ExitStatus};

    /// Runs the command to its end.
    pub fn run(command: &mut Command) -> anyhow::Result<Result<ExitStatus, std::io::Error>> {
        Ok(command.status())
    }
}

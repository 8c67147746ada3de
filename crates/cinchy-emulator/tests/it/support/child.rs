//! The real program as a child process, with files of its own and none of the caller's settings.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take that should take no time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until a fact holds.
#[track_caller]
pub fn wait_for<T>(what: &str, mut fact: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = fact() {
            return value;
        }
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A folder for a program's files; temporary databases are made below `tmp`.
pub struct Place {
    folder: TempDir,
}

impl Place {
    /// An empty one.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("tmp")).unwrap();
        Self { folder }
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and gives its path.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// What lies in `tmp`.
    pub fn temporary(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path("tmp")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// The program with these arguments, not started yet.
    pub fn command<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cinchy-emulator"));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("CINCHY_EMULATOR") || name == "RUST_LOG" {
                command.env_remove(&name);
            }
        }
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("TMPDIR", self.path("tmp"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    pub fn run<S: AsRef<std::ffi::OsStr>>(&self, arguments: &[S]) -> Ended {
        let mut command = self.command(arguments);
        let mut child = Running(command.spawn().unwrap());
        // Read while it runs, or a full pipe would hold it.
        let out = reader(child.0.stdout.take().unwrap());
        let err = reader(child.0.stderr.take().unwrap());
        let status = wait_for("the end of the program", || child.0.try_wait().unwrap());
        Ended {
            code: status.code(),
            out: out.join().unwrap(),
            err: err.join().unwrap(),
        }
    }

    /// Starts the program on a free port and waits for its locator file.
    pub fn serve(&self, arguments: &[&str]) -> Served {
        self.serve_with(arguments, &[])
    }

    /// The same, with environment variables.
    pub fn serve_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Served {
        let mut command = self.command(&serving(arguments));
        command.envs(environment.iter().copied());
        self.serve_by(command)
    }

    /// The same, on a disk that is full once a file has so many KiB: writing beyond that fails.
    pub fn serve_on_small_disk(&self, arguments: &[&str], kib: u32) -> Served {
        let plain = self.command(&serving(arguments));
        // The signal that comes with the failure is ignored, and the program inherits that. Blocks have 512 bytes.
        let script = format!("trap '' XFSZ; ulimit -S -f {}; exec \"$0\" \"$@\"", kib * 2);
        let mut command = Command::new("sh");
        command.args(["-c", &script]);
        command.arg(plain.get_program()).args(plain.get_args());
        command
            .current_dir(self.folder.path())
            .env("TMPDIR", self.path("tmp"))
            .stdin(Stdio::null());
        for (name, value) in plain.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        self.serve_by(command)
    }

    fn serve_by(&self, mut command: Command) -> Served {
        let locator = self.path("locator.json");
        // Files, since nobody reads a pipe while the program runs.
        let output = |name: &str| std::fs::File::create(self.path(name)).unwrap();
        command.stdout(output("stdout")).stderr(output("stderr"));
        let mut child = Running(command.spawn().unwrap());
        let ready = wait_for("the locator file", || {
            if let Some(status) = child.0.try_wait().unwrap() {
                panic!("ended early, {status}: {}", read(&self.path("stderr")));
            }
            std::fs::read_to_string(&locator).ok()
        });
        Served {
            child,
            ready: serde_json::from_str(&ready).unwrap(),
            stdout: self.path("stdout"),
            stderr: self.path("stderr"),
        }
    }
}

/// With a free port and a locator file.
fn serving<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["--listen", "127.0.0.1:0", "--locator", "locator.json"];
    all.extend(arguments);
    all
}

/// A child that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Fails when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn reader(mut from: impl Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn read(path: &Path) -> String {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A program that ended.
#[derive(Debug)]
pub struct Ended {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// A program that serves. It is killed with this value, if it still runs.
pub struct Served {
    child: Running,
    /// What the locator file holds.
    pub ready: Value,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Served {
    /// Its address.
    pub fn url(&self) -> &str {
        self.ready["url"].as_str().unwrap()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.0.id()
    }

    /// The banner.
    pub fn banner(&self) -> String {
        read(&self.stdout)
    }

    /// The log so far.
    pub fn log(&self) -> String {
        read(&self.stderr)
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end.
    pub fn wait(mut self) -> Ended {
        let status = wait_for("the end of the program", || {
            self.child.0.try_wait().unwrap()
        });
        Ended {
            code: status.code(),
            out: read(&self.stdout),
            err: read(&self.stderr),
        }
    }

    /// Ends it by SIGTERM.
    pub fn stop(self) -> Ended {
        self.signal("TERM");
        self.wait()
    }
}

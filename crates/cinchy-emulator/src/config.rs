//! Every setting, declared once: command line, environment variable, default. The only place that reads the environment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use cinchy_auth::TokenProfile;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// A complete Cinchy platform on this machine, for development and tests.
#[derive(Debug, Parser)]
#[command(
    name = "cinchy-emulator",
    version,
    about,
    args_conflicts_with_subcommands = true
)]
pub struct Cli {
    /// What to do; `serve` when left out.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Options of `serve`.
    #[command(flatten)]
    pub serve: Serve,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the platform (default).
    Serve(Box<Serve>),
    /// Wait until an emulator is seeded and usable; exit 0 when it is, 1 when it is not in time.
    Ready {
        /// Its web address.
        #[arg(
            long,
            default_value = "http://localhost:8081",
            env = "CINCHY_EMULATOR_URL"
        )]
        url: String,
        /// How long to wait: `30s`, `2m`, `500ms`.
        #[arg(long, default_value = "30s", value_parser = parse_duration)]
        timeout: Duration,
    },
    /// Check, describe and write seeds.
    Seed {
        /// What to do with them.
        #[command(subcommand)]
        command: SeedCommand,
    },
}

/// Commands about seeds.
#[derive(Debug, Subcommand)]
pub enum SeedCommand {
    /// Validate seed files, with line and column of each error; exit 1 when there are any.
    Check {
        /// The files; later ones add to earlier ones.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Print the JSON Schema of a seed file.
    Schema,
    /// Print the live state of a running emulator as a seed.
    Export {
        /// Its web address.
        #[arg(
            long,
            default_value = "http://localhost:8081",
            env = "CINCHY_EMULATOR_URL"
        )]
        url: String,
        /// Its control token, if it has one.
        #[arg(long, env = "CINCHY_EMULATOR_CONTROL_TOKEN", hide_env_values = true)]
        control_token: Option<String>,
    },
}

/// Options of `serve`.
#[derive(Debug, Clone, Args)]
pub struct Serve {
    /// Address and port to listen on; port 0 picks a free one. 127.0.0.1 and ::1 are served together.
    #[arg(
        long,
        value_name = "ADDR:PORT",
        default_value = "127.0.0.1:8081",
        env = "CINCHY_EMULATOR_LISTEN"
    )]
    pub listen: SocketAddr,
    /// `sqlite:PATH` or `postgres://...` keeps the data; left out: a temporary SQLite file, removed at exit.
    #[arg(
        long,
        value_name = "URL",
        env = "CINCHY_EMULATOR_DATABASE",
        hide_env_values = true
    )]
    pub database: Option<String>,
    /// Seed file, YAML or JSON; repeatable, later files add. Left out: the built-in demo.
    #[arg(
        long,
        value_name = "FILE",
        env = "CINCHY_EMULATOR_SEED",
        value_delimiter = ','
    )]
    pub seed: Vec<PathBuf>,
    /// Start with a bare platform: `admin`/`cinchy` and no clients.
    #[arg(long, conflicts_with = "seed", env = "CINCHY_EMULATOR_NO_SEED")]
    pub no_seed: bool,
    /// Apply the seed at this start although the database has data; that data goes.
    #[arg(long, env = "CINCHY_EMULATOR_RESEED")]
    pub reseed: bool,
    /// Scheme and host of the issuer and of absolute links; left out: those of the request.
    #[arg(long, value_name = "URL", env = "CINCHY_EMULATOR_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Base path of everything, for example `/Cinchy`.
    #[arg(long, value_name = "PATH", env = "CINCHY_EMULATOR_BASE_PATH")]
    pub base_path: Option<String>,
    /// When ready, write one JSON object with URLs and credentials to this file, atomically.
    #[arg(long, value_name = "FILE", env = "CINCHY_EMULATOR_LOCATOR")]
    pub locator: Option<PathBuf>,
    /// Shape of access tokens: the documented one, or that of newer identity servers.
    #[arg(
        long,
        value_name = "PROFILE",
        default_value = "v2",
        env = "CINCHY_EMULATOR_TOKEN_PROFILE"
    )]
    pub token_profile: Profile,
    /// No explanations beyond the platform's own.
    #[arg(long, env = "CINCHY_EMULATOR_FAITHFUL")]
    pub faithful: bool,
    /// No control API below /_emulator.
    #[arg(long, env = "CINCHY_EMULATOR_NO_CONTROL")]
    pub no_control: bool,
    /// Token that the control API asks for; without one it is there on a loopback listener only.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "CINCHY_EMULATOR_CONTROL_TOKEN",
        hide_env_values = true
    )]
    pub control_token: Option<String>,
    /// Threads that serve requests; left out: one for each core.
    #[arg(long, value_name = "N", env = "CINCHY_EMULATOR_WORKERS")]
    pub workers: Option<usize>,
    /// Form of the log, which goes to standard error.
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        env = "CINCHY_EMULATOR_LOG"
    )]
    pub log: LogFormat,
    /// Levels of the log, as `tracing` reads them: `info`, `cinchy_web=debug`.
    #[arg(
        long,
        value_name = "LEVELS",
        default_value = "warn",
        env = "RUST_LOG",
        hide = true
    )]
    pub log_levels: String,
}

impl Default for Serve {
    /// What an empty command line gives, without the environment.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8081)),
            database: None,
            seed: Vec::new(),
            no_seed: false,
            reseed: false,
            public_url: None,
            base_path: None,
            locator: None,
            token_profile: Profile::V2,
            faithful: false,
            no_control: false,
            control_token: None,
            workers: None,
            log: LogFormat::Text,
            log_levels: "warn".to_owned(),
        }
    }
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Shape of access tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Profile {
    /// Exactly the documented claims.
    V2,
    /// With iat, jti and `at+jwt`.
    V4,
}

impl From<Profile> for TokenProfile {
    fn from(profile: Profile) -> Self {
        match profile {
            Profile::V2 => Self::V2,
            Profile::V4 => Self::V4,
        }
    }
}

/// `30s`, `2m`, `500ms`, `1h`; a bare number is seconds.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits
        .parse()
        .map_err(|_| format!("`{text}` is not a duration; write `30s`, `2m` or `500ms`"))?;
    match &text[digits.len()..] {
        "ms" => Ok(Duration::from_millis(number)),
        "" | "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number.saturating_mul(60))),
        "h" => Ok(Duration::from_secs(number.saturating_mul(3600))),
        unit => Err(format!("`{unit}` is not a unit of time; use ms, s, m or h")),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_default_is_that_of_an_empty_command_line() {
        let parsed = Cli::parse_from(["cinchy-emulator"]).serve;
        assert_eq!(format!("{parsed:?}"), format!("{:?}", Serve::default()));
    }

    #[test]
    fn durations() {
        for (text, expected) in [
            ("30s", Some(30_000)),
            ("2m", Some(120_000)),
            ("500ms", Some(500)),
            ("5", Some(5_000)),
            ("x", None),
            ("3d", None),
        ] {
            let found = parse_duration(text).ok().map(|d| d.as_millis());
            assert_eq!(found, expected, "{text}");
        }
    }
}

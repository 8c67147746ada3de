//! Every setting, declared once: command line, environment variable, default. The only place that reads the environment.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use cinchy_auth::TokenProfile;
use clap::parser::ValueSource;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use serde_json::{Map, Value};

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

impl Cli {
    /// Reads the command line and the environment; ends the process where they make no sense, as clap does.
    pub fn read() -> Self {
        let matches = Self::command().get_matches();
        let mut cli = Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
        let exec = matches.subcommand_matches("exec");
        if let (Some(Command::Exec { serve, .. }), Some(matches)) = (&mut cli.command, exec)
            && matches.value_source("listen") == Some(ValueSource::DefaultValue)
        {
            serve.listen.set_port(0);
        }
        cli
    }
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the platform (default).
    Serve(Box<Serve>),
    /// Start the platform on a free port for the time of one command, which finds it by `CINCHY_URL`, `CINCHY_SSO_URL`,
    /// `CINCHY_CLIENT_ID`, `CINCHY_CLIENT_SECRET`, `CINCHY_USERNAME`, `CINCHY_PASSWORD` and `CINCHY_CONTROL_URL`. The exit code
    /// is the command's.
    Exec {
        /// Options of `serve`; without `--listen` a free port is taken.
        #[command(flatten)]
        serve: Box<Serve>,
        /// The command and its arguments.
        #[arg(last = true, required = true, value_name = "CMD")]
        command: Vec<OsString>,
    },
    /// Mint a token by the control API of a running emulator, and print it.
    Token(Box<Mint>),
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
        #[arg(long, default_value = "30s", value_parser = parse_duration, env = "CINCHY_EMULATOR_TIMEOUT")]
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

/// Options of `token`.
#[derive(Debug, Args)]
pub struct Mint {
    /// Web address of the emulator, or of one of its instances.
    #[arg(
        long,
        default_value = "http://localhost:8081",
        env = "CINCHY_EMULATOR_URL"
    )]
    pub url: String,
    /// Its control token, if it has one.
    #[arg(long, env = "CINCHY_EMULATOR_CONTROL_TOKEN", hide_env_values = true)]
    pub control_token: Option<String>,
    /// Client id.
    #[arg(long, value_name = "ID", env = "CINCHY_EMULATOR_CLIENT")]
    pub client: Option<String>,
    /// User name; left out: a token of the client itself.
    #[arg(long, value_name = "NAME", env = "CINCHY_EMULATOR_USER")]
    pub user: Option<String>,
    /// Scopes, with commas or blanks between them; left out: `js_api`.
    #[arg(long, value_name = "SCOPES", env = "CINCHY_EMULATOR_SCOPES")]
    pub scopes: Option<String>,
    /// How long it holds: `90s`, `1h`, `PT5M`; left out: as long as the client's tokens do.
    #[arg(long, value_name = "DURATION", env = "CINCHY_EMULATOR_LIFETIME")]
    pub lifetime: Option<String>,
    /// More claims, a JSON object.
    #[arg(long, value_name = "JSON", value_parser = object, env = "CINCHY_EMULATOR_CLAIMS")]
    pub claims: Option<Map<String, Value>>,
    /// `access`, `id` or `pat`.
    #[arg(
        long,
        value_name = "KIND",
        default_value = "access",
        env = "CINCHY_EMULATOR_KIND"
    )]
    pub kind: String,
    /// What is to be wrong with it: `expired`, `not_yet_valid`, `wrong_audience`, `wrong_issuer`, `unknown_key`,
    /// `bad_signature`, `alg_none`, `retired_key`.
    #[arg(long, value_name = "DEFECT", env = "CINCHY_EMULATOR_DEFECT")]
    pub defect: Option<String>,
    /// Print the whole answer instead of the token.
    #[arg(long)]
    pub json: bool,
}

/// A JSON object.
fn object(text: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(text).map_err(|error| format!("not a JSON object: {error}"))
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
    /// Serve https, with a certificate for localhost that is made and kept beside the database.
    #[arg(long, env = "CINCHY_EMULATOR_TLS")]
    pub tls: bool,
    /// Serve https with this certificate chain (PEM), and its key.
    #[arg(
        long,
        value_name = "FILE",
        requires = "tls_key",
        env = "CINCHY_EMULATOR_TLS_CERT"
    )]
    pub tls_cert: Option<PathBuf>,
    /// The private key of `--tls-cert` (PEM).
    #[arg(
        long,
        value_name = "FILE",
        requires = "tls_cert",
        env = "CINCHY_EMULATOR_TLS_KEY"
    )]
    pub tls_key: Option<PathBuf>,
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
    /// Instances beside the default one that nobody used for so long (`30m`) are evicted: temporary ones with their data.
    /// Left out: they stay.
    #[arg(
        long,
        value_name = "DURATION",
        env = "CINCHY_EMULATOR_INSTANCE_IDLE",
        value_parser = parse_duration
    )]
    pub instance_idle: Option<Duration>,
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
    /// Where spans of requests go.
    #[command(flatten)]
    pub telemetry: Telemetry,
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

impl Serve {
    /// Whether it listens for https.
    pub fn serves_https(&self) -> bool {
        self.tls || self.tls_cert.is_some()
    }
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
            tls: false,
            tls_cert: None,
            tls_key: None,
            token_profile: Profile::V2,
            faithful: false,
            no_control: false,
            control_token: None,
            instance_idle: None,
            workers: None,
            log: LogFormat::Text,
            telemetry: Telemetry::default(),
            log_levels: "warn".to_owned(),
        }
    }
}

/// Where spans of requests go: the variables of OpenTelemetry, by their own names. Without an endpoint nowhere.
#[derive(Debug, Clone, Default, Args)]
pub struct Telemetry {
    /// Address of a collector that takes OTLP over HTTP; `/v1/traces` is added.
    #[arg(
        long = "otlp-endpoint",
        value_name = "URL",
        env = "OTEL_EXPORTER_OTLP_ENDPOINT",
        hide = true
    )]
    pub endpoint: Option<String>,
    /// The same for spans alone; nothing is added.
    #[arg(
        long = "otlp-traces-endpoint",
        value_name = "URL",
        env = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        hide = true
    )]
    pub traces_endpoint: Option<String>,
    /// Headers for the collector: `name=value,name=value`.
    #[arg(
        long = "otlp-headers",
        value_name = "PAIRS",
        env = "OTEL_EXPORTER_OTLP_HEADERS",
        hide_env_values = true,
        hide = true
    )]
    pub headers: Option<String>,
    /// What the emulator is called there; left out: `cinchy-emulator`.
    #[arg(
        long = "otlp-service-name",
        value_name = "NAME",
        env = "OTEL_SERVICE_NAME",
        hide = true
    )]
    pub service_name: Option<String>,
    /// `none`: no spans are sent.
    #[arg(
        long = "otlp-exporter",
        value_name = "NAME",
        env = "OTEL_TRACES_EXPORTER",
        hide = true
    )]
    pub exporter: Option<String>,
    /// `true`: no spans are sent.
    #[arg(
        long = "otlp-disabled",
        value_name = "BOOL",
        env = "OTEL_SDK_DISABLED",
        hide = true
    )]
    pub disabled: Option<String>,
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

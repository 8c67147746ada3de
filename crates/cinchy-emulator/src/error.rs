//! Why the emulator does not start, in words for the person at the terminal.

use std::net::SocketAddr;
use std::path::PathBuf;

use cinchy_storage::StorageError;

/// A start that failed.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken.
    #[error(
        "{0} is in use by another program; stop it, or choose another port with `--listen {ip}:0` (0 picks a free one)",
        ip = .0.ip()
    )]
    PortTaken(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// A setting that makes no sense.
    #[error("{0}")]
    Setting(String),
    /// The bare platform's password is known to everybody.
    #[error(
        "refusing to serve {0} with the well-known password of `admin`: give `admin` another password in a seed (`users: [{{ username: admin, password: ... }}]`), or listen on 127.0.0.1"
    )]
    KnownPassword(SocketAddr),
    /// The database, or the seeds.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The locator file.
    #[error("cannot write the locator file `{path}`: {source}")]
    Locator {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The certificate or its key.
    #[error("cannot use the certificate `{path}`: {reason}")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The server could not be set up.
    #[error("cannot start the server: {0}")]
    Server(#[source] std::io::Error),
}

impl StartError {
    /// The exit code of the process: 2 for what the command line asked and cannot be had, 1 for the rest.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::PortTaken(_)
            | Self::Setting(_)
            | Self::KnownPassword(_)
            | Self::Certificate { .. } => 2,
            _ => 1,
        }
    }
}

//! https: a given certificate, or one for localhost that is made here. The self-signed one is kept beside a SQLite database, so
//! that a browser or a trust store needs to be told once; its own names are those that a laptop or a container is reached by.

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use cinchy_storage::Scratch;
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::Serve;
use crate::error::StartError;

/// Days that a certificate is valid: the most that Apple's systems accept of one that a person trusts by hand.
const VALID_DAYS: u64 = 825;
/// A kept certificate is made anew when it has fewer days left than this.
const RENEW_DAYS: u64 = 30;
const DAY: Duration = Duration::from_secs(86_400);

/// What https needs.
pub(crate) struct Tls {
    /// For the listener.
    pub config: ServerConfig,
    /// Said in the banner.
    pub note: Option<String>,
}

/// The certificate that the options ask for; `None`: plain http.
///
/// # Errors
/// Files that cannot be read or written, a key of another certificate.
pub(crate) fn of(
    options: &Serve,
    address: SocketAddr,
    scratch: &Scratch,
    now: DateTime<Utc>,
) -> Result<Option<Tls>, StartError> {
    if let (Some(certificate), Some(key)) = (&options.tls_cert, &options.tls_key) {
        let config = read(certificate, key)?;
        return Ok(Some(Tls { config, note: None }));
    }
    if !options.tls {
        return Ok(None);
    }
    let names = names(options, address);
    let (certificate, key) = files(options, scratch)?;
    if !is_fresh(&certificate, now) || !key.exists() {
        make(&names, &certificate, &key, now)?;
    }
    Ok(Some(Tls {
        config: read(&certificate, &key)?,
        note: Some(format!(
            "https with a self-signed certificate, {}; trust it there (NODE_EXTRA_CA_CERTS, curl --cacert), or give --tls-cert and --tls-key",
            certificate.display()
        )),
    }))
}

/// Beside a SQLite file that is kept; else among the files that are gone with the process.
fn files(options: &Serve, scratch: &Scratch) -> Result<(PathBuf, PathBuf), StartError> {
    let kept = options
        .database
        .as_deref()
        .and_then(|url| url.strip_prefix("sqlite:"))
        .map(|path| path.strip_prefix("//").unwrap_or(path));
    let stem = match kept {
        Some(path) => PathBuf::from(path),
        None => scratch.folder()?.join("cinchy-emulator"),
    };
    let with = |ending: &str| {
        let mut name = stem.clone().into_os_string();
        name.push(ending);
        PathBuf::from(name)
    };
    Ok((with("-tls-cert.pem"), with("-tls-key.pem")))
}

/// `localhost` and its instances, both loopback addresses, the address that is listened on, the public host.
fn names(options: &Serve, address: SocketAddr) -> Vec<String> {
    let mut names = vec![
        "localhost".to_owned(),
        "*.localhost".to_owned(),
        "127.0.0.1".to_owned(),
        "::1".to_owned(),
    ];
    let listened = (!address.ip().is_unspecified()).then(|| address.ip().to_string());
    let public = options
        .public_url
        .as_deref()
        .and_then(|url| url.trim().split("://").nth(1))
        .map(|rest| rest.split('/').next().unwrap_or_default())
        .map(host_of)
        .filter(|host| !host.is_empty());
    for name in listened.into_iter().chain(public) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// An authority without its port and brackets, in lower case.
fn host_of(authority: &str) -> String {
    if let Some(inner) = authority.strip_prefix('[') {
        return inner.split(']').next().unwrap_or_default().to_lowercase();
    }
    let host = match authority.parse::<IpAddr>() {
        Ok(_) => authority,
        Err(_) => authority
            .rsplit_once(':')
            .map_or(authority, |(host, _)| host),
    };
    host.to_lowercase()
}

/// By the age of the file: what it holds was made then.
fn is_fresh(certificate: &Path, now: DateTime<Utc>) -> bool {
    let made = std::fs::metadata(certificate).and_then(|data| data.modified());
    made.is_ok_and(|made| {
        let made = DateTime::<Utc>::from(made);
        let age = now.signed_duration_since(made).to_std().unwrap_or_default();
        age < DAY * u32::try_from(VALID_DAYS - RENEW_DAYS).unwrap_or_default()
    })
}

fn make(
    names: &[String],
    certificate: &Path,
    key: &Path,
    now: DateTime<Utc>,
) -> Result<(), StartError> {
    let failed = |error: rcgen::Error| StartError::Certificate {
        path: certificate.to_owned(),
        reason: error.to_string(),
    };
    let pair = KeyPair::generate().map_err(failed)?;
    let mut params = CertificateParams::new(names).map_err(failed)?;
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "cinchy-emulator");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let today = rcgen::date_time_ymd(1970, 1, 1)
        + Duration::from_secs(u64::try_from(now.timestamp()).unwrap_or_default());
    params.not_before = today - DAY;
    params.not_after = today + DAY * u32::try_from(VALID_DAYS - 1).unwrap_or_default();
    let made = params.self_signed(&pair).map_err(failed)?;
    // The key first: a certificate without one is made again.
    write(key, &pair.serialize_pem(), true)?;
    write(certificate, &made.pem(), false)
}

/// Writes a file anew; a secret one for this user only.
fn write(path: &Path, text: &str, secret: bool) -> Result<(), StartError> {
    let failed = |error: std::io::Error| StartError::Certificate {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    // What is there may be open to others.
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if secret {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    let _ = secret;
    let mut file = options.open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}

fn read(certificate: &Path, key: &Path) -> Result<ServerConfig, StartError> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| StartError::Certificate {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| failed(certificate, &error))?;
    if chain.is_empty() {
        return Err(failed(certificate, &"it has no PEM block `CERTIFICATE`"));
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| failed(key, &error))?;
    ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(certificate, &error))?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(|error| failed(certificate, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_certificate() {
        let address = SocketAddr::from(([10, 1, 2, 3], 8081));
        for (public, expected) in [
            (None, vec!["10.1.2.3"]),
            (
                Some("https://Cinchy.Example.Test/base"),
                vec!["10.1.2.3", "cinchy.example.test"],
            ),
            (
                Some("https://cinchy.example.test:8443"),
                vec!["10.1.2.3", "cinchy.example.test"],
            ),
            (Some("https://[::1]:8443"), vec!["10.1.2.3"]),
            (Some("https://localhost:1"), vec!["10.1.2.3"]),
        ] {
            let options = Serve {
                public_url: public.map(str::to_owned),
                ..Serve::default()
            };
            assert_eq!(names(&options, address)[4..], expected, "{public:?}");
        }
    }
}

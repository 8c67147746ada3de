//! https by `--tls` and by given files.

use std::path::{Path, PathBuf};

use cinchy_emulator::config::Serve;
use cinchy_testkit::Emulator;
use reqwest::{Certificate, Client};
use serde_json::Value;

use crate::support::backends::{builder, start_on_each};

/// A client that trusts this certificate and no other.
fn trusting(certificate: &Path) -> Client {
    let pem = std::fs::read(certificate).unwrap();
    let certificate = Certificate::from_pem(&pem).unwrap();
    let client = Client::builder().no_proxy().tls_certs_only([certificate]);
    client.build().unwrap()
}

/// Where the banner says that the certificate is.
fn certificate_of(emulator: &Emulator) -> PathBuf {
    let banner = emulator.banner();
    let found = banner.split("self-signed certificate, ").nth(1).unwrap();
    PathBuf::from(found.split(';').next().unwrap())
}

async fn issuer(client: &Client, origin: &str) -> Result<String, reqwest::Error> {
    let url = format!("{origin}/.well-known/openid-configuration");
    let document: Value = client.get(url).send().await?.json().await?;
    Ok(document["issuer"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_certificate_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("platform.db");
    let start = || {
        let kept = builder().database(format!("sqlite:{}", path.display()));
        kept.option(|options| options.tls = true).start()
    };
    let emulator = start().await.unwrap();
    let port = emulator.address().port();
    assert_eq!(emulator.url(), format!("https://localhost:{port}"));
    assert!(emulator.banner().contains(emulator.url()));
    assert!(emulator.token("app", "ann").await.is_ok());
    let certificate = certificate_of(&emulator);
    let client = trusting(&certificate);
    for origin in [
        format!("https://localhost:{port}"),
        format!("https://127.0.0.1:{port}"),
        format!("https://[::1]:{port}"),
    ] {
        assert_eq!(issuer(&client, &origin).await.unwrap(), origin);
    }
    // Nobody trusts it without being told, and http is not spoken there.
    let stranger = Client::builder().no_proxy().build().unwrap();
    assert!(issuer(&stranger, emulator.url()).await.is_err());
    let plain = format!("http://localhost:{port}");
    assert!(issuer(&client, &plain).await.is_err());
    let key = folder.path().join("platform.db-tls-key.pem");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&key).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
    // The next start has the same, as long as its key is there.
    let before = std::fs::read(&certificate).unwrap();
    emulator.stop().unwrap();
    let again = start().await.unwrap();
    assert_eq!(std::fs::read(certificate_of(&again)).unwrap(), before);
    again.stop().unwrap();
    std::fs::remove_file(&key).unwrap();
    let new = start().await.unwrap();
    assert_ne!(std::fs::read(certificate_of(&new)).unwrap(), before);
}

#[tokio::test]
async fn given_files() {
    // Those of another emulator will do.
    let folder = tempfile::tempdir().unwrap();
    let made = builder()
        .database(format!("sqlite:{}", folder.path().join("a").display()))
        .option(|options| options.tls = true)
        .start()
        .await
        .unwrap();
    let certificate = certificate_of(&made);
    let key = folder.path().join("a-tls-key.pem");
    made.stop().unwrap();
    let given = |certificate: &Path, key: &Path| {
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        move |options: &mut Serve| {
            options.tls_cert = Some(certificate.clone());
            options.tls_key = Some(key.clone());
        }
    };
    let trusting = trusting(&certificate);
    for on in start_on_each(given(&certificate, &key)).await {
        assert!(on.emulator.url().starts_with("https://localhost:"));
        assert!(!on.emulator.banner().contains("self-signed"));
        let found = issuer(&trusting, on.emulator.url()).await.unwrap();
        assert_eq!(found, on.emulator.url(), "{}", on.name);
    }
    // Files that are not what they should be: named, and nothing starts.
    let other = folder.path().join("other.pem");
    std::fs::write(&other, "-----BEGIN NOTHING-----").unwrap();
    let absent = folder.path().join("absent.pem");
    for (certificate, key, named) in [
        (&absent, &key, &absent),
        (&certificate, &absent, &absent),
        (&other, &key, &other),
        (&certificate, &other, &other),
        (&certificate, &certificate, &certificate),
        (&key, &key, &key),
    ] {
        let refused = builder().option(given(certificate, key)).start().await;
        let message = refused.err().unwrap().to_string();
        let expected = format!("cannot use the certificate `{}`", named.display());
        assert!(
            message.contains(&expected),
            "{message:?} has not {expected:?}"
        );
    }
}

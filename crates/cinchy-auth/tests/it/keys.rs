//! Keys: going round through their stored form, and the key set.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::DateTime;
use cinchy_auth::keys::KeyError;
use cinchy_auth::{KeyRing, SigningKey};

use crate::support::{key, other_key, private_key};

#[test]
fn a_key_goes_round_through_its_stored_form() {
    let key = key();
    let pem = key.private_pem().expose();
    let from_der = SigningKey::from_pem(pem, key.certificate_der()).unwrap();
    assert_eq!(from_der.kid(), key.kid());
    let certificate = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        STANDARD
            .encode(key.certificate_der())
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect::<Vec<_>>()
            .join("\n")
    );
    let from_pem = SigningKey::from_pem(pem, certificate.as_bytes()).unwrap();
    assert_eq!(from_pem.verifying().jwk(), key.verifying().jwk());
}

#[test]
fn unusable_keys_are_refused() {
    let (key, other) = (key(), other_key());
    let pem = key.private_pem().expose();
    let load = |pem: &str, certificate: &[u8]| SigningKey::from_pem(pem, certificate).unwrap_err();
    assert!(matches!(
        load(pem, other.certificate_der()),
        KeyError::Mismatch
    ));
    assert!(matches!(load(pem, b"x"), KeyError::NotCertificate));
    assert!(matches!(load(pem, b""), KeyError::NotCertificate));
    assert!(matches!(
        load(pem, pem.as_bytes()),
        KeyError::NotCertificate
    ));
    assert!(matches!(load("x", key.certificate_der()), KeyError::NotPem));
    let wrong_label = pem.replace("PRIVATE KEY", "RSA PRIVATE KEY");
    assert!(matches!(
        load(&wrong_label, key.certificate_der()),
        KeyError::NotPem
    ));
}

#[test]
fn a_clock_beyond_certificates_is_an_error_not_a_panic() {
    let key = private_key();
    for seconds in [-100_000, 253_300_000_000] {
        let now = DateTime::from_timestamp(seconds, 0).unwrap();
        let got = SigningKey::certified(&key, now);
        assert!(matches!(got, Err(KeyError::Moment(_))), "{seconds}");
    }
}

#[test]
fn the_key_set_has_the_documented_members() {
    let (current, retired) = (key(), other_key());
    let ring = KeyRing::new(current.clone(), vec![retired.verifying().clone()]);
    let text = serde_json::to_string(&ring.jwks()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let keys = json["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2);
    for (jwk, key) in keys.iter().zip([&current, &retired]) {
        let names: Vec<&str> = jwk
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(names, ["kty", "use", "kid", "x5t", "e", "n", "x5c", "alg"]);
        assert_eq!(jwk["kty"], "RSA");
        assert_eq!(jwk["use"], "sig");
        assert_eq!(jwk["alg"], "RS256");
        assert_eq!(jwk["e"], "AQAB");
        assert_eq!(jwk["kid"], key.kid());
        let modulus = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap();
        assert_eq!(modulus.len(), 256);
        let certificate = STANDARD.decode(jwk["x5c"][0].as_str().unwrap()).unwrap();
        assert_eq!(certificate, key.certificate_der());
        let thumbprint = URL_SAFE_NO_PAD
            .decode(jwk["x5t"].as_str().unwrap())
            .unwrap();
        let upper_hex: String = thumbprint
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        assert_eq!(upper_hex, key.kid());
        assert_eq!(upper_hex.len(), 40);
    }
}

#[test]
fn keys_are_found_by_both_spellings_of_their_id() {
    let (current, retired) = (key(), other_key());
    let ring = KeyRing::new(Arc::clone(&current), vec![retired.verifying().clone()]);
    for key in [&current, &retired] {
        assert_eq!(ring.find(key.kid()).unwrap().kid(), key.kid());
        let later = format!("{}RS256", key.kid());
        assert_eq!(ring.find(&later).unwrap().kid(), key.kid());
        assert!(ring.find(&key.kid().to_lowercase()).is_none());
    }
    assert!(ring.find("").is_none());
}

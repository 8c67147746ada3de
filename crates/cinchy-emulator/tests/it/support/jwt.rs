//! Tokens taken apart and put together, without the product's own code.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// A token's header and payload as JSON texts, letter for letter.
#[track_caller]
pub fn texts(token: &str) -> (String, String) {
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3, "a JWT has three parts");
    let text = |part: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    (text(parts[0]), text(parts[1]))
}

/// Header and payload.
#[track_caller]
pub fn parts(token: &str) -> (Value, Value) {
    let (header, payload) = texts(token);
    (
        serde_json::from_str(&header).unwrap(),
        serde_json::from_str(&payload).unwrap(),
    )
}

/// Puts header and payload together, with this signature.
pub fn token(header: &Value, payload: &Value, signature: &[u8]) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.{}",
        encode(header),
        encode(payload),
        URL_SAFE_NO_PAD.encode(signature)
    )
}

/// Signs header and payload by HMAC-SHA-256.
pub fn hs256(header: &Value, payload: &Value, key: &[u8]) -> String {
    let unsigned = token(header, payload, b"");
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let signature = hmac::sign(&key, unsigned.trim_end_matches('.').as_bytes());
    format!("{unsigned}{}", URL_SAFE_NO_PAD.encode(signature))
}

/// The contents of a DER value and what follows it.
#[track_caller]
fn der(bytes: &[u8]) -> (u8, &[u8], &[u8]) {
    let (length, start) = match bytes[1] {
        0x81 => (usize::from(bytes[2]), 3),
        0x82 => (usize::from(bytes[2]) << 8 | usize::from(bytes[3]), 4),
        short => (usize::from(short), 2),
    };
    (
        bytes[0],
        &bytes[start..start + length],
        &bytes[start + length..],
    )
}

/// The RSA public key (PKCS #1) in an X.509 certificate.
#[track_caller]
pub fn public_key_of(certificate: &[u8]) -> Vec<u8> {
    let (_, certificate, _) = der(certificate);
    let (_, mut rest, _) = der(certificate);
    // Version (tagged 0), serial number, algorithm, issuer, validity, subject.
    for _ in 0..6 {
        (_, _, rest) = der(rest);
    }
    let (_, info, _) = der(rest);
    let (_, _, key) = der(info);
    let (tag, bits, _) = der(key);
    assert_eq!((tag, bits[0]), (3, 0), "a bit string of whole bytes");
    bits[1..].to_vec()
}

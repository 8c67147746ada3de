//! Signing keys: RSA-2048 with a self-signed certificate, as the platform signs with a PFX; JWKS; the ring of the present
//! key and the retired ones.
//!
//! A new key comes from above, since it is made of randomness. Where keys are stored and when they are rotated is for the
//! storage room. Claims are in [`crate::token`].

use std::sync::Arc;

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use rsa::pkcs8::LineEnding;
use rsa::pkcs8::der::{Document, SecretDocument};
use serde::Serialize;

use crate::secret::PlainSecret;

/// Common name of the certificate, that of the platform's own PFX file (documented).
const COMMON_NAME: &str = "cinchyidentitysrv";
/// Label of a PKCS#8 private key in PEM.
const PRIVATE_KEY: &str = "PRIVATE KEY";
/// Size of the modulus; the documented sample's signature has 256 bytes.
const KEY_BITS: usize = 2048;
/// Days before the present moment from which a new certificate is valid.
const VALID_BEFORE_DAYS: i64 = 1;
/// Days after the present moment until which a new certificate is valid.
const VALID_AFTER_DAYS: i64 = 3652;

/// Why a key could not be made or read. Never holds key material.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The generator failed.
    #[error("the RSA key could not be generated")]
    Generate,
    /// The private key could not be written as PEM.
    #[error("the RSA key could not be encoded")]
    Encode(#[source] rsa::pkcs8::der::Error),
    /// The certificate could not be made.
    #[error("the certificate of the signing key could not be made")]
    Certificate(#[source] rcgen::Error),
    /// The present moment is one that a certificate cannot hold.
    #[error("a certificate cannot begin at {0}; set the clock to a year between 1970 and 9900")]
    Moment(DateTime<Utc>),
    /// The private key is not PEM with the label `PRIVATE KEY`.
    #[error("the signing key is not a PKCS#8 PEM (`BEGIN PRIVATE KEY`)")]
    NotPem,
    /// The private key is not an RSA key.
    #[error("the signing key is not an RSA key that can be used")]
    NotRsa,
    /// The RSA key has another size than 2048 bits.
    #[error("the signing key has {0} bits; use an RSA key of 2048 bits")]
    Size(usize),
    /// The certificate is not PEM with the label `CERTIFICATE`, nor DER.
    #[error("the certificate of the signing key is neither PEM (`BEGIN CERTIFICATE`) nor DER")]
    NotCertificate,
    /// The certificate belongs to another key.
    #[error(
        "the certificate does not hold the public half of the signing key; store the two together"
    )]
    Mismatch,
    /// The library refused to sign; not expected with a checked key.
    #[error("signing with RS256 failed")]
    Sign,
}

/// The public half of a key: enough to verify its tokens and to publish it.
#[derive(Clone)]
pub struct VerifyingKey {
    kid: String,
    x5t: String,
    jwk: Jwk,
    decoding: jsonwebtoken::DecodingKey,
}

impl VerifyingKey {
    fn new(certificate: &[u8], modulus: &[u8], exponent: &[u8]) -> Self {
        let thumbprint = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, certificate);
        let kid = hex(thumbprint.as_ref(), b"0123456789ABCDEF");
        let x5t = URL_SAFE_NO_PAD.encode(thumbprint.as_ref());
        let jwk = Jwk {
            kty: "RSA",
            use_: "sig",
            kid: kid.clone(),
            x5t: x5t.clone(),
            e: URL_SAFE_NO_PAD.encode(exponent),
            n: URL_SAFE_NO_PAD.encode(modulus),
            x5c: vec![STANDARD.encode(certificate)],
            alg: "RS256",
        };
        let decoding = jsonwebtoken::DecodingKey::from_rsa_raw_components(modulus, exponent);
        Self {
            kid,
            x5t,
            jwk,
            decoding,
        }
    }

    /// The key id: upper-case hex of the certificate's SHA-1 thumbprint (shown by the documented sample).
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// base64url of the same thumbprint.
    pub fn x5t(&self) -> &str {
        &self.x5t
    }

    /// The key as it is published.
    pub fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    pub(crate) fn decoding(&self) -> &jsonwebtoken::DecodingKey {
        &self.decoding
    }
}

impl std::fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// A key that signs. Parsed once and kept: parsing a key for each token would more than double the cost of one.
pub struct SigningKey {
    pair: RsaKeyPair,
    private_pem: PlainSecret,
    certificate: Vec<u8>,
    verifying: VerifyingKey,
    jwt_header: String,
    at_jwt_header: String,
}

impl SigningKey {
    /// Takes a new private key, PKCS#8 as DER, and makes a certificate for it that is valid from a day before `now` for ten
    /// years.
    ///
    /// # Errors
    /// A moment that a certificate cannot hold, a key that is not one, or a failure of the libraries.
    pub fn certified(pkcs8: &[u8], now: DateTime<Utc>) -> Result<Self, KeyError> {
        let pem = SecretDocument::try_from(pkcs8)
            .and_then(|document| document.to_pem(PRIVATE_KEY, LineEnding::LF))
            .map_err(KeyError::Encode)?;
        let certificate = self_signed(&pem, now)?;
        Self::from_pem(&pem, &certificate)
    }

    /// Reads a stored key: the private half as PKCS#8 PEM, the certificate as PEM or DER.
    ///
    /// # Errors
    /// See [`KeyError`]; a certificate of another key is refused.
    pub fn from_pem(private_pem: &str, certificate: &[u8]) -> Result<Self, KeyError> {
        let (label, pkcs8) = SecretDocument::from_pem(private_pem).map_err(|_| KeyError::NotPem)?;
        if label != PRIVATE_KEY {
            return Err(KeyError::NotPem);
        }
        let pair = RsaKeyPair::from_pkcs8(pkcs8.as_bytes()).map_err(|_| KeyError::NotRsa)?;
        let bits = pair.public_modulus_len() * 8;
        if bits != KEY_BITS {
            return Err(KeyError::Size(bits));
        }
        let certificate = certificate_der(certificate)?;
        let public = pair.public_key();
        // A certificate holds the key's RSAPublicKey structure byte for byte, so that its place in it need not be parsed.
        if !certificate
            .windows(public.as_ref().len())
            .any(|window| window == public.as_ref())
        {
            return Err(KeyError::Mismatch);
        }
        let verifying = VerifyingKey::new(
            &certificate,
            public.modulus().big_endian_without_leading_zero(),
            public.exponent().big_endian_without_leading_zero(),
        );
        let jwt_header = encoded_header(&verifying, "JWT");
        let at_jwt_header = encoded_header(&verifying, "at+jwt");
        Ok(Self {
            pair,
            private_pem: PlainSecret::from(private_pem),
            certificate,
            verifying,
            jwt_header,
            at_jwt_header,
        })
    }

    /// The private half as PKCS#8 PEM, for storing it.
    pub fn private_pem(&self) -> &PlainSecret {
        &self.private_pem
    }

    /// The certificate as DER, for storing and publishing it.
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate
    }

    /// The certificate as PEM.
    pub fn certificate_pem(&self) -> String {
        let text = STANDARD.encode(&self.certificate);
        let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
        for line in text.as_bytes().chunks(64) {
            pem.extend(line.iter().map(|byte| char::from(*byte)));
            pem.push('\n');
        }
        pem.push_str("-----END CERTIFICATE-----\n");
        pem
    }

    /// The public half.
    pub fn verifying(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// Key id; see [`VerifyingKey::kid`].
    pub fn kid(&self) -> &str {
        self.verifying.kid()
    }

    /// base64url of the header of a token with `typ` `JWT`.
    pub(crate) fn jwt_header(&self) -> &str {
        &self.jwt_header
    }

    /// base64url of the header of a token with `typ` `at+jwt`.
    pub(crate) fn at_jwt_header(&self) -> &str {
        &self.at_jwt_header
    }

    /// Signs `header.payload` and appends `.signature` to it.
    pub(crate) fn append_signature(&self, token: &mut String) -> Result<(), KeyError> {
        let mut signature = [0; KEY_BITS / 8];
        // The library ignores the random source; PKCS#1 v1.5 signatures need none.
        self.pair
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                token.as_bytes(),
                &mut signature,
            )
            .map_err(|_| KeyError::Sign)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, token);
        Ok(())
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.verifying.kid)
            .finish_non_exhaustive()
    }
}

/// One key of the key set. Members stand in the order in which IdentityServer writes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Jwk {
    kty: &'static str,
    #[serde(rename = "use")]
    use_: &'static str,
    kid: String,
    x5t: String,
    e: String,
    n: String,
    x5c: Vec<String>,
    alg: &'static str,
}

/// The key set, as it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Jwks {
    /// The present key first, then the retired ones.
    pub keys: Vec<Jwk>,
}

/// The keys of an instance: the one that signs, and those whose tokens may still be alive.
#[derive(Debug, Clone)]
pub struct KeyRing {
    current: Arc<SigningKey>,
    retired: Vec<VerifyingKey>,
}

impl KeyRing {
    /// Puts the keys together.
    pub fn new(current: Arc<SigningKey>, retired: Vec<VerifyingKey>) -> Self {
        Self { current, retired }
    }

    /// The key that signs.
    pub fn current(&self) -> &Arc<SigningKey> {
        &self.current
    }

    /// Those that no longer sign and are still listed.
    pub fn retired(&self) -> &[VerifyingKey] {
        &self.retired
    }

    /// The key with this id. A key id with `RS256` behind it, as later IdentityServers write it, is found too.
    pub fn find(&self, kid: &str) -> Option<&VerifyingKey> {
        let bare = kid.strip_suffix("RS256").unwrap_or(kid);
        std::iter::once(self.current.verifying())
            .chain(&self.retired)
            .find(|key| key.kid == bare)
    }

    /// Whether this is the id of a key that is taken for retired and listed no longer.
    pub fn is_withdrawn(&self, kid: &str) -> bool {
        kid == withdrawn_kid(self.current.kid())
    }

    /// The key set to publish.
    pub fn jwks(&self) -> Jwks {
        Jwks {
            keys: std::iter::once(self.current.verifying())
                .chain(&self.retired)
                .map(|key| key.jwk.clone())
                .collect(),
        }
    }
}

/// The id of the key that a test takes for the retired predecessor of this one: no key has it. It follows from the present
/// key, so that every process of a database knows it.
pub(crate) fn withdrawn_kid(kid: &str) -> String {
    let input = format!("retired before {kid}");
    let thumbprint = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, input.as_bytes());
    hex(thumbprint.as_ref(), b"0123456789ABCDEF")
}

/// Hexadecimal with the given digits.
pub(crate) fn hex(bytes: &[u8], digits: &[u8; 16]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|nibble| char::from(digits[usize::from(nibble)]))
        .collect()
}

/// The header in the documented order: alg, kid, typ, x5t. None of the values needs escaping.
fn encoded_header(key: &VerifyingKey, typ: &str) -> String {
    let (kid, x5t) = (&key.kid, &key.x5t);
    URL_SAFE_NO_PAD.encode(format!(
        r#"{{"alg":"RS256","kid":"{kid}","typ":"{typ}","x5t":"{x5t}"}}"#
    ))
}

fn self_signed(private_pem: &str, now: DateTime<Utc>) -> Result<Vec<u8>, KeyError> {
    let pair = rcgen::KeyPair::from_pkcs8_pem_and_sign_algo(private_pem, &rcgen::PKCS_RSA_SHA256)
        .map_err(KeyError::Certificate)?;
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, COMMON_NAME);
    let moment = |days: i64| {
        now.checked_add_signed(TimeDelta::days(days))
            .and_then(|moment| u64::try_from(moment.timestamp()).ok())
            // The last second of the year 9999, where X.509 times end.
            .filter(|seconds| *seconds < 253_402_300_800)
            .map(|seconds| {
                rcgen::date_time_ymd(1970, 1, 1) + std::time::Duration::from_secs(seconds)
            })
            .ok_or(KeyError::Moment(now))
    };
    params.not_before = moment(-VALID_BEFORE_DAYS)?;
    params.not_after = moment(VALID_AFTER_DAYS)?;
    let certificate = params.self_signed(&pair).map_err(KeyError::Certificate)?;
    Ok(certificate.der().to_vec())
}

fn certificate_der(certificate: &[u8]) -> Result<Vec<u8>, KeyError> {
    // DER of a certificate begins with a SEQUENCE.
    if certificate.first() == Some(&0x30) {
        return Ok(certificate.to_vec());
    }
    let text = std::str::from_utf8(certificate).map_err(|_| KeyError::NotCertificate)?;
    match Document::from_pem(text) {
        Ok(("CERTIFICATE", document)) => Ok(document.as_bytes().to_vec()),
        _ => Err(KeyError::NotCertificate),
    }
}

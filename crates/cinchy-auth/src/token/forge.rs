//! Tokens for tests: a good token with other claims, or with one defect that verifying must find.
//!
//! Only the control API makes them. Each defect is found by [`super::verify_access_token`], and named.

use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::keys::{KeyError, KeyRing, withdrawn_kid};

/// Seconds that an expired token is over, besides its lifetime.
const OVER: i64 = 60;
/// Seconds until a token that is not yet valid will be.
const AHEAD: i64 = 3600;

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It is for another API.
    WrongAudience,
    /// Another server issued it.
    WrongIssuer,
    /// It names a key that nobody has.
    UnknownKey,
    /// Its signature is that of another text.
    BadSignature,
    /// It has no signature and says so.
    AlgNone,
    /// It names a key that this server had and listed no longer.
    RetiredKey,
}

/// Their names, as the control API knows them.
pub const DEFECTS: &[(&str, Defect)] = &[
    ("expired", Defect::Expired),
    ("not_yet_valid", Defect::NotYetValid),
    ("wrong_audience", Defect::WrongAudience),
    ("wrong_issuer", Defect::WrongIssuer),
    ("unknown_key", Defect::UnknownKey),
    ("bad_signature", Defect::BadSignature),
    ("alg_none", Defect::AlgNone),
    ("retired_key", Defect::RetiredKey),
];

/// A text that names no defect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no defect; use one of {}", .0.escape_default(), names())]
pub struct UnknownDefect(pub String);

fn names() -> String {
    let names: Vec<&str> = DEFECTS.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

impl FromStr for Defect {
    type Err = UnknownDefect;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        DEFECTS
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, defect)| *defect)
            .ok_or_else(|| UnknownDefect(text.to_owned()))
    }
}

/// Which token is made of an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForgedKind {
    /// An access token.
    Access,
    /// An id_token with the same user and client.
    Id,
}

/// Makes a token out of a good access token of this server: the claims changed, then the defect put in, then signed by
/// the present key. A claim of `null` is taken out.
///
/// # Errors
/// A token that is not one of ours, or [`KeyError::Sign`]; neither is expected.
pub fn forge(
    good: &str,
    kind: ForgedKind,
    claims: Map<String, Value>,
    defect: Option<Defect>,
    keys: &KeyRing,
) -> Result<String, KeyError> {
    let mut parts = good.split('.');
    let mut part = || -> Result<Map<String, Value>, KeyError> {
        let bytes = parts
            .next()
            .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok())
            .ok_or(KeyError::Sign)?;
        serde_json::from_slice(&bytes).map_err(|_| KeyError::Sign)
    };
    let (mut header, mut payload) = (part()?, part()?);
    if kind == ForgedKind::Id {
        as_id_token(&mut header, &mut payload);
    }
    for (name, value) in claims {
        if value.is_null() {
            payload.shift_remove(&name);
        } else {
            payload.insert(name, value);
        }
    }
    let key = keys.current();
    match defect {
        None | Some(Defect::BadSignature) => {}
        Some(Defect::Expired) => {
            let seconds = |name| payload.get(name).and_then(Value::as_i64);
            let lifetime = seconds("exp")
                .zip(seconds("nbf"))
                .map_or(0, |(exp, nbf)| exp.saturating_sub(nbf));
            shift(&mut payload, -lifetime.saturating_add(OVER));
        }
        Some(Defect::NotYetValid) => shift(&mut payload, AHEAD),
        Some(Defect::WrongAudience) => {
            let other = match kind {
                ForgedKind::Access => json!(["https://other-api.example.test/resources"]),
                ForgedKind::Id => json!("other-client"),
            };
            payload.insert("aud".to_owned(), other);
        }
        Some(Defect::WrongIssuer) => {
            // The path counts: without a public URL any origin may be ours.
            let other = "https://other-issuer.example.test/other";
            payload.insert("iss".to_owned(), json!(other));
            if kind == ForgedKind::Access {
                payload.insert(
                    "aud".to_owned(),
                    json!([format!("{other}/resources"), "js_api"]),
                );
            }
        }
        Some(Defect::UnknownKey) => {
            header.insert("kid".to_owned(), json!("0".repeat(40)));
            header.shift_remove("x5t");
        }
        Some(Defect::RetiredKey) => {
            header.insert("kid".to_owned(), json!(withdrawn_kid(key.kid())));
            header.shift_remove("x5t");
        }
        Some(Defect::AlgNone) => {
            header = Map::new();
            header.insert("alg".to_owned(), json!("none"));
            header.insert("typ".to_owned(), json!("JWT"));
        }
    }
    let mut token = encoded(&header);
    token.push('.');
    token.push_str(&encoded(&payload));
    match defect {
        Some(Defect::AlgNone) => token.push('.'),
        Some(Defect::BadSignature) => {
            // The signature of another text: whole, and wrong.
            let mut other = format!("{token}x");
            key.append_signature(&mut other)?;
            let signature = other.rsplit('.').next().unwrap_or_default();
            token.push('.');
            token.push_str(signature);
        }
        _ => key.append_signature(&mut token)?,
    }
    Ok(token)
}

fn encoded(part: &Map<String, Value>) -> String {
    URL_SAFE_NO_PAD.encode(Value::from(part.clone()).to_string())
}

/// Audience, times and kind of an id_token; the user's claims are those of the access token.
fn as_id_token(header: &mut Map<String, Value>, payload: &mut Map<String, Value>) {
    header.insert("typ".to_owned(), json!("JWT"));
    if let Some(client) = payload.shift_remove("client_id") {
        payload.insert("aud".to_owned(), client);
    }
    payload.shift_remove("scope");
    if let Some(issued) = payload.get("nbf").cloned() {
        payload.insert("iat".to_owned(), issued);
    }
}

/// Moves all times of a token.
fn shift(payload: &mut Map<String, Value>, seconds: i64) {
    for name in ["nbf", "exp", "iat", "auth_time"] {
        if let Some(value) = payload.get_mut(name)
            && let Some(at) = value.as_i64()
        {
            *value = json!(at.saturating_add(seconds));
        }
    }
}

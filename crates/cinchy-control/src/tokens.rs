//! `POST /_emulator/tokens`: any token for anybody, good or with one defect. `POST /_emulator/keys/rotate`.

use std::str::FromStr as _;

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use cinchy_auth::token::forge::{Defect, ForgedKind, forge};
use cinchy_auth::token::{AccessToken, UserClaims};
use cinchy_auth::{IntegratedClient, PlainSecret, Scope, TokenProfile, User, pat};
use cinchy_storage::tokens;
use cinchy_web::{Instance, Site, run};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::body::{self, duration};
use crate::error::ControlError;

/// Days that a personal access token lives without a `lifetime`.
const PAT_DAYS: i64 = 30;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    client: Option<String>,
    user: Option<String>,
    scopes: Option<Value>,
    lifetime: Option<Value>,
    #[serde(default)]
    claims: Map<String, Value>,
    #[serde(default)]
    kind: Kind,
    defect: Option<String>,
}

#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Access,
    Id,
    Pat,
}

/// Makes a token without asking for passwords or secrets. Its client and user must exist; whether they are enabled is
/// for whoever gets the token to find out.
pub async fn mint(
    site: Site,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ControlError> {
    let body = body.map_err(|_| ControlError::CutOff)?;
    let wanted: Wanted = body::json(&body)?;
    let defect = match wanted.defect.as_deref() {
        None | Some("") => None,
        Some(text) => {
            Some(Defect::from_str(text).map_err(|error| ControlError::Body(error.to_string()))?)
        }
    };
    let answer = run(move || match wanted.kind {
        Kind::Pat => personal(&site.instance, &wanted, defect),
        kind => signed(&site, wanted, kind, defect),
    })
    .await?;
    Ok(HttpResponse::Ok().json(answer))
}

fn lifetime(wanted: &Wanted) -> Result<Option<TimeDelta>, ControlError> {
    wanted.lifetime.as_ref().map(duration).transpose()
}

/// An access token or an id_token.
fn signed(
    site: &Site,
    wanted: Wanted,
    kind: Kind,
    defect: Option<Defect>,
) -> Result<Value, ControlError> {
    let instance = &site.instance;
    let client_id = wanted
        .client
        .clone()
        .ok_or_else(|| ControlError::Body("give the `client` that the token is for".to_owned()))?;
    let (client, user, profile) = instance.database().read(|conn| {
        let generation = instance.generation(conn)?;
        let client = generation
            .client(conn, &client_id)?
            .ok_or_else(|| ControlError::NoClient(client_id.clone()))?;
        let user = match wanted.user.as_deref().filter(|name| !name.is_empty()) {
            None => None,
            Some(name) => Some(
                generation
                    .user_by_name(conn, name)?
                    .ok_or_else(|| ControlError::NoUser(name.to_owned()))?,
            ),
        };
        let profile = instance.token_profile(conn, &generation)?;
        Ok::<_, ControlError>((client, user, profile))
    })?;
    if kind == Kind::Id && user.is_none() {
        return Err(ControlError::Body(
            "an id_token is about a `user`; give one".to_owned(),
        ));
    }
    let scopes = scopes(wanted.scopes.as_ref(), &client)?;
    let seconds = match lifetime(&wanted)? {
        None => client.lifetime(),
        Some(given) => i32::try_from(given.num_seconds()).map_err(|_| {
            ControlError::Body("the lifetime is longer than a token can say".to_owned())
        })?,
    };
    let now = instance.clock().now();
    let keys = instance.keys()?;
    let good = instance.mint(
        &AccessToken {
            issuer: &site.issuer(),
            client_id: &client.client_id,
            user: user.as_ref().map(|entry| claims_of(&entry.user, now)),
            scopes: &scopes,
            lifetime: seconds,
        },
        keys.current(),
        profile,
        now,
    )?;
    let forged = match kind {
        Kind::Id => ForgedKind::Id,
        _ => ForgedKind::Access,
    };
    let plain = kind == Kind::Access && wanted.claims.is_empty() && defect.is_none();
    let token = if plain {
        good.access_token
    } else {
        forge(&good.access_token, forged, wanted.claims, defect, &keys)?
    };
    tracing::info!(client.id = %client.client_id, defect = ?defect, "token minted through the control API");
    Ok(match kind {
        Kind::Id => json!({"id_token": token, "expires_in": seconds, "token_type": "Bearer"}),
        _ => {
            let mut answer =
                json!({"access_token": token, "expires_in": seconds, "token_type": "Bearer"});
            if profile == TokenProfile::V4 {
                answer["scope"] = Scope::wire_text(&scopes).into();
            }
            answer
        }
    })
}

fn claims_of(user: &User, now: DateTime<Utc>) -> UserClaims<'_> {
    UserClaims::of(user, "custom", now)
}

/// A list, or one text with blanks. Left out: what the client may ask for, but for a refresh token.
fn scopes(given: Option<&Value>, client: &IntegratedClient) -> Result<Vec<Scope>, ControlError> {
    let names: Vec<String> = match given {
        None | Some(Value::Null) => {
            // As a request without scopes gets them, without what no token of this call comes with.
            let mut permitted = client.scopes.clone();
            permitted.retain(|scope| *scope != Scope::OfflineAccess);
            if !permitted.contains(&Scope::JsApi) {
                permitted.push(Scope::JsApi);
            }
            return Ok(permitted);
        }
        Some(Value::String(text)) => text.split_whitespace().map(str::to_owned).collect(),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().unwrap_or_default().to_owned())
            .collect(),
        Some(_) => {
            return Err(ControlError::Body(
                "`scopes` is a list of names, or one text with blanks between".to_owned(),
            ));
        }
    };
    names
        .iter()
        .map(|name| {
            Scope::from_wire(name).ok_or_else(|| {
                ControlError::Body(format!("there is no scope `{}`", name.escape_default()))
            })
        })
        .collect()
}

/// A personal access token: the fifth-token and one-year rules bind people, not tests.
fn personal(
    instance: &Instance,
    wanted: &Wanted,
    defect: Option<Defect>,
) -> Result<Value, ControlError> {
    let name = wanted
        .user
        .as_deref()
        .filter(|name| !name.is_empty())
        .ok_or_else(|| {
            ControlError::Body("a personal access token is a `user`'s; give one".to_owned())
        })?;
    if !wanted.claims.is_empty() {
        return Err(ControlError::Body(
            "a personal access token has no claims".to_owned(),
        ));
    }
    let now = instance.clock().now();
    let long = match lifetime(wanted)? {
        None => TimeDelta::days(PAT_DAYS),
        Some(given) => given,
    };
    let (created, kept) = match defect {
        None => (now, true),
        Some(Defect::Expired) => (now - long - TimeDelta::minutes(1), true),
        // Nobody knows it: what a wrong value comes to.
        Some(Defect::UnknownKey | Defect::BadSignature) => (now, false),
        Some(_) => {
            return Err(ControlError::Body(
                "a personal access token can only be `expired`, or unknown (`unknown_key`)"
                    .to_owned(),
            ));
        }
    };
    let expires = created.checked_add_signed(long).ok_or_else(|| {
        ControlError::Body("the lifetime is longer than a date can say".to_owned())
    })?;
    let token: PlainSecret = pat::generate(&mut rand::rng());
    let hash = pat::hash(&token);
    instance.database().write(|conn| {
        let generation = instance.uncommitted_generation(conn)?;
        let user = generation
            .user_by_name(conn, name)?
            .ok_or_else(|| ControlError::NoUser(name.to_owned()))?;
        if kept {
            tokens::insert(
                conn,
                &tokens::NewToken {
                    user_id: user.user.id,
                    name: "minted by a test",
                    description: None,
                    token_hash: &hash,
                    created: created.naive_utc(),
                    expires: expires.naive_utc(),
                },
            )?;
        }
        Ok::<_, ControlError>(())
    })?;
    Ok(json!({
        "token": token.expose(),
        "expires": expires.to_rfc3339_opts(SecondsFormat::Secs, true),
        "token_type": "Bearer",
    }))
}

/// Makes another key sign from now on; the old one stays listed until its tokens have expired.
pub async fn rotate(site: Site) -> Result<HttpResponse, ControlError> {
    let kid = run(move || site.instance.rotate_keys().map_err(ControlError::from)).await?;
    Ok(HttpResponse::Ok().json(json!({ "kid": kid })))
}

//! Endpoints at which a client asks about a token, or takes it back: introspection (RFC 7662) and revocation (RFC 7009).

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, PRAGMA};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cinchy_auth::token::Purpose;
use cinchy_auth::{ClientForm, IntegratedClient, PlainSecret, TokenError, handle};
use cinchy_storage::{StorageError, grants};
use cinchy_web::codes::new_key;
use cinchy_web::{AuthError, Event, Instance, Site, WithReason as _, run};
use serde_json::{Map, Value, json};
use std::sync::Arc;

use crate::error::IdentityError;
use crate::params;
use crate::token::credential;

/// The form of a client, which is authenticated.
async fn client_of(
    site: &Site,
    request: &HttpRequest,
    body: &[u8],
) -> Result<(ClientForm, Arc<IntegratedClient>), IdentityError> {
    let form = ClientForm::parse(&credential(request), params::pairs(body))?;
    let (instance, id) = (site.instance.clone(), form.client_id().to_owned());
    let client = run(move || {
        instance.database().read(|conn| {
            let generation = instance.generation(conn)?;
            Ok::<_, IdentityError>(generation.client(conn, &id)?)
        })
    })
    .await?;
    form.authenticate(client.as_deref())?;
    let client = client.ok_or_else(|| TokenError::UnknownClient(form.client_id().to_owned()))?;
    Ok((form, client))
}

/// Authenticates the client of a device authorization request.
///
/// # Errors
/// The refusals of the token endpoint.
pub async fn client(
    site: &Site,
    request: &HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<(ClientForm, Arc<IntegratedClient>), IdentityError> {
    if request.method() != Method::POST {
        return Err(TokenError::NotPost.into());
    }
    if !params::is_form(request) {
        return Err(TokenError::NotForm.into());
    }
    let body = body.map_err(|_| IdentityError::TooLarge)?;
    client_of(site, request, &body).await
}

/// `POST /connect/introspect`. The platform documents no secret of an API, so confidential clients may ask (decided).
///
/// # Errors
/// 401 without a client's credential, 405, 415, 400 without a token.
pub async fn introspect(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, IdentityError> {
    if request.method() != Method::POST {
        return Err(IdentityError::Method("POST"));
    }
    if !params::is_form(&request) {
        return Err(IdentityError::NotForm);
    }
    let body = body.map_err(|_| IdentityError::TooLarge)?;
    let (form, client) = client_of(&site, &request, &body)
        .await
        .map_err(|error| match error {
            IdentityError::Token(TokenError::RepeatedParameter(name)) => {
                IdentityError::Token(TokenError::RepeatedParameter(name))
            }
            IdentityError::Token(error) => IdentityError::Caller(error),
            other => other,
        })?;
    if client.is_implicit_only() {
        let missing = cinchy_auth::client::ClientRefusal::SecretMissing;
        return Err(IdentityError::Caller(missing.into()));
    }
    let token = form.token.ok_or(IdentityError::MissingToken)?;
    let instance = site.instance.clone();
    let told = run(move || {
        let good = instance.database().read(|conn| {
            let generation = instance.generation(conn)?;
            match instance.access_token_of(conn, &generation, &token, Purpose::Identity) {
                Ok(_) => Ok(Ok(())),
                Err(AuthError::Storage(error)) => Err(IdentityError::from(error)),
                Err(defect) => Ok(Err(defect.to_string())),
            }
        })?;
        Ok::<_, IdentityError>(good.map(|()| payload(&token)))
    })
    .await?;
    let (body, reason) = match told {
        Ok(body) => (body, None),
        // Nothing more is told of a token that is not good.
        Err(reason) => (json!({"active": false}), Some(reason)),
    };
    let response = HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store, no-cache, max-age=0"))
        .insert_header((PRAGMA, "no-cache"))
        .content_type("application/json; charset=UTF-8")
        .json(body);
    Ok(match reason {
        Some(reason) => response.with_reason(reason),
        None => response,
    })
}

/// All claims of a token that was verified, with `scope` as one text.
fn payload(token: &PlainSecret) -> Value {
    let claims = token
        .expose()
        .split('.')
        .nth(1)
        .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok())
        .and_then(|json| serde_json::from_slice::<Map<String, Value>>(&json).ok());
    let mut claims = claims.unwrap_or_default();
    if let Some(Value::Array(scopes)) = claims.get("scope") {
        let text: Vec<&str> = scopes.iter().filter_map(Value::as_str).collect();
        let text = text.join(" ");
        claims.insert("scope".to_owned(), Value::String(text));
    }
    claims.insert("active".to_owned(), Value::Bool(true));
    Value::Object(claims)
}

/// `POST /connect/revocation`: refresh tokens, and access tokens too, in every process (decided; IdentityServer revokes no
/// JWT). 200 whatever the token is; another client's is not revoked.
///
/// # Errors
/// 400 for the client, a missing token, an unknown hint.
pub async fn revoke(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, IdentityError> {
    let (form, client) = client(&site, &request, body).await?;
    let token = form.token.ok_or(IdentityError::NoTokenToRevoke)?;
    match form.token_type_hint.as_deref() {
        None | Some("access_token" | "refresh_token") => {}
        Some(_) => return Err(IdentityError::TokenTypeHint),
    }
    let instance = site.instance.clone();
    let revoked = {
        let client = client.clone();
        run(move || revoke_token(&instance, &client.client_id, &token)).await?
    };
    if revoked {
        Event::TokenRevoked {
            client_id: &client.client_id,
        }
        .log();
    }
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store, no-cache, max-age=0"))
        .insert_header((PRAGMA, "no-cache"))
        .finish())
}

fn revoke_token(
    instance: &Instance,
    client_id: &str,
    token: &PlainSecret,
) -> Result<bool, IdentityError> {
    let hash = handle::hash(token.expose());
    let now = instance.clock().now().naive_utc();
    let refresh = instance.database().write_sessions(|conn| {
        let found = grants::find(conn, &hash, "refresh")?;
        let Some(grant) = found.filter(|grant| grant.client_id == client_id) else {
            return Ok(false);
        };
        grants::end_family(conn, &grant.family, new_key(), now)?;
        Ok::<_, StorageError>(true)
    })?;
    if refresh {
        instance.announce()?;
        return Ok(true);
    }
    let claims = instance.database().read(|conn| {
        let generation = instance.generation(conn)?;
        match instance.access_token_of(conn, &generation, token, Purpose::Identity) {
            Ok((claims, _)) => Ok(Some(claims)),
            Err(AuthError::Storage(error)) => Err(IdentityError::from(error)),
            Err(_) => Ok(None),
        }
    })?;
    let Some(claims) = claims.filter(|claims| claims.client_id == client_id) else {
        return Ok(false);
    };
    instance
        .database()
        .write_sessions(|conn| grants::revoke(conn, &hash, claims.expires_at.naive_utc()))?;
    instance.announce()?;
    Ok(true)
}

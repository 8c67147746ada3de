//! Single sign-on in the browser: out to the identity provider with a request, back with its answer.
//!
//! 1. `/account/external` keeps the request, gives the browser a cookie for it, and sends it to the identity provider.
//! 2. The identity provider lets the browser post its answer to `/Saml2/Acs`. That comes from another site, so over plain
//!    http the browser sends no cookie with it: whom the answer signs in is noted beside the request, and nothing more.
//! 3. `/account/external/callback` knows the browser by its cookie, so nobody can be signed in as somebody else by a form
//!    on a foreign page, and starts the session.
//!
//! What the browser carries is a handle and its hash; where the login goes on to is kept here and never in RelayState.
//! An answer that nobody asked for is refused (documented: the pattern is initiated by the service provider).

use std::sync::Arc;

use actix_web::http::header::SET_COOKIE;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;
use cinchy_auth::handle;
use cinchy_saml::{AuthnRequest, ServiceProvider as Metadata};
use cinchy_seed::model::Saml;
use cinchy_storage::StorageError;
use cinchy_storage::grants::{self, StoredGrant};
use cinchy_web::cookie::{self, Reader};
use cinchy_web::form::encode;
use cinchy_web::{Event, Instance, PrincipalEntry, Site, run};
use serde::{Deserialize, Serialize};

use super::{SamlRefusal, ServiceProvider, Use, providers, user_of};
use crate::account::{Proof, complete};
use crate::error::IdentityError;
use crate::params::{self, Fields};
use crate::{home, page};

/// What a kept request is filed under.
const KIND: &str = "external";
/// How long a person may take at the identity provider.
const LIFETIME: TimeDelta = TimeDelta::minutes(15);
/// Said to a person whom the identity provider knows and the platform does not (documented).
const NOT_REGISTERED: &str =
    "You are not a registered user in Cinchy. Please contact your Cinchy administrator.";
const FAILED: &str = "The sign-in with the identity provider failed.";

/// A request that is under way.
#[derive(Serialize, Deserialize)]
struct Pending {
    /// Where the login goes on to.
    return_url: String,
    /// The identity provider that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    identity_provider: Option<String>,
}

impl Pending {
    fn to_json(&self) -> String {
        serde_json::to_string(self).expect("texts always serialize")
    }
}

/// Where "Login with Single Sign-On" leads, for a login that goes on to `return_url`; `None` where no identity provider is
/// configured.
///
/// # Errors
/// The database's.
pub(crate) async fn address(
    site: &Site,
    return_url: &str,
) -> Result<Option<String>, IdentityError> {
    let instance = site.instance.clone();
    let configured = run(move || {
        let saml = configured(&instance)?;
        Ok::<_, IdentityError>(!saml.identity_providers.is_empty())
    })
    .await?;
    Ok(configured.then(|| {
        format!(
            "{}/account/external?returnUrl={}",
            site.path(),
            encode(return_url)
        )
    }))
}

fn configured(instance: &Instance) -> Result<Arc<Saml>, StorageError> {
    instance.database().read(|conn| {
        let generation = instance.generation(conn)?;
        generation.saml(conn)
    })
}

/// `GET /account/external`: out to the first identity provider that a browser can be sent to.
///
/// # Errors
/// The database's.
pub(crate) async fn begin(site: Site, request: HttpRequest) -> Result<HttpResponse, IdentityError> {
    if params::url_too_long(&request) {
        return Err(IdentityError::UrlTooLong);
    }
    let fields = Fields::of(request.query_string().as_bytes());
    let return_url = params::local(fields.get("returnUrl")).unwrap_or_default();
    let pending = Pending {
        return_url: return_url.to_owned(),
        identity_provider: None,
    };
    let to_go = {
        let site = site.clone();
        run(move || keep(&site, &pending)).await?
    };
    match to_go {
        Some((url, handle)) => {
            let name = &site.instance.cookies().external;
            let cookie = cookie::set(&site, name, &handle, Reader::Server);
            page::go(&url, [cookie])
        }
        None => refuse(&site, &SamlRefusal::NoProvider),
    }
}

/// Keeps a new request; the address to send the browser to, and the handle of the request.
fn keep(site: &Site, pending: &Pending) -> Result<Option<(String, String)>, IdentityError> {
    let instance = &site.instance;
    let saml = configured(instance)?;
    let providers = providers(&saml);
    let Some(destination) = providers.iter().find_map(|provider| provider.sso_url()) else {
        return Ok(None);
    };
    let handle = handle::new(&mut rand::rng());
    let key_hash = handle::hash(handle.expose());
    let now = instance.clock().now();
    instance.database().write_sessions(|conn| {
        grants::insert(
            conn,
            &StoredGrant {
                key_hash: key_hash.clone(),
                kind: KIND.to_owned(),
                family: String::new(),
                client_id: String::new(),
                user_id: None,
                data: pending.to_json(),
                created: now.naive_utc(),
                expires: now.checked_add_signed(LIFETIME).unwrap_or(now).naive_utc(),
                consumed: None,
            },
        )
    })?;
    let service = ServiceProvider::at(site);
    let id = request_id(&key_hash);
    let acs = service.acs(&saml);
    let request = AuthnRequest {
        id: &id,
        at: now,
        destination,
        issuer: service.entity_id(&saml),
        acs: &acs,
    };
    Ok(Some((
        request.redirect_url(&id),
        handle.expose().to_owned(),
    )))
}

/// The id of a request; an XML name does not begin with a digit.
fn request_id(key_hash: &str) -> String {
    format!("_{key_hash}")
}

/// `POST /Saml2/Acs`: the answer of the identity provider.
///
/// # Errors
/// 415 for what is no form, or the database's.
pub(crate) async fn acs(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, IdentityError> {
    if !params::is_form(&request) {
        return Err(IdentityError::NotForm);
    }
    let fields = Fields::of(&body.map_err(|_| IdentityError::TooLarge)?);
    let token = fields.get("SAMLResponse").unwrap_or_default().to_owned();
    let state = fields.get("RelayState").unwrap_or_default().to_owned();
    let answered = {
        let site = site.clone();
        run(move || match answer(&site, &token, &state) {
            Err(SamlRefusal::Storage(error)) => Err(IdentityError::from(error)),
            answered => Ok(answered),
        })
        .await?
    };
    match answered {
        Ok(()) => page::go(&format!("{}/account/external/callback", site.path()), []),
        Err(refusal) => refuse(&site, &refusal),
    }
}

/// Notes whom an answer signs in beside the request that it answers.
fn answer(site: &Site, token: &str, state: &str) -> Result<(), SamlRefusal> {
    let instance = &site.instance;
    let key_hash = state.strip_prefix('_').unwrap_or_default();
    let (waiting, mut pending) = kept(instance, key_hash)?.ok_or(SamlRefusal::NotAsked)?;
    let service = ServiceProvider::at(site);
    let id = request_id(key_hash);
    let vouched = user_of(instance, &service, token, Use::Browser { request: &id })?;
    pending.identity_provider = Some(vouched.identity_provider);
    let (user_id, data) = (vouched.entry.user.id, pending.to_json());
    let now = instance.clock().now().naive_utc();
    let first = instance
        .database()
        .write_sessions(|conn| grants::decide(conn, &waiting, Some(user_id), &data, now))?;
    if first {
        Ok(())
    } else {
        Err(SamlRefusal::NotAsked)
    }
}

/// A request that waits for its answer.
fn kept(
    instance: &Instance,
    key_hash: &str,
) -> Result<Option<(StoredGrant, Pending)>, SamlRefusal> {
    let found = find(instance, key_hash)?;
    Ok(found.filter(|(grant, _)| grant.user_id.is_none()))
}

/// A request that is not too old, with what was kept.
fn find(
    instance: &Instance,
    key_hash: &str,
) -> Result<Option<(StoredGrant, Pending)>, StorageError> {
    if key_hash.is_empty() || key_hash.len() > handle::MAX_CHARS {
        return Ok(None);
    }
    let found = instance
        .database()
        .with_sessions(|conn| grants::find(conn, key_hash, KIND))?;
    let now = instance.clock().now().naive_utc();
    Ok(found.filter(|grant| now < grant.expires).and_then(|grant| {
        let pending = serde_json::from_str(&grant.data).ok()?;
        Some((grant, pending))
    }))
}

/// `GET /account/external/callback`: the browser that began comes back, and is signed in.
///
/// # Errors
/// The database's.
pub(crate) async fn callback(
    site: Site,
    request: HttpRequest,
) -> Result<HttpResponse, IdentityError> {
    let name = site.instance.cookies().external.clone();
    let handle = cookie::read(&request, &name).unwrap_or_default();
    let done = {
        let instance = site.instance.clone();
        run(move || take(&instance, &handle).map_err(IdentityError::from)).await?
    };
    let Some((entry, pending)) = done else {
        return refuse(&site, &SamlRefusal::NotAsked);
    };
    let proof = Proof {
        method: "external",
        identity_provider: pending.identity_provider.unwrap_or_default(),
        logged: "external",
    };
    let over = cookie::remove(&site, &name);
    let back = params::local(Some(&pending.return_url));
    let mut response = complete(site, &request, entry, proof, back).await?;
    response.headers_mut().append(SET_COOKIE, over);
    Ok(response)
}

/// Ends a request that was answered; the user, and where to go on to.
fn take(
    instance: &Instance,
    handle: &str,
) -> Result<Option<(Arc<PrincipalEntry>, Pending)>, StorageError> {
    if handle.is_empty() || handle.len() > handle::MAX_CHARS {
        return Ok(None);
    }
    let key_hash = handle::hash(handle);
    let Some((grant, pending)) = find(instance, &key_hash)? else {
        return Ok(None);
    };
    let Some(user_id) = grant.user_id else {
        return Ok(None);
    };
    let first = instance
        .database()
        .write_sessions(|conn| grants::delete(conn, &key_hash))?;
    let entry = instance.live_user(user_id)?;
    Ok(entry.filter(|_| first).map(|entry| (entry, pending)))
}

/// `GET /Saml2`: who we are, for the identity provider.
///
/// # Errors
/// The database's.
pub(crate) async fn metadata(site: Site) -> Result<HttpResponse, IdentityError> {
    let instance = site.instance.clone();
    let saml = run(move || configured(&instance).map_err(IdentityError::from)).await?;
    let service = ServiceProvider::at(&site);
    let text = Metadata {
        entity_id: service.entity_id(&saml),
        acs: &service.acs(&saml),
    }
    .metadata();
    Ok(HttpResponse::Ok()
        .content_type("application/samlmetadata+xml")
        .body(text))
}

/// The page for the person whose sign-in failed.
fn refuse(site: &Site, refusal: &SamlRefusal) -> Result<HttpResponse, IdentityError> {
    Event::SignInRefused { reason: refusal }.log();
    let message = match refusal {
        SamlRefusal::UnknownUser(_) | SamlRefusal::LongName => NOT_REGISTERED,
        _ => FAILED,
    };
    home::sign_in_failed(site, message, &refusal.to_string())
}

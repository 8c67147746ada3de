//! Sign-in on another device (RFC 8628): codes for a device without a browser, and the page where its user enters one.

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, PRAGMA};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::TimeDelta;
use cinchy_auth::{GrantKind, Scope, TokenError, handle, scope};
use cinchy_storage::grants::{self, StoredGrant};
use cinchy_web::anti_forgery::BoundTo;
use cinchy_web::codes::{GrantData, later};
use cinchy_web::form::encode;
use cinchy_web::session::{self, Kind, SignedIn};
use cinchy_web::{Instance, Site, anti_forgery, run};
use rand::RngExt as _;
use serde::Serialize;

use crate::account::posted;
use crate::error::IdentityError;
use crate::page::{self, Frame};
use crate::params::Fields;
use crate::tokens;

/// The kind of a device code's grant.
pub const KIND: &str = "device";
/// What the data of a grant say when its user refused.
pub const DENIED: &str = "denied";
/// Seconds that a device waits between two questions.
pub const INTERVAL: i64 = 5;
/// Seconds that the codes live (IdentityServer).
const LIFETIME: i64 = 300;

/// RFC 8628 3.2.
#[derive(Serialize)]
struct Codes {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    expires_in: i64,
    interval: i64,
}

#[derive(Template)]
#[template(path = "identity/device.html")]
struct DevicePage {
    frame: Frame,
    token: String,
    user: String,
    user_code: String,
    /// What happened to a code that was entered.
    message: Option<&'static str>,
    /// The client that a known code belongs to, and what it asks for.
    asks: Option<(String, String)>,
}

/// `POST /connect/deviceauthorization`.
///
/// # Errors
/// The refusals of the token endpoint.
pub async fn authorize(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, IdentityError> {
    let (form, client) = tokens::client(&site, &request, body).await?;
    if !client.allows(GrantKind::DeviceCode) {
        return Err(TokenError::GrantNotAllowed(GrantKind::DeviceCode).into());
    }
    let scopes = scope::resolve(form.scope.as_deref(), &client.scopes).map_err(TokenError::from)?;
    let code = handle::new(&mut rand::rng());
    // Nine digits, of which the first is none that a person might leave out.
    let user_code = rand::rng()
        .random_range(100_000_000_u32..1_000_000_000)
        .to_string();
    let now = site.instance.clock().now();
    let grant = StoredGrant {
        key_hash: handle::hash(code.expose()),
        kind: KIND.to_owned(),
        family: handle::hash(&user_code),
        client_id: client.client_id.clone(),
        user_id: None,
        data: Scope::wire_text(&scopes),
        created: now.naive_utc(),
        expires: later(now, TimeDelta::seconds(LIFETIME)).naive_utc(),
        consumed: None,
    };
    let instance = site.instance.clone();
    run(move || instance.keep_grant(&grant).map_err(IdentityError::from)).await?;
    let page = format!("{}/device", site.issuer());
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store, no-cache, max-age=0"))
        .insert_header((PRAGMA, "no-cache"))
        .content_type("application/json; charset=UTF-8")
        .json(Codes {
            device_code: code.expose().to_owned(),
            verification_uri_complete: format!("{page}?userCode={user_code}"),
            user_code,
            verification_uri: page,
            expires_in: LIFETIME,
            interval: INTERVAL,
        }))
}

/// `GET|POST /device`.
///
/// # Errors
/// A form that is none of ours, too many wrong codes, or the database's.
pub async fn page(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, IdentityError> {
    let fields = match *request.method() {
        Method::GET | Method::HEAD => Fields::of(request.query_string().as_bytes()),
        Method::POST => posted(&site, &request, BoundTo::Session, body)?,
        _ => return Err(IdentityError::Method("GET, POST")),
    };
    let user_code: String = fields
        .get("userCode")
        .unwrap_or_default()
        .chars()
        .filter(|c| !matches!(c, ' ' | '-'))
        .take(20)
        .collect();
    let decision = match (request.method(), fields.get("button")) {
        (&Method::POST, Some("allow")) => Some(true),
        (&Method::POST, Some("deny")) => Some(false),
        _ => None,
    };
    let cookie = session::sso_cookie(&site, &request);
    let instance = site.instance.clone();
    let session = run(move || match cookie {
        Some(cookie) => Ok(instance.session(Kind::Sso, &cookie)?),
        None => Ok::<_, IdentityError>(None),
    })
    .await?;
    let Some(session) = session else {
        let base = site.path();
        let back = format!("{base}/device?userCode={}", encode(&user_code));
        return page::go(
            &format!("{base}/account/login?returnUrl={}", encode(&back)),
            [],
        );
    };
    let (instance, code, user) = (site.instance.clone(), user_code.clone(), session.clone());
    let (message, asks) = run(move || entered(&instance, &user, &code, decision)).await?;
    let guard = anti_forgery::issue(&site, &request, BoundTo::Session);
    let page = DevicePage {
        frame: Frame::of(&site),
        token: guard.token,
        user: session.entry.user.display_name.clone(),
        user_code,
        message,
        asks,
    };
    page::show(&page, guard.cookie)
}

const UNKNOWN: &str = "This code is unknown, or its time is over. Look at the device again.";

type Outcome = (Option<&'static str>, Option<(String, String)>);

/// What becomes of a code that a user entered, and of the decision.
fn entered(
    instance: &Instance,
    session: &SignedIn,
    user_code: &str,
    decision: Option<bool>,
) -> Result<Outcome, IdentityError> {
    if user_code.is_empty() {
        return Ok((None, None));
    }
    let user = &session.entry.user;
    // Counted first, so that codes that are entered at once all count; a good one was no guess.
    if instance.guesses().take(user.id).is_err() {
        return Err(IdentityError::TooManyGuesses);
    }
    let now = instance.clock().now();
    let found = instance
        .database()
        .with_sessions(|conn| grants::of_family(conn, &handle::hash(user_code)))?;
    let grant = found.into_iter().find(|grant| {
        grant.kind == KIND
            && grant.user_id.is_none()
            && grant.data != DENIED
            && now < grant.expires.and_utc()
    });
    let Some(grant) = grant else {
        return Ok((Some(UNKNOWN), None));
    };
    instance.guesses().give_back(user.id);
    let (data, user_id, message) = match decision {
        None => return Ok((None, Some((grant.client_id, grant.data)))),
        Some(false) => (
            DENIED.to_owned(),
            None,
            "The device was refused. You may close this page.",
        ),
        Some(true) => {
            let data = GrantData {
                scope: grant.data.clone(),
                authenticated: session.login.at.timestamp(),
                method: session.login.method.clone(),
                identity_provider: session.login.identity_provider.clone(),
                sid: Some(session.login.sid.clone()),
                password_stamp: user.password_stamp(),
                redirect_uri: None,
                nonce: None,
                challenge: None,
                public: false,
            };
            (
                data.to_json(),
                Some(user.id),
                "The device is signed in. You may close this page.",
            )
        }
    };
    let decided = instance
        .database()
        .write_sessions(|conn| grants::decide(conn, &grant, user_id, &data, now.naive_utc()))?;
    Ok((Some(if decided { message } else { UNKNOWN }), None))
}

//! `/account/login`: user name and password; unless `--faithful`, one click as any user, or a failure on purpose.
//!
//! A refusal has one text for every reason, so that nobody learns which accounts exist.

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use cinchy_auth::{AuthenticationMethod, LockoutPolicy, PlainSecret, SignInRefusal, TokenError};
use cinchy_storage::users;
use cinchy_web::anti_forgery::BoundTo;
use cinchy_web::{AuthError, Event, Site, WithReason as _, anti_forgery, is_local_origin, run};

use super::{Proof, complete, password, posted};
use crate::error::IdentityError;
use crate::page::{self, Frame};
use crate::params::{self, Fields};
use crate::{authorize, saml};

/// So many users are offered for one click.
const MOST_CHOICES: i64 = 50;

#[derive(Template)]
#[template(path = "identity/login.html")]
struct LoginPage<'a> {
    frame: Frame,
    token: String,
    return_url: &'a str,
    username: &'a str,
    message: Option<String>,
    /// The password is too old: the way to another one is shown.
    expired: bool,
    single_sign_on: Option<String>,
    choices: Vec<Choice>,
}

struct Choice {
    id: i32,
    username: String,
    name: String,
}

/// `GET /account/login`.
///
/// # Errors
/// The database's.
pub async fn show(site: Site, request: HttpRequest) -> Result<HttpResponse, IdentityError> {
    let fields = Fields::of(request.query_string().as_bytes());
    let return_url = params::local(fields.get("returnUrl")).unwrap_or_default();
    let hint = return_url
        .split_once('?')
        .and_then(|(_, query)| {
            Fields::of(query.as_bytes())
                .get("login_hint")
                .map(str::to_owned)
        })
        .unwrap_or_default();
    again(&site, &request, return_url, &hint, None, false).await
}

/// The page, with what went wrong.
async fn again(
    site: &Site,
    request: &HttpRequest,
    return_url: &str,
    username: &str,
    message: Option<String>,
    expired: bool,
) -> Result<HttpResponse, IdentityError> {
    let choices = if may_choose(site, request) {
        let instance = site.instance.clone();
        let found = run(move || {
            instance
                .database()
                .read(|conn| users::list_interactive(conn, MOST_CHOICES))
                .map_err(IdentityError::from)
        })
        .await?;
        found
            .into_iter()
            .map(|(id, username, name)| Choice { id, username, name })
            .collect()
    } else {
        Vec::new()
    };
    let guard = anti_forgery::issue(site, request, BoundTo::Browser);
    let page = LoginPage {
        frame: Frame::of(site),
        token: guard.token,
        return_url,
        username,
        message,
        expired,
        single_sign_on: saml::address(site, return_url).await?,
        choices,
    };
    page::show(&page, guard.cookie)
}

/// Headers of a proxy. One on this machine may call a server that the world reaches by a local name.
const OF_PROXIES: [&str; 5] = [
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-real-ip",
];

/// Whether anybody may sign in as anybody: on a machine of one's own, not behind a proxy or a public address, and not
/// under `--faithful`.
fn may_choose(site: &Site, request: &HttpRequest) -> bool {
    let options = &site.platform.options;
    !options.faithful
        && options.loopback
        && options.public_url.as_deref().is_none_or(is_local_origin)
        && site.is_local_host()
        && !OF_PROXIES
            .iter()
            .any(|name| request.headers().contains_key(*name))
}

/// `POST /account/login`.
///
/// # Errors
/// A form that is none of ours, or the database's.
pub async fn post(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, IdentityError> {
    let fields = posted(&site, &request, BoundTo::Browser, body)?;
    let return_url = params::local(fields.get("returnUrl"));
    let back = return_url.unwrap_or_default();
    if fields.get("button") == Some("cancel") {
        return authorize::cancelled(site, return_url).await;
    }
    let (lockout, faithful) = (lockout(&site).await?, site.platform.options.faithful);
    if may_choose(&site, &request) {
        match fields.get("fail") {
            Some("cancelled") => return authorize::cancelled(site, return_url).await,
            Some("password") => {
                return again(
                    &site,
                    &request,
                    back,
                    "",
                    Some(refusal_text(lockout)),
                    false,
                )
                .await;
            }
            Some("locked") => {
                let text = format!(
                    "The account is locked after {} wrong passwords. It opens again after {} minutes.",
                    lockout.attempts, lockout.minutes
                );
                return again(&site, &request, back, "", Some(text), false).await;
            }
            Some("expired") => {
                return again(&site, &request, back, "", Some(EXPIRED.to_owned()), true).await;
            }
            _ => {}
        }
        if let Some(id) = fields.get("user").and_then(|id| id.parse().ok()) {
            return chosen(site, &request, id, return_url).await;
        }
    }
    let (username, secret) = (
        fields.get("username").unwrap_or_default(),
        PlainSecret::from(fields.get("password").unwrap_or_default()),
    );
    let refused = match sign_in(&site, username, secret).await? {
        Ok(entry) => {
            if faithful && password::must_change(&site, &entry.user) {
                return again(
                    &site,
                    &request,
                    back,
                    username,
                    Some(EXPIRED.to_owned()),
                    true,
                )
                .await;
            }
            return complete(site, &request, entry, Proof::password(), return_url).await;
        }
        Err(refused) => refused,
    };
    Event::SignInRefused { reason: &refused }.log();
    let page = again(
        &site,
        &request,
        back,
        username,
        Some(refusal_text(lockout)),
        false,
    )
    .await?;
    Ok(page.with_reason(refused.to_string()))
}

const EXPIRED: &str = "The password has expired. Choose a new one.";

/// One text for an unknown user, a wrong password, a locked account and one that may not use this page.
pub fn refusal_text(lockout: LockoutPolicy) -> String {
    if lockout.attempts == 0 {
        "Invalid username or password.".to_owned()
    } else {
        format!(
            "Invalid username or password. After {} wrong passwords an account is locked for {} minutes.",
            lockout.attempts, lockout.minutes
        )
    }
}

/// The lock-out rule.
pub async fn lockout(site: &Site) -> Result<LockoutPolicy, IdentityError> {
    let instance = site.instance.clone();
    run(move || {
        instance.database().read(|conn| {
            let generation = instance.generation(conn)?;
            Ok::<_, IdentityError>(generation.lockout(conn)?)
        })
    })
    .await
}

/// Signs in as the page does: by password, and not for service accounts.
pub async fn sign_in(
    site: &Site,
    username: &str,
    secret: PlainSecret,
) -> Result<Result<std::sync::Arc<cinchy_web::PrincipalEntry>, SignInRefusal>, IdentityError> {
    // A test ordered it.
    if site.sign_in_fails() {
        return Ok(Err(SignInRefusal::WrongPassword));
    }
    let too_long = |count: usize| count > TokenError::MAX_CHARS;
    if too_long(username.chars().count()) || too_long(secret.char_count()) {
        return Ok(Err(SignInRefusal::UnknownUser));
    }
    match site.sign_in(username, &secret).await {
        Ok(entry) if entry.user.authentication_method == AuthenticationMethod::NonInteractive => {
            Ok(Err(SignInRefusal::NonInteractive))
        }
        Ok(entry) => Ok(Ok(entry)),
        Err(AuthError::SignIn(refusal)) => Ok(Err(refusal)),
        Err(AuthError::TooManyFailed { wait }) => Err(IdentityError::Wait(wait.as_secs() + 1)),
        Err(error) => Err(IdentityError::from(error)),
    }
}

/// One click.
async fn chosen(
    site: Site,
    request: &HttpRequest,
    id: i32,
    return_url: Option<&str>,
) -> Result<HttpResponse, IdentityError> {
    let instance = site.instance.clone();
    let entry = run(move || Ok::<_, IdentityError>(instance.live_user(id)?)).await?;
    let entry = entry
        .filter(|e| e.user.authentication_method != AuthenticationMethod::NonInteractive)
        .ok_or(IdentityError::Forged)?;
    let proof = Proof {
        logged: "chooser",
        ..Proof::password()
    };
    complete(site, request, entry, proof, return_url).await
}

//! `/account/changepassword`: another password, for one's own wish, because the present one expired, or at the first login
//! under `--faithful`. The present password is asked for each time, and counts towards a lock-out like everywhere.

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use cinchy_auth::{PlainSecret, User};
use cinchy_web::anti_forgery::BoundTo;
use cinchy_web::session::{self, Kind};
use cinchy_web::{Event, Site, WithReason as _, anti_forgery, run};

use super::login::{lockout, refusal_text, sign_in};
use super::{Proof, complete, posted};
use crate::error::IdentityError;
use crate::page::{self, Frame};
use crate::params::{self, Fields};

#[derive(Template)]
#[template(path = "identity/change_password.html")]
struct ChangePage<'a> {
    frame: Frame,
    token: String,
    return_url: &'a str,
    username: &'a str,
    message: Option<String>,
    minimum_length: u32,
}

/// Whether a user must choose another password before anything else. Asked under `--faithful` only: the password is older
/// than the policy allows, or its user has never chosen one.
pub fn must_change(site: &Site, user: &User) -> bool {
    user.password_expires
        .is_none_or(|expires| site.instance.clock().now() >= expires)
}

/// `GET /account/changepassword`.
///
/// # Errors
/// The database's.
pub async fn show(site: Site, request: HttpRequest) -> Result<HttpResponse, IdentityError> {
    let fields = Fields::of(request.query_string().as_bytes());
    let return_url = params::local(fields.get("returnUrl")).unwrap_or_default();
    let cookie = session::sso_cookie(&site, &request);
    let instance = site.instance.clone();
    let signed_in = run(move || match cookie {
        Some(cookie) => Ok(instance.session(Kind::Sso, &cookie)?),
        None => Ok::<_, IdentityError>(None),
    })
    .await?;
    let known = signed_in.map(|session| session.entry.user.username.clone());
    let username = fields
        .get("username")
        .map(str::to_owned)
        .or(known)
        .unwrap_or_default();
    again(&site, &request, return_url, &username, None).await
}

async fn again(
    site: &Site,
    request: &HttpRequest,
    return_url: &str,
    username: &str,
    message: Option<String>,
) -> Result<HttpResponse, IdentityError> {
    let policy = policy(site).await?;
    let guard = anti_forgery::issue(site, request, BoundTo::Session);
    let page = ChangePage {
        frame: Frame::of(site),
        token: guard.token,
        return_url,
        username,
        message,
        minimum_length: policy.minimum_length,
    };
    page::show(&page, guard.cookie)
}

async fn policy(site: &Site) -> Result<cinchy_auth::policy::PasswordPolicy, IdentityError> {
    let instance = site.instance.clone();
    run(move || {
        instance.database().read(|conn| {
            let generation = instance.generation(conn)?;
            Ok::<_, IdentityError>(generation.password_policy(conn)?)
        })
    })
    .await
}

/// `POST /account/changepassword`.
///
/// # Errors
/// A form that is none of ours, or the database's.
pub async fn post(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, IdentityError> {
    let fields = posted(&site, &request, BoundTo::Session, body)?;
    let field = |name: &str| fields.get(name).unwrap_or_default().to_owned();
    let return_url = params::local(fields.get("returnUrl"));
    let back = return_url.unwrap_or_default();
    let username = field("username");
    let present = PlainSecret::from(field("password"));
    let new = PlainSecret::from(field("newPassword"));
    let entry = match sign_in(&site, &username, present.clone()).await? {
        Ok(entry) => entry,
        Err(refused) => {
            Event::SignInRefused { reason: &refused }.log();
            let text = refusal_text(lockout(&site).await?);
            let page = again(&site, &request, back, &username, Some(text)).await?;
            return Ok(page.with_reason(refused.to_string()));
        }
    };
    let policy = policy(&site).await?;
    let defect = if new == PlainSecret::from(field("confirmPassword")) {
        policy
            .check(&new, &present)
            .err()
            .map(|defect| defect.to_string())
    } else {
        Some("The two new passwords differ.".to_owned())
    };
    if defect.is_some() {
        return again(&site, &request, back, &username, defect).await;
    }
    let expires = policy.expiry(site.instance.clock().now());
    let (instance, id) = (site.instance.clone(), entry.user.id);
    let turn = site.platform.hashing().turn().await;
    run(move || {
        let changed = instance.change_password(id, &new, expires);
        drop(turn);
        changed.map_err(IdentityError::from)
    })
    .await?;
    complete(site, &request, entry, Proof::password(), return_url).await
}

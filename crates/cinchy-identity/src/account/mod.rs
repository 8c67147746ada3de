//! The pages of an account: login, logout, another password.

pub mod login;
pub mod logout;
pub mod password;

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use cinchy_auth::token::LOCAL;
use cinchy_web::anti_forgery::BoundTo;
use cinchy_web::session::{self, Kind, Login};
use cinchy_web::{Event, PrincipalEntry, Site, anti_forgery, run};
use std::sync::Arc;

use crate::error::IdentityError;
use crate::page;
use crate::params::{self, Fields};

/// The fields of a posted form of ours.
pub fn posted(
    site: &Site,
    request: &HttpRequest,
    bound: BoundTo,
    body: Result<Bytes, actix_web::Error>,
) -> Result<Fields, IdentityError> {
    if !params::is_form(request) {
        return Err(IdentityError::NotForm);
    }
    let fields = Fields::of(&body.map_err(|_| IdentityError::TooLarge)?);
    if !anti_forgery::check(site, request, bound, fields.get(anti_forgery::FIELD)) {
        return Err(IdentityError::Forged);
    }
    Ok(fields)
}

/// How a user proved to be the one.
pub struct Proof {
    /// `amr`.
    pub method: &'static str,
    /// `idp`.
    pub identity_provider: String,
    /// What the log says.
    pub logged: &'static str,
}

impl Proof {
    /// A password, at this server.
    pub fn password() -> Self {
        Self {
            method: "pwd",
            identity_provider: LOCAL.to_owned(),
            logged: "pwd",
        }
    }
}

/// Gives a user who proved to be the one a session, and sends the browser on. A session that the browser had ends: the new
/// one has another id (fixation).
///
/// # Errors
/// The database's.
pub async fn complete(
    site: Site,
    request: &HttpRequest,
    entry: Arc<PrincipalEntry>,
    proof: Proof,
    return_url: Option<&str>,
) -> Result<HttpResponse, IdentityError> {
    let old = session::sso_cookie(&site, request);
    let login = Login::new(
        proof.method,
        &proof.identity_provider,
        site.instance.clock().now(),
    );
    let (instance, user, started) = (site.instance.clone(), entry.user.clone(), login.clone());
    let cookie = run(move || {
        if let Some(old) = old
            && let Some(old) = instance.session(Kind::Sso, &old)?
        {
            instance.end_login(&old.login.sid)?;
        }
        Ok::<_, IdentityError>(instance.start_session(Kind::Sso, &user, &started)?)
    })
    .await?;
    Event::SignedIn {
        user_id: entry.user.id,
        method: proof.logged,
    }
    .log();
    let cookies = session::sso_cookies(&site, &cookie, &login.sid);
    match params::local(return_url) {
        Some(url) => page::go(url, cookies),
        None => page::go(&format!("{}/admin", page::Frame::of(&site).root), cookies),
    }
}

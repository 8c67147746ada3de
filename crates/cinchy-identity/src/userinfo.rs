//! `/connect/userinfo`: what a client may know of the user of its access token.

use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, PRAGMA};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use cinchy_auth::token::{IdentityClaims, Purpose, UserClaims};
use cinchy_auth::{Credential, PlainSecret, Scope};
use cinchy_web::{AuthError, Site, run};
use serde::Serialize;

use crate::error::IdentityError;
use crate::params::{self, Fields};

#[derive(Serialize)]
struct Answer<'a> {
    sub: String,
    #[serde(flatten)]
    claims: IdentityClaims<'a>,
}

/// `GET|POST /connect/userinfo`, with a bearer header, or `access_token` in a form; never in the query (RFC 6750 2.3).
///
/// # Errors
/// 401 for a token that is not good, 403 for one without `openid`.
pub async fn userinfo(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, IdentityError> {
    let in_form = match *request.method() {
        Method::GET => None,
        Method::POST if params::is_form(&request) => {
            let body = body.map_err(|_| IdentityError::TooLarge)?;
            Fields::of(&body).get("access_token").map(PlainSecret::from)
        }
        Method::POST => None,
        _ => return Err(IdentityError::Method("GET, POST")),
    };
    let header = request.headers().get(AUTHORIZATION).map(|v| v.as_bytes());
    let token = match Credential::parse(header) {
        Ok(Credential::Bearer(token)) => Some(token),
        _ => in_form,
    };
    let token = token.ok_or(IdentityError::Bearer(AuthError::Missing {
        expected: "Authorization: Bearer <access token>",
    }))?;
    let instance = site.instance.clone();
    let (claims, entry) = run(move || {
        instance.database().read(|conn| {
            let generation = instance.generation(conn)?;
            instance
                .access_token_of(conn, &generation, &token, Purpose::Identity)
                .map_err(IdentityError::of_bearer)
        })
    })
    .await?;
    if !claims.has_scope(Scope::OpenId) {
        return Err(IdentityError::InsufficientScope);
    }
    let entry = entry.ok_or(IdentityError::Bearer(AuthError::NoUser))?;
    let user = UserClaims::of(&entry.user, "", claims.expires_at);
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store, no-cache, max-age=0"))
        .insert_header((PRAGMA, "no-cache"))
        .content_type("application/json; charset=UTF-8")
        .json(Answer {
            sub: user.id.to_string(),
            claims: IdentityClaims::of(&user, |scope| claims.has_scope(scope)),
        }))
}

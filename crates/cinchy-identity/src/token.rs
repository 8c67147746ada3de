//! `POST /connect/token`.

use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use cinchy_auth::token::{AccessToken, UserClaims};
use cinchy_auth::{
    Credential, IntegratedClient, PlainSecret, Scope, TokenError, TokenForm, TokenProfile,
    TokenRequest, scope,
};
use cinchy_storage::Connection;
use cinchy_web::{Generation, Instance, PrincipalEntry, Site, run};
use serde::Serialize;
use std::sync::Arc;

use crate::error::IdentityError;

/// The answer: exactly the documented members, and `scope` in profile v4. Refresh and id tokens belong to other grants.
#[derive(Serialize)]
struct Answer {
    access_token: String,
    expires_in: i32,
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

/// What is signed. Signing needs no database and stays on the worker.
struct Granted {
    client: Arc<IntegratedClient>,
    user: Arc<PrincipalEntry>,
    scopes: Vec<Scope>,
    profile: TokenProfile,
}

/// `POST /connect/token`, and the refusal of every other verb. Parameters of the query string are not read, so that a
/// secret in a URL is never accepted.
///
/// # Errors
/// 400 with the documented JSON for every refusal.
pub async fn token(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, IdentityError> {
    if request.method() != Method::POST {
        return Err(TokenError::NotPost.into());
    }
    if !is_form(&request) {
        return Err(TokenError::NotForm.into());
    }
    let body = body.map_err(|_| IdentityError::TooLarge)?;
    let header = request.headers().get(AUTHORIZATION).map(|v| v.as_bytes());
    // A header that is no credential of a client gives way to the form.
    let credential = Credential::parse(header).unwrap_or(Credential::None);
    let form = TokenForm::parse(&credential, form_pairs(&body))?;
    let granted = granted(&site.instance, form).await?;
    let now = site.instance.clock().now();
    let token = AccessToken {
        issuer: &site.issuer(),
        client_id: &granted.client.client_id,
        user: Some(UserClaims::password_grant(&granted.user.user, now)),
        scopes: &granted.scopes,
        lifetime: granted.client.lifetime(),
    };
    let minted = token.mint(
        site.instance.keys().current(),
        granted.profile,
        now,
        &mut rand::rng(),
    )?;
    tracing::debug!(client.id = %granted.client.client_id, user.id = granted.user.user.id, "token issued");
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store, no-cache, max-age=0"))
        .insert_header((PRAGMA, "no-cache"))
        .content_type("application/json; charset=UTF-8")
        .json(Answer {
            access_token: minted.access_token,
            expires_in: minted.expires_in,
            token_type: "Bearer",
            scope: minted.scope,
        }))
}

/// Who asks, for whom, and what for. A user whose password was verified a moment ago is known without waiting for anything.
async fn granted(instance: &Arc<Instance>, form: TokenForm) -> Result<Granted, IdentityError> {
    let at_once = instance.at_once(|conn, generation| {
        // What is refused here is refused again below.
        let asked = ask(instance, conn, &generation, form.clone()).ok()?;
        let user = instance.signed_in_before(conn, &generation, &asked.username, &asked.password);
        Some(asked.granted_to(user.ok()??))
    });
    if let Some(granted) = at_once {
        return Ok(granted);
    }
    let instance = Arc::clone(instance);
    run(move || {
        let asked = instance.database().read(|conn| {
            let generation = instance.generation(conn)?;
            ask(&instance, conn, &generation, form)
        })?;
        // Hashing a password holds no connection.
        let user = instance.sign_in(&asked.username, &asked.password)?;
        Ok(asked.granted_to(user))
    })
    .await
}

/// A request that may be granted to its user.
struct Asked {
    client: Arc<IntegratedClient>,
    username: String,
    password: PlainSecret,
    scopes: Vec<Scope>,
    profile: TokenProfile,
}

impl Asked {
    fn granted_to(self, user: Arc<PrincipalEntry>) -> Granted {
        Granted {
            client: self.client,
            user,
            scopes: self.scopes,
            profile: self.profile,
        }
    }
}

/// In the order of IdentityServer: client, grant, scope; the user's credentials come after them.
fn ask(
    instance: &Instance,
    conn: &mut Connection,
    generation: &Generation,
    form: TokenForm,
) -> Result<Asked, IdentityError> {
    let client = generation.client(conn, form.client_id())?;
    let profile = instance.token_profile(conn, generation)?;
    form.authenticate(client.as_deref())?;
    let client = client.ok_or_else(|| TokenError::UnknownClient(form.client_id().to_owned()))?;
    let TokenRequest::Password {
        username,
        password,
        scope: requested,
    } = form.into_request(&client)?;
    let scopes = scope::resolve(requested.as_deref(), &client.scopes).map_err(TokenError::from)?;
    Ok(Asked {
        client,
        username,
        password,
        scopes,
        profile,
    })
}

fn is_form(request: &HttpRequest) -> bool {
    request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| {
            kind.trim()
                .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        })
}

/// Decodes a form. Bytes that are no UTF-8 become replacement characters, which no stored name or password has.
fn form_pairs(body: &[u8]) -> Vec<(String, String)> {
    cinchy_web::form::pairs(body)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

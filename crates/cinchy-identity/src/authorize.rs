//! `GET|POST /connect/authorize`, and `/connect/authorize/callback`, to which the login page comes back.

use std::sync::Arc;

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;
use cinchy_auth::authorize::{AuthorizeRequest, Prompt, Refusal};
use cinchy_auth::token::{IdToken, UserClaims, session_state};
use cinchy_auth::{
    AccessToken, AuthorizeError, AuthorizeForm, IntegratedClient, Scope, TokenProfile, handle,
};
use cinchy_web::codes::GrantData;
use cinchy_web::form::encode;
use cinchy_web::session::{self, Kind, SignedIn};
use cinchy_web::sign_in::{CONSOLE_CLIENT, console_client};
use cinchy_web::{Event, Site, run};

use crate::error::IdentityError;
use crate::{home, page, params, response, saml};

/// `/connect/authorize`.
///
/// # Errors
/// 405 and 415 for what is no request at all; every refusal of a request is a page or goes to the client.
pub async fn authorize(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, IdentityError> {
    // The way back from the login page is longer than the request was, by what is encoded in it.
    if params::url_too_long(&request) && !request.path().ends_with("/callback") {
        return Err(IdentityError::UrlTooLong);
    }
    let text = params::of_browser(&request, body)?;
    let cookie = session::sso_cookie(&site, &request);
    let pairs = params::pairs(&text);
    let decided = {
        let (site, pairs) = (site.clone(), pairs.clone());
        run(move || decide(&site, pairs, cookie.as_deref())).await?
    };
    match decided {
        Decided::Refused { client_id, error } => {
            Event::AuthorizeRefused {
                client_id: &client_id,
                reason: &error,
            }
            .log();
            home::refuse(&site, &error)
        }
        Decided::Login { straight_out } => {
            // What made it necessary is left out of the way back, so that it is asked for once; so is what nobody reads.
            let left_out = ["prompt", "max_age", "id_token_hint"];
            let query: Vec<String> = pairs
                .iter()
                .filter(|(name, _)| !left_out.iter().any(|out| name.eq_ignore_ascii_case(out)))
                .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
                .collect();
            let base = site.path();
            let back = format!("{base}/connect/authorize/callback?{}", query.join("&"));
            if straight_out && let Some(address) = saml::address(&site, &back).await? {
                return page::go(&address, []);
            }
            page::go(
                &format!("{base}/account/login?returnUrl={}", encode(&back)),
                [],
            )
        }
        Decided::ToClient(request, refusal) => response::refuse(&site, &request, refusal),
        Decided::Granted(request, fields) => response::send(&request, &fields),
    }
}

enum Decided {
    Refused {
        client_id: String,
        error: AuthorizeError,
    },
    Login {
        /// The client wants no login page of ours.
        straight_out: bool,
    },
    ToClient(Box<AuthorizeRequest>, Refusal),
    Granted(Box<AuthorizeRequest>, Vec<(&'static str, String)>),
}

/// A request that passed every check, with its client and the shape of its tokens.
struct Judged {
    request: AuthorizeRequest,
    client: Arc<IntegratedClient>,
    profile: TokenProfile,
}

fn judge(
    site: &Site,
    pairs: Vec<(String, String)>,
) -> Result<Result<Judged, (String, AuthorizeError)>, IdentityError> {
    let form = match AuthorizeForm::parse(pairs) {
        Ok(form) => form,
        Err(error) => return Ok(Err((String::new(), error))),
    };
    let instance = &site.instance;
    let (client, profile) = instance.database().read(|conn| {
        let generation = instance.generation(conn)?;
        let client = if form.client_id() == CONSOLE_CLIENT {
            Some(Arc::new(console_client(site)))
        } else {
            generation.client(conn, form.client_id())?
        };
        let profile = instance.token_profile(conn, &generation)?;
        Ok::<_, IdentityError>((client, profile))
    })?;
    let client_id = form.client_id().to_owned();
    let pkce_required = client.as_ref().is_some_and(|c| c.secret.is_empty());
    match (form.judge(client.as_deref(), pkce_required), client) {
        (Ok(request), Some(client)) => Ok(Ok(Judged {
            request,
            client,
            profile,
        })),
        (Ok(_), None) => Ok(Err((
            client_id.clone(),
            AuthorizeError::UnknownClient(client_id),
        ))),
        (Err(error), _) => Ok(Err((client_id, error))),
    }
}

fn decide(
    site: &Site,
    pairs: Vec<(String, String)>,
    cookie: Option<&str>,
) -> Result<Decided, IdentityError> {
    let judged = match judge(site, pairs)? {
        Ok(judged) => judged,
        Err((client_id, error)) => return Ok(Decided::Refused { client_id, error }),
    };
    let session = match cookie {
        Some(cookie) => site.instance.session(Kind::Sso, cookie)?,
        None => None,
    };
    let now = site.instance.clock().now();
    let fresh = session.filter(|session| {
        let age = now.signed_duration_since(session.login.at);
        let most = judged.request.max_age.and_then(TimeDelta::try_seconds);
        judged.request.prompt != Prompt::Login && most.is_none_or(|most| age <= most)
    });
    match fresh {
        Some(session) => {
            let fields = grant(site, &judged, &session)?;
            Ok(Decided::Granted(Box::new(judged.request), fields))
        }
        None if judged.request.prompt == Prompt::None => Ok(Decided::ToClient(
            Box::new(judged.request),
            Refusal::LoginRequired,
        )),
        None => Ok(Decided::Login {
            straight_out: !judged.client.show_login_screen
                || judged
                    .request
                    .identity_provider
                    .as_deref()
                    .is_some_and(|idp| idp != cinchy_auth::token::LOCAL),
        }),
    }
}

/// What the client gets, in IdentityServer's order.
fn grant(
    site: &Site,
    judged: &Judged,
    session: &SignedIn,
) -> Result<Vec<(&'static str, String)>, IdentityError> {
    let (request, instance) = (&judged.request, &site.instance);
    let (user, login) = (&session.entry.user, &session.login);
    let issuer = site.issuer();
    let now = site.issue_time();
    let keys = instance.keys()?;
    let claims = UserClaims {
        identity_provider: &login.identity_provider,
        session: Some(&login.sid),
        ..UserClaims::of(user, &login.method, login.at)
    };
    let mut fields: Vec<(&'static str, String)> = Vec::new();
    let code = if request.response.code {
        let data = GrantData {
            scope: Scope::wire_text(&request.scopes),
            authenticated: login.at.timestamp(),
            method: login.method.clone(),
            identity_provider: login.identity_provider.clone(),
            sid: Some(login.sid.clone()),
            password_stamp: user.password_stamp(),
            redirect_uri: Some(request.redirect_uri.clone()),
            nonce: request.nonce.clone(),
            challenge: request
                .challenge
                .as_ref()
                .map(|challenge| challenge.as_str().to_owned()),
            public: false,
        };
        Some(instance.issue_code(&request.client_id, user.id, &data)?)
    } else {
        None
    };
    let token = if request.response.token {
        let token = AccessToken {
            issuer: &issuer,
            client_id: &request.client_id,
            user: Some(claims),
            scopes: &request.scopes,
            lifetime: judged.client.lifetime(),
        };
        Some(instance.mint(&token, keys.current(), judged.profile, now)?)
    } else {
        None
    };
    if let Some(code) = &code {
        fields.push(("code", code.expose().to_owned()));
    }
    if request.response.id_token {
        let id_token = IdToken {
            issuer: &issuer,
            client_id: &request.client_id,
            user: claims,
            scopes: &request.scopes,
            nonce: request.nonce.as_deref(),
            access_token: token.as_ref().map(|token| token.access_token.as_str()),
            code: code.as_ref().map(|code| code.expose()),
        };
        fields.push(("id_token", id_token.mint(keys.current(), now)?));
    }
    if request.response.id_token || request.response.token {
        Event::TokenIssued {
            client_id: &request.client_id,
            grant: "implicit",
            user_id: Some(user.id),
        }
        .log();
    }
    if let Some(token) = token {
        fields.push(("access_token", token.access_token));
        fields.push(("token_type", "Bearer".to_owned()));
        fields.push(("expires_in", token.expires_in.to_string()));
    }
    fields.push(("scope", Scope::wire_text(&request.scopes)));
    if let Some(state) = &request.state {
        fields.push(("state", state.clone()));
    }
    if request.is_openid() {
        let salt = handle::new_id(&mut rand::rng());
        let origin = origin_of(&request.redirect_uri);
        fields.push((
            "session_state",
            session_state(&request.client_id, &origin, &login.sid, &salt),
        ));
    }
    if request.response.code {
        // RFC 9207. Not for implicit answers, which the platform's own SDKs read.
        fields.push(("iss", issuer.to_string()));
    }
    Ok(fields)
}

/// The refusal of a login that its user cancelled: back to the client that `return_url` belongs to.
///
/// # Errors
/// The database's.
pub async fn cancelled(
    site: Site,
    return_url: Option<&str>,
) -> Result<HttpResponse, IdentityError> {
    let query = return_url.and_then(|url| {
        let (path, query) = url.split_once('?')?;
        path.to_ascii_lowercase()
            .ends_with("/connect/authorize/callback")
            .then_some(query)
    });
    let Some(query) = query else {
        return page::go(&format!("{}/admin", page::Frame::of(&site).root), []);
    };
    let pairs = params::pairs(query.as_bytes());
    let judged = {
        let site = site.clone();
        run(move || judge(&site, pairs)).await?
    };
    match judged {
        Ok(judged) => response::refuse(&site, &judged.request, Refusal::AccessDenied),
        Err((_, error)) => home::refuse(&site, &error),
    }
}

/// The origin of a URL as browsers write it.
fn origin_of(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "null".to_owned();
    };
    let scheme = scheme.to_ascii_lowercase();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host
        .rsplit('@')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let default = if scheme == "https" { ":443" } else { ":80" };
    let host = host.strip_suffix(default).unwrap_or(&host);
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::origin_of;

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        for (url, expected) in [
            ("http://localhost:4200/x?y", "http://localhost:4200"),
            ("HTTPS://App.Example:443/", "https://app.example"),
            ("http://app.example:80", "http://app.example"),
            ("https://app.example:80/", "https://app.example:80"),
        ] {
            assert_eq!(origin_of(url), expected);
        }
    }
}

//! Logout: `/connect/endsession` checks what a client says, `/account/logout` ends the session.
//!
//! Without a valid hint it takes a click, so that another site cannot sign a user out by a link.

use actix_web::http::Method;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use cinchy_auth::token::verify_id_token_hint;
use cinchy_web::anti_forgery::BoundTo;
use cinchy_web::form::encode;
use cinchy_web::session::{self, Kind, SignedIn};
use cinchy_web::{Event, Site, WithReason as _, anti_forgery, run};
use serde::{Deserialize, Serialize};

use super::posted;
use crate::error::IdentityError;
use crate::page::{self, Frame};
use crate::params::{self, Fields};
use crate::response::with_query;

const PURPOSE: &str = "logout";

/// A logout that its client may ask for, sealed on its way to the page.
#[derive(Serialize, Deserialize)]
struct Asked {
    /// Whose session ends without a click.
    user_id: i32,
    client: String,
    /// Where to go on, with the state.
    go_on: Option<String>,
    /// When, in seconds since 1970: the address is good for a moment, not for whoever finds it later.
    at: i64,
}

/// How long the browser may take to the page, in seconds (ours).
const GOOD_FOR: i64 = 300;

#[derive(Template)]
#[template(path = "identity/logout.html")]
struct LogoutPage {
    frame: Frame,
    token: String,
    logout_id: String,
    /// Who is signed in; `None`: nobody (any more).
    user: Option<String>,
}

/// `GET|POST /connect/endsession`. Whatever is wrong with the parameters, they are dropped and the user gets the page.
///
/// # Errors
/// 405 and 415, or the database's.
pub async fn end_session(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, IdentityError> {
    if params::url_too_long(&request) {
        return Err(IdentityError::UrlTooLong);
    }
    let text = params::of_browser(&request, body)?;
    let cookie = session::sso_cookie(&site, &request);
    let asked = {
        let site = site.clone();
        run(move || asked(&site, &Fields::of(&text), cookie.as_deref())).await?
    };
    let page = format!("{}/account/logout", site.path());
    match asked {
        Ok(asked) => {
            let text = serde_json::to_string(&asked).expect("texts and numbers always serialize");
            let id = site.instance.sealer().seal(PURPOSE, &text);
            page::go(&format!("{page}?logoutId={}", encode(&id)), [])
        }
        Err(reason) => Ok(page::go(&page, [])?.with_reason(reason)),
    }
}

/// What the parameters are worth; else why they are dropped.
fn asked(
    site: &Site,
    fields: &Fields,
    cookie: Option<&str>,
) -> Result<Result<Asked, String>, IdentityError> {
    let Some(hint) = fields.get("id_token_hint") else {
        return Ok(Err("no id_token_hint came, so the user is asked".to_owned()));
    };
    let instance = &site.instance;
    let hint = match verify_id_token_hint(hint, &*instance.keys()?, instance.issuers()) {
        Ok(hint) => hint,
        Err(defect) => return Ok(Err(format!("id_token_hint is not accepted: {defect}"))),
    };
    let client = instance.database().read(|conn| {
        let generation = instance.generation(conn)?;
        generation.client(conn, &hint.client_id)
    })?;
    let Some(client) = client.filter(|client| client.enabled) else {
        return Ok(Err(
            "the client of id_token_hint is gone or disabled".to_owned()
        ));
    };
    if let Some(cookie) = cookie
        && let Some(session) = instance.session(Kind::Sso, cookie)?
        && session.entry.user.id != hint.user_id
    {
        return Ok(Err(
            "id_token_hint is another user's than the one signed in".to_owned(),
        ));
    }
    let uri = match (
        fields.get("post_logout_redirect_uri"),
        client.logout_urls.as_slice(),
    ) {
        (Some(uri), known) if known.iter().any(|known| known == uri) => Some(uri.to_owned()),
        (Some(_), _) => {
            return Ok(Err(format!(
                "post_logout_redirect_uri is not among the Permitted Logout Redirect URLs of client `{}`",
                client.client_id
            )));
        }
        // IdentityServer 2.x.
        (None, [only]) => Some(only.clone()),
        (None, _) => None,
    };
    let go_on = uri.map(|uri| match fields.get("state") {
        Some(state) => with_query(&uri, &format!("state={}", encode(state))),
        None => uri,
    });
    Ok(Ok(Asked {
        user_id: hint.user_id,
        client: client.client_id.clone(),
        go_on,
        at: instance.clock().now().timestamp(),
    }))
}

/// `GET|POST /account/logout`.
///
/// # Errors
/// A form that is none of ours, or the database's.
pub async fn logout(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, IdentityError> {
    let clicked = match *request.method() {
        Method::GET | Method::HEAD => false,
        Method::POST => true,
        _ => return Err(IdentityError::Method("GET, POST")),
    };
    let fields = if clicked {
        posted(&site, &request, BoundTo::Session, body)?
    } else {
        Fields::of(request.query_string().as_bytes())
    };
    let logout_id = fields.get("logoutId").unwrap_or_default().to_owned();
    let asked: Option<Asked> = site
        .instance
        .sealer()
        .open(PURPOSE, &logout_id)
        .and_then(|text| serde_json::from_str(&text).ok())
        .filter(|asked: &Asked| {
            let age = site
                .instance
                .clock()
                .now()
                .timestamp()
                .checked_sub(asked.at);
            age.is_some_and(|age| (0..=GOOD_FOR).contains(&age))
        });
    let cookies = [
        (Kind::Sso, session::sso_cookie(&site, &request)),
        (Kind::Console, session::console_cookie(&site, &request)),
    ];
    let signed_in = signed_in(&site, cookies).await?;
    let hinted = |session: &SignedIn| {
        asked
            .as_ref()
            .is_some_and(|asked| asked.user_id == session.entry.user.id)
    };
    if let Some(session) = signed_in.first() {
        if !clicked && !signed_in.iter().all(hinted) {
            let guard = anti_forgery::issue(&site, &request, BoundTo::Session);
            let page = LogoutPage {
                frame: Frame::of(&site),
                token: guard.token,
                logout_id,
                user: Some(session.entry.user.display_name.clone()),
            };
            return page::show(&page, guard.cookie);
        }
        let user_id = session.entry.user.id;
        let instance = site.instance.clone();
        run(move || {
            signed_in
                .iter()
                .try_for_each(|session| instance.end_login(&session.login.sid))
                .map_err(IdentityError::from)
        })
        .await?;
        Event::SignedOut { user_id }.log();
    }
    let cookies = session::ended_cookies(&site);
    if let Some(Asked {
        go_on: Some(url),
        client,
        ..
    }) = asked
    {
        tracing::debug!(client.id = %client, "back to the app after the logout");
        return page::go(&url, cookies);
    }
    let page = LogoutPage {
        frame: Frame::of(&site),
        token: String::new(),
        logout_id: String::new(),
        user: None,
    };
    page::show(&page, cookies)
}

/// The sessions of a browser. The console's may be left when the other one has ended, and another login's.
async fn signed_in(
    site: &Site,
    cookies: [(Kind, Option<String>); 2],
) -> Result<Vec<SignedIn>, IdentityError> {
    let instance = site.instance.clone();
    run(move || {
        let mut found = Vec::new();
        for (kind, cookie) in cookies {
            if let Some(cookie) = cookie {
                found.extend(instance.session(kind, &cookie)?);
            }
        }
        Ok(found)
    })
    .await
}

/// `GET /connect/endsession/callback`: where front-channel logouts would be framed. The platform has no column for their
/// addresses, so the page is empty. Any site may frame it.
pub async fn callback() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("content-security-policy", "default-src 'none'"))
        .insert_header(("x-content-type-options", "nosniff"))
        .insert_header(("referrer-policy", "no-referrer"))
        .insert_header(("cache-control", "no-store"))
        .content_type("text/html; charset=utf-8")
        .body("<!DOCTYPE html><html lang=\"en\"><head><title>Signed out</title></head><body></body></html>")
}

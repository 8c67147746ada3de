//! `GET /connect/checksession` (OpenID Connect Session Management 3.3): a page that clients frame and ask whether the
//! browser's session is still the one that they know.

use actix_web::HttpResponse;
use askama::Template;
use cinchy_web::Site;

use crate::error::IdentityError;
use crate::page;

/// The script. It has a SHA-256 of its own: WebCrypto is missing on plain http.
const SCRIPT: &str = include_str!("check_session.js");

#[derive(Template)]
#[template(path = "identity/check_session.html")]
struct CheckSession<'a> {
    cookie: &'a str,
    script: &'a str,
}

/// The page. Any site may frame it.
///
/// # Errors
/// The template's.
pub async fn page(site: Site) -> Result<HttpResponse, IdentityError> {
    let page = CheckSession {
        cookie: &site.instance.cookies().session_id,
        script: SCRIPT,
    };
    page::script_page(&page, SCRIPT, "")
}

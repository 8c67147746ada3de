//! What the pages of this room have in common: headers, the redirect, the frame of the templates.

use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType, HeaderValue, LOCATION, PRAGMA,
    REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cinchy_auth::Mount;
use cinchy_web::Site;

use crate::error::IdentityError;

/// Pages that a person sees: our own style sheets, no script, in no frame. Where a form may lead to is not restricted:
/// browsers hold that against the redirect to the app that follows a login.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Addresses that every template needs.
pub struct Frame {
    /// Of the assets: the path of this instance.
    pub root: String,
    /// Of this room's pages: the path of the mount in use.
    pub base: String,
}

impl Frame {
    /// Those of a request.
    pub fn of(site: &Site) -> Self {
        Self {
            root: site.path_at(Mount::Root),
            base: site.path(),
        }
    }
}

/// A page for people.
pub fn show(
    page: &impl Template,
    cookies: impl IntoIterator<Item = HeaderValue>,
) -> Result<HttpResponse, IdentityError> {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_FRAME_OPTIONS, "DENY"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type(ContentType::html());
    for cookie in cookies {
        response.append_header((SET_COOKIE, cookie));
    }
    Ok(response.body(page.render()?))
}

/// A page that a browser loads by itself, in a frame too: nothing but this one script, by its hash.
pub fn script_page(
    page: &impl Template,
    script: &str,
    more: &str,
) -> Result<HttpResponse, IdentityError> {
    let hash = STANDARD.encode(digest(&SHA256, script.as_bytes()));
    let policy = format!("default-src 'none'; script-src 'sha256-{hash}'{more}");
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_SECURITY_POLICY, policy))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((CACHE_CONTROL, "no-store, no-cache, max-age=0"))
        .insert_header((PRAGMA, "no-cache"))
        .content_type(ContentType::html())
        .body(page.render()?))
}

/// 302, never kept by a cache. After a form was posted, a browser goes on with GET.
pub fn go(
    location: &str,
    cookies: impl IntoIterator<Item = HeaderValue>,
) -> Result<HttpResponse, IdentityError> {
    let location = HeaderValue::from_str(location).map_err(|_| IdentityError::BadLocation)?;
    let mut response = HttpResponse::Found();
    response
        .insert_header((LOCATION, location))
        .insert_header((CACHE_CONTROL, "no-store, no-cache, max-age=0"))
        .insert_header((PRAGMA, "no-cache"))
        .insert_header((REFERRER_POLICY, "no-referrer"));
    for cookie in cookies {
        response.append_header((SET_COOKIE, cookie));
    }
    Ok(response.finish())
}

//! Anti-forgery tokens of forms: the seal of a random cookie. Another site can neither read the cookie nor make its seal.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;

use crate::cookie::{self, Reader};
use crate::site::Site;

/// The field of a form that carries the token, as in ASP.NET.
pub const FIELD: &str = "__RequestVerificationToken";

const PURPOSE: &str = "anti-forgery";

/// A token for a form, and the cookie to set beside it.
#[derive(Debug)]
pub struct AntiForgery {
    /// The value of the field.
    pub token: String,
    /// `Set-Cookie`, where the browser has no such cookie yet.
    pub cookie: Option<HeaderValue>,
}

/// A token for a form of this answer.
pub fn issue(site: &Site, request: &HttpRequest) -> AntiForgery {
    let name = &site.instance.cookies().anti_forgery;
    let (value, cookie) = match cookie::read(request, name) {
        Some(value) => (value, None),
        None => {
            let value = cinchy_auth::handle::new(&mut rand::rng());
            let set = cookie::set(site, name, value.expose(), Reader::Server);
            (value.expose().to_owned(), Some(set))
        }
    };
    AntiForgery {
        token: site.instance.sealer().tag(PURPOSE, &value),
        cookie,
    }
}

/// Whether the field of a form is the token of this browser.
pub fn check(site: &Site, request: &HttpRequest, field: Option<&str>) -> bool {
    let cookie = cookie::read(request, &site.instance.cookies().anti_forgery);
    match (cookie, field) {
        (Some(cookie), Some(field)) => site.instance.sealer().is_tag(PURPOSE, &cookie, field),
        _ => false,
    }
}

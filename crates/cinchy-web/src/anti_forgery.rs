//! Anti-forgery tokens of forms: the seal of a random cookie, and of the session that the form is for. Another site can
//! neither read the cookies nor make their seal; a site of this host on another port, which may set the random one, knows
//! no session.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;

use crate::cookie::{self, Reader};
use crate::session;
use crate::site::Site;

/// The field of a form that carries the token, as in ASP.NET.
pub const FIELD: &str = "__RequestVerificationToken";

const PURPOSE: &str = "anti-forgery";
const OF_SESSION: &str = "anti-forgery of a session";

/// What a form's token is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoundTo {
    /// The browser. The login page has no session yet, and stays good when another tab signs in.
    Browser,
    /// The session, where there is one.
    Session,
}

impl BoundTo {
    fn purpose(self) -> &'static str {
        match self {
            Self::Browser => PURPOSE,
            Self::Session => OF_SESSION,
        }
    }

    fn text(self, site: &Site, request: &HttpRequest, cookie: &str) -> String {
        match self {
            Self::Browser => cookie.to_owned(),
            Self::Session => {
                let sso = session::sso_cookie(site, request).unwrap_or_default();
                let console = session::console_cookie(site, request).unwrap_or_default();
                // A cookie has no semicolon, so no two triples give the same text.
                format!("{cookie};{sso};{console}")
            }
        }
    }
}

/// A token for a form, and the cookie to set beside it.
#[derive(Debug)]
pub struct AntiForgery {
    /// The value of the field.
    pub token: String,
    /// `Set-Cookie`, where the browser has no such cookie yet.
    pub cookie: Option<HeaderValue>,
}

/// A token for a form of this answer.
pub fn issue(site: &Site, request: &HttpRequest, bound: BoundTo) -> AntiForgery {
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
        token: site
            .instance
            .sealer()
            .tag(bound.purpose(), &bound.text(site, request, &value)),
        cookie,
    }
}

/// Whether the field of a form is the token of this browser.
pub fn check(site: &Site, request: &HttpRequest, bound: BoundTo, field: Option<&str>) -> bool {
    let cookie = cookie::read(request, &site.instance.cookies().anti_forgery);
    match (cookie, field) {
        (Some(cookie), Some(field)) => site.instance.sealer().is_tag(
            bound.purpose(),
            &bound.text(site, request, &cookie),
            field,
        ),
        _ => false,
    }
}

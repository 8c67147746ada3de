//! Cookies: their names, how they are read and how they are set.
//!
//! Cookies ignore ports, so names carry a short id of the instance's database: two emulators on one machine do not end one
//! another's sessions (decided).

use actix_web::HttpRequest;
use actix_web::http::header::{COOKIE, HeaderValue};
use cinchy_auth::Mount;
use cinchy_auth::seal::Sealer;

use crate::site::Site;

/// Names of the cookies of an instance.
#[derive(Debug, Clone)]
pub struct CookieNames {
    /// The browser session at the identity server; `idsrv` on the platform.
    pub session: String,
    /// The public id of that session, for the check-session page; scripts may read it. `idsrv.session` on the platform.
    pub session_id: String,
    /// The console's session.
    pub console: String,
    /// A console sign-in that is under way.
    pub console_sign_in: String,
    /// What anti-forgery tokens are bound to.
    pub anti_forgery: String,
    /// A SAML sign-in that is under way; `idsrv.external` on the platform.
    pub external: String,
}

impl CookieNames {
    /// The names of the database whose texts this sealer seals.
    pub fn of(sealer: &Sealer) -> Self {
        let id: String = sealer
            .tag("cookie-name", "")
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(6)
            .collect::<String>()
            .to_ascii_lowercase();
        Self {
            session: format!("idsrv.{id}"),
            session_id: format!("idsrv.session.{id}"),
            console: format!("cinchy.console.{id}"),
            console_sign_in: format!("cinchy.signin.{id}"),
            anti_forgery: format!("cinchy.antiforgery.{id}"),
            external: format!("idsrv.external.{id}"),
        }
    }
}

/// The value of a cookie that came with a request.
pub fn read(request: &HttpRequest, name: &str) -> Option<String> {
    request
        .headers()
        .get_all(COOKIE)
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, value)| *found == name && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

/// Who may read a cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// The server only.
    Server,
    /// Scripts of our pages too.
    Script,
}

/// A `Set-Cookie` value for as long as the browser runs. `value` is base64url or hex, so it needs no quoting.
///
/// Over https it is `SameSite=None; Secure`, so that silent refresh works in an iframe of another site; over plain http
/// browsers would drop that, so it is `Lax`.
pub fn set(site: &Site, name: &str, value: &str, reader: Reader) -> HeaderValue {
    header(format!(
        "{name}={value}; Path={}{}{}",
        path(site),
        if reader == Reader::Server {
            "; HttpOnly"
        } else {
            ""
        },
        same_site(site)
    ))
}

/// A `Set-Cookie` value that takes a cookie away.
pub fn remove(site: &Site, name: &str) -> HeaderValue {
    header(format!(
        "{name}=; Path={}; Max-Age=0{}",
        path(site),
        same_site(site)
    ))
}

fn header(text: String) -> HeaderValue {
    // Made of names and values of ours and a path that was parsed from a URI.
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn same_site(site: &Site) -> &'static str {
    if site.is_https() {
        "; Secure; SameSite=None"
    } else {
        "; SameSite=Lax"
    }
}

/// The common base of all mounts, so that they share a session.
fn path(site: &Site) -> String {
    let base = site.path_at(Mount::Root);
    if base.is_empty() {
        "/".to_owned()
    } else {
        base
    }
}

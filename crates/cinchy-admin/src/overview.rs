//! The one page: what runs here, and the addresses that clients need.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use askama::Template;
use cinchy_auth::Mount;
use cinchy_web::health::{PLATFORM_VERSION, database_answers};
use cinchy_web::{ControlAccess, Site};

use crate::error::PageError;

/// Nothing but our own style sheet and pictures: the page runs no script and sends no form.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "admin/overview.html")]
struct Overview<'a> {
    /// Of the program.
    version: &'a str,
    /// Of the platform that is emulated.
    platform_version: &'a str,
    instance: &'a str,
    database: &'a str,
    healthy: bool,
    uptime: String,
    /// Of the instance: origin, base path and name, without a slash at the end.
    web: &'a str,
    /// The same without the origin. Links within the console use it: the page may be open below another origin than the
    /// public URL, and its policy takes a style sheet from its own origin only.
    path: &'a str,
    control: Control,
}

#[derive(PartialEq, Eq)]
enum Control {
    Off,
    Open,
    Token,
}

/// Shows the page.
pub async fn overview(site: Site) -> Result<HttpResponse, PageError> {
    let healthy = database_answers(&site).await;
    let web = site.issuer_at(Mount::Root);
    let page = Overview {
        version: site.platform.options.version,
        platform_version: PLATFORM_VERSION,
        instance: site.instance.name(),
        database: match site.instance.database().kind() {
            "postgres" => "PostgreSQL",
            _ => "SQLite",
        },
        healthy,
        uptime: words(site.platform.started.elapsed()),
        web: web.as_str(),
        path: path_of(web.as_str()),
        control: match site.platform.options.control {
            ControlAccess::Off => Control::Off,
            ControlAccess::Loopback => Control::Open,
            ControlAccess::Token(_) => Control::Token,
        },
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_FRAME_OPTIONS, "DENY"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type(ContentType::html())
        .body(page.render()?))
}

/// What follows scheme and host in a URL; empty when nothing does.
fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').map_or("", |at| &rest[at..])
}

/// The two largest units of a time, to the second.
fn words(time: Duration) -> String {
    let seconds = time.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_two_units() {
        for (seconds, expected) in [
            (0, "0 s"),
            (59, "59 s"),
            (61, "1 min 1 s"),
            (3_600, "1 h 0 min"),
            (90_061, "1 d 1 h"),
        ] {
            assert_eq!(words(Duration::from_secs(seconds)), expected);
        }
    }

    #[test]
    fn a_path_is_what_follows_the_host() {
        for (url, expected) in [
            ("http://localhost:8081", ""),
            ("http://[::1]:8081/i/suite", "/i/suite"),
            ("https://team.example/tools", "/tools"),
        ] {
            assert_eq!(path_of(url), expected);
        }
    }
}

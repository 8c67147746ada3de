//! Who may use the control API. It resets data and hands out secrets, so being reachable is not enough: a page of
//! another site reaches loopback too, by a form, by a script, or by a host name of its own that it lets point here.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Uri;
use actix_web::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName,
    HeaderValue, ORIGIN, TRANSFER_ENCODING,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _};
use cinchy_auth::PlainSecret;
use cinchy_web::{ControlAccess, PlatformOptions, Site};

use crate::error::ControlError;

/// The middleware that every request to the control API crosses.
///
/// # Errors
/// Those of the inner service; a refusal is an answer.
pub async fn cross<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let site = request.extensions().get::<Site>().cloned();
    let admitted = match site {
        Some(site) => {
            let authority = request.uri().authority().map(|a| a.as_str());
            admit(&site.platform.options, request.headers(), authority)
        }
        // The edge was left out of the app; nobody can be told from anybody then.
        None => Err(ControlError::Off),
    };
    match admitted {
        Ok(()) => {
            let mut response = next.call(request).await?;
            let headers = response.headers_mut();
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Ok(response.map_into_left_body())
        }
        Err(error) => Ok(request.error_response(error).map_into_right_body()),
    }
}

/// Whether a request with these headers, and this authority where its target names one, may go on.
fn admit(
    options: &PlatformOptions,
    headers: &HeaderMap,
    authority: Option<&str>,
) -> Result<(), ControlError> {
    let host = text(headers, HOST).or(authority).unwrap_or_default();
    let public = options.public_url.as_deref().and_then(authority_of);
    match &options.control {
        ControlAccess::Off => return Err(ControlError::Off),
        ControlAccess::Token(token) => {
            if !has_token(headers, token) {
                return Err(ControlError::Token);
            }
        }
        ControlAccess::Loopback => {
            let name = host_name(host);
            let is_public = public
                .as_deref()
                .is_some_and(|public| host_name(public).eq_ignore_ascii_case(name));
            if !is_local(name) && !is_public {
                return Err(ControlError::UnknownHost(host.to_owned()));
            }
        }
    }
    if headers.contains_key(ORIGIN) {
        let origin = text(headers, ORIGIN).unwrap_or_default();
        // The scheme is not compared: behind a proxy that ends TLS it is another one.
        let from = authority_of(origin).unwrap_or_default();
        let same = |other: &str| {
            !from.is_empty() && from.eq_ignore_ascii_case(without_default_port(other))
        };
        if !same(host) && !public.as_deref().is_some_and(same) {
            return Err(ControlError::OtherOrigin(origin.to_owned()));
        }
    }
    declared_body(headers)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn has_token(headers: &HeaderMap, token: &PlainSecret) -> bool {
    let Some((scheme, given)) =
        text(headers, AUTHORIZATION).and_then(|value| value.trim().split_once(' '))
    else {
        return false;
    };
    // Secrets compare in constant time.
    scheme.eq_ignore_ascii_case("bearer") && PlainSecret::from(given.trim()) == *token
}

/// A browser sends forms and plain text to anywhere without asking; JSON and YAML it does not.
fn declared_body(headers: &HeaderMap) -> Result<(), ControlError> {
    let declared = headers
        .get(CONTENT_TYPE)
        .map(|value| value.to_str().unwrap_or_default());
    let has_body = headers.contains_key(TRANSFER_ENCODING)
        || text(headers, CONTENT_LENGTH).is_some_and(|n| n != "0");
    let Some(declared) = declared.or(has_body.then_some("")) else {
        return Ok(());
    };
    let essence = declared
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match essence.as_str() {
        "application/json" | "application/yaml" | "application/x-yaml" | "text/yaml" => Ok(()),
        _ => Err(ControlError::ContentType(declared.to_owned())),
    }
}

/// Names that only this machine itself answers to. The listen address is one of them, since this is asked of loopback
/// listeners only.
fn is_local(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name == "[::1]"
        || name
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// Host of `host[:port]`.
fn host_name(authority: &str) -> &str {
    let port = authority
        .rfind(':')
        .filter(|at| !authority[*at..].contains(']'));
    port.map_or(authority, |at| &authority[..at])
}

/// Host and port of a URL, without a port that its scheme implies; `None` when there is none, as in `null`.
fn authority_of(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let authority = uri.scheme_str().and(uri.authority())?;
    Some(without_default_port(authority.as_str()).to_owned())
}

fn without_default_port(authority: &str) -> &str {
    let short = authority
        .strip_suffix(":80")
        .or_else(|| authority.strip_suffix(":443"));
    short
        .filter(|_| authority.len() > host_name(authority).len())
        .unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    use cinchy_auth::TokenProfile;

    use super::*;

    fn ask(
        control: ControlAccess,
        public_url: Option<&str>,
        pairs: &[(&'static str, &'static str)],
    ) -> &'static str {
        let options = PlatformOptions {
            version: "0",
            public_url: public_url.map(str::to_owned),
            base_path: String::new(),
            faithful: false,
            token_profile: TokenProfile::V2,
            control,
            loopback: true,
        };
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        match admit(&options, &headers, None) {
            Ok(()) => "admitted",
            Err(ControlError::Off) => "off",
            Err(ControlError::Token) => "token",
            Err(ControlError::UnknownHost(_)) => "host",
            Err(ControlError::OtherOrigin(_)) => "origin",
            Err(ControlError::ContentType(_)) => "content type",
            Err(_) => "something else",
        }
    }

    #[track_caller]
    fn check(expected: &str, pairs: &[(&'static str, &'static str)]) {
        let found = ask(
            ControlAccess::Loopback,
            Some("https://team.example/tools"),
            pairs,
        );
        assert_eq!(found, expected, "{pairs:?}");
    }

    #[test]
    fn hosts_are_known() {
        for host in [
            "localhost",
            "LocalHost:8081",
            "suite-1.localhost:80",
            "127.0.0.1",
            "127.9.9.9:1",
            "[::1]",
            "[::1]:8081",
            "team.example",
            "TEAM.example:8443",
        ] {
            check("admitted", &[("host", host)]);
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "evillocalhost",
            "127.0.0.1.evil.example",
            "[::2]",
            "10.0.0.1",
            "0.0.0.0:8081",
            "team.example.evil.example",
            ":80",
        ] {
            check("host", &[("host", host)]);
        }
        check("host", &[]);
        assert_eq!(
            ask(ControlAccess::Loopback, None, &[("host", "team.example")]),
            "host"
        );
    }

    #[test]
    fn pages_of_another_origin_are_refused() {
        for (host, origin) in [
            ("localhost:8081", "http://localhost:8081"),
            ("localhost", "http://localhost"),
            ("localhost:80", "http://localhost"),
            ("team.example", "https://team.example"),
            ("team.example:443", "https://team.example"),
            // A proxy that puts its own name for this machine into the request.
            ("localhost:8081", "https://team.example"),
        ] {
            check("admitted", &[("host", host), ("origin", origin)]);
        }
        for origin in [
            "http://localhost:3000",
            "http://evil.example",
            "null",
            "",
            "localhost:8081",
            "http://127.0.0.1:8081",
        ] {
            check("origin", &[("host", "localhost:8081"), ("origin", origin)]);
        }
    }

    #[test]
    fn bodies_are_json_or_yaml() {
        for given in [
            "application/json",
            "application/yaml",
            "Application/JSON; charset=utf-8",
            "text/yaml",
            "application/x-yaml",
        ] {
            check(
                "admitted",
                &[
                    ("host", "localhost"),
                    ("content-length", "2"),
                    ("content-type", given),
                ],
            );
        }
        check(
            "admitted",
            &[("host", "localhost"), ("content-length", "0")],
        );
        for given in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "",
            "*/*",
        ] {
            check(
                "content type",
                &[
                    ("host", "localhost"),
                    ("content-length", "0"),
                    ("content-type", given),
                ],
            );
        }
        check(
            "content type",
            &[("host", "localhost"), ("content-length", "2")],
        );
        check(
            "content type",
            &[("host", "localhost"), ("transfer-encoding", "chunked")],
        );
    }

    #[test]
    fn a_token_is_needed_once_it_is_set() {
        let token = || ControlAccess::Token(PlainSecret::new("s3cret"));
        for (expected, host, given) in [
            ("admitted", "anything.example", "Bearer s3cret"),
            ("admitted", "localhost", "bearer  s3cret "),
            ("token", "localhost", "Bearer s3cre"),
            ("token", "localhost", "Bearer"),
            ("token", "localhost", "Basic s3cret"),
            ("token", "localhost", "s3cret"),
        ] {
            assert_eq!(
                ask(token(), None, &[("host", host), ("authorization", given)]),
                expected,
                "{given}"
            );
        }
        assert_eq!(ask(token(), None, &[("host", "localhost")]), "token");
        let foreign = [
            ("host", "a.example"),
            ("authorization", "Bearer s3cret"),
            ("origin", "http://b.example"),
        ];
        assert_eq!(ask(token(), None, &foreign), "origin");
        assert_eq!(
            ask(
                ControlAccess::Off,
                None,
                &[("host", "localhost"), ("authorization", "Bearer s3cret")]
            ),
            "off"
        );
    }
}

//! What browsers of other origins may do, by path.

use actix_web::HttpResponse;
use actix_web::dev::ServiceRequest;
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderMap,
    HeaderValue, ORIGIN, VARY,
};

/// Which rules of CORS a path follows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Cors {
    /// The web API: any origin, no credentials (documented sample).
    Web,
    /// The identity server: the origin is echoed.
    Identity,
    /// The token endpoint: with credentials, which one known client sends.
    Token,
    /// The control API and pages: none.
    None,
}

pub(super) fn cors_of(path: &str) -> Cors {
    match path {
        "/connect/token" => Cors::Token,
        "/connect/userinfo" | "/connect/revocation" => Cors::Identity,
        "/account/login"
        | "/account/logout"
        | "/account/changepassword"
        | "/home/error"
        | "/device" => Cors::None,
        "/livez" | "/readyz" | "/metrics" => Cors::None,
        _ if path.starts_with("/.well-known/") => Cors::Identity,
        // Pages, and endpoints that a browser has no business with (IdentityServer).
        _ if path.starts_with("/connect/") => Cors::None,
        _ if path.starts_with("/saml2")
            || path.starts_with("/authservices")
            || path.starts_with("/account/external") =>
        {
            Cors::None
        }
        _ if path.starts_with("/_emulator") || path.starts_with("/admin") => Cors::None,
        _ => Cors::Web,
    }
}

pub(super) fn is_preflight(request: &ServiceRequest) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(ORIGIN)
        && request
            .headers()
            .contains_key("access-control-request-method")
}

pub(super) fn preflight(wanted: Option<HeaderValue>) -> HttpResponse {
    let mut response = HttpResponse::NoContent();
    response.insert_header((ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"));
    let wanted =
        wanted.unwrap_or_else(|| HeaderValue::from_static("authorization, content-type, accept"));
    response.insert_header((ACCESS_CONTROL_ALLOW_HEADERS, wanted));
    response.insert_header((ACCESS_CONTROL_MAX_AGE, "600"));
    response.finish()
}

pub(super) fn add_cors(headers: &mut HeaderMap, cors: Cors, origin: Option<HeaderValue>) {
    match cors {
        Cors::None => return,
        Cors::Web => {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
        Cors::Identity | Cors::Token => {
            headers.append(VARY, HeaderValue::from_static("Origin"));
            let Some(origin) = origin else { return };
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            if cors == Cors::Token {
                headers.insert(
                    ACCESS_CONTROL_ALLOW_CREDENTIALS,
                    HeaderValue::from_static("true"),
                );
            }
        }
    }
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("X-Cinchy-Error, X-Emulator-Reason, X-Correlation-Id"),
    );
}

//! Statuses of this room. Every refusal of the token endpoint is 400, whatever the error (IdentityServer).

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use cinchy_auth::TokenError;
use cinchy_storage::StorageError;
use cinchy_web::{AuthError, Gone, WithReason as _};
use serde::Serialize;

/// What a request to this room may fail with.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A refusal.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A client that may not introspect.
    #[error(transparent)]
    Caller(TokenError),
    /// The body is larger than allowed.
    #[error("the body has more bytes than a request to the identity server may have")]
    TooLarge,
    /// The URL is longer than allowed.
    #[error("the URL has more than 8192 bytes; send the parameters as a form")]
    UrlTooLong,
    /// Another verb than the resource has; these are its own.
    #[error("this is not a verb of this endpoint; use {0}")]
    Method(&'static str),
    /// A body that is not a form.
    #[error("the body is not a form; send Content-Type: application/x-www-form-urlencoded")]
    NotForm,
    /// A form without this browser's anti-forgery token.
    #[error(
        "the form does not come from a page of this server in this browser, or the browser keeps no cookies; open the page again"
    )]
    Forged,
    /// Too many wrong codes of devices.
    #[error("too many wrong codes; wait five minutes")]
    TooManyGuesses,
    /// Too many failed sign-ins from one address: seconds to wait, told to a program.
    #[error("too many sign-ins from this address failed; wait {0} s, or reset the instance")]
    TooManyFailed(u64),
    /// The same, told to a person.
    #[error("too many sign-ins from this address failed; wait {0} seconds and try again")]
    Wait(u64),
    /// An access token that is not good.
    #[error(transparent)]
    Bearer(AuthError),
    /// An access token without `openid`.
    #[error("the access token has not the scope `openid`; ask for it")]
    InsufficientScope,
    /// Nothing to introspect.
    #[error("the form has no token")]
    MissingToken,
    /// Nothing to revoke.
    #[error("the form has no token")]
    NoTokenToRevoke,
    /// A hint that is none.
    #[error("token_type_hint is unknown; use access_token or refresh_token, or leave it out")]
    TokenTypeHint,
    /// A registered address that no header can carry.
    #[error("the address to go to has characters that a URL cannot have")]
    BadLocation,
    /// The emulator failed. The caller reads nothing of it.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The work was cut off.
    #[error(transparent)]
    Gone(#[from] Gone),
    /// The key did not sign.
    #[error(transparent)]
    Key(#[from] cinchy_auth::keys::KeyError),
    /// A page did not render.
    #[error("the page could not be made: {0}")]
    Template(#[from] askama::Error),
}

impl From<AuthError> for IdentityError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::SignIn(refusal) => Self::Token(refusal.into()),
            AuthError::Storage(error) => Self::Storage(error),
            AuthError::TooManyFailed { wait } => Self::TooManyFailed(wait.as_secs() + 1),
            _ => Self::Gone(Gone),
        }
    }
}

/// RFC 6749 5.2.
#[derive(Serialize)]
struct Body<'a> {
    error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_description: Option<&'a str>,
}

impl IdentityError {
    /// The error of a bearer token: its own fault, or the emulator's.
    pub fn of_bearer(error: AuthError) -> Self {
        match error {
            AuthError::Storage(error) => Self::Storage(error),
            other => Self::Bearer(other),
        }
    }

    fn is_ours(&self) -> bool {
        matches!(
            self,
            Self::Storage(_) | Self::Gone(_) | Self::Key(_) | Self::Template(_)
        )
    }
}

impl ResponseError for IdentityError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Token(_)
            | Self::TooLarge
            | Self::Forged
            | Self::MissingToken
            | Self::NoTokenToRevoke
            | Self::TokenTypeHint
            | Self::BadLocation => StatusCode::BAD_REQUEST,
            Self::Caller(_) | Self::Bearer(_) => StatusCode::UNAUTHORIZED,
            Self::InsufficientScope => StatusCode::FORBIDDEN,
            Self::UrlTooLong => StatusCode::URI_TOO_LONG,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyGuesses | Self::TooManyFailed(_) | Self::Wait(_) => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::Storage(_) | Self::Gone(_) | Self::Key(_) | Self::Template(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status_code());
        response
            .insert_header((CACHE_CONTROL, "no-store, no-cache, max-age=0"))
            .insert_header((PRAGMA, "no-cache"));
        if self.is_ours() {
            tracing::error!(error = %self, "the identity server failed");
        }
        let reason = if self.is_ours() {
            "the emulator itself failed; see its log".to_owned()
        } else {
            self.to_string()
        };
        if let Self::TooManyFailed(wait) | Self::Wait(wait) = self {
            response.insert_header((RETRY_AFTER, wait.to_string()));
        }
        let (error, description) = match self {
            Self::Token(error) => (error.code(), error.description()),
            Self::TooLarge | Self::NoTokenToRevoke => ("invalid_request", None),
            Self::MissingToken => ("missing_token", None),
            // RFC 6749 has no word for it.
            Self::TooManyFailed(_) => (
                "temporarily_unavailable",
                Some("Too many sign-ins from this address failed"),
            ),
            Self::TokenTypeHint => ("unsupported_token_type", None),
            Self::Storage(_) | Self::Gone(_) | Self::Key(_) => ("temporarily_unavailable", None),
            Self::Bearer(error) => {
                let challenge = if error.is_expired() {
                    "Bearer error=\"invalid_token\", error_description=\"The access token expired\""
                } else {
                    "Bearer error=\"invalid_token\""
                };
                response.insert_header((WWW_AUTHENTICATE, challenge));
                return response.finish().with_reason(reason);
            }
            Self::InsufficientScope => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer error=\"insufficient_scope\""));
                return response.finish().with_reason(reason);
            }
            Self::Caller(_) => return response.finish().with_reason(reason),
            Self::Method(verbs) => {
                response.insert_header((ALLOW, *verbs));
                return response.finish().with_reason(reason);
            }
            // Read by a person, in a browser.
            Self::UrlTooLong
            | Self::NotForm
            | Self::Forged
            | Self::TooManyGuesses
            | Self::Wait(_)
            | Self::BadLocation
            | Self::Template(_) => {
                return response
                    .insert_header(("x-frame-options", "DENY"))
                    .insert_header((
                        "content-security-policy",
                        "default-src 'none'; frame-ancestors 'none'",
                    ))
                    .insert_header(("x-content-type-options", "nosniff"))
                    .insert_header(("referrer-policy", "no-referrer"))
                    .content_type("text/plain; charset=utf-8")
                    .body(reason.clone())
                    .with_reason(reason);
            }
        };
        response
            .content_type("application/json; charset=UTF-8")
            .json(Body {
                error,
                error_description: description,
            })
            .with_reason(reason)
    }
}

/// Another verb than the resource has.
pub async fn method_not_allowed(request: HttpRequest) -> HttpResponse {
    not_allowed(&request, "GET")
}

/// The same, of a page with a form.
pub async fn get_or_post(request: HttpRequest) -> HttpResponse {
    not_allowed(&request, "GET, POST")
}

/// The same, of what a form is posted to.
#[cfg(feature = "saml")]
pub async fn post_only(request: HttpRequest) -> HttpResponse {
    not_allowed(&request, "POST")
}

fn not_allowed(request: &HttpRequest, verbs: &'static str) -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, verbs))
        .finish()
        .with_reason(format!(
            "`{}` is not a verb of this endpoint; use {verbs}",
            request.method()
        ))
}

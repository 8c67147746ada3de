//! Statuses of this room. Every refusal of the token endpoint is 400, whatever the error (IdentityServer).

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, PRAGMA};
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
    /// The body is larger than allowed.
    #[error("the body has more bytes than a token request may have")]
    TooLarge,
    /// The emulator failed. The caller reads nothing of it.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The work was cut off.
    #[error(transparent)]
    Gone(#[from] Gone),
    /// The key did not sign.
    #[error(transparent)]
    Key(#[from] cinchy_auth::keys::KeyError),
}

impl From<AuthError> for IdentityError {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::SignIn(refusal) => Self::Token(refusal.into()),
            AuthError::Storage(error) => Self::Storage(error),
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

impl ResponseError for IdentityError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Token(_) | Self::TooLarge => StatusCode::BAD_REQUEST,
            Self::Storage(_) | Self::Gone(_) | Self::Key(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let (error, description) = match self {
            Self::Token(error) => (error.code(), error.description()),
            Self::TooLarge => ("invalid_request", None),
            Self::Storage(_) | Self::Gone(_) | Self::Key(_) => {
                tracing::error!(error = %self, "the token endpoint failed");
                ("temporarily_unavailable", None)
            }
        };
        let reason = match self {
            Self::Token(_) | Self::TooLarge => self.to_string(),
            _ => "the emulator itself failed; see its log".to_owned(),
        };
        HttpResponse::build(self.status_code())
            .insert_header((CACHE_CONTROL, "no-store, no-cache, max-age=0"))
            .insert_header((PRAGMA, "no-cache"))
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
    HttpResponse::MethodNotAllowed()
        .insert_header(("allow", "GET"))
        .finish()
        .with_reason(format!(
            "`{}` is not a verb of this endpoint; use GET",
            request.method()
        ))
}

//! Statuses of this room.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, ContentType};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use cinchy_web::WithReason as _;

/// What a page may fail with.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The template did not render.
    #[error("the page could not be made: {0}")]
    Template(#[from] askama::Error),
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Template(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        tracing::error!(error = %self, "a page of the console failed");
        HttpResponse::build(self.status_code())
            .content_type(ContentType::plaintext())
            .body("The page could not be made; the log of the emulator says why.")
    }
}

/// Another method than the page has.
pub async fn method_not_allowed(request: HttpRequest) -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, "GET"))
        .finish()
        .with_reason(format!(
            "`{}` is not a method of this page; use GET",
            request.method()
        ))
}

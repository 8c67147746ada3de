//! What a page may fail with, and its status.

use actix_web::http::StatusCode;
use actix_web::http::header::ALLOW;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use cinchy_cql::CqlError;
use cinchy_storage::StorageError;
use cinchy_web::script::RunError;
use cinchy_web::{Gone, WithReason as _};

use crate::form::Pairs;

/// A form that could not be taken yet, to be sent once more.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Where it goes, below the instance's path.
    pub action: String,
    /// What was typed.
    pub fields: Pairs,
}

/// What a page may fail with. `Display` is what people read.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// Nobody is signed in, or the session is over.
    #[error("Your session is over. Nothing was changed: sign in and try again.")]
    SignIn,
    /// The same, when somebody sent a form: nothing that they typed is lost.
    #[error(
        "Your session is over. Nothing was changed, and what you typed is kept on this page: sign in in another tab, then send it from here."
    )]
    SignInToSend(Box<Kept>),
    /// The sign-in did not end well.
    #[error("The sign-in did not work: {0}.")]
    NotSignedIn(String),
    /// A page for administrators.
    #[error(
        "{0} is for members of the group Cinchy Administrators. Ask one of them to add you to the group."
    )]
    Administrators(&'static str),
    /// Something that the user may not do.
    #[error("{0}")]
    Denied(String),
    /// What was typed cannot be used, and the page has no place of its own to say so.
    #[error("{0}")]
    Unusable(String),
    /// There is no such thing, or the user may not see it.
    #[error("{0}")]
    NotFound(String),
    /// The form is not one of this session's.
    #[error(
        "This form is too old, or another site sent it. Nothing was changed: go back, load the page again and send it once more."
    )]
    ForeignForm,
    /// The form was opened in a session that is over, and sent in another one.
    #[error("You have signed in anew since this form was opened. Nothing was changed yet.")]
    Stale(Box<Kept>),
    /// A form that is longer than the page takes.
    #[error(
        "That is more than a form of this page may hold. Nothing was saved: go back and make it shorter."
    )]
    TooLong,
    /// Nothing is changed for somebody else.
    #[error(
        "You are looking at the data as another user, so nothing is changed. Stop viewing as that user first."
    )]
    ViewingAs,
    /// What was asked of the platform.
    #[error("{}", .0.message())]
    Run(RunError),
    /// The database.
    #[error("the database does not answer; the log of the emulator says why")]
    Storage(StorageError),
    /// The template did not render.
    #[error("the page could not be made; the log of the emulator says why")]
    Template(#[from] askama::Error),
    /// The work was cut off.
    #[error("the page could not be made: the emulator is going down")]
    Gone(#[from] Gone),
}

impl From<RunError> for PageError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Storage(error) => Self::Storage(error),
            error => Self::Run(error),
        }
    }
}

impl From<StorageError> for PageError {
    fn from(error: StorageError) -> Self {
        RunError::from(error).into()
    }
}

impl From<CqlError> for PageError {
    fn from(error: CqlError) -> Self {
        Self::Run(RunError::Cql(error))
    }
}

/// The beginning of an answer with a status that [`PageError::status`] chose.
pub fn refused(status: StatusCode) -> HttpResponseBuilder {
    HttpResponse::build(status)
}

/// A status that somebody else has answered, in words: `403 Forbidden`.
pub fn in_words(status: u16) -> String {
    let known = StatusCode::from_u16(status).ok();
    match known.and_then(|status| status.canonical_reason()) {
        Some(name) => format!("{status} {name}"),
        None => status.to_string(),
    }
}

impl PageError {
    /// The status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::SignIn | Self::SignInToSend(_) | Self::NotSignedIn(_) => StatusCode::UNAUTHORIZED,
            Self::Administrators(_) | Self::Denied(_) | Self::ForeignForm | Self::Stale(_) => {
                StatusCode::FORBIDDEN
            }
            Self::Run(RunError::Cql(error)) if error.is_access_denied() => StatusCode::FORBIDDEN,
            Self::Run(RunError::MayNotExecute { .. }) => StatusCode::FORBIDDEN,
            Self::NotFound(_) | Self::Run(RunError::NoQuery(_)) => StatusCode::NOT_FOUND,
            Self::ViewingAs => StatusCode::CONFLICT,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Run(_) | Self::Unusable(_) => StatusCode::BAD_REQUEST,
            Self::Storage(_) | Self::Gone(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Template(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A heading for it.
    pub fn title(&self) -> &'static str {
        match self.status() {
            StatusCode::UNAUTHORIZED => "Sign in",
            StatusCode::FORBIDDEN if matches!(self, Self::ForeignForm) => "Nothing was changed",
            StatusCode::FORBIDDEN if matches!(self, Self::Stale(_)) => "Send it now?",
            StatusCode::FORBIDDEN => "This is not yours to see",
            StatusCode::NOT_FOUND => "There is nothing here",
            StatusCode::CONFLICT => "You are viewing as somebody else",
            StatusCode::BAD_REQUEST => "That did not work",
            StatusCode::PAYLOAD_TOO_LARGE => "That is too long",
            _ => "The emulator has a problem",
        }
    }

    /// A form that can be sent once more.
    pub fn kept(&self) -> Option<&Kept> {
        match self {
            Self::SignInToSend(kept) | Self::Stale(kept) => Some(kept),
            _ => None,
        }
    }

    /// Says in the log what people need not read.
    pub fn log(&self) {
        match self {
            Self::Storage(error) | Self::Run(RunError::Run(error)) => {
                tracing::error!(%error, "a page of the console failed");
            }
            Self::Template(error) => tracing::error!(%error, "a page of the console failed"),
            _ => {}
        }
    }
}

/// Another method than the page has.
pub async fn method_not_allowed(request: HttpRequest) -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, "GET, POST"))
        .finish()
        .with_reason(format!(
            "`{}` is not a method of this page; use GET, or POST where the page has a form",
            request.method()
        ))
}

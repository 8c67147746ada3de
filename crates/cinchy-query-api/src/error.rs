//! Statuses of this room, and the shape of its refusals: an HTML page that nobody reads and the header `X-Cinchy-Error`
//! that clients do (documented).

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use cinchy_cql::CqlError;
use cinchy_storage::StorageError;
use cinchy_web::connections::ConnectionError;
use cinchy_web::query::CompileError;
use cinchy_web::script::RunError;
use cinchy_web::{AuthError, Gone, WithReason as _, edge};

/// The platform's error header.
const CINCHY_ERROR: HeaderName = HeaderName::from_static("x-cinchy-error");

/// Which challenge a 401 carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Challenge {
    /// `/API`: a bearer token (RFC 6750 3).
    Bearer,
    /// `/BasicAuthAPI`: spreadsheets ask first without a credential and wait for it.
    Basic,
}

/// What a call of this room may fail with.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The caller is not who they must be.
    #[error("{error}")]
    Unauthenticated {
        /// Why.
        error: AuthError,
        /// What to ask for.
        challenge: Challenge,
    },
    /// Anonymous may not execute the query (documented: 401).
    #[error(
        "Anonymous may not execute `{query}`: sign in, or add the user Anonymous to its Users With Execute Access"
    )]
    AnonymousMayNot {
        /// `Domain/Name`.
        query: String,
        /// What to ask for.
        challenge: Challenge,
    },
    /// No execute right (decided: 403 for a signed-in user).
    #[error(
        "`{user}` may not execute the saved query `{query}`; add the user or one of its groups to who may execute it"
    )]
    MayNotExecute {
        /// User name.
        user: String,
        /// `Domain/Name`.
        query: String,
    },
    /// No such query.
    #[error("the saved query `{0}` could not be found")]
    NoQuery(String),
    /// A text runs a saved query that is not there, which is an error of the text.
    #[error("the text runs the saved query `{0}`, which could not be found")]
    NoQueryInText(String),
    /// No such table: how it was named.
    #[error("{0} could not be found")]
    NoTable(String),
    /// No webhook has this key, or its user or its query is gone.
    #[error("there is no webhook with this key, or its user or saved query is gone")]
    NoWebhook,
    /// No such secret.
    #[error("the secret `{0}` could not be found")]
    NoSecret(String),
    /// A secret for others.
    #[error(
        "`{user}` may not read the secret `{secret}`; add the user or one of its groups to the secret's row"
    )]
    MayNotRead {
        /// User name.
        user: String,
        /// Its name.
        secret: String,
    },
    /// A column that is no link to files.
    #[error("the column [{0}] holds no files: it must be a link to [Cinchy].[Files].[File Name]")]
    NoFileColumn(String),
    /// No such row, or none that the caller may view.
    #[error("{0} could not be found: there is no such row, or the caller may not view it")]
    NoRow(String),
    /// The cell has no such file.
    #[error("the cell has no file of this id, or the file has no content")]
    NoFile,
    /// No right to edit a cell.
    #[error(
        "`{user}` may not edit {cell}; give the user Editable Columns and a fitting Editable Row Filter in Table Access Control"
    )]
    MayNotEdit {
        /// User name.
        user: String,
        /// Which cell.
        cell: String,
    },
    /// No right to view a cell.
    #[error("`{user}` may not view {cell}; give the user Viewable Columns in Table Access Control")]
    MayNotView {
        /// User name.
        user: String,
        /// Which cell.
        cell: String,
    },
    /// Anonymous may not view a cell.
    #[error("Anonymous may not view {0}: sign in, or grant the user Anonymous its column")]
    AnonymousMayNotView(String),
    /// The data was replaced while files were on their way.
    #[error("the data was replaced as a whole while the files were sent; send them again")]
    Replaced,
    /// More files than a cell takes in one request (ours).
    #[error("the form has more than {0} parts")]
    TooManyParts(usize),
    /// An upload beyond the limit (documented: 1 GB).
    #[error("the files are larger than 1 GB together")]
    TooLarge,
    /// Too many failed sign-ins from one address: seconds to wait (ours).
    #[error("too many sign-ins from this address failed; wait {0} s, or reset the instance")]
    TooManyFailed(u64),
    /// An endpoint for administrators.
    #[error("`{0}` is not a member of Cinchy Administrators, for whom this endpoint is")]
    NotAdministrator(String),
    /// Bad parameters.
    #[error("{0}")]
    Parameter(String),
    /// A connection or transaction that cannot be used.
    #[error(transparent)]
    Connection(ConnectionError),
    /// The text, or the rights on its tables.
    #[error(transparent)]
    Cql(#[from] CqlError),
    /// The database could not run the statement: bad data for it, such as a division by zero.
    #[error("the database could not run the query")]
    Run(#[source] StorageError),
    /// The time of the statement is over.
    #[error(transparent)]
    Timeout(StorageError),
    /// A body that is too large or cannot be read.
    #[error("the request's body cannot be read: it is cut off or larger than allowed")]
    Body,
    /// The emulator failed.
    #[error(transparent)]
    Storage(StorageError),
    /// The work was cut off.
    #[error(transparent)]
    Gone(#[from] Gone),
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Cql(error) => Self::Cql(error),
            error @ StorageError::Timeout => Self::Timeout(error),
            other => Self::Storage(other),
        }
    }
}

impl From<RunError> for ApiError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Cql(error) => Self::Cql(error),
            RunError::Run(error) => Self::Run(error),
            RunError::Timeout(error) => Self::Timeout(error),
            RunError::NoQuery(query) => Self::NoQueryInText(query),
            RunError::MayNotExecute { user, query } => Self::MayNotExecute { user, query },
            RunError::Storage(error) => Self::Storage(error),
        }
    }
}

impl From<ConnectionError> for ApiError {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::Storage(error) => error.into(),
            other => Self::Connection(other),
        }
    }
}

impl From<CompileError> for ApiError {
    fn from(error: CompileError) -> Self {
        match error {
            CompileError::Cql(error) => Self::Cql(error),
            CompileError::Storage(error) => error.into(),
        }
    }
}

impl ApiError {
    /// A failure while a statement ran: the statement's fault, unless the database is away.
    pub fn of_run(error: StorageError) -> Self {
        RunError::of_run(error).into()
    }

    /// A refused credential.
    pub fn unauthenticated(error: AuthError, challenge: Challenge) -> Self {
        match error {
            AuthError::Storage(error) => Self::Storage(error),
            AuthError::Gone(gone) => Self::Gone(gone),
            AuthError::TooManyFailed { wait } => Self::TooManyFailed(wait.as_secs() + 1),
            error => Self::Unauthenticated { error, challenge },
        }
    }

    /// What the caller reads in `X-Cinchy-Error`.
    pub fn message(&self) -> String {
        match self {
            Self::Unauthenticated { .. }
            | Self::AnonymousMayNot { .. }
            | Self::AnonymousMayNotView(_) => "Unauthorized".to_owned(),
            Self::MayNotEdit { .. } | Self::MayNotView { .. } => "Access denied".to_owned(),
            Self::NoFile => "The file could not be found".to_owned(),
            Self::MayNotExecute { query, .. } => {
                format!("You do not have access to execute the saved query {query}")
            }
            Self::NoQuery(query) | Self::NoQueryInText(query) => {
                format!("Saved query {query} could not be found")
            }
            Self::NoWebhook => "The webhook could not be found".to_owned(),
            Self::NoSecret(secret) => format!("Secret {secret} could not be found"),
            Self::MayNotRead { secret, .. } => {
                format!("You do not have access to the secret {secret}")
            }
            Self::NotAdministrator(_) => "Administrators only".to_owned(),
            Self::Storage(_) | Self::Gone(_) | Self::Replaced => {
                "The platform is not available".to_owned()
            }
            Self::Run(_) => "The query could not be executed".to_owned(),
            other => other.to_string(),
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Unauthenticated { .. }
            | Self::AnonymousMayNot { .. }
            | Self::AnonymousMayNotView(_) => StatusCode::UNAUTHORIZED,
            Self::MayNotExecute { .. }
            | Self::MayNotRead { .. }
            | Self::MayNotEdit { .. }
            | Self::MayNotView { .. }
            | Self::NotAdministrator(_) => StatusCode::FORBIDDEN,
            Self::NoQuery(_)
            | Self::NoTable(_)
            | Self::NoWebhook
            | Self::NoSecret(_)
            | Self::NoRow(_)
            | Self::NoFile => StatusCode::NOT_FOUND,
            Self::TooLarge | Self::TooManyParts(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyFailed(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Parameter(_)
            | Self::NoQueryInText(_)
            | Self::NoFileColumn(_)
            | Self::Connection(_)
            | Self::Cql(_)
            | Self::Run(_)
            | Self::Timeout(_)
            | Self::Body => StatusCode::BAD_REQUEST,
            Self::Storage(_) | Self::Gone(_) | Self::Replaced => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let status = self.status_code();
        let reason = match self {
            Self::Storage(error) | Self::Run(error) => {
                tracing::error!(%error, "a query failed");
                "the database refused the statement; the emulator's log says why".to_owned()
            }
            Self::Gone(_) => "the emulator itself failed; see its log".to_owned(),
            Self::Cql(error) => denial(error).unwrap_or_else(|| error.to_string()),
            other => other.to_string(),
        };
        let message = self.message();
        let mut response = HttpResponse::build(status);
        response.content_type("text/html; charset=utf-8");
        if let Ok(value) = HeaderValue::from_str(&edge::header_text(&message)) {
            response.insert_header((CINCHY_ERROR, value));
        }
        if let Self::TooManyFailed(wait) = self {
            response.insert_header((RETRY_AFTER, wait.to_string()));
        }
        let challenge = match self {
            Self::Unauthenticated { challenge, .. } | Self::AnonymousMayNot { challenge, .. } => {
                Some(*challenge)
            }
            Self::AnonymousMayNotView(_) => Some(Challenge::Bearer),
            _ => None,
        };
        if let Some(challenge) = challenge {
            let expired = matches!(self, Self::Unauthenticated { error, .. } if error.is_expired());
            response.insert_header((
                WWW_AUTHENTICATE,
                match challenge {
                    Challenge::Basic => "Basic realm=\"Cinchy\", charset=\"UTF-8\"",
                    Challenge::Bearer if expired => {
                        "Bearer error=\"invalid_token\", error_description=\"The access token expired\""
                    }
                    Challenge::Bearer => "Bearer",
                },
            ));
        }
        response.body(page(status, &message)).with_reason(reason)
    }
}

/// The right that is missing, where the platform says no more than "Access denied".
fn denial(error: &CqlError) -> Option<String> {
    match error {
        CqlError::ColumnDenied { column, position }
        | CqlError::CalculatedDenied { column, position } => {
            let at = position.map(|p| format!(" at {p}")).unwrap_or_default();
            Some(format!(
                "the caller may not view {column}{at}; add it to the Viewable Columns of an entitlement of the user or of a group of theirs"
            ))
        }
        CqlError::RowDenied => Some(
            "no entitlement lets the caller view the row as it would be written; write one that their row filter shows, or widen the filter"
                .to_owned(),
        ),
        _ => None,
    }
}

fn page(status: StatusCode, message: &str) -> String {
    let mut text = String::with_capacity(message.len());
    for c in message.chars() {
        match c {
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '&' => text.push_str("&amp;"),
            '"' => text.push_str("&quot;"),
            c => text.push(c),
        }
    }
    let title = status.canonical_reason().unwrap_or("Error");
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>\n"
    )
}

/// Another verb than the resource has.
pub async fn method_not_allowed(request: HttpRequest) -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header(("allow", "GET, POST"))
        .finish()
        .with_reason(format!(
            "`{}` is not a verb of this endpoint; use GET or POST",
            request.method()
        ))
}

/// A page of the real platform that is not here, and what to do instead.
pub fn not_emulated(text: &'static str) -> HttpResponse {
    HttpResponse::NotFound()
        .content_type("text/plain; charset=utf-8")
        .body(text)
        .with_reason(text)
}

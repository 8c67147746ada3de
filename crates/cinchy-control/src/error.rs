//! Statuses of this room, and the one shape of its refusals: `application/problem+json` (RFC 9457).

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use cinchy_auth::keys::KeyError;
use cinchy_seed::{SeedError, SeedErrors, WriteError};
use cinchy_storage::StorageError;
use cinchy_web::faults::TooManyFaults;
use cinchy_web::journal::Waited;
use cinchy_web::{ClockError, Gone, InstanceError, WithReason as _};
use serde::Serialize;

/// What a call of the control API may fail with. `Display` is what the caller reads, unless the emulator itself failed.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// `--no-control`, or a listener that others reach and no token.
    #[error(
        "the control API is off: it needs a loopback listener or a control token, and no `--no-control`"
    )]
    Off,
    /// No or another token.
    #[error(
        "the control API of this emulator asks for its token; send `Authorization: Bearer <control token>`"
    )]
    Token,
    /// A host name that leads here without being known: how pages of others reach a server on loopback.
    #[error(
        "the host `{}` is not known here; use `localhost`, or start the emulator with a control token", .0.escape_default()
    )]
    UnknownHost(String),
    /// A page of another origin.
    #[error("pages of the origin `{}` may not use the control API; call it from a program", .0.escape_default())]
    OtherOrigin(String),
    /// A body that is not declared to be JSON or YAML, so that no form of another page can send one.
    #[error(
        "the content type `{}` is not taken; declare the body as `application/json` or `application/yaml`",
        .0.escape_default()
    )]
    ContentType(String),
    /// A path below `/_emulator` that is none.
    #[error("there is no call `{}` in the control API of this version", .0.escape_default())]
    NoSuchCall(String),
    /// Another method than the call has.
    #[error("`{method}` is not a method of this call; use one of: {allowed}")]
    Method {
        /// The one that was used.
        method: String,
        /// Those that the call has, as in the header `Allow`.
        allowed: &'static str,
    },
    /// A body over the limit.
    #[error("the body has more than {limit} bytes, which is the most that is taken")]
    TooLarge {
        /// In bytes.
        limit: usize,
    },
    /// The connection broke within the body.
    #[error("the body ended early")]
    CutOff,
    /// A body in another encoding.
    #[error("the body is not UTF-8 from byte {offset} on")]
    NotUtf8 {
        /// The first byte that is none, from 0.
        offset: usize,
    },
    /// A body that is JSON of another form than the call takes, or none.
    #[error("the body cannot be used: {0}")]
    Body(String),
    /// No such client.
    #[error("there is no integrated client `{}`", .0.escape_default())]
    NoClient(String),
    /// No such user.
    #[error("there is no user `{}`", .0.escape_default())]
    NoUser(String),
    /// No such fault.
    #[error("there is no fault `{}`; `GET /_emulator/faults` lists those that there are", .0.escape_default())]
    NoFault(String),
    /// No room for a fault.
    #[error(transparent)]
    TooManyFaults(#[from] TooManyFaults),
    /// A parameter of the query string that is none of the call's.
    #[error("the parameter `{}` is none of this call's", .0.escape_default())]
    UnknownParameter(String),
    /// A parameter of the query string.
    #[error("the parameter `{name}` cannot be used: {problem}")]
    Parameter {
        /// Its name.
        name: &'static str,
        /// What is wrong with it, and what to write.
        problem: String,
    },
    /// No snapshot of this name.
    #[error("there is no snapshot `{}`; `GET /_emulator/snapshots` lists those that are there", .0.escape_default())]
    NoSnapshot(String),
    /// Not a name of a snapshot.
    #[error(
        "`{}` is no name of a snapshot; use 1 to 60 letters, digits, `-`, `_` and `.`, and not `live`", .0.escape_default()
    )]
    SnapshotName(String),
    /// No instance of this name.
    #[error("there is no instance `{}`; `GET /_emulator/instances` lists those that are there", .0.escape_default())]
    NoInstance(String),
    /// An instance that cannot be had.
    #[error(transparent)]
    Instance(InstanceError),
    /// `?mode=`
    #[error("the mode `{}` is not known; use `merge` or `replace`", .0.escape_default())]
    UnknownMode(String),
    /// A seed with mistakes.
    #[error("the seed has mistakes, and nothing of it was applied")]
    Seed(SeedErrors),
    /// A password that is blank or longer than allowed.
    #[error("a password of the seed cannot be used, and nothing of the seed was applied: {0}")]
    Unhashable(#[source] StorageError),
    /// The checks found nothing, the database did.
    #[error(
        "the database refused a row of the seed, and nothing of it was applied; look for a value that must be unique"
    )]
    Refused(#[source] StorageError),
    /// The emulator failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The export could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A key did not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The work was cut off.
    #[error(transparent)]
    Gone(#[from] Gone),
}

impl ControlError {
    /// A seed that was not applied: its own mistakes apart from the database's troubles.
    pub fn of_seed(error: StorageError) -> Self {
        match error {
            StorageError::Seed(errors) => Self::Seed(errors),
            error if error.is_the_statements() => Self::Refused(error),
            error => Self::Storage(error),
        }
    }

    /// The last part of the problem's `type`.
    fn kind(&self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Token => "token-needed",
            Self::UnknownHost(_) => "unknown-host",
            Self::OtherOrigin(_) => "other-origin",
            Self::ContentType(_) => "content-type",
            Self::NoSuchCall(_) => "no-such-call",
            Self::Method { .. } => "method",
            Self::TooLarge { .. } => "too-large",
            Self::CutOff => "cut-off",
            Self::NotUtf8 { .. } => "not-utf-8",
            Self::NoClient(_) => "no-such-client",
            Self::NoUser(_) => "no-such-user",
            Self::NoFault(_) => "no-such-fault",
            Self::TooManyFaults(_) => "too-many-faults",
            Self::UnknownParameter(_) | Self::Parameter { .. } => "bad-parameter",
            Self::NoSnapshot(_) => "no-such-snapshot",
            Self::SnapshotName(_) | Self::Instance(InstanceError::Name(_)) => "bad-name",
            Self::NoInstance(_) => "no-such-instance",
            Self::Instance(InstanceError::Exists(_)) => "instance-exists",
            Self::Instance(InstanceError::TooMany) => "too-many-instances",
            Self::Instance(_) => "failed",
            Self::Body(_) => "bad-body",
            Self::UnknownMode(_) => "unknown-mode",
            Self::Seed(_) => "bad-seed",
            Self::Unhashable(_) => "bad-password",
            Self::Refused(_) => "seed-refused",
            Self::Storage(StorageError::Busy(_)) => "busy",
            Self::Storage(StorageError::OtherSeeds) => "other-seeds",
            Self::Storage(StorageError::Interrupted | StorageError::Dropped) => "overtaken",
            Self::Storage(_) | Self::Write(_) | Self::Key(_) | Self::Gone(_) => "failed",
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::Off => "The control API is off",
            Self::Token => "The control token is needed",
            Self::UnknownHost(_) => "Unknown host",
            Self::OtherOrigin(_) => "Another origin",
            Self::ContentType(_) => "Neither JSON nor YAML",
            Self::NoSuchCall(_) => "No such call",
            Self::Method { .. } => "Another method",
            Self::TooLarge { .. } => "The body is too large",
            Self::CutOff => "The body ended early",
            Self::NotUtf8 { .. } => "The body is not UTF-8",
            Self::NoClient(_) => "No such client",
            Self::NoUser(_) => "No such user",
            Self::NoFault(_) => "No such fault",
            Self::TooManyFaults(_) => "Too many faults",
            Self::UnknownParameter(_) | Self::Parameter { .. } => "A parameter cannot be used",
            Self::NoSnapshot(_) => "No such snapshot",
            Self::SnapshotName(_) | Self::Instance(InstanceError::Name(_)) => "Not a name",
            Self::NoInstance(_) => "No such instance",
            Self::Instance(InstanceError::Exists(_)) => "The instance is there already",
            Self::Instance(InstanceError::TooMany) => "Too many instances",
            Self::Instance(_) => "The emulator failed",
            Self::Body(_) => "The body cannot be used",
            Self::UnknownMode(_) => "Unknown mode",
            Self::Seed(_) => "The seed has mistakes",
            Self::Unhashable(_) => "A password cannot be used",
            Self::Refused(_) => "The database refused the seed",
            Self::Storage(StorageError::Busy(_)) => "The database is busy",
            Self::Storage(StorageError::OtherSeeds) => "The data is that of other seeds",
            Self::Storage(StorageError::Interrupted | StorageError::Dropped) => {
                "Somebody else replaced or dropped the data"
            }
            Self::Storage(_) | Self::Write(_) | Self::Key(_) | Self::Gone(_) => {
                "The emulator failed"
            }
        }
    }

    /// What the caller may read: nothing of the database's own words.
    fn detail(&self) -> String {
        match self {
            Self::Storage(StorageError::Busy(_)) => {
                "no database connection became free in time; try again".to_owned()
            }
            Self::Storage(
                error @ (StorageError::Interrupted
                | StorageError::Dropped
                | StorageError::OtherSeeds),
            ) => error.to_string(),
            Self::Storage(_)
            | Self::Write(_)
            | Self::Gone(_)
            | Self::Key(_)
            | Self::Instance(InstanceError::Issuer(_)) => {
                "the emulator itself failed; see its log".to_owned()
            }
            _ => self.to_string(),
        }
    }
}

impl From<ClockError> for ControlError {
    fn from(error: ClockError) -> Self {
        match error {
            ClockError::Range => Self::Body(error.to_string()),
            ClockError::Storage(error) => Self::Storage(error),
        }
    }
}

#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    /// Of a seed: each mistake with its place.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [SeedError],
}

impl ResponseError for ControlError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Off
            | Self::NoSuchCall(_)
            | Self::NoSnapshot(_)
            | Self::NoInstance(_)
            | Self::NoFault(_)
            | Self::NoClient(_)
            | Self::NoUser(_) => StatusCode::NOT_FOUND,
            Self::Instance(InstanceError::Exists(_)) => StatusCode::CONFLICT,
            Self::Instance(InstanceError::TooMany) => StatusCode::SERVICE_UNAVAILABLE,
            Self::SnapshotName(_) | Self::Instance(InstanceError::Name(_)) => {
                StatusCode::BAD_REQUEST
            }
            Self::Instance(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Token => StatusCode::UNAUTHORIZED,
            Self::UnknownHost(_) | Self::OtherOrigin(_) => StatusCode::FORBIDDEN,
            Self::ContentType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::CutOff
            | Self::NotUtf8 { .. }
            | Self::Body(_)
            | Self::UnknownParameter(_)
            | Self::Parameter { .. }
            | Self::UnknownMode(_)
            | Self::Seed(_)
            | Self::Unhashable(_) => StatusCode::BAD_REQUEST,
            Self::Refused(_) | Self::TooManyFaults(_) | Self::Storage(StorageError::OtherSeeds) => {
                StatusCode::CONFLICT
            }
            Self::Storage(
                StorageError::Busy(_) | StorageError::Interrupted | StorageError::Dropped,
            ) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Storage(_) | Self::Write(_) | Self::Key(_) | Self::Gone(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let status = self.status_code();
        let detail = self.detail();
        match self {
            Self::Refused(source) => tracing::info!(error = %source, "the database refused a seed"),
            _ if status.is_server_error() => {
                tracing::error!(error = %self, "the control API failed")
            }
            _ => {}
        }
        let errors = match self {
            Self::Seed(errors) => errors.0.as_slice(),
            _ => &[],
        };
        let mut response = HttpResponse::build(status);
        response.insert_header((CACHE_CONTROL, "no-store"));
        match self {
            Self::Method { allowed, .. } => {
                response.insert_header((ALLOW, HeaderValue::from_static(allowed)));
            }
            Self::Token => {
                response
                    .insert_header((WWW_AUTHENTICATE, "Bearer realm=\"cinchy-emulator control\""));
            }
            _ => {}
        }
        response
            .insert_header((CONTENT_TYPE, "application/problem+json"))
            .json(Problem {
                kind: format!("urn:cinchy-emulator:problem:{}", self.kind()),
                title: self.title(),
                status: status.as_u16(),
                detail: &detail,
                errors,
            })
            .with_reason(detail)
    }
}

/// The answer to a call of the journal's `await` (decided): 408 when too few came in time, 409 when one came that was not
/// expected.
pub fn of_wait(how: Waited) -> HttpResponseBuilder {
    HttpResponse::build(match how {
        Waited::Met => StatusCode::OK,
        Waited::TooFew => StatusCode::REQUEST_TIMEOUT,
        Waited::Unexpected => StatusCode::CONFLICT,
    })
}

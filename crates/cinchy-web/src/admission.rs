//! How a request comes in: its body is there, its instance is the one of its name, and it has a pass, which whoever
//! replaces the data as a whole waits for.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpMessage as _;
use actix_web::HttpResponse;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use futures_util::{StreamExt as _, stream};

use crate::instance::Instance;
use crate::instances::InstanceError;
use crate::platform::Platform;
use crate::work::Pass;

/// Paths that the platform does not have.
fn is_ours(path: &str) -> bool {
    path.starts_with("/_emulator") || path.starts_with("/admin")
}

/// Whether the handler asks for passes itself: an upload takes as long as its client likes, and a reset does not wait for
/// clients.
fn passes_by_itself(request: &ServiceRequest, path: &str) -> bool {
    request.method() == Method::POST && path.starts_with("/api/files/v1.0/")
}

/// Bytes of a body that is read before its request gets a pass; of larger ones there are few.
const READ_AHEAD: u64 = 1 << 20;
/// How long the client may be silent meanwhile.
const SILENCE: Duration = Duration::from_secs(30);

/// The client stopped sending.
#[derive(Debug)]
struct Late;

/// Reads a body of known length and puts it back: from here on the request has nobody to wait for but the platform.
async fn read_ahead(request: &mut ServiceRequest) -> Result<(), Late> {
    let headers = request.headers();
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let is_form_with_files = headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/"));
    if is_form_with_files || !length.is_some_and(|length| (1..=READ_AHEAD).contains(&length)) {
        return Ok(());
    }
    let mut body = request.take_payload();
    let mut pieces = Vec::new();
    while let Some(piece) = tokio::time::timeout(SILENCE, body.next())
        .await
        .map_err(|_| Late)?
    {
        let failed = piece.is_err();
        pieces.push(piece);
        if failed {
            break;
        }
    }
    request.set_payload(Payload::Stream {
        payload: Box::pin(stream::iter(pieces)),
    });
    Ok(())
}

/// Why a request is not served.
pub(crate) enum Unadmitted {
    /// Its body did not come.
    Late,
    /// Its instance was dropped, and there is no other one of the name.
    NoInstance,
    /// Its instance was dropped, and no other one can be had.
    Unreachable(InstanceError),
}

impl Unadmitted {
    /// What its client gets.
    pub fn answer(&self) -> HttpResponse {
        match self {
            Self::Late => HttpResponse::RequestTimeout()
                .force_close()
                .content_type("text/plain; charset=utf-8")
                .body("the body of the request did not come within 30 seconds"),
            Self::NoInstance => no_instance(),
            Self::Unreachable(error) => unreachable(error),
        }
    }
}

/// The answer where there is no instance of a name.
pub(crate) fn no_instance() -> HttpResponse {
    HttpResponse::NotFound()
        .content_type("text/plain; charset=utf-8")
        .body("there is no instance of this name")
}

/// The instance that serves a request, with a pass where it needs one. An instance that was dropped while the request
/// waited is nobody's any more: there may be another one of its name.
///
/// # Errors
/// See [`Unadmitted`].
pub(crate) async fn admit(
    request: &mut ServiceRequest,
    platform: &Arc<Platform>,
    name: Option<&str>,
    mut instance: Arc<Instance>,
    path: &str,
) -> Result<(Arc<Instance>, Option<Pass>), Unadmitted> {
    read_ahead(request).await.map_err(|Late| Unadmitted::Late)?;
    // The control API and the console reset what others must not see half of; they do not wait for themselves.
    let needs_pass = !is_ours(path) && !passes_by_itself(request, path);
    loop {
        let pass = match needs_pass {
            true => Some(instance.pass().await),
            false => None,
        };
        let (true, Some(name)) = (instance.is_gone(), name) else {
            return Ok((instance, pass));
        };
        drop(pass);
        instance = match platform.reach(name).await {
            Ok(Some(instance)) => instance,
            Ok(None) => return Err(Unadmitted::NoInstance),
            Err(error) => return Err(Unadmitted::Unreachable(error)),
        };
    }
}

/// The answer where an instance is there or may be made, and cannot be had.
pub(crate) fn unreachable(error: &InstanceError) -> HttpResponse {
    let mut response = match error {
        InstanceError::TooMany => HttpResponse::ServiceUnavailable(),
        _ => {
            tracing::error!(%error, "an instance cannot be opened");
            HttpResponse::InternalServerError()
        }
    };
    response
        .content_type("text/plain; charset=utf-8")
        .body(match error {
            InstanceError::TooMany => error.to_string(),
            _ => "the instance cannot be opened; see the log of the emulator".to_owned(),
        })
}

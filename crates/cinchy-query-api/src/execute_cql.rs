//! `/API/ExecuteCQL`: CQL of the caller's own, with typed parameters. It needs a signed-in user and, on each table, the
//! Direct Query right (decided).

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use cinchy_auth::Credential;
use cinchy_auth::credential::MalformedCredential;
use cinchy_auth::token::Purpose;
use cinchy_storage::Connection;
use cinchy_web::authenticate::Authenticated;
use cinchy_web::query::Text;
use cinchy_web::{AuthError, Generation, Instance, Site};

use crate::answer::{Window, answer};
use crate::error::{ApiError, Challenge};
use crate::execution::{Returns, Run};
use crate::format::Shape;
use crate::parameters::Pairs;
use crate::place::Held;
use crate::saved_query::credential;

/// Seconds that a statement may run without a CommandTimeout (documented).
const DEFAULT_TIMEOUT: u64 = 30;

/// `/API/ExecuteCQL`.
///
/// # Errors
/// See [`ApiError`].
pub async fn execute(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    let body = body.map_err(|_| ApiError::Body)?;
    let pairs = Pairs::read(&request, &body)?;
    let credential = credential(&request);
    let held = Held::of(&pairs)?;
    let is_held = held.is_some();
    let signing_in = credential.clone();
    let facts = Arc::clone(&site.facts);
    answer(
        &site,
        held,
        move |instance| {
            if !is_held {
                return Ok(None);
            }
            instance.database().read(|conn| {
                let generation = instance.generation(conn)?;
                caller(instance, conn, &generation, &signing_in).map(Some)
            })
        },
        move |instance, place, signed_in, reply| {
            let caller = match signed_in {
                Some(caller) => caller,
                None => caller(instance, place.conn, &place.generation, &credential)?,
            };
            facts.signed_in(&caller);
            let caller = acting(place.conn, &place.generation, caller, &pairs)?;
            let cql = pairs
                .option("query")
                .ok_or_else(|| ApiError::Parameter("The field Query is missing".to_owned()))?;
            let returns = Returns::of_type(pairs.option("type"))?;
            let shape = Shape::of(&pairs, None, true)?;
            let parameters = pairs.typed_parameters()?;
            let schema_only = pairs.flag("schemaonly")? == Some(true);
            let window = match &shape {
                _ if schema_only => Window::NONE,
                // Documented: the window of ExecuteCQL is for delimited files.
                Shape::Delimited(_) => pairs.window()?,
                _ => Window::ALL,
            };
            // As for SqlCommand, 0 is no limit (T-SQL).
            let timeout = pairs.count("commandtimeout")?.unwrap_or(DEFAULT_TIMEOUT);
            let run = Run {
                text: Text {
                    cql,
                    parameters: &parameters.types,
                    text_parameters: &parameters.texts,
                    ad_hoc: true,
                    versions: returns == Returns::Versions,
                },
                parameters: &parameters,
                returns,
                shape: &shape,
                window,
                schema_only,
                timeout: (timeout > 0).then(|| Duration::from_secs(timeout)),
            };
            run.write(instance, place, &caller, reply)
        },
    )
    .await
}

/// Who calls; Anonymous may not.
fn caller(
    instance: &Instance,
    conn: &mut Connection,
    generation: &Generation,
    credential: &Result<Credential, MalformedCredential>,
) -> Result<Authenticated, ApiError> {
    let refused = |error| ApiError::unauthenticated(error, Challenge::Bearer);
    let credential = credential
        .as_ref()
        .map_err(|error| refused((*error).into()))?;
    let caller = instance
        .authenticate_bearer(conn, generation, credential, Purpose::Api)
        .map_err(refused)?;
    if caller.principal().is_anonymous() {
        return Err(refused(AuthError::Missing {
            expected: "Authorization: Bearer <access token>",
        }));
    }
    Ok(caller)
}

/// Whose rights the text runs with: those of the user that an administrator names by `UserId`. From others the field is
/// ignored (decided; the documentation asks for "a user with authorization").
fn acting(
    conn: &mut Connection,
    generation: &Generation,
    caller: Authenticated,
    pairs: &Pairs,
) -> Result<Authenticated, ApiError> {
    let named = pairs.option("userid").map(str::trim);
    let Some(text) = named.filter(|id| !id.is_empty() && caller.entry.administrator) else {
        return Ok(caller);
    };
    let id = text.parse().map_err(|_| {
        ApiError::Parameter(format!(
            "UserId must be the Cinchy Id of a user, not `{text}`"
        ))
    })?;
    let entry = generation
        .user(conn, id)?
        .filter(|entry| !entry.user.disabled)
        .ok_or_else(|| {
            ApiError::Parameter(format!("The user {id} of UserId could not be found"))
        })?;
    Ok(Authenticated { entry, ..caller })
}

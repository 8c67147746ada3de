//! `/API/{domain}/{query}` with a bearer token and `/BasicAuthAPI/{domain}/{query}` with user name and password.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use cinchy_auth::Credential;
use cinchy_auth::credential::MalformedCredential;
use cinchy_auth::principal::AuthenticationKind;
use cinchy_auth::token::Purpose;
use cinchy_storage::Connection;
use cinchy_storage::queries::SavedQuery;
use cinchy_web::authenticate::Authenticated;
use cinchy_web::query::Text;
use cinchy_web::{AuthError, Generation, Instance, Site};
use percent_encoding::percent_decode_str;

use crate::answer::answer;
use crate::error::{ApiError, Challenge};
use crate::execution::{Returns, Run};
use crate::format::Shape;
use crate::parameters::Pairs;

/// A call, parsed.
pub struct Call {
    domain: String,
    query: String,
    credential: Result<Credential, MalformedCredential>,
    challenge: Challenge,
    pairs: Pairs,
}

/// `/API/{domain}/{query}`.
///
/// # Errors
/// See [`ApiError`].
pub async fn bearer(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    call(site, request, body, Challenge::Bearer).await
}

/// `/BasicAuthAPI/{domain}/{query}`.
///
/// # Errors
/// See [`ApiError`].
pub async fn basic(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    call(site, request, body, Challenge::Basic).await
}

async fn call(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
    challenge: Challenge,
) -> Result<HttpResponse, ApiError> {
    let body = body.map_err(|_| ApiError::Body)?;
    let segment = |name: &str| {
        let text = request.match_info().get(name).unwrap_or_default();
        percent_decode_str(text).decode_utf8_lossy().into_owned()
    };
    let call = Call {
        domain: segment("domain"),
        query: segment("query"),
        credential: credential(&request),
        challenge,
        pairs: Pairs::read(&request, &body)?,
    };
    run_call(site, call).await
}

/// The credential of a request's header.
///
/// # Errors
/// A header that cannot be read.
pub fn credential(request: &HttpRequest) -> Result<Credential, MalformedCredential> {
    let header = request.headers().get(AUTHORIZATION).map(|v| v.as_bytes());
    Credential::parse(header)
}

async fn run_call(site: Site, call: Call) -> Result<HttpResponse, ApiError> {
    let instance = site.instance.clone();
    answer(move |reply| {
        // Hashing a password holds no connection.
        let signed_in = match call.challenge {
            Challenge::Basic => Some(sign_in(&instance, &call)?),
            Challenge::Bearer => None,
        };
        instance.database().read(|conn| {
            let generation = instance.generation(conn)?;
            let caller = match signed_in {
                Some(caller) => caller,
                None => authenticate(&instance, conn, &generation, &call)?,
            };
            let query = find(conn, &generation, &call, &caller)?;
            let shape = Shape::of(
                &call.pairs,
                query.result_format.as_deref(),
                query.compress_json,
            )?;
            let returns = Returns::of_saved(&query.kind)?;
            let parameters = call.pairs.parameters();
            let text = Text {
                cql: &query.cql,
                parameters: &parameters.types,
                text_parameters: &parameters.texts,
                ad_hoc: false,
                versions: returns == Returns::Versions,
            };
            let prepared = instance.prepare(conn, &generation, &caller.entry, text)?;
            let run = Run {
                prepared: &prepared,
                parameters: &parameters,
                returns,
                shape: &shape,
                window: call.pairs.window()?,
                timeout: u64::try_from(query.timeout).ok().map(Duration::from_secs),
                ad_hoc: false,
            };
            run.write(&instance, conn, generation, &caller, reply)
        })
    })
    .await
}

fn sign_in(instance: &Instance, call: &Call) -> Result<Authenticated, ApiError> {
    let expected = "Authorization: Basic <base64 of user:password>";
    let refused = |error| ApiError::unauthenticated(error, Challenge::Basic);
    match &call.credential {
        Ok(Credential::Basic { username, password }) => {
            let entry = instance.sign_in(username, password).map_err(refused)?;
            Ok(Authenticated {
                entry,
                how: AuthenticationKind::Basic,
            })
        }
        Ok(Credential::None) => Err(refused(AuthError::Missing { expected })),
        Ok(_) => Err(refused(AuthError::WrongKind { expected })),
        Err(error) => Err(refused(malformed(error))),
    }
}

/// The parse error of a header, again: the call keeps it until it is known what to answer.
fn malformed(error: &MalformedCredential) -> AuthError {
    AuthError::Malformed(*error)
}

fn authenticate(
    instance: &Instance,
    conn: &mut Connection,
    generation: &Generation,
    call: &Call,
) -> Result<Authenticated, ApiError> {
    let refused = |error| ApiError::unauthenticated(error, call.challenge);
    let credential = call
        .credential
        .as_ref()
        .map_err(|error| refused(malformed(error)))?;
    instance
        .authenticate_bearer(conn, generation, credential, Purpose::Api)
        .map_err(refused)
}

/// The query, if it exists and the caller may execute it.
fn find(
    conn: &mut Connection,
    generation: &Generation,
    call: &Call,
    caller: &Authenticated,
) -> Result<Arc<SavedQuery>, ApiError> {
    let name = || format!("{}/{}", call.domain, call.query);
    let query = generation
        .query(conn, &call.domain, &call.query)?
        .ok_or_else(|| ApiError::NoQuery(name()))?;
    let principal = caller.principal();
    if principal.may_execute(&query.execute_users, &query.execute_groups) {
        return Ok(query);
    }
    if principal.is_anonymous() {
        return Err(ApiError::AnonymousMayNot {
            query: name(),
            challenge: call.challenge,
        });
    }
    Err(ApiError::MayNotExecute {
        user: principal.username,
        query: name(),
    })
}

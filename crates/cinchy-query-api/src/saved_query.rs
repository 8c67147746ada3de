//! `/API/{domain}/{query}` with a bearer token and `/BasicAuthAPI/{domain}/{query}` with user name and password.

use std::net::IpAddr;
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
use cinchy_web::{AuthError, Facts, Generation, Instance, Site};
use percent_encoding::percent_decode_str;

use crate::answer::{Reply, Window, answer};
use crate::error::{ApiError, Challenge};
use crate::execution::{Returns, Run};
use crate::format::Shape;
use crate::parameters::Pairs;
use crate::place::{Held, Place};

/// A call, parsed.
pub struct Call {
    domain: String,
    query: String,
    credential: Result<Credential, MalformedCredential>,
    challenge: Challenge,
    pairs: Pairs,
    facts: Arc<Facts>,
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
    let path = request.match_info();
    let (domain, query) = match names(path.unprocessed()) {
        Some(names) => names,
        // The router has taken a longer path apart.
        None => (
            path.get("domain").unwrap_or_default(),
            path.get("query").unwrap_or_default(),
        ),
    };
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (domain, query) = (decoded(domain), decoded(query));
    site.facts.query(&domain, &query);
    let call = Call {
        domain,
        query,
        credential: credential(&request),
        challenge,
        pairs: Pairs::read(&request, &body)?,
        facts: Arc::clone(&site.facts),
    };
    run_call(site, call).await
}

/// Domain and query of `/{domain}/{query}`, as they are written.
pub fn names(path: &str) -> Option<(&str, &str)> {
    let (domain, query) = path.strip_prefix('/')?.split_once('/')?;
    let is_name = |text: &str| !text.is_empty() && !text.contains('/');
    (is_name(domain) && is_name(query)).then_some((domain, query))
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
    let held = Held::of(&call.pairs)?;
    let is_held = held.is_some();
    if let (Challenge::Basic, Ok(Credential::Basic { username, password })) =
        (call.challenge, &call.credential)
        && !site.instance.has_verified(username, password)
    {
        // Hashed in its turn; below it is known.
        call.facts.user(username);
        site.sign_in(username, password)
            .await
            .map_err(|error| ApiError::unauthenticated(error, Challenge::Basic))?;
    }
    let sender = site.sender;
    let call = Arc::new(call);
    let signing_in = Arc::clone(&call);
    answer(
        &site,
        held,
        move |instance| match signing_in.challenge {
            Challenge::Basic => sign_in(instance, sender, &signing_in).map(Some),
            Challenge::Bearer if is_held => instance.database().read(|conn| {
                let generation = instance.generation(conn)?;
                authenticate(instance, conn, &generation, &signing_in).map(Some)
            }),
            Challenge::Bearer => Ok(None),
        },
        move |instance, place, signed_in, reply| {
            let generation = &place.generation;
            let conn = &mut *place.conn;
            let caller = match (signed_in, call.challenge) {
                (Some(caller), _) => caller,
                (None, Challenge::Basic) => {
                    match signed_in_before(instance, conn, generation, &call)? {
                        Some(caller) => caller,
                        None => return Ok(()),
                    }
                }
                (None, Challenge::Bearer) => authenticate(instance, conn, generation, &call)?,
            };
            call.facts.signed_in(&caller);
            let query = find(conn, generation, &call, &caller)?;
            if query.domain != call.domain || query.name != call.query {
                // As it is called, however the caller wrote it.
                call.facts.query(&query.domain, &query.name);
            }
            run_query(instance, place, &caller, &query, &call.pairs, reply)
        },
    )
    .await
}

/// Of a caller whose password was verified a moment ago.
fn signed_in_before(
    instance: &Instance,
    conn: &mut Connection,
    generation: &Generation,
    call: &Call,
) -> Result<Option<Authenticated>, ApiError> {
    let Ok(Credential::Basic { username, password }) = &call.credential else {
        return Ok(None);
    };
    let entry = instance
        .signed_in_before(conn, generation, username, password)
        .map_err(|error| ApiError::unauthenticated(error, Challenge::Basic))?;
    Ok(entry.map(|entry| Authenticated {
        entry,
        how: AuthenticationKind::Basic,
    }))
}

/// Runs a query for a caller who may execute it.
///
/// # Errors
/// Options and parameters that are wrong, and those of the run.
pub fn run_query(
    instance: &Instance,
    place: Place<'_>,
    caller: &Authenticated,
    query: &SavedQuery,
    pairs: &Pairs,
    reply: &mut Reply,
) -> Result<(), ApiError> {
    let shape = Shape::of(pairs, query.result_format.as_deref(), query.compress_json)?;
    let returns = Returns::of_saved(&query.kind)?;
    let parameters = pairs.parameters();
    let schema_only = pairs.flag("schemaonly")? == Some(true);
    let run = Run {
        text: Text {
            cql: &query.cql,
            parameters: &parameters.types,
            text_parameters: &parameters.texts,
            ad_hoc: false,
            versions: returns == Returns::Versions,
        },
        parameters: &parameters,
        returns,
        shape: &shape,
        window: if schema_only {
            Window::NONE
        } else {
            pairs.window()?
        },
        schema_only,
        timeout: u64::try_from(query.timeout).ok().map(Duration::from_secs),
    };
    run.write(instance, place, caller, reply)
}

fn sign_in(
    instance: &Instance,
    sender: Option<IpAddr>,
    call: &Call,
) -> Result<Authenticated, ApiError> {
    let expected = "Authorization: Basic <base64 of user:password>";
    let refused = |error| ApiError::unauthenticated(error, Challenge::Basic);
    match &call.credential {
        Ok(Credential::Basic { username, password }) => {
            call.facts.user(username);
            let entry = instance
                .sign_in(sender, username, password)
                .map_err(refused)?;
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

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_query_is_named_by_two_segments() {
        for (path, expected) in [
            ("/Sales/Orders", Some(("Sales", "Orders"))),
            ("/a%2Fb/c d", Some(("a%2Fb", "c d"))),
            ("/v1.0/x", Some(("v1.0", "x"))),
            ("/Sales", None),
            ("/Sales/", None),
            ("//Orders", None),
            ("/v1.0/Sales/Orders", None),
            ("Sales/Orders", None),
            ("/", None),
            ("", None),
        ] {
            assert_eq!(names(path), expected, "{path}");
        }
    }
}

//! `OpenConnection`, `BeginTransaction`, `CommitTransaction`, `RollbackTransaction`, `CloseConnection`: a connection that a
//! caller keeps over several requests (seen in both SDKs). Ids come as plain text, which the SDKs use as it is.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use cinchy_auth::Credential;
use cinchy_auth::credential::MalformedCredential;
use cinchy_auth::token::Purpose;
use cinchy_web::connections::Connections;
use cinchy_web::{AuthError, Facts, Instance, Site};

use crate::error::{ApiError, Challenge};
use crate::parameters::Pairs;
use crate::saved_query::credential;

/// The caller's Cinchy Id; Anonymous has no connections.
fn caller(
    instance: &Instance,
    credential: Result<Credential, MalformedCredential>,
    facts: &Facts,
) -> Result<i32, ApiError> {
    let refused = |error| ApiError::unauthenticated(error, Challenge::Bearer);
    let credential = credential.map_err(|error| refused(error.into()))?;
    instance.database().read(|conn| {
        let generation = instance.generation(conn)?;
        let caller = instance
            .authenticate_bearer(conn, &generation, &credential, Purpose::Api)
            .map_err(refused)?;
        facts.signed_in(&caller);
        if caller.principal().is_anonymous() {
            return Err(refused(AuthError::Missing {
                expected: "Authorization: Bearer <access token>",
            }));
        }
        Ok(caller.entry.user.id)
    })
}

/// An id as a client sends it, in quotes or not.
fn id(pairs: &Pairs, name: &'static str) -> Result<String, ApiError> {
    pairs
        .option(name)
        .map(|id| id.trim().trim_matches('"').to_owned())
        .filter(|id| !id.is_empty())
        .ok_or_else(|| ApiError::Parameter(format!("The field {name} is missing")))
}

/// Runs `work` for a signed-in caller and answers with its text.
async fn call<W>(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
    work: W,
) -> Result<HttpResponse, ApiError>
where
    W: FnOnce(&Instance, i32, &Pairs) -> Result<String, ApiError> + Send + 'static,
{
    let body = body.map_err(|_| ApiError::Body)?;
    let pairs = Pairs::read(&request, &body)?;
    let credential = credential(&request);
    let instance = site.instance.clone();
    let facts = site.facts.clone();
    let text = cinchy_web::run(move || {
        let user = caller(&instance, credential, &facts)?;
        work(&instance, user, &pairs)
    })
    .await?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type("text/plain; charset=utf-8")
        .body(text))
}

/// `GET /API/OpenConnection`: the id of a new connection.
///
/// # Errors
/// See [`ApiError`].
pub async fn open(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    call(site, request, body, |instance, user, _| {
        Ok(Connections::open(
            instance.connections(),
            instance.database(),
            user,
        )?)
    })
    .await
}

/// `POST /API/CloseConnection`: an open transaction is rolled back.
///
/// # Errors
/// See [`ApiError`].
pub async fn close(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    call(site, request, body, |instance, user, pairs| {
        instance
            .connections()
            .close(&id(pairs, "connectionId")?, user)?;
        Ok(String::new())
    })
    .await
}

/// `POST /API/BeginTransaction`: the id of the transaction.
///
/// # Errors
/// See [`ApiError`].
pub async fn begin(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    call(site, request, body, |instance, user, pairs| {
        let connection = id(pairs, "connectionId")?;
        instance
            .connections()
            .with(&connection, user, |pinned| Ok(pinned.begin()?))
    })
    .await
}

/// `POST /API/CommitTransaction`.
///
/// # Errors
/// See [`ApiError`].
pub async fn commit(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    call(site, request, body, |instance, user, pairs| {
        let connection = id(pairs, "connectionId")?;
        let transaction = id(pairs, "transactionId")?;
        instance.connections().with(&connection, user, |pinned| {
            pinned.commit(&transaction)?;
            Ok(String::new())
        })
    })
    .await
}

/// `POST /API/RollbackTransaction`.
///
/// # Errors
/// See [`ApiError`].
pub async fn roll_back(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    call(site, request, body, |instance, user, pairs| {
        let connection = id(pairs, "connectionId")?;
        let transaction = id(pairs, "transactionId")?;
        instance.connections().with(&connection, user, |pinned| {
            pinned.roll_back(&transaction)?;
            Ok(String::new())
        })
    })
    .await
}

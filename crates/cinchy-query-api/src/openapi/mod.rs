//! `/openapi.json`: OpenAPI 3.1 of the web API, with one operation for each saved query that the caller may run, and
//! `/openapi`, the same as a page that needs no network. Neither is the platform's; they are the emulator's own.
//!
//! `fixed` describes the endpoints that are always there, `queries` the saved queries, `page` shows a document.

mod fixed;
mod page;
mod queries;

use actix_web::{HttpRequest, HttpResponse};
use cinchy_auth::Credential;
use cinchy_auth::principal::AuthenticationKind;
use cinchy_auth::token::Purpose;
use cinchy_web::Site;
use cinchy_web::authenticate::Authenticated;
use serde_json::Value;

use crate::error::ApiError;
use crate::saved_query::credential;

/// `GET /openapi.json`. Public: without a credential that holds it tells of the queries that Anonymous may run.
///
/// # Errors
/// The database's.
pub async fn json(site: Site, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let document = document(&site, &request).await?;
    Ok(HttpResponse::Ok()
        .insert_header(("cache-control", "private, no-cache"))
        .insert_header(("vary", "Authorization"))
        .content_type("application/json; charset=utf-8")
        .json(document))
}

/// `GET /openapi`.
///
/// # Errors
/// The database's.
pub async fn page(site: Site, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let document = document(&site, &request).await?;
    page::show(&site, &document)
}

async fn document(site: &Site, request: &HttpRequest) -> Result<Value, ApiError> {
    let credential = credential(request).unwrap_or(Credential::None);
    let instance = site.instance.clone();
    let server = site.issuer_at(cinchy_auth::Mount::Root).to_string();
    let version = site.platform.options.version;
    let signed_in = match &credential {
        Credential::Basic { username, password } => site.sign_in(username, password).await.ok(),
        _ => None,
    };
    cinchy_web::run(move || {
        instance.database().read(|conn| {
            let generation = instance.generation(conn)?;
            let caller = match signed_in {
                Some(entry) => Some(Authenticated {
                    entry,
                    how: AuthenticationKind::Basic,
                }),
                None => instance
                    .authenticate_bearer(conn, &generation, &credential, Purpose::Api)
                    .or_else(|_| {
                        let none = Credential::None;
                        instance.authenticate_bearer(conn, &generation, &none, Purpose::Api)
                    })
                    .ok(),
            };
            let mut document = fixed::document(&server, version);
            if let Some(caller) = caller {
                let principal = caller.principal();
                for query in generation.executable_queries(conn, &principal)? {
                    let columns =
                        queries::columns(&instance, conn, &generation, &caller.entry, &query)?;
                    let (path, item) = queries::path_item(&query, columns.as_deref());
                    document["paths"][path] = item;
                }
            }
            Ok(document)
        })
    })
    .await
}

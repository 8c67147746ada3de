//! Endpoints of a signed-in user: who asks is found on the same connection as what they ask for.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};
use cinchy_auth::token::Purpose;
use cinchy_storage::Connection;
use cinchy_web::authenticate::Authenticated;
use cinchy_web::{AuthError, Generation, Instance, Site};
use serde::Serialize;

use crate::error::{ApiError, Challenge};
use crate::saved_query::credential;

/// A call whose caller is known.
pub struct SignedIn<'a> {
    /// The platform that is spoken to.
    pub instance: &'a Instance,
    /// The connection of this call.
    pub conn: &'a mut Connection,
    /// What is known at the present state of the database.
    pub generation: Arc<Generation>,
    /// Who calls; never Anonymous.
    pub caller: Authenticated,
}

/// Does `work` for whoever the bearer token names. No credential is 401 here, and so is `Bearer null`: apps log in only
/// when it is refused (seen in client code).
///
/// # Errors
/// A refused credential, or those of `work`.
pub async fn signed_in<T, W>(site: &Site, request: &HttpRequest, work: W) -> Result<T, ApiError>
where
    T: Send + 'static,
    W: FnOnce(SignedIn<'_>) -> Result<T, ApiError> + Send + 'static,
{
    let credential = credential(request);
    let instance = site.instance.clone();
    let facts = site.facts.clone();
    cinchy_web::run(move || {
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
            work(SignedIn {
                instance: &instance,
                conn,
                generation,
                caller,
            })
        })
    })
    .await
}

/// An answer that is a caller's own: no cache between may keep it.
pub fn own_json(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("cache-control", "private, s-maxage=0"))
        .content_type("application/json; charset=utf-8")
        .json(body)
}

//! `/API/callback?key=`: a row of `[Cinchy].[Webhooks]` runs its saved query as its user, with the payload as parameters
//! (documented). What it answers is not documented: here the result of the query.

use std::sync::Arc;

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use cinchy_auth::principal::AuthenticationKind;
use cinchy_storage::webhooks;
use cinchy_web::Site;
use cinchy_web::authenticate::Authenticated;

use crate::answer::answer;
use crate::error::ApiError;
use crate::parameters::Pairs;
use crate::saved_query::run_query;

/// `GET` and `POST /API/callback?key=`. The key is the credential: an `Authorization` header is not looked at.
///
/// # Errors
/// An unknown key, a payload that cannot be read, those of the query.
pub async fn callback(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    let body = body.map_err(|_| ApiError::Body)?;
    let query = request.query_string().to_owned();
    let key = Pairs::of_query(&query).option("key").map(str::to_owned);
    let facts = Arc::clone(&site.facts);
    answer(
        &site,
        None,
        |_| Ok(None),
        move |instance, place, _, reply| {
            let generation = &place.generation;
            let conn = &mut *place.conn;
            let key = key
                .as_deref()
                .filter(|key| !key.is_empty() && !key.contains('\0'))
                .ok_or(ApiError::NoWebhook)?;
            let hook = webhooks::find(conn, instance.database().schema(), key)?
                .ok_or(ApiError::NoWebhook)?;
            let user = generation.user(conn, hook.run_as)?;
            let entry = user
                .filter(|entry| !entry.user.disabled)
                .ok_or(ApiError::NoWebhook)?;
            let caller = Authenticated {
                entry,
                how: AuthenticationKind::Basic,
            };
            let saved = generation
                .query_by_id(conn, hook.saved_query)?
                .ok_or(ApiError::NoWebhook)?;
            facts.signed_in(&caller);
            facts.query(&saved.domain, &saved.name);
            let principal = caller.principal();
            if !principal.may_execute(&saved.execute_users, &saved.execute_groups) {
                return Err(ApiError::MayNotExecute {
                    user: principal.username,
                    query: format!("{}/{}", saved.domain, saved.name),
                });
            }
            let pairs = Pairs::of_payload(&query, &body, hook.whole_payload)?;
            run_query(instance, place, &caller, &saved, &pairs, reply)
        },
    )
    .await
}

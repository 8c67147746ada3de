//! `POST /_emulator/explain`: may this user, or the holder of this token, run this query? Each check with what decided it
//! and what would allow it. The chain itself is `cinchy_web::explain`.

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use cinchy_web::explain::{What, Who, chain};
use cinchy_web::{Site, run};
use serde::Deserialize;

use crate::body;
use crate::error::ControlError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    user: Option<String>,
    token: Option<String>,
    domain: Option<String>,
    query: Option<String>,
    cql: Option<String>,
}

impl Question {
    fn read(&self) -> Result<(Who<'_>, What<'_>), ControlError> {
        let wrong = |text: &str| ControlError::Body(text.to_owned());
        let who = match (&self.user, &self.token) {
            (Some(name), None) => Who::User(name),
            (None, Some(token)) => Who::Token(token),
            _ => return Err(wrong("give one of `user` and `token`")),
        };
        let what = match (&self.domain, &self.query, &self.cql) {
            (_, Some(_), Some(_)) => {
                return Err(wrong("give one of `query` and `cql`, or none"));
            }
            (None, Some(_), None) => return Err(wrong("a `query` needs its `domain`")),
            (Some(domain), Some(name), None) => What::Query { domain, name },
            (_, None, Some(cql)) => What::Cql(cql),
            (_, None, None) => What::Nothing,
        };
        Ok((who, what))
    }
}

/// Explains. 200 whatever the outcome: a refusal that is explained is no error.
pub async fn explain(
    site: Site,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ControlError> {
    let body = body.map_err(|_| ControlError::CutOff)?;
    let question: Question = body::json(&body)?;
    let explanation = run(move || {
        let (who, what) = question.read()?;
        site.instance.database().read(|conn| {
            let generation = site.instance.generation(conn)?;
            let told = chain(&site.instance, conn, &generation, who, what)?;
            Ok::<_, ControlError>(told)
        })
    })
    .await?;
    Ok(HttpResponse::Ok().json(explanation))
}

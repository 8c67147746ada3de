//! Small endpoints about the platform itself: where the identity server is, secrets, caches, and pages of the real one
//! that are not here.

use actix_web::{HttpRequest, HttpResponse};
use cinchy_auth::Mount;
use cinchy_storage::secrets;
use cinchy_web::health::PLATFORM_VERSION;
use cinchy_web::{Site, WithReason as _};
use serde::Serialize;

use crate::caller::{own_json, signed_in};
use crate::error::{self, ApiError};
use crate::parameters::Pairs;

/// What the platform's own toolkit reads (seen in its source).
#[derive(Serialize)]
struct Configuration {
    idp_endpoint: String,
    connections_endpoint: String,
}

/// `GET /.well-known/cinchy-configuration`: public.
pub async fn configuration(site: Site) -> HttpResponse {
    let root = site.issuer_at(Mount::Root).to_string();
    HttpResponse::Ok().json(Configuration {
        idp_endpoint: site.issuer_at(Mount::Idp).to_string(),
        // The product that answers there is not emulated; clients only keep the address.
        connections_endpoint: format!("{root}/connections"),
    })
}

/// `GET /api/getstsauthorityuri` (documented; that it is plain text is a guess).
pub async fn authority(site: Site) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(site.issuer_at(Mount::Root).to_string())
}

/// `/cache/clear` (documented): for administrators (a guess). There is nothing to do, since each request asks whether what
/// is kept still holds.
///
/// # Errors
/// A caller who is no administrator.
pub async fn clear_cache(site: Site, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    signed_in(&site, &request, |call| {
        if call.caller.entry.administrator {
            Ok(())
        } else {
            Err(ApiError::NotAdministrator(
                call.caller.entry.user.username.clone(),
            ))
        }
    })
    .await?;
    Ok(HttpResponse::Ok().finish())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SecretAnswer {
    secret_value: String,
}

/// `GET /api/v1.0/secrets-manager/secret?secretName=&domain=` (documented): for who is named in the secret's row, and for
/// administrators.
///
/// # Errors
/// No such secret, or one that is not for the caller.
pub async fn secret(site: Site, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let pairs = Pairs::read(&request, &[])?;
    let name = pairs
        .option("secretName")
        .filter(|name| !name.is_empty())
        .ok_or_else(|| ApiError::Parameter("The parameter secretName is missing".to_owned()))?
        .to_owned();
    let domain = pairs
        .option("domain")
        .filter(|domain| !domain.is_empty())
        .map(str::to_owned);
    let value = signed_in(&site, &request, move |call| {
        let schema = call.instance.database().schema();
        let found = secrets::find(call.conn, schema, &name, domain.as_deref())?;
        if found.is_empty() {
            return Err(ApiError::NoSecret(name));
        }
        let principal = call.caller.principal();
        let readable = found
            .into_iter()
            .find(|s| principal.administrator || principal.is_named(&s.users, &s.groups));
        match readable {
            Some(secret) => Ok(secret.value),
            None => Err(ApiError::MayNotRead {
                user: principal.username,
                secret: name,
            }),
        }
    })
    .await?;
    Ok(own_json(&SecretAnswer {
        secret_value: value.expose().to_owned(),
    }))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FormsHealth<'a> {
    component: &'a str,
    version: &'a str,
    build_identifier: &'a str,
    #[serde(rename = "githubURL")]
    github_url: &'a str,
}

/// `GET /metaforms/healthcheck`: static on the platform too (seen in a package).
pub async fn forms_health(site: Site) -> HttpResponse {
    HttpResponse::Ok().json(FormsHealth {
        component: "Meta Forms",
        version: PLATFORM_VERSION,
        build_identifier: site.platform.options.version,
        github_url: "",
    })
}

/// Links that apps make to pages of the real platform lead to the console (decided).
pub async fn to_console(site: Site) -> HttpResponse {
    let base = &site.platform.options.base_path;
    let instance = match site.instance.name() {
        "default" => String::new(),
        name => format!("/i/{name}"),
    };
    HttpResponse::Found()
        .insert_header(("location", format!("{base}{instance}/admin")))
        .finish()
        .with_reason("the emulator has no page at this address; its console is at /admin")
}

/// `/Tableau/Connector`: a page that needs a script of Tableau's from the internet.
pub async fn tableau() -> HttpResponse {
    error::not_emulated(
        "The Tableau web data connector is not emulated. Read saved queries as CSV instead: /BasicAuthAPI/{domain}/{query}?ResultFormat=CSV",
    )
}

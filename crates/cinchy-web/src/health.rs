//! Health: what probes and apps ask before anything else. All of it is open to everybody.

use actix_web::{HttpResponse, web};
use chrono::{SecondsFormat, Utc};
use serde::Serialize;

use crate::site::Site;
use crate::work::{Gone, run};

/// The version of the platform that is emulated, as `/healthcheck` says it. Apps choose their SQL by it: from 5 on they
/// use `OUTPUT ... INTO`.
pub const PLATFORM_VERSION: &str = "5.13.0";

/// Adds `/livez` and `/readyz`, which are always there.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/livez").route(web::get().to(live)))
        .service(web::resource("/readyz").route(web::get().to(ready)));
}

async fn live() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ok")
}

/// The listener opens when the database is migrated and seeded, so ready means that the database answers.
async fn ready(site: Site) -> HttpResponse {
    if database_answers(&site).await {
        HttpResponse::Ok()
            .content_type("text/plain; charset=utf-8")
            .body("ready")
    } else {
        HttpResponse::ServiceUnavailable()
            .content_type("text/plain; charset=utf-8")
            .body("the database does not answer")
    }
}

enum Unready {
    Storage(cinchy_storage::StorageError),
    Gone,
}

impl From<cinchy_storage::StorageError> for Unready {
    fn from(error: cinchy_storage::StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<Gone> for Unready {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

/// Whether the database of the instance answers.
pub async fn database_answers(site: &Site) -> bool {
    let instance = site.instance.clone();
    let answer = run(move || {
        instance
            .database()
            .read(cinchy_storage::state::versions)
            .map_err(Unready::from)
    })
    .await;
    match answer {
        Ok(_) => true,
        Err(Unready::Storage(error)) => {
            tracing::warn!(%error, "the database does not answer");
            false
        }
        Err(Unready::Gone) => false,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Health<'a> {
    component: &'a str,
    version: &'a str,
    build_identifier: &'a str,
    ip_address: [&'a str; 1],
    system_time: String,
    status: &'a str,
    health_checks: [Check<'a>; 1],
}

#[derive(Serialize)]
struct Check<'a> {
    name: &'a str,
    description: &'a str,
    status: &'a str,
}

/// The platform's health document (documented), for a component.
pub async fn healthcheck(site: &Site, component: &str) -> HttpResponse {
    let good = database_answers(site).await;
    let status = if good { "Green" } else { "Red" };
    let body = Health {
        component,
        version: PLATFORM_VERSION,
        build_identifier: site.platform.options.version,
        ip_address: ["127.0.0.1"],
        system_time: Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true),
        status,
        health_checks: [Check {
            name: "Database Connectivity",
            description: "Whether the database answers.",
            status,
        }],
    };
    let mut response = if good {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    response
        .insert_header(("cache-control", "no-store"))
        .json(body)
}

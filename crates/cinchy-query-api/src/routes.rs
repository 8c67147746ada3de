//! The index of this room. Paths are canonical: fixed segments in lower case, without `/Cinchy` and base path.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, guard};
use cinchy_web::{Site, health};

use crate::{error, execute_cql, saved_query};

/// Largest form or JSON body, in bytes.
const BODY_LIMIT: usize = 8 << 20;

/// Adds the endpoints of the web API.
pub fn routes(config: &mut ServiceConfig) {
    let limit = || web::PayloadConfig::new(BODY_LIMIT);
    let readable = || guard::Any(guard::Get()).or(guard::Post());
    let bearer = |path: &'static str| {
        web::resource(path)
            .app_data(limit())
            .route(web::route().guard(readable()).to(saved_query::bearer))
            .default_service(web::to(error::method_not_allowed))
    };
    let basic = |path: &'static str| {
        web::resource(path)
            .app_data(limit())
            .route(web::route().guard(readable()).to(saved_query::basic))
            .default_service(web::to(error::method_not_allowed))
    };
    config
        .service(
            web::resource("/api/executecql")
                .app_data(limit())
                .route(web::route().guard(readable()).to(execute_cql::execute))
                .default_service(web::to(error::method_not_allowed)),
        )
        // `/API/v1.0/{domain}/{query}` is the same query under its version (documented since 5.10). It is a resource of its
        // own because one with several patterns is matched twice.
        .service(bearer("/api/{domain}/{query}"))
        .service(bearer("/api/{version:v[0-9][^/]*}/{domain}/{query}"))
        .service(basic("/basicauthapi/{domain}/{query}"))
        .service(basic(
            "/basicauthapi/{version:v[0-9][^/]*}/{domain}/{query}",
        ))
        .service(web::resource("/healthcheck").route(web::get().to(healthcheck)));
}

async fn healthcheck(site: Site) -> HttpResponse {
    health::healthcheck(&site, "Cinchy").await
}

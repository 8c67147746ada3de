//! The index of this room. Paths are canonical: fixed segments in lower case, without `/Cinchy` and base path.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Resource, Route, Scope, guard};
use cinchy_web::{Site, health};

use crate::{
    account, connections, error, execute_cql, files, openapi, platform, saved_query, translate,
    webhook,
};

/// Largest form or JSON body, in bytes.
const BODY_LIMIT: usize = 8 << 20;

fn limit() -> web::PayloadConfig {
    web::PayloadConfig::new(BODY_LIMIT)
}

fn readable() -> impl guard::Guard {
    guard::Any(guard::Get()).or(guard::Post())
}

fn bearer(path: &'static str) -> Resource {
    web::resource(path)
        .app_data(limit())
        .route(web::route().guard(readable()).to(saved_query::bearer))
        .default_service(web::to(error::method_not_allowed))
}

fn basic(path: &'static str) -> Resource {
    web::resource(path)
        .app_data(limit())
        .route(web::route().guard(readable()).to(saved_query::basic))
        .default_service(web::to(error::method_not_allowed))
}

/// `{start}/{domain}/{query}`, without the regular expression that a path with names is matched by.
fn queries_below(start: &'static str, route: Route) -> Scope {
    let names_a_query = move |context: &guard::GuardContext<'_>| {
        let path = context.head().uri.path().strip_prefix(start);
        path.and_then(saved_query::names).is_some()
    };
    web::scope(start)
        .guard(guard::fn_guard(names_a_query))
        .app_data(limit())
        .default_service(route)
}

/// Adds saved queries by their plain paths. To be added before all others: paths are tried in their order, and these are
/// asked for most.
pub fn saved_queries(config: &mut ServiceConfig) {
    let refused = || web::to(error::method_not_allowed);
    config
        .service(queries_below("/api", web::to(saved_query::bearer)).guard(readable()))
        .service(queries_below("/basicauthapi", web::to(saved_query::basic)).guard(readable()))
        .service(queries_below("/api", refused()))
        .service(queries_below("/basicauthapi", refused()));
}

/// Adds the other endpoints of the web API.
pub fn routes(config: &mut ServiceConfig) {
    let entitlements = |path: &'static str, route: Route| {
        web::resource(path)
            .app_data(limit())
            .route(route)
            .default_service(web::to(error::method_not_allowed))
    };
    let posted = |path: &'static str| {
        web::resource(path).default_service(web::to(error::method_not_allowed))
    };
    config
        .service(
            web::resource("/api/executecql")
                .app_data(limit())
                .route(web::route().guard(readable()).to(execute_cql::execute))
                .default_service(web::to(error::method_not_allowed)),
        )
        .service(
            web::resource("/api/translate")
                .app_data(limit())
                .route(web::post().to(translate::translate))
                .default_service(web::to(error::method_not_allowed)),
        )
        .service(
            web::resource("/api/callback")
                .app_data(limit())
                .route(web::route().guard(readable()).to(webhook::callback))
                .default_service(web::to(error::method_not_allowed)),
        )
        .service(web::resource("/api/getstsauthorityuri").route(web::get().to(platform::authority)))
        .service(
            web::resource("/api/v1.0/secrets-manager/secret")
                .route(web::get().to(platform::secret)),
        )
        .service(
            web::resource("/account/getgroupscurrentuserbelongsto")
                .route(web::get().to(account::groups))
                .default_service(web::to(error::method_not_allowed)),
        )
        .service(entitlements(
            "/account/gettableentitlementsbyid",
            web::post().to(account::by_id),
        ))
        .service(entitlements(
            "/account/gettableentitlementsbyguid",
            web::post().to(account::by_guid),
        ))
        .service(entitlements(
            "/account/gettableentitlementsbyname",
            web::post().to(account::by_name),
        ))
        .service(
            web::resource("/cache/clear")
                .route(web::route().guard(readable()).to(platform::clear_cache)),
        )
        .service(
            web::resource("/.well-known/cinchy-configuration")
                .route(web::get().to(platform::configuration)),
        )
        .service(
            web::resource("/metaforms/healthcheck").route(web::get().to(platform::forms_health)),
        )
        .service(web::resource("/tableau/connector").route(web::get().to(platform::tableau)))
        .service(
            web::resource(["/tables/{table}", "/query/{rest:.*}", "/apps/integrated"])
                .route(web::get().to(platform::to_console)),
        )
        .service(web::resource("/openapi.json").route(web::get().to(openapi::json)))
        .service(web::resource("/openapi").route(web::get().to(openapi::page)))
        .service(
            web::resource("/api/openconnection")
                .route(web::route().guard(readable()).to(connections::open))
                .default_service(web::to(error::method_not_allowed)),
        )
        .service(posted("/api/closeconnection").route(web::post().to(connections::close)))
        .service(posted("/api/begintransaction").route(web::post().to(connections::begin)))
        .service(posted("/api/committransaction").route(web::post().to(connections::commit)))
        .service(posted("/api/rollbacktransaction").route(web::post().to(connections::roll_back)))
        .service(
            web::resource("/api/files/v1.0/{domain}/{table}/{row}/{column}")
                .route(web::get().to(files::download))
                .route(web::post().to(files::upload))
                .default_service(web::to(error::method_not_allowed)),
        )
        // `/API/v1.0/{domain}/{query}` is the same query under its version (documented since 5.10). It is a resource of its
        // own because one with several patterns is matched twice.
        .service(bearer("/api/{version:v[0-9][^/]*}/{domain}/{query}"))
        .service(basic(
            "/basicauthapi/{version:v[0-9][^/]*}/{domain}/{query}",
        ))
        .service(web::resource("/healthcheck").route(web::get().to(healthcheck)));
}

async fn healthcheck(site: Site) -> HttpResponse {
    health::healthcheck(&site, "Cinchy").await
}

//! The index of the control API. Each resource stands behind the guard, the ones that do not exist included.

use actix_web::dev::HttpServiceFactory;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig, delete, get, post, put};
use actix_web::{HttpRequest, Resource, Route};

use crate::error::ControlError;
use crate::{
    clock, explain, faults, guard, info, instances, journal, metrics, openapi, reset, seed,
    snapshots, tokens,
};

/// Adds the control API. Paths must have crossed the edge of `cinchy-web`, which makes them canonical.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(guarded("/_emulator/info", "GET", [get().to(info::info)]))
        .service(guarded(
            "/_emulator/reset",
            "POST",
            [post().to(reset::reset)],
        ))
        .service(guarded(
            "/_emulator/seed",
            "GET, POST",
            [get().to(seed::export), post().to(seed::apply)],
        ))
        .service(guarded(
            "/_emulator/openapi.json",
            "GET",
            [get().to(openapi::json)],
        ))
        .service(guarded("/_emulator/docs", "GET", [get().to(openapi::page)]))
        .service(guarded(
            "/_emulator/explain",
            "POST",
            [post().to(explain::explain)],
        ))
        .service(guarded("/metrics", "GET", [get().to(metrics::show)]))
        .service(guarded(
            "/_emulator/keys/rotate",
            "POST",
            [post().to(tokens::rotate)],
        ))
        .service(guarded(
            "/_emulator/tokens",
            "POST",
            [post().to(tokens::mint)],
        ))
        .service(guarded(
            "/_emulator/faults",
            "GET, POST, DELETE",
            [
                get().to(faults::list),
                post().to(faults::add),
                delete().to(faults::clear),
            ],
        ))
        .service(guarded(
            "/_emulator/faults/{name}",
            "GET, POST, DELETE",
            [
                get().to(faults::show),
                post().to(faults::add_named),
                delete().to(faults::remove),
            ],
        ))
        .service(guarded(
            "/_emulator/journal",
            "GET, DELETE",
            [get().to(journal::list), delete().to(journal::clear)],
        ))
        .service(guarded(
            "/_emulator/journal/await",
            "GET",
            [get().to(journal::wait)],
        ))
        .service(guarded(
            "/_emulator/journal/stream",
            "GET",
            [get().to(journal::stream)],
        ))
        .service(guarded(
            "/_emulator/clock",
            "GET, PUT, DELETE",
            [
                get().to(clock::show),
                put().to(clock::change),
                delete().to(clock::real),
            ],
        ))
        .service(guarded(
            "/_emulator/snapshots",
            "GET",
            [get().to(snapshots::list)],
        ))
        .service(guarded(
            "/_emulator/snapshots/{name}",
            "PUT, DELETE",
            [put().to(snapshots::take), delete().to(snapshots::delete)],
        ))
        .service(guarded(
            "/_emulator/snapshots/{name}/restore",
            "POST",
            [post().to(snapshots::restore)],
        ))
        .service(guarded(
            "/_emulator/snapshots/{name}/diff/{other}",
            "GET",
            [get().to(snapshots::diff)],
        ))
        .service(guarded(
            "/_emulator/instances",
            "GET",
            [get().to(instances::list)],
        ))
        .service(guarded(
            "/_emulator/instances/{name}",
            "GET, PUT, DELETE",
            [
                get().to(instances::show),
                put().to(instances::make),
                delete().to(instances::drop),
            ],
        ))
        .service(behind_guard(
            web::resource(["/_emulator", "/_emulator/{rest:.*}"]).default_service(web::to(unknown)),
        ));
}

/// A resource with its routes; another method than the `allowed` ones is answered 405.
fn guarded<const N: usize>(
    path: &str,
    allowed: &'static str,
    routes: [Route; N],
) -> impl HttpServiceFactory + use<N> {
    let resource = routes
        .into_iter()
        .fold(web::resource(path), Resource::route);
    behind_guard(
        resource.default_service(web::to(move |request: HttpRequest| async move {
            Err::<&str, _>(ControlError::Method {
                method: request.method().to_string(),
                allowed,
            })
        })),
    )
}

fn behind_guard(resource: Resource) -> impl HttpServiceFactory + use<> {
    resource.wrap(from_fn(guard::cross))
}

async fn unknown(request: HttpRequest) -> Result<&'static str, ControlError> {
    Err(ControlError::NoSuchCall(request.path().to_owned()))
}

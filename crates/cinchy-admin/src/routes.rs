//! The index of the console. Paths are canonical: lower case and without a slash at the end.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use actix_web::{Error, Resource};

use crate::{
    clients, emulator, error, groups, health, overview, queries, requests, settings, tables, users,
    view_as, visit,
};

/// Adds the console.
pub fn routes(config: &mut ServiceConfig) {
    // `/admin/index` is the platform's own address of it (documented).
    config
        .service(page(&["/admin", "/admin/index"]).get(overview::overview))
        .service(page(&["/admin/signin"]).get(visit::signed_in));
    config
        .service(
            page(&["/admin/clients"])
                .get(clients::list)
                .post(clients::create),
        )
        .service(page(&["/admin/clients/new"]).get(clients::new))
        .service(
            page(&["/admin/clients/{id:[0-9]+}"])
                .get(clients::edit)
                .post(clients::update),
        )
        .service(page(&["/admin/clients/{id:[0-9]+}/duplicate"]).get(clients::duplicate))
        .service(page(&["/admin/clients/{id:[0-9]+}/switch"]).post(clients::switch))
        .service(page(&["/admin/clients/{id:[0-9]+}/delete"]).post(clients::delete))
        .service(page(&["/admin/clients/{id:[0-9]+}/restore"]).post(clients::restore))
        .service(
            page(&["/admin/clients/{id:[0-9]+}/secret"])
                .get(clients::secret)
                .post(clients::regenerate),
        )
        .service(
            page(&["/admin/clients/{id:[0-9]+}/evaluate"])
                .get(clients::evaluate)
                .post(clients::mint),
        );
    config
        .service(page(&["/admin/users"]).get(users::list).post(users::create))
        .service(page(&["/admin/users/new"]).get(users::new))
        // System users have negative ids.
        .service(
            page(&["/admin/users/{id:-?[0-9]+}"])
                .get(users::edit)
                .post(users::update),
        )
        .service(page(&["/admin/users/{id:-?[0-9]+}/password"]).post(users::password))
        .service(page(&["/admin/users/{id:-?[0-9]+}/unlock"]).post(users::unlock))
        .service(page(&["/admin/users/{id:-?[0-9]+}/switch"]).post(users::switch))
        .service(page(&["/admin/users/{id:-?[0-9]+}/delete"]).post(users::delete))
        .service(page(&["/admin/users/{id:-?[0-9]+}/restore"]).post(users::restore));
    config
        .service(
            page(&["/admin/groups"])
                .get(groups::list)
                .post(groups::create),
        )
        .service(page(&["/admin/groups/new"]).get(groups::new))
        .service(
            page(&["/admin/groups/{id:[0-9]+}"])
                .get(groups::edit)
                .post(groups::update),
        )
        .service(page(&["/admin/groups/{id:[0-9]+}/delete"]).post(groups::delete))
        .service(page(&["/admin/groups/{id:[0-9]+}/restore"]).post(groups::restore));
    // Pasted rows are longer than other forms.
    let long = web::PayloadConfig::new(4 * 1024 * 1024);
    config
        .service(page(&["/admin/domains"]).post(tables::create_domain))
        .service(
            page(&["/admin/tables"])
                .get(tables::list)
                .post(tables::create),
        )
        .service(page(&["/admin/tables/new"]).get(tables::new))
        .service(page(&["/admin/tables/{id:[0-9]+}"]).get(tables::grid))
        .service(page(&["/admin/tables/{id:[0-9]+}/export"]).get(tables::export))
        .service(page(&["/admin/tables/{id:[0-9]+}/columns"]).post(tables::choose))
        .service(
            page(&["/admin/tables/{id:[0-9]+}/paste"])
                .app_data(long)
                .get(tables::paste)
                .post(tables::add),
        )
        .service(
            page(&["/admin/tables/{id:[0-9]+}/design"])
                .get(tables::design)
                .post(tables::add_column),
        )
        .service(
            page(&["/admin/tables/{id:[0-9]+}/design/{column:[0-9]+}/drop"])
                .post(tables::drop_column),
        )
        .service(page(&["/admin/tables/{id:[0-9]+}/drop"]).post(tables::drop_table))
        .service(
            page(&["/admin/tables/{id:[0-9]+}/access"])
                .get(tables::access)
                .post(tables::grant),
        )
        .service(
            page(&["/admin/tables/{id:[0-9]+}/access/{row:[0-9]+}/revoke"]).post(tables::revoke),
        )
        .service(page(&["/admin/tables/{id:[0-9]+}/search/{column:[0-9]+}"]).get(tables::search))
        .service(page(&["/admin/tables/{id:[0-9]+}/rows"]).post(tables::create_row))
        .service(page(&["/admin/tables/{id:[0-9]+}/rows/new"]).get(tables::new_row))
        .service(
            page(&["/admin/tables/{id:[0-9]+}/rows/{row:-?[0-9]+}"])
                .get(tables::edit)
                .post(tables::update),
        )
        .service(page(&["/admin/tables/{id:[0-9]+}/rows/{row:-?[0-9]+}/peek"]).get(tables::peek))
        .service(
            page(&["/admin/tables/{id:[0-9]+}/rows/{row:-?[0-9]+}/cell"]).post(tables::change_cell),
        )
        .service(
            page(&["/admin/tables/{id:[0-9]+}/rows/{row:-?[0-9]+}/delete"]).post(tables::delete),
        )
        .service(
            page(&["/admin/tables/{id:[0-9]+}/rows/{row:-?[0-9]+}/restore"]).post(tables::restore),
        )
        .service(
            page(&["/admin/tables/{id:[0-9]+}/rows/{row:-?[0-9]+}/history"]).get(tables::history),
        );
    config
        .service(
            page(&["/admin/queries"])
                .get(queries::list)
                .post(queries::create),
        )
        .service(page(&["/admin/queries/new"]).get(queries::new))
        .service(page(&["/admin/queries/run"]).post(queries::run))
        .service(
            page(&["/admin/queries/{id:[0-9]+}"])
                .get(queries::edit)
                .post(queries::update),
        )
        .service(page(&["/admin/queries/{id:[0-9]+}/delete"]).post(queries::delete))
        .service(page(&["/admin/queries/{id:[0-9]+}/restore"]).post(queries::restore))
        .service(page(&["/admin/queries/{id:[0-9]+}/history"]).get(queries::history));
    config
        .service(page(&["/admin/requests"]).get(requests::list))
        .service(page(&["/admin/requests/stream"]).get(requests::stream))
        .service(page(&["/admin/requests/{seq:[0-9]{1,18}}"]).get(requests::show))
        .service(page(&["/admin/requests/{seq:[0-9]{1,18}}/mend"]).post(requests::carry_out));
    config
        .service(
            page(&["/admin/emulator"])
                .get(emulator::show)
                .post(emulator::order),
        )
        .service(page(&["/admin/emulator/clock"]).post(emulator::clock))
        .service(page(&["/admin/emulator/faults"]).post(emulator::faults))
        .service(page(&["/admin/emulator/diff"]).get(emulator::diff))
        .service(page(&["/admin/emulator/confirm"]).get(emulator::confirm));
    config
        .service(
            page(&["/admin/settings/tokens"])
                .get(settings::list)
                .post(settings::create),
        )
        .service(page(&["/admin/settings/tokens/{id:[0-9]+}/delete"]).post(settings::delete))
        .service(page(&["/admin/view-as"]).post(view_as::switch))
        .service(page(&["/admin/health"]).get(health::health))
        .service(page(&["/admin/fidelity"]).get(health::fidelity))
        .service(page(&["/admin/fidelity/{document}"]).get(health::neighbour));
    // The last: what stands after it is never asked.
    config.service(page(&["/admin/{tail:.*}"]).get(crate::page::missing));
}

fn page(
    patterns: &[&str],
) -> Resource<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    web::resource(patterns.to_vec())
        .default_service(web::to(error::method_not_allowed))
        .wrap(from_fn(visit::told_of_long_forms))
}

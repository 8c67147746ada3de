//! The index of the console. Paths are canonical: lower case and without a slash at the end.

use actix_web::web::{self, ServiceConfig};
use actix_web::Resource;

use crate::{clients, error, overview};

/// Adds the console.
pub fn routes(config: &mut ServiceConfig) {
    // `/admin/index` is the platform's own address of it (documented).
    config.service(page(&["/admin", "/admin/index"]).get(overview::overview));
    config
        .service(page(&["/admin/clients"]).get(clients::list).post(clients::create))
        .service(page(&["/admin/clients/new"]).get(clients::new))
        .service(page(&["/admin/clients/{id:[0-9]+}"]).get(clients::edit).post(clients::update))
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
}

fn page(patterns: &[&str]) -> Resource {
    web::resource(patterns.to_vec()).default_service(web::to(error::method_not_allowed))
}

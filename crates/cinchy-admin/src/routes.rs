//! The index of the console. Paths are canonical: lower case and without a slash at the end.

use actix_web::web::{self, ServiceConfig};

use crate::{error, overview};

/// Adds the console.
pub fn routes(config: &mut ServiceConfig) {
    config.service(
        // `/admin/index` is the platform's own address of it (documented).
        web::resource(["/admin", "/admin/index"])
            .route(web::get().to(overview::overview))
            .default_service(web::to(error::method_not_allowed)),
    );
}

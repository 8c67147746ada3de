//! The index of this room. Paths are canonical: lower case, without mount and `/identity`.

use actix_web::web::{self, ServiceConfig};

use crate::{discovery, error, token};

/// Largest body of an identity endpoint, in bytes.
const BODY_LIMIT: usize = 1 << 20;

/// Adds the identity endpoints.
pub fn routes(config: &mut ServiceConfig) {
    // A resource of several paths would be matched by a regular expression, with every request that goes elsewhere.
    let keys = |path: &'static str| {
        web::resource(path)
            .route(web::get().to(discovery::keys))
            .default_service(web::to(error::method_not_allowed))
    };
    config
        .service(
            web::resource("/.well-known/openid-configuration")
                .route(web::get().to(discovery::document))
                .default_service(web::to(error::method_not_allowed)),
        )
        .service(keys("/.well-known/openid-configuration/jwks"))
        .service(keys("/.well-known/jwks"))
        .service(
            web::resource("/connect/token")
                .app_data(web::PayloadConfig::new(BODY_LIMIT))
                .route(web::to(token::token)),
        )
        .service(web::resource("/idp/healthcheck").route(web::get().to(discovery::healthcheck)));
}

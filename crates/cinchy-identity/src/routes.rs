//! The index of this room. Paths are canonical: lower case, without mount and `/identity`.

use actix_web::web::{self, ServiceConfig};

use crate::{discovery, error, token};

/// Largest body of an identity endpoint, in bytes.
const BODY_LIMIT: usize = 1 << 20;

/// Adds the identity endpoints.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/.well-known/openid-configuration")
                .route(web::get().to(discovery::document))
                .default_service(web::to(error::method_not_allowed)),
        )
        .service(
            web::resource([
                "/.well-known/openid-configuration/jwks",
                "/.well-known/jwks",
            ])
            .route(web::get().to(discovery::keys))
            .default_service(web::to(error::method_not_allowed)),
        )
        .service(
            web::resource("/connect/token")
                .app_data(web::PayloadConfig::new(BODY_LIMIT))
                .route(web::to(token::token)),
        )
        .service(web::resource("/idp/healthcheck").route(web::get().to(discovery::healthcheck)));
}

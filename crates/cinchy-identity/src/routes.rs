//! The index of this room. Paths are canonical: lower case, without mount and `/identity`.

use actix_web::web::{self, ServiceConfig};

use crate::account::{login, logout, password};
use crate::{
    authorize, check_session, device, discovery, error, home, saml, token, tokens, userinfo,
};

/// Largest body of an identity endpoint, in bytes.
pub(crate) const BODY_LIMIT: usize = 1 << 20;

/// Adds the identity endpoints.
pub fn routes(config: &mut ServiceConfig) {
    // A resource of several paths would be matched by a regular expression, with every request that goes elsewhere.
    let keys = |path: &'static str| {
        web::resource(path)
            .route(web::get().to(discovery::keys))
            .default_service(web::to(error::method_not_allowed))
    };
    let with_body =
        |path: &'static str| web::resource(path).app_data(web::PayloadConfig::new(BODY_LIMIT));
    saml::routes(config);
    config
        .service(
            web::resource("/.well-known/openid-configuration")
                .route(web::get().to(discovery::document))
                .default_service(web::to(error::method_not_allowed)),
        )
        .service(keys("/.well-known/openid-configuration/jwks"))
        .service(keys("/.well-known/jwks"))
        .service(with_body("/connect/token").route(web::to(token::token)))
        .service(with_body("/connect/authorize").route(web::to(authorize::authorize)))
        .service(with_body("/connect/authorize/callback").route(web::to(authorize::authorize)))
        .service(with_body("/connect/userinfo").route(web::to(userinfo::userinfo)))
        .service(with_body("/connect/introspect").route(web::to(tokens::introspect)))
        .service(with_body("/connect/revocation").route(web::to(tokens::revoke)))
        .service(with_body("/connect/endsession").route(web::to(logout::end_session)))
        .service(
            web::resource("/connect/endsession/callback")
                .route(web::get().to(logout::callback))
                .default_service(web::to(error::method_not_allowed)),
        )
        .service(
            web::resource("/connect/checksession")
                .route(web::get().to(check_session::page))
                .default_service(web::to(error::method_not_allowed)),
        )
        .service(with_body("/connect/deviceauthorization").route(web::to(device::authorize)))
        .service(with_body("/device").route(web::to(device::page)))
        .service(
            with_body("/account/login")
                .route(web::get().to(login::show))
                .route(web::post().to(login::post))
                .default_service(web::to(error::get_or_post)),
        )
        .service(with_body("/account/logout").route(web::to(logout::logout)))
        .service(
            with_body("/account/changepassword")
                .route(web::get().to(password::show))
                .route(web::post().to(password::post))
                .default_service(web::to(error::get_or_post)),
        )
        .service(
            web::resource("/home/error")
                .route(web::get().to(home::error))
                .default_service(web::to(error::method_not_allowed)),
        )
        .service(web::resource("/idp/healthcheck").route(web::get().to(discovery::healthcheck)));
}

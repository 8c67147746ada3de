//! Discovery, the key set, health: open to everybody, a bad `Authorization` header included (the Angular SDK sends
//! `Bearer null` to all of them).

use actix_web::HttpResponse;
use cinchy_web::{Site, health};
use serde::Serialize;

/// The discovery document (OpenID Connect Discovery 3). Only what works is listed.
#[derive(Serialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
    token_endpoint: String,
    scopes_supported: [&'static str; 6],
    claims_supported: [&'static str; 5],
    grant_types_supported: [&'static str; 1],
    response_types_supported: [&'static str; 0],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 1],
    token_endpoint_auth_methods_supported: [&'static str; 2],
    request_parameter_supported: bool,
}

/// `GET /.well-known/openid-configuration`. Below `/identity` it is the document of its mount (documented sample: the
/// issuer has no `/identity`).
pub async fn document(site: Site) -> HttpResponse {
    let issuer = site.issuer().to_string();
    HttpResponse::Ok().json(Document {
        jwks_uri: format!("{issuer}/.well-known/openid-configuration/jwks"),
        token_endpoint: format!("{issuer}/connect/token"),
        scopes_supported: ["openid", "id", "profile", "email", "roles", "js_api"],
        claims_supported: ["sub", "id", "profile", "email", "role"],
        grant_types_supported: ["password"],
        response_types_supported: [],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256"],
        token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
        request_parameter_supported: false,
        issuer,
    })
}

/// `GET /.well-known/openid-configuration/jwks`, from memory.
pub async fn keys(site: Site) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/jwk-set+json; charset=UTF-8")
        .json(site.instance.keys().jwks())
}

/// `GET /idp/healthcheck` (documented).
pub async fn healthcheck(site: Site) -> HttpResponse {
    health::healthcheck(&site, "CinchySSO").await
}

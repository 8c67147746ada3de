//! Discovery, the key set, health: open to everybody, a bad `Authorization` header included (the Angular SDK sends
//! `Bearer null` to all of them).

use actix_web::HttpResponse;
use cinchy_auth::Scope;
use cinchy_web::{Site, health, run};
use serde::Serialize;

use crate::error::IdentityError;

/// The discovery document (OpenID Connect Discovery 3), in IdentityServer's order.
#[derive(Serialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    end_session_endpoint: String,
    check_session_iframe: String,
    revocation_endpoint: String,
    introspection_endpoint: String,
    device_authorization_endpoint: String,
    frontchannel_logout_supported: bool,
    frontchannel_logout_session_supported: bool,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
    scopes_supported: [&'static str; 7],
    claims_supported: [&'static str; 5],
    grant_types_supported: &'static [&'static str],
    response_types_supported: [&'static str; 7],
    response_modes_supported: [&'static str; 3],
    token_endpoint_auth_methods_supported: [&'static str; 2],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 1],
    code_challenge_methods_supported: [&'static str; 1],
    request_parameter_supported: bool,
    authorization_response_iss_parameter_supported: bool,
}

/// What the token endpoint serves, and `implicit` for the authorize endpoint.
const GRANT_TYPES: &[&str] = &[
    "authorization_code",
    "client_credentials",
    "refresh_token",
    "implicit",
    "password",
    "urn:ietf:params:oauth:grant-type:device_code",
    #[cfg(feature = "saml")]
    "saml2",
];

/// `GET /.well-known/openid-configuration`. Below `/identity` it is the document of its mount (documented sample: the
/// issuer has no `/identity`).
pub async fn document(site: Site) -> HttpResponse {
    let issuer = site.issuer().to_string();
    let connect = |name: &str| format!("{issuer}/connect/{name}");
    HttpResponse::Ok()
        .content_type("application/json; charset=UTF-8")
        .json(Document {
            jwks_uri: format!("{issuer}/.well-known/openid-configuration/jwks"),
            authorization_endpoint: connect("authorize"),
            token_endpoint: connect("token"),
            userinfo_endpoint: connect("userinfo"),
            end_session_endpoint: connect("endsession"),
            check_session_iframe: connect("checksession"),
            revocation_endpoint: connect("revocation"),
            introspection_endpoint: connect("introspect"),
            device_authorization_endpoint: connect("deviceauthorization"),
            frontchannel_logout_supported: true,
            frontchannel_logout_session_supported: true,
            backchannel_logout_supported: true,
            backchannel_logout_session_supported: true,
            scopes_supported: Scope::ALL.map(Scope::as_str),
            claims_supported: ["sub", "id", "profile", "email", "role"],
            grant_types_supported: GRANT_TYPES,
            response_types_supported: [
                "code",
                "token",
                "id_token",
                "id_token token",
                "code id_token",
                "code token",
                "code id_token token",
            ],
            response_modes_supported: ["form_post", "query", "fragment"],
            token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
            subject_types_supported: ["public"],
            id_token_signing_alg_values_supported: ["RS256"],
            code_challenge_methods_supported: ["S256"],
            request_parameter_supported: false,
            // RFC 9207: answers with a code carry `iss`.
            authorization_response_iss_parameter_supported: true,
            issuer,
        })
}

/// `GET /.well-known/openid-configuration/jwks`, from memory. Other processes on the database may have rotated the keys, so
/// it is looked at now and then.
pub async fn keys(site: Site) -> Result<HttpResponse, IdentityError> {
    if site.instance.should_look() {
        let instance = site.instance.clone();
        let looked = run(move || {
            instance.database().read(|conn| {
                instance.generation(conn)?;
                Ok::<_, IdentityError>(())
            })
        })
        .await;
        if let Err(error) = looked {
            tracing::warn!(%error, "the keys could not be compared with the database");
        }
    }
    if site.instance.has_old_keys() {
        let instance = site.instance.clone();
        run(move || instance.drop_old_keys().map_err(IdentityError::from)).await?;
    }
    let keys = site.instance.keys()?;
    Ok(HttpResponse::Ok()
        .content_type("application/jwk-set+json; charset=UTF-8")
        .json(keys.jwks()))
}

/// `GET /idp/healthcheck` (documented).
pub async fn healthcheck(site: Site) -> HttpResponse {
    health::healthcheck(&site, "CinchySSO").await
}

//! The identity server (SSO): OAuth 2.0 and OpenID Connect endpoints, and the pages of login and logout.
//!
//! Start at `routes`. The rules of clients, grants and tokens are `cinchy-auth`'s; sessions and codes, which the console
//! shares, are `cinchy-web`'s; here are the endpoints, their wire shapes and their pages (`templates/identity`).

mod account;
mod authorize;
mod check_session;
mod device;
mod discovery;
mod error;
mod home;
mod page;
mod params;
mod response;
mod routes;
#[cfg(feature = "saml")]
mod saml;
#[cfg(not(feature = "saml"))]
#[path = "saml_absent.rs"]
mod saml;
mod token;
mod tokens;
mod userinfo;

pub use routes::routes;
pub use saml::metadata_defects;

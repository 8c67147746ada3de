//! The identity server (SSO): OAuth 2.0 and OpenID Connect endpoints.
//!
//! Start at `routes`. The rules of clients, grants and tokens are `cinchy-auth`'s; here are the endpoints and their wire
//! shapes. The flows of the browser (authorize, login, logout) are not built yet.

mod discovery;
mod error;
mod routes;
mod token;

pub use routes::routes;

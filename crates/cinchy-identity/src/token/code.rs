//! `grant_type=authorization_code`.

use cinchy_auth::grant::CodeDefect;
use cinchy_auth::{GrantKind, PlainSecret, Scope, TokenError};
use cinchy_web::Instance;
use cinchy_web::codes::ExchangeError;

use super::follow::Follow;
use super::{Asked, Granted, GrantedUser, IdTokenWanted, is_handle, stored_scopes};
use crate::error::IdentityError;

/// Exchanges a code. Blocks.
pub fn grant(
    instance: &Instance,
    asked: Asked,
    code: &PlainSecret,
    redirect_uri: Option<&str>,
    verifier: Option<&PlainSecret>,
) -> Result<Granted, IdentityError> {
    if !is_handle(code) {
        return Err(TokenError::Code(CodeDefect::Unknown).into());
    }
    let exchanged = instance
        .exchange_code(&asked.client.client_id, code, redirect_uri, verifier)
        .map_err(|error| match error {
            ExchangeError::Code(defect) => TokenError::Code(defect).into(),
            ExchangeError::Storage(error) => IdentityError::from(error),
        })?;
    let scopes = stored_scopes(&exchanged.data.scope, &asked.client);
    let login = exchanged.data.login();
    Ok(Granted {
        kind: GrantKind::AuthorizationCode,
        client: asked.client,
        user: Some(GrantedUser {
            entry: exchanged.entry,
            login,
            id_token: scopes.contains(&Scope::OpenId).then_some(IdTokenWanted {
                nonce: exchanged.data.nonce,
            }),
        }),
        scopes,
        profile: asked.profile,
        follow: Some(Follow {
            family: exchanged.family,
            public: asked.public,
            expires: None,
            scopes: None,
        }),
    })
}

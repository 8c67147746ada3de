//! `grant_type=refresh_token`: each works once, and gives its successor. Using one twice revokes the whole family
//! (RFC 9700 4.14.2). The user is read again each time.

use cinchy_auth::grant::RefreshDefect;
use cinchy_auth::{GrantKind, PlainSecret, Scope, TokenError, handle, scope};
use cinchy_storage::{StorageError, grants};
use cinchy_web::codes::{GrantData, new_key};
use cinchy_web::{Event, Instance};

use super::follow::Follow;
use super::{Asked, Granted, GrantedUser, IdTokenWanted, is_handle, stored_scopes};
use crate::error::IdentityError;

fn refused(defect: RefreshDefect) -> IdentityError {
    TokenError::RefreshToken(defect).into()
}

/// Uses a refresh token. Blocks.
pub fn grant(
    instance: &Instance,
    asked: Asked,
    token: &PlainSecret,
    requested: Option<&str>,
) -> Result<Granted, IdentityError> {
    if !is_handle(token) {
        return Err(refused(RefreshDefect::Unknown));
    }
    let hash = handle::hash(token.expose());
    let now = instance.clock().now();
    let client_id = asked.client.client_id.clone();
    let found = instance
        .database()
        .with_sessions(|conn| grants::find(conn, &hash, "refresh"))?;
    let grant = found.ok_or_else(|| refused(RefreshDefect::Unknown))?;
    if grant.client_id != client_id {
        return Err(refused(RefreshDefect::OtherClient));
    }
    let data = GrantData::of(&grant)?;
    if asked.public && !data.public {
        // As if nobody had it: whether it is somebody's is not for whoever has no secret.
        return Err(refused(RefreshDefect::SecretMissing));
    }
    let granted = stored_scopes(&data.scope, &asked.client);
    // What the caller can mend does not cost the token.
    let scopes = match requested {
        None => granted.clone(),
        Some(text) => {
            let wanted = scope::read(text).map_err(TokenError::from)?;
            if wanted.is_empty() {
                granted.clone()
            } else if wanted.iter().all(|scope| granted.contains(scope)) {
                wanted
            } else {
                return Err(refused(RefreshDefect::Scope));
            }
        }
    };
    let first = instance.database().write_sessions(|conn| {
        let first = grants::consume(conn, &hash, now.naive_utc())?;
        if !first {
            grants::end_family(conn, &grant.family, new_key(), now.naive_utc())?;
        }
        Ok::<_, StorageError>(first)
    })?;
    if !first {
        instance.announce()?;
        Event::ReuseDetected {
            client_id: &client_id,
        }
        .log();
        return Err(refused(RefreshDefect::Reused));
    }
    if now >= grant.expires.and_utc() {
        return Err(refused(RefreshDefect::Expired));
    }
    if !asked.client.allows(GrantKind::RefreshToken) {
        return Err(refused(RefreshDefect::NoOfflineAccess));
    }
    if scopes.iter().all(|scope| *scope == Scope::OfflineAccess) {
        return Err(refused(RefreshDefect::NothingPermitted));
    }
    let entry = instance
        .live_user(grant.user_id.unwrap_or_default())?
        .filter(|entry| entry.user.password_stamp() == data.password_stamp)
        .ok_or_else(|| refused(RefreshDefect::User))?;
    Ok(Granted {
        kind: GrantKind::RefreshToken,
        client: asked.client,
        user: Some(GrantedUser {
            entry,
            login: data.login(),
            id_token: scopes
                .contains(&Scope::OpenId)
                // Not where the first answer had none (password grant).
                .then_some(IdTokenWanted { nonce: None })
                .filter(|_| data.method != "custom"),
        }),
        scopes,
        profile: asked.profile,
        follow: Some(Follow {
            family: grant.family,
            public: data.public,
            expires: Some(grant.expires),
            scopes: Some(granted),
        }),
    })
}

//! `grant_type=urn:ietf:params:oauth:grant-type:device_code` (RFC 8628 3.4).

use chrono::TimeDelta;
use cinchy_auth::grant::DeviceState;
use cinchy_auth::{GrantKind, PlainSecret, Scope, TokenError, handle};
use cinchy_storage::{StorageError, grants};
use cinchy_web::Instance;
use cinchy_web::codes::GrantData;

use super::follow::Follow;
use super::{Asked, Granted, GrantedUser, IdTokenWanted, is_handle, stored_scopes};
use crate::device::{DENIED, INTERVAL, KIND};
use crate::error::IdentityError;

/// Asks where a device code is. Blocks.
pub fn grant(
    instance: &Instance,
    asked: Asked,
    code: &PlainSecret,
) -> Result<Granted, IdentityError> {
    let refused = |state: DeviceState| IdentityError::from(TokenError::Device(state));
    if !is_handle(code) {
        return Err(refused(DeviceState::Unknown));
    }
    let hash = handle::hash(code.expose());
    let now = instance.clock().now();
    let found = instance.database().write_sessions(|conn| {
        let Some(grant) = grants::find(conn, &hash, KIND)?
            .filter(|grant| grant.client_id == asked.client.client_id)
        else {
            return Ok(Err(DeviceState::Unknown));
        };
        if now >= grant.expires.and_utc() {
            return Ok(Err(DeviceState::Expired));
        }
        if grant.data == DENIED {
            grants::delete(conn, &hash)?;
            return Ok(Err(DeviceState::Denied));
        }
        if grant.user_id.is_none() {
            let soon = grant.consumed.is_some_and(|last| {
                now.naive_utc().signed_duration_since(last) < TimeDelta::seconds(INTERVAL)
            });
            grants::note_asked(conn, &hash, now.naive_utc())?;
            return Ok(Err(if soon {
                DeviceState::TooFast
            } else {
                DeviceState::Pending
            }));
        }
        // Only one of several calls gets it.
        if !grants::delete(conn, &hash)? {
            return Ok(Err(DeviceState::Unknown));
        }
        Ok::<_, StorageError>(Ok(grant))
    })?;
    let grant = found.map_err(refused)?;
    let data = GrantData::of(&grant)?;
    let entry = instance
        .live_user(grant.user_id.unwrap_or_default())?
        .filter(|entry| entry.user.password_stamp() == data.password_stamp)
        .ok_or_else(|| refused(DeviceState::Unknown))?;
    let scopes = stored_scopes(&data.scope, &asked.client);
    Ok(Granted {
        kind: GrantKind::DeviceCode,
        client: asked.client,
        user: Some(GrantedUser {
            entry,
            login: data.login(),
            id_token: scopes
                .contains(&Scope::OpenId)
                .then_some(IdTokenWanted { nonce: None }),
        }),
        scopes,
        profile: asked.profile,
        follow: Some(Follow::new(asked.public)),
    })
}

//! `[Cinchy].[Integrated Clients]`.

use cinchy_auth::client::{IntegratedClient, parse_urls};
use cinchy_auth::grant_type::GrantType;
use cinchy_auth::scope::Scope;
use cinchy_auth::secret::PlainSecret;
use diesel::prelude::*;

use crate::any::{AnyConnection, storable};
use crate::base::{new_guid, system_table};
use crate::catalog::system_catalog;
use crate::connection::Connection;
use crate::error::{Result, StorageError};
use crate::rows::{self, Stamp};
use crate::schema::integrated_clients as clients;

#[derive(Queryable, Selectable)]
#[diesel(table_name = clients)]
struct ClientRow {
    cinchy_id: i32,
    client_id: Option<String>,
    client_name: Option<String>,
    grant_type: Option<String>,
    permitted_login_redirect_urls: Option<String>,
    permitted_logout_redirect_urls: Option<String>,
    permitted_scopes: Option<String>,
    access_token_lifetime_seconds: Option<i32>,
    show_cinchy_login_screen: Option<bool>,
    enabled: Option<bool>,
    guid: Option<String>,
}

impl ClientRow {
    fn into_client(self) -> Result<IntegratedClient> {
        let corrupt = |error: String| {
            StorageError::Corrupt(format!(
                "Integrated Clients row {}: {error}",
                self.cinchy_id
            ))
        };
        Ok(IntegratedClient {
            id: self.cinchy_id,
            client_id: self.client_id.unwrap_or_default(),
            client_name: self.client_name.unwrap_or_default(),
            grant_types: GrantType::parse_list(self.grant_type.as_deref().unwrap_or_default())
                .map_err(|error| corrupt(error.to_string()))?,
            redirect_urls: parse_urls(
                self.permitted_login_redirect_urls
                    .as_deref()
                    .unwrap_or_default(),
            ),
            logout_urls: parse_urls(
                self.permitted_logout_redirect_urls
                    .as_deref()
                    .unwrap_or_default(),
            ),
            scopes: Scope::parse_list(self.permitted_scopes.as_deref().unwrap_or_default())
                .map_err(|error| corrupt(error.to_string()))?,
            access_token_lifetime: self.access_token_lifetime_seconds,
            show_login_screen: self.show_cinchy_login_screen != Some(false),
            enabled: self.enabled == Some(true),
            secret: PlainSecret::new(self.guid.unwrap_or_default()),
        })
    }
}

/// Finds a live client by its client id, exactly.
///
/// # Errors
/// The driver's, or a row that no client can be made of.
pub fn find(conn: &mut AnyConnection, client_id: &str) -> Result<Option<IntegratedClient>> {
    if !storable(client_id) {
        return Ok(None);
    }
    clients::table
        .filter(clients::deleted.is_null())
        .filter(clients::client_id.eq(client_id))
        .select(ClientRow::as_select())
        .first::<ClientRow>(conn)
        .optional()?
        .map(ClientRow::into_client)
        .transpose()
}

/// All live clients in the order of their ids.
///
/// # Errors
/// As [`find`].
pub fn list(conn: &mut AnyConnection) -> Result<Vec<IntegratedClient>> {
    clients::table
        .filter(clients::deleted.is_null())
        .order(clients::cinchy_id)
        .select(ClientRow::as_select())
        .load::<ClientRow>(conn)?
        .into_iter()
        .map(ClientRow::into_client)
        .collect()
}

/// Seconds that the longest-lived access token of any client lives.
///
/// # Errors
/// The driver's.
pub fn longest_lifetime(conn: &mut AnyConnection) -> Result<i32> {
    let lifetimes: Vec<Option<i32>> = clients::table
        .select(clients::access_token_lifetime_seconds)
        .load(conn)?;
    Ok(lifetimes
        .into_iter()
        .flatten()
        .chain([cinchy_auth::client::DEFAULT_ACCESS_TOKEN_LIFETIME])
        .max()
        .unwrap_or_default())
}

/// Gives a client a new secret; the row gets a new version. The column is calculated, so no statement of CQL writes it.
///
/// # Errors
/// The driver's.
pub fn regenerate_secret(conn: &mut Connection, schema: &str, id: i32, stamp: Stamp) -> Result<()> {
    let catalog = system_catalog();
    let table = system_table(&catalog, "Integrated Clients")?;
    rows::keep_version(conn, schema, table, id, stamp.at)?;
    rows::update(conn, schema, table, id, stamp, vec![("guid", new_guid())])
}

/// How many clients there are.
///
/// # Errors
/// The driver's.
pub fn count(conn: &mut AnyConnection) -> Result<i64> {
    Ok(clients::table
        .filter(clients::deleted.is_null())
        .count()
        .get_result(conn)?)
}

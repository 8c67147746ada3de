//! `[Cinchy].[Secrets]`: values that CQL never reads back, for who is named.

use cinchy_auth::PlainSecret;
use cinchy_cql::value::Type;

use crate::connection::Connection;
use crate::error::Result;
use crate::rows::{links, qualified};
use crate::statement::{OwnedCell, collect};

/// A secret and who may read it.
#[derive(Debug, Clone)]
pub struct StoredSecret {
    /// `[Secret Value]`.
    pub value: PlainSecret,
    /// Users who may read it.
    pub users: Vec<i32>,
    /// Groups that may.
    pub groups: Vec<i32>,
}

/// Live secrets of this name, in a domain or in any, in the order of their ids. Names match in any case.
///
/// # Errors
/// The driver's.
pub fn find(
    conn: &mut Connection,
    schema: &str,
    name: &str,
    domain: Option<&str>,
) -> Result<Vec<StoredSecret>> {
    let sql = format!(
        "SELECT s.cinchy_id, s.secret_name, s.secret_value, d.name FROM {} s \
         LEFT JOIN {} d ON d.cinchy_id = s.domain AND d.deleted IS NULL \
         WHERE s.deleted IS NULL ORDER BY s.cinchy_id",
        qualified(conn, schema, "secrets"),
        qualified(conn, schema, "domains"),
    );
    let types = [Type::Int, Type::Text, Type::Text, Type::Text];
    let same = |cell: &OwnedCell, wanted: &str| match cell {
        OwnedCell::Text(text) => text.to_lowercase() == wanted.to_lowercase(),
        _ => false,
    };
    // Secrets are few, and the databases fold only ASCII alike.
    let rows: Vec<_> = collect(conn, &sql, &[], &types)?
        .into_iter()
        .filter(|row| match row.as_slice() {
            [_, own, _, of] => same(own, name) && domain.is_none_or(|domain| same(of, domain)),
            _ => false,
        })
        .collect();
    let users = links(conn, schema, "secrets_users")?;
    let groups = links(conn, schema, "secrets_groups")?;
    Ok(rows
        .into_iter()
        .filter_map(|row| match row.as_slice() {
            [OwnedCell::Int(id), _, value, _] => {
                let id = i32::try_from(*id).ok()?;
                let of = |cells: &[(i32, i32)]| {
                    let own = cells.iter().filter(|(row, _)| *row == id);
                    own.map(|(_, target)| *target).collect()
                };
                Some(StoredSecret {
                    value: PlainSecret::new(match value {
                        OwnedCell::Text(text) => text.as_str(),
                        _ => "",
                    }),
                    users: of(&users),
                    groups: of(&groups),
                })
            }
            _ => None,
        })
        .collect())
}

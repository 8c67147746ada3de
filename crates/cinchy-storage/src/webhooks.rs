//! `[Cinchy].[Webhooks]`.

use cinchy_cql::value::Type;

use crate::connection::Connection;
use crate::error::Result;
use crate::rows::qualified;
use crate::statement::{Bound, OwnedCell, collect};

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Cinchy Id of the user whose rights it has.
    pub run_as: i32,
    /// Cinchy Id of the saved query that it runs.
    pub saved_query: i32,
    /// `[Forward Payload As Parameter]` is `JSON`: the payload is one parameter, not one for each field.
    pub whole_payload: bool,
}

/// The live webhook with this key. One without a user or a query is none.
///
/// # Errors
/// The driver's.
pub fn find(conn: &mut Connection, schema: &str, key: &str) -> Result<Option<Webhook>> {
    let sql = format!(
        "SELECT run_as, saved_query, forward_payload_as_parameter FROM {} \
         WHERE deleted IS NULL AND \"key\" = $1 ORDER BY cinchy_id",
        qualified(conn, schema, "webhooks")
    );
    let types = [Type::Int, Type::Int, Type::Text];
    let rows = collect(conn, &sql, &[Bound::text(Some(key))], &types)?;
    let id = |cell: &OwnedCell| match cell {
        OwnedCell::Int(id) => i32::try_from(*id).ok(),
        _ => None,
    };
    Ok(rows.first().and_then(|row| match row.as_slice() {
        [run_as, saved_query, forward] => Some(Webhook {
            run_as: id(run_as)?,
            saved_query: id(saved_query)?,
            whole_payload: matches!(forward, OwnedCell::Text(t) if t.eq_ignore_ascii_case("JSON")),
        }),
        _ => None,
    }))
}

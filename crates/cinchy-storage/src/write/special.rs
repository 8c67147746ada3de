//! Columns and tables of the system that are more than rows: passwords, secrets, and what describes tables.

use cinchy_auth::password::MAX_PASSWORD_CHARS;
use cinchy_auth::secret::PlainSecret;
use cinchy_cql::CqlError;
use cinchy_cql::catalog::{Column, Table};
use cinchy_cql::value::Value;
use cinchy_cql::write::{Action, CompiledWrite};

use super::cells;
use crate::error::Result;
use crate::seeding::hash_password;
use crate::system::FIRST_TABLE_ID;

const TABLES: i32 = 2;
const TABLE_COLUMNS: i32 = 3;
const USERS: i32 = 4;
const SECRETS: i32 = 18;

/// Columns of `[Table Columns]` that say how values are stored. Changing them in place would not change what is stored.
const FIXED: &[&str] = &[
    "Table",
    "Type",
    "Is System Column",
    "Is Unique",
    "Allow Multiple",
    "Cache",
    "Calculated Column Output Format",
    "Link Column Target",
];

/// Refuses what would leave tables without their storage.
pub(super) fn refuse(write: &CompiledWrite) -> Result<()> {
    let table = &write.table;
    let what = match &write.action {
        Action::Insert { .. } if matches!(table.id, TABLES | TABLE_COLUMNS) => format!(
            "INSERT into [Cinchy].[{}] (use CREATE TABLE or ALTER TABLE)",
            table.name
        ),
        Action::Update { columns, .. } if table.id == TABLE_COLUMNS => {
            match columns.iter().find(|c| FIXED.contains(&c.name.as_str())) {
                Some(column) => format!(
                    "UPDATE of [{}] in [Cinchy].[Table Columns] (use ALTER TABLE)",
                    column.name
                ),
                None => return Ok(()),
            }
        }
        Action::Delete { .. } if table.id == TABLES => {
            "DELETE of [Cinchy].[Tables] (use DROP TABLE)".to_owned()
        }
        Action::Delete { .. } if table.id == TABLE_COLUMNS => {
            "DELETE of [Cinchy].[Table Columns] (use ALTER TABLE)".to_owned()
        }
        Action::Truncate if table.id < FIRST_TABLE_ID => {
            format!(
                "TRUNCATE TABLE of the system table [Cinchy].[{}]",
                table.name
            )
        }
        _ => return Ok(()),
    };
    Err(CqlError::Unsupported {
        what,
        position: None,
    }
    .into())
}

/// The physical column of a column that is written and never read back.
pub(super) fn write_only(table: &Table, column: &Column) -> Option<&'static str> {
    match (table.id, column.name.as_str()) {
        (USERS, "Password") => Some("password"),
        (SECRETS, "Secret Value") => Some("secret_value"),
        _ => None,
    }
}

/// What is stored for it: of a password its hash (decided).
pub(super) fn hidden(table: &Table, value: Value) -> Result<Value> {
    if table.id != USERS {
        return Ok(value);
    }
    if cells::is_blank(&value) {
        return Ok(Value::Null);
    }
    let plain = PlainSecret::new(cells::shown(&value));
    if plain.char_count() > MAX_PASSWORD_CHARS {
        let most = i32::try_from(MAX_PASSWORD_CHARS).unwrap_or(i32::MAX);
        return Err(CqlError::ValueTooLong { most }.into());
    }
    let hash = hash_password(&plain)?;
    Ok(Value::Text(hash.as_phc().to_owned()))
}

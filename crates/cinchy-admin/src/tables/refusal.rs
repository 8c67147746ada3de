//! Why a row was not written, in words for somebody who typed it: the platform's own texts are SQL Server's.

use cinchy_cql::CqlError;
use cinchy_cql::catalog::{Column, Table};
use cinchy_web::script::RunError;

/// The words. What is said well enough elsewhere stays as it is.
pub fn in_words(table: &Table, error: &RunError) -> String {
    let RunError::Cql(error) = error else {
        return error.message();
    };
    match error {
        CqlError::DuplicateKey { index, key, .. } => {
            // `u_t101_c10001_c10002`; a name that is no list of columns finds none.
            let named = index.split('_');
            let named = named.filter_map(|part| {
                let column = |c: &&Column| c.physical.as_deref() == Some(part);
                Some(table.columns.iter().find(column)?.name.as_str())
            });
            let columns: Vec<&str> = named.collect();
            match columns.as_slice() {
                [] => {
                    format!("Another row has “{key}” already, where no two rows may be the same.")
                }
                columns => format!(
                    "Another row has “{key}” in {} already; no two rows may.",
                    columns.join(", ")
                ),
            }
        }
        CqlError::RowDenied => {
            "Your entitlements do not show you the row as it would be, so you may not write it so."
                .to_owned()
        }
        _ => error.to_string(),
    }
}

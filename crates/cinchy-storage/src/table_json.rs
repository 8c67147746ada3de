//! `[Cinchy].[Tables].[Json]`: a table's columns in one text, which Meta-Forms reads of each form's table (seen in its
//! source; keys and their letter case are just those that it reads).
//!
//! It is written where a table's metadata is, so that CQL reads a plain text column: whoever writes rows of `[Tables]` or
//! `[Table Columns]` calls [`write()`] in the same transaction.

use std::collections::HashMap;

use diesel::prelude::*;
use serde::Serialize;
use serde_json::Value;

use crate::catalog::ColumnRow;
use crate::connection::Connection;
use crate::error::{Result, StorageError};
use crate::rows::{links, qualified};
use crate::schema::table_columns;
use crate::statement::{Bound, execute};

/// Tables written by one statement.
const BATCH: usize = 200;

#[derive(Serialize)]
struct Table {
    #[serde(rename = "Columns")]
    columns: Vec<Column>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Column {
    column_id: i32,
    name: String,
    column_type: String,
    allow_multiple: bool,
    /// `null` unless there is one: the app trims whatever else it finds.
    validation_expression: Option<String>,
    min_value: Option<Value>,
    display_format: Option<String>,
    /// `null` for plain text: any text at all makes a rich-text editor of the field.
    text_format: Option<String>,
    dependency_column_ids: Vec<i32>,
    primary_linked_column_id: Option<i32>,
    linked_table_id: Option<i32>,
    link_filter_expression: Option<String>,
    #[serde(rename = "SearchDisplayColumns")]
    search_display_columns: Vec<Named>,
}

#[derive(Serialize)]
struct Named {
    name: String,
}

/// Writes the text anew for these tables. It is derived, so it changes no version.
///
/// # Errors
/// The driver's.
pub fn write(conn: &mut Connection, schema: &str, tables: &[i32]) -> Result<()> {
    let (Some(first), Some(last)) = (tables.iter().min(), tables.iter().max()) else {
        return Ok(());
    };
    let rows: Vec<ColumnRow> = table_columns::table
        .filter(table_columns::deleted.is_null())
        .filter(table_columns::table_id.ge(*first))
        .filter(table_columns::table_id.le(*last))
        .order((
            table_columns::table_id,
            table_columns::ordinal,
            table_columns::cinchy_id,
        ))
        .select(ColumnRow::as_select())
        .load(&mut **conn)?;
    let names = names(conn)?;
    let mut shown: HashMap<i32, Vec<i32>> = HashMap::new();
    for (column, target) in links(
        conn,
        schema,
        "table_columns_link_column_search_display_columns",
    )? {
        shown.entry(column).or_default().push(target);
    }
    let texts = tables
        .iter()
        .map(|table| {
            let own: Vec<&ColumnRow> = rows.iter().filter(|r| r.table_id == Some(*table)).collect();
            let table_json = Table {
                columns: own
                    .iter()
                    .map(|row| column(row, &own, &names, &shown))
                    .collect(),
            };
            let text = serde_json::to_string(&table_json)
                .map_err(|error| StorageError::Corrupt(error.to_string()))?;
            Ok((*table, text))
        })
        .collect::<Result<Vec<_>>>()?;
    let name = qualified(conn, schema, "tables");
    for batch in texts.chunks(BATCH) {
        let mut binds = Vec::with_capacity(batch.len() * 2);
        let mut places = Vec::with_capacity(batch.len());
        for (table, text) in batch {
            binds.push(Bound::int(*table));
            binds.push(Bound::text(Some(text.as_str())));
            places.push(format!("(${}, ${})", binds.len() - 1, binds.len()));
        }
        // Both databases name the columns of a list of values so.
        let sql = format!(
            "UPDATE {name} AS t SET \"json\" = v.column2 FROM (VALUES {}) AS v WHERE t.cinchy_id = v.column1",
            places.join(", ")
        );
        execute(conn, &sql, &binds)?;
    }
    Ok(())
}

/// Table and name of every live column.
fn names(conn: &mut Connection) -> Result<HashMap<i32, (Option<i32>, String)>> {
    let rows: Vec<(i32, Option<i32>, Option<String>)> = table_columns::table
        .filter(table_columns::deleted.is_null())
        .select((
            table_columns::cinchy_id,
            table_columns::table_id,
            table_columns::name,
        ))
        .load(&mut **conn)?;
    Ok(rows
        .into_iter()
        .map(|(id, table, name)| (id, (table, name.unwrap_or_default())))
        .collect())
}

fn column(
    row: &ColumnRow,
    own: &[&ColumnRow],
    names: &HashMap<i32, (Option<i32>, String)>,
    shown: &HashMap<i32, Vec<i32>>,
) -> Column {
    let filled = |text: &Option<String>| text.clone().filter(|t| !t.trim().is_empty());
    let target = row.link_column_target;
    let display_columns = shown.get(&row.cinchy_id).into_iter().flatten();
    Column {
        column_id: row.cinchy_id,
        name: row.name.clone().unwrap_or_default(),
        column_type: row.kind.clone().unwrap_or_default(),
        allow_multiple: row.allow_multiple == Some(true),
        validation_expression: filled(&row.text_column_validation_expression),
        min_value: row
            .number_column_min
            .map(number)
            .or_else(|| filled(&row.date_column_min).map(Value::String)),
        display_format: filled(&row.number_column_display_format)
            .or_else(|| filled(&row.date_column_display_format)),
        text_format: filled(&row.text_column_format).filter(|f| !is_plain(f)),
        dependency_column_ids: row
            .calculated_column_expression
            .as_deref()
            .map(|expression| mentioned(expression, own))
            .unwrap_or_default(),
        primary_linked_column_id: target,
        linked_table_id: target.and_then(|id| names.get(&id)?.0),
        link_filter_expression: filled(&row.link_column_filter_expression),
        search_display_columns: display_columns
            .filter_map(|id| names.get(id))
            .map(|(_, name)| Named { name: name.clone() })
            .collect(),
    }
}

/// The platform's words for text without a format.
fn is_plain(format: &str) -> bool {
    ["plain text", "plain", "text", "default"]
        .iter()
        .any(|word| format.trim().eq_ignore_ascii_case(word))
}

/// A number without a fraction that says nothing.
fn number(value: f64) -> Value {
    let text = cinchy_cql::double_text(value);
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// Ids of the table's columns that an expression names in brackets.
fn mentioned(expression: &str, own: &[&ColumnRow]) -> Vec<i32> {
    let expression = expression.to_lowercase();
    own.iter()
        .filter(|row| {
            let name = row.name.as_deref().unwrap_or_default().to_lowercase();
            expression.contains(&format!("[{name}]"))
        })
        .map(|row| row.cinchy_id)
        .collect()
}

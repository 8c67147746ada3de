//! Loading the catalog that the binder works on: system tables from [`crate::system`], users' tables from their rows in
//! `[Tables]` and `[Table Columns]`.

use std::collections::HashMap;
use std::sync::Arc;

use cinchy_cql::catalog::{
    CalculatedType, Catalog, Column, ColumnKind, Limits, Table, UserFunction, View, blank_columns,
};
use cinchy_cql::design::ViewContent;
use cinchy_cql::parse_date;
use cinchy_cql::value::Value;
use diesel::prelude::*;

use crate::any::AnyConnection;
use crate::connection::Connection;
use crate::error::{Result, StorageError};
use crate::schema::{
    column_storage, cql_views, domains, table_columns, tables, user_defined_functions,
};
use crate::state;
use crate::system::{self, FIRST_TABLE_ID, SYSTEM_COLUMNS};

/// Name of the physical table of a user's table.
pub fn physical_table(table: i32) -> String {
    format!("t{table}")
}

/// Name of the physical column of a column of a user's table, whose type has changed so many times.
pub fn physical_column(column: i32, generation: i32) -> String {
    match generation {
        0 => format!("c{column}"),
        _ => format!("c{column}_{generation}"),
    }
}

/// Name of the junction table of a multi-link column of a user's table.
pub fn physical_junction(column: i32) -> String {
    format!("l{column}")
}

/// A row of `[Table Columns]`, as the catalog and the seed export need it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = table_columns)]
pub(crate) struct ColumnRow {
    pub cinchy_id: i32,
    pub table_id: Option<i32>,
    pub name: Option<String>,
    pub kind: Option<String>,
    pub description: Option<String>,
    pub guid: Option<String>,
    pub is_system_column: Option<bool>,
    pub is_mandatory: Option<bool>,
    pub is_unique: Option<bool>,
    pub allow_multiple: Option<bool>,
    pub allow_linking: Option<bool>,
    pub allow_display_in_linked_views: Option<bool>,
    pub calculated_column_expression: Option<String>,
    pub calculated_column_output_format: Option<String>,
    pub calculated_column_field_length: Option<i32>,
    pub cache: Option<bool>,
    pub choice_column_options_csv: Option<String>,
    pub date_column_default: Option<String>,
    pub date_column_min: Option<String>,
    pub date_column_max: Option<String>,
    pub date_column_display_format: Option<String>,
    pub number_column_default: Option<f64>,
    pub number_column_min: Option<f64>,
    pub number_column_max: Option<f64>,
    pub number_column_display_format: Option<String>,
    pub text_column_default: Option<String>,
    pub text_column_max_length: Option<i32>,
    pub text_column_validation_expression: Option<String>,
    pub text_column_format: Option<String>,
    pub yesno_column_default: Option<bool>,
    pub link_column_target: Option<i32>,
    pub link_column_filter_expression: Option<String>,
}

/// Live rows of `[Table Columns]` of users' tables, by table, in the order of their ordinals.
pub(crate) fn user_columns(conn: &mut AnyConnection) -> Result<HashMap<i32, Vec<ColumnRow>>> {
    let rows: Vec<ColumnRow> = table_columns::table
        .filter(table_columns::deleted.is_null())
        .filter(table_columns::table_id.ge(FIRST_TABLE_ID))
        .order((
            table_columns::table_id,
            table_columns::ordinal,
            table_columns::cinchy_id,
        ))
        .select(ColumnRow::as_select())
        .load(conn)?;
    let mut by_table: HashMap<i32, Vec<ColumnRow>> = HashMap::new();
    for row in rows {
        by_table
            .entry(row.table_id.unwrap_or_default())
            .or_default()
            .push(row);
    }
    Ok(by_table)
}

/// Id, domain, name and creator of a table.
type TableRow = (i32, Option<i32>, Option<String>, Option<i32>);

/// Loads the catalog as it is now.
///
/// # Errors
/// The driver's.
pub fn load(conn: &mut Connection) -> Result<Catalog> {
    let version = state::versions(conn)?.catalog;
    let conn: &mut AnyConnection = conn;
    let domains: HashMap<i32, String> = domains::table
        .filter(domains::deleted.is_null())
        .select((domains::cinchy_id, domains::name))
        .load::<(i32, Option<String>)>(conn)?
        .into_iter()
        .map(|(id, name)| (id, name.unwrap_or_default()))
        .collect();
    let tables: Vec<TableRow> = tables::table
        .filter(tables::deleted.is_null())
        .filter(tables::cinchy_id.ge(FIRST_TABLE_ID))
        .select((
            tables::cinchy_id,
            tables::domain,
            tables::name,
            tables::created_by,
        ))
        .load(conn)?;
    let columns = user_columns(conn)?;
    let generations: HashMap<i32, i32> = column_storage::table
        .select((column_storage::column_id, column_storage::generation))
        .load(conn)?
        .into_iter()
        .collect();
    let views = views(conn, &domains)?;
    let functions: Vec<(i32, Option<String>, Option<String>)> = user_defined_functions::table
        .filter(user_defined_functions::deleted.is_null())
        .select((
            user_defined_functions::cinchy_id,
            user_defined_functions::name,
            user_defined_functions::script,
        ))
        .load(conn)?;
    let table_of: HashMap<i32, i32> = columns
        .values()
        .flatten()
        .map(|c| (c.cinchy_id, c.table_id.unwrap_or_default()))
        .chain(system_column_owners())
        .collect();
    let blank = blank_columns();
    let users = tables
        .into_iter()
        .filter_map(|(id, domain, name, creator)| {
            let domain = domains.get(&domain?)?.clone();
            Some(Table {
                id,
                domain,
                name: name.unwrap_or_default(),
                physical: physical_table(id),
                creator,
                keys: Vec::new(),
                blank: Arc::clone(&blank),
                columns: columns
                    .get(&id)
                    .into_iter()
                    .flatten()
                    .map(|row| to_column(row, &table_of, &generations))
                    .collect(),
            })
        });
    Ok(Catalog::new(
        version,
        system::TABLES
            .iter()
            .map(system::SystemTable::to_table)
            .chain(users),
    )
    .with_domains(domains)
    .with_views(views)
    .with_functions(
        functions
            .into_iter()
            .map(|(id, name, script)| UserFunction {
                id,
                name: name.unwrap_or_default(),
                script: script.unwrap_or_default(),
            }),
    ))
}

/// The views of live domains.
fn views(conn: &mut AnyConnection, domains: &HashMap<i32, String>) -> Result<Vec<View>> {
    let rows: Vec<(i32, i32, String, String, String, i32)> = cql_views::table
        .select((
            cql_views::id,
            cql_views::domain,
            cql_views::name,
            cql_views::text,
            cql_views::column_list,
            cql_views::created_by,
        ))
        .load(conn)?;
    rows.into_iter()
        .filter_map(|(id, domain, name, text, columns, creator)| {
            let domain = domains.get(&domain)?.clone();
            let columns = serde_json::from_str(&columns)
                .map_err(|_| StorageError::Corrupt(format!("the columns of the view {name}")));
            Some(columns.map(|columns| View {
                id,
                domain,
                name,
                creator: Some(creator),
                content: ViewContent { text, columns },
            }))
        })
        .collect()
}

/// The catalog of a platform without users' tables.
pub fn system_catalog() -> Catalog {
    Catalog::new(0, system::TABLES.iter().map(system::SystemTable::to_table))
}

fn system_column_owners() -> impl Iterator<Item = (i32, i32)> {
    system::TABLES.iter().flat_map(|table| {
        let own = (0..table.columns.len()).map(|i| table.column_id(i));
        let common = (0..SYSTEM_COLUMNS.len()).map(|i| table.system_column_id(i));
        own.chain(common).map(|id| (id, table.id))
    })
}

fn to_column(
    row: &ColumnRow,
    table_of: &HashMap<i32, i32>,
    generations: &HashMap<i32, i32>,
) -> Column {
    let name = row.name.clone().unwrap_or_default();
    if row.is_system_column == Some(true)
        && let Some(system) = SYSTEM_COLUMNS.iter().find(|c| c.name == name)
    {
        return system.to_column(row.cinchy_id, true);
    }
    let multi = row.allow_multiple == Some(true);
    let generation = generations.get(&row.cinchy_id).copied();
    let mut physical = Some(physical_column(row.cinchy_id, generation.unwrap_or(0)));
    let kind = match row.kind.as_deref().unwrap_or_default() {
        "Number" => ColumnKind::Number,
        "Date and Time" => ColumnKind::DateTime,
        "Yes/No" => ColumnKind::YesNo,
        "Binary" => ColumnKind::Binary,
        "Choice" => ColumnKind::Choice {
            options: cinchy_seed::split_list(
                row.choice_column_options_csv.as_deref().unwrap_or_default(),
            ),
            multi,
        },
        "Link" => {
            let display = row.link_column_target.unwrap_or_default();
            if multi {
                physical = None;
            }
            ColumnKind::Link {
                target: table_of.get(&display).copied().unwrap_or_default(),
                display,
                junction: multi.then(|| physical_junction(row.cinchy_id)),
            }
        }
        "Calculated" => {
            let cached = row.cache == Some(true);
            if !cached {
                physical = None;
            }
            ColumnKind::Calculated {
                result: calculated_type(
                    row.calculated_column_output_format
                        .as_deref()
                        .unwrap_or_default(),
                ),
                expression: row.calculated_column_expression.clone().unwrap_or_default(),
                cached,
            }
        }
        "Geometry" => ColumnKind::Geometry,
        "Geography" => ColumnKind::Geography,
        _ => ColumnKind::Text {
            max_length: row.text_column_max_length,
        },
    };
    Column {
        id: row.cinchy_id,
        name,
        physical,
        kind,
        is_system: false,
        is_mandatory: row.is_mandatory == Some(true),
        default: default_of(row),
        limits: limits_of(row),
    }
}

/// What values must be. Only those of the column's own type are ever set.
fn limits_of(row: &ColumnRow) -> Option<Box<Limits>> {
    let date = |text: &Option<String>| text.as_deref().and_then(parse_date).map(Value::DateTime);
    let number = |number: Option<f64>| number.map(Value::Double);
    let pattern = row.text_column_validation_expression.clone();
    let limits = Limits {
        least: number(row.number_column_min).or_else(|| date(&row.date_column_min)),
        greatest: number(row.number_column_max).or_else(|| date(&row.date_column_max)),
        pattern: pattern.filter(|p| !p.is_empty()),
    };
    (limits != Limits::default()).then(|| Box::new(limits))
}

/// What a new row has in a column that it leaves out. Only the one of the column's own type is ever set.
fn default_of(row: &ColumnRow) -> Option<Value> {
    let text = |text: &Option<String>| text.clone().filter(|t| !t.is_empty()).map(Value::Text);
    text(&row.text_column_default)
        .or_else(|| text(&row.date_column_default))
        .or(row.number_column_default.map(Value::Double))
        .or(row.yesno_column_default.map(Value::Bool))
}

fn calculated_type(format: &str) -> CalculatedType {
    match format {
        "Number" => CalculatedType::Number,
        "Date and Time" => CalculatedType::DateTime,
        "Yes/No" => CalculatedType::YesNo,
        _ => CalculatedType::Text,
    }
}

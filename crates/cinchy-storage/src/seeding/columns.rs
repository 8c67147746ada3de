//! A column in the words of a seed, and as a row of `[Table Columns]`: both ways.

use std::collections::HashMap;
use std::sync::Arc;

use cinchy_cql::catalog::{Catalog, ColumnId, ColumnKind, Table, TableId};
use cinchy_seed::model::{CalculatedType, Cell, Column, ColumnType, split_table_name};

use crate::base::name_guid;
use crate::catalog::{ColumnRow, user_columns};
use crate::connection::Connection;
use crate::error::{Result, StorageError};
use crate::lists;
use crate::queries::by_row;
use crate::rows;
use crate::statement::Bound;
use crate::system::SYSTEM_COLUMNS;

/// The columns that [`values`] fills, after the stamps.
pub(crate) const NAMES: [&str; 32] = [
    "table",
    "name",
    "type",
    "ordinal",
    "description",
    "guid",
    "is_system_column",
    "is_mandatory",
    "is_unique",
    "allow_multiple",
    "allow_linking",
    "allow_display_in_linked_views",
    "calculated_column_expression",
    "calculated_column_output_format",
    "calculated_column_field_length",
    "cache",
    "choice_column_options_csv",
    "date_column_default",
    "date_column_min",
    "date_column_max",
    "date_column_display_format",
    "number_column_default",
    "number_column_min",
    "number_column_max",
    "number_column_display_format",
    "text_column_default",
    "text_column_max_length",
    "text_column_validation_expression",
    "text_column_format",
    "yesno_column_default",
    "link_column_target",
    "link_column_filter_expression",
];

/// Where it is kept what a link shows beside its own column, in its search.
pub(super) const DISPLAY_COLUMNS: &str = "table_columns_link_column_search_display_columns";

/// Where a new column stands.
pub(crate) struct Place {
    /// Its table.
    pub table: TableId,
    /// Domain and name of its table.
    pub full_name: String,
    /// Its place among the table's columns, from 1.
    pub ordinal: i32,
    /// Of a link: the column that it shows.
    pub target: Option<ColumnId>,
}

/// The platform's word for a type of a seed.
pub(crate) fn type_word(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::Date => "Date and Time",
        other => other.as_str(),
    }
}

fn number(cell: Option<&Cell>) -> Bound {
    let value = match cell {
        Some(Cell::Number(n)) => cinchy_cql::value::Value::Double(*n),
        _ => cinchy_cql::value::Value::Null,
    };
    Bound {
        ty: cinchy_cql::value::Type::Double,
        value,
    }
}

fn word(cell: Option<&Cell>) -> Bound {
    Bound::text(match cell {
        Some(Cell::Text(text)) => Some(text.clone()),
        Some(Cell::Number(n)) => Some(cinchy_cql::double_text(*n)),
        Some(Cell::Bool(value)) => Some((if *value { "True" } else { "False" }).to_owned()),
        Some(Cell::List(items)) => {
            let words = items.iter().filter_map(|item| match item {
                Cell::Text(text) => Some(text.clone()),
                Cell::Number(n) => Some(cinchy_cql::double_text(*n)),
                _ => None,
            });
            let words: Vec<String> = words.collect();
            Some(lists::join(words.iter().map(String::as_str)))
        }
        _ => None,
    })
}

/// The row of a new column, in the order of [`NAMES`].
pub(crate) fn values(column: &Column, place: &Place) -> Vec<Bound> {
    let kind = column.column_type;
    let only = |wanted: ColumnType| kind == wanted;
    let when =
        |wanted: ColumnType, cell: &Option<Cell>| if kind == wanted { cell.clone() } else { None };
    let text_like = matches!(kind, ColumnType::Text | ColumnType::Choice);
    let expression = match kind {
        ColumnType::Calculated => column.expression.clone(),
        _ => None,
    };
    vec![
        Bound::int(place.table),
        Bound::text(Some(column.name.value.as_str())),
        Bound::text(Some(type_word(kind))),
        Bound::int(place.ordinal),
        Bound::text(column.description.clone()),
        column.guid.clone().map_or_else(
            || {
                name_guid(
                    "column",
                    &format!("{}.{}", place.full_name, column.name.value),
                )
            },
            |guid| Bound::text(Some(guid)),
        ),
        Bound::bit(false),
        Bound::bit(column.mandatory == Some(true)),
        Bound::bit(column.unique == Some(true)),
        Bound::bit(column.is_multi()),
        Bound::bit(column.allow_linking),
        Bound::bit(column.allow_display_in_linked_views),
        Bound::text(expression),
        Bound::text(only(ColumnType::Calculated).then(|| match column.result {
            Some(CalculatedType::Date) => "Date and Time",
            Some(other) => other.as_str(),
            None => "Text",
        })),
        Bound::int(column.max_length.filter(|_| only(ColumnType::Calculated))),
        Bound::bit(column.cached == Some(true)),
        Bound::text(
            only(ColumnType::Choice)
                .then(|| lists::join(column.options.iter().map(|o| o.value.as_str()))),
        ),
        word(when(ColumnType::Date, &column.default).as_ref()),
        word(when(ColumnType::Date, &column.min_value).as_ref()),
        word(when(ColumnType::Date, &column.max_value).as_ref()),
        Bound::text(
            column
                .display_format
                .clone()
                .filter(|_| only(ColumnType::Date)),
        ),
        number(when(ColumnType::Number, &column.default).as_ref()),
        number(when(ColumnType::Number, &column.min_value).as_ref()),
        number(when(ColumnType::Number, &column.max_value).as_ref()),
        Bound::text(
            column
                .display_format
                .clone()
                .filter(|_| only(ColumnType::Number)),
        ),
        word(column.default.as_ref().filter(|_| text_like)),
        Bound::int(column.most_characters().filter(|_| only(ColumnType::Text))),
        Bound::text(column.validation_expression.clone()),
        Bound::text(column.text_format.clone()),
        Bound::bit(match &column.default {
            Some(Cell::Bool(value)) if only(ColumnType::YesNo) => Some(*value),
            Some(Cell::Number(value)) if only(ColumnType::YesNo) => Some(*value != 0.0),
            _ => None,
        }),
        Bound::int(place.target),
        Bound::text(column.link_filter_expression.clone()),
    ]
}

/// The rows of the system columns that every table has, in the order of [`NAMES`]; `place` is that of the column before.
pub(crate) fn system_values(place: &mut Place) -> Vec<Vec<Bound>> {
    let rows = SYSTEM_COLUMNS.iter().map(|system| {
        place.ordinal += 1;
        place.target = match system.to_column(0, true).kind {
            ColumnKind::Link { display, .. } => Some(display),
            _ => None,
        };
        let mut values = values(&super::known::system_column(system), place);
        if let Some(at) = NAMES.iter().position(|n| *n == "is_system_column") {
            values[at] = Bound::bit(true);
        }
        values
    });
    rows.collect()
}

/// The live tables of users with their own columns in the words of a seed, in the order of their ids.
pub(super) fn live(
    conn: &mut Connection,
    schema: &str,
    catalog: &Catalog,
) -> Result<Vec<(Arc<Table>, Vec<Column>)>> {
    let mut by_table = user_columns(conn)?;
    let shown = by_row(rows::links(conn, schema, DISPLAY_COLUMNS)?);
    let mut tables: Vec<&Arc<Table>> = catalog
        .tables()
        .filter(|t| t.id >= crate::system::FIRST_TABLE_ID)
        .collect();
    tables.sort_by_key(|t| t.id);
    let names = column_names(catalog);
    tables
        .into_iter()
        .map(|table| {
            let columns = by_table.remove(&table.id).unwrap_or_default();
            let columns = columns
                .iter()
                .filter(|row| row.is_system_column != Some(true))
                .map(|row| {
                    let mut column = to_column(row, &names)?;
                    let shown = shown.get(&row.cinchy_id).into_iter().flatten();
                    let shown = shown.filter_map(|id| names.get(id));
                    column.display_columns = shown.map(|(_, name)| name.as_str().into()).collect();
                    Ok(column)
                })
                .collect::<Result<_>>()?;
            Ok((table.clone(), columns))
        })
        .collect()
}

/// Table (`Domain.Name`) and name of every column.
fn column_names(catalog: &Catalog) -> HashMap<ColumnId, (String, String)> {
    let mut names = HashMap::new();
    for table in catalog.tables() {
        for column in &table.columns {
            let table = format!("{}.{}", table.domain, table.name);
            names.insert(column.id, (table, column.name.clone()));
        }
    }
    names
}

fn to_column(row: &ColumnRow, names: &HashMap<ColumnId, (String, String)>) -> Result<Column> {
    let kind = row.kind.as_deref().unwrap_or_default();
    let column_type = ColumnType::from_word(kind).ok_or_else(|| {
        StorageError::Corrupt(format!("a column of type `{kind}` in Table Columns"))
    })?;
    let mut column = Column::new(row.name.as_deref().unwrap_or_default(), column_type);
    column.guid = row.guid.clone();
    column.description = row.description.clone();
    column.mandatory = row.is_mandatory.filter(|m| *m);
    column.unique = row.is_unique.filter(|u| *u);
    column.multi = row.allow_multiple.filter(|m| *m);
    column.allow_linking = row.allow_linking;
    column.allow_display_in_linked_views = row.allow_display_in_linked_views;
    column.validation_expression = row.text_column_validation_expression.clone();
    column.text_format = row.text_column_format.clone();
    column.link_filter_expression = row.link_column_filter_expression.clone();
    let text = |value: &Option<String>| value.clone().map(Cell::Text);
    let number = |value: Option<f64>| value.map(Cell::Number);
    match column_type {
        ColumnType::Text => {
            column.max_length = Some(row.text_column_max_length.unwrap_or(Column::NO_LIMIT));
            column.default = text(&row.text_column_default);
        }
        ColumnType::Number => {
            column.default = number(row.number_column_default);
            column.min_value = number(row.number_column_min);
            column.max_value = number(row.number_column_max);
            column.display_format = row.number_column_display_format.clone();
        }
        ColumnType::Date => {
            column.default = text(&row.date_column_default);
            column.min_value = text(&row.date_column_min);
            column.max_value = text(&row.date_column_max);
            column.display_format = row.date_column_display_format.clone();
        }
        ColumnType::YesNo => column.default = row.yesno_column_default.map(Cell::Bool),
        ColumnType::Choice => {
            column.default = match &row.text_column_default {
                Some(words) if column.is_multi() => {
                    let words = cinchy_seed::split_list(words);
                    Some(Cell::List(words.into_iter().map(Cell::Text).collect()))
                }
                other => text(other),
            };
            let options = cinchy_seed::split_list(
                row.choice_column_options_csv.as_deref().unwrap_or_default(),
            );
            column.options = options.into_iter().map(Into::into).collect();
        }
        ColumnType::Link => {
            if let Some((table, display)) = row.link_column_target.and_then(|id| names.get(&id)) {
                column.table = Some(table.as_str().into());
                column.column = Some(display.as_str().into());
            }
        }
        ColumnType::Calculated => {
            column.result = row
                .calculated_column_output_format
                .as_deref()
                .and_then(CalculatedType::from_word);
            column.expression = row.calculated_column_expression.clone();
            column.cached = row.cache.filter(|c| *c);
            column.max_length = row.calculated_column_field_length;
        }
        ColumnType::Binary | ColumnType::Geometry | ColumnType::Geography => {}
    }
    Ok(column)
}

/// Ids of the columns of a table by name in lower case, those of the system among them.
pub(super) fn ids_by_name(table: &Table) -> HashMap<String, ColumnId> {
    table
        .columns
        .iter()
        .map(|c| (c.name.to_lowercase(), c.id))
        .collect()
}

/// Splits the `Domain.Table` of a link; the checks have refused what does not split.
pub(super) fn split(full: &str) -> Result<(&str, &str)> {
    split_table_name(full).ok_or_else(|| StorageError::Corrupt(format!("`{full}` is not a table")))
}

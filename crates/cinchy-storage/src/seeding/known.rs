//! What exists before a seed is applied, in the words of its checks.

use std::collections::HashMap;

use cinchy_cql::catalog::{BLANK_COLUMNS, SYSTEM_COLUMNS};
use cinchy_seed::Known;
use cinchy_seed::model::{Column, ColumnType};
use diesel::prelude::*;

use super::columns;
use crate::connection::Connection;
use crate::error::Result;
use crate::schema::{domains, integrated_clients, saved_queries, users};
use crate::system::{self, DOMAIN, SystemKind};
use crate::{catalog, groups};

/// A bare platform.
pub(super) fn fresh() -> Known {
    let mut known = Known::fresh();
    add_system_tables(&mut known);
    known
}

/// A live platform.
pub(super) fn live(conn: &mut Connection, schema: &str) -> Result<Known> {
    let mut known = Known::nothing();
    add_system_tables(&mut known);
    let names: Vec<Option<String>> = users::table
        .filter(users::deleted.is_null())
        .select(users::username)
        .load(&mut **conn)?;
    for name in names.into_iter().flatten() {
        known.user(&name);
    }
    for (_, name) in groups::list(conn)? {
        known.group(&name);
    }
    let ids: Vec<Option<String>> = integrated_clients::table
        .filter(integrated_clients::deleted.is_null())
        .select(integrated_clients::client_id)
        .load(&mut **conn)?;
    for id in ids.into_iter().flatten() {
        known.client(&id);
    }
    let domains: HashMap<i32, Option<String>> = domains::table
        .select((domains::cinchy_id, domains::name))
        .load::<(i32, Option<String>)>(&mut **conn)?
        .into_iter()
        .collect();
    let queries: Vec<(Option<i32>, Option<String>)> = saved_queries::table
        .filter(saved_queries::deleted.is_null())
        .select((saved_queries::domain, saved_queries::name))
        .load(&mut **conn)?;
    for (domain, name) in queries {
        if let (Some(Some(domain)), Some(name)) = (domain.and_then(|d| domains.get(&d)), name) {
            known.query(domain, &name);
        }
    }
    let live = catalog::load(conn)?;
    for (table, columns) in columns::live(conn, schema, &live)? {
        known.table(&table.domain, &table.name, columns);
    }
    Ok(known)
}

fn add_system_tables(known: &mut Known) {
    known.system_columns(&SYSTEM_COLUMNS, &BLANK_COLUMNS);
    for table in system::TABLES {
        let columns = table.columns.iter().map(system_column).collect();
        known.system_table(DOMAIN, table.name, columns);
    }
}

/// A system column in the words of a seed.
pub(super) fn system_column(column: &system::SystemColumn) -> Column {
    let of = |column_type| Column::new(column.name, column_type);
    let mut model = match &column.kind {
        SystemKind::Text | SystemKind::WriteOnly | SystemKind::Guid => of(ColumnType::Text),
        SystemKind::Number | SystemKind::Integer => of(ColumnType::Number),
        SystemKind::DateTime => of(ColumnType::Date),
        SystemKind::YesNo => of(ColumnType::YesNo),
        SystemKind::Binary => of(ColumnType::Binary),
        SystemKind::Choice(options, multi) => Column {
            options: options.iter().map(|o| (*o).into()).collect(),
            multi: Some(*multi),
            ..of(ColumnType::Choice)
        },
        SystemKind::Link(table, display) => {
            Column::link(column.name, &format!("{DOMAIN}.{table}"), display)
        }
        SystemKind::Links(table, display, _) => Column {
            multi: Some(true),
            ..Column::link(column.name, &format!("{DOMAIN}.{table}"), display)
        },
        SystemKind::Calculated(_) => of(ColumnType::Calculated),
    };
    if column.mandatory {
        model.mandatory = Some(true);
    }
    if column.unique {
        model.unique = Some(true);
    }
    model
}

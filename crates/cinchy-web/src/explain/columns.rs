//! Which columns a caller would have to view for a text to compile. The compiler names one at a time, so it is asked again, as
//! if the caller might view what it named.

use std::collections::{BTreeMap, HashSet};

use cinchy_cql::catalog::{Catalog, Column, ColumnKind, Columns, Grant, Rights, Table};
use cinchy_cql::{CqlError, Script};

use super::{Mend, MissingColumns};
use crate::authenticate::Authenticated;
use crate::instance::Instance;
use crate::query::Text;

/// Columns that are looked for; a text that reads more is for its author to look at.
const MOST: usize = 60;

/// The change that gives the columns which are missing. Rows stay those that the caller sees now.
pub(super) fn missing(
    instance: &Instance,
    catalog: &Catalog,
    caller: &Authenticated,
    text: Text<'_>,
    denied: &CqlError,
) -> Option<Mend> {
    let script = Script::parse(text.cql, text.text_parameters).ok()?;
    let mut rights = caller.entry.rights.clone();
    let mut wanted: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    let mut next = named(catalog, denied);
    for _ in 0..MOST {
        let Some((table, column)) = next else { break };
        let given = given_by(catalog, &rights, table, column);
        if given.is_empty() {
            // It may be viewed and is denied all the same: a grant of columns does not help.
            break;
        }
        for (table, column) in given {
            wanted.entry(table).or_default().push(column);
            rights.tables.entry(table).or_default().push(Grant {
                view: Columns::Some(HashSet::from([column])),
                ..Grant::default()
            });
        }
        next = match instance.compile(&script, catalog, &rights, text) {
            Err(error) => named(catalog, &error),
            Ok(_) => None,
        };
    }
    let tables = wanted.into_iter().filter_map(|(table, ids)| {
        let table = catalog.table(table)?;
        let columns = table.columns.iter().filter(|c| ids.contains(&c.id));
        Some(MissingColumns {
            table: table.id,
            name: format!("{}.{}", table.domain, table.name),
            columns: columns.map(|c| (c.id, c.name.clone())).collect(),
            filter: seen_rows(&caller.entry.rights, table),
        })
    });
    let tables: Vec<MissingColumns> = tables.collect();
    let user = &caller.entry.user;
    (!tables.is_empty()).then(|| Mend::ViewColumns {
        tables,
        user: user.id,
        username: user.username.clone(),
    })
}

/// The column that a denial names.
fn named<'c>(catalog: &'c Catalog, error: &CqlError) -> Option<(&'c Table, &'c Column)> {
    let (CqlError::ColumnDenied { column, .. } | CqlError::CalculatedDenied { column, .. }) = error
    else {
        return None;
    };
    catalog.tables().find_map(|table| {
        let rest = column.strip_prefix(&format!("[{}].[{}].[", table.domain, table.name))?;
        let name = rest.strip_suffix(']')?;
        let column = table.columns.iter().find(|c| c.name == name)?;
        Some((&**table, column))
    })
}

/// Tables and columns that have to be given for a column to be viewed: itself, and what it is calculated from, in its own
/// table and in those that its expression goes to.
fn given_by(catalog: &Catalog, rights: &Rights, table: &Table, column: &Column) -> Vec<(i32, i32)> {
    let mut ids = vec![(table.id, column.id)];
    if let ColumnKind::Calculated { expression, .. } = &column.kind {
        let named = |table: &Table| -> Vec<(i32, i32)> {
            let columns = table.columns.iter();
            let columns =
                columns.filter(|c| !c.is_system && expression.contains(&format!("[{}]", c.name)));
            columns.map(|c| (table.id, c.id)).collect()
        };
        let own = named(table);
        for (_, id) in &own {
            let kind = table.column_by_id(*id).map(|c| &c.kind);
            if let Some(ColumnKind::Link { target, .. }) = kind
                && let Some(target) = catalog.table(*target)
            {
                ids.extend(named(target));
            }
        }
        ids.extend(own);
    }
    let seen = |(table, id): (i32, i32)| {
        let grants = rights.tables.get(&table).map_or(&[][..], Vec::as_slice);
        let shows = |grant: &Grant| grant.view.contains(id) || grant.edit.contains(id);
        grants.iter().any(shows)
    };
    let mut known = HashSet::new();
    ids.retain(|id| !seen(*id) && known.insert(*id));
    ids
}

/// The filter that leaves the rows of a table those that the caller views now; `None`: all, or none of them yet.
fn seen_rows(rights: &Rights, table: &Table) -> Option<String> {
    let grants = rights.tables.get(&table.id).map_or(&[][..], Vec::as_slice);
    let viewing = grants.iter().filter(|grant| {
        let shows = |id: i32| grant.view.contains(id) || grant.edit.contains(id);
        table.columns.iter().any(|column| shows(column.id))
    });
    // One without a filter shows all rows.
    let filters: Option<Vec<&String>> = viewing.map(|grant| grant.view_filter.as_ref()).collect();
    match filters?.as_slice() {
        [] => None,
        [one] => Some((*one).clone()),
        several => {
            let parts: Vec<String> = several.iter().map(|f| format!("({f})")).collect();
            Some(parts.join(" OR "))
        }
    }
}

//! Where the links of rows lead, as far as all rows of the target stand in the seeds.

use std::collections::{HashMap, HashSet};

use super::catalog::{Catalog, TableInfo, TableKey};
use super::cells::show;
use crate::csv_cell::parse_date;
use crate::model::{Cell, Column, ColumnType, Row, RowCells, whole_id};

/// A value that two rows can share: a text form of a cell that has one whatever its spelling.
pub(super) fn value_key(kind: ColumnType, cell: &Cell) -> Option<String> {
    match (kind, cell) {
        (ColumnType::Date, Cell::Text(text)) => parse_date(text).map(|date| date.to_string()),
        (ColumnType::YesNo, Cell::Bool(value)) => Some(u8::from(*value).to_string()),
        (ColumnType::Link, Cell::Number(id)) => Some(id.to_string()),
        (ColumnType::Number | ColumnType::YesNo, Cell::Number(number)) => Some(number.to_string()),
        (ColumnType::Text | ColumnType::Choice, Cell::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// The Cinchy Ids of a table.
enum Ids {
    UpTo(i32),
    These(HashSet<i32>),
    NotInSight,
}

/// Rows that links can lead to; indexes are made when a link first asks.
pub(super) struct Targets<'a> {
    catalog: &'a Catalog<'a>,
    ids: HashMap<TableKey, Ids>,
    values: HashMap<(TableKey, String), Option<HashSet<String>>>,
}

impl<'a> Targets<'a> {
    pub fn new(catalog: &'a Catalog<'a>) -> Self {
        Self {
            catalog,
            ids: HashMap::new(),
            values: HashMap::new(),
        }
    }

    /// Checks where a cell of this link column leads. Its shape has been checked.
    pub fn check(&mut self, column: &Column, cell: &Cell) -> Result<(), String> {
        let Some((key, info)) = self.catalog.target(column) else {
            return Ok(());
        };
        match cell {
            Cell::List(items) => items
                .iter()
                .try_for_each(|item| self.check_one(column, &key, info, item)),
            one => self.check_one(column, &key, info, one),
        }
    }

    fn check_one(
        &mut self,
        link: &Column,
        key: &TableKey,
        info: &TableInfo,
        cell: &Cell,
    ) -> Result<(), String> {
        let nowhere = || {
            format!(
                "column `{}`: {} has no row {}",
                link.name.value,
                info.full_name,
                show(cell)
            )
        };
        match cell {
            Cell::Number(number) => {
                let known = self.ids.entry(key.clone()).or_insert_with(|| ids_of(info));
                let there = match (known, whole_id(*number)) {
                    (Ids::NotInSight, _) => true,
                    (Ids::UpTo(last), Some(id)) => (1..=*last).contains(&id),
                    (Ids::These(ids), Some(id)) => ids.contains(&id),
                    (_, None) => false,
                };
                if there { Ok(()) } else { Err(nowhere()) }
            }
            Cell::Match { column, value } => {
                let Some(target) = info.column(column) else {
                    if info.system_columns.has(column) {
                        return Ok(());
                    }
                    let hint = info.hint(column);
                    let name = &link.name.value;
                    return Err(format!(
                        "column `{name}`: {} has no column `{column}`{hint}",
                        info.full_name
                    ));
                };
                if !self.may_match(key, info, target, value) {
                    return Err(nowhere());
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether some row has, or for all we know may have, this value.
    fn may_match(
        &mut self,
        key: &TableKey,
        info: &TableInfo,
        column: &Column,
        value: &Cell,
    ) -> bool {
        if let Some(names) = self.system_names(key, column) {
            return match value {
                Cell::Text(text) => names.contains_key(&text.to_lowercase()),
                _ => false,
            };
        }
        let entry = (key.clone(), column.name.to_lowercase());
        let values = self
            .values
            .entry(entry)
            .or_insert_with(|| values_of(info, column));
        match (values, value_key(column.column_type, value)) {
            (Some(values), Some(value)) => values.contains(&value),
            (Some(_), None) => false,
            (None, _) => true,
        }
    }

    /// Names that the catalog knows: users and groups.
    fn system_names(
        &self,
        key: &TableKey,
        column: &Column,
    ) -> Option<&std::collections::BTreeMap<String, &'a str>> {
        match (
            key.0.as_str(),
            key.1.as_str(),
            column.name.to_lowercase().as_str(),
        ) {
            ("cinchy", "users", "username") => Some(&self.catalog.users),
            ("cinchy", "groups", "name") => Some(&self.catalog.groups),
            _ => None,
        }
    }
}

/// Ids by order when no row names one; the named ones when all rows do; else they are storage's to give.
fn ids_of(info: &TableInfo) -> Ids {
    if !info.rows_in_sight() {
        return Ids::NotInSight;
    }
    let rows = || info.parts.iter().flat_map(|part| &part.rows);
    let ids: HashSet<i32> = rows().filter_map(Row::cinchy_id).collect();
    let count = rows().count();
    match (ids.len(), i32::try_from(count)) {
        (0, Ok(count)) => Ids::UpTo(count),
        (named, _) if named == count => Ids::These(ids),
        _ => Ids::NotInSight,
    }
}

/// The values of a plain column over all rows; `None` when some may come from elsewhere.
fn values_of(info: &TableInfo, column: &Column) -> Option<HashSet<String>> {
    let plain = !matches!(
        column.column_type,
        ColumnType::Calculated | ColumnType::Link
    ) && !column.is_multi();
    if !plain || !info.rows_in_sight() || column.default.is_some() {
        return None;
    }
    let mut values = HashSet::new();
    for part in &info.parts {
        let place = info
            .list_order(part)
            .iter()
            .position(|&i| info.columns[i].name == column.name);
        for row in &part.rows {
            let cell = match &row.cells {
                RowCells::ByName(cells) => cells
                    .iter()
                    .find(|(name, _)| same_name(name, &column.name))
                    .map(|(_, cell)| cell),
                RowCells::InOrder(cells) => place.and_then(|place| cells.get(place)),
            };
            values.extend(cell.and_then(|cell| value_key(column.column_type, cell)));
        }
    }
    Some(values)
}

/// Whether two column names are the same, in any case.
fn same_name(a: &str, b: &str) -> bool {
    a == b || a.to_lowercase() == b.to_lowercase()
}

//! New tables: their rows in `[Tables]` and `[Table Columns]`, then their physical tables.

use std::collections::HashMap;

use cinchy_cql::catalog::{ColumnId, TableId};
use cinchy_cql::value::Type;
use cinchy_seed::model::Table;
use cinchy_seed::{Seed, SeedError, SeedErrors};

use super::Applier;
use super::columns::{self, NAMES, Place, ids_by_name, split};
use crate::base::{name_guid, system_table};
use crate::error::{Result, StorageError};
use crate::rows::Inserter;
use crate::statement::{Bound, OwnedCell, collect};
use crate::system::SYSTEM_COLUMNS;
use crate::{catalog, data_tables, ids, rows, table_json};

/// Tables by domain and name in lower case: id, and ids of columns by name in lower case.
type Known = HashMap<(String, String), (TableId, HashMap<String, ColumnId>)>;

/// Ids that a new table and its columns will have.
struct New<'a> {
    id: TableId,
    table: &'a Table,
    first_column: ColumnId,
}

impl Applier<'_> {
    pub(super) fn make_tables(&mut self, seeds: &[Seed]) -> Result<()> {
        // Ids first: links go to tables that stand later, or in the table itself.
        let mut made: Vec<New> = Vec::new();
        let mut again: Vec<(TableId, &Seed, &Table)> = Vec::new();
        let mut known: Known = self
            .catalog
            .tables()
            .map(|t| {
                (
                    (t.domain.to_lowercase(), t.name.to_lowercase()),
                    (t.id, ids_by_name(t)),
                )
            })
            .collect();
        for seed in seeds {
            for table in &seed.tables {
                let key = (table.domain.to_lowercase(), table.name.to_lowercase());
                if let Some((id, columns)) = known.get(&key) {
                    refuse_new_columns(seed, table, columns)?;
                    again.push((*id, seed, table));
                    continue;
                }
                let id = ids::take(self.conn, 2, 1)?;
                let count = table.columns.len() + SYSTEM_COLUMNS.len();
                let first_column = ids::take(self.conn, 3, to_id(count))?;
                let own = table.columns.iter().map(|c| c.name.value.as_str());
                let names = own.chain(SYSTEM_COLUMNS.iter().map(|c| c.name));
                let columns = (first_column..)
                    .zip(names)
                    .map(|(id, name)| (name.to_lowercase(), id))
                    .collect();
                known.insert(key, (id, columns));
                made.push(New {
                    id,
                    table,
                    first_column,
                });
            }
        }
        if !made.is_empty() {
            self.make(&made, &known)?;
        }
        for (id, seed, table) in again {
            self.details(id, seed, table)?;
        }
        Ok(())
    }

    fn make(&mut self, made: &[New], known: &Known) -> Result<()> {
        self.table_rows(made)?;
        self.column_rows(made, known)?;
        self.display_columns(made, known)?;
        let ids: Vec<TableId> = made.iter().map(|new| new.id).collect();
        table_json::write(self.conn, self.schema, &ids)?;
        self.catalog = catalog::load(self.conn)?;
        for new in made {
            self.physical(new)?;
        }
        Ok(())
    }

    /// What a seed says about a table that exists. Its constraints and indexes may be repeated, not changed.
    fn details(&mut self, id: TableId, seed: &Seed, table: &Table) -> Result<()> {
        if !table.says_details() {
            return Ok(());
        }
        let tables = system_table(&self.catalog, "Tables")?;
        let sql = format!(
            "SELECT unique_constraints, indexes FROM {} WHERE cinchy_id = $1",
            rows::qualified(self.conn, self.schema, &tables.physical)
        );
        let types = [Type::Text, Type::Text];
        let found = collect(self.conn, &sql, &[Bound::int(id)], &types)?;
        let stored = found.first().map_or(&[][..], Vec::as_slice);
        for (at, (key, said)) in [
            ("uniqueConstraints", &table.unique_constraints),
            ("indexes", &table.indexes),
        ]
        .into_iter()
        .enumerate()
        {
            let stored = match stored.get(at) {
                Some(OwnedCell::Text(text)) => Some(text.to_lowercase()),
                _ => None,
            };
            if !said.is_empty() && lists(said).map(|said| said.to_lowercase()) != stored {
                let message = format!(
                    "the table {} exists with other `{key}`, which a seed cannot change; leave the key out, or replace the platform's data",
                    table.full_name()
                );
                let error = SeedError::new(&seed.file, table.name.at, message);
                return Err(SeedErrors::from(error).into());
            }
        }
        let said = [
            ("guid", &table.guid),
            ("description", &table.description),
            ("icon", &table.icon),
            ("icon_colour", &table.icon_colour),
            ("sync_guid", &table.sync_guid),
        ];
        let mut values: Vec<(&str, Bound)> = said
            .into_iter()
            .filter_map(|(column, value)| Some((column, Bound::text(Some(value.as_deref()?)))))
            .collect();
        if let Some(publish) = table.publish_data_change_notifications {
            values.push(("publish_data_change_notifications", Bound::bit(publish)));
        }
        if values.is_empty() {
            return Ok(());
        }
        rows::update(self.conn, self.schema, tables, id, self.stamp, values)?;
        table_json::write(self.conn, self.schema, &[id])
    }

    fn table_rows(&mut self, made: &[New]) -> Result<()> {
        let physical = system_table(&self.catalog, "Tables")?.physical.clone();
        let names = [
            "domain",
            "name",
            "icon",
            "icon_colour",
            "description",
            "guid",
            "type",
            "publish_data_change_notifications",
            "unique_constraints",
            "indexes",
            "sync_guid",
        ];
        let mut inserter = Inserter::new(self.conn, self.schema, &physical, &names, self.stamp);
        for New { id, table, .. } in made {
            let domain = self.domain(&table.domain)?;
            let values = [
                Bound::int(domain),
                Bound::text(Some(table.name.value.as_str())),
                Bound::text(table.icon.clone()),
                Bound::text(table.icon_colour.clone()),
                Bound::text(table.description.clone()),
                table.guid.clone().map_or_else(
                    || name_guid("table", &table.full_name()),
                    |guid| Bound::text(Some(guid)),
                ),
                Bound::text(Some("Standard")),
                Bound::bit(table.publish_data_change_notifications),
                Bound::text(lists(&table.unique_constraints)),
                Bound::text(lists(&table.indexes)),
                Bound::text(table.sync_guid.clone()),
            ];
            inserter.add(self.conn, *id, values)?;
        }
        inserter.finish(self.conn)
    }

    fn column_rows(&mut self, made: &[New], known: &Known) -> Result<()> {
        let physical = system_table(&self.catalog, "Table Columns")?
            .physical
            .clone();
        let mut inserter = Inserter::new(self.conn, self.schema, &physical, &NAMES, self.stamp);
        for New {
            id,
            table,
            first_column,
        } in made
        {
            let mut place = Place {
                table: *id,
                full_name: table.full_name(),
                ordinal: 0,
                target: None,
            };
            let mut next = *first_column;
            for column in &table.columns {
                place.ordinal += 1;
                place.target = match (&column.table, &column.column) {
                    (Some(target), Some(display)) => {
                        let (domain, name) = split(target)?;
                        known
                            .get(&(domain.to_lowercase(), name.to_lowercase()))
                            .and_then(|(_, columns)| columns.get(&display.to_lowercase()))
                            .copied()
                    }
                    _ => None,
                };
                inserter.add(self.conn, next, columns::values(column, &place))?;
                next += 1;
            }
            for values in columns::system_values(&mut place) {
                inserter.add(self.conn, next, values)?;
                next += 1;
            }
        }
        inserter.finish(self.conn)
    }

    /// What a link shows beside its own column, in its search.
    fn display_columns(&mut self, made: &[New], known: &Known) -> Result<()> {
        for New {
            table,
            first_column,
            ..
        } in made
        {
            for (id, column) in (*first_column..).zip(&table.columns) {
                let Some(target) = column
                    .table
                    .as_ref()
                    .filter(|_| !column.display_columns.is_empty())
                else {
                    continue;
                };
                let (domain, name) = split(target)?;
                let Some((_, columns)) = known.get(&(domain.to_lowercase(), name.to_lowercase()))
                else {
                    continue;
                };
                let shown: Vec<ColumnId> = column
                    .display_columns
                    .iter()
                    .filter_map(|name| columns.get(&name.to_lowercase()))
                    .copied()
                    .collect();
                rows::set_links(self.conn, self.schema, columns::DISPLAY_COLUMNS, id, &shown)?;
            }
        }
        Ok(())
    }

    fn physical(&mut self, new: &New) -> Result<()> {
        let gone = || StorageError::Corrupt(format!("the table {} is gone", new.id));
        let table = self.catalog.table(new.id).cloned().ok_or_else(gone)?;
        data_tables::create(self.conn, self.schema, &table)?;
        let physical = |name: &str| table.column(name).and_then(|c| c.physical.clone());
        let singles = new.table.columns.iter().filter(|c| c.unique == Some(true));
        let mut unique: Vec<Vec<&str>> = singles.map(|c| vec![c.name.value.as_str()]).collect();
        unique.extend(names_of(&new.table.unique_constraints));
        let indexes = names_of(&new.table.indexes);
        for (lists, is_unique) in [(unique, true), (indexes.collect(), false)] {
            for list in lists {
                // A column that is not stored in the table cannot be indexed there.
                let Some(columns) = list.iter().map(|n| physical(n)).collect::<Option<Vec<_>>>()
                else {
                    continue;
                };
                let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
                data_tables::index(self.conn, self.schema, &table, &columns, is_unique)?;
            }
        }
        Ok(())
    }
}

/// Lists of columns as they are stored.
fn lists(lists: &[Vec<cinchy_seed::Located<String>>]) -> Option<String> {
    let lists: Vec<Vec<&str>> = names_of(lists).collect();
    serde_json::to_string(&lists)
        .ok()
        .filter(|_| !lists.is_empty())
}

fn names_of(lists: &[Vec<cinchy_seed::Located<String>>]) -> impl Iterator<Item = Vec<&str>> {
    lists
        .iter()
        .map(|list| list.iter().map(|c| c.value.as_str()).collect())
}

/// A table that exists keeps its design: a seed may add rows and entitlements to it.
fn refuse_new_columns(
    seed: &Seed,
    table: &Table,
    existing: &HashMap<String, ColumnId>,
) -> Result<()> {
    let new = table
        .columns
        .iter()
        .find(|c| !existing.contains_key(&c.name.to_lowercase()));
    match new {
        None => Ok(()),
        Some(column) => Err(StorageError::Seed(SeedErrors::from(SeedError::new(
            &seed.file,
            column.name.at,
            format!(
                "the table {} exists without a column `{}`; a seed that is merged cannot add columns, replace the platform's data instead",
                table.full_name(),
                column.name.value
            ),
        )))),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "columns of one table"
)]
fn to_id(count: usize) -> i32 {
    count as i32
}

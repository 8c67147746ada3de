//! Rows of tables: cells become values of columns. Links by a column of their target are left to [`super::links`].

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cinchy_cql::catalog::{ColumnId, ColumnKind, Table, TableId};
use cinchy_cql::value::{Type, Value};
use cinchy_seed::model::{Cell, Column};
use cinchy_seed::{Location, Seed, SeedError, SeedErrors};

use super::links::{Pending, Target};
use super::{Applier, columns};
use crate::base::new_guid;
use crate::data_tables::stored_type;
use crate::error::{Result, StorageError};
use crate::rows::{Batch, Inserter};
use crate::statement::Bound;
use crate::system::{self, SystemKind};
use crate::{ids, lists};

impl Applier<'_> {
    pub(super) fn rows(&mut self, seeds: &[Seed]) -> Result<()> {
        if seeds
            .iter()
            .all(|s| s.tables.iter().all(|t| t.rows.is_empty()))
        {
            return Ok(());
        }
        let mut models: HashMap<TableId, (Arc<Table>, Vec<Column>)> =
            columns::live(self.conn, self.schema, &self.catalog)?
                .into_iter()
                .map(|(table, columns)| (table.id, (table, columns)))
                .collect();
        for table in system::TABLES {
            if let Some(found) = self.catalog.table(table.id) {
                let columns = table
                    .columns
                    .iter()
                    .map(super::known::system_column)
                    .collect();
                models.insert(table.id, (found.clone(), columns));
            }
        }
        let mut pending = Vec::new();
        let mut written = HashSet::new();
        for seed in seeds {
            for table in seed.tables.iter().filter(|t| !t.rows.is_empty()) {
                let id = self.catalog.find(&table.domain, &table.name).map(|t| t.id);
                let Some((live, columns)) = id.and_then(|id| models.get(&id)) else {
                    return Err(StorageError::Corrupt(format!(
                        "the table {} is gone",
                        table.full_name()
                    )));
                };
                refuse_secrets(seed, table, live)?;
                self.table_rows_of(seed, table, live, columns, &mut pending)?;
                written.insert(live.id);
            }
        }
        // First what is matched by stored columns, then calculated columns, then what is matched by those.
        let (by_calculated, by_stored): (Vec<_>, Vec<_>) =
            pending.into_iter().partition(|p| self.needs_calculated(p));
        self.resolve(by_stored)?;
        self.calculate(&written)?;
        if !by_calculated.is_empty() {
            self.resolve(by_calculated)?;
            self.calculate(&written)?;
        }
        self.measure(&written)
    }

    fn table_rows_of(
        &mut self,
        seed: &Seed,
        table: &cinchy_seed::model::Table,
        live: &Arc<Table>,
        columns: &[Column],
        pending: &mut Vec<Pending>,
    ) -> Result<()> {
        let slots = Slots::new(live, columns);
        let mut inserter = Inserter::new(
            self.conn,
            self.schema,
            &live.physical,
            &slots.physical,
            self.stamp,
        );
        let mut junctions: HashMap<&str, Batch> = slots
            .junctions()
            .map(|name| (name, Batch::of_links(self.conn, self.schema, name)))
            .collect();
        let in_order = if table.columns.is_empty() {
            columns
        } else {
            &table.columns
        };
        let mut next = ids::peek(self.conn, live.id)?;
        for row in &table.rows {
            let id = row.cinchy_id().unwrap_or(next);
            next = next.max(id.saturating_add(1));
            let mut cells: Vec<Option<&Cell>> = vec![None; columns.len()];
            for (name, cell) in row.named_cells(in_order) {
                if let Some(slot) = slots.index_of(name) {
                    cells[slot] = Some(cell);
                }
            }
            let mut values = Vec::with_capacity(slots.physical.len());
            for (slot, cell) in slots.slots.iter().zip(&cells) {
                let cell = cell.or(slot.default.as_ref()).unwrap_or(&Cell::Null);
                let targets = match cell {
                    Cell::List(items) if slot.is_link => {
                        items.iter().filter_map(Target::of).collect()
                    }
                    other if slot.is_link => Target::of(other).into_iter().collect(),
                    _ => Vec::new(),
                };
                let open = targets.iter().any(|t| matches!(t, Target::Match { .. }));
                match (slot.junction, slot.ty) {
                    (Some(junction), _) if !open => {
                        let Some(batch) = junctions.get_mut(junction) else {
                            continue;
                        };
                        for (ordinal, target) in (1..).zip(&targets) {
                            if let Target::Id(target) = target {
                                batch.add(
                                    self.conn,
                                    [Bound::int(id), Bound::int(ordinal), Bound::int(*target)],
                                )?;
                            }
                        }
                    }
                    (None, Some(_)) if slot.is_link && !open => {
                        values.push(Bound::int(targets.first().and_then(|t| match t {
                            Target::Id(id) => Some(*id),
                            Target::Match { .. } => None,
                        })));
                    }
                    (None, Some(ty)) if !slot.is_link => {
                        values.push(if slot.is_guid && *cell == Cell::Null {
                            new_guid()
                        } else {
                            bound(cell, ty)
                        })
                    }
                    (junction, _) => {
                        if junction.is_none() && slot.ty.is_some() {
                            values.push(Bound::int(None));
                        }
                        if open {
                            pending.push(Pending {
                                table: live.clone(),
                                row: id,
                                column: slot.id,
                                targets,
                                file: seed.file.clone(),
                                at: row.at,
                            });
                        }
                    }
                }
            }
            inserter
                .add(self.conn, id, values)
                .map_err(|error| at_row(error, seed, table, row.at))?;
        }
        let last = table.rows.last().map(|r| r.at).unwrap_or_default();
        inserter
            .finish(self.conn)
            .map_err(|error| at_row(error, seed, table, last))?;
        for batch in junctions.into_values() {
            batch.finish(self.conn)?;
        }
        ids::reserve(self.conn, live.id, next - 1)
    }
}

/// The value of a cell that is no link, for a column of this type; the checks have seen that it fits.
fn bound(cell: &Cell, ty: Type) -> Bound {
    let value = match (cell, ty) {
        (Cell::Null, _) => Value::Null,
        (Cell::Text(text), Type::DateTime) => {
            cinchy_seed::parse_date(text).map_or(Value::Null, Value::DateTime)
        }
        (Cell::Text(text), Type::Binary) => STANDARD
            .decode(text.trim())
            .map_or(Value::Null, Value::Bytes),
        (Cell::Text(text), Type::Double) => text.trim().parse().map_or(Value::Null, Value::Double),
        (Cell::Text(text), Type::Bit) => Value::Bool(matches!(
            text.trim().to_ascii_lowercase().as_str(),
            "yes" | "true" | "1"
        )),
        (Cell::Text(text), _) => Value::Text(text.clone()),
        (Cell::Number(number), Type::Text) => Value::Text(cinchy_cql::double_text(*number)),
        (Cell::Number(number), Type::Bit) => Value::Bool(*number != 0.0),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "integer columns of system tables"
        )]
        (Cell::Number(number), Type::Int | Type::BigInt) => Value::Int(*number as i64),
        (Cell::Number(number), _) => Value::Double(*number),
        (Cell::Bool(value), Type::Text) => {
            Value::Text((if *value { "True" } else { "False" }).to_owned())
        }
        (Cell::Bool(value), _) => Value::Bool(*value),
        (Cell::List(items), _) => {
            let words: Vec<String> = items
                .iter()
                .filter_map(|item| match item {
                    Cell::Text(text) => Some(text.clone()),
                    Cell::Number(number) => Some(cinchy_cql::double_text(*number)),
                    _ => None,
                })
                .collect();
            if words.is_empty() {
                Value::Null
            } else {
                Value::Text(lists::join(words.iter().map(String::as_str)))
            }
        }
        (Cell::Match { .. }, _) => Value::Null,
    };
    Bound { ty, value }
}

/// How the cells of a row meet the columns of its table.
struct Slots<'a> {
    slots: Vec<Slot<'a>>,
    /// Physical columns that a row gives, in order.
    physical: Vec<&'a str>,
}

struct Slot<'a> {
    name: String,
    id: ColumnId,
    /// Type of the physical column, if the row has one.
    ty: Option<Type>,
    is_link: bool,
    is_guid: bool,
    junction: Option<&'a str>,
    default: Option<Cell>,
}

impl<'a> Slots<'a> {
    fn new(table: &'a Table, columns: &[Column]) -> Self {
        let mut slots = Vec::with_capacity(columns.len());
        let mut physical = Vec::new();
        for column in columns {
            let Some(found) = table.column(&column.name) else {
                continue;
            };
            let is_guid = is_system_guid(table.id, &column.name);
            // A calculated column takes no value from a row.
            let is_calculated = matches!(found.kind, ColumnKind::Calculated { .. }) && !is_guid;
            let ty = found
                .physical
                .as_ref()
                .filter(|_| !is_calculated)
                .and_then(|_| stored_type(&found.kind));
            let junction = match &found.kind {
                ColumnKind::Link { junction, .. } => junction.as_deref(),
                _ => None,
            };
            if let (Some(_), Some(name)) = (ty, &found.physical) {
                physical.push(name.as_str());
            }
            slots.push(Slot {
                name: column.name.to_lowercase(),
                id: found.id,
                ty,
                is_link: matches!(found.kind, ColumnKind::Link { .. }),
                is_guid,
                junction,
                default: column.default.clone(),
            });
        }
        Self { slots, physical }
    }

    fn index_of(&self, name: &str) -> Option<usize> {
        let name = name.to_lowercase();
        self.slots.iter().position(|s| s.name == name)
    }

    fn junctions(&self) -> impl Iterator<Item = &'a str> {
        self.slots.iter().filter_map(|s| s.junction)
    }
}

pub(super) fn is_system_guid(table: TableId, column: &str) -> bool {
    system::TABLES
        .iter()
        .find(|t| t.id == table)
        .and_then(|t| {
            t.columns
                .iter()
                .find(|c| c.name.eq_ignore_ascii_case(column))
        })
        .is_some_and(|c| matches!(c.kind, SystemKind::Guid))
}

/// Passwords are hashed and tokens made by the keys of their own; as plain rows they would be stored as they are.
fn refuse_secrets(seed: &Seed, table: &cinchy_seed::model::Table, live: &Table) -> Result<()> {
    let key = match live.name.as_str() {
        "Users" if live.id < system::FIRST_TABLE_ID => "users",
        "Secrets" if live.id < system::FIRST_TABLE_ID => "secrets",
        _ => return Ok(()),
    };
    Err(StorageError::Seed(SeedErrors::from(SeedError::new(
        &seed.file,
        table.name.at,
        format!("rows of {} stand below the key `{key}`", table.full_name()),
    ))))
}

/// A clash of unique values or ids becomes an error of the seed, with the place of the row.
fn at_row(
    error: StorageError,
    seed: &Seed,
    table: &cinchy_seed::model::Table,
    at: Location,
) -> StorageError {
    use diesel::result::{DatabaseErrorKind, Error};
    match error {
        StorageError::Database(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
            StorageError::Seed(SeedErrors::from(SeedError::new(
                &seed.file,
                at,
                format!(
                    "a row of {} at or before this one repeats a Cinchy Id or a value of a unique column",
                    table.full_name()
                ),
            )))
        }
        other => other,
    }
}

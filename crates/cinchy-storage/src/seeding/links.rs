//! Rows of tables: cells become values, links by a column of their target are resolved, cached calculated columns are
//! filled in.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::NaiveDateTime;
use cinchy_cql::catalog::{Catalog, ColumnId, ColumnKind, Rights, Table, TableId};
use cinchy_cql::value::{Backend, Type, Value};
use cinchy_cql::{Arguments, Request};
use cinchy_seed::model::{Cell, Column};
use cinchy_seed::{Location, Seed, SeedError, SeedErrors};

use super::identity::id_of;
use super::{Applier, columns};
use crate::base::new_guid;
use crate::data_tables::stored_type;
use crate::error::{Result, StorageError};
use crate::rows::{self, Batch, Inserter};
use crate::statement::{Bound, OwnedCell, collect, execute};
use crate::system::{self, SystemKind};
use crate::{ids, lists};

/// Rows from which on the plans of PostgreSQL differ.
const WORTH_MEASURING: i32 = 500;

/// A cell whose links could not be resolved when its row was written.
struct Pending {
    table: Arc<Table>,
    row: i32,
    column: ColumnId,
    /// Ids and `{Column: value}` in order.
    targets: Vec<Target>,
    file: Arc<str>,
    at: Location,
}

enum Target {
    Id(i32),
    Match { column: String, value: String },
}

impl Target {
    fn of(cell: &Cell) -> Option<Self> {
        match cell {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the checks have seen a whole number"
            )]
            Cell::Number(id) => Some(Self::Id(*id as i32)),
            Cell::Match { column, value } => Some(Self::Match {
                column: column.clone(),
                value: match value.as_ref() {
                    Cell::Text(text) => text.clone(),
                    Cell::Number(number) => cinchy_cql::double_text(*number),
                    Cell::Bool(value) => (if *value { "True" } else { "False" }).to_owned(),
                    _ => String::new(),
                },
            }),
            _ => None,
        }
    }
}

/// Values of one column of a target table, as text, with the first row that has them.
type Index = HashMap<String, i32>;

impl Applier<'_> {
    pub(super) fn rows(&mut self, seeds: &[Seed]) -> Result<()> {
        if seeds
            .iter()
            .all(|s| s.tables.iter().all(|t| t.rows.is_empty()))
        {
            return Ok(());
        }
        let mut models: HashMap<TableId, (Arc<Table>, Vec<Column>)> =
            columns::live(self.conn, &self.catalog)?
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

    /// Tells PostgreSQL's planner about tables that were just filled. It would find out by itself after a minute, and plan
    /// badly until then.
    fn measure(&mut self, tables: &HashSet<TableId>) -> Result<()> {
        if rows::backend(self.conn) != Backend::Postgres {
            return Ok(());
        }
        for id in tables {
            if let Some(table) = self.catalog.table(*id).cloned()
                && ids::peek(self.conn, *id)? > WORTH_MEASURING
            {
                let name = rows::qualified(self.conn, self.schema, &table.physical);
                execute(self.conn, &format!("ANALYZE {name}"), &[])?;
            }
        }
        Ok(())
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

    /// Whether a match needs a calculated column of its target.
    fn needs_calculated(&self, pending: &Pending) -> bool {
        let Some(target) = self.target_of(pending) else {
            return false;
        };
        pending.targets.iter().any(|t| match t {
            Target::Id(_) => false,
            Target::Match { column, .. } => target.column(column).is_some_and(|c| {
                matches!(
                    c.kind,
                    ColumnKind::Calculated { .. } | ColumnKind::Link { .. }
                )
            }),
        })
    }

    fn target_of(&self, pending: &Pending) -> Option<&Arc<Table>> {
        match pending.table.column_by_id(pending.column)?.kind {
            ColumnKind::Link { target, .. } => self.catalog.table(target),
            _ => None,
        }
    }

    fn resolve(&mut self, pending: Vec<Pending>) -> Result<()> {
        let mut indexes: HashMap<(TableId, String), Index> = HashMap::new();
        let mut errors = Vec::new();
        for cell in pending {
            let Some(target) = self.target_of(&cell).cloned() else {
                continue;
            };
            let mut ids = Vec::with_capacity(cell.targets.len());
            for wanted in &cell.targets {
                match wanted {
                    Target::Id(id) => ids.push(*id),
                    Target::Match { column, value } => {
                        let key = (target.id, column.to_lowercase());
                        let index = match indexes.get(&key) {
                            Some(index) => index,
                            None => {
                                let index = self.index(&target, column)?;
                                indexes.entry(key).or_insert(index)
                            }
                        };
                        match index.get(value) {
                            Some(id) => ids.push(*id),
                            None => errors.push(SeedError::new(
                                &cell.file,
                                cell.at,
                                format!(
                                    "no row of {}.{} has `{value}` in its column `{column}`",
                                    target.domain, target.name
                                ),
                            )),
                        }
                    }
                }
            }
            self.write_links(&cell, &ids)?;
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(SeedErrors(errors).into())
        }
    }

    fn write_links(&mut self, cell: &Pending, ids: &[i32]) -> Result<()> {
        let Some(column) = cell.table.column_by_id(cell.column) else {
            return Ok(());
        };
        match (&column.kind, &column.physical) {
            (
                ColumnKind::Link {
                    junction: Some(junction),
                    ..
                },
                _,
            ) => rows::set_links(self.conn, self.schema, junction, cell.row, ids),
            (_, Some(physical)) => {
                let name = rows::qualified(self.conn, self.schema, &cell.table.physical);
                let sql = format!(
                    "UPDATE {name} SET {} = $1 WHERE cinchy_id = $2",
                    rows::quoted(physical)
                );
                execute(
                    self.conn,
                    &sql,
                    &[Bound::int(ids.first().copied()), Bound::int(cell.row)],
                )?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// All values of a column with their rows, read through CQL so that calculated columns and links can be matched too.
    fn index(&mut self, table: &Table, column: &str) -> Result<Index> {
        let quote = |name: &str| format!("[{}]", name.replace(']', "]]"));
        let text = format!(
            "SELECT [Cinchy Id], {} FROM {}.{} WHERE [Deleted] IS NULL ORDER BY [Cinchy Id]",
            quote(column),
            quote(&table.domain),
            quote(&table.name)
        );
        let everything = Rights {
            administrator: true,
            ..Rights::default()
        };
        let compiled = cinchy_cql::compile(&Request {
            text: &text,
            parameters: &[],
            text_parameters: &[],
            catalog: &self.catalog,
            rights: &everything,
            backend: rows::backend(self.conn),
            schema: self.schema,
            ad_hoc: false,
        })?;
        let binds = bind_all(&compiled.binds, self.stamp.user, self.stamp.at)?;
        let types: Vec<Type> = compiled.columns.iter().map(|c| c.ty).collect();
        let mut index = Index::new();
        for row in collect(self.conn, &compiled.sql, &binds, &types)? {
            if let [id, value] = row.as_slice()
                && let (Some(id), Some(value)) = (id_of(id), text_of(value))
            {
                index.entry(value).or_insert(id);
            }
        }
        Ok(index)
    }

    /// Fills the cached calculated columns of these tables. One that does not compile stays NULL and is warned of
    /// (documented: a seed's expressions are stored, not compiled).
    fn calculate(&mut self, tables: &HashSet<TableId>) -> Result<()> {
        self.warnings
            .retain(|w| !w.starts_with("calculated column"));
        for (table, column) in calculation_order(&self.catalog, tables) {
            let (Some(physical), false) =
                (column.physical.as_ref(), table.id < system::FIRST_TABLE_ID)
            else {
                continue;
            };
            let name = format!("[{}].[{}].[{}]", table.domain, table.name, column.name);
            let compiled = cinchy_cql::compile_calculated(
                &self.catalog,
                table.id,
                column.id,
                rows::backend(self.conn),
                self.schema,
            );
            let compiled = match compiled {
                Ok(compiled) => compiled,
                Err(error) => {
                    self.warnings
                        .push(format!("calculated column {name} stays empty: {error}"));
                    continue;
                }
            };
            let binds = bind_all(&compiled.binds, self.stamp.user, self.stamp.at)?;
            let target = rows::qualified(self.conn, self.schema, &table.physical);
            let physical = rows::quoted(physical);
            let sql = format!(
                "WITH computed(id, value) AS ({}) UPDATE {target} SET {physical} = \
                 (SELECT value FROM computed WHERE computed.id = {target}.cinchy_id)",
                compiled.sql
            );
            execute(self.conn, &sql, &binds)?;
        }
        Ok(())
    }
}

/// Cached calculated columns of the tables, each after those that its expression names (by name, so rather too careful
/// than not).
fn calculation_order(
    catalog: &Catalog,
    tables: &HashSet<TableId>,
) -> Vec<(Arc<Table>, cinchy_cql::catalog::Column)> {
    let mut open: Vec<(Arc<Table>, cinchy_cql::catalog::Column, String)> = Vec::new();
    let mut ids: Vec<&TableId> = tables.iter().collect();
    ids.sort_unstable();
    for table in ids.into_iter().filter_map(|id| catalog.table(*id)) {
        for column in &table.columns {
            if let ColumnKind::Calculated {
                cached: true,
                expression,
                ..
            } = &column.kind
            {
                open.push((table.clone(), column.clone(), expression.to_lowercase()));
            }
        }
    }
    let mut ordered = Vec::with_capacity(open.len());
    while !open.is_empty() {
        let names: Vec<String> = open
            .iter()
            .map(|(_, c, _)| format!("[{}]", c.name.to_lowercase()))
            .collect();
        let free = open.iter().position(|(_, column, expression)| {
            let own = format!("[{}]", column.name.to_lowercase());
            !names
                .iter()
                .any(|n| *n != own && expression.contains(n.as_str()))
        });
        // A cycle has no order; its first member goes next.
        let (table, column, _) = open.remove(free.unwrap_or(0));
        ordered.push((table, column));
    }
    ordered
}

/// Resolves binds without parameters.
fn bind_all(
    binds: &[cinchy_cql::value::Bind],
    user: i32,
    now: NaiveDateTime,
) -> Result<Vec<Bound>> {
    let arguments = Arguments {
        values: &[],
        current_user: user,
        now,
    };
    crate::run::resolve(binds, &arguments)
}

fn text_of(cell: &OwnedCell) -> Option<String> {
    Some(match cell {
        OwnedCell::Null | OwnedCell::Bytes(_) => return None,
        OwnedCell::Bool(value) => (if *value { "True" } else { "False" }).to_owned(),
        OwnedCell::Int(value) => value.to_string(),
        OwnedCell::Double(value) => cinchy_cql::double_text(*value),
        OwnedCell::Text(value) | OwnedCell::DateTime(value) => value.clone(),
    })
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

fn is_system_guid(table: TableId, column: &str) -> bool {
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

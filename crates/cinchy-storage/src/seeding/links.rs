//! Links by a column of their target: found once the rows are there, and then written.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDateTime;
use cinchy_cql::catalog::{ColumnId, ColumnKind, Rights, Table, TableId};
use cinchy_cql::value::Type;
use cinchy_cql::{Arguments, Request};
use cinchy_seed::model::Cell;
use cinchy_seed::{Location, SeedError, SeedErrors};

use super::Applier;
use super::identity::id_of;
use crate::error::Result;
use crate::rows;
use crate::statement::{Bound, OwnedCell, collect, execute};

/// A cell whose links could not be resolved when its row was written.
pub(super) struct Pending {
    pub table: Arc<Table>,
    pub row: i32,
    pub column: ColumnId,
    /// Ids and `{Column: value}` in order.
    pub targets: Vec<Target>,
    pub file: Arc<str>,
    pub at: Location,
}

/// What a link goes to.
pub(super) enum Target {
    Id(i32),
    Match { column: String, value: String },
}

impl Target {
    /// The target that a cell names.
    pub(super) fn of(cell: &Cell) -> Option<Self> {
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
    /// Whether a match needs a calculated column of its target.
    pub(super) fn needs_calculated(&self, pending: &Pending) -> bool {
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

    /// Finds and writes the targets of cells.
    pub(super) fn resolve(&mut self, pending: Vec<Pending>) -> Result<()> {
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
            versions: false,
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
}

/// Resolves binds without parameters.
pub(super) fn bind_all(
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
        OwnedCell::Text(value) | OwnedCell::Decimal(value) | OwnedCell::DateTime(value) => {
            value.clone()
        }
    })
}

//! The one place that decides what a reader may see. [`Binder::path`] resolves every column reference and checks every
//! step of it; [`Reader::access`] says which grants rule a table.
//!
//! The rules are documented (Data Controls); what system columns need is inferred.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use sqlparser::ast::{Expr, Ident};

use super::Binder;
use super::functions::dates::part_argument;
use crate::catalog::{Column, ColumnId, ColumnKind, Grant, Rights, Table};
use crate::error::{CqlError, Position};
use crate::look::{Part, stops_at};
use crate::{room, syntax};

/// On whose behalf a name is looked up.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reader<'a> {
    /// The platform itself: row filters and cached columns see everything.
    System,
    /// A user.
    User(&'a Rights),
}

/// What rules the reading of one table.
#[derive(Debug)]
pub(super) enum Access<'a> {
    /// No limits: the platform, an administrator, the table's creator (documented).
    Full,
    /// The union of these grants, each of which views some column. Never empty.
    Grants(Vec<&'a Grant>),
    /// Nothing.
    None,
}

impl<'a> Reader<'a> {
    /// What rules the reading of a table.
    pub(super) fn access(self, table: &Table) -> Access<'a> {
        let Some(mut grants) = self.grants(table) else {
            return Access::Full;
        };
        grants.retain(|g| views_any(g));
        if grants.is_empty() {
            Access::None
        } else {
            Access::Grants(grants)
        }
    }

    /// Whether ad-hoc CQL may name the table in FROM.
    pub(super) fn may_query_directly(self, table: &Table) -> bool {
        self.any(table, |g| g.direct_query)
    }

    /// Grants on a table that let a column be edited; `None`: no limits.
    pub(super) fn editing(self, table: &Table, column: &Column) -> Option<Vec<&'a Grant>> {
        let grants = self.grants(table)?.into_iter();
        Some(grants.filter(|g| g.edit.contains(column.id)).collect())
    }

    /// Whether some grant names the table, or no limits rule it.
    pub(super) fn has_grant(self, table: &Table) -> bool {
        self.grants(table).is_none_or(|grants| {
            let useful = |g: &&Grant| views_any(g) || g.add_rows || g.delete_rows;
            grants.iter().any(useful)
        })
    }

    /// Whether rows may be added.
    pub(super) fn may_add(self, table: &Table) -> bool {
        self.any(table, |g| g.add_rows)
    }

    /// Grants that let rows be deleted; `None`: no limits.
    pub(super) fn deleting(self, table: &Table) -> Option<Vec<&'a Grant>> {
        let grants = self.grants(table)?;
        Some(grants.into_iter().filter(|g| g.delete_rows).collect())
    }

    /// Whether the table itself may be changed.
    pub(super) fn may_design(self, table: &Table) -> bool {
        self.any(table, |g| g.design_table)
    }

    /// Whether some grant on a table allows something, or no limits rule it.
    pub(super) fn any(self, table: &Table, allows: impl Fn(&Grant) -> bool) -> bool {
        self.grants(table)
            .is_none_or(|grants| grants.iter().any(|g| allows(g)))
    }

    /// All grants on a table; `None`: no limits.
    fn grants(self, table: &Table) -> Option<Vec<&'a Grant>> {
        let Self::User(rights) = self else {
            return None;
        };
        if rights.administrator || table.creator == Some(rights.user_id) {
            return None;
        }
        Some(rights.tables.get(&table.id).into_iter().flatten().collect())
    }

    /// Whether a column may be viewed, in some row.
    pub(super) fn may_view(self, table: &Table, column: &Column) -> bool {
        match self.access(table) {
            Access::Full => true,
            Access::Grants(grants) => grants.iter().any(|g| views(g, column)),
            Access::None => false,
        }
    }
}

/// Whether a grant shows a column: edit implies view (documented), and whoever sees any column sees the system columns
/// (inferred from clients, which read `[Cinchy Id]` and `[Deleted]` of everything).
pub(super) fn views(grant: &Grant, column: &Column) -> bool {
    column.is_system || grant.view.contains(column.id) || grant.edit.contains(column.id)
}

/// Whether a column takes no values from anybody.
pub(super) fn is_read_only(column: &Column) -> bool {
    column.is_system || matches!(column.kind, ColumnKind::Calculated { .. })
}

fn views_any(grant: &Grant) -> bool {
    [&grant.view, &grant.edit].into_iter().any(|set| match set {
        crate::catalog::Columns::All => true,
        crate::catalog::Columns::Some(ids) => !ids.is_empty(),
    })
}

/// A resolved and permitted column reference: link columns, then the last column.
#[derive(Debug, Clone)]
pub(super) struct Path {
    pub columns: Vec<ColumnId>,
}

impl<'a> Binder<'a> {
    /// Resolves `[A].[B].[C]` from a table on and checks that the reader may view each step, with what a last link
    /// shows and what a last calculated column depends on.
    pub(super) fn path(
        &mut self,
        reader: Reader<'a>,
        table: &Arc<Table>,
        parts: &[Ident],
    ) -> Result<Path, CqlError> {
        self.path_within(reader, table, parts, &mut HashSet::new())
    }

    fn path_within(
        &mut self,
        reader: Reader<'a>,
        table: &Arc<Table>,
        parts: &[Ident],
        visited: &mut HashSet<ColumnId>,
    ) -> Result<Path, CqlError> {
        let mut table = Arc::clone(table);
        let mut columns = Vec::with_capacity(parts.len());
        for (i, part) in parts.iter().enumerate() {
            let position = syntax::position(part.span);
            let not_found = |part: &Ident| CqlError::ColumnNotFound {
                name: part.value.clone(),
                position: syntax::position(part.span),
            };
            let column = table.readable(&part.value).ok_or_else(|| not_found(part))?;
            columns.push(column.id);
            match parts.get(i + 1) {
                None => self.check(reader, &table, column, position, visited)?,
                Some(next) => {
                    if !reader.may_view(&table, column) {
                        return Err(denied(&table, column, position));
                    }
                    let ColumnKind::Link { target, .. } = &column.kind else {
                        return Err(not_found(next));
                    };
                    let target = self
                        .catalog
                        .table(*target)
                        .ok_or_else(|| broken(&table, column))?;
                    let target = Arc::clone(target);
                    table = target;
                }
            }
        }
        Ok(Path { columns })
    }

    /// Checks the last column of a path with all that its value is made of.
    pub(super) fn check(
        &mut self,
        reader: Reader<'a>,
        table: &Arc<Table>,
        column: &Column,
        position: Option<Position>,
        visited: &mut HashSet<ColumnId>,
    ) -> Result<(), CqlError> {
        if !reader.may_view(table, column) {
            return Err(denied(table, column, position));
        }
        if matches!(reader, Reader::System) || !visited.insert(column.id) {
            return Ok(());
        }
        match &column.kind {
            ColumnKind::Link {
                target, display, ..
            } => {
                let target = Arc::clone(
                    self.catalog
                        .table(*target)
                        .ok_or_else(|| broken(table, column))?,
                );
                let shown = target
                    .column_by_id(*display)
                    .ok_or_else(|| broken(table, column))?
                    .clone();
                self.check(reader, &target, &shown, position, visited)
            }
            ColumnKind::Calculated { expression, .. } => {
                let Reader::User(rights) = reader else {
                    return Ok(());
                };
                if rights.administrator {
                    return Ok(());
                }
                let name = || format!("calculated column [{}] of {}", column.name, table.name);
                let expression = self.fragment(expression).map_err(|e| e.in_fragment(name))?;
                for reference in references(&expression).map_err(|e| e.in_fragment(name))? {
                    let checked = room::with(self.room, || {
                        self.path_within(reader, table, &reference, visited)
                    });
                    if let Err(e) = checked {
                        return Err(if e.is_access_denied() {
                            CqlError::CalculatedDenied {
                                column: full_name(table, column),
                                position,
                            }
                        } else {
                            e.in_fragment(name)
                        });
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn full_name(table: &Table, column: &Column) -> String {
    format!("[{}].[{}].[{}]", table.domain, table.name, column.name)
}

fn denied(table: &Table, column: &Column, position: Option<Position>) -> CqlError {
    CqlError::ColumnDenied {
        column: full_name(table, column),
        position,
    }
}

pub(super) fn broken(table: &Table, column: &Column) -> CqlError {
    CqlError::BrokenMetadata {
        object: full_name(table, column),
    }
}

/// Column references of a fragment. Sub-selects bring tables of their own and are refused.
fn references(expression: &Expr) -> Result<Vec<Vec<Ident>>, CqlError> {
    let mut found = Vec::new();
    // Words that look like columns: `year` in `DATEADD(year, 1, [Start])`.
    let mut date_parts: Vec<*const Expr> = Vec::new();
    let sub_select = stops_at(expression, &mut |part| {
        match part {
            Part::Query => return ControlFlow::Break(()),
            Part::Expression(Expr::Function(call)) => {
                date_parts.extend(part_argument(call).map(std::ptr::from_ref));
            }
            Part::Expression(word) if date_parts.contains(&std::ptr::from_ref(word)) => {}
            Part::Expression(Expr::Identifier(name))
                if name.quote_style.is_some() || !name.value.starts_with('@') =>
            {
                found.push(vec![name.clone()]);
            }
            Part::Expression(Expr::CompoundIdentifier(parts)) => found.push(parts.clone()),
            _ => {}
        }
        ControlFlow::Continue(())
    });
    if sub_select {
        return Err(CqlError::Unsupported {
            what: "a sub-select".to_owned(),
            position: None,
        });
    }
    Ok(found)
}

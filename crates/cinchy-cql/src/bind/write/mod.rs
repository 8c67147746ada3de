//! Statements that write: INSERT, UPDATE, DELETE, TRUNCATE. They become plain data ([`crate::write`]): queries for the values
//! and the rows, and what each value means for its column.

mod cell;
mod insert;
mod output;
mod update;

use std::collections::HashSet;
use std::sync::Arc;

use sqlparser::ast::{Ident, ObjectName, SetExpr, Statement};

use super::expression::{at, unsupported};
use super::from::table_name;
use super::{Binder, Rows};
use crate::calculated::calculation_order;
use crate::catalog::{Column, ColumnKind, Grant, Table};
use crate::error::{CqlError, Position};
use crate::ir::{
    Body, Bound, Comparison, Condition, FromItem, Item, Join, NodeId, Query, Scalar, ScalarNode,
    Select,
};
use crate::syntax;
use crate::value::{Bind, Type, Value};
use crate::write::{Lookup, ROW_IDS, Write};

pub(super) use cell::Assigned;
pub(crate) use output::into_names;

/// A bound statement that writes.
pub(crate) type BoundWrite = Write<Bound>;

/// The row is one of [`ROW_IDS`].
pub(super) fn among_rows(id: Scalar) -> Condition {
    among(id, ROW_IDS)
}

fn among(value: Scalar, name: &str) -> Condition {
    let list = Scalar {
        ty: Type::Text,
        node: ScalarNode::Constant(Bind::Parameter {
            name: name.to_owned(),
            ty: Type::Text,
        }),
    };
    Condition::Among { value, list }
}

/// Whether a statement writes.
pub(crate) fn writes(statement: &Statement) -> bool {
    match statement {
        Statement::Insert(_)
        | Statement::Update(_)
        | Statement::Delete(_)
        | Statement::Truncate(_) => true,
        Statement::Query(query) => matches!(
            query.body.as_ref(),
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_)
        ),
        _ => false,
    }
}

impl<'a> Binder<'a> {
    /// Binds a statement for which [`writes`] holds.
    pub(crate) fn write(mut self, statement: &Statement) -> Result<BoundWrite, CqlError> {
        self.versions = false;
        match statement {
            Statement::Insert(insert) => self.insert(insert),
            Statement::Update(update) => self.update(update),
            Statement::Delete(delete) => self.delete(delete),
            Statement::Truncate(truncate) => self.truncate(truncate),
            // `WITH x AS (...) UPDATE ...`
            Statement::Query(query) => {
                if let Some(with) = &query.with {
                    self.with(with)?;
                }
                match query.body.as_ref() {
                    SetExpr::Insert(inner) | SetExpr::Update(inner) | SetExpr::Delete(inner) => {
                        self.write(inner)
                    }
                    _ => Err(unsupported("this form of a statement", at(query.as_ref()))),
                }
            }
            other => Err(unsupported("this statement", at(other))),
        }
    }

    /// A binder for another query of the same statement.
    fn sibling(&self) -> Binder<'a> {
        let mut sibling = Self::new(self.catalog, self.reader, self.parameters, self.ad_hoc);
        sibling.ctes = self.ctes.clone();
        sibling.temporary = self.temporary;
        sibling
    }

    fn finish(self, query: Query) -> Bound {
        Bound {
            nodes: self.nodes,
            query,
            room: self.room,
        }
    }

    /// The table that a statement names as its target, with the right to name it.
    fn target(&self, name: &ObjectName) -> Result<Arc<Table>, CqlError> {
        let (domain, table) = table_name(name)?;
        let found = self.catalog.find(&domain.value, &table.value).cloned();
        let position = syntax::position(table.span);
        let found = found.ok_or_else(|| CqlError::TableNotFound {
            table: table.value.clone(),
            domain: domain.value.clone(),
            position,
        })?;
        if self.ad_hoc && !self.reader.may_query_directly(&found) {
            return Err(table_denied(&found, position));
        }
        Ok(found)
    }

    /// The names of columns that the writer may not edit. A link needs the column that it shows, too (documented).
    fn not_editable(
        &mut self,
        table: &Arc<Table>,
        columns: &[Column],
    ) -> Result<Vec<String>, CqlError> {
        let mut denied = Vec::new();
        for column in columns {
            let none = self
                .reader
                .editing(table, column)
                .is_some_and(|grants| grants.is_empty());
            let hidden = !none
                && matches!(column.kind, ColumnKind::Link { .. })
                && match self.check(self.reader, table, column, None, &mut HashSet::new()) {
                    Ok(()) => false,
                    Err(e) if e.is_access_denied() => true,
                    Err(e) => return Err(e),
                };
            if none || hidden {
                denied.push(column.name.clone());
            }
        }
        Ok(denied)
    }

    /// The condition under which a row passes the Editable Row Filter of one of these grants; `None`: always. `name` is
    /// what the filter is called outside of a filtered table.
    fn passes(
        &mut self,
        node: NodeId,
        grants: &[&'a Grant],
        name: String,
    ) -> Result<Option<Condition>, CqlError> {
        let inner = self.unmasked(node);
        let mut filters: Vec<Condition> = Vec::with_capacity(grants.len());
        for grant in grants {
            let Some(text) = &grant.edit_filter else {
                return Ok(None);
            };
            let filter = self.as_system(inner, |b| b.filter(inner, text))?;
            if !filters.contains(&filter) {
                filters.push(filter);
            }
        }
        let passes = Condition::Or(filters);
        if inner == node {
            return Ok(Some(passes));
        }
        let yes = Scalar::literal(Value::Int(1), Type::Int);
        let flag = Scalar {
            ty: Type::Int,
            node: ScalarNode::Case {
                branches: vec![(passes, yes.clone())],
                otherwise: Some(Box::new(Scalar::literal(Value::Int(0), Type::Int))),
            },
        };
        Ok(Some(Condition::Compare {
            op: Comparison::Equal,
            left: self.output(node, name, flag),
            right: yes,
        }))
    }

    /// The lookup of a link by a column of its target; each is made once.
    fn lookup(
        &self,
        lookups: &mut Vec<Lookup<Bound>>,
        link: &Column,
        by: &Ident,
    ) -> Result<usize, CqlError> {
        let same = |l: &Lookup<Bound>| {
            l.link == link.name && l.column.to_lowercase() == by.value.to_lowercase()
        };
        if let Some(found) = lookups.iter().position(same) {
            return Ok(found);
        }
        let broken = || CqlError::BrokenMetadata {
            object: format!("[{}]", link.name),
        };
        let ColumnKind::Link { target, .. } = link.kind else {
            return Err(broken());
        };
        let target = Arc::clone(self.catalog.table(target).ok_or_else(broken)?);
        let position = syntax::position(by.span);
        let Some(column) = target.column(&by.value) else {
            return Err(CqlError::NoResolveColumn {
                column: by.value.clone(),
                position,
            });
        };
        let is_id = column.is_system && super::sources::is_cinchy_id(column);
        let mut binder = self.sibling();
        let node = binder.node(binder.reader, &target)?;
        let path = binder.path(binder.reader, &target, std::slice::from_ref(by))?;
        let key = binder.follow(node, &path.columns)?;
        let key = binder.value(key)?;
        let id = binder.id_of(node)?;
        let by_key = matches!(key.ty, Type::Int | Type::Text | Type::Double);
        let mut filters = Vec::new();
        if by_key {
            filters.push(among(key.clone(), crate::write::KEYS));
        }
        // A row that is named by its id may be deleted: an app sends back the link that it has read.
        if !is_id && let Some(deleted) = target.column("Deleted") {
            filters.push(Condition::IsNull {
                value: binder.column(node, deleted),
                negated: false,
            });
        }
        let ty = key.ty;
        let items = vec![key, id];
        let mut query = rows_of(node, items, Some(Condition::And(filters)));
        binder.settle_order(&mut query)?;
        lookups.push(Lookup {
            column: column.name.clone(),
            link: link.name.clone(),
            ty,
            by_key,
            query: binder.finish(query),
        });
        Ok(lookups.len() - 1)
    }

    /// Queries for the cached calculated columns of written rows. One whose expression does not compile keeps its value, as
    /// it does when a seed is applied (documented: expressions are stored, not compiled).
    fn calculations(&self, table: &Arc<Table>) -> Vec<(String, Bound)> {
        calculation_order([table])
            .into_iter()
            .filter_map(|(table, column)| {
                let physical = column.physical?;
                let bound = Binder::for_system(self.catalog)
                    .calculated_column(table.id, column.id, Rows::Bound)
                    .ok()?;
                Some((physical, bound))
            })
            .collect()
    }
}

/// `SELECT items FROM node WHERE filter`.
fn rows_of(node: NodeId, items: Vec<Scalar>, filter: Option<Condition>) -> Query {
    let items = items.into_iter().enumerate();
    Query {
        first_node: 0,
        body: Body::Select(Box::new(Select {
            items: items
                .map(|(index, value)| Item {
                    name: format!("c{index}"),
                    value,
                })
                .collect(),
            from: vec![FromItem::new(node, Join::Cross)],
            filter,
            ..Select::default()
        })),
    }
}

fn table_denied(table: &Table, position: Option<Position>) -> CqlError {
    CqlError::TableDenied {
        tables: vec![table.name.clone()],
        position,
    }
}

/// The column that the last part of a name means.
fn column_of<'t>(
    table: &'t Table,
    name: &ObjectName,
) -> Result<(&'t Column, Option<Position>), CqlError> {
    let Some(ident) = name.0.last().and_then(|p| p.as_ident()) else {
        return Err(unsupported("this form of a column's name", at(name)));
    };
    let position = syntax::position(ident.span);
    let found = table.readable(&ident.value);
    let found = found.ok_or_else(|| CqlError::ColumnNotFound {
        name: ident.value.clone(),
        position,
    })?;
    Ok((found, position))
}

/// Refuses a second value for a column.
fn once(columns: &[Column], column: &Column, position: Option<Position>) -> Result<(), CqlError> {
    if columns.iter().any(|c| c.id == column.id) {
        return Err(CqlError::AssignedTwice {
            column: column.name.clone(),
            position,
        });
    }
    Ok(())
}

//! Following names: chains of links, what a link shows, lists of multi-links, calculated columns in place.

use std::sync::Arc;

use super::rights::{Access, Reader, broken};
use super::sources::is_cinchy_id;
use super::types;
use super::{Binder, MAX_DEPTH, Many, Operand};
use crate::catalog::{CalculatedType, Column, ColumnId, ColumnKind, Table};
use crate::error::CqlError;
use crate::ir::{Condition, LinkJoin, List, NodeId, Scalar, ScalarNode};
use crate::value::Type;

impl<'a> Binder<'a> {
    /// Follows a permitted path from a node on.
    pub(super) fn follow(
        &mut self,
        node: NodeId,
        columns: &[ColumnId],
    ) -> Result<Operand, CqlError> {
        let table = Arc::clone(&self.nodes[node].table);
        let missing = || CqlError::BrokenMetadata {
            object: format!("[{}].[{}]", table.domain, table.name),
        };
        let [first, rest @ ..] = columns else {
            return Err(missing());
        };
        let column = table.column_by_id(*first).ok_or_else(missing)?;
        match &column.kind {
            ColumnKind::Link {
                target,
                display,
                junction: None,
            } => {
                let id = self.column(node, column);
                if rest.is_empty() {
                    return Ok(Operand::Link {
                        node,
                        column: column.id,
                        id,
                        target: *target,
                        display: *display,
                    });
                }
                if self.is_plain_id(node, *target, rest) {
                    return Ok(Operand::Value(id));
                }
                let target = self.link(node, column.id)?;
                self.follow(target, rest)
            }
            ColumnKind::Link {
                target,
                display,
                junction: Some(junction),
            } => {
                let key = (node, self.is_system(node), columns.to_vec());
                if let Some(many) = self.list_cache.get(&key) {
                    return Ok(Operand::Many(many.clone()));
                }
                let many = self.list(node, column, (*target, *display, junction), rest)?;
                self.list_cache.insert(key, many.clone());
                Ok(Operand::Many(many))
            }
            ColumnKind::Choice {
                multi: true,
                options,
            } => {
                let quoted = options.iter().any(|o| o.contains([',', '"']));
                Ok(Operand::Choices {
                    list: self.column(node, column),
                    quoted,
                })
            }
            ColumnKind::Calculated {
                result, expression, ..
            } if column.physical.is_none() => {
                let value = self.calculated(node, column, *result, expression)?;
                // Where there is no row there is no value either, whatever the expression makes of NULLs.
                let row = match self.marker(node, column)? {
                    None if self.info[node].optional => Some(self.id_of(node)?),
                    marker => marker,
                };
                Ok(Operand::Value(match row {
                    Some(row) => Scalar {
                        ty: value.ty,
                        node: ScalarNode::Case {
                            branches: vec![(
                                Condition::IsNull {
                                    value: row,
                                    negated: true,
                                },
                                value,
                            )],
                            otherwise: None,
                        },
                    },
                    None => value,
                }))
            }
            _ => Ok(Operand::Value(self.column(node, column))),
        }
    }

    /// Whether the path is just the Cinchy Id of a table whose rows are not filtered: then the stored id will do.
    fn is_plain_id(&self, node: NodeId, target: i32, path: &[ColumnId]) -> bool {
        let Some(table) = self.catalog.table(target) else {
            return false;
        };
        let is_id = |id: &ColumnId| {
            table
                .column_by_id(*id)
                .is_some_and(|c| c.is_system && is_cinchy_id(c))
        };
        matches!(path, [only] if is_id(only)) && !self.hides_rows(node, target)
    }

    /// Whether some rows of a table are hidden from a node's reader.
    pub(super) fn hides_rows(&self, node: NodeId, target: i32) -> bool {
        let reader = self.info[node].reader;
        self.catalog
            .table(target)
            .is_none_or(|t| self.is_filtered(reader, t))
    }

    fn is_filtered(&self, reader: Reader<'a>, table: &Table) -> bool {
        match reader.access(table) {
            Access::Full => false,
            Access::None => true,
            Access::Grants(grants) => grants.iter().all(|g| g.view_filter.is_some()),
        }
    }

    /// The row at the other end of a single link; `None`: the column is a multi-link.
    pub(super) fn linked_row(
        &mut self,
        node: NodeId,
        column: ColumnId,
    ) -> Result<Option<NodeId>, CqlError> {
        let found = self.nodes[node].table.column_by_id(column);
        let single =
            found.is_some_and(|c| matches!(c.kind, ColumnKind::Link { junction: None, .. }));
        single.then(|| self.link(node, column)).transpose()
    }

    /// The table at the other end of a single link, joined once.
    fn link(&mut self, node: NodeId, column: ColumnId) -> Result<NodeId, CqlError> {
        let system = self.is_system(node);
        if let Some(join) = self.nodes[node]
            .links
            .iter()
            .find(|l| l.column == column && l.system == system)
        {
            return Ok(join.target);
        }
        let table = Arc::clone(&self.nodes[node].table);
        let missing = || CqlError::BrokenMetadata {
            object: format!("[{}].[{}]", table.domain, table.name),
        };
        let found = table.column_by_id(column).ok_or_else(missing)?;
        let ColumnKind::Link { target, .. } = &found.kind else {
            return Err(missing());
        };
        let target = Arc::clone(
            self.catalog
                .table(*target)
                .ok_or_else(|| broken(&table, found))?,
        );
        let key = self.column(node, found);
        let target = self.node(self.info[node].reader, &target)?;
        self.info[target].optional = true;
        let target_key = self.id_name(target)?;
        self.nodes[node].links.push(LinkJoin {
            column,
            system,
            key,
            target,
            target_key,
        });
        Ok(target)
    }

    /// A multi-link with the path behind it, or its display.
    fn list(
        &mut self,
        node: NodeId,
        column: &Column,
        (target, display, junction): (i32, ColumnId, &str),
        path: &[ColumnId],
    ) -> Result<Many, CqlError> {
        let text = self.has_versions(node);
        let owner = if text {
            self.stored(node, column, junction.to_owned(), Type::Text)
        } else {
            match self.marker(node, column)? {
                Some(marker) => marker,
                None => self.id_of(node)?,
            }
        };
        let id = self.lists;
        self.lists += 1;
        let mut list = List {
            id,
            junction: (!text).then(|| junction.to_owned()),
            owner: Box::new(owner),
            target: None,
        };
        if self.is_plain_id(node, target, path) {
            let element = Scalar {
                ty: Type::Int,
                node: ScalarNode::ListTarget(id),
            };
            return Ok(Many {
                list,
                element: Box::new(Operand::Value(element)),
                target: None,
            });
        }
        let table = Arc::clone(&self.nodes[node].table);
        let linked = Arc::clone(
            self.catalog
                .table(target)
                .ok_or_else(|| broken(&table, column))?,
        );
        let reader = self.info[node].reader;
        let root = self.node(reader, &linked)?;
        list.target = Some((root, self.id_name(root)?));
        let element = if path.is_empty() {
            self.deeper(column, |b| b.follow(root, &[display]))?
        } else {
            self.follow(root, path)?
        };
        let comparable = (path.is_empty() && !self.is_filtered(reader, &linked)).then_some(target);
        Ok(Many {
            list,
            element: Box::new(element),
            target: comparable,
        })
    }

    /// Follows a link to what it shows and goes on with that; what is shown may be a link again.
    pub(super) fn displayed<T>(
        &mut self,
        node: NodeId,
        column: ColumnId,
        display: ColumnId,
        then: impl FnOnce(&mut Self, Operand) -> Result<T, CqlError>,
    ) -> Result<T, CqlError> {
        let table = Arc::clone(&self.nodes[node].table);
        let missing = || CqlError::BrokenMetadata {
            object: format!("[{}].[{}]", table.domain, table.name),
        };
        let found = table.column_by_id(column).ok_or_else(missing)?;
        self.deeper(found, |b| {
            let target = b.link(node, column)?;
            let shown = b.follow(target, &[display])?;
            then(b, shown)
        })
    }

    /// Binds the expression of a calculated column over a node and converts it to the declared result type.
    pub(super) fn calculated(
        &mut self,
        node: NodeId,
        column: &Column,
        result: CalculatedType,
        expression: &str,
    ) -> Result<Scalar, CqlError> {
        let table = self.nodes[node].table.name.clone();
        let bound = self.fragment(expression).and_then(|expression| {
            self.deeper(column, |b| b.within(node, |b| b.scalar(&expression)))
        });
        let value = bound.and_then(|value| types::coerce(value, types::result_type(result), None));
        value.map_err(|e| {
            e.in_fragment(|| format!("calculated column [{}] of {table}", column.name))
        })
    }

    /// Guards the recursion through links and calculated columns of metadata.
    fn deeper<T>(
        &mut self,
        column: &Column,
        bind: impl FnOnce(&mut Self) -> Result<T, CqlError>,
    ) -> Result<T, CqlError> {
        let calculated = matches!(column.kind, ColumnKind::Calculated { .. });
        if self.stack.len() >= MAX_DEPTH || (calculated && self.stack.contains(&column.id)) {
            return Err(CqlError::Cycle {
                column: column.name.clone(),
            });
        }
        self.stack.push(column.id);
        let result = bind(self);
        self.stack.pop();
        result
    }
}

//! Tables of the statement: link joins, derived tables of what the reader may see, columns as values.

use std::collections::HashSet;
use std::sync::Arc;

use sqlparser::ast::{Expr, Ident};

use super::rights::{Access, Path, Reader, broken, views};
use super::types::{self, column_type};
use super::{Binder, MAX_DEPTH, MAX_NODES, Many, Operand, Scope, Source};
use crate::catalog::{CalculatedType, Column, ColumnId, ColumnKind, Columns, Grant, Table};
use crate::error::CqlError;
use crate::ir::{Condition, LinkJoin, List, Node, NodeId, Relation, Scalar, ScalarNode};
use crate::syntax;
use crate::value::Type;

/// What the binder knows of a node beside its IR.
#[derive(Debug)]
pub(super) struct NodeInfo<'a> {
    pub reader: Reader<'a>,
    /// For a filtered table: its grants with their filters, bound over the inner node.
    grants: Vec<(&'a Grant, Option<Condition>)>,
}

impl<'a> Binder<'a> {
    /// Adds an occurrence of a table, as the reader may see it.
    pub(super) fn node(
        &mut self,
        reader: Reader<'a>,
        table: &Arc<Table>,
    ) -> Result<NodeId, CqlError> {
        let grants = match reader.access(table) {
            Access::Full => Vec::new(),
            Access::None => {
                return Err(CqlError::TableDenied {
                    tables: vec![table.name.clone()],
                    position: None,
                });
            }
            Access::Grants(grants) => {
                let whole = |g: &&Grant| {
                    g.view_filter.is_none() && (g.view == Columns::All || g.edit == Columns::All)
                };
                let filtered = grants.iter().any(|g| g.view_filter.is_some());
                if !filtered || grants.iter().any(whole) {
                    Vec::new()
                } else {
                    grants
                }
            }
        };
        if grants.is_empty() {
            return self.push(reader, table, Relation::Table, Vec::new());
        }
        let inner = self.push(Reader::System, table, Relation::Table, Vec::new())?;
        let mut bound = Vec::with_capacity(grants.len());
        for grant in grants {
            let filter = match &grant.view_filter {
                Some(text) => Some(self.filter(inner, text)?),
                None => None,
            };
            bound.push((grant, filter));
        }
        let filter = bound
            .iter()
            .map(|(_, filter)| filter.clone())
            .collect::<Option<Vec<_>>>()
            .map(any_of);
        self.push(
            reader,
            table,
            Relation::Filtered {
                inner,
                filter,
                columns: Vec::new(),
            },
            bound,
        )
    }

    fn push(
        &mut self,
        reader: Reader<'a>,
        table: &Arc<Table>,
        relation: Relation,
        grants: Vec<(&'a Grant, Option<Condition>)>,
    ) -> Result<NodeId, CqlError> {
        if self.nodes.len() >= MAX_NODES {
            return Err(CqlError::TooMany {
                what: "tables and links",
                limit: MAX_NODES,
            });
        }
        self.nodes.push(Node {
            table: Arc::clone(table),
            relation,
            links: Vec::new(),
        });
        self.info.push(NodeInfo { reader, grants });
        Ok(self.nodes.len() - 1)
    }

    /// Binds a row filter over a node, with the rights of that node's reader.
    pub(super) fn filter(&mut self, node: NodeId, text: &str) -> Result<Condition, CqlError> {
        let name = format!("row filter of {}", self.nodes[node].table.name);
        let bound = self
            .fragment(text)
            .and_then(|expression| self.within(node, |b| b.condition(&expression)));
        bound.map_err(|e| e.in_fragment(|| name))
    }

    /// Parses a fragment once.
    pub(super) fn fragment(&mut self, text: &str) -> Result<Arc<Expr>, CqlError> {
        if let Some(expression) = self.fragments.get(text) {
            return Ok(Arc::clone(expression));
        }
        let expression = Arc::new(syntax::parse_fragment(text)?);
        self.fragments
            .insert(text.to_owned(), Arc::clone(&expression));
        Ok(expression)
    }

    /// Runs `bind` with only this node in scope.
    fn within<T>(
        &mut self,
        node: NodeId,
        bind: impl FnOnce(&mut Self) -> Result<T, CqlError>,
    ) -> Result<T, CqlError> {
        let scope = Scope {
            sources: vec![Source { alias: None, node }],
            no_aggregate: Some("expression of a column or filter"),
            fragment: true,
        };
        let outer = std::mem::replace(&mut self.scope, scope);
        let result = bind(self);
        self.scope = outer;
        result
    }

    /// Finds what a name of one or more parts means, with the reader's right to it.
    pub(super) fn resolve(&mut self, parts: &[Ident]) -> Result<(NodeId, Path), CqlError> {
        let (node, rest) = self.source_of(parts)?;
        let table = Arc::clone(&self.nodes[node].table);
        let reader = self.info[node].reader;
        Ok((node, self.path(reader, &table, rest)?))
    }

    /// Splits a name into a source and the columns behind it. An alias wins over a column of the same name (inferred).
    fn source_of<'p>(&self, parts: &'p [Ident]) -> Result<(NodeId, &'p [Ident]), CqlError> {
        let same =
            |a: &str, b: &str| a.eq_ignore_ascii_case(b) || a.to_lowercase() == b.to_lowercase();
        let table_of = |source: &Source| Arc::clone(&self.nodes[source.node].table);
        if let [first, rest @ ..] = parts
            && !rest.is_empty()
        {
            for source in &self.scope.sources {
                match &source.alias {
                    Some(alias) if same(alias, &first.value) => return Ok((source.node, rest)),
                    None if same(&table_of(source).name, &first.value)
                        && table_of(source).column(&first.value).is_none() =>
                    {
                        return Ok((source.node, rest));
                    }
                    _ => {}
                }
            }
        }
        if let [domain, table, rest @ ..] = parts
            && !rest.is_empty()
        {
            for source in self.scope.sources.iter().filter(|s| s.alias.is_none()) {
                let own = table_of(source);
                if same(&own.domain, &domain.value) && same(&own.name, &table.value) {
                    return Ok((source.node, rest));
                }
            }
        }
        let first = &parts[0];
        let mut having = self
            .scope
            .sources
            .iter()
            .filter(|s| table_of(s).column(&first.value).is_some());
        let (name, position) = (first.value.clone(), syntax::position(first.span));
        match (having.next(), having.next()) {
            (Some(source), None) => Ok((source.node, parts)),
            (Some(_), Some(_)) => Err(CqlError::AmbiguousColumn { name, position }),
            (None, _) => Err(CqlError::ColumnNotFound { name, position }),
        }
    }

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
                Ok(Operand::Value(match self.marker(node, column)? {
                    Some(marker) => Scalar {
                        ty: value.ty,
                        node: ScalarNode::Case {
                            branches: vec![(
                                Condition::IsNull {
                                    value: marker,
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
        let owner = match self.marker(node, column)? {
            Some(marker) => marker,
            None => self.id_of(node)?,
        };
        let id = self.lists;
        self.lists += 1;
        let mut list = List {
            id,
            junction: junction.to_owned(),
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

    /// A column of a node as it is stored: the id of a single link, the text of a multi-choice column.
    pub(super) fn column(&mut self, node: NodeId, column: &Column) -> Scalar {
        let ty = column_type(column);
        let Some(physical) = &column.physical else {
            return Scalar::null(ty);
        };
        let Relation::Filtered { inner, .. } = self.nodes[node].relation else {
            return Scalar {
                ty,
                node: ScalarNode::Column {
                    node,
                    physical: physical.clone(),
                },
            };
        };
        let stored = Scalar {
            ty,
            node: ScalarNode::Column {
                node: inner,
                physical: physical.clone(),
            },
        };
        let value = self.masked(node, column, stored);
        self.output(node, physical.clone(), value)
    }

    /// Makes a value available outside a filtered table.
    pub(super) fn output(&mut self, node: NodeId, name: String, value: Scalar) -> Scalar {
        let ty = value.ty;
        if let Relation::Filtered { columns, .. } = &mut self.nodes[node].relation
            && !columns.iter().any(|(own, _)| *own == name)
        {
            columns.push((name.clone(), value));
        }
        Scalar {
            ty,
            node: ScalarNode::Column {
                node,
                physical: name,
            },
        }
    }

    /// For a column whose cells some visible rows must not show: the row's id where the cell may be seen, else NULL.
    fn marker(&mut self, node: NodeId, column: &Column) -> Result<Option<Scalar>, CqlError> {
        let Relation::Filtered { inner, .. } = self.nodes[node].relation else {
            return Ok(None);
        };
        if self.mask(node, column).is_none() {
            return Ok(None);
        }
        let id = self.id_of(inner)?;
        let value = self.masked(node, column, id);
        Ok(Some(self.output(node, format!("row_{}", column.id), value)))
    }

    fn masked(&self, node: NodeId, column: &Column, value: Scalar) -> Scalar {
        match self.mask(node, column) {
            Some(mask) => {
                let ty = value.ty;
                Scalar {
                    ty,
                    node: ScalarNode::Case {
                        branches: vec![(mask, value)],
                        otherwise: None,
                    },
                }
            }
            None => value,
        }
    }

    /// The condition under which a visible row may show a column; `None`: always. Grants unite cell by cell: a column of
    /// one grant must not leak into rows that only another grant shows.
    fn mask(&self, node: NodeId, column: &Column) -> Option<Condition> {
        let grants = &self.info[node].grants;
        let giving: Vec<_> = grants
            .iter()
            .filter(|(grant, _)| views(grant, column))
            .collect();
        if giving.len() == grants.len() {
            return None;
        }
        giving
            .into_iter()
            .map(|(_, filter)| filter.clone())
            .collect::<Option<Vec<_>>>()
            .map(any_of)
    }

    /// Whether names of a node are looked up for the platform. What it joins must not serve the user's own names.
    fn is_system(&self, node: NodeId) -> bool {
        matches!(self.info[node].reader, Reader::System)
    }

    /// The inner node of a filtered table, or the node itself: where the platform's own expressions are bound.
    pub(super) fn unmasked(&self, node: NodeId) -> NodeId {
        match self.nodes[node].relation {
            Relation::Filtered { inner, .. } => inner,
            Relation::Table => node,
        }
    }

    /// Runs `bind` with the platform's rights on a node.
    pub(super) fn as_system<T>(
        &mut self,
        node: NodeId,
        bind: impl FnOnce(&mut Self) -> Result<T, CqlError>,
    ) -> Result<T, CqlError> {
        let reader = std::mem::replace(&mut self.info[node].reader, Reader::System);
        let result = bind(self);
        self.info[node].reader = reader;
        result
    }

    /// The Cinchy Id of a node's row.
    pub(super) fn id_of(&mut self, node: NodeId) -> Result<Scalar, CqlError> {
        let table = Arc::clone(&self.nodes[node].table);
        let column = id_column(&table)?;
        Ok(self.column(node, column))
    }

    /// The physical name of a node's Cinchy Id, made available outside a filtered table.
    fn id_name(&mut self, node: NodeId) -> Result<String, CqlError> {
        self.id_of(node)?;
        let table = Arc::clone(&self.nodes[node].table);
        let physical = id_column(&table)?.physical.clone();
        physical.ok_or_else(|| CqlError::BrokenMetadata {
            object: format!("[{}].[{}]", table.domain, table.name),
        })
    }

    /// Columns of a node that `*` shows its reader.
    pub(super) fn visible(&mut self, node: NodeId) -> Result<Vec<Option<Column>>, CqlError> {
        let table = Arc::clone(&self.nodes[node].table);
        let reader = self.info[node].reader;
        let mut visible = Vec::with_capacity(table.columns.len());
        for column in &table.columns {
            match self.check(reader, &table, column, None, &mut HashSet::new()) {
                Ok(()) => visible.push(Some(column.clone())),
                Err(e) if e.is_access_denied() => visible.push(None),
                Err(e) => return Err(e),
            }
        }
        Ok(visible)
    }
}

fn is_cinchy_id(column: &Column) -> bool {
    column.name.eq_ignore_ascii_case("Cinchy Id")
}

fn id_column(table: &Table) -> Result<&Column, CqlError> {
    let found = table.columns.iter().find(|c| is_cinchy_id(c));
    found.ok_or_else(|| CqlError::BrokenMetadata {
        object: format!("[{}].[{}]", table.domain, table.name),
    })
}

/// OR of conditions, each once.
pub(super) fn any_of(conditions: Vec<Condition>) -> Condition {
    let mut distinct: Vec<Condition> = Vec::with_capacity(conditions.len());
    for condition in conditions {
        if !distinct.contains(&condition) {
            distinct.push(condition);
        }
    }
    match distinct.pop() {
        Some(only) if distinct.is_empty() => only,
        Some(last) => {
            distinct.push(last);
            Condition::Or(distinct)
        }
        None => Condition::Or(Vec::new()),
    }
}

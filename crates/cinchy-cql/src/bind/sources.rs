//! Tables of the statement: derived tables of what the reader may see, names of a scope, stored columns as values.
//! Links are followed in `links`.

use std::collections::HashSet;
use std::sync::Arc;

use sqlparser::ast::{Expr, Ident};

use super::rights::{Access, Path, Reader, views};
use super::temporary::ROW;
use super::types::column_type;
use super::{Binder, MAX_NODES, Scope, Source};
use crate::catalog::{Column, ColumnKind, Columns, Grant, Table};
use crate::error::CqlError;
use crate::ir::{Condition, Node, NodeId, Relation, Scalar, ScalarNode};
use crate::render::REPLACED;
use crate::value::Type;
use crate::{room, syntax};

/// What the binder knows of a node beside its IR.
#[derive(Debug)]
pub(super) struct NodeInfo<'a> {
    pub reader: Reader<'a>,
    /// For a filtered table: its grants with their filters, bound over the inner node.
    grants: Vec<(&'a Grant, Option<Condition>)>,
    /// A join may leave it without a row: the far end of a link, a side of an outer join.
    pub optional: bool,
}

impl<'a> Binder<'a> {
    /// Adds an occurrence of a table, as the reader may see it.
    pub(super) fn node(
        &mut self,
        reader: Reader<'a>,
        table: &Arc<Table>,
    ) -> Result<NodeId, CqlError> {
        self.node_of(reader, table, Relation::Table)
    }

    /// The same over another relation of the table's stored columns.
    pub(super) fn node_of(
        &mut self,
        reader: Reader<'a>,
        table: &Arc<Table>,
        stored: Relation,
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
            return self.push(reader, table, stored, Vec::new());
        }
        let inner = self.push(Reader::System, table, stored, Vec::new())?;
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
            .map(|all| Box::new(any_of(all)));
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

    pub(super) fn push(
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
        self.info.push(NodeInfo {
            reader,
            grants,
            optional: false,
        });
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
        self.room += room::of(text);
        let expression = room::with(self.room, || syntax::parse_fragment(text))?;
        let expression = Arc::new(expression);
        self.fragments
            .insert(text.to_owned(), Arc::clone(&expression));
        Ok(expression)
    }

    /// Runs `bind` with only this node in scope.
    pub(super) fn within<T>(
        &mut self,
        node: NodeId,
        bind: impl FnOnce(&mut Self) -> Result<T, CqlError>,
    ) -> Result<T, CqlError> {
        let scope = Scope {
            sources: vec![Source { alias: None, node }],
            no_aggregate: Some("expression of a column or filter"),
            windows: false,
            fragment: true,
            outer: None,
        };
        let outer = std::mem::replace(&mut self.scope, scope);
        // A sub-select in it reads on behalf of whoever the fragment is bound for.
        let reader = std::mem::replace(&mut self.reader, self.info[node].reader);
        let result = room::with(self.room, || bind(self));
        self.reader = reader;
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
    /// Scopes are asked from the inside out; of a column that leads nowhere, an alias farther out may be meant.
    fn source_of<'p>(&self, parts: &'p [Ident]) -> Result<(NodeId, &'p [Ident]), CqlError> {
        let mut scope = Some(&self.scope);
        let mut nowhere = None;
        while let Some(here) = scope {
            if let Some((node, rest)) = self.source_in(here, parts)? {
                if rest.len() == 1 || self.leads_on(node, &rest[0]) {
                    return Ok((node, rest));
                }
                nowhere.get_or_insert((node, rest));
            }
            scope = here.outer.as_deref();
        }
        nowhere.ok_or_else(|| CqlError::ColumnNotFound {
            name: parts[0].value.clone(),
            position: syntax::position(parts[0].span),
        })
    }

    /// Whether a column is a link, so that a name may go on behind it.
    fn leads_on(&self, node: NodeId, name: &Ident) -> bool {
        let column = self.nodes[node].table.column(&name.value);
        column.is_some_and(|c| matches!(c.kind, ColumnKind::Link { .. }))
    }

    fn source_in<'p>(
        &self,
        scope: &Scope,
        parts: &'p [Ident],
    ) -> Result<Option<(NodeId, &'p [Ident])>, CqlError> {
        let same =
            |a: &str, b: &str| a.eq_ignore_ascii_case(b) || a.to_lowercase() == b.to_lowercase();
        let table_of = |source: &Source| Arc::clone(&self.nodes[source.node].table);
        if let [first, rest @ ..] = parts
            && !rest.is_empty()
        {
            for source in &scope.sources {
                match &source.alias {
                    Some(alias) if same(alias, &first.value) => {
                        return Ok(Some((source.node, rest)));
                    }
                    None if same(&table_of(source).name, &first.value)
                        && table_of(source).column(&first.value).is_none() =>
                    {
                        return Ok(Some((source.node, rest)));
                    }
                    _ => {}
                }
            }
        }
        if let [domain, table, rest @ ..] = parts
            && !rest.is_empty()
        {
            for source in scope.sources.iter().filter(|s| s.alias.is_none()) {
                let own = table_of(source);
                if same(&own.domain, &domain.value) && same(&own.name, &table.value) {
                    return Ok(Some((source.node, rest)));
                }
            }
        }
        let first = &parts[0];
        let mut having = scope
            .sources
            .iter()
            .filter(|s| table_of(s).column(&first.value).is_some());
        let (name, position) = (first.value.clone(), syntax::position(first.span));
        let mut blank = scope
            .sources
            .iter()
            .filter(|s| table_of(s).readable(&first.value).is_some());
        match (having.next().or_else(|| blank.next()), having.next()) {
            (Some(source), None) => Ok(Some((source.node, parts))),
            (Some(_), Some(_)) => Err(CqlError::AmbiguousColumn { name, position }),
            (None, _) => Ok(None),
        }
    }

    /// A column of a node as it is stored: the id of a single link, the text of a multi-choice column.
    pub(super) fn column(&mut self, node: NodeId, column: &Column) -> Scalar {
        let ty = column_type(column);
        let Some(physical) = self.physical(node, column) else {
            return Scalar::null(ty);
        };
        self.stored(node, column, physical, ty)
    }

    /// The physical column of a column in this node.
    fn physical(&self, node: NodeId, column: &Column) -> Option<String> {
        let replaced = column.is_system && column.name.eq_ignore_ascii_case("Replaced");
        if replaced && self.has_versions(node) {
            return Some(REPLACED.to_owned());
        }
        column.physical.clone()
    }

    /// Whether a node's rows are versions, which keep their lists as texts.
    pub(super) fn has_versions(&self, node: NodeId) -> bool {
        matches!(
            self.nodes[self.unmasked(node)].relation,
            Relation::Versions | Relation::History
        )
    }

    /// A physical column of a node for a column, whose rights rule it.
    pub(super) fn stored(
        &mut self,
        node: NodeId,
        column: &Column,
        physical: String,
        ty: Type,
    ) -> Scalar {
        let &Relation::Filtered { inner, .. } = &self.nodes[node].relation else {
            return Scalar {
                ty,
                node: ScalarNode::Column { node, physical },
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
        self.output(node, physical, value)
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
    pub(super) fn marker(
        &mut self,
        node: NodeId,
        column: &Column,
    ) -> Result<Option<Scalar>, CqlError> {
        let &Relation::Filtered { inner, .. } = &self.nodes[node].relation else {
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
    pub(super) fn is_system(&self, node: NodeId) -> bool {
        matches!(self.info[node].reader, Reader::System)
    }

    /// The inner node of a filtered table, or the node itself: where the platform's own expressions are bound.
    pub(super) fn unmasked(&self, node: NodeId) -> NodeId {
        match self.nodes[node].relation {
            Relation::Filtered { inner, .. } => inner,
            _ => node,
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
        let column = match self.nodes[node].relation {
            Relation::Temporary => table.column(ROW).ok_or_else(|| missing_id(&table))?,
            _ => id_column(&table)?,
        };
        Ok(self.column(node, column))
    }

    /// The version of a node's row.
    pub(super) fn version_of(&mut self, node: NodeId) -> Result<Scalar, CqlError> {
        let table = Arc::clone(&self.nodes[node].table);
        let found = table
            .columns
            .iter()
            .find(|c| c.is_system && c.name == "Version");
        let column = found.ok_or_else(|| CqlError::BrokenMetadata {
            object: format!("[{}].[{}]", table.domain, table.name),
        })?;
        Ok(self.column(node, column))
    }

    /// The physical name of a node's Cinchy Id, made available outside a filtered table.
    pub(super) fn id_name(&mut self, node: NodeId) -> Result<String, CqlError> {
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
        for column in table.columns.iter().filter(|c| c.name != ROW) {
            match self.check(reader, &table, column, None, &mut HashSet::new()) {
                Ok(()) => visible.push(Some(column.clone())),
                Err(e) if e.is_access_denied() => visible.push(None),
                Err(e) => return Err(e),
            }
        }
        Ok(visible)
    }
}

pub(super) fn is_cinchy_id(column: &Column) -> bool {
    column.name.eq_ignore_ascii_case("Cinchy Id")
}

fn id_column(table: &Table) -> Result<&Column, CqlError> {
    let found = table.columns.iter().find(|c| is_cinchy_id(c));
    found.ok_or_else(|| missing_id(table))
}

fn missing_id(table: &Table) -> CqlError {
    CqlError::BrokenMetadata {
        object: format!("[{}].[{}]", table.domain, table.name),
    }
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

//! UPDATE, DELETE and TRUNCATE.

use std::sync::Arc;

use sqlparser::ast::{
    AssignmentTarget, Delete, Expr, FromTable, Ident, ObjectName, TableFactor, TableWithJoins,
    Truncate, Update, UpdateTableFromKind, Value as Literal,
};

use super::super::Binder;
use super::super::expression::{at, unsupported};
use super::super::rights::is_read_only;
use super::super::select::refuse;
use super::insert::is_default;
use super::{BoundWrite, column_of, once, table_denied};
use crate::catalog::{Column, Grant, Table};
use crate::error::{CqlError, Position};
use crate::ir::{Body, Condition, FromItem, Item, NodeId, Query, Relation, Scalar, Select};
use crate::syntax;
use crate::value::Type;
use crate::write::{Action, Form, Write};

impl<'a> Binder<'a> {
    pub(super) fn update(mut self, update: &Update) -> Result<BoundWrite, CqlError> {
        let position = at(&update.table.relation);
        refuse(
            &[
                (update.or.is_some(), "a conflict clause"),
                (
                    update.returning.is_some() || update.limit.is_some(),
                    "this form of UPDATE",
                ),
                (!update.order_by.is_empty(), "ORDER BY of UPDATE"),
                (update.settings.is_some(), "SETTINGS"),
            ],
            position,
        )?;
        let (name, alias) = target_name(&update.table)?;
        let others = match &update.from {
            None => &[][..],
            Some(UpdateTableFromKind::AfterSet(tables)) => tables.as_slice(),
            Some(UpdateTableFromKind::BeforeSet(_)) => {
                return Err(unsupported("FROM before SET", position));
            }
        };
        let (node, from) = self.target_source(&update.table, name, others)?;
        let table = Arc::clone(&self.nodes[node].table);
        let mut columns: Vec<Column> = Vec::with_capacity(update.assignments.len());
        let mut read_only = Vec::new();
        for assignment in &update.assignments {
            let AssignmentTarget::ColumnName(target) = &assignment.target else {
                return Err(unsupported("SET of several columns at once", position));
            };
            if let [part] = target.0.as_slice()
                && part
                    .as_ident()
                    .is_some_and(super::super::expression::is_variable)
            {
                return Err(unsupported("SET @variable of UPDATE", at(target)));
            }
            self.names_target(target, &table, name, alias)?;
            let (column, place) = column_of(&table, target)?;
            once(&columns, column, place)?;
            if is_read_only(column) && !column.is_system {
                read_only.push(column.name.clone());
            }
            columns.push(column.clone());
        }
        let restores = self.restores(&table, &columns, update);
        if !restores {
            self.may_update(&table, &columns, read_only, position)?;
        }
        let mut lookups = Vec::new();
        let mut forms = Vec::with_capacity(columns.len());
        let mut items = vec![self.id_of(node)?];
        for (column, assignment) in columns.iter().zip(&update.assignments) {
            let (value, form) = if is_default(&assignment.value) {
                let value = column.default.clone().unwrap_or(crate::value::Value::Null);
                (Scalar::literal(value, Type::Null), Form::Plain)
            } else {
                self.clause(Some("set list of an UPDATE statement"), |b| {
                    b.cell(column, &assignment.value, &mut lookups)
                })?
            };
            items.push(value);
            forms.push(form);
        }
        if restores && let Some(by) = table.column("Deleted By") {
            columns.push(by.clone());
            items.push(Scalar::null(Type::Int));
            forms.push(Form::Ids);
        }
        let mut filters = self.selection(update.selection.as_ref())?;
        for (number, column) in columns.iter().enumerate() {
            let grants = self.reader.editing(&table, column);
            self.limit_to(node, grants, format!("edit_{number}"), &mut filters)?;
        }
        let output = self.output_clause(update.output.as_ref(), &table, true, true)?;
        let calculated = self.calculations(&table);
        let mut source = query_of(items, from, filters);
        self.settle_order(&mut source)?;
        Ok(Write {
            table,
            action: Action::Update {
                columns,
                forms,
                source: self.finish(source),
            },
            lookups,
            calculated,
            output,
        })
    }

    pub(super) fn delete(mut self, delete: &Delete) -> Result<BoundWrite, CqlError> {
        let (FromTable::WithFromKeyword(tables) | FromTable::WithoutKeyword(tables)) = &delete.from;
        let position = tables.first().and_then(|t| at(&t.relation));
        refuse(
            &[
                (
                    delete.using.is_some() || delete.returning.is_some(),
                    "this form of DELETE",
                ),
                (
                    !delete.order_by.is_empty() || delete.limit.is_some(),
                    "this form of DELETE",
                ),
                (delete.settings.is_some(), "SETTINGS"),
            ],
            position,
        )?;
        let (node, from) = match (delete.tables.as_slice(), tables.as_slice()) {
            ([], [only]) if only.joins.is_empty() => {
                let (name, _) = target_name(only)?;
                self.target_source(only, name, &[])?
            }
            ([name], [first, ..]) => {
                let target = TableWithJoins {
                    relation: table_factor(first, name),
                    joins: Vec::new(),
                };
                self.target_source(&target, name, tables)?
            }
            _ => return Err(unsupported("this form of DELETE", position)),
        };
        let table = Arc::clone(&self.nodes[node].table);
        let grants = self.reader.deleting(&table);
        if grants.as_ref().is_some_and(Vec::is_empty) {
            return Err(table_denied(&table, position));
        }
        let id = self.id_of(node)?;
        let mut filters = self.selection(delete.selection.as_ref())?;
        self.limit_to(node, grants, "delete".to_owned(), &mut filters)?;
        let output = self.output_clause(delete.output.as_ref(), &table, false, true)?;
        let mut source = query_of(vec![id], from, filters);
        self.settle_order(&mut source)?;
        Ok(Write {
            table,
            action: Action::Delete {
                source: self.finish(source),
            },
            lookups: Vec::new(),
            calculated: Vec::new(),
            output,
        })
    }

    pub(super) fn truncate(self, truncate: &Truncate) -> Result<BoundWrite, CqlError> {
        let [target] = truncate.table_names.as_slice() else {
            return Err(unsupported("TRUNCATE of several tables", None));
        };
        let position = at(&target.name);
        refuse(
            &[
                (
                    truncate.partitions.is_some(),
                    "the partition argument of TRUNCATE",
                ),
                (
                    truncate.identity.is_some() || truncate.cascade.is_some() || truncate.if_exists,
                    "this form of TRUNCATE",
                ),
            ],
            position,
        )?;
        let table = self.target(&target.name)?;
        if !self.reader.may_design(&table) {
            return Err(table_denied(&table, position));
        }
        Ok(Write {
            table,
            action: Action::Truncate,
            lookups: Vec::new(),
            calculated: Vec::new(),
            output: None,
        })
    }

    /// Binds FROM with the target in it. The target is named by its alias or its table's name; a target that FROM does not
    /// name comes before it (T-SQL).
    fn target_source(
        &mut self,
        target: &TableWithJoins,
        name: &ObjectName,
        others: &[TableWithJoins],
    ) -> Result<(NodeId, Vec<FromItem>), CqlError> {
        if others.is_empty() {
            let from = self.tables(std::slice::from_ref(target))?;
            let node = from.first().map(|f| f.node);
            return self.own_table(node, name).map(|node| (node, from));
        }
        let mut from = self.tables(others)?;
        if let Some(node) = self.source_named(name) {
            return self.own_table(Some(node), name).map(|node| (node, from));
        }
        if name.0.len() < 2 {
            return Err(CqlError::InvalidObject {
                name: bare(name),
                position: at(name),
            });
        }
        let own = self.tables(std::slice::from_ref(target))?;
        let node = own.first().map(|f| f.node);
        from.splice(0..0, own);
        self.own_table(node, name).map(|node| (node, from))
    }

    /// The source of FROM that the name of a target means.
    fn source_named(&self, name: &ObjectName) -> Option<NodeId> {
        let parts: Vec<&Ident> = name.0.iter().filter_map(|p| p.as_ident()).collect();
        let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
        let (last, domain) = match parts.as_slice() {
            [only] => (only, None),
            [.., domain, last] => (last, Some(domain)),
            [] => return None,
        };
        let by_alias =
            self.scope.sources.iter().find(|s| {
                domain.is_none() && s.alias.as_deref().is_some_and(|a| same(a, &last.value))
            });
        let by_table = || {
            self.scope.sources.iter().find(|s| {
                let table = &self.nodes[s.node].table;
                same(&table.name, &last.value)
                    && domain.is_none_or(|d| same(&table.domain, &d.value))
                    && (domain.is_some() || s.alias.is_none())
            })
        };
        by_alias.or_else(by_table).map(|s| s.node)
    }

    /// A target must be a table of the platform, not a query.
    fn own_table(&self, node: Option<NodeId>, name: &ObjectName) -> Result<NodeId, CqlError> {
        let stored =
            |relation: &Relation| matches!(relation, Relation::Table | Relation::Filtered { .. });
        node.filter(|node| stored(&self.nodes[*node].relation))
            .ok_or_else(|| unsupported(format!("a write to {}", bare(name)), at(name)))
    }

    /// What stands before the column in SET must be the target.
    fn names_target(
        &self,
        column: &ObjectName,
        table: &Table,
        name: &ObjectName,
        alias: Option<&str>,
    ) -> Result<(), CqlError> {
        let parts: Vec<&Ident> = column.0.iter().filter_map(|p| p.as_ident()).collect();
        let same = |a: &str, b: &str| a.to_lowercase() == b.to_lowercase();
        let fits = match parts.as_slice() {
            [_] => true,
            [source, _] => {
                same(&source.value, &table.name)
                    || same(&source.value, &bare(name))
                    || alias.is_some_and(|a| same(a, &source.value))
                    || self.source_alias(&source.value, table.id)
            }
            [domain, source, _] => {
                same(&domain.value, &table.domain) && same(&source.value, &table.name)
            }
            _ => false,
        };
        if fits {
            return Ok(());
        }
        let first = parts.first();
        Err(CqlError::ColumnNotFound {
            name: first.map(|p| p.value.clone()).unwrap_or_default(),
            position: first.and_then(|p| syntax::position(p.span)),
        })
    }

    fn source_alias(&self, name: &str, table: i32) -> bool {
        self.scope.sources.iter().any(|s| {
            self.nodes[s.node].table.id == table
                && s.alias
                    .as_deref()
                    .is_some_and(|a| a.to_lowercase() == name.to_lowercase())
        })
    }

    /// Whether an UPDATE brings back dropped tables, `SET [Deleted] = NULL` in `[Cinchy].[Tables]`: the one write to a system
    /// column, for administrators (documented: a dropped table can be restored; the form is decided).
    fn restores(&self, table: &Table, columns: &[Column], update: &Update) -> bool {
        let ([column], [assignment]) = (columns, update.assignments.as_slice()) else {
            return false;
        };
        (table.domain.as_str(), table.name.as_str()) == ("Cinchy", "Tables")
            && column.is_system
            && column.name == "Deleted"
            && self.reader.deleting(table).is_none()
            && matches!(&assignment.value, Expr::Value(value) if value.value == Literal::Null)
    }

    /// Rights on the columns of SET. System columns are never editable; calculated ones are read-only (seen).
    fn may_update(
        &mut self,
        table: &Arc<Table>,
        columns: &[Column],
        read_only: Vec<String>,
        position: Option<Position>,
    ) -> Result<(), CqlError> {
        let own: Vec<Column> = columns.iter().filter(|c| !c.is_system).cloned().collect();
        let editable = self.not_editable(table, &own)?;
        let denied: Vec<String> = columns
            .iter()
            .filter(|c| c.is_system || (!is_read_only(c) && editable.contains(&c.name)))
            .map(|c| c.name.clone())
            .collect();
        if !denied.is_empty() {
            return Err(CqlError::ColumnsNotEditable {
                columns: denied,
                position,
            });
        }
        if !read_only.is_empty() {
            return Err(CqlError::ReadOnly {
                columns: read_only,
                position,
            });
        }
        Ok(())
    }

    fn selection(&mut self, selection: Option<&Expr>) -> Result<Vec<Condition>, CqlError> {
        self.clause(Some("WHERE clause"), |b| {
            selection.map(|e| b.condition(e)).transpose()
        })
        .map(|condition| condition.into_iter().collect())
    }

    /// Rows outside of the Editable Row Filters are left alone, without an error (seen).
    fn limit_to(
        &mut self,
        node: NodeId,
        grants: Option<Vec<&'a Grant>>,
        name: String,
        filters: &mut Vec<Condition>,
    ) -> Result<(), CqlError> {
        if let Some(grants) = grants
            && let Some(filter) = self.passes(node, &grants, name)?
            && !filters.contains(&filter)
        {
            filters.push(filter);
        }
        Ok(())
    }
}

/// Name and alias of a target as written behind UPDATE or FROM.
fn target_name(target: &TableWithJoins) -> Result<(&ObjectName, Option<&str>), CqlError> {
    match &target.relation {
        TableFactor::Table { name, alias, .. } if target.joins.is_empty() => {
            Ok((name, alias.as_ref().map(|a| a.name.value.as_str())))
        }
        other => Err(unsupported("this form of a target", at(other))),
    }
}

/// A table of this name, in the form of another.
fn table_factor(pattern: &TableWithJoins, name: &ObjectName) -> TableFactor {
    let mut factor = pattern.relation.clone();
    if let TableFactor::Table {
        name: own, alias, ..
    } = &mut factor
    {
        *own = name.clone();
        *alias = None;
    }
    factor
}

/// The last part of a name.
fn bare(name: &ObjectName) -> String {
    let last = name.0.last().and_then(|p| p.as_ident());
    last.map(|i| i.value.clone()).unwrap_or_default()
}

fn query_of(items: Vec<Scalar>, from: Vec<FromItem>, filters: Vec<Condition>) -> Query {
    let items = items.into_iter().enumerate();
    let filter = (!filters.is_empty()).then_some(Condition::And(filters));
    Query {
        first_node: 0,
        body: Body::Select(Box::new(Select {
            items: items
                .map(|(index, value)| Item {
                    name: format!("c{index}"),
                    value,
                })
                .collect(),
            from,
            filter,
            ..Select::default()
        })),
    }
}

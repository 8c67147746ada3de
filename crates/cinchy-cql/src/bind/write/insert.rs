//! INSERT.

use std::sync::Arc;

use sqlparser::ast::{Expr, Insert, Query as QueryAst, SetExpr, TableObject, Values};

use super::super::Binder;
use super::super::expression::{at, unsupported};
use super::super::rights::{Access, is_read_only};
use super::super::select::refuse;
use super::{Assigned, BoundWrite, among_rows, column_of, once, rows_of, table_denied};
use crate::catalog::{Column, Table};
use crate::error::{CqlError, Position};
use crate::ir::{Body, Bound, Item, Query, Scalar, ScalarNode, Select};
use crate::value::{Bind, Value};
use crate::write::{Action, Cell, CellValue, Form, Lookup, NewRows, Write};

/// Values of one query of VALUES at most (PostgreSQL takes 1664 columns, SQLite 2000).
const MOST_ITEMS: usize = 500;

impl<'a> Binder<'a> {
    pub(super) fn insert(mut self, insert: &Insert) -> Result<BoundWrite, CqlError> {
        let TableObject::TableName(name) = &insert.table else {
            return Err(unsupported("this form of INSERT", at(&insert.table)));
        };
        let position = at(name);
        refuse(
            &[
                (
                    insert.or.is_some() || insert.on.is_some() || insert.ignore,
                    "a conflict clause",
                ),
                (insert.table_alias.is_some(), "an alias of INSERT's table"),
                (
                    insert.overwrite || insert.replace_into || insert.by_name,
                    "this form of INSERT",
                ),
                (
                    !insert.assignments.is_empty() || insert.returning.is_some(),
                    "this form of INSERT",
                ),
                (
                    insert.partitioned.is_some() || !insert.after_columns.is_empty(),
                    "a partition",
                ),
                (
                    insert.multi_table_insert_type.is_some() || insert.settings.is_some(),
                    "this form of INSERT",
                ),
            ],
            position,
        )?;
        let table = self.target(name)?;
        let listed = self.listed(&table, insert, position)?;
        let columns: Vec<Column> = listed.iter().flatten().cloned().collect();
        let denied = self.not_editable(&table, &columns)?;
        if !self.reader.has_grant(&table) {
            return Err(table_denied(&table, position));
        }
        if !denied.is_empty() {
            return Err(CqlError::ColumnsNotEditable {
                columns: denied,
                position,
            });
        }
        if !self.reader.may_add(&table) {
            return Err(table_denied(&table, position));
        }
        let left_out = |c: &&Column| !columns.iter().any(|own| own.id == c.id);
        let missing: Vec<String> = table
            .columns
            .iter()
            .filter(|c| c.is_mandatory && c.default.is_none() && !is_read_only(c))
            .filter(left_out)
            .map(|c| c.name.clone())
            .collect();
        if !missing.is_empty() {
            return Err(CqlError::MandatoryMissing {
                columns: missing,
                position,
            });
        }
        let defaults: Vec<(Column, Value)> = table
            .columns
            .iter()
            .filter(left_out)
            .filter_map(|c| Some((c.clone(), c.default.clone()?)))
            .collect();
        let output = self.output_clause(insert.output.as_ref(), &table, true, false)?;
        let visible = self.visible_rows(&table)?;
        let calculated = self.calculations(&table);
        let mut lookups = Vec::new();
        let rows = match insert.source.as_deref() {
            // DEFAULT VALUES
            None => NewRows::Values {
                rows: vec![Vec::new()],
                computed: Vec::new(),
            },
            Some(QueryAst { body, with, .. })
                if with.is_none() && matches!(body.as_ref(), SetExpr::Values(_)) =>
            {
                let SetExpr::Values(values) = body.as_ref() else {
                    return Err(unsupported("this form of INSERT", position));
                };
                self.values(&listed, values, &mut lookups, position)?
            }
            Some(query) => self.new_rows(listed, query, &mut lookups, position)?,
        };
        Ok(Write {
            table,
            action: Action::Insert {
                columns,
                defaults,
                rows,
                visible,
            },
            lookups,
            calculated,
            output,
        })
    }

    /// The columns of the list; `None` for the Cinchy Id, whose values are ignored (seen). Without a list every column
    /// that takes values, in order (T-SQL).
    fn listed(
        &self,
        table: &Arc<Table>,
        insert: &Insert,
        position: Option<Position>,
    ) -> Result<Vec<Option<Column>>, CqlError> {
        if insert.columns.is_empty() {
            if insert.source.is_none() {
                return Ok(Vec::new());
            }
            let own = table.columns.iter().filter(|c| !is_read_only(c));
            return Ok(own.cloned().map(Some).collect());
        }
        let mut listed = Vec::with_capacity(insert.columns.len());
        let mut written: Vec<Column> = Vec::with_capacity(insert.columns.len());
        let mut read_only = Vec::new();
        for name in &insert.columns {
            let (column, place) = column_of(table, name)?;
            if column.is_system && super::super::sources::is_cinchy_id(column) {
                listed.push(None);
                continue;
            }
            once(&written, column, place)?;
            written.push(column.clone());
            if is_read_only(column) {
                read_only.push(column.name.clone());
            }
            listed.push(Some(column.clone()));
        }
        if read_only.is_empty() {
            Ok(listed)
        } else {
            Err(CqlError::ReadOnly {
                columns: read_only,
                position,
            })
        }
    }

    /// VALUES. What is known, or a parameter, needs no query.
    fn values(
        &mut self,
        listed: &[Option<Column>],
        values: &Values,
        lookups: &mut Vec<Lookup<Bound>>,
        position: Option<Position>,
    ) -> Result<NewRows<Bound>, CqlError> {
        let mut computed = Vec::new();
        let mut binder = self.sibling();
        let mut items: Vec<Scalar> = Vec::new();
        let mut rows = Vec::with_capacity(values.rows.len());
        for row in &values.rows {
            match row.content.len() {
                n if n < listed.len() => return Err(CqlError::TooFewValues { position }),
                n if n > listed.len() => return Err(CqlError::TooManyValues { position }),
                _ => {}
            }
            let mut cells = Vec::with_capacity(listed.len());
            for (column, expression) in listed.iter().zip(&row.content) {
                let Some(column) = column else {
                    // It is ignored, but not unless it means something.
                    binder.scalar(expression)?;
                    continue;
                };
                if is_default(expression) {
                    let value = column.default.clone().unwrap_or(Value::Null);
                    cells.push(Cell {
                        value: CellValue::Constant(Bind::Literal(value)),
                        form: Form::Plain,
                    });
                    continue;
                }
                let (value, form) = binder.clause(Some("VALUES clause"), |b| {
                    b.cell(column, expression, lookups)
                })?;
                let value = match value.node {
                    ScalarNode::Constant(bind) => CellValue::Constant(bind),
                    _ => {
                        items.push(value);
                        CellValue::Computed {
                            query: computed.len(),
                            item: items.len() - 1,
                        }
                    }
                };
                cells.push(Cell { value, form });
            }
            rows.push(cells);
            if items.len() >= MOST_ITEMS {
                let next = self.sibling();
                let full = std::mem::replace(&mut binder, next);
                computed.push(full.finish(one_row(std::mem::take(&mut items))));
            }
        }
        if !items.is_empty() {
            computed.push(binder.finish(one_row(items)));
        }
        Ok(NewRows::Values { rows, computed })
    }

    /// INSERT .. SELECT.
    fn new_rows(
        mut self,
        listed: Vec<Option<Column>>,
        query: &QueryAst,
        lookups: &mut Vec<Lookup<Bound>>,
        position: Option<Position>,
    ) -> Result<NewRows<Bound>, CqlError> {
        self.assigned = Some(Assigned {
            columns: listed.clone(),
            ..Assigned::default()
        });
        let mut bound = self.query(query)?;
        let assigned = self.assigned.take().unwrap_or_default();
        match bound.columns().len() {
            n if n < listed.len() => return Err(CqlError::TooFewValues { position }),
            n if n > listed.len() => return Err(CqlError::TooManyValues { position }),
            _ => {}
        }
        *lookups = assigned.lookups;
        let mut items = Vec::with_capacity(listed.len());
        for (index, column) in listed.iter().enumerate() {
            let Some(column) = column else {
                continue;
            };
            let form = match assigned.forms.get(index) {
                Some(form) => *form,
                None => self.form_of_item(column, lookups)?,
            };
            items.push((index, form));
        }
        self.settle_order(&mut bound)?;
        Ok(NewRows::Query {
            items,
            source: self.finish(bound),
        })
    }

    /// The form of an item of a query whose expressions were not bound for their columns: a UNION, or `*`.
    fn form_of_item(
        &self,
        column: &Column,
        lookups: &mut Vec<Lookup<Bound>>,
    ) -> Result<Form, CqlError> {
        if !matches!(column.kind, crate::catalog::ColumnKind::Link { .. }) {
            return Ok(Form::Plain);
        }
        let by = sqlparser::ast::Ident::with_quote('[', "Cinchy Id");
        Ok(Form::Pairs(self.lookup(lookups, column, &by)?))
    }

    /// Ids of new rows that the writer may view, where a filter may hide some.
    fn visible_rows(&self, table: &Arc<Table>) -> Result<Option<Bound>, CqlError> {
        let Access::Grants(grants) = self.reader.access(table) else {
            return Ok(None);
        };
        if grants.iter().any(|g| g.view_filter.is_none()) {
            return Ok(None);
        }
        let mut binder = self.sibling();
        let node = binder.node(binder.reader, table)?;
        let id = binder.id_of(node)?;
        let filter = among_rows(id.clone());
        let query = rows_of(node, vec![id], Some(filter));
        Ok(Some(binder.finish(query)))
    }
}

/// DEFAULT in VALUES, or as the value of SET.
pub(super) fn is_default(expression: &Expr) -> bool {
    matches!(expression, Expr::Identifier(name)
        if name.quote_style.is_none() && name.value.eq_ignore_ascii_case("DEFAULT"))
}

/// A query of one row without FROM.
fn one_row(items: Vec<Scalar>) -> Query {
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
            ..Select::default()
        })),
    }
}

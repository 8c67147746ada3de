//! Temporary tables: `#t` by CREATE TABLE or SELECT INTO, `@t` by DECLARE. They live until the script ends. Their rows
//! are plain: no Cinchy Ids, no versions, no rights.

use std::sync::Arc;

use sqlparser::ast::{
    self, AssignmentTarget, Expr, FromTable, Ident, ObjectName, SelectItem, SetExpr, TableFactor,
    TableObject, TableWithJoins, UpdateTableFromKind,
};

use super::declaration::Declared;
use super::evaluate::{query_of, select_of};
use super::output::Rows;
use super::run::Interpreter;
use super::session::Session;
use crate::bind::temporary::ROW;
use crate::catalog::{ColumnKind, Table};
use crate::error::{CqlError, Position, TemporaryError};
use crate::ir::{Bound, TemporaryChange};
use crate::render::render_change;
use crate::syntax;
use crate::value::Type;

/// Rows of VALUES in one statement (SQLite joins at most 500 queries by UNION ALL).
pub(super) const ROWS_AT_ONCE: usize = 100;

/// The target of `SELECT ... INTO`.
pub(super) fn into(query: &ast::Query) -> Option<&Ident> {
    match query.body.as_ref() {
        SetExpr::Select(select) => match select.into.as_ref()?.targets.as_slice() {
            [Expr::Identifier(name)] => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// The name of a table of one part that begins with `#` or `@`.
fn temporary(name: &ObjectName) -> Option<&Ident> {
    match name.0.as_slice() {
        [part] => part.as_ident().filter(|n| n.value.starts_with(['#', '@'])),
        _ => None,
    }
}

fn factor_name(factor: &TableFactor) -> Option<(&ObjectName, Option<&Ident>)> {
    match factor {
        TableFactor::Table { name, alias, .. } => Some((name, alias.as_ref().map(|a| &a.name))),
        _ => None,
    }
}

fn refused(what: impl Into<String>, position: Option<Position>) -> CqlError {
    CqlError::Unsupported {
        what: what.into(),
        position,
    }
}

/// A temporary table that a statement changes, under the name that its FROM gives it.
pub(super) struct Target {
    pub table: Arc<Table>,
    pub exposed: Ident,
    pub from: Vec<TableWithJoins>,
}

impl<S: Session> Interpreter<'_, S> {
    pub(super) fn find_temporary(&self, name: &str) -> Option<Arc<Table>> {
        let name = name.to_lowercase();
        let found = self.temporary.iter().find(|(own, _)| *own == name);
        found.map(|(_, table)| table.clone())
    }

    pub(super) fn select_into(
        &mut self,
        query: &ast::Query,
        target: &Ident,
    ) -> Result<(), S::Error> {
        if !target.value.starts_with('#') {
            return Err(refused(
                "SELECT INTO another table than a temporary one",
                syntax::position(target.span),
            )
            .into());
        }
        let mut query = query.clone();
        select_of(&mut query)?.into = None;
        let bound = self.bind(|binder| binder.statement(&query))?;
        let columns = bound.query.columns();
        let columns = columns
            .into_iter()
            // An untyped NULL is an integer (T-SQL).
            .map(|(name, ty)| Declared::plain(name, if ty == Type::Null { Type::Int } else { ty }))
            .collect();
        let table = self.create(target, columns, &[], &[])?;
        let all: Vec<usize> = (0..table.columns.len() - 1).collect();
        let bound = self.bind(|binder| binder.insert_temporary(&table, &all, &query, None))?;
        self.insert_rows(&table, &all, &bound).map(|_| ())
    }

    /// Puts the rows of a query into columns of a temporary table: by the database alone, or by way of this program where
    /// columns are computed as the rows come.
    pub(super) fn insert_rows(
        &mut self,
        table: &Table,
        columns: &[usize],
        bound: &Bound,
    ) -> Result<u64, S::Error> {
        let compiled = self.render(bound)?;
        if compiled.computed.is_empty() {
            return self.change(table, bound, &insertion(table, columns));
        }
        let types: Vec<Type> = compiled.columns.iter().map(|column| column.ty).collect();
        let arguments = self.frame.arguments(&self.setting);
        let mut rows = Vec::new();
        self.session
            .rows(&compiled, &arguments, &mut |row| rows.push(row))?;
        let rows = self.fill(table, columns, &types, &rows)?;
        self.changed(rows);
        Ok(rows)
    }

    fn change(
        &mut self,
        table: &Table,
        bound: &Bound,
        change: &TemporaryChange,
    ) -> Result<u64, S::Error> {
        let compiled = render_change(bound, change, self.setting.backend, self.setting.schema)?;
        let arguments = self.frame.arguments(&self.setting);
        let rows = self
            .session
            .change_temporary(table, &compiled, &arguments)?;
        self.changed(rows);
        Ok(rows)
    }

    /// Runs a statement that makes, changes or drops a temporary table; false: it is none of these.
    pub(super) fn temporary_statement(&mut self, sql: &ast::Statement) -> Result<bool, S::Error> {
        match sql {
            ast::Statement::CreateTable(create) => {
                let Some(name) = temporary(&create.name) else {
                    return Ok(false);
                };
                let name = name.clone();
                self.declare_table(&name, &create.columns, &create.constraints)?;
            }
            ast::Statement::Drop {
                object_type: ast::ObjectType::Table,
                if_exists,
                names,
                ..
            } => {
                if names.iter().any(|name| temporary(name).is_none()) {
                    return Ok(false);
                }
                for name in names.iter().filter_map(temporary) {
                    self.drop_table(name, *if_exists)?;
                }
            }
            ast::Statement::Truncate(truncate) => {
                let names: Vec<_> = truncate
                    .table_names
                    .iter()
                    .filter_map(|t| temporary(&t.name))
                    .collect();
                if names.len() < truncate.table_names.len() {
                    return Ok(false);
                }
                for name in names {
                    let table = self.existing(name)?;
                    self.delete(&whole(&table, name), None)?;
                }
            }
            ast::Statement::Insert(insert) => {
                let TableObject::TableName(name) = &insert.table else {
                    return Ok(false);
                };
                let Some(name) = temporary(name) else {
                    return Ok(false);
                };
                self.insert(name, insert)?;
            }
            ast::Statement::Update(update) => {
                let from = match &update.from {
                    None => &[][..],
                    Some(
                        UpdateTableFromKind::BeforeSet(from) | UpdateTableFromKind::AfterSet(from),
                    ) => from,
                };
                let Some((name, _)) = factor_name(&update.table.relation) else {
                    return Ok(false);
                };
                let Some(target) = self.target(name, from)? else {
                    return Ok(false);
                };
                match &update.output {
                    None => self.update(&target, update).map(|_| ())?,
                    Some(clause) => {
                        let condition = update.selection.as_ref();
                        self.with_copies(clause, &target, condition, &Rows::Updated, |own| {
                            own.update(&target, update)
                        })?;
                    }
                }
            }
            ast::Statement::Delete(delete) => {
                let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) =
                    &delete.from;
                let first = delete.tables.first();
                let named = from
                    .first()
                    .and_then(|f| factor_name(&f.relation))
                    .map(|f| f.0);
                let Some(name) = first.or(named) else {
                    return Ok(false);
                };
                let Some(target) = self.target(name, from)? else {
                    return Ok(false);
                };
                match &delete.output {
                    None => self.delete(&target, delete.selection.clone()).map(|_| ())?,
                    Some(clause) => {
                        let condition = delete.selection.as_ref();
                        self.with_copies(clause, &target, condition, &Rows::Deleted, |own| {
                            own.delete(&target, delete.selection.clone())
                        })?;
                    }
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    pub(super) fn existing(&self, name: &Ident) -> Result<Arc<Table>, CqlError> {
        self.find_temporary(&name.value)
            .ok_or_else(|| CqlError::InvalidObject {
                name: name.value.clone(),
                position: syntax::position(name.span),
            })
    }

    pub(super) fn drop_table(&mut self, name: &Ident, if_exists: bool) -> Result<(), S::Error> {
        match self.find_temporary(&name.value) {
            Some(table) => {
                self.session.drop_temporary(&table)?;
                let name = name.value.to_lowercase();
                self.temporary.retain(|(own, _)| *own != name);
                Ok(())
            }
            None if if_exists => Ok(()),
            None => Err(CqlError::CannotDrop {
                name: name.value.clone(),
                position: syntax::position(name.span),
            }
            .into()),
        }
    }

    /// The temporary table that `UPDATE name ... FROM from` or its kin changes; `None` where it is another table.
    fn target(
        &self,
        name: &ObjectName,
        from: &[TableWithJoins],
    ) -> Result<Option<Target>, CqlError> {
        let [part] = name.0.as_slice() else {
            return Ok(None);
        };
        let Some(wanted) = part.as_ident() else {
            return Ok(None);
        };
        let same = |ident: &Ident| ident.value.to_lowercase() == wanted.value.to_lowercase();
        let factors = from
            .iter()
            .flat_map(|f| std::iter::once(&f.relation).chain(f.joins.iter().map(|j| &j.relation)));
        // By its alias, or by its own name with whatever alias FROM gives it.
        for (own, alias) in factors.filter_map(factor_name) {
            let is_target = alias.is_some_and(same) || temporary(own).is_some_and(same);
            if !is_target {
                continue;
            }
            let Some(own) = temporary(own) else {
                return Ok(None);
            };
            return Ok(Some(Target {
                table: self.existing(own)?,
                exposed: alias.unwrap_or(own).clone(),
                from: from.to_vec(),
            }));
        }
        if temporary(name).is_none() {
            return Ok(None);
        }
        let table = self.existing(wanted)?;
        let mut target = whole(&table, wanted);
        target.from.extend(from.iter().cloned());
        Ok(Some(target))
    }

    /// Binds `SELECT row, items FROM from WHERE condition`.
    fn bind_rows(
        &mut self,
        target: &Target,
        items: Vec<Expr>,
        condition: Option<Expr>,
        columns: &[usize],
    ) -> Result<Bound, S::Error> {
        let row =
            Expr::CompoundIdentifier(vec![target.exposed.clone(), Ident::with_quote('[', ROW)]);
        let items = std::iter::once(row).chain(items);
        let mut query = query_of(items.map(SelectItem::UnnamedExpr).collect())?;
        let select = select_of(&mut query)?;
        select.from = target.from.clone();
        select.selection = condition;
        self.bind(|binder| binder.insert_temporary(&target.table, columns, &query, Some(1)))
    }

    fn update(&mut self, target: &Target, update: &ast::Update) -> Result<u64, S::Error> {
        let mut columns = Vec::new();
        let mut values = Vec::new();
        for assignment in &update.assignments {
            let AssignmentTarget::ColumnName(name) = &assignment.target else {
                return Err(refused("this form of SET", None).into());
            };
            let last = name.0.last().and_then(|p| p.as_ident());
            let Some(column) = last else {
                return Err(refused("this form of SET", None).into());
            };
            let found = column_of(&target.table, column)?;
            if is_identity(&target.table, found) {
                let column = target.table.columns[found].name.clone();
                return Err(CqlError::from(TemporaryError::UpdateIdentity { column }).into());
            }
            columns.push(found);
            values.push(assignment.value.clone());
        }
        let bound = self.bind_rows(target, values, update.selection.clone(), &columns)?;
        let change = TemporaryChange::Update {
            table: target.table.physical.clone(),
            columns: physical(&target.table, &columns),
        };
        self.change(&target.table, &bound, &change)
    }

    fn delete(&mut self, target: &Target, condition: Option<Expr>) -> Result<u64, S::Error> {
        let bound = self.bind_rows(target, Vec::new(), condition, &[])?;
        let change = TemporaryChange::Delete {
            table: target.table.physical.clone(),
        };
        self.change(&target.table, &bound, &change)
    }

    fn insert(&mut self, name: &Ident, insert: &ast::Insert) -> Result<(), S::Error> {
        let table = self.existing(name)?;
        let Some(clause) = &insert.output else {
            return self.insert_source(&table, name, insert).map(|_| ());
        };
        let last = self.last_row(&table)?;
        let count = self.insert_source(&table, name, insert)?;
        self.show_output(clause, &table, &Rows::Inserted(last), count)
    }

    fn insert_source(
        &mut self,
        table: &Arc<Table>,
        name: &Ident,
        insert: &ast::Insert,
    ) -> Result<u64, S::Error> {
        let position = syntax::position(name.span);
        let Some(source) = &insert.source else {
            return Err(refused("INSERT without VALUES or SELECT", position).into());
        };
        let columns = self.insert_columns(table, &insert.columns)?;
        let change = insertion(table, &columns);
        let SetExpr::Values(values) = source.body.as_ref() else {
            let bound =
                self.bind(|binder| binder.insert_temporary(table, &columns, source, None))?;
            return self.insert_rows(table, &columns, &bound);
        };
        let mut rows = 0;
        for batch in values.rows.chunks(ROWS_AT_ONCE) {
            let query = union_of(batch.iter().map(|row| row.content.clone()))?;
            let bound =
                self.bind(|binder| binder.insert_temporary(table, &columns, &query, None))?;
            rows += self.change(table, &bound, &change)?;
        }
        self.changed(rows);
        Ok(rows)
    }

    pub(super) fn insert_columns(
        &self,
        table: &Table,
        names: &[ObjectName],
    ) -> Result<Vec<usize>, CqlError> {
        if names.is_empty() {
            let own = 0..table.columns.len() - 1;
            return Ok(own.filter(|c| !is_identity(table, *c)).collect());
        }
        names
            .iter()
            .filter_map(|name| name.0.last().and_then(|p| p.as_ident()))
            .map(|name| {
                let column = column_of(table, name)?;
                if is_identity(table, column) {
                    return Err(TemporaryError::ExplicitIdentity {
                        table: table.name.clone(),
                    }
                    .into());
                }
                Ok(column)
            })
            .collect()
    }
}

fn is_identity(table: &Table, column: usize) -> bool {
    matches!(table.columns[column].kind, ColumnKind::Identity { .. })
}

/// The whole of a table as a target under its own name.
pub(super) fn whole(table: &Arc<Table>, name: &Ident) -> Target {
    let relation = TableFactor::Table {
        name: ObjectName::from(vec![name.clone()]),
        alias: None,
        args: None,
        with_hints: Vec::new(),
        version: None,
        with_ordinality: false,
        partitions: Vec::new(),
        json_path: None,
        sample: None,
        index_directives: Vec::new(),
        inheritance: None,
    };
    Target {
        table: table.clone(),
        exposed: name.clone(),
        from: vec![TableWithJoins {
            relation,
            joins: Vec::new(),
        }],
    }
}

fn column_of(table: &Table, name: &Ident) -> Result<usize, CqlError> {
    let wanted = name.value.to_lowercase();
    let found = table
        .columns
        .iter()
        .position(|c| c.name.to_lowercase() == wanted && c.name != ROW);
    found.ok_or_else(|| CqlError::ColumnNotFound {
        name: name.value.clone(),
        position: syntax::position(name.span),
    })
}

fn physical(table: &Table, columns: &[usize]) -> Vec<String> {
    columns
        .iter()
        .filter_map(|index| table.columns[*index].physical.clone())
        .collect()
}

pub(super) fn insertion(table: &Table, columns: &[usize]) -> TemporaryChange {
    TemporaryChange::Insert {
        table: table.physical.clone(),
        columns: physical(table, columns),
    }
}

/// `SELECT a, b UNION ALL SELECT c, d`: rows of VALUES as a query.
pub(super) fn union_of(rows: impl Iterator<Item = Vec<Expr>>) -> Result<ast::Query, CqlError> {
    let mut whole: Option<ast::Query> = None;
    for row in rows {
        let query = query_of(row.into_iter().map(SelectItem::UnnamedExpr).collect())?;
        whole = Some(match whole {
            None => query,
            Some(mut before) => {
                let left = std::mem::replace(
                    &mut before.body,
                    Box::new(SetExpr::Values(ast::Values {
                        explicit_row: false,
                        value_keyword: false,
                        rows: Vec::new(),
                    })),
                );
                before.body = Box::new(SetExpr::SetOperation {
                    op: ast::SetOperator::Union,
                    set_quantifier: ast::SetQuantifier::All,
                    left,
                    right: query.body,
                });
                before
            }
        });
    }
    whole.ok_or_else(|| refused("VALUES without a row", None))
}

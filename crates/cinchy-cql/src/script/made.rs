//! Making temporary tables: DECLARE and CREATE TABLE.

use std::sync::Arc;

use sqlparser::ast::{self, DataType, Expr, Ident, SelectItem};

use super::declaration::{self, Declared};
use super::evaluate::{cast, query_of};
use super::run::Interpreter;
use super::session::Session;
use crate::bind::temporary::temporary_table;
use crate::catalog::{ColumnKind, Key, Table};
use crate::design::NO_COLUMNS;
use crate::error::CqlError;
use crate::syntax;
use crate::value::Type;

impl<S: Session> Interpreter<'_, S> {
    pub(super) fn create(
        &mut self,
        name: &Ident,
        columns: Vec<Declared>,
        single_keys: &[Option<bool>],
        constraints: &[ast::TableConstraint],
    ) -> Result<Arc<Table>, S::Error> {
        if self.find_temporary(&name.value).is_some() {
            return Err(CqlError::ObjectExists {
                name: name.value.clone(),
                position: syntax::position(name.span),
            }
            .into());
        }
        let physical = self.session.temporary_name();
        let plain = columns.iter().map(|c| (c.name.clone(), c.ty)).collect();
        let mut table = temporary_table(&name.value, &physical, plain);
        for (declared, column) in columns.into_iter().zip(&mut table.columns) {
            declared.apply(column);
        }
        table.keys = declaration::keys(&table, constraints)?;
        for (column, key) in table.columns.iter().zip(single_keys) {
            if let (Some(physical), Some(primary)) = (&column.physical, key) {
                table.keys.push(Key {
                    primary: *primary,
                    columns: vec![physical.clone()],
                });
            }
        }
        let primary = table.keys.iter().filter(|key| key.primary);
        let mandatory: Vec<String> = primary.flat_map(|key| key.columns.clone()).collect();
        for column in &mut table.columns {
            let keyed = column
                .physical
                .as_ref()
                .is_some_and(|p| mandatory.contains(p));
            if keyed && !matches!(column.kind, ColumnKind::Identity { .. }) {
                column.is_mandatory = true;
            }
        }
        let table = Arc::new(table);
        self.session.create_temporary(&table)?;
        self.temporary
            .push((name.value.to_lowercase(), table.clone()));
        Ok(table)
    }

    /// `DECLARE @t TABLE (...)`, `CREATE TABLE #t (...)`.
    pub(super) fn declare_table(
        &mut self,
        name: &Ident,
        columns: &[ast::ColumnDef],
        constraints: &[ast::TableConstraint],
    ) -> Result<(), S::Error> {
        if columns.is_empty() {
            return Err(CqlError::Rule {
                text: NO_COLUMNS,
                position: syntax::position(name.span),
            }
            .into());
        }
        let mut found = Vec::with_capacity(columns.len());
        let mut keys = Vec::with_capacity(columns.len());
        for column in columns {
            let (column, key) = self.declared_column(column)?;
            found.push(column);
            keys.push(key);
        }
        // In a loop the same declaration comes again; the table is emptied then, as a new one would be (T-SQL keeps it).
        if name.value.starts_with('@') && self.find_temporary(&name.value).is_some() {
            return Ok(());
        }
        self.create(name, found, &keys, constraints).map(|_| ())
    }

    /// The type that CAST gives.
    pub(super) fn type_of(&mut self, data_type: &DataType) -> Result<Type, S::Error> {
        let null = Expr::Value(ast::Value::Null.with_empty_span());
        let query = query_of(vec![SelectItem::UnnamedExpr(cast(null, data_type))])?;
        let bound = self.bind(|binder| binder.statement(&query))?;
        Ok(bound.query.columns().first().map_or(Type::Text, |c| c.1))
    }
}

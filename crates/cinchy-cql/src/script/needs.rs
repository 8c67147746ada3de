//! What a statement must know before it can be bound: the interpreter finds it out by running something else.

use sqlparser::ast::{self, Expr, Ident, SelectItem};

use super::Statement;
use super::evaluate::{query_of, select_of};
use super::run::Interpreter;
use super::session::Session;
use super::temporary::{ROWS_AT_ONCE, insertion, union_of, whole};
use crate::bind::temporary::{ROW, temporary_table};
use crate::catalog::Table;
use crate::error::CqlError;
use crate::need::{Answer, FunctionTable, Need};
use crate::render::render_change;
use crate::value::{Compiled, Type, Value};
use std::sync::Arc;

/// Saved queries whose values other ones ask for (our limit; a row filter may ask for a query of its own table).
const MAX_DEPTH: usize = 8;
/// Values that one call gives at most (our limit).
const MAX_VALUES: u64 = 10_000;

/// The temporary table that holds what EXEC gave to INSERT. No text of a caller can name it so by chance.
pub(super) const GIVEN: &str = "# given by EXEC";

/// The first result set, while something runs for its rows.
#[derive(Debug)]
pub(super) struct Capture {
    limit: u64,
    /// Only the first column is wanted.
    values_only: bool,
    found: Option<FunctionTable>,
}

impl<S: Session> Interpreter<'_, S> {
    pub(super) fn find_out(&mut self, need: &Need) -> Result<Answer, S::Error> {
        match need {
            Need::SavedQuery {
                domain,
                name,
                limit,
            } => {
                let (ty, values) = self.values_of(domain, name, *limit)?;
                Ok(Answer::Values(ty, values))
            }
            Need::FunctionTable {
                function,
                arguments,
            } => {
                let own = self.arguments();
                let values = arguments.iter().map(|bind| bind.resolve(&own));
                let values = values.collect::<Result<Vec<_>, _>>()?;
                let table = self.session.function_table(function, &values)?;
                self.keep(&function.name, table)
            }
        }
    }

    /// Runs a saved query with the caller's rights; it sees the variables as its parameters, as with EXEC.
    fn values_of(
        &mut self,
        domain: &str,
        name: &str,
        limit: Option<u64>,
    ) -> Result<(Type, Vec<Value>), S::Error> {
        if self.asking >= MAX_DEPTH {
            return Err(CqlError::TooMany {
                what: "saved queries that ask for each other's values",
                limit: MAX_DEPTH,
            }
            .into());
        }
        let query = self.session.saved_query(domain, name)?;
        let capture = Capture {
            limit: limit.unwrap_or(MAX_VALUES).min(MAX_VALUES),
            values_only: true,
            found: None,
        };
        let outer = self.capture.replace(capture);
        let outcome = std::mem::take(&mut self.outcome);
        let frame = self.frame.clone();
        let ad_hoc = std::mem::replace(&mut self.setting.ad_hoc, false);
        self.asking += 1;
        let result = self.run_nested(&query.script);
        self.asking -= 1;
        self.setting.ad_hoc = ad_hoc;
        self.frame = frame;
        self.outcome = outcome;
        let captured = std::mem::replace(&mut self.capture, outer);
        result?;
        let Some(found) = captured.and_then(|c| c.found) else {
            return Ok((Type::Null, Vec::new()));
        };
        let ty = found.columns.first().map_or(Type::Null, |(_, ty)| *ty);
        let values = found
            .rows
            .into_iter()
            .filter_map(|row| row.into_iter().next());
        Ok((ty, values.collect()))
    }

    /// Runs EXEC and puts the rows of its first result set into a table.
    pub(super) fn insert_exec(
        &mut self,
        insert: &ast::Statement,
        exec: &Statement,
    ) -> Result<(), S::Error> {
        let capture = Capture {
            limit: MAX_VALUES,
            values_only: false,
            found: None,
        };
        let outer = self.capture.replace(capture);
        let result = self.statement(exec, false);
        let captured = std::mem::replace(&mut self.capture, outer);
        result?;
        // Nothing was given, so nothing goes in (T-SQL).
        let Some(found) = captured.and_then(|c| c.found) else {
            self.changed(0);
            return Ok(());
        };
        let Answer::Table(table) = self.keep(GIVEN, found)? else {
            return Ok(());
        };
        let names = table.columns.iter().filter(|column| column.name != ROW);
        let items = names.map(|column| {
            let name = Ident::with_quote('[', &column.name);
            SelectItem::UnnamedExpr(Expr::Identifier(name))
        });
        let mut query = query_of(items.collect())?;
        select_of(&mut query)?.from = whole(&table, &Ident::with_quote('[', GIVEN)).from;
        let mut insert = insert.clone();
        if let ast::Statement::Insert(insert) = &mut insert {
            insert.source = Some(Box::new(query));
        }
        self.temporary
            .push((GIVEN.to_lowercase(), Arc::clone(&table)));
        let result = self.sql(&insert, false, None);
        self.temporary
            .retain(|(name, _)| name != &GIVEN.to_lowercase());
        self.session.drop_temporary(&table)?;
        result
    }

    /// Takes a result set, if a saved query runs for its values.
    pub(super) fn captured(&mut self, compiled: &Compiled) -> Result<bool, S::Error> {
        let Some(mut capture) = self.capture.take() else {
            return Ok(false);
        };
        let wanted = if capture.values_only {
            1
        } else {
            compiled.columns.len()
        };
        let columns = compiled.columns.iter().take(wanted);
        let mut found = FunctionTable {
            columns: columns.map(|c| (c.name.clone(), c.ty)).collect(),
            rows: Vec::new(),
        };
        let arguments = self.frame.arguments(&self.setting);
        let mut beyond = false;
        let result = self.session.rows(compiled, &arguments, &mut |mut row| {
            if (found.rows.len() as u64) < capture.limit {
                row.truncate(wanted);
                found.rows.push(row);
            } else {
                beyond = true;
            }
        });
        if beyond && !capture.values_only {
            return Err(CqlError::TooMany {
                what: "rows of EXEC",
                limit: usize::try_from(MAX_VALUES).unwrap_or(usize::MAX),
            }
            .into());
        }
        capture.found.get_or_insert(found);
        self.capture = Some(capture);
        result.map(|()| true)
    }

    /// Keeps the rows of a function in a temporary table that no name reaches.
    fn keep(&mut self, name: &str, rows: FunctionTable) -> Result<Answer, S::Error> {
        let types: Vec<Type> = rows.columns.iter().map(|(_, ty)| *ty).collect();
        let physical = self.session.temporary_name();
        let table = Arc::new(temporary_table(name, &physical, rows.columns));
        self.session.create_temporary(&table)?;
        let columns: Vec<usize> = (0..types.len()).collect();
        self.fill(&table, &columns, &types, &rows.rows)?;
        Ok(Answer::Table(table))
    }

    /// Puts rows into columns of a temporary table; how many.
    pub(super) fn fill(
        &mut self,
        table: &Table,
        columns: &[usize],
        types: &[Type],
        rows: &[Vec<Value>],
    ) -> Result<u64, S::Error> {
        let change = insertion(table, columns);
        let before = self.frame.types.len();
        let mut filled = 0;
        for batch in rows.chunks(ROWS_AT_ONCE) {
            let mut lists = Vec::with_capacity(batch.len());
            for row in batch {
                let mut list = Vec::with_capacity(row.len());
                for (value, ty) in row.iter().zip(types) {
                    let name = format!("cell{}", self.frame.types.len());
                    self.frame.set_system(&name, *ty, value.clone());
                    list.push(Expr::Identifier(Ident::new(format!("@@{name}"))));
                }
                lists.push(list);
            }
            let query = union_of(lists.into_iter())?;
            let bound =
                self.bind(|binder| binder.insert_temporary(table, columns, &query, None))?;
            let (backend, schema) = (self.setting.backend, self.setting.schema);
            let compiled = render_change(&bound, &change, backend, schema)?;
            let arguments = self.frame.arguments(&self.setting);
            filled += self
                .session
                .change_temporary(table, &compiled, &arguments)?;
            self.frame.truncate(before);
        }
        Ok(filled)
    }
}

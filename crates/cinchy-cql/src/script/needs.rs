//! What a statement must know before it can be bound: the interpreter finds it out by running something else.

use sqlparser::ast::{Expr, Ident};

use super::run::Interpreter;
use super::session::Session;
use super::temporary::{ROWS_AT_ONCE, insertion, union_of};
use crate::bind::temporary::temporary_table;
use crate::error::CqlError;
use crate::need::{Answer, FunctionTable, Need};
use crate::render::render_change;
use crate::value::{Compiled, Type, Value};
use std::sync::Arc;

/// Saved queries whose values other ones ask for (our limit; a row filter may ask for a query of its own table).
const MAX_DEPTH: usize = 8;
/// Values that one call gives at most (our limit).
const MAX_VALUES: u64 = 10_000;

/// The first column of the first result set, while a saved query runs for its values.
#[derive(Debug)]
pub(super) struct Capture {
    limit: u64,
    values: Option<(Type, Vec<Value>)>,
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
            values: None,
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
        let values = captured.and_then(|c| c.values);
        Ok(values.unwrap_or((Type::Null, Vec::new())))
    }

    /// Takes a result set, if a saved query runs for its values.
    pub(super) fn captured(&mut self, compiled: &Compiled) -> Result<bool, S::Error> {
        let Some(mut capture) = self.capture.take() else {
            return Ok(false);
        };
        let ty = compiled.columns.first().map_or(Type::Null, |c| c.ty);
        let mut values = Vec::new();
        let arguments = self.frame.arguments(&self.setting);
        let result = self.session.rows(compiled, &arguments, &mut |row| {
            if (values.len() as u64) < capture.limit {
                values.extend(row.into_iter().next());
            }
        });
        if capture.values.is_none() {
            capture.values = Some((ty, values));
        }
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
        let change = insertion(&table, &columns);
        let before = self.frame.types.len();
        for batch in rows.rows.chunks(ROWS_AT_ONCE) {
            let mut lists = Vec::with_capacity(batch.len());
            for row in batch {
                let mut list = Vec::with_capacity(row.len());
                for (value, ty) in row.iter().zip(&types) {
                    let name = format!("cell{}", self.frame.types.len());
                    self.frame.set_system(&name, *ty, value.clone());
                    list.push(Expr::Identifier(Ident::new(format!("@@{name}"))));
                }
                lists.push(list);
            }
            let query = union_of(lists.into_iter())?;
            let bound =
                self.bind(|binder| binder.insert_temporary(&table, &columns, &query, None))?;
            let (backend, schema) = (self.setting.backend, self.setting.schema);
            let compiled = render_change(&bound, &change, backend, schema)?;
            let arguments = self.frame.arguments(&self.setting);
            self.session
                .change_temporary(&table, &compiled, &arguments)?;
            self.frame.truncate(before);
        }
        Ok(Answer::Table(table))
    }
}

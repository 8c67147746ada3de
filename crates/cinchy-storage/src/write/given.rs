//! The values that a statement gives, before they are in the form of their columns.

use std::collections::HashSet;

use cinchy_cql::value::{Compiled, Value};
use cinchy_cql::write::{Cell, CellValue, Form, NewRows};

use super::{Run, corrupt, id_of};
use crate::error::Result;

/// Rows of values, one for each written column.
pub(super) struct Given<'a> {
    pub rows: Vec<Vec<Value>>,
    pub forms: Forms<'a>,
}

/// What the values mean.
pub(super) enum Forms<'a> {
    /// By column.
    Columns(Vec<Form>),
    /// By row and column.
    Cells(&'a [Vec<Cell>]),
}

impl Given<'_> {
    /// What a value means.
    pub fn form(&self, row: usize, column: usize) -> Form {
        match &self.forms {
            Forms::Columns(forms) => forms.get(column).copied(),
            Forms::Cells(rows) => rows.get(row).and_then(|r| Some(r.get(column)?.form)),
        }
        .unwrap_or(Form::Plain)
    }
}

impl<'a> Run<'a> {
    /// The rows of an INSERT.
    pub fn new_rows(&mut self, rows: &'a NewRows<Compiled>) -> Result<Given<'a>> {
        match rows {
            NewRows::Query { items, source } => {
                let found = self.rows_of(source, None)?;
                let picked = found.into_iter().map(|row| {
                    let mut row: Vec<Option<Value>> = row.into_iter().map(Some).collect();
                    let cells = items.iter().map(|(item, _)| {
                        let cell = row.get_mut(*item).and_then(Option::take);
                        cell.unwrap_or(Value::Null)
                    });
                    cells.collect()
                });
                Ok(Given {
                    rows: picked.collect(),
                    forms: Forms::Columns(items.iter().map(|(_, form)| *form).collect()),
                })
            }
            NewRows::Values { rows, computed } => {
                let mut results = Vec::with_capacity(computed.len());
                for query in computed {
                    let row = self.rows_of(query, None)?.into_iter().next();
                    results.push(row.ok_or_else(|| corrupt("a row of values"))?);
                }
                let mut values = Vec::with_capacity(rows.len());
                for row in rows {
                    let mut cells = Vec::with_capacity(row.len());
                    for cell in row {
                        cells.push(match &cell.value {
                            CellValue::Constant(bind) => bind.resolve(self.arguments)?,
                            CellValue::Computed { query, item } => {
                                let found = results.get(*query).and_then(|r| r.get(*item));
                                found.ok_or_else(|| corrupt("a value"))?.clone()
                            }
                        });
                    }
                    values.push(cells);
                }
                Ok(Given {
                    rows: values,
                    forms: Forms::Cells(rows),
                })
            }
        }
    }

    /// The rows of an UPDATE with their ids: of several for one row the first.
    pub fn changed_rows(
        &mut self,
        source: &Compiled,
        forms: &[Form],
    ) -> Result<(Vec<i32>, Given<'a>)> {
        let found = self.rows_of(source, None)?;
        let mut seen = HashSet::with_capacity(found.len());
        let mut ids = Vec::with_capacity(found.len());
        let mut rows = Vec::with_capacity(found.len());
        for row in found {
            let Some(id) = id_of(row.first()).filter(|id| seen.insert(*id)) else {
                continue;
            };
            ids.push(id);
            rows.push(row.into_iter().skip(1).collect());
        }
        let forms = Forms::Columns(forms.to_vec());
        Ok((ids, Given { rows, forms }))
    }
}

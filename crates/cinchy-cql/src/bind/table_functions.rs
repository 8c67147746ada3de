//! Sources that are made of values: STRING_SPLIT, and VALUES as a table. OPENJSON is in `open_json`.

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, TableAlias, TableFactor, Value as Literal,
    Values as ValuesAst,
};

use super::Binder;
use super::expression::{at, unsupported};
use super::types::{coerce, unify_all};
use crate::error::{CqlError, Position};
use crate::ir::{NodeId, ROW_NUMBER, Relation, Scalar, ScalarNode, TableFunction, Values};
use crate::value::{Bind, Type, Value};

/// Rows of one VALUES (T-SQL has this limit for INSERT; ours).
const MAX_ROWS: usize = 1_000;

impl<'a> Binder<'a> {
    /// Makes a table function a source of the scope, when the factor is one.
    pub(super) fn table_function(
        &mut self,
        factor: &TableFactor,
        position: Option<Position>,
    ) -> Result<Option<NodeId>, CqlError> {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: Some(arguments),
                ..
            } => {
                let called = name.to_string();
                if !called.eq_ignore_ascii_case("STRING_SPLIT") {
                    return Err(unsupported(
                        format!("the table function {called}"),
                        position,
                    ));
                }
                let arguments = plain(&arguments.args, position)?;
                self.string_split(&arguments, alias.as_ref(), position)
                    .map(Some)
            }
            TableFactor::OpenJsonTable { .. } => self.open_json(factor, position).map(Some),
            _ => Ok(None),
        }
    }

    /// `STRING_SPLIT(text, separator [, 1])`: a column `value`, and with the third argument `ordinal`.
    fn string_split(
        &mut self,
        arguments: &[&Expr],
        alias: Option<&TableAlias>,
        position: Option<Position>,
    ) -> Result<NodeId, CqlError> {
        let (text, separator, ordinal) = match arguments {
            [text, separator] => (text, separator, false),
            [text, separator, ordinal] => (text, separator, is_set(ordinal)?),
            _ => {
                return Err(CqlError::ArgumentCount {
                    function: "string_split".to_owned(),
                    wanted: "2 to 3".to_owned(),
                    position,
                });
            }
        };
        let text = coerce(self.scalar(text)?, Type::Text, position)?;
        let separator = coerce(self.scalar(separator)?, Type::Text, position)?;
        let single = match &separator.node {
            ScalarNode::Constant(Bind::Literal(Value::Text(text))) => text.chars().count() == 1,
            ScalarNode::Constant(Bind::Literal(_)) => false,
            _ => true,
        };
        if !single {
            return Err(CqlError::Rule {
                text: "Procedure expects parameter 'separator' of type 'nchar(1)/nvarchar(1)'.",
                position,
            });
        }
        let mut columns = vec![("value".to_owned(), "c0".to_owned(), Type::Text)];
        if ordinal {
            columns.push(("ordinal".to_owned(), ROW_NUMBER.to_owned(), Type::BigInt));
        }
        let relation = Relation::Function {
            function: TableFunction::StringSplit,
            arguments: vec![text, separator],
        };
        self.function_source("STRING_SPLIT", columns, relation, alias, position)
    }

    pub(super) fn function_source(
        &mut self,
        name: &str,
        mut columns: Vec<(String, String, Type)>,
        relation: Relation,
        alias: Option<&TableAlias>,
        position: Option<Position>,
    ) -> Result<NodeId, CqlError> {
        if let Some(alias) = alias
            && !alias.columns.is_empty()
        {
            if alias.columns.len() != columns.len() {
                return Err(CqlError::ColumnCount { position });
            }
            for (column, renamed) in columns.iter_mut().zip(&alias.columns) {
                column.0.clone_from(&renamed.name.value);
            }
        }
        let table = self.made_table(name, columns);
        self.table_source(table, relation, alias, position)
    }

    /// `VALUES (..), (..)`. Columns have no names but those that an alias gives.
    pub(super) fn values_table(
        &mut self,
        values: &ValuesAst,
        position: Option<Position>,
    ) -> Result<Values, CqlError> {
        if values.rows.len() > MAX_ROWS {
            return Err(CqlError::TooMany {
                what: "rows in VALUES",
                limit: MAX_ROWS,
            });
        }
        let width = values.rows.first().map_or(0, |row| row.content.len());
        let mut columns: Vec<Vec<Scalar>> = vec![Vec::new(); width];
        for row in &values.rows {
            if row.content.len() != width {
                return Err(CqlError::Rule {
                    text: "The number of values in each row of VALUES must be the same.",
                    position,
                });
            }
            for (column, value) in columns.iter_mut().zip(&row.content) {
                column.push(self.scalar(value)?);
            }
        }
        let mut rows: Vec<Vec<Scalar>> = vec![Vec::with_capacity(width); values.rows.len()];
        let mut named = Vec::with_capacity(width);
        for (index, column) in columns.into_iter().enumerate() {
            let (ty, column) = unify_all(column, position)?;
            named.push((format!("Column{}", index + 1), ty));
            for (row, value) in rows.iter_mut().zip(column) {
                row.push(value);
            }
        }
        Ok(Values {
            rows,
            columns: named,
        })
    }
}

fn plain(arguments: &[FunctionArg], position: Option<Position>) -> Result<Vec<&Expr>, CqlError> {
    arguments
        .iter()
        .map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => Ok(e),
            other => Err(unsupported(format!("the argument {other}"), position)),
        })
        .collect()
}

/// The third argument of STRING_SPLIT: a constant 0, 1 or NULL.
fn is_set(argument: &Expr) -> Result<bool, CqlError> {
    if let Expr::Value(value) = argument {
        match &value.value {
            Literal::Number(digits, _) if digits == "1" => return Ok(true),
            Literal::Number(digits, _) if digits == "0" => return Ok(false),
            Literal::Null => return Ok(false),
            _ => {}
        }
    }
    Err(unsupported(
        "an enable_ordinal that is not 0 or 1",
        at(argument),
    ))
}

//! CONTAINS and FREETEXT: conditions that are written as calls.

use sqlparser::ast::{Expr, Function as Call, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::Binder;
use super::expression::{call, unsupported};
use super::types::coerce;
use crate::error::{CqlError, Position};
use crate::functions::fulltext;
use crate::ir::{Comparison, Condition, Scalar, ScalarNode};
use crate::value::{Type, Value};

fn named(call: &Call, name: &str) -> bool {
    call.name.to_string().eq_ignore_ascii_case(name)
}

/// Whether a call is one of them.
pub(super) fn is_search(call: &Call) -> bool {
    named(call, "CONTAINS") || named(call, "FREETEXT")
}

impl Binder<'_> {
    /// `CONTAINS(column, search)`, `CONTAINS((a, b), search)`: in one of the columns. What is searched for is known before
    /// the rows are (T-SQL). NULL contains nothing.
    pub(super) fn full_text(
        &mut self,
        search: &Call,
        position: Option<Position>,
    ) -> Result<Condition, CqlError> {
        let program = if named(search, "CONTAINS") {
            &fulltext::CONTAINS_PROGRAM
        } else {
            &fulltext::FREETEXT_PROGRAM
        };
        let FunctionArguments::List(list) = &search.args else {
            return Err(unsupported("this search", position));
        };
        let [columns, wanted] = list.args.as_slice() else {
            return Err(CqlError::ArgumentCount {
                function: search.name.to_string().to_lowercase(),
                wanted: "2".to_owned(),
                position,
            });
        };
        let (FunctionArg::Unnamed(columns), FunctionArg::Unnamed(FunctionArgExpr::Expr(wanted))) =
            (columns, wanted)
        else {
            return Err(unsupported("this search", position));
        };
        let columns = match columns {
            FunctionArgExpr::Expr(Expr::Tuple(columns)) => columns.iter().collect(),
            FunctionArgExpr::Expr(Expr::Nested(column)) => vec![column.as_ref()],
            FunctionArgExpr::Expr(column) => vec![column],
            _ => return Err(unsupported("a search through all columns", position)),
        };
        let wanted = coerce(self.scalar(wanted)?, Type::Text, position)?;
        if !wanted.is_settled() {
            return Err(unsupported(
                "a search for what is no constant or variable",
                position,
            ));
        }
        let program = call(program, Type::Text, vec![wanted]);
        let mut any = Vec::with_capacity(columns.len());
        for column in columns {
            let column = coerce(self.scalar(column)?, Type::Text, position)?;
            let found = call(
                &fulltext::FULL_TEXT,
                Type::Int,
                vec![column, program.clone()],
            );
            let zero = Scalar::literal(Value::Int(0), Type::Int);
            any.push(Condition::Compare {
                op: Comparison::Equal,
                left: Scalar {
                    ty: Type::Int,
                    node: ScalarNode::Coalesce(vec![found, zero]),
                },
                right: Scalar::literal(Value::Int(1), Type::Int),
            });
        }
        Ok(Condition::Or(any))
    }
}

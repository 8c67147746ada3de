//! How many rows: TOP, OFFSET and FETCH. The numbers may be expressions of constants and parameters.

use sqlparser::ast::{
    Expr, Fetch, LimitClause, Query as QueryAst, Top, TopQuantity, Value as Literal,
};

use super::Binder;
use super::expression::{at, call, unsupported};
use super::types::coerce;
use crate::error::{CqlError, Position};
use crate::functions::rows;
use crate::ir::{Limit, Scalar, ScalarNode, Select};
use crate::syntax;
use crate::value::{Bind, Type, Value};

/// Rows to leave out and rows at most.
#[derive(Default)]
pub(super) struct Slice {
    pub offset: Option<Scalar>,
    pub limit: Option<Limit>,
}

impl Slice {
    pub(super) fn is_none(&self) -> bool {
        self.offset.is_none() && self.limit.is_none()
    }

    pub(super) fn apply(
        self,
        select: &mut Select,
        position: Option<Position>,
    ) -> Result<(), CqlError> {
        if self.is_none() {
            return Ok(());
        }
        if select.limit.is_some() {
            return Err(CqlError::Rule {
                text: "A TOP can not be used in the same query or sub-query as a OFFSET.",
                position,
            });
        }
        select.limit = self.limit;
        select.offset = self.offset;
        Ok(())
    }
}

impl<'a> Binder<'a> {
    /// OFFSET n ROWS FETCH NEXT n ROWS ONLY, which T-SQL has behind ORDER BY only.
    pub(super) fn slice(
        &mut self,
        query: &QueryAst,
        position: Option<Position>,
    ) -> Result<Slice, CqlError> {
        let mut slice = Slice::default();
        match &query.limit_clause {
            None => {}
            Some(LimitClause::LimitOffset {
                limit: None,
                offset: Some(offset),
                limit_by,
            }) if limit_by.is_empty() => {
                if query.order_by.is_none() {
                    let position = at(&offset.value).or(position);
                    return Err(unsupported("OFFSET without ORDER BY", position));
                }
                slice.offset = Some(self.row_count(&offset.value, rows::OFFSET)?);
            }
            Some(clause) => return Err(unsupported("LIMIT", at(clause).or(position))),
        }
        match &query.fetch {
            None => {}
            Some(Fetch {
                with_ties: false,
                percent: false,
                quantity: Some(quantity),
            }) => {
                let rows = match kept_expression(quantity) {
                    Some(text) => self.row_count(&syntax::parse_fragment(text)?, rows::FETCH)?,
                    None => self.row_count(quantity, rows::FETCH)?,
                };
                slice.limit = Some(Limit::Rows(rows));
            }
            Some(_) => return Err(unsupported("this form of FETCH", position)),
        }
        if !slice.is_none() && query.order_by.is_none() {
            return Err(unsupported("FETCH without ORDER BY", position));
        }
        let nothing = Scalar::literal(Value::Int(0), Type::Int);
        slice.offset = slice.offset.filter(|offset| *offset != nothing);
        Ok(slice)
    }

    /// TOP. `keys`: items of the query's own ORDER BY.
    pub(super) fn top(
        &mut self,
        top: &Top,
        keys: usize,
        position: Option<Position>,
    ) -> Result<Limit, CqlError> {
        if top.percent {
            if top.with_ties {
                return Err(unsupported("TOP PERCENT WITH TIES", position));
            }
            return percent(top, position);
        }
        let rows = match &top.quantity {
            Some(TopQuantity::Constant(n)) => constant(*n, position)?,
            Some(TopQuantity::Expr(expression)) => self.row_count(expression, rows::TOP)?,
            None => return Err(unsupported("TOP without a number", position)),
        };
        if !top.with_ties {
            return Ok(Limit::Rows(rows));
        }
        if keys == 0 {
            return Err(CqlError::Rule {
                text: "The TOP N WITH TIES clause is not allowed without a corresponding ORDER BY clause.",
                position,
            });
        }
        Ok(Limit::WithTies { rows, keys })
    }

    fn row_count(&mut self, expression: &Expr, clause: &'static str) -> Result<Scalar, CqlError> {
        let position = at(expression);
        let value = self.clause(Some("number of rows"), |b| b.scalar(expression))?;
        let value = coerce(value, Type::BigInt, position)?;
        if let ScalarNode::Constant(Bind::Literal(literal)) = &value.node {
            return match rows::checked(clause, literal) {
                Ok(n) => constant(n, position),
                Err(text) => Err(CqlError::Rule { text, position }),
            };
        }
        let mut columns = false;
        value.each_column(&mut |_, _| columns = true);
        if columns {
            return Err(unsupported(
                "a number of rows that depends on columns",
                position,
            ));
        }
        let clause = Scalar::literal(Value::Text(clause.to_owned()), Type::Text);
        Ok(call(&rows::ROW_COUNT, Type::BigInt, vec![clause, value]))
    }
}

/// The text that `hints` made of an expression.
fn kept_expression(quantity: &Expr) -> Option<&str> {
    match quantity {
        Expr::Value(value) => match &value.value {
            Literal::Placeholder(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

fn constant(n: u64, position: Option<Position>) -> Result<Scalar, CqlError> {
    let n = i64::try_from(n).map_err(|_| unsupported(format!("the number {n}"), position))?;
    Ok(Scalar::literal(Value::Int(n), Type::Int))
}

/// The digits of `TOP 12.5 PERCENT` as a fraction.
fn percent(top: &Top, position: Option<Position>) -> Result<Limit, CqlError> {
    let digits = match &top.quantity {
        Some(TopQuantity::Constant(n)) => n.to_string(),
        Some(TopQuantity::Expr(Expr::Value(value))) => match &value.value {
            Literal::Number(digits, _) => digits.clone(),
            other => {
                let place = syntax::position(value.span);
                return Err(unsupported(format!("TOP {other} PERCENT"), place));
            }
        },
        _ => {
            return Err(unsupported(
                "TOP PERCENT with anything but a number",
                position,
            ));
        }
    };
    let (whole, part) = digits.split_once('.').unwrap_or((&digits, ""));
    let number = format!("{whole}{part}").parse::<u64>().ok();
    let scale = u32::try_from(part.len())
        .ok()
        .and_then(|n| 10_u64.checked_pow(n));
    match (number, scale.and_then(|s| s.checked_mul(100))) {
        (Some(numerator), Some(denominator)) if denominator <= 100_000_000 => {
            if numerator > denominator {
                return Err(CqlError::Rule {
                    text: "Percent values must be between 0 and 100.",
                    position,
                });
            }
            Ok(Limit::Percent {
                numerator,
                denominator,
            })
        }
        _ => Err(unsupported(format!("TOP {digits} PERCENT"), position)),
    }
}

//! Queries as wholes: WITH, UNION and its kin, OFFSET and FETCH; and queries inside others: as a value, behind EXISTS
//! and IN.

use std::sync::Arc;

use sqlparser::ast::{
    BinaryOperator, Expr, OrderByKind, OrderBySort, Query as QueryAst, SetExpr,
    SetOperator as SetOperatorAst, SetQuantifier, Value as Literal, With,
};

use super::Binder;
use super::condition::comparison;
use super::expression::{at, unsupported};
use super::select::refuse;
use super::types::{coerce, common, is_number};
use crate::convert::sql_name;
use crate::error::{CqlError, Position};
use crate::ir::{Body, Comparison, Condition, Query, Scalar, ScalarNode, SetOperator, SetQuery};
use crate::syntax;
use crate::value::Type;

/// Queries within each other (our limit; each is a level of recursion).
const MAX_QUERIES: usize = 32;

impl<'a> Binder<'a> {
    /// Binds a query in the present scope.
    pub(super) fn query(&mut self, query: &QueryAst) -> Result<Query, CqlError> {
        let position = at(query);
        let refused = [
            (!query.locks.is_empty(), "a locking clause"),
            (query.format_clause.is_some(), "FORMAT"),
            (!query.pipe_operators.is_empty(), "the pipe operator"),
        ];
        refuse(&refused, position)?;
        let mut depth = 0;
        let mut scope = self.scope.outer.as_deref();
        while let Some(outer) = scope {
            depth += 1;
            scope = outer.outer.as_deref();
        }
        if depth > MAX_QUERIES {
            return Err(CqlError::TooMany {
                what: "queries within each other",
                limit: MAX_QUERIES,
            });
        }
        self.settings(query.settings.as_deref().unwrap_or_default())?;
        let before = self.ctes.len();
        if let Some(with) = &query.with {
            self.with(with)?;
        }
        let bound = self
            .body(query, position)
            .and_then(|bound| match &query.for_clause {
                Some(clause) => self.for_json(query, clause, bound, position),
                None => Ok(bound),
            });
        self.ctes.truncate(before);
        bound
    }

    pub(super) fn with(&mut self, with: &With) -> Result<(), CqlError> {
        let mut names: Vec<String> = Vec::new();
        for cte in &with.cte_tables {
            let position = syntax::position(cte.alias.name.span);
            if cte.from.is_some() || cte.materialized.is_some() {
                return Err(unsupported("this form of WITH", position));
            }
            let name = cte.alias.name.value.to_lowercase();
            if names.contains(&name) {
                let name = cte.alias.name.value.clone();
                return Err(CqlError::DuplicateAlias { name, position });
            }
            names.push(name);
            self.ctes.push(Arc::new(cte.clone()));
        }
        Ok(())
    }

    fn body(&mut self, query: &QueryAst, position: Option<Position>) -> Result<Query, CqlError> {
        let first_node = self.nodes.len();
        let slice = self.slice(query, position)?;
        let body = match query.body.as_ref() {
            SetExpr::Select(select) => {
                let mut bound = self.select(select, query.order_by.as_ref())?;
                slice.apply(&mut bound, position)?;
                Body::Select(Box::new(bound))
            }
            SetExpr::Query(inner) if query.order_by.is_none() && slice.is_none() => {
                return self.query(inner);
            }
            SetExpr::SetOperation { .. } => {
                let mut set = self.set_operation(&query.body, position)?;
                if let Body::Set(own) = &mut set.body {
                    own.order_by = set_order(query, &own.columns)?;
                    own.limit = slice.limit;
                    own.offset = slice.offset;
                    let limited = own.limit.is_some() || own.offset.is_some();
                    if limited {
                        self.settle_order(&mut set)?;
                    }
                }
                return Ok(set);
            }
            SetExpr::Values(values) => Body::Values(Box::new(self.values_table(values, position)?)),
            _ => return Err(unsupported("this form of a query", position)),
        };
        let mut query = Query { first_node, body };
        // Which rows a limit lets pass must not be left open.
        if matches!(&query.body, Body::Select(select) if select.limit.is_some() || select.offset.is_some())
        {
            self.settle_order(&mut query)?;
        }
        Ok(query)
    }

    /// One side of a set operation, or the whole.
    pub(super) fn set_operation(
        &mut self,
        body: &SetExpr,
        position: Option<Position>,
    ) -> Result<Query, CqlError> {
        let first_node = self.nodes.len();
        let SetExpr::SetOperation {
            op,
            set_quantifier,
            left,
            right,
        } = body
        else {
            return match body {
                SetExpr::Select(select) => Ok(Query {
                    first_node,
                    body: Body::Select(Box::new(self.select(select, None)?)),
                }),
                SetExpr::Query(inner) => self.query(inner),
                _ => Err(unsupported("this form of a query", position)),
            };
        };
        let operator = match op {
            SetOperatorAst::Union => SetOperator::Union,
            SetOperatorAst::Intersect => SetOperator::Intersect,
            SetOperatorAst::Except => SetOperator::Except,
            SetOperatorAst::Minus => return Err(unsupported("MINUS", position)),
        };
        let all = match set_quantifier {
            SetQuantifier::All if operator == SetOperator::Union => true,
            SetQuantifier::None | SetQuantifier::Distinct => false,
            other => return Err(unsupported(format!("{op} {other}"), position)),
        };
        let mut left = self.set_operation(left, position)?;
        let mut right = self.set_operation(right, position)?;
        let (names, others) = (left.columns(), right.columns());
        if names.len() != others.len() {
            return Err(CqlError::ColumnCount { position });
        }
        let mut columns = Vec::with_capacity(names.len());
        for (index, ((name, own), (_, other))) in names.into_iter().zip(others).enumerate() {
            let ty = if is_number(own) && is_number(other) {
                common(own, other)
            } else if own == Type::Null {
                other
            } else {
                own
            };
            retype(&mut left, index, ty, position)?;
            retype(&mut right, index, ty, position)?;
            columns.push((name, ty));
        }
        Ok(Query {
            first_node,
            body: Body::Set(Box::new(SetQuery {
                operator,
                all,
                left,
                right,
                columns,
                order_by: Vec::new(),
                limit: None,
                offset: None,
            })),
        })
    }

    /// A query as a value.
    pub(super) fn scalar_query(
        &mut self,
        query: &QueryAst,
        position: Option<Position>,
    ) -> Result<Scalar, CqlError> {
        let (query, ty) = self.one_column(query, position)?;
        Ok(Scalar {
            ty,
            node: ScalarNode::Subquery(Box::new(query)),
        })
    }

    /// `value IN (SELECT ...)`: for a link its display value, for a list any of its elements.
    pub(super) fn in_query(
        &mut self,
        value: &Expr,
        query: &QueryAst,
        negated: bool,
        position: Option<Position>,
    ) -> Result<Condition, CqlError> {
        let (query, ty) = self.one_column(query, position)?;
        let operand = self.operand(value)?;
        self.over(operand, negated, &|value| {
            let fits = value.ty == ty || (is_number(value.ty) && is_number(ty));
            let value = if fits {
                value
            } else {
                coerce(value, ty, position)?
            };
            Ok(Condition::InQuery {
                value,
                query: Box::new(query.clone()),
                negated: false,
            })
        })
    }

    /// `value op ALL (SELECT ...)`, or ANY; for a list any of its elements.
    pub(super) fn quantified(
        &mut self,
        value: &Expr,
        op: &BinaryOperator,
        query: &Expr,
        all: bool,
        position: Option<Position>,
    ) -> Result<Condition, CqlError> {
        let query = match query {
            Expr::Subquery(query) => query,
            Expr::Nested(inner) => return self.quantified(value, op, inner, all, position),
            _ => return Err(unsupported("ANY, SOME or ALL without a query", position)),
        };
        let op = comparison(op).ok_or_else(|| unsupported("this ANY, SOME or ALL", position))?;
        match (op, all) {
            (Comparison::Equal, false) => return self.in_query(value, query, false, position),
            (Comparison::NotEqual, true) => return self.in_query(value, query, true, position),
            _ => {}
        }
        let (query, ty) = self.one_column(query, position)?;
        let operand = self.operand(value)?;
        self.over(operand, false, &|value| {
            let fits = value.ty == ty || (is_number(value.ty) && is_number(ty));
            let value = if fits {
                value
            } else {
                coerce(value, ty, position)?
            };
            Ok(Condition::Quantified {
                op,
                all,
                value,
                query: Box::new(query.clone()),
            })
        })
    }

    fn one_column(
        &mut self,
        query: &QueryAst,
        position: Option<Position>,
    ) -> Result<(Query, Type), CqlError> {
        let query = self.query(query)?;
        match query.columns().as_slice() {
            [(_, ty)] => {
                let ty = *ty;
                Ok((query, ty))
            }
            _ => Err(CqlError::OneColumnWanted { position }),
        }
    }
}

/// The ordinal that an expression is, counted from 0.
fn ordinal(expression: &Expr) -> Option<usize> {
    match expression {
        Expr::Value(value) => match &value.value {
            Literal::Number(digits, _) => digits.parse::<usize>().ok()?.checked_sub(1),
            _ => None,
        },
        _ => None,
    }
}

/// ORDER BY behind a set operation: names of its columns, or their numbers.
fn set_order(query: &QueryAst, columns: &[(String, Type)]) -> Result<Vec<(usize, bool)>, CqlError> {
    let Some(order_by) = &query.order_by else {
        return Ok(Vec::new());
    };
    let OrderByKind::Expressions(expressions) = &order_by.kind else {
        return Err(unsupported("ORDER BY ALL", at(order_by)));
    };
    let mut keys = Vec::with_capacity(expressions.len());
    for item in expressions {
        let position = at(&item.expr);
        let descending = match &item.options.sort {
            None | Some(OrderBySort::Asc) => false,
            Some(OrderBySort::Desc) => true,
            Some(OrderBySort::Using(_)) => return Err(unsupported("ORDER BY USING", position)),
        };
        if item.options.nulls_first.is_some() || item.with_fill.is_some() {
            return Err(unsupported(
                "NULLS FIRST, NULLS LAST or WITH FILL",
                position,
            ));
        }
        let index = match &item.expr {
            Expr::Identifier(name) => {
                let wanted = name.value.to_lowercase();
                columns
                    .iter()
                    .position(|(own, _)| own.to_lowercase() == wanted)
            }
            other => ordinal(other).filter(|n| *n < columns.len()),
        };
        let index = index.ok_or(CqlError::OrderByNotSelected { position })?;
        keys.push((index, descending));
    }
    Ok(keys)
}

/// Gives a column of a query another type, where that is possible without a loss.
pub(super) fn retype(
    query: &mut Query,
    index: usize,
    ty: Type,
    position: Option<Position>,
) -> Result<(), CqlError> {
    match &mut query.body {
        Body::Select(select) => {
            if let Some(item) = select.items.get_mut(index)
                && item.value.ty != ty
            {
                let value = std::mem::replace(&mut item.value, Scalar::null(ty));
                item.value = coerce(value, ty, position)?;
            }
            Ok(())
        }
        Body::Set(set) => {
            retype(&mut set.left, index, ty, position)?;
            retype(&mut set.right, index, ty, position)?;
            if let Some(column) = set.columns.get_mut(index) {
                column.1 = ty;
            }
            Ok(())
        }
        Body::Json(_) if ty == Type::Text => Ok(()),
        Body::Json(_) => {
            let what = format!("the conversion of FOR JSON to {}", sql_name(ty));
            Err(unsupported(what, position))
        }
        Body::Values(values) => {
            for row in &mut values.rows {
                if let Some(value) = row.get_mut(index) {
                    let own = std::mem::replace(value, Scalar::null(ty));
                    *value = coerce(own, ty, position)?;
                }
            }
            if let Some(column) = values.columns.get_mut(index) {
                column.1 = ty;
            }
            Ok(())
        }
    }
}

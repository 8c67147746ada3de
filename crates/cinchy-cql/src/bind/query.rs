//! Queries as wholes: WITH, UNION and its kin, OFFSET and FETCH; and queries inside others: in FROM, as a value, behind
//! EXISTS and IN.

use std::sync::Arc;

use sqlparser::ast::{
    Cte, Expr, Fetch, LimitClause, ObjectName, OrderByKind, OrderBySort, Query as QueryAst,
    SetExpr, SetOperator as SetOperatorAst, SetQuantifier, TableAlias, Value as Literal, With,
};

use super::expression::{at, unsupported};
use super::rights::Reader;
use super::select::refuse;
use super::types::{coerce, common, is_number};
use super::{Binder, Scope, Source};
use crate::catalog::{Column, ColumnKind, Table};
use crate::error::{CqlError, Position};
use crate::ir::{
    Body, Condition, NodeId, Query, Relation, Scalar, ScalarNode, Select, SetOperator, SetQuery,
};
use crate::syntax;
use crate::value::Type;

/// Queries within each other (our limit; each is a level of recursion).
const MAX_QUERIES: usize = 32;

/// Rows to leave out and rows at most.
#[derive(Default)]
struct Window {
    offset: u64,
    limit: Option<u64>,
}

impl<'a> Binder<'a> {
    /// Binds a query in the present scope.
    pub(super) fn query(&mut self, query: &QueryAst) -> Result<Query, CqlError> {
        let position = at(query);
        let refused = [
            (
                query.for_clause.is_some(),
                "FOR JSON, FOR XML or FOR BROWSE",
            ),
            (!query.locks.is_empty(), "a locking clause"),
            (
                query.settings.is_some() || query.format_clause.is_some(),
                "SETTINGS or FORMAT",
            ),
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
        let before = self.ctes.len();
        if let Some(with) = &query.with {
            self.with(with)?;
        }
        let bound = self.body(query, position);
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
        let window = window_of(query, position)?;
        let body = match query.body.as_ref() {
            SetExpr::Select(select) => {
                let mut bound = self.select(select, query.order_by.as_ref())?;
                window.apply(&mut bound, position)?;
                Body::Select(Box::new(bound))
            }
            SetExpr::Query(inner) if query.order_by.is_none() && window.is_none() => {
                return self.query(inner);
            }
            SetExpr::SetOperation { .. } => {
                let mut set = self.set_operation(&query.body, position)?;
                if let Body::Set(own) = &mut set.body {
                    own.order_by = set_order(query, &own.columns)?;
                    own.limit = window.limit;
                    own.offset = window.offset;
                }
                return Ok(set);
            }
            _ => return Err(unsupported("this form of a query", position)),
        };
        Ok(Query { first_node, body })
    }

    /// One side of a set operation, or the whole.
    fn set_operation(
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
                offset: 0,
            })),
        })
    }

    /// A query in FROM. It sees nothing of the query around it.
    pub(super) fn derived(
        &mut self,
        query: &QueryAst,
        alias: Option<&TableAlias>,
        position: Option<Position>,
    ) -> Result<NodeId, CqlError> {
        let Some(alias) = alias else {
            return Err(unsupported("a query in FROM without an alias", position));
        };
        let bound = self.apart(|b| b.query(query))?;
        self.derived_source(bound, &alias.name.value, alias, Some(alias), position)
    }

    /// A common table expression in FROM, bound anew for each use.
    pub(super) fn common_table(
        &mut self,
        index: usize,
        alias: Option<&TableAlias>,
        position: Option<Position>,
    ) -> Result<NodeId, CqlError> {
        let cte = Arc::clone(&self.ctes[index]);
        let name = cte.alias.name.value.clone();
        // It sees those before it only.
        let later = self.ctes.split_off(index);
        self.open_ctes.push(name.to_lowercase());
        let bound = self.apart(|b| b.query(&cte.query));
        self.open_ctes.pop();
        self.ctes.extend(later);
        self.derived_source(bound?, &name, &cte.alias, alias, position)
    }

    /// The common table expression of a name of one part.
    pub(super) fn cte_named(&self, name: &ObjectName) -> Result<Option<usize>, CqlError> {
        let [part] = name.0.as_slice() else {
            return Ok(None);
        };
        let Some(ident) = part.as_ident() else {
            return Ok(None);
        };
        let wanted = ident.value.to_lowercase();
        let same = |cte: &Arc<Cte>| cte.alias.name.value.to_lowercase() == wanted;
        match self.ctes.iter().rposition(same) {
            Some(index) => Ok(Some(index)),
            None if self.open_ctes.contains(&wanted) => Err(unsupported(
                "a common table expression that reads itself",
                syntax::position(ident.span),
            )),
            None => Ok(None),
        }
    }

    /// Runs `bind` without the scopes around.
    fn apart<T>(
        &mut self,
        bind: impl FnOnce(&mut Self) -> Result<T, CqlError>,
    ) -> Result<T, CqlError> {
        let scope = Scope {
            fragment: self.scope.fragment,
            ..Scope::default()
        };
        let outer = std::mem::replace(&mut self.scope, scope);
        let result = bind(self);
        self.scope = outer;
        result
    }

    /// Makes a bound query a source of the scope, as a table whose columns are the query's.
    pub(super) fn derived_source(
        &mut self,
        query: Query,
        name: &str,
        columns: &TableAlias,
        alias: Option<&TableAlias>,
        position: Option<Position>,
    ) -> Result<NodeId, CqlError> {
        let found = query.columns();
        if !columns.columns.is_empty() && columns.columns.len() != found.len() {
            return Err(CqlError::ColumnCount { position });
        }
        let mut table = Table {
            id: self.derived_columns - 1,
            domain: String::new(),
            name: name.to_owned(),
            physical: String::new(),
            creator: None,
            columns: Vec::with_capacity(found.len()),
        };
        for (index, (own, ty)) in found.into_iter().enumerate() {
            self.derived_columns -= 1;
            let renamed = columns.columns.get(index).map(|c| c.name.value.clone());
            table.columns.push(Column {
                id: self.derived_columns,
                name: renamed.unwrap_or(own),
                physical: Some(format!("c{index}")),
                kind: kind_of(ty),
                is_system: false,
                is_mandatory: false,
                default: None,
            });
        }
        let table = Arc::new(table);
        let alias = alias.map(|a| a.name.value.clone());
        self.unique_source(alias.as_deref(), &table, position)?;
        let relation = Relation::Derived(Box::new(query));
        let node = self.push(Reader::System, &table, relation, Vec::new())?;
        self.scope.sources.push(Source { alias, node });
        Ok(node)
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

impl Window {
    fn is_none(&self) -> bool {
        self.offset == 0 && self.limit.is_none()
    }

    fn apply(self, select: &mut Select, position: Option<Position>) -> Result<(), CqlError> {
        if self.is_none() {
            return Ok(());
        }
        if select.limit.is_some() {
            return Err(unsupported("TOP together with OFFSET", position));
        }
        select.limit = self.limit;
        select.offset = self.offset;
        Ok(())
    }
}

/// OFFSET n ROWS FETCH NEXT n ROWS ONLY, which T-SQL has behind ORDER BY only.
fn window_of(query: &QueryAst, position: Option<Position>) -> Result<Window, CqlError> {
    let mut window = Window::default();
    match &query.limit_clause {
        None => {}
        Some(LimitClause::LimitOffset {
            limit: None,
            offset: Some(offset),
            limit_by,
        }) if limit_by.is_empty() => window.offset = count(&offset.value)?,
        Some(_) => return Err(unsupported("LIMIT", position)),
    }
    match &query.fetch {
        None => {}
        Some(Fetch {
            with_ties: false,
            percent: false,
            quantity: Some(quantity),
        }) => window.limit = Some(count(quantity)?),
        Some(_) => return Err(unsupported("this form of FETCH", position)),
    }
    if !window.is_none() && query.order_by.is_none() {
        return Err(unsupported("OFFSET without ORDER BY", position));
    }
    Ok(window)
}

fn count(expression: &Expr) -> Result<u64, CqlError> {
    if let Expr::Value(value) = expression
        && let Literal::Number(digits, _) = &value.value
        && let Ok(n) = digits.parse()
    {
        return Ok(n);
    }
    Err(unsupported(
        "OFFSET or FETCH with anything but a number",
        at(expression),
    ))
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
            other => count(other)
                .ok()
                .and_then(|n| usize::try_from(n).ok()?.checked_sub(1))
                .filter(|n| *n < columns.len()),
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
    }
}

/// A kind of column whose values have this type.
pub(super) fn kind_of(ty: Type) -> ColumnKind {
    match ty {
        Type::Bit => ColumnKind::YesNo,
        Type::Int | Type::BigInt => ColumnKind::Integer,
        Type::Double => ColumnKind::Number,
        Type::Text | Type::Null => ColumnKind::Text { max_length: None },
        Type::DateTime => ColumnKind::DateTime,
        Type::Binary => ColumnKind::Binary,
    }
}

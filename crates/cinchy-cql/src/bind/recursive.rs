//! Common table expressions that read themselves: `anchor UNION ALL step`. T-SQL has no word for them, so they are known
//! by what they do.

use std::ops::ControlFlow;
use std::sync::Arc;

use sqlparser::ast::{
    Cte, Ident, Query as QueryAst, SetExpr, SetOperator as SetOperatorAst, SetQuantifier, Setting,
    TableAlias, TableFactor, Value as Literal, Visit,
};

use super::expression::{at, unsupported};
use super::query::retype;
use super::rights::Reader;
use super::{Binder, Source};
use crate::catalog::Table;
use crate::error::{CqlError, Position};
use crate::hints;
use crate::ir::{Body, Join, NodeId, Query, Relation};
use crate::look::{Part, stops_at};
use crate::syntax;
use crate::value::Type;

/// Levels that are allowed when OPTION says nothing (T-SQL).
const MOST: u64 = 100;
/// Greatest number that OPTION takes (T-SQL).
const GREATEST: u64 = 32_767;

/// A common table expression whose step is being bound.
pub(super) struct Recursion {
    /// Lower case.
    name: String,
    id: usize,
    /// The rows so far as a table.
    table: Arc<Table>,
    /// The sources that stand for them.
    uses: Vec<NodeId>,
}

/// What a recursive common table expression is made of.
pub(super) struct Parts {
    pub anchor: Query,
    pub relation: Relation,
}

impl<'a> Binder<'a> {
    /// Reads `OPTION (MAXRECURSION n)`.
    pub(super) fn settings(&mut self, settings: &[Setting]) -> Result<(), CqlError> {
        for setting in settings {
            let position = at(&setting.value);
            let limit = match &setting.value {
                sqlparser::ast::Expr::Value(value) => match &value.value {
                    Literal::Number(digits, _) => digits.parse::<u64>().ok(),
                    _ => None,
                },
                _ => None,
            };
            match limit {
                Some(0) if setting.key.value == hints::MAX_RECURSION => self.recursion = None,
                Some(n) if setting.key.value == hints::MAX_RECURSION && n <= GREATEST => {
                    self.recursion = Some(n);
                }
                _ => return Err(unsupported(format!("OPTION ({})", setting.key), position)),
            }
        }
        Ok(())
    }

    pub(super) fn default_recursion() -> Option<u64> {
        Some(MOST)
    }

    /// Binds a common table expression that reads itself.
    pub(super) fn recursive(&mut self, cte: &Cte) -> Result<Parts, CqlError> {
        let name = &cte.alias.name;
        let position = syntax::position(name.span);
        let (anchor, step) = members(&cte.query, name)?;
        let mut anchor = self.set_operation(anchor, position)?;
        let columns = anchor.columns();
        for (index, (_, ty)) in columns.iter().enumerate() {
            // An untyped NULL is an integer (T-SQL).
            if *ty == Type::Null {
                retype(&mut anchor, index, Type::Int, position)?;
            }
        }
        let table = self.derived_table(&anchor, &name.value, &cte.alias, position)?;
        let id = self.lists;
        self.lists += 1;
        self.recursions.push(Recursion {
            name: name.value.to_lowercase(),
            id,
            table: Arc::new(table),
            uses: Vec::new(),
        });
        let step = self.set_operation(step, position);
        let uses = self.recursions.pop().map(|r| r.uses).unwrap_or_default();
        let mut step = step?;
        let columns = anchor.columns();
        if step.columns().len() != columns.len() {
            return Err(CqlError::ColumnCount { position });
        }
        for (index, (_, ty)) in columns.iter().enumerate() {
            retype(&mut step, index, *ty, position)?;
        }
        let rows = check_step(&step, &uses, position)?;
        Ok(Parts {
            relation: Relation::Recursive {
                id,
                anchor: Box::new(anchor.clone()),
                step: Box::new(step),
                rows,
                most: self.recursion,
            },
            anchor,
        })
    }

    /// The rows so far as a source, when a name of one part stands for them.
    pub(super) fn recursion_source(
        &mut self,
        name: &Ident,
        alias: Option<&TableAlias>,
        position: Option<Position>,
    ) -> Result<Option<NodeId>, CqlError> {
        let wanted = name.value.to_lowercase();
        let Some(index) = self.recursions.iter().rposition(|r| r.name == wanted) else {
            return Ok(None);
        };
        let (id, table) = (
            self.recursions[index].id,
            Arc::clone(&self.recursions[index].table),
        );
        let alias = alias.map(|a| a.name.value.clone());
        self.unique_source(alias.as_deref(), &table, position)?;
        let node = self.push(Reader::System, &table, Relation::Recursion(id), Vec::new())?;
        self.recursions[index].uses.push(node);
        self.scope.sources.push(Source { alias, node });
        Ok(Some(node))
    }
}

/// What both databases and T-SQL want of a step; the source in it that stands for the rows so far.
fn check_step(
    step: &Query,
    uses: &[NodeId],
    position: Option<Position>,
) -> Result<NodeId, CqlError> {
    let refuse = |what: &str| {
        Err(unsupported(
            format!("{what} in the recursive part of a common table expression"),
            position,
        ))
    };
    let Body::Select(select) = &step.body else {
        return refuse("a set operation");
    };
    let [rows] = uses else {
        return refuse("more than one reference to itself");
    };
    let Some(own) = select.from.iter().find(|item| item.node == *rows) else {
        return refuse("a reference to itself within a sub-query");
    };
    if select.from.iter().any(|item| item.members > 0) {
        return refuse("a join in brackets");
    }
    let outer = |join: &Join| matches!(join, Join::Right(_) | Join::Full(_));
    if matches!(own.join, Join::Left(_)) || select.from.iter().any(|item| outer(&item.join)) {
        return refuse("an outer join");
    }
    let grouped = !select.group_by.is_empty()
        || !select.sets.is_empty()
        || select.having.is_some()
        || select.items.iter().any(|i| i.value.has_aggregate());
    if grouped {
        return refuse("GROUP BY, HAVING or an aggregate");
    }
    if select.distinct {
        return refuse("DISTINCT");
    }
    if select.limit.is_some() || select.offset.is_some() {
        return refuse("TOP or OFFSET");
    }
    if select.items.iter().any(|i| i.value.has_window()) {
        return refuse("a windowed function");
    }
    Ok(*rows)
}

/// Anchor and step of a query that reads itself.
fn members<'q>(query: &'q QueryAst, name: &Ident) -> Result<(&'q SetExpr, &'q SetExpr), CqlError> {
    let position = syntax::position(name.span);
    let plain = query.order_by.is_none()
        && query.with.is_none()
        && query.limit_clause.is_none()
        && query.fetch.is_none()
        && query.for_clause.is_none();
    let SetExpr::SetOperation {
        op: SetOperatorAst::Union,
        set_quantifier: SetQuantifier::All,
        left,
        right,
    } = query.body.as_ref()
    else {
        return Err(unsupported(
            "a recursive common table expression without a top-level UNION ALL",
            position,
        ));
    };
    if !plain {
        return Err(unsupported(
            "a clause behind the parts of a recursive common table expression",
            position,
        ));
    }
    if mentions(left.as_ref(), name) {
        return Err(unsupported(
            "a recursive common table expression of several recursive parts, or without an anchor",
            position,
        ));
    }
    Ok((left, right))
}

/// Whether a query reads a table of this one-part name.
pub(super) fn mentions(query: &impl Visit, name: &Ident) -> bool {
    let wanted = name.value.to_lowercase();
    stops_at(query, &mut |part| match part {
        Part::Table(TableFactor::Table { name, .. })
            if matches!(name.0.as_slice(), [only] if only.as_ident()
                .is_some_and(|i| i.value.to_lowercase() == wanted)) =>
        {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    })
}

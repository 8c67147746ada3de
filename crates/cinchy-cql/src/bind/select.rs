//! The clauses of a SELECT but FROM and the select list: WHERE, GROUP BY, ORDER BY.

use sqlparser::ast::{
    Distinct, Expr, OrderBy as OrderByAst, OrderByKind, OrderBySort, Select as SelectAst,
    Value as Literal,
};

use super::expression::{at, is_variable, unsupported};
use super::group_by::Grouping;
use super::select_list::List;
use super::{Binder, Scope};
use crate::error::{CqlError, Position};
use crate::ir::{Limit, NodeId, Order, OrderKey, Scalar, ScalarNode, Select};

impl<'a> Binder<'a> {
    /// Binds a SELECT with the ORDER BY behind it, in a scope of its own inside the present one.
    pub(super) fn select(
        &mut self,
        select: &SelectAst,
        order_by: Option<&OrderByAst>,
    ) -> Result<Select, CqlError> {
        let scope = Scope {
            fragment: self.scope.fragment,
            ..Scope::default()
        };
        let outer = std::mem::replace(&mut self.scope, scope);
        self.scope.outer = Some(Box::new(outer));
        let bound = self.clauses(select, order_by);
        if let Some(outer) = self.scope.outer.take() {
            self.scope = *outer;
        }
        bound
    }

    fn clauses(
        &mut self,
        select: &SelectAst,
        order_by: Option<&OrderByAst>,
    ) -> Result<Select, CqlError> {
        let position = at(select);
        let user_items = std::mem::take(&mut self.user_items);
        let refused = [
            (select.into.is_some(), "SELECT INTO"),
            (select.qualify.is_some(), "QUALIFY"),
            (!select.named_window.is_empty(), "WINDOW"),
            (!select.connect_by.is_empty(), "CONNECT BY"),
            (!select.lateral_views.is_empty(), "LATERAL VIEW"),
            (select.prewhere.is_some(), "PREWHERE"),
            (select.exclude.is_some(), "EXCLUDE"),
            (!select.cluster_by.is_empty(), "CLUSTER BY"),
            (!select.distribute_by.is_empty(), "DISTRIBUTE BY"),
            (!select.sort_by.is_empty(), "SORT BY"),
            (select.select_modifiers.is_some(), "a modifier of SELECT"),
            (select.value_table_mode.is_some(), "SELECT AS"),
        ];
        refuse(&refused, position)?;
        let distinct = match &select.distinct {
            None | Some(Distinct::All) => false,
            Some(Distinct::Distinct) => true,
            Some(Distinct::On(_)) => return Err(unsupported("DISTINCT ON", position)),
        };
        let keys = order_by.map_or(0, |o| match &o.kind {
            OrderByKind::Expressions(all) => all.len(),
            OrderByKind::All(_) => 0,
        });
        let limit = select
            .top
            .as_ref()
            .map(|top| self.top(top, keys, position))
            .transpose()?;
        if distinct && matches!(limit, Some(Limit::WithTies { .. })) {
            return Err(unsupported("DISTINCT together with WITH TIES", position));
        }

        // What an INSERT writes its list to concerns this list alone, not that of a query within.
        let assigned = self.assigned.take();
        let from = self.from(select)?;
        let filter = self.clause(Some("WHERE clause"), |b| {
            select
                .selection
                .as_ref()
                .map(|e| b.condition(e))
                .transpose()
        })?;
        let Grouping {
            keys: group_by,
            sets,
        } = self.group_by(&select.group_by, position)?;
        self.assigned = assigned;
        let user_items = user_items
            && !distinct
            && sets.is_empty()
            && select
                .top
                .as_ref()
                .is_none_or(|t| !t.with_ties && !t.percent);
        let list = self.windows(|b| b.select_list(&select.projection, user_items))?;
        let assigned = self.assigned.take();
        let having = select
            .having
            .as_ref()
            .map(|e| self.condition(e))
            .transpose()?;
        let (order_by, order_sources) = self.windows(|b| b.order_by(order_by, &list, distinct))?;
        self.assigned = assigned;

        let by_call = order_by.iter().find_map(|order| match &order.key {
            OrderKey::Item(item) => match &list.items[*item].value.node {
                ScalarNode::UserCall { function, .. } => Some(function),
                _ => None,
            },
            OrderKey::Value(_) => None,
        });
        if let Some(function) = by_call {
            let what = format!("ORDER BY the function {} over columns", function.name);
            return Err(unsupported(what, position));
        }
        let ordered = order_by.iter().filter_map(|o| o.value());
        let grouped = !group_by.is_empty()
            || !sets.is_empty()
            || having.is_some()
            || list
                .items
                .iter()
                .map(|i| &i.value)
                .chain(ordered)
                .any(Scalar::has_aggregate);
        if grouped {
            let groups = self.groups(&from, &group_by);
            for (item, source) in list.items.iter().zip(&list.sources) {
                Self::grouped(&item.value, &groups, source.as_ref(), "select list")?;
            }
            if let (Some(condition), Some(source)) = (&having, &select.having) {
                Self::grouped_condition(condition, &groups, source)?;
            }
            for (order, source) in order_by.iter().zip(order_sources) {
                if let OrderKey::Value(value) = &order.key {
                    Self::grouped(value, &groups, Some(source), "ORDER BY clause")?;
                }
            }
        }
        let shown = list.items.iter().map(|i| &i.value);
        if !sets.is_empty() {
            let several = limit.as_ref().is_some_and(|l| !matches!(l, Limit::Rows(_)));
            let ordered = order_by.iter().filter_map(|o| o.value());
            if several || shown.clone().chain(ordered).any(Scalar::has_window) {
                return Err(unsupported(
                    "a windowed function, PERCENT or WITH TIES together with ROLLUP, CUBE or GROUPING SETS",
                    position,
                ));
            }
        }
        let ordered = order_by.iter().filter_map(|o| o.value());
        let row_keys = if shown.chain(ordered).any(Scalar::sees_row_order) {
            if grouped {
                group_by.clone()
            } else {
                let nodes: Vec<NodeId> = from.iter().map(|item| item.node).collect();
                self.row_keys(&nodes)?
            }
        } else {
            Vec::new()
        };
        Ok(Select {
            distinct,
            limit,
            offset: None,
            items: list.items,
            from,
            filter,
            group_by,
            sets,
            having,
            order_by,
            row_keys,
        })
    }

    /// Binds a clause in which aggregates may not stand.
    pub(super) fn clause<T>(
        &mut self,
        no_aggregate: Option<&'static str>,
        bind: impl FnOnce(&mut Self) -> Result<T, CqlError>,
    ) -> Result<T, CqlError> {
        let outer = std::mem::replace(&mut self.scope.no_aggregate, no_aggregate);
        let result = bind(self);
        self.scope.no_aggregate = outer;
        result
    }

    fn order_by<'q>(
        &mut self,
        order_by: Option<&'q OrderByAst>,
        list: &List,
        distinct: bool,
    ) -> Result<(Vec<Order>, Vec<&'q Expr>), CqlError> {
        let Some(order_by) = order_by else {
            return Ok((Vec::new(), Vec::new()));
        };
        let OrderByKind::Expressions(expressions) = &order_by.kind else {
            return Err(unsupported("ORDER BY ALL", at(order_by)));
        };
        let (mut bound, mut sources) = (Vec::new(), Vec::new());
        for (i, item) in expressions.iter().enumerate() {
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
            let key = self.order_key(&item.expr, i + 1, list)?;
            let key = match key {
                OrderKey::Value(value) => {
                    match list.items.iter().position(|own| own.value == value) {
                        Some(own) => OrderKey::Item(own),
                        None if distinct => return Err(CqlError::OrderByNotSelected { position }),
                        None => OrderKey::Value(value),
                    }
                }
                item => item,
            };
            bound.push(Order {
                key,
                descending,
                never_null: false,
            });
            sources.push(&item.expr);
        }
        Ok((bound, sources))
    }

    /// What an item of ORDER BY means: an ordinal, an alias of the select list, else an expression (T-SQL's order).
    fn order_key(
        &mut self,
        expression: &Expr,
        number: usize,
        list: &List,
    ) -> Result<OrderKey, CqlError> {
        let position = at(expression);
        // Texts are ordered by code point, whatever collation is asked for.
        if let Expr::Collate { expr, .. } = expression {
            return self.order_key(expr, number, list);
        }
        if let Expr::Value(value) = expression
            && let Literal::Number(digits, _) = &value.value
            && let Ok(ordinal) = digits.parse::<i64>()
        {
            let written = usize::try_from(ordinal).ok().and_then(|n| n.checked_sub(1));
            return match written.and_then(|n| list.written.get(n)) {
                Some(Some(item)) => Ok(OrderKey::Item(*item)),
                Some(None) => Err(CqlError::ColumnDenied {
                    column: format!("select item {ordinal}"),
                    position,
                }),
                None => Err(CqlError::OrdinalOutOfRange {
                    number: ordinal,
                    position,
                }),
            };
        }
        if let Expr::Identifier(name) = expression
            && !is_variable(name)
        {
            let lower = name.value.to_lowercase();
            if let Some(item) = list
                .items
                .iter()
                .position(|i| i.name.to_lowercase() == lower)
            {
                return Ok(OrderKey::Item(item));
            }
            if list.dropped.iter().any(|d| d.to_lowercase() == lower) {
                return Err(CqlError::ColumnDenied {
                    column: name.value.clone(),
                    position,
                });
            }
        }
        let value = self.scalar(expression)?;
        if value.is_constant() {
            return Err(CqlError::ConstantInOrderBy {
                item: number,
                position,
            });
        }
        Ok(OrderKey::Value(value))
    }
}

pub(super) fn refuse(
    constructs: &[(bool, &str)],
    position: Option<Position>,
) -> Result<(), CqlError> {
    match constructs.iter().find(|(present, _)| *present) {
        Some((_, what)) => Err(unsupported(*what, position)),
        None => Ok(()),
    }
}

//! The clauses of a SELECT but FROM: WHERE, the select list with its names and what drops out of it, GROUP BY, ORDER BY.

use std::collections::HashSet;

use sqlparser::ast::{
    BinaryOperator, Distinct, Expr, Ident, ObjectName, OrderBy as OrderByAst, OrderByKind,
    OrderBySort, Select as SelectAst, SelectItem, SelectItemQualifiedWildcardKind,
    Value as Literal, WildcardAdditionalOptions,
};

use super::expression::{at, column_parts, is_variable, unsupported};
use super::group_by::Grouping;
use super::{Binder, Scope};
use crate::error::{CqlError, Position};
use crate::ir::{Item, Limit, NodeId, Order, OrderKey, Scalar, ScalarNode, Select};
use crate::syntax;

/// The select list while it is bound.
#[derive(Default)]
struct List {
    items: Vec<Item>,
    /// Where each item came from, for messages.
    sources: Vec<Option<Expr>>,
    /// By position as written: the item, or `None` when it dropped out.
    written: Vec<Option<usize>>,
    /// Aliases of items that dropped out.
    dropped: Vec<String>,
    /// Names already given, in lower case.
    names: HashSet<String>,
    unnamed: usize,
    /// Items may be calls of user-defined functions over columns.
    user_items: bool,
}

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

    fn select_list(
        &mut self,
        projection: &[SelectItem],
        user_items: bool,
    ) -> Result<List, CqlError> {
        let mut list = List {
            user_items,
            ..List::default()
        };
        let mut denied = None;
        for item in projection {
            match item {
                SelectItem::Wildcard(options) => {
                    no_options(options)?;
                    let nodes: Vec<_> = self.scope.sources.iter().map(|s| s.node).collect();
                    if nodes.is_empty() {
                        return Err(unsupported("* without FROM", at(item)));
                    }
                    for node in nodes {
                        self.all_columns(node, &mut list)?;
                    }
                }
                SelectItem::QualifiedWildcard(
                    SelectItemQualifiedWildcardKind::ObjectName(name),
                    options,
                ) => {
                    no_options(options)?;
                    let node = self.qualified(name)?;
                    self.all_columns(node, &mut list)?;
                }
                SelectItem::QualifiedWildcard(..) | SelectItem::ExprWithAliases { .. } => {
                    return Err(unsupported("this form of a select item", at(item)));
                }
                SelectItem::UnnamedExpr(expression) => {
                    let (alias, value) = string_alias(expression);
                    self.item(alias, value, &mut list, &mut denied)?;
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    if is_variable(alias) {
                        let position = syntax::position(alias.span);
                        return Err(unsupported("SELECT @variable = ...", position));
                    }
                    self.item(Some(alias.value.clone()), expr, &mut list, &mut denied)?;
                }
            }
        }
        if list.items.is_empty() {
            return Err(denied.unwrap_or(CqlError::ColumnDenied {
                column: "*".to_owned(),
                position: None,
            }));
        }
        Ok(list)
    }

    /// One item; a plain column that the reader may not see drops out (seen on the platform).
    fn item(
        &mut self,
        alias: Option<String>,
        expression: &Expr,
        list: &mut List,
        denied: &mut Option<CqlError>,
    ) -> Result<(), CqlError> {
        if list.user_items
            && let Some((value, name)) = self.user_item(expression)?
        {
            let name = alias.or_else(|| Some(name.to_owned()));
            list.push(name, value, Some(expression.clone()));
            return Ok(());
        }
        let plain = column_parts(expression);
        let name = alias.or_else(|| plain.and_then(<[Ident]>::last).map(|p| p.value.clone()));
        match self.list_item(list.written.len(), expression) {
            Ok(value) => {
                list.push(name, value, Some(expression.clone()));
                Ok(())
            }
            // What is missing from a list that is written somewhere would shift the rest.
            Err(e @ CqlError::ColumnDenied { .. })
                if plain.is_some() && self.assigned.is_none() =>
            {
                list.written.push(None);
                list.dropped.extend(name);
                denied.get_or_insert(e);
                Ok(())
            }
            Err(e) => Err(e),
        }
    }

    fn all_columns(&mut self, node: NodeId, list: &mut List) -> Result<(), CqlError> {
        for column in self.visible(node)? {
            let Some(column) = column else {
                list.written.push(None);
                continue;
            };
            let operand = self.follow(node, &[column.id])?;
            let value = self.value(operand)?;
            list.push(
                Some(column.name.clone()),
                value,
                Some(Expr::Identifier(Ident::with_quote('[', column.name))),
            );
        }
        Ok(())
    }

    fn qualified(&self, name: &ObjectName) -> Result<NodeId, CqlError> {
        let parts: Vec<_> = name.0.iter().filter_map(|p| p.as_ident()).collect();
        let found = self.scope.sources.iter().find(|source| {
            let table = &self.nodes[source.node].table;
            let own = source
                .alias
                .as_deref()
                .unwrap_or(&table.name)
                .to_lowercase();
            match parts.as_slice() {
                [alias] => alias.value.to_lowercase() == own,
                [domain, alias] => {
                    source.alias.is_none()
                        && domain.value.to_lowercase() == table.domain.to_lowercase()
                        && alias.value.to_lowercase() == own
                }
                _ => false,
            }
        });
        found
            .map(|s| s.node)
            .ok_or_else(|| CqlError::ColumnNotFound {
                name: name.to_string().trim_matches(['[', ']']).to_owned(),
                position: at(name),
            })
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

impl List {
    /// Adds an item under a name that is unique: `Column1` for none (inferred), `Name1` for the second `Name` (the
    /// .NET habit that clients rely on).
    fn push(&mut self, name: Option<String>, value: Scalar, source: Option<Expr>) {
        let name = match name {
            Some(name) if !name.trim().is_empty() => self.unique(name, 0),
            _ => {
                self.unnamed += 1;
                let number = self.unnamed;
                let wanted = format!("Column{number}");
                if self.names.insert(wanted.to_lowercase()) {
                    wanted
                } else {
                    self.unique("Column".to_owned(), number)
                }
            }
        };
        self.written.push(Some(self.items.len()));
        self.items.push(Item { name, value });
        self.sources.push(source);
    }

    fn unique(&mut self, name: String, from: usize) -> String {
        if from == 0 && self.names.insert(name.to_lowercase()) {
            return name;
        }
        let mut number = from + 1;
        loop {
            let next = format!("{name}{number}");
            if self.names.insert(next.to_lowercase()) {
                return next;
            }
            number += 1;
        }
    }
}

impl<'a> Binder<'a> {
    /// Binds the list of OUTPUT.
    pub(super) fn output_items(&mut self, items: &[SelectItem]) -> Result<Vec<Item>, CqlError> {
        Ok(self.select_list(items, false)?.items)
    }
}

/// `'b' = x` in a select list is an alias in T-SQL; the parser has it as a comparison.
pub(super) fn string_alias(expression: &Expr) -> (Option<String>, &Expr) {
    if let Expr::BinaryOp {
        left,
        op: BinaryOperator::Eq,
        right,
    } = expression
        && let Expr::Value(value) = left.as_ref()
        && let Literal::SingleQuotedString(alias) = &value.value
    {
        return (Some(alias.clone()), right);
    }
    (None, expression)
}

fn no_options(options: &WildcardAdditionalOptions) -> Result<(), CqlError> {
    let plain = options.opt_ilike.is_none()
        && options.opt_exclude.is_none()
        && options.opt_except.is_none()
        && options.opt_replace.is_none()
        && options.opt_rename.is_none()
        && options.opt_alias.is_none();
    if plain {
        Ok(())
    } else {
        Err(unsupported("an option of *", at(options)))
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

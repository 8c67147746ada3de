//! The select list: its names, and what drops out of it.

use std::collections::HashSet;

use sqlparser::ast::{
    BinaryOperator, Expr, Ident, ObjectName, SelectItem, SelectItemQualifiedWildcardKind,
    Value as Literal, WildcardAdditionalOptions,
};

use super::Binder;
use super::expression::{at, column_parts, is_variable, unsupported};
use crate::error::CqlError;
use crate::ir::{Item, NodeId, Scalar};
use crate::syntax;

/// The select list while it is bound.
#[derive(Default)]
pub(super) struct List {
    pub(super) items: Vec<Item>,
    /// Where each item came from, for messages.
    pub(super) sources: Vec<Option<Expr>>,
    /// By position as written: the item, or `None` when it dropped out.
    pub(super) written: Vec<Option<usize>>,
    /// Aliases of items that dropped out.
    pub(super) dropped: Vec<String>,
    /// Names already given, in lower case.
    pub(super) names: HashSet<String>,
    pub(super) unnamed: usize,
    /// Items may be calls of user-defined functions over columns.
    pub(super) user_items: bool,
}

impl Binder<'_> {
    pub(super) fn select_list(
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

    /// Binds the list of OUTPUT.
    pub(super) fn output_items(&mut self, items: &[SelectItem]) -> Result<Vec<Item>, CqlError> {
        Ok(self.select_list(items, false)?.items)
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

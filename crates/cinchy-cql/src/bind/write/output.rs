//! OUTPUT: columns of INSERTED and DELETED, as a query of the written rows.

use std::sync::Arc;

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName,
    OutputClause, SelectInto,
};

use super::super::expression::{at, column_parts, unsupported};
use super::super::temporary::ROW;
use super::super::types::column_type;
use super::super::{Binder, Scope, Source};
use super::among_rows;
use crate::catalog::{Column, ColumnKind, Table};
use crate::error::{CqlError, TemporaryError};
use crate::ir::{
    Arithmetic, Body, Bound, Comparison, Condition, FromItem, Join, NodeId, Query, Relation,
    Scalar, ScalarNode, Select,
};
use crate::syntax;
use crate::value::{Type, Value};
use crate::write::{Output, OutputInto};

impl<'a> Binder<'a> {
    /// Binds OUTPUT. INSERTED is the row as it is now, DELETED the version before it, or for DELETE the row itself.
    pub(super) fn output_clause(
        &self,
        clause: Option<&OutputClause>,
        table: &Arc<Table>,
        inserted: bool,
        deleted: bool,
    ) -> Result<Option<Output<Bound>>, CqlError> {
        let (select_items, into_table) = match clause {
            None => return Ok(None),
            Some(OutputClause::Output {
                select_items,
                into_table,
                ..
            }) => (select_items, into_table),
            Some(other @ OutputClause::Returning { .. }) => {
                return Err(unsupported("RETURNING", at(other)));
            }
        };
        let mut binder = self.sibling();
        // The rows are the writer's own: the right to each column is asked, no filter of rows.
        let reader = binder.reader;
        let node = binder.push(reader, table, Relation::Table, Vec::new())?;
        let id = binder.id_of(node)?;
        let mut from = vec![FromItem::new(node, Join::Cross)];
        let mut sources = Vec::new();
        if inserted {
            sources.push(source("INSERTED", node));
        }
        if deleted && inserted {
            let before = binder.push(reader, table, Relation::History, Vec::new())?;
            let join = binder.version_before(node, before)?;
            from.push(FromItem::new(before, Join::Inner(join)));
            sources.push(source("DELETED", before));
        } else if deleted {
            sources.push(source("DELETED", node));
        }
        binder.scope = Scope {
            sources,
            no_aggregate: Some("OUTPUT clause"),
            ..Scope::default()
        };
        let items = binder.output_items(select_items)?;
        let into = match into_table {
            Some(into) => Some(self.output_into(into, items.len())?),
            None => None,
        };
        let mut query = Query {
            first_node: 0,
            body: Body::Select(Box::new(Select {
                items,
                from,
                filter: Some(among_rows(id)),
                ..Select::default()
            })),
        };
        binder.settle_order(&mut query)?;
        Ok(Some(Output {
            query: binder.finish(query),
            into,
        }))
    }

    fn output_into(&self, into: &SelectInto, items: usize) -> Result<OutputInto, CqlError> {
        let (name, names) = into_names(into)?;
        let position = syntax::position(name.span);
        let named = ObjectName::from(vec![name.clone()]);
        let table = self
            .temporary_named(&named)?
            .ok_or_else(|| unsupported("OUTPUT INTO this table", position))?;
        let own = |column: &&Column| column.name != ROW;
        let columns: Vec<&Column> = if names.is_empty() {
            let given = |c: &&Column| own(c) && !matches!(c.kind, ColumnKind::Identity { .. });
            table.columns.iter().filter(given).collect()
        } else {
            let found = names.into_iter().map(|name| {
                let column = table.column(&name.value).filter(own);
                column.ok_or_else(|| CqlError::ColumnNotFound {
                    name: name.value.clone(),
                    position: syntax::position(name.span),
                })
            });
            found.collect::<Result<_, _>>()?
        };
        if columns.len() != items {
            return Err(CqlError::InsertColumnCount { position });
        }
        let identity = |c: &&&Column| matches!(c.kind, ColumnKind::Identity { .. });
        if columns.iter().any(|c| identity(&c)) {
            return Err(TemporaryError::ExplicitIdentity {
                table: name.value.clone(),
            }
            .into());
        }
        let columns = columns
            .into_iter()
            .filter_map(|c| Some((c.physical.clone()?, column_type(c))))
            .collect();
        Ok(OutputInto { table, columns })
    }

    fn version_before(&mut self, now: NodeId, before: NodeId) -> Result<Condition, CqlError> {
        let same = Condition::Compare {
            op: Comparison::Equal,
            left: self.id_of(before)?,
            right: self.id_of(now)?,
        };
        let previous = Scalar {
            ty: Type::Int,
            node: ScalarNode::Arithmetic {
                op: Arithmetic::Subtract,
                left: Box::new(self.version_of(now)?),
                right: Box::new(Scalar::literal(Value::Int(1), Type::Int)),
            },
        };
        let version = Condition::Compare {
            op: Comparison::Equal,
            left: self.version_of(before)?,
            right: previous,
        };
        Ok(Condition::And(vec![same, version]))
    }
}

fn source(alias: &str, node: NodeId) -> Source {
    Source {
        alias: Some(alias.to_owned()),
        node,
    }
}

/// INTO as written: `#t`, `#t (a, b)`, which the parser takes for a call.
pub(crate) fn into_names(into: &SelectInto) -> Result<(&Ident, Vec<&Ident>), CqlError> {
    let [target] = into.targets.as_slice() else {
        let first = into.targets.first();
        return Err(unsupported(
            "OUTPUT INTO several tables",
            first.and_then(at),
        ));
    };
    let refuse = || unsupported("OUTPUT INTO anything but a temporary table", at(target));
    match target {
        Expr::Identifier(name) if is_temporary(name) => Ok((name, Vec::new())),
        Expr::Function(Function { name, args, .. }) => {
            let [part] = name.0.as_slice() else {
                return Err(refuse());
            };
            let name = part.as_ident().filter(|n| is_temporary(n));
            let (Some(name), FunctionArguments::List(list)) = (name, args) else {
                return Err(refuse());
            };
            let columns = list.args.iter().map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(column)) => match column_parts(column) {
                    Some([column]) => Ok(column),
                    _ => Err(refuse()),
                },
                _ => Err(refuse()),
            });
            Ok((name, columns.collect::<Result<_, _>>()?))
        }
        _ => Err(refuse()),
    }
}

fn is_temporary(name: &Ident) -> bool {
    name.value.starts_with(['#', '@'])
}

//! PIVOT and UNPIVOT, as the queries that they stand for: groups with one aggregate for each value, and a row for each
//! column.

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    BinaryOperator, CaseWhen, Expr, ExprWithAlias, Function as Call, FunctionArg, FunctionArgExpr,
    FunctionArguments, Ident, Parens, PivotValueSource, TableAlias, TableFactor, Value as Literal,
    Values as ValuesAst,
};

use super::Binder;
use super::expression::{at, column_parts, unsupported};
use crate::error::{CqlError, Position};
use crate::ir::{
    Body, Condition, FromItem, Item, Join, NodeId, Query, Relation, Scalar, ScalarNode, Select,
};

impl<'a> Binder<'a> {
    /// Makes a PIVOT or UNPIVOT a source of the scope, when the factor is one.
    pub(super) fn pivoted(
        &mut self,
        factor: &TableFactor,
        position: Option<Position>,
    ) -> Result<Option<NodeId>, CqlError> {
        let (table, alias) = match factor {
            TableFactor::Pivot { table, alias, .. } | TableFactor::Unpivot { table, alias, .. } => {
                (table, alias)
            }
            _ => return Ok(None),
        };
        let Some(alias) = alias else {
            return Err(unsupported("PIVOT or UNPIVOT without an alias", position));
        };
        let query = self.beside(|b| {
            let first_node = b.nodes.len();
            let source = b.table(table)?;
            let select = match factor {
                TableFactor::Pivot {
                    aggregate_functions,
                    value_column,
                    value_source: PivotValueSource::List(values),
                    default_on_null: None,
                    ..
                } => {
                    let ([aggregate], [column]) =
                        (aggregate_functions.as_slice(), value_column.as_slice())
                    else {
                        return Err(unsupported("this form of PIVOT", position));
                    };
                    b.pivot(source, &aggregate.expr, column, values, position)?
                }
                TableFactor::Unpivot {
                    value,
                    name,
                    columns,
                    null_inclusion: None,
                    ..
                } => b.unpivot(source, value, name, columns, position)?,
                _ => return Err(unsupported("this form of PIVOT", position)),
            };
            Ok(Query {
                first_node,
                body: Body::Select(Box::new(select)),
            })
        })?;
        self.derived_source(query, &alias.name.value, alias, Some(alias), position)
            .map(Some)
    }

    /// `PIVOT (aggregate(argument) FOR column IN (values))`: all other columns of the source are grouped by.
    fn pivot(
        &mut self,
        source: NodeId,
        aggregate: &Expr,
        column: &Expr,
        values: &[ExprWithAlias],
        position: Option<Position>,
    ) -> Result<Select, CqlError> {
        let (call, argument) = aggregated(aggregate, position)?;
        let taken = [last_name(argument)?, last_name(column)?];
        let mut items = self.other_columns(source, &taken)?;
        let group_by: Vec<Scalar> = items.iter().map(|item| item.value.clone()).collect();
        for value in values {
            let name = last_name(&value.expr)?;
            let condition = Expr::BinaryOp {
                left: Box::new(column.clone()),
                op: BinaryOperator::Eq,
                right: Box::new(text(&name)),
            };
            let chosen = Expr::Case {
                case_token: AttachedToken::empty(),
                end_token: AttachedToken::empty(),
                operand: None,
                conditions: vec![CaseWhen {
                    condition,
                    result: argument.clone(),
                }],
                else_result: None,
            };
            let mut own = call.clone();
            if let FunctionArguments::List(list) = &mut own.args {
                list.args = vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(chosen))];
            }
            items.push(Item {
                name: value.alias.as_ref().map_or(name, |a| a.value.clone()),
                value: self.scalar(&Expr::Function(own))?,
            });
        }
        Ok(Select {
            items,
            from: vec![FromItem::new(source, Join::Cross)],
            group_by,
            ..Select::default()
        })
    }

    /// `UNPIVOT (value FOR name IN (columns))`: a row for each of the columns that has a value.
    fn unpivot(
        &mut self,
        source: NodeId,
        value: &Expr,
        name: &Ident,
        columns: &[ExprWithAlias],
        position: Option<Position>,
    ) -> Result<Select, CqlError> {
        let mut taken = Vec::with_capacity(columns.len());
        let mut rows = Vec::with_capacity(columns.len());
        for column in columns {
            let own = last_name(&column.expr)?;
            rows.push(Parens::with_empty_span(vec![
                text(&own),
                column.expr.clone(),
            ]));
            taken.push(own);
        }
        let mut items = self.other_columns(source, &taken)?;
        let first_node = self.nodes.len();
        let written = ValuesAst {
            explicit_row: false,
            value_keyword: false,
            rows,
        };
        let values = self.values_table(&written, position)?;
        let query = Query {
            first_node,
            body: Body::Values(Box::new(values)),
        };
        let alias = TableAlias {
            explicit: true,
            name: Ident::new("unpivot"),
            columns: Vec::new(),
            at: None,
        };
        let types = query.columns();
        let table = self.derived_table(&query, "unpivot", &alias, position)?;
        let relation = Relation::Lateral(Box::new(query));
        let node = self.table_source(table, relation, Some(&alias), position)?;
        let column = |index: usize| Scalar {
            ty: types[index].1,
            node: ScalarNode::Column {
                node,
                physical: format!("c{index}"),
            },
        };
        items.push(Item {
            name: last_name(value)?,
            value: column(1),
        });
        items.push(Item {
            name: name.value.clone(),
            value: column(0),
        });
        Ok(Select {
            items,
            from: vec![
                FromItem::new(source, Join::Cross),
                FromItem::new(node, Join::Apply),
            ],
            filter: Some(Condition::IsNull {
                value: column(1),
                negated: true,
            }),
            ..Select::default()
        })
    }

    /// The columns of a source but those taken, as the reader sees them.
    fn other_columns(&mut self, source: NodeId, taken: &[String]) -> Result<Vec<Item>, CqlError> {
        let mut items = Vec::new();
        for column in self.visible(source)?.into_iter().flatten() {
            let lower = column.name.to_lowercase();
            if taken.iter().any(|name| name.to_lowercase() == lower) {
                continue;
            }
            let operand = self.follow(source, &[column.id])?;
            items.push(Item {
                value: self.value(operand)?,
                name: column.name,
            });
        }
        Ok(items)
    }
}

/// The call and its one argument.
fn aggregated(aggregate: &Expr, position: Option<Position>) -> Result<(&Call, &Expr), CqlError> {
    if let Expr::Function(call) = aggregate
        && let FunctionArguments::List(list) = &call.args
        && let [FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))] = list.args.as_slice()
    {
        return Ok((call, argument));
    }
    Err(unsupported("this aggregate of PIVOT", position))
}

/// The name of a column, or a value that is written as one.
fn last_name(expression: &Expr) -> Result<String, CqlError> {
    let last = column_parts(expression).and_then(<[Ident]>::last);
    match last {
        Some(name) => Ok(name.value.clone()),
        None => Err(unsupported(
            "anything but a column's name in PIVOT or UNPIVOT",
            at(expression),
        )),
    }
}

fn text(value: &str) -> Expr {
    Expr::Value(Literal::SingleQuotedString(value.to_owned()).with_empty_span())
}

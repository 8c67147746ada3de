//! What a value means for the column that it is written to: a plain value, an id of a link, something to resolve.

use sqlparser::ast::{
    CaseWhen, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
    Value as Literal,
};

use super::super::expression::{at, unsupported};
use super::super::{Binder, Operand};
use crate::catalog::{Column, ColumnKind, TableId};
use crate::error::CqlError;
use crate::ir::{Bound, List, Scalar, ScalarNode};
use crate::value::Type;
use crate::write::{Form, Lookup};

/// The columns that the select list of `INSERT .. SELECT` is written to, while that list is bound.
#[derive(Debug, Default)]
pub(in crate::bind) struct Assigned {
    /// By item of the list; `None`: an item that is ignored.
    pub columns: Vec<Option<Column>>,
    /// What each bound item means.
    pub forms: Vec<Form>,
    pub lookups: Vec<Lookup<Bound>>,
}

impl<'a> Binder<'a> {
    /// Binds a value for a column.
    pub(super) fn cell(
        &mut self,
        column: &Column,
        expression: &Expr,
        lookups: &mut Vec<Lookup<Bound>>,
    ) -> Result<(Scalar, Form), CqlError> {
        let ColumnKind::Link { target, .. } = column.kind else {
            return Ok((self.scalar(expression)?, Form::Plain));
        };
        if let Some((value, by)) = resolve_link(expression)? {
            let value = self.scalar(&value)?;
            return Ok((value, Form::Resolve(self.lookup(lookups, column, &by)?)));
        }
        match self.copied(expression, target)? {
            Operand::Link { id, target: to, .. } if to == target => Ok((id, Form::Ids)),
            Operand::Many(many) if many.target == Some(target) => {
                let list = List {
                    target: None,
                    ..many.list
                };
                let element = Box::new(Scalar {
                    ty: Type::Text,
                    node: ScalarNode::Cast(Box::new(Scalar {
                        ty: Type::Int,
                        node: ScalarNode::ListTarget(list.id),
                    })),
                });
                let ids = Scalar {
                    ty: Type::Text,
                    node: ScalarNode::ListText { list, element },
                };
                Ok((ids, Form::Ids))
            }
            operand => {
                let value = self.value(operand)?;
                let by = Ident::with_quote('[', "Cinchy Id");
                Ok((value, Form::Pairs(self.lookup(lookups, column, &by)?)))
            }
        }
    }

    /// A value for a link to a table. The ids of a multi-link to it (`[Skills].[Cinchy Id]`) are that multi-link: as a text
    /// they would be read as an id and a version.
    fn copied(&mut self, expression: &Expr, target: TableId) -> Result<Operand, CqlError> {
        if let Expr::CompoundIdentifier(parts) = expression
            && let Some((last, link)) = parts.split_last()
            && last.value.eq_ignore_ascii_case("Cinchy Id")
        {
            let link = match link {
                [only] => Expr::Identifier(only.clone()),
                parts => Expr::CompoundIdentifier(parts.to_vec()),
            };
            if let Ok(Operand::Many(many)) = self.operand(&link)
                && many.target == Some(target)
            {
                return Ok(Operand::Many(many));
            }
        }
        self.operand(expression)
    }

    /// Binds item `index` of a select list, for the column that it is written to if it is one of an INSERT.
    pub(in crate::bind) fn list_item(
        &mut self,
        index: usize,
        expression: &Expr,
    ) -> Result<Scalar, CqlError> {
        let Some(mut assigned) = self.assigned.take() else {
            return self.scalar(expression);
        };
        let bound = match assigned.columns.get(index).cloned().flatten() {
            Some(column) => self.cell(&column, expression, &mut assigned.lookups),
            None => self.scalar(expression).map(|value| (value, Form::Plain)),
        };
        let bound = bound.and_then(|(value, form)| match assigned.forms.get(index) {
            // Another side of a UNION.
            Some(other) if *other != form => Err(unsupported(
                "a UNION of different forms of a link",
                at(expression),
            )),
            Some(_) => Ok(value),
            None => {
                assigned.forms.resize(index, Form::Plain);
                assigned.forms.push(form);
                Ok(value)
            }
        });
        self.assigned = Some(assigned);
        bound
    }
}

/// The value and the column of a ResolveLink; also of one in a CASE, whose other branches clear the link.
fn resolve_link(expression: &Expr) -> Result<Option<(Expr, Ident)>, CqlError> {
    match expression {
        Expr::Nested(inner) => resolve_link(inner),
        Expr::Function(call) if is_resolve_link(call) => resolve_arguments(call).map(Some),
        Expr::Case {
            case_token,
            end_token,
            operand,
            conditions,
            else_result,
        } => {
            let mut by: Option<Ident> = None;
            let mut strip = |value: &Expr| -> Result<Option<Expr>, CqlError> {
                match resolve_link(value)? {
                    Some((inner, own)) => {
                        let same = |b: &Ident| b.value.to_lowercase() == own.value.to_lowercase();
                        if !by.as_ref().is_none_or(same) {
                            return Err(unsupported(
                                "ResolveLink by several columns in one value",
                                at(value),
                            ));
                        }
                        by = Some(own);
                        Ok(Some(inner))
                    }
                    None if clears(value) => Ok(Some(value.clone())),
                    None => Ok(None),
                }
            };
            let mut stripped = Vec::with_capacity(conditions.len());
            for when in conditions {
                let Some(result) = strip(&when.result)? else {
                    return Ok(None);
                };
                stripped.push(CaseWhen {
                    condition: when.condition.clone(),
                    result,
                });
            }
            let otherwise = match else_result {
                None => None,
                Some(value) => match strip(value)? {
                    Some(value) => Some(Box::new(value)),
                    None => return Ok(None),
                },
            };
            Ok(by.map(|by| {
                let case = Expr::Case {
                    case_token: case_token.clone(),
                    end_token: end_token.clone(),
                    operand: operand.clone(),
                    conditions: stripped,
                    else_result: otherwise,
                };
                (case, by)
            }))
        }
        _ => Ok(None),
    }
}

fn is_resolve_link(call: &Function) -> bool {
    call.name.to_string().eq_ignore_ascii_case("ResolveLink")
}

/// NULL or `''`.
fn clears(expression: &Expr) -> bool {
    match expression {
        Expr::Nested(inner) => clears(inner),
        Expr::Value(value) => match &value.value {
            Literal::Null => true,
            Literal::SingleQuotedString(text) => text.is_empty(),
            _ => false,
        },
        _ => false,
    }
}

fn resolve_arguments(call: &Function) -> Result<(Expr, Ident), CqlError> {
    let position = at(&call.name);
    let FunctionArguments::List(list) = &call.args else {
        return Err(unsupported("this form of ResolveLink", position));
    };
    let [
        FunctionArg::Unnamed(FunctionArgExpr::Expr(value)),
        FunctionArg::Unnamed(FunctionArgExpr::Expr(by)),
    ] = list.args.as_slice()
    else {
        return Err(CqlError::ArgumentCount {
            function: "resolvelink".to_owned(),
            wanted: "2".to_owned(),
            position,
        });
    };
    let Expr::Value(literal) = by else {
        return Err(unsupported(
            "ResolveLink by a column that is not given as a text",
            at(by),
        ));
    };
    match &literal.value {
        Literal::SingleQuotedString(name) | Literal::NationalStringLiteral(name) => Ok((
            value.clone(),
            Ident::with_quote_and_span('[', literal.span, name.clone()),
        )),
        _ => Err(unsupported(
            "ResolveLink by a column that is not given as a text",
            at(by),
        )),
    }
}

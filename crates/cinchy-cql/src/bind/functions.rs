//! The function table: names, argument counts and what a call becomes in the IR. A new function is a line in
//! [`lookup`] and an arm in `Binder::call_builtin`.

use std::sync::Arc;

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function as Call, FunctionArg, FunctionArgExpr, FunctionArguments,
    Ident,
};

use super::Binder;
use super::expression::{at, call, case, column_parts, unsupported};
use super::rights::Reader;
use super::types::{self, coerce, is_number};
use crate::catalog::{Column, ColumnKind};
use crate::convert::sql_name;
use crate::error::{CqlError, Position};
use crate::ir::{Aggregate, Condition, Function, Scalar, ScalarNode};
use crate::value::{Bind, Type, Value};

/// A function of CQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Builtin {
    Aggregate(Aggregate),
    /// One text in, `Type` out.
    OfText(Function, Type),
    Concat,
    IsNull,
    Coalesce,
    NullIf,
    Iif,
    NewId,
    GetDate,
    CurrentUserId,
    Editable,
    Change,
}

/// A function by name, with the least and the greatest number of arguments.
fn lookup(name: &str) -> Option<(Builtin, usize, usize)> {
    const MANY: usize = 254;
    Some(match name.to_uppercase().as_str() {
        "COUNT" => (Builtin::Aggregate(Aggregate::Count), 1, 1),
        "SUM" => (Builtin::Aggregate(Aggregate::Sum), 1, 1),
        "AVG" => (Builtin::Aggregate(Aggregate::Avg), 1, 1),
        "MIN" => (Builtin::Aggregate(Aggregate::Min), 1, 1),
        "MAX" => (Builtin::Aggregate(Aggregate::Max), 1, 1),
        "LEN" => (Builtin::OfText(Function::Len, Type::Int), 1, 1),
        "LOWER" => (Builtin::OfText(Function::Lower, Type::Text), 1, 1),
        "UPPER" => (Builtin::OfText(Function::Upper, Type::Text), 1, 1),
        "LTRIM" => (Builtin::OfText(Function::LTrim, Type::Text), 1, 1),
        "RTRIM" => (Builtin::OfText(Function::RTrim, Type::Text), 1, 1),
        "TRIM" => (Builtin::OfText(Function::Trim, Type::Text), 1, 1),
        "CONCAT" => (Builtin::Concat, 2, MANY),
        "ISNULL" => (Builtin::IsNull, 2, 2),
        "COALESCE" => (Builtin::Coalesce, 2, MANY),
        "NULLIF" => (Builtin::NullIf, 2, 2),
        "IIF" => (Builtin::Iif, 3, 3),
        "NEWID" => (Builtin::NewId, 0, 0),
        "GETDATE" | "GETUTCDATE" | "SYSDATETIME" | "SYSUTCDATETIME" => (Builtin::GetDate, 0, 0),
        "CURRENTUSERID" => (Builtin::CurrentUserId, 0, 0),
        "EDITABLE" => (Builtin::Editable, 1, 1),
        "CHANGE" => (Builtin::Change, 1, 1),
        _ => return None,
    })
}

/// The unqualified name of a call.
fn name_of(call: &Call) -> Option<&Ident> {
    match call.name.0.as_slice() {
        [only] => only.as_ident(),
        _ => None,
    }
}

/// Whether this is `draft(x)`, which without change approval is x.
pub(super) fn is_draft(call: &Call) -> bool {
    name_of(call).is_some_and(|n| n.value.eq_ignore_ascii_case("draft"))
}

/// The argument of a call that has one.
pub(super) fn only_argument(call: &Call) -> Result<&Expr, CqlError> {
    let name = name_of(call)
        .map(|n| n.value.to_uppercase())
        .unwrap_or_default();
    match arguments(call)?.as_slice() {
        [only] => Ok(only),
        _ => Err(CqlError::ArgumentCount {
            function: name,
            wanted: "1".to_owned(),
            position: at(&call.name),
        }),
    }
}

fn arguments(call: &Call) -> Result<Vec<&Expr>, CqlError> {
    let position = at(&call.name);
    match &call.args {
        FunctionArguments::None => Ok(Vec::new()),
        FunctionArguments::Subquery(_) => Err(unsupported("a sub-select", position)),
        FunctionArguments::List(list) => list
            .args
            .iter()
            .map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => Ok(e),
                other => Err(unsupported(format!("the argument {other}"), position)),
            })
            .collect(),
    }
}

fn is_star(call: &Call) -> bool {
    matches!(&call.args, FunctionArguments::List(list)
        if matches!(list.args.as_slice(), [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]))
}

impl<'a> Binder<'a> {
    /// Binds a call.
    pub(super) fn function(&mut self, call: &Call) -> Result<Scalar, CqlError> {
        let position = at(&call.name);
        let name = call.name.to_string();
        let Some((builtin, least, most)) = name_of(call).and_then(|n| lookup(&n.value)) else {
            return Err(unsupported(format!("the function {name}"), position));
        };
        let extras = [
            (call.over.is_some(), "OVER"),
            (call.filter.is_some(), "FILTER"),
            (!call.within_group.is_empty(), "WITHIN GROUP"),
            (call.null_treatment.is_some(), "IGNORE NULLS"),
            (
                !matches!(call.parameters, FunctionArguments::None),
                "a second list of arguments",
            ),
        ];
        if let Some((_, what)) = extras.iter().find(|(present, _)| *present) {
            return Err(unsupported(*what, position));
        }
        let mut distinct = false;
        if let FunctionArguments::List(list) = &call.args {
            if !list.clauses.is_empty() {
                return Err(unsupported(format!("a clause within {name}"), position));
            }
            distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
            if list.duplicate_treatment.is_some() && !matches!(builtin, Builtin::Aggregate(_)) {
                return Err(unsupported(format!("DISTINCT within {name}"), position));
            }
        }
        if let Builtin::Aggregate(function) = builtin {
            if let Some(clause) = self.scope.no_aggregate {
                return Err(CqlError::MisplacedAggregate { clause, position });
            }
            if is_star(call) && function == Aggregate::Count && !distinct {
                let node = ScalarNode::Aggregate {
                    function,
                    distinct: false,
                    argument: None,
                };
                return Ok(Scalar {
                    ty: Type::Int,
                    node,
                });
            }
        }
        let arguments = arguments(call)?;
        if arguments.len() < least || arguments.len() > most {
            let wanted = if least == most {
                least.to_string()
            } else {
                format!("{least} to {most}")
            };
            return Err(CqlError::ArgumentCount {
                function: name.to_lowercase(),
                wanted,
                position,
            });
        }
        self.call_builtin(builtin, distinct, &arguments, position)
    }

    fn call_builtin(
        &mut self,
        builtin: Builtin,
        distinct: bool,
        arguments: &[&Expr],
        position: Option<Position>,
    ) -> Result<Scalar, CqlError> {
        match builtin {
            Builtin::NewId => return Ok(call(Function::NewId, Type::Text, Vec::new())),
            Builtin::GetDate => {
                return Ok(Scalar {
                    ty: Type::DateTime,
                    node: ScalarNode::Constant(Bind::Now),
                });
            }
            Builtin::CurrentUserId => {
                return Ok(Scalar {
                    ty: Type::Int,
                    node: ScalarNode::Constant(Bind::CurrentUser),
                });
            }
            Builtin::Editable => return self.editable(arguments[0]),
            Builtin::Change => {
                // No drafts yet; the column must exist all the same.
                self.operand(arguments[0])?;
                return Ok(Scalar::literal(Value::Int(0), Type::Int));
            }
            Builtin::Iif => {
                let condition = self.condition(arguments[0])?;
                let values = vec![self.scalar(arguments[1])?, self.scalar(arguments[2])?];
                return case(vec![condition], values, true, position);
            }
            _ => {}
        }
        let nested = self.scope.no_aggregate;
        if matches!(builtin, Builtin::Aggregate(_)) {
            self.scope.no_aggregate = Some("argument of another aggregate");
        }
        let values = arguments
            .iter()
            .map(|a| self.scalar(a))
            .collect::<Result<Vec<_>, _>>();
        self.scope.no_aggregate = nested;
        call_values(builtin, distinct, values?, position)
    }

    /// `editable([Col])`: 1 where the reader may change the cell, by the grants on the column and their Editable Row
    /// Filters (seen in Meta-Forms, which tests for `=== 0`).
    fn editable(&mut self, argument: &Expr) -> Result<Scalar, CqlError> {
        let position = at(argument);
        let Some(parts) = column_parts(argument) else {
            return Err(unsupported("editable() of anything but a column", position));
        };
        let no = Scalar::literal(Value::Int(0), Type::Int);
        let yes = Scalar::literal(Value::Int(1), Type::Int);
        let (node, path) = match self.resolve(parts) {
            Ok(found) => found,
            // What may not be seen may not be edited: edit implies view.
            Err(e) if e.is_access_denied() => return Ok(no),
            Err(e) => return Err(e),
        };
        let [column] = path.columns.as_slice() else {
            return Err(unsupported("editable() of a linked column", position));
        };
        let table = Arc::clone(&self.nodes[node].table);
        let missing = || CqlError::ColumnNotFound {
            name: column_name(parts),
            position,
        };
        let column = table.column_by_id(*column).ok_or_else(missing)?;
        if is_read_only(column) {
            return Ok(no);
        }
        let reader: Reader<'a> = self.info[node].reader;
        let Some(grants) = reader.editing(&table, column) else {
            return Ok(yes);
        };
        let mut filters = Vec::with_capacity(grants.len());
        for grant in grants {
            let Some(filter) = &grant.edit_filter else {
                return Ok(yes);
            };
            let inner = self.unmasked(node);
            filters.push(self.as_system(inner, |b| b.filter(inner, filter))?);
        }
        if filters.is_empty() {
            return Ok(no);
        }
        let branches = vec![(Condition::Or(filters), yes)];
        let value = Scalar {
            ty: Type::Int,
            node: ScalarNode::Case {
                branches,
                otherwise: Some(Box::new(no)),
            },
        };
        if self.unmasked(node) == node {
            return Ok(value);
        }
        Ok(self.output(node, format!("editable_{}", column.id), value))
    }
}

fn column_name(parts: &[Ident]) -> String {
    parts.last().map(|p| p.value.clone()).unwrap_or_default()
}

fn is_read_only(column: &Column) -> bool {
    column.is_system || matches!(column.kind, ColumnKind::Calculated { .. })
}

fn call_values(
    builtin: Builtin,
    distinct: bool,
    mut values: Vec<Scalar>,
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    let mut next = || {
        if values.is_empty() {
            Scalar::null(Type::Null)
        } else {
            values.remove(0)
        }
    };
    Ok(match builtin {
        Builtin::Aggregate(function) => aggregate(function, distinct, next(), position)?,
        Builtin::OfText(function, ty) => {
            call(function, ty, vec![coerce(next(), Type::Text, position)?])
        }
        Builtin::Concat => {
            let texts = values
                .into_iter()
                .map(|v| coerce(v, Type::Text, position))
                .collect::<Result<_, _>>()?;
            Scalar {
                ty: Type::Text,
                node: ScalarNode::ConcatFunction(texts),
            }
        }
        Builtin::IsNull => {
            // The type of the first, but a text parameter takes the type of the second (`ISNULL(@n, 0)`).
            let (first, second) = (next(), next());
            let flexible = matches!(
                first.node,
                ScalarNode::Constant(Bind::Parameter { ty: Type::Text, .. })
            );
            let ty = if first.ty == Type::Null || (flexible && second.ty != Type::Null) {
                second.ty
            } else {
                first.ty
            };
            let ty = if ty == Type::Null { Type::Int } else { ty };
            let both = vec![coerce(first, ty, position)?, coerce(second, ty, position)?];
            Scalar {
                ty,
                node: ScalarNode::Coalesce(both),
            }
        }
        Builtin::Coalesce => {
            let (ty, values) = types::unify_all(values, position)?;
            Scalar {
                ty,
                node: ScalarNode::Coalesce(values),
            }
        }
        Builtin::NullIf => {
            let (first, second) = types::unify(next(), next(), position)?;
            Scalar {
                ty: first.ty,
                node: ScalarNode::NullIf(Box::new(first), Box::new(second)),
            }
        }
        // Bound before their arguments were.
        Builtin::Iif
        | Builtin::NewId
        | Builtin::GetDate
        | Builtin::CurrentUserId
        | Builtin::Editable
        | Builtin::Change => return Err(unsupported("this call", position)),
    })
}

fn aggregate(
    function: Aggregate,
    distinct: bool,
    argument: Scalar,
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    let invalid = |ty: Type| CqlError::InvalidOperand {
        ty: sql_name(ty),
        function: format!("{function:?}").to_lowercase(),
        position,
    };
    let ty = match function {
        Aggregate::Count => Type::Int,
        Aggregate::Sum | Aggregate::Avg if is_number(argument.ty) => argument.ty,
        Aggregate::Min | Aggregate::Max if is_number(argument.ty) => argument.ty,
        Aggregate::Min | Aggregate::Max if matches!(argument.ty, Type::Text | Type::DateTime) => {
            argument.ty
        }
        _ => return Err(invalid(argument.ty)),
    };
    let argument = Some(Box::new(argument));
    Ok(Scalar {
        ty,
        node: ScalarNode::Aggregate {
            function,
            distinct,
            argument,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::lookup;
    use crate::syntax;

    #[test]
    fn names_have_no_case() {
        assert_eq!(lookup("currentUserId"), lookup("CURRENTUSERID"));
        assert!(lookup("nope").is_none());
        // The parser takes every one of them for a plain call or has a form of its own for it.
        assert!(syntax::parse_fragment("ISNULL(a, b)").is_ok());
    }
}

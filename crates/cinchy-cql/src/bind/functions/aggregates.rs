//! Aggregates.

use sqlparser::ast::{Function as Call, FunctionArguments};

use super::{Entry, How, arguments};
use crate::bind::Binder;
use crate::bind::expression::unsupported;
use crate::bind::group_by::grouping;
use crate::bind::types::{coerce, is_number};
use crate::convert::sql_name;
use crate::error::{CqlError, Position};
use crate::ir::{Aggregate, Scalar, ScalarNode};
use crate::value::Type;

pub(super) const ENTRIES: &[Entry] = &[
    entry("COUNT", Aggregate::Count),
    entry("COUNT_BIG", Aggregate::CountBig),
    entry("SUM", Aggregate::Sum),
    entry("AVG", Aggregate::Avg),
    entry("MIN", Aggregate::Min),
    entry("MAX", Aggregate::Max),
    entry("STDEV", Aggregate::StDev),
    entry("STDEVP", Aggregate::StDevP),
    entry("VAR", Aggregate::Var),
    entry("VARP", Aggregate::VarP),
    Entry {
        name: "GROUPING",
        least: 1,
        most: 1,
        how: How::Written(|binder, arguments, position| {
            if let Some(clause) = binder.scope.no_aggregate {
                return Err(CqlError::MisplacedAggregate { clause, position });
            }
            Ok(grouping(binder.scalar(arguments[0])?))
        }),
    },
    Entry {
        name: "STRING_AGG",
        least: 2,
        most: 2,
        how: How::Call(string_agg),
    },
];

const fn entry(name: &'static str, aggregate: Aggregate) -> Entry {
    Entry {
        name,
        least: 1,
        most: 1,
        how: How::Aggregate(aggregate),
    }
}

impl Aggregate {
    /// The type of a count of rows; `None` for what takes no `*`.
    pub(super) fn of_rows(self) -> Option<Type> {
        match self {
            Self::Count => Some(Type::Int),
            Self::CountBig => Some(Type::BigInt),
            _ => None,
        }
    }
}

pub(super) fn aggregate(
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
    let (ty, argument) = match function {
        Aggregate::Count => (Type::Int, argument),
        Aggregate::CountBig => (Type::BigInt, argument),
        Aggregate::Sum | Aggregate::Avg if is_number(argument.ty) => {
            let ty = summed(function, argument.ty);
            let argument = if ty.is_decimal() {
                argument
            } else {
                coerce(argument, ty, position)?
            };
            (ty, argument)
        }
        Aggregate::StDev | Aggregate::StDevP | Aggregate::Var | Aggregate::VarP
            if is_number(argument.ty) =>
        {
            (Type::Double, coerce(argument, Type::Double, position)?)
        }
        Aggregate::Min | Aggregate::Max if is_number(argument.ty) => (argument.ty, argument),
        Aggregate::Min | Aggregate::Max if argument.ty == Type::Text || argument.ty.is_date() => {
            (argument.ty, argument)
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

/// The type of a sum or average (T-SQL): small integers give `int`, `real` gives `float`, decimals have all 38 digits.
fn summed(function: Aggregate, ty: Type) -> Type {
    match ty {
        Type::TinyInt | Type::SmallInt => Type::Int,
        Type::Real => Type::Double,
        Type::Decimal { scale, .. } => Type::Decimal {
            precision: 38,
            scale: if function == Aggregate::Avg {
                scale.max(6)
            } else {
                scale
            },
        },
        ty => ty,
    }
}

/// `STRING_AGG(value, separator) [WITHIN GROUP (ORDER BY ..)]`. What the order leaves open is settled by the rows' Cinchy
/// Ids, since T-SQL promises none and both databases must agree.
fn string_agg(
    binder: &mut Binder<'_>,
    call: &Call,
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    if let FunctionArguments::List(list) = &call.args
        && (list.duplicate_treatment.is_some() || !list.clauses.is_empty())
    {
        return Err(unsupported("DISTINCT within STRING_AGG", position));
    }
    if let Some(clause) = binder.scope.no_aggregate {
        return Err(CqlError::MisplacedAggregate { clause, position });
    }
    let arguments = arguments(call)?;
    let [value, separator] = arguments.as_slice() else {
        return Err(CqlError::ArgumentCount {
            function: "string_agg".to_owned(),
            wanted: "2".to_owned(),
            position,
        });
    };
    let nested = binder
        .scope
        .no_aggregate
        .replace("argument of another aggregate");
    let bound = binder.string_agg_parts(value, separator, call, position);
    binder.scope.no_aggregate = nested;
    bound
}

impl Binder<'_> {
    fn string_agg_parts(
        &mut self,
        value: &sqlparser::ast::Expr,
        separator: &sqlparser::ast::Expr,
        call: &Call,
        position: Option<Position>,
    ) -> Result<Scalar, CqlError> {
        let value = coerce(self.scalar(value)?, Type::Text, position)?;
        let separator = coerce(self.scalar(separator)?, Type::Text, position)?;
        if !separator.is_constant() {
            return Err(unsupported(
                "a separator of STRING_AGG that is no constant",
                position,
            ));
        }
        let mut order: Vec<(Scalar, bool)> = Vec::new();
        for item in &call.within_group {
            let key = self.scalar(&item.expr)?;
            let descending = item.options.sort == Some(sqlparser::ast::OrderBySort::Desc);
            if !key.is_constant() {
                order.push((key, descending));
            }
        }
        let nodes: Vec<_> = self.scope.sources.iter().map(|s| s.node).collect();
        // The rows of the only query come in its own order.
        let keys = match nodes.as_slice() {
            [only] if order.is_empty() && self.settle_derived(*only)? => Vec::new(),
            _ => self.row_keys(&nodes)?,
        };
        for key in keys {
            if !order.iter().any(|(own, _)| *own == key) {
                order.push((key, false));
            }
        }
        Ok(Scalar {
            ty: Type::Text,
            node: ScalarNode::StringAgg {
                value: Box::new(value),
                separator: Box::new(separator),
                order,
            },
        })
    }
}

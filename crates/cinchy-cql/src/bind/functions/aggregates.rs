//! Aggregates.

use super::{Entry, How};
use crate::bind::types::is_number;
use crate::convert::sql_name;
use crate::error::{CqlError, Position};
use crate::ir::{Aggregate, Scalar, ScalarNode};
use crate::value::Type;

pub(super) const ENTRIES: &[Entry] = &[
    entry("COUNT", Aggregate::Count),
    entry("SUM", Aggregate::Sum),
    entry("AVG", Aggregate::Avg),
    entry("MIN", Aggregate::Min),
    entry("MAX", Aggregate::Max),
];

const fn entry(name: &'static str, aggregate: Aggregate) -> Entry {
    Entry {
        name,
        least: 1,
        most: 1,
        how: How::Aggregate(aggregate),
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

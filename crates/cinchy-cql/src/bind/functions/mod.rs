//! The function table: names, argument counts and what a call becomes in the IR. A new function is an [`Entry`] in the
//! file of its topic, and mostly a [`Function`] in `crate::functions`.

mod aggregates;
mod cinchy;
mod conversion;
pub(super) mod dates;
mod json;
mod logic;
pub(super) mod maths;
mod modified;
pub(super) mod strings;
mod user;

use sqlparser::ast::{
    DuplicateTreatment, Expr, Function as Call, FunctionArg, FunctionArgExpr, FunctionArguments,
    Ident,
};

use super::Binder;
use super::expression::{at, call, unsupported};
use super::types::coerce;
use super::windows::is_window_function;
use crate::error::{CqlError, Position};
use crate::functions::Function;
use crate::ir::{Aggregate, Scalar, ScalarNode, WindowFunction};
use crate::value::Type;

/// A name of CQL that is called.
pub(super) struct Entry {
    /// Upper case.
    name: &'static str,
    /// Least number of arguments.
    least: usize,
    /// Greatest number of arguments.
    most: usize,
    how: How,
}

/// Binds a call by its arguments as they are written.
type BindWritten =
    for<'a> fn(&mut Binder<'a>, &[&Expr], Option<Position>) -> Result<Scalar, CqlError>;

/// Binds a call that has a form of its own.
type BindCall = for<'a> fn(&mut Binder<'a>, &Call, Option<Position>) -> Result<Scalar, CqlError>;

/// How a call is bound.
#[derive(Clone, Copy)]
enum How {
    /// An aggregate.
    Aggregate(Aggregate),
    /// Arguments become these types (the last one holds for all that follow), the result is of this type.
    Plain(&'static Function, &'static [Type], Type),
    /// By its arguments' values, whose types it looks at.
    Values(fn(Vec<Scalar>, Option<Position>) -> Result<Scalar, CqlError>),
    /// By its arguments as they are written.
    Written(BindWritten),
    /// By the whole call, clauses behind the arguments included.
    Call(BindCall),
}

/// More arguments than anybody writes.
const MANY: usize = 254;

/// The tables of all topics.
const TOPICS: &[&[Entry]] = &[
    aggregates::ENTRIES,
    cinchy::ENTRIES,
    conversion::ENTRIES,
    dates::ENTRIES,
    json::ENTRIES,
    logic::ENTRIES,
    maths::ENTRIES,
    strings::ENTRIES,
];

fn lookup(name: &str) -> Option<&'static Entry> {
    TOPICS
        .iter()
        .copied()
        .flatten()
        .find(|entry| entry.name.eq_ignore_ascii_case(name))
}

/// The unqualified name of a call.
pub(super) fn name_of(call: &Call) -> Option<&Ident> {
    match call.name.0.as_slice() {
        [only] => only.as_ident(),
        _ => None,
    }
}

/// The aggregate of a name.
pub(super) fn aggregate_of(name: &str) -> Option<Aggregate> {
    match lookup(name)?.how {
        How::Aggregate(aggregate) => Some(aggregate),
        _ => None,
    }
}

/// An aggregate as a function of a window: its type, itself and its argument; no argument stands for `*`.
pub(super) fn over_aggregate(
    function: Aggregate,
    argument: Option<Scalar>,
    position: Option<Position>,
) -> Result<(Type, WindowFunction, Vec<Scalar>), CqlError> {
    let Some(argument) = argument else {
        return match function.of_rows() {
            Some(ty) => Ok((ty, WindowFunction::Aggregate(function), Vec::new())),
            None => Err(unsupported("* as an argument", position)),
        };
    };
    let bound = aggregates::aggregate(function, false, argument, position)?;
    match bound.node {
        ScalarNode::Aggregate {
            function, argument, ..
        } => Ok((
            bound.ty,
            WindowFunction::Aggregate(function),
            argument.map(|a| *a).into_iter().collect(),
        )),
        _ => Err(unsupported("this aggregate with OVER", position)),
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

pub(super) fn arguments(call: &Call) -> Result<Vec<&Expr>, CqlError> {
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

pub(super) fn is_star(call: &Call) -> bool {
    matches!(&call.args, FunctionArguments::List(list)
        if matches!(list.args.as_slice(), [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)]))
}

impl<'a> Binder<'a> {
    /// Binds a call.
    pub(super) fn function(&mut self, call: &Call) -> Result<Scalar, CqlError> {
        if let Some(over) = &call.over {
            return self.windowed(call, over);
        }
        let position = at(&call.name);
        let name = call.name.to_string();
        if is_window_function(&name) {
            return Err(CqlError::WindowWithoutOrder {
                function: name.to_uppercase(),
                position,
            });
        }
        let Some(entry) = name_of(call).and_then(|n| lookup(&n.value)) else {
            if let Some(function) = self.user_function(call) {
                return self.user_call(&function, call);
            }
            return Err(unsupported(format!("the function {name}"), position));
        };
        let extras = [
            (call.filter.is_some(), "FILTER"),
            (
                !call.within_group.is_empty() && !matches!(entry.how, How::Call(_)),
                "WITHIN GROUP",
            ),
            (call.null_treatment.is_some(), "IGNORE NULLS"),
            (
                !matches!(call.parameters, FunctionArguments::None),
                "a second list of arguments",
            ),
        ];
        if let Some((_, what)) = extras.iter().find(|(present, _)| *present) {
            return Err(unsupported(*what, position));
        }
        if let How::Call(bind) = entry.how {
            return bind(self, call, position);
        }
        let mut distinct = false;
        if let FunctionArguments::List(list) = &call.args {
            if !list.clauses.is_empty() {
                return Err(unsupported(format!("a clause within {name}"), position));
            }
            distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
            if list.duplicate_treatment.is_some() && !matches!(entry.how, How::Aggregate(_)) {
                return Err(unsupported(format!("DISTINCT within {name}"), position));
            }
        }
        if let How::Aggregate(function) = entry.how {
            if let Some(clause) = self.scope.no_aggregate {
                return Err(CqlError::MisplacedAggregate { clause, position });
            }
            if let Some(ty) = function.of_rows()
                && is_star(call)
                && !distinct
            {
                let node = ScalarNode::Aggregate {
                    function,
                    distinct: false,
                    argument: None,
                };
                return Ok(Scalar { ty, node });
            }
        }
        let arguments = arguments(call)?;
        let Entry {
            least, most, how, ..
        } = entry;
        if arguments.len() < *least || arguments.len() > *most {
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
        self.call(*how, distinct, &arguments, position)
    }

    fn call(
        &mut self,
        how: How,
        distinct: bool,
        arguments: &[&Expr],
        position: Option<Position>,
    ) -> Result<Scalar, CqlError> {
        let nested = self.scope.no_aggregate;
        match how {
            How::Written(bind) => return bind(self, arguments, position),
            How::Aggregate(_) => self.scope.no_aggregate = Some("argument of another aggregate"),
            How::Plain(..) | How::Values(_) | How::Call(_) => {}
        }
        let values = arguments
            .iter()
            .map(|a| self.scalar(a))
            .collect::<Result<Vec<_>, _>>();
        self.scope.no_aggregate = nested;
        let values = values?;
        match how {
            How::Values(bind) => bind(values, position),
            How::Plain(function, types, result) => {
                let values = values
                    .into_iter()
                    .enumerate()
                    .map(|(i, value)| match types.get(i).or(types.last()) {
                        Some(ty) => coerce(value, *ty, position),
                        None => Ok(value),
                    })
                    .collect::<Result<_, _>>()?;
                Ok(call(function, result, values))
            }
            How::Aggregate(function) => match values.into_iter().next() {
                Some(argument) => aggregates::aggregate(function, distinct, argument, position),
                None => Err(unsupported("this call", position)),
            },
            How::Written(_) | How::Call(_) => Err(unsupported("this call", position)),
        }
    }
}

/// The values as an array of the number that the entry promises.
fn exactly<const N: usize>(
    values: Vec<Scalar>,
    position: Option<Position>,
) -> Result<[Scalar; N], CqlError> {
    values
        .try_into()
        .map_err(|_| unsupported("this call", position))
}

#[cfg(test)]
mod tests {
    use super::lookup;
    use crate::syntax;

    #[test]
    fn names_have_no_case() {
        assert!(lookup("currentUserId").is_some());
        assert!(lookup("CURRENTUSERID").is_some());
        assert!(lookup("nope").is_none());
        // The parser takes every one of them for a plain call or has a form of its own for it.
        assert!(syntax::parse_fragment("ISNULL(a, b)").is_ok());
    }
}

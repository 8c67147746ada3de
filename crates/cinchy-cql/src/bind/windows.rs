//! Calls with OVER: ranking, LAG and its kin, aggregates over a window. They may stand in the select list and in ORDER BY.

use sqlparser::ast::{
    Expr, Function as Call, OrderByExpr, OrderBySort, Value as Literal, WindowFrame,
    WindowFrameBound, WindowFrameUnits, WindowSpec, WindowType,
};

use super::Binder;
use super::expression::{at, unsupported};
use super::functions::{aggregate_of, arguments, is_star, name_of, over_aggregate};
use super::types::coerce;
use crate::error::{CqlError, Position};
use crate::ir::{Frame, FrameBound, Scalar, ScalarNode, Window, WindowFunction};
use crate::value::Type;

/// Names, least and greatest number of arguments, and whether ORDER BY is needed (T-SQL).
const FUNCTIONS: &[(&str, WindowFunction, usize, usize)] = &[
    ("ROW_NUMBER", WindowFunction::RowNumber, 0, 0),
    ("RANK", WindowFunction::Rank, 0, 0),
    ("DENSE_RANK", WindowFunction::DenseRank, 0, 0),
    ("PERCENT_RANK", WindowFunction::PercentRank, 0, 0),
    ("CUME_DIST", WindowFunction::CumeDist, 0, 0),
    ("NTILE", WindowFunction::NTile, 1, 1),
    ("LAG", WindowFunction::Lag, 1, 3),
    ("LEAD", WindowFunction::Lead, 1, 3),
    ("FIRST_VALUE", WindowFunction::FirstValue, 1, 1),
    ("LAST_VALUE", WindowFunction::LastValue, 1, 1),
];

/// Whether a name is one of a function that is nothing without OVER.
pub(super) fn is_window_function(name: &str) -> bool {
    FUNCTIONS
        .iter()
        .any(|(own, ..)| own.eq_ignore_ascii_case(name))
}

impl<'a> Binder<'a> {
    /// Binds a clause in which windows may stand.
    pub(super) fn windows<T>(
        &mut self,
        bind: impl FnOnce(&mut Self) -> Result<T, CqlError>,
    ) -> Result<T, CqlError> {
        let outer = std::mem::replace(&mut self.scope.windows, true);
        let result = bind(self);
        self.scope.windows = outer;
        result
    }

    /// Binds a call with OVER.
    pub(super) fn windowed(&mut self, call: &Call, over: &WindowType) -> Result<Scalar, CqlError> {
        let position = at(&call.name);
        if !self.scope.windows || self.scope.no_aggregate.is_some() {
            return Err(CqlError::Rule {
                text: "Windowed functions can only appear in the SELECT or ORDER BY clauses.",
                position,
            });
        }
        let WindowType::WindowSpec(spec) = over else {
            return Err(unsupported("a named window", position));
        };
        if spec.window_name.is_some() {
            return Err(unsupported("a named window", position));
        }
        // No window within a window.
        self.scope.windows = false;
        let bound = self.window(call, spec, position);
        self.scope.windows = true;
        bound
    }

    fn window(
        &mut self,
        call: &Call,
        spec: &WindowSpec,
        position: Option<Position>,
    ) -> Result<Scalar, CqlError> {
        let refused = [
            (call.filter.is_some(), "FILTER"),
            (
                !call.within_group.is_empty(),
                "WITHIN GROUP together with OVER",
            ),
            (call.null_treatment.is_some(), "IGNORE NULLS"),
        ];
        super::select::refuse(&refused, position)?;
        let (ty, function, arguments) = self.window_function(call, position)?;
        let partition = spec
            .partition_by
            .iter()
            .map(|e| self.scalar(e))
            .collect::<Result<Vec<_>, _>>()?;
        let order = self.window_order(&spec.order_by)?;
        let aggregate = matches!(function, WindowFunction::Aggregate(_));
        if order.is_empty() && !aggregate {
            return Err(CqlError::WindowWithoutOrder {
                function: call.name.to_string().to_uppercase(),
                position,
            });
        }
        let frame = match &spec.window_frame {
            None => None,
            Some(_) if order.is_empty() => {
                return Err(CqlError::Rule {
                    text: "Window frame with ROWS or RANGE must have an ORDER BY clause.",
                    position,
                });
            }
            Some(frame) => Some(frame_of(frame, position)?),
        };
        let takes_frame = aggregate
            || matches!(
                function,
                WindowFunction::FirstValue | WindowFunction::LastValue
            );
        if frame.is_some() && !takes_frame {
            return Err(CqlError::WindowWithFrame {
                function: call.name.to_string().to_uppercase(),
                position,
            });
        }
        Ok(Scalar {
            ty,
            node: ScalarNode::Window(Box::new(Window {
                function,
                arguments,
                partition,
                order,
                frame,
            })),
        })
    }

    fn window_function(
        &mut self,
        call: &Call,
        position: Option<Position>,
    ) -> Result<(Type, WindowFunction, Vec<Scalar>), CqlError> {
        let name = name_of(call).map(|n| n.value.as_str()).unwrap_or_default();
        if let Some(aggregate) = aggregate_of(name) {
            if is_star(call) {
                return over_aggregate(aggregate, None, position);
            }
            let [argument] = arguments(call)?[..] else {
                return Err(argument_count(name, 1, 1, position));
            };
            if let sqlparser::ast::FunctionArguments::List(list) = &call.args
                && list.duplicate_treatment == Some(sqlparser::ast::DuplicateTreatment::Distinct)
            {
                return Err(CqlError::Rule {
                    text: "Use of DISTINCT is not allowed with the OVER clause.",
                    position,
                });
            }
            let argument = self.scalar(argument)?;
            return over_aggregate(aggregate, Some(argument), position);
        }
        let found = FUNCTIONS
            .iter()
            .find(|(own, ..)| own.eq_ignore_ascii_case(name));
        let Some((_, function, least, most)) = found else {
            return Err(unsupported(
                format!("the function {name} with OVER"),
                position,
            ));
        };
        let written = arguments(call)?;
        if written.len() < *least || written.len() > *most {
            return Err(argument_count(name, *least, *most, position));
        }
        let mut values = written
            .into_iter()
            .map(|e| self.scalar(e))
            .collect::<Result<Vec<_>, _>>()?;
        let ty = match function {
            WindowFunction::PercentRank | WindowFunction::CumeDist => Type::Double,
            WindowFunction::NTile => {
                if let Some(number) = values.pop() {
                    values.push(coerce(number, Type::Int, position)?);
                }
                Type::BigInt
            }
            WindowFunction::Lag
            | WindowFunction::Lead
            | WindowFunction::FirstValue
            | WindowFunction::LastValue => self.shifted(&mut values, position)?,
            _ => Type::BigInt,
        };
        Ok((ty, *function, values))
    }

    /// Arguments of LAG and its kin: a value, how many rows away, what stands for a row that is not there.
    fn shifted(
        &self,
        values: &mut Vec<Scalar>,
        position: Option<Position>,
    ) -> Result<Type, CqlError> {
        let mut own = std::mem::take(values).into_iter();
        let mut ty = Type::Int;
        if let Some(value) = own.next() {
            // An untyped NULL is an integer (T-SQL).
            let value = match value.ty {
                Type::Null => Scalar::null(Type::Int),
                _ => value,
            };
            ty = value.ty;
            values.push(value);
        }
        if let Some(away) = own.next() {
            values.push(coerce(away, Type::Int, position)?);
        }
        if let Some(default) = own.next() {
            values.push(coerce(default, ty, position)?);
        }
        Ok(ty)
    }

    fn window_order(&mut self, order_by: &[OrderByExpr]) -> Result<Vec<(Scalar, bool)>, CqlError> {
        let mut order = Vec::with_capacity(order_by.len());
        for item in order_by {
            let position = at(&item.expr);
            let descending = match &item.options.sort {
                None | Some(OrderBySort::Asc) => false,
                Some(OrderBySort::Desc) => true,
                Some(OrderBySort::Using(_)) => {
                    return Err(unsupported("ORDER BY USING", position));
                }
            };
            if item.options.nulls_first.is_some() || item.with_fill.is_some() {
                return Err(unsupported(
                    "NULLS FIRST, NULLS LAST or WITH FILL",
                    position,
                ));
            }
            let key = self.scalar(&item.expr)?;
            if key.is_constant() {
                return Err(CqlError::Rule {
                    text: "Windowed functions, aggregates and NEXT VALUE FOR functions do not support constants as ORDER BY clause expressions.",
                    position,
                });
            }
            order.push((key, descending));
        }
        Ok(order)
    }
}

fn argument_count(name: &str, least: usize, most: usize, position: Option<Position>) -> CqlError {
    let wanted = if least == most {
        least.to_string()
    } else {
        format!("{least} to {most}")
    };
    CqlError::ArgumentCount {
        function: name.to_lowercase(),
        wanted,
        position,
    }
}

fn frame_of(frame: &WindowFrame, position: Option<Position>) -> Result<Frame, CqlError> {
    let rows = match frame.units {
        WindowFrameUnits::Rows => true,
        WindowFrameUnits::Range => false,
        WindowFrameUnits::Groups => return Err(unsupported("GROUPS", position)),
    };
    let start = bound_of(&frame.start_bound)?;
    let end = match &frame.end_bound {
        Some(bound) => bound_of(bound)?,
        None => FrameBound::CurrentRow,
    };
    let counted = |b: &FrameBound| matches!(b, FrameBound::Preceding(_) | FrameBound::Following(_));
    if !rows && (counted(&start) || counted(&end)) {
        return Err(CqlError::Rule {
            text: "RANGE is only supported with UNBOUNDED and CURRENT ROW window frame delimiters.",
            position,
        });
    }
    let place = |bound: FrameBound| match bound {
        FrameBound::UnboundedPreceding => 0,
        FrameBound::Preceding(_) => 1,
        FrameBound::CurrentRow => 2,
        FrameBound::Following(_) => 3,
        FrameBound::UnboundedFollowing => 4,
    };
    if place(start) > place(end)
        || start == FrameBound::UnboundedFollowing
        || end == FrameBound::UnboundedPreceding
    {
        return Err(CqlError::Rule {
            text: "The window frame ends before it begins.",
            position,
        });
    }
    Ok(Frame { rows, start, end })
}

fn bound_of(bound: &WindowFrameBound) -> Result<FrameBound, CqlError> {
    let number = |expression: &Expr| match expression {
        Expr::Value(value) => match &value.value {
            Literal::Number(digits, _) => digits.parse::<u32>().ok().map(u64::from),
            _ => None,
        },
        _ => None,
    };
    let counted = |expression: &Expr| {
        number(expression).ok_or_else(|| {
            unsupported("an end of a window frame that is no number", at(expression))
        })
    };
    Ok(match bound {
        WindowFrameBound::CurrentRow => FrameBound::CurrentRow,
        WindowFrameBound::Preceding(None) => FrameBound::UnboundedPreceding,
        WindowFrameBound::Following(None) => FrameBound::UnboundedFollowing,
        WindowFrameBound::Preceding(Some(n)) => FrameBound::Preceding(counted(n)?),
        WindowFrameBound::Following(Some(n)) => FrameBound::Following(counted(n)?),
    })
}

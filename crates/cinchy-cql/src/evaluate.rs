//! Values that need no database: what is made of constants, parameters, the clock and functions that are computed in
//! Rust. The renderer asks for them, so both databases get the same value, with T-SQL's digits and errors.

use std::cmp::Ordering;
use std::sync::Arc;

use bigdecimal::{BigDecimal, RoundingMode, Zero};

use crate::api::Arguments;
use crate::convert::{convert_from, decimal, moment, number, sql_name};
use crate::error::CqlError;
use crate::ir::{Arithmetic, Comparison, Condition, Pattern, Scalar, ScalarNode};
use crate::like;
use crate::value::{Bind, Type, Value};

/// An expression of parameters and constants, computed when a statement runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Computed(Arc<Scalar>);

impl Computed {
    /// An expression that needs no database.
    pub(crate) fn new(scalar: Scalar) -> Self {
        Self(Arc::new(scalar))
    }

    /// Its type.
    pub(crate) fn ty(&self) -> Type {
        self.0.ty
    }

    /// Its value.
    ///
    /// # Errors
    /// What its operations raise.
    pub fn resolve(&self, arguments: &Arguments) -> Result<Value, CqlError> {
        evaluate(&self.0, arguments)
    }
}

/// What becomes of an expression before a database sees it.
#[derive(Debug)]
pub(crate) enum Folded {
    /// It needs rows.
    No,
    /// It is this value.
    Value(Bind),
    /// It cannot be computed; it raises when a row asks for it.
    Error(CqlError),
}

/// Computes what can be computed: now, or as a bind when the statement runs.
pub(crate) fn fold(scalar: &Scalar) -> Folded {
    if !scalar.is_settled() {
        return Folded::No;
    }
    match &scalar.node {
        ScalarNode::Constant(bind) => Folded::Value(bind.clone()),
        _ if scalar.waits() => Folded::Value(Bind::Computed(Computed::new(scalar.clone()))),
        _ => {
            let none = Arguments {
                values: &[],
                current_user: 0,
                now: moment::epoch(),
            };
            match evaluate(scalar, &none) {
                Ok(value) => Folded::Value(Bind::Literal(value)),
                Err(e) => Folded::Error(e),
            }
        }
    }
}

impl Scalar {
    /// Whether it can be computed without a database.
    pub(crate) fn is_settled(&self) -> bool {
        match &self.node {
            // A script needs an engine.
            ScalarNode::Constant(bind) => !matches!(bind, Bind::UserCall { .. }),
            ScalarNode::Call {
                function,
                arguments,
            } => function.evaluate.is_some() && arguments.iter().all(Self::is_settled),
            ScalarNode::Negate(inner) | ScalarNode::Cast(inner) => inner.is_settled(),
            ScalarNode::Arithmetic { left, right, .. } | ScalarNode::NullIf(left, right) => {
                left.is_settled() && right.is_settled()
            }
            ScalarNode::Concatenate(all)
            | ScalarNode::ConcatFunction(all)
            | ScalarNode::Coalesce(all) => all.iter().all(Self::is_settled),
            ScalarNode::Case {
                branches,
                otherwise,
            } => {
                branches
                    .iter()
                    .all(|(condition, value)| condition.is_settled() && value.is_settled())
                    && otherwise.as_ref().is_none_or(|value| value.is_settled())
            }
            _ => false,
        }
    }

    /// Whether a settled one waits for parameters, the caller or the clock.
    fn waits(&self) -> bool {
        match &self.node {
            ScalarNode::Constant(bind) => !matches!(bind, Bind::Literal(_)),
            _ => {
                self.parts().into_iter().any(Self::waits)
                    || self.inner_conditions().into_iter().any(Condition::waits)
            }
        }
    }
}

impl Condition {
    fn is_settled(&self) -> bool {
        match self {
            Self::Compare { .. }
            | Self::And(_)
            | Self::Or(_)
            | Self::Not(_)
            | Self::In { .. }
            | Self::Between { .. }
            | Self::Like { .. }
            | Self::IsNull { .. } => {
                self.scalars().into_iter().all(Scalar::is_settled)
                    && self.conditions().into_iter().all(Self::is_settled)
            }
            _ => false,
        }
    }

    fn waits(&self) -> bool {
        self.scalars().into_iter().any(Scalar::waits)
            || self.conditions().into_iter().any(Self::waits)
    }
}

fn evaluate(scalar: &Scalar, arguments: &Arguments) -> Result<Value, CqlError> {
    let ty = scalar.ty;
    let each = |all: &[Scalar]| {
        all.iter()
            .map(|s| evaluate(s, arguments))
            .collect::<Result<Vec<_>, _>>()
    };
    Ok(match &scalar.node {
        ScalarNode::Constant(bind) => bind.resolve(arguments)?,
        ScalarNode::Negate(inner) => negate(evaluate(inner, arguments)?, ty)?,
        ScalarNode::Cast(inner) => convert_from(&evaluate(inner, arguments)?, inner.ty, ty, None)?,
        ScalarNode::Arithmetic { op, left, right } => {
            let (left, right) = (evaluate(left, arguments)?, evaluate(right, arguments)?);
            arithmetic(*op, &left, &right, ty)?
        }
        ScalarNode::Concatenate(parts) => {
            let mut out = String::new();
            for part in each(parts)? {
                match part {
                    Value::Text(text) => out.push_str(&text),
                    _ => return Ok(Value::Null),
                }
            }
            Value::Text(out)
        }
        ScalarNode::ConcatFunction(parts) => {
            let mut out = String::new();
            for part in each(parts)? {
                if let Value::Text(text) = part {
                    out.push_str(&text);
                }
            }
            Value::Text(out)
        }
        ScalarNode::Case {
            branches,
            otherwise,
        } => {
            for (condition, value) in branches {
                if truth(condition, arguments)? == Some(true) {
                    return evaluate(value, arguments);
                }
            }
            match otherwise {
                Some(value) => evaluate(value, arguments)?,
                None => Value::Null,
            }
        }
        ScalarNode::Coalesce(values) => {
            for value in values {
                let value = evaluate(value, arguments)?;
                if value != Value::Null {
                    return Ok(value);
                }
            }
            Value::Null
        }
        ScalarNode::NullIf(left, right) => {
            let (left, right) = (evaluate(left, arguments)?, evaluate(right, arguments)?);
            match compare(&left, &right, true) {
                Some(Ordering::Equal) => Value::Null,
                _ => left,
            }
        }
        ScalarNode::Call {
            function,
            arguments: given,
        } => {
            let values = each(given)?;
            if function.strict && values.contains(&Value::Null) {
                return Ok(Value::Null);
            }
            match function.evaluate {
                Some(compute) => compute(&values, ty)?,
                None => return Err(beyond()),
            }
        }
        _ => return Err(beyond()),
    })
}

/// What [`Scalar::is_settled`] keeps out.
fn beyond() -> CqlError {
    CqlError::Unsupported {
        what: "an expression of rows here".to_owned(),
        position: None,
    }
}

fn truth(condition: &Condition, arguments: &Arguments) -> Result<Option<bool>, CqlError> {
    let value = |scalar: &Scalar| evaluate(scalar, arguments);
    Ok(match condition {
        Condition::Compare { op, left, right } => {
            let padded = matches!(op, Comparison::Equal | Comparison::NotEqual);
            compare(&value(left)?, &value(right)?, padded).map(|order| match op {
                Comparison::Equal => order.is_eq(),
                Comparison::NotEqual => order.is_ne(),
                Comparison::Less => order.is_lt(),
                Comparison::LessOrEqual => order.is_le(),
                Comparison::Greater => order.is_gt(),
                Comparison::GreaterOrEqual => order.is_ge(),
            })
        }
        Condition::And(all) => {
            let mut result = Some(true);
            for condition in all {
                match truth(condition, arguments)? {
                    Some(false) => return Ok(Some(false)),
                    None => result = None,
                    Some(true) => {}
                }
            }
            result
        }
        Condition::Or(all) => {
            let mut result = Some(false);
            for condition in all {
                match truth(condition, arguments)? {
                    Some(true) => return Ok(Some(true)),
                    None => result = None,
                    Some(false) => {}
                }
            }
            result
        }
        Condition::Not(inner) => truth(inner, arguments)?.map(|t| !t),
        Condition::In {
            value: searched,
            list,
            negated,
        } => {
            let searched = value(searched)?;
            let mut found = Some(false);
            for item in list {
                match compare(&searched, &value(item)?, true) {
                    Some(Ordering::Equal) => {
                        found = Some(true);
                        break;
                    }
                    None => found = None,
                    _ => {}
                }
            }
            found.map(|t| t != *negated)
        }
        Condition::Between {
            value: tested,
            low,
            high,
            negated,
        } => {
            let tested = value(tested)?;
            let above = compare(&tested, &value(low)?, false).map(Ordering::is_ge);
            let below = compare(&tested, &value(high)?, false).map(Ordering::is_le);
            let within = match (above, below) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
            within.map(|t| t != *negated)
        }
        Condition::Like {
            value: tested,
            pattern,
            negated,
        } => {
            let tested = value(tested)?;
            let matched = match pattern {
                Pattern::Plain(plain) => match &tested {
                    Value::Text(text) => Some(like::like(text, &plain.like, Some('\\'))),
                    _ => None,
                },
                Pattern::Full { pattern, escape } => match (&tested, value(pattern)?) {
                    (Value::Text(text), Value::Text(pattern)) => {
                        Some(like::like(text, &pattern, *escape))
                    }
                    _ => None,
                },
            };
            matched.map(|t| t != *negated)
        }
        Condition::IsNull {
            value: tested,
            negated,
        } => Some((value(tested)? == Value::Null) != *negated),
        _ => return Err(beyond()),
    })
}

/// Compares values of one type; `None` when one is NULL. `padded`: blanks at the end of texts do not count.
pub(crate) fn compare(left: &Value, right: &Value, padded: bool) -> Option<Ordering> {
    let trim = |text: &'_ str| -> usize {
        if padded {
            text.trim_end_matches(' ').len()
        } else {
            text.len()
        }
    };
    match (left, right) {
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Int(b)) => Some(i64::from(*a).cmp(b)),
        (Value::Int(a), Value::Bool(b)) => Some(a.cmp(&i64::from(*b))),
        (Value::Decimal(a), Value::Decimal(b)) => Some(a.cmp(b)),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::Text(a), Value::Text(b)) => Some(a[..trim(a)].cmp(&b[..trim(b)])),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        (Value::DateTime(a), Value::DateTime(b)) => Some(a.cmp(b)),
        (Value::DateTimeOffset(a), Value::DateTimeOffset(b)) => Some(a.cmp(b)),
        (Value::Bytes(a), Value::Bytes(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn overflow(ty: Type) -> CqlError {
    CqlError::Overflow {
        from: "expression",
        to: sql_name(ty),
    }
}

fn negate(value: Value, ty: Type) -> Result<Value, CqlError> {
    Ok(match value {
        Value::Int(n) => {
            let n = n.checked_neg().ok_or_else(|| overflow(ty))?;
            Value::Int(number::in_range(n, ty)?)
        }
        Value::Decimal(n) => Value::Decimal(-n),
        Value::Double(x) => Value::Double(-x),
        _ => Value::Null,
    })
}

/// An operator on two numbers of the type of the result, or decimals of any.
///
/// # Errors
/// Overflow, and division by zero.
pub(crate) fn arithmetic(
    op: Arithmetic,
    left: &Value,
    right: &Value,
    ty: Type,
) -> Result<Value, CqlError> {
    let zero = || CqlError::DivideByZero { position: None };
    Ok(match (left, right) {
        (Value::Int(a), Value::Int(b)) => {
            let result = match op {
                Arithmetic::Add => a.checked_add(*b),
                Arithmetic::Subtract => a.checked_sub(*b),
                Arithmetic::Multiply => a.checked_mul(*b),
                Arithmetic::Divide | Arithmetic::Modulo if *b == 0 => return Err(zero()),
                Arithmetic::Divide => a.checked_div(*b),
                Arithmetic::Modulo => Some(a.checked_rem(*b).unwrap_or(0)),
            };
            Value::Int(number::in_range(result.ok_or_else(|| overflow(ty))?, ty)?)
        }
        (Value::Double(a), Value::Double(b)) => {
            let result = match op {
                Arithmetic::Add => a + b,
                Arithmetic::Subtract => a - b,
                Arithmetic::Multiply => a * b,
                Arithmetic::Divide | Arithmetic::Modulo if *b == 0.0 => return Err(zero()),
                Arithmetic::Divide => a / b,
                Arithmetic::Modulo => a % b,
            };
            if !result.is_finite() {
                return Err(overflow(ty));
            }
            Value::Double(if ty == Type::Real {
                number::single(result)
            } else {
                result
            })
        }
        (Value::Decimal(a), Value::Decimal(b)) => decimals(op, a, b, ty)?,
        _ => Value::Null,
    })
}

fn decimals(op: Arithmetic, a: &BigDecimal, b: &BigDecimal, ty: Type) -> Result<Value, CqlError> {
    let result = match op {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide | Arithmetic::Modulo if b.is_zero() => {
            return Err(CqlError::DivideByZero { position: None });
        }
        // Digits beyond the scale are cut (T-SQL): exactly, by whole numbers.
        Arithmetic::Divide => {
            let scale = decimal::shape(ty).map_or(0, |(_, scale)| i64::from(scale));
            let power = scale + b.fractional_digit_count().max(0);
            let a = a.with_scale(power.max(a.fractional_digit_count()));
            let b = b.with_scale(b.fractional_digit_count().max(0));
            let (a, shift) = a.into_bigint_and_exponent();
            let (b, less) = b.into_bigint_and_exponent();
            BigDecimal::new(a / b, shift - less)
        }
        Arithmetic::Modulo => {
            let quotient = decimals(
                Arithmetic::Divide,
                a,
                b,
                Type::Decimal {
                    precision: 38,
                    scale: 0,
                },
            );
            match quotient {
                Ok(Value::Decimal(quotient)) => {
                    a - quotient.with_scale_round(0, RoundingMode::Down) * b
                }
                Ok(_) => return Ok(Value::Null),
                Err(e) => return Err(e),
            }
        }
    };
    let fitted = match op {
        Arithmetic::Divide => decimal::fit_cut(&result, ty, "expression"),
        _ => decimal::fit(&result, ty, "expression"),
    };
    fitted.map(Value::Decimal)
}

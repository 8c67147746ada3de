//! Functions of numbers, and the operators on their bits. The result has the type of the argument where T-SQL says so:
//! `POWER(2, -1)` is 0.

use super::{Entry, How, exactly};
use crate::bind::expression::call;
use crate::bind::types::{self, coerce, is_number};
use crate::convert::sql_name;
use crate::error::{CqlError, Position};
use crate::functions::{Function, maths};
use crate::ir::Scalar;
use crate::value::{Type, Value};

const FLOAT: &[Type] = &[Type::Double];

pub(super) const ENTRIES: &[Entry] = &[
    float("SQRT", 1, &maths::SQRT),
    float("SQUARE", 1, &maths::SQUARE),
    float("EXP", 1, &maths::EXP),
    float("LOG10", 1, &maths::LOG10),
    float("ACOS", 1, &maths::ACOS),
    float("ASIN", 1, &maths::ASIN),
    float("ATAN", 1, &maths::ATAN),
    float("ATN2", 2, &maths::ATN2),
    float("COS", 1, &maths::COS),
    float("COT", 1, &maths::COT),
    float("SIN", 1, &maths::SIN),
    float("TAN", 1, &maths::TAN),
    values("ABS", 1, 1, |v, at| same(&maths::ABS, v, at)),
    values("SIGN", 1, 1, |v, at| same(&maths::SIGN, v, at)),
    values("CEILING", 1, 1, |v, at| same(&maths::CEILING, v, at)),
    values("FLOOR", 1, 1, floor),
    values("ROUND", 2, 3, round),
    values("POWER", 2, 2, |v, at| by_float(&maths::POWER, v, at)),
    values("DEGREES", 1, 1, |v, at| by_float(&maths::DEGREES, v, at)),
    values("RADIANS", 1, 1, |v, at| by_float(&maths::RADIANS, v, at)),
    values("LOG", 1, 2, log),
    values("PI", 0, 0, |_, _| {
        let pi = Value::Double(std::f64::consts::PI);
        Ok(Scalar::literal(pi, Type::Double))
    }),
    values("RAND", 0, 1, rand),
];

const fn float(name: &'static str, arguments: usize, function: &'static Function) -> Entry {
    Entry {
        name,
        least: arguments,
        most: arguments,
        how: How::Plain(function, FLOAT, Type::Double),
    }
}

const fn values(
    name: &'static str,
    least: usize,
    most: usize,
    bind: fn(Vec<Scalar>, Option<Position>) -> Result<Scalar, CqlError>,
) -> Entry {
    Entry {
        name,
        least,
        most,
        how: How::Values(bind),
    }
}

/// A number of the type that the result has: texts and bits are floats (T-SQL), NULL alone is an integer.
fn number(value: Scalar, function: &Function, at: Option<Position>) -> Result<Scalar, CqlError> {
    match value.ty {
        Type::Null => coerce(value, Type::Int, at),
        Type::Text | Type::Bit => coerce(value, Type::Double, at),
        ty if is_number(ty) => Ok(value),
        ty => Err(CqlError::InvalidOperand {
            ty: sql_name(ty),
            function: function.name.to_owned(),
            position: at,
        }),
    }
}

/// The result has the type of the argument.
fn same(
    function: &'static Function,
    values: Vec<Scalar>,
    at: Option<Position>,
) -> Result<Scalar, CqlError> {
    let [value] = exactly(values, at)?;
    let value = number(value, function, at)?;
    let ty = match value.ty {
        // No digits behind the point are left (T-SQL).
        Type::Decimal { precision, .. }
            if *function == maths::FLOOR || *function == maths::CEILING =>
        {
            Type::Decimal {
                precision,
                scale: 0,
            }
        }
        ty => ty,
    };
    Ok(call(function, ty, vec![value]))
}

/// `FLOOR(x)`, which the parser has a form of its own for.
pub(in crate::bind) fn floor(
    values: Vec<Scalar>,
    at: Option<Position>,
) -> Result<Scalar, CqlError> {
    same(&maths::FLOOR, values, at)
}

fn round(values: Vec<Scalar>, at: Option<Position>) -> Result<Scalar, CqlError> {
    let mut values = values.into_iter();
    let (Some(value), Some(digits)) = (values.next(), values.next()) else {
        return Err(crate::bind::expression::unsupported("this ROUND", at));
    };
    let cut = values
        .next()
        .unwrap_or_else(|| Scalar::literal(Value::Int(0), Type::Int));
    let value = number(value, &maths::ROUND, at)?;
    let ty = value.ty;
    let digits = coerce(digits, Type::BigInt, at)?;
    let cut = coerce(cut, Type::BigInt, at)?;
    Ok(call(&maths::ROUND, ty, vec![value, digits, cut]))
}

/// Computed as a float, and then of the type of the first argument.
fn by_float(
    function: &'static Function,
    values: Vec<Scalar>,
    at: Option<Position>,
) -> Result<Scalar, CqlError> {
    let mut ty = None;
    let mut floats = Vec::with_capacity(values.len());
    for value in values {
        let value = number(value, function, at)?;
        ty.get_or_insert(value.ty);
        floats.push(coerce(value, Type::Double, at)?);
    }
    let ty = match ty.unwrap_or(Type::Double) {
        // The scale stays, and there is room for every result (T-SQL).
        Type::Decimal { scale, .. } => Type::Decimal {
            precision: 38,
            scale,
        },
        ty => ty,
    };
    coerce(call(function, Type::Double, floats), ty, at)
}

fn log(values: Vec<Scalar>, at: Option<Position>) -> Result<Scalar, CqlError> {
    let function = if values.len() == 1 {
        &maths::LOG
    } else {
        &maths::LOG_BASE
    };
    let floats = values
        .into_iter()
        .map(|v| coerce(v, Type::Double, at))
        .collect::<Result<_, _>>()?;
    Ok(call(function, Type::Double, floats))
}

fn rand(values: Vec<Scalar>, at: Option<Position>) -> Result<Scalar, CqlError> {
    let seed = values
        .into_iter()
        .map(|v| coerce(v, Type::BigInt, at))
        .collect::<Result<Vec<_>, _>>()?;
    let function = if seed.is_empty() {
        &maths::RANDOM
    } else {
        &maths::RAND
    };
    Ok(call(function, Type::Double, seed))
}

/// `&`, `|` and `^`: of integers and bits; two bits give a bit.
pub(in crate::bind) fn bitwise(
    function: &'static Function,
    symbol: &'static str,
    left: Scalar,
    right: Scalar,
    at: Option<Position>,
) -> Result<Scalar, CqlError> {
    let wrong = CqlError::IncompatibleTypes {
        left: sql_name(left.ty),
        right: sql_name(right.ty),
        operator: symbol,
        position: at,
    };
    let ty = types::common(left.ty, right.ty);
    let ty = match ty {
        Type::Null => return Ok(Scalar::null(Type::Null)),
        // A text parameter or constant becomes a number by its context.
        Type::Text if left.is_constant() && right.is_constant() => Type::Int,
        ty if ty == Type::Bit || ty.is_integer() => ty,
        _ => return Err(wrong),
    };
    let wide = if ty == Type::Bit { Type::Int } else { ty };
    let sides = vec![coerce(left, wide, at)?, coerce(right, wide, at)?];
    coerce(call(function, wide, sides), ty, at)
}

/// `~ x`: of an integer; of a bit it is the other one.
pub(in crate::bind) fn complement(value: Scalar, at: Option<Position>) -> Result<Scalar, CqlError> {
    match value.ty {
        Type::Null => Ok(value),
        Type::Bit => {
            let one = Scalar::literal(Value::Int(1), Type::Int);
            let flipped = call(
                &maths::BIT_XOR,
                Type::Int,
                vec![coerce(value, Type::Int, at)?, one],
            );
            coerce(flipped, Type::Bit, at)
        }
        Type::Text if value.is_constant() => {
            let value = coerce(value, Type::Int, at)?;
            Ok(call(&maths::BIT_NOT, Type::Int, vec![value]))
        }
        // The only integer without a sign.
        Type::TinyInt => {
            let all = Scalar::literal(Value::Int(255), Type::TinyInt);
            Ok(call(&maths::BIT_XOR, Type::TinyInt, vec![value, all]))
        }
        ty if ty.is_integer() => Ok(call(&maths::BIT_NOT, ty, vec![value])),
        ty => Err(CqlError::InvalidOperand {
            ty: sql_name(ty),
            function: "'~'".to_owned(),
            position: at,
        }),
    }
}

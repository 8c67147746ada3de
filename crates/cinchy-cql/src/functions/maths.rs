//! Functions of numbers. Those that T-SQL computes as a float and gives back as an integer are written as a conversion of
//! the float by the binder. The PostgreSQL forms are overloaded by type and raise T-SQL's errors.

use super::arguments::{double, int};
use super::decimals;
use super::{Function, Sql};
use crate::error::CqlError;
use crate::value::{Type, Value};

/// All of this file.
pub(super) const ALL: &[&Function] = &[
    &ABS, &SIGN, &CEILING, &FLOOR, &ROUND, &POWER, &SQRT, &SQUARE, &EXP, &LOG, &LOG_BASE, &LOG10,
    &ACOS, &ASIN, &ATAN, &ATN2, &COS, &COT, &SIN, &TAN, &DEGREES, &RADIANS, &RANDOM, &RAND,
    &BIT_AND, &BIT_OR, &BIT_XOR, &BIT_NOT, &IN_RANGE,
];

/// A degree in radians, as PostgreSQL has it.
const DEGREE: f64 = 0.017_453_292_519_943_295;

/// `ABS(x)`, of the type of x.
pub(crate) static ABS: Function = Function {
    name: "abs",
    strict: true,
    evaluate: Some(|args, ty| match args.first() {
        Some(Value::Int(n)) => integer(n.checked_abs(), ty),
        Some(Value::Decimal(n)) => decimals::absolute(n, ty),
        _ => Ok(Value::Double(double(args, 0).abs())),
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Native("abs"),
};

/// `SIGN(x)`: -1, 0 or 1, of the type of x.
pub(crate) static SIGN: Function = Function {
    name: "sign",
    strict: true,
    evaluate: Some(|args, ty| {
        Ok(match args.first() {
            Some(Value::Int(n)) => Value::Int(n.signum()),
            Some(Value::Decimal(n)) => decimals::sign(n, ty)?,
            _ => {
                let x = double(args, 0);
                Value::Double(if x == 0.0 { 0.0 } else { x.signum() })
            }
        })
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_sign"),
};

/// `CEILING(x)`, of the type of x.
pub(crate) static CEILING: Function = Function {
    name: "ceiling",
    strict: true,
    evaluate: Some(|args, ty| match args.first() {
        Some(Value::Decimal(n)) => decimals::ceiling(n, ty),
        _ => whole(args, f64::ceil),
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_ceiling"),
};

/// `FLOOR(x)`, of the type of x.
pub(crate) static FLOOR: Function = Function {
    name: "floor",
    strict: true,
    evaluate: Some(|args, ty| match args.first() {
        Some(Value::Decimal(n)) => decimals::floor(n, ty),
        _ => whole(args, f64::floor),
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_floor"),
};

/// `ROUND(x, digits, function)`, of the type of x: halves go away from 0; a function other than 0 cuts.
pub(crate) static ROUND: Function = Function {
    name: "round",
    strict: true,
    evaluate: Some(|args, ty| {
        let (digits, cut) = (int(args, 1), int(args, 2) != 0);
        match args.first() {
            Some(Value::Int(n)) => integer(round_int(*n, digits, cut), ty),
            Some(Value::Decimal(n)) => decimals::round(n, digits, cut, ty),
            _ => Ok(Value::Double(round(double(args, 0), digits, cut))),
        }
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_round"),
};

/// `POWER(x, y)` of floats.
pub(crate) static POWER: Function = Function {
    name: "power",
    strict: true,
    evaluate: Some(|args, _| {
        let (x, y) = (double(args, 0), double(args, 1));
        if x == 0.0 && y < 0.0 {
            return Err(CqlError::DivideByZero { position: None });
        }
        // Adding 0 makes -0 into 0.
        float(x.powf(y) + 0.0)
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_power"),
};

/// `SQRT(x)`.
pub(crate) static SQRT: Function = unary(
    "sqrt",
    |args, _| float(double(args, 0).sqrt()),
    Sql::Own("cql_sqrt"),
);

/// `SQUARE(x)`.
pub(crate) static SQUARE: Function = unary(
    "square",
    |args, _| float(double(args, 0) * double(args, 0)),
    Sql::Own("cql_square"),
);

/// `EXP(x)`.
pub(crate) static EXP: Function = unary(
    "exp",
    |args, _| float(double(args, 0).exp()),
    Sql::Own("cql_exp"),
);

/// `LOG(x)`: the natural one.
pub(crate) static LOG: Function = unary(
    "log",
    |args, _| logarithm(double(args, 0), f64::ln),
    Sql::Own("cql_log"),
);

/// `LOG(x, base)`.
pub(crate) static LOG_BASE: Function = Function {
    name: "log_base",
    strict: true,
    evaluate: Some(|args, _| {
        let (x, base) = (double(args, 0), double(args, 1));
        if x <= 0.0 || base <= 0.0 || base == 1.0 {
            return Err(CqlError::InvalidFloat);
        }
        float(x.ln() / base.ln())
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_log"),
};

/// `LOG10(x)`.
pub(crate) static LOG10: Function = unary(
    "log10",
    |args, _| logarithm(double(args, 0), f64::log10),
    Sql::Own("cql_log10"),
);

/// `ACOS(x)`: an error outside -1 to 1 (T-SQL; the documentation says NULL).
pub(crate) static ACOS: Function = unary(
    "acos",
    |args, _| float(double(args, 0).acos()),
    Sql::Own("cql_acos"),
);

/// `ASIN(x)`: an error outside -1 to 1 (T-SQL; the documentation says NULL).
pub(crate) static ASIN: Function = unary(
    "asin",
    |args, _| float(double(args, 0).asin()),
    Sql::Own("cql_asin"),
);

/// `ATAN(x)`.
pub(crate) static ATAN: Function = unary(
    "atan",
    |args, _| float(double(args, 0).atan()),
    Sql::Native("atan"),
);

/// `ATN2(y, x)`: an error where both are 0.
pub(crate) static ATN2: Function = Function {
    name: "atn2",
    strict: true,
    evaluate: Some(|args, _| {
        let (y, x) = (double(args, 0), double(args, 1));
        if y == 0.0 && x == 0.0 {
            return Err(CqlError::InvalidFloat);
        }
        float(y.atan2(x))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_atn2"),
};

/// `COS(x)`.
pub(crate) static COS: Function = unary(
    "cos",
    |args, _| float(double(args, 0).cos()),
    Sql::Native("cos"),
);

/// `COT(x)`: an error at 0.
pub(crate) static COT: Function = unary(
    "cot",
    |args, _| {
        let x = double(args, 0);
        if x == 0.0 {
            return Err(CqlError::InvalidFloat);
        }
        float(1.0 / x.tan())
    },
    Sql::Own("cql_cot"),
);

/// `SIN(x)`.
pub(crate) static SIN: Function = unary(
    "sin",
    |args, _| float(double(args, 0).sin()),
    Sql::Native("sin"),
);

/// `TAN(x)`.
pub(crate) static TAN: Function = unary(
    "tan",
    |args, _| float(double(args, 0).tan()),
    Sql::Native("tan"),
);

/// `DEGREES(x)` of a float.
pub(crate) static DEGREES: Function = unary(
    "degrees",
    |args, _| float(double(args, 0) / DEGREE),
    Sql::Native("degrees"),
);

/// `RADIANS(x)` of a float.
pub(crate) static RADIANS: Function = unary(
    "radians",
    |args, _| float(double(args, 0) * DEGREE),
    Sql::Native("radians"),
);

/// `RAND()`: one number for the whole statement (T-SQL), which is why it stands in a query of its own.
pub(crate) static RANDOM: Function = Function {
    name: "random",
    strict: true,
    evaluate: None,
    sqlite: Sql::Words("(SELECT abs(random() % 9007199254740992) / 9007199254740992.0)"),
    postgres: Sql::Words("(SELECT random())"),
};

/// `RAND(seed)`: the first number of L'Ecuyer's generator, as T-SQL starts it. Checked against its documented results
/// (`RAND(100)` is 0.715436657367485).
pub(crate) static RAND: Function = Function {
    name: "rand",
    strict: true,
    evaluate: Some(|args, _| {
        const FIRST: i64 = 2_147_483_563;
        const SECOND: i64 = 2_147_483_399;
        let seed = match int(args, 0) {
            0 => 12_345,
            seed => seed.rem_euclid(FIRST),
        };
        let difference = 40_014 * seed % FIRST - 40_692 * 67_890 % SECOND;
        let number = if difference < 1 {
            difference + FIRST - 1
        } else {
            difference
        };
        #[expect(clippy::cast_precision_loss, reason = "it has 31 bits")]
        Ok(Value::Double(number as f64 * 4.656_613e-10))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_rand"),
};

/// `a & b` of integers.
pub(crate) static BIT_AND: Function = Function {
    name: "bit_and",
    strict: true,
    evaluate: Some(|args, _| Ok(Value::Int(int(args, 0) & int(args, 1)))),
    sqlite: Sql::Words("({0} & {1})"),
    postgres: Sql::Words("({0} & {1})"),
};

/// `a | b` of integers.
pub(crate) static BIT_OR: Function = Function {
    name: "bit_or",
    strict: true,
    evaluate: Some(|args, _| Ok(Value::Int(int(args, 0) | int(args, 1)))),
    sqlite: Sql::Words("({0} | {1})"),
    postgres: Sql::Words("({0} | {1})"),
};

/// `a ^ b` of integers: one or the other.
pub(crate) static BIT_XOR: Function = Function {
    name: "bit_xor",
    strict: true,
    evaluate: Some(|args, _| Ok(Value::Int(int(args, 0) ^ int(args, 1)))),
    sqlite: Sql::Rust,
    postgres: Sql::Words("({0} # {1})"),
};

/// `~ a` of an integer.
pub(crate) static BIT_NOT: Function = Function {
    name: "bit_not",
    strict: true,
    evaluate: Some(|args, _| Ok(Value::Int(!int(args, 0)))),
    sqlite: Sql::Words("(~ {0})"),
    postgres: Sql::Words("(~ {0})"),
};

/// An integer that must fit the type of the result.
pub(crate) static IN_RANGE: Function = Function {
    name: "in_range",
    strict: true,
    evaluate: Some(|args, ty| integer(Some(int(args, 0)), ty)),
    sqlite: Sql::Rust,
    postgres: Sql::Words("{0}"),
};

const fn unary(name: &'static str, evaluate: super::Evaluate, postgres: Sql) -> Function {
    Function {
        name,
        strict: true,
        evaluate: Some(evaluate),
        sqlite: Sql::Rust,
        postgres,
    }
}

fn overflow(to: &'static str) -> CqlError {
    CqlError::Overflow {
        from: "expression",
        to,
    }
}

/// A result that a float can hold.
fn float(x: f64) -> Result<Value, CqlError> {
    if x.is_nan() {
        Err(CqlError::InvalidFloat)
    } else if x.is_infinite() {
        Err(overflow("float"))
    } else {
        Ok(Value::Double(x))
    }
}

/// A result that its integer type can hold.
fn integer(n: Option<i64>, ty: Type) -> Result<Value, CqlError> {
    let fits = |n: i64| ty != Type::Int || i32::try_from(n).is_ok();
    match n {
        Some(n) if fits(n) => Ok(Value::Int(n)),
        _ if ty == Type::Int => Err(overflow("int")),
        _ => Err(overflow("bigint")),
    }
}

fn whole(args: &[Value], of_float: fn(f64) -> f64) -> Result<Value, CqlError> {
    Ok(match args.first() {
        Some(Value::Int(n)) => Value::Int(*n),
        // Adding 0 makes -0 into 0.
        _ => Value::Double(of_float(double(args, 0)) + 0.0),
    })
}

fn logarithm(x: f64, of: fn(f64) -> f64) -> Result<Value, CqlError> {
    if x <= 0.0 {
        return Err(CqlError::InvalidFloat);
    }
    float(of(x))
}

/// `None`: it does not fit 64 bits.
fn round_int(n: i64, digits: i64, cut: bool) -> Option<i64> {
    if digits >= 0 {
        return Some(n);
    }
    if digits < -18 {
        return Some(0);
    }
    let unit = 10_i64.checked_pow(u32::try_from(-digits).ok()?)?;
    let rest = n % unit;
    let base = n - rest;
    if cut || rest.abs() < unit / 2 {
        Some(base)
    } else {
        base.checked_add(unit * rest.signum())
    }
}

/// The powers of ten are read from text, since both databases then have the same ones to the last bit.
fn round(x: f64, digits: i64, cut: bool) -> f64 {
    let digits = digits.clamp(-400, 400);
    let power = |n: i64| format!("1e{n}").parse::<f64>().unwrap_or(f64::INFINITY);
    let unit = power(digits.abs());
    if unit.is_infinite() {
        return if digits > 0 { x } else { 0.0 };
    }
    let scaled = if digits < 0 { x / unit } else { x * unit };
    // From 2^52 on every float is whole.
    if scaled.abs() >= 4_503_599_627_370_496.0 {
        return x;
    }
    let size = if cut {
        scaled.abs().floor()
    } else {
        (scaled.abs() + 0.5).floor()
    };
    let signed = if x < 0.0 { -size } else { size };
    let back = if digits < 0 {
        signed * unit
    } else {
        signed / unit
    };
    back + 0.0
}

#[cfg(test)]
mod tests {
    use super::{RAND, round, round_int};
    use crate::value::{Type, Value};

    #[test]
    fn rounding() {
        for (x, digits, cut, expected) in [
            (2.5, 0, false, 3.0),
            (-2.5, 0, false, -3.0),
            (150.75, 0, true, 150.0),
            (748.58, -1, false, 750.0),
            (748.58, -4, false, 0.0),
            (123.456, 2, false, 123.46),
            (-0.2, 0, false, 0.0),
            (1e300, 10, false, 1e300),
            (1.5, 400, false, 1.5),
            (1.5, -400, false, 0.0),
        ] {
            let rounded = round(x, digits, cut);
            assert_eq!(
                rounded.to_bits(),
                f64::to_bits(expected),
                "{x} {digits} {rounded}"
            );
        }
        assert_eq!(round_int(55, -1, false), Some(60));
        assert_eq!(round_int(-55, -1, false), Some(-60));
        assert_eq!(round_int(55, -1, true), Some(50));
        assert_eq!(round_int(55, -3, false), Some(0));
        assert_eq!(round_int(i64::MAX, -1, false), None);
        assert_eq!(round_int(i64::MAX, -30, false), Some(0));
    }

    #[test]
    fn seeded_numbers_are_those_of_the_server() {
        let rand = RAND.evaluate.expect("it is computed here");
        for (seed, expected) in [(100, 0.715_436_657_367_485), (0, 0.943_597_390_424_144)] {
            match rand(&[Value::Int(seed)], Type::Double) {
                Ok(Value::Double(x)) => assert!((x - expected).abs() < 1e-15, "{x}"),
                other => panic!("{other:?}"),
            }
        }
    }
}

//! CAST, CONVERT and their TRY forms: the types of SQL, their lengths, and what converts to what.

use sqlparser::ast::{BinaryLength, CharacterLength, DataType, ExactNumberInfo};

use super::expression::{call, unsupported};
use super::types::{self, is_number};
use crate::convert::sql_name;
use crate::error::{CqlError, Position};
use crate::functions::{bridge, conversion, dates, strings};
use crate::ir::{Scalar, ScalarNode};
use crate::value::{Bind, Type, Value};

/// A type as it is written in CAST, DECLARE or CREATE TABLE.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Written {
    /// The type.
    pub ty: Type,
    /// Greatest number of characters or bytes; `None`: as many as there are.
    pub length: Option<u64>,
    /// Shorter ones are filled up: `char`, `binary`.
    pub fixed: bool,
    /// What else it is.
    pub kind: Kind,
}

/// Types that share one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing else.
    Plain,
    /// `nvarchar`, `nchar`.
    National,
    /// `smalldatetime`: whole minutes.
    SmallDateTime,
    /// `uniqueidentifier`: text of a GUID.
    Guid,
}

/// How a value is converted.
#[derive(Debug, Clone)]
pub(super) struct Conversion {
    /// The target.
    pub written: Written,
    /// Style of CONVERT.
    pub style: Option<Scalar>,
    /// TRY_: what does not convert is NULL.
    pub attempt: bool,
}

/// Reads a type; a length that is left out is `default` characters (30 in CAST, 1 in DECLARE: T-SQL).
pub(crate) fn written(data_type: &DataType, default: u64) -> Option<Written> {
    let plain = |ty| Written {
        ty,
        length: None,
        fixed: false,
        kind: Kind::Plain,
    };
    let text = |length: Option<&CharacterLength>, fixed, kind| Written {
        length: match length {
            None => Some(default),
            Some(CharacterLength::Max) => None,
            Some(CharacterLength::IntegerLength { length, .. }) => Some(*length),
        },
        fixed,
        kind,
        ..plain(Type::Text)
    };
    let exact = |info: &ExactNumberInfo| {
        let (precision, scale) = match info {
            ExactNumberInfo::None => (18, 0),
            ExactNumberInfo::Precision(p) => (*p, 0),
            ExactNumberInfo::PrecisionAndScale(p, s) => (*p, u64::try_from(*s).ok()?),
        };
        let fits = (1..=38).contains(&precision) && scale <= precision;
        fits.then(|| {
            plain(Type::Decimal {
                precision: u8::try_from(precision).unwrap_or(38),
                scale: u8::try_from(scale).unwrap_or(0),
            })
        })
    };
    let digits = |n: Option<u64>| match n {
        None => Some(7),
        Some(n @ 0..=7) => u8::try_from(n).ok(),
        Some(_) => None,
    };
    Some(match data_type {
        DataType::Bit(None) => plain(Type::Bit),
        DataType::TinyInt(None) => plain(Type::TinyInt),
        DataType::SmallInt(None) => plain(Type::SmallInt),
        DataType::Int(None) | DataType::Integer(None) => plain(Type::Int),
        DataType::BigInt(None) => plain(Type::BigInt),
        DataType::Decimal(info) | DataType::Numeric(info) | DataType::Dec(info) => exact(info)?,
        DataType::Real => plain(Type::Real),
        DataType::Float(ExactNumberInfo::Precision(n)) if *n <= 24 => plain(Type::Real),
        DataType::Float(ExactNumberInfo::None | ExactNumberInfo::Precision(_))
        | DataType::DoublePrecision => plain(Type::Double),
        DataType::Varchar(length) | DataType::CharacterVarying(length) => {
            text(length.as_ref(), false, Kind::Plain)
        }
        DataType::Nvarchar(length) => text(length.as_ref(), false, Kind::National),
        DataType::Char(length) | DataType::Character(length) => {
            text(length.as_ref(), true, Kind::Plain)
        }
        DataType::Text => plain(Type::Text),
        DataType::Date => plain(Type::Date),
        DataType::Datetime(None) => plain(Type::DateTime),
        DataType::Time(n, _) => plain(Type::Time(digits(*n)?)),
        DataType::Varbinary(length) => Written {
            length: match length {
                None => Some(default),
                Some(BinaryLength::Max) => None,
                Some(BinaryLength::IntegerLength { length }) => Some(*length),
            },
            ..plain(Type::Binary)
        },
        DataType::Binary(length) => Written {
            length: Some(length.unwrap_or(default)),
            fixed: true,
            ..plain(Type::Binary)
        },
        DataType::Custom(name, arguments) => {
            let [name] = name.0.as_slice() else {
                return None;
            };
            let name = name.as_ident()?.value.to_uppercase();
            let number = match arguments.as_slice() {
                [] => None,
                [only] => Some(only.to_string().trim().parse::<u64>().ok()?),
                _ => return None,
            };
            match name.as_str() {
                "DATETIME2" => plain(Type::DateTime2(digits(number)?)),
                "DATETIMEOFFSET" => plain(Type::DateTimeOffset(digits(number)?)),
                "SMALLDATETIME" => Written {
                    kind: Kind::SmallDateTime,
                    ..plain(Type::DateTime)
                },
                "MONEY" | "SMALLMONEY" => plain(Type::Money),
                "NTEXT" => plain(Type::Text),
                "SYSNAME" => Written {
                    length: Some(128),
                    kind: Kind::National,
                    ..plain(Type::Text)
                },
                "NCHAR" => Written {
                    length: Some(number.unwrap_or(default)),
                    fixed: true,
                    kind: Kind::National,
                    ..plain(Type::Text)
                },
                "UNIQUEIDENTIFIER" => Written {
                    kind: Kind::Guid,
                    ..plain(Type::Text)
                },
                _ => return None,
            }
        }
        _ => return None,
    })
}

/// Whether CAST takes a type to another (T-SQL's table).
fn castable(from: Type, to: Type) -> bool {
    if from == Type::Null || from == to || from == Type::Text {
        return true;
    }
    let number = |ty: Type| ty == Type::Bit || is_number(ty);
    match (from, to) {
        (Type::Binary, to) => matches!(to, Type::Text | Type::Binary) || to.is_integer(),
        (from, Type::Binary) => from == Type::Bit || from.is_integer(),
        (_, Type::Text) => true,
        (from, to) if number(from) && number(to) => true,
        (from, Type::DateTime) if number(from) => true,
        (Type::DateTime, to) if number(to) => true,
        (Type::Date, Type::Time(_)) | (Type::Time(_), Type::Date) => false,
        (from, to) => from.is_date() && to.is_date(),
    }
}

/// Whether CAST does what an implicit conversion does.
fn converts_alike(from: Type, to: Type) -> bool {
    let whole = from == Type::Bit || from.is_integer();
    (whole && matches!(to, Type::Text | Type::Double | Type::BigInt))
        || (from == Type::Bit && to.is_integer())
        || (to == Type::Bit && (whole || from.is_float()))
        || (to == Type::Date && matches!(from, Type::DateTime | Type::DateTime2(_)))
}

/// The most characters that the text of a value has.
fn widest(ty: Type) -> Option<i64> {
    match ty {
        Type::Bit => Some(1),
        Type::TinyInt => Some(3),
        Type::SmallInt => Some(6),
        Type::Int => Some(11),
        Type::BigInt => Some(20),
        Type::Real | Type::Double => Some(24),
        _ => None,
    }
}

/// An explicit conversion.
pub(super) fn convert(
    value: Scalar,
    conversion: Conversion,
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    let Conversion {
        written,
        style,
        attempt,
    } = conversion;
    let from = value.ty;
    let to = written.ty;
    if !castable(from, to) {
        return Err(CqlError::CastNotAllowed {
            from: sql_name(from),
            to: sql_name(to),
            position,
        });
    }
    let int = |n: i64| Scalar::literal(Value::Int(n), Type::Int);
    let attempted = int(attempt.into());
    let default = match (from, to) {
        // What a moment is printed in when no style is given.
        (from, Type::Text) if from.is_date() => crate::convert::moment::default_style(from),
        _ => 0,
    };
    let style = match style {
        Some(style) => types::coerce(style, Type::Int, position)?,
        None => int(default),
    };
    // A NULL style gives NULL (documented), so even a text that stays a text goes through the function.
    let same = from == to
        && matches!(
            style.node,
            ScalarNode::Constant(Bind::Literal(Value::Int(_)))
        );
    let plain = !attempt
        && matches!(
            style.node,
            ScalarNode::Constant(Bind::Literal(Value::Int(0)))
        );
    let mut result = if same && value.is_constant() {
        // A parameter that has been cast keeps that type, whatever context follows.
        Scalar {
            ty: to,
            node: ScalarNode::Cast(Box::new(value)),
        }
    } else if same {
        value
    } else if plain && converts_alike(from, to) && !value.is_constant() {
        types::coerce(value, to, position)?
    } else {
        let code = Scalar::literal(Value::Text(bridge::code(from)), Type::Text);
        call(
            &conversion::CONVERT,
            to,
            vec![code, value, style, attempted.clone()],
        )
    };
    result = match written.kind {
        Kind::SmallDateTime => call(&dates::WHOLE_MINUTE, to, vec![result]),
        Kind::Guid => call(&strings::GUID, to, vec![result, attempted.clone()]),
        Kind::Plain | Kind::National => result,
    };
    let Some(length) = written.length else {
        return Ok(result);
    };
    let length = i64::try_from(length)
        .unwrap_or(i64::MAX)
        .min(i32::MAX.into());
    if to == Type::Text && !written.fixed && widest(from).is_some_and(|most| length >= most) {
        return Ok(result);
    }
    let cut = from == Type::Text || from == Type::Null || from.is_date();
    Ok(match to {
        Type::Text if written.fixed || !cut => {
            // `*` is what integers become in `varchar`; `nvarchar` has no room for them (T-SQL).
            let manner = match from {
                Type::Int | Type::SmallInt | Type::TinyInt if written.kind != Kind::National => {
                    "star"
                }
                from if from.is_integer() => "int",
                from if is_number(from) => sql_name(from),
                _ => "text",
            };
            let manner = Scalar::literal(Value::Text(manner.to_owned()), Type::Text);
            let fill = int(written.fixed.into());
            call(
                &conversion::FIT,
                to,
                vec![result, int(length), manner, fill, attempted],
            )
        }
        Type::Text => call(&strings::PREFIX, to, vec![result, int(length)]),
        _ => call(
            &conversion::FIT_BYTES,
            to,
            vec![result, int(length), int(written.fixed.into())],
        ),
    })
}

/// Reads the target of a CAST.
pub(super) fn target(
    data_type: &DataType,
    position: Option<Position>,
) -> Result<Written, CqlError> {
    written(data_type, 30).ok_or_else(|| unsupported(format!("the type {data_type}"), position))
}

//! Conversions between types.

use super::bridge::type_of;
use super::{Function, Sql};
use crate::convert::{convert_from, sql_name};
use crate::error::CqlError;
use crate::value::{Type, Value};

/// All of this file.
pub(super) const ALL: &[&Function] = &[&IMPLICIT, &CONVERT, &FIT, &FIT_BYTES];

/// An implicit conversion on SQLite: the code of the value's type, the value.
pub(crate) static IMPLICIT: Function = Function {
    name: "implicit",
    strict: true,
    evaluate: Some(|args, ty| match args {
        [Value::Text(code), value] => {
            convert_from(value, type_of(code).unwrap_or(Type::Null), ty, None)
        }
        _ => Ok(Value::Null),
    }),
    sqlite: Sql::Rust,
    postgres: Sql::None,
};

/// CAST and CONVERT: the code of the value's type, the value, the style, 1 to give NULL for what does not convert.
pub(crate) static CONVERT: Function = Function {
    name: "convert",
    strict: true,
    evaluate: Some(|args, ty| match args {
        [
            Value::Text(code),
            value,
            Value::Int(style),
            Value::Int(attempt),
        ] => {
            let from = type_of(code).unwrap_or(Type::Null);
            match convert_from(value, from, ty, Some(*style)) {
                Err(_) if *attempt != 0 => Ok(Value::Null),
                other => other,
            }
        }
        _ => Ok(Value::Null),
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Conversion,
};

/// The length of a text that a conversion made: the text, the length, what became a text (`text`: cut; `star`: `*` when
/// it is too long; else the name of a type that has no room), 1 to fill up with blanks, 1 to give NULL.
pub(crate) static FIT: Function = Function {
    name: "fit",
    strict: true,
    evaluate: Some(fit),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_fit"),
};

fn fit(args: &[Value], _: Type) -> Result<Value, CqlError> {
    let [
        Value::Text(text),
        Value::Int(length),
        Value::Text(from),
        Value::Int(fill),
        Value::Int(attempt),
    ] = args
    else {
        return Ok(Value::Null);
    };
    let length = usize::try_from(*length).unwrap_or(0);
    let long = text.chars().count();
    let mut out: String = if long <= length {
        text.clone()
    } else {
        match from.as_str() {
            "text" => text.chars().take(length).collect(),
            "star" => "*".to_owned(),
            _ if *attempt != 0 => return Ok(Value::Null),
            from => {
                let known = [Type::Money, Type::Double, Type::Int];
                let ty = known.into_iter().find(|ty| sql_name(*ty) == from);
                return Err(CqlError::Overflow {
                    from: ty.map_or("numeric", |ty| match ty {
                        Type::Int => "expression",
                        ty => sql_name(ty),
                    }),
                    to: "varchar",
                });
            }
        }
    };
    if *fill != 0 {
        let missing = length.saturating_sub(out.chars().count());
        out.extend(std::iter::repeat_n(' ', missing));
    }
    Ok(Value::Text(out))
}

/// The length of bytes: the bytes, the length, 1 to fill up with zeros.
pub(crate) static FIT_BYTES: Function = Function {
    name: "fit_bytes",
    strict: true,
    evaluate: Some(|args, _| match args {
        [Value::Bytes(bytes), Value::Int(length), Value::Int(fill)] => {
            let length = usize::try_from(*length).unwrap_or(0);
            let mut bytes = bytes.clone();
            bytes.truncate(length);
            if *fill != 0 {
                bytes.resize(length, 0);
            }
            Ok(Value::Bytes(bytes))
        }
        _ => Ok(Value::Null),
    }),
    sqlite: Sql::Rust,
    postgres: Sql::None,
};

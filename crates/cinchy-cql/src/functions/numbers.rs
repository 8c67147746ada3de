//! Operators on numbers that a database does not do as T-SQL does.

use super::{Function, Sql};
use crate::error::CqlError;
use crate::evaluate::arithmetic;
use crate::ir::Arithmetic;
use crate::value::{Type, Value};

/// All of this file.
pub(super) const ALL: &[&Function] = &[&ADD, &SUBTRACT, &MULTIPLY, &DIVIDE, &MODULO];

/// `+`
pub(crate) static ADD: Function = operator("+", |args, ty| apply(Arithmetic::Add, args, ty));
/// `-`
pub(crate) static SUBTRACT: Function =
    operator("-", |args, ty| apply(Arithmetic::Subtract, args, ty));
/// `*`
pub(crate) static MULTIPLY: Function =
    operator("*", |args, ty| apply(Arithmetic::Multiply, args, ty));
/// `/`
pub(crate) static DIVIDE: Function = operator("/", |args, ty| apply(Arithmetic::Divide, args, ty));
/// `%`
pub(crate) static MODULO: Function = operator("%", |args, ty| apply(Arithmetic::Modulo, args, ty));

const fn operator(name: &'static str, evaluate: super::Evaluate) -> Function {
    Function {
        name,
        strict: true,
        evaluate: Some(evaluate),
        sqlite: Sql::Rust,
        postgres: Sql::None,
    }
}

fn apply(op: Arithmetic, args: &[Value], ty: Type) -> Result<Value, CqlError> {
    match args {
        [left, right] => arithmetic(op, left, right, ty),
        _ => Ok(Value::Null),
    }
}

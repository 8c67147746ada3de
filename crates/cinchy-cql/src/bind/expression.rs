//! Values: literals, columns, parameters, operators, CASE and CAST.

use sqlparser::ast::{
    BinaryOperator, CastKind, CeilFloorKind, CharacterLength, DataType, DateTimeField,
    ExactNumberInfo, Expr, Ident, Spanned, UnaryOperator, Value as Literal,
};

use super::types::{self, coerce, is_number};
use super::{Binder, Many, Operand, functions};
use crate::convert::{convert, same_name, sql_name};
use crate::error::{CqlError, Position};
use crate::functions::{Function, dates, maths, strings};
use crate::ir::{Arithmetic, Condition, Scalar, ScalarNode};
use crate::syntax;
use crate::value::{Bind, Type, Value};

pub(super) fn at(expression: &impl Spanned) -> Option<Position> {
    syntax::position(expression.span())
}

pub(super) fn unsupported(what: impl Into<String>, position: Option<Position>) -> CqlError {
    CqlError::Unsupported {
        what: what.into(),
        position,
    }
}

/// The parts of a column reference; `None` for everything else, variables included.
pub(super) fn column_parts(expression: &Expr) -> Option<&[Ident]> {
    match expression {
        Expr::Identifier(name) if !is_variable(name) => Some(std::slice::from_ref(name)),
        Expr::CompoundIdentifier(parts) => Some(parts),
        _ => None,
    }
}

pub(super) fn is_variable(name: &Ident) -> bool {
    name.quote_style.is_none() && name.value.starts_with('@')
}

impl<'a> Binder<'a> {
    /// Binds an expression to its value.
    pub(super) fn scalar(&mut self, expression: &Expr) -> Result<Scalar, CqlError> {
        let operand = self.operand(expression)?;
        self.value(operand)
    }

    /// Binds an expression, keeping what a comparison wants to know of a column.
    pub(super) fn operand(&mut self, expression: &Expr) -> Result<Operand, CqlError> {
        if let Some(parts) = column_parts(expression) {
            let (node, path) = self.resolve(parts)?;
            return self.follow(node, &path.columns);
        }
        match expression {
            Expr::Nested(inner) => self.operand(inner),
            // Comparison is case-sensitive whatever the collation says (seen on the platform).
            Expr::Collate { expr, .. } => self.operand(expr),
            // Without change approval a draft is the value itself.
            Expr::Function(call) if functions::is_draft(call) => {
                self.operand(functions::only_argument(call)?)
            }
            other => self.plain(other).map(Operand::Value),
        }
    }

    /// The value of an operand: what a link shows, the text of a list.
    pub(super) fn value(&mut self, operand: Operand) -> Result<Scalar, CqlError> {
        match operand {
            Operand::Value(value) | Operand::Choices { list: value, .. } => Ok(value),
            Operand::Link {
                node,
                column,
                display,
                ..
            } => self.displayed(node, column, display, Self::value),
            Operand::Many(Many { list, element, .. }) => {
                let element = self.value(*element)?;
                let element = Box::new(coerce(element, Type::Text, None)?);
                Ok(Scalar {
                    ty: Type::Text,
                    node: ScalarNode::ListText { list, element },
                })
            }
        }
    }

    fn plain(&mut self, expression: &Expr) -> Result<Scalar, CqlError> {
        let position = at(expression);
        match expression {
            Expr::Value(literal) => literal_value(&literal.value, position),
            Expr::Identifier(name) => self.variable(name),
            Expr::UnaryOp { op, expr } => self.unary(*op, expr, position),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right, position),
            Expr::Case {
                operand,
                conditions,
                else_result,
                ..
            } => {
                let mut branches = Vec::with_capacity(conditions.len());
                let mut values = Vec::with_capacity(conditions.len() + 1);
                for when in conditions {
                    branches.push(match operand {
                        Some(operand) => self.equal(operand, &when.condition)?,
                        None => self.condition(&when.condition)?,
                    });
                    values.push(self.scalar(&when.result)?);
                }
                let has_else = else_result.is_some();
                if let Some(value) = else_result {
                    values.push(self.scalar(value)?);
                }
                case(branches, values, has_else, position)
            }
            Expr::Cast {
                kind: CastKind::Cast,
                expr,
                data_type,
                format: None,
            } => {
                let value = self.scalar(expr)?;
                cast(value, data_type, position)
            }
            Expr::Convert {
                is_try: false,
                expr,
                data_type: Some(data_type),
                charset: None,
                styles,
                ..
            } if styles.is_empty() => {
                let value = self.scalar(expr)?;
                cast(value, data_type, position)
            }
            Expr::Trim {
                trim_where: None,
                trim_what: None,
                expr,
                trim_characters: None,
            } => {
                let value = self.scalar(expr)?;
                let value = coerce(value, Type::Text, position)?;
                Ok(call(&strings::TRIM, Type::Text, vec![value]))
            }
            Expr::Trim {
                trim_where: None,
                trim_what: Some(characters),
                expr,
                trim_characters: None,
            } => {
                let values = [expr, characters]
                    .into_iter()
                    .map(|e| coerce(self.scalar(e)?, Type::Text, position))
                    .collect::<Result<_, _>>()?;
                Ok(call(&strings::TRIM_CHARACTERS, Type::Text, values))
            }
            Expr::Substring {
                expr,
                substring_from: Some(start),
                substring_for: Some(length),
                special: true,
                shorthand: false,
            } => functions::strings::substring(self, [expr, start, length], position),
            Expr::Floor {
                expr,
                field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime),
            } => {
                let value = self.scalar(expr)?;
                functions::maths::floor(vec![value], position)
            }
            Expr::Function(function) => self.function(function),
            other if is_condition(other) => Err(CqlError::ValueExpected {
                near: shorten(other),
                position,
            }),
            Expr::Convert { is_try: true, .. } => Err(unsupported("TRY_CONVERT", position)),
            Expr::Convert { .. } => Err(unsupported("CONVERT with a style", position)),
            Expr::Cast { .. } => Err(unsupported("TRY_CAST", position)),
            Expr::Subquery(query) => self.scalar_query(query, position),
            other => Err(unsupported(
                format!("the expression {}", shorten(other)),
                position,
            )),
        }
    }

    fn variable(&mut self, name: &Ident) -> Result<Scalar, CqlError> {
        // `@@name` is a variable of the interpreter.
        let bare = match name.value.strip_prefix("@@") {
            Some(system) => format!("${system}"),
            None => name.value.trim_start_matches('@').to_owned(),
        };
        let lower = bare.to_lowercase();
        let declared = if self.scope.fragment {
            None
        } else {
            self.parameters.iter().find(|(n, _)| same_name(n, &lower))
        };
        match declared {
            Some((_, ty)) => Ok(Scalar {
                ty: *ty,
                node: ScalarNode::Constant(Bind::Parameter {
                    name: lower,
                    ty: *ty,
                }),
            }),
            None => Err(CqlError::UndeclaredVariable {
                name: bare.replacen('$', "@", 1),
                position: syntax::position(name.span),
            }),
        }
    }

    fn unary(
        &mut self,
        op: UnaryOperator,
        expr: &Expr,
        position: Option<Position>,
    ) -> Result<Scalar, CqlError> {
        match op {
            UnaryOperator::Plus => self.scalar(expr),
            UnaryOperator::Minus => {
                let value = self.scalar(expr)?;
                let value = if value.ty == Type::Null {
                    coerce(value, Type::Int, position)?
                } else {
                    value
                };
                match &value.node {
                    ScalarNode::Constant(Bind::Literal(Value::Int(n))) => {
                        let n = n.checked_neg().ok_or(CqlError::IntegerOverflow)?;
                        let ty = if i32::try_from(n).is_ok() {
                            Type::Int
                        } else {
                            Type::BigInt
                        };
                        return Ok(Scalar::literal(Value::Int(n), ty));
                    }
                    ScalarNode::Constant(Bind::Literal(Value::Double(x))) => {
                        return Ok(Scalar::literal(Value::Double(-x), Type::Double));
                    }
                    _ => {}
                }
                // A text parameter becomes a number by its context.
                let value = if value.ty == Type::Text {
                    coerce(value, Type::Double, position)?
                } else {
                    value
                };
                if !is_number(value.ty) {
                    let ty = sql_name(value.ty);
                    return Err(CqlError::InvalidOperand {
                        ty,
                        function: "minus".to_owned(),
                        position,
                    });
                }
                Ok(Scalar {
                    ty: value.ty,
                    node: ScalarNode::Negate(Box::new(value)),
                })
            }
            UnaryOperator::BitwiseNot => {
                let value = self.scalar(expr)?;
                functions::maths::complement(value, position)
            }
            UnaryOperator::Not | UnaryOperator::BangNot => Err(CqlError::ValueExpected {
                near: "NOT".to_owned(),
                position,
            }),
            other => Err(unsupported(format!("the operator {other}"), position)),
        }
    }

    fn binary(
        &mut self,
        left: &Expr,
        op: &BinaryOperator,
        right: &Expr,
        position: Option<Position>,
    ) -> Result<Scalar, CqlError> {
        let bits = match op {
            BinaryOperator::BitwiseAnd => Some((&maths::BIT_AND, "'&'")),
            BinaryOperator::BitwiseOr => Some((&maths::BIT_OR, "'|'")),
            BinaryOperator::BitwiseXor => Some((&maths::BIT_XOR, "'^'")),
            _ => None,
        };
        if let Some((function, symbol)) = bits {
            let (left, right) = (self.scalar(left)?, self.scalar(right)?);
            return functions::maths::bitwise(function, symbol, left, right, position);
        }
        let op = match op {
            BinaryOperator::Plus => Arithmetic::Add,
            BinaryOperator::Minus => Arithmetic::Subtract,
            BinaryOperator::Multiply => Arithmetic::Multiply,
            BinaryOperator::Divide => Arithmetic::Divide,
            BinaryOperator::Modulo => Arithmetic::Modulo,
            BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Lt
            | BinaryOperator::LtEq
            | BinaryOperator::Gt
            | BinaryOperator::GtEq
            | BinaryOperator::And
            | BinaryOperator::Or => {
                return Err(CqlError::ValueExpected {
                    near: op.to_string(),
                    position,
                });
            }
            other => return Err(unsupported(format!("the operator {other}"), position)),
        };
        let (left, right) = (self.scalar(left)?, self.scalar(right)?);
        arithmetic(op, left, right, position)
    }
}

fn arithmetic(
    op: Arithmetic,
    left: Scalar,
    right: Scalar,
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    let ty = types::common(left.ty, right.ty);
    if ty == Type::Null {
        // Of NULLs only: it has no type either, and fits every context.
        return Ok(Scalar::null(Type::Null));
    }
    if op == Arithmetic::Add && ty == Type::Text {
        let mut parts = Vec::new();
        for side in [left, right] {
            match side {
                Scalar {
                    ty: Type::Text,
                    node: ScalarNode::Concatenate(inner),
                } => parts.extend(inner),
                other => parts.push(coerce(other, Type::Text, position)?),
            }
        }
        return Ok(Scalar {
            ty: Type::Text,
            node: ScalarNode::Concatenate(parts),
        });
    }
    let (symbol, operator) = match op {
        Arithmetic::Add => ("+", "add"),
        Arithmetic::Subtract => ("-", "subtract"),
        Arithmetic::Multiply => ("*", "multiply"),
        Arithmetic::Divide => ("/", "divide"),
        Arithmetic::Modulo => ("%", "modulo"),
    };
    // Two texts that are parameters or constants: numbers by their context (`@a - @b`).
    let ty = match ty {
        Type::Text if left.is_constant() && right.is_constant() => Type::Double,
        Type::Bit => Type::Int,
        ty => ty,
    };
    if ty == Type::DateTime {
        return Err(unsupported(
            format!("the operator {symbol} on dates"),
            position,
        ));
    }
    let incompatible = CqlError::IncompatibleTypes {
        left: sql_name(left.ty),
        right: sql_name(right.ty),
        operator,
        position,
    };
    if !is_number(ty) || (op == Arithmetic::Modulo && ty == Type::Double) {
        return Err(incompatible);
    }
    let (left, right) = (coerce(left, ty, position)?, coerce(right, ty, position)?);
    let divides = matches!(op, Arithmetic::Divide | Arithmetic::Modulo);
    if divides && let ScalarNode::Constant(Bind::Literal(value)) = &right.node {
        let zero = match value {
            Value::Int(n) => *n == 0,
            Value::Double(x) => *x == 0.0,
            _ => false,
        };
        if zero {
            return Err(CqlError::DivideByZero { position });
        }
    }
    Ok(Scalar {
        ty,
        node: ScalarNode::Arithmetic {
            op,
            left: Box::new(left),
            right: Box::new(right),
        },
    })
}

/// A CASE whose last value belongs to ELSE when there is one.
pub(super) fn case(
    branches: Vec<Condition>,
    values: Vec<Scalar>,
    has_else: bool,
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    let (ty, mut values) = types::unify_all(values, position)?;
    let otherwise = if has_else {
        values.pop().map(Box::new)
    } else {
        None
    };
    Ok(Scalar {
        ty,
        node: ScalarNode::Case {
            branches: branches.into_iter().zip(values).collect(),
            otherwise,
        },
    })
}

pub(super) fn call(function: &'static Function, ty: Type, arguments: Vec<Scalar>) -> Scalar {
    Scalar {
        ty,
        node: ScalarNode::Call {
            function,
            arguments,
        },
    }
}

fn literal_value(literal: &Literal, position: Option<Position>) -> Result<Scalar, CqlError> {
    match literal {
        Literal::Null => Ok(Scalar::null(Type::Null)),
        Literal::SingleQuotedString(text) | Literal::NationalStringLiteral(text) => {
            Ok(Scalar::literal(Value::Text(text.clone()), Type::Text))
        }
        Literal::Number(digits, _) => {
            if let Ok(n) = digits.parse::<i64>() {
                let ty = if i32::try_from(n).is_ok() {
                    Type::Int
                } else {
                    Type::BigInt
                };
                return Ok(Scalar::literal(Value::Int(n), ty));
            }
            match digits.parse::<f64>() {
                Ok(x) if x.is_finite() => Ok(Scalar::literal(Value::Double(x), Type::Double)),
                _ => Err(unsupported(format!("the number {digits}"), position)),
            }
        }
        other => Err(unsupported(format!("the literal {other}"), position)),
    }
}

/// CAST, where both databases agree with T-SQL; the rest is refused.
fn cast(value: Scalar, target: &DataType, position: Option<Position>) -> Result<Scalar, CqlError> {
    let refuse = || Err(unsupported(format!("CAST AS {target}"), position));
    let (ty, length) = match target {
        DataType::Int(None) | DataType::Integer(None) => (Type::Int, None),
        DataType::BigInt(None) => (Type::BigInt, None),
        DataType::Float(ExactNumberInfo::None) => (Type::Double, None),
        DataType::Float(ExactNumberInfo::Precision(n)) if *n > 24 => (Type::Double, None),
        DataType::Bit(None) => (Type::Bit, None),
        DataType::Varchar(length) | DataType::Nvarchar(length) => match length {
            // The default length of CAST (T-SQL).
            None => (Type::Text, Some(30)),
            Some(CharacterLength::Max) => (Type::Text, None),
            Some(CharacterLength::IntegerLength { length, .. }) => (Type::Text, Some(*length)),
        },
        DataType::Text => (Type::Text, None),
        DataType::Date | DataType::Datetime(None) => (Type::DateTime, None),
        DataType::Custom(name, arguments)
            if arguments.is_empty() && name.to_string().eq_ignore_ascii_case("datetime2") =>
        {
            (Type::DateTime, None)
        }
        _ => return refuse(),
    };
    let date_only = matches!(target, DataType::Date);
    let from = value.ty;
    if let ScalarNode::Constant(Bind::Literal(literal)) = &value.node {
        let mut converted = convert(literal, ty).map_err(|e| types::placed(e, position))?;
        match (&mut converted, length) {
            (Value::Text(text), Some(length)) => {
                if is_number(from) && text.chars().count() as u64 > length {
                    return refuse();
                }
                *text = text
                    .chars()
                    .take(usize::try_from(length).unwrap_or(usize::MAX))
                    .collect();
            }
            (Value::DateTime(moment), _) if date_only => {
                *moment = moment.date().and_time(chrono::NaiveTime::MIN)
            }
            _ => {}
        }
        return Ok(Scalar::literal(converted, ty));
    }
    // Numbers that do not fit their text are an error or a `*` in T-SQL; both databases would cut them.
    let widest = match from {
        Type::Int => 11,
        Type::BigInt => 20,
        Type::Double => 24,
        Type::Bit => 1,
        _ => 0,
    };
    if length.is_some_and(|length| length < widest) {
        return refuse();
    }
    let constant = value.is_constant();
    let mut converted = coerce(value, ty, position)?;
    if constant {
        // A parameter that has been cast keeps that type, whatever context follows.
        converted = Scalar {
            ty,
            node: ScalarNode::Cast(Box::new(converted)),
        };
    }
    Ok(match length {
        Some(length) if from == Type::Text => {
            let length = i64::try_from(length)
                .unwrap_or(i64::MAX)
                .min(i32::MAX.into());
            let length = Scalar::literal(Value::Int(length), Type::Int);
            call(&strings::PREFIX, Type::Text, vec![converted, length])
        }
        _ if date_only => call(&dates::DATE_ONLY, Type::DateTime, vec![converted]),
        _ => converted,
    })
}

fn is_condition(expression: &Expr) -> bool {
    matches!(
        expression,
        Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::In { .. }
            | Expr::Between { .. }
            | Expr::Like { .. }
            | Expr::Exists { .. }
    )
}

/// The beginning of an expression, for messages.
pub(super) fn shorten(expression: &Expr) -> String {
    let text = expression.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

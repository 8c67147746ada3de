//! Values: literals, columns, parameters, operators, CASE and CAST.

use bigdecimal::BigDecimal;
use sqlparser::ast::{
    BinaryOperator, CastKind, CeilFloorKind, DateTimeField, Expr, Ident, Spanned, TrimWhereField,
    UnaryOperator, Value as Literal,
};

use super::arithmetic::arithmetic;
use super::cast::{self, Conversion};
use super::types::{self, coerce, is_number};
use super::{Binder, Many, Operand, functions};
use crate::api::OWN;
use crate::convert::{decimal, hex, same_name, sql_name};
use crate::error::{CqlError, Position};
use crate::functions::{Function, maths, strings};
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
                kind: kind @ (CastKind::Cast | CastKind::TryCast),
                expr,
                data_type,
                format: None,
            } => {
                let conversion = Conversion {
                    written: cast::target(data_type, position)?,
                    style: None,
                    attempt: *kind == CastKind::TryCast,
                };
                let value = self.scalar(expr)?;
                cast::convert(value, conversion, position)
            }
            Expr::Convert {
                is_try,
                expr,
                data_type: Some(data_type),
                charset: None,
                styles,
                ..
            } if styles.len() <= 1 => {
                let value = self.scalar(expr)?;
                let style = styles.first().map(|s| self.scalar(s)).transpose()?;
                let conversion = Conversion {
                    written: cast::target(data_type, position)?,
                    style,
                    attempt: *is_try,
                };
                cast::convert(value, conversion, position)
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
                trim_where,
                trim_what: Some(characters),
                expr,
                trim_characters: None,
            } => {
                let function = match trim_where {
                    None | Some(TrimWhereField::Both) => &strings::TRIM_CHARACTERS,
                    Some(TrimWhereField::Leading) => &strings::TRIM_LEADING,
                    Some(TrimWhereField::Trailing) => &strings::TRIM_TRAILING,
                };
                let values = [expr, characters]
                    .into_iter()
                    .map(|e| coerce(self.scalar(e)?, Type::Text, position))
                    .collect::<Result<_, _>>()?;
                Ok(call(function, Type::Text, values))
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
            Some(system) => format!("{OWN}{system}"),
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
                name: bare.replacen(OWN, "@", 1),
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
                    ScalarNode::Constant(Bind::Literal(Value::Int(n))) if *n != i64::MIN => {
                        return Ok(Scalar::literal(Value::Int(-n), value.ty));
                    }
                    ScalarNode::Constant(Bind::Literal(Value::Decimal(n))) => {
                        return Ok(Scalar::literal(Value::Decimal(-n.clone()), value.ty));
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
                if value.ty.is_decimal() {
                    // Databases that keep exact numbers as text cannot negate them.
                    let zero = decimal::fit(&BigDecimal::from(0), value.ty, "expression")?;
                    let zero = Scalar::literal(Value::Decimal(zero), value.ty);
                    return Ok(Scalar {
                        ty: value.ty,
                        node: ScalarNode::Arithmetic {
                            op: Arithmetic::Subtract,
                            left: Box::new(zero),
                            right: Box::new(value),
                        },
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
            number(digits).ok_or_else(|| unsupported(format!("the number {digits}"), position))
        }
        Literal::HexStringLiteral(digits) => {
            // `0xF` is `0x0F` (T-SQL).
            let even = if digits.len().is_multiple_of(2) {
                digits.clone()
            } else {
                format!("0{digits}")
            };
            let bytes = hex(&even)
                .ok_or_else(|| unsupported(format!("the literal 0x{digits}"), position))?;
            Ok(Scalar::literal(Value::Bytes(bytes), Type::Binary))
        }
        // `$12.5`
        Literal::Placeholder(text) if text.starts_with('$') => {
            let digits = text.get(1..).unwrap_or_default();
            let amount = if digits.is_empty() { "0" } else { digits };
            let number = decimal::parse(amount)
                .ok_or_else(|| unsupported(format!("the literal {text}"), position))?;
            let number = decimal::fit(&number, Type::Money, "expression")?;
            Ok(Scalar::literal(Value::Decimal(number), Type::Money))
        }
        other => Err(unsupported(format!("the literal {other}"), position)),
    }
}

/// A number as it is written: 1 is an integer, 1.5 exact, 1e3 a float; an integer too large is exact (T-SQL).
fn number(digits: &str) -> Option<Scalar> {
    if digits.contains(['e', 'E']) {
        let x = digits.parse::<f64>().ok().filter(|x| x.is_finite())?;
        return Some(Scalar::literal(Value::Double(x), Type::Double));
    }
    if let Ok(n) = digits.parse::<i32>() {
        return Some(Scalar::literal(Value::Int(n.into()), Type::Int));
    }
    let exact = decimal::parse(digits)?;
    let ty = decimal::literal_type(&exact);
    let exact = decimal::fit(&exact, ty, "expression").ok()?;
    Some(Scalar::literal(Value::Decimal(exact), ty))
}

fn is_condition(expression: &Expr) -> bool {
    matches!(
        expression,
        Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::IsDistinctFrom(..)
            | Expr::IsNotDistinctFrom(..)
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

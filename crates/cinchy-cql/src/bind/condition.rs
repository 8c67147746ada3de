//! Conditions: comparisons, IN, BETWEEN, LIKE, IS NULL and their connectives; what they mean for links and lists.

use sqlparser::ast::{BinaryOperator, Expr, InTarget, UnaryOperator, Value as Literal};

use super::expression::{at, shorten, unsupported};
use super::types::{coerce, unify, unify_all};
use super::{Binder, Many, Operand, fulltext};
use crate::error::{CqlError, Position};
use crate::ir::{Comparison, Condition, Pattern, Scalar, ScalarNode};
use crate::like;
use crate::value::{Bind, Type, Value};

/// Longest list of IN (our limit).
const MAX_IN: usize = 10_000;

impl<'a> Binder<'a> {
    /// Binds an expression that must be a condition.
    pub(super) fn condition(&mut self, expression: &Expr) -> Result<Condition, CqlError> {
        let position = at(expression);
        match expression {
            Expr::Nested(inner) => self.condition(inner),
            Expr::UnaryOp {
                op: UnaryOperator::Not,
                expr,
            } => Ok(self.condition(expr)?.negate()),
            Expr::BinaryOp {
                op: op @ (BinaryOperator::And | BinaryOperator::Or),
                ..
            } => self.connective(expression, op),
            Expr::BinaryOp { left, op, right } => match comparison(op) {
                Some(op) => {
                    let (left, right) = (self.operand(left)?, self.operand(right)?);
                    self.compare(op, left, right, position)
                }
                None => Err(condition_expected(expression)),
            },
            Expr::IsNull(inner) => self.is_null(inner, false),
            Expr::IsNotNull(inner) => self.is_null(inner, true),
            Expr::IsDistinctFrom(left, right) => Ok(self.not_distinct(left, right)?.negate()),
            Expr::IsNotDistinctFrom(left, right) => self.not_distinct(left, right),
            Expr::In {
                expr,
                target: InTarget::List(list),
                negated,
                global: false,
            } => self.in_list(expr, list, *negated, position),
            Expr::In {
                expr,
                target: InTarget::Subquery(query),
                negated,
                global: false,
            } => self.in_query(expr, query, *negated, position),
            Expr::Exists { subquery, negated } => {
                let query = self.query(subquery)?;
                Ok(Condition::Exists {
                    query: Box::new(query),
                    negated: *negated,
                })
            }
            Expr::Between {
                expr,
                negated,
                low,
                high,
            } => {
                let (low, high) = (self.scalar(low)?, self.scalar(high)?);
                let operand = self.operand(expr)?;
                self.over(operand, *negated, &|value| {
                    let (_, mut all) = unify_all(vec![value, low.clone(), high.clone()], position)?;
                    match (all.pop(), all.pop(), all.pop()) {
                        (Some(high), Some(low), Some(value)) => Ok(Condition::Between {
                            value,
                            low,
                            high,
                            negated: false,
                        }),
                        _ => Err(unsupported("this BETWEEN", position)),
                    }
                })
            }
            Expr::Like {
                negated,
                any: false,
                expr,
                pattern,
                escape_char,
            } => {
                let escape = self.escape(escape_char.as_deref())?;
                let pattern = self.scalar(pattern)?;
                let pattern = pattern_of(coerce(pattern, Type::Text, position)?, escape);
                let operand = self.operand(expr)?;
                self.over(operand, *negated, &|value| {
                    let value = coerce(value, Type::Text, position)?;
                    Ok(Condition::Like {
                        value,
                        pattern: pattern.clone(),
                        negated: false,
                    })
                })
            }
            Expr::Function(call) if fulltext::is_search(call) => self.full_text(call, position),
            Expr::AnyOp {
                left,
                compare_op,
                right,
                ..
            } => self.quantified(left, compare_op, right, false, position),
            Expr::AllOp {
                left,
                compare_op,
                right,
            } => self.quantified(left, compare_op, right, true, position),
            _ => Err(condition_expected(expression)),
        }
    }

    /// AND and OR: the left-deep tree of the parser becomes one flat list.
    fn connective(
        &mut self,
        expression: &Expr,
        op: &BinaryOperator,
    ) -> Result<Condition, CqlError> {
        let mut terms = Vec::new();
        let mut rest = expression;
        while let Expr::BinaryOp {
            left,
            op: own,
            right,
        } = rest
            && own == op
        {
            terms.push(right.as_ref());
            rest = left;
        }
        terms.push(rest);
        let bound = terms
            .into_iter()
            .rev()
            .map(|t| self.condition(t))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(if *op == BinaryOperator::And {
            Condition::And(bound)
        } else {
            Condition::Or(bound)
        })
    }

    /// `left = right`, for CASE x WHEN y.
    pub(super) fn equal(&mut self, left: &Expr, right: &Expr) -> Result<Condition, CqlError> {
        let position = at(right);
        let (left, right) = (self.operand(left)?, self.operand(right)?);
        self.compare(Comparison::Equal, left, right, position)
    }

    /// Compares by display value; two links to one table by id; a list by any of its elements.
    pub(super) fn compare(
        &mut self,
        op: Comparison,
        left: Operand,
        right: Operand,
        position: Option<Position>,
    ) -> Result<Condition, CqlError> {
        match (left, right) {
            // Ids of rows that a filter hides must not show; their display values read as NULL.
            (
                Operand::Link {
                    id: left,
                    target,
                    node,
                    ..
                },
                Operand::Link {
                    id: right,
                    target: other,
                    node: other_node,
                    ..
                },
            ) if target == other
                && matches!(op, Comparison::Equal | Comparison::NotEqual)
                && !self.hides_rows(node, target)
                && !self.hides_rows(other_node, target) =>
            {
                Ok(Condition::Compare { op, left, right })
            }
            (Operand::Many(_), Operand::Many(_)) => Err(unsupported(
                "the comparison of two multi-select links",
                position,
            )),
            (Operand::Many(many), other) => self.compare_list(op, many, other, position),
            (other, Operand::Many(many)) => self.compare_list(op.mirrored(), many, other, position),
            (Operand::Choices { list, quoted }, other)
            | (other, Operand::Choices { list, quoted })
                if matches!(op, Comparison::Equal | Comparison::NotEqual) =>
            {
                let item = self.value(other)?;
                let item = coerce(item, Type::Text, position)?;
                let equal = choice(list, item, quoted, position)?;
                Ok(if op == Comparison::NotEqual {
                    equal.negate()
                } else {
                    equal
                })
            }
            (left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                let (left, right) = unify(left, right, position)?;
                Ok(Condition::Compare { op, left, right })
            }
        }
    }

    fn compare_list(
        &mut self,
        op: Comparison,
        many: Many,
        other: Operand,
        position: Option<Position>,
    ) -> Result<Condition, CqlError> {
        // `<>` on a list: it has elements, and none is equal.
        let negated = op == Comparison::NotEqual;
        let op = if negated { Comparison::Equal } else { op };
        if let Operand::Link {
            id, target, node, ..
        } = &other
            && many.target == Some(*target)
            && !self.hides_rows(*node, *target)
            && op == Comparison::Equal
        {
            let element = Scalar {
                ty: Type::Int,
                node: ScalarNode::ListTarget(many.list.id),
            };
            let condition = Box::new(Condition::Compare {
                op,
                left: element,
                right: id.clone(),
            });
            let list = crate::ir::List {
                target: None,
                ..many.list
            };
            return Ok(Condition::AnyElement {
                list,
                condition,
                negated,
            });
        }
        let other = self.value(other)?;
        self.over(Operand::Many(many), negated, &|value| {
            let (left, right) = unify(value, other.clone(), position)?;
            Ok(Condition::Compare { op, left, right })
        })
    }

    /// Applies a condition to an operand: to its value, or to any element of a list.
    pub(super) fn over(
        &mut self,
        operand: Operand,
        negated: bool,
        make: &dyn Fn(Scalar) -> Result<Condition, CqlError>,
    ) -> Result<Condition, CqlError> {
        match operand {
            Operand::Many(Many { list, element, .. }) => {
                let condition = Box::new(self.over(*element, false, make)?);
                Ok(Condition::AnyElement {
                    list,
                    condition,
                    negated,
                })
            }
            // What an element shows may be a list again.
            Operand::Link {
                node,
                column,
                display,
                ..
            } => self.displayed(node, column, display, |b, shown| {
                b.over(shown, negated, make)
            }),
            other => {
                let value = self.value(other)?;
                let condition = make(value)?;
                Ok(if negated {
                    condition.negate()
                } else {
                    condition
                })
            }
        }
    }

    pub(super) fn is_null(
        &mut self,
        expression: &Expr,
        negated: bool,
    ) -> Result<Condition, CqlError> {
        let operand = self.operand(expression)?;
        self.operand_is_null(operand, negated)
    }

    fn operand_is_null(&mut self, operand: Operand, negated: bool) -> Result<Condition, CqlError> {
        match operand {
            Operand::Many(Many { list, element, .. }) => {
                let condition = Box::new(self.operand_is_null(*element, true)?);
                Ok(Condition::NoElement {
                    list,
                    condition,
                    negated,
                })
            }
            other => {
                let value = self.value(other)?;
                Ok(Condition::IsNull { value, negated })
            }
        }
    }

    fn in_list(
        &mut self,
        expression: &Expr,
        list: &[Expr],
        negated: bool,
        position: Option<Position>,
    ) -> Result<Condition, CqlError> {
        if list.len() > MAX_IN {
            return Err(CqlError::TooMany {
                what: "values in an IN list",
                limit: MAX_IN,
            });
        }
        let mut items = Vec::with_capacity(list.len());
        for item in list {
            if let Some(groups) = self.users_groups(item) {
                items.extend(groups?);
            } else if let Some(values) = self.saved_list(item)? {
                items.extend(values);
            } else {
                items.push(self.scalar(item)?);
            }
        }
        if items.len() > MAX_IN {
            return Err(CqlError::TooMany {
                what: "values in an IN list",
                limit: MAX_IN,
            });
        }
        if items.is_empty() {
            // Nothing is in an empty list, and everything is not: a user of no group is in none of them.
            self.operand(expression)?;
            let none = Condition::Or(Vec::new());
            return Ok(if negated { none.negate() } else { none });
        }
        let operand = self.operand(expression)?;
        if let Operand::Choices { list, quoted } = operand {
            let mut any = Vec::with_capacity(items.len());
            for item in items {
                any.push(choice(
                    list.clone(),
                    coerce(item, Type::Text, position)?,
                    quoted,
                    position,
                )?);
            }
            let any = Condition::Or(any);
            return Ok(if negated { any.negate() } else { any });
        }
        self.over(operand, negated, &|value| {
            // A bit against 0 and 1 stays a bit; else all meet in one type.
            let ones = items.iter().all(|i| {
                matches!(
                    i.node,
                    ScalarNode::Constant(Bind::Literal(Value::Int(0 | 1)))
                )
            });
            if value.ty == Type::Bit && ones {
                let list = items
                    .iter()
                    .map(|i| coerce(i.clone(), Type::Bit, position))
                    .collect::<Result<_, _>>()?;
                return Ok(Condition::In {
                    value,
                    list,
                    negated: false,
                });
            }
            let all = std::iter::once(value)
                .chain(items.iter().cloned())
                .collect();
            let (_, mut all) = unify_all(all, position)?;
            let list = all.split_off(1);
            match all.pop() {
                Some(value) => Ok(Condition::In {
                    value,
                    list,
                    negated: false,
                }),
                None => Err(unsupported("this IN", position)),
            }
        })
    }

    fn escape(&mut self, expression: Option<&Expr>) -> Result<Option<char>, CqlError> {
        let Some(expression) = expression else {
            return Ok(None);
        };
        let position = at(expression);
        if let Expr::Value(value) = expression
            && let Literal::SingleQuotedString(text) | Literal::NationalStringLiteral(text) =
                &value.value
        {
            let mut chars = text.chars();
            if let (Some(c), None) = (chars.next(), chars.next()) {
                return Ok(Some(c));
            }
        }
        Err(unsupported(
            "an ESCAPE that is not one constant character",
            position,
        ))
    }
}

/// A multi-choice column against a text: the whole list, or one item of it.
fn choice(
    list: Scalar,
    item: Scalar,
    quoted: bool,
    position: Option<Position>,
) -> Result<Condition, CqlError> {
    if quoted {
        return Err(unsupported(
            "the comparison of a multi-select choice whose options have commas or quotes",
            position,
        ));
    }
    let whole = Condition::Compare {
        op: Comparison::Equal,
        left: list.clone(),
        right: item.clone(),
    };
    if let ScalarNode::Constant(Bind::Literal(Value::Text(text))) = &item.node
        && text.contains(',')
    {
        return Ok(whole);
    }
    Ok(Condition::Or(vec![whole, Condition::ItemOf { list, item }]))
}

fn pattern_of(pattern: Scalar, escape: Option<char>) -> Pattern {
    if let ScalarNode::Constant(Bind::Literal(Value::Text(text))) = &pattern.node
        && let Some(plain) = like::plain(text, escape)
    {
        return Pattern::Plain(plain);
    }
    Pattern::Full { pattern, escape }
}

fn condition_expected(expression: &Expr) -> CqlError {
    CqlError::ConditionExpected {
        near: shorten(expression),
        position: at(expression),
    }
}

pub(super) fn comparison(op: &BinaryOperator) -> Option<Comparison> {
    Some(match op {
        BinaryOperator::Eq => Comparison::Equal,
        BinaryOperator::NotEq => Comparison::NotEqual,
        BinaryOperator::Lt => Comparison::Less,
        BinaryOperator::LtEq => Comparison::LessOrEqual,
        BinaryOperator::Gt => Comparison::Greater,
        BinaryOperator::GtEq => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

impl Comparison {
    /// The comparison that holds where this one does not.
    pub(crate) fn opposite(self) -> Self {
        match self {
            Self::Equal => Self::NotEqual,
            Self::NotEqual => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
        }
    }

    /// The same comparison with its sides exchanged.
    fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            other => other,
        }
    }
}

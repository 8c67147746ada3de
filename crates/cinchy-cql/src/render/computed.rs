//! Items of the outermost select list that the database has no words for: they are computed in Rust as the rows come,
//! from columns of the SQL that stand in their place. So are calls of user-defined functions.

use std::sync::Arc;

use super::Writer;
use crate::api::OWN;
use crate::evaluate::Computed;
use crate::ir::{Comparison, Condition, Limit, Pattern, Scalar, ScalarNode, Select};
use crate::value::{Bind, ComputedBy, ComputedColumn, Type, Value};

/// Name of the parameter that stands for a cell.
pub fn cell_name(index: usize) -> String {
    format!("{OWN}{index}")
}

/// A value without what the database has to give: parameters that are named by [`cell_name`] stand for it.
struct Template {
    value: Scalar,
    cells: Vec<Scalar>,
}

/// Whether the rows of a select list leave the database as they are listed.
pub(super) fn is_plain(select: &Select) -> bool {
    let sliced = matches!(&select.limit, None | Some(Limit::Rows(_)));
    !select.distinct && select.sets.is_empty() && sliced
}

impl Writer<'_> {
    /// An item of the outermost select list.
    pub(super) fn outermost_item(&mut self, column: usize, value: &Scalar) {
        if let ScalarNode::UserCall {
            function,
            arguments,
        } = &value.node
        {
            self.separated(arguments, ", ", Self::scalar);
            return self.computed.push(ComputedColumn {
                column,
                by: ComputedBy::Script(Arc::clone(function)),
                cells: arguments.iter().map(|a| a.ty).collect(),
            });
        }
        if matches!(value.ty, Type::Time(_)) && value.is_settled() {
            // The databases keep microseconds of a time of day, which has more digits.
            self.push("0");
            return self.computed.push(ComputedColumn {
                column,
                by: ComputedBy::Value(Computed::new(value.clone())),
                cells: vec![Type::Int],
            });
        }
        let (length, binds) = (self.out.len(), self.binds.len());
        let refused = self.refused.take();
        self.scalar(value);
        let own = std::mem::replace(&mut self.refused, refused);
        let Some(own) = own else { return };
        let Some(template) = template(value) else {
            self.refused.get_or_insert(own);
            return;
        };
        self.out.truncate(length);
        self.binds.truncate(binds);
        self.numbers.retain(|_, number| *number <= binds);
        self.separated(&template.cells, ", ", Self::scalar);
        self.computed.push(ComputedColumn {
            column,
            by: ComputedBy::Value(Computed::new(template.value)),
            cells: template.cells.iter().map(|cell| cell.ty).collect(),
        });
    }
}

/// What Rust can compute of a value, down to what it cannot. Operations are not left to the database, as it would do them
/// for branches that are not taken too.
fn template(value: &Scalar) -> Option<Template> {
    let mut cells = Vec::new();
    let value = of_scalar(value, &mut cells);
    (!cells.is_empty()).then_some(Template { value, cells })
}

fn cell(scalar: &Scalar, cells: &mut Vec<Scalar>) -> Scalar {
    // Another mention of a column is the same cell; of a new id it is not.
    let known = match &scalar.node {
        ScalarNode::Column { .. } => cells.iter().position(|cell| cell == scalar),
        _ => None,
    };
    let index = known.unwrap_or_else(|| {
        cells.push(scalar.clone());
        cells.len() - 1
    });
    Scalar {
        ty: scalar.ty,
        node: ScalarNode::Constant(Bind::Parameter {
            name: cell_name(index),
            ty: scalar.ty,
        }),
    }
}

fn of_scalar(scalar: &Scalar, cells: &mut Vec<Scalar>) -> Scalar {
    if scalar.is_settled() {
        return scalar.clone();
    }
    let mut one = |scalar: &Scalar| of_scalar(scalar, cells);
    let all = |scalars: &[Scalar], one: &mut dyn FnMut(&Scalar) -> Scalar| -> Vec<Scalar> {
        scalars.iter().map(one).collect()
    };
    let node = match &scalar.node {
        ScalarNode::Call {
            function,
            arguments,
        } if function.evaluate.is_some() => ScalarNode::Call {
            function,
            arguments: all(arguments, &mut one),
        },
        ScalarNode::Negate(inner) => ScalarNode::Negate(Box::new(one(inner))),
        ScalarNode::Cast(inner) => ScalarNode::Cast(Box::new(one(inner))),
        ScalarNode::Arithmetic { op, left, right } => ScalarNode::Arithmetic {
            op: *op,
            left: Box::new(one(left)),
            right: Box::new(one(right)),
        },
        ScalarNode::NullIf(left, right) => {
            ScalarNode::NullIf(Box::new(one(left)), Box::new(one(right)))
        }
        ScalarNode::Concatenate(parts) => ScalarNode::Concatenate(all(parts, &mut one)),
        ScalarNode::ConcatFunction(parts) => ScalarNode::ConcatFunction(all(parts, &mut one)),
        ScalarNode::Coalesce(values) => ScalarNode::Coalesce(all(values, &mut one)),
        ScalarNode::Case {
            branches,
            otherwise,
        } => {
            let branches = branches
                .iter()
                .map(|(condition, value)| {
                    let condition = match of_condition(condition, cells) {
                        Some(condition) => condition,
                        None => asked(condition, cells),
                    };
                    (condition, of_scalar(value, cells))
                })
                .collect();
            let otherwise = otherwise.as_deref();
            let otherwise = otherwise.map(|value| Box::new(of_scalar(value, cells)));
            ScalarNode::Case {
                branches,
                otherwise,
            }
        }
        _ => return cell(scalar, cells),
    };
    Scalar {
        ty: scalar.ty,
        node,
    }
}

/// A condition that needs rows: the database says whether it holds.
fn asked(condition: &Condition, cells: &mut Vec<Scalar>) -> Condition {
    let number = |n| Scalar::literal(Value::Int(n), Type::Int);
    let holds = Scalar {
        ty: Type::Int,
        node: ScalarNode::Case {
            branches: vec![(condition.clone(), number(1))],
            otherwise: Some(Box::new(number(0))),
        },
    };
    Condition::Compare {
        op: Comparison::Equal,
        left: cell(&holds, cells),
        right: number(1),
    }
}

/// `None`: it has parts that only the database knows.
fn of_condition(condition: &Condition, cells: &mut Vec<Scalar>) -> Option<Condition> {
    let all = |inner: &[Condition], cells: &mut Vec<Scalar>| {
        let inner = inner.iter().map(|c| of_condition(c, cells));
        inner.collect::<Option<Vec<_>>>()
    };
    Some(match condition {
        Condition::Compare { op, left, right } => Condition::Compare {
            op: *op,
            left: of_scalar(left, cells),
            right: of_scalar(right, cells),
        },
        Condition::And(inner) => Condition::And(all(inner, cells)?),
        Condition::Or(inner) => Condition::Or(all(inner, cells)?),
        Condition::Not(inner) => Condition::Not(Box::new(of_condition(inner, cells)?)),
        Condition::In {
            value,
            list,
            negated,
        } => Condition::In {
            value: of_scalar(value, cells),
            list: list.iter().map(|item| of_scalar(item, cells)).collect(),
            negated: *negated,
        },
        Condition::Between {
            value,
            low,
            high,
            negated,
        } => Condition::Between {
            value: of_scalar(value, cells),
            low: of_scalar(low, cells),
            high: of_scalar(high, cells),
            negated: *negated,
        },
        Condition::Like {
            value,
            pattern,
            negated,
        } => Condition::Like {
            value: of_scalar(value, cells),
            pattern: match pattern {
                Pattern::Plain(plain) => Pattern::Plain(plain.clone()),
                Pattern::Full { pattern, escape } => Pattern::Full {
                    pattern: of_scalar(pattern, cells),
                    escape: *escape,
                },
            },
            negated: *negated,
        },
        Condition::IsNull { value, negated } => Condition::IsNull {
            value: of_scalar(value, cells),
            negated: *negated,
        },
        _ => return None,
    })
}

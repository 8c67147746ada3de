//! Values as SQL.

use super::Writer;
use crate::convert::decimal;
use crate::functions::numbers;
use crate::ir::{Arithmetic, Condition, List, Query, Scalar, ScalarNode};
use crate::value::{Backend, Bind, Type, Value};

impl Writer<'_> {
    /// A value, in brackets where its form needs them.
    pub(super) fn scalar(&mut self, scalar: &Scalar) {
        let ty = scalar.ty;
        if !self.absent_keys.is_empty() && self.absent_keys.contains(scalar) {
            return self.push("NULL");
        }
        if !matches!(scalar.node, ScalarNode::Constant(_)) && self.folded(scalar) {
            return;
        }
        if matches!(ty, Type::DateTimeOffset(_)) && !scalar.is_settled() {
            // PostgreSQL has no type that keeps an offset.
            self.refuse("a datetimeoffset that is made of columns");
        }
        match &scalar.node {
            ScalarNode::Constant(bind) => self.constant(bind, ty),
            ScalarNode::Column { node, physical } if self.json_column(*node, physical, ty) => {}
            ScalarNode::Column { node, physical } => {
                self.push(&format!("s{node}."));
                self.quoted(physical);
            }
            ScalarNode::ListTarget(list) => self.push(&format!("j{list}.\"target_id\"")),
            ScalarNode::Element => self.push("\"c0\""),
            ScalarNode::Window(window) => self.over(window, ty),
            ScalarNode::Grouping(key) if self.on_postgres() => {
                self.call("GROUPING", std::slice::from_ref(key));
            }
            ScalarNode::Grouping(key) => {
                let absent = self.absent_keys.contains(key);
                self.push(if absent { "1" } else { "0" });
            }
            ScalarNode::Negate(inner) => {
                self.push("(- ");
                self.scalar(inner);
                self.push(")");
            }
            ScalarNode::Arithmetic { op, left, right } => self.arithmetic(*op, left, right, ty),
            ScalarNode::Concatenate(parts) => {
                self.push("(");
                self.separated(parts, " || ", Self::scalar);
                self.push(")");
            }
            ScalarNode::ConcatFunction(parts) => {
                self.push("(");
                self.separated(parts, " || ", |w, part| match &part.node {
                    ScalarNode::Constant(Bind::Literal(Value::Text(_))) => w.scalar(part),
                    _ => {
                        w.push("COALESCE(");
                        w.scalar(part);
                        w.push(", '')");
                    }
                });
                self.push(")");
            }
            ScalarNode::Case {
                branches,
                otherwise,
            } => {
                self.push("CASE");
                for (condition, value) in branches {
                    self.push(" WHEN ");
                    self.condition(condition);
                    self.push(" THEN ");
                    self.scalar(value);
                }
                if let Some(value) = otherwise {
                    self.push(" ELSE ");
                    self.scalar(value);
                }
                self.push(" END");
                if branches.iter().any(|(condition, _)| of_texts(condition)) {
                    self.uncollated();
                }
            }
            ScalarNode::Coalesce(values) => self.call("COALESCE", values),
            ScalarNode::NullIf(left, right) if left.ty == Type::Text => {
                self.null_if_text(left, right);
            }
            ScalarNode::NullIf(left, right) => {
                self.push("NULLIF(");
                self.scalar(left);
                self.push(", ");
                self.scalar(right);
                self.push(")");
            }
            ScalarNode::Call {
                function,
                arguments,
            } => self.function(function, arguments, ty),
            // As an item of the outermost select list it does not come here.
            ScalarNode::UserCall { function, .. } => {
                self.refuse(format!("the function {} over columns here", function.name));
            }
            ScalarNode::Aggregate {
                function,
                distinct,
                argument,
            } => {
                // What is aggregated are the rows, whose keys are there.
                let absent = std::mem::take(&mut self.absent_keys);
                self.aggregate(*function, *distinct, argument.as_deref(), ty);
                self.absent_keys = absent;
            }
            ScalarNode::StringAgg {
                value,
                separator,
                order,
            } => {
                let absent = std::mem::take(&mut self.absent_keys);
                self.string_agg(value, separator, order);
                self.absent_keys = absent;
            }
            ScalarNode::Cast(inner) => self.cast(inner, ty),
            ScalarNode::ListText { list, element } => self.list_text(list, element),
            ScalarNode::Subquery(query) => self.subquery(query),
        }
    }

    /// Blanks at the end do not count here either: on PostgreSQL for columns alone, since what is not kept there must be
    /// written twice.
    fn null_if_text(&mut self, left: &Scalar, right: &Scalar) {
        if self.on_postgres() && !matches!(left.node, ScalarNode::Column { .. }) {
            self.push("NULLIF(");
            self.scalar(left);
            self.push(", ");
            self.scalar(right);
            self.push(")");
        } else if self.on_postgres() {
            self.push("CASE WHEN ");
            self.equal_texts(left, right);
            self.push(" THEN NULL ELSE ");
            self.scalar(left);
            self.push(" END");
        } else {
            self.push("NULLIF(");
            self.padded(left, true);
            self.push(", ");
            self.padded(right, false);
            self.push(")");
            self.uncollated();
        }
    }

    /// SQLite takes a collation that is named within an expression for the whole of it: DISTINCT, UNION and ORDER BY would
    /// go by that of a comparison.
    fn uncollated(&mut self) {
        if !self.on_postgres() {
            self.push(" COLLATE BINARY");
        }
    }

    /// A value whose order matters: texts go by code point, as SQLite orders them.
    pub(super) fn ordered(&mut self, scalar: &Scalar) {
        self.scalar(scalar);
        self.collate(scalar.ty);
    }

    pub(super) fn call(&mut self, name: &str, arguments: &[Scalar]) {
        self.push(name);
        self.push("(");
        self.separated(arguments, ", ", Self::scalar);
        self.push(")");
    }

    fn arithmetic(&mut self, op: Arithmetic, left: &Scalar, right: &Scalar, ty: Type) {
        let whole = ty.is_integer();
        if self.backend == Backend::Sqlite {
            let divides = matches!(op, Arithmetic::Divide | Arithmetic::Modulo);
            let safe = divides && matches!(right.node, ScalarNode::Constant(Bind::Literal(_)));
            if ty.is_decimal() || ((whole || divides) && !safe) {
                // SQLite knows no exact numbers, integers of 64 bit only, and divides by zero to NULL.
                let function = match op {
                    Arithmetic::Add => &numbers::ADD,
                    Arithmetic::Subtract => &numbers::SUBTRACT,
                    Arithmetic::Multiply => &numbers::MULTIPLY,
                    Arithmetic::Divide => &numbers::DIVIDE,
                    Arithmetic::Modulo => &numbers::MODULO,
                };
                return self.bridge(function, &[left, right], ty);
            }
        }
        self.push("(");
        let exact_division = op == Arithmetic::Divide && ty.is_decimal();
        if exact_division {
            self.qualified("cql_divide");
            self.push("(");
        }
        self.scalar(left);
        self.push(match op {
            _ if exact_division => ", ",
            Arithmetic::Add => " + ",
            Arithmetic::Subtract => " - ",
            Arithmetic::Multiply => " * ",
            Arithmetic::Divide => " / ",
            Arithmetic::Modulo => " % ",
        });
        self.scalar(right);
        if exact_division {
            let scale = decimal::shape(ty).map_or(0, |(_, scale)| scale);
            self.push(&format!(", {scale})"));
        }
        self.push(")");
        if ty.is_decimal() {
            self.cast_suffix(ty);
        }
    }

    /// The one value of a query. PostgreSQL refuses a second row by itself; SQLite would take the first.
    fn subquery(&mut self, query: &Query) {
        self.push("(");
        if self.on_postgres() || query.is_single() {
            self.query(query, false);
        } else {
            self.push("SELECT CASE WHEN cql_single(COUNT(*)) THEN MAX(\"c0\") END FROM (");
            self.query(query, true);
            self.push(") AS q");
        }
        self.push(")");
    }

    /// `::` binds tighter than anything but these.
    pub(super) fn scalar_in_brackets(&mut self, scalar: &Scalar) {
        let tight = matches!(
            scalar.node,
            ScalarNode::Column { .. } | ScalarNode::ListTarget(_) | ScalarNode::Element
        );
        if !tight {
            self.push("(");
        }
        self.scalar(scalar);
        if !tight {
            self.push(")");
        }
    }

    /// The elements in their order, with `, ` between them; NULL when there are none or none has a value. An element
    /// without a value keeps its place, as clients match two lists by position.
    /// An element of a list: in double quotes where it has a comma or quotes itself, as both SDKs read it.
    fn list_item(&mut self, element: &Scalar) {
        self.push("CASE WHEN ");
        self.scalar(element);
        self.push(" LIKE '%,%' OR ");
        self.scalar(element);
        self.push(" LIKE '%\"%' THEN '\"' || replace(");
        self.scalar(element);
        self.push(", '\"', '\"\"') || '\"' ELSE COALESCE(");
        self.scalar(element);
        self.push(", '') END");
    }

    fn list_text(&mut self, list: &List, element: &Scalar) {
        let optional = !matches!(&element.node, ScalarNode::Cast(inner) if matches!(inner.node, ScalarNode::ListTarget(_)));
        self.push("(SELECT ");
        if optional {
            self.push("CASE WHEN count(");
            self.scalar(element);
            self.push(") > 0 THEN ");
        }
        self.push(if self.on_postgres() {
            "string_agg("
        } else {
            "group_concat("
        });
        if optional && !matches!(element.node, ScalarNode::Cast(_)) {
            self.list_item(element);
        } else if optional {
            self.push("COALESCE(");
            self.scalar(element);
            self.push(", '')");
        } else {
            self.scalar(element);
        }
        self.push(&format!(", ', ' ORDER BY j{}.\"ordinal\")", list.id));
        if optional {
            self.push(" END");
        }
        self.list_source(list);
        self.push(")");
    }
}

/// Whether texts are compared.
fn of_texts(condition: &Condition) -> bool {
    condition.scalars().into_iter().any(|s| s.ty == Type::Text)
        || condition.conditions().into_iter().any(of_texts)
}

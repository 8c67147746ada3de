//! Conditions as SQL.

use super::Writer;
use crate::functions::letters;
use crate::functions::strings::LOWER;
use crate::ir::{Comparison, Condition, List, Pattern, Relation, Scalar, ScalarNode};
use crate::like::PlainPattern;
use crate::value::{Backend, Bind, Type, Value};

/// AND and OR of more terms are rendered as a balanced tree: SQLite takes expressions of 1000 levels.
const FLAT: usize = 64;

impl Writer<'_> {
    pub(super) fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::And(all) => self.connected(all, " AND ", "1 = 1"),
            Condition::Or(all) => self.connected(all, " OR ", "1 = 0"),
            Condition::Not(inner) => {
                self.push("NOT (");
                self.condition(inner);
                self.push(")");
            }
            Condition::Compare { op, left, right } => {
                let equality = matches!(op, Comparison::Equal | Comparison::NotEqual);
                if equality {
                    self.padded(left, true);
                } else {
                    self.comparand(left);
                    self.collate(left.ty);
                }
                self.push(match op {
                    Comparison::Equal => " = ",
                    Comparison::NotEqual => " <> ",
                    Comparison::Less => " < ",
                    Comparison::LessOrEqual => " <= ",
                    Comparison::Greater => " > ",
                    Comparison::GreaterOrEqual => " >= ",
                });
                if equality {
                    self.padded(right, false);
                } else {
                    self.comparand(right);
                }
            }
            Condition::In {
                value,
                list,
                negated,
            } => {
                self.padded(value, true);
                self.push(if *negated { " NOT IN (" } else { " IN (" });
                self.separated(list, ", ", |w, item| w.padded(item, false));
                self.push(")");
            }
            Condition::Between {
                value,
                low,
                high,
                negated,
            } => {
                self.comparand(value);
                self.collate(value.ty);
                self.push(if *negated {
                    " NOT BETWEEN "
                } else {
                    " BETWEEN "
                });
                self.comparand(low);
                self.push(" AND ");
                self.comparand(high);
            }
            Condition::Like {
                value,
                pattern,
                negated,
            } => self.like(value, pattern, *negated),
            Condition::IsNull { value, negated } => {
                self.comparand(value);
                self.push(if *negated { " IS NOT NULL" } else { " IS NULL" });
            }
            Condition::AnyElement {
                list,
                condition,
                negated,
            } => {
                if *negated {
                    // There are elements, and none meets it.
                    self.push("(EXISTS (SELECT 1");
                    self.elements(list);
                    self.push(") AND NOT ");
                }
                self.exists(list, condition);
                if *negated {
                    self.push(")");
                }
            }
            Condition::NoElement {
                list,
                condition,
                negated,
            } => {
                if !*negated {
                    self.push("NOT ");
                }
                self.exists(list, condition);
            }
            Condition::Exists { query, negated } => {
                self.push(if *negated { "NOT EXISTS (" } else { "EXISTS (" });
                self.query(query, false);
                self.push(")");
            }
            Condition::InQuery {
                value,
                query,
                negated,
            } => {
                self.padded(value, true);
                self.push(if *negated { " NOT IN (" } else { " IN (" });
                if self.on_postgres() && value.ty == Type::Text {
                    self.push("SELECT rtrim(\"c0\", ' ') FROM (");
                    self.query(query, true);
                    self.push(") AS q");
                } else {
                    self.query(query, false);
                }
                self.push(")");
            }
            Condition::Among { value, list } => self.among(value, list),
            Condition::Quantified {
                op,
                all,
                value,
                query,
            } => self.quantified(*op, *all, value, query),
            Condition::ItemOf { list, item } => {
                let position = if self.on_postgres() {
                    "strpos("
                } else {
                    "instr("
                };
                // A text of several items is no item, though it may stand in the list.
                let several = !matches!(item.node, ScalarNode::Constant(Bind::Literal(_)));
                if several {
                    self.push("(");
                    self.push(position);
                    self.scalar(item);
                    self.push(", ',') = 0 AND ");
                }
                self.push(position);
                self.push("', ' || ");
                self.scalar(list);
                self.push(" || ', ', ', ' || ");
                self.scalar(item);
                self.push(" || ', ') > 0");
                if several {
                    self.push(")");
                }
            }
        }
    }

    /// The elements of a list; the linked table is joined only where it may hide some.
    fn elements(&mut self, list: &List) {
        let hides = |(node, _): &(usize, String)| {
            matches!(self.bound.nodes[*node].relation, Relation::Filtered { .. })
        };
        if list.target.as_ref().is_some_and(hides) {
            self.list_source(list);
        } else {
            self.list_source(&List {
                target: None,
                ..list.clone()
            });
        }
    }

    fn exists(&mut self, list: &List, condition: &Condition) {
        self.push("EXISTS (SELECT 1");
        self.list_source(list);
        self.push(" AND ");
        self.condition(condition);
        self.push(")");
    }

    fn connected(&mut self, all: &[Condition], word: &str, empty: &str) {
        match all {
            [] => self.push(empty),
            [only] => self.condition(only),
            _ if all.len() <= FLAT => {
                self.push("(");
                self.separated(all, word, Self::condition);
                self.push(")");
            }
            _ => {
                let (left, right) = all.split_at(all.len() / 2);
                self.push("(");
                self.connected(left, word, empty);
                self.push(word);
                self.connected(right, word, empty);
                self.push(")");
            }
        }
    }

    /// A side of a comparison. SQLite compares numbers of all kinds by value, and a cast would keep it from an index.
    fn comparand(&mut self, scalar: &Scalar) {
        match &scalar.node {
            ScalarNode::Cast(inner)
                if self.backend == Backend::Sqlite
                    && matches!(scalar.ty, Type::BigInt | Type::Double)
                    && inner.ty.is_integer()
                    && !inner.is_settled() =>
            {
                self.scalar(inner);
            }
            _ => self.scalar(scalar),
        }
    }

    /// A side of an equality. Blanks at the end of a text do not count (T-SQL): SQLite has a collation for that, named at
    /// the `left` side.
    pub(super) fn padded(&mut self, scalar: &Scalar, left: bool) {
        match (self.backend, scalar.ty) {
            (Backend::Sqlite, Type::Text) if left => {
                self.scalar_in_brackets(scalar);
                self.push(" COLLATE RTRIM");
            }
            (Backend::Postgres, Type::Text) => {
                self.push("rtrim(");
                self.scalar(scalar);
                self.push(", ' ')");
            }
            _ => self.comparand(scalar),
        }
    }

    /// Texts are ordered by code point on both databases; SQLite keeps exact numbers as text.
    pub(super) fn collate(&mut self, ty: Type) {
        match (self.backend, ty) {
            (Backend::Postgres, Type::Text | Type::DateTimeOffset(_)) => {
                self.push(" COLLATE \"C\"");
            }
            (Backend::Sqlite, Type::Decimal { .. } | Type::Money) => {
                self.push(" COLLATE cql_number");
            }
            _ => {}
        }
    }

    fn like(&mut self, value: &Scalar, pattern: &Pattern, negated: bool) {
        match pattern {
            Pattern::Plain(plain) => {
                if let Some(column) = self.lowered_column(value, plain) {
                    return self.like_in_any_case(column, plain, negated);
                }
                let (word, text) = match self.backend {
                    Backend::Sqlite => ("GLOB", &plain.glob),
                    Backend::Postgres => ("LIKE", &plain.like),
                };
                self.scalar(value);
                self.push(if negated { " NOT " } else { " " });
                self.push(word);
                self.push(" ");
                self.constant(&Bind::Literal(Value::Text(text.clone())), Type::Text);
            }
            Pattern::Full { pattern, escape } => {
                if negated {
                    self.push("NOT ");
                }
                self.like_function();
                self.push("(");
                self.scalar(value);
                self.push(", ");
                self.scalar(pattern);
                self.push(", ");
                let escape = escape.map_or(Value::Null, |c| Value::Text(c.to_string()));
                self.constant(&Bind::Literal(escape), Type::Text);
                self.push(")");
            }
        }
    }

    /// The column of `LOWER(column)`, where a pattern for it has no upper case: SQLite can look for that without us.
    fn lowered_column<'a>(&self, value: &'a Scalar, plain: &PlainPattern) -> Option<&'a Scalar> {
        let ScalarNode::Call {
            function,
            arguments,
        } = &value.node
        else {
            return None;
        };
        let [column] = arguments.as_slice() else {
            return None;
        };
        let is_known = self.backend == Backend::Sqlite
            && std::ptr::eq(*function, &LOWER)
            && matches!(column.node, ScalarNode::Column { .. })
            && letters::lower(&plain.glob) == plain.glob;
        is_known.then_some(column)
    }

    /// SQLite's own LIKE takes letters of ASCII in any case, three times as fast as our function makes them small. Who has
    /// other letters is looked at again.
    fn like_in_any_case(&mut self, column: &Scalar, plain: &PlainPattern, negated: bool) {
        self.push(if negated { "NOT (" } else { "(" });
        self.scalar(column);
        self.push(" LIKE ");
        self.constant(&Bind::Literal(Value::Text(plain.like.clone())), Type::Text);
        self.push(" ESCAPE '\\' OR (octet_length(");
        self.scalar(column);
        self.push(") <> length(");
        self.scalar(column);
        self.push(") AND cql_lower(");
        self.scalar(column);
        self.push(") GLOB ");
        self.constant(&Bind::Literal(Value::Text(plain.glob.clone())), Type::Text);
        self.push("))");
    }

    fn like_function(&mut self) {
        if self.on_postgres() {
            self.qualified("cql_like")
        } else {
            self.push("cql_like")
        }
    }
}

//! Conditions as SQL.

use super::Writer;
use crate::functions::letters;
use crate::functions::strings::LOWER;
use crate::ir::{Comparison, Condition, List, Pattern, Relation, Scalar, ScalarNode};
use crate::like::PlainPattern;
use crate::value::{Backend, Bind, Type, Value};

/// AND and OR of more terms are rendered as a balanced tree: SQLite takes expressions of 1000 levels.
const FLAT: usize = 64;

/// Columns that one call searches: SQLite takes 127 arguments.
const MOST_COLUMNS: usize = 100;

impl Writer<'_> {
    pub(super) fn condition(&mut self, condition: &Condition) {
        match condition {
            Condition::And(all) => self.connected(all, " AND ", "1 = 1", Self::condition),
            Condition::Or(all) => {
                let terms = self.terms(all);
                self.connected(&terms, " OR ", "1 = 0", Self::term);
            }
            Condition::Not(inner) => {
                self.push("NOT (");
                self.condition(inner);
                self.push(")");
            }
            Condition::Compare {
                op: Comparison::Equal,
                left,
                right,
            } if self.may_seek(left, right) => self.seek(left, right),
            Condition::Compare {
                op: Comparison::Equal,
                left,
                right,
            } if self.may_seek(right, left) => self.seek(right, left),
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
                    self.push("SELECT \"c0\"::bpchar FROM (");
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

    fn connected<T>(&mut self, all: &[T], word: &str, empty: &str, each: fn(&mut Self, &T)) {
        match all {
            [] => self.push(empty),
            [only] => each(self, only),
            _ if all.len() <= FLAT => {
                self.push("(");
                self.separated(all, word, each);
                self.push(")");
            }
            _ => {
                let (left, right) = all.split_at(all.len() / 2);
                self.push("(");
                self.connected(left, word, empty, each);
                self.push(word);
                self.connected(right, word, empty, each);
                self.push(")");
            }
        }
    }

    /// The terms of an OR. One text that is looked for in columns next to each other is looked for once.
    fn terms<'a>(&self, all: &'a [Condition]) -> Vec<Term<'a>> {
        let mut terms: Vec<Term<'a>> = Vec::with_capacity(all.len());
        for condition in all {
            let Some((column, text)) = self.held(condition) else {
                terms.push(Term::Condition(condition));
                continue;
            };
            match terms.last_mut() {
                Some(Term::Held { columns, text: own })
                    if *own == text && columns.len() < MOST_COLUMNS =>
                {
                    columns.push(column);
                }
                _ => terms.push(Term::Held {
                    columns: vec![column],
                    text,
                }),
            }
        }
        terms
    }

    fn term(&mut self, term: &Term<'_>) {
        match term {
            Term::Condition(condition) => self.condition(condition),
            Term::Held { columns, text } => self.holds(columns, text),
        }
    }

    /// The column and the text of `LOWER(column) LIKE '%text%'`, which SQLite has a function of ours for.
    fn held<'a>(&self, condition: &'a Condition) -> Option<(&'a Scalar, &'a str)> {
        let Condition::Like {
            value,
            pattern: Pattern::Plain(plain),
            negated: false,
        } = condition
        else {
            return None;
        };
        let text = plain.held.as_deref()?;
        let column = lowered_column(value, plain)?;
        (self.backend == Backend::Sqlite).then_some((column, text))
    }

    fn holds(&mut self, columns: &[&Scalar], text: &str) {
        self.push("cql_holds(");
        self.constant(&Bind::Literal(Value::Text(text.to_owned())), Type::Text);
        for column in columns {
            self.push(", ");
            self.scalar(column);
        }
        self.push(")");
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
    /// the `left` side, and PostgreSQL a type (twice as fast as to cut them off, and it knows how many rows to expect).
    pub(super) fn padded(&mut self, scalar: &Scalar, left: bool) {
        match (self.backend, scalar.ty) {
            (Backend::Sqlite, Type::Text) if left => {
                self.scalar_in_brackets(scalar);
                self.push(" COLLATE RTRIM");
            }
            (Backend::Postgres, Type::Text) => {
                self.scalar_in_brackets(scalar);
                self.push("::bpchar");
            }
            _ => self.comparand(scalar),
        }
    }

    /// The equality of two texts, in no brackets.
    pub(super) fn equal_texts(&mut self, left: &Scalar, right: &Scalar) {
        self.padded(left, true);
        self.push(" = ");
        self.padded(right, false);
    }

    /// Whether an index of a text column of SQLite may find what is equal to a constant.
    fn may_seek(&self, column: &Scalar, value: &Scalar) -> bool {
        self.backend == Backend::Sqlite
            && column.ty == Type::Text
            && matches!(column.node, ScalarNode::Column { .. })
            && matches!(value.node, ScalarNode::Constant(_))
    }

    /// The equality of such. An index orders texts by their bytes, so it knows nothing of a collation that leaves blanks at
    /// the end out; but what is equal in it stands between the text without them and the same before the sign behind the
    /// blank. Where there is no index, only rows that are equal are asked again.
    fn seek(&mut self, column: &Scalar, value: &Scalar) {
        self.push("(");
        self.equal_texts(column, value);
        self.push(" AND ");
        self.scalar(column);
        self.push(" >= rtrim(");
        self.scalar(value);
        self.push(", ' ') AND ");
        self.scalar(column);
        self.push(" < rtrim(");
        self.scalar(value);
        self.push(", ' ') || '!')");
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
                if let Some(column) = lowered_column(value, plain)
                    && self.like_in_any_case(column, plain, negated)
                {
                    return;
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

    /// `LOWER(column)` of a pattern in lower case, without making the column's texts small in all scripts; `false` where
    /// that would not do.
    fn like_in_any_case(&mut self, column: &Scalar, plain: &PlainPattern, negated: bool) -> bool {
        let is_ascii = letters::come_of_ascii(&plain.like);
        match (self.backend, plain.held.as_deref()) {
            (Backend::Sqlite, Some(text)) => {
                self.push(if negated { "NOT " } else { "" });
                self.holds(&[column], text);
                return true;
            }
            _ if !is_ascii => return false,
            // SQLite's own LIKE takes letters of ASCII in any case.
            (Backend::Sqlite, None) => self.scalar(column),
            // Without letters there is no case to leave out.
            (Backend::Postgres, _) if !plain.like.contains(|c: char| c.is_ascii_alphabetic()) => {
                self.scalar(column);
            }
            (Backend::Postgres, _) => {
                self.push("lower(");
                self.scalar(column);
                self.push(" COLLATE \"C\")");
            }
        }
        self.push(if negated { " NOT LIKE " } else { " LIKE " });
        self.constant(&Bind::Literal(Value::Text(plain.like.clone())), Type::Text);
        if self.backend == Backend::Sqlite {
            self.push(" ESCAPE '\\'");
        }
        true
    }

    fn like_function(&mut self) {
        if self.on_postgres() {
            self.qualified("cql_like")
        } else {
            self.push("cql_like")
        }
    }
}

/// A part of an OR.
enum Term<'a> {
    /// One of its conditions.
    Condition(&'a Condition),
    /// Several: one of these columns holds a text.
    Held {
        /// The columns.
        columns: Vec<&'a Scalar>,
        /// In lower case.
        text: &'a str,
    },
}

/// The column of `LOWER(column)`, where a pattern for it has no upper case.
fn lowered_column<'a>(value: &'a Scalar, plain: &PlainPattern) -> Option<&'a Scalar> {
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
    let is_known = std::ptr::eq(*function, &LOWER)
        && matches!(column.node, ScalarNode::Column { .. })
        && letters::lower(&plain.glob) == plain.glob;
    is_known.then_some(column)
}

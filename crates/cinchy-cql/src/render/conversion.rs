//! Conversions between types as SQL. On SQLite most of them are computed in Rust; PostgreSQL has functions for those that
//! T-SQL does in another way than it does itself.

use super::{Writer, postgres_type};
use crate::convert::sql_name;
use crate::functions::{bridge, conversion};
use crate::ir::{Scalar, ScalarNode};
use crate::value::{Backend, Bind, Type, Value};

/// What a conversion is besides its types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Manner {
    /// What does not convert is NULL.
    pub attempt: bool,
    /// Style of CONVERT; `None` is an implicit conversion.
    pub style: Option<i64>,
}

impl Writer<'_> {
    /// An implicit conversion.
    pub(super) fn cast(&mut self, inner: &Scalar, to: Type) {
        let from = inner.ty;
        if from == to {
            return self.scalar(inner);
        }
        let manner = Manner {
            attempt: false,
            style: None,
        };
        if self.backend == Backend::Sqlite {
            return self.cast_on_sqlite(inner, to);
        }
        self.converted(inner, to, manner);
    }

    fn cast_on_sqlite(&mut self, inner: &Scalar, to: Type) {
        let wrapped = |w: &mut Self, before: &str, after: &str| {
            w.push(before);
            w.scalar(inner);
            w.push(after);
        };
        match (inner.ty, to) {
            (from, Type::Bit) if from.is_integer() || from.is_float() => {
                wrapped(self, "(", " <> 0)");
            }
            (Type::Double, Type::Text) => wrapped(self, "cql_text(", ")"),
            (Type::Bit, to) if to.is_integer() => self.scalar(inner),
            (Type::TinyInt | Type::SmallInt, Type::Int) => self.scalar(inner),
            (from, Type::BigInt) if from.is_integer() => self.scalar(inner),
            (from, Type::Double)
                if from == Type::Bit || from.is_integer() || from == Type::Real =>
            {
                wrapped(self, "CAST(", " AS REAL)");
            }
            (from, Type::Text) if from == Type::Bit || from.is_integer() => {
                wrapped(self, "CAST(", " AS TEXT)");
            }
            (Type::DateTime, Type::DateTime2(_)) | (Type::DateTime2(_), Type::DateTime) => {
                self.scalar(inner);
            }
            (Type::Date, Type::DateTime | Type::DateTime2(_)) => {
                wrapped(self, "(", " || ' 00:00:00')");
            }
            (Type::DateTime | Type::DateTime2(_), Type::Date) => {
                wrapped(self, "substr(", ", 1, 10)");
            }
            (from, to) => {
                let code = bridge::code(from);
                let code = Scalar::literal(Value::Text(code), Type::Text);
                self.bridge(&conversion::IMPLICIT, &[&code, inner], to);
            }
        }
    }

    /// CAST, CONVERT and their TRY forms: the type's code, the value, the style, whether to attempt.
    pub(super) fn explicit(&mut self, arguments: &[Scalar], to: Type) {
        let [_, value, style, attempt] = arguments else {
            return self.refuse("this conversion");
        };
        let constant = |s: &Scalar| match &s.node {
            ScalarNode::Constant(Bind::Literal(Value::Int(n))) => Some(*n),
            _ => None,
        };
        let (Some(style), Some(attempt)) = (constant(style), constant(attempt)) else {
            return self.refuse("CONVERT with a style that is not constant");
        };
        let manner = Manner {
            attempt: attempt != 0,
            style: Some(style),
        };
        self.converted(value, to, manner);
    }

    /// A conversion on PostgreSQL.
    fn converted(&mut self, value: &Scalar, to: Type, manner: Manner) {
        let from = value.ty;
        let attempt = if manner.attempt {
            ", TRUE)"
        } else {
            ", FALSE)"
        };
        match (from, to) {
            (Type::DateTimeOffset(_), _) | (_, Type::DateTimeOffset(_)) => {
                self.refuse("a datetimeoffset that is made of columns");
            }
            (Type::Binary, to) if to != Type::Binary => {
                self.refuse("the conversion of a column's binary");
            }
            (_, Type::Binary) => self.refuse("the conversion of a column to binary"),
            (from, to) if from == to => self.scalar(value),
            (Type::Text, to) => self.text_as(value, to, manner),
            (from, Type::Text) if from.is_date() => {
                // The time's digits of a second are part of its text.
                self.qualified("cql_moment_text");
                self.push("(");
                self.as_timestamp(value);
                let style = manner
                    .style
                    .unwrap_or_else(|| crate::convert::moment::default_style(from));
                let (word, scale) = match from {
                    Type::Date => ("date", 0),
                    Type::Time(scale) => ("time", scale),
                    Type::DateTime2(scale) => ("datetime2", scale),
                    _ => ("datetime", 3),
                };
                self.push(&format!(", '{word}', {scale}, {style})"));
            }
            (from, to) if from.is_date() && to.is_date() => match (from, to) {
                (Type::Time(_), Type::Date) => self.refuse("the conversion of time to date"),
                (_, Type::Date) => {
                    self.scalar_in_brackets(value);
                    self.push("::date");
                }
                (_, Type::Time(scale)) => {
                    self.scalar_in_brackets(value);
                    self.push(&format!("::time({})", scale.min(6)));
                }
                (_, Type::DateTime2(scale)) => {
                    self.as_timestamp(value);
                    self.push(&format!("::timestamp({})", scale.min(6)));
                }
                _ if manner.style.is_none() => self.as_timestamp(value),
                _ => {
                    self.qualified("cql_legacy");
                    self.push("(");
                    self.as_timestamp(value);
                    self.push(attempt);
                }
            },
            (from, to) if from.is_date() => {
                // Days since 1900.
                let whole = to.is_integer();
                self.qualified(if whole { "cql_whole_days" } else { "cql_days" });
                self.push("(");
                self.as_timestamp(value);
                self.push(")");
                match to {
                    Type::Double => {}
                    Type::Bit => self.push(" <> 0"),
                    to => {
                        self.push("::");
                        self.push(&postgres_type(to));
                    }
                }
            }
            (from, Type::DateTime) => {
                self.qualified("cql_of_days");
                self.push("(");
                self.number(value, from);
                self.push("::float8");
                self.push(attempt);
            }
            (_, to) if to.is_date() => self.refuse(format!(
                "the conversion of {} to {}",
                sql_name(from),
                sql_name(to)
            )),
            (Type::Bit, to) if to.is_integer() => self.number(value, from),
            (from, Type::Bit) => {
                self.push("(");
                self.number(value, from);
                self.push(" <> 0)");
            }
            (from, Type::Text) => match (from, manner.style) {
                (Type::Money, style) => {
                    self.qualified("cql_money_text");
                    self.push("(");
                    self.scalar(value);
                    self.push(&format!(", {})", style.unwrap_or(0)));
                }
                (Type::Double | Type::Real, Some(0)) => {
                    self.qualified("cql_float_text");
                    self.push("(");
                    self.scalar(value);
                    self.push(")");
                }
                (Type::Double | Type::Real, Some(style)) => {
                    self.qualified("cql_float_text");
                    self.push("(");
                    self.scalar(value);
                    self.push(&format!(", {style}, {})", from == Type::Real));
                }
                // There is no zero below zero in a text.
                (Type::Double, None) => {
                    self.push("(");
                    self.scalar_in_brackets(value);
                    self.push(" + 0)::text");
                }
                _ => {
                    self.number(value, from);
                    self.push("::text");
                }
            },
            (from, to) if to.is_integer() => {
                let widens = matches!(
                    (from, to),
                    (Type::TinyInt | Type::SmallInt | Type::Int, Type::BigInt)
                        | (Type::TinyInt | Type::SmallInt, Type::Int)
                );
                if widens {
                    self.scalar_in_brackets(value);
                } else {
                    self.qualified("cql_integer");
                    self.push("(");
                    if from == Type::Money {
                        self.push("round(");
                        self.scalar(value);
                        self.push(")");
                    } else {
                        self.scalar(value);
                        if from.is_integer() {
                            self.push("::numeric");
                        }
                    }
                    self.push(&format!(", '{}'{attempt}", sql_name(to)));
                }
                self.cast_suffix(to);
            }
            (from, Type::Decimal { .. } | Type::Money) => {
                self.exact(sql_name(from), to, attempt, |w| {
                    w.number(value, from);
                    w.push("::numeric");
                });
            }
            (from, Type::Real) => {
                self.number(value, from);
                self.push("::float4::float8");
            }
            (from, to) => {
                self.number(value, from);
                self.push("::");
                self.push(&postgres_type(to));
            }
        }
    }

    /// A number rounded to an exact type, with its room checked.
    fn exact(&mut self, from: &str, to: Type, attempt: &str, number: impl FnOnce(&mut Self)) {
        let (precision, scale) = crate::convert::decimal::shape(to).unwrap_or((38, 0));
        self.qualified("cql_exact");
        self.push("(");
        number(self);
        let target = sql_name(to);
        self.push(&format!(
            ", {precision}, {scale}, '{from}', '{target}'{attempt}"
        ));
        self.cast_suffix(to);
    }

    fn text_as(&mut self, value: &Scalar, to: Type, manner: Manner) {
        let attempt = if manner.attempt {
            ", TRUE)"
        } else {
            ", FALSE)"
        };
        let call = |w: &mut Self, name: &str, extra: &str| {
            w.qualified(name);
            w.push("(");
            w.scalar(value);
            w.push(extra);
            w.push(attempt);
        };
        match to {
            // CAST knows no `Yes` and `No`, which `cql_bit` takes for columns.
            Type::Bit if manner.style.is_some() => {
                self.push("(CASE WHEN lower(btrim(");
                self.scalar(value);
                self.push(")) IN ('yes', 'no') THEN ");
                if manner.attempt {
                    self.push("NULL");
                } else {
                    self.qualified("cql_raise");
                    self.push("('Conversion failed when converting the varchar value ''' || ");
                    self.scalar(value);
                    self.push(" || ''' to data type bit.')");
                }
                self.push("::bool ELSE ");
                call(self, "cql_bit", "");
                self.push(" END)");
            }
            Type::Bit => call(self, "cql_bit", ""),
            Type::TinyInt | Type::SmallInt | Type::Int | Type::BigInt => {
                call(self, "cql_integer", &format!(", '{}'", sql_name(to)));
                self.cast_suffix(to);
            }
            Type::Decimal { .. } => {
                self.exact("varchar", to, attempt, |w| call(w, "cql_numeric", ""))
            }
            Type::Money => self.exact("varchar", to, attempt, |w| call(w, "cql_money", "")),
            Type::Real => {
                call(self, "cql_float", "");
                self.push("::float4::float8");
            }
            Type::Double => call(self, "cql_float", ""),
            _ => {
                // `datetime` implicitly: an offset is turned into UTC, and nothing is rounded.
                let word = match (to, manner.style) {
                    (Type::DateTime, None) => "column",
                    (to, _) => sql_name(to),
                };
                let style = manner.style.unwrap_or(0);
                call(self, "cql_moment", &format!(", '{word}', {style}"));
                match to {
                    Type::Date => self.push("::date"),
                    Type::Time(scale) => self.push(&format!("::time({})", scale.min(6))),
                    Type::DateTime2(scale) => {
                        self.push(&format!("::timestamp({})", scale.min(6)));
                    }
                    _ => {}
                }
            }
        }
    }

    /// A number in brackets; a bit as one.
    fn number(&mut self, value: &Scalar, from: Type) {
        self.scalar_in_brackets(value);
        if from == Type::Bit {
            self.push("::int4");
        }
    }

    /// A date or time as PostgreSQL's timestamp.
    pub(super) fn as_timestamp(&mut self, value: &Scalar) {
        match value.ty {
            Type::Date => {
                self.scalar_in_brackets(value);
                self.push("::timestamp");
            }
            Type::Time(_) => {
                self.push("(DATE '1900-01-01' + ");
                self.scalar(value);
                self.push(")");
            }
            _ => self.scalar(value),
        }
    }
}

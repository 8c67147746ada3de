//! Aggregates as SQL. SQLite's own sum corrects the error of rounding, T-SQL and PostgreSQL do not: floats go through
//! functions of our own there.

use super::Writer;
use crate::convert::decimal;
use crate::functions::{bridge, exact, maths};
use crate::ir::{Aggregate, Scalar};
use crate::value::{Backend, Type};

impl Writer<'_> {
    pub(super) fn aggregate(
        &mut self,
        function: Aggregate,
        distinct: bool,
        argument: Option<&Scalar>,
        ty: Type,
    ) {
        let word = if distinct { "DISTINCT " } else { "" };
        let one = |w: &mut Self, name: &str| {
            w.push(name);
            w.push("(");
            w.push(word);
            match argument {
                Some(argument) if matches!(function, Aggregate::Min | Aggregate::Max) => {
                    w.ordered(argument)
                }
                Some(argument) => w.scalar(argument),
                None => w.push("*"),
            }
            w.push(")");
        };
        let native = self.on_postgres();
        if let Some(argument) = argument
            && ty.is_decimal()
            && matches!(function, Aggregate::Sum | Aggregate::Avg)
        {
            let average = function == Aggregate::Avg;
            return self.sum_exactly(average, ty, |w, name| {
                w.push(&format!("{name}({word}"));
                w.scalar(argument);
                w.push(")");
            });
        }
        match (function, ty) {
            (Aggregate::Count, _) | (Aggregate::CountBig, _) => one(self, "count"),
            (Aggregate::Min, _) => one(self, "min"),
            (Aggregate::Max, _) => one(self, "max"),
            (Aggregate::Sum, Type::Double | Type::Real) => {
                one(self, if native { "sum" } else { "cql_sum" })
            }
            // SQLite sums integers in 64 bits.
            (Aggregate::Sum, Type::Int) if !native => {
                let signature = bridge::signature(&maths::IN_RANGE, Type::Int, &[Type::BigInt]);
                self.push(&format!("cql('{signature}', "));
                one(self, "sum");
                self.push(")");
            }
            (Aggregate::Sum, _) => one(self, "sum"),
            (Aggregate::Avg, Type::Double | Type::Real) => {
                one(self, if native { "avg" } else { "cql_avg" })
            }
            // The average of integers is one (T-SQL). PostgreSQL sums 64 bit integers to a decimal.
            (Aggregate::Avg, _) => {
                let divides = native && ty == Type::BigInt;
                self.push(if divides { "div(" } else { "(" });
                one(self, "sum");
                self.push(if divides { ", " } else { " / " });
                one(self, "count");
                self.push(")");
            }
            (Aggregate::StDev, _) => one(self, if native { "stddev_samp" } else { "cql_stdev" }),
            (Aggregate::StDevP, _) => one(self, if native { "stddev_pop" } else { "cql_stdevp" }),
            (Aggregate::Var, _) => one(self, if native { "var_samp" } else { "cql_var" }),
            (Aggregate::VarP, _) => one(self, if native { "var_pop" } else { "cql_varp" }),
        }
        // PostgreSQL counts and sums to wider types.
        if matches!(ty, Type::Int | Type::BigInt)
            && !matches!(function, Aggregate::Min | Aggregate::Max)
        {
            self.cast_suffix(ty);
        }
    }

    /// The sum or average of exact numbers, of which SQLite makes a list first; `call` writes an aggregate of this name.
    pub(super) fn sum_exactly(
        &mut self,
        average: bool,
        ty: Type,
        mut call: impl FnMut(&mut Self, &str),
    ) {
        if !self.on_postgres() {
            let function = if average {
                &exact::AVG_EXACT
            } else {
                &exact::SUM_EXACT
            };
            let signature = bridge::signature(function, ty, &[Type::Text]);
            self.push(&format!("cql('{signature}', "));
            call(self, "group_concat");
            return self.push(")");
        }
        self.push("(");
        if average {
            let scale = decimal::shape(ty).map_or(0, |(_, scale)| scale);
            self.qualified("cql_divide");
            self.push("(");
            call(self, "sum");
            self.push(", ");
            call(self, "count");
            self.push(&format!("::numeric, {scale})"));
        } else {
            call(self, "sum");
        }
        self.push(")");
        self.cast_suffix(ty);
    }

    pub(super) fn string_agg(
        &mut self,
        value: &Scalar,
        separator: &Scalar,
        order: &[(Scalar, bool)],
    ) {
        self.push(match self.backend {
            Backend::Postgres => "string_agg(",
            Backend::Sqlite => "group_concat(",
        });
        self.scalar(value);
        // A separator that is NULL is the empty text, where SQLite would take a comma.
        self.push(", COALESCE(");
        self.scalar(separator);
        self.push(", '')");
        for (index, (key, descending)) in order.iter().enumerate() {
            self.push(if index == 0 { " ORDER BY " } else { ", " });
            self.ordered(key);
            self.direction(*descending);
        }
        self.push(")");
    }
}

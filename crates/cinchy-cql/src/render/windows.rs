//! Calls with OVER as SQL.

use super::Writer;
use crate::functions::{Function, bridge, maths, windows};
use crate::ir::{Aggregate, Frame, FrameBound, Scalar, Window, WindowFunction};
use crate::value::Type;

impl Writer<'_> {
    pub(super) fn over(&mut self, window: &Window, ty: Type) {
        let name = match window.function {
            WindowFunction::Aggregate(function) => {
                return self.aggregate_over(function, window, ty);
            }
            WindowFunction::RowNumber => "row_number",
            WindowFunction::Rank => "rank",
            WindowFunction::DenseRank => "dense_rank",
            WindowFunction::PercentRank => "percent_rank",
            WindowFunction::CumeDist => "cume_dist",
            WindowFunction::NTile => "ntile",
            WindowFunction::Lag => "lag",
            WindowFunction::Lead => "lead",
            WindowFunction::FirstValue => "first_value",
            WindowFunction::LastValue => "last_value",
        };
        let whole = window.function == WindowFunction::NTile;
        self.push(if whole { "(" } else { "" });
        self.call(name, &window.arguments);
        self.window_clause(window);
        if whole {
            self.push(")");
            self.cast_suffix(ty);
        }
    }

    fn aggregate_over(&mut self, function: Aggregate, window: &Window, ty: Type) {
        let argument = window.arguments.first();
        let one = |w: &mut Self, name: &str| {
            w.push(name);
            w.push("(");
            match argument {
                Some(argument) if matches!(function, Aggregate::Min | Aggregate::Max) => {
                    w.ordered(argument);
                }
                Some(argument) => w.scalar(argument),
                None => w.push("*"),
            }
            w.push(")");
            w.window_clause(window);
        };
        let native = self.on_postgres();
        if ty.is_decimal() && matches!(function, Aggregate::Sum | Aggregate::Avg) {
            return self.sum_exactly(function == Aggregate::Avg, ty, one);
        }
        match (function, ty) {
            (Aggregate::Count | Aggregate::CountBig, _) => one(self, "count"),
            (Aggregate::Min, _) => one(self, "min"),
            (Aggregate::Max, _) => one(self, "max"),
            (Aggregate::Sum, Type::Double | Type::Real) => {
                self.floats(&windows::SUM, argument, window)
            }
            (Aggregate::Avg, Type::Double | Type::Real) => {
                self.floats(&windows::AVG, argument, window)
            }
            (Aggregate::StDev, _) => self.floats(&windows::STDEV, argument, window),
            (Aggregate::StDevP, _) => self.floats(&windows::STDEVP, argument, window),
            (Aggregate::Var, _) => self.floats(&windows::VAR, argument, window),
            (Aggregate::VarP, _) => self.floats(&windows::VARP, argument, window),
            // SQLite sums integers in 64 bits.
            (Aggregate::Sum, Type::Int) if !native => {
                let signature = bridge::signature(&maths::IN_RANGE, Type::Int, &[Type::BigInt]);
                self.push(&format!("cql('{signature}', "));
                one(self, "sum");
                self.push(")");
            }
            (Aggregate::Sum, _) => {
                self.push("(");
                one(self, "sum");
                self.push(")");
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
        }
        let wider = matches!(
            function,
            Aggregate::Count | Aggregate::CountBig | Aggregate::Sum | Aggregate::Avg
        );
        if wider && matches!(ty, Type::Int | Type::BigInt) {
            self.cast_suffix(ty);
        }
    }

    /// An aggregate of floats; on SQLite of their list.
    fn floats(&mut self, function: &'static Function, argument: Option<&Scalar>, window: &Window) {
        let Some(argument) = argument else { return };
        if self.on_postgres() {
            self.function(function, std::slice::from_ref(argument), Type::Double);
            return self.window_clause(window);
        }
        let signature = bridge::signature(function, Type::Double, &[Type::Text]);
        self.push(&format!("cql('{signature}', group_concat("));
        self.function(&windows::EXACT, std::slice::from_ref(argument), Type::Text);
        self.push(", ' ')");
        self.window_clause(window);
        self.push(")");
    }

    fn window_clause(&mut self, window: &Window) {
        self.push(" OVER (");
        if !window.partition.is_empty() {
            self.push("PARTITION BY ");
            self.separated(&window.partition, ", ", Self::scalar);
        }
        let mut first = true;
        let mut key = |w: &mut Self, value: &Scalar, descending: bool, spaced: bool| {
            w.push(match (first, spaced) {
                (true, true) => " ORDER BY ",
                (true, false) => "ORDER BY ",
                (false, _) => ", ",
            });
            first = false;
            w.ordered(value);
            w.direction(descending);
        };
        let spaced = !window.partition.is_empty();
        for (value, descending) in &window.order {
            key(self, value, *descending, spaced);
        }
        if window.sees_row_order() {
            for value in self.row_keys.clone() {
                if !window.order.iter().any(|(own, _)| *own == value) {
                    key(self, &value, false, spaced);
                }
            }
        }
        if let Some(frame) = window.frame {
            self.frame(frame);
        }
        self.push(")");
    }

    fn frame(&mut self, frame: Frame) {
        self.push(if frame.rows {
            " ROWS BETWEEN "
        } else {
            " RANGE BETWEEN "
        });
        self.bound_of_frame(frame.start);
        self.push(" AND ");
        self.bound_of_frame(frame.end);
    }

    fn bound_of_frame(&mut self, bound: FrameBound) {
        match bound {
            FrameBound::UnboundedPreceding => self.push("UNBOUNDED PRECEDING"),
            FrameBound::Preceding(n) => self.push(&format!("{n} PRECEDING")),
            FrameBound::CurrentRow => self.push("CURRENT ROW"),
            FrameBound::Following(n) => self.push(&format!("{n} FOLLOWING")),
            FrameBound::UnboundedFollowing => self.push("UNBOUNDED FOLLOWING"),
        }
    }
}

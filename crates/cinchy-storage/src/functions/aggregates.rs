//! Aggregates of floats. They add in the order of rows without correcting the error of rounding, as T-SQL does, and by the
//! same steps as PostgreSQL (`float8_accum`), so that both databases give the same number to the last bit.

use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Double, Nullable};
use diesel::sqlite::{Sqlite, SqliteAggregateFunction};
use diesel::{SqliteConnection, declare_sql_function};

use super::RAISED;
use crate::error::Result;

#[declare_sql_function]
extern "SQL" {
    /// SUM of floats.
    #[aggregate]
    fn cql_sum(x: Nullable<Double>) -> Nullable<Double>;
    /// AVG of floats.
    #[aggregate]
    fn cql_avg(x: Nullable<Double>) -> Nullable<Double>;
    /// STDEV.
    #[aggregate]
    fn cql_stdev(x: Nullable<Double>) -> Nullable<Double>;
    /// STDEVP.
    #[aggregate]
    fn cql_stdevp(x: Nullable<Double>) -> Nullable<Double>;
    /// VAR.
    #[aggregate]
    fn cql_var(x: Nullable<Double>) -> Nullable<Double>;
    /// VARP.
    #[aggregate]
    fn cql_varp(x: Nullable<Double>) -> Nullable<Double>;
}

/// What there is to know of the numbers so far.
#[derive(Debug, Default, Clone, Copy)]
struct Moments {
    count: f64,
    sum: f64,
    /// Sum of the squares of differences from the mean.
    squares: f64,
}

impl Moments {
    /// Youngs and Cramer's step.
    fn add(&mut self, x: f64) {
        let before = self.count;
        self.count += 1.0;
        self.sum += x;
        if before > 0.0 {
            let difference = x * self.count - self.sum;
            self.squares += difference * difference / (self.count * before);
        }
    }
}

/// A result; infinite ones are an overflow.
#[derive(Debug)]
struct Answer(Option<f64>);

impl ToSql<Nullable<Double>, Sqlite> for Answer {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        match self.0 {
            None => return Ok(IsNull::Yes),
            Some(x) if x.is_finite() => out.set_value(x),
            Some(_) => {
                let error = cinchy_cql::CqlError::Overflow {
                    from: "expression",
                    to: "float",
                };
                return Err(format!("{RAISED}{error}").into());
            }
        }
        Ok(IsNull::No)
    }
}

macro_rules! aggregates {
    ($($(#[$doc:meta])* $name:ident = $result:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Default)]
        struct $name(Moments);

        impl SqliteAggregateFunction<Option<f64>> for $name {
            type Output = Answer;

            fn step(&mut self, x: Option<f64>) {
                if let Some(x) = x {
                    self.0.add(x);
                }
            }

            fn finalize(aggregator: Option<Self>) -> Answer {
                let moments = aggregator.unwrap_or_default().0;
                let result: fn(Moments) -> Option<f64> = $result;
                Answer(result(moments))
            }
        }
    )*};
}

aggregates! {
    /// NULL of none.
    Sum = |m| (m.count > 0.0).then_some(m.sum);
    /// NULL of none.
    Average = |m| (m.count > 0.0).then(|| m.sum / m.count);
    /// NULL of fewer than two.
    Deviation = |m| (m.count > 1.0).then(|| (m.squares / (m.count - 1.0)).sqrt());
    /// NULL of none.
    DeviationOfAll = |m| (m.count > 0.0).then(|| (m.squares / m.count).sqrt());
    /// NULL of fewer than two.
    Variance = |m| (m.count > 1.0).then(|| m.squares / (m.count - 1.0));
    /// NULL of none.
    VarianceOfAll = |m| (m.count > 0.0).then(|| m.squares / m.count);
}

/// Registers them.
pub(super) fn register(conn: &mut SqliteConnection) -> Result<()> {
    cql_sum_utils::register_impl::<Sum, _>(conn)?;
    cql_avg_utils::register_impl::<Average, _>(conn)?;
    cql_stdev_utils::register_impl::<Deviation, _>(conn)?;
    cql_stdevp_utils::register_impl::<DeviationOfAll, _>(conn)?;
    cql_var_utils::register_impl::<Variance, _>(conn)?;
    cql_varp_utils::register_impl::<VarianceOfAll, _>(conn)?;
    Ok(())
}

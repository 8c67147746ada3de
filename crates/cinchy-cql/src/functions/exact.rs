//! Sums of exact numbers on SQLite, which would add them as floats: the numbers of a group or window are listed as text
//! there, and added here.

use bigdecimal::{BigDecimal, Zero};

use super::arguments::text;
use super::{Function, Sql};
use crate::convert::decimal;
use crate::error::CqlError;
use crate::value::{Type, Value};

/// All of this file.
pub(super) const ALL: &[&Function] = &[&SUM_EXACT, &AVG_EXACT];

/// The sum of a list of numbers with commas.
pub(crate) static SUM_EXACT: Function = Function {
    name: "sum_exact",
    strict: true,
    evaluate: Some(|args, ty| {
        let (sum, _) = total(text(args, 0));
        decimal::fit(&sum, ty, "expression").map(Value::Decimal)
    }),
    sqlite: Sql::Rust,
    postgres: Sql::None,
};

/// Their average: what does not fit the scale is cut (T-SQL).
pub(crate) static AVG_EXACT: Function = Function {
    name: "avg_exact",
    strict: true,
    evaluate: Some(|args, ty| {
        let (sum, count) = total(text(args, 0));
        average(&sum, count, ty).map(Value::Decimal)
    }),
    sqlite: Sql::Rust,
    postgres: Sql::None,
};

fn total(list: &str) -> (BigDecimal, i64) {
    let mut sum = BigDecimal::zero();
    let mut count = 0;
    for number in list.split(',').filter_map(decimal::parse) {
        sum += number;
        count += 1;
    }
    (sum, count)
}

fn average(sum: &BigDecimal, count: i64, ty: Type) -> Result<BigDecimal, CqlError> {
    let scale = decimal::shape(ty).map_or(0, |(_, scale)| i64::from(scale));
    // Of whole numbers, so that no digit is lost before the cut.
    let (digits, _) = sum
        .with_scale_round(scale, bigdecimal::RoundingMode::Down)
        .into_bigint_and_scale();
    let average = BigDecimal::from_bigint(digits / count.max(1), scale);
    decimal::fit_cut(&average, ty, "expression")
}

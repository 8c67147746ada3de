//! Floats of a window on SQLite. Aggregates that storage registers cannot be used over a window there, and SQLite's own
//! sum corrects the error of rounding, which T-SQL and PostgreSQL do not. So the numbers of a window are listed as text,
//! exactly, and added here by the same steps as in PostgreSQL.

use super::{Function, Sql};
use crate::error::CqlError;
use crate::value::{Type, Value};

/// All of this file.
pub(super) const ALL: &[&Function] = &[
    &EXACT,
    &FROM_EXACT,
    &SUM,
    &AVG,
    &STDEV,
    &STDEVP,
    &VAR,
    &VARP,
];

/// The shortest text that gives back the same float.
pub(crate) static EXACT: Function = Function {
    name: "exact",
    strict: true,
    evaluate: Some(|args, _| {
        Ok(match args {
            [Value::Double(x)] => Value::Text(format!("{x:?}")),
            _ => Value::Null,
        })
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Words("({0})::text"),
};

/// The float of such a text.
pub(crate) static FROM_EXACT: Function = Function {
    name: "from_exact",
    strict: true,
    evaluate: Some(|args, _| {
        Ok(match args {
            [Value::Text(text)] => text.parse().map_or(Value::Null, Value::Double),
            _ => Value::Null,
        })
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Words("({0})::float8"),
};

const fn listed(
    name: &'static str,
    native: &'static str,
    evaluate: fn(&[Value], Type) -> Result<Value, CqlError>,
) -> Function {
    Function {
        name,
        strict: true,
        evaluate: Some(evaluate),
        sqlite: Sql::Rust,
        postgres: Sql::Native(native),
    }
}

/// SUM.
pub(crate) static SUM: Function = listed("list_sum", "sum", |args, _| {
    of_list(args, |m| (m.count > 0.0).then_some(m.sum))
});
/// AVG.
pub(crate) static AVG: Function = listed("list_avg", "avg", |args, _| {
    of_list(args, |m| (m.count > 0.0).then(|| m.sum / m.count))
});
/// STDEV.
pub(crate) static STDEV: Function = listed("list_stdev", "stddev_samp", |args, _| {
    of_list(args, |m| {
        (m.count > 1.0).then(|| (m.squares / (m.count - 1.0)).sqrt())
    })
});
/// STDEVP.
pub(crate) static STDEVP: Function = listed("list_stdevp", "stddev_pop", |args, _| {
    of_list(args, |m| {
        (m.count > 0.0).then(|| (m.squares / m.count).sqrt())
    })
});
/// VAR.
pub(crate) static VAR: Function = listed("list_var", "var_samp", |args, _| {
    of_list(args, |m| {
        (m.count > 1.0).then(|| m.squares / (m.count - 1.0))
    })
});
/// VARP.
pub(crate) static VARP: Function = listed("list_varp", "var_pop", |args, _| {
    of_list(args, |m| (m.count > 0.0).then(|| m.squares / m.count))
});

/// What there is to know of the numbers so far.
#[derive(Default)]
struct Moments {
    count: f64,
    sum: f64,
    /// Sum of the squares of differences from the mean.
    squares: f64,
}

fn of_list(args: &[Value], result: fn(Moments) -> Option<f64>) -> Result<Value, CqlError> {
    let [Value::Text(list)] = args else {
        return Ok(Value::Null);
    };
    let mut moments = Moments::default();
    for x in list.split(' ').filter_map(|x| x.parse::<f64>().ok()) {
        let before = moments.count;
        moments.count += 1.0;
        moments.sum += x;
        if before > 0.0 {
            // Youngs and Cramer's step.
            let difference = x * moments.count - moments.sum;
            moments.squares += difference * difference / (moments.count * before);
        }
    }
    Ok(result(moments).map_or(Value::Null, Value::Double))
}

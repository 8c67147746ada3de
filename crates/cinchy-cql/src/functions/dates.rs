//! Functions of dates.

use super::{Function, Sql};
use crate::value::Value;

/// All of this file.
pub(super) const ALL: &[&Function] = &[&DATE_ONLY];

/// Midnight of a date.
pub(crate) static DATE_ONLY: Function = Function {
    name: "date_only",
    strict: true,
    evaluate: Some(|args, _| {
        Ok(match args.first() {
            Some(Value::DateTime(moment)) => {
                Value::DateTime(moment.date().and_time(chrono::NaiveTime::MIN))
            }
            _ => Value::Null,
        })
    }),
    sqlite: Sql::Words("(substr({0}, 1, 10) || ' 00:00:00')"),
    postgres: Sql::Words("date_trunc('day', {0})"),
};

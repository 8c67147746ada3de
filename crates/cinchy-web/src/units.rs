//! Times and durations as people write them, in bodies of the control API and in forms of the console.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

/// A text that is no time or duration. `Display` says how to write one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAUnit(String);

/// A moment: `2027-01-01T00:00:00Z`, with another offset, or a date alone. Without an offset it is UTC.
///
/// # Errors
/// [`NotAUnit`].
pub fn moment(text: &str) -> Result<DateTime<Utc>, NotAUnit> {
    cinchy_seed::parse_date(text)
        .map(|at| at.and_utc())
        .ok_or_else(|| {
            NotAUnit(format!(
                "`{text}` is no time; write it as in `2027-01-01T00:00:00Z`"
            ))
        })
}

/// A duration: ISO 8601 (`PT90S`), short (`90s`, `500ms`, `2h`), or a number of seconds. A minus sign before it turns it
/// around.
///
/// # Errors
/// [`NotAUnit`].
pub fn duration(value: &Value) -> Result<TimeDelta, NotAUnit> {
    let wrong = || {
        NotAUnit(format!(
            "`{}` is no duration; write it as in `PT90S`, `90s`, `500ms` or `2h`, in whole numbers and a hundred years at most",
            value.as_str().map_or(value.to_string(), str::to_owned)
        ))
    };
    match value {
        Value::Number(seconds) => {
            let micros = seconds.as_f64().ok_or_else(wrong)? * 1e6;
            // A hundred years, as for a text.
            if micros.abs() > 3.2e15 {
                return Err(wrong());
            }
            // Within the bounds above nothing is lost but parts of a microsecond.
            #[expect(clippy::cast_possible_truncation, reason = "bounded above")]
            Ok(TimeDelta::microseconds(micros as i64))
        }
        Value::String(text) => {
            let text = text.trim();
            let (back, text) = match text.strip_prefix('-') {
                Some(rest) => (true, rest),
                None => (false, text),
            };
            let found = match text.strip_suffix("ms") {
                Some(number) => {
                    let millis = number.trim().parse::<u32>().map_err(|_| wrong())?;
                    TimeDelta::milliseconds(millis.into())
                }
                None => cinchy_seed::parse_duration(text).map_err(|_| wrong())?,
            };
            Ok(if back { -found } else { found })
        }
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn durations() {
        for (given, expected) in [
            (json!("90s"), Some(90_000)),
            (json!("PT90S"), Some(90_000)),
            (json!("PT1H30M"), Some(5_400_000)),
            (json!("P1D"), Some(86_400_000)),
            (json!("2h"), Some(7_200_000)),
            (json!("500ms"), Some(500)),
            (json!("-PT1H"), Some(-3_600_000)),
            (json!(1.5), Some(1_500)),
            (json!(-2), Some(-2_000)),
            (json!("soon"), None),
            (json!("P1M"), None),
            (json!("--1h"), None),
            (json!(1e300), None),
            (json!(true), None),
            (json!(null), None),
        ] {
            let found = duration(&given).ok().map(|d| d.num_milliseconds());
            assert_eq!(found, expected, "{given}");
        }
    }
}

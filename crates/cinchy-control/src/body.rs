//! Bodies of calls: JSON of a known form, with times and durations as people write them.

use chrono::{DateTime, TimeDelta, Utc};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::ControlError;

/// Reads a body as JSON. Without a body it is an empty object.
///
/// # Errors
/// [`ControlError::Body`] with the place of the mistake.
pub fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ControlError> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| ControlError::Body(error.to_string()))
}

/// A moment: `2027-01-01T00:00:00Z`, with another offset, or a date alone. Without an offset it is UTC.
///
/// # Errors
/// [`ControlError::Body`].
pub fn moment(text: &str) -> Result<DateTime<Utc>, ControlError> {
    cinchy_seed::parse_date(text)
        .map(|at| at.and_utc())
        .ok_or_else(|| {
            ControlError::Body(format!(
                "`{text}` is no time; write it as in `2027-01-01T00:00:00Z`"
            ))
        })
}

/// A duration: ISO 8601 (`PT90S`), short (`90s`, `500ms`, `2h`), or a number of seconds. A minus sign before it turns it
/// around.
///
/// # Errors
/// [`ControlError::Body`].
pub fn duration(value: &Value) -> Result<TimeDelta, ControlError> {
    let wrong = || {
        ControlError::Body(format!(
            "`{}` is no duration; write it as in `PT90S`, `90s`, `500ms` or `2h`",
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

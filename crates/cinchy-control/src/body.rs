//! Bodies of calls: JSON of a known form, with times and durations as people write them.

use chrono::{DateTime, TimeDelta, Utc};
use cinchy_web::units;
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

/// A moment, see [`units::moment`].
///
/// # Errors
/// [`ControlError::Body`].
pub fn moment(text: &str) -> Result<DateTime<Utc>, ControlError> {
    units::moment(text).map_err(|error| ControlError::Body(error.to_string()))
}

/// A duration, see [`units::duration`].
///
/// # Errors
/// [`ControlError::Body`].
pub fn duration(value: &Value) -> Result<TimeDelta, ControlError> {
    units::duration(value).map_err(|error| ControlError::Body(error.to_string()))
}

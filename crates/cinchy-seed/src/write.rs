//! A seed as text, and the JSON Schema of the format.

use serde::Serialize;

use crate::Seed;

/// A seed that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The YAML writer refused.
    #[error("the seed cannot be written as YAML")]
    Yaml(#[source] Box<serde_saphyr::SerializeError>),
    /// The JSON writer refused, for example a number that is not finite.
    #[error("the seed cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// The seed as YAML, keys in the order of the model, empty ones left out. Passwords and secrets are written as they are.
///
/// # Errors
/// [`WriteError::Yaml`] when the writer refuses.
pub fn to_yaml(seed: &Seed) -> Result<String, WriteError> {
    // Long texts stay on one line: a folded one would not come back with the same blanks to a careless eye.
    let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX };
    let mut text = String::new();
    serde_saphyr::to_fmt_writer_with_options(&mut text, seed, options)
        .map_err(|e| WriteError::Yaml(Box::new(e)))?;
    Ok(text)
}

/// The seed as JSON in the same order, indented by two blanks and with a line end after the last brace.
///
/// # Errors
/// [`WriteError::Json`] when the writer refuses.
pub fn to_json(seed: &Seed) -> Result<String, WriteError> {
    let mut bytes = Vec::new();
    let mut writer = serde_json::Serializer::pretty(&mut bytes);
    seed.serialize(&mut writer)?;
    bytes.push(b'\n');
    // serde_json writes UTF-8 only.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// JSON Schema (draft 2020-12) of a seed file, for editors and `seed schema`.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Seed).to_value()
}

//! Text of a seed -> [`Seed`], with places for every name; what is wrong with the text itself is said here.

use std::sync::Arc;

use serde_saphyr::{DefaultMessageFormatter, Error, MessageFormatter, Options};

use crate::check::suggest::did_you_mean;
use crate::{Location, Seed, SeedError, SeedErrors};

/// Reads one seed file, YAML or JSON. `file_name` is for messages only.
///
/// # Errors
/// The first thing in the text that is not YAML or does not fit the model: an unknown key, a wrong type, a key given
/// twice. Names and references are for [`crate::check()`].
pub fn parse(file_name: &str, text: &str) -> Result<Seed, SeedErrors> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let only_comments = text.lines().all(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#')
    });
    let mut seed = if only_comments {
        Seed::default()
    } else {
        serde_saphyr::from_str_with_options(text, options())
            .map_err(|error| refusal(file_name, &error))?
    };
    seed.file = Arc::from(file_name);
    Ok(seed)
}

/// Words keep their text where YAML leaves room: only `true` and `false` are yes/no, `007` and `1_000` are texts.
/// The limits on size are out of the way of seeds with millions of cells; those on aliases and depth stay.
fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 400_000_000,
            max_nodes: 200_000_000,
            max_total_scalar_bytes: 2_000_000_000,
        },
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

/// A parser's error in our words and with its place.
fn refusal(file: &str, error: &Error) -> SeedErrors {
    let at = error.location().map(Location::from).unwrap_or_default();
    SeedError::new(file, at, message(error.without_snippet())).into()
}

fn message(error: &Error) -> String {
    match error {
        Error::SerdeUnknownField {
            field, expected, ..
        } => {
            let hint = did_you_mean(field, expected.iter().copied());
            if hint.is_empty() {
                format!(
                    "unknown key `{field}`; known here are `{}`",
                    expected.join("`, `")
                )
            } else {
                format!("unknown key `{field}`{hint}")
            }
        }
        Error::SerdeMissingField { field, .. } => format!("the key `{field}` is missing"),
        Error::SerdeInvalidType {
            unexpected,
            expected,
            ..
        } => format!("expected {expected}, found {unexpected}"),
        Error::Unexpected {
            expected: "sequence start",
            ..
        } => "expected a list".to_owned(),
        Error::Unexpected {
            expected: "mapping start",
            ..
        } => "expected keys with values (`key: value`)".to_owned(),
        Error::InvalidScalar { ty, .. } if ty.starts_with(['i', 'u']) => {
            "expected a whole number".to_owned()
        }
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            format!("the key `{key}` is given twice")
        }
        Error::DuplicateMappingKey { key: None, .. } => "a key is given twice".to_owned(),
        Error::InvalidBooleanStrict { .. } => "expected `true` or `false`".to_owned(),
        Error::MultipleDocuments { .. } => {
            "a seed is one document: take out the `---` lines".to_owned()
        }
        Error::AliasError { error, .. } => message(error),
        other => DefaultMessageFormatter.format_message(other).into_owned(),
    }
}

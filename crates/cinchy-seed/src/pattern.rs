//! The validation expression of a Text column.

use regex_lite::Regex;

/// A regular expression that the values of a column have a match for; one that is none here (looks ahead, say) is not asked.
pub struct Pattern(Option<Regex>);

impl Pattern {
    /// Reads a validation expression.
    pub fn new(expression: &str) -> Self {
        Self(Regex::new(expression).ok())
    }

    /// Whether a column may hold this text.
    pub fn allows(&self, text: &str) -> bool {
        self.0.as_ref().is_none_or(|regex| regex.is_match(text))
    }
}

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

/// What is wrong with a validation expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatternDefect {
    /// It is a regular expression nowhere.
    Broken(&'static str),
    /// It may be one elsewhere (one that looks ahead, say); here it is not asked, and the column takes any text.
    NotAsked(String),
}

/// Looks at a validation expression.
pub fn pattern_defect(expression: &str) -> Option<PatternDefect> {
    if let Some(broken) = unbalanced(expression) {
        return Some(PatternDefect::Broken(broken));
    }
    let error = Regex::new(expression).err()?;
    Some(PatternDefect::NotAsked(error.to_string()))
}

/// What is open or too much in a regular expression of any dialect.
fn unbalanced(expression: &str) -> Option<&'static str> {
    let mut groups = 0_u32;
    let mut characters = expression.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some(_) => {}
                None => return Some("it ends in `\\`"),
            },
            '[' => {
                characters.next_if_eq(&'^');
                // A `]` that comes first is one of the characters.
                characters.next_if_eq(&']');
                loop {
                    match characters.next() {
                        None => return Some("a `[` has no `]`"),
                        Some(']') => break,
                        Some('\\') => {
                            characters.next();
                        }
                        Some(_) => {}
                    }
                }
            }
            '(' => groups += 1,
            ')' if groups == 0 => return Some("a `)` has no `(`"),
            ')' => groups -= 1,
            _ => {}
        }
    }
    (groups > 0).then_some("a `(` has no `)`")
}

//! Large and small letters of any script, letter by letter as SQL Server has them: a letter whose other form is more than
//! one character stays (`ß`). PostgreSQL does the same by `cql_upper` and `cql_lower`, whatever its locale.

/// Upper case.
pub fn upper(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    text.chars().map(|c| one(c, c.to_uppercase())).collect()
}

/// Lower case.
pub fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().map(|c| one(c, c.to_lowercase())).collect()
}

fn one(letter: char, mut other: impl Iterator<Item = char>) -> char {
    match (other.next(), other.next()) {
        (Some(other), None) => other,
        _ => letter,
    }
}

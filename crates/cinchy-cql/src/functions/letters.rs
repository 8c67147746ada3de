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

/// Whether a text in lower case can come of letters of ASCII only: the Kelvin sign is the one letter of another script whose
/// lower case is one of them (a test asks all).
pub fn come_of_ascii(small: &str) -> bool {
    small.is_ascii() && !small.contains('k')
}

fn one(letter: char, mut other: impl Iterator<Item = char>) -> char {
    match (other.next(), other.next()) {
        (Some(other), None) => other,
        _ => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_whose_lower_case_is_ascii() {
        let others: Vec<char> = ('\u{80}'..=char::MAX)
            .filter(|c| lower(&c.to_string()).is_ascii())
            .collect();
        assert_eq!(others, ['\u{212A}']);
    }
}

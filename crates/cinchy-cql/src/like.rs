//! LIKE of T-SQL: matching, and its translation to what a database has built in.

use crate::functions::letters::{come_of_ascii, lower};

/// One element of a pattern.
#[derive(Debug, Clone, PartialEq)]
enum Element {
    /// `%`.
    Any,
    /// `_`.
    One,
    /// A character that stands for itself.
    Char(char),
    /// `[a-f]`, `[^abc]`.
    Class {
        ranges: Vec<(char, char)>,
        negated: bool,
    },
    /// A class without end, `[abc`: matches nothing (T-SQL).
    Never,
}

impl Element {
    fn matches(&self, c: char) -> bool {
        match self {
            Self::Any | Self::Never => false,
            Self::One => true,
            Self::Char(own) => *own == c,
            Self::Class { ranges, negated } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&c)) != *negated
            }
        }
    }
}

fn parse(pattern: &str, escape: Option<char>) -> Vec<Element> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut elements = Vec::with_capacity(chars.len());
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        at += 1;
        match c {
            _ if Some(c) == escape => match chars.get(at) {
                Some(&next) => {
                    elements.push(Element::Char(next));
                    at += 1;
                }
                None => elements.push(Element::Never),
            },
            '%' => {
                if elements.last() != Some(&Element::Any) {
                    elements.push(Element::Any);
                }
            }
            '_' => elements.push(Element::One),
            '[' => {
                let (class, next) = class(&chars, at, escape);
                elements.push(class);
                at = next;
            }
            _ => elements.push(Element::Char(c)),
        }
    }
    elements
}

/// Reads a class from behind its `[`. A `]` right behind the start ends an empty class, which matches nothing.
fn class(chars: &[char], mut at: usize, escape: Option<char>) -> (Element, usize) {
    let negated = chars.get(at) == Some(&'^');
    if negated {
        at += 1;
    }
    let mut ranges: Vec<(char, char)> = Vec::new();
    let one = |at: &mut usize| -> Option<char> {
        let c = *chars.get(*at)?;
        *at += 1;
        if Some(c) == escape {
            let c = *chars.get(*at)?;
            *at += 1;
            return Some(c);
        }
        Some(c)
    };
    loop {
        match chars.get(at) {
            None => return (Element::Never, at),
            Some(']') => return (Element::Class { ranges, negated }, at + 1),
            Some(_) => {
                let Some(from) = one(&mut at) else {
                    return (Element::Never, at);
                };
                if chars.get(at) == Some(&'-') && chars.get(at + 1).is_some_and(|c| *c != ']') {
                    at += 1;
                    let Some(to) = one(&mut at) else {
                        return (Element::Never, at);
                    };
                    ranges.push((from, to));
                } else {
                    ranges.push((from, from));
                }
            }
        }
    }
}

/// Whether `text` matches the T-SQL LIKE `pattern`: `%` any run, `_` any character, `[a-f]` and `[^a]` classes, `escape`
/// before a character that stands for itself; case-sensitive, as the platform compares. Storage registers it on SQLite
/// as `cql_like`.
///
/// Costs at most the product of the two lengths: only the last `%` is ever tried again.
pub fn like(text: &str, pattern: &str, escape: Option<char>) -> bool {
    let elements = parse(pattern, escape);
    let (mut rest, mut at) = (text, 0);
    let mut retry: Option<(&str, usize)> = None;
    loop {
        let mut chars = rest.chars();
        match (elements.get(at), chars.next()) {
            (Some(Element::Any), _) => {
                at += 1;
                retry = Some((rest, at));
                continue;
            }
            (Some(element), Some(c)) if element.matches(c) => {
                rest = chars.as_str();
                at += 1;
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        // Mismatch: let the last `%` take one character more.
        let Some((from, element)) = retry else {
            return false;
        };
        let mut chars = from.chars();
        if chars.next().is_none() {
            return false;
        }
        rest = chars.as_str();
        at = element;
        retry = Some((rest, element));
    }
}

/// A text in lower case that others are searched for in any case, as `LOWER(other) LIKE '%text%'` does.
#[derive(Debug, Clone, Copy)]
pub struct Needle<'a> {
    small: &'a str,
    /// Whether bytes tell, whatever else stands in a text.
    is_bytewise: bool,
}

impl<'a> Needle<'a> {
    /// Of a text in lower case.
    pub fn new(small: &'a str) -> Self {
        Self {
            small,
            is_bytewise: come_of_ascii(small),
        }
    }

    /// Whether a text holds it. A long needle is searched for in linear time.
    pub fn is_in(&self, text: &[u8]) -> bool {
        if !(self.is_bytewise || text.is_ascii()) {
            return lower(&String::from_utf8_lossy(text)).contains(self.small);
        }
        let small = self.small.as_bytes();
        if small.len() > LONG {
            let text = String::from_utf8_lossy(text).to_ascii_lowercase();
            return text.contains(self.small);
        }
        let Some(first) = small.first() else {
            return true;
        };
        text.windows(small.len())
            .any(|part| part[0].eq_ignore_ascii_case(first) && part.eq_ignore_ascii_case(small))
    }
}

/// Bytes of a text that is compared at each place of another.
const LONG: usize = 64;

/// A constant pattern without classes, in the words of both databases.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlainPattern {
    /// For SQLite's GLOB, which unlike its LIKE is case-sensitive.
    pub glob: String,
    /// For PostgreSQL's LIKE with its default escape `\`.
    pub like: String,
    /// The text of a pattern `%text%`.
    pub held: Option<String>,
}

/// Translates a constant pattern, if it has no classes and is not too long for GLOB.
pub(crate) fn plain(pattern: &str, escape: Option<char>) -> Option<PlainPattern> {
    if pattern.len() > 10_000 {
        return None;
    }
    let (mut glob, mut like) = (String::new(), String::new());
    let elements = parse(pattern, escape);
    for element in &elements {
        match element {
            Element::Any => {
                glob.push('*');
                like.push('%');
            }
            Element::One => {
                glob.push('?');
                like.push('_');
            }
            Element::Char(c) => {
                if matches!(c, '*' | '?' | '[') {
                    glob.extend(['[', *c, ']']);
                } else {
                    glob.push(*c);
                }
                if matches!(c, '%' | '_' | '\\') {
                    like.push('\\');
                }
                like.push(*c);
            }
            Element::Class { .. } | Element::Never => return None,
        }
    }
    let held = match elements.as_slice() {
        [Element::Any, text @ .., Element::Any] => text
            .iter()
            .map(|element| match element {
                Element::Char(c) => Some(*c),
                _ => None,
            })
            .collect(),
        _ => None,
    };
    Some(PlainPattern { glob, like, held })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn matching() {
        for (text, pattern, escape, expect) in [
            ("abc", "a_c", None, true),
            ("abc", "A_c", None, false),
            ("abc", "%", None, true),
            ("", "%", None, true),
            ("", "_", None, false),
            ("abc", "a%c", None, true),
            ("abcabd", "%abd", None, true),
            ("bat", "[a-c]at", None, true),
            ("rat", "[a-c]at", None, false),
            ("rat", "[^a-c]at", None, true),
            ("-", "[a-]", None, true),
            ("a", "[]", None, false),
            ("[", "[[]", None, true),
            ("a", "[a", None, false),
            ("50%", "50!%", Some('!'), true),
            ("505", "50!%", Some('!'), false),
            ("äöü", "ä_ü", None, true),
            ("a%b", "a[%]b", None, true),
        ] {
            assert_eq!(like(text, pattern, escape), expect, "{text} LIKE {pattern}");
        }
    }

    #[test]
    fn many_wildcards_stay_cheap() {
        let text = "a".repeat(20_000);
        let pattern = format!("{}b", "%a".repeat(500));
        assert!(!like(&text, &pattern, None));
    }

    #[test]
    fn needles() {
        let long = "ab".repeat(100);
        for (needle, text, expect) in [
            ("", "", true),
            ("", "a", true),
            ("a", "", false),
            ("son", "PERSON", true),
            ("son", "São person", true),
            ("sao", "São", false),
            ("são", "SÃO PAULO", true),
            ("são", "SAO", false),
            ("kelvin", "212 \u{212A}elvin", true),
            ("elvin", "212 \u{212A}ELVIN", true),
            ("ß", "STRASSE", false),
            ("i", "İ", false),
            ("aab", "aaaab", true),
            (&long, &long.to_uppercase(), true),
            (&long, &long[1..], false),
        ] {
            let found = Needle::new(needle).is_in(text.as_bytes());
            assert_eq!(found, expect, "{needle} in {text}");
            let pattern = format!("%{needle}%");
            assert_eq!(like(&lower(text), &pattern, None), expect, "{text}");
        }
    }

    #[test]
    fn plain_patterns() {
        let p = plain(r"a*b?[%_\!%", Some('!'));
        assert!(p.is_none(), "an open class is no plain pattern");
        let p = plain(r"a*b?%_\!%", Some('!')).unwrap();
        assert_eq!(p.glob, r"a[*]b[?]*?\%");
        assert_eq!(p.like, r"a*b?%_\\\%");
        assert_eq!(p.held, None);
        for (pattern, held) in [
            ("%a!%b%", Some("a%b")),
            ("%%", None),
            ("%a_b%", None),
            ("%a", None),
        ] {
            let p = plain(pattern, Some('!')).unwrap();
            assert_eq!(p.held.as_deref(), held, "{pattern}");
        }
    }
}

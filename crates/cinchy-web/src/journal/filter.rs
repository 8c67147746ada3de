//! Which entries are asked for, and globs, which faults use too.

use percent_encoding::percent_decode_str;

use super::Entry;

/// Which entries of a journal are wanted; what is not set is not asked.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The method, in any case. CORS preflights are wanted only when this is `OPTIONS`.
    pub method: Option<String>,
    /// A glob over the path, in any case: `/API/HR/*`. The path as the client wrote it or the one that was routed.
    pub path: Option<Glob>,
    /// Statuses: `404`, `4xx`, several with commas.
    pub status: Vec<StatusRange>,
    /// A glob over the user name, in any case.
    pub user: Option<Glob>,
    /// A glob over the client's id, in any case.
    pub client: Option<Glob>,
    /// A glob over `Domain/Name`, in any case.
    pub query: Option<Glob>,
    /// Only what was refused, see [`Entry::is_refused`].
    pub only_refused: bool,
    /// Only entries after this number.
    pub since: Option<u64>,
    /// At most so many: the first ones after `since`, or the newest ones without it.
    pub limit: Option<usize>,
}

impl Filter {
    /// Whether an entry is wanted, `since` and `limit` aside.
    pub fn wants(&self, entry: &Entry) -> bool {
        let method = match &self.method {
            Some(method) => method.eq_ignore_ascii_case(&entry.method),
            None => !entry.is_preflight,
        };
        let glob = |glob: &Option<Glob>, text: &Option<String>| match glob {
            None => true,
            Some(glob) => text.as_deref().is_some_and(|text| glob.matches(text)),
        };
        method
            && self.path.as_ref().is_none_or(|path| {
                path.matches_path(&entry.path) || path.matches_path(&entry.routed)
            })
            && (self.status.is_empty() || self.status.iter().any(|s| s.contains(entry.status)))
            && glob(&self.user, &entry.user)
            && glob(&self.client, &entry.client)
            && glob(&self.query, &entry.query)
            && (!self.only_refused || entry.is_refused())
    }
}

/// One status, or a hundred of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusRange {
    first: u16,
    last: u16,
}

impl StatusRange {
    /// Reads `404` or `4xx`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(hundreds) = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX")) {
            let hundreds: u16 = hundreds.parse().ok()?;
            return (1..=5).contains(&hundreds).then_some(Self {
                first: hundreds * 100,
                last: hundreds * 100 + 99,
            });
        }
        let status: u16 = text.parse().ok()?;
        (100..=599).contains(&status).then_some(Self {
            first: status,
            last: status,
        })
    }

    /// Whether a status is in it; an answer that was never sent is in none.
    pub fn contains(self, status: Option<u16>) -> bool {
        status.is_some_and(|status| (self.first..=self.last).contains(&status))
    }
}

/// A pattern in which `*` is any text (also of several segments) and `?` any character. Letter case does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    text: String,
    pattern: Vec<char>,
}

impl Glob {
    /// A pattern; any text is one.
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            pattern: text.chars().flat_map(char::to_lowercase).collect(),
        }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether a text fits wholly.
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
        matches(&self.pattern, &text)
    }

    /// Whether a path fits, percent-encoded or not.
    pub fn matches_path(&self, path: &str) -> bool {
        self.matches(path)
            || (path.contains('%') && self.matches(&percent_decode_str(path).decode_utf8_lossy()))
    }
}

/// In time of pattern times text at most: one place to go back to is enough for `*`.
fn matches(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                back = Some((p + 1, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match back {
                Some((after, from)) => {
                    p = after;
                    t = from + 1;
                    back = Some((after, t));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (pattern, text, expected) in [
            ("/API/HR/*", "/api/hr/Employees", true),
            ("/API/HR/*", "/api/crm/x", false),
            ("*", "", true),
            ("*/connect/token", "/cinchysso/identity/connect/token", true),
            ("/a?c", "/abc", true),
            ("/a?c", "/ac", false),
            ("*a*b*c", "xxaxxbxxbxxc", true),
            ("*a*b*c", "xxaxxcxxb", false),
            ("", "x", false),
            ("/API/HR/My Query", "/API/HR/My%20Query", true),
        ] {
            assert_eq!(
                Glob::new(pattern).matches_path(text),
                expected,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn statuses() {
        for (text, status, expected) in [
            ("404", Some(404), Some(true)),
            ("4xx", Some(404), Some(true)),
            ("4xx", Some(500), Some(false)),
            ("5XX", None, Some(false)),
            ("9xx", None, None),
            ("abc", None, None),
            ("70000", None, None),
        ] {
            let found = StatusRange::parse(text).map(|range| range.contains(status));
            assert_eq!(found, expected, "{text}");
        }
    }
}

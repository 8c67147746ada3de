//! Rules for single names, and names that stand twice.

use std::collections::HashMap;

use super::Report;
use crate::{Located, Location};

/// Longest name of a domain, table, column or query, in characters (the platform's own name patterns).
const LONGEST: usize = 125;

/// What a name is of, for messages and rules.
#[derive(Clone, Copy)]
pub(super) enum NameOf {
    Domain,
    Table,
    Column,
    Query,
    Group,
    User,
}

impl NameOf {
    fn word(self) -> &'static str {
        match self {
            Self::Domain => "domain",
            Self::Table => "table",
            Self::Column => "column",
            Self::Query => "query",
            Self::Group => "group",
            Self::User => "user",
        }
    }
}

/// Reports a name that is blank, too long, or has a dot where full names are split at dots.
pub(super) fn check_name(kind: NameOf, name: &Located<String>, report: &mut Report) {
    let word = kind.word();
    if name.trim().is_empty() {
        report.error(name.at, format!("the name of a {word} is blank"));
    } else if name.trim() != name.as_str() {
        report.error(
            name.at,
            format!(
                "the {word} name `{}` begins or ends with a blank",
                name.value
            ),
        );
    }
    if name.chars().count() > LONGEST {
        report.error(
            name.at,
            format!("the {word} name is longer than {LONGEST} characters"),
        );
    }
    if matches!(kind, NameOf::Table | NameOf::Column) && name.contains('.') {
        report.error(
            name.at,
            format!(
                "the {word} name `{}` has a dot, which parts full names",
                name.value
            ),
        );
    }
}

/// Names of one kind within one file.
#[derive(Default)]
pub(super) struct Once {
    seen: HashMap<String, Location>,
}

impl Once {
    /// Reports a key that has been seen before; `what` is for the message, for example "user `ann`".
    pub fn check(
        &mut self,
        key: String,
        at: Location,
        what: impl FnOnce() -> String,
        report: &mut Report,
    ) -> bool {
        match self.seen.get(&key) {
            None => {
                self.seen.insert(key, at);
                true
            }
            Some(first) => {
                let place = if first.line > 0 {
                    format!(", first in line {}", first.line)
                } else {
                    String::new()
                };
                report.error(at, format!("{} is named twice{place}", what()));
                false
            }
        }
    }
}

/// Reports entries of a list that stand in it twice, in any case.
pub(super) fn check_list<T: std::fmt::Display>(
    what: &str,
    list: &[Located<T>],
    report: &mut Report,
) {
    let mut once = Once::default();
    for entry in list {
        let text = entry.value.to_string();
        once.check(
            text.to_lowercase(),
            entry.at,
            || format!("{what} `{text}`"),
            report,
        );
    }
}

//! Users and groups as other pages name them.

use std::collections::HashMap;

use crate::cql::Statement;
use crate::desk::Desk;
use crate::error::PageError;

/// Live users: id and user name, Anonymous among them.
pub fn users(desk: &mut Desk<'_>) -> Result<Vec<(i32, String)>, PageError> {
    pairs(
        desk,
        "SELECT [Cinchy Id], [Username] FROM [Cinchy].[Users] WHERE [Deleted] IS NULL ORDER BY [Username]",
    )
}

/// Live groups: id and name.
pub fn groups(desk: &mut Desk<'_>) -> Result<Vec<(i32, String)>, PageError> {
    pairs(
        desk,
        "SELECT [Cinchy Id], [Name] FROM [Cinchy].[Groups] WHERE [Deleted] IS NULL ORDER BY [Name]",
    )
}

fn pairs(desk: &mut Desk<'_>, cql: &str) -> Result<Vec<(i32, String)>, PageError> {
    let grid = desk.ask(Statement::new(cql))?;
    Ok(grid
        .rows
        .iter()
        .map(|row| (row.int(0), row.text(1)))
        .collect())
}

/// What stands between user names, one byte each.
const SEPARATORS: [char; 3] = [',', ';', '\n'];
/// Parts of one name at most.
const MOST_PARTS: usize = 8;

/// User names as somebody typed them, with commas between.
pub struct Names {
    /// Those that are known.
    pub ids: Vec<i32>,
    /// Those that nobody has.
    pub unknown: Vec<String>,
}

impl Names {
    /// Looks them up among user names.
    pub fn read(desk: &mut Desk<'_>, text: &str) -> Result<Self, PageError> {
        if text.split(SEPARATORS).all(|part| part.trim().is_empty()) {
            return Ok(Self::among(text, []));
        }
        let known = users(desk)?;
        Ok(Self::among(
            text,
            known.into_iter().map(|(id, name)| (name, id)),
        ))
    }

    /// Looks them up among names with their ids, the first of which counts.
    pub fn among(text: &str, known: impl IntoIterator<Item = (String, i32)>) -> Self {
        let mut names = Self {
            ids: Vec::new(),
            unknown: Vec::new(),
        };
        let mut ids: HashMap<String, i32> = HashMap::new();
        for (name, id) in known.into_iter().filter(|(name, _)| !name.is_empty()) {
            ids.entry(name.to_lowercase()).or_insert(id);
        }
        let parts: Vec<&str> = text.split(SEPARATORS).collect();
        // Where each part begins.
        let begins = parts.iter().scan(0, |at, part| {
            let begin = *at;
            *at += part.len() + 1;
            Some(begin)
        });
        let begins: Vec<usize> = begins.collect();
        let mut at = 0;
        while at < parts.len() {
            // A name may hold what stands between names, so the longest one counts.
            let last = (at + MOST_PARTS).min(parts.len());
            let found = (at..last).rev().find_map(|end| {
                let name = text.get(begins[at]..begins[end] + parts[end].len())?;
                let id = ids.get(&name.trim().to_lowercase())?;
                Some((*id, end))
            });
            let name = parts[at].trim();
            match found {
                Some((id, end)) => {
                    if !names.ids.contains(&id) {
                        names.ids.push(id);
                    }
                    at = end;
                }
                None if name.is_empty() => {}
                None => names.unknown.push(name.to_owned()),
            }
            at += 1;
        }
        names
    }
}

/// Ids as a multi-link is written: id and version in turn.
pub fn written(ids: &[i32]) -> Option<String> {
    let text: Vec<String> = ids.iter().map(|id| format!("{id},0")).collect();
    Some(text.join(",")).filter(|text| !text.is_empty())
}

//! Users and groups as other pages name them.

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

/// User names as somebody typed them, with commas between.
pub struct Names {
    /// Those that are known.
    pub ids: Vec<i32>,
    /// Those that nobody has.
    pub unknown: Vec<String>,
}

impl Names {
    /// Looks them up.
    pub fn read(desk: &mut Desk<'_>, text: &str) -> Result<Self, PageError> {
        let mut names = Self {
            ids: Vec::new(),
            unknown: Vec::new(),
        };
        let typed = text
            .split([',', ';', '\n'])
            .map(str::trim)
            .filter(|n| !n.is_empty());
        let typed: Vec<&str> = typed.collect();
        if typed.is_empty() {
            return Ok(names);
        }
        let known = users(desk)?;
        for name in typed {
            let wanted = name.to_lowercase();
            match known
                .iter()
                .find(|(_, known)| known.to_lowercase() == wanted)
            {
                Some((id, _)) if !names.ids.contains(id) => names.ids.push(*id),
                Some(_) => {}
                None => names.unknown.push(name.to_owned()),
            }
        }
        Ok(names)
    }
}

/// Ids as a multi-link is written: id and version in turn.
pub fn written(ids: &[i32]) -> Option<String> {
    let text: Vec<String> = ids.iter().map(|id| format!("{id},0")).collect();
    Some(text.join(",")).filter(|text| !text.is_empty())
}

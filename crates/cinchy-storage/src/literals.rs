//! `[Cinchy].[Literals]` with their translations, and the language that a user prefers.

use std::collections::HashMap;

use cinchy_cql::value::Type;

use crate::connection::Connection;
use crate::error::Result;
use crate::rows::qualified;
use crate::statement::{Bound, OwnedCell, collect};

/// A text of the platform with its translations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Literal {
    /// `[Default Text]`.
    pub default_text: Option<String>,
    /// In the order of their ids.
    pub translations: Vec<Translation>,
}

/// A row of `[Literal Translations]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translation {
    /// `[Translated Text]`.
    pub text: String,
    /// Subtag.
    pub language: Option<String>,
    /// Subtag; `None`: for every region.
    pub region: Option<String>,
}

/// Literals asked for by one statement.
const BATCH: usize = 400;

/// The live literals with these values of `[Guid]` or `[Guid Override]`, in any case, by the value in lower case.
///
/// # Errors
/// The driver's.
pub fn find(
    conn: &mut Connection,
    schema: &str,
    guids: &[&str],
) -> Result<HashMap<String, Literal>> {
    let mut wanted: Vec<String> = guids.iter().map(|guid| guid.to_lowercase()).collect();
    wanted.sort();
    wanted.dedup();
    let mut found = HashMap::new();
    for batch in wanted.chunks(BATCH) {
        let keys: Vec<Bound> = batch
            .iter()
            .map(|guid| Bound::text(Some(guid.as_str())))
            .collect();
        let places = places(keys.len());
        let sql = format!(
            "SELECT cinchy_id, guid, guid_override, default_text FROM {} WHERE deleted IS NULL \
             AND (lower(guid) IN ({places}) OR lower(guid_override) IN ({places})) ORDER BY cinchy_id",
            qualified(conn, schema, "literals")
        );
        let types = [Type::Int, Type::Text, Type::Text, Type::Text];
        let rows = collect(conn, &sql, &keys, &types)?;
        let ids: Vec<Bound> = rows
            .iter()
            .filter_map(|row| id(row.first()?))
            .map(Bound::int)
            .collect();
        let mut translations = translations(conn, schema, &ids)?;
        for row in rows {
            let [key, guid, guid_override, default_text] = row.as_slice() else {
                continue;
            };
            let literal = Literal {
                default_text: text(default_text),
                translations: id(key)
                    .and_then(|id| translations.remove(&id))
                    .unwrap_or_default(),
            };
            // An override stands for the literal wherever somebody else's guid is asked for, so it is entered last.
            for name in [text(guid), text(guid_override)].into_iter().flatten() {
                found.insert(name.to_lowercase(), literal.clone());
            }
        }
    }
    Ok(found)
}

fn translations(
    conn: &mut Connection,
    schema: &str,
    literals: &[Bound],
) -> Result<HashMap<i32, Vec<Translation>>> {
    let mut found: HashMap<i32, Vec<Translation>> = HashMap::new();
    if literals.is_empty() {
        return Ok(found);
    }
    let sql = format!(
        "SELECT t.literal, t.translated_text, l.subtag, r.subtag FROM {} t \
         LEFT JOIN {} l ON l.cinchy_id = t.language AND l.deleted IS NULL \
         LEFT JOIN {} r ON r.cinchy_id = t.region AND r.deleted IS NULL \
         WHERE t.deleted IS NULL AND t.literal IN ({}) ORDER BY t.cinchy_id",
        qualified(conn, schema, "literal_translations"),
        qualified(conn, schema, "languages"),
        qualified(conn, schema, "regions"),
        places(literals.len())
    );
    let types = [Type::Int, Type::Text, Type::Text, Type::Text];
    for row in collect(conn, &sql, literals, &types)? {
        let [literal, translated, language, region] = row.as_slice() else {
            continue;
        };
        if let (Some(literal), Some(translated)) = (id(literal), text(translated)) {
            found.entry(literal).or_default().push(Translation {
                text: translated,
                language: text(language),
                region: text(region),
            });
        }
    }
    Ok(found)
}

/// Subtags of the language and the region that a user prefers.
///
/// # Errors
/// The driver's.
pub fn preferences(
    conn: &mut Connection,
    schema: &str,
    user: i32,
) -> Result<(Option<String>, Option<String>)> {
    let sql = format!(
        "SELECT l.subtag, r.subtag FROM {} p \
         LEFT JOIN {} l ON l.cinchy_id = p.language AND l.deleted IS NULL \
         LEFT JOIN {} r ON r.cinchy_id = p.region AND r.deleted IS NULL \
         WHERE p.deleted IS NULL AND p.\"user\" = $1 ORDER BY p.cinchy_id",
        qualified(conn, schema, "user_preferences"),
        qualified(conn, schema, "languages"),
        qualified(conn, schema, "regions"),
    );
    let rows = collect(conn, &sql, &[Bound::int(user)], &[Type::Text, Type::Text])?;
    Ok(match rows.first().map(Vec::as_slice) {
        Some([language, region]) => (text(language), text(region)),
        _ => (None, None),
    })
}

/// `$1, $2, ...`
fn places(count: usize) -> String {
    let places: Vec<String> = (1..=count).map(|n| format!("${n}")).collect();
    places.join(", ")
}

fn id(cell: &OwnedCell) -> Option<i32> {
    match cell {
        OwnedCell::Int(id) => i32::try_from(*id).ok(),
        _ => None,
    }
}

fn text(cell: &OwnedCell) -> Option<String> {
    match cell {
        OwnedCell::Text(text) => Some(text.clone()),
        _ => None,
    }
}

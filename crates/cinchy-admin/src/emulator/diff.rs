//! What changed from one snapshot to another, or to what the data is now.

use actix_web::HttpResponse;
use askama::Template;
use cinchy_storage::snapshots::{LIVE, TableDifference};
use serde_json::Value;

use super::admit;
use crate::error::PageError;
use crate::page::Frame;
use crate::place::Section;
use crate::visit::{Answer, Visit};

/// Rows that are shown of a table, and in all.
const MOST_ROWS: usize = 50;
const MOST_IN_ALL: usize = 250;
/// Characters of a value that are shown.
const MOST_CHARS: usize = 80;

#[derive(Template)]
#[template(path = "admin/emulator/diff.html")]
struct Page {
    frame: Frame,
    before: String,
    after: String,
    tables: Vec<Table>,
    more: bool,
    names: Vec<String>,
}

struct Table {
    name: String,
    counts: String,
    rows: Vec<Row>,
}

/// What became of a row.
struct Row {
    id: String,
    what: &'static str,
    /// Column, before, after.
    cells: Vec<(String, String, String)>,
}

/// Shows it.
pub async fn diff(visit: Visit) -> HttpResponse {
    visit
        .get(|desk| {
            admit(desk)?;
            let before = desk.query.text("from").to_owned();
            let after = match desk.query.text("to") {
                "" => LIVE.to_owned(),
                name => name.to_owned(),
            };
            let (database, instance) = (desk.instance.database(), desk.instance.name());
            let found = database.compare_snapshots(instance, &before, &after)?;
            let found = found.ok_or_else(|| {
                PageError::NotFound("One of the snapshots is not there any more.".to_owned())
            })?;
            let mut left = MOST_IN_ALL;
            let mut more = false;
            let mut tables = Vec::new();
            for table in found {
                let most = left.min(MOST_ROWS);
                let (table, cut) = shown(table, most);
                left -= table.rows.len();
                more |= cut;
                tables.push(table);
            }
            let names = database.snapshots(instance)?.into_iter().map(|s| s.name);
            let page = Page {
                frame: desk.frame(Section::Emulator, format!("From {before} to {after}")),
                names: names.chain([LIVE.to_owned()]).collect(),
                before,
                after,
                tables,
                more,
            };
            Ok(Answer::Page(page.render()?))
        })
        .await
}

/// At most so many rows of a table, and whether there are more.
fn shown(table: TableDifference, most: usize) -> (Table, bool) {
    let counts = [
        (table.added.len(), "added"),
        (table.changed.len(), "changed"),
        (table.removed.len(), "removed"),
    ];
    let all: usize = counts.iter().map(|(count, _)| count).sum();
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let added = table.added.into_iter().map(|row| Row {
        id: row.get("Cinchy Id").map(text).unwrap_or_default(),
        what: "added",
        cells: row
            .iter()
            .filter(|(name, value)| *name != "Cinchy Id" && !value.is_null())
            .map(|(name, value)| (name.clone(), String::new(), text(value)))
            .collect(),
    });
    let changed = table.changed.into_iter().map(|row| Row {
        id: row.cinchy_id.to_string(),
        what: "changed",
        cells: row
            .columns
            .iter()
            .map(|(name, [old, new])| (name.clone(), text(old), text(new)))
            .collect(),
    });
    let removed = table.removed.into_iter().map(|id| Row {
        id: id.to_string(),
        what: "removed",
        cells: Vec::new(),
    });
    let rows = added.chain(changed).chain(removed).take(most).collect();
    let table = Table {
        name: table.table,
        counts: counts.join(", "),
        rows,
    };
    (table, all > most)
}

fn text(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    match text.char_indices().nth(MOST_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

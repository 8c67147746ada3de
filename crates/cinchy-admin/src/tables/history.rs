//! The versions of one row.

use actix_web::HttpResponse;
use actix_web::web::Path;
use askama::Template;

use super::row::shown_columns;
use super::{Tabs, cells, full, open};
use crate::cql::{Row, Statement};
use crate::page::Frame;
use crate::place::Section;
use crate::time::shortened;
use crate::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "admin/tables/history.html")]
struct History {
    frame: Frame,
    tabs: Tabs,
    id: i32,
    columns: Vec<String>,
    versions: Vec<Version>,
}

struct Version {
    number: String,
    when: String,
    who: String,
    /// Whether the row was deleted or brought back by it.
    event: &'static str,
    /// Text, and whether it is another one than before.
    cells: Vec<(String, bool)>,
}

/// All versions of a row.
pub async fn history(visit: Visit, path: Path<(i32, i32)>) -> HttpResponse {
    visit
        .get(move |desk| {
            let table = open(desk, path.0)?;
            let columns = shown_columns(desk, &table);
            let items = [
                "[Version]".to_owned(),
                "[Modified]".to_owned(),
                "[Modified By]".to_owned(),
                "[Deleted] AS [gone]".to_owned(),
            ];
            let (grid, _) = cells::computed(desk, &columns, |desk, cells| {
                let text = format!(
                    "SELECT {} FROM {} WHERE [Cinchy Id] = @id ORDER BY [Version] DESC",
                    [&items[..], &cells].concat().join(", "),
                    full(&table)
                );
                let mut statement = Statement::new(&text).with("id", path.1);
                statement.versions = true;
                desk.run(&statement)
            })?;
            let versions = grid.rows.iter().enumerate().map(|(at, row)| {
                let before: Option<&Row> = grid.rows.get(at + 1);
                Version {
                    number: row.text(0),
                    when: shortened(&row.text(1)),
                    who: row.text(2),
                    event: match (
                        before.is_some_and(|b| !b.text(3).is_empty()),
                        !row.text(3).is_empty(),
                    ) {
                        (false, true) => "deleted",
                        (true, false) => "brought back",
                        _ => "",
                    },
                    cells: (0..columns.len())
                        .map(|n| {
                            let text = row.text(n + 4);
                            let changed = before.is_some_and(|b| b.text(n + 4) != text);
                            (text, changed)
                        })
                        .collect(),
                }
            });
            let page = History {
                versions: versions.collect(),
                tabs: Tabs::of(desk, &table, "rows"),
                frame: desk.frame(Section::Tables, format!("History of row {}", path.1)),
                id: path.1,
                columns: columns.iter().map(|c| c.name.clone()).collect(),
            };
            Ok(Answer::Page(page.render()?))
        })
        .await
}

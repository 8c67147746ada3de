//! The page of a table's rows, and the same rows as a file.

use actix_web::HttpResponse;
use actix_web::web::Path;
use askama::Template;
use cinchy_cql::catalog::{Column, ColumnKind};

use super::asked::{Asked, Found, WAYS, is_single_link};
use super::cell::{is_editable, script_input};
use super::cells::{is_number, type_words};
use super::{Rights, Tabs, choice, open};
use crate::cql::Grid;
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::Pairs;
use crate::list::{Heading, Pager};
use crate::page::{Frame, Notice};
use crate::place::Section;
use crate::visit::{Answer, Visit};

/// Characters of a cell that the grid shows; what is longer is changed on the page of its row.
const SHOWN: usize = 300;

/// Rows of an exported file at most.
const MOST_EXPORTED: usize = 200_000;

#[derive(Template)]
#[template(path = "admin/tables/grid.html")]
struct Page {
    frame: Frame,
    tabs: Tabs,
    headings: Vec<Heading>,
    /// How cells below the headings are typed, for a script, and what they may be.
    inputs: Vec<(&'static str, String)>,
    rows: Vec<Line>,
    pager: Option<Pager>,
    choices: Vec<Choice>,
    /// Whether the columns are what somebody chose before.
    is_remembered: bool,
    columns: Vec<String>,
    find: Find,
    /// Columns that the address names: a search keeps them.
    named: Vec<String>,
    /// The query string of what is shown, without the number of its page.
    here: String,
    /// The same with it, to come back to.
    back: String,
    may_edit: bool,
    may_delete: bool,
    may_export: bool,
    deleted: bool,
    problem: String,
    /// Why calculated cells are empty.
    uncomputed: Option<String>,
    /// Whether some cells follow from others.
    is_calculated: bool,
}

struct Line {
    id: i32,
    cells: Vec<Cell>,
    deleted: bool,
}

struct Cell {
    text: String,
    /// How it is laid out.
    class: &'static str,
    /// The row that a link goes to, for a look at it.
    link: Option<String>,
    /// The column, where the cell may be changed in place.
    edit: Option<i32>,
}

struct Choice {
    name: String,
    kind: &'static str,
    ticked: bool,
}

/// What is looked for.
struct Find {
    search: String,
    column: String,
    how: String,
    value: String,
}

impl Find {
    /// Whether rows may be left out by it.
    fn is_narrow(&self) -> bool {
        !self.search.is_empty() || !self.column.is_empty()
    }
}

/// Shows the rows.
pub async fn grid(visit: Visit, id: Path<i32>) -> HttpResponse {
    visit.get(move |desk| page(desk, *id)).await
}

fn page(desk: &mut Desk<'_>, id: i32) -> Result<Answer, PageError> {
    let table = open(desk, id)?;
    let query = desk.query.clone();
    let asked = Asked::of(desk, &table, &query)?;
    let (found, problem) = match &asked.problem {
        Some(problem) => (Found::default(), problem.clone()),
        None => match asked.find(desk, &table, &query) {
            Ok(found) => (found, String::new()),
            Err(error) => (Found::default(), error.message()),
        },
    };
    let rights = Rights::of(desk, &table);
    let rows = lines(&asked.columns, &found.rows, &rights);
    let offered = choice::offered(desk, &table);
    let back = query.with(&[("done", ""), ("row", "")]);
    let page = Page {
        choices: offered
            .iter()
            .map(|column| Choice {
                name: column.name.clone(),
                kind: type_words(column),
                ticked: asked.columns.iter().any(|c| c.id == column.id),
            })
            .collect(),
        columns: std::iter::once("Cinchy Id")
            .chain(offered.iter().map(|c| c.name.as_str()))
            .map(str::to_owned)
            .collect(),
        may_edit: rows
            .iter()
            .any(|row| row.cells.iter().any(|cell| cell.edit.is_some())),
        may_delete: rights.may_delete(),
        may_export: rights.may_export(),
        tabs: Tabs::of(desk, &table, "rows"),
        frame: desk
            .frame(Section::Tables, format!("{}.{}", table.domain, table.name))
            .noting(notice(&query, id, &back)),
        headings: headings(&asked, &query),
        inputs: std::iter::once(("", String::new()))
            .chain(asked.columns.iter().map(script_input))
            .collect(),
        rows,
        find: Find {
            search: query.text("q").to_owned(),
            column: query.text("by").to_owned(),
            how: query.text("how").to_owned(),
            value: query.text("value").to_owned(),
        },
        named: query.all("col").into_iter().map(str::to_owned).collect(),
        here: query.with(&[("page", ""), ("done", ""), ("row", "")]),
        back,
        is_remembered: asked.is_remembered,
        deleted: query.has("deleted"),
        pager: found.pager,
        uncomputed: found.uncomputed,
        is_calculated: asked
            .columns
            .iter()
            .any(|column| matches!(column.kind, ColumnKind::Calculated { .. })),
        problem,
    };
    Ok(Answer::Page(page.render()?))
}

fn headings(asked: &Asked, query: &Pairs) -> Vec<Heading> {
    let mut headings: Vec<Heading> = std::iter::once("Cinchy Id")
        .chain(asked.columns.iter().map(|c| c.name.as_str()))
        .map(|label| Heading::new(label, label, query, &asked.by, asked.down))
        .collect();
    for (heading, column) in headings.iter_mut().skip(1).zip(&asked.columns) {
        if is_number(column) {
            heading.class = "number";
        }
    }
    headings
}

fn notice(query: &Pairs, table: i32, back: &str) -> Option<Notice> {
    let row = query.text("row");
    Some(match query.text("done") {
        "deleted" => Notice::good(format!("Row {row} was deleted."))
            .undo(format!(
                "/admin/tables/{table}/rows/{}/restore",
                row.parse::<i32>().ok()?
            ))
            .back_to(back),
        "restored" => Notice::good(format!("Row {row} is back.")),
        "added" if row == "1" => Notice::good("1 row was added."),
        "added" => Notice::good(format!("{row} rows were added.")),
        "made" => Notice::good("The table is there. Add rows, or more columns on the page Design."),
        "columns" => Notice::good("Your columns of this table are kept, also for the next time."),
        _ => return None,
    })
}

fn lines(columns: &[Column], found: &Grid, rights: &Rights<'_>) -> Vec<Line> {
    let editable: Vec<Option<i32>> = columns
        .iter()
        .map(|column| is_editable(rights, column).then_some(column.id))
        .collect();
    found
        .rows
        .iter()
        .map(|row| {
            let mut links = (columns.len() + 2)..;
            let deleted = !row.text(1).is_empty();
            Line {
                id: row.int(0),
                deleted,
                cells: columns
                    .iter()
                    .enumerate()
                    .map(|(at, column)| {
                        let link = match &column.kind {
                            ColumnKind::Link { target, .. } if is_single_link(column) => links
                                .next()
                                .and_then(|at| row.option_int(at))
                                .map(|id| format!("/admin/tables/{target}/rows/{id}")),
                            _ => None,
                        };
                        // A calculated column of no row may be a text all the same.
                        let mut text = match is_single_link(column) && link.is_none() {
                            true => String::new(),
                            false => row.text(at + 2),
                        };
                        let cut = text.char_indices().nth(SHOWN).map(|(at, _)| at);
                        if let Some(at) = cut {
                            text.truncate(at);
                            text.push('…');
                        }
                        Cell {
                            text,
                            class: if is_number(column) {
                                "number"
                            } else if matches!(column.kind, ColumnKind::DateTime) {
                                "nowrap"
                            } else {
                                ""
                            },
                            link,
                            edit: editable[at].filter(|_| !deleted && cut.is_none()),
                        }
                    })
                    .collect(),
            }
        })
        .collect()
}

/// The found rows as a file.
pub async fn export(visit: Visit, id: Path<i32>) -> HttpResponse {
    visit
        .get(move |desk| {
            let table = open(desk, *id)?;
            if !Rights::of(desk, &table).may_export() {
                return Err(PageError::Denied(format!(
                    "You may look at {}.{}, but not keep it as a file. An administrator can give you Export Data on the page Entitlements of the table.",
                    table.domain, table.name
                )));
            }
            let query = desk.query.clone();
            let asked = Asked::of(desk, &table, &query)?;
            if let Some(problem) = asked.problem {
                return Err(PageError::Unusable(problem));
            }
            let text = asked.exported(&table);
            let mut statement = asked.statement(&text);
            statement.most = MOST_EXPORTED;
            let found = desk.ask(statement)?;
            let mut body = String::new();
            let heads: Vec<String> = found.columns.iter().map(|c| quoted(&c.name)).collect();
            body.push_str(&heads.join(","));
            body.push_str("\r\n");
            for row in &found.rows {
                let cells: Vec<String> = (0..found.columns.len())
                    .map(|at| quoted(&row.text(at)))
                    .collect();
                body.push_str(&cells.join(","));
                body.push_str("\r\n");
            }
            Ok(Answer::Download {
                name: format!("{}.{}.csv", table.domain, table.name),
                content_type: "text/csv; charset=utf-8",
                body: body.into_bytes(),
            })
        })
        .await
}

/// A cell of a CSV file.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) || text.trim() != text {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

//! The rows of a table: found, put in order, paged, with the columns that were chosen.

use actix_web::HttpResponse;
use actix_web::web::Path;
use askama::Template;
use cinchy_cql::catalog::{Column, ColumnKind, Table};

use super::cell::is_editable;
use super::cells::{is_number, type_words};
use super::{Rights, Tabs, full, open};
use crate::cql::{Grid, Statement, holds, name};
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::Pairs;
use crate::list::{Heading, Pager, order};
use crate::page::{Frame, Notice};
use crate::place::Section;
use crate::visit::{Answer, Visit};

const PAGE: usize = 50;
/// Rows of an exported file at most.
const MOST_EXPORTED: usize = 200_000;

#[derive(Template)]
#[template(path = "admin/tables/grid.html")]
struct Page {
    frame: Frame,
    tabs: Tabs,
    headings: Vec<Heading>,
    rows: Vec<Line>,
    pager: Pager,
    choices: Vec<Choice>,
    columns: Vec<String>,
    find: Find,
    export: String,
    may_delete: bool,
    may_export: bool,
    deleted: bool,
    problem: String,
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

/// Ways to compare, as the form offers them.
const WAYS: &[(&str, &str)] = &[
    ("has", "contains"),
    ("is", "is"),
    ("not", "is not"),
    ("more", "is more than"),
    ("less", "is less than"),
    ("empty", "is empty"),
    ("full", "is not empty"),
];

/// The query that a query string asks for.
struct Asked {
    columns: Vec<Column>,
    /// `WHERE ...`.
    filter: String,
    order: String,
    by: String,
    down: bool,
    value: Option<String>,
}

fn asked(desk: &Desk<'_>, table: &Table, query: &Pairs) -> Asked {
    let rights = Rights::of(desk, table);
    let visible: Vec<&Column> = table
        .columns
        .iter()
        .filter(|column| column.is_system || rights.may_view(column))
        .collect();
    let wanted = query.all("col");
    let columns: Vec<Column> = visible
        .iter()
        .filter(|column| match wanted.is_empty() {
            true => !column.is_system,
            false => wanted.contains(&column.name.as_str()),
        })
        .map(|column| (*column).clone())
        .collect();
    let mut filters = Vec::new();
    if !query.has("deleted") {
        filters.push("[Deleted] IS NULL".to_owned());
    }
    let search = query.text("q");
    if !search.is_empty() {
        let texts: Vec<String> = columns
            .iter()
            .filter(|column| {
                matches!(
                    column.kind,
                    ColumnKind::Text { .. }
                        | ColumnKind::Choice { .. }
                        | ColumnKind::Link { junction: None, .. }
                        | ColumnKind::Calculated {
                            result: cinchy_cql::catalog::CalculatedType::Text,
                            ..
                        }
                )
            })
            .map(|column| holds(&name(&column.name), search))
            .collect();
        filters.push(if texts.is_empty() {
            "1 = 0".to_owned()
        } else {
            format!("({})", texts.join(" OR "))
        });
    }
    let mut value = None;
    let filtered = visible
        .iter()
        .find(|column| column.name == query.text("by"));
    if let Some(column) = filtered {
        let text = query.text("value");
        let column = name(&column.name);
        let filter = match query.text("how") {
            "empty" => format!("{column} IS NULL"),
            "full" => format!("{column} IS NOT NULL"),
            _ if text.is_empty() => String::new(),
            how @ ("is" | "not" | "more" | "less") => {
                value = Some(text.to_owned());
                match how {
                    "is" => format!("{column} = @value"),
                    "not" => format!("({column} <> @value OR {column} IS NULL)"),
                    "more" => format!("{column} > @value"),
                    _ => format!("{column} < @value"),
                }
            }
            _ => holds(&column, text),
        };
        filters.extend(Some(filter).filter(|f| !f.is_empty()));
    }
    let (by, down) = order(query, "Cinchy Id");
    let by = visible
        .iter()
        .find(|column| column.name == by)
        .map_or_else(|| "Cinchy Id".to_owned(), |column| column.name.clone());
    let way = if down { "DESC" } else { "ASC" };
    let order = match by.as_str() {
        "Cinchy Id" => format!("ORDER BY [Cinchy Id] {way}"),
        by => format!("ORDER BY {} {way}, [Cinchy Id]", name(by)),
    };
    Asked {
        columns,
        filter: if filters.is_empty() {
            String::new()
        } else {
            format!("WHERE {}", filters.join(" AND "))
        },
        order,
        by,
        down,
        value,
    }
}

impl Asked {
    fn statement<'a>(&self, cql: &'a str) -> Statement<'a> {
        let mut statement = Statement::new(cql);
        if let Some(value) = &self.value {
            statement = statement.with("value", value.as_str());
        }
        statement
    }

    /// The query of the page: with what it needs to know of rows and links.
    fn select(&self, table: &Table, tail: &str) -> String {
        let mut items = vec![
            "[Cinchy Id]".to_owned(),
            "[Deleted] AS [is deleted]".to_owned(),
        ];
        for (number, column) in self.columns.iter().enumerate() {
            items.push(format!("{} AS [c{number}]", name(&column.name)));
        }
        for (number, column) in self.columns.iter().enumerate() {
            if is_single_link(column) {
                items.push(format!("{}.[Cinchy Id] AS [l{number}]", name(&column.name)));
            }
        }
        self.text(table, &items, tail)
    }

    /// The query of a file: the columns and nothing else.
    fn exported(&self, table: &Table) -> String {
        let columns = self.columns.iter().filter(|c| c.name != "Cinchy Id");
        let items: Vec<String> = std::iter::once("[Cinchy Id]".to_owned())
            .chain(columns.map(|c| name(&c.name)))
            .collect();
        self.text(table, &items, "")
    }

    fn text(&self, table: &Table, items: &[String], tail: &str) -> String {
        format!(
            "SELECT {} FROM {} {} {}{tail}",
            items.join(", "),
            full(table),
            self.filter,
            self.order
        )
    }
}

fn is_single_link(column: &Column) -> bool {
    matches!(column.kind, ColumnKind::Link { junction: None, .. }) && !column.is_system
}

/// Shows the rows.
pub async fn grid(visit: Visit, id: Path<i32>) -> HttpResponse {
    visit.get(move |desk| page(desk, *id)).await
}

fn page(desk: &mut Desk<'_>, id: i32) -> Result<Answer, PageError> {
    let table = open(desk, id)?;
    let query = desk.query.clone();
    let asked = asked(desk, &table, &query);
    let count = format!(
        "SELECT COUNT(*) AS [n] FROM {} {}",
        full(&table),
        asked.filter
    );
    let mut problem = String::new();
    let total = match desk.run(&asked.statement(&count)) {
        Ok(grid) => grid.rows.first().map_or(0, |row| row.int(0)),
        Err(error) => {
            problem = error.message();
            0
        }
    };
    let pager = Pager::new(&query, usize::try_from(total).unwrap_or_default(), PAGE);
    let tail = format!(" OFFSET {} ROWS FETCH NEXT {PAGE} ROWS ONLY", pager.skip());
    let found = if problem.is_empty() {
        match desk.run(&asked.statement(&asked.select(&table, &tail))) {
            Ok(grid) => grid,
            Err(error) => {
                problem = error.message();
                Grid::default()
            }
        }
    } else {
        Grid::default()
    };
    let rights = Rights::of(desk, &table);
    let rows = lines(&asked.columns, &found, &rights);
    let mut headings: Vec<Heading> = std::iter::once("Cinchy Id")
        .chain(asked.columns.iter().map(|c| c.name.as_str()))
        .map(|label| Heading::new(label, label, &query, &asked.by, asked.down))
        .collect();
    for (heading, column) in headings.iter_mut().skip(1).zip(&asked.columns) {
        if is_number(column) {
            heading.class = "number";
        }
    }
    let offered = table.columns.iter().filter(|column| {
        column.name != "Cinchy Id" && (column.is_system || rights.may_view(column))
    });
    let page = Page {
        choices: offered
            .clone()
            .map(|column| Choice {
                name: column.name.clone(),
                kind: type_words(column),
                ticked: asked.columns.iter().any(|c| c.id == column.id),
            })
            .collect(),
        columns: offered.map(|column| column.name.clone()).collect(),
        may_delete: rights.may_delete(),
        may_export: rights.may_export(),
        tabs: Tabs::of(desk, &table, "rows"),
        frame: desk
            .frame(Section::Tables, format!("{}.{}", table.domain, table.name))
            .noting(notice(&query, id)),
        headings,
        rows,
        find: Find {
            search: query.text("q").to_owned(),
            column: query.text("by").to_owned(),
            how: query.text("how").to_owned(),
            value: query.text("value").to_owned(),
        },
        export: query.with(&[("page", ""), ("done", ""), ("row", "")]),
        deleted: query.has("deleted"),
        pager,
        problem,
    };
    Ok(Answer::Page(page.render()?))
}

fn notice(query: &Pairs, table: i32) -> Option<Notice> {
    let row = query.text("row");
    Some(match query.text("done") {
        "deleted" => Notice::good(format!("Row {row} was deleted.")).undo(format!(
            "/admin/tables/{table}/rows/{}/restore",
            row.parse::<i32>().ok()?
        )),
        "restored" => Notice::good(format!("Row {row} is back.")),
        "added" => Notice::good(format!("{row} rows were added.")),
        "made" => Notice::good("The table is there. Add rows, or more columns on the page Design."),
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
                        Cell {
                            // A calculated column of no row may be a text all the same.
                            text: match is_single_link(column) && link.is_none() {
                                true => String::new(),
                                false => row.text(at + 2),
                            },
                            class: if is_number(column) {
                                "number"
                            } else if matches!(column.kind, ColumnKind::DateTime) {
                                "nowrap"
                            } else {
                                ""
                            },
                            link,
                            edit: editable[at].filter(|_| !deleted),
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
            let asked = asked(desk, &table, &query);
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

//! Rows pasted from a spreadsheet: read, shown with what is wrong in each, and then added all at once or not at all.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Path};
use askama::Template;
use cinchy_cql::catalog::{Column, Table};
use cinchy_cql::value::Value;
use cinchy_web::script::RunError;

use super::cells::{self, Input, type_words};
use super::{Rights, Tabs, full, open, refusal};
use crate::cql::{Statement, name};
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::Pairs;
use crate::page::Frame;
use crate::place::Section;
use crate::visit::{Answer, Visit};

/// Rows of one paste at most.
const MOST: usize = 500;
/// Values of one statement. Databases take a limited number of parameters (SQLite 32,766), parameters are looked up by name one after
/// the other, and what many statements share is compiled once.
const MOST_VALUES: usize = 300;

/// Lines that are shown before they are added.
const PREVIEWED: usize = 20;

#[derive(Template)]
#[template(path = "admin/tables/paste.html")]
struct Page {
    frame: Frame,
    tabs: Tabs,
    columns: Vec<(String, &'static str)>,
    text: String,
    heads: Vec<String>,
    rows: Vec<Line>,
    bad: usize,
    total: usize,
    /// Rows that may be pasted at once.
    most: usize,
    problem: String,
}

struct Line {
    number: usize,
    cells: Vec<String>,
    wrong: String,
}

/// What was pasted, read.
struct Read {
    columns: Vec<Column>,
    lines: Vec<Line>,
    values: Vec<Vec<Value>>,
}

fn writable(desk: &Desk<'_>, table: &Table) -> Vec<Column> {
    let rights = Rights::of(desk, table);
    let own = table.columns.iter();
    own.filter(|c| Input::of(c) != Input::Fixed && (rights.may_edit(c) || rights.may_add()))
        .cloned()
        .collect()
}

fn show(
    desk: &mut Desk<'_>,
    table: &Table,
    text: &str,
    read: Option<Read>,
    problem: String,
) -> Result<Answer, PageError> {
    let columns = writable(desk, table);
    let (heads, rows): (_, Vec<Line>) = read.map_or_else(Default::default, |read| {
        (
            read.columns.iter().map(|c| c.name.clone()).collect(),
            read.lines,
        )
    });
    let total = rows.len();
    let bad = rows.iter().filter(|line| !line.wrong.is_empty()).count();
    let page = Page {
        total,
        bad,
        most: MOST,
        rows: previewed(rows, bad),
        tabs: Tabs::of(desk, table, "paste"),
        frame: desk.frame(
            Section::Tables,
            format!("Paste rows into {}.{}", table.domain, table.name),
        ),
        columns: columns
            .iter()
            .map(|c| (c.name.clone(), type_words(c)))
            .collect(),
        text: text.to_owned(),
        heads,
        problem,
    };
    Ok(Answer::Page(page.render()?))
}

/// The lines to show: where some are wrong, these; no more of either than people look at.
fn previewed(lines: Vec<Line>, bad: usize) -> Vec<Line> {
    let mut shown: Vec<Line> = lines
        .into_iter()
        .filter(|line| bad == 0 || !line.wrong.is_empty())
        .take(PREVIEWED)
        .collect();
    for cell in shown.iter_mut().flat_map(|line| &mut line.cells) {
        if let Some((at, _)) = cell.char_indices().nth(60) {
            cell.truncate(at);
            cell.push('…');
        }
    }
    shown
}

fn may(desk: &Desk<'_>, table: &Table) -> Result<(), PageError> {
    if Rights::of(desk, table).may_add() {
        return Ok(());
    }
    Err(PageError::Denied(format!(
        "You may not add rows to {}.{}.",
        table.domain, table.name
    )))
}

/// The form.
pub async fn paste(visit: Visit, id: Path<i32>) -> HttpResponse {
    visit
        .get(move |desk| {
            let table = open(desk, *id)?;
            may(desk, &table)?;
            show(desk, &table, "", None, String::new())
        })
        .await
}

/// Shows what was pasted, or adds it.
pub async fn add(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, form| added(desk, *id, form))
        .await
}

fn added(desk: &mut Desk<'_>, id: i32, form: &Pairs) -> Result<Answer, PageError> {
    let table = open(desk, id)?;
    may(desk, &table)?;
    let text = form.get("rows").unwrap_or_default();
    let mut read = match read(desk, &table, text)? {
        Ok(read) => read,
        Err(problem) => return show(desk, &table, text, None, problem),
    };
    if read.lines.iter().any(|line| !line.wrong.is_empty()) {
        return show(desk, &table, text, Some(read), String::new());
    }
    if !form.has("add") {
        try_out(desk, &table, &mut read)?;
        return show(desk, &table, text, Some(read), String::new());
    }
    match desk.whole(|desk| insert_all(desk, &table, &read.columns, &read.values)) {
        Ok(()) => Ok(Answer::See(format!(
            "/admin/tables/{id}?done=added&row={}",
            read.values.len()
        ))),
        Err(error) => {
            try_out(desk, &table, &mut read)?;
            let problem = format!("Nothing was added: {}", refusal::in_words(&table, &error));
            show(desk, &table, text, Some(read), problem)
        }
    }
}

/// Adds the rows and undoes it, since only the table knows its unique columns and the caller's rights to rows. The first row
/// that it refuses is marked. The system's own tables are not tried: a row of theirs may be slow to write, as a password is.
fn try_out(desk: &mut Desk<'_>, table: &Table, read: &mut Read) -> Result<(), PageError> {
    if table.domain == "Cinchy" {
        return Ok(());
    }
    // Why so many of the first rows cannot be added, if they cannot.
    let mut refusal_of = |count: usize| {
        let rows = &read.values[..count];
        match desk.undone(|desk| insert_all(desk, table, &read.columns, rows)) {
            Ok(()) => Ok(None),
            Err(RunError::Storage(error)) => Err(PageError::from(error)),
            Err(error) => Ok(Some(error)),
        }
    };
    let (mut taken, mut refused) = (0, read.values.len());
    let Some(mut why) = refusal_of(refused)? else {
        return Ok(());
    };
    while refused - taken > 1 {
        let half = taken.midpoint(refused);
        match refusal_of(half)? {
            None => taken = half,
            Some(error) => (refused, why) = (half, error),
        }
    }
    if let Some(line) = read.lines.get_mut(refused - 1) {
        line.wrong = refusal::in_words(table, &why);
    }
    Ok(())
}

/// Adds rows, some at once.
fn insert_all(
    desk: &mut Desk<'_>,
    table: &Table,
    columns: &[Column],
    rows: &[Vec<Value>],
) -> Result<(), RunError> {
    let at_once = (MOST_VALUES / columns.len().max(1)).max(1);
    let known = desk.generation.clone();
    for rows in rows.chunks(at_once) {
        insert(desk, table, columns, rows)?;
        if table.domain != "Cinchy" {
            // Rows of a user's table change nothing that the next statement is compiled from.
            desk.generation = known.clone();
        }
    }
    Ok(())
}

/// Adds rows by one statement.
fn insert(
    desk: &mut Desk<'_>,
    table: &Table,
    columns: &[Column],
    rows: &[Vec<Value>],
) -> Result<(), RunError> {
    let names: Vec<String> = columns.iter().map(|c| name(&c.name)).collect();
    let width = columns.len();
    let places: Vec<String> = (0..rows.len())
        .map(|row| {
            let cells: Vec<String> = (0..width)
                .map(|at| format!("@v{}", row * width + at))
                .collect();
            format!("({})", cells.join(", "))
        })
        .collect();
    let cql = format!(
        "INSERT INTO {} ({}) VALUES {}",
        full(table),
        names.join(", "),
        places.join(", ")
    );
    let mut statement = Statement::new(&cql);
    for (number, value) in rows.iter().flatten().enumerate() {
        statement = statement.with(&format!("v{number}"), value.clone());
    }
    desk.run(&statement)?;
    Ok(())
}

fn read(desk: &mut Desk<'_>, table: &Table, text: &str) -> Result<Result<Read, String>, PageError> {
    let mut records = records(text).into_iter();
    let Some(heads) = records.next() else {
        return Ok(Err(
            "Paste the names of the columns and at least one row below them.".to_owned(),
        ));
    };
    let known = writable(desk, table);
    let mut columns = Vec::new();
    for head in &heads {
        let wanted = head.trim().to_lowercase();
        match known.iter().find(|c| c.name.to_lowercase() == wanted) {
            Some(column) if columns.iter().any(|c: &Column| c.id == column.id) => {
                return Ok(Err(format!(
                    "The column “{head}” stands twice in the first line."
                )));
            }
            Some(column) => columns.push(column.clone()),
            None => {
                return Ok(Err(format!(
                    "The first line must name columns, and “{head}” is none that you may write."
                )));
            }
        }
    }
    let mut read = Read {
        columns,
        lines: Vec::new(),
        values: Vec::new(),
    };
    for (at, record) in records.enumerate() {
        if at >= MOST {
            return Ok(Err(format!(
                "At most {MOST} rows at once. Paste the rest afterwards."
            )));
        }
        let mut wrong = Vec::new();
        if record.len() != read.columns.len() {
            let (has, wanted) = (record.len(), read.columns.len());
            let plural = if has == 1 { "" } else { "s" };
            wrong.push(format!("{has} cell{plural} instead of {wanted}."));
        }
        let mut values = Vec::new();
        for (column, cell) in read.columns.clone().iter().zip(&record) {
            match cells::value(desk, column, cell)? {
                Ok(value) => values.push(value),
                // What names the column already need not name it twice.
                Err(text) if text.starts_with(&column.name) => wrong.push(text),
                Err(text) => wrong.push(format!("{}: {text}", column.name)),
            }
        }
        for column in &known {
            let named = read.columns.iter().any(|c| c.id == column.id);
            if column.is_mandatory && column.default.is_none() && !named {
                wrong.push(format!("{} is missing.", column.name));
            }
        }
        read.lines.push(Line {
            number: at + 1,
            cells: record,
            wrong: wrong.join(" "),
        });
        read.values.push(values);
    }
    if read.lines.is_empty() {
        return Ok(Err("There is no row below the first line.".to_owned()));
    }
    Ok(Ok(read))
}

/// Records of a text: with tabs as spreadsheets copy them, else with commas, or with semicolons as spreadsheets write CSV where
/// the comma is for decimals; quotes hold what has them. The mark that files of UTF-8 may begin with is none of the text.
fn records(text: &str) -> Vec<Vec<String>> {
    let text = text.trim_start_matches('\u{feff}');
    let heads = text.lines().next().unwrap_or_default();
    let count = |separator: char| heads.matches(separator).count();
    let separator = if heads.contains('\t') {
        '\t'
    } else if count(';') > count(',') {
        ';'
    } else {
        ','
    };
    let mut records = Vec::new();
    let mut record = vec![String::new()];
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let Some(cell) = record.last_mut() else { break };
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            '\n' if !quoted => records.push(std::mem::replace(&mut record, vec![String::new()])),
            '\r' if !quoted => {}
            c if c == separator && !quoted => record.push(String::new()),
            c => cell.push(c),
        }
    }
    records.push(record);
    records.retain(|record| record.iter().any(|cell| !cell.trim().is_empty()));
    records
}

#[cfg(test)]
mod tests {
    #[test]
    fn pasted_texts_fall_into_cells() {
        for (text, expected) in [
            ("a,b\n1,\"x,\"\"y\"\"\n\"\n", "a|b / 1|x,\"y\"\n"),
            ("a\tb\r\n1\t2,3\r\n\r\n", "a|b / 1|2,3"),
            ("\u{feff}a;b\n\"1;2\";3,5", "a|b / 1;2|3,5"),
            ("a,\"b;c\"\n1,2", "a|b;c / 1|2"),
            ("", ""),
            ("a", "a"),
        ] {
            let found: Vec<String> = super::records(text).iter().map(|r| r.join("|")).collect();
            assert_eq!(found.join(" / "), expected, "{text}");
        }
    }
}

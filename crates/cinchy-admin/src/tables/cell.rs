//! What a script shows and changes in place: a look at the row that a link goes to, and one cell of the grid. Without a script
//! both lead to the page of the row.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Path};
use askama::Template;
use cinchy_cql::catalog::{Column, ColumnKind, Table};
use serde_json::json;

use super::cells::{self, Input};
use super::row::{shown_columns, stored};
use super::{Rights, full, open, refusal};
use crate::cql::{Statement, name};
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::Pairs;
use crate::visit::{Answer, Visit};

/// Whether a cell of a column may be changed in place by this caller. What needs more room than a cell is not.
pub fn is_editable(rights: &Rights<'_>, column: &Column) -> bool {
    rights.may_edit(column)
        && !matches!(
            Input::of(column),
            Input::Several(_) | Input::Link { several: true, .. } | Input::Fixed
        )
}

/// What a script puts into a cell to be typed in, and the texts that may be chosen there, as JSON.
pub fn script_input(column: &Column) -> (&'static str, String) {
    let (input, options) = match Input::of(column) {
        Input::Lines => ("lines", Vec::new()),
        Input::YesNo => ("choice", vec!["Yes".to_owned(), "No".to_owned()]),
        Input::One(options) => ("choice", options),
        Input::Link { several: false, .. } => ("link", Vec::new()),
        Input::Number => ("number", Vec::new()),
        _ => ("line", Vec::new()),
    };
    let options = match options.is_empty() {
        true => String::new(),
        false => serde_json::Value::from(options).to_string(),
    };
    (input, options)
}

#[derive(Template)]
#[template(path = "admin/tables/peek.html")]
struct Peek {
    path: String,
    title: String,
    link: String,
    cells: Vec<(String, String)>,
}

/// A look at a row: the part of a page that stands in a dialog.
pub async fn peek(visit: Visit, path: Path<(i32, i32)>) -> HttpResponse {
    visit
        .get(move |desk| {
            let table = open(desk, path.0)?;
            let columns = shown_columns(desk, &table);
            let row = stored(desk, &table, &columns, path.1)?;
            let names = columns.iter().map(|c| c.name.clone());
            let page = Peek {
                path: desk.frame.path.clone(),
                title: format!("{}.{} row {}", table.domain, table.name, path.1),
                link: format!("/admin/tables/{}/rows/{}", table.id, path.1),
                cells: names
                    .zip(row.texts)
                    .filter(|(_, text)| !text.is_empty())
                    .collect(),
            };
            Ok(Answer::Page(page.render()?))
        })
        .await
}

/// Changes one cell: `{"text", "link"}` as the grid shows it then, or `{"wrong"}`; with `now` where somebody else has changed it
/// since it was shown.
pub async fn change(visit: Visit, path: Path<(i32, i32)>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, form| {
            let table = open(desk, path.0)?;
            let answer = match changed(desk, &table, path.1, form)? {
                Ok((text, link)) => json!({ "text": text, "link": link }),
                Err(Refused { wrong, now }) => json!({ "wrong": wrong, "now": now }),
            };
            Ok(Answer::Json(answer.to_string()))
        })
        .await
}

/// Why a cell was not changed.
struct Refused {
    wrong: String,
    /// What stands in it, where that is not what the grid shows.
    now: Option<String>,
}

impl From<String> for Refused {
    fn from(wrong: String) -> Self {
        Self { wrong, now: None }
    }
}

fn changed(
    desk: &mut Desk<'_>,
    table: &Table,
    row: i32,
    form: &Pairs,
) -> Result<Result<(String, Option<String>), Refused>, PageError> {
    let wanted = form.number::<i32>("column");
    let column = wanted.and_then(|id| table.column_by_id(id)).cloned();
    let column = column.filter(|column| is_editable(&Rights::of(desk, table), column));
    let Some(column) = column else {
        return Err(PageError::Denied(
            "You may not change this cell here.".to_owned(),
        ));
    };
    let typed = form.get("value").unwrap_or_default();
    let value = match cells::value(desk, &column, typed)? {
        Ok(value) => value,
        Err(wrong) => return Ok(Err(wrong.into())),
    };
    let (of, cell) = (full(table), name(&column.name));
    if let Some(before) = form.get("before") {
        let (now, _) = shown(desk, &of, &column, row)?;
        // As it came back from the browser.
        if now.replace("\r\n", "\n") != before {
            let wrong = format!(
                "Somebody changed it to “{now}” meanwhile. Enter writes yours, Escape leaves it."
            );
            return Ok(Err(Refused {
                wrong,
                now: Some(now),
            }));
        }
    }
    let text =
        format!("UPDATE {of} SET {cell} = @value WHERE [Deleted] IS NULL AND [Cinchy Id] = @id");
    match desk.run(&Statement::new(&text).with("value", value).with("id", row)) {
        Ok(grid) if grid.affected == Some(0) => {
            let wrong = "The row is gone, or you may not change it.".to_owned();
            return Ok(Err(wrong.into()));
        }
        Ok(_) => {}
        Err(error) => return Ok(Err(refusal::in_words(table, &error).into())),
    }
    Ok(Ok(shown(desk, &of, &column, row)?))
}

/// A cell as the grid shows it, and where its link leads.
fn shown(
    desk: &mut Desk<'_>,
    table: &str,
    column: &Column,
    row: i32,
) -> Result<(String, Option<String>), PageError> {
    let cell = name(&column.name);
    let target = match &column.kind {
        ColumnKind::Link { target, .. } => Some(*target),
        _ => None,
    };
    let link = match target {
        Some(_) => format!(", {cell}.[Cinchy Id] AS [target]"),
        None => String::new(),
    };
    let text = format!("SELECT {cell}{link} FROM {table} WHERE [Cinchy Id] = @id");
    let now = desk.ask(Statement::new(&text).with("id", row))?;
    let Some(now) = now.rows.first() else {
        return Ok((String::new(), None));
    };
    let link = target
        .zip(now.option_int(1))
        .map(|(table, row)| format!("{}/admin/tables/{table}/rows/{row}", desk.frame.path));
    // What is calculated of no row may be a text all the same.
    let is_none = target.is_some() && link.is_none();
    let text = if is_none { String::new() } else { now.text(0) };
    Ok((text, link))
}

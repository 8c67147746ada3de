//! One row: its form, its history, its end and its return.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Path};
use askama::Template;
use cinchy_cql::catalog::{Column, ColumnKind, Table};
use cinchy_cql::value::Value;

use super::cells::{self, Input, type_words};
use super::{Rights, Tabs, full, open, refusal};
use crate::cql::{Statement, name};
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::Pairs;
use crate::page::{Frame, Notice};
use crate::place::Section;
use crate::time::shortened;
use crate::visit::{Answer, Visit};

/// Rows of a link's target that a field offers at once.
const OFFERED: usize = 100;

#[derive(Template)]
#[template(path = "admin/tables/row.html")]
struct Page {
    frame: Frame,
    tabs: Tabs,
    id: Option<i32>,
    fields: Vec<Field>,
    version: String,
    made: String,
    changed: String,
    deleted: String,
    may_save: bool,
    may_delete: bool,
    problem: String,
}

struct Field {
    column: i32,
    key: String,
    name: String,
    kind: &'static str,
    input: Input,
    text: String,
    /// For a choice of several: which are ticked.
    ticked: Vec<String>,
    options: Vec<String>,
    /// Where a single link goes.
    peek: Option<String>,
    mandatory: bool,
    wrong: String,
}

impl Field {
    fn is_fixed(&self) -> bool {
        self.input == Input::Fixed
    }

    fn is_ticked(&self, option: &str) -> bool {
        self.ticked.iter().any(|t| t == option)
    }
}

/// A row as it is stored.
pub(super) struct Stored {
    /// Its cells, as they are shown.
    pub(super) texts: Vec<String>,
    /// As they are typed: links with their ids.
    typed: Vec<String>,
    version: String,
    made: String,
    changed: String,
    deleted: String,
}

/// Columns that the caller may view or edit.
pub(super) fn shown_columns(desk: &Desk<'_>, table: &Table) -> Vec<Column> {
    let rights = Rights::of(desk, table);
    let own = table.columns.iter().filter(|c| !c.is_system);
    own.filter(|c| rights.may_view(c) || rights.may_edit(c))
        .cloned()
        .collect()
}

/// A row that the caller may see.
pub(super) fn stored(
    desk: &mut Desk<'_>,
    table: &Table,
    columns: &[Column],
    id: i32,
) -> Result<Stored, PageError> {
    let items = [
        "[Version]".to_owned(),
        "[Deleted] AS [gone]".to_owned(),
        "[Created] AS [at]".to_owned(),
        "[Created By] AS [by]".to_owned(),
        "[Modified] AS [changed at]".to_owned(),
        "[Modified By] AS [changed by]".to_owned(),
    ];
    let mut links = Vec::new();
    for (number, column) in columns.iter().enumerate() {
        if matches!(column.kind, ColumnKind::Link { .. }) {
            links.push(format!("{}.[Cinchy Id] AS [l{number}]", name(&column.name)));
        }
    }
    let (grid, uncomputed) = cells::computed(desk, columns, |desk, cells| {
        let text = format!(
            "SELECT {} FROM {} WHERE [Cinchy Id] = @id",
            [&items[..], &cells, &links].concat().join(", "),
            full(table)
        );
        desk.run(&Statement::new(&text).with("id", Value::Int(id.into())))
    })?;
    let Some(row) = grid.rows.first() else {
        return Err(PageError::NotFound(format!(
            "{}.{} has no row with the Cinchy Id {id} that you may see.",
            table.domain, table.name
        )));
    };
    let mut links = (columns.len() + 6)..;
    let mut typed = Vec::new();
    let mut texts = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        let text = match (&column.kind, &uncomputed) {
            (ColumnKind::Calculated { .. }, Some(error)) => format!("not computed: {error}"),
            _ => row.text(at + 6),
        };
        typed.push(match &column.kind {
            ColumnKind::Link { junction, .. } => {
                let ids = links.next().map(|at| row.text(at)).unwrap_or_default();
                if junction.is_some() {
                    cells::several_typed(&ids, &text)
                } else if ids.is_empty() {
                    String::new()
                } else {
                    format!("{ids} · {text}")
                }
            }
            ColumnKind::DateTime => text.replacen(' ', "T", 1),
            _ => text.clone(),
        });
        texts.push(text);
    }
    Ok(Stored {
        texts,
        typed,
        version: row.text(0),
        deleted: shortened(&row.text(1)),
        made: format!("{} by {}", shortened(&row.text(2)), row.text(3)),
        changed: format!("{} by {}", shortened(&row.text(4)), row.text(5)),
    })
}

fn show(
    desk: &mut Desk<'_>,
    table: &Arc<Table>,
    id: Option<i32>,
    sent: Option<&Pairs>,
    wrong: &[(i32, String)],
    problem: String,
) -> Result<Answer, PageError> {
    let columns = shown_columns(desk, table);
    let stored = match id {
        Some(id) => Some(stored(desk, table, &columns, id)?),
        None => None,
    };
    let mut fields = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        let rights = Rights::of(desk, table);
        let may = rights.may_edit(column) || (id.is_none() && rights.may_add());
        let input = if may { Input::of(column) } else { Input::Fixed };
        let key = format!("c{}", column.id);
        let text = match (sent, &stored) {
            (Some(form), _) if input != Input::Fixed => match input {
                Input::Several(_) => form.all(&key).join(", "),
                _ => form.get(&key).unwrap_or_default().to_owned(),
            },
            (_, Some(stored)) if input == Input::Fixed => stored.texts[at].clone(),
            (_, Some(stored)) => stored.typed[at].clone(),
            (_, None) => default_text(column),
        };
        let options = match &input {
            Input::Link { .. } => cells::options(desk, column, "", OFFERED)?,
            Input::One(options) | Input::Several(options) => options.clone(),
            _ => Vec::new(),
        };
        fields.push(Field {
            column: column.id,
            name: column.name.clone(),
            kind: type_words(column),
            ticked: match &input {
                Input::Several(_) => text.split(',').map(|t| t.trim().to_owned()).collect(),
                _ => Vec::new(),
            },
            peek: match (&column.kind, text.split_once(" · ")) {
                (
                    ColumnKind::Link {
                        target,
                        junction: None,
                        ..
                    },
                    Some((id, _)),
                ) => id
                    .parse::<i32>()
                    .ok()
                    .map(|id| format!("/admin/tables/{target}/rows/{id}")),
                _ => None,
            },
            mandatory: column.is_mandatory,
            wrong: wrong
                .iter()
                .find(|(id, _)| *id == column.id)
                .map(|(_, text)| text.clone())
                .unwrap_or_default(),
            key,
            input,
            text,
            options,
        });
    }
    let rights = Rights::of(desk, table);
    let title = match id {
        Some(id) => format!("{}.{} row {id}", table.domain, table.name),
        None => format!("New row in {}.{}", table.domain, table.name),
    };
    let of = |get: fn(&Stored) -> &String| stored.as_ref().map(get).cloned().unwrap_or_default();
    let deleted = of(|s| &s.deleted);
    let page = Page {
        may_save: deleted.is_empty() && fields.iter().any(|f| !f.is_fixed()),
        may_delete: rights.may_delete(),
        tabs: Tabs::of(desk, table, "rows"),
        frame: desk
            .frame(Section::Tables, title)
            .noting(notice(&desk.query)),
        id,
        fields,
        version: of(|s| &s.version),
        made: of(|s| &s.made),
        changed: of(|s| &s.changed),
        deleted,
        problem,
    };
    Ok(Answer::Page(page.render()?))
}

fn notice(query: &Pairs) -> Option<Notice> {
    Some(Notice::good(match query.text("done") {
        "made" => "The row is there.",
        "saved" => "Saved as a new version.",
        "same" => "Nothing was different, so nothing was written.",
        "restored" => "The row is back.",
        _ => return None,
    }))
}

fn default_text(column: &Column) -> String {
    match &column.default {
        Some(Value::Bool(yes)) => if *yes { "Yes" } else { "No" }.to_owned(),
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Int(number)) => number.to_string(),
        Some(Value::Double(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// The form of a new row.
pub async fn new(visit: Visit, table: Path<i32>) -> HttpResponse {
    visit
        .get(move |desk| {
            let table = open(desk, *table)?;
            if !Rights::of(desk, &table).may_add() {
                return Err(PageError::Denied(format!(
                    "You may not add rows to {}.{}.",
                    table.domain, table.name
                )));
            }
            show(desk, &table, None, None, &[], String::new())
        })
        .await
}

/// A row with its form.
pub async fn edit(visit: Visit, path: Path<(i32, i32)>) -> HttpResponse {
    visit
        .get(move |desk| {
            let table = open(desk, path.0)?;
            show(desk, &table, Some(path.1), None, &[], String::new())
        })
        .await
}

/// Values of a form: column and value, of those that are different from what is stored.
type Values = Vec<(Column, Value)>;

fn sent_values(
    desk: &mut Desk<'_>,
    table: &Table,
    form: &Pairs,
    stored: Option<&Stored>,
) -> Result<Result<Values, Vec<(i32, String)>>, PageError> {
    let columns = shown_columns(desk, table);
    let mut values = Vec::new();
    let mut wrong = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        let rights = Rights::of(desk, table);
        let may = rights.may_edit(column) || (stored.is_none() && rights.may_add());
        let input = Input::of(column);
        if !may || input == Input::Fixed {
            continue;
        }
        let key = format!("c{}", column.id);
        let text = match input {
            Input::Several(_) => form.all(&key).join(", "),
            _ => form.get(&key).unwrap_or_default().to_owned(),
        };
        let same = stored.is_some_and(|stored| stored.typed[at] == text);
        let left_out = stored.is_none() && text.is_empty() && !column.is_mandatory;
        if same || left_out {
            continue;
        }
        match cells::value(desk, column, &text)? {
            Ok(value) => values.push((column.clone(), value)),
            Err(text) => wrong.push((column.id, text)),
        }
    }
    Ok(if wrong.is_empty() {
        Ok(values)
    } else {
        Err(wrong)
    })
}

fn with_values<'a>(mut statement: Statement<'a>, values: Values) -> Statement<'a> {
    for (number, (_, value)) in values.into_iter().enumerate() {
        statement = statement.with(&format!("v{number}"), value);
    }
    statement
}

/// Makes a row.
pub async fn create(visit: Visit, table: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, form| {
            let table = open(desk, *table)?;
            let values = match sent_values(desk, &table, form, None)? {
                Ok(values) => values,
                Err(wrong) => return show(desk, &table, None, Some(form), &wrong, String::new()),
            };
            if values.is_empty() {
                let problem = "Fill in at least one field.".to_owned();
                return show(desk, &table, None, Some(form), &[], problem);
            }
            let names: Vec<String> = values.iter().map(|(c, _)| name(&c.name)).collect();
            let places: Vec<String> = (0..values.len()).map(|n| format!("@v{n}")).collect();
            let text = format!(
                "INSERT INTO {} ({}) OUTPUT INSERTED.[Cinchy Id] VALUES ({})",
                full(&table),
                names.join(", "),
                places.join(", ")
            );
            match desk.run(&with_values(Statement::new(&text), values)) {
                Ok(grid) => {
                    let id = grid.rows.first().map_or(0, |row| row.int(0));
                    Ok(Answer::See(format!(
                        "/admin/tables/{}/rows/{id}?done=made",
                        table.id
                    )))
                }
                Err(error) => {
                    let problem = refusal::in_words(&table, &error);
                    show(desk, &table, None, Some(form), &[], problem)
                }
            }
        })
        .await
}

/// The form again, when somebody else has changed the row since it was opened: what they left stands at each field that differs.
fn conflict(
    desk: &mut Desk<'_>,
    table: &Arc<Table>,
    id: i32,
    form: &Pairs,
    now: &Stored,
) -> Result<Answer, PageError> {
    let columns = shown_columns(desk, table);
    let mut differ = Vec::new();
    for (column, stored) in columns.iter().zip(&now.typed) {
        let key = format!("c{}", column.id);
        let text = match Input::of(column) {
            Input::Fixed => continue,
            Input::Several(_) => form.all(&key).join(", "),
            _ => form.get(&key).unwrap_or_default().to_owned(),
        };
        if Rights::of(desk, table).may_edit(column) && text != *stored {
            let text = match stored.is_empty() {
                true => "Stored now: nothing.".to_owned(),
                false => format!("Stored now: “{stored}”."),
            };
            differ.push((column.id, text));
        }
    }
    let problem = format!(
        "This row was changed after you had opened it ({}), and nothing of yours was saved yet. What you typed stands below: save once more to write it over the other change.",
        now.changed
    );
    show(desk, table, Some(id), Some(form), &differ, problem)
}

/// Changes a row.
pub async fn update(visit: Visit, path: Path<(i32, i32)>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, form| {
            let table = open(desk, path.0)?;
            let id = path.1;
            let columns = shown_columns(desk, &table);
            let before = stored(desk, &table, &columns, id)?;
            if form.text("version") != before.version {
                return conflict(desk, &table, id, form, &before);
            }
            let values = match sent_values(desk, &table, form, Some(&before))? {
                Ok(values) => values,
                Err(wrong) => return show(desk, &table, Some(id), Some(form), &wrong, String::new()),
            };
            let to = |done: &str| Answer::See(format!("/admin/tables/{}/rows/{id}?done={done}", table.id));
            if values.is_empty() {
                return Ok(to("same"));
            }
            let sets: Vec<String> = values
                .iter()
                .enumerate()
                .map(|(number, (column, _))| format!("{} = @v{number}", name(&column.name)))
                .collect();
            let text = format!(
                "UPDATE {} SET {} WHERE [Deleted] IS NULL AND [Cinchy Id] = @id AND [Version] = @version",
                full(&table),
                sets.join(", ")
            );
            let version: i64 = before.version.parse().unwrap_or_default();
            let statement = with_values(Statement::new(&text), values)
                .with("id", id)
                .with("version", Value::Int(version));
            match desk.run(&statement) {
                Ok(grid) if grid.affected == Some(0) => {
                    let now = stored(desk, &table, &columns, id)?;
                    if now.version != before.version {
                        return conflict(desk, &table, id, form, &now);
                    }
                    let problem = "Your rights do not reach this row: the Editable Row Filter of your entitlement leaves it out.".to_owned();
                    show(desk, &table, Some(id), Some(form), &[], problem)
                }
                Ok(_) => Ok(to("saved")),
                Err(error) => {
                    let problem = refusal::in_words(&table, &error);
                    show(desk, &table, Some(id), Some(form), &[], problem)
                },
            }
        })
        .await
}

/// Deletes a row.
pub async fn delete(visit: Visit, path: Path<(i32, i32)>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, form| {
            let table = open(desk, path.0)?;
            let text = format!(
                "DELETE FROM {} WHERE [Deleted] IS NULL AND [Cinchy Id] = @id",
                full(&table)
            );
            let done = desk.ask(Statement::new(&text).with("id", path.1))?;
            if done.affected == Some(0) {
                return Err(PageError::Denied(
                    "The row was not deleted: it is gone already, or your rights do not reach it."
                        .to_owned(),
                ));
            }
            let row = path.1.to_string();
            let back = back(form).with(&[("done", "deleted"), ("row", &row)]);
            Ok(Answer::See(format!("/admin/tables/{}{back}", table.id)))
        })
        .await
}

/// What the rows were looked at with when a form was sent from among them.
fn back(form: &Pairs) -> Pairs {
    Pairs::decode(form.text("back").trim_start_matches('?').as_bytes())
}

/// Brings a row back.
pub async fn restore(visit: Visit, path: Path<(i32, i32)>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, form| {
            let table = open(desk, path.0)?;
            crate::rows::restore(desk, &table, path.1)?;
            if form.has("back") {
                let row = path.1.to_string();
                let back = back(form).with(&[("done", "restored"), ("row", &row)]);
                return Ok(Answer::See(format!("/admin/tables/{}{back}", table.id)));
            }
            Ok(Answer::See(format!(
                "/admin/tables/{}/rows/{}?done=restored",
                table.id, path.1
            )))
        })
        .await
}

/// Rows that a link field may go to, for a script: a list of texts as they are typed.
pub async fn search(visit: Visit, path: Path<(i32, i32)>) -> HttpResponse {
    visit
        .get(move |desk| {
            let table = open(desk, path.0)?;
            let column = table.column_by_id(path.1).cloned();
            let column =
                column.ok_or_else(|| PageError::NotFound("There is no such column.".to_owned()))?;
            let search = desk.query.text("q").to_owned();
            let found = cells::options(desk, &column, &search, 20)?;
            Ok(Answer::Json(serde_json::Value::from(found).to_string()))
        })
        .await
}

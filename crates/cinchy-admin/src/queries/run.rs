//! Running a text: its parameters, its rows, what is wrong with it and where.

use std::time::Instant;

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use cinchy_cql::parameters_of;
use cinchy_cql::value::{Type, Value};
use cinchy_web::query::{Prepared, Text};
use cinchy_web::script::RunError;

use super::chart::{Chart, chart};
use super::edit::{Draft, show};
use crate::cql::{Grid, Statement};
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::Pairs;
use crate::visit::{Answer, Visit};

/// Rows that a page shows.
const SHOWN: usize = 200;

/// A field for a parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Without `@`.
    pub name: String,
    /// What was typed.
    pub value: String,
}

/// What a run gave.
#[derive(Debug)]
pub struct Outcome {
    /// Names of columns, with their types and whether they are numbers.
    pub columns: Vec<(String, &'static str, bool)>,
    /// Rows as texts; `None` is NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// There were more.
    pub more: bool,
    /// Rows that were changed.
    pub affected: Option<u64>,
    /// Milliseconds.
    pub took: String,
    /// A picture of it.
    pub chart: Option<Chart>,
    /// What the text becomes for the database, for administrators.
    pub sql: String,
}

/// What is wrong with a text.
#[derive(Debug)]
pub struct Trouble {
    /// The message.
    pub text: String,
    /// The line, from 1; 0: not known.
    pub line: u64,
    /// The lines of the text, with whether each is the wrong one.
    pub lines: Vec<(usize, String, bool)>,
}

/// Parameters of a text with what was typed for them.
pub fn parameters(cql: &str, form: Option<&Pairs>) -> Vec<Parameter> {
    let names = parameters_of(cql).unwrap_or_default();
    names
        .into_iter()
        .map(|name| Parameter {
            value: form
                .and_then(|f| f.get(&format!("p_{name}")))
                .unwrap_or_default()
                .to_owned(),
            name,
        })
        .collect()
}

/// What is wrong, at its line.
pub fn trouble(cql: &str, error: &RunError) -> Trouble {
    let line = match error {
        RunError::Cql(error) => error.position().map_or(0, |at| at.line),
        _ => 0,
    };
    let lines = cql
        .lines()
        .enumerate()
        .map(|(at, text)| (at + 1, text.to_owned(), u64::try_from(at + 1) == Ok(line)))
        .filter(|(at, _, _)| {
            let at = u64::try_from(*at).unwrap_or_default();
            line > 0 && at + 3 > line && at < line + 3
        });
    Trouble {
        text: error.message(),
        line,
        lines: lines.collect(),
    }
}

/// Runs the text of the form and shows the page again with what came.
pub async fn run(visit: Visit, body: Bytes) -> HttpResponse {
    visit.post(body, page).await
}

fn page(desk: &mut Desk<'_>, form: &Pairs) -> Result<Answer, PageError> {
    let mut draft = Draft::sent(form);
    let id: Option<i32> = form.number("id");
    let mut ad_hoc = true;
    if let Some(id) = id
        && let Some(query) = desk.generation.query_by_id(desk.conn, id)?
    {
        let principal = desk.caller.principal();
        let may = principal.may_execute(&query.execute_users, &query.execute_groups);
        if !desk.caller.entry.administrator {
            if !may {
                return Err(PageError::Denied(format!(
                    "You may not execute {}.{}. Whoever made it can add you or one of your groups.",
                    query.domain, query.name
                )));
            }
            // What is run is what is saved.
            draft.domain.clone_from(&query.domain);
            draft.name.clone_from(&query.name);
            draft.cql.clone_from(&query.cql);
            draft.kind.clone_from(&query.kind);
        }
        // A saved text needs no right to query tables directly.
        ad_hoc = draft.cql != query.cql;
    }
    let given = parameters(&draft.cql, Some(form));
    let mut statement = Statement::new(&draft.cql);
    statement.ad_hoc = ad_hoc;
    statement.versions = draft.kind.contains("Version History");
    statement.most = SHOWN;
    for parameter in &given {
        statement = statement.with(&parameter.name, parameter.value.as_str());
    }
    let sql = sql(desk, &statement);
    let began = Instant::now();
    let done = desk.run(&statement);
    let took = format!("{:.1} ms", began.elapsed().as_secs_f64() * 1000.0);
    let (outcome, trouble) = match done {
        Ok(grid) => (
            Some(outcome(&grid, took, sql, form.text("chart") == "line")),
            None,
        ),
        Err(error) => (None, Some(trouble(&draft.cql, &error))),
    };
    draft.chart = form.text("chart").to_owned();
    show(desk, id, draft, given, outcome, trouble, None)
}

/// The text as the database gets it: one SELECT only, and for administrators.
fn sql(desk: &mut Desk<'_>, statement: &Statement<'_>) -> String {
    if !desk.caller.entry.administrator {
        return String::new();
    }
    let mut types: Vec<(String, Type)> = statement
        .parameters
        .iter()
        .map(|(name, _): &(String, Value)| (name.clone(), Type::Text))
        .collect();
    types.sort_by(|a, b| a.0.cmp(&b.0));
    let text = Text {
        cql: statement.cql,
        parameters: &types,
        text_parameters: &[],
        ad_hoc: statement.ad_hoc,
        versions: statement.versions,
    };
    match desk
        .instance
        .prepare(desk.conn, &desk.generation, &desk.caller.entry, text)
    {
        Ok(Prepared::Query(query)) => query.compiled.sql.clone(),
        _ => String::new(),
    }
}

fn outcome(grid: &Grid, took: String, sql: String, as_line: bool) -> Outcome {
    let is_number = |ty: Type| ty.is_integer() || ty.is_decimal() || ty.is_float();
    Outcome {
        columns: grid
            .columns
            .iter()
            .map(|c| (c.name.clone(), c.ty.dotnet_name(), is_number(c.ty)))
            .collect(),
        rows: grid
            .rows
            .iter()
            .map(|row| {
                row.0
                    .iter()
                    .map(|cell| match cell {
                        cinchy_storage::statement::OwnedCell::Null => None,
                        cell => Some(crate::cql::shown(cell)),
                    })
                    .collect()
            })
            .collect(),
        more: grid.more,
        affected: grid.affected,
        took,
        chart: chart(grid, as_line),
        sql,
    }
}

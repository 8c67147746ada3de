//! The design of a table: its columns, and new ones of every type.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Path};
use askama::Template;
use cinchy_cql::CqlError;
use cinchy_cql::catalog::{ColumnKind, Table};
use cinchy_web::script::RunError;

use super::cells::type_words;
use super::column::{self, Draft, Offer};
use super::{Rights, Tabs, full, open};
use crate::cql::{Statement, name};
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::Pairs;
use crate::page::{Frame, Notice};
use crate::place::Section;
use crate::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "admin/tables/design.html")]
struct Page {
    frame: Frame,
    tabs: Tabs,
    columns: Vec<Line>,
    offer: Offer,
    draft: Draft,
    problem: String,
    may_design: bool,
}

struct Line {
    id: i32,
    name: String,
    kind: &'static str,
    detail: String,
    mandatory: bool,
    unique: bool,
}

#[derive(Template)]
#[template(path = "admin/tables/new.html")]
struct New {
    frame: Frame,
    domains: Vec<String>,
    domain: String,
    name: String,
    offer: Offer,
    /// Those that are shown, and those that one has to ask for.
    columns: Vec<Draft>,
    more: Vec<Draft>,
    more_is_open: bool,
    problem: String,
    may_make_domain: bool,
    /// What was typed for a domain that is not there yet.
    new_domain: String,
    longest_domain: usize,
}

/// The page with nothing typed yet.
fn show_plain(desk: &mut Desk<'_>, table: &Table, problem: String) -> Result<Answer, PageError> {
    show(desk, table, Draft::default(), problem)
}

fn show(
    desk: &mut Desk<'_>,
    table: &Table,
    draft: Draft,
    problem: String,
) -> Result<Answer, PageError> {
    let catalog = desk.catalog()?;
    let unique = cinchy_storage::design::unique_columns(desk.conn, table.id)?;
    let rights = Rights::of(desk, table);
    let may_design = rights.may_design() && table.domain != "Cinchy";
    let columns = table
        .columns
        .iter()
        .filter(|c| !c.is_system && (rights.may_view(c) || rights.may_design()))
        .map(|column| Line {
            id: column.id,
            name: column.name.clone(),
            kind: type_words(column),
            detail: match &column.kind {
                ColumnKind::Text {
                    max_length: Some(most),
                } => format!("at most {most} characters"),
                ColumnKind::Choice { options, multi } => {
                    let several = if *multi { "several of " } else { "one of " };
                    format!("{several}{}", options.join(", "))
                }
                ColumnKind::Link {
                    target,
                    display,
                    junction,
                } => {
                    let shown = catalog.table(*target).map_or_else(String::new, |t| {
                        let column = t.column_by_id(*display).map_or("", |c| c.name.as_str());
                        format!("{}.{}, shows {column}", t.domain, t.name)
                    });
                    let several = if junction.is_some() {
                        "several rows of "
                    } else {
                        "a row of "
                    };
                    format!("{several}{shown}")
                }
                ColumnKind::Calculated {
                    expression, cached, ..
                } => {
                    format!("{expression}{}", if *cached { " (cached)" } else { "" })
                }
                _ => String::new(),
            },
            mandatory: column.is_mandatory,
            unique: unique.contains(&column.id),
        });
    let columns = columns.collect();
    let notice = match desk.query.text("done") {
        "added" => Some(Notice::good("The column is there.")),
        "removed" => Some(Notice::good("The column is gone.")),
        _ => None,
    };
    let page = Page {
        may_design,
        offer: Offer::of(desk)?,
        tabs: Tabs::of(desk, table, "design"),
        frame: desk
            .frame(
                Section::Tables,
                format!("Design of {}.{}", table.domain, table.name),
            )
            .noting(notice),
        columns,
        draft,
        problem,
    };
    Ok(Answer::Page(page.render()?))
}

/// Shows the columns.
pub async fn design(visit: Visit, id: Path<i32>) -> HttpResponse {
    visit
        .get(move |desk| {
            let table = open(desk, *id)?;
            show_plain(desk, &table, String::new())
        })
        .await
}

/// Adds a column.
pub async fn add_column(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, form| {
            let table = open(desk, *id)?;
            if !Rights::of(desk, &table).may_design() || table.domain == "Cinchy" {
                return Err(PageError::Denied(format!(
                    "You may not change the design of {}.{}.",
                    table.domain, table.name
                )));
            }
            let draft = Draft::sent(form, "");
            let before = format!("ALTER TABLE {} ADD", full(&table));
            let added = column::make(desk, &before, std::slice::from_ref(&draft), "")?;
            match added {
                Ok(()) => Ok(Answer::See(format!(
                    "/admin/tables/{}/design?done=added",
                    table.id
                ))),
                Err(problem) => show(desk, &table, draft, problem),
            }
        })
        .await
}

/// Drops a column.
pub async fn drop_column(visit: Visit, path: Path<(i32, i32)>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, _| {
            let table = open(desk, path.0)?;
            let column = table.column_by_id(path.1);
            let column =
                column.ok_or_else(|| PageError::NotFound("There is no such column.".to_owned()))?;
            let text = format!(
                "ALTER TABLE {} DROP COLUMN {}",
                full(&table),
                name(&column.name)
            );
            match desk.run(&Statement::new(&text)) {
                Ok(_) => Ok(Answer::See(format!(
                    "/admin/tables/{}/design?done=removed",
                    table.id
                ))),
                Err(error) => show_plain(desk, &table, error.message()),
            }
        })
        .await
}

/// Drops a table.
pub async fn drop_table(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, form| {
            let table = open(desk, *id)?;
            if form.text("name") != table.name {
                let problem = format!("Type the table's name, {}, to drop it.", table.name);
                return show_plain(desk, &table, problem);
            }
            match desk.run(&Statement::new(&format!("DROP TABLE {}", full(&table)))) {
                Ok(_) => Ok(Answer::See("/admin/tables?done=dropped".to_owned())),
                Err(error) => show_plain(desk, &table, error.message()),
            }
        })
        .await
}

/// Columns that the form of a new table has room for, and those that are shown at first.
const ROOM: usize = 10;
const SHOWN: usize = 4;
/// Characters of a domain's name, as of a table's.
const LONGEST_DOMAIN: usize = 125;

fn show_new(
    desk: &mut Desk<'_>,
    form: Option<&Pairs>,
    problem: String,
) -> Result<Answer, PageError> {
    let names = desk.ask(Statement::new(
        "SELECT [Name] FROM [Cinchy].[Domains] WHERE [Deleted] IS NULL AND [Name] <> 'Cinchy' ORDER BY [Name]",
    ))?;
    let columns = (0..ROOM).map(|n| match form {
        Some(form) => Draft::sent(form, &n.to_string()),
        None => Draft {
            name: if n == 0 {
                "Name".to_owned()
            } else {
                String::new()
            },
            kind: "Text".to_owned(),
            ..Draft::default()
        },
    });
    let mut columns: Vec<Draft> = columns.collect();
    let more = columns.split_off(SHOWN);
    let text = |key: &str| form.map(|f| f.text(key).to_owned()).unwrap_or_default();
    let page = New {
        domain: if form.is_some() {
            text("domain")
        } else {
            desk.query.text("domain").to_owned()
        },
        name: text("name"),
        new_domain: text("domain_name"),
        longest_domain: LONGEST_DOMAIN,
        columns,
        more_is_open: more.iter().any(|draft| !draft.name.is_empty()),
        more,
        domains: names.rows.iter().map(|row| row.text(0)).collect(),
        offer: Offer::of(desk)?,
        may_make_domain: desk.caller.entry.administrator,
        frame: desk.frame(Section::Tables, "New table"),
        problem,
    };
    Ok(Answer::Page(page.render()?))
}

/// Lets only those on who may make tables.
fn may_make(desk: &Desk<'_>) -> Result<(), PageError> {
    let rights = &desk.caller.entry.rights;
    if rights.administrator || rights.can_design_tables {
        return Ok(());
    }
    Err(PageError::Denied(
        "You may not make tables. An administrator can let you: Can Design Tables, on your page under Users."
            .to_owned(),
    ))
}

/// The form of a new table.
pub async fn new(visit: Visit) -> HttpResponse {
    visit
        .get(|desk| {
            may_make(desk)?;
            show_new(desk, None, String::new())
        })
        .await
}

/// Makes a table, and the domain that was typed for it.
pub async fn create(visit: Visit, body: Bytes) -> HttpResponse {
    visit
        .post(body, |desk, form| {
            may_make(desk)?;
            let table = form.text("name").to_owned();
            let drafts = (0..ROOM).map(|number| Draft::sent(form, &number.to_string()));
            let drafts: Vec<Draft> = drafts.filter(|draft| !draft.name.is_empty()).collect();
            if table.is_empty() || table.contains(['[', ']']) {
                let problem =
                    "The table needs a name, and it must not have square brackets.".to_owned();
                return show_new(desk, Some(form), problem);
            }
            if drafts.is_empty() {
                return show_new(desk, Some(form), "Name at least one column.".to_owned());
            }
            let mut form = form.clone();
            if !form.text("domain_name").is_empty() {
                if let Err(problem) = make_domain(desk, form.text("domain_name"))? {
                    return show_new(desk, Some(&form), problem);
                }
                form = in_new_domain(&form);
            }
            let domain = form.text("domain").to_owned();
            let before = format!("CREATE TABLE {}.{} (", name(&domain), name(&table));
            match column::make(desk, &before, &drafts, ")")? {
                Ok(()) => {
                    let made = desk.catalog()?.find(&domain, &table).map_or(0, |t| t.id);
                    Ok(Answer::See(format!("/admin/tables/{made}?done=made")))
                }
                Err(problem) => show_new(desk, Some(&form), problem),
            }
        })
        .await
}

/// Makes a domain, and goes on with the table that was begun.
pub async fn create_domain(visit: Visit, body: Bytes) -> HttpResponse {
    visit
        .post(body, |desk, form| {
            match make_domain(desk, form.text("domain_name"))? {
                Ok(()) => {
                    let made = format!("The domain {} is there.", form.text("domain_name"));
                    desk.frame = desk.frame.clone().noting(Some(Notice::good(&made)));
                    show_new(desk, Some(&in_new_domain(form)), String::new())
                }
                Err(problem) => show_new(desk, Some(form), problem),
            }
        })
        .await
}

/// The form of a table, whose new domain is there now.
fn in_new_domain(form: &Pairs) -> Pairs {
    let made = form.text("domain_name").to_owned();
    Pairs::decode(
        form.with(&[("domain", &made), ("domain_name", "")])
            .trim_start_matches('?')
            .as_bytes(),
    )
}

/// Makes a domain, unless it cannot be called so.
fn make_domain(desk: &mut Desk<'_>, domain: &str) -> Result<Result<(), String>, PageError> {
    desk.administrators_only("Making domains")?;
    if domain.is_empty() {
        return Ok(Err("Name the domain.".to_owned()));
    }
    if domain.contains(['[', ']', '.', '/', '\\']) {
        return Ok(Err(
            "A domain's name must not have brackets, dots and slashes: it stands in addresses."
                .to_owned(),
        ));
    }
    if domain.chars().count() > LONGEST_DOMAIN {
        return Ok(Err(format!(
            "A domain's name has at most {LONGEST_DOMAIN} characters."
        )));
    }
    let text = "INSERT INTO [Cinchy].[Domains] ([Name]) VALUES (@name)";
    match desk.run(&Statement::new(text).with("name", domain)) {
        Ok(_) => Ok(Ok(())),
        Err(RunError::Cql(CqlError::DuplicateKey { .. })) => Ok(Err(format!(
            "There is a domain {domain} already. Choose it above."
        ))),
        Err(error) => Ok(Err(error.message())),
    }
}

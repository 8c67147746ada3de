//! Who may do what with a table: its rows of `[Cinchy].[Table Access Control]`.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Path};
use askama::Template;

use super::{Tabs, open};
use crate::cql::Statement;
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::Pairs;
use crate::page::{Frame, Notice};
use crate::people::{Names, groups, users};
use crate::place::Section;
use crate::rows;
use crate::visit::{Answer, Visit};

const WHAT: &str = "Entitlements of a table";

/// The table of `[Cinchy]` whose rows they are.
const TABLE: &str = "Table Access Control";

/// Yes/no columns: the key in the form, the column, what it means.
const FLAGS: &[(&str, &str, &str)] = &[
    (
        "view_all",
        "View All Columns",
        "See every column, later ones included",
    ),
    ("edit_all", "Edit All Columns", "Change every column"),
    ("add", "Add Rows", "Add rows"),
    ("delete", "Delete Rows", "Delete rows"),
    ("query", "Direct Query", "Run CQL of their own on the table"),
    ("design", "Design Table", "Add and drop columns"),
    ("export", "Export Data", "Keep data as a file"),
];

#[derive(Template)]
#[template(path = "admin/tables/access.html")]
struct Page {
    frame: Frame,
    tabs: Tabs,
    grants: Vec<Line>,
    draft: Draft,
    flags: Vec<Flag>,
    columns: Vec<Column>,
    groups: Vec<Group>,
    people: Vec<String>,
}

struct Line {
    id: i32,
    who: String,
    what: Vec<String>,
    view_filter: String,
    edit_filter: String,
}

struct Flag {
    key: &'static str,
    name: &'static str,
    help: &'static str,
    ticked: bool,
}

struct Column {
    id: i32,
    name: String,
    view: bool,
    edit: bool,
}

struct Group {
    id: i32,
    name: String,
    ticked: bool,
}

#[derive(Default)]
struct Draft {
    /// The row that is changed.
    id: Option<i32>,
    users: String,
    groups: Vec<i32>,
    flags: Vec<&'static str>,
    view: Vec<i32>,
    edit: Vec<i32>,
    view_filter: String,
    edit_filter: String,
    problem: String,
    /// Of the row that is changed, as its form shows it.
    version: String,
}

fn ids(text: &str) -> Vec<i32> {
    text.split(',')
        .filter_map(|id| id.trim().parse().ok())
        .collect()
}

fn select() -> String {
    let flags: Vec<String> = FLAGS
        .iter()
        .map(|(_, column, _)| format!("[{column}]"))
        .collect();
    format!(
        "SELECT [Cinchy Id], [Users], [Groups], [Viewable Row Filter], [Editable Row Filter], \
         [Viewable Columns].[Cinchy Id] AS [view ids], [Editable Columns].[Cinchy Id] AS [edit ids], \
         [Users].[Username] AS [names], [Groups].[Cinchy Id] AS [group ids], {} \
         FROM [Cinchy].[Table Access Control] WHERE [Deleted] IS NULL AND [Table].[Cinchy Id] = @table",
        flags.join(", ")
    )
}

fn show(desk: &mut Desk<'_>, id: i32, draft: Option<Draft>) -> Result<Answer, PageError> {
    let table = open(desk, id)?;
    desk.administrators_only(WHAT)?;
    let found = desk.ask(Statement::new(&select()).with("table", id))?;
    let wanted: Option<i32> = desk.query.number("edit");
    let mut draft = draft;
    let mut grants = Vec::new();
    let names_of = |ids: &[i32]| -> String {
        let names: Vec<&str> = ids
            .iter()
            .filter_map(|id| table.column_by_id(*id))
            .map(|c| c.name.as_str())
            .collect();
        names.join(", ")
    };
    for row in &found.rows {
        let flags: Vec<&'static str> = FLAGS
            .iter()
            .enumerate()
            .filter(|(at, _)| row.yes(9 + at))
            .map(|(_, (key, _, _))| *key)
            .collect();
        let (view, edit) = (ids(&row.text(5)), ids(&row.text(6)));
        let mut what: Vec<String> = FLAGS
            .iter()
            .filter(|(key, _, _)| flags.contains(key))
            .map(|(_, name, _)| (*name).to_owned())
            .collect();
        if !view.is_empty() {
            what.push(format!("View {}", names_of(&view)));
        }
        if !edit.is_empty() {
            what.push(format!("Edit {}", names_of(&edit)));
        }
        let who = [row.text(2), row.text(1)];
        let who: Vec<&str> = who
            .iter()
            .map(String::as_str)
            .filter(|w| !w.is_empty())
            .collect();
        if draft.is_none() && wanted == Some(row.int(0)) {
            draft = Some(Draft {
                id: wanted,
                users: row.text(7),
                groups: ids(&row.text(8)),
                flags,
                view,
                edit,
                view_filter: row.text(3),
                edit_filter: row.text(4),
                problem: String::new(),
                version: String::new(),
            });
        }
        grants.push(Line {
            id: row.int(0),
            who: who.join(", "),
            what,
            view_filter: row.text(3),
            edit_filter: row.text(4),
        });
    }
    let mut draft = draft.unwrap_or_else(|| Draft {
        flags: vec!["view_all", "query"],
        ..Draft::default()
    });
    if let Some(row) = draft.id {
        draft.version = rows::version(desk, TABLE, row)?;
    }
    let notice = match desk.query.text("done") {
        "saved" => Some(Notice::good("Saved. It holds from the next call on.")),
        "removed" => Some(Notice::good(
            "The entitlement is gone. What it allowed is refused from now on.",
        )),
        _ => None,
    };
    let page = Page {
        flags: FLAGS
            .iter()
            .map(|(key, name, help)| Flag {
                key,
                name,
                help,
                ticked: draft.flags.contains(key),
            })
            .collect(),
        columns: table
            .columns
            .iter()
            .filter(|c| !c.is_system)
            .map(|c| Column {
                id: c.id,
                name: c.name.clone(),
                view: draft.view.contains(&c.id),
                edit: draft.edit.contains(&c.id),
            })
            .collect(),
        groups: groups(desk)?
            .into_iter()
            .map(|(id, name)| Group {
                ticked: draft.groups.contains(&id),
                id,
                name,
            })
            .collect(),
        people: users(desk)?
            .into_iter()
            .take(200)
            .map(|(_, name)| name)
            .collect(),
        tabs: Tabs::of(desk, &table, "access"),
        frame: desk
            .frame(
                Section::Tables,
                format!("Entitlements of {}.{}", table.domain, table.name),
            )
            .noting(notice),
        grants,
        draft,
    };
    Ok(Answer::Page(page.render()?))
}

/// Shows them, with the form of a new one or of the one that is to be changed.
pub async fn access(visit: Visit, id: Path<i32>) -> HttpResponse {
    visit.get(move |desk| show(desk, *id, None)).await
}

/// Writes one.
pub async fn grant(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, form| write(desk, *id, form))
        .await
}

fn write(desk: &mut Desk<'_>, id: i32, form: &Pairs) -> Result<Answer, PageError> {
    let table = open(desk, id)?;
    desk.administrators_only(WHAT)?;
    let numbers = |name: &str| -> Vec<i32> {
        form.all(name)
            .iter()
            .filter_map(|t| t.parse().ok())
            .collect()
    };
    let mut draft = Draft {
        id: form.number("row"),
        users: form.text("users").to_owned(),
        groups: numbers("groups"),
        flags: FLAGS
            .iter()
            .map(|(key, _, _)| *key)
            .filter(|key| form.has(key))
            .collect(),
        view: numbers("view"),
        edit: numbers("edit"),
        view_filter: form.text("view_filter").to_owned(),
        edit_filter: form.text("edit_filter").to_owned(),
        problem: String::new(),
        version: String::new(),
    };
    if let Some(row) = draft.id
        && let Some(text) = rows::changed_meanwhile(desk, TABLE, row, form)?
    {
        draft.problem = text;
        return show(desk, id, Some(draft));
    }
    let people = Names::read(desk, &draft.users)?;
    if !people.unknown.is_empty() {
        draft.problem = format!(
            "Nobody is called {}. Write user names, for example ann.",
            people.unknown.join(", ")
        );
    } else if people.ids.is_empty() && draft.groups.is_empty() {
        draft.problem = "Name at least one group or user.".to_owned();
    }
    for filter in [&draft.view_filter, &draft.edit_filter] {
        let text = format!(
            "SELECT TOP 1 [Cinchy Id] FROM {} WHERE ({filter}\n)",
            super::full(&table)
        );
        if draft.problem.is_empty()
            && !filter.is_empty()
            && let Err(error) = desk.run(&Statement::new(&text))
        {
            draft.problem = format!("The filter “{filter}” does not run: {}", error.message());
        }
    }
    if !draft.problem.is_empty() {
        return show(desk, id, Some(draft));
    }
    let columns: Vec<String> = FLAGS
        .iter()
        .map(|(_, column, _)| format!("[{column}]"))
        .collect();
    let text = match draft.id {
        None => format!(
            "INSERT INTO [Cinchy].[Table Access Control] ([Table], [Users], [Groups], [Viewable Row Filter], [Editable Row Filter], \
             [Viewable Columns], [Editable Columns], {}) VALUES (@table, @users, @groups, @view_filter, @edit_filter, @view, @edit, {})",
            columns.join(", "),
            FLAGS
                .iter()
                .map(|(key, _, _)| format!("@{key}"))
                .collect::<Vec<_>>()
                .join(", ")
        ),
        Some(_) => format!(
            "UPDATE [Cinchy].[Table Access Control] SET [Users] = @users, [Groups] = @groups, \
             [Viewable Row Filter] = @view_filter, [Editable Row Filter] = @edit_filter, \
             [Viewable Columns] = @view, [Editable Columns] = @edit, {} \
             WHERE [Deleted] IS NULL AND [Cinchy Id] = @row AND [Table].[Cinchy Id] = @table",
            FLAGS
                .iter()
                .map(|(key, column, _)| format!("[{column}] = @{key}"))
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    let some = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
    let mut statement = Statement::new(&text)
        .with("table", id)
        .with("users", crate::people::written(&people.ids))
        .with("groups", crate::people::written(&draft.groups))
        .with("view_filter", some(&draft.view_filter))
        .with("edit_filter", some(&draft.edit_filter))
        .with("view", crate::people::written(&draft.view))
        .with("edit", crate::people::written(&draft.edit));
    for (key, _, _) in FLAGS {
        statement = statement.with(key, draft.flags.contains(key));
    }
    if let Some(row) = draft.id {
        statement = statement.with("row", row);
    }
    match desk.run(&statement) {
        Ok(_) => Ok(Answer::See(format!("/admin/tables/{id}/access?done=saved"))),
        Err(error) => {
            draft.problem = error.message();
            show(desk, id, Some(draft))
        }
    }
}

/// Takes one away.
pub async fn revoke(visit: Visit, path: Path<(i32, i32)>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, _| {
            desk.administrators_only(WHAT)?;
            desk.ask(
                Statement::new(
                    "DELETE FROM [Cinchy].[Table Access Control] \
                     WHERE [Deleted] IS NULL AND [Cinchy Id] = @row AND [Table].[Cinchy Id] = @table",
                )
                .with("row", path.1)
                .with("table", path.0),
            )?;
            Ok(Answer::See(format!("/admin/tables/{}/access?done=removed", path.0)))
        })
        .await
}

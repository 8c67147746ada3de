//! A saved query with its editor, who may execute it, its addresses and its versions.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Path};
use askama::Template;
use cinchy_cql::value::Value;
use cinchy_web::script::RunError;

use super::run::{Outcome, Parameter, Trouble, parameters};
use crate::cql::{Row, Statement};
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::{Pairs, encode};
use crate::page::{Frame, Notice};
use crate::people::{Names, groups, users, written};
use crate::place::Section;
use crate::tables::Rights;
use crate::visit::{Answer, Visit};

const WHAT: &str = "Making saved queries";

/// What a query returns (decided: these words).
const KINDS: &[&str] = &[
    "Query (Approved Data Only)",
    "Query (Include Draft Changes)",
    "Query (Include Version History)",
    "Non Query",
    "Scalar",
    "DDL Script",
];
const FORMATS: &[&str] = &["JSON", "XML", "CSV", "TSV", "PSV"];

#[derive(Template)]
#[template(path = "admin/queries/edit.html")]
struct Page {
    frame: Frame,
    id: Option<i32>,
    draft: Draft,
    may_write: bool,
    /// Whether the text is shown.
    may_read: bool,
    domains: Vec<String>,
    kinds: &'static [&'static str],
    formats: &'static [&'static str],
    groups: Vec<Group>,
    people: Vec<String>,
    parameters: Vec<Parameter>,
    outcome: Option<Outcome>,
    trouble: Option<Trouble>,
    urls: Vec<Address>,
    version: String,
    /// Names for the completion of a script: `[Domain].[Table].[Column]`.
    words: String,
}

struct Group {
    id: i32,
    name: String,
    ticked: bool,
}

struct Address {
    label: &'static str,
    text: String,
}

/// What stands in the form.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    pub domain: String,
    pub name: String,
    pub cql: String,
    pub kind: String,
    pub format: String,
    pub description: String,
    pub users: String,
    pub groups: Vec<i32>,
    pub chart: String,
    pub problem: String,
    /// The version that the form was opened at.
    pub version: String,
}

impl Draft {
    /// What was sent.
    pub fn sent(form: &Pairs) -> Self {
        Self {
            domain: form.text("domain").to_owned(),
            name: form.text("name").to_owned(),
            cql: form.get("cql").unwrap_or_default().to_owned(),
            kind: form.text("kind").to_owned(),
            format: form.text("format").to_owned(),
            description: form.text("description").to_owned(),
            users: form.text("users").to_owned(),
            groups: form
                .all("groups")
                .iter()
                .filter_map(|t| t.parse().ok())
                .collect(),
            chart: String::new(),
            problem: String::new(),
            version: form.text("version").to_owned(),
        }
    }
}

const SELECT: &str = "SELECT [Cinchy Id], [Domain].[Name] AS [d], [Name], [CQL], [Type], [API Result Format], [Description], \
    [Users With Execute Access].[Username] AS [u], [Groups With Execute Access].[Cinchy Id] AS [g] \
    FROM [Cinchy].[Saved Queries]";

fn of(row: &Row) -> Draft {
    Draft {
        domain: row.text(1),
        name: row.text(2),
        cql: row.text(3),
        kind: row.text(4),
        format: row.text(5),
        description: row.text(6),
        users: row.text(7),
        groups: row
            .text(8)
            .split(',')
            .filter_map(|id| id.trim().parse().ok())
            .collect(),
        ..Draft::default()
    }
}

fn stored(desk: &mut Desk<'_>, id: i32) -> Result<Draft, PageError> {
    let none = || {
        PageError::NotFound(format!(
            "There is no saved query with the Cinchy Id {id} that you may see."
        ))
    };
    if desk.caller.entry.administrator {
        let text = format!("{SELECT} WHERE [Deleted] IS NULL AND [Cinchy Id] = @id");
        let grid = desk.ask(Statement::new(&text).with("id", id))?;
        return grid.rows.first().map(of).ok_or_else(none);
    }
    let query = desk
        .generation
        .query_by_id(desk.conn, id)?
        .ok_or_else(none)?;
    if !desk
        .caller
        .principal()
        .may_execute(&query.execute_users, &query.execute_groups)
    {
        return Err(none());
    }
    Ok(Draft {
        domain: query.domain.clone(),
        name: query.name.clone(),
        cql: query.cql.clone(),
        kind: query.kind.clone(),
        ..Draft::default()
    })
}

/// Whether the caller may read the text of a saved query: administrators, and whoever may view its row. The right to execute
/// a query is no right to read it.
fn may_read(desk: &mut Desk<'_>, id: i32) -> Result<bool, PageError> {
    if desk.caller.entry.administrator {
        return Ok(true);
    }
    let text =
        "SELECT [CQL] FROM [Cinchy].[Saved Queries] WHERE [Deleted] IS NULL AND [Cinchy Id] = @id";
    match desk.run(&Statement::new(text).with("id", id)) {
        Ok(grid) => Ok(!grid.rows.is_empty()),
        Err(RunError::Cql(error)) if error.is_access_denied() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The page, with or without what a run gave.
pub fn show(
    desk: &mut Desk<'_>,
    id: Option<i32>,
    mut draft: Draft,
    parameters: Vec<Parameter>,
    outcome: Option<Outcome>,
    mut trouble: Option<Trouble>,
    notice: Option<Notice>,
) -> Result<Answer, PageError> {
    let may_write = desk.caller.entry.administrator;
    let may_read = match id {
        None => true,
        Some(id) => may_read(desk, id)?,
    };
    if !may_read {
        draft.cql.clear();
        if let Some(trouble) = &mut trouble {
            trouble.lines.clear();
        }
    }
    let domains = desk.ask(Statement::new(
        "SELECT [Name] FROM [Cinchy].[Domains] WHERE [Deleted] IS NULL ORDER BY [Name]",
    ))?;
    let mut domains: Vec<String> = domains.rows.iter().map(|row| row.text(0)).collect();
    // The system's own is nobody's first choice.
    domains.sort_by_key(|domain| domain == "Cinchy");
    let title = match id {
        Some(_) => format!("{}.{}", draft.domain, draft.name),
        None => "New query".to_owned(),
    };
    let urls = match id {
        None => Vec::new(),
        Some(_) => addresses(&desk.frame.web, &draft, &parameters),
    };
    let page = Page {
        groups: groups(desk)?
            .into_iter()
            .map(|(group, name)| Group {
                ticked: draft.groups.contains(&group),
                id: group,
                name,
            })
            .collect(),
        people: users(desk)?
            .into_iter()
            .take(200)
            .map(|(_, name)| name)
            .collect(),
        words: words(desk)?,
        version: match id {
            // A run of a text that is not saved yet keeps the version that it was opened at.
            Some(_) if !draft.version.is_empty() => draft.version.clone(),
            Some(id) if may_write => crate::rows::version(desk, "Saved Queries", id)?,
            _ => String::new(),
        },
        frame: desk.frame(Section::Queries, title).noting(notice),
        id,
        may_write,
        may_read,
        domains,
        kinds: KINDS,
        formats: FORMATS,
        parameters,
        outcome,
        trouble,
        urls,
        draft,
    };
    Ok(Answer::Page(page.render()?))
}

fn addresses(web: &str, draft: &Draft, parameters: &[Parameter]) -> Vec<Address> {
    let path = format!("{}/{}", encode(&draft.domain), encode(&draft.name));
    let query: Vec<String> = parameters
        .iter()
        .map(|p| {
            format!(
                "%40{}={}",
                encode(&p.name),
                if p.value.is_empty() {
                    "VALUE".to_owned()
                } else {
                    encode(&p.value)
                }
            )
        })
        .collect();
    let query = if query.is_empty() {
        String::new()
    } else {
        format!("?{}", query.join("&"))
    };
    let csv = if query.is_empty() {
        "?ResultFormat=CSV".to_owned()
    } else {
        format!("{query}&ResultFormat=CSV")
    };
    vec![
        Address {
            label: "With a token",
            text: format!("curl -H \"Authorization: Bearer $TOKEN\" '{web}/API/{path}{query}'"),
        },
        Address {
            label: "With user name and password, as CSV",
            text: format!("curl -u 'USER:PASSWORD' '{web}/BasicAuthAPI/{path}{csv}'"),
        },
        Address {
            label: "Address",
            text: format!("{web}/API/{path}"),
        },
    ]
}

/// Names of tables and columns that the caller may view, one table a line.
fn words(desk: &mut Desk<'_>) -> Result<String, PageError> {
    let catalog = desk.catalog()?;
    let rights = &desk.caller.entry.rights;
    let mut lines: Vec<String> = catalog
        .tables()
        .filter(|table| {
            rights.administrator
                || table.creator == Some(rights.user_id)
                || rights.tables.contains_key(&table.id)
        })
        .filter(|table| table.domain != "Cinchy" || rights.administrator)
        .take(300)
        .map(|table| {
            let sees = Rights::of(desk, table);
            let columns: Vec<&str> = table
                .columns
                .iter()
                .filter(|c| !c.is_system && sees.may_view(c))
                .map(|c| c.name.as_str())
                .collect();
            format!(
                "[{}].[{}]\t{}",
                table.domain,
                table.name,
                columns.join("\t")
            )
        })
        .collect();
    lines.sort();
    Ok(lines.join("\n"))
}

/// An empty editor.
pub async fn new(visit: Visit) -> HttpResponse {
    visit
        .get(|desk| {
            let draft = Draft {
                cql: match desk.query.text("cql") {
                    "" => "SELECT [Username], [Display Name]\nFROM [Cinchy].[Users]\nWHERE [Deleted] IS NULL".to_owned(),
                    text => text.to_owned(),
                },
                kind: KINDS[0].to_owned(),
                ..Draft::default()
            };
            let parameters = parameters(&draft.cql, None);
            show(desk, None, draft, parameters, None, None, None)
        })
        .await
}

/// A query with its editor.
pub async fn edit(visit: Visit, id: Path<i32>) -> HttpResponse {
    visit
        .get(move |desk| {
            let draft = stored(desk, *id)?;
            let parameters = parameters(&draft.cql, None);
            let unread = unread(&draft.cql).map(Notice::bad);
            let notice = match desk.query.text("done") {
                "saved" | "made" if unread.is_some() => unread,
                "saved" => Some(Notice::good("Saved. Calls run the new text from now on.")),
                "made" => Some(Notice::good("The query is saved. Its addresses are below.")),
                "restored" => Some(Notice::good("The query is back.")),
                _ => None,
            };
            show(desk, Some(*id), draft, parameters, None, None, notice)
        })
        .await
}

/// What is told of a text that was saved and that nobody can run.
fn unread(cql: &str) -> Option<String> {
    let texts = cinchy_cql::text_parameters_of(cql).into_iter();
    let texts: Vec<(u32, String)> = texts.map(|number| (number, String::new())).collect();
    let error = cinchy_cql::Script::parse(cql, &texts).err()?;
    Some(format!("Saved, but calls will be refused: {error}"))
}

fn save(desk: &mut Desk<'_>, id: Option<i32>, form: &Pairs) -> Result<Answer, PageError> {
    desk.administrators_only(WHAT)?;
    form.within(&[("name", 200), ("description", 2000), ("users", 5000)])?;
    let mut draft = Draft::sent(form);
    let given = parameters(&draft.cql, Some(form));
    let people = Names::read(desk, &draft.users)?;
    let domain = desk.catalog()?.domain(&draft.domain);
    let taken = desk
        .generation
        .query(desk.conn, &draft.domain, &draft.name)?;
    draft.problem = if draft.name.is_empty() || draft.name.contains(['/', '\\']) {
        "Give the query a name without slashes: it is part of its address.".to_owned()
    } else if matches!(draft.name.as_str(), "." | "..") {
        "A query of this name could not be called: in an address it means another folder."
            .to_owned()
    } else if domain.is_none() {
        "Choose the domain that the query belongs to.".to_owned()
    } else if draft.cql.trim().is_empty() {
        "There is no CQL to save.".to_owned()
    } else if !people.unknown.is_empty() {
        format!(
            "Nobody is called {}. Write user names, for example ann.",
            people.unknown.join(", ")
        )
    } else if taken.is_some_and(|query| Some(query.id) != id) {
        format!(
            "The domain {} has a query {} already.",
            draft.domain, draft.name
        )
    } else {
        String::new()
    };
    if draft.problem.is_empty()
        && let Some(id) = id
        && let Some(text) = crate::rows::changed_meanwhile(desk, "Saved Queries", id, form)?
    {
        draft.problem = text;
        draft.version.clear();
    }
    if !draft.problem.is_empty() {
        return show(desk, id, draft, given, None, None, None);
    }
    let text = match id {
        None => {
            "INSERT INTO [Cinchy].[Saved Queries] ([Domain], [Name], [CQL], [Type], [Query Type], [API Result Format], [Description], \
             [Users With Execute Access], [Groups With Execute Access]) OUTPUT INSERTED.[Cinchy Id] \
             VALUES (@domain, @name, @cql, @kind, 'API', @format, @description, @users, @groups)"
        }
        Some(_) => {
            "UPDATE [Cinchy].[Saved Queries] SET [Domain] = @domain, [Name] = @name, [CQL] = @cql, [Type] = @kind, \
             [API Result Format] = @format, [Description] = @description, [Users With Execute Access] = @users, \
             [Groups With Execute Access] = @groups WHERE [Deleted] IS NULL AND [Cinchy Id] = @id"
        }
    };
    let some = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
    let mut statement = Statement::new(text)
        .with("domain", domain)
        .with("name", draft.name.as_str())
        .with("cql", draft.cql.as_str())
        .with("kind", some(&draft.kind))
        .with("format", some(&draft.format))
        .with("description", some(&draft.description))
        .with("users", written(&people.ids))
        .with("groups", written(&draft.groups));
    if let Some(id) = id {
        statement = statement.with("id", id);
    }
    match desk.run(&statement) {
        Ok(grid) => Ok(match id {
            Some(id) => Answer::See(format!("/admin/queries/{id}?done=saved")),
            None => {
                let made = grid.rows.first().map_or(0, |row| row.int(0));
                Answer::See(format!("/admin/queries/{made}?done=made"))
            }
        }),
        Err(error) => {
            draft.problem = error.message();
            show(desk, id, draft, given, None, None, None)
        }
    }
}

/// Saves a new query.
pub async fn create(visit: Visit, body: Bytes) -> HttpResponse {
    visit.post(body, |desk, form| save(desk, None, form)).await
}

/// Saves a query.
pub async fn update(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, form| save(desk, Some(*id), form))
        .await
}

/// Deletes a query.
pub async fn delete(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, _| {
            desk.administrators_only(WHAT)?;
            let draft = stored(desk, *id)?;
            desk.ask(
                Statement::new("DELETE FROM [Cinchy].[Saved Queries] WHERE [Deleted] IS NULL AND [Cinchy Id] = @id")
                    .with("id", *id),
            )?;
            let name = encode(&format!("{}.{}", draft.domain, draft.name));
            Ok(Answer::See(format!("/admin/queries?done=deleted&row={id}&name={name}")))
        })
        .await
}

/// Brings a deleted query back.
pub async fn restore(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, _| {
            desk.administrators_only(WHAT)?;
            let table = desk.catalog()?.find("Cinchy", "Saved Queries").cloned();
            if let Some(table) = table {
                crate::rows::restore(desk, &table, *id)?;
            }
            Ok(Answer::See(format!("/admin/queries/{id}?done=restored")))
        })
        .await
}

#[derive(Template)]
#[template(path = "admin/queries/history.html")]
struct History {
    frame: Frame,
    id: i32,
    versions: Vec<Version>,
}

struct Version {
    number: String,
    when: String,
    who: String,
    cql: String,
}

/// All versions of a query.
pub async fn history(visit: Visit, id: Path<i32>) -> HttpResponse {
    visit
        .get(move |desk| {
            desk.administrators_only(WHAT)?;
            let draft = stored(desk, *id)?;
            let mut statement = Statement::new(
                "SELECT [Version], [Modified], [Modified By], [CQL] FROM [Cinchy].[Saved Queries] \
                 WHERE [Cinchy Id] = @id ORDER BY [Version] DESC",
            )
            .with("id", Value::Int((*id).into()));
            statement.versions = true;
            let grid = desk.ask(statement)?;
            let version = |row: &Row| Version {
                number: row.text(0),
                when: crate::time::shortened(&row.text(1)),
                who: row.text(2),
                cql: row.text(3),
            };
            let page = History {
                frame: desk.frame(
                    Section::Queries,
                    format!("Versions of {}.{}", draft.domain, draft.name),
                ),
                id: *id,
                versions: grid.rows.iter().map(version).collect(),
            };
            Ok(Answer::Page(page.render()?))
        })
        .await
}

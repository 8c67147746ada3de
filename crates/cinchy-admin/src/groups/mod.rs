//! Groups: who is in them, which groups are in them, and what follows for their members.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Path};
use askama::Template;
use cinchy_storage::groups::{ADMINISTRATORS, ALL_USERS};

use crate::cql::Statement;
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::{Pairs, encode};
use crate::page::{Frame, Notice};
use crate::people::Names;
use crate::place::Section;
use crate::visit::{Answer, Visit};

const WHAT: &str = "Changing groups";

#[derive(Template)]
#[template(path = "admin/groups/list.html")]
struct List {
    frame: Frame,
    groups: Vec<Group>,
    search: String,
}

/// A row of `[Cinchy].[Groups]`, with numbers.
struct Group {
    id: i32,
    name: String,
    users: usize,
    nested: String,
    built_in: bool,
}

#[derive(Template)]
#[template(path = "admin/groups/edit.html")]
struct Page {
    frame: Frame,
    version: String,
    id: Option<i32>,
    name: String,
    built_in: bool,
    everybody: bool,
    members: Vec<Person>,
    others: Vec<Person>,
    nested: Vec<Nested>,
    /// The groups that this one is in.
    parents: Vec<Person>,
    /// Members through other groups.
    through: Vec<Person>,
    typed: String,
    wrong_name: String,
    wrong_users: String,
}

#[derive(Clone)]
struct Person {
    id: i32,
    name: String,
    username: String,
}

struct Nested {
    id: i32,
    name: String,
    ticked: bool,
}

fn pairs_of(desk: &mut Desk<'_>, cql: &str) -> Result<Vec<(i32, i32)>, PageError> {
    let grid = desk.ask(Statement::new(cql))?;
    Ok(grid
        .rows
        .iter()
        .map(|row| (row.int(0), row.int(1)))
        .collect())
}

/// Ids of a multi-link cell, as CQL reads them: `1, 2`.
fn links(desk: &mut Desk<'_>, column: &str) -> Result<Vec<(i32, i32)>, PageError> {
    let target = if column == "Users" { "Users" } else { "Groups" };
    pairs_of(
        desk,
        &format!(
            "SELECT g.[Cinchy Id], t.[Cinchy Id] FROM [Cinchy].[Groups] g INNER JOIN [Cinchy].[{target}] t \
             ON g.[{column}].[Cinchy Id] = t.[Cinchy Id] WHERE g.[Deleted] IS NULL AND t.[Deleted] IS NULL"
        ),
    )
}

fn all(desk: &mut Desk<'_>) -> Result<Vec<(i32, String)>, PageError> {
    let grid = desk.ask(Statement::new(
        "SELECT [Cinchy Id], [Name] FROM [Cinchy].[Groups] WHERE [Deleted] IS NULL ORDER BY [Name]",
    ))?;
    Ok(grid
        .rows
        .iter()
        .map(|row| (row.int(0), row.text(1)))
        .collect())
}

fn people(desk: &mut Desk<'_>) -> Result<Vec<Person>, PageError> {
    let grid = desk.ask(Statement::new(
        "SELECT [Cinchy Id], [Display Name], [Username] FROM [Cinchy].[Users] \
         WHERE [Deleted] IS NULL AND [Cinchy Id] > 0 ORDER BY [Display Name]",
    ))?;
    let person = |row: &crate::cql::Row| Person {
        id: row.int(0),
        name: row.text(1),
        username: row.text(2),
    };
    Ok(grid.rows.iter().map(person).collect())
}

fn is_built_in(id: i32) -> bool {
    matches!(id, ADMINISTRATORS | ALL_USERS)
}

/// Shows all groups.
pub async fn list(visit: Visit) -> HttpResponse {
    visit
        .get(|desk| {
            let search = desk.query.text("q").to_owned();
            let needle = search.to_lowercase();
            let names = all(desk)?;
            let (users, nested) = (links(desk, "Users")?, links(desk, "User Groups")?);
            let name_of = |id: i32| {
                let found = names.iter().find(|(group, _)| *group == id);
                found.map(|(_, name)| name.as_str())
            };
            let groups = names
                .iter()
                .filter(|(_, name)| name.to_lowercase().contains(&needle))
                .map(|(id, name)| Group {
                    id: *id,
                    name: name.clone(),
                    users: users.iter().filter(|(group, _)| group == id).count(),
                    nested: nested
                        .iter()
                        .filter(|(group, _)| group == id)
                        .filter_map(|(_, child)| name_of(*child))
                        .collect::<Vec<_>>()
                        .join(", "),
                    built_in: is_built_in(*id),
                })
                .collect();
            let page = List {
                frame: desk
                    .frame(Section::Groups, "Groups")
                    .noting(notice(&desk.query)),
                groups,
                search,
            };
            Ok(Answer::Page(page.render()?))
        })
        .await
}

fn notice(query: &Pairs) -> Option<Notice> {
    let name = query.text("name");
    Some(match query.text("done") {
        "made" => Notice::good("The group is there. Give it rights on tables and saved queries."),
        "saved" => Notice::good("Saved. The change holds from the next call on."),
        "restored" => Notice::good(format!("The group {name} is back.")),
        "deleted" => {
            let id: i32 = query.number("row")?;
            Notice::good(format!(
                "The group {name} was deleted; what it allowed is allowed no more."
            ))
            .undo(format!("/admin/groups/{id}/restore"))
        }
        _ => return None,
    })
}

/// What a form holds beyond the stored group.
#[derive(Default)]
struct Typed {
    name: Option<String>,
    users: Option<Vec<i32>>,
    groups: Option<Vec<i32>>,
    added: String,
    wrong_name: String,
    wrong_users: String,
    /// Somebody else changed the group meanwhile.
    meanwhile: Option<Notice>,
}

fn show(desk: &mut Desk<'_>, id: Option<i32>, typed: Typed) -> Result<Answer, PageError> {
    let names = all(desk)?;
    let stored = id.and_then(|id| names.iter().find(|(group, _)| *group == id));
    if let (Some(id), None) = (id, stored) {
        return Err(PageError::NotFound(format!(
            "There is no group with the Cinchy Id {id}."
        )));
    }
    let own = id.unwrap_or_default();
    let people = people(desk)?;
    let (users, nested) = (links(desk, "Users")?, links(desk, "User Groups")?);
    let of = |pairs: &[(i32, i32)]| -> Vec<i32> {
        pairs
            .iter()
            .filter(|(group, _)| *group == own)
            .map(|(_, other)| *other)
            .collect()
    };
    let members = typed.users.unwrap_or_else(|| of(&users));
    let ticked = typed.groups.unwrap_or_else(|| of(&nested));
    let membership = desk.generation.membership(desk.conn)?;
    let mut through = Vec::new();
    for person in &people {
        if !members.contains(&person.id)
            && own != ALL_USERS
            && id.is_some()
            && let Some(entry) = desk.generation.user(desk.conn, person.id)?
            && entry.groups.contains(&own)
        {
            through.push(person.clone());
        }
    }
    let parents = nested
        .iter()
        .filter(|(_, child)| *child == own && id.is_some())
        .filter_map(|(parent, _)| {
            Some(Person {
                id: *parent,
                name: membership.name(*parent)?.to_owned(),
                username: String::new(),
            })
        })
        .collect();
    let (members, others) = people
        .into_iter()
        .partition(|person| members.contains(&person.id));
    let name = typed
        .name
        .or_else(|| stored.map(|(_, name)| name.clone()))
        .unwrap_or_default();
    let title = stored.map_or_else(|| "New group".to_owned(), |(_, name)| name.clone());
    let page = Page {
        frame: desk
            .frame(Section::Groups, title)
            .noting(typed.meanwhile.or_else(|| notice(&desk.query))),
        version: match id {
            Some(id) => crate::rows::version(desk, "Groups", id)?,
            None => String::new(),
        },
        id,
        name,
        built_in: is_built_in(own),
        everybody: own == ALL_USERS,
        members,
        others,
        nested: names
            .iter()
            .filter(|(group, _)| *group != own)
            .map(|(group, name)| Nested {
                id: *group,
                name: name.clone(),
                ticked: ticked.contains(group),
            })
            .collect(),
        parents,
        through,
        typed: typed.added,
        wrong_name: typed.wrong_name,
        wrong_users: typed.wrong_users,
    };
    Ok(Answer::Page(page.render()?))
}

/// The form of a new group.
pub async fn new(visit: Visit) -> HttpResponse {
    visit
        .get(|desk| {
            desk.administrators_only(WHAT)?;
            show(desk, None, Typed::default())
        })
        .await
}

/// A group with its form.
pub async fn edit(visit: Visit, id: Path<i32>) -> HttpResponse {
    visit
        .get(move |desk| show(desk, Some(*id), Typed::default()))
        .await
}

/// Ids as a multi-link is written: id and version in turn.
fn written(ids: &[i32]) -> Option<String> {
    let text: Vec<String> = ids.iter().map(|id| format!("{id},0")).collect();
    Some(text.join(",")).filter(|text| !text.is_empty())
}

fn save(desk: &mut Desk<'_>, id: Option<i32>, form: &Pairs) -> Result<Answer, PageError> {
    desk.administrators_only(WHAT)?;
    form.within(&[("name", 500), ("added", 5000)])?;
    let numbers = |name: &str| -> Vec<i32> {
        form.all(name)
            .iter()
            .filter_map(|text| text.parse().ok())
            .collect()
    };
    let mut typed = Typed {
        name: Some(form.text("name").to_owned()),
        added: form.get("added").unwrap_or_default().to_owned(),
        ..Typed::default()
    };
    let (mut users, groups) = (numbers("users"), numbers("groups"));
    let people = people(desk)?;
    let user_names = people.iter().map(|p| (p.username.clone(), p.id));
    let display_names = people.iter().map(|p| (p.name.clone(), p.id));
    let named = Names::among(&typed.added, user_names.chain(display_names));
    users.extend(named.ids);
    users.sort_unstable();
    users.dedup();
    if !named.unknown.is_empty() {
        typed.wrong_users = format!(
            "Nobody is called {}. Write user names, for example ann.",
            named.unknown.join(", ")
        );
    }
    let name = form.text("name").to_owned();
    let taken = all(desk)?
        .into_iter()
        .any(|(other, taken)| Some(other) != id && taken.to_lowercase() == name.to_lowercase());
    let built_in = id.is_some_and(is_built_in);
    if name.is_empty() && !built_in {
        typed.wrong_name = "Give the group a name.".to_owned();
    } else if taken {
        typed.wrong_name = format!("There is a group {name} already.");
    }
    if id == Some(ADMINISTRATORS) && !users.contains(&desk.visitor.entry.user.id) {
        typed.wrong_users =
            "You cannot take yourself out of the administrators: nobody might be left.".to_owned();
    }
    if let Some(id) = id {
        let text = crate::rows::changed_meanwhile(desk, "Groups", id, form)?;
        typed.meanwhile = text.map(Notice::bad);
    }
    if !typed.wrong_name.is_empty() || !typed.wrong_users.is_empty() || typed.meanwhile.is_some() {
        (typed.users, typed.groups) = (Some(users), Some(groups));
        return show(desk, id, typed);
    }
    match id {
        None => {
            let made = desk.ask(
                Statement::new(
                    "INSERT INTO [Cinchy].[Groups] ([Name], [Group Type], [Users], [User Groups]) \
                     OUTPUT INSERTED.[Cinchy Id] VALUES (@name, 'Cinchy Group', @users, @groups)",
                )
                .with("name", name.as_str())
                .with("users", written(&users))
                .with("groups", written(&groups)),
            )?;
            let id = made.rows.first().map_or(0, |row| row.int(0));
            Ok(Answer::See(format!("/admin/groups/{id}?done=made")))
        }
        Some(id) => {
            let rename = if built_in { "" } else { "[Name] = @name, " };
            let text = format!(
                "UPDATE [Cinchy].[Groups] SET {rename}[Users] = @users, [User Groups] = @groups \
                 WHERE [Deleted] IS NULL AND [Cinchy Id] = @id"
            );
            desk.ask(
                Statement::new(&text)
                    .with("name", name.as_str())
                    .with("users", written(&users))
                    .with("groups", written(&groups))
                    .with("id", id),
            )?;
            Ok(Answer::See(format!("/admin/groups/{id}?done=saved")))
        }
    }
}

/// Makes a group.
pub async fn create(visit: Visit, body: Bytes) -> HttpResponse {
    visit.post(body, |desk, form| save(desk, None, form)).await
}

/// Changes a group.
pub async fn update(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, form| save(desk, Some(*id), form))
        .await
}

/// Deletes a group.
pub async fn delete(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, _| {
            desk.administrators_only(WHAT)?;
            if is_built_in(*id) {
                return Err(PageError::Denied(
                    "This group belongs to the platform and cannot be deleted.".to_owned(),
                ));
            }
            let name = named(desk, *id)?;
            desk.ask(
                Statement::new(
                    "DELETE FROM [Cinchy].[Groups] WHERE [Deleted] IS NULL AND [Cinchy Id] = @id",
                )
                .with("id", *id),
            )?;
            Ok(Answer::See(format!(
                "/admin/groups?done=deleted&row={id}&name={}",
                encode(&name)
            )))
        })
        .await
}

fn named(desk: &mut Desk<'_>, id: i32) -> Result<String, PageError> {
    let found = all(desk)?.into_iter().find(|(group, _)| *group == id);
    found
        .map(|(_, name)| name)
        .ok_or_else(|| PageError::NotFound(format!("There is no group with the Cinchy Id {id}.")))
}

/// Brings a deleted group back.
pub async fn restore(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, _| {
            desk.administrators_only(WHAT)?;
            let table = desk.catalog()?.find("Cinchy", "Groups").cloned();
            if let Some(table) = table {
                crate::rows::restore(desk, &table, *id)?;
            }
            let name = named(desk, *id)?;
            Ok(Answer::See(format!(
                "/admin/groups?done=restored&name={}",
                encode(&name)
            )))
        })
        .await
}

//! A client: made, copied, changed, switched on and off, deleted and brought back; its secret.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Path};
use askama::Template;
use cinchy_storage::clients as stored;

use super::form::{Draft, Valid};
use super::snippets::snippets;
use super::{Client, WHAT, all, find};
use crate::cql::Statement;
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::{Pairs, encode};
use crate::page::{Frame, Notice};
use crate::place::Section;
use crate::rows::changed_meanwhile;
use crate::snippet::Snippet;
use crate::visit::{Answer, Visit};

/// Fields of the form that the page says nothing else of.
const LONGEST: &[(&str, usize)] = &[
    ("name", 500),
    ("login_urls", 20_000),
    ("logout_urls", 20_000),
];

#[derive(Template)]
#[template(path = "admin/clients/edit.html")]
struct Page {
    frame: Frame,
    /// `None`: a new one.
    client: Option<Client>,
    draft: Draft,
    version: String,
    snippets: Vec<Snippet>,
}

#[derive(Template)]
#[template(path = "admin/clients/secret.html")]
struct Secret {
    frame: Frame,
    client: Client,
}

fn show(
    desk: &mut Desk<'_>,
    client: Option<Client>,
    draft: Draft,
    notice: Option<Notice>,
) -> Result<Answer, PageError> {
    let title = match &client {
        Some(client) => client.title().to_owned(),
        None => "New Integrated Client".to_owned(),
    };
    let snippets = match &client {
        Some(client) => snippets(desk, client)?,
        None => Vec::new(),
    };
    let version = match &client {
        Some(client) => crate::rows::version(desk, WHAT, client.id)?,
        None => String::new(),
    };
    let page = Page {
        frame: desk.frame(Section::Clients, title).noting(notice),
        client,
        draft,
        version,
        snippets,
    };
    Ok(Answer::Page(page.render()?))
}

/// Client ids of all clients but one.
fn taken(desk: &mut Desk<'_>, but: Option<i32>) -> Result<Vec<String>, PageError> {
    let others = all(desk)?.into_iter().filter(|c| Some(c.id) != but);
    Ok(others.map(|c| c.client_id).collect())
}

/// The form of a new client.
pub async fn new(visit: Visit) -> HttpResponse {
    visit
        .get(|desk| {
            desk.administrators_only(WHAT)?;
            show(desk, None, Draft::blank(), None)
        })
        .await
}

/// Makes a client.
pub async fn create(visit: Visit, body: Bytes) -> HttpResponse {
    visit
        .post(body, |desk, form| {
            desk.administrators_only(WHAT)?;
            form.within(LONGEST)?;
            let taken = taken(desk, None)?;
            match Draft::sent(form).check(&taken) {
                Err(draft) => show(desk, None, *draft, None),
                Ok(valid) => {
                    let written = desk.ask(written(
                        "INSERT INTO [Cinchy].[Integrated Clients] ([Client Id], [Client Name], [Grant Type], \
                         [Permitted Login Redirect URLs], [Permitted Logout Redirect URLs], [Permitted Scopes], \
                         [Access Token Lifetime (seconds)], [Show Cinchy Login Screen], [Enabled]) \
                         OUTPUT INSERTED.[Cinchy Id] \
                         VALUES (@client_id, @name, @grants, @login_urls, @logout_urls, @scopes, @lifetime, @show_login, @enabled)",
                        &valid,
                    ))?;
                    let id = written.rows.first().map_or(0, |row| row.int(0));
                    Ok(Answer::See(format!("/admin/clients/{id}?done=made")))
                }
            }
        })
        .await
}

fn written<'a>(cql: &'a str, valid: &Valid) -> Statement<'a> {
    Statement::new(cql)
        .with("client_id", valid.client_id.as_str())
        .with("name", valid.name.clone())
        .with("grants", valid.grants.as_str())
        .with("login_urls", valid.login_urls.clone())
        .with("logout_urls", valid.logout_urls.clone())
        .with("scopes", valid.scopes.clone())
        .with("lifetime", valid.lifetime)
        .with("show_login", valid.show_login)
        .with("enabled", valid.enabled)
}

/// The form of a copy.
pub async fn duplicate(visit: Visit, id: Path<i32>) -> HttpResponse {
    visit
        .get(move |desk| {
            let client = find(desk, *id)?;
            let taken = taken(desk, None)?;
            show(desk, None, Draft::copy(&client, &taken), None)
        })
        .await
}

/// A client with its form.
pub async fn edit(visit: Visit, id: Path<i32>) -> HttpResponse {
    visit
        .get(move |desk| {
            let client = find(desk, *id)?;
            let notice = notice(&desk.query);
            let draft = Draft::of(&client);
            show(desk, Some(client), draft, notice)
        })
        .await
}

fn notice(query: &Pairs) -> Option<Notice> {
    Some(Notice::good(match query.text("done") {
        "made" => "The client is registered. Its secret and ready-made calls are below.",
        "saved" => "Saved. The change holds from the next call on.",
        "secret" => "The client has a new secret. The old one is refused from now on.",
        _ => return None,
    }))
}

/// Changes a client.
pub async fn update(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, form| {
            let client = find(desk, *id)?;
            form.within(LONGEST)?;
            if let Some(text) = changed_meanwhile(desk, WHAT, client.id, form)? {
                let notice = Notice::bad(text);
                return show(desk, Some(client), Draft::sent(form), Some(notice));
            }
            let taken = taken(desk, Some(client.id))?;
            match Draft::sent(form).check(&taken) {
                Err(draft) => show(desk, Some(client), *draft, None),
                Ok(valid) => {
                    desk.ask(
                        written(
                            "UPDATE [Cinchy].[Integrated Clients] SET [Client Id] = @client_id, [Client Name] = @name, \
                             [Grant Type] = @grants, [Permitted Login Redirect URLs] = @login_urls, \
                             [Permitted Logout Redirect URLs] = @logout_urls, [Permitted Scopes] = @scopes, \
                             [Access Token Lifetime (seconds)] = @lifetime, [Show Cinchy Login Screen] = @show_login, \
                             [Enabled] = @enabled WHERE [Deleted] IS NULL AND [Cinchy Id] = @id",
                            &valid,
                        )
                        .with("id", client.id),
                    )?;
                    Ok(Answer::See(format!("/admin/clients/{}?done=saved", client.id)))
                }
            }
        })
        .await
}

fn back(done: &str, client: &Client) -> Answer {
    let name = encode(client.title());
    Answer::See(format!(
        "/admin/clients?done={done}&row={}&name={name}",
        client.id
    ))
}

/// Enables or disables a client.
pub async fn switch(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, _| {
            let client = find(desk, *id)?;
            desk.ask(
                Statement::new(
                    "UPDATE [Cinchy].[Integrated Clients] SET [Enabled] = @enabled \
                     WHERE [Deleted] IS NULL AND [Cinchy Id] = @id",
                )
                .with("enabled", !client.enabled)
                .with("id", client.id),
            )?;
            let done = if client.enabled {
                "disabled"
            } else {
                "enabled"
            };
            Ok(back(done, &client))
        })
        .await
}

/// Deletes a client.
pub async fn delete(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, _| {
            let client = find(desk, *id)?;
            desk.ask(
                Statement::new(
                    "DELETE FROM [Cinchy].[Integrated Clients] WHERE [Deleted] IS NULL AND [Cinchy Id] = @id",
                )
                .with("id", client.id),
            )?;
            Ok(back("deleted", &client))
        })
        .await
}

/// Brings a deleted client back.
pub async fn restore(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, _| {
            desk.administrators_only(WHAT)?;
            let catalog = desk.catalog()?;
            let table = catalog.find("Cinchy", "Integrated Clients").cloned();
            if let Some(table) = table {
                crate::rows::restore(desk, &table, *id)?;
            }
            let client = find(desk, *id)?;
            Ok(back("restored", &client))
        })
        .await
}

/// Asks whether the secret is really to be replaced.
pub async fn secret(visit: Visit, id: Path<i32>) -> HttpResponse {
    visit
        .get(move |desk| {
            let client = find(desk, *id)?;
            let page = Secret {
                frame: desk.frame(
                    Section::Clients,
                    format!("New secret for {}", client.title()),
                ),
                client,
            };
            Ok(Answer::Page(page.render()?))
        })
        .await
}

/// Replaces the secret. The column is calculated, so no statement of CQL can write it.
pub async fn regenerate(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, _| {
            let client = find(desk, *id)?;
            let stamp = desk.stamp();
            let schema = desk.instance.database().schema().to_owned();
            desk.conn
                .atomic(|conn| stored::regenerate_secret(conn, &schema, client.id, stamp))?;
            Ok(Answer::See(format!(
                "/admin/clients/{}?done=secret",
                client.id
            )))
        })
        .await
}

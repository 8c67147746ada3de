//! All saved queries that the caller may execute; all there are, for administrators.

use actix_web::HttpResponse;
use askama::Template;

use crate::cql::Statement;
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::Pairs;
use crate::list::{Heading, Pager, order};
use crate::page::{Frame, Notice};
use crate::place::Section;
use crate::visit::{Answer, Visit};

const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "admin/queries/list.html")]
struct List {
    frame: Frame,
    queries: Vec<Entry>,
    total: usize,
    search: String,
    headings: Vec<Heading>,
    pager: Pager,
}

struct Entry {
    id: i32,
    domain: String,
    name: String,
    kind: String,
    description: String,
}

/// Shows them.
pub async fn list(visit: Visit) -> HttpResponse {
    visit.get(page).await
}

fn entries(desk: &mut Desk<'_>) -> Result<Vec<Entry>, PageError> {
    if desk.caller.entry.administrator {
        let grid = desk.ask(Statement::new(
            "SELECT [Cinchy Id], [Domain].[Name] AS [d], [Name], [Type], [Description] \
             FROM [Cinchy].[Saved Queries] WHERE [Deleted] IS NULL",
        ))?;
        let entry = |row: &crate::cql::Row| Entry {
            id: row.int(0),
            domain: row.text(1),
            name: row.text(2),
            kind: row.text(3),
            description: row.text(4),
        };
        return Ok(grid.rows.iter().map(entry).collect());
    }
    let principal = desk.caller.principal();
    let found = desk.generation.executable_queries(desk.conn, &principal)?;
    let entry = |query: &std::sync::Arc<cinchy_storage::queries::SavedQuery>| Entry {
        id: query.id,
        domain: query.domain.clone(),
        name: query.name.clone(),
        kind: query.kind.clone(),
        description: String::new(),
    };
    Ok(found.iter().map(entry).collect())
}

fn page(desk: &mut Desk<'_>) -> Result<Answer, PageError> {
    let mut queries = entries(desk)?;
    let total = queries.len();
    let query = desk.query.clone();
    let needle = query.text("q").to_lowercase();
    queries.retain(|q| {
        format!("{}.{} {}", q.domain, q.name, q.description)
            .to_lowercase()
            .contains(&needle)
    });
    let (by, down) = order(&query, "domain");
    match by.as_str() {
        "name" => queries.sort_by_cached_key(|q| q.name.to_lowercase()),
        "type" => queries.sort_by(|a, b| a.kind.cmp(&b.kind)),
        _ => queries.sort_by_cached_key(|q| (q.domain.to_lowercase(), q.name.to_lowercase())),
    }
    if down {
        queries.reverse();
    }
    let pager = Pager::new(&query, queries.len(), PAGE);
    let columns = [("name", "Name"), ("domain", "Domain"), ("type", "Type")];
    let page = List {
        frame: desk
            .frame(Section::Queries, "Saved queries")
            .noting(notice(&query)),
        queries: pager.slice(queries),
        total,
        search: query.text("q").to_owned(),
        headings: Heading::all(&columns, &query, &by, down),
        pager,
    };
    Ok(Answer::Page(page.render()?))
}

fn notice(query: &Pairs) -> Option<Notice> {
    let name = query.text("name");
    let id: i32 = query.number("row")?;
    (query.text("done") == "deleted").then(|| {
        Notice::good(format!(
            "{name} was deleted; calls of it are 404 from now on."
        ))
        .undo(format!("/admin/queries/{id}/restore"))
    })
}

//! The table of all clients: search, filters and order stand in the URL, so a view can be shared.

use actix_web::HttpResponse;
use askama::Template;
use cinchy_auth::{GrantType, Scope};

use super::{Client, WHAT, all};
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::Pairs;
use crate::list::{Heading, Pager};
use crate::page::{Frame, Notice};
use crate::place::Section;
use crate::visit::{Answer, Visit};

/// Clients of one page.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "admin/clients/list.html")]
struct List {
    frame: Frame,
    clients: Vec<Client>,
    /// Of all, before search and filters.
    total: usize,
    found: usize,
    filter: Filter,
    headings: Vec<Heading>,
    pager: Pager,
    grants: Vec<&'static str>,
    scopes: Vec<&'static str>,
}

#[derive(Debug, Clone)]
struct Filter {
    search: String,
    grant: String,
    scope: String,
    state: String,
}

impl Filter {
    fn of(query: &Pairs) -> Self {
        Self {
            search: query.text("q").to_owned(),
            grant: query.text("grant").to_owned(),
            scope: query.text("scope").to_owned(),
            state: query.text("state").to_owned(),
        }
    }

    fn is_any(&self) -> bool {
        [&self.search, &self.grant, &self.scope, &self.state]
            .iter()
            .any(|text| !text.is_empty())
    }

    fn keeps(&self, client: &Client) -> bool {
        let needle = self.search.to_lowercase();
        let found = [&client.client_id, &client.name]
            .into_iter()
            .chain(&client.login_urls)
            .chain(&client.logout_urls)
            .any(|text| text.to_lowercase().contains(&needle));
        found
            && (self.grant.is_empty() || client.grants.iter().any(|g| g.as_str() == self.grant))
            && (self.scope.is_empty() || client.scopes.iter().any(|s| s.choice() == self.scope))
            && match self.state.as_str() {
                "enabled" => client.enabled,
                "disabled" => !client.enabled,
                _ => true,
            }
    }
}

/// The columns that the table can be put in order by.
const COLUMNS: &[(&str, &str)] = &[
    ("id", "Client Id"),
    ("name", "Client Name"),
    ("enabled", "State"),
    ("grant", "Grant Type"),
    ("lifetime", "Lifetime"),
    ("modified", "Modified"),
];

fn sort(clients: &mut [Client], by: &str) {
    match by {
        "name" => clients.sort_by_cached_key(|c| c.name.to_lowercase()),
        "grant" => clients.sort_by_cached_key(|c| GrantType::list_text(&c.grants)),
        "lifetime" => clients.sort_by_key(Client::lifetime_seconds),
        "enabled" => clients.sort_by_key(|c| !c.enabled),
        "modified" => clients.sort_by(|a, b| b.modified.cmp(&a.modified)),
        _ => clients.sort_by_cached_key(|c| c.client_id.to_lowercase()),
    }
}

/// Shows the table.
pub async fn list(visit: Visit) -> HttpResponse {
    visit.get(page).await
}

fn page(desk: &mut Desk<'_>) -> Result<Answer, PageError> {
    let mut clients = all(desk)?;
    let total = clients.len();
    let filter = Filter::of(&desk.query);
    clients.retain(|client| filter.keeps(client));
    let (by, down) = crate::list::order(&desk.query, "id");
    sort(&mut clients, &by);
    if down {
        clients.reverse();
    }
    let found = clients.len();
    let pager = Pager::new(&desk.query, found, PAGE);
    let clients = pager.slice(clients);
    let page = List {
        frame: desk
            .frame(Section::Clients, WHAT)
            .noting(notice(&desk.query)),
        clients,
        total,
        found,
        filter,
        headings: Heading::all(COLUMNS, &desk.query, &by, down),
        pager,
        grants: GrantType::ALL.iter().map(|g| g.as_str()).collect(),
        scopes: Scope::ALL.iter().map(|s| s.choice()).collect(),
    };
    Ok(Answer::Page(page.render()?))
}

fn notice(query: &Pairs) -> Option<Notice> {
    let name = query.text("name");
    let id: i32 = query.number("row")?;
    Some(match query.text("done") {
        "deleted" => Notice::good(format!(
            "“{name}” was deleted. Its tokens are refused from now on."
        ))
        .undo(format!("/admin/clients/{id}/restore")),
        "restored" => Notice::good(format!("“{name}” is back.")),
        "enabled" => Notice::good(format!("“{name}” is enabled."))
            .undo(format!("/admin/clients/{id}/switch")),
        "disabled" => Notice::good(format!(
            "“{name}” is disabled. Its tokens are refused from now on."
        ))
        .undo(format!("/admin/clients/{id}/switch")),
        _ => return None,
    })
}

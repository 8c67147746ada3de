//! The table of all users.

use actix_web::HttpResponse;
use askama::Template;

use super::{METHODS, SELECT, User};
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
#[template(path = "admin/users/list.html")]
struct List {
    frame: Frame,
    users: Vec<User>,
    total: usize,
    search: String,
    method: String,
    state: String,
    methods: Vec<&'static str>,
    headings: Vec<Heading>,
    pager: Pager,
}

const COLUMNS: &[(&str, &str)] = &[
    ("username", "Username"),
    ("name", "Name"),
    ("email", "Email"),
    ("method", "Authentication Method"),
    ("state", "State"),
    ("modified", "Modified"),
];

/// Shows the table.
pub async fn list(visit: Visit) -> HttpResponse {
    visit.get(page).await
}

fn page(desk: &mut Desk<'_>) -> Result<Answer, PageError> {
    let text = format!("{SELECT} WHERE [Deleted] IS NULL");
    let grid = desk.ask(Statement::new(&text))?;
    let mut users: Vec<User> = grid.rows.iter().map(User::of).collect();
    let total = users.len();
    let query = desk.query.clone();
    let (search, method, state) = (query.text("q"), query.text("method"), query.text("state"));
    let needle = search.to_lowercase();
    users.retain(|user| {
        let found = [&user.username, &user.display, &user.email]
            .iter()
            .any(|text| text.to_lowercase().contains(&needle));
        found
            && (method.is_empty() || user.method == method)
            && (state.is_empty() || user.state() == state)
    });
    let (by, down) = order(&query, "username");
    match by.as_str() {
        "name" => users.sort_by_cached_key(|u| u.display.to_lowercase()),
        "email" => users.sort_by_cached_key(|u| u.email.to_lowercase()),
        "method" => users.sort_by(|a, b| a.method.cmp(&b.method)),
        "state" => users.sort_by_key(User::state),
        "modified" => users.sort_by(|a, b| b.modified.cmp(&a.modified)),
        _ => users.sort_by_cached_key(|u| u.username.to_lowercase()),
    }
    if down {
        users.reverse();
    }
    let pager = Pager::new(&query, users.len(), PAGE);
    let page = List {
        frame: desk.frame(Section::Users, "Users").noting(notice(&query)),
        users: pager.slice(users),
        total,
        search: search.to_owned(),
        method: method.to_owned(),
        state: state.to_owned(),
        methods: METHODS.iter().map(|(name, _)| *name).collect(),
        headings: Heading::all(COLUMNS, &query, &by, down),
        pager,
    };
    Ok(Answer::Page(page.render()?))
}

fn notice(query: &Pairs) -> Option<Notice> {
    let name = query.text("name");
    let id: i32 = query.number("row")?;
    Some(match query.text("done") {
        "deleted" => Notice::good(format!("{name} was deleted and cannot sign in any more."))
            .undo(format!("/admin/users/{id}/restore")),
        "restored" => Notice::good(format!("{name} is back.")),
        _ => return None,
    })
}

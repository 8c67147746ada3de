//! The list of requests, newest first, and the stream that keeps it fresh.

use std::time::Duration;

use actix_web::HttpResponse;
use askama::Template;
use cinchy_web::journal::{Entry, Filter};

use super::{Row, WHAT, filter};
use crate::error::PageError;
use crate::form::Pairs;
use crate::list::Pager;
use crate::page::{Frame, Notice};
use crate::place::Section;
use crate::visit::{Answer, Visit};

const PAGE: usize = 100;

/// A browser comes again after this time, so that a session that ended sees no more.
pub(crate) const LONGEST: Duration = Duration::from_secs(60);

#[derive(Template)]
#[template(path = "admin/requests/list.html")]
struct Page {
    frame: Frame,
    query: Pairs,
    rows: Vec<Row>,
    pager: Pager,
    /// Where the script listens; empty where the page is not the newest one.
    live: String,
    here: String,
    filtered: bool,
    kept: bool,
    dropped: u64,
    statuses: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "admin/requests/row.html")]
struct RowPage<'a> {
    path: &'a str,
    row: Row,
}

/// A row of the list as HTML, for the stream.
pub(crate) fn encoded_row(path: &str, entry: &Entry) -> String {
    let page = RowPage {
        path,
        row: Row::of(entry),
    };
    // A row that does not render is left out: the list shows it when it is loaded again.
    page.render().unwrap_or_default()
}

/// Shows them.
pub async fn list(visit: Visit) -> HttpResponse {
    visit
        .get(|desk| {
            desk.administrators_only(WHAT)?;
            let (filter, wrong) = filter(&desk.query);
            let journal = desk.instance.journal();
            let found = journal.page(&filter);
            let mut entries = found.entries;
            entries.reverse();
            let pager = Pager::new(&desk.query, entries.len(), PAGE);
            let rows = pager.slice(entries).iter().map(Row::of).collect();
            let live = match (pager.page, &wrong) {
                (1, None) => {
                    let since = found.next.to_string();
                    let asked = desk.query.with(&[("since", &since), ("page", "")]);
                    format!("/admin/requests/stream{asked}")
                }
                _ => String::new(),
            };
            let notice = wrong.map(|text| Notice {
                text: format!("“{text}” is no status. Write 404, or 4xx, or several with commas."),
                bad: true,
                undo: None,
            });
            let filtered = ["path", "user", "client", "query", "status", "refused"]
                .iter()
                .any(|name| !desk.query.text(name).is_empty());
            let page = Page {
                frame: desk.frame(Section::Requests, "Requests").noting(notice),
                rows,
                pager,
                live,
                here: format!("/admin/requests{}", desk.query.with(&[("page", "")])),
                filtered,
                kept: journal.last() > 0,
                dropped: found.dropped,
                statuses: statuses(desk.query.text("status")),
                query: desk.query.clone(),
            };
            Ok(Answer::Page(page.render()?))
        })
        .await
}

/// The choices of the filter; what stands in the address is one of them.
fn statuses(chosen: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = [
        ("2xx", "2xx, done"),
        ("3xx", "3xx, elsewhere"),
        ("4xx", "4xx, refused"),
        ("5xx", "5xx, failed"),
    ]
    .map(|(value, label)| (value.to_owned(), label.to_owned()))
    .into();
    if !chosen.is_empty() && !all.iter().any(|(value, _)| value == chosen) {
        all.push((chosen.to_owned(), chosen.to_owned()));
    }
    all
}

/// New requests as server-sent events, each with its row of the list.
pub async fn stream(visit: Visit) -> HttpResponse {
    visit
        .get(|desk| {
            desk.administrators_only(WHAT)?;
            let (filter, wrong) = filter(&desk.query);
            if let Some(text) = wrong {
                return Err(PageError::NotFound(format!("“{text}” is no status.")));
            }
            Ok(Answer::Live(Box::new(Filter {
                since: desk.query.number("since"),
                ..filter
            })))
        })
        .await
}

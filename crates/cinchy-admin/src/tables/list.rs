//! All tables that the caller may open, by domain.

use actix_web::HttpResponse;
use askama::Template;

use super::Rights;
use crate::page::{Frame, Notice};
use crate::place::Section;
use crate::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "admin/tables/list.html")]
struct List {
    frame: Frame,
    domains: Vec<Domain>,
    search: String,
    may_make: bool,
}

struct Domain {
    name: String,
    tables: Vec<Entry>,
}

struct Entry {
    id: i32,
    name: String,
    columns: usize,
    own: bool,
}

/// Shows them.
pub async fn list(visit: Visit) -> HttpResponse {
    visit
        .get(|desk| {
            let search = desk.query.text("q").to_owned();
            let needle = search.to_lowercase();
            let catalog = desk.catalog()?;
            let mut domains: Vec<Domain> = Vec::new();
            if desk.caller.entry.administrator && needle.is_empty() {
                let names = desk.ask(crate::cql::Statement::new(
                    "SELECT [Name] FROM [Cinchy].[Domains] WHERE [Deleted] IS NULL",
                ))?;
                domains.extend(names.rows.iter().map(|row| Domain {
                    name: row.text(0),
                    tables: Vec::new(),
                }));
            }
            for table in catalog.tables() {
                let text = format!("{}.{}", table.domain, table.name).to_lowercase();
                if !text.contains(&needle) || !Rights::of(desk, table).may_open() {
                    continue;
                }
                let at = domains.iter().position(|d| d.name == table.domain);
                let at = at.unwrap_or_else(|| {
                    domains.push(Domain {
                        name: table.domain.clone(),
                        tables: Vec::new(),
                    });
                    domains.len() - 1
                });
                domains[at].tables.push(Entry {
                    id: table.id,
                    name: table.name.clone(),
                    columns: table.columns.iter().filter(|c| !c.is_system).count(),
                    own: table.creator == Some(desk.caller.entry.user.id),
                });
            }
            // The system's own tables come last.
            domains.sort_by_cached_key(|d| (d.name == "Cinchy", d.name.to_lowercase()));
            for domain in &mut domains {
                domain.tables.sort_by_cached_key(|t| t.name.to_lowercase());
            }
            let rights = &desk.caller.entry.rights;
            let may_make = rights.administrator || rights.can_design_tables;
            let notice = (desk.query.text("done") == "dropped").then(|| {
                Notice::good("The table is gone. An administrator can bring it back by CQL: UPDATE [Cinchy].[Tables] SET [Deleted] = NULL.")
            });
            let page = List {
                frame: desk.frame(Section::Tables, "Tables").noting(notice),
                domains,
                search,
                may_make,
            };
            Ok(Answer::Page(page.render()?))
        })
        .await
}

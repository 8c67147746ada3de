//! The first page: what runs here, the addresses that clients need, and where to go next.

use actix_web::HttpResponse;
use askama::Template;
use cinchy_storage::{base, clients, users};
use cinchy_web::ControlAccess;
use cinchy_web::health::{PLATFORM_VERSION, database_answers};

use crate::error::PageError;
use crate::page::Frame;
use crate::place::Section;
use crate::tables::Rights;
use crate::time::words;
use crate::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "admin/overview.html")]
struct Overview {
    frame: Frame,
    platform_version: &'static str,
    database: &'static str,
    healthy: bool,
    uptime: String,
    control: Control,
    counts: Vec<Count>,
}

struct Count {
    label: &'static str,
    number: String,
    link: &'static str,
    /// What the empty or full place teaches.
    hint: &'static str,
}

#[derive(PartialEq, Eq)]
enum Control {
    Off,
    Open,
    Token,
}

/// Shows the page.
pub async fn overview(visit: Visit) -> HttpResponse {
    let healthy = database_answers(&visit.site).await;
    visit
        .get(move |desk| {
            let platform = &desk.site.platform;
            let principal = desk.caller.principal();
            let queries = desk
                .generation
                .executable_queries(desk.conn, &principal)?
                .len();
            let number = |n: i64| n.to_string();
            let mut counts = Vec::new();
            if desk.caller.entry.administrator {
                counts.push(Count {
                    label: "Integrated Clients",
                    number: number(clients::count(desk.conn)?),
                    link: "/admin/clients",
                    hint: "Register an application and get its secret",
                });
                counts.push(Count {
                    label: "Users",
                    number: number(users::count(desk.conn)?),
                    link: "/admin/users",
                    hint: "Add people, unlock them, reset passwords",
                });
            }
            let (tables, hint) = if desk.caller.entry.administrator {
                let all = base::count_tables(desk.conn)?;
                (all, "Look at data, change it, say who may see it")
            } else {
                let catalog = desk.catalog()?;
                let own = catalog.tables().filter(|t| t.domain != "Cinchy");
                let seen = own.filter(|t| Rights::of(desk, t).may_open()).count();
                let seen = i64::try_from(seen).unwrap_or(i64::MAX);
                (seen, "Look at what you may see, change what you may change")
            };
            counts.push(Count {
                label: "Tables",
                number: number(tables),
                link: "/admin/tables",
                hint,
            });
            counts.push(Count {
                label: "Saved queries",
                number: queries.to_string(),
                link: "/admin/queries",
                hint: "Run the ones you may execute",
            });
            let page = Overview {
                platform_version: PLATFORM_VERSION,
                database: match desk.instance.database().kind() {
                    "postgres" => "PostgreSQL",
                    _ => "SQLite",
                },
                healthy,
                uptime: words(platform.started.elapsed()),
                control: match platform.options.control {
                    ControlAccess::Off => Control::Off,
                    ControlAccess::Loopback => Control::Open,
                    ControlAccess::Token(_) => Control::Token,
                },
                counts,
                frame: desk.frame(Section::Overview, "What runs here"),
            };
            Ok::<_, PageError>(Answer::Page(page.render()?))
        })
        .await
}

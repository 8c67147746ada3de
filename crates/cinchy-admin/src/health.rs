//! Health and fidelity: how the emulator is, and how far it is the platform.

use actix_web::HttpResponse;
use askama::Template;
use cinchy_web::health::{PLATFORM_VERSION, database_answers};

use crate::markdown::{Page as Document, read};
use crate::page::Frame;
use crate::place::Section;
use crate::time::{moment, words};
use crate::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "admin/health.html")]
struct Health {
    frame: Frame,
    platform_version: &'static str,
    healthy: bool,
    database: &'static str,
    location: String,
    uptime: String,
    clock: String,
    clock_mode: String,
    key: String,
    faithful: bool,
    links: Vec<(&'static str, &'static str)>,
}

/// Version, database, status.
pub async fn health(visit: Visit) -> HttpResponse {
    let healthy = database_answers(&visit.site).await;
    visit
        .get(move |desk| {
            let options = &desk.site.platform.options;
            let page = Health {
                platform_version: PLATFORM_VERSION,
                healthy,
                database: match desk.instance.database().kind() {
                    "postgres" => "PostgreSQL",
                    _ => "SQLite",
                },
                // The path of a file, and the host of a server, are for administrators.
                location: if desk.caller.entry.administrator {
                    desk.instance.database().location()
                } else {
                    String::new()
                },
                uptime: words(desk.site.platform.started.elapsed()),
                clock: moment(desk.instance.clock().now().naive_utc()),
                clock_mode: desk.instance.clock().mode().to_owned(),
                key: desk.instance.keys()?.current().kid().to_owned(),
                faithful: options.faithful,
                links: vec![
                    ("/livez", "The process answers"),
                    ("/readyz", "Migrated and seeded"),
                    ("/healthcheck", "The platform's own health check"),
                ],
                frame: desk.frame(Section::Health, "Health"),
            };
            Ok(Answer::Page(page.render()?))
        })
        .await
}

#[derive(Template)]
#[template(path = "admin/fidelity.html")]
struct Fidelity {
    frame: Frame,
    document: Document,
}

/// What each part rests on.
pub async fn fidelity(visit: Visit) -> HttpResponse {
    visit
        .get(|desk| {
            let page = Fidelity {
                frame: desk.frame(Section::Fidelity, "Fidelity"),
                document: read(include_str!("../../../docs/fidelity.md")),
            };
            Ok(Answer::Page(page.render()?))
        })
        .await
}

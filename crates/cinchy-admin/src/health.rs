//! Health and fidelity: how the emulator is, and how far it is the platform.

use actix_web::HttpResponse;
use actix_web::web::Path;
use askama::Template;
use cinchy_web::health::{PLATFORM_VERSION, database_answers};

use crate::desk::Desk;
use crate::error::PageError;
use crate::markdown::{Page as Document, read};
use crate::page::{Frame, MISSING};
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
    /// Whether it is the first of the documents, not one that it leads to.
    is_first: bool,
}

const FIDELITY: &str = include_str!("../../../docs/fidelity.md");

/// What each part rests on.
pub async fn fidelity(visit: Visit) -> HttpResponse {
    visit.get(|desk| document(desk, FIDELITY, true)).await
}

/// A document that the page leads to.
pub async fn neighbour(visit: Visit, name: Path<String>) -> HttpResponse {
    visit
        .get(move |desk| match name.as_str() {
            "cql" => document(desk, include_str!("../../../docs/cql.md"), false),
            "saml" => document(desk, include_str!("../../../docs/saml.md"), false),
            _ => Err(PageError::NotFound(MISSING.to_owned())),
        })
        .await
}

fn document(desk: &Desk<'_>, text: &str, is_first: bool) -> Result<Answer, PageError> {
    let document = read(text, &format!("{}/admin/fidelity", desk.frame.path));
    let title = match is_first {
        true => "Fidelity".to_owned(),
        false => document.title.clone(),
    };
    let page = Fidelity {
        frame: desk.frame(Section::Fidelity, title),
        document,
        is_first,
    };
    Ok(Answer::Page(page.render()?))
}

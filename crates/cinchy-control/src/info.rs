//! `GET /_emulator/info`: what runs here, and where.

use actix_web::HttpResponse;
use cinchy_auth::Mount;
use cinchy_storage::{Database, StorageError, base, clients, groups, queries, users};
use cinchy_web::{Site, run};
use serde::Serialize;

use crate::clock::Reading;
use crate::error::ControlError;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Info<'a> {
    version: &'a str,
    instance: &'a str,
    /// `sqlite` or `postgres`.
    database: &'a str,
    urls: Urls,
    clock: Reading,
    counts: Counts,
    uptime_seconds: u64,
}

/// Addresses of the instance as the caller reaches it, or below the public URL where one is configured.
#[derive(Serialize)]
struct Urls {
    /// What a client puts before `/API/...`.
    web: String,
    /// What a client puts before `/identity/connect/token`.
    sso: String,
    /// The `iss` of tokens that are asked for there.
    issuer: String,
    console: String,
    control: String,
}

/// How many live rows there are.
#[derive(Serialize)]
pub struct Counts {
    /// Those of `[Cinchy].[Users]`, the built-in Anonymous included.
    users: i64,
    /// Those of `[Cinchy].[Groups]`, the two built-in ones included.
    groups: usize,
    clients: usize,
    /// Users' tables: the system's own are not counted.
    tables: i64,
    queries: i64,
}

impl Counts {
    /// Counts.
    ///
    /// # Errors
    /// The database's.
    pub fn read(database: &Database) -> Result<Self, StorageError> {
        database.read(|conn| {
            Ok(Self {
                users: users::count(conn)?,
                groups: groups::list(conn)?.len(),
                clients: clients::list(conn)?.len(),
                tables: base::count_tables(conn)?,
                queries: queries::count(conn)?,
            })
        })
    }
}

/// Tells about the instance.
pub async fn info(site: Site) -> Result<HttpResponse, ControlError> {
    let instance = site.instance.clone();
    let counts = run(move || Counts::read(instance.database()).map_err(ControlError::from)).await?;
    // The root mount's issuer is the address of the instance itself: origin, base path and the instance's name.
    let issuer = site.issuer_at(Mount::Root).to_string();
    Ok(HttpResponse::Ok().json(Info {
        version: site.platform.options.version,
        instance: site.instance.name(),
        database: site.instance.database().kind(),
        urls: Urls {
            console: format!("{issuer}/admin"),
            control: format!("{issuer}/_emulator"),
            web: issuer.clone(),
            sso: issuer.clone(),
            issuer,
        },
        clock: Reading::of(site.instance.clock()),
        counts,
        uptime_seconds: site.platform.started.elapsed().as_secs(),
    }))
}

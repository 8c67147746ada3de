//! `GET` and `POST /_emulator/seed`: the live state as a seed, and a seed over the live state.

use actix_web::http::header::{Accept, CONTENT_TYPE, Header as _};
use actix_web::{HttpRequest, HttpResponse, mime, web};
use bytes::Bytes;
use cinchy_seed::{SeedErrors, to_json, to_yaml};
use cinchy_storage::seeding::{self, Mode, Prepared, Seeds, Warnings};
use cinchy_web::{Instance, Platform, Site, form, run};
use serde::Serialize;

use crate::error::ControlError;
use crate::info::Counts;

/// Largest seed that is taken over HTTP, in bytes.
pub const BODY_LIMIT: usize = 64 << 20;

/// What errors call the seed of a request, where those of a seed on disk name the file.
pub const NAME: &str = "seed";

/// Opens each export in YAML, where a comment can say it.
const EXPORT_HEAD: &str = "\
# The live rows of a cinchy-emulator. Left out: deleted rows with their versions, versions before the current one, views
# and their columns, changes of rows that each platform has from its start (languages, properties, rights of All Users).
# Keep it like a password: it holds client secrets, secrets, keys of webhooks and the hashes of passwords and personal
# access tokens.

";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Yaml,
    Json,
}

/// Exports the live state: YAML, or JSON for who prefers it.
pub async fn export(site: Site, request: HttpRequest) -> Result<HttpResponse, ControlError> {
    let format = format_of(&request);
    let instance = site.instance;
    let text = run(move || {
        let database = instance.database();
        let seed = database.read_snapshot(|conn| seeding::export(conn, database.schema()))?;
        match format {
            Format::Json => to_json(&seed),
            Format::Yaml => to_yaml(&seed).map(|text| format!("{EXPORT_HEAD}{text}")),
        }
        .map_err(ControlError::from)
    })
    .await?;
    let content_type = match format {
        Format::Json => "application/json",
        Format::Yaml => "application/yaml",
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, content_type))
        .insert_header(("vary", "accept"))
        .body(text))
}

/// YAML unless JSON comes before everything that YAML would satisfy. A header that cannot be read asks for nothing.
fn format_of(request: &HttpRequest) -> Format {
    let accepted = Accept::parse(request)
        .map(|accept| accept.ranked())
        .unwrap_or_default();
    accepted
        .iter()
        .find_map(|mime| match (mime.type_(), mime.subtype().as_str()) {
            (mime::APPLICATION, "json") => Some(Format::Json),
            (mime::STAR, _)
            | (mime::APPLICATION, "*" | "yaml" | "x-yaml")
            | (mime::TEXT, "yaml" | "*") => Some(Format::Yaml),
            _ => None,
        })
        .unwrap_or(Format::Yaml)
}

#[derive(Serialize)]
struct Applied {
    /// What is odd about the seed and did not stop it.
    warnings: Warnings,
    /// What there is now.
    counts: Counts,
}

/// Applies a seed, all or nothing. `mode=merge` (default) updates what has the same name and appends rows;
/// `mode=replace` starts from the bare platform, and later resets go back to this seed.
pub async fn apply(
    site: Site,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, ControlError> {
    let mode = mode_of(request.query_string())?;
    let body = body.to_bytes_limited(BODY_LIMIT).await;
    let body = body.map_err(|_| ControlError::TooLarge { limit: BODY_LIMIT })?;
    let body = body.map_err(|_| ControlError::CutOff)?;
    let Site {
        platform, instance, ..
    } = site;
    // Reading a seed and hashing its passwords keeps nobody waiting.
    let read_on = platform.clone();
    let prepared = run(move || read_seed(&read_on, &body, mode)).await?;
    let work = move |instance: &Instance| apply_to(instance, prepared, mode);
    let applied = match mode {
        Mode::Replace => instance.alone(work).await?,
        Mode::Merge => run(move || work(&instance)).await?,
    };
    Ok(HttpResponse::Ok().json(applied))
}

fn mode_of(query: &str) -> Result<Mode, ControlError> {
    let found = form::pairs(query.as_bytes()).find(|(name, _)| name.eq_ignore_ascii_case("mode"));
    match found.as_ref().map(|(_, mode)| mode.as_ref()) {
        None | Some("" | "merge") => Ok(Mode::Merge),
        Some("replace") => Ok(Mode::Replace),
        Some(other) => Err(ControlError::UnknownMode(other.to_owned())),
    }
}

/// A seed of a body, ready to be applied.
fn read_seed(platform: &Platform, body: &Bytes, mode: Mode) -> Result<Prepared, ControlError> {
    let text = std::str::from_utf8(body).map_err(|error| ControlError::NotUtf8 {
        offset: error.valid_up_to(),
    })?;
    let seeds = Seeds::of_texts([(NAME, text)])?;
    seeds.refuse_files()?;
    platform
        .hashing()
        .run(|| seeding::prepare(seeds, mode))
        .map_err(ControlError::Unhashable)
}

/// The work on a blocking thread.
fn apply_to(instance: &Instance, prepared: Prepared, mode: Mode) -> Result<Applied, ControlError> {
    let warnings = match mode {
        Mode::Replace => instance.replace(prepared),
        Mode::Merge => {
            let now = instance.clock().now();
            seeding::apply(instance.database(), &prepared, mode, now)
        }
    };
    Ok(Applied {
        warnings: warnings.map_err(ControlError::of_seed)?,
        counts: Counts::read(instance.database())?,
    })
}

impl From<SeedErrors> for ControlError {
    fn from(errors: SeedErrors) -> Self {
        Self::Seed(errors)
    }
}

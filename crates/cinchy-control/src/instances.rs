//! `/_emulator/instances`: the other platforms of this process, each with its own database, keys, clock and issuer.

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, web};
use cinchy_storage::seeding::{self, Mode, Seeds, Warnings};
use cinchy_web::{InstanceError, Platform, Site, run};
use serde::Serialize;

use crate::error::ControlError;
use crate::seed::{BODY_LIMIT, NAME};

#[derive(Serialize)]
struct Listed {
    name: String,
    /// What a client puts before everything.
    url: String,
}

#[derive(Serialize)]
struct List {
    instances: Vec<Listed>,
}

#[derive(Serialize)]
struct Made {
    name: String,
    url: String,
    /// What is odd about its seed and did not stop it.
    warnings: Warnings,
}

/// All but the default one.
pub async fn list(site: Site) -> Result<HttpResponse, ControlError> {
    let platform = site.platform.clone();
    let names = run(move || platform.instance_names().map_err(ControlError::from)).await?;
    let instances = names.into_iter().map(|name| Listed {
        url: site.instance_url(&name),
        name,
    });
    Ok(HttpResponse::Ok().json(List {
        instances: instances.collect(),
    }))
}

/// One of them.
pub async fn show(site: Site, name: web::Path<String>) -> Result<HttpResponse, ControlError> {
    let (platform, name) = (
        site.platform.clone(),
        name.into_inner().to_ascii_lowercase(),
    );
    let wanted = name.clone();
    let found = run(move || {
        let database = platform.default_instance().database();
        database.has_instance(&wanted).map_err(ControlError::from)
    })
    .await?;
    if !found {
        return Err(ControlError::NoInstance(name));
    }
    Ok(HttpResponse::Ok().json(Listed {
        url: site.instance_url(&name),
        name,
    }))
}

/// Makes one from the base seed, or from the seed in the body. 201; 409 where there is one of this name (decided).
pub async fn make(
    site: Site,
    name: web::Path<String>,
    body: web::Payload,
) -> Result<HttpResponse, ControlError> {
    let name = name.into_inner().to_ascii_lowercase();
    let body = body.to_bytes_limited(BODY_LIMIT).await;
    let body = body.map_err(|_| ControlError::TooLarge { limit: BODY_LIMIT })?;
    let body = body.map_err(|_| ControlError::CutOff)?;
    let (platform, wanted) = (site.platform.clone(), name.clone());
    let warnings = run(move || make_from(&platform, &wanted, &body)).await?;
    let url = site.instance_url(&name);
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, url.clone()))
        .json(Made {
            name,
            url,
            warnings,
        }))
}

fn make_from(platform: &Platform, name: &str, body: &[u8]) -> Result<Warnings, ControlError> {
    let seed = match body {
        [] => None,
        _ => {
            let text = std::str::from_utf8(body).map_err(|error| ControlError::NotUtf8 {
                offset: error.valid_up_to(),
            })?;
            let seeds = Seeds::of_texts([(NAME, text)])?;
            seeds.refuse_files()?;
            let prepared = platform
                .hashing()
                .run(|| seeding::prepare(seeds, Mode::Replace))
                .map_err(ControlError::Unhashable)?;
            Some(prepared)
        }
    };
    let made = platform.make_instance(name, seed);
    let (_, warnings) = made.map_err(ControlError::of_instance)?;
    Ok(warnings)
}

/// Drops one with its data and its snapshots; requests under way end first. 204.
pub async fn drop(site: Site, name: web::Path<String>) -> Result<HttpResponse, ControlError> {
    let name = name.into_inner().to_ascii_lowercase();
    let dropped = site.platform.drop_instance(&name).await;
    if dropped.map_err(ControlError::of_instance)? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(ControlError::NoInstance(name))
    }
}

impl ControlError {
    /// An instance that cannot be had: the caller's part apart from the emulator's.
    fn of_instance(error: InstanceError) -> Self {
        match error {
            InstanceError::Storage(error) => Self::of_seed(error),
            InstanceError::Gone(gone) => Self::Gone(gone),
            error => Self::Instance(error),
        }
    }
}

//! `/_emulator/faults`: failures to order, to look at, to take back.

use actix_web::web::{self, Bytes};
use actix_web::{HttpResponse, Responder};
use cinchy_web::Site;
use cinchy_web::faults::{FaultError, PRESETS, Told, Wanted};
use serde_json::{Map, Value, json};

use crate::body;
use crate::error::ControlError;

/// All of them.
pub async fn list(site: Site) -> HttpResponse {
    let faults: Vec<Told> = site
        .instance
        .faults()
        .list()
        .iter()
        .map(Told::from)
        .collect();
    let presets: Map<String, Value> = PRESETS
        .iter()
        .map(|(name, text)| ((*name).to_owned(), Value::from(*text)))
        .collect();
    HttpResponse::Ok().json(json!({ "faults": faults, "presets": presets }))
}

/// One of them.
pub async fn show(site: Site, name: web::Path<String>) -> Result<HttpResponse, ControlError> {
    match site.instance.faults().find(&name) {
        Some(state) => Ok(HttpResponse::Ok().json(Told::from(&state))),
        None => Err(ControlError::NoFault(name.into_inner())),
    }
}

/// Arms a fault, in place of one of the same name. 201.
pub async fn add(
    site: Site,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ControlError> {
    arm(&site, body, None)
}

/// The same, with the name in the path; a preset needs no body.
pub async fn add_named(
    site: Site,
    name: web::Path<String>,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ControlError> {
    arm(&site, body, Some(name.into_inner()))
}

fn arm(
    site: &Site,
    body: Result<Bytes, actix_web::Error>,
    name: Option<String>,
) -> Result<HttpResponse, ControlError> {
    let body = body.map_err(|_| ControlError::CutOff)?;
    let mut wanted: Wanted = body::json(&body)?;
    wanted.name = name.or(wanted.name);
    let state = wanted
        .arm(site.instance.faults())
        .map_err(|error| match error {
            FaultError::Unusable(text) => ControlError::Body(text),
            FaultError::TooMany(error) => ControlError::TooManyFaults(error),
        })?;
    Ok(HttpResponse::Created().json(Told::from(&state)))
}

/// Deletes all. 204.
pub async fn clear(site: Site) -> impl Responder {
    site.instance.faults().clear();
    HttpResponse::NoContent()
}

/// Deletes one. 204.
pub async fn remove(site: Site, name: web::Path<String>) -> Result<HttpResponse, ControlError> {
    if site.instance.faults().remove(&name) {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(ControlError::NoFault(name.into_inner()))
    }
}

//! `GET`, `PUT` and `DELETE /_emulator/clock`: the instance's time, moved and stopped.

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use chrono::SecondsFormat;
use cinchy_web::{Clock, ClockChange, Instance, Site, run};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::body::{duration, json, moment};
use crate::error::ControlError;

/// What the clock shows.
#[derive(Serialize)]
pub struct Reading {
    now: String,
    /// `real`, `frozen` or `offset`.
    mode: &'static str,
}

impl Reading {
    /// Reads it.
    pub fn of(clock: &Clock) -> Self {
        Self {
            now: clock.now().to_rfc3339_opts(SecondsFormat::Millis, true),
            mode: clock.mode(),
        }
    }
}

/// One change to the clock.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    /// A time to stand at; `true`: the present one.
    freeze: Option<Value>,
    /// A time to run on from.
    set: Option<String>,
    /// A duration to move by, back if it is negative. A frozen clock stays frozen.
    advance: Option<Value>,
}

impl Change {
    fn read(self) -> Result<ClockChange, ControlError> {
        match (self.freeze, self.set, self.advance) {
            (Some(Value::Bool(true)), None, None) => Ok(ClockChange::Freeze(None)),
            (Some(Value::String(at)), None, None) => {
                Ok(ClockChange::Freeze(Some(moment(&at)?)))
            }
            (None, Some(at), None) => Ok(ClockChange::Set(moment(&at)?)),
            (None, None, Some(by)) => Ok(ClockChange::Advance(duration(&by)?)),
            _ => Err(ControlError::Body(
                "give one of `freeze` (a time, or true for now), `set` (a time) and `advance` (a duration)"
                    .to_owned(),
            )),
        }
    }
}

/// What the clock shows.
pub async fn show(site: Site) -> HttpResponse {
    HttpResponse::Ok().json(Reading::of(site.instance.clock()))
}

/// Moves or stops it; what it shows then.
pub async fn change(
    site: Site,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ControlError> {
    let body = body.map_err(|_| ControlError::CutOff)?;
    let change = json::<Change>(&body)?.read()?;
    changed(site, change).await
}

/// Lets it run with the machine's again; what it shows then.
pub async fn real(site: Site) -> Result<HttpResponse, ControlError> {
    changed(site, ClockChange::Real).await
}

async fn changed(site: Site, change: ClockChange) -> Result<HttpResponse, ControlError> {
    let instance = site.instance.clone();
    run(move || Instance::change_clock(&instance, change).map_err(ControlError::from)).await?;
    Ok(HttpResponse::Ok().json(Reading::of(site.instance.clock())))
}

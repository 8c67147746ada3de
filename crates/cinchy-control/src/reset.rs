//! `POST /_emulator/reset`: back to the base seed.

use actix_web::HttpResponse;
use cinchy_web::Site;

use crate::error::ControlError;

/// Goes back to the seeds of this start, or to the last one that replaced them: data, ids, failed logins and the clock. Signing keys
/// stay, and so do issued tokens while their user and client exist. 204.
pub async fn reset(site: Site) -> Result<HttpResponse, ControlError> {
    site.instance
        .alone(|instance| instance.reset().map_err(ControlError::from))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

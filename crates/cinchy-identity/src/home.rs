//! `/home/error`: what went wrong at the authorize endpoint, for the person in front of the browser. The text travels in the
//! address, sealed, so that nobody else can make this site say something.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use cinchy_auth::AuthorizeError;
use cinchy_web::form::encode;
use cinchy_web::{Site, WithReason as _};
use serde::{Deserialize, Serialize};

use crate::error::IdentityError;
use crate::page::{self, Frame};
use crate::params::Fields;

const PURPOSE: &str = "error";

/// What the page says.
#[derive(Serialize, Deserialize)]
struct Told {
    error: String,
    description: Option<String>,
    /// With the mend; never under `--faithful`.
    reason: Option<String>,
}

#[derive(Template)]
#[template(path = "identity/error.html")]
struct ErrorPage {
    frame: Frame,
    told: Option<Told>,
}

/// Sends the browser to the page (IdentityServer).
pub fn refuse(site: &Site, error: &AuthorizeError) -> Result<HttpResponse, IdentityError> {
    let told = Told {
        error: error.code().to_owned(),
        description: error.description().map(str::to_owned),
        reason: (!site.platform.options.faithful).then(|| error.to_string()),
    };
    let text = serde_json::to_string(&told).expect("texts always serialize");
    let id = site.instance.sealer().seal(PURPOSE, &text);
    let location = format!("{}/home/error?errorId={}", site.path(), encode(&id));
    Ok(page::go(&location, [])?.with_reason(error.to_string()))
}

/// The page for a sign-in that an identity provider's answer did not bring about.
///
/// # Errors
/// The template's.
#[cfg(feature = "saml")]
pub fn sign_in_failed(
    site: &Site,
    message: &str,
    reason: &str,
) -> Result<HttpResponse, IdentityError> {
    let page = ErrorPage {
        frame: Frame::of(site),
        told: Some(Told {
            error: "access_denied".to_owned(),
            description: Some(message.to_owned()),
            reason: (!site.platform.options.faithful).then(|| reason.to_owned()),
        }),
    };
    Ok(page::show(&page, [])?.with_reason(reason))
}

/// `GET /home/error`.
///
/// # Errors
/// The template's.
pub async fn error(site: Site, request: HttpRequest) -> Result<HttpResponse, IdentityError> {
    let fields = Fields::of(request.query_string().as_bytes());
    let told = fields
        .get("errorId")
        .and_then(|id| site.instance.sealer().open(PURPOSE, id))
        .and_then(|text| serde_json::from_str(&text).ok());
    let page = ErrorPage {
        frame: Frame::of(&site),
        told,
    };
    page::show(&page, [])
}

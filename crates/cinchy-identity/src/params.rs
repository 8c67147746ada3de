//! Parameters of a request: of its query string or of its form, decoded.

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;

use crate::error::IdentityError;

/// The longest URL that these endpoints take, in bytes: a silent refresh carries a whole id_token in one.
const LONGEST_URL: usize = 8192;

/// Whether the URL is longer than these endpoints take.
pub fn url_too_long(request: &HttpRequest) -> bool {
    request
        .uri()
        .path_and_query()
        .is_some_and(|text| text.as_str().len() > LONGEST_URL)
}

/// The parameters of a request that a browser makes: of its query, or of its form. They come back in an address, so a form
/// may have no more of them than a URL.
///
/// # Errors
/// Another verb, a body that is no form, or too many bytes.
pub fn of_browser(
    request: &HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<Bytes, IdentityError> {
    match *request.method() {
        Method::GET | Method::HEAD => Ok(Bytes::copy_from_slice(request.query_string().as_bytes())),
        Method::POST if is_form(request) => body
            .ok()
            .filter(|body| body.len() <= LONGEST_URL)
            .ok_or(IdentityError::TooLarge),
        Method::POST => Err(IdentityError::NotForm),
        _ => Err(IdentityError::Method("GET, POST")),
    }
}

/// Whether the body says that it is a form.
pub fn is_form(request: &HttpRequest) -> bool {
    request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| {
            kind.trim()
                .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        })
}

/// Decodes a form or a query. Bytes that are no UTF-8 become replacement characters, which no stored text has.
pub fn pairs(text: &[u8]) -> Vec<(String, String)> {
    cinchy_web::form::pairs(text)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// The parameters of a page, whose names count in any case.
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads them.
    pub fn of(text: &[u8]) -> Self {
        Self(pairs(text))
    }

    /// The value of a parameter that stands there once and is not blank.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut found = self
            .0
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        match (found.next(), found.next()) {
            (Some((_, value)), None) if !value.is_empty() => Some(value),
            _ => None,
        }
    }
}

/// A URL of this site to go on to.
pub fn local(url: Option<&str>) -> Option<&str> {
    url.and_then(cinchy_web::local_path)
}

//! Parameters of a request: of its query string or of its form, decoded.

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;

/// The longest URL that these endpoints take, in bytes: a silent refresh carries a whole id_token in one.
const LONGEST_URL: usize = 8192;

/// Whether the URL is longer than these endpoints take.
pub fn url_too_long(request: &HttpRequest) -> bool {
    request
        .uri()
        .path_and_query()
        .is_some_and(|text| text.as_str().len() > LONGEST_URL)
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

/// A URL of this site to go on to: a path, and neither `//host` nor `/\host`, which browsers take for another site.
pub fn local(url: Option<&str>) -> Option<&str> {
    url.filter(|url| {
        url.starts_with('/')
            && !url[1..].starts_with('/')
            && url
                .chars()
                .all(|c| !c.is_control() && c != '\\' && c != ' ')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_local() {
        for good in [
            "/",
            "/connect/authorize/callback?a=b",
            "/i/x/device?userCode=1",
        ] {
            assert_eq!(local(Some(good)), Some(good));
        }
        for bad in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "https:evil.example",
            "evil",
            "/a\r\nSet-Cookie: x",
            "/\t/evil.example",
            "javascript:alert(1)",
        ] {
            assert_eq!(local(Some(bad)), None, "{bad}");
        }
    }
}

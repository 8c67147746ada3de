//! `POST /API/Translate`: texts of apps in the reader's language (documented).

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use cinchy_storage::literals::{self, Literal, Translation};
use cinchy_web::Site;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::caller::{own_json, signed_in};
use crate::error::ApiError;
use crate::parameters::Pairs;

/// `{"data":{"<guid>":{..}}}`, guids as they were sent and in their order.
#[derive(Serialize)]
struct Answer {
    data: Texts,
}

struct Texts(Vec<(String, Text)>);

impl Serialize for Texts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (guid, text) in &self.0 {
            map.serialize_entry(guid, text)?;
        }
        map.end()
    }
}

/// One text; with `debug` also where it comes from.
#[derive(Debug, Serialize, PartialEq, Eq)]
struct Text {
    translation: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
}

#[derive(Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
struct Origin {
    language: Option<String>,
    region: Option<String>,
    default_text: bool,
}

/// `POST /API/Translate`.
///
/// # Errors
/// A refused credential, a body that cannot be read.
pub async fn translate(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    let pairs = Pairs::read(&request, &body.map_err(|_| ApiError::Body)?)?;
    let mut guids: Vec<String> = Vec::new();
    for guid in pairs.list("guids") {
        if !guids.iter().any(|known| known == guid) {
            guids.push(guid.to_owned());
        }
    }
    let debug = wanted(&pairs, "debug")
        .map(|_| pairs.flag("debug"))
        .transpose()?
        .flatten()
        == Some(true);
    let language = wanted(&pairs, "language").map(str::to_owned);
    let region = wanted(&pairs, "region").map(str::to_owned);
    let texts = signed_in(&site, &request, move |call| {
        let schema = call.instance.database().schema();
        // Blank means the user's own preference (documented).
        let own = match (&language, &region) {
            (Some(_), Some(_)) => (None, None),
            _ => literals::preferences(call.conn, schema, call.caller.entry.user.id)?,
        };
        let language = language.or(own.0);
        let region = region.or(own.1);
        let names: Vec<&str> = guids.iter().map(String::as_str).collect();
        let found = literals::find(call.conn, schema, &names)?;
        Ok(guids
            .into_iter()
            .map(|guid| {
                let literal = found.get(&guid.to_lowercase());
                let mut text = choose(&guid, literal, language.as_deref(), region.as_deref());
                text.origin = text.origin.filter(|_| debug);
                (guid, text)
            })
            .collect::<Vec<_>>())
    })
    .await?;
    Ok(own_json(&Answer { data: Texts(texts) }))
}

/// A field that says something: the JS SDK writes the letters `null` and `undefined` for nothing.
fn wanted<'a>(pairs: &'a Pairs, name: &str) -> Option<&'a str> {
    pairs
        .option(name)
        .filter(|text| !matches!(*text, "" | "null" | "undefined"))
}

/// The documented order: language and region, else the language alone, else the default text, else the guid itself. Of
/// several of the language, one for every region goes before one for another region (a guess).
fn choose(
    guid: &str,
    literal: Option<&Literal>,
    language: Option<&str>,
    region: Option<&str>,
) -> Text {
    let same = |a: Option<&str>, b: Option<&str>| match (a, b) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        _ => false,
    };
    let of_language = |t: &&Translation| same(t.language.as_deref(), language);
    let translations = literal.map_or(&[][..], |literal| &literal.translations);
    let found = translations
        .iter()
        .find(|t| of_language(t) && same(t.region.as_deref(), region))
        .or_else(|| {
            translations
                .iter()
                .find(|t| of_language(t) && t.region.is_none())
        })
        .or_else(|| translations.iter().find(of_language));
    if let Some(found) = found {
        return Text {
            translation: found.text.clone(),
            origin: Some(Origin {
                language: found.language.clone(),
                region: found.region.clone(),
                default_text: false,
            }),
        };
    }
    let default = literal.and_then(|literal| literal.default_text.clone());
    Text {
        origin: Some(Origin {
            language: None,
            region: None,
            default_text: default.is_some(),
        }),
        translation: default.unwrap_or_else(|| guid.to_owned()),
    }
}

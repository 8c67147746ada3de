//! What a call says besides its path: `@parameters`, `{n}` texts, and the options of the answer. From the query string,
//! a form body or a JSON body; the body wins.

use actix_multipart::{Multipart, MultipartError};
use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::web::Bytes;
use cinchy_cql::value::{Type, Value};
use futures_util::{FutureExt as _, TryStreamExt as _, stream};

use crate::answer::Window;
use crate::error::ApiError;

/// The decoded pairs of a call, in order: query string first.
#[derive(Debug, Default)]
pub struct Pairs {
    pairs: Vec<Pair>,
}

#[derive(Debug)]
struct Pair {
    name: String,
    /// `None`: the `null` of a JSON body. In a form the SDKs write the four letters, which are a text.
    value: Option<String>,
    in_query: bool,
}

impl Pair {
    fn text(&self) -> &str {
        self.value.as_deref().unwrap_or_default()
    }
}

impl Pairs {
    /// Reads query string and body. Forms are taken with or without their content type, JSON and `multipart/form-data` with
    /// it (inferred: ASP.NET reads a form from both kinds).
    ///
    /// # Errors
    /// A JSON body that is not an object of plain values, a body that is not what its type says, a value that no database
    /// takes.
    pub fn read(request: &HttpRequest, body: &[u8]) -> Result<Self, ApiError> {
        let mut pairs = Self::default();
        pairs.extend(request.query_string().as_bytes(), true);
        let kind = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default();
        let kind = kind.to_ascii_lowercase();
        if kind.starts_with("application/json") && !body.is_empty() {
            pairs.extend_json(body)?;
        } else if kind.starts_with("multipart/form-data") {
            pairs.extend_parts(request.headers(), body)?;
        } else {
            pairs.extend(body, false);
        }
        pairs.refuse_nul()?;
        Ok(pairs)
    }

    /// Reads a query string alone.
    pub fn of_query(query: &str) -> Self {
        let mut pairs = Self::default();
        pairs.extend(query.as_bytes(), true);
        pairs
    }

    /// One of the two databases refuses U+0000, so both do, and here.
    fn refuse_nul(&self) -> Result<(), ApiError> {
        if let Some(pair) = self.pairs.iter().find(|pair| pair.text().contains('\0')) {
            return Err(ApiError::Parameter(format!(
                "The value of {} has the character U+0000, which no text of the platform can hold",
                pair.name
            )));
        }
        Ok(())
    }

    fn extend(&mut self, text: &[u8], in_query: bool) {
        self.pairs
            .extend(cinchy_web::form::pairs(text).map(|(name, value)| Pair {
                name: name.into_owned(),
                value: Some(value.into_owned()),
                in_query,
            }));
    }

    fn extend_json(&mut self, body: &[u8]) -> Result<(), ApiError> {
        let wrong = |what: &str| ApiError::Parameter(format!("The JSON body {what}"));
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(body)
            .map_err(|error| wrong(&format!("is not an object: {error}")))?;
        for (name, value) in object {
            match value {
                serde_json::Value::Array(items) if items.is_empty() => {
                    self.push_json(format!("{name}[]"), Some(String::new()));
                }
                serde_json::Value::Array(items) => {
                    for (index, item) in items.into_iter().enumerate() {
                        let item = plain(&name, item)?;
                        self.push_json(format!("{name}[{index}]"), item);
                    }
                }
                value => {
                    let value = plain(&name, value)?;
                    self.push_json(name, value);
                }
            }
        }
        Ok(())
    }

    fn extend_parts(&mut self, headers: &HeaderMap, body: &[u8]) -> Result<(), ApiError> {
        let all = stream::iter([Ok::<_, PayloadError>(Bytes::copy_from_slice(body))]);
        let mut form = Multipart::new(headers, all);
        let parts = async {
            let mut parts = Vec::new();
            while let Some(mut part) = form.try_next().await? {
                let name = part.name().unwrap_or_default().to_owned();
                let mut value = Vec::new();
                while let Some(piece) = part.try_next().await? {
                    value.extend_from_slice(&piece);
                }
                parts.push((name, String::from_utf8_lossy(&value).into_owned()));
            }
            Ok::<_, MultipartError>(parts)
        };
        // The body is here, so there is nothing to wait for but an end that does not come.
        let parts = parts
            .now_or_never()
            .unwrap_or(Err(MultipartError::Incomplete))
            .map_err(|error| {
                ApiError::Parameter(format!("The body is not multipart/form-data: {error}"))
            })?;
        self.pairs
            .extend(parts.into_iter().map(|(name, value)| Pair {
                name,
                value: Some(value),
                in_query: false,
            }));
        Ok(())
    }

    fn push_json(&mut self, name: String, value: Option<String>) {
        self.pairs.push(Pair {
            name,
            value,
            in_query: false,
        });
    }

    /// The last value of an option, whose name counts in any case.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .rev()
            .find(|p| p.name.eq_ignore_ascii_case(name))
            .and_then(|p| p.value.as_deref())
    }

    /// The items of a list: `name[0]=a&name[1]=b`, `name[]=a&name[]=b`, or one `name=a`.
    pub fn list(&self, name: &str) -> Vec<&str> {
        self.pairs
            .iter()
            .filter(|pair| match indexed(&pair.name) {
                (bare, Some(index)) if !index.is_empty() => bare.eq_ignore_ascii_case(name),
                (bare, _) => bare.eq_ignore_ascii_case(name) && !pair.text().is_empty(),
            })
            .filter_map(|pair| pair.value.as_deref())
            .collect()
    }

    /// A yes/no option: `true`, `false`, `1`, `0` in any case.
    ///
    /// # Errors
    /// Any other text.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        let Some(text) = self.option(name).filter(|t| !t.is_empty()) else {
            return Ok(None);
        };
        match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(Some(true)),
            "false" | "0" => Ok(Some(false)),
            _ => Err(ApiError::Parameter(format!(
                "{name} must be true or false, not `{text}`"
            ))),
        }
    }

    /// A count.
    ///
    /// # Errors
    /// What is not a whole number from 0 on.
    pub fn count(&self, name: &str) -> Result<Option<u64>, ApiError> {
        let Some(text) = self.option(name).filter(|t| !t.is_empty()) else {
            return Ok(None);
        };
        text.trim().parse().map(Some).map_err(|_| {
            ApiError::Parameter(format!("{name} must be a whole number, not `{text}`"))
        })
    }

    /// Which rows are wanted: StartRow and RowCount.
    ///
    /// # Errors
    /// What is not a whole number.
    pub fn window(&self) -> Result<Window, ApiError> {
        Ok(Window {
            start: self.count("startrow")?.unwrap_or(Window::ALL.start),
            count: self.count("rowcount")?.unwrap_or(Window::ALL.count),
        })
    }

    /// The `@parameters` of a saved query: texts all of them, by name in lower case, sorted. An array, which the SDKs send
    /// as `@p[0]=a&@p[1]=b` and an empty one as `@p[]`, is the text `a,b`, with an item in double quotes that has a comma
    /// or a quote: the form of the cells with several values (a guess; what the platform makes of it is not documented).
    pub fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::default();
        let mut arrays: Vec<(&str, Vec<&str>)> = Vec::new();
        for pair in &self.pairs {
            if let Some(name) = pair.name.strip_prefix('@') {
                let (bare, index) = indexed(name);
                if index.is_none() {
                    let value = pair.value.clone().map_or(Value::Null, Value::Text);
                    parameters.set(name, Type::Text, value);
                    continue;
                }
                let at = arrays
                    .iter()
                    .position(|(n, _)| n.eq_ignore_ascii_case(bare));
                let at = at.unwrap_or_else(|| {
                    arrays.push((bare, Vec::new()));
                    arrays.len() - 1
                });
                if index != Some("") || !pair.text().is_empty() {
                    arrays[at].1.push(pair.text());
                }
            } else if let Some(number) = text_parameter(&pair.name) {
                parameters.texts.retain(|(n, _)| *n != number);
                parameters.texts.push((number, pair.text().to_owned()));
            }
        }
        for (name, items) in arrays {
            parameters.set(name, Type::Text, Value::Text(list_text(&items)));
        }
        parameters.sorted()
    }

    /// The parameters of a webhook: the fields of its payload (documented), or all of it as `@JSON`.
    ///
    /// # Errors
    /// A payload that is no JSON object, where its fields are asked for.
    pub fn of_payload(query: &str, payload: &[u8], whole: bool) -> Result<Self, ApiError> {
        let mut pairs = Self::of_query(query);
        if whole {
            let text = String::from_utf8_lossy(payload).into_owned();
            pairs.push_json("@JSON".to_owned(), Some(text));
            pairs.refuse_nul()?;
            return Ok(pairs);
        }
        let mut fields = Self::default();
        match serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(payload) {
            Ok(object) => {
                for (name, value) in object {
                    // A field that holds more than one value is handed on as JSON.
                    let value = match plain(&name, value.clone()) {
                        Ok(value) => value,
                        Err(_) => Some(value.to_string()),
                    };
                    fields.push_json(name, value);
                }
            }
            Err(error) if matches!(payload.trim_ascii().first(), Some(b'{' | b'[')) => {
                return Err(ApiError::Parameter(format!(
                    "The JSON body is not an object: {error}"
                )));
            }
            Err(_) => fields.extend(payload, false),
        }
        for mut pair in fields.pairs {
            if !pair.name.starts_with('@') {
                pair.name.insert(0, '@');
            }
            pairs.pairs.push(pair);
        }
        pairs.refuse_nul()?;
        Ok(pairs)
    }

    /// The `Parameters[n].*` of ExecuteCQL, by `n`; indices may have gaps and come in any order (seen in the SDK).
    ///
    /// # Errors
    /// A parameter without a name, a type that is not known, a value that does not fit its type.
    pub fn typed_parameters(&self) -> Result<Parameters, ApiError> {
        #[derive(Default)]
        struct Raw<'a> {
            name: Option<&'a str>,
            kind: Option<&'a str>,
            value: Option<(&'a str, bool)>,
        }
        let mut raw: std::collections::BTreeMap<u32, Raw<'_>> = std::collections::BTreeMap::new();
        for pair in &self.pairs {
            let lower = pair.name.to_ascii_lowercase();
            let Some(rest) = lower.strip_prefix("parameters[") else {
                continue;
            };
            let Some((index, field)) = rest.split_once("].") else {
                continue;
            };
            let Ok(index) = index.parse::<u32>() else {
                continue;
            };
            let entry = raw.entry(index).or_default();
            match field {
                "parametername" => entry.name = Some(pair.text()),
                "valuetype" => entry.kind = Some(pair.text()),
                "xmlserializedvalue" => entry.value = Some((pair.text(), pair.in_query)),
                _ => {}
            }
        }
        let mut parameters = Parameters::default();
        for (index, entry) in raw {
            let name = entry.name.filter(|n| !n.is_empty()).ok_or_else(|| {
                ApiError::Parameter(format!("Parameters[{index}] has no ParameterName"))
            })?;
            let (text, in_query) = entry.value.unwrap_or_default();
            // In a URL the documentation writes `"test"`, in a form the SDKs write the bare text.
            let text = match text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) {
                Some(inner) if in_query => inner,
                _ => text,
            };
            let (ty, value) = typed(name, entry.kind.unwrap_or("System.String"), text)?;
            parameters.set(name.strip_prefix('@').unwrap_or(name), ty, value);
        }
        for pair in &self.pairs {
            if let Some(number) = text_parameter(&pair.name) {
                parameters.texts.push((number, pair.text().to_owned()));
            }
        }
        Ok(parameters.sorted())
    }
}

/// A plain value of JSON as a text; `None` for null.
fn plain(name: &str, value: serde_json::Value) -> Result<Option<String>, ApiError> {
    match value {
        serde_json::Value::Null => Ok(None),
        serde_json::Value::String(text) => Ok(Some(text)),
        serde_json::Value::Bool(value) => Ok(Some(value.to_string())),
        serde_json::Value::Number(value) => Ok(Some(value.to_string())),
        _ => Err(ApiError::Parameter(format!(
            "The JSON body has a value of `{name}` that is neither text, number nor boolean, nor a list of these"
        ))),
    }
}

/// Splits `name[3]` and `name[]`.
fn indexed(name: &str) -> (&str, Option<&str>) {
    match name.strip_suffix(']').and_then(|n| n.rsplit_once('[')) {
        Some((bare, index)) if index.bytes().all(|byte| byte.is_ascii_digit()) => {
            (bare, Some(index))
        }
        _ => (name, None),
    }
}

/// `a,b`; an item with a comma or a quote in double quotes.
fn list_text(items: &[&str]) -> String {
    let items: Vec<String> = items
        .iter()
        .map(|item| {
            if item.contains([',', '"']) {
                format!("\"{}\"", item.replace('"', "\"\""))
            } else {
                (*item).to_owned()
            }
        })
        .collect();
    items.join(",")
}

/// The number in `{n}`.
fn text_parameter(name: &str) -> Option<u32> {
    name.strip_prefix('{')?.strip_suffix('}')?.parse().ok()
}

fn typed(name: &str, kind: &str, text: &str) -> Result<(Type, Value), ApiError> {
    let wrong = || ApiError::Parameter(format!("The value of {name} is not a {kind}"));
    let short = kind.rsplit('.').next().unwrap_or(kind).to_ascii_lowercase();
    let empty = text.is_empty();
    Ok(match short.as_str() {
        "string" | "guid" | "datetime" => (Type::Text, Value::Text(text.to_owned())),
        "double" | "decimal" | "single" if empty => (Type::Double, Value::Null),
        "double" | "decimal" | "single" => {
            let number: f64 = text.trim().parse().map_err(|_| wrong())?;
            // An app may send NaN for an empty field (seen in Meta-Forms).
            let value = if number.is_finite() {
                Value::Double(number)
            } else {
                Value::Null
            };
            (Type::Double, value)
        }
        "int32" | "int64" | "int16" | "byte" if empty => (Type::Int, Value::Null),
        "int32" | "int16" | "byte" => (
            Type::Int,
            Value::Int(text.trim().parse::<i32>().map_err(|_| wrong())?.into()),
        ),
        "int64" => (
            Type::BigInt,
            Value::Int(text.trim().parse().map_err(|_| wrong())?),
        ),
        "boolean" if empty => (Type::Bit, Value::Null),
        "boolean" => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => (Type::Bit, Value::Bool(true)),
            "false" | "0" => (Type::Bit, Value::Bool(false)),
            _ => return Err(wrong()),
        },
        _ => {
            return Err(ApiError::Parameter(format!(
                "The ValueType `{kind}` of {name} is not supported"
            )));
        }
    })
}

/// Parameters for the compiler and for the run.
#[derive(Debug, Default)]
pub struct Parameters {
    /// Names in lower case without `@`, with their types, sorted.
    pub types: Vec<(String, Type)>,
    /// Their values.
    pub values: Vec<(String, Value)>,
    /// `{n}`, sorted.
    pub texts: Vec<(u32, String)>,
}

impl Parameters {
    fn set(&mut self, name: &str, ty: Type, value: Value) {
        let name = name.to_lowercase();
        self.types.retain(|(n, _)| *n != name);
        self.values.retain(|(n, _)| *n != name);
        self.types.push((name.clone(), ty));
        self.values.push((name, value));
    }

    fn sorted(mut self) -> Self {
        self.types.sort_by(|a, b| a.0.cmp(&b.0));
        self.texts.sort_by_key(|(n, _)| *n);
        self
    }
}

//! What a call says besides its path: `@parameters`, `{n}` texts, and the options of the answer. From the query string,
//! a form body or a JSON body; the body wins.

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;
use cinchy_cql::value::{Type, Value};

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
    value: String,
    in_query: bool,
}

impl Pairs {
    /// Reads query string and body. Forms are taken with or without their content type, JSON with it.
    ///
    /// # Errors
    /// A JSON body that is not an object of plain values, a value that no database takes.
    pub fn read(request: &HttpRequest, body: &[u8]) -> Result<Self, ApiError> {
        let mut pairs = Self::default();
        pairs.extend(request.query_string().as_bytes(), true);
        let kind = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default();
        if kind.to_ascii_lowercase().starts_with("application/json") && !body.is_empty() {
            pairs.extend_json(body)?;
        } else {
            pairs.extend(body, false);
        }
        // One of the two databases refuses it, so both do, and here.
        if let Some(pair) = pairs.pairs.iter().find(|pair| pair.value.contains('\0')) {
            return Err(ApiError::Parameter(format!(
                "The value of {} has the character U+0000, which no text of the platform can hold",
                pair.name
            )));
        }
        Ok(pairs)
    }

    fn extend(&mut self, text: &[u8], in_query: bool) {
        self.pairs
            .extend(cinchy_web::form::pairs(text).map(|(name, value)| Pair {
                name: name.into_owned(),
                value: value.into_owned(),
                in_query,
            }));
    }

    fn extend_json(&mut self, body: &[u8]) -> Result<(), ApiError> {
        let wrong = |what: &str| ApiError::Parameter(format!("The JSON body {what}"));
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(body)
            .map_err(|error| wrong(&format!("is not an object: {error}")))?;
        for (name, value) in object {
            let value = match value {
                serde_json::Value::Null => continue,
                serde_json::Value::String(text) => text,
                serde_json::Value::Bool(value) => value.to_string(),
                serde_json::Value::Number(value) => value.to_string(),
                _ => {
                    return Err(wrong(&format!(
                        "has a value of `{name}` that is neither text, number nor boolean"
                    )));
                }
            };
            self.pairs.push(Pair {
                name,
                value,
                in_query: false,
            });
        }
        Ok(())
    }

    /// The last value of an option, whose name counts in any case.
    pub fn option(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .rev()
            .find(|p| p.name.eq_ignore_ascii_case(name))
            .map(|p| p.value.as_str())
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

    /// The `@parameters` of a saved query: texts all of them, by name in lower case, sorted.
    pub fn parameters(&self) -> Parameters {
        let mut parameters = Parameters::default();
        for pair in &self.pairs {
            if let Some(name) = pair.name.strip_prefix('@') {
                parameters.set(name, Type::Text, Value::Text(pair.value.clone()));
            } else if let Some(number) = text_parameter(&pair.name) {
                parameters.texts.retain(|(n, _)| *n != number);
                parameters.texts.push((number, pair.value.clone()));
            }
        }
        parameters.sorted()
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
                "parametername" => entry.name = Some(&pair.value),
                "valuetype" => entry.kind = Some(&pair.value),
                "xmlserializedvalue" => entry.value = Some((&pair.value, pair.in_query)),
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
                parameters.texts.push((number, pair.value.clone()));
            }
        }
        Ok(parameters.sorted())
    }
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

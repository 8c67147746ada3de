//! A fault as JSON: how one is asked for, and how one is told.

use std::num::NonZeroU64;
use std::time::Duration;

use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::{DropAt, Effect, Fault, FaultState, Faults, Matching, PRESETS, TooManyFaults, preset};
use crate::journal::Glob;
use crate::units::{NotAUnit, duration};

/// A fault that cannot be made. `Display` says what to write.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    /// What was asked for is none.
    #[error("{0}")]
    Unusable(String),
    /// No room for another.
    #[error(transparent)]
    TooMany(#[from] TooManyFaults),
}

impl From<NotAUnit> for FaultError {
    fn from(error: NotAUnit) -> Self {
        Self::Unusable(error.to_string())
    }
}

/// The longest delay.
const LONGEST_DELAY: Duration = Duration::from_secs(300);
/// Largest body that a fault answers, in bytes.
const LONGEST_BODY: usize = 1 << 20;
/// Longest name of a fault, in characters.
const LONGEST_NAME: usize = 100;

/// A fault as it is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// Its name, unique in its instance. Left out: the preset's, or a free one.
    pub name: Option<String>,
    #[serde(rename = "match", default)]
    matching: WantedMatch,
    /// `null` is "until deleted"; left out, the preset's number, or 1.
    #[serde(default, deserialize_with = "given")]
    times: Option<Option<u64>>,
    every: Option<u64>,
    skip: Option<u64>,
    /// A preset's name, or an object. Left out: the preset that `name` names.
    effect: Option<Value>,
}

#[derive(Debug, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct WantedMatch {
    method: Option<String>,
    path: Option<String>,
    user: Option<String>,
    client: Option<String>,
    query: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WantedEffect {
    status: Option<u16>,
    headers: Option<Map<String, Value>>,
    body: Option<Value>,
    delay: Option<Value>,
    drop: Option<String>,
    throttle: Option<Value>,
}

/// A member that is there, `null` or not.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::<u64>::deserialize(from).map(Some)
}

/// A fault as it is told.
#[derive(Debug, Serialize)]
pub struct Told {
    /// Its name.
    pub name: String,
    /// What it matches; what is not set is left out.
    #[serde(rename = "match")]
    pub matching: Map<String, Value>,
    /// How often it is applied; `null` until it is deleted.
    pub times: Option<u64>,
    /// Only each nth matching request.
    pub every: Option<u64>,
    /// Matching requests that it lets pass first.
    pub skip: u64,
    /// What happens.
    pub effect: Value,
    /// How often it will still be applied; `null` without end.
    pub remaining: Option<u64>,
    /// Requests that matched.
    pub matched: u64,
    /// Requests that it was applied to.
    pub applied: u64,
}

/// `fault-1` and so on.
fn free_name(faults: &Faults) -> String {
    let all = faults.list();
    let taken = |name: &str| all.iter().any(|state| state.fault.name == name);
    (1..)
        .map(|number| format!("fault-{number}"))
        .find(|name| !taken(name))
        .unwrap_or_default()
}

impl Wanted {
    /// Arms it, in place of one of the same name.
    ///
    /// # Errors
    /// What cannot be used of it, or no room.
    pub fn arm(self, faults: &Faults) -> Result<FaultState, FaultError> {
        let fault = self.read(|| free_name(faults))?;
        Ok(faults.add(fault)?)
    }

    fn read(self, free_name: impl FnOnce() -> String) -> Result<Fault, FaultError> {
        let wrong = |text: String| FaultError::Unusable(text);
        let named_preset = self.name.as_deref().and_then(preset);
        let (base, effect) = match self.effect {
            Some(Value::String(name)) => (
                Some(preset(&name).ok_or_else(|| wrong(unknown_preset(&name)))?),
                None,
            ),
            Some(effect) => (None, Some(read_effect(effect)?)),
            None if named_preset.is_some() => (named_preset, None),
            None => {
                return Err(wrong(format!(
                    "a fault needs an `effect`: an object, or the name of a preset ({})",
                    preset_names()
                )));
            }
        };
        let default_times = base.as_ref().map_or(Some(1), |base| base.times);
        let (only, preset_effect, preset_name) = match base {
            Some(base) => (base.matching.only, Some(base.effect), Some(base.name)),
            None => Default::default(),
        };
        let name = match self.name.filter(|name| !name.trim().is_empty()) {
            Some(name) => name,
            None => preset_name.unwrap_or_else(free_name),
        };
        if name.chars().count() > LONGEST_NAME || name.chars().any(|c| c == '/' || c.is_control()) {
            return Err(wrong(format!(
                "the name `{}` cannot be used: at most {LONGEST_NAME} characters, without `/`",
                name.escape_default()
            )));
        }
        let every = match self.every {
            None => None,
            Some(every) => Some(NonZeroU64::new(every).ok_or_else(|| {
                wrong("`every` counts from 1: 3 is each third matching request".to_owned())
            })?),
        };
        let glob = |text: Option<String>| text.as_deref().map(Glob::new);
        Ok(Fault {
            name,
            matching: Matching {
                method: self.matching.method,
                path: glob(self.matching.path),
                user: glob(self.matching.user),
                client: glob(self.matching.client),
                query: glob(self.matching.query),
                only,
            },
            times: self.times.unwrap_or(default_times),
            every,
            skip: self.skip.unwrap_or(0),
            effect: effect.or(preset_effect).unwrap_or_default(),
        })
    }
}

fn preset_names() -> String {
    let names: Vec<&str> = PRESETS.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

fn unknown_preset(name: &str) -> String {
    format!(
        "there is no preset `{}`; use one of {}, or an object with `status`, `delay`, `drop` or `throttle`",
        name.escape_default(),
        preset_names()
    )
}

fn read_effect(effect: Value) -> Result<Effect, FaultError> {
    let wrong = |text: String| FaultError::Unusable(format!("effect: {text}"));
    let wanted: WantedEffect =
        serde_json::from_value(effect).map_err(|error| wrong(error.to_string()))?;
    let status = match wanted.status {
        None => None,
        Some(status) => Some(
            Effect::status_of(status)
                .ok_or_else(|| wrong(format!("{status} is no status from 200 to 599")))?,
        ),
    };
    let mut headers = Vec::new();
    let body = match wanted.body {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => {
            headers.push((
                CONTENT_TYPE,
                HeaderValue::from_static("text/plain; charset=utf-8"),
            ));
            Some(Bytes::from(text))
        }
        Some(json) => {
            headers.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
            Some(Bytes::from(json.to_string()))
        }
    };
    if body.as_ref().is_some_and(|body| body.len() > LONGEST_BODY) {
        return Err(wrong(format!(
            "the body has more than {LONGEST_BODY} bytes"
        )));
    }
    for (name, value) in wanted.headers.unwrap_or_default() {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let (Ok(header), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(&text),
        ) else {
            return Err(wrong(format!(
                "`{}` is no header that can be sent",
                name.escape_default()
            )));
        };
        headers.push((header, value));
    }
    let delay = match wanted.delay {
        None => None,
        Some(delay) => {
            let found = duration(&delay)?.to_std().ok();
            let found = found.filter(|found| *found <= LONGEST_DELAY);
            Some(found.ok_or_else(|| {
                wrong(format!(
                    "a delay is between 0 and {} seconds",
                    LONGEST_DELAY.as_secs()
                ))
            })?)
        }
    };
    let drop = match wanted.drop.as_deref() {
        None => None,
        Some("before_headers") => Some(DropAt::BeforeHeaders),
        Some("after_headers") => Some(DropAt::AfterHeaders),
        Some("mid_body") => Some(DropAt::MidBody),
        Some(other) => {
            return Err(wrong(format!(
                "`{}` is no place to drop; use before_headers, after_headers or mid_body",
                other.escape_default()
            )));
        }
    };
    let throttle = wanted.throttle.map(|rate| read_rate(&rate)).transpose()?;
    let effect = Effect {
        status,
        headers,
        body,
        delay,
        drop,
        throttle,
        ..Effect::default()
    };
    let does_nothing = effect.status.is_none()
        && effect.headers.is_empty()
        && effect.body.is_none()
        && effect.delay.is_none()
        && effect.drop.is_none()
        && effect.throttle.is_none();
    if does_nothing {
        return Err(wrong(
            "it does nothing; give `status`, `headers`, `body`, `delay`, `drop` or `throttle`"
                .to_owned(),
        ));
    }
    Ok(effect)
}

/// Bytes a second: `64KB/s`, `1MB/s`, `500B/s`, or a number.
fn read_rate(rate: &Value) -> Result<u64, FaultError> {
    let wrong = || {
        FaultError::Unusable(format!(
            "effect: `{}` is no rate; write it as in `64KB/s`, `500B/s`, or a number of bytes a second",
            rate.as_str()
                .map_or(rate.to_string(), str::to_owned)
                .escape_default()
        ))
    };
    let found = match rate {
        Value::Number(bytes) => bytes.as_u64(),
        Value::String(text) => {
            let text = text.trim().to_ascii_lowercase();
            let text = text.strip_suffix("/s").unwrap_or(&text).trim_end();
            let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            let unit = match &text[digits.len()..] {
                "" | "b" => Some(1),
                "k" | "kb" => Some(1 << 10),
                "m" | "mb" => Some(1 << 20),
                _ => None,
            };
            let number = digits.trim_end().parse::<u64>().ok();
            number.zip(unit).and_then(|(n, unit)| n.checked_mul(unit))
        }
        _ => None,
    };
    found.filter(|rate| *rate > 0).ok_or_else(wrong)
}

impl From<&FaultState> for Told {
    fn from(state: &FaultState) -> Self {
        let fault = &state.fault;
        let matching = &fault.matching;
        let glob = |glob: &Option<Glob>| glob.as_ref().map(|glob| glob.text().to_owned());
        let matching = [
            ("method", matching.method.clone()),
            ("path", glob(&matching.path)),
            ("user", glob(&matching.user)),
            ("client", glob(&matching.client)),
            ("query", glob(&matching.query)),
        ]
        .into_iter()
        .filter_map(|(name, text)| Some((name.to_owned(), Value::from(text?))))
        .collect();
        Self {
            name: fault.name.clone(),
            matching,
            times: fault.times,
            every: fault.every.map(NonZeroU64::get),
            skip: fault.skip,
            effect: effect_told(&fault.effect),
            remaining: state.remaining(),
            matched: state.matched,
            applied: state.applied,
        }
    }
}

fn effect_told(effect: &Effect) -> Value {
    let mut told = Map::new();
    let mut tell = |name: &str, value: Value| {
        told.insert(name.to_owned(), value);
    };
    if let Some(status) = effect.status {
        tell("status", status.as_u16().into());
    }
    if !effect.headers.is_empty() {
        let headers: Map<String, Value> = effect
            .headers
            .iter()
            .map(|(name, value)| {
                let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), Value::from(text))
            })
            .collect();
        tell("headers", headers.into());
    }
    if let Some(body) = &effect.body {
        tell("body", String::from_utf8_lossy(body).into_owned().into());
    }
    if let Some(delay) = effect.delay {
        tell("delay", format!("{}ms", delay.as_millis()).into());
    }
    if let Some(drop) = effect.drop {
        let place = match drop {
            DropAt::BeforeHeaders => "before_headers",
            DropAt::AfterHeaders => "after_headers",
            DropAt::MidBody => "mid_body",
        };
        tell("drop", place.into());
    }
    if let Some(rate) = effect.throttle {
        tell("throttle", format!("{rate}B/s").into());
    }
    if let Some(skew) = effect.skew {
        tell("skew", format!("{}s", skew.num_seconds()).into());
    }
    if effect.login_fails {
        tell("loginFails", true.into());
    }
    told.into()
}

//! Users with their tokens, groups, integrated clients.

use std::borrow::Cow;
use std::fmt;

use chrono::{NaiveDateTime, TimeDelta};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::words::{AuthenticationMethod, GrantType, GroupType, Scope};
use crate::Located;
use crate::csv_cell::parse_date;

/// A text that must not reach a log: `Debug` shows dots. Compared and written as it is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"...\"")
    }
}

/// A user, a row of `[Cinchy].[Users]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    /// Name to sign in with; unique in any case.
    pub username: Located<String>,
    /// Password in plain text, hashed when the seed is applied. Beside `passwordHash` it is only shown in the banner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// Ready hash of the password, an argon2id PHC string: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<Located<Secret>>,
    /// First name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Last name. The display name is made of both and the user name: `Ann Lee (ann)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// How the user signs in; default `Cinchy User Account`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication_method: Option<AuthenticationMethod>,
    /// Groups that the user is a member of. Every user but Anonymous is in `All Users`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Located<String>>,
    /// May not sign in; default false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// Preferred language, a subtag such as `en`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Preferred region, a subtag such as `CA`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Time zone, for example `Eastern Standard Time`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// May make tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_design_tables: Option<bool>,
    /// May make saved queries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_design_queries: Option<bool>,
    /// Personal access tokens; at most five that have not expired.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<Token>,
}

impl User {
    /// A user of this name about whom nothing else is said.
    pub fn new(username: &str) -> Self {
        Self {
            username: username.into(),
            password: None,
            password_hash: None,
            first_name: None,
            last_name: None,
            email: None,
            authentication_method: None,
            groups: Vec::new(),
            disabled: None,
            language: None,
            region: None,
            time_zone: None,
            can_design_tables: None,
            can_design_queries: None,
            tokens: Vec::new(),
        }
    }
}

/// A personal access token of a user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Token {
    /// Name, unique for its user.
    pub name: Located<String>,
    /// When it expires: a date (`2027-01-01`, `2027-01-01T12:00:00Z`) or a duration from the start (`30d`, `12h`, `P30D`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Expiry>,
    /// The token itself, fixed for tests; generated when it and `valueHash` are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Secret>,
    /// Hash of the token as an export writes it, instead of `value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_hash: Option<Secret>,
}

/// When a token expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// At an instant, UTC.
    At(NaiveDateTime),
    /// So long after the seed is applied, by the platform's clock.
    After(TimeDelta),
}

impl Expiry {
    /// Reads a date, or a duration: `90s`, `15m`, `12h`, `30d`, `2w`, or ISO 8601 without months (`P30D`, `PT1H30M`).
    pub fn from_text(text: &str) -> Result<Self, String> {
        if let Some(at) = parse_date(text) {
            return Ok(Self::At(at));
        }
        parse_duration(text).map(Self::After)
    }
}

/// Reads a duration of whole units, short (`30d`) or ISO 8601 (`P1DT2H`). Months have no fixed length and are refused.
///
/// # Errors
/// What is wrong with the text, in words.
pub fn parse_duration(text: &str) -> Result<TimeDelta, String> {
    let wrong = || {
        format!(
            "`{text}` is neither a date (`2027-01-01`) nor a duration (`30d`, `12h`, `P30D`, `PT1H`)"
        )
    };
    let upper = text.trim().to_ascii_uppercase();
    let (body, iso) = match upper.strip_prefix('P') {
        Some(rest) => (rest.to_owned(), true),
        None => (upper, false),
    };
    let mut seconds: i64 = 0;
    let mut number = String::new();
    let mut in_time = !iso;
    let mut units = 0;
    for c in body.chars() {
        match c {
            '0'..='9' => number.push(c),
            'T' if iso && !in_time && number.is_empty() => in_time = true,
            _ => {
                let unit: i64 = match (c, in_time) {
                    ('S', true) => 1,
                    ('M', true) => 60,
                    ('H', true) => 3600,
                    ('D', in_time) if !iso || !in_time => 86_400,
                    ('W', in_time) if !iso || !in_time => 7 * 86_400,
                    ('Y', in_time) if !iso || !in_time => 365 * 86_400,
                    ('M', false) => {
                        return Err(format!(
                            "`{text}`: months have no fixed length; write days (`30d`)"
                        ));
                    }
                    _ => return Err(wrong()),
                };
                let count: i64 = number.parse().map_err(|_| wrong())?;
                seconds = count
                    .checked_mul(unit)
                    .and_then(|s| s.checked_add(seconds))
                    .ok_or_else(wrong)?;
                number.clear();
                units += 1;
            }
        }
    }
    if units == 0 || !number.is_empty() || body.ends_with('T') {
        return Err(wrong());
    }
    // A hundred years: beyond it adding to a date could leave the calendar.
    if seconds > 100 * 365 * 86_400 {
        return Err(format!("`{text}` is longer than a hundred years"));
    }
    TimeDelta::try_seconds(seconds).ok_or_else(wrong)
}

impl<'de> Deserialize<'de> for Expiry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_text(&text).map_err(de::Error::custom)
    }
}

impl Serialize for Expiry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::At(at) => serializer.collect_str(&at.format("%Y-%m-%dT%H:%M:%SZ")),
            Self::After(after) => {
                let seconds = after.num_seconds();
                if seconds % 86_400 == 0 {
                    serializer.collect_str(&format_args!("P{}D", seconds / 86_400))
                } else {
                    serializer.collect_str(&format_args!("PT{seconds}S"))
                }
            }
        }
    }
}

impl JsonSchema for Expiry {
    fn schema_name() -> Cow<'static, str> {
        "Expiry".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A date (`2027-01-01`, `2027-01-01T12:00:00Z`) or a duration (`30d`, `12h`, `P30D`, `PT1H`).",
            "examples": ["2027-01-01", "30d", "P30D"]
        })
    }
}

/// A group, a row of `[Cinchy].[Groups]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Group {
    /// Name, unique.
    pub name: Located<String>,
    /// Groups that this one is a member of: its users have their rights too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parents: Vec<Located<String>>,
    /// Kind; default `Cinchy Group`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub group_type: Option<GroupType>,
    /// Users who own the group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<Located<String>>,
    /// Groups that own the group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owner_groups: Vec<Located<String>>,
    /// Identity of the row across platforms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_guid: Option<String>,
}

/// An integrated client (an application), a row of `[Cinchy].[Integrated Clients]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Client {
    /// Client id, unique and matched exactly.
    pub client_id: Located<String>,
    /// Name shown to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// Grant types that the client may use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grant_type: Vec<Located<GrantType>>,
    /// Permitted login redirect URLs, matched exactly.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirect_urls: Vec<Located<String>>,
    /// Permitted logout redirect URLs, matched exactly.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logout_urls: Vec<Located<String>>,
    /// Permitted scopes. `js_api` is always permitted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<Located<Scope>>,
    /// Lifetime of access tokens in seconds; default 3600.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_lifetime: Option<Located<i64>>,
    /// Show the platform's own login page; when false a sign-in goes straight to the identity provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_login_screen: Option<bool>,
    /// May be used; default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Client secret, the column `[Guid]`; generated where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// Identity of the row across platforms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_guid: Option<String>,
}

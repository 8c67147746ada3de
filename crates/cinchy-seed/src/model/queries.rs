//! Saved queries and user-defined functions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::Access;
use super::words::{HttpMethod, QueryType, ResultFormat};
use crate::Located;

/// A saved query, a row of `[Cinchy].[Saved Queries]`; called as `/API/{domain}/{name}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Query {
    /// Domain; made when it is missing.
    pub domain: Located<String>,
    /// Name, unique in its domain in any case.
    pub name: Located<String>,
    /// The CQL text. It is stored as it is and compiled when it is called.
    pub cql: String,
    /// What the query answers; default `Query (Approved Data Only)`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub query_type: Option<QueryType>,
    /// Format of the answer; default JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result_format: Option<ResultFormat>,
    /// JSON as a schema and lists of values; when false as objects. Default true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compress_json: Option<bool>,
    /// Who may run it. The rights on its tables are needed besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execute: Option<Access>,
    /// Who may change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub design: Option<Access>,
    /// Timeout in seconds; default 30.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Located<i32>>,
    /// Identity of the query across platforms; generated where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
    /// Description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Version in its URL, for example `1.0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Method that it is shown with; both work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_method: Option<HttpMethod>,
    /// Its URL has no version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_legacy_url_structure: Option<bool>,
    /// Name of its icon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Colour of its icon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon_colour: Option<String>,
    /// Identity of the row across platforms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_guid: Option<String>,
}

/// A user-defined function in JavaScript.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Udf {
    /// Name that CQL calls it by, unique in any case.
    pub name: Located<String>,
    /// The script, which defines a function of that name.
    pub script: String,
}

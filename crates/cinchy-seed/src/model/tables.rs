//! Domains and tables.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::Entitlement;
use super::cells::Row;
use super::columns::Column;
use crate::Located;

/// A domain, a row of `[Cinchy].[Domains]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Domain {
    /// Name, unique in any case.
    pub name: Located<String>,
    /// Colour, a name or `#rrggbb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    /// Identity of the domain across platforms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
    /// Identity of the row across platforms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_guid: Option<String>,
}

/// A table. One without columns must exist already: its rows and entitlements are added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Table {
    /// Domain; made when it is missing.
    pub domain: Located<String>,
    /// Name, unique in its domain in any case; no dots, at most 125 characters.
    pub name: Located<String>,
    /// Identity of the table across platforms; generated where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
    /// Description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Name of its icon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Colour of its icon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icon_colour: Option<String>,
    /// Changes of its data are published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publish_data_change_notifications: Option<bool>,
    /// Identity of the row across platforms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_guid: Option<String>,
    /// Columns in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<Column>,
    /// Lists of columns whose values together stand in one row only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unique_constraints: Vec<Vec<Located<String>>>,
    /// Lists of columns to index.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Vec<Located<String>>>,
    /// Rows: objects by column name, or lists in the order of `columns`. Their order gives Cinchy Ids from 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<Row>,
    /// A CSV file beside the seed, with column names in its first line; its rows come after `rows`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_from: Option<Located<String>>,
    /// Who may do what with the table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entitlements: Vec<Located<Entitlement>>,
}

impl Table {
    /// A table of which only the name is said.
    pub fn new(domain: &str, name: &str) -> Self {
        Self {
            domain: domain.into(),
            name: name.into(),
            guid: None,
            description: None,
            icon: None,
            icon_colour: None,
            publish_data_change_notifications: None,
            sync_guid: None,
            columns: Vec::new(),
            unique_constraints: Vec::new(),
            indexes: Vec::new(),
            rows: Vec::new(),
            rows_from: None,
            entitlements: Vec::new(),
        }
    }

    /// Whether something is said about the table itself, its columns, rows and entitlements aside.
    pub fn says_details(&self) -> bool {
        self.guid.is_some()
            || self.description.is_some()
            || self.icon.is_some()
            || self.icon_colour.is_some()
            || self.publish_data_change_notifications.is_some()
            || self.sync_guid.is_some()
            || !self.unique_constraints.is_empty()
            || !self.indexes.is_empty()
    }

    /// `Domain.Name`.
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.domain.value, self.name.value)
    }
}

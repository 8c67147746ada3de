//! Who may do what: entitlements of a table, and lists of users and groups.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Located;

/// Users and groups that may do something.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Access {
    /// Users by name; `Anonymous` stands for everybody without a sign-in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<Located<String>>,
    /// Groups by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Located<String>>,
}

/// Rights on a table, a row of `[Cinchy].[Table Access Control]`. Several rows for one user unite.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Entitlement {
    /// Users by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<Located<String>>,
    /// Groups by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Located<String>>,
    /// May view all columns, later ones included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_all: Option<bool>,
    /// Columns that may be viewed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub view_columns: Vec<Located<String>>,
    /// Rows that may be viewed, a CQL condition over the table; none: all rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view_filter: Option<String>,
    /// May edit (and so view) all columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edit_all: Option<bool>,
    /// Columns that may be edited (and so viewed).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edit_columns: Vec<Located<String>>,
    /// Rows that may be edited, a CQL condition over the table; none: all rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edit_filter: Option<String>,
    /// May approve changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approve_changes: Option<bool>,
    /// Columns whose changes may be approved (and that so may be viewed).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub approve_columns: Vec<Located<String>>,
    /// May insert rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add_rows: Option<bool>,
    /// May delete rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_rows: Option<bool>,
    /// May run CQL of one's own on the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direct_query: Option<bool>,
    /// May change the table's design.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub design_table: Option<bool>,
    /// May change the table's entitlements.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manage_controls: Option<bool>,
    /// May export the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export_data: Option<bool>,
    /// May install the table elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub install_table: Option<bool>,
}

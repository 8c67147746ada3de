//! Columns of a table.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cells::Cell;
use super::words::{CalculatedType, ColumnType};
use crate::Located;

/// A column of a table, a row of `[Cinchy].[Table Columns]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Column {
    /// Name, unique in its table in any case; no dots, at most 125 characters.
    pub name: Located<String>,
    /// What the column holds.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Identity of the column across platforms; generated where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guid: Option<String>,
    /// Description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A row without a value is refused; default false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mandatory: Option<bool>,
    /// A value may stand in one row only; default false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique: Option<bool>,
    /// Value of rows that do not name the column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Cell>,
    /// Text, Calculated: most characters of a value; default 500 (documented). 2147483647 is no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<i32>,
    /// Choice: the values to choose from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Located<String>>,
    /// Choice, Link: several values in a cell; default false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multi: Option<bool>,
    /// Link: the table that is linked to, `Domain.Table`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<Located<String>>,
    /// Link: the column of that table which the link shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<Located<String>>,
    /// Link: further columns shown when a row is searched for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub display_columns: Vec<Located<String>>,
    /// Link: a CQL condition over the linked table; only such rows are offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link_filter_expression: Option<String>,
    /// Other tables may link to this column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_linking: Option<bool>,
    /// The column may be shown through links to its table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_display_in_linked_views: Option<bool>,
    /// Calculated: type of the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<CalculatedType>,
    /// Calculated: computed when its row is written and stored; else computed on read. Default false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached: Option<bool>,
    /// Calculated: the CQL expression over columns of the row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// Number, Date: format for showing values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_format: Option<String>,
    /// Text: a regular expression that values match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_expression: Option<String>,
    /// Number, Date: least value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_value: Option<Cell>,
    /// Number, Date: greatest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_value: Option<Cell>,
    /// Text: how values are edited and shown; plain text where it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_format: Option<String>,
}

impl Column {
    /// A column about which nothing else is said. Also how system tables are described to the checks.
    pub fn new(name: &str, column_type: ColumnType) -> Self {
        Self {
            name: name.into(),
            column_type,
            guid: None,
            description: None,
            mandatory: None,
            unique: None,
            default: None,
            max_length: None,
            options: Vec::new(),
            multi: None,
            table: None,
            column: None,
            display_columns: Vec::new(),
            link_filter_expression: None,
            allow_linking: None,
            allow_display_in_linked_views: None,
            result: None,
            cached: None,
            expression: None,
            display_format: None,
            validation_expression: None,
            min_value: None,
            max_value: None,
            text_format: None,
        }
    }

    /// A link column to `table` (`Domain.Table`) that shows its `column`.
    pub fn link(name: &str, table: &str, column: &str) -> Self {
        Self {
            table: Some(table.into()),
            column: Some(column.into()),
            ..Self::new(name, ColumnType::Link)
        }
    }

    /// `maxLength` of a column of any length, as `NVARCHAR(MAX)` is one.
    pub const NO_LIMIT: i32 = i32::MAX;

    /// Most characters of a Text column that gives no length (documented).
    const DEFAULT_LENGTH: i32 = 500;

    /// Most characters of a value of a Text column; `None`: no limit.
    pub fn most_characters(&self) -> Option<i32> {
        let most = self.max_length.unwrap_or(Self::DEFAULT_LENGTH);
        (most != Self::NO_LIMIT).then_some(most)
    }

    /// Whether a cell holds several values.
    pub fn is_multi(&self) -> bool {
        self.multi == Some(true)
    }
}

/// Splits `Domain.Table` at its last dot: table names have no dots, domain names may (documented name patterns).
pub fn split_table_name(full: &str) -> Option<(&str, &str)> {
    full.rsplit_once('.')
        .filter(|(domain, table)| !domain.is_empty() && !table.is_empty())
}

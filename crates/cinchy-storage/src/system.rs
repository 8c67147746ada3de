//! The system tables of the domain `Cinchy`, as CQL sees them.
//!
//! Their physical tables are made by the migrations; a test compares the two. Ids are fixed: table `n` has the columns
//! `100 n + 1 ...` and its system columns from `100 n + 89` on, so that later versions may add some without moving others.

mod contents;
mod design;
mod people;

use cinchy_cql::catalog::{
    CalculatedType, Column, ColumnId, ColumnKind, Table, TableId, blank_columns,
};
use cinchy_cql::value::Value;

/// Name of the domain of all system tables.
pub const DOMAIN: &str = "Cinchy";
/// The first id of a user's table.
pub const FIRST_TABLE_ID: TableId = 101;
/// The first id of a column of a user's table.
pub const FIRST_COLUMN_ID: ColumnId = 10_001;

/// A system table.
#[derive(Debug)]
pub struct SystemTable {
    /// `[Tables].[Cinchy Id]`.
    pub id: TableId,
    /// Name.
    pub name: &'static str,
    /// Physical table.
    pub physical: &'static str,
    /// Own columns by ordinal.
    pub columns: &'static [SystemColumn],
}

/// A column of a system table.
#[derive(Debug)]
pub struct SystemColumn {
    /// Name.
    pub name: &'static str,
    /// Physical column; empty where nothing is stored in the table itself.
    pub physical: &'static str,
    /// What it holds.
    pub kind: SystemKind,
    /// NULL is refused.
    pub mandatory: bool,
    /// Two live rows may not share a value.
    pub unique: bool,
    /// Yes in a new row that leaves the column out (inferred: a client made without a word about it can be used).
    pub default_yes: bool,
}

/// What a column of a system table holds.
#[derive(Debug)]
pub enum SystemKind {
    /// Text.
    Text,
    /// Text that is never read back: passwords and secrets read as NULL.
    WriteOnly,
    /// Double.
    Number,
    /// 32 bit.
    Integer,
    /// Date and time.
    DateTime,
    /// Yes/No.
    YesNo,
    /// Bytes.
    Binary,
    /// One of these, or several.
    Choice(&'static [&'static str], bool),
    /// Table and column that a single link shows.
    Link(&'static str, &'static str),
    /// The same for a multi-link, with its junction table.
    Links(&'static str, &'static str, &'static str),
    /// Computed on read.
    Calculated(&'static str),
    /// A GUID generated when the row is made: the pattern of the platform's own model (inferred).
    Guid,
}

/// The expression of a generated GUID column.
pub fn guid_expression(column: &str) -> String {
    format!("CASE WHEN [{column}] IS NULL THEN NEWID() ELSE [{column}] END")
}

const fn column(name: &'static str, physical: &'static str, kind: SystemKind) -> SystemColumn {
    SystemColumn {
        name,
        physical,
        kind,
        mandatory: false,
        unique: false,
        default_yes: false,
    }
}

impl SystemColumn {
    const fn mandatory(mut self) -> Self {
        self.mandatory = true;
        self
    }
    const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }
    const fn yes(mut self) -> Self {
        self.default_yes = true;
        self
    }
}

const fn text(name: &'static str, physical: &'static str) -> SystemColumn {
    column(name, physical, SystemKind::Text)
}
const fn write_only(name: &'static str) -> SystemColumn {
    column(name, "", SystemKind::WriteOnly)
}
const fn number(name: &'static str, physical: &'static str) -> SystemColumn {
    column(name, physical, SystemKind::Number)
}
const fn integer(name: &'static str, physical: &'static str) -> SystemColumn {
    column(name, physical, SystemKind::Integer)
}
const fn date_time(name: &'static str, physical: &'static str) -> SystemColumn {
    column(name, physical, SystemKind::DateTime)
}
const fn yes_no(name: &'static str, physical: &'static str) -> SystemColumn {
    column(name, physical, SystemKind::YesNo)
}
const fn binary(name: &'static str, physical: &'static str) -> SystemColumn {
    column(name, physical, SystemKind::Binary)
}
const fn guid(name: &'static str, physical: &'static str) -> SystemColumn {
    column(name, physical, SystemKind::Guid)
}
const fn choice(
    name: &'static str,
    physical: &'static str,
    options: &'static [&'static str],
) -> SystemColumn {
    column(name, physical, SystemKind::Choice(options, false))
}
const fn choices(
    name: &'static str,
    physical: &'static str,
    options: &'static [&'static str],
) -> SystemColumn {
    column(name, physical, SystemKind::Choice(options, true))
}
const fn calculated(name: &'static str, expression: &'static str) -> SystemColumn {
    column(name, "", SystemKind::Calculated(expression))
}
const fn link(
    name: &'static str,
    physical: &'static str,
    table: &'static str,
    display: &'static str,
) -> SystemColumn {
    column(name, physical, SystemKind::Link(table, display))
}
const fn links(
    name: &'static str,
    junction: &'static str,
    table: &'static str,
    display: &'static str,
) -> SystemColumn {
    column(name, "", SystemKind::Links(table, display, junction))
}

/// The columns that every table has, in documented order ([`cinchy_cql::catalog::SYSTEM_COLUMNS`]): name, physical column
/// (empty: reads as NULL), kind.
pub const SYSTEM_COLUMNS: &[SystemColumn] = &[
    integer("Cinchy Id", "cinchy_id"),
    integer("Version", "version"),
    integer("Draft Version", "draft_version"),
    // Always blank (documented: legacy).
    text("Approval State", ""),
    link("Created By", "created_by", "Users", "Display Name"),
    date_time("Created", "created"),
    link("Modified By", "modified_by", "Users", "Display Name"),
    date_time("Modified", "modified"),
    link("Deleted By", "deleted_by", "Users", "Display Name"),
    date_time("Deleted", "deleted"),
    // A row whose Replaced is empty is current (documented); only versions in a history have one.
    date_time("Replaced", ""),
];

/// The system table of this name.
pub fn find(name: &str) -> Option<&'static SystemTable> {
    TABLES.iter().find(|t| t.name == name)
}

impl SystemTable {
    /// Id of the own column at `index`.
    pub fn column_id(&self, index: usize) -> ColumnId {
        self.id * 100 + 1 + to_id(index)
    }

    /// Id of the system column at `index`.
    pub fn system_column_id(&self, index: usize) -> ColumnId {
        self.id * 100 + 89 + to_id(index)
    }

    /// The table as the binder sees it.
    pub fn to_table(&self) -> Table {
        let own = self
            .columns
            .iter()
            .enumerate()
            .map(|(i, c)| c.to_column(self.column_id(i), false));
        let system = SYSTEM_COLUMNS
            .iter()
            .enumerate()
            .map(|(i, c)| c.to_column(self.system_column_id(i), true));
        Table {
            id: self.id,
            domain: DOMAIN.to_owned(),
            name: self.name.to_owned(),
            physical: self.physical.to_owned(),
            creator: None,
            keys: Vec::new(),
            blank: blank_columns(),
            columns: own.chain(system).collect(),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "indexes of short lists"
)]
fn to_id(index: usize) -> i32 {
    index as i32
}

/// Id of a column of a system table; `0` when the table above does not have it, which a test rules out.
fn target(table: &str, column: &str) -> (TableId, ColumnId) {
    let Some(table) = find(table) else {
        return (0, 0);
    };
    let index = table.columns.iter().position(|c| c.name == column);
    (table.id, index.map_or(0, |i| table.column_id(i)))
}

impl SystemColumn {
    /// The column as the binder sees it.
    pub fn to_column(&self, id: ColumnId, is_system: bool) -> Column {
        let kind = match &self.kind {
            SystemKind::Text | SystemKind::WriteOnly => ColumnKind::Text { max_length: None },
            SystemKind::Number => ColumnKind::Number,
            SystemKind::Integer => ColumnKind::Integer,
            SystemKind::DateTime => ColumnKind::DateTime,
            SystemKind::YesNo => ColumnKind::YesNo,
            SystemKind::Binary => ColumnKind::Binary,
            SystemKind::Choice(options, multi) => ColumnKind::Choice {
                options: options.iter().map(|o| (*o).to_owned()).collect(),
                multi: *multi,
            },
            SystemKind::Link(table, column) => {
                let (target, display) = target(table, column);
                ColumnKind::Link {
                    target,
                    display,
                    junction: None,
                }
            }
            SystemKind::Links(table, column, junction) => {
                let (target, display) = target(table, column);
                ColumnKind::Link {
                    target,
                    display,
                    junction: Some((*junction).to_owned()),
                }
            }
            SystemKind::Calculated(expression) => ColumnKind::Calculated {
                result: CalculatedType::Text,
                expression: (*expression).to_owned(),
                cached: false,
            },
            SystemKind::Guid => ColumnKind::Calculated {
                result: CalculatedType::Text,
                expression: guid_expression(self.name),
                cached: true,
            },
        };
        Column {
            id,
            name: self.name.to_owned(),
            physical: (!self.physical.is_empty()).then(|| self.physical.to_owned()),
            kind,
            is_system,
            is_mandatory: self.mandatory,
            default: self.default_yes.then_some(Value::Bool(true)),
            limits: None,
        }
    }
}

/// All system tables by id. Columns: documented, or seen in the platform's own release packages.
pub const TABLES: &[SystemTable] = &[
    design::DOMAINS,
    design::TABLES,
    design::TABLE_COLUMNS,
    people::USERS,
    people::GROUPS,
    people::INTEGRATED_CLIENTS,
    contents::SAVED_QUERIES,
    design::TABLE_ACCESS_CONTROL,
    people::USER_PREFERENCES,
    contents::LANGUAGES,
    contents::REGIONS,
    contents::SYSTEM_PROPERTIES,
    contents::LITERAL_GROUPS,
    contents::LITERALS,
    contents::LITERAL_TRANSLATIONS,
    contents::FILES,
    design::WEBHOOKS,
    people::SECRETS,
    contents::USER_DEFINED_FUNCTIONS,
    contents::APPLETS,
    design::MODELS,
    design::VIEWS,
    design::VIEW_COLUMNS,
    contents::EXECUTION_LOG,
    contents::DATA_SYNC_CONFIGURATIONS,
    contents::SYSTEM_COLOURS,
    contents::SYSTEM_ICONS,
];

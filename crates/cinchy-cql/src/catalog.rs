//! What the binder knows of the platform: tables and columns ([`Catalog`]) and what one user may do with them ([`Rights`]).
//!
//! Both are plain data. `cinchy-storage` fills them from the system tables; nothing here reads a database.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::design::ViewContent;
use crate::value::{Type, Value};

/// `[Cinchy].[Tables].[Cinchy Id]`.
pub type TableId = i32;
/// `[Cinchy].[Table Columns].[Cinchy Id]`.
pub type ColumnId = i32;
/// `[Cinchy].[Domains].[Cinchy Id]`.
pub type DomainId = i32;
/// Identity of a view.
pub type ViewId = i32;

/// All live tables of one instance at one version of its metadata.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Grows with every change of a domain, table or column; part of the key of every compiled statement.
    pub version: i64,
    tables: HashMap<TableId, Arc<Table>>,
    by_name: HashMap<(String, String), TableId>,
    domains: HashMap<String, DomainId>,
    views: HashMap<(String, String), Arc<View>>,
    functions: HashMap<String, Arc<UserFunction>>,
}

impl Catalog {
    /// A catalog of these tables. Of two tables with one name the later wins (storage keeps names unique).
    pub fn new(version: i64, tables: impl IntoIterator<Item = Table>) -> Self {
        let mut catalog = Self {
            version,
            ..Self::default()
        };
        for table in tables {
            let key = (table.domain.to_lowercase(), table.name.to_lowercase());
            catalog.by_name.insert(key, table.id);
            catalog.tables.insert(table.id, Arc::new(table));
        }
        catalog
    }

    /// The same tables with no calculated column stored, so that each is computed from what it reads.
    pub fn without_cached(&self) -> Self {
        let mut catalog = self.clone();
        for table in catalog.tables.values_mut() {
            let mut changed = Table::clone(table);
            for column in changed.columns.iter_mut().filter(|c| !c.is_system) {
                if let ColumnKind::Calculated { cached, .. } = &mut column.kind {
                    *cached = false;
                    column.physical = None;
                }
            }
            *table = Arc::new(changed);
        }
        catalog
    }

    /// Adds the domains, those without tables among them.
    pub fn with_domains(mut self, domains: impl IntoIterator<Item = (DomainId, String)>) -> Self {
        let named = domains.into_iter().map(|(id, n)| (n.to_lowercase(), id));
        self.domains.extend(named);
        self
    }

    /// Adds the views.
    pub fn with_views(mut self, views: impl IntoIterator<Item = View>) -> Self {
        for view in views {
            let key = (view.domain.to_lowercase(), view.name.to_lowercase());
            self.views.insert(key, Arc::new(view));
        }
        self
    }

    /// Adds the user-defined functions.
    pub fn with_functions(mut self, functions: impl IntoIterator<Item = UserFunction>) -> Self {
        for function in functions {
            self.functions
                .insert(function.name.to_lowercase(), Arc::new(function));
        }
        self
    }

    /// The user-defined function of this name, in any case.
    pub fn function(&self, name: &str) -> Option<&Arc<UserFunction>> {
        self.functions.get(&name.to_lowercase())
    }

    /// The domain of this name, in any case.
    pub fn domain(&self, name: &str) -> Option<DomainId> {
        self.domains.get(&name.to_lowercase()).copied()
    }

    /// Finds a view by domain and name, in any case.
    pub fn view(&self, domain: &str, name: &str) -> Option<&Arc<View>> {
        self.views
            .get(&(domain.to_lowercase(), name.to_lowercase()))
    }

    /// Finds a table by domain and name, without regard to case (identifiers are case-insensitive).
    pub fn find(&self, domain: &str, name: &str) -> Option<&Arc<Table>> {
        self.by_name
            .get(&(domain.to_lowercase(), name.to_lowercase()))
            .and_then(|id| self.tables.get(id))
    }

    /// The table with this id.
    pub fn table(&self, id: TableId) -> Option<&Arc<Table>> {
        self.tables.get(&id)
    }

    /// Every table, in no order.
    pub fn tables(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.tables.values()
    }
}

/// A view: a SELECT under a name. Who reads it needs the rights on what it reads (decided: it shows nobody more than the
/// tables would).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Its identity.
    pub id: ViewId,
    /// Name of its domain.
    pub domain: String,
    /// Name without the domain.
    pub name: String,
    /// Who made it and may change it.
    pub creator: Option<i32>,
    /// What it shows.
    pub content: ViewContent,
}

/// A row of `[Cinchy].[User Defined Functions]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFunction {
    /// `[Cinchy Id]`.
    pub id: i32,
    /// Name, which its function has in the script.
    pub name: String,
    /// JavaScript.
    pub script: String,
}

/// A table of the platform: a user's, or a system table of the domain `Cinchy`.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// `[Tables].[Cinchy Id]`.
    pub id: TableId,
    /// Name of its domain.
    pub domain: String,
    /// Name without the domain.
    pub name: String,
    /// Name of the physical table, without schema; made by storage, never from user text.
    pub physical: String,
    /// `[Tables].[Created By]`: the creator of a table may do everything with it (documented). `None` for system tables.
    pub creator: Option<i32>,
    /// Own columns by ordinal, then the system columns in documented order.
    pub columns: Vec<Column>,
    /// [`blank_columns`], or none: they can be named, and stand in no list.
    pub blank: Arc<[Column]>,
    /// Keys that a temporary table was declared with. Those of tables of the platform are storage's own affair.
    pub keys: Vec<Key>,
}

/// PRIMARY KEY or UNIQUE of a temporary table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// PRIMARY KEY.
    pub primary: bool,
    /// Physical columns.
    pub columns: Vec<String>,
}

impl Table {
    /// Finds a column by name, without regard to case.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| {
            c.name.eq_ignore_ascii_case(name) || c.name.to_lowercase() == name.to_lowercase()
        })
    }

    /// Finds a column that may be read by name, a blank one too.
    pub fn readable(&self, name: &str) -> Option<&Column> {
        self.column(name).or_else(|| {
            let mut blank = self.blank.iter();
            blank.find(|c| c.name.eq_ignore_ascii_case(name))
        })
    }

    /// The column with this id.
    pub fn column_by_id(&self, id: ColumnId) -> Option<&Column> {
        let mut known = self.columns.iter().chain(self.blank.iter());
        known.find(|c| c.id == id)
    }
}

/// Names of the system columns that every table has, in documented order. What they hold is storage's to say.
pub const SYSTEM_COLUMNS: [&str; 11] = [
    "Cinchy Id",
    "Version",
    "Draft Version",
    "Approval State",
    "Created By",
    "Created",
    "Modified By",
    "Modified",
    "Deleted By",
    "Deleted",
    "Replaced",
];

/// Names of the system columns that tests of the platform name beside them (seen).
pub const BLANK_COLUMNS: [&str; 4] = [
    "Cinchy Record Type",
    "Rejection Comments",
    "Change Summary",
    "Changeset",
];

/// Whether a name is a system column's, in any case: no column of a user may have it (documented).
pub fn is_system_column(name: &str) -> bool {
    let mut names = SYSTEM_COLUMNS.iter().chain(&BLANK_COLUMNS);
    names.any(|system| system.eq_ignore_ascii_case(name))
}

/// The columns of [`BLANK_COLUMNS`]. Change approval fills them, which is not here, so they are blank.
pub fn blank_columns() -> Arc<[Column]> {
    (ColumnId::MIN..)
        .zip(BLANK_COLUMNS)
        .map(|(id, name)| Column {
            id,
            name: name.to_owned(),
            physical: None,
            kind: ColumnKind::Text { max_length: None },
            is_system: true,
            is_mandatory: false,
            default: None,
            limits: None,
        })
        .collect()
}

/// A column of a [`Table`].
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// `[Table Columns].[Cinchy Id]`, unique over all tables.
    pub id: ColumnId,
    /// Name as its maker wrote it.
    pub name: String,
    /// Name of the physical column. `None`: nothing is stored for reading and the column reads as NULL (Approval State,
    /// Replaced of a current row, `[Users].[Password]`), it is a multi-link, or it is a calculated column that is not cached.
    pub physical: Option<String>,
    /// What it holds.
    pub kind: ColumnKind,
    /// One of the eleven system columns that every table has (Cinchy Id ... Replaced).
    pub is_system: bool,
    /// NULL is refused on write.
    pub is_mandatory: bool,
    /// What an INSERT that leaves the column out writes.
    pub default: Option<Value>,
    /// What values must be besides; `None`: nothing.
    pub limits: Option<Box<Limits>>,
}

/// What the values of a column must be.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limits {
    /// Number and Date: the least value.
    pub least: Option<Value>,
    /// Number and Date: the greatest value.
    pub greatest: Option<Value>,
    /// Text: a regular expression that a value has a match for.
    pub pattern: Option<String>,
}

/// What a column holds.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnKind {
    /// Text of at most so many characters (`None`: no limit).
    Text {
        /// Characters.
        max_length: Option<i32>,
    },
    /// A Number column: a double (documented: FLOAT(53)).
    Number,
    /// Cinchy Id, versions and counts of system tables: a 32 bit integer.
    Integer,
    /// Date and time, without zone.
    DateTime,
    /// Yes/No.
    YesNo,
    /// Bytes.
    Binary,
    /// One of `options`, or several as a list text (`Bike, Gym`; an item with a comma stands in double quotes).
    Choice {
        /// Allowed values.
        options: Vec<String>,
        /// Several values.
        multi: bool,
    },
    /// Cinchy Ids of rows of `target`, shown as their column `display`.
    Link {
        /// Linked table.
        target: TableId,
        /// Column of `target` that the link shows.
        display: ColumnId,
        /// For a multi-link its junction table (`row_id`, `ordinal`, `target_id`); `None` for a single link, whose
        /// physical column holds the id.
        junction: Option<String>,
    },
    /// Computed from other columns by a CQL expression.
    Calculated {
        /// Type of the result.
        result: CalculatedType,
        /// The expression, a CQL fragment over this table.
        expression: String,
        /// Stored when its row is written (then `physical` is set); else computed on read.
        cached: bool,
    },
    /// Well-known text of a shape (spatial tables).
    Geometry,
    /// Well-known text of a shape (spatial tables).
    Geography,
    /// A column of a query or a temporary table, of a type that no column of a table has.
    Derived(Type),
    /// A text of a temporary table that is `DEFAULT NEWID()`.
    Guid,
    /// IDENTITY of a temporary table: the database counts its rows.
    Identity {
        /// The first row's number.
        seed: i64,
        /// What each further row adds.
        step: i64,
    },
}

/// Result type of a calculated column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalculatedType {
    /// Text.
    Text,
    /// Double.
    Number,
    /// Date and time.
    DateTime,
    /// Yes/No.
    YesNo,
}

/// What one caller may do: the union of the rows of `[Table Access Control]` that name the user or one of their groups.
#[derive(Debug, Clone, Default)]
pub struct Rights {
    /// The caller, as `currentUserId()` sees it.
    pub user_id: i32,
    /// Member of Cinchy Administrators: everything is allowed and row filters do not bind (documented).
    pub administrator: bool,
    /// `[Users].[Can Design Tables]`: may make tables and views.
    pub can_design_tables: bool,
    /// Grants by table. No entry: no right at all, except for the table's creator.
    pub tables: HashMap<TableId, Vec<Grant>>,
    /// Ids of the caller's groups, parents included (`currentUsersGroups()`).
    pub groups: Vec<i32>,
    /// Equal for two callers whose compiled statements are equal: part of the cache key. Made by storage from the grants'
    /// ids and versions; statements take the user's id as a bind, never as text.
    pub fingerprint: u64,
}

/// One row of `[Table Access Control]` as the binder needs it.
#[derive(Debug, Clone, Default)]
pub struct Grant {
    /// Cinchy Id of the row.
    pub row: i32,
    /// Viewable columns. Edit and approve imply view (documented); storage has not merged them.
    pub view: Columns,
    /// Editable columns.
    pub edit: Columns,
    /// Viewable Row Filter, a CQL fragment; `None`: all rows.
    pub view_filter: Option<String>,
    /// Editable Row Filter.
    pub edit_filter: Option<String>,
    /// May insert rows.
    pub add_rows: bool,
    /// May delete rows.
    pub delete_rows: bool,
    /// May run ad-hoc CQL on the table.
    pub direct_query: bool,
    /// May change the table itself.
    pub design_table: bool,
    /// May approve changes. Nothing here needs it: the platform gave approvals up (documented), but clients ask.
    pub approve_changes: bool,
    /// May change who may do what.
    pub manage_controls: bool,
    /// May keep data as a file. The web API does not ask for it: its results are data anyway (inferred).
    pub export_data: bool,
}

/// A set of columns of one table.
#[derive(Debug, Clone, PartialEq)]
pub enum Columns {
    /// Every column, later ones included.
    All,
    /// Just these.
    Some(HashSet<ColumnId>),
}

impl Default for Columns {
    fn default() -> Self {
        Self::Some(HashSet::new())
    }
}

impl Columns {
    /// Whether the column is in the set.
    pub fn contains(&self, id: ColumnId) -> bool {
        match self {
            Self::All => true,
            Self::Some(ids) => ids.contains(&id),
        }
    }
}

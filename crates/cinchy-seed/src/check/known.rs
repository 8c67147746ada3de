//! What exists before a seed is applied.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDateTime;

use crate::model::Column;

/// Users, groups and tables that exist already, so that a seed may refer to them and change them: those of a fresh
/// platform, and for a merge into a live one everything that is there.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The platform's time. Tokens that have expired by then are not counted among a user's five.
    pub now: Option<NaiveDateTime>,
    pub(super) users: BTreeMap<String, String>,
    pub(super) groups: BTreeMap<String, String>,
    pub(super) clients: BTreeSet<String>,
    pub(super) queries: BTreeSet<(String, String)>,
    pub(super) tables: HashMap<(String, String), KnownTable>,
    pub(super) system_columns: SystemColumns,
}

/// Names of columns that are the platform's own.
#[derive(Debug, Clone, Default)]
pub(super) struct SystemColumns {
    /// Every table has them.
    every: Vec<String>,
    /// They hold nothing, but their names are taken.
    blank: Vec<String>,
}

impl SystemColumns {
    /// Whether every table has a column of this name, so that a seed may name it.
    pub(super) fn has(&self, name: &str) -> bool {
        self.every.iter().any(|c| c.eq_ignore_ascii_case(name))
    }

    /// Whether no column of a seed may have this name.
    pub(super) fn takes(&self, name: &str) -> bool {
        self.has(name) || self.blank.iter().any(|c| c.eq_ignore_ascii_case(name))
    }
}

/// A table that exists.
#[derive(Debug, Clone)]
pub(super) struct KnownTable {
    pub domain: String,
    pub name: String,
    pub columns: Vec<Column>,
    pub system: bool,
}

impl Known {
    /// Nothing at all.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// The users and groups of a fresh platform (documented). Its system columns and system tables are storage's to add, by
    /// [`Known::system_columns`] and [`Known::system_table`].
    pub fn fresh() -> Self {
        let mut known = Self::nothing();
        known
            .user("admin")
            .user("Anonymous")
            .group("Cinchy Administrators")
            .group("All Users");
        known
    }

    /// Adds a user.
    pub fn user(&mut self, username: &str) -> &mut Self {
        self.users
            .insert(username.to_lowercase(), username.to_owned());
        self
    }

    /// Adds a group.
    pub fn group(&mut self, name: &str) -> &mut Self {
        self.groups.insert(name.to_lowercase(), name.to_owned());
        self
    }

    /// Adds an integrated client.
    pub fn client(&mut self, client_id: &str) -> &mut Self {
        self.clients.insert(client_id.to_owned());
        self
    }

    /// Adds a saved query.
    pub fn query(&mut self, domain: &str, name: &str) -> &mut Self {
        self.queries
            .insert((domain.to_lowercase(), name.to_lowercase()));
        self
    }

    /// Names the columns that `every` table has, and those of the platform that are always `blank`.
    pub fn system_columns(&mut self, every: &[&str], blank: &[&str]) -> &mut Self {
        let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        self.system_columns = SystemColumns {
            every: owned(every),
            blank: owned(blank),
        };
        self
    }

    /// Adds a table of users' making with its own columns; the system columns go without saying.
    pub fn table(&mut self, domain: &str, name: &str, columns: Vec<Column>) -> &mut Self {
        self.add_table(domain, name, columns, false)
    }

    /// Adds a system table: a seed may give it rows and entitlements, but no columns.
    pub fn system_table(&mut self, domain: &str, name: &str, columns: Vec<Column>) -> &mut Self {
        self.add_table(domain, name, columns, true)
    }

    fn add_table(
        &mut self,
        domain: &str,
        name: &str,
        columns: Vec<Column>,
        system: bool,
    ) -> &mut Self {
        let table = KnownTable {
            domain: domain.to_owned(),
            name: name.to_owned(),
            columns,
            system,
        };
        self.tables
            .insert((domain.to_lowercase(), name.to_lowercase()), table);
        self
    }
}

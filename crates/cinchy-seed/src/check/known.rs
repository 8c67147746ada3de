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

    /// The users and groups of a fresh platform (documented). Its system tables are storage's to add, by
    /// [`Known::system_table`].
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

//! Every name that the seeds and the known platform have together.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::cells::TextRule;
use super::known::SystemColumns;
use super::suggest::did_you_mean;
use super::{Known, Report};
use crate::model::{Access, Column, ColumnType, Table, split_table_name};
use crate::{Located, Seed};

/// Domain and name of a table in lower case.
pub(super) type TableKey = (String, String);

/// Names by their lower case, and the tables.
pub(super) struct Catalog<'a> {
    pub users: BTreeMap<String, &'a str>,
    pub groups: BTreeMap<String, &'a str>,
    pub clients: BTreeSet<&'a str>,
    pub queries: BTreeSet<(String, String)>,
    pub tables: HashMap<TableKey, TableInfo<'a>>,
    /// Parents of groups, all in lower case.
    pub parents: BTreeMap<String, BTreeSet<String>>,
    system_columns: &'a SystemColumns,
}

/// A table as all files and the known platform together make it.
pub(super) struct TableInfo<'a> {
    pub full_name: String,
    pub columns: Vec<&'a Column>,
    by_name: HashMap<String, usize>,
    /// Columns that it has beside them.
    pub system_columns: &'a SystemColumns,
    /// Exists before the seeds are applied, so that its rows are not all in sight.
    pub known: bool,
    /// A system table: no columns can be added.
    pub system: bool,
    /// The entries of the seeds that make it, in order.
    pub parts: Vec<&'a Table>,
}

impl<'a> TableInfo<'a> {
    fn new(domain: &str, name: &str, system_columns: &'a SystemColumns) -> Self {
        Self {
            system_columns,
            full_name: format!("{domain}.{name}"),
            columns: Vec::new(),
            by_name: HashMap::new(),
            known: false,
            system: false,
            parts: Vec::new(),
        }
    }

    fn add_column(&mut self, column: &'a Column) {
        let next = self.columns.len();
        match self.by_name.entry(column.name.to_lowercase()) {
            // The first one stands: a later entry may repeat a column, and changes none.
            std::collections::hash_map::Entry::Occupied(_) => {}
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(next);
                self.columns.push(column);
            }
        }
    }

    /// Number of the column of this name, in any case.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.by_name
            .get(name)
            .or_else(|| self.by_name.get(&name.to_lowercase()))
            .copied()
    }

    /// The column of this name, in any case.
    pub fn column(&self, name: &str) -> Option<&'a Column> {
        self.position(name).map(|at| self.columns[at])
    }

    /// Positions of the columns that a list row is in order of: the entry's own, or all when it names none.
    pub fn list_order(&self, part: &Table) -> Vec<usize> {
        if part.columns.is_empty() {
            return (0..self.columns.len()).collect();
        }
        part.columns
            .iter()
            .filter_map(|column| self.position(&column.name))
            .collect()
    }

    /// What the texts of each column must be.
    pub fn text_rules(&self) -> Vec<TextRule> {
        let columns = self.columns.iter();
        columns.map(|c| TextRule::of(c, self.system)).collect()
    }

    /// Whether all rows that the table will have stand in the seeds.
    pub fn rows_in_sight(&self) -> bool {
        !self.known && self.parts.iter().all(|part| part.rows_from.is_none())
    }

    /// Reports a column name that the table does not have. System columns are every table's.
    pub fn expect_column(&self, name: &Located<String>, report: &mut Report) {
        if self.column(name).is_none() && !self.system_columns.has(name) {
            let hint = self.hint(name);
            report.error(
                name.at,
                format!(
                    "the table {} has no column `{}`{hint}",
                    self.full_name, name.value
                ),
            );
        }
    }

    /// A suggestion for a wrong column name.
    pub fn hint(&self, name: &str) -> String {
        did_you_mean(name, self.columns.iter().map(|c| c.name.as_str()))
    }
}

/// Domain and table in lower case.
pub(super) fn table_key(domain: &str, name: &str) -> TableKey {
    (domain.to_lowercase(), name.to_lowercase())
}

impl<'a> Catalog<'a> {
    pub fn new(seeds: &'a [Seed], known: &'a Known) -> Self {
        let mut catalog = Self {
            users: known
                .users
                .iter()
                .map(|(key, name)| (key.clone(), name.as_str()))
                .collect(),
            groups: known
                .groups
                .iter()
                .map(|(key, name)| (key.clone(), name.as_str()))
                .collect(),
            clients: known.clients.iter().map(String::as_str).collect(),
            queries: known.queries.clone(),
            tables: HashMap::new(),
            parents: BTreeMap::new(),
            system_columns: &known.system_columns,
        };
        for (key, table) in &known.tables {
            let mut info = TableInfo::new(&table.domain, &table.name, catalog.system_columns);
            table
                .columns
                .iter()
                .for_each(|column| info.add_column(column));
            info.known = true;
            info.system = table.system;
            catalog.tables.insert(key.clone(), info);
        }
        for seed in seeds {
            catalog.add(seed);
        }
        catalog
    }

    fn add(&mut self, seed: &'a Seed) {
        self.users.extend(
            seed.users
                .iter()
                .map(|u| (u.username.to_lowercase(), u.username.as_str())),
        );
        self.groups.extend(
            seed.groups
                .iter()
                .map(|g| (g.name.to_lowercase(), g.name.as_str())),
        );
        self.clients
            .extend(seed.clients.iter().map(|c| c.client_id.as_str()));
        self.queries
            .extend(seed.queries.iter().map(|q| table_key(&q.domain, &q.name)));
        for group in &seed.groups {
            let parents = self.parents.entry(group.name.to_lowercase()).or_default();
            parents.extend(group.parents.iter().map(|parent| parent.to_lowercase()));
        }
        // A second table of one name in one file is an error, and its columns are not the first one's.
        let mut in_this_file = HashSet::new();
        for table in &seed.tables {
            let key = table_key(&table.domain, &table.name);
            if !in_this_file.insert(key.clone()) {
                continue;
            }
            let info = self
                .tables
                .entry(key)
                .or_insert_with(|| TableInfo::new(&table.domain, &table.name, self.system_columns));
            if !info.system {
                table
                    .columns
                    .iter()
                    .for_each(|column| info.add_column(column));
            }
            info.parts.push(table);
        }
    }

    /// The table that this entry belongs to; every entry's table is there.
    pub fn of(&self, table: &Table) -> Option<&TableInfo<'a>> {
        self.tables.get(&table_key(&table.domain, &table.name))
    }

    /// The target of a link column: its key and the table, or `None` when it is missing or not known.
    pub fn target(&self, column: &Column) -> Option<(TableKey, &TableInfo<'a>)> {
        let (domain, name) = split_table_name(column.table.as_ref()?)?;
        let key = table_key(domain, name);
        let info = self.tables.get(&key)?;
        (column.column_type == ColumnType::Link).then_some((key, info))
    }

    /// Reports a user that does not exist.
    pub fn expect_user(&self, name: &Located<String>, report: &mut Report) {
        if !self.users.contains_key(&name.to_lowercase()) {
            let hint = did_you_mean(name, self.users.values().copied());
            report.error(name.at, format!("no user is called `{}`{hint}", name.value));
        }
    }

    /// Reports a group that does not exist.
    pub fn expect_group(&self, name: &Located<String>, report: &mut Report) {
        if !self.groups.contains_key(&name.to_lowercase()) {
            let hint = did_you_mean(name, self.groups.values().copied());
            report.error(
                name.at,
                format!("no group is called `{}`{hint}", name.value),
            );
        }
    }

    /// Reports users and groups of a list that do not exist or stand there twice.
    pub fn expect_members(
        &self,
        users: &[Located<String>],
        groups: &[Located<String>],
        report: &mut Report,
    ) {
        super::names::check_list("the user", users, report);
        super::names::check_list("the group", groups, report);
        users.iter().for_each(|user| self.expect_user(user, report));
        groups
            .iter()
            .for_each(|group| self.expect_group(group, report));
    }

    /// The same for an access list.
    pub fn expect_access(&self, access: Option<&Access>, report: &mut Report) {
        if let Some(access) = access {
            self.expect_members(&access.users, &access.groups, report);
        }
    }
}

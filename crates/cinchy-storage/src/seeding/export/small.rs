//! The smaller system tables as parts of a seed.

use std::collections::{HashMap, HashSet};

use cinchy_cql::value::Type;
use cinchy_seed::Located;
use cinchy_seed::model::{
    Access, Applet, Literal, Query, Secret, SecretEntry, Table, Translation, Webhook,
};

use super::{Exporter, Names, entitlements, text};
use crate::base::bare_rows;
use crate::entitlements::Entitlements;
use crate::error::Result;
use crate::seeding::identity::id_of;
use crate::seeding::known;
use crate::statement::OwnedCell;
use crate::system::{self, DOMAIN};

/// System tables that no key of a seed stands for, so that their rows are rows in the export too. Views are left out: what
/// they link to has no lasting Cinchy Id.
const AS_ROWS: [&str; 7] = [
    "Languages",
    "Regions",
    "System Properties",
    "Data Sync Configurations",
    "System Colours",
    "System Icons",
    "Models",
];

fn located(name: &str) -> Located<String> {
    Located::new(name.to_owned())
}

fn id_at(row: &[OwnedCell], at: usize) -> Option<i32> {
    row.get(at).and_then(id_of)
}

impl Exporter<'_> {
    pub(super) fn literals(&mut self) -> Result<Vec<Literal>> {
        let languages = self.words("Languages")?;
        let regions = self.words("Regions")?;
        let mut translations: HashMap<i32, Vec<Translation>> = HashMap::new();
        let columns = [
            ("literal", Type::Int),
            ("translated_text", Type::Text),
            ("language", Type::Int),
            ("region", Type::Int),
        ];
        for (_, row) in self.read("Literal Translations", &columns)? {
            let word = |words: &HashMap<i32, String>, at| {
                let word = words.get(&id_at(&row, at)?)?;
                Some(located(word))
            };
            // One without a language is nobody's.
            let (Some(literal), Some(language)) = (id_at(&row, 0), word(&languages, 2)) else {
                continue;
            };
            translations.entry(literal).or_default().push(Translation {
                text: text(&row, 1).unwrap_or_default(),
                language,
                region: word(&regions, 3),
            });
        }
        let groups: HashMap<i32, String> = self
            .read("Literal Groups", &[("name", Type::Text)])?
            .into_iter()
            .map(|(id, row)| (id, text(&row, 0).unwrap_or_default()))
            .collect();
        let groups_of = self.links("literals_literal_groups")?;
        let columns = [("guid", Type::Text), ("default_text", Type::Text)];
        Ok(self
            .read("Literals", &columns)?
            .into_iter()
            .map(|(id, row)| Literal {
                guid: text(&row, 0).map(Located::new),
                default_text: Located::new(text(&row, 1).unwrap_or_default()),
                groups: groups_of
                    .get(&id)
                    .into_iter()
                    .flatten()
                    .filter_map(|group| groups.get(group).cloned())
                    .collect(),
                translations: translations.remove(&id).unwrap_or_default(),
            })
            .collect())
    }

    pub(super) fn secrets(&mut self, names: &Names) -> Result<Vec<SecretEntry>> {
        let domains = self.domain_names()?;
        let users = self.links("secrets_users")?;
        let groups = self.links("secrets_groups")?;
        let columns = [
            ("secret_name", Type::Text),
            ("secret_value", Type::Text),
            ("description", Type::Text),
            ("domain", Type::Int),
        ];
        Ok(self
            .read("Secrets", &columns)?
            .into_iter()
            .map(|(id, row)| {
                let access = Access {
                    users: Names::of(&names.users, users.get(&id).map_or(&[], Vec::as_slice)),
                    groups: Names::of(&names.groups, groups.get(&id).map_or(&[], Vec::as_slice)),
                };
                SecretEntry {
                    domain: id_at(&row, 3)
                        .and_then(|id| domains.get(&id))
                        .map(|name| located(name)),
                    name: Located::new(text(&row, 0).unwrap_or_default()),
                    value: Secret::new(text(&row, 1).unwrap_or_default()),
                    description: text(&row, 2),
                    access: (access != Access::default()).then_some(access),
                }
            })
            .collect())
    }

    /// Webhooks that work: one whose user or query is gone has nothing to name.
    pub(super) fn webhooks(&mut self, names: &Names, queries: &[Query]) -> Result<Vec<Webhook>> {
        // In the order of their ids, both of them.
        let ids = crate::queries::list(self.conn, self.schema)?;
        let by_id: HashMap<i32, &Query> = ids.iter().map(|q| q.id).zip(queries).collect();
        let columns = [
            ("key", Type::Text),
            ("run_as", Type::Int),
            ("saved_query", Type::Int),
            ("forward_payload_as_parameter", Type::Text),
        ];
        Ok(self
            .read("Webhooks", &columns)?
            .into_iter()
            .filter_map(|(_, row)| {
                let query = by_id.get(&id_at(&row, 2)?)?;
                Some(Webhook {
                    key: text(&row, 0).map(|key| Located::new(Secret::new(key))),
                    run_as: located(names.users.get(&id_at(&row, 1)?)?),
                    domain: located(&query.domain),
                    query: located(&query.name),
                    forward_payload_as_parameter: text(&row, 3),
                })
            })
            .collect())
    }

    /// Applets. One without a domain is in that of the platform.
    pub(super) fn applets(&mut self, names: &Names) -> Result<Vec<Applet>> {
        let domains = self.domain_names()?;
        let clients: HashMap<i32, String> = crate::clients::list(self.conn)?
            .into_iter()
            .map(|client| (client.id, client.client_id))
            .collect();
        let users = self.links("applets_users")?;
        let groups = self.links("applets_groups")?;
        let columns = [
            ("name", Type::Text),
            ("application_url", Type::Text),
            ("description", Type::Text),
            ("icon", Type::Text),
            ("icon_colour", Type::Text),
            ("target_window", Type::Text),
            ("guid", Type::Text),
            ("domain", Type::Int),
            ("integrated_client", Type::Int),
        ];
        Ok(self
            .read("Applets", &columns)?
            .into_iter()
            .map(|(id, row)| Applet {
                domain: id_at(&row, 7)
                    .and_then(|id| domains.get(&id))
                    .map_or_else(|| located(DOMAIN), |name| located(name)),
                name: Located::new(text(&row, 0).unwrap_or_default()),
                application_url: text(&row, 1).unwrap_or_default(),
                description: text(&row, 2),
                icon: text(&row, 3),
                icon_colour: text(&row, 4),
                target_window: text(&row, 5),
                integrated_client: id_at(&row, 8)
                    .and_then(|id| clients.get(&id))
                    .map(|name| located(name)),
                users: Names::of(&names.users, users.get(&id).map_or(&[], Vec::as_slice)),
                groups: Names::of(&names.groups, groups.get(&id).map_or(&[], Vec::as_slice)),
                guid: text(&row, 6),
            })
            .collect())
    }

    fn domain_names(&mut self) -> Result<HashMap<i32, String>> {
        let found = self.read("Domains", &[("name", Type::Text)])?;
        Ok(found
            .into_iter()
            .map(|(id, row)| (id, text(&row, 0).unwrap_or_default()))
            .collect())
    }

    /// What was added to system tables as rows and entitlements.
    pub(super) fn system_tables(
        &mut self,
        access: &Entitlements,
        names: &Names,
    ) -> Result<Vec<Table>> {
        let mut tables = Vec::new();
        for table in system::TABLES {
            let Some(live) = self.catalog.table(table.id).cloned() else {
                continue;
            };
            let mut model = Table::new(DOMAIN, table.name);
            if AS_ROWS.contains(&table.name) {
                let columns: Vec<_> = table.columns.iter().map(known::system_column).collect();
                let bare = bare_rows(table.name);
                let named = self.named_by_users(table.name)?;
                model.rows = self.rows(&live, &columns)?;
                model.rows.retain(|row| {
                    row.cinchy_id().is_some_and(|id| {
                        usize::try_from(id).is_ok_and(|at| at > bare) && !named.contains(&id)
                    })
                });
            }
            model.entitlements = entitlements(access, &live, names);
            if !model.rows.is_empty() || !model.entitlements.is_empty() {
                tables.push(model);
            }
        }
        Ok(tables)
    }

    /// Languages or regions that a user prefers: the user's key makes them.
    fn named_by_users(&mut self, table: &str) -> Result<HashSet<i32>> {
        let column = match table {
            "Languages" => "language",
            "Regions" => "region",
            _ => return Ok(HashSet::new()),
        };
        let found = self.read("User Preferences", &[(column, Type::Int)])?;
        Ok(found
            .into_iter()
            .filter_map(|(_, row)| id_at(&row, 0))
            .collect())
    }
}

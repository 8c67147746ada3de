//! Entitlements, saved queries and files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cinchy_seed::model::{Access, Entitlement, Table};
use cinchy_seed::{Located, Seed, SeedError};

use super::Applier;
use crate::base::{name_guid, name_guid_text, system_table};
use crate::error::{Result, StorageError};
use crate::files;
use crate::rows;
use crate::statement::Bound;

impl Applier<'_> {
    fn ids_of(&mut self, table: &str, column: &str, names: &[Located<String>]) -> Result<Vec<i32>> {
        names
            .iter()
            .map(|name| self.row_named(table, column, name))
            .collect()
    }

    /// Sets the two cells of an access list.
    pub(super) fn access(
        &mut self,
        row: i32,
        users: &str,
        groups: &str,
        access: &Access,
    ) -> Result<()> {
        let ids = self.ids_of("Users", "username", &access.users)?;
        rows::set_links(self.conn, self.schema, users, row, &ids)?;
        let ids = self.ids_of("Groups", "name", &access.groups)?;
        rows::set_links(self.conn, self.schema, groups, row, &ids)
    }

    pub(super) fn entitlements(&mut self, seed: &Seed) -> Result<()> {
        for table in &seed.tables {
            for entitlement in &table.entitlements {
                self.entitlement(table, entitlement)?;
            }
        }
        Ok(())
    }

    fn entitlement(&mut self, table: &Table, grant: &Entitlement) -> Result<()> {
        let gone = || StorageError::Corrupt(format!("the table {} is gone", table.full_name()));
        let live = self
            .catalog
            .find(&table.domain, &table.name)
            .cloned()
            .ok_or_else(gone)?;
        let flags = [
            ("view_all_columns", grant.view_all),
            ("edit_all_columns", grant.edit_all),
            ("add_rows", grant.add_rows),
            ("delete_rows", grant.delete_rows),
            ("approve_changes", grant.approve_changes),
            ("design_table", grant.design_table),
            ("manage_controls", grant.manage_controls),
            ("direct_query", grant.direct_query),
            ("export_data", grant.export_data),
            ("install_table", grant.install_table),
        ];
        let mut values: Vec<(&str, Bound)> = flags
            .into_iter()
            .map(|(name, flag)| (name, Bound::bit(flag == Some(true))))
            .collect();
        values.push(("table", Bound::int(live.id)));
        values.push((
            "viewable_row_filter",
            Bound::text(grant.view_filter.clone()),
        ));
        values.push((
            "editable_row_filter",
            Bound::text(grant.edit_filter.clone()),
        ));
        let row = self.insert("Table Access Control", values)?;
        let access = Access {
            users: grant.users.clone(),
            groups: grant.groups.clone(),
        };
        self.access(
            row,
            "table_access_control_users",
            "table_access_control_groups",
            &access,
        )?;
        let lists = [
            ("table_access_control_viewable_columns", &grant.view_columns),
            ("table_access_control_editable_columns", &grant.edit_columns),
            (
                "table_access_control_approvable_columns",
                &grant.approve_columns,
            ),
        ];
        for (junction, names) in lists {
            let ids: Vec<i32> = names
                .iter()
                .filter_map(|n| live.column(n))
                .map(|c| c.id)
                .collect();
            rows::set_links(self.conn, self.schema, junction, row, &ids)?;
        }
        Ok(())
    }

    pub(super) fn queries(&mut self, seed: &Seed) -> Result<()> {
        for query in &seed.queries {
            let domain = self.domain(&query.domain)?;
            let text = |value: &Option<String>| Bound::text(value.clone());
            let values = vec![
                ("domain", Bound::int(domain)),
                ("name", Bound::text(Some(query.name.value.as_str()))),
                ("cql", Bound::text(Some(query.cql.as_str()))),
                (
                    "type",
                    Bound::text(Some(
                        query
                            .query_type
                            .unwrap_or(cinchy_seed::model::QueryType::Query)
                            .as_str(),
                    )),
                ),
                ("query_type", Bound::text(Some("API"))),
                (
                    "api_result_format",
                    Bound::text(query.result_format.map(|f| f.as_str()).or(Some("JSON"))),
                ),
                (
                    "compressjson",
                    Bound::bit(query.compress_json.unwrap_or(true)),
                ),
                (
                    "timeout",
                    Bound::int(query.timeout.as_ref().map_or(30, |t| t.value)),
                ),
                ("api_version", text(&query.api_version)),
                (
                    "http_method",
                    Bound::text(query.http_method.map(|m| m.as_str())),
                ),
                (
                    "use_legacy_url_structure",
                    Bound::bit(query.use_legacy_url_structure),
                ),
                ("description", text(&query.description)),
                ("icon", text(&query.icon)),
                ("icon_colour", text(&query.icon_colour)),
                ("sync_guid", text(&query.sync_guid)),
            ];
            let guid = query.guid.clone().map(|g| Bound::text(Some(g)));
            let row = match self.find_query(domain, &query.name)? {
                Some(id) => {
                    let mut values = values;
                    values.extend(guid.map(|g| ("uuid", g)));
                    let table = system_table(&self.catalog, "Saved Queries")?;
                    rows::update(self.conn, self.schema, table, id, self.stamp, values)?;
                    id
                }
                None => {
                    let mut values = values;
                    values.push((
                        "uuid",
                        guid.unwrap_or_else(|| {
                            name_guid("query", &format!("{domain}.{}", query.name.value))
                        }),
                    ));
                    self.insert("Saved Queries", values)?
                }
            };
            let lists = [
                (
                    "saved_queries_users_with_execute_access",
                    "saved_queries_groups_with_execute_access",
                    &query.execute,
                ),
                (
                    "saved_queries_users_with_design_access",
                    "saved_queries_groups_with_design_access",
                    &query.design,
                ),
            ];
            for (users, groups, access) in lists {
                if let Some(access) = access {
                    self.access(row, users, groups, access)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn find_query(&mut self, domain: i32, name: &str) -> Result<Option<i32>> {
        use crate::schema::saved_queries;
        use diesel::prelude::*;
        let found: Vec<(i32, Option<String>)> = saved_queries::table
            .filter(saved_queries::deleted.is_null())
            .filter(saved_queries::domain.eq(domain))
            .select((saved_queries::cinchy_id, saved_queries::name))
            .load(&mut **self.conn)?;
        let name = name.to_lowercase();
        Ok(found
            .into_iter()
            .find(|(_, n)| n.as_ref().is_some_and(|n| n.to_lowercase() == name))
            .map(|(id, _)| id))
    }

    /// Files come before rows, which link to them.
    pub(super) fn files(&mut self, seed: &Seed) -> Result<()> {
        for file in &seed.files {
            let bytes = match (&file.text, &file.base64) {
                (Some(text), _) => text.clone().into_bytes(),
                (None, Some(base64)) => STANDARD.decode(base64.trim()).map_err(|error| {
                    let message = format!("the file `{}` is not base64: {error}", file.name.value);
                    StorageError::Seed(SeedError::new(&seed.file, file.name.at, message).into())
                })?,
                (None, None) => Vec::new(),
            };
            let name = &file.name.value;
            let guessed = || {
                let guess = mime_guess::from_path(name).first_raw();
                guess.map(str::to_owned)
            };
            let new = files::NewFile {
                name: name.clone(),
                content_type: file.content_type.clone().or_else(guessed),
                size: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
                guid: name_guid_text("file", name),
            };
            files::put(self.conn, self.schema, self.stamp, &new, &bytes)?;
        }
        Ok(())
    }
}

//! The smaller system tables: functions, literals, secrets, webhooks, applets.

use cinchy_cql::value::Type;
use cinchy_seed::model::{Access, Applet, Literal, SecretEntry, Translation, Webhook};
use cinchy_seed::{Located, Seed, SeedError, SeedErrors};

use super::Applier;
use super::identity::id_of;
use crate::base::{name_guid, new_guid, system_table};
use crate::error::Result;
use crate::rows;
use crate::statement::{Bound, collect};

impl Applier<'_> {
    pub(super) fn others(&mut self, seed: &Seed) -> Result<()> {
        for udf in &seed.udfs {
            let values = vec![
                ("name", Bound::text(Some(udf.name.value.as_str()))),
                ("script", Bound::text(Some(udf.script.as_str()))),
            ];
            let found = self.find_row("User Defined Functions", "name", &udf.name)?;
            self.write("User Defined Functions", found, values)?;
        }
        for literal in &seed.literals {
            self.literal(seed, literal)?;
        }
        for secret in &seed.secrets {
            self.secret(secret)?;
        }
        for webhook in &seed.webhooks {
            self.webhook(webhook)?;
        }
        for applet in &seed.applets {
            self.applet(applet)?;
        }
        Ok(())
    }

    /// Updates this row, or inserts one where there is none.
    fn write(
        &mut self,
        table: &str,
        found: Option<i32>,
        values: Vec<(&str, Bound)>,
    ) -> Result<i32> {
        match found {
            Some(id) => {
                let table = system_table(&self.catalog, table)?;
                rows::update(self.conn, self.schema, table, id, self.stamp, values)?;
                Ok(id)
            }
            None => self.insert(table, values),
        }
    }

    /// The live row of this name in a domain, in any case.
    fn find_in_domain(
        &mut self,
        table: &str,
        column: &str,
        name: &str,
        domain: Option<i32>,
    ) -> Result<Option<i32>> {
        let physical = system_table(&self.catalog, table)?.physical.clone();
        let sql = format!(
            "SELECT cinchy_id FROM {} WHERE deleted IS NULL AND lower({}) = lower($1) \
             AND COALESCE(domain, 0) = $2 ORDER BY cinchy_id",
            rows::qualified(self.conn, self.schema, &physical),
            rows::quoted(column),
        );
        let binds = [Bound::text(Some(name)), Bound::int(domain.unwrap_or(0))];
        let found = collect(self.conn, &sql, &binds, &[Type::Int])?;
        Ok(found.iter().find_map(|row| id_of(row.first()?)))
    }

    fn literal(&mut self, seed: &Seed, literal: &Literal) -> Result<()> {
        let (found, guid) = match &literal.guid {
            Some(guid) => (
                self.find_row("Literals", "guid", guid)?,
                Bound::text(Some(guid.value.as_str())),
            ),
            None => (None, new_guid()),
        };
        let text = literal.default_text.value.as_str();
        let values = vec![("default_text", Bound::text(Some(text))), ("guid", guid)];
        let row = self.write("Literals", found, values)?;
        let mut groups = Vec::new();
        for group in &literal.groups {
            let values = vec![("name", Bound::text(Some(group.as_str())))];
            let found = self.find_row("Literal Groups", "name", group)?;
            groups.push(self.write("Literal Groups", found, values)?);
        }
        rows::set_links(
            self.conn,
            self.schema,
            "literals_literal_groups",
            row,
            &groups,
        )?;
        for translation in &literal.translations {
            self.translation(seed, row, translation)?;
        }
        Ok(())
    }

    fn translation(&mut self, seed: &Seed, literal: i32, translation: &Translation) -> Result<()> {
        let language = self.subtag(seed, "Languages", &translation.language)?;
        let region = match &translation.region {
            Some(region) => Some(self.subtag(seed, "Regions", region)?),
            None => None,
        };
        let physical = system_table(&self.catalog, "Literal Translations")?
            .physical
            .clone();
        let sql = format!(
            "SELECT cinchy_id FROM {} WHERE deleted IS NULL AND literal = $1 AND language = $2 \
             AND COALESCE(region, 0) = $3 ORDER BY cinchy_id",
            rows::qualified(self.conn, self.schema, &physical),
        );
        let binds = [
            Bound::int(literal),
            Bound::int(language),
            Bound::int(region.unwrap_or(0)),
        ];
        let found = collect(self.conn, &sql, &binds, &[Type::Int])?;
        let found = found.iter().find_map(|row| id_of(row.first()?));
        let values = vec![
            (
                "translated_text",
                Bound::text(Some(translation.text.as_str())),
            ),
            ("literal", Bound::int(literal)),
            ("language", Bound::int(language)),
            ("region", Bound::int(region)),
        ];
        self.write("Literal Translations", found, values)?;
        Ok(())
    }

    /// The row of a language or a region, which the seed names.
    fn subtag(&mut self, seed: &Seed, table: &str, subtag: &Located<String>) -> Result<i32> {
        self.find_row(table, "subtag", subtag)?.ok_or_else(|| {
            let message = format!(
                "no row of Cinchy.{table} has the subtag `{}`; a row of that table adds one",
                subtag.value
            );
            SeedErrors::from(SeedError::new(&seed.file, subtag.at, message)).into()
        })
    }

    fn secret(&mut self, secret: &SecretEntry) -> Result<()> {
        let domain = match &secret.domain {
            Some(domain) => Some(self.domain(domain)?),
            None => None,
        };
        let mut values = vec![
            ("secret_name", Bound::text(Some(secret.name.value.as_str()))),
            ("secret_value", Bound::text(Some(secret.value.expose()))),
            ("domain", Bound::int(domain)),
        ];
        if let Some(description) = &secret.description {
            values.push(("description", Bound::text(Some(description.as_str()))));
        }
        let found = self.find_in_domain("Secrets", "secret_name", &secret.name, domain)?;
        let row = self.write("Secrets", found, values)?;
        if let Some(access) = &secret.access {
            self.access(row, "secrets_users", "secrets_groups", access)?;
        }
        Ok(())
    }

    fn webhook(&mut self, webhook: &Webhook) -> Result<()> {
        let run_as = self.row_named("Users", "username", &webhook.run_as)?;
        let domain = self.domain(&webhook.domain)?;
        let query = self.find_query(domain, &webhook.query)?;
        let (found, key) = match &webhook.key {
            Some(key) => (
                self.find_row("Webhooks", "key", key.expose())?,
                Bound::text(Some(key.expose())),
            ),
            None => (None, new_guid()),
        };
        let mut values = vec![
            ("key", key),
            ("run_as", Bound::int(run_as)),
            ("saved_query", Bound::int(query)),
        ];
        if let Some(forward) = &webhook.forward_payload_as_parameter {
            values.push((
                "forward_payload_as_parameter",
                Bound::text(Some(forward.as_str())),
            ));
        }
        self.write("Webhooks", found, values)?;
        Ok(())
    }

    fn applet(&mut self, applet: &Applet) -> Result<()> {
        let domain = self.domain(&applet.domain)?;
        let name = applet.name.value.as_str();
        let mut values = vec![
            ("domain", Bound::int(domain)),
            ("name", Bound::text(Some(name))),
            (
                "application_url",
                Bound::text(Some(applet.application_url.as_str())),
            ),
        ];
        let said = [
            ("description", &applet.description),
            ("icon", &applet.icon),
            ("icon_colour", &applet.icon_colour),
            ("target_window", &applet.target_window),
            ("guid", &applet.guid),
        ];
        for (column, value) in said {
            if let Some(value) = value {
                values.push((column, Bound::text(Some(value.as_str()))));
            }
        }
        if let Some(client) = &applet.integrated_client {
            let client = self.row_named("Integrated Clients", "client_id", client)?;
            values.push(("integrated_client", Bound::int(client)));
        }
        let found = self.find_in_domain("Applets", "name", name, Some(domain))?;
        if found.is_none() && applet.guid.is_none() {
            let full = format!("{}.{name}", applet.domain.value);
            values.push(("guid", name_guid("applet", &full)));
        }
        let row = self.write("Applets", found, values)?;
        // As everywhere in a seed, an empty list says nothing.
        if !applet.users.is_empty() || !applet.groups.is_empty() {
            let access = Access {
                users: applet.users.clone(),
                groups: applet.groups.clone(),
            };
            self.access(row, "applets_users", "applets_groups", &access)?;
        }
        Ok(())
    }
}

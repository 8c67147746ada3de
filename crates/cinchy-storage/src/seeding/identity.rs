//! Settings, domains, groups, users with their tokens and preferences, clients.

use chrono::{Months, NaiveDateTime};
use cinchy_auth::client::generate_client_secret;
use cinchy_auth::pat;
use cinchy_auth::secret::PlainSecret;
use cinchy_seed::model::{Client, Expiry, Token, User};
use cinchy_seed::{Seed, merge};

use super::{Applier, generated_token, stored_saml, stored_settings};
use crate::base::{name_guid, system_table};
use crate::error::{Result, StorageError};
use crate::statement::{Bound, OwnedCell, collect};
use crate::tokens::NewToken;
use crate::{lists, rows, state, tokens};
use cinchy_cql::value::Type;

impl Applier<'_> {
    /// The live row of a system table whose text column has this value, in any case.
    pub(super) fn find_row(
        &mut self,
        table: &str,
        column: &str,
        value: &str,
    ) -> Result<Option<i32>> {
        let physical = system_table(&self.catalog, table)?.physical.clone();
        let sql = format!(
            "SELECT cinchy_id, {} FROM {} WHERE deleted IS NULL AND lower({}) = lower($1) ORDER BY cinchy_id",
            rows::quoted(column),
            rows::qualified(self.conn, self.schema, &physical),
            rows::quoted(column),
        );
        let found = collect(
            self.conn,
            &sql,
            &[Bound::text(Some(value))],
            &[Type::Int, Type::Text],
        )?;
        Ok(found.iter().find_map(|row| id_of(row.first()?)))
    }

    /// Like [`Self::find_row`], for what the checks have found.
    pub(super) fn row_named(&mut self, table: &str, column: &str, value: &str) -> Result<i32> {
        self.find_row(table, column, value)?
            .ok_or_else(|| StorageError::Corrupt(format!("no row `{value}` in [Cinchy].[{table}]")))
    }

    pub(super) fn insert(&mut self, table: &str, values: Vec<(&str, Bound)>) -> Result<i32> {
        let table = system_table(&self.catalog, table)?;
        rows::insert(self.conn, self.schema, table, self.stamp, values)
    }

    fn update(&mut self, table: &str, id: i32, values: Vec<(&str, Bound)>) -> Result<()> {
        let table = system_table(&self.catalog, table)?;
        rows::update(self.conn, self.schema, table, id, self.stamp, values)
    }

    /// Inserts a row, or updates the one that is there with what the seed says about it.
    fn upsert(
        &mut self,
        table: &str,
        id: Option<i32>,
        said: Vec<(&str, Option<Bound>)>,
        fresh: Vec<(&str, Bound)>,
    ) -> Result<i32> {
        let said = said
            .into_iter()
            .filter_map(|(column, value)| Some((column, value?)));
        match id {
            Some(id) => {
                self.update(table, id, said.collect())?;
                Ok(id)
            }
            None => {
                let mut values: Vec<(&str, Bound)> = said.collect();
                for (column, value) in fresh {
                    if !values.iter().any(|(name, _)| *name == column) {
                        values.push((column, value));
                    }
                }
                self.insert(table, values)
            }
        }
    }

    pub(super) fn settings(&mut self, seed: &Seed) -> Result<()> {
        if let Some(settings) = &seed.settings {
            let before = Seed {
                settings: Some(stored_settings(self.conn)?),
                ..Seed::default()
            };
            let after = Seed {
                settings: Some(settings.clone()),
                ..Seed::default()
            };
            let merged = merge(vec![before, after]).settings.unwrap_or_default();
            state::set_setting(self.conn, "settings", &to_json(&merged)?)?;
        }
        if let Some(saml) = &seed.saml {
            let before = Seed {
                saml: stored_saml(self.conn)?,
                ..Seed::default()
            };
            let after = Seed {
                saml: Some(saml.clone()),
                ..Seed::default()
            };
            if let Some(merged) = merge(vec![before, after]).saml {
                state::set_setting(self.conn, "saml", &to_json(&merged)?)?;
            }
        }
        Ok(())
    }

    /// The domain of this name, made when it is missing.
    pub(super) fn domain(&mut self, name: &str) -> Result<i32> {
        match self.find_row("Domains", "name", name)? {
            Some(id) => Ok(id),
            None => self.insert(
                "Domains",
                vec![
                    ("name", Bound::text(Some(name))),
                    ("guid", name_guid("domain", name)),
                ],
            ),
        }
    }

    pub(super) fn domains(&mut self, seed: &Seed) -> Result<()> {
        for domain in &seed.domains {
            let id = self.domain(&domain.name)?;
            let said = vec![
                (
                    "colour",
                    domain.colour.clone().map(|v| Bound::text(Some(v))),
                ),
                ("guid", domain.guid.clone().map(|v| Bound::text(Some(v)))),
                (
                    "sync_guid",
                    domain.sync_guid.clone().map(|v| Bound::text(Some(v))),
                ),
            ];
            if said.iter().any(|(_, value)| value.is_some()) {
                self.upsert("Domains", Some(id), said, Vec::new())?;
            }
        }
        for table in &seed.tables {
            self.domain(&table.domain)?;
        }
        for query in &seed.queries {
            self.domain(&query.domain)?;
        }
        Ok(())
    }

    pub(super) fn groups(&mut self, seed: &Seed) -> Result<()> {
        for group in &seed.groups {
            let found = self.find_row("Groups", "name", &group.name)?;
            let said = vec![
                ("name", Some(Bound::text(Some(group.name.value.as_str())))),
                (
                    "group_type",
                    group.group_type.map(|t| Bound::text(Some(t.as_str()))),
                ),
                (
                    "sync_guid",
                    group.sync_guid.clone().map(|v| Bound::text(Some(v))),
                ),
            ];
            let fresh = vec![("group_type", Bound::text(Some("Cinchy Group")))];
            self.upsert("Groups", found, said, fresh)?;
        }
        for group in &seed.groups {
            let id = self.row_named("Groups", "name", &group.name)?;
            for parent in &group.parents {
                let parent = self.row_named("Groups", "name", parent)?;
                self.add_link("groups_user_groups", parent, id)?;
            }
            for owner in &group.owner_groups {
                let owner = self.row_named("Groups", "name", owner)?;
                self.add_link("groups_owner_groups", id, owner)?;
            }
        }
        Ok(())
    }

    /// Adds a target to a multi-link cell unless it is there.
    fn add_link(&mut self, junction: &str, row: i32, target: i32) -> Result<()> {
        let mut targets: Vec<i32> = rows::links(self.conn, self.schema, junction)?
            .into_iter()
            .filter(|(r, _)| *r == row)
            .map(|(_, t)| t)
            .collect();
        if !targets.contains(&target) {
            targets.push(target);
            rows::set_links(self.conn, self.schema, junction, row, &targets)?;
        }
        Ok(())
    }

    pub(super) fn users(&mut self, seed: &Seed) -> Result<()> {
        for user in &seed.users {
            let id = self.user(user)?;
            for group in &user.groups {
                let group = self.row_named("Groups", "name", group)?;
                // Everybody is in All Users without being named.
                if group != crate::groups::ALL_USERS {
                    self.add_link("groups_users", group, id)?;
                }
            }
            self.preferences(id, user)?;
            for token in &user.tokens {
                self.token(id, token)?;
            }
        }
        // Owners may be users of this seed.
        for group in &seed.groups {
            for owner in &group.owners {
                let id = self.row_named("Groups", "name", &group.name)?;
                let owner = self.row_named("Users", "username", owner)?;
                self.add_link("groups_owners", id, owner)?;
            }
        }
        Ok(())
    }

    fn user(&mut self, user: &User) -> Result<i32> {
        let found = self.find_row("Users", "username", &user.username)?;
        let text = |value: &Option<String>| value.clone().map(|v| Bound::text(Some(v)));
        let said = vec![
            (
                "username",
                Some(Bound::text(Some(user.username.value.as_str()))),
            ),
            (
                "authentication_method",
                user.authentication_method
                    .map(|m| Bound::text(Some(m.as_str()))),
            ),
            (
                "password",
                user.password_hash
                    .as_ref()
                    .map(|h| Bound::text(Some(h.expose()))),
            ),
            ("email_address", text(&user.email)),
            ("first_name", text(&user.first_name)),
            ("last_name", text(&user.last_name)),
            ("is_disabled", user.disabled.map(Bound::bit)),
            ("can_design_tables", user.can_design_tables.map(Bound::bit)),
            (
                "can_design_queries",
                user.can_design_queries.map(Bound::bit),
            ),
        ];
        let fresh = vec![
            (
                "authentication_method",
                Bound::text(Some("Cinchy User Account")),
            ),
            ("is_disabled", Bound::bit(false)),
        ];
        self.upsert("Users", found, said, fresh)
    }

    fn preferences(&mut self, id: i32, user: &User) -> Result<()> {
        if user.language.is_none() && user.region.is_none() && user.time_zone.is_none() {
            return Ok(());
        }
        let mut said = vec![("user", Some(Bound::int(id)))];
        for (table, column, subtag) in [
            ("Languages", "language", &user.language),
            ("Regions", "region", &user.region),
        ] {
            if let Some(subtag) = subtag {
                let found = match self.find_row(table, "subtag", subtag)? {
                    Some(id) => id,
                    None => {
                        self.insert(table, vec![("subtag", Bound::text(Some(subtag.as_str())))])?
                    }
                };
                said.push((column, Some(Bound::int(found))));
            }
        }
        said.push((
            "time_zone",
            user.time_zone.clone().map(|v| Bound::text(Some(v))),
        ));
        let physical = system_table(&self.catalog, "User Preferences")?
            .physical
            .clone();
        let sql = format!(
            "SELECT cinchy_id FROM {} WHERE deleted IS NULL AND \"user\" = $1",
            rows::qualified(self.conn, self.schema, &physical)
        );
        let found = collect(self.conn, &sql, &[Bound::int(id)], &[Type::Int])?;
        let found = found.first().and_then(|row| id_of(row.first()?));
        self.upsert("User Preferences", found, said, Vec::new())?;
        Ok(())
    }

    fn token(&mut self, user: i32, token: &Token) -> Result<()> {
        let hash = match (&token.value_hash, &token.value) {
            (Some(hash), _) => hash.expose().to_owned(),
            (None, Some(value)) => pat::hash(&PlainSecret::new(value.expose())),
            // Said once, with what else is said about the seed; afterwards only the hash is known.
            (None, None) => {
                let value = pat::generate(&mut rand::rng());
                self.warnings.push(generated_token(&token.name, &value));
                pat::hash(&value)
            }
        };
        if tokens::find(self.conn, &hash)?.is_some() {
            return Ok(());
        }
        let now = self.stamp.at;
        let expires = match token.expires {
            Some(Expiry::At(at)) => at,
            Some(Expiry::After(delta)) => {
                now.checked_add_signed(delta).unwrap_or(NaiveDateTime::MAX)
            }
            None => now
                .checked_add_months(Months::new(pat::MAX_MONTHS))
                .unwrap_or(NaiveDateTime::MAX),
        };
        tokens::insert(
            self.conn,
            &NewToken {
                user_id: user,
                name: &token.name,
                description: None,
                token_hash: &hash,
                created: now,
                expires,
            },
        )
    }

    pub(super) fn clients(&mut self, seed: &Seed) -> Result<()> {
        for client in &seed.clients {
            self.client(client)?;
        }
        Ok(())
    }

    fn client(&mut self, client: &Client) -> Result<()> {
        let found = crate::clients::find(self.conn, &client.client_id)?.map(|c| c.id);
        let list =
            |items: Vec<&str>| (!items.is_empty()).then(|| Bound::text(Some(lists::join(items))));
        let urls = |items: &[cinchy_seed::Located<String>]| {
            let urls: Vec<String> = items.iter().map(|u| u.value.clone()).collect();
            (!urls.is_empty()).then(|| Bound::text(Some(cinchy_auth::client::join_urls(&urls))))
        };
        let scopes = client
            .scopes
            .iter()
            .filter_map(|s| cinchy_auth::scope::Scope::from_wire(s.as_str()));
        let scopes = scopes.map(cinchy_auth::scope::Scope::choice).collect();
        let grants = client.grant_type.iter().map(|g| g.value.as_str()).collect();
        let lifetime = client.access_token_lifetime.as_ref();
        let said = vec![
            (
                "client_id",
                Some(Bound::text(Some(client.client_id.value.as_str()))),
            ),
            (
                "client_name",
                client.client_name.clone().map(|v| Bound::text(Some(v))),
            ),
            ("grant_type", list(grants)),
            ("permitted_login_redirect_urls", urls(&client.redirect_urls)),
            ("permitted_logout_redirect_urls", urls(&client.logout_urls)),
            ("permitted_scopes", list(scopes)),
            (
                "access_token_lifetime_seconds",
                lifetime.map(|l| Bound::int(i32::try_from(l.value).unwrap_or(i32::MAX))),
            ),
            (
                "show_cinchy_login_screen",
                client.show_login_screen.map(Bound::bit),
            ),
            ("enabled", client.enabled.map(Bound::bit)),
            (
                "guid",
                client
                    .secret
                    .as_ref()
                    .map(|s| Bound::text(Some(s.expose()))),
            ),
            (
                "sync_guid",
                client.sync_guid.clone().map(|v| Bound::text(Some(v))),
            ),
        ];
        let fresh = vec![
            (
                "client_name",
                Bound::text(Some(client.client_id.value.as_str())),
            ),
            ("show_cinchy_login_screen", Bound::bit(true)),
            ("enabled", Bound::bit(true)),
            (
                "guid",
                Bound::text(Some(generate_client_secret(&mut rand::rng()).expose())),
            ),
        ];
        self.upsert("Integrated Clients", found, said, fresh)?;
        Ok(())
    }
}

pub(super) fn to_json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StorageError::Corrupt(error.to_string()))
}

/// The id in a result cell.
pub(super) fn id_of(cell: &OwnedCell) -> Option<i32> {
    match cell {
        OwnedCell::Int(id) => i32::try_from(*id).ok(),
        _ => None,
    }
}

//! Groups, users with their tokens, integrated clients as parts of a seed.

use std::collections::HashMap;

use cinchy_cql::value::Type;
use cinchy_seed::Located;
use cinchy_seed::model::{
    AuthenticationMethod, Client, Expiry, GrantType, Group, GroupType, Scope, Secret, Token, User,
};

use super::{Exporter, Names, bit, text};
use crate::error::Result;
use crate::rows;
use crate::seeding::identity::id_of;
use crate::statement::OwnedCell;
use crate::tokens;

impl Exporter<'_> {
    pub(super) fn groups(&mut self, names: &Names) -> Result<Vec<Group>> {
        let mut parents: HashMap<i32, Vec<i32>> = HashMap::new();
        for (parent, group) in rows::links(self.conn, self.schema, "groups_user_groups")? {
            parents.entry(group).or_default().push(parent);
        }
        let owners = self.links("groups_owners")?;
        let owner_groups = self.links("groups_owner_groups")?;
        let none = Vec::new();
        let found = self.read(
            "Groups",
            &[
                ("name", Type::Text),
                ("group_type", Type::Text),
                ("sync_guid", Type::Text),
            ],
        )?;
        Ok(found
            .into_iter()
            .map(|(id, row)| Group {
                name: Located::new(text(&row, 0).unwrap_or_default()),
                parents: Names::of(&names.groups, parents.get(&id).unwrap_or(&none)),
                group_type: text(&row, 1).as_deref().and_then(GroupType::from_word),
                owners: Names::of(&names.users, owners.get(&id).unwrap_or(&none)),
                owner_groups: Names::of(&names.groups, owner_groups.get(&id).unwrap_or(&none)),
                sync_guid: text(&row, 2),
            })
            // The two that always exist are written only when there is something to say about them.
            .filter(|g| {
                let exists = matches!(g.name.as_str(), "All Users" | "Cinchy Administrators");
                let says = !g.parents.is_empty()
                    || !g.owners.is_empty()
                    || !g.owner_groups.is_empty()
                    || g.sync_guid.is_some()
                    || g.group_type != Some(GroupType::CinchyGroup);
                !exists || says
            })
            .collect())
    }

    pub(super) fn users(&mut self, names: &Names) -> Result<Vec<User>> {
        let mut member_of: HashMap<i32, Vec<i32>> = HashMap::new();
        for (group, user) in rows::links(self.conn, self.schema, "groups_users")? {
            member_of.entry(user).or_default().push(group);
        }
        let languages = self.words("Languages")?;
        let regions = self.words("Regions")?;
        let preferences: HashMap<i32, Vec<OwnedCell>> = self
            .read(
                "User Preferences",
                &[
                    ("user", Type::Int),
                    ("language", Type::Int),
                    ("region", Type::Int),
                    ("time_zone", Type::Text),
                ],
            )?
            .into_iter()
            .filter_map(|(_, row)| Some((id_of(row.first()?)?, row)))
            .collect();
        let mut tokens_of: HashMap<i32, Vec<Token>> = HashMap::new();
        for token in tokens::list(self.conn)? {
            tokens_of.entry(token.user_id).or_default().push(Token {
                name: token.name.as_str().into(),
                expires: Some(Expiry::At(token.expires)),
                value: None,
                value_hash: Some(Secret::new(token.token_hash)),
            });
        }
        let columns = [
            ("username", Type::Text),
            ("password", Type::Text),
            ("first_name", Type::Text),
            ("last_name", Type::Text),
            ("email_address", Type::Text),
            ("authentication_method", Type::Text),
            ("is_disabled", Type::Bit),
            ("can_design_tables", Type::Bit),
            ("can_design_queries", Type::Bit),
        ];
        let mut found = self.read("Users", &columns)?;
        // Anonymous has a negative id and comes last: the first user of a seed gets the first free id.
        found.sort_by_key(|(id, _)| (*id < 0, *id));
        Ok(found
            .into_iter()
            .map(|(id, row)| {
                let mut user = User::new(&text(&row, 0).unwrap_or_default());
                user.password_hash = text(&row, 1).map(|hash| Located::new(Secret::new(hash)));
                user.first_name = text(&row, 2);
                user.last_name = text(&row, 3);
                user.email = text(&row, 4);
                user.authentication_method = text(&row, 5)
                    .as_deref()
                    .and_then(AuthenticationMethod::from_word)
                    .filter(|m| *m != AuthenticationMethod::CinchyUserAccount);
                user.disabled = bit(&row, 6).filter(|d| *d);
                user.can_design_tables = bit(&row, 7);
                user.can_design_queries = bit(&row, 8);
                user.groups =
                    Names::of(&names.groups, member_of.get(&id).map_or(&[], Vec::as_slice));
                user.tokens = tokens_of.remove(&id).unwrap_or_default();
                if let Some(row) = preferences.get(&id) {
                    let word = |words: &HashMap<i32, String>, at: usize| {
                        row.get(at)
                            .and_then(id_of)
                            .and_then(|id| words.get(&id).cloned())
                    };
                    user.language = word(&languages, 1);
                    user.region = word(&regions, 2);
                    user.time_zone = text(row, 3);
                }
                user
            })
            .filter(|user| user.username.as_str() != "Anonymous" || *user != anonymous())
            .collect())
    }

    pub(super) fn clients(&mut self) -> Result<Vec<Client>> {
        let sync_guids = self.read("Integrated Clients", &[("sync_guid", Type::Text)])?;
        let sync_guids: HashMap<i32, Vec<OwnedCell>> = sync_guids.into_iter().collect();
        Ok(crate::clients::list(self.conn)?
            .into_iter()
            .map(|client| {
                let located = |urls: Vec<String>| urls.into_iter().map(Located::new).collect();
                Client {
                    client_name: Some(client.client_name).filter(|name| *name != client.client_id),
                    client_id: Located::new(client.client_id),
                    grant_type: client
                        .grant_types
                        .iter()
                        .filter_map(|g| GrantType::from_word(g.as_str()))
                        .map(Located::new)
                        .collect(),
                    redirect_urls: located(client.redirect_urls),
                    logout_urls: located(client.logout_urls),
                    scopes: client
                        .scopes
                        .iter()
                        .filter_map(|s| Scope::from_word(s.as_str()))
                        .map(Located::new)
                        .collect(),
                    access_token_lifetime: client
                        .access_token_lifetime
                        .map(|l| Located::new(l.into())),
                    show_login_screen: (!client.show_login_screen).then_some(false),
                    enabled: (!client.enabled).then_some(false),
                    secret: Some(Secret::new(client.secret.expose()))
                        .filter(|s| !s.expose().is_empty()),
                    sync_guid: sync_guids.get(&client.id).and_then(|row| text(row, 0)),
                }
            })
            .collect())
    }
}

/// The built-in user as a fresh platform has it: not worth writing.
fn anonymous() -> User {
    let mut user = User::new("Anonymous");
    user.first_name = Some("Anonymous".to_owned());
    user
}

//! `[Cinchy].[Groups]`: membership, with groups inside groups.

use std::collections::{HashMap, HashSet};

use cinchy_auth::principal::User;
use diesel::prelude::*;

use crate::any::AnyConnection;
use crate::connection::Connection;
use crate::error::Result;
use crate::rows;
use crate::schema::groups;

/// Cinchy Id of `Cinchy Administrators`.
pub const ADMINISTRATORS: i32 = 1;
/// Cinchy Id of `All Users`, which holds every user but Anonymous without being named.
pub const ALL_USERS: i32 = 2;

/// Who is in which group, loaded whole: groups are few.
#[derive(Debug, Default)]
pub struct Membership {
    names: HashMap<i32, String>,
    groups_of_user: HashMap<i32, Vec<i32>>,
    /// The groups that have a group among their `[User Groups]`.
    parents_of_group: HashMap<i32, Vec<i32>>,
}

impl Membership {
    /// Loads it.
    ///
    /// # Errors
    /// The driver's.
    pub fn load(conn: &mut Connection, schema: &str) -> Result<Self> {
        let names: HashMap<i32, String> = list(conn)?.into_iter().collect();
        let mut membership = Self {
            names,
            ..Self::default()
        };
        for (group, user) in rows::links(conn, schema, "groups_users")? {
            if membership.names.contains_key(&group) {
                membership
                    .groups_of_user
                    .entry(user)
                    .or_default()
                    .push(group);
            }
        }
        for (parent, group) in rows::links(conn, schema, "groups_user_groups")? {
            if membership.names.contains_key(&parent) {
                membership
                    .parents_of_group
                    .entry(group)
                    .or_default()
                    .push(parent);
            }
        }
        Ok(membership)
    }

    /// Groups of a user, those that hold them through other groups included, in ascending order. A cycle does no harm.
    pub fn groups_of(&self, user: &User) -> Vec<i32> {
        if user.is_anonymous() {
            return Vec::new();
        }
        let mut open: Vec<i32> = self
            .groups_of_user
            .get(&user.id)
            .cloned()
            .unwrap_or_default();
        open.push(ALL_USERS);
        let mut found = HashSet::new();
        while let Some(group) = open.pop() {
            if found.insert(group) {
                open.extend(self.parents_of_group.get(&group).into_iter().flatten());
            }
        }
        let mut found: Vec<i32> = found.into_iter().collect();
        found.sort_unstable();
        found
    }

    /// Name of a group.
    pub fn name(&self, id: i32) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }
}

/// Live groups by id.
///
/// # Errors
/// The driver's.
pub fn list(conn: &mut AnyConnection) -> Result<Vec<(i32, String)>> {
    Ok(groups::table
        .filter(groups::deleted.is_null())
        .order(groups::cinchy_id)
        .select((groups::cinchy_id, groups::name))
        .load::<(i32, Option<String>)>(conn)?
        .into_iter()
        .map(|(id, name)| (id, name.unwrap_or_default()))
        .collect())
}

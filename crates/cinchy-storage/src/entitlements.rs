//! `[Cinchy].[Table Access Control]`: rows become the [`Rights`] of one caller.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use cinchy_auth::principal::Principal;
use cinchy_cql::catalog::{Columns, Grant, Rights};
use diesel::prelude::*;

use crate::connection::Connection;
use crate::error::Result;
use crate::queries::by_row;
use crate::rows;
use crate::schema::{table_access_control as access, users};

/// A row of the table.
#[derive(Debug, Clone)]
pub(crate) struct Entitlement {
    pub row: AccessRow,
    pub users: Vec<i32>,
    pub groups: Vec<i32>,
    pub viewable: Vec<i32>,
    pub editable: Vec<i32>,
    pub approvable: Vec<i32>,
}

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = access)]
pub(crate) struct AccessRow {
    pub cinchy_id: i32,
    pub version: i32,
    pub table_id: Option<i32>,
    pub view_all_columns: Option<bool>,
    pub viewable_row_filter: Option<String>,
    pub edit_all_columns: Option<bool>,
    pub editable_row_filter: Option<String>,
    pub add_rows: Option<bool>,
    pub delete_rows: Option<bool>,
    pub approve_changes: Option<bool>,
    pub design_table: Option<bool>,
    pub manage_controls: Option<bool>,
    pub direct_query: Option<bool>,
    pub export_data: Option<bool>,
    pub install_table: Option<bool>,
}

/// All live rows, loaded together: the caches above keep them until a version moves.
#[derive(Debug, Default)]
pub struct Entitlements {
    pub(crate) rows: Vec<Entitlement>,
    /// Users with `[Can Design Tables]`.
    designers: HashSet<i32>,
}

impl Entitlements {
    /// Loads them.
    ///
    /// # Errors
    /// The driver's.
    pub fn load(conn: &mut Connection, schema: &str) -> Result<Self> {
        let found: Vec<AccessRow> = access::table
            .filter(access::deleted.is_null())
            .order(access::cinchy_id)
            .select(AccessRow::as_select())
            .load(&mut **conn)?;
        let mut links = |column: &str| -> Result<HashMap<i32, Vec<i32>>> {
            Ok(by_row(rows::links(
                conn,
                schema,
                &format!("table_access_control_{column}"),
            )?))
        };
        let mut named = links("users")?;
        let mut groups = links("groups")?;
        let mut viewable = links("viewable_columns")?;
        let mut editable = links("editable_columns")?;
        let mut approvable = links("approvable_columns")?;
        let rows = found
            .into_iter()
            .map(|row| {
                let id = row.cinchy_id;
                Entitlement {
                    row,
                    users: named.remove(&id).unwrap_or_default(),
                    groups: groups.remove(&id).unwrap_or_default(),
                    viewable: viewable.remove(&id).unwrap_or_default(),
                    editable: editable.remove(&id).unwrap_or_default(),
                    approvable: approvable.remove(&id).unwrap_or_default(),
                }
            })
            .collect();
        let designers = users::table
            .filter(users::deleted.is_null())
            .filter(users::can_design_tables.eq(true))
            .select(users::cinchy_id)
            .load::<i32>(&mut **conn)?;
        Ok(Self {
            rows,
            designers: designers.into_iter().collect(),
        })
    }

    /// What this caller may do.
    pub fn rights_of(&self, principal: &Principal) -> Rights {
        let mut rights = Rights {
            user_id: principal.user_id,
            administrator: principal.administrator,
            can_design_tables: self.designers.contains(&principal.user_id),
            groups: principal.groups.clone(),
            ..Rights::default()
        };
        rights.groups.sort_unstable();
        let mut hasher = DefaultHasher::new();
        principal.administrator.hash(&mut hasher);
        // `currentUsersGroups()` is compiled to these ids.
        rights.groups.hash(&mut hasher);
        if principal.administrator {
            rights.fingerprint = hasher.finish();
            return rights;
        }
        // What a creator may do depends on who asks, so the user is part of what is compiled.
        principal.user_id.hash(&mut hasher);
        for entitlement in &self.rows {
            let Some(table) = entitlement.row.table_id else {
                continue;
            };
            if principal.is_named(&entitlement.users, &entitlement.groups) {
                (entitlement.row.cinchy_id, entitlement.row.version).hash(&mut hasher);
                rights
                    .tables
                    .entry(table)
                    .or_default()
                    .push(entitlement.grant());
            }
        }
        rights.fingerprint = hasher.finish();
        rights
    }
}

impl Entitlement {
    fn grant(&self) -> Grant {
        let row = &self.row;
        let view = if row.view_all_columns == Some(true) {
            Columns::All
        } else {
            // Approve implies view (documented); edit does too, which the binder knows.
            Columns::Some(
                self.viewable
                    .iter()
                    .chain(&self.approvable)
                    .copied()
                    .collect(),
            )
        };
        let edit = if row.edit_all_columns == Some(true) {
            Columns::All
        } else {
            Columns::Some(self.editable.iter().copied().collect())
        };
        Grant {
            row: row.cinchy_id,
            view,
            edit,
            view_filter: filter(row.viewable_row_filter.as_deref()),
            edit_filter: filter(row.editable_row_filter.as_deref()),
            add_rows: row.add_rows == Some(true),
            delete_rows: row.delete_rows == Some(true),
            direct_query: row.direct_query == Some(true),
            design_table: row.design_table == Some(true),
            approve_changes: row.approve_changes == Some(true),
            manage_controls: row.manage_controls == Some(true),
            export_data: row.export_data == Some(true),
        }
    }
}

/// A blank filter is none.
fn filter(text: Option<&str>) -> Option<String> {
    text.filter(|t| !t.trim().is_empty()).map(str::to_owned)
}

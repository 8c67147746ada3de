//! The bare platform: what is there before any seed.

use std::collections::HashSet;

use cinchy_cql::catalog::{Catalog, Table};
use diesel::prelude::*;

use sha2::{Digest, Sha256};

use crate::catalog::system_catalog;
use crate::connection::Connection;
use crate::data_tables;
use crate::error::{Result, StorageError};
use crate::rows::{self, Inserter, Stamp};
use crate::statement::{Bound, execute};
use crate::system::{self, DOMAIN, SYSTEM_COLUMNS, SystemKind};
use crate::{groups, table_json, users};

/// Cinchy Id of the domain `Cinchy`.
const SYSTEM_DOMAIN: i32 = 1;

/// Argon2id of the fresh platform's password `cinchy` for `admin` (documented). Ready made, so that a start hashes nothing.
pub const ADMIN_PASSWORD_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$Y2luY2h5LWVtdWxhdG9yIQ$DMQ/UE0KWN1RIyg3TBgbCnDftiXrDpmuCk7BaRyG9kQ";

/// Languages of a fresh platform by subtag.
const LANGUAGES: &[(&str, &str)] = &[
    ("en", "English"),
    ("fr", "French"),
    ("de", "German"),
    ("es", "Spanish"),
];
/// Regions of a fresh platform by subtag.
const REGIONS: &[(&str, &str)] = &[
    ("US", "United States"),
    ("CA", "Canada"),
    ("GB", "United Kingdom"),
    ("FR", "France"),
    ("DE", "Germany"),
    ("ES", "Spain"),
];
/// System tables that every signed-in user may view; the rest is for administrators (decided, since the SDK's own queries
/// need them; the platform's defaults are not documented).
const VIEWED_BY_ALL: &[&str] = &[
    "Domains",
    "Tables",
    "Table Columns",
    "Users",
    "Groups",
    "Languages",
    "Regions",
    "Files",
    "Literals",
    "Literal Translations",
    "Literal Groups",
];
/// Properties with their documented numbers and defaults.
const PROPERTIES: &[(i32, &str, &str)] = &[
    (8, "Minimum Password Length", "8"),
    (9, "Password Requires Symbols", "1"),
    (10, "Password Requires Numbers", "1"),
    (11, "Password Expiration (Days)", "90"),
    (12, "Password Attempts Allowed", "3"),
    (13, "Password Lockout Duration (minutes)", "15"),
    (15, "Forbidden Passwords", ""),
];

/// How many rows a bare platform has in a table that a seed may add rows to; they have the first Cinchy Ids.
pub(crate) fn bare_rows(table: &str) -> usize {
    match table {
        "Languages" => LANGUAGES.len(),
        "Regions" => REGIONS.len(),
        "System Properties" => PROPERTIES.len(),
        "Table Access Control" => VIEWED_BY_ALL.len() + 1,
        _ => 0,
    }
}

/// Removes all data, that of users' tables and of the system's, but for signing keys.
///
/// # Errors
/// The driver's.
pub fn clear(conn: &mut Connection, schema: &str) -> Result<()> {
    data_tables::drop_all(conn, schema)?;
    for table in system::TABLES {
        for name in data_tables::all_of(&table.to_table()) {
            execute(
                conn,
                &format!("DELETE FROM {}", rows::qualified(conn, schema, &name)),
                &[],
            )?;
        }
    }
    for name in BESIDE_THE_CATALOG {
        execute(conn, &format!("DELETE FROM {name}"), &[])?;
    }
    Ok(())
}

/// Tables of data that the catalog does not know.
const BESIDE_THE_CATALOG: &[&str] = &[
    "cql_views",
    "table_indexes",
    "column_storage",
    "file_pieces",
    "file_contents",
    "grid_columns",
    "personal_access_tokens",
    "settings",
    "next_ids",
];

/// The physical tables of the system that a snapshot holds, and `platform_state`, which it holds to be read.
pub(crate) fn physical_tables() -> HashSet<String> {
    let of_system = system::TABLES
        .iter()
        .flat_map(|table| data_tables::all_of(&table.to_table()));
    let others = BESIDE_THE_CATALOG.iter().chain(&["platform_state"]);
    of_system
        .chain(others.map(|&name| name.to_owned()))
        .collect()
}

/// Fills an empty database.
///
/// # Errors
/// The driver's.
pub fn create(conn: &mut Connection, schema: &str, stamp: Stamp) -> Result<()> {
    let catalog = system_catalog();
    let mut writer = Writer {
        conn,
        schema,
        stamp,
        catalog: &catalog,
    };
    writer.domain()?;
    writer.tables()?;
    writer.people()?;
    writer.words()?;
    writer.rights()
}

struct Writer<'a> {
    conn: &'a mut Connection,
    schema: &'a str,
    stamp: Stamp,
    catalog: &'a Catalog,
}

/// A system table by name; there is no other way to fail than a misspelling in this crate.
pub(crate) fn system_table<'a>(catalog: &'a Catalog, name: &str) -> Result<&'a Table> {
    catalog
        .find(DOMAIN, name)
        .map(AsRef::as_ref)
        .ok_or_else(|| StorageError::Corrupt(format!("no system table {name}")))
}

/// The GUID of something that has a name, made of that name: it stays the same when a platform is made again, and on both
/// databases.
pub(crate) fn name_guid(kind: &str, name: &str) -> Bound {
    Bound::text(Some(name_guid_text(kind, name)))
}

/// The text of [`name_guid`].
pub(crate) fn name_guid_text(kind: &str, name: &str) -> String {
    let digest = Sha256::digest(format!("{kind}\n{}", name.to_lowercase()));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    let guid = uuid::Builder::from_custom_bytes(bytes).into_uuid();
    guid.to_string().to_uppercase()
}

/// A new GUID as the platform writes it.
pub(crate) fn new_guid() -> Bound {
    Bound::text(Some(uuid::Uuid::new_v4().to_string().to_uppercase()))
}

impl Writer<'_> {
    fn insert(&mut self, table: &str, values: Vec<(&str, Bound)>) -> Result<i32> {
        let table = system_table(self.catalog, table)?;
        rows::insert(self.conn, self.schema, table, self.stamp, values)
    }

    fn domain(&mut self) -> Result<()> {
        self.insert(
            "Domains",
            vec![
                ("name", Bound::text(Some(DOMAIN))),
                ("guid", name_guid("domain", DOMAIN)),
            ],
        )?;
        Ok(())
    }

    /// The rows of `[Tables]` and `[Table Columns]` that describe the system tables themselves: clients ask them.
    fn tables(&mut self) -> Result<()> {
        let tables = system_table(self.catalog, "Tables")?;
        let mut inserter = Inserter::new(
            self.conn,
            self.schema,
            &tables.physical,
            &["domain", "name", "guid", "type"],
            self.stamp,
        );
        for table in system::TABLES {
            let values = [
                Bound::int(SYSTEM_DOMAIN),
                Bound::text(Some(table.name)),
                name_guid("table", &format!("{DOMAIN}.{}", table.name)),
                Bound::text(Some("Standard")),
            ];
            inserter.add(self.conn, table.id, values)?;
        }
        inserter.finish(self.conn)?;
        let columns = system_table(self.catalog, "Table Columns")?;
        let names = [
            "table",
            "name",
            "type",
            "ordinal",
            "guid",
            "is_system_column",
            "is_mandatory",
            "is_unique",
            "allow_multiple",
            "calculated_column_expression",
            "calculated_column_output_format",
            "cache",
            "choice_column_options_csv",
            "link_column_target",
        ];
        let mut inserter = Inserter::new(
            self.conn,
            self.schema,
            &columns.physical,
            &names,
            self.stamp,
        );
        for table in system::TABLES {
            let own = table
                .columns
                .iter()
                .enumerate()
                .map(|(i, c)| (table.column_id(i), c, false));
            let common = SYSTEM_COLUMNS
                .iter()
                .enumerate()
                .map(|(i, c)| (table.system_column_id(i), c, true));
            for (ordinal, (id, column, is_system)) in (1..).zip(own.chain(common)) {
                inserter.add(
                    self.conn,
                    id,
                    column_row(table.id, id, column, ordinal, is_system),
                )?;
            }
        }
        inserter.finish(self.conn)?;
        let ids: Vec<i32> = system::TABLES.iter().map(|table| table.id).collect();
        table_json::write(self.conn, self.schema, &ids)
    }

    fn people(&mut self) -> Result<()> {
        let users = system_table(self.catalog, "Users")?;
        let stamp = self.stamp;
        rows::insert_with_id(
            self.conn,
            self.schema,
            users,
            users::ANONYMOUS,
            stamp,
            vec![
                ("username", Bound::text(Some("Anonymous"))),
                ("first_name", Bound::text(Some("Anonymous"))),
                (
                    "authentication_method",
                    Bound::text(Some("Cinchy User Account")),
                ),
                ("is_disabled", Bound::bit(false)),
            ],
        )?;
        let admin = self.insert(
            "Users",
            vec![
                ("username", Bound::text(Some("admin"))),
                ("first_name", Bound::text(Some("Administrator"))),
                ("email_address", Bound::text(Some("admin@cinchy.co"))),
                (
                    "authentication_method",
                    Bound::text(Some("Cinchy User Account")),
                ),
                ("password", Bound::text(Some(ADMIN_PASSWORD_HASH))),
                ("is_disabled", Bound::bit(false)),
                ("can_design_tables", Bound::bit(true)),
                ("can_design_queries", Bound::bit(true)),
            ],
        )?;
        for name in ["Cinchy Administrators", "All Users"] {
            self.insert(
                "Groups",
                vec![
                    ("name", Bound::text(Some(name))),
                    ("group_type", Bound::text(Some("Cinchy Group"))),
                ],
            )?;
        }
        rows::set_links(
            self.conn,
            self.schema,
            "groups_users",
            groups::ADMINISTRATORS,
            &[admin],
        )
    }

    fn words(&mut self) -> Result<()> {
        for (table, words) in [("Languages", LANGUAGES), ("Regions", REGIONS)] {
            for (subtag, name) in words {
                self.insert(
                    table,
                    vec![
                        ("subtag", Bound::text(Some(*subtag))),
                        ("name", Bound::text(Some(*name))),
                    ],
                )?;
            }
        }
        for (number, name, value) in PROPERTIES {
            self.insert(
                "System Properties",
                vec![
                    ("property_id", Bound::int(*number)),
                    ("name", Bound::text(Some(*name))),
                    ("value", Bound::text(Some(*value))),
                ],
            )?;
        }
        Ok(())
    }

    fn rights(&mut self) -> Result<()> {
        for name in VIEWED_BY_ALL {
            let id = system_table(self.catalog, name)?.id;
            let row = self.insert(
                "Table Access Control",
                vec![
                    ("table", Bound::int(id)),
                    ("view_all_columns", Bound::bit(true)),
                    ("direct_query", Bound::bit(true)),
                ],
            )?;
            self.for_all_users(row)?;
        }
        let own = Bound::text(Some("[User].[Cinchy Id] = CurrentUserId()"));
        let id = system_table(self.catalog, "User Preferences")?.id;
        let row = self.insert(
            "Table Access Control",
            vec![
                ("table", Bound::int(id)),
                ("view_all_columns", Bound::bit(true)),
                ("edit_all_columns", Bound::bit(true)),
                ("viewable_row_filter", own.clone()),
                ("editable_row_filter", own),
                ("add_rows", Bound::bit(true)),
                ("direct_query", Bound::bit(true)),
            ],
        )?;
        self.for_all_users(row)
    }

    fn for_all_users(&mut self, row: i32) -> Result<()> {
        rows::set_links(
            self.conn,
            self.schema,
            "table_access_control_groups",
            row,
            &[groups::ALL_USERS],
        )
    }
}

fn column_row(
    table: i32,
    id: i32,
    column: &system::SystemColumn,
    ordinal: i32,
    is_system: bool,
) -> [Bound; 14] {
    let calculated_text = matches!(column.kind, SystemKind::Calculated(_) | SystemKind::Guid);
    let expression = match &column.kind {
        SystemKind::Calculated(expression) => Some((*expression).to_owned()),
        SystemKind::Guid => Some(system::guid_expression(column.name)),
        _ => None,
    };
    let options = match &column.kind {
        SystemKind::Choice(options, _) => Some(crate::lists::join(options.iter().copied())),
        _ => None,
    };
    let multiple = matches!(
        column.kind,
        SystemKind::Links(..) | SystemKind::Choice(_, true)
    );
    let target = match column.to_column(id, is_system).kind {
        cinchy_cql::catalog::ColumnKind::Link { display, .. } => Some(display),
        _ => None,
    };
    [
        Bound::int(table),
        Bound::text(Some(column.name)),
        Bound::text(Some(type_word(&column.kind))),
        Bound::int(ordinal),
        name_guid("column", &format!("{table}.{id}")),
        Bound::bit(is_system),
        Bound::bit(column.mandatory),
        Bound::bit(column.unique),
        Bound::bit(multiple),
        Bound::text(expression),
        Bound::text(calculated_text.then_some("Text")),
        Bound::bit(matches!(column.kind, SystemKind::Guid)),
        Bound::text(options),
        Bound::int(target),
    ]
}

/// `[Table Columns].[Type]` of a system column.
fn type_word(kind: &SystemKind) -> &'static str {
    match kind {
        SystemKind::Text | SystemKind::WriteOnly => "Text",
        SystemKind::Number | SystemKind::Integer => "Number",
        SystemKind::DateTime => "Date and Time",
        SystemKind::YesNo => "Yes/No",
        SystemKind::Binary => "Binary",
        SystemKind::Choice(..) => "Choice",
        SystemKind::Link(..) | SystemKind::Links(..) => "Link",
        SystemKind::Calculated(_) | SystemKind::Guid => "Calculated",
    }
}

/// How many users' tables there are.
///
/// # Errors
/// The driver's.
pub fn count_tables(conn: &mut crate::any::AnyConnection) -> Result<i64> {
    use crate::schema::tables;
    Ok(tables::table
        .filter(tables::deleted.is_null())
        .filter(tables::cinchy_id.ge(system::FIRST_TABLE_ID))
        .count()
        .get_result(conn)?)
}

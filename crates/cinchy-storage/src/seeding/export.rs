//! The live state as a seed: what a person would have written to get this platform, in a stable order.

mod identity;
mod small;

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cinchy_cql::catalog::{Catalog, ColumnKind, Table};
use cinchy_cql::value::Type;
use cinchy_seed::model::{
    Access, Cell, Column, Domain, Entitlement, File, Query, QueryType, ResultFormat, Row, Udf,
};
use cinchy_seed::{Located, Seed};

use super::{columns, stored_saml, stored_settings};
use crate::base::{bare_rows, name_guid_text, system_table};
use crate::connection::Connection;
use crate::data_tables::stored_type;
use crate::entitlements::Entitlements;
use crate::error::{Result, StorageError};
use crate::files::{self, StoredFile};
use crate::queries::by_row;
use crate::statement::{OwnedCell, collect};
use crate::system::DOMAIN;
use crate::{catalog, groups, rows};

/// Exports the live rows of the platform. Versions before the current one and deleted rows are left out, Cinchy Ids are
/// written (documented).
///
/// # Errors
/// The driver's.
pub fn export(conn: &mut Connection, schema: &str) -> Result<Seed> {
    let catalog = catalog::load(conn)?;
    let mut exporter = Exporter {
        conn,
        schema,
        catalog: &catalog,
    };
    let mut seed = Seed::default();
    let settings = stored_settings(exporter.conn)?;
    seed.settings = (settings != cinchy_seed::model::Settings::default()).then_some(settings);
    seed.saml = stored_saml(exporter.conn)?;
    let names = exporter.names()?;
    seed.groups = exporter.groups(&names)?;
    seed.users = exporter.users(&names)?;
    seed.clients = exporter.clients()?;
    seed.domains = exporter.domains()?;
    seed.tables = exporter.tables(&names)?;
    seed.queries = exporter.queries(&names)?;
    seed.udfs = exporter.udfs()?;
    seed.files = exporter.files()?;
    seed.literals = exporter.literals()?;
    seed.secrets = exporter.secrets(&names)?;
    seed.webhooks = exporter.webhooks(&names, &seed.queries)?;
    seed.applets = exporter.applets(&names)?;
    Ok(seed)
}

struct Exporter<'a> {
    conn: &'a mut Connection,
    schema: &'a str,
    catalog: &'a Catalog,
}

/// Names by Cinchy Id.
struct Names {
    users: HashMap<i32, String>,
    groups: HashMap<i32, String>,
}

impl Names {
    fn of(names: &HashMap<i32, String>, ids: &[i32]) -> Vec<Located<String>> {
        ids.iter()
            .filter_map(|id| names.get(id))
            .map(|name| Located::new(name.clone()))
            .collect()
    }
}

impl Exporter<'_> {
    /// Live rows of a system table: the id and these columns, in the order of the ids.
    fn read(
        &mut self,
        table: &str,
        columns: &[(&str, Type)],
    ) -> Result<Vec<(i32, Vec<OwnedCell>)>> {
        let physical = system_table(self.catalog, table)?.physical.clone();
        let names: String = columns
            .iter()
            .map(|(name, _)| format!(", {}", rows::quoted(name)))
            .collect();
        let sql = format!(
            "SELECT cinchy_id{names} FROM {} WHERE deleted IS NULL ORDER BY cinchy_id",
            rows::qualified(self.conn, self.schema, &physical)
        );
        let types: Vec<Type> = std::iter::once(Type::Int)
            .chain(columns.iter().map(|(_, ty)| *ty))
            .collect();
        Ok(collect(self.conn, &sql, &[], &types)?
            .into_iter()
            .filter_map(|mut row| {
                let id = super::identity::id_of(row.first()?)?;
                Some((id, row.split_off(1)))
            })
            .collect())
    }

    fn links(&mut self, junction: &str) -> Result<HashMap<i32, Vec<i32>>> {
        Ok(by_row(rows::links(self.conn, self.schema, junction)?))
    }

    fn files(&mut self) -> Result<Vec<File>> {
        let found = files::find(self.conn, self.schema, None)?;
        found
            .into_iter()
            .map(|StoredFile { file, .. }| {
                let bytes = files::read(self.conn, self.schema, &file.guid)?;
                Ok(File {
                    name: Located::new(file.name),
                    path: None,
                    text: None,
                    base64: Some(STANDARD.encode(bytes)),
                    content_type: file.content_type,
                })
            })
            .collect()
    }

    fn names(&mut self) -> Result<Names> {
        let users = self.read("Users", &[("username", Type::Text)])?;
        Ok(Names {
            users: users
                .into_iter()
                .map(|(id, row)| (id, text(&row, 0).unwrap_or_default()))
                .collect(),
            groups: groups::list(self.conn)?.into_iter().collect(),
        })
    }

    fn words(&mut self, table: &str) -> Result<HashMap<i32, String>> {
        let found = self.read(table, &[("subtag", Type::Text)])?;
        Ok(found
            .into_iter()
            .map(|(id, row)| (id, text(&row, 0).unwrap_or_default()))
            .collect())
    }

    fn domains(&mut self) -> Result<Vec<Domain>> {
        let columns = [
            ("name", Type::Text),
            ("colour", Type::Text),
            ("guid", Type::Text),
            ("sync_guid", Type::Text),
        ];
        Ok(self
            .read("Domains", &columns)?
            .into_iter()
            .map(|(_, row)| Domain {
                name: Located::new(text(&row, 0).unwrap_or_default()),
                colour: text(&row, 1),
                guid: text(&row, 2),
                sync_guid: text(&row, 3),
            })
            // The platform's own is written only when there is something to say about it.
            .filter(|domain| {
                domain.name.as_str() != DOMAIN
                    || domain.colour.is_some()
                    || domain.sync_guid.is_some()
                    || domain.guid != Some(name_guid_text("domain", DOMAIN))
            })
            .collect())
    }

    fn tables(&mut self, names: &Names) -> Result<Vec<cinchy_seed::model::Table>> {
        let mut details: HashMap<i32, Vec<OwnedCell>> = self
            .read(
                "Tables",
                &[
                    ("guid", Type::Text),
                    ("description", Type::Text),
                    ("icon", Type::Text),
                    ("icon_colour", Type::Text),
                    ("publish_data_change_notifications", Type::Bit),
                    ("sync_guid", Type::Text),
                    ("unique_constraints", Type::Text),
                    ("indexes", Type::Text),
                ],
            )?
            .into_iter()
            .collect();
        let access = Entitlements::load(self.conn, self.schema)?;
        let mut tables = Vec::new();
        for (table, columns) in columns::live(self.conn, self.schema, self.catalog)? {
            let row = details.remove(&table.id).unwrap_or_default();
            let mut model = cinchy_seed::model::Table::new(&table.domain, &table.name);
            model.guid = text(&row, 0);
            model.description = text(&row, 1);
            model.icon = text(&row, 2);
            model.icon_colour = text(&row, 3);
            model.publish_data_change_notifications = bit(&row, 4);
            model.sync_guid = text(&row, 5);
            model.unique_constraints = name_lists(text(&row, 6).as_deref())?;
            model.indexes = name_lists(text(&row, 7).as_deref())?;
            model.rows = self.rows(&table, &columns)?;
            model.columns = columns;
            model.entitlements = entitlements(&access, &table, names);
            tables.push(model);
        }
        tables.extend(self.system_tables(&access, names)?);
        Ok(tables)
    }

    fn rows(&mut self, table: &Table, columns: &[Column]) -> Result<Vec<Row>> {
        // Calculated columns are computed again; multi-links stand in their junctions.
        let mut stored: Vec<(&Column, &str, Type, bool)> = Vec::new();
        let mut junctions: Vec<(&Column, HashMap<i32, Vec<i32>>)> = Vec::new();
        for column in columns {
            let Some(live) = table.column(&column.name) else {
                continue;
            };
            match (&live.kind, &live.physical) {
                (ColumnKind::Calculated { .. }, Some(physical))
                    if super::rows::is_system_guid(table.id, &live.name) =>
                {
                    stored.push((column, physical, Type::Text, false));
                }
                (ColumnKind::Calculated { .. }, _) => {}
                (
                    ColumnKind::Link {
                        junction: Some(junction),
                        ..
                    },
                    _,
                ) => junctions.push((column, self.links(junction)?)),
                (kind, Some(physical)) => {
                    let multi = matches!(kind, ColumnKind::Choice { multi: true, .. });
                    stored.push((
                        column,
                        physical,
                        stored_type(kind).unwrap_or(Type::Text),
                        multi,
                    ));
                }
                _ => {}
            }
        }
        let names: String = stored
            .iter()
            .map(|(_, name, ..)| format!(", {}", rows::quoted(name)))
            .collect();
        let sql = format!(
            "SELECT cinchy_id{names} FROM {} WHERE deleted IS NULL ORDER BY cinchy_id",
            rows::qualified(self.conn, self.schema, &table.physical)
        );
        let types: Vec<Type> = std::iter::once(Type::Int)
            .chain(stored.iter().map(|s| s.2))
            .collect();
        let mut found = Vec::new();
        for row in collect(self.conn, &sql, &[], &types)? {
            let Some(id) = row.first().and_then(super::identity::id_of) else {
                continue;
            };
            let mut cells = vec![("Cinchy Id".to_owned(), Cell::Number(id.into()))];
            for ((column, _, _, multi), value) in stored.iter().zip(&row[1..]) {
                if let Some(cell) = to_cell(value, *multi) {
                    cells.push((column.name.value.clone(), cell));
                } else if column.default.is_some() {
                    cells.push((column.name.value.clone(), Cell::Null));
                }
            }
            for (column, links) in &junctions {
                if let Some(targets) = links.get(&id) {
                    let targets = targets.iter().map(|t| Cell::Number((*t).into())).collect();
                    cells.push((column.name.value.clone(), Cell::List(targets)));
                }
            }
            found.push(Row::by_name(cells));
        }
        Ok(found)
    }

    fn queries(&mut self, names: &Names) -> Result<Vec<Query>> {
        let columns = [
            ("uuid", Type::Text),
            ("description", Type::Text),
            ("api_version", Type::Text),
            ("http_method", Type::Text),
            ("use_legacy_url_structure", Type::Bit),
            ("icon", Type::Text),
            ("icon_colour", Type::Text),
            ("sync_guid", Type::Text),
        ];
        let details: HashMap<i32, Vec<OwnedCell>> =
            self.read("Saved Queries", &columns)?.into_iter().collect();
        let design_users = self.links("saved_queries_users_with_design_access")?;
        let design_groups = self.links("saved_queries_groups_with_design_access")?;
        let none = Vec::new();
        let access = |users: &[i32], groups: &[i32]| {
            let access = Access {
                users: Names::of(&names.users, users),
                groups: Names::of(&names.groups, groups),
            };
            (access != Access::default()).then_some(access)
        };
        Ok(crate::queries::list(self.conn, self.schema)?
            .into_iter()
            .map(|query| {
                let row = details.get(&query.id).cloned().unwrap_or_default();
                Query {
                    domain: Located::new(query.domain),
                    name: Located::new(query.name),
                    cql: query.cql,
                    query_type: QueryType::from_word(&query.kind)
                        .filter(|t| *t != QueryType::Query),
                    result_format: query
                        .result_format
                        .as_deref()
                        .and_then(ResultFormat::from_word)
                        .filter(|f| *f != ResultFormat::Json),
                    compress_json: (!query.compress_json).then_some(false),
                    execute: access(&query.execute_users, &query.execute_groups),
                    design: access(
                        design_users.get(&query.id).unwrap_or(&none),
                        design_groups.get(&query.id).unwrap_or(&none),
                    ),
                    timeout: Some(Located::new(query.timeout)).filter(|t| t.value != 30),
                    guid: text(&row, 0),
                    description: text(&row, 1),
                    api_version: text(&row, 2),
                    http_method: text(&row, 3)
                        .as_deref()
                        .and_then(cinchy_seed::model::HttpMethod::from_word),
                    use_legacy_url_structure: bit(&row, 4),
                    icon: text(&row, 5),
                    icon_colour: text(&row, 6),
                    sync_guid: text(&row, 7),
                }
            })
            .collect())
    }

    fn udfs(&mut self) -> Result<Vec<Udf>> {
        let found = self.read(
            "User Defined Functions",
            &[("name", Type::Text), ("script", Type::Text)],
        )?;
        Ok(found
            .into_iter()
            .map(|(_, row)| Udf {
                name: Located::new(text(&row, 0).unwrap_or_default()),
                script: text(&row, 1).unwrap_or_default(),
            })
            .collect())
    }
}

fn entitlements(access: &Entitlements, table: &Table, names: &Names) -> Vec<Located<Entitlement>> {
    let columns = |ids: &[i32]| {
        ids.iter()
            .filter_map(|id| table.column_by_id(*id))
            .map(|c| Located::new(c.name.clone()))
            .collect()
    };
    let yes = |flag: Option<bool>| flag.filter(|f| *f);
    let bare = bare_rows("Table Access Control");
    access
        .rows
        .iter()
        .filter(|e| e.row.table_id == Some(table.id))
        .filter(|e| usize::try_from(e.row.cinchy_id).is_ok_and(|id| id > bare))
        .map(|e| Entitlement {
            users: Names::of(&names.users, &e.users),
            groups: Names::of(&names.groups, &e.groups),
            view_all: yes(e.row.view_all_columns),
            view_columns: columns(&e.viewable),
            view_filter: e.row.viewable_row_filter.clone(),
            edit_all: yes(e.row.edit_all_columns),
            edit_columns: columns(&e.editable),
            edit_filter: e.row.editable_row_filter.clone(),
            approve_changes: yes(e.row.approve_changes),
            approve_columns: columns(&e.approvable),
            add_rows: yes(e.row.add_rows),
            delete_rows: yes(e.row.delete_rows),
            direct_query: yes(e.row.direct_query),
            design_table: yes(e.row.design_table),
            manage_controls: yes(e.row.manage_controls),
            export_data: yes(e.row.export_data),
            install_table: yes(e.row.install_table),
        })
        .map(Located::new)
        .collect()
}

fn name_lists(json: Option<&str>) -> Result<Vec<Vec<Located<String>>>> {
    let Some(json) = json else {
        return Ok(Vec::new());
    };
    let lists: Vec<Vec<String>> =
        serde_json::from_str(json).map_err(|error| StorageError::Corrupt(error.to_string()))?;
    Ok(lists
        .into_iter()
        .map(|list| list.into_iter().map(Located::new).collect())
        .collect())
}

fn text(row: &[OwnedCell], at: usize) -> Option<String> {
    match row.get(at) {
        Some(OwnedCell::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

fn bit(row: &[OwnedCell], at: usize) -> Option<bool> {
    match row.get(at) {
        Some(OwnedCell::Bool(value)) => Some(*value),
        _ => None,
    }
}

fn to_cell(value: &OwnedCell, multi: bool) -> Option<Cell> {
    Some(match value {
        OwnedCell::Null => return None,
        OwnedCell::Bool(value) => Cell::Bool(*value),
        #[expect(clippy::cast_precision_loss, reason = "ids are 32 bit")]
        OwnedCell::Int(value) => Cell::Number(*value as f64),
        OwnedCell::Double(value) => Cell::Number(*value),
        OwnedCell::Decimal(value) => Cell::Number(value.parse().unwrap_or(0.0)),
        OwnedCell::Text(text) if multi => Cell::List(
            cinchy_seed::split_list(text)
                .into_iter()
                .map(Cell::Text)
                .collect(),
        ),
        OwnedCell::Text(text) => Cell::Text(text.clone()),
        OwnedCell::DateTime(text) => {
            Cell::Text(text.strip_suffix("T00:00:00").unwrap_or(text).to_owned())
        }
        OwnedCell::Bytes(bytes) => Cell::Text(STANDARD.encode(bytes)),
    })
}

//! `/Account/*`: what apps ask about the caller. The answers are what client code reads of them; nothing is documented.

use std::sync::Arc;

use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use cinchy_cql::catalog::Table;
use cinchy_cql::entitlements;
use cinchy_storage::tables;
use cinchy_web::Site;
use serde::Serialize;

use crate::caller::{SignedIn, own_json, signed_in};
use crate::error::ApiError;
use crate::parameters::Pairs;

/// A group of the caller. Clients only look at the status and log the rest, so the names are a guess.
#[derive(Serialize)]
struct Group {
    id: i32,
    name: String,
}

/// `GET /Account/GetGroupsCurrentUserBelongsTo`: groups, parents included, by id.
///
/// # Errors
/// A refused credential: 401, upon which apps log in.
pub async fn groups(site: Site, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let groups = signed_in(&site, &request, |call| {
        let membership = call.generation.membership(call.conn)?;
        let ids = &call.caller.entry.groups;
        Ok(ids
            .iter()
            .map(|id| Group {
                id: *id,
                name: membership.name(*id).unwrap_or_default().to_owned(),
            })
            .collect::<Vec<_>>())
    })
    .await?;
    Ok(own_json(&groups))
}

/// What a caller may do with a table (fields: seen in client code).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TableEntitlements {
    access_is_defined_for_current_user: bool,
    can_add_rows: bool,
    can_approve_changes: bool,
    can_delete_rows: bool,
    can_design_table: bool,
    can_manage_controls: bool,
    table_domain: String,
    table_name: String,
    table_id: i32,
    table_guid: Option<String>,
    username: String,
    column_entitlements: Vec<ColumnEntitlements>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ColumnEntitlements {
    column_id: i32,
    column_guid: Option<String>,
    column_name: String,
    can_view: bool,
    can_edit: bool,
}

/// How a call names its table.
enum Asked {
    Id(i32),
    Guid(String),
    Name(String, String),
}

/// `POST /Account/GetTableEntitlementsById`.
///
/// # Errors
/// A refused credential, a table that is not there.
pub async fn by_id(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    let pairs = read(&request, body)?;
    let id = field(&pairs, "tableId")?;
    let id = id
        .trim()
        .parse()
        .map_err(|_| ApiError::Parameter(format!("tableId must be a whole number, not `{id}`")))?;
    answer(&site, &request, Asked::Id(id)).await
}

/// `POST /Account/GetTableEntitlementsByGuid`.
///
/// # Errors
/// As [`by_id`].
pub async fn by_guid(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    let pairs = read(&request, body)?;
    // The SDK's oldest release sends it as `tableId`.
    let guid =
        field(&pairs, "tableGuid").or_else(|error| field(&pairs, "tableId").map_err(|_| error))?;
    let guid = guid.trim().trim_matches(['{', '}']).to_owned();
    answer(&site, &request, Asked::Guid(guid)).await
}

/// `POST /Account/GetTableEntitlementsByName`.
///
/// # Errors
/// As [`by_id`].
pub async fn by_name(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    let pairs = read(&request, body)?;
    let domain = field(&pairs, "domainName")?.to_owned();
    let name = field(&pairs, "tableName")?.to_owned();
    answer(&site, &request, Asked::Name(domain, name)).await
}

fn read(request: &HttpRequest, body: Result<Bytes, actix_web::Error>) -> Result<Pairs, ApiError> {
    Pairs::read(request, &body.map_err(|_| ApiError::Body)?)
}

fn field<'a>(pairs: &'a Pairs, name: &str) -> Result<&'a str, ApiError> {
    pairs
        .option(name)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| ApiError::Parameter(format!("The field {name} is missing")))
}

async fn answer(
    site: &Site,
    request: &HttpRequest,
    asked: Asked,
) -> Result<HttpResponse, ApiError> {
    let found = signed_in(site, request, move |call| of_table(call, &asked)).await?;
    Ok(own_json(&found))
}

fn of_table(call: SignedIn<'_>, asked: &Asked) -> Result<TableEntitlements, ApiError> {
    let catalog = call.generation.catalog(call.conn)?;
    let none = || {
        ApiError::NoTable(match asked {
            Asked::Id(id) => format!("Table with id {id}"),
            Asked::Guid(guid) => format!("Table with guid {guid}"),
            Asked::Name(domain, name) => format!("Table {name} in domain {domain}"),
        })
    };
    let table: Arc<Table> = match asked {
        Asked::Id(id) => catalog.table(*id).cloned(),
        Asked::Guid(guid) => tables::find_by_guid(call.conn, guid)?
            .and_then(|id| catalog.table(id))
            .cloned(),
        Asked::Name(domain, name) => catalog.find(domain, name).cloned(),
    }
    .ok_or_else(none)?;
    let rights = entitlements(&call.caller.entry.rights, &table);
    let mut guids = tables::column_guids(call.conn, table.id)?;
    Ok(TableEntitlements {
        access_is_defined_for_current_user: rights.defined,
        can_add_rows: rights.add_rows,
        can_approve_changes: rights.approve_changes,
        can_delete_rows: rights.delete_rows,
        can_design_table: rights.design_table,
        can_manage_controls: rights.manage_controls,
        table_domain: table.domain.clone(),
        table_name: table.name.clone(),
        table_id: table.id,
        table_guid: tables::guid(call.conn, table.id)?,
        username: call.caller.entry.user.username.clone(),
        column_entitlements: table
            .columns
            .iter()
            .zip(rights.columns)
            .map(|(column, rights)| ColumnEntitlements {
                column_id: column.id,
                column_name: column.name.clone(),
                column_guid: guids.remove(&column.id),
                can_view: rights.view,
                can_edit: rights.edit,
            })
            .collect(),
    })
}

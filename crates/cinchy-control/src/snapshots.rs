//! `/_emulator/snapshots`: named copies of the instance's data, taken live, put back, compared.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, web};
use chrono::SecondsFormat;
use cinchy_storage::snapshots::{LIVE, Snapshot, TableDifference, is_snapshot_name};
use cinchy_web::{Site, run};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::ControlError;

#[derive(Serialize)]
struct Listed {
    name: String,
    /// By the machine's clock.
    created: String,
    bytes: u64,
}

impl From<Snapshot> for Listed {
    fn from(snapshot: Snapshot) -> Self {
        Self {
            name: snapshot.name,
            created: snapshot
                .created
                .to_rfc3339_opts(SecondsFormat::Millis, true),
            bytes: snapshot.bytes,
        }
    }
}

#[derive(Serialize)]
struct List {
    snapshots: Vec<Listed>,
}

/// Decided: `{"tables": [{"table", "added", "changed", "removed"}]}`.
#[derive(Serialize)]
struct Difference {
    tables: Vec<Table>,
}

#[derive(Serialize)]
struct Table {
    table: String,
    added: Vec<Map<String, Value>>,
    changed: Vec<Changed>,
    removed: Vec<i32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Changed {
    cinchy_id: i32,
    columns: BTreeMap<String, [Value; 2]>,
}

impl From<TableDifference> for Table {
    fn from(table: TableDifference) -> Self {
        let changed = table.changed.into_iter().map(|row| Changed {
            cinchy_id: row.cinchy_id,
            columns: row.columns,
        });
        Self {
            table: table.table,
            added: table.added,
            changed: changed.collect(),
            removed: table.removed,
        }
    }
}

/// The snapshots with their sizes.
pub async fn list(site: Site) -> Result<HttpResponse, ControlError> {
    let instance = site.instance;
    let snapshots = run(move || {
        let all = instance.database().snapshots(instance.name());
        all.map_err(ControlError::from)
    })
    .await?;
    Ok(HttpResponse::Ok().json(List {
        snapshots: snapshots.into_iter().map(Listed::from).collect(),
    }))
}

/// Takes one while everything runs; one of this name is replaced (decided). What it is.
pub async fn take(site: Site, name: web::Path<String>) -> Result<HttpResponse, ControlError> {
    let name = name.into_inner();
    if !is_snapshot_name(&name) {
        return Err(ControlError::SnapshotName(name));
    }
    let instance = site.instance;
    let taken = run(move || instance.take_snapshot(&name).map_err(ControlError::from)).await?;
    Ok(HttpResponse::Ok().json(Listed::from(taken)))
}

/// Makes the data what it was; sessions, the clock and signing keys stay. 204.
pub async fn restore(site: Site, name: web::Path<String>) -> Result<HttpResponse, ControlError> {
    let name = name.into_inner();
    let wanted = name.clone();
    let work = move |instance: &cinchy_web::Instance| {
        instance
            .restore_snapshot(&wanted)
            .map_err(ControlError::from)
    };
    answer(site.instance.alone(work).await?, name)
}

/// Deletes one. 204.
pub async fn delete(site: Site, name: web::Path<String>) -> Result<HttpResponse, ControlError> {
    let name = name.into_inner();
    let (instance, wanted) = (site.instance, name.clone());
    let found = run(move || {
        instance
            .database()
            .delete_snapshot(instance.name(), &wanted)
            .map_err(ControlError::from)
    })
    .await?;
    answer(found, name)
}

fn answer(found: bool, name: String) -> Result<HttpResponse, ControlError> {
    if found {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(ControlError::NoSnapshot(name))
    }
}

/// What changed from one to the other; `live` is what the data is now. A soft delete counts as removed (decided).
pub async fn diff(
    site: Site,
    names: web::Path<(String, String)>,
) -> Result<HttpResponse, ControlError> {
    let (before, after) = names.into_inner();
    let instance = site.instance;
    let found = run(move || {
        let database = instance.database();
        let found = database.compare_snapshots(instance.name(), &before, &after)?;
        if let Some(found) = found {
            return Ok(found);
        }
        let listed = database.snapshots(instance.name())?;
        let is_there = |name: &str| {
            name.eq_ignore_ascii_case(LIVE) || listed.iter().any(|found| found.name == name)
        };
        let missing = if is_there(&before) { after } else { before };
        Err(ControlError::NoSnapshot(missing))
    })
    .await?;
    Ok(HttpResponse::Ok().json(Difference {
        tables: found.into_iter().map(Table::from).collect(),
    }))
}

//! Snapshots as schemas of copied tables.

use chrono::{DateTime, Utc};
use cinchy_cql::value::Type;
use diesel::connection::SimpleConnection;

use super::{Snapshot, diff};
use crate::base;
use crate::connection::Connection;
use crate::data_tables;
use crate::database::Database;
use crate::error::{Result, StorageError};
use crate::instances::schema_of;
use crate::rows::{qualified, quoted};
use crate::statement::{Bound, OwnedCell, collect, execute};

/// Schema of a snapshot, before its number.
const SCHEMA_PREFIX: &str = "cinchy_s_";
/// Stands for the schema in the texts that make indexes anew.
const SCHEMA_MARK: &str = "@schema@.";
/// Table of such texts in the schema of a snapshot.
const DEFINITIONS: &str = "snapshot_definitions";

fn texts(conn: &mut Connection, sql: &str, binds: &[&str]) -> Result<Vec<String>> {
    let binds: Vec<Bound> = binds.iter().map(|b| Bound::text(Some(*b))).collect();
    let rows = collect(conn, sql, &binds, &[Type::Text])?;
    Ok(rows
        .into_iter()
        .filter_map(|row| match row.into_iter().next() {
            Some(OwnedCell::Text(text)) => Some(text),
            _ => None,
        })
        .collect())
}

/// The tables of a schema that hold data: those of the system, and those of users apart.
fn tables(conn: &mut Connection, schema: &str) -> Result<(Vec<String>, Vec<String>)> {
    let system = base::physical_tables();
    let all = texts(
        conn,
        "SELECT tablename::text FROM pg_tables WHERE schemaname = $1 ORDER BY tablename",
        &[schema],
    )?;
    Ok(all
        .into_iter()
        .filter(|name| data_tables::is_data_table(name) || system.contains(name))
        .partition(|name| !data_tables::is_data_table(name)))
}

/// Keeps other writers out of these tables until the transaction ends; readers go on.
pub(crate) fn lock_data(conn: &mut Connection, schema: &str) -> Result<()> {
    let (system, users) = tables(conn, schema)?;
    let names: Vec<String> = system
        .iter()
        .chain(&users)
        .map(|name| qualified(conn, schema, name))
        .collect();
    conn.batch_execute(&format!(
        "LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE",
        names.join(", ")
    ))?;
    Ok(())
}

pub(super) fn list(database: &Database, instance: &str) -> Result<Vec<Snapshot>> {
    database.read_shared(|conn, shared| {
        let sql = format!(
            "SELECT s.name, s.created, COALESCE((SELECT SUM(pg_total_relation_size(c.oid)) FROM pg_class c \
             JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = s.place AND c.relkind = 'r'), 0)::bigint \
             FROM {} s WHERE s.instance = $1 ORDER BY s.name",
            qualified(conn, shared, "snapshots")
        );
        let types = [Type::Text, Type::DateTime, Type::BigInt];
        let rows = collect(conn, &sql, &[Bound::text(Some(instance))], &types)?;
        rows.into_iter().map(read).collect()
    })
}

fn read(row: Vec<OwnedCell>) -> Result<Snapshot> {
    let [
        OwnedCell::Text(name),
        OwnedCell::DateTime(created),
        OwnedCell::Int(bytes),
    ] = row.as_slice()
    else {
        return Err(StorageError::Corrupt(
            "a row of snapshots is not what this program writes".to_owned(),
        ));
    };
    let created = cinchy_seed::parse_date(created).unwrap_or_default();
    Ok(Snapshot {
        name: name.clone(),
        created: created.and_utc(),
        bytes: u64::try_from(*bytes).unwrap_or_default(),
    })
}

/// The schema of a snapshot.
fn place(
    conn: &mut Connection,
    shared: &str,
    instance: &str,
    name: &str,
) -> Result<Option<String>> {
    let sql = format!(
        "SELECT place FROM {} WHERE instance = $1 AND name = $2",
        qualified(conn, shared, "snapshots")
    );
    Ok(texts(conn, &sql, &[instance, name])?.pop())
}

/// By what those who copy, replace or compare the data of an instance wait for one another, in every process: they lock many
/// tables, in whatever order.
fn key(schema: &str) -> String {
    format!("cinchy-emulator data of {schema}")
}

/// Waits until nobody else copies, replaces or compares the data, and keeps them waiting until the transaction ends.
pub(crate) fn lock_instance(conn: &mut Connection, schema: &str) -> Result<()> {
    conn.lift_limit();
    conn.arm()?;
    let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
    execute(conn, sql, &[Bound::text(Some(key(schema)))])?;
    Ok(())
}

/// Runs `work`, which compares the data, while nobody copies or replaces it.
pub(super) fn compare<T>(database: &Database, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let mut conn = database.connect()?;
    conn.arm()?;
    let sql = "SELECT pg_advisory_lock_shared(hashtextextended($1, 0))";
    execute(&mut conn, sql, &[Bound::text(Some(key(database.schema())))])?;
    // The lock goes with the connection.
    work()
}

pub(super) fn take(database: &Database, instance: &str, name: &str) -> Result<Snapshot> {
    let id = uuid::Uuid::new_v4().simple().to_string();
    let new = format!("{SCHEMA_PREFIX}{id}");
    let created: DateTime<Utc> = Utc::now();
    database.write_snapshot(&key(database.schema()), |conn, shared| {
        let old = place(conn, shared, instance, name)?;
        let sql = copy_sql(conn, database.schema(), &new)?;
        conn.batch_execute(&sql)?;
        let registry = qualified(conn, shared, "snapshots");
        execute(
            conn,
            &format!(
                "INSERT INTO {registry} (instance, name, place, created) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (instance, name) DO UPDATE SET place = excluded.place, created = excluded.created"
            ),
            &[
                Bound::text(Some(instance)),
                Bound::text(Some(name)),
                Bound::text(Some(&new)),
                Bound::date_time(created.naive_utc()),
            ],
        )?;
        if let Some(old) = &old {
            conn.batch_execute(&format!("DROP SCHEMA IF EXISTS {} CASCADE", quoted(old)))?;
        }
        Ok::<_, StorageError>(())
    })?;
    let all = list(database, instance)?;
    all.into_iter()
        .find(|snapshot| snapshot.name == name)
        .ok_or_else(|| StorageError::Copy("the snapshot was deleted at once".to_owned()))
}

/// What copies the tables of one schema into a new one, with the texts that make keys and indexes of users' tables anew.
fn copy_sql(conn: &mut Connection, schema: &str, new: &str) -> Result<String> {
    let (system, users) = tables(conn, schema)?;
    let mut sql = format!(
        "CREATE SCHEMA {to}; CREATE TABLE {to}.{DEFINITIONS} (number SERIAL, definition TEXT NOT NULL); ",
        to = quoted(new)
    );
    for name in &system {
        sql.push_str(&format!(
            "CREATE TABLE {} AS TABLE {}; ",
            qualified(conn, new, name),
            qualified(conn, schema, name)
        ));
    }
    for name in &users {
        let (from, to) = (qualified(conn, schema, name), qualified(conn, new, name));
        sql.push_str(&format!(
            "CREATE TABLE {to} (LIKE {from} INCLUDING DEFAULTS); INSERT INTO {to} SELECT * FROM {from}; "
        ));
    }
    // Primary keys first; other indexes are those that no constraint owns.
    let definitions = "INSERT INTO @new.@definitions (definition) \
         SELECT format('ALTER TABLE @mark%I ADD CONSTRAINT %I %s', t.relname, k.conname, pg_get_constraintdef(k.oid)) \
         FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace \
         WHERE n.nspname = '@old' AND k.contype IN ('p', 'u') AND t.relname ~ '^[tl][0-9]+(_history)?$'; \
         INSERT INTO @new.@definitions (definition) \
         SELECT replace(pg_get_indexdef(i.indexrelid), ' ON ' || quote_ident(n.nspname) || '.', ' ON @mark') \
         FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace \
         WHERE n.nspname = '@old' AND t.relname ~ '^[tl][0-9]+(_history)?$' \
         AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid);";
    sql.push_str(
        &definitions
            .replace("@mark", SCHEMA_MARK)
            .replace("@definitions", DEFINITIONS)
            .replace("@new", &quoted(new))
            .replace("@old", &schema.replace('\'', "''")),
    );
    Ok(sql)
}

pub(super) fn restore(database: &Database, instance: &str, name: &str) -> Result<bool> {
    let schema = database.schema();
    database.write_shared(|conn, shared| {
        lock_instance(conn, schema)?;
        let Some(from) = place(conn, shared, instance, name)? else {
            return Ok(false);
        };
        lock_data(conn, schema)?;
        let (system, users) = tables(conn, &from)?;
        let (present, _) = tables(conn, schema)?;
        data_tables::drop_all(conn, schema)?;
        let mut sql = String::new();
        for name in &present {
            // The state of the platform is its own, but for what it was seeded with.
            if name == "platform_state" {
                continue;
            }
            let to = qualified(conn, schema, name);
            sql.push_str(&format!("DELETE FROM {to}; "));
            if system.contains(name) {
                let from = qualified(conn, &from, name);
                sql.push_str(&format!("INSERT INTO {to} SELECT * FROM {from}; "));
            }
        }
        for name in &users {
            let (from, to) = (qualified(conn, &from, name), qualified(conn, schema, name));
            sql.push_str(&format!(
                "CREATE TABLE {to} (LIKE {from} INCLUDING DEFAULTS); INSERT INTO {to} SELECT * FROM {from}; "
            ));
        }
        let definitions = texts(
            conn,
            &format!(
                "SELECT definition FROM {} ORDER BY number",
                qualified(conn, &from, DEFINITIONS)
            ),
            &[],
        )?;
        let own = format!("{}.", quoted(schema));
        for definition in definitions {
            sql.push_str(&definition.replace(SCHEMA_MARK, &own));
            sql.push_str("; ");
        }
        sql.push_str(&format!(
            "UPDATE {} AS s SET seed_fingerprint = o.seed_fingerprint, seeded = o.seeded FROM {} AS o",
            qualified(conn, schema, "platform_state"),
            qualified(conn, &from, "platform_state"),
        ));
        conn.batch_execute(&sql)?;
        Ok::<_, StorageError>(true)
    })
}

pub(super) fn delete(database: &Database, instance: &str, name: &str) -> Result<bool> {
    database.write_shared(|conn, shared| {
        lock_instance(conn, &schema_of(instance))?;
        let Some(place) = place(conn, shared, instance, name)? else {
            return Ok(false);
        };
        let registry = qualified(conn, shared, "snapshots");
        let deleted = execute(
            conn,
            &format!("DELETE FROM {registry} WHERE instance = $1 AND name = $2"),
            &[Bound::text(Some(instance)), Bound::text(Some(name))],
        )?;
        conn.batch_execute(&format!("DROP SCHEMA IF EXISTS {} CASCADE", quoted(&place)))?;
        Ok::<_, StorageError>(deleted > 0)
    })
}

pub(super) fn side(database: &Database, instance: &str, name: &str) -> Result<Option<diff::Side>> {
    let place = database.read_shared(|conn, shared| place(conn, shared, instance, name))?;
    place
        .map(|schema| {
            let mut conn = database.connect()?;
            conn.use_schema(&schema)?;
            diff::Side::new(conn, &schema)
        })
        .transpose()
}

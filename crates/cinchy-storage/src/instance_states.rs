//! What is kept of an instance beside its data: how its clock runs, and how often its data was replaced. A reset
//! or a restored snapshot leaves it alone; processes on one PostgreSQL server read it to learn of each other's changes.

use chrono::{DateTime, TimeDelta, Utc};
use cinchy_cql::value::{Type, Value};

use crate::connection::Connection;
use crate::error::{Result, StorageError};
use crate::rows::qualified;
use crate::statement::{Bound, OwnedCell, collect, execute};

/// How the clock of an instance runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClockSetting {
    /// With the machine's.
    #[default]
    Real,
    /// It stands.
    Frozen(DateTime<Utc>),
    /// With the machine's, so far ahead of it.
    Offset(TimeDelta),
}

/// The state of one instance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InstanceState {
    /// Its name.
    pub name: String,
    /// Its clock.
    pub clock: ClockSetting,
    /// Moves when the data is replaced as a whole.
    pub epoch: i64,
    /// Another one: an instance of this name that was dropped and made anew. Empty on SQLite, where no other process can
    /// have done so.
    pub incarnation: String,
}

const COLUMNS: &str = "name, clock_mode, clock_micros, epoch, incarnation";
const TYPES: [Type; 5] = [
    Type::Text,
    Type::Text,
    Type::BigInt,
    Type::BigInt,
    Type::Text,
];

/// The states that differ from a new instance's.
///
/// # Errors
/// The driver's.
pub fn list(conn: &mut Connection, schema: &str) -> Result<Vec<InstanceState>> {
    let sql = format!("SELECT {COLUMNS} FROM {}", table(conn, schema));
    let rows = collect(conn, &sql, &[], &TYPES)?;
    rows.iter().map(|row| read(row)).collect()
}

/// The state of one instance. To be called in a transaction, in which the row is held until it ends.
///
/// # Errors
/// The driver's.
pub fn lock(conn: &mut Connection, schema: &str, name: &str) -> Result<InstanceState> {
    let table = table(conn, schema);
    execute(
        conn,
        &format!(
            "INSERT INTO {table} (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = excluded.name"
        ),
        &[Bound::text(Some(name))],
    )?;
    let sql = format!("SELECT {COLUMNS} FROM {table} WHERE name = $1");
    let rows = collect(conn, &sql, &[Bound::text(Some(name))], &TYPES)?;
    rows.first()
        .map(|row| read(row))
        .unwrap_or_else(|| Err(corrupt()))
}

/// Changes how a clock runs.
///
/// # Errors
/// The driver's.
pub fn set_clock(
    conn: &mut Connection,
    schema: &str,
    name: &str,
    clock: ClockSetting,
) -> Result<()> {
    let (mode, micros) = match clock {
        ClockSetting::Real => ("real", 0),
        ClockSetting::Frozen(at) => ("frozen", at.timestamp_micros()),
        ClockSetting::Offset(ahead) => ("offset", ahead.num_microseconds().unwrap_or_default()),
    };
    let sql = format!(
        "INSERT INTO {} (name, clock_mode, clock_micros) VALUES ($1, $2, $3) \
         ON CONFLICT (name) DO UPDATE SET clock_mode = excluded.clock_mode, clock_micros = excluded.clock_micros",
        table(conn, schema)
    );
    let micros = Bound {
        ty: Type::BigInt,
        value: Value::Int(micros),
    };
    execute(
        conn,
        &sql,
        &[Bound::text(Some(name)), Bound::text(Some(mode)), micros],
    )?;
    Ok(())
}

/// Says that the data of an instance was replaced as a whole; its epoch from now on. To be called in a transaction.
///
/// # Errors
/// The driver's.
pub fn data_replaced(conn: &mut Connection, schema: &str, name: &str) -> Result<i64> {
    let table = table(conn, schema);
    let sql = format!(
        "INSERT INTO {table} AS s (name, epoch) VALUES ($1, 1) \
         ON CONFLICT (name) DO UPDATE SET epoch = s.epoch + 1"
    );
    execute(conn, &sql, &[Bound::text(Some(name))])?;
    let sql = format!("SELECT epoch FROM {table} WHERE name = $1");
    let rows = collect(conn, &sql, &[Bound::text(Some(name))], &[Type::BigInt])?;
    match rows.first().map(Vec::as_slice) {
        Some([OwnedCell::Int(epoch)]) => Ok(*epoch),
        _ => Err(corrupt()),
    }
}

/// Keeps the seeds that an instance goes back to; `None`: those of the default instance.
///
/// # Errors
/// The driver's.
pub fn set_base(conn: &mut Connection, schema: &str, name: &str, base: Option<&str>) -> Result<()> {
    let sql = format!(
        "INSERT INTO {} (name, base) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET base = excluded.base",
        table(conn, schema)
    );
    execute(conn, &sql, &[Bound::text(Some(name)), Bound::text(base)])?;
    Ok(())
}

/// The seeds that an instance goes back to, where it has its own.
///
/// # Errors
/// The driver's.
pub fn base(conn: &mut Connection, schema: &str, name: &str) -> Result<Option<String>> {
    let sql = format!("SELECT base FROM {} WHERE name = $1", table(conn, schema));
    let rows = collect(conn, &sql, &[Bound::text(Some(name))], &[Type::Text])?;
    Ok(rows.into_iter().flatten().find_map(|cell| match cell {
        OwnedCell::Text(base) => Some(base),
        _ => None,
    }))
}

/// Gives an instance an incarnation, unless it has one.
///
/// # Errors
/// The driver's.
pub fn incarnate(conn: &mut Connection, schema: &str, name: &str) -> Result<()> {
    let table = table(conn, schema);
    let sql = format!(
        "INSERT INTO {table} AS s (name, incarnation) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET incarnation = excluded.incarnation WHERE s.incarnation = ''"
    );
    let new = uuid::Uuid::new_v4().to_string();
    execute(
        conn,
        &sql,
        &[Bound::text(Some(name)), Bound::text(Some(new))],
    )?;
    Ok(())
}

/// Forgets an instance that is dropped.
///
/// # Errors
/// The driver's.
pub fn delete(conn: &mut Connection, schema: &str, name: &str) -> Result<()> {
    let sql = format!("DELETE FROM {} WHERE name = $1", table(conn, schema));
    execute(conn, &sql, &[Bound::text(Some(name))])?;
    Ok(())
}

fn table(conn: &Connection, schema: &str) -> String {
    qualified(conn, schema, "instance_states")
}

fn read(row: &[OwnedCell]) -> Result<InstanceState> {
    let [
        OwnedCell::Text(name),
        OwnedCell::Text(mode),
        OwnedCell::Int(micros),
        OwnedCell::Int(epoch),
        OwnedCell::Text(incarnation),
    ] = row
    else {
        return Err(corrupt());
    };
    let clock = match mode.as_str() {
        "real" => ClockSetting::Real,
        "frozen" => DateTime::from_timestamp_micros(*micros)
            .map(ClockSetting::Frozen)
            .ok_or_else(corrupt)?,
        "offset" => ClockSetting::Offset(TimeDelta::microseconds(*micros)),
        _ => return Err(corrupt()),
    };
    Ok(InstanceState {
        name: name.clone(),
        clock,
        epoch: *epoch,
        incarnation: incarnation.clone(),
    })
}

fn corrupt() -> StorageError {
    StorageError::Corrupt("a row of instance_states is not what this program writes".to_owned())
}

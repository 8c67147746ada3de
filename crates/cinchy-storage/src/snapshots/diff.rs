//! What changed between two states of an instance: live rows by table, in terms of the platform's columns.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cinchy_cql::catalog::{Catalog, ColumnKind, Table};
use diesel::connection::SimpleConnection;
use serde_json::{Map, Value, json};

use crate::catalog;
use crate::connection::Connection;
use crate::data_tables::stored_type;
use crate::error::Result;
use crate::rows::{links, qualified, quoted};
use crate::statement::{OwnedCell, collect};
use crate::transaction::begin_reading;

/// Tables with differences, by name.
pub type Difference = Vec<TableDifference>;

/// What changed in one table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TableDifference {
    /// `Domain.Table`.
    pub table: String,
    /// New rows by column, with their Cinchy Id.
    pub added: Vec<Map<String, Value>>,
    /// Rows with other values.
    pub changed: Vec<Changed>,
    /// Cinchy Ids of rows that are gone, or marked as deleted.
    pub removed: Vec<i32>,
}

/// A row with other values than before.
#[derive(Debug, Clone, PartialEq)]
pub struct Changed {
    /// Which.
    pub cinchy_id: i32,
    /// The value before and after of each column that changed.
    pub columns: BTreeMap<String, [Value; 2]>,
}

/// One of the two states.
pub(super) struct Side {
    conn: Connection,
    schema: String,
    catalog: Catalog,
}

/// Values by column of live rows, in the order of their ids.
type Rows = Vec<(i32, Vec<Value>)>;

impl Side {
    /// Everything is read of one state: the transaction ends with the connection.
    pub(super) fn new(mut conn: Connection, schema: &str) -> Result<Self> {
        conn.arm()?;
        let begin = begin_reading(&conn);
        conn.batch_execute(begin)?;
        Ok(Self {
            catalog: catalog::load(&mut conn)?,
            conn,
            schema: schema.to_owned(),
        })
    }

    /// Names of tables as they are written, by what they are compared by.
    fn tables(&self) -> BTreeMap<String, Arc<Table>> {
        let all = self.catalog.tables();
        all.map(|table| {
            let name = format!("{}.{}", table.domain, table.name);
            (name.to_lowercase(), table.clone())
        })
        .collect()
    }

    fn rows(&mut self, table: &Table) -> Result<(Vec<String>, Rows)> {
        let stored: Vec<_> = table
            .columns
            .iter()
            .filter(|c| !c.is_system)
            .filter_map(|c| {
                let ty = stored_type(&c.kind)?;
                Some((c.name.clone(), c.physical.as_deref()?, ty))
            })
            .collect();
        let lists: Vec<_> = table
            .columns
            .iter()
            .filter_map(|c| match &c.kind {
                ColumnKind::Link {
                    junction: Some(junction),
                    ..
                } => Some((c.name.clone(), junction)),
                _ => None,
            })
            .collect();
        let mut list = String::new();
        let mut types = vec![cinchy_cql::value::Type::Int];
        for (_, physical, ty) in &stored {
            list.push_str(&format!(", {}", quoted(physical)));
            types.push(*ty);
        }
        let sql = format!(
            "SELECT cinchy_id{list} FROM {} WHERE deleted IS NULL ORDER BY cinchy_id",
            qualified(&self.conn, &self.schema, &table.physical)
        );
        let mut rows: Rows = collect(&mut self.conn, &sql, &[], &types)?
            .into_iter()
            .filter_map(|row| {
                let mut cells = row.iter();
                let Some(OwnedCell::Int(id)) = cells.next() else {
                    return None;
                };
                Some((i32::try_from(*id).ok()?, cells.map(json_of).collect()))
            })
            .collect();
        let mut names: Vec<String> = stored.into_iter().map(|(name, ..)| name).collect();
        for (name, junction) in lists {
            let mut targets: BTreeMap<i32, Vec<Value>> = BTreeMap::new();
            for (row, target) in links(&mut self.conn, &self.schema, junction)? {
                targets.entry(row).or_default().push(json!(target));
            }
            for (id, values) in &mut rows {
                values.push(Value::Array(targets.remove(id).unwrap_or_default()));
            }
            names.push(name);
        }
        Ok((names, rows))
    }
}

fn json_of(cell: &OwnedCell) -> Value {
    match cell {
        OwnedCell::Null => Value::Null,
        OwnedCell::Bool(v) => json!(v),
        OwnedCell::Int(v) => json!(v),
        OwnedCell::Double(v) => json!(v),
        OwnedCell::Decimal(v) | OwnedCell::Text(v) | OwnedCell::DateTime(v) => json!(v),
        OwnedCell::Bytes(v) => json!(STANDARD.encode(v)),
    }
}

pub(super) fn compare(before: &mut Side, after: &mut Side) -> Result<Difference> {
    let (old, new) = (before.tables(), after.tables());
    let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let mut all = Vec::new();
    for key in keys {
        let (old, new) = (old.get(key), new.get(key));
        let Some(named) = new.or(old) else { continue };
        let read = |side: &mut Side, table: Option<&Arc<Table>>| {
            table.map_or_else(|| Ok(Default::default()), |table| side.rows(table))
        };
        let found = of_table(read(before, old)?, read(after, new)?);
        if found != TableDifference::default() {
            all.push(TableDifference {
                table: format!("{}.{}", named.domain, named.name),
                ..found
            });
        }
    }
    Ok(all)
}

fn of_table(before: (Vec<String>, Rows), after: (Vec<String>, Rows)) -> TableDifference {
    let mut found = TableDifference::default();
    let (old_names, old) = before;
    let (new_names, new) = after;
    // Where each new column stood before.
    let places: Vec<Option<usize>> = new_names
        .iter()
        .map(|name| {
            old_names
                .iter()
                .position(|old| old.eq_ignore_ascii_case(name))
        })
        .collect();
    let mut old = old.into_iter().peekable();
    let mut new = new.into_iter().peekable();
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return found,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((old, _)), Some((new, _))) => old.cmp(new),
        };
        match order {
            Ordering::Less => found.removed.extend(old.next().map(|(id, _)| id)),
            Ordering::Greater => {
                if let Some((id, values)) = new.next() {
                    let mut row = Map::new();
                    row.insert("Cinchy Id".to_owned(), json!(id));
                    row.extend(new_names.iter().cloned().zip(values));
                    found.added.push(row);
                }
            }
            Ordering::Equal => {
                if let (Some((id, before)), Some((_, after))) = (old.next(), new.next()) {
                    let columns: BTreeMap<String, [Value; 2]> = after
                        .into_iter()
                        .zip(&places)
                        .zip(&new_names)
                        .filter_map(|((after, place), name)| {
                            let before = place
                                .and_then(|at| before.get(at))
                                .unwrap_or(&Value::Null)
                                .clone();
                            (before != after).then(|| (name.clone(), [before, after]))
                        })
                        .collect();
                    if !columns.is_empty() {
                        found.changed.push(Changed {
                            cinchy_id: id,
                            columns,
                        });
                    }
                }
            }
        }
    }
}

//! The writes themselves: new rows, new versions, marks of deletion, and what follows from each.

use chrono::NaiveDateTime;
use cinchy_cql::catalog::{Column, ColumnKind};
use cinchy_cql::value::{Compiled, Type, Value};
use cinchy_cql::write::ROW_IDS;
use cinchy_cql::{Arguments, CqlError};
use diesel::connection::SimpleConnection;
use diesel::result::{DatabaseErrorKind, Error};

use super::given::Given;
use super::links::is_multi;
use super::unique::Written as Row;
use super::{Run, Written, cells, corrupt, id_of, list_of, special, unique};
use crate::data_tables::{self, stored_type};
use crate::error::{Result, StorageError};
use crate::ids;
use crate::rows::{Batch, Inserter, backend, qualified, quoted};
use crate::run;
use crate::statement::{Bound, OwnedCell, collect, execute};

/// Rows in the form of their columns.
struct Ready {
    /// Physical columns.
    physical: Vec<String>,
    /// Values by row, in the order of the columns.
    rows: Vec<Vec<Bound>>,
    /// Junctions, with the targets by row.
    lists: Vec<(String, Vec<Vec<i32>>)>,
}

impl Run<'_> {
    /// Brings values into the form of their columns. `defaults` are the same for each row.
    fn ready(
        &mut self,
        columns: &[Column],
        defaults: &[(Column, Value)],
        given: Given<'_>,
    ) -> Result<Ready> {
        let targets = self.targets(columns, &given)?;
        let table = self.table;
        let mut ready = Ready {
            physical: Vec::new(),
            rows: Vec::with_capacity(given.rows.len()),
            lists: Vec::new(),
        };
        for column in columns.iter().chain(defaults.iter().map(|(c, _)| c)) {
            match (&column.kind, &column.physical) {
                (
                    ColumnKind::Link {
                        junction: Some(junction),
                        ..
                    },
                    _,
                ) => ready.lists.push((junction.clone(), Vec::new())),
                (_, Some(physical)) => ready.physical.push(physical.clone()),
                (_, None) => {
                    let hidden = special::write_only(table, column);
                    let hidden = hidden.ok_or_else(|| corrupt("a column's storage"))?;
                    ready.physical.push(hidden.to_owned());
                }
            }
        }
        let mut fixed = Vec::with_capacity(defaults.len());
        for (column, value) in defaults {
            fixed.push(plain(column, value.clone())?);
        }
        for (row, values) in given.rows.iter().enumerate() {
            let mut bound = Vec::with_capacity(ready.physical.len());
            let mut lists = ready.lists.iter_mut();
            for (index, (column, value)) in columns.iter().zip(values).enumerate() {
                if matches!(column.kind, ColumnKind::Link { .. }) {
                    let form = given.form(row, index);
                    let ids = targets.of(column, value, form, &self.write.lookups)?;
                    let first = ids.first().copied();
                    let shown = first.map_or(Value::Null, |id| Value::Int(id.into()));
                    cells::mandatory(column, &shown)?;
                    if !is_multi(column) {
                        bound.push(Bound::int(first));
                    } else if let Some((_, targets)) = lists.next() {
                        targets.push(ids);
                    }
                } else if column.physical.is_none() {
                    let value = special::hidden(table, value.clone())?;
                    bound.push(Bound::text(match value {
                        Value::Null => None,
                        other => Some(cells::shown(&other)),
                    }));
                } else {
                    bound.push(plain(column, value.clone())?);
                }
            }
            bound.extend(fixed.iter().cloned());
            ready.rows.push(bound);
        }
        Ok(ready)
    }

    /// Writes new rows.
    pub fn insert(
        &mut self,
        columns: &[Column],
        defaults: &[(Column, Value)],
        given: Given<'_>,
        visible: Option<&Compiled>,
    ) -> Result<Written> {
        let count = given.rows.len();
        let ready = self.ready(columns, defaults, given)?;
        if count == 0 {
            let output = self.output(&[])?;
            return Ok(Written {
                output,
                ..Written::default()
            });
        }
        let number = i32::try_from(count).map_err(|_| CqlError::TooMany {
            what: "rows",
            limit: i32::MAX as usize,
        })?;
        let first = ids::take(self.conn, self.table.id, number)?;
        let written: Vec<i32> = (first..first + number).collect();
        let physical: Vec<&str> = ready.physical.iter().map(String::as_str).collect();
        let mut inserter = Inserter::new(
            self.conn,
            self.schema,
            &self.table.physical,
            &physical,
            self.stamp,
        );
        let mut failed = None;
        for (id, values) in written.iter().zip(&ready.rows) {
            if let Err(error) = inserter.add(self.conn, *id, values.iter().cloned()) {
                failed = Some(error);
                break;
            }
        }
        let finished = match failed {
            Some(error) => Err(error),
            None => inserter.finish(self.conn),
        };
        if let Err(error) = finished {
            let rows = Row::all(&written, &ready.rows);
            return Err(unique::explain(
                self.conn,
                self.schema,
                self.table,
                &ready.physical,
                &rows,
                error,
            ));
        }
        self.write_lists(&written, &ready.lists)?;
        self.calculate(&written)?;
        if let Some(visible) = visible {
            let seen = self.rows_of(visible, Some((ROW_IDS, list_of(&written))))?;
            if seen.len() < count {
                return Err(CqlError::RowDenied.into());
            }
        }
        let output = self.output(&written)?;
        Ok(Written {
            affected: count,
            last_id: written.last().copied(),
            output,
        })
    }

    /// Writes new versions of rows; the present ones go into the history.
    pub fn update(
        &mut self,
        columns: &[Column],
        changed: &[i32],
        given: Given<'_>,
    ) -> Result<Written> {
        let ready = self.ready(columns, &[], given)?;
        if !changed.is_empty() {
            self.keep_versions(changed)?;
            if let Err(error) = self.write_all_versions(changed, &ready) {
                let rows = Row::all(changed, &ready.rows);
                return Err(unique::explain(
                    self.conn,
                    self.schema,
                    self.table,
                    &ready.physical,
                    &rows,
                    error,
                ));
            }
            let list = Bound::text(Some(list_of(changed)));
            for (junction, _) in &ready.lists {
                let name = qualified(self.conn, self.schema, junction);
                let among = data_tables::among("row_id", 1, backend(self.conn));
                execute(
                    self.conn,
                    &format!("DELETE FROM {name} WHERE {among}"),
                    std::slice::from_ref(&list),
                )?;
            }
            self.write_lists(changed, &ready.lists)?;
            self.calculate(changed)?;
        }
        let output = self.output(changed)?;
        Ok(Written {
            affected: changed.len(),
            last_id: None,
            output,
        })
    }

    fn keep_versions(&mut self, changed: &[i32]) -> Result<()> {
        let sql = data_tables::keep_versions_sql(self.conn, self.schema, self.table);
        let binds = [
            Bound::date_time(self.stamp.at),
            Bound::text(Some(list_of(changed))),
        ];
        execute(self.conn, &sql, &binds)?;
        Ok(())
    }

    /// Writes new versions. The databases look for duplicate keys row by row, and of keys that rows exchange one is there
    /// twice for a moment; so where they find one, all rows are taken out of the unique indexes, which hold no deleted rows,
    /// and come back together.
    fn write_all_versions(&mut self, changed: &[i32], ready: &Ready) -> Result<()> {
        if changed.len() < 2 {
            return self.write_versions(changed, ready);
        }
        self.conn.batch_execute("SAVEPOINT versions")?;
        let error = match self.write_versions(changed, ready) {
            Ok(()) => return Ok(self.conn.batch_execute("RELEASE SAVEPOINT versions")?),
            Err(error) => error,
        };
        if !matches!(
            error,
            StorageError::Database(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
        ) {
            return Err(error);
        }
        self.conn
            .batch_execute("ROLLBACK TO SAVEPOINT versions; RELEASE SAVEPOINT versions")?;
        let live = self.live(changed)?;
        self.set_deleted(&live, Some(self.stamp.at))?;
        self.write_versions(changed, ready)?;
        self.set_deleted(&live, None)
    }

    /// Those rows that are not deleted.
    fn live(&mut self, rows: &[i32]) -> Result<Vec<i32>> {
        let table = qualified(self.conn, self.schema, &self.table.physical);
        let among = data_tables::among("cinchy_id", 1, backend(self.conn));
        let found = collect(
            self.conn,
            &format!("SELECT cinchy_id FROM {table} WHERE {among} AND deleted IS NULL"),
            &[Bound::text(Some(list_of(rows)))],
            &[Type::Int],
        )?;
        let id = |row: &Vec<OwnedCell>| match row.first() {
            Some(OwnedCell::Int(id)) => i32::try_from(*id).ok(),
            _ => None,
        };
        Ok(found.iter().filter_map(id).collect())
    }

    fn set_deleted(&mut self, rows: &[i32], at: Option<NaiveDateTime>) -> Result<()> {
        let table = qualified(self.conn, self.schema, &self.table.physical);
        let among = data_tables::among("cinchy_id", 2, backend(self.conn));
        let binds = [Bound::date_time(at), Bound::text(Some(list_of(rows)))];
        execute(
            self.conn,
            &format!("UPDATE {table} SET deleted = $1 WHERE {among}"),
            &binds,
        )?;
        Ok(())
    }

    fn write_versions(&mut self, changed: &[i32], ready: &Ready) -> Result<()> {
        let table = qualified(self.conn, self.schema, &self.table.physical);
        // VALUES calls its columns so on both databases.
        let sets: String = (2..)
            .zip(&ready.physical)
            .map(|(number, column)| format!(", {} = v.column{number}", quoted(column)))
            .collect();
        let head = format!(
            "UPDATE {table} AS t SET modified_by = $1, modified = $2, version = t.version + 1{sets} FROM (VALUES "
        );
        let mut batch = Batch::between(
            head,
            vec![Bound::int(self.stamp.user), Bound::date_time(self.stamp.at)],
            ready.physical.len() + 1,
            ") AS v WHERE t.cinchy_id = v.column1",
        );
        for (id, values) in changed.iter().zip(&ready.rows) {
            let row = std::iter::once(Bound::int(*id)).chain(values.iter().cloned());
            batch.add(self.conn, row)?;
        }
        batch.finish(self.conn)
    }

    fn write_lists(&mut self, rows: &[i32], lists: &[(String, Vec<Vec<i32>>)]) -> Result<()> {
        for (junction, targets) in lists {
            let mut batch = Batch::of_links(self.conn, self.schema, junction);
            for (row, targets) in rows.iter().zip(targets) {
                for (ordinal, target) in (1..).zip(targets) {
                    let link = [Bound::int(*row), Bound::int(ordinal), Bound::int(*target)];
                    batch.add(self.conn, link)?;
                }
            }
            batch.finish(self.conn)?;
        }
        Ok(())
    }

    /// Computes the cached calculated columns of written rows (documented: of its own row only).
    fn calculate(&mut self, rows: &[i32]) -> Result<()> {
        let write = self.write;
        for (physical, compiled) in &write.calculated {
            let values = self.with_list(Some((ROW_IDS, list_of(rows))));
            let arguments = Arguments {
                values: &values,
                ..*self.arguments
            };
            let binds = run::resolve(&compiled.binds, &arguments)?;
            let table = qualified(self.conn, self.schema, &self.table.physical);
            let column = quoted(physical);
            let sql = format!(
                "WITH computed(id, value) AS ({}) UPDATE {table} AS t SET {column} = computed.value FROM computed \
                 WHERE t.cinchy_id = computed.id",
                compiled.sql
            );
            execute(self.conn, &sql, &binds).map_err(run::explain)?;
        }
        Ok(())
    }

    /// Marks rows as deleted (documented: soft). They keep their version.
    pub fn delete(&mut self, source: &Compiled) -> Result<Written> {
        let mut gone: Vec<i32> = Vec::new();
        for row in self.rows_of(source, None)? {
            gone.extend(id_of(row.first()));
        }
        gone.sort_unstable();
        gone.dedup();
        let output = self.output(&gone)?;
        if !gone.is_empty() {
            let table = qualified(self.conn, self.schema, &self.table.physical);
            let among = data_tables::among("cinchy_id", 3, backend(self.conn));
            let binds = [
                Bound::date_time(self.stamp.at),
                Bound::int(self.stamp.user),
                Bound::text(Some(list_of(&gone))),
            ];
            execute(
                self.conn,
                &format!("UPDATE {table} SET deleted = $1, deleted_by = $2 WHERE {among}"),
                &binds,
            )?;
        }
        Ok(Written {
            affected: gone.len(),
            last_id: None,
            output,
        })
    }

    /// Removes all rows with their history (documented: without a log of rows). Ids are not given again.
    pub fn truncate(&mut self) -> Result<Written> {
        for name in data_tables::all_of(self.table) {
            let name = qualified(self.conn, self.schema, &name);
            execute(self.conn, &format!("DELETE FROM {name}"), &[])?;
        }
        Ok(Written::default())
    }
}

fn plain(column: &Column, value: Value) -> Result<Bound> {
    let ty = stored_type(&column.kind).ok_or_else(|| corrupt("a column's storage"))?;
    Ok(Bound {
        ty,
        value: cells::stored(column, value)?,
    })
}

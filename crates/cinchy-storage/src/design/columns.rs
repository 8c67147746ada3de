//! Columns added, changed and dropped.

use std::sync::Arc;

use chrono::NaiveDateTime;
use cinchy_cql::catalog::{Column, ColumnId, ColumnKind, Table, TableId};
use cinchy_cql::convert;
use cinchy_cql::design::{DesignError, NewColumn};
use cinchy_cql::value::{Type, Value};

use super::tables::{column_type, column_values};
use super::{Designer, column, full_name, refused};
use crate::base::system_table;
use crate::connection::Connection;
use crate::data_tables::{self, history_of, stored_type};
use crate::error::{Result, StorageError};
use crate::rows::{self, qualified, quoted};
use crate::seeding::columns::Place;
use crate::statement::{Bound, OwnedCell, collect, execute};
use crate::{catalog, seeding};

impl Designer<'_> {
    pub(super) fn add_columns(&mut self, id: TableId, columns: &[NewColumn]) -> Result<()> {
        let first = self.take_columns(columns)?;
        // The system columns stand last.
        let sql =
            "SELECT MIN(ordinal) FROM table_columns WHERE \"table\" = $1 AND is_system_column";
        let found = collect(self.conn, sql, &[Bound::int(id)], &[Type::Int])?;
        let ordinal = match found.first().and_then(|row| row.first()) {
            Some(OwnedCell::Int(ordinal)) => i32::try_from(*ordinal).unwrap_or(i32::MAX),
            _ => 1,
        };
        let count = i32::try_from(columns.len()).unwrap_or(i32::MAX);
        execute(
            self.conn,
            "UPDATE table_columns SET ordinal = ordinal + CAST($1 AS INTEGER) \
             WHERE \"table\" = $2 AND is_system_column",
            &[Bound::int(count), Bound::int(id)],
        )?;
        let mut place = Place {
            table: id,
            full_name: String::new(),
            ordinal: ordinal - 1,
            target: None,
        };
        let mut cells = Vec::with_capacity(columns.len());
        for column in columns {
            place.ordinal += 1;
            cells.push(column_values(column, &place));
        }
        self.insert_columns(first, cells)?;
        let catalog = catalog::load(self.conn)?;
        let gone = || StorageError::Corrupt(format!("the table {id} is gone"));
        let table = catalog.table(id).ok_or_else(gone)?;
        let new = table
            .columns
            .iter()
            .filter(|c| c.id >= first && !c.is_system);
        data_tables::add_columns(self.conn, self.schema, table, new)?;
        self.index_unique(table, columns)
    }

    pub(super) fn drop_columns(&mut self, id: TableId, dropped: &[ColumnId]) -> Result<()> {
        let table = self.table(id)?;
        let mut own = table.columns.iter().filter(|c| !c.is_system);
        if let Some(first) = dropped.first()
            && own.all(|c| dropped.contains(&c.id))
        {
            return Err(refused(DesignError::LastColumn {
                column: column(&table, *first)?.name.clone(),
                table: table.name.clone(),
            }));
        }
        let unique = unique_columns(self.conn, id)?;
        for column_id in dropped {
            let column = column(&table, *column_id)?;
            let by = match self.link_that_shows(*column_id, dropped) {
                Some(link) => Some(format!("the link column {link}")),
                None => self.index_of(&table, column)?,
            };
            if let Some(by) = by {
                return Err(refused(DesignError::ColumnInUse {
                    action: "DROP",
                    column: column.name.clone(),
                    by,
                }));
            }
            if let (Some(physical), true) = (&column.physical, unique.contains(column_id)) {
                data_tables::drop_index(self.conn, self.schema, &table, &[physical], true)?;
            }
            let columns = system_table(self.catalog, "Table Columns")?;
            let row = self.deleted();
            rows::update(self.conn, self.schema, columns, *column_id, self.stamp, row)?;
        }
        Ok(())
    }

    /// A link column of a live table that shows this column, unless it is dropped too.
    fn link_that_shows(&self, shown: ColumnId, dropped: &[ColumnId]) -> Option<String> {
        self.catalog.tables().find_map(|table| {
            let mut columns = table.columns.iter();
            let link = columns.find(|c| {
                !dropped.contains(&c.id)
                    && matches!(&c.kind, ColumnKind::Link { display, .. } if *display == shown)
            })?;
            Some(format!("{}.{}", full_name(table), link.name))
        })
    }

    pub(super) fn alter_column(
        &mut self,
        id: TableId,
        column_id: ColumnId,
        to: &NewColumn,
    ) -> Result<()> {
        let table = self.table(id)?;
        let old = column(&table, column_id)?.clone();
        let physical = old.physical.clone().unwrap_or_default();
        let name = qualified(self.conn, self.schema, &table.physical);
        let cell = quoted(&physical);
        if to.mandatory && self.any(&format!("{name} WHERE {cell} IS NULL AND deleted IS NULL"))? {
            return Err(refused(DesignError::NullsThere {
                column: old.name,
                table: full_name(&table),
            }));
        }
        let (from, into) = (stored_type(&old.kind), stored_type(&to.kind));
        let changes = from != into;
        if let (
            false,
            ColumnKind::Text {
                max_length: Some(most),
            },
        ) = (changes, &to.kind)
            && self.any(&format!("{name} WHERE length({cell}) > {most}"))?
        {
            return Err(refused(DesignError::Truncated));
        }
        let max_length = match &to.kind {
            ColumnKind::Text { max_length } => *max_length,
            _ => None,
        };
        let mut row = vec![
            (
                "type",
                Bound::text(Some(seeding::columns::type_word(column_type(&to.kind)))),
            ),
            ("is_mandatory", Bound::bit(to.mandatory)),
            ("text_column_max_length", Bound::int(max_length)),
        ];
        if changes {
            let by = if unique_columns(self.conn, id)?.contains(&column_id) {
                Some("its unique constraint".to_owned())
            } else {
                self.index_of(&table, &old)?
            };
            if let Some(by) = by {
                return Err(refused(DesignError::ColumnInUse {
                    action: "ALTER",
                    column: old.name,
                    by,
                }));
            }
            // A default of the old type means nothing for the new one.
            row.extend([
                ("text_column_default", Bound::text(None::<String>)),
                ("date_column_default", Bound::text(None::<String>)),
                ("yesno_column_default", Bound::bit(None)),
                (
                    "number_column_default",
                    Bound {
                        ty: Type::Double,
                        value: Value::Null,
                    },
                ),
            ]);
            execute(
                self.conn,
                "INSERT INTO column_storage (column_id, generation) VALUES ($1, 1) \
                 ON CONFLICT (column_id) DO UPDATE SET generation = column_storage.generation + 1",
                &[Bound::int(column_id)],
            )?;
        }
        let columns = system_table(self.catalog, "Table Columns")?;
        rows::update(self.conn, self.schema, columns, column_id, self.stamp, row)?;
        if changes {
            let catalog = catalog::load(self.conn)?;
            let gone = || StorageError::Corrupt(format!("the table {id} is gone"));
            let changed = catalog.table(id).ok_or_else(gone)?.clone();
            self.convert_column(&changed, &old, column(&changed, column_id)?)?;
        }
        Ok(())
    }

    /// Fills a new physical column from the old one, which goes. By the language's own conversion, so that both databases
    /// convert alike. What an earlier version has that does not convert is NULL.
    fn convert_column(&mut self, table: &Arc<Table>, old: &Column, new: &Column) -> Result<()> {
        let (Some(from), Some(into)) = (&old.physical, &new.physical) else {
            return Err(StorageError::Corrupt(
                "a column that is not stored".to_owned(),
            ));
        };
        let (Some(old_type), Some(new_type)) = (stored_type(&old.kind), stored_type(&new.kind))
        else {
            return Err(StorageError::Corrupt(
                "a column that is not stored".to_owned(),
            ));
        };
        let most = match &new.kind {
            ColumnKind::Text { max_length } => *max_length,
            _ => None,
        };
        data_tables::add_columns(self.conn, self.schema, table, [new])?;
        for (physical, is_current) in [
            (table.physical.clone(), true),
            (history_of(&table.physical), false),
        ] {
            let name = qualified(self.conn, self.schema, &physical);
            let (from, into) = (quoted(from), quoted(into));
            let select =
                format!("SELECT cinchy_id, version, {from} FROM {name} WHERE {from} IS NOT NULL");
            let update =
                format!("UPDATE {name} SET {into} = $1 WHERE cinchy_id = $2 AND version = $3");
            let types = [Type::Int, Type::Int, old_type];
            for row in collect(self.conn, &select, &[], &types)? {
                let [OwnedCell::Int(id), OwnedCell::Int(version), cell] = row.as_slice() else {
                    continue;
                };
                let value = match convert(&value(cell), new_type) {
                    Ok(Value::Text(text)) if is_longer(&text, most) => {
                        if is_current {
                            return Err(refused(DesignError::Truncated));
                        }
                        Value::Null
                    }
                    Ok(value) => value,
                    Err(error) if is_current => return Err(error.into()),
                    Err(_) => Value::Null,
                };
                let bound = Bound {
                    ty: new_type,
                    value,
                };
                let int = |n: &i64| Bound {
                    ty: Type::BigInt,
                    value: Value::Int(*n),
                };
                execute(self.conn, &update, &[bound, int(id), int(version)])?;
            }
        }
        data_tables::drop_column(self.conn, self.schema, table, from)
    }

    fn any(&mut self, from: &str) -> Result<bool> {
        let sql = format!("SELECT 1 FROM {from} LIMIT 1");
        Ok(!collect(self.conn, &sql, &[], &[Type::Int])?.is_empty())
    }
}

/// Columns of a table that are unique by themselves.
///
/// # Errors
/// The database's.
pub fn unique_columns(conn: &mut Connection, table: TableId) -> Result<Vec<ColumnId>> {
    let sql = "SELECT cinchy_id FROM table_columns WHERE \"table\" = $1 AND is_unique AND deleted IS NULL";
    let rows = collect(conn, sql, &[Bound::int(table)], &[Type::Int])?;
    let ids = rows.into_iter().filter_map(|row| match row.as_slice() {
        [OwnedCell::Int(id)] => i32::try_from(*id).ok(),
        _ => None,
    });
    Ok(ids.collect())
}

fn is_longer(text: &str, most: Option<i32>) -> bool {
    most.and_then(|most| usize::try_from(most).ok())
        .is_some_and(|most| text.chars().count() > most)
}

fn value(cell: &OwnedCell) -> Value {
    match cell {
        OwnedCell::Null => Value::Null,
        OwnedCell::Bool(v) => Value::Bool(*v),
        OwnedCell::Int(v) => Value::Int(*v),
        OwnedCell::Double(v) => Value::Double(*v),
        OwnedCell::Decimal(text) => Value::Text(text.clone()),
        OwnedCell::Text(v) => Value::Text(v.clone()),
        OwnedCell::DateTime(v) => {
            let at = NaiveDateTime::parse_from_str(v, "%Y-%m-%dT%H:%M:%S%.f");
            at.map_or(Value::Null, Value::DateTime)
        }
        OwnedCell::Bytes(v) => Value::Bytes(v.clone()),
    }
}

//! Indexes with and without a name.

use cinchy_cql::catalog::{Column, ColumnId, Table, TableId};
use cinchy_cql::design::{DesignError, NewColumn};
use cinchy_cql::value::Type;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};

use super::{Designer, column, full_name, refused, unique_columns};
use crate::base::system_table;
use crate::data_tables;
use crate::error::{Result, StorageError};
use crate::rows;
use crate::schema::table_indexes;
use crate::statement::{Bound, OwnedCell, collect, execute};

/// An index that has a name.
struct Named {
    name: String,
    unique: bool,
    columns: Vec<ColumnId>,
}

/// Lists of column names in `[Tables]`: unique constraints and plain indexes.
struct Lists {
    unique: Vec<Vec<String>>,
    plain: Vec<Vec<String>>,
}

impl Lists {
    fn of(&mut self, unique: bool) -> &mut Vec<Vec<String>> {
        if unique {
            &mut self.unique
        } else {
            &mut self.plain
        }
    }
}

impl Designer<'_> {
    pub(super) fn create_index(
        &mut self,
        id: TableId,
        name: &str,
        columns: &[ColumnId],
        unique: bool,
    ) -> Result<()> {
        let table = self.table(id)?;
        if self.find_index(id, name)?.is_some() {
            return Err(refused(DesignError::IndexExists {
                index: name.to_owned(),
                table: full_name(&table),
            }));
        }
        execute(
            self.conn,
            "INSERT INTO table_indexes (table_id, name, is_unique, column_list) VALUES ($1, $2, $3, $4)",
            &[
                Bound::int(id),
                Bound::text(Some(name)),
                Bound::bit(unique),
                Bound::text(serde_json::to_string(columns).ok()),
            ],
        )?;
        let mut lists = self.lists(id)?;
        lists.of(unique).push(names(&table, columns)?);
        self.set_lists(id, &lists, unique)?;
        let physical = physical(&table, columns)?;
        let made = data_tables::index(self.conn, self.schema, &table, &physical, unique);
        made.map_err(|error| match error {
            StorageError::Database(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => {
                refused(DesignError::DuplicateKey {
                    table: full_name(&table),
                    index: name.to_owned(),
                })
            }
            error => error,
        })
    }

    pub(super) fn drop_index(&mut self, id: TableId, name: &str, if_exists: bool) -> Result<()> {
        let table = self.table(id)?;
        let Some(index) = self.find_index(id, name)? else {
            return match if_exists {
                true => Ok(()),
                false => Err(refused(DesignError::IndexNotFound {
                    index: name.to_owned(),
                    table: full_name(&table),
                })),
            };
        };
        execute(
            self.conn,
            "DELETE FROM table_indexes WHERE table_id = $1 AND name = $2",
            &[Bound::int(id), Bound::text(Some(index.name))],
        )?;
        let mut lists = self.lists(id)?;
        let own = names(&table, &index.columns)?;
        let list = lists.of(index.unique);
        if let Some(at) = list.iter().position(|l| *l == own) {
            list.remove(at);
        }
        // The same columns may be indexed for another reason, by one physical index.
        let single = match index.columns.as_slice() {
            [only] => index.unique && unique_columns(self.conn, id)?.contains(only),
            _ => false,
        };
        let is_wanted = single || lists.of(index.unique).contains(&own);
        self.set_lists(id, &lists, index.unique)?;
        if is_wanted {
            return Ok(());
        }
        let physical = physical(&table, &index.columns)?;
        data_tables::drop_index(self.conn, self.schema, &table, &physical, index.unique)
    }

    /// Makes the indexes of new columns that are unique by themselves.
    pub(super) fn index_unique(&mut self, table: &Table, columns: &[NewColumn]) -> Result<()> {
        for new in columns.iter().filter(|c| c.unique) {
            let physical = table.column(&new.name).and_then(|c| c.physical.as_deref());
            if let Some(physical) = physical {
                data_tables::index(self.conn, self.schema, table, &[physical], true)?;
            }
        }
        Ok(())
    }

    /// What index or constraint of several columns holds a column, for messages.
    pub(super) fn index_of(&mut self, table: &Table, column: &Column) -> Result<Option<String>> {
        let named = self.named(table.id)?;
        if let Some(index) = named.iter().find(|i| i.columns.contains(&column.id)) {
            return Ok(Some(format!("the index {}", index.name)));
        }
        let lists = self.lists(table.id)?;
        let wanted = column.name.to_lowercase();
        let holds = |list: &Vec<String>| list.iter().any(|n| n.to_lowercase() == wanted);
        if lists.unique.iter().any(holds) {
            return Ok(Some("a unique constraint".to_owned()));
        }
        Ok(lists.plain.iter().any(holds).then(|| "an index".to_owned()))
    }

    fn named(&mut self, table: TableId) -> Result<Vec<Named>> {
        let rows: Vec<(String, bool, String)> = table_indexes::table
            .filter(table_indexes::table_id.eq(table))
            .select((
                table_indexes::name,
                table_indexes::is_unique,
                table_indexes::column_list,
            ))
            .load(&mut **self.conn)?;
        rows.into_iter()
            .map(|(name, unique, columns)| {
                let columns = serde_json::from_str(&columns)
                    .map_err(|_| StorageError::Corrupt(format!("the index {name}")))?;
                Ok(Named {
                    name,
                    unique,
                    columns,
                })
            })
            .collect()
    }

    fn find_index(&mut self, table: TableId, name: &str) -> Result<Option<Named>> {
        let wanted = name.to_lowercase();
        let mut named = self.named(table)?.into_iter();
        Ok(named.find(|i| i.name.to_lowercase() == wanted))
    }

    fn lists(&mut self, table: TableId) -> Result<Lists> {
        let sql = "SELECT unique_constraints, indexes FROM tables WHERE cinchy_id = $1";
        let rows = collect(
            self.conn,
            sql,
            &[Bound::int(table)],
            &[Type::Text, Type::Text],
        )?;
        let read = |index: usize| match rows.first().and_then(|row| row.get(index)) {
            Some(OwnedCell::Text(text)) => serde_json::from_str(text)
                .map_err(|_| StorageError::Corrupt(format!("the indexes of table {table}"))),
            _ => Ok(Vec::new()),
        };
        Ok(Lists {
            unique: read(0)?,
            plain: read(1)?,
        })
    }

    fn set_lists(&mut self, table: TableId, lists: &Lists, unique: bool) -> Result<()> {
        let (name, list) = if unique {
            ("unique_constraints", &lists.unique)
        } else {
            ("indexes", &lists.plain)
        };
        let text = serde_json::to_string(list).ok();
        let row = vec![(name, Bound::text(text.filter(|_| !list.is_empty())))];
        let tables = system_table(self.catalog, "Tables")?;
        rows::update(self.conn, self.schema, tables, table, self.stamp, row)
    }
}

fn names(table: &Table, columns: &[ColumnId]) -> Result<Vec<String>> {
    let names = columns
        .iter()
        .map(|id| Ok(column(table, *id)?.name.clone()));
    names.collect()
}

fn physical<'t>(table: &'t Table, columns: &[ColumnId]) -> Result<Vec<&'t str>> {
    let columns = columns.iter().map(|id| {
        let physical = column(table, *id)?.physical.as_deref();
        physical.ok_or_else(|| StorageError::Corrupt("a column that is not stored".to_owned()))
    });
    columns.collect()
}

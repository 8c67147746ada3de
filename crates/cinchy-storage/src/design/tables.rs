//! Tables made and dropped.

use cinchy_cql::catalog::{CalculatedType, ColumnKind, DomainId, TableId};
use cinchy_cql::design::{DesignError, NewColumn};
use cinchy_seed::model;

use super::{Designer, full_name, refused};
use crate::base::{new_guid, system_table};
use crate::error::{Result, StorageError};
use crate::rows::{self, Inserter};
use crate::seeding::columns::{NAMES, Place, system_values, values};
use crate::statement::Bound;
use crate::system::SYSTEM_COLUMNS;
use crate::{catalog, data_tables, ids, table_json};

/// `[Cinchy].[Tables]` and `[Cinchy].[Table Columns]` as tables that give ids.
const TABLES: TableId = 2;
const COLUMNS: TableId = 3;

impl Designer<'_> {
    pub(super) fn create_table(
        &mut self,
        domain: DomainId,
        name: &str,
        columns: &[NewColumn],
    ) -> Result<()> {
        let id = ids::take(self.conn, TABLES, 1)?;
        let first = ids::take(self.conn, COLUMNS, count(columns) + count(SYSTEM_COLUMNS))?;
        let row = vec![
            ("domain", Bound::int(domain)),
            ("name", Bound::text(Some(name))),
            ("guid", new_guid()),
            ("type", Bound::text(Some("Standard"))),
        ];
        let tables = system_table(self.catalog, "Tables")?;
        rows::insert_with_id(self.conn, self.schema, tables, id, self.stamp, row)?;
        let mut place = Place {
            table: id,
            full_name: String::new(),
            ordinal: 0,
            target: None,
        };
        let mut cells = Vec::with_capacity(columns.len() + SYSTEM_COLUMNS.len());
        for column in columns {
            place.ordinal += 1;
            cells.push(column_values(column, &place));
        }
        cells.extend(system_values(&mut place));
        self.insert_columns(first, cells)?;
        table_json::write(self.conn, self.schema, &[id])?;
        let catalog = catalog::load(self.conn)?;
        let gone = || StorageError::Corrupt(format!("the table {id} is gone"));
        let table = catalog.table(id).ok_or_else(gone)?;
        data_tables::create(self.conn, self.schema, table)?;
        self.index_unique(table, columns)
    }

    /// Rows of `[Table Columns]`, whose ids count from `first`.
    pub(super) fn insert_columns(&mut self, first: i32, rows: Vec<Vec<Bound>>) -> Result<()> {
        let physical = &system_table(self.catalog, "Table Columns")?.physical;
        let mut inserter = Inserter::new(self.conn, self.schema, physical, &NAMES, self.stamp);
        for (id, mut values) in (first..).zip(rows) {
            if let Some(at) = NAMES.iter().position(|n| *n == "guid") {
                values[at] = new_guid();
            }
            inserter.add(self.conn, id, values)?;
        }
        inserter.finish(self.conn)
    }

    pub(super) fn take_columns(&mut self, columns: &[NewColumn]) -> Result<i32> {
        ids::take(self.conn, COLUMNS, count(columns))
    }

    pub(super) fn drop_tables(&mut self, dropped: &[TableId]) -> Result<()> {
        for id in dropped {
            let table = self.table(*id)?;
            // A link to a table that is not there could not be read any more.
            let mut others = self.catalog.tables().filter(|t| !dropped.contains(&t.id));
            let link = others.find_map(|other| {
                let mut columns = other.columns.iter();
                let link = columns
                    .find(|c| matches!(&c.kind, ColumnKind::Link { target, .. } if target == id))?;
                Some(format!("{}.{}", full_name(other), link.name))
            });
            if let Some(by) = link {
                let table = full_name(&table);
                return Err(refused(DesignError::TableInUse { table, by }));
            }
            let tables = system_table(self.catalog, "Tables")?;
            let row = self.deleted();
            rows::update(self.conn, self.schema, tables, *id, self.stamp, row)?;
        }
        Ok(())
    }

    /// What marks a row as deleted.
    pub(super) fn deleted(&self) -> Vec<(&'static str, Bound)> {
        vec![
            ("deleted", Bound::date_time(self.stamp.at)),
            ("deleted_by", Bound::int(self.stamp.user)),
        ]
    }
}

fn count<T>(of: &[T]) -> i32 {
    i32::try_from(of.len()).unwrap_or(i32::MAX)
}

/// The word of `[Table Columns].[Type]` for the kind of a new column.
pub(super) fn column_type(kind: &ColumnKind) -> model::ColumnType {
    match kind {
        ColumnKind::Number => model::ColumnType::Number,
        ColumnKind::DateTime => model::ColumnType::Date,
        ColumnKind::YesNo => model::ColumnType::YesNo,
        ColumnKind::Binary => model::ColumnType::Binary,
        ColumnKind::Choice { .. } => model::ColumnType::Choice,
        ColumnKind::Link { .. } => model::ColumnType::Link,
        ColumnKind::Calculated { .. } => model::ColumnType::Calculated,
        _ => model::ColumnType::Text,
    }
}

/// The row of a new column.
pub(super) fn column_values(column: &NewColumn, place: &Place) -> Vec<Bound> {
    let mut seed = model::Column::new(&column.name, column_type(&column.kind));
    seed.mandatory = Some(column.mandatory);
    seed.unique = Some(column.unique);
    let mut place = Place {
        full_name: String::new(),
        ..*place
    };
    match &column.kind {
        ColumnKind::Choice { options, multi } => {
            seed.options = options.iter().map(|o| o.as_str().into()).collect();
            seed.multi = Some(*multi);
        }
        ColumnKind::Link {
            display, junction, ..
        } => {
            place.target = Some(*display);
            seed.multi = Some(junction.is_some());
        }
        ColumnKind::Calculated {
            result,
            expression,
            cached,
        } => {
            seed.result = Some(match result {
                CalculatedType::Text => model::CalculatedType::Text,
                CalculatedType::Number => model::CalculatedType::Number,
                CalculatedType::DateTime => model::CalculatedType::Date,
                CalculatedType::YesNo => model::CalculatedType::YesNo,
            });
            seed.expression = Some(expression.clone());
            seed.cached = Some(*cached);
        }
        _ => {}
    }
    let mut values = values(&seed, &place);
    if let (ColumnKind::Text { max_length }, Some(at)) = (
        &column.kind,
        NAMES.iter().position(|n| *n == "text_column_max_length"),
    ) {
        values[at] = Bound::int(*max_length);
    }
    values
}

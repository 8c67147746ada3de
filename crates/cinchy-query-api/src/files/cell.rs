//! The cell that a path names, and what its caller may do with it: asked and written by CQL, so that column rights, row
//! filters, versions and checks are those of every other write.

use std::ops::ControlFlow;
use std::sync::Arc;

use actix_web::HttpRequest;
use cinchy_cql::Script;
use cinchy_cql::catalog::{Column, ColumnKind, Table};
use cinchy_cql::value::{ResultColumn, Type, Value};
use cinchy_storage::statement::{Cell as Item, OwnedCell, RowSink};
use cinchy_storage::{Connection, files};
use cinchy_web::authenticate::Authenticated;
use cinchy_web::query::Text;
use cinchy_web::script::{Given, Results, Scene, Wanted, run_script};
use cinchy_web::{Generation, Instance};
use percent_encoding::percent_decode_str;

use crate::error::ApiError;

/// Name of the table of files.
const FILES: &str = "Files";

/// A path, taken apart.
#[derive(Debug, Clone)]
pub struct Address {
    domain: String,
    table: String,
    row: i32,
    column: String,
}

impl Address {
    /// What the path names.
    ///
    /// # Errors
    /// A Cinchy Id that is none.
    pub fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        let segment = |name: &str| {
            let text = request.match_info().get(name).unwrap_or_default();
            percent_decode_str(text).decode_utf8_lossy().into_owned()
        };
        let row = segment("row");
        Ok(Self {
            domain: segment("domain"),
            table: segment("table"),
            row: row.trim().parse().map_err(|_| {
                ApiError::Parameter(format!("The Cinchy Id must be a whole number, not `{row}`"))
            })?,
            column: segment("column"),
        })
    }
}

impl ApiError {
    /// What a caller who is nobody learns of a cell that they cannot have: not even whether it is there.
    pub(super) fn for_cell_of(self, at: &Address, anonymous: bool) -> Self {
        match self {
            Self::NoTable(_) | Self::NoFileColumn(_) | Self::NoRow(_) | Self::MayNotView { .. }
                if anonymous =>
            {
                let Address {
                    domain,
                    table,
                    row,
                    column,
                } = at;
                Self::AnonymousMayNotView(format!("[{column}] of row {row} of {domain}.{table}"))
            }
            error => error,
        }
    }
}

/// A cell that holds files.
#[derive(Debug, Clone)]
pub struct FileCell {
    table: Arc<Table>,
    row: i32,
    column: Column,
    /// Whether it takes several files.
    pub multiple: bool,
}

/// The connection and caller that ask.
pub struct Asking<'a> {
    /// The platform.
    pub instance: &'a Instance,
    /// The connection.
    pub conn: &'a mut Connection,
    /// Who asks.
    pub caller: &'a Authenticated,
}

impl FileCell {
    /// The cell of an address, if its column is a link to files.
    ///
    /// # Errors
    /// No such table or column, or one that holds no files.
    pub fn find(
        conn: &mut Connection,
        generation: &Generation,
        at: &Address,
    ) -> Result<Self, ApiError> {
        let catalog = generation.catalog(conn)?;
        let table = catalog
            .find(&at.domain, &at.table)
            .ok_or_else(|| ApiError::NoTable(format!("The table {}.{}", at.domain, at.table)))?;
        let column = table.column(&at.column).ok_or_else(|| {
            ApiError::NoTable(format!(
                "The column [{}] of {}.{}",
                at.column, at.domain, at.table
            ))
        })?;
        let files = catalog.find("Cinchy", FILES).map(|files| files.id);
        let multiple = match &column.kind {
            ColumnKind::Link {
                target, junction, ..
            } if Some(*target) == files => junction.is_some(),
            _ => return Err(ApiError::NoFileColumn(column.name.clone())),
        };
        Ok(Self {
            table: Arc::clone(table),
            row: at.row,
            column: column.clone(),
            multiple,
        })
    }

    /// Column, row and table, for people.
    pub fn name(&self) -> String {
        let Table { domain, name, .. } = self.table.as_ref();
        format!(
            "[{}] of row {} of {domain}.{name}",
            self.column.name, self.row
        )
    }

    /// Whether the caller may edit the cell; `None` when there is no such row for them.
    ///
    /// # Errors
    /// The database's.
    pub fn may_edit(&self, asking: &mut Asking<'_>) -> Result<Option<bool>, ApiError> {
        let sql = self.select(&format!("editable([{}])", self.column.name));
        let rows = self.run(asking, &sql, None)?;
        Ok(rows
            .first()
            .map(|row| matches!(row.first(), Some(OwnedCell::Int(1)))))
    }

    /// Ids of the files of the cell; `None` when there is no such row for the caller. Who may view the cell may have its
    /// files, whatever they may see of `[Cinchy].[Files]`.
    ///
    /// # Errors
    /// No right to view the column.
    pub fn files(&self, asking: &mut Asking<'_>) -> Result<Option<Vec<i32>>, ApiError> {
        let sql = self.select(&format!("t.[{}]", self.column.name));
        let rows = self.run(asking, &sql, None)?;
        match rows.first().map(|row| row.first()) {
            None => Ok(None),
            // Blank, or masked for the caller.
            Some(None | Some(OwnedCell::Null)) => Ok(Some(Vec::new())),
            Some(Some(_)) => {
                let schema = asking.instance.database().schema();
                let ids = files::linked(asking.conn, schema, &self.table, &self.column, self.row)?;
                Ok(Some(ids))
            }
        }
    }

    /// Links the cell to these files.
    ///
    /// # Errors
    /// No right to edit it, or the database's.
    pub fn set(&self, asking: &mut Asking<'_>, files: &[i32]) -> Result<(), ApiError> {
        let Table { domain, name, .. } = self.table.as_ref();
        let sql = format!(
            "UPDATE t SET t.[{}] = @files FROM [{domain}].[{name}] t WHERE t.[Cinchy Id] = @row AND t.[Deleted] IS NULL",
            self.column.name,
        );
        // As clients write links: id and version in turn.
        let pairs: Vec<String> = files.iter().map(|id| format!("{id},0")).collect();
        self.run(asking, &sql, Some(pairs.join(",")))?;
        Ok(())
    }

    fn select(&self, item: &str) -> String {
        let Table { domain, name, .. } = self.table.as_ref();
        format!(
            "SELECT {item} FROM [{domain}].[{name}] t WHERE t.[Cinchy Id] = @row AND t.[Deleted] IS NULL"
        )
    }

    fn run(
        &self,
        asking: &mut Asking<'_>,
        cql: &str,
        files: Option<String>,
    ) -> Result<Vec<Vec<OwnedCell>>, ApiError> {
        let (types, values): (Vec<_>, Vec<_>) = files
            .map(|files| ("files", Type::Text, Value::Text(files)))
            .into_iter()
            .chain([("row", Type::Int, Value::Int(self.row.into()))])
            .map(|(name, ty, value)| ((name.to_owned(), ty), (name.to_owned(), value)))
            .unzip();
        let text = Text {
            cql,
            parameters: &types,
            text_parameters: &[],
            ad_hoc: false,
            versions: false,
        };
        let script = Script::parse(cql, &[])?;
        let generation = asking.instance.seen_by(asking.conn)?;
        let scene = Scene {
            instance: asking.instance,
            conn: asking.conn,
            generation,
            kept: None,
            caller: asking.caller,
        };
        let given = Given {
            types: &types,
            values: &values,
        };
        let mut rows = Rows::default();
        run_script(&script, text, given, Wanted::Rows, scene, &mut rows)?;
        Ok(rows.rows)
    }
}

/// Rows in memory.
#[derive(Default)]
struct Rows {
    rows: Vec<Vec<OwnedCell>>,
    row: Vec<OwnedCell>,
}

impl Results for Rows {
    fn begin(&mut self, _columns: &[ResultColumn], _hold_back: bool) {}
}

impl RowSink for Rows {
    fn cell(&mut self, _index: usize, cell: Item<'_>) {
        self.row.push(cell.into());
    }

    fn end_row(&mut self) -> ControlFlow<()> {
        self.rows.push(std::mem::take(&mut self.row));
        ControlFlow::Continue(())
    }
}

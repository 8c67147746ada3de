//! Temporary tables as sources and targets. They are tables without a domain that only this script knows; who made them
//! may do everything with them.

use std::sync::Arc;

use sqlparser::ast::{ObjectName, Query as QueryAst};

use super::derived::kind_of;
use super::query::retype;
use super::rights::Reader;
use super::{Binder, Source};
use crate::catalog::{Column, ColumnId, ColumnKind, Table};
use crate::error::{CqlError, Position};
use crate::ir::{Bound, NodeId, Relation};
use crate::syntax;
use crate::value::Type;

/// The hidden last column of a temporary table, which numbers its rows in the order in which they came.
pub(crate) const ROW: &str = "$row";
/// Its physical name.
pub(crate) const ROW_PHYSICAL: &str = "row_id";
/// Ids of columns of temporary tables count up from here; those of queries in FROM count down from 0.
const FIRST_COLUMN: ColumnId = ColumnId::MIN / 2;

/// A temporary table with these columns.
pub(crate) fn temporary_table(name: &str, physical: &str, columns: Vec<(String, Type)>) -> Table {
    let column = |index: usize, name: String, physical: String, kind: ColumnKind| Column {
        id: FIRST_COLUMN + ColumnId::try_from(index).unwrap_or(ColumnId::MAX),
        name,
        physical: Some(physical),
        kind,
        is_system: false,
        is_mandatory: false,
        default: None,
        limits: None,
    };
    let count = columns.len();
    let mut own: Vec<Column> = columns
        .into_iter()
        .enumerate()
        .map(|(index, (name, ty))| column(index, name, format!("c{index}"), kind_of(ty)))
        .collect();
    own.push(column(
        count,
        ROW.to_owned(),
        ROW_PHYSICAL.to_owned(),
        ColumnKind::Integer,
    ));
    Table {
        id: FIRST_COLUMN,
        domain: String::new(),
        name: name.to_owned(),
        physical: physical.to_owned(),
        creator: None,
        columns: own,
        blank: Arc::default(),
        keys: Vec::new(),
    }
}

impl<'a> Binder<'a> {
    /// Gives the binder the temporary tables that are in sight.
    pub(crate) fn with_temporary(mut self, tables: &'a [Arc<Table>]) -> Self {
        self.temporary = tables;
        self
    }

    /// The temporary table of a name of one part.
    pub(super) fn temporary_named(
        &self,
        name: &ObjectName,
    ) -> Result<Option<Arc<Table>>, CqlError> {
        let [part] = name.0.as_slice() else {
            return Ok(None);
        };
        let Some(ident) = part.as_ident().filter(|n| n.value.starts_with(['#', '@'])) else {
            return Ok(None);
        };
        // A row filter or calculated column knows nothing of the script that reads it.
        let tables = if self.scope.fragment {
            &[]
        } else {
            self.temporary
        };
        let wanted = ident.value.to_lowercase();
        match tables.iter().find(|t| t.name.to_lowercase() == wanted) {
            Some(table) => Ok(Some(Arc::clone(table))),
            None => Err(CqlError::InvalidObject {
                name: ident.value.clone(),
                position: syntax::position(ident.span),
            }),
        }
    }

    /// Makes a temporary table a source of the scope.
    pub(super) fn temporary_source(
        &mut self,
        table: &Arc<Table>,
        alias: Option<String>,
        position: Option<Position>,
    ) -> Result<NodeId, CqlError> {
        self.unique_source(alias.as_deref(), table, position)?;
        let node = self.push(Reader::System, table, Relation::Temporary, Vec::new())?;
        self.scope.sources.push(Source { alias, node });
        Ok(node)
    }

    /// Binds a query whose columns are put into `columns` of a temporary table. `ahead`: columns of the query that stand
    /// before them.
    pub(crate) fn insert_temporary(
        mut self,
        table: &Table,
        columns: &[usize],
        query: &QueryAst,
        ahead: Option<usize>,
    ) -> Result<Bound, CqlError> {
        let ahead = ahead.unwrap_or(0);
        let mut query = self.query(query)?;
        if query.columns().len() != columns.len() + ahead {
            return Err(CqlError::InsertColumnCount { position: None });
        }
        for (number, index) in columns.iter().enumerate() {
            let ty = super::types::column_type(&table.columns[*index]);
            retype(&mut query, number + ahead, ty, None)?;
        }
        self.settle_order(&mut query)?;
        Ok(Bound {
            nodes: self.nodes,
            query,
            room: self.room,
        })
    }
}

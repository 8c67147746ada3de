//! Statements that write, as plain data: what storage needs to run one, without names, rights or links left to resolve.
//!
//! Storage runs the queries in here, brings each value into the form of its column, finds the targets of links through the
//! [`Lookup`]s, and writes.

use std::sync::Arc;

use crate::catalog::{Column, Table};
use crate::error::CqlError;
use crate::value::{Bind, Compiled, Type, Value};

/// Name of the parameter that holds the Cinchy Ids of the rows that a statement has written (or is to delete), a JSON
/// array as text. It begins with a blank, as no parameter of a caller's does.
pub const ROW_IDS: &str = " row ids";
/// Name of the parameter that holds the keys that a [`Lookup`] is to find, a JSON array as text; like [`ROW_IDS`].
pub const KEYS: &str = " keys";

/// A statement that writes, ready to run.
pub type CompiledWrite = Write<Compiled>;

/// A statement that writes rows of one table. `Q` is a query: bound, or compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Write<Q> {
    /// The table.
    pub table: Arc<Table>,
    /// What happens to its rows.
    pub action: Action<Q>,
    /// How links find their targets.
    pub lookups: Vec<Lookup<Q>>,
    /// Cached calculated columns of the table in the order in which they are computed: physical column, and a query of id
    /// and value for the rows of [`ROW_IDS`].
    pub calculated: Vec<(String, Q)>,
    /// OUTPUT.
    pub output: Option<Output<Q>>,
}

/// What happens to rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Action<Q> {
    /// New rows.
    Insert {
        /// The columns that are written, in the order of the cells of a row.
        columns: Vec<Column>,
        /// Columns that are left out and have a default.
        defaults: Vec<(Column, Value)>,
        /// Where the rows come from.
        rows: NewRows<Q>,
        /// Ids of those of [`ROW_IDS`] that the writer may view; `None`: all. One that is missing undoes the statement.
        visible: Option<Q>,
    },
    /// New versions of rows.
    Update {
        /// The columns that are written.
        columns: Vec<Column>,
        /// Form of each column's value.
        forms: Vec<Form>,
        /// Id of a row, then its values. Of several rows with one id the first counts.
        source: Q,
    },
    /// Rows are marked as deleted.
    Delete {
        /// Ids.
        source: Q,
    },
    /// Rows are removed with their history.
    Truncate,
}

/// The rows of an INSERT.
#[derive(Debug, Clone, PartialEq)]
pub enum NewRows<Q> {
    /// VALUES.
    Values {
        /// Cells by row.
        rows: Vec<Vec<Cell>>,
        /// Queries of one row each that cells take their values from.
        computed: Vec<Q>,
    },
    /// SELECT.
    Query {
        /// For each written column: the column of the query, and its form.
        items: Vec<(usize, Form)>,
        /// The query.
        source: Q,
    },
}

/// A cell of VALUES.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Where its value comes from.
    pub value: CellValue,
    /// What the value means.
    pub form: Form,
}

/// Where the value of a cell comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum CellValue {
    /// It is known, or a parameter.
    Constant(Bind),
    /// Column `item` of the query `query`.
    Computed {
        /// Index of the query.
        query: usize,
        /// Index of its column.
        item: usize,
    },
}

/// What a value means for its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// It is the value.
    Plain,
    /// It is the id of a row that a link goes to already, or a list of such ids.
    Ids,
    /// A number is an id; a text is id and version in turn (`5,0`, `152,0,187,0`), or one id. The lookup says which exist.
    Pairs(usize),
    /// ResolveLink: the lookup finds the value, or each item of a list.
    Resolve(usize),
}

/// A column of a link's target in which values are looked up.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup<Q> {
    /// Name of the column in the target.
    pub column: String,
    /// Name of the link column.
    pub link: String,
    /// Type of the column.
    pub ty: Type,
    /// Whether the query takes the wanted keys as [`KEYS`]; else it gives all.
    pub by_key: bool,
    /// Key and id, the first of equal keys first.
    pub query: Q,
}

/// OUTPUT of a statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Output<Q> {
    /// Rows by [`ROW_IDS`]. For DELETE it runs before the rows are marked, else after the write.
    pub query: Q,
    /// INTO: the rows go into a temporary table and are no result.
    pub into: Option<OutputInto>,
}

/// A temporary table that takes the rows of OUTPUT.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputInto {
    /// The temporary table.
    pub table: std::sync::Arc<crate::catalog::Table>,
    /// Physical columns with their types, in the order of the rows' columns.
    pub columns: Vec<(String, Type)>,
}

impl<Q> Write<Q> {
    /// The same with another kind of query.
    ///
    /// # Errors
    /// Those of `each`.
    pub(crate) fn try_map<R>(
        self,
        each: &mut impl FnMut(Q) -> Result<R, CqlError>,
    ) -> Result<Write<R>, CqlError> {
        let action = match self.action {
            Action::Insert {
                columns,
                defaults,
                rows,
                visible,
            } => Action::Insert {
                columns,
                defaults,
                rows: match rows {
                    NewRows::Values { rows, computed } => NewRows::Values {
                        rows,
                        computed: computed
                            .into_iter()
                            .map(&mut *each)
                            .collect::<Result<_, _>>()?,
                    },
                    NewRows::Query { items, source } => NewRows::Query {
                        items,
                        source: each(source)?,
                    },
                },
                visible: visible.map(&mut *each).transpose()?,
            },
            Action::Update {
                columns,
                forms,
                source,
            } => Action::Update {
                columns,
                forms,
                source: each(source)?,
            },
            Action::Delete { source } => Action::Delete {
                source: each(source)?,
            },
            Action::Truncate => Action::Truncate,
        };
        let lookups = self.lookups.into_iter().map(|lookup| {
            Ok(Lookup {
                column: lookup.column,
                link: lookup.link,
                ty: lookup.ty,
                by_key: lookup.by_key,
                query: each(lookup.query)?,
            })
        });
        let lookups = lookups.collect::<Result<_, CqlError>>()?;
        let calculated = self.calculated.into_iter();
        let calculated = calculated.map(|(physical, query)| Ok((physical, each(query)?)));
        let calculated = calculated.collect::<Result<_, CqlError>>()?;
        Ok(Write {
            table: self.table,
            action,
            lookups,
            calculated,
            output: match self.output {
                Some(Output { query, into }) => Some(Output {
                    query: each(query)?,
                    into,
                }),
                None => None,
            },
        })
    }
}

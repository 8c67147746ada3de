//! The bound statement: every name is a physical column of a known source, every expression has a type, links have
//! become joins. Knows nothing of the parser and nothing of a database's dialect.
//!
//! Values ([`Scalar`]) and truths ([`Condition`], three-valued) are apart, as in T-SQL.

mod clauses;
mod condition;
mod scalar;

use std::sync::Arc;

pub(crate) use clauses::{
    Bound as FrameBound, Frame, JsonLevel, JsonQuery, JsonRows, Limit, Window, WindowFunction,
};
pub(crate) use condition::{Comparison, Condition, Pattern};
pub(crate) use scalar::{Aggregate, Arithmetic, List, Scalar, ScalarNode};

use crate::catalog::{ColumnId, Table};
use crate::value::Type;

/// Index of a [`Node`] in [`Bound::nodes`]; its SQL alias is `s` and this number.
pub(crate) type NodeId = usize;

/// A statement with the sources that it reads.
#[derive(Debug)]
pub(crate) struct Bound {
    /// All sources, those inside derived tables and lists included.
    pub nodes: Vec<Node>,
    /// The statement.
    pub query: Query,
    /// Stack that the texts behind it may need together, in bytes.
    pub room: usize,
}

/// What a statement does to a temporary table. Its rows come from a query.
#[derive(Debug)]
pub(crate) enum TemporaryChange {
    /// Columns of the query in this order.
    Insert { table: String, columns: Vec<String> },
    /// The query's first column is the row, the others are the new values.
    Update { table: String, columns: Vec<String> },
    /// The query's column is the row.
    Delete { table: String },
}

/// A query: a SELECT, or several put together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    /// Sources from this number on are its own; columns of earlier ones belong to the query around it.
    pub first_node: NodeId,
    pub body: Body,
}

/// The forms of a query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Body {
    Select(Box<Select>),
    Set(Box<SetQuery>),
    /// FOR JSON: one row of one text.
    Json(Box<JsonQuery>),
    Values(Box<Values>),
}

/// `VALUES (..), (..)` as a table. Each row ends in its number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Values {
    pub rows: Vec<Vec<Scalar>>,
    /// Names and types of all columns but the number.
    pub columns: Vec<(String, Type)>,
}

/// Name of the column of [`Query::columns`] that FOR JSON gives (T-SQL).
const JSON_COLUMN: &str = "JSON_F52E2B61-18A1-11d1-B105-00805F49916B";

/// UNION and its kin.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SetQuery {
    pub operator: SetOperator,
    /// Equal rows stay.
    pub all: bool,
    pub left: Query,
    pub right: Query,
    /// Names of the left side, types of both.
    pub columns: Vec<(String, Type)>,
    /// Columns to order by, and whether descending.
    pub order_by: Vec<(usize, bool)>,
    pub limit: Option<Limit>,
    pub offset: Option<Scalar>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetOperator {
    Union,
    Intersect,
    Except,
}

impl Query {
    /// Names and types of its columns.
    pub(crate) fn columns(&self) -> Vec<(String, Type)> {
        match &self.body {
            Body::Select(select) => select
                .items
                .iter()
                .map(|i| (i.name.clone(), i.value.ty))
                .collect(),
            Body::Set(set) => set.columns.clone(),
            Body::Json(_) => vec![(JSON_COLUMN.to_owned(), Type::Text)],
            Body::Values(values) => values.columns.clone(),
        }
    }

    /// Whether it gives one row at most, whatever the data.
    pub(crate) fn is_single(&self) -> bool {
        match &self.body {
            Body::Select(select) => {
                let aggregate = || {
                    select.group_by.is_empty()
                        && select.sets.len() <= 1
                        && select.items.iter().any(|i| i.value.has_aggregate())
                };
                let single = select.limit.as_ref().is_some_and(Limit::is_single);
                select.from.is_empty() || single || aggregate()
            }
            Body::Set(set) => set.limit.as_ref().is_some_and(Limit::is_single),
            Body::Json(_) => true,
            Body::Values(values) => values.rows.len() == 1,
        }
    }
}

/// One occurrence of a table in the statement.
#[derive(Debug)]
pub(crate) struct Node {
    /// The table.
    pub table: Arc<Table>,
    /// How its rows are got.
    pub relation: Relation,
    /// Outer joins to linked tables, which follow the source wherever it stands.
    pub links: Vec<LinkJoin>,
}

/// Where the rows of a [`Node`] come from.
#[derive(Debug)]
pub(crate) enum Relation {
    /// The physical table.
    Table,
    /// The physical table of a temporary table.
    Temporary,
    /// The current rows with all their earlier versions.
    Versions,
    /// The earlier versions only.
    History,
    /// A query in FROM, or a common table expression. Its columns are called `c0`, `c1` ...
    Derived(Box<Query>),
    /// A query behind APPLY, which reads the sources before it. It has a column [`ROW_NUMBER`] besides.
    Lateral(Box<Query>),
    /// A table function; its columns are called `c0`, `c1` ... and [`ROW_NUMBER`].
    Function {
        function: TableFunction,
        arguments: Vec<Scalar>,
    },
    /// A common table expression that reads itself. It has a column [`LEVEL`] besides.
    Recursive {
        /// Its SQL name is `r` and this number.
        id: usize,
        anchor: Box<Query>,
        step: Box<Query>,
        /// The source within the step that stands for the rows so far.
        rows: NodeId,
        /// Levels that are allowed; `None`: any number.
        most: Option<u64>,
    },
    /// Within the step of a recursive one: the rows that the last step gave.
    Recursion(usize),
    /// The part of the table that the reader may see, as a derived table.
    Filtered {
        /// The table itself, inside.
        inner: NodeId,
        /// Rows that pass; `None`: all, and only cells are masked.
        filter: Option<Box<Condition>>,
        /// Columns that the outside uses.
        columns: Vec<(String, Scalar)>,
    },
}

/// Hidden column that numbers the rows of a source.
pub(crate) const ROW_NUMBER: &str = "row";
/// Hidden column of a recursive query: 0 for the rows that it starts with.
pub(crate) const LEVEL: &str = "level";

/// A function that stands for a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableFunction {
    /// The parts of a text: text, separator.
    StringSplit,
    /// Members or elements of a JSON text, with their types: text, path.
    OpenJson,
    /// Elements of an array or the one object itself, as JSON: text, path.
    JsonRows,
}

/// `LEFT JOIN target ON target.id = key`.
#[derive(Debug)]
pub(crate) struct LinkJoin {
    /// The link column that it follows.
    pub column: ColumnId,
    /// Joined on behalf of the platform, without the reader's row filters.
    pub system: bool,
    /// The stored id.
    pub key: Scalar,
    /// The linked table.
    pub target: NodeId,
    /// Physical id column of the linked table.
    pub target_key: String,
}

/// A SELECT.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Select {
    pub distinct: bool,
    /// TOP, or FETCH.
    pub limit: Option<Limit>,
    /// OFFSET.
    pub offset: Option<Scalar>,
    pub items: Vec<Item>,
    pub from: Vec<FromItem>,
    pub filter: Option<Condition>,
    pub group_by: Vec<Scalar>,
    /// Sets of keys, by their numbers in `group_by`, that ROLLUP and its kin ask for. Empty: one set of all keys.
    pub sets: Vec<Vec<usize>>,
    pub having: Option<Condition>,
    pub order_by: Vec<Order>,
    /// What tells one row from another, for windows that see the order of rows.
    pub row_keys: Vec<Scalar>,
}

/// An item of a select list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    pub name: String,
    pub value: Scalar,
}

/// A source of FROM and how it is joined to those before it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FromItem {
    pub node: NodeId,
    pub join: Join,
    /// So many sources behind it stand in brackets with it: they are joined to it before it is to those before.
    pub members: usize,
}

impl FromItem {
    /// A source by itself.
    pub(crate) fn new(node: NodeId, join: Join) -> Self {
        Self {
            node,
            join,
            members: 0,
        }
    }
}

/// How a source is joined to those before it. The first one is [`Join::Cross`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Join {
    Cross,
    Inner(Condition),
    Left(Condition),
    Right(Condition),
    Full(Condition),
    /// CROSS APPLY: each row with the rows that the source gives for it.
    Apply,
    /// OUTER APPLY: rows for which the source gives none stay.
    OuterApply,
}

/// An item of ORDER BY.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Order {
    pub key: OrderKey,
    pub descending: bool,
    /// Nothing need be said of NULLs, which lets PostgreSQL use an index.
    pub never_null: bool,
}

impl Order {
    /// The expression, where it is not an item of the select list.
    pub(crate) fn value(&self) -> Option<&Scalar> {
        match &self.key {
            OrderKey::Value(value) => Some(value),
            OrderKey::Item(_) => None,
        }
    }

    /// What is ordered by, wherever it stands.
    pub(crate) fn of<'s>(&'s self, select: &'s Select) -> &'s Scalar {
        match &self.key {
            OrderKey::Value(value) => value,
            OrderKey::Item(item) => &select.items[*item].value,
        }
    }
}

/// What is ordered by.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum OrderKey {
    /// Select item of this index.
    Item(usize),
    /// An expression.
    Value(Scalar),
}

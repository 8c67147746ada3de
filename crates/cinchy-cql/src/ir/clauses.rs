//! Clauses that few queries have: limits, window functions, groupings of several sets, FOR JSON.

use super::{Aggregate, NodeId, Query, Scalar};
use crate::value::{Bind, Value};

/// How many rows at most.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Limit {
    /// TOP n, FETCH NEXT n.
    Rows(Scalar),
    /// TOP n PERCENT: this part of all rows, rounded up.
    Percent { numerator: u64, denominator: u64 },
    /// TOP n WITH TIES: and those that are equal to the last of them in the first `keys` of ORDER BY.
    WithTies { rows: Scalar, keys: usize },
}

impl Limit {
    /// Whether it lets one row pass at most.
    pub(crate) fn is_single(&self) -> bool {
        match self {
            Self::Rows(Scalar {
                node: super::ScalarNode::Constant(Bind::Literal(Value::Int(n))),
                ..
            }) => *n <= 1,
            _ => false,
        }
    }
}

/// A call with OVER.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Window {
    pub function: WindowFunction,
    pub arguments: Vec<Scalar>,
    pub partition: Vec<Scalar>,
    /// Keys, and whether descending.
    pub order: Vec<(Scalar, bool)>,
    pub frame: Option<Frame>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WindowFunction {
    /// `COUNT(*)` has no argument.
    Aggregate(Aggregate),
    RowNumber,
    Rank,
    DenseRank,
    PercentRank,
    CumeDist,
    NTile,
    Lag,
    Lead,
    FirstValue,
    LastValue,
}

impl Window {
    /// Whether the order of equal rows shows in the result. T-SQL leaves it open; here the rows' ids settle it.
    pub(crate) fn sees_row_order(&self) -> bool {
        match self.function {
            WindowFunction::Aggregate(_) => self.frame.as_ref().is_some_and(|f| f.rows),
            WindowFunction::RowNumber
            | WindowFunction::NTile
            | WindowFunction::Lag
            | WindowFunction::Lead
            | WindowFunction::FirstValue
            | WindowFunction::LastValue => true,
            WindowFunction::Rank
            | WindowFunction::DenseRank
            | WindowFunction::PercentRank
            | WindowFunction::CumeDist => false,
        }
    }
}

/// `ROWS BETWEEN start AND end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    /// ROWS; else RANGE.
    pub rows: bool,
    pub start: Bound,
    pub end: Bound,
}

/// An end of a frame. Rows are counted from the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    UnboundedPreceding,
    Preceding(u64),
    CurrentRow,
    Following(u64),
    UnboundedFollowing,
}

/// FOR JSON: the rows of a query as one text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JsonQuery {
    pub query: Query,
    /// The query as a source of `row`.
    pub source: NodeId,
    /// What each row becomes.
    pub rows: JsonRows,
    /// What stands before all rows.
    pub before: String,
    /// What stands behind all rows.
    pub after: String,
    /// Without WITHOUT_ARRAY_WRAPPER.
    pub array: bool,
}

/// What the rows of FOR JSON become.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum JsonRows {
    /// An object each: its text.
    Objects(Scalar),
    /// Objects within objects, as many levels deep, at least two: AUTO of several tables. A row that has the members of the
    /// row before it down to some level goes on with the objects of that row.
    Levels(Vec<JsonLevel>),
}

/// A level of FOR JSON AUTO.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JsonLevel {
    /// The member of the level above that has its objects.
    pub name: String,
    /// The members of its objects, without braces.
    pub inside: Scalar,
}

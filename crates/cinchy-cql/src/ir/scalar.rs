//! Values and their types.

use std::sync::Arc;

use super::{Condition, NodeId, Query, Window};
use crate::catalog::UserFunction;
use crate::functions::Function;
use crate::value::{Bind, Type, Value};

/// A value and its type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scalar {
    pub ty: Type,
    pub node: ScalarNode,
}

/// The forms of a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ScalarNode {
    /// Known when the statement starts.
    Constant(Bind),
    /// A physical column.
    Column {
        node: NodeId,
        physical: String,
    },
    /// The id at the other end of a multi-link.
    ListTarget(usize),
    /// The value of the query of [`Condition::Quantified`] that its condition is asked for; only while rendering.
    Element,
    Negate(Box<Scalar>),
    /// Both sides have the type of the result, or are numbers that widen to it.
    Arithmetic {
        op: Arithmetic,
        left: Box<Scalar>,
        right: Box<Scalar>,
    },
    /// `+` on texts: NULL wins.
    Concatenate(Vec<Scalar>),
    /// CONCAT: NULL is the empty text.
    ConcatFunction(Vec<Scalar>),
    Case {
        branches: Vec<(Condition, Scalar)>,
        otherwise: Option<Box<Scalar>>,
    },
    Coalesce(Vec<Scalar>),
    NullIf(Box<Scalar>, Box<Scalar>),
    Call {
        function: &'static Function,
        arguments: Vec<Scalar>,
    },
    /// A user-defined function over columns: only as an item of the outermost select list, where its arguments are
    /// rendered in its place.
    UserCall {
        function: Arc<UserFunction>,
        arguments: Vec<Scalar>,
    },
    Aggregate {
        function: Aggregate,
        distinct: bool,
        argument: Option<Box<Scalar>>,
    },
    /// STRING_AGG: the values that are not NULL, in this order (and whether descending), with a constant between them.
    StringAgg {
        value: Box<Scalar>,
        separator: Box<Scalar>,
        order: Vec<(Scalar, bool)>,
    },
    /// A call with OVER.
    Window(Box<Window>),
    /// GROUPING: 1 in a row that is not grouped by this key.
    Grouping(Box<Scalar>),
    /// Conversion to the type of the whole.
    Cast(Box<Scalar>),
    /// The one value of a query of one column.
    Subquery(Box<Query>),
    /// The elements of a multi-link as one text.
    ListText {
        list: List,
        element: Box<Scalar>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aggregate {
    Count,
    /// As a 64 bit integer.
    CountBig,
    Sum,
    Avg,
    Min,
    Max,
    StDev,
    StDevP,
    Var,
    VarP,
}

/// The rows of a junction table that belong to one row: a multi-link.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct List {
    /// Its SQL alias is `j` and this number.
    pub id: usize,
    /// Physical junction table; `None` for a version, which keeps its list as text.
    pub junction: Option<String>,
    /// Id of the row that has the multi-link, or the list as text, `1,2`.
    pub owner: Box<Scalar>,
    /// The linked table with its physical id column, when more than the ids is read.
    pub target: Option<(NodeId, String)>,
}

impl Scalar {
    pub(crate) fn literal(value: Value, ty: Type) -> Self {
        Self {
            ty,
            node: ScalarNode::Constant(Bind::Literal(value)),
        }
    }

    pub(crate) fn null(ty: Type) -> Self {
        Self::literal(Value::Null, ty)
    }

    pub(crate) fn is_constant(&self) -> bool {
        matches!(self.node, ScalarNode::Constant(_))
    }
}

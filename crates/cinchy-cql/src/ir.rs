//! The bound statement: every name is a physical column of a known source, every expression has a type, links have
//! become joins. Knows nothing of the parser and nothing of a database's dialect.
//!
//! Values ([`Scalar`]) and truths ([`Condition`], three-valued) are apart, as in T-SQL.

mod clauses;

use std::sync::Arc;

pub(crate) use clauses::{Bound as FrameBound, Frame, JsonQuery, Limit, Window, WindowFunction};

use crate::catalog::{ColumnId, Table, UserFunction};
use crate::functions::Function;
use crate::like::PlainPattern;
use crate::value::{Bind, Type, Value};

/// Index of a [`Node`] in [`Bound::nodes`]; its SQL alias is `s` and this number.
pub(crate) type NodeId = usize;

/// A statement with the sources that it reads.
#[derive(Debug)]
pub(crate) struct Bound {
    /// All sources, those inside derived tables and lists included.
    pub nodes: Vec<Node>,
    /// The statement.
    pub query: Query,
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
}

/// What is ordered by.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum OrderKey {
    /// Select item of this index.
    Item(usize),
    /// An expression.
    Value(Scalar),
}

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A truth.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    Compare {
        op: Comparison,
        left: Scalar,
        right: Scalar,
    },
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    In {
        value: Scalar,
        list: Vec<Scalar>,
        negated: bool,
    },
    Between {
        value: Scalar,
        low: Scalar,
        high: Scalar,
        negated: bool,
    },
    Like {
        value: Scalar,
        pattern: Pattern,
        negated: bool,
    },
    IsNull {
        value: Scalar,
        negated: bool,
    },
    /// Some element of a multi-link meets the condition; negated: there are elements, and none meets it.
    AnyElement {
        list: List,
        condition: Box<Condition>,
        negated: bool,
    },
    /// No element of a multi-link meets the condition (there may be none at all); negated: some does.
    NoElement {
        list: List,
        condition: Box<Condition>,
        negated: bool,
    },
    /// The query has rows.
    Exists {
        query: Box<Query>,
        negated: bool,
    },
    /// The value is among those of a query of one column.
    InQuery {
        value: Scalar,
        query: Box<Query>,
        negated: bool,
    },
    /// The text is one of the items of a list text, as multi-choice columns are stored.
    ItemOf {
        list: Scalar,
        item: Scalar,
    },
    /// The value is in a list of any length that comes as one bind: a JSON array.
    Among {
        value: Scalar,
        list: Scalar,
    },
    /// `value op ALL (query)`, or ANY. Equality with any is [`Self::InQuery`].
    Quantified {
        op: Comparison,
        all: bool,
        value: Scalar,
        query: Box<Query>,
    },
}

/// The right side of LIKE.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pattern {
    Plain(PlainPattern),
    /// With classes, or not constant: matched by `cql_like`.
    Full {
        pattern: Scalar,
        escape: Option<char>,
    },
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

impl Condition {
    /// Its negation, pushed inwards to where lists need it: `NOT ([Tags] = 'x')` is `[Tags] <> 'x'`.
    pub(crate) fn negate(self) -> Self {
        match self {
            Self::And(all) => Self::Or(all.into_iter().map(Self::negate).collect()),
            Self::Or(all) => Self::And(all.into_iter().map(Self::negate).collect()),
            Self::Not(inner) => *inner,
            Self::In {
                value,
                list,
                negated,
            } => Self::In {
                value,
                list,
                negated: !negated,
            },
            Self::Between {
                value,
                low,
                high,
                negated,
            } => Self::Between {
                value,
                low,
                high,
                negated: !negated,
            },
            Self::Like {
                value,
                pattern,
                negated,
            } => Self::Like {
                value,
                pattern,
                negated: !negated,
            },
            Self::IsNull { value, negated } => Self::IsNull {
                value,
                negated: !negated,
            },
            Self::AnyElement {
                list,
                condition,
                negated,
            } => Self::AnyElement {
                list,
                condition,
                negated: !negated,
            },
            Self::NoElement {
                list,
                condition,
                negated,
            } => Self::NoElement {
                list,
                condition,
                negated: !negated,
            },
            Self::Exists { query, negated } => Self::Exists {
                query,
                negated: !negated,
            },
            Self::InQuery {
                value,
                query,
                negated,
            } => Self::InQuery {
                value,
                query,
                negated: !negated,
            },
            Self::Quantified {
                op,
                all,
                value,
                query,
            } => Self::Quantified {
                op: op.opposite(),
                all: !all,
                value,
                query,
            },
            other @ (Self::Compare { .. } | Self::ItemOf { .. } | Self::Among { .. }) => {
                Self::Not(Box::new(other))
            }
        }
    }

    /// The values that it is made of, its own only: those of inner conditions come through [`Self::conditions`].
    pub(crate) fn scalars(&self) -> Vec<&Scalar> {
        match self {
            Self::Compare { left, right, .. } => vec![left, right],
            Self::In { value, list, .. } => std::iter::once(value).chain(list).collect(),
            Self::Between {
                value, low, high, ..
            } => vec![value, low, high],
            Self::Like {
                value,
                pattern: Pattern::Full { pattern, .. },
                ..
            } => vec![value, pattern],
            Self::Like { value, .. }
            | Self::IsNull { value, .. }
            | Self::InQuery { value, .. }
            | Self::Quantified { value, .. } => {
                vec![value]
            }
            Self::ItemOf { list, item } => vec![list, item],
            Self::Among { value, list } => vec![value, list],
            Self::AnyElement { list, .. } | Self::NoElement { list, .. } => vec![&list.owner],
            Self::And(_) | Self::Or(_) | Self::Not(_) | Self::Exists { .. } => Vec::new(),
        }
    }

    /// The query directly inside.
    pub(crate) fn query(&self) -> Option<&Query> {
        match self {
            Self::Exists { query, .. }
            | Self::InQuery { query, .. }
            | Self::Quantified { query, .. } => Some(query),
            _ => None,
        }
    }

    /// Conditions directly inside.
    pub(crate) fn conditions(&self) -> Vec<&Condition> {
        match self {
            Self::And(all) | Self::Or(all) => all.iter().collect(),
            Self::Not(inner) => vec![inner],
            Self::AnyElement { condition, .. } | Self::NoElement { condition, .. } => {
                vec![condition]
            }
            _ => Vec::new(),
        }
    }
}

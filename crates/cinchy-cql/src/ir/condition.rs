//! Truths, three-valued as in T-SQL.

use super::{List, Query, Scalar};
use crate::like::PlainPattern;

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

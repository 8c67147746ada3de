//! From the syntax tree to the IR: names, links, rights and types.
//!
//! `rights` decides what the reader may see and is crossed by every reference; `sources` and `links` make tables, derived
//! tables and link joins; `from` and `select` bind the clauses; `expression`, `condition` and `functions` bind what stands in them;
//! `types` converts. Fragments of metadata (row filters, calculated columns) go through the same code.

mod apply;
mod arithmetic;
mod cast;
mod condition;
mod derived;
mod distinct;
pub(crate) mod entitlements;
mod expression;
mod from;
mod fulltext;
mod functions;
mod group_by;
mod grouping;
mod json_clause;
mod limits;
mod links;
mod open_json;
mod order;
mod pivot;
mod query;
mod recursive;
mod rights;
mod select;
mod select_list;
mod sources;
mod table_functions;
pub(crate) mod temporary;
mod types;
mod views;
mod windows;
mod write;

pub(crate) use cast::written;
pub(crate) use from::table_name;

use std::collections::HashMap;
use std::sync::Arc;

use sqlparser::ast::{Cte, Expr, Query, SetExpr};

use crate::catalog::{Catalog, ColumnId, ColumnKind, Rights, Table, TableId, ViewId};
use crate::error::CqlError;
use crate::ir::{Bound, Item, Node, NodeId, Scalar, Select};
use crate::need::{Answer, Need};
use crate::value::Type;

use rights::Reader;
use sources::NodeInfo;
use write::Assigned;
pub(crate) use write::{into_names, writes};

/// Links and calculated columns within each other: deeper is taken for a cycle.
const MAX_DEPTH: usize = 32;
/// Sources of one statement, links included (PostgreSQL and SQLite both plan badly beyond 64).
const MAX_NODES: usize = 200;

/// Which rows of a table are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rows {
    /// Every one.
    All,
    /// Those whose ids are bound when the statement runs.
    Bound,
}

/// The state of binding one statement.
pub(crate) struct Binder<'a> {
    catalog: &'a Catalog,
    reader: Reader<'a>,
    /// Ids of the caller's groups, in row filters too; `None`: nobody asks.
    groups: Option<&'a [i32]>,
    parameters: &'a [(String, Type)],
    /// Most characters of variables that were declared with a length, by name in lower case.
    lengths: &'a [(String, i64)],
    /// Ad-hoc CQL needs the Direct Query right.
    ad_hoc: bool,
    /// Temporary tables of the script.
    temporary: &'a [Arc<Table>],
    /// Tables of FROM are read with all versions of their rows.
    versions: bool,
    nodes: Vec<Node>,
    info: Vec<NodeInfo<'a>>,
    lists: usize,
    /// Multi-links already bound, so that equal expressions are equal in the IR too (GROUP BY needs it).
    list_cache: HashMap<(NodeId, bool, Vec<ColumnId>), Many>,
    scope: Scope,
    /// Common table expressions in sight, outer ones first. Each use is bound anew.
    ctes: Vec<Arc<Cte>>,
    /// Names of those that are being bound.
    open_ctes: Vec<String>,
    /// What was found out for this statement.
    answers: &'a [(Need, Answer)],
    /// The next SELECT is the outermost one, whose items may be calls of user-defined functions over columns.
    user_items: bool,
    /// Views that are being bound, innermost last.
    open_views: Vec<ViewId>,
    /// Those of them whose recursive part is being bound.
    recursions: Vec<recursive::Recursion>,
    /// Levels that recursion may have; `None`: any number.
    recursion: Option<u64>,
    /// Columns of queries in FROM, counted down: the catalog's ids are positive.
    derived_columns: ColumnId,
    /// Calculated columns and link displays being bound, innermost last.
    stack: Vec<ColumnId>,
    /// The columns that the select list of an INSERT is written to.
    assigned: Option<Assigned>,
    /// Parsed expressions of calculated columns and filters, by text.
    fragments: HashMap<String, Arc<Expr>>,
    /// Stack that the texts met so far may need together, in bytes.
    room: usize,
}

/// What names mean at a place of the statement.
#[derive(Debug, Default, Clone)]
struct Scope {
    sources: Vec<Source>,
    /// Why an aggregate may not stand here; `None`: it may.
    no_aggregate: Option<&'static str>,
    /// Calls with OVER may stand here.
    windows: bool,
    /// A fragment of metadata: the statement's parameters do not exist in it.
    fragment: bool,
    /// The query around this one, whose columns may be used too.
    outer: Option<Box<Scope>>,
}

/// A table that names of a scope can refer to.
#[derive(Debug, Clone)]
struct Source {
    /// As written; `None`: the table goes by its own name.
    alias: Option<String>,
    node: NodeId,
}

/// What a column reference means before its context asks for a value.
#[derive(Debug, Clone)]
enum Operand {
    Value(Scalar),
    /// A multi-choice column: a list text. `quoted`: some option needs quotes within the list.
    Choices {
        list: Scalar,
        quoted: bool,
    },
    /// A single link: its id, and the join that gives its display value when that is wanted.
    Link {
        node: NodeId,
        column: ColumnId,
        id: Scalar,
        target: TableId,
        display: ColumnId,
    },
    /// A multi-link.
    Many(Many),
}

/// A multi-link, possibly with a path behind it.
#[derive(Debug, Clone)]
struct Many {
    list: crate::ir::List,
    element: Box<Operand>,
    /// The elements can be compared by id with a link to this table.
    target: Option<TableId>,
}

impl<'a> Binder<'a> {
    /// A binder for a statement that this user runs.
    pub(crate) fn for_user(
        catalog: &'a Catalog,
        rights: &'a Rights,
        parameters: &'a [(String, Type)],
        ad_hoc: bool,
    ) -> Self {
        Self {
            groups: Some(&rights.groups),
            ..Self::new(catalog, Reader::User(rights), parameters, ad_hoc)
        }
    }

    /// Gives the binder the lengths of variables.
    pub(crate) fn with_lengths(mut self, lengths: &'a [(String, i64)]) -> Self {
        self.lengths = lengths;
        self
    }

    /// Gives the binder what was found out for the statement.
    pub(crate) fn with_answers(mut self, answers: &'a [(Need, Answer)]) -> Self {
        self.answers = answers;
        self
    }

    /// What was found out, or that it must be.
    fn answer(&self, need: Need) -> Result<&'a Answer, CqlError> {
        match self.answers.iter().find(|(own, _)| *own == need) {
            Some((_, answer)) => Ok(answer),
            None => Err(CqlError::Needs(Box::new(need))),
        }
    }

    /// A binder without limits of rights.
    pub(crate) fn for_system(catalog: &'a Catalog) -> Self {
        Self::new(catalog, Reader::System, &[], false)
    }

    fn new(
        catalog: &'a Catalog,
        reader: Reader<'a>,
        parameters: &'a [(String, Type)],
        ad_hoc: bool,
    ) -> Self {
        Self {
            catalog,
            reader,
            groups: None,
            parameters,
            lengths: &[],
            ad_hoc,
            temporary: &[],
            versions: false,
            assigned: None,
            nodes: Vec::new(),
            info: Vec::new(),
            lists: 0,
            list_cache: HashMap::new(),
            scope: Scope::default(),
            ctes: Vec::new(),
            open_ctes: Vec::new(),
            answers: &[],
            user_items: false,
            open_views: Vec::new(),
            recursions: Vec::new(),
            recursion: Self::default_recursion(),
            derived_columns: 0,
            stack: Vec::new(),
            fragments: HashMap::new(),
            room: 0,
        }
    }

    /// Reads tables of FROM with all versions of their rows (documented: Query Result Including Version History).
    pub(crate) fn with_versions(mut self, versions: bool) -> Self {
        self.versions = versions;
        self
    }

    /// Tells the binder how much stack the statement's text may need.
    pub(crate) fn with_room(mut self, room: usize) -> Self {
        self.room = room;
        self
    }

    /// Binds a SELECT.
    pub(crate) fn statement(mut self, query: &Query) -> Result<Bound, CqlError> {
        self.user_items =
            query.for_clause.is_none() && matches!(query.body.as_ref(), SetExpr::Select(_));
        let mut query = self.query(query)?;
        self.settle_order(&mut query)?;
        Ok(Bound {
            nodes: self.nodes,
            query,
            room: self.room,
        })
    }

    /// Binds `SELECT id, value FROM table` of a calculated column, for all rows or for those that are bound as
    /// [`ROW_IDS`](crate::write::ROW_IDS).
    pub(crate) fn calculated_column(
        mut self,
        table: TableId,
        column: ColumnId,
        rows: Rows,
    ) -> Result<Bound, CqlError> {
        let broken = || CqlError::BrokenMetadata {
            object: format!("calculated column {column}"),
        };
        let table = Arc::clone(self.catalog.table(table).ok_or_else(broken)?);
        let found = table.column_by_id(column).ok_or_else(broken)?;
        let ColumnKind::Calculated {
            result, expression, ..
        } = &found.kind
        else {
            return Err(broken());
        };
        let node = self.node(self.reader, &table)?;
        let id = self.id_of(node)?;
        let value = self.calculated(node, found, *result, expression)?;
        let filter = match rows {
            Rows::All => None,
            Rows::Bound => Some(write::among_rows(id.clone())),
        };
        let select = Select {
            filter,
            items: vec![
                Item {
                    name: "Cinchy Id".to_owned(),
                    value: id,
                },
                Item {
                    name: found.name.clone(),
                    value,
                },
            ],
            from: vec![crate::ir::FromItem::new(node, crate::ir::Join::Cross)],
            ..Select::default()
        };
        Ok(Bound {
            nodes: self.nodes,
            query: crate::ir::Query {
                first_node: 0,
                body: crate::ir::Body::Select(Box::new(select)),
            },
            room: self.room,
        })
    }
}

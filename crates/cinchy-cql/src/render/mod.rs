//! From the IR to the SQL of one database. Nothing is decided here but words: names, types and rights are settled.
//!
//! Rendering is strictly from left to right, so that binds are numbered in the order in which they first stand in the
//! text (on SQLite `$1` is a name, numbered by its first mention). Equal binds share a number, which keeps equal
//! expressions equal (PostgreSQL wants that of GROUP BY).

mod aggregates;
mod change;
mod computed;
mod condition;
mod conversion;
mod format;
mod functions;
mod grouping;
mod limits;
mod query;
mod relations;
mod scalar;
mod sources;
mod versions;
mod windows;

pub use computed::cell_name;
pub(crate) use versions::{REPLACED, history_table};

use std::borrow::Cow;
use std::collections::HashMap;

use crate::error::CqlError;
use crate::evaluate::{Folded, fold};
use crate::ir::{Body, Bound, List, NodeId, Relation, Scalar, TemporaryChange};
use crate::value::{Backend, Bind, Compiled, ComputedColumn, ResultColumn, Type, Value};

/// Binds of one statement (SQLite takes 32766, PostgreSQL 65535).
const MAX_BINDS: usize = 30_000;

/// Renders a statement.
pub(crate) fn render(bound: &Bound, backend: Backend, schema: &str) -> Result<Compiled, CqlError> {
    let mut writer = Writer::new(bound, backend, schema);
    writer.outermost =
        matches!(&bound.query.body, Body::Select(select) if computed::is_plain(select));
    writer.query(&bound.query, false);
    let columns = bound
        .query
        .columns()
        .into_iter()
        .map(|(name, ty)| ResultColumn { name, ty })
        .collect();
    writer.finish(columns)
}

/// Renders a change of a temporary table.
pub(crate) fn render_change(
    bound: &Bound,
    change: &TemporaryChange,
    backend: Backend,
    schema: &str,
) -> Result<Compiled, CqlError> {
    let mut writer = Writer::new(bound, backend, schema);
    writer.change(change);
    writer.finish(Vec::new())
}

struct Writer<'a> {
    bound: &'a Bound,
    backend: Backend,
    schema: &'a str,
    out: String,
    binds: Vec<Bind>,
    /// Number of each bind by its printed form and SQL type.
    numbers: HashMap<String, usize>,
    /// What tells the rows of the present SELECT apart, for its windows.
    row_keys: Vec<Scalar>,
    /// Keys that the present set of a GROUP BY does not have.
    absent_keys: Vec<Scalar>,
    /// The first thing that has no SQL.
    refused: Option<String>,
    /// The next select list is the outermost one, whose items may be computed as rows come.
    outermost: bool,
    /// Its items that are.
    computed: Vec<ComputedColumn>,
}

impl<'a> Writer<'a> {
    fn new(bound: &'a Bound, backend: Backend, schema: &'a str) -> Self {
        Self {
            bound,
            backend,
            schema,
            out: String::with_capacity(256),
            binds: Vec::new(),
            numbers: HashMap::new(),
            row_keys: Vec::new(),
            absent_keys: Vec::new(),
            refused: None,
            outermost: false,
            computed: Vec::new(),
        }
    }

    fn finish(self, columns: Vec<ResultColumn>) -> Result<Compiled, CqlError> {
        if let Some(what) = self.refused {
            return Err(CqlError::Unsupported {
                what,
                position: None,
            });
        }
        if self.binds.len() > MAX_BINDS {
            return Err(CqlError::TooMany {
                what: "constants and parameters",
                limit: MAX_BINDS,
            });
        }
        Ok(Compiled {
            sql: self.out,
            binds: self.binds,
            columns,
            computed: self.computed,
        })
    }
}

impl Writer<'_> {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn on_postgres(&self) -> bool {
        self.backend == Backend::Postgres
    }

    fn quoted(&mut self, name: &str) {
        self.out.push('"');
        self.out.push_str(&name.replace('"', "\"\""));
        self.out.push('"');
    }

    /// A table or function of the platform's schema.
    fn qualified(&mut self, name: &str) {
        if self.on_postgres() {
            let schema = self.schema;
            self.quoted(schema);
            self.push(".");
        }
        self.quoted(name);
    }

    /// The rendering of items with something between them.
    fn separated<T>(&mut self, items: &[T], separator: &str, mut each: impl FnMut(&mut Self, &T)) {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.push(separator);
            }
            each(self, item);
        }
    }

    fn relation(&mut self, node: NodeId) {
        let bound = self.bound;
        let own = &bound.nodes[node];
        match &own.relation {
            Relation::Table => self.qualified(&own.table.physical),
            Relation::Temporary => self.temporary(&own.table.physical),
            Relation::Versions => self.versions(&own.table),
            Relation::History => self.qualified(&history_table(&own.table.physical)),
            Relation::Derived(query) => {
                self.push("(");
                match &query.body {
                    Body::Values(values) => self.values(values, true),
                    _ => self.query(query, true),
                }
                self.push(")");
            }
            Relation::Lateral(query) => self.lateral(query),
            Relation::Function {
                function,
                arguments,
            } => self.table_function(*function, arguments),
            Relation::Recursive {
                id,
                anchor,
                step,
                rows,
                most,
            } => self.recursion(*id, anchor, step, *rows, *most),
            Relation::Recursion(id) => self.push(&format!("r{id}")),
            Relation::Filtered {
                inner,
                filter,
                columns,
            } => {
                self.push("(SELECT ");
                if columns.is_empty() {
                    // `COUNT(*)` uses no column.
                    self.push("1 AS one");
                }
                self.separated(columns, ", ", |w, (name, value)| {
                    w.scalar(value);
                    w.push(" AS ");
                    w.quoted(name);
                });
                self.push(" FROM ");
                self.with_links(*inner);
                if let Some(filter) = filter {
                    self.push(" WHERE ");
                    self.condition(filter);
                }
                self.push(")");
            }
        }
        self.source_alias(node);
    }

    /// ` FROM junction JOIN target WHERE row_id = owner`.
    fn list_source(&mut self, list: &List) {
        if let Some(junction) = &list.junction {
            self.push(" FROM ");
            self.qualified(junction);
            self.push(&format!(" AS j{}", list.id));
        } else {
            self.text_list(list);
        }
        if let Some((node, key)) = &list.target {
            self.push(" INNER JOIN ");
            self.relation(*node);
            self.push(&format!(" ON s{node}."));
            self.quoted(key);
            self.push(&format!(" = j{}.\"target_id\"", list.id));
            self.links(*node);
        }
        if list.junction.is_some() {
            self.push(&format!(" WHERE j{}.\"row_id\" = ", list.id));
            self.scalar(&list.owner);
        } else {
            self.push(" WHERE 1 = 1");
        }
    }

    /// A constant: numbers and truths as text, which lets a database plan with them; all else as binds.
    fn constant(&mut self, bind: &Bind, ty: Type) {
        match bind {
            Bind::Literal(Value::Null) => {
                self.push("NULL");
                self.cast_suffix(ty);
            }
            Bind::Literal(Value::Bool(b)) => {
                let text = match (self.backend, b) {
                    (Backend::Postgres, true) => "TRUE",
                    (Backend::Postgres, false) => "FALSE",
                    (Backend::Sqlite, true) => "1",
                    (Backend::Sqlite, false) => "0",
                };
                self.push(text);
            }
            Bind::Literal(Value::Int(n)) => {
                let text = if *n < 0 {
                    format!("({n})")
                } else {
                    n.to_string()
                };
                self.push(&text);
                if ty == Type::BigInt {
                    self.cast_suffix(ty);
                }
            }
            bind => {
                let key = format!("{bind:?} {ty:?}");
                let next = self.binds.len() + 1;
                let number = *self.numbers.entry(key).or_insert(next);
                if number == next {
                    self.binds.push(bind.clone());
                }
                self.push(&format!("${number}"));
                if self.on_postgres() && ty.is_bound_as_text() {
                    self.push("::text");
                }
                self.cast_suffix(ty);
            }
        }
    }

    /// `::type` where PostgreSQL cannot infer one.
    fn cast_suffix(&mut self, ty: Type) {
        if self.on_postgres() {
            self.push("::");
            self.push(&postgres_type(ty));
        }
    }

    /// A value that no database need compute, if it is one.
    fn folded(&mut self, scalar: &Scalar) -> bool {
        match fold(scalar) {
            Folded::No => false,
            Folded::Value(bind) => {
                self.constant(&bind, scalar.ty);
                true
            }
            Folded::Error(error) => {
                self.raise(&error, scalar.ty);
                true
            }
        }
    }

    /// An error for whom it concerns: a row that asks for this value.
    fn raise(&mut self, error: &CqlError, ty: Type) {
        self.push("(");
        if self.on_postgres() {
            self.qualified("cql_raise");
        } else {
            self.push("cql_raise");
        }
        self.push("(");
        let message = Bind::Literal(Value::Text(error.to_string()));
        self.constant(&message, Type::Text);
        self.push(")");
        self.cast_suffix(ty);
        self.push(")");
    }

    /// Notes what cannot be rendered.
    fn refuse(&mut self, what: impl Into<String>) {
        self.refused.get_or_insert(what.into());
    }
}

fn postgres_type(ty: Type) -> Cow<'static, str> {
    Cow::Borrowed(match ty {
        Type::Bit => "bool",
        Type::TinyInt | Type::SmallInt | Type::Int => "int4",
        Type::BigInt => "int8",
        Type::Decimal { precision, scale } => {
            return Cow::Owned(format!("numeric({precision},{scale})"));
        }
        Type::Money => "numeric(19,4)",
        Type::Real | Type::Double => "float8",
        Type::Text | Type::Null | Type::DateTimeOffset(_) => "text",
        Type::Date => "date",
        Type::Time(_) => "time",
        Type::DateTime | Type::DateTime2(_) => "timestamp",
        Type::Binary => "bytea",
    })
}

//! From the IR to the SQL of one database. Nothing is decided here but words: names, types and rights are settled.
//!
//! Rendering is strictly from left to right, so that binds are numbered in the order in which they first stand in the
//! text (on SQLite `$1` is a name, numbered by its first mention). Equal binds share a number, which keeps equal
//! expressions equal (PostgreSQL wants that of GROUP BY).

mod condition;
mod scalar;

use std::collections::HashMap;

use crate::error::CqlError;
use crate::ir::{
    Bound, Condition, FromItem, Join, List, NodeId, OrderKey, Relation, Scalar, ScalarNode, Select,
};
use crate::value::{Backend, Bind, Compiled, ResultColumn, Type, Value};

/// Binds of one statement (SQLite takes 32766, PostgreSQL 65535).
const MAX_BINDS: usize = 30_000;

/// Renders a statement.
pub(crate) fn render(bound: &Bound, backend: Backend, schema: &str) -> Result<Compiled, CqlError> {
    let mut writer = Writer {
        bound,
        backend,
        schema,
        out: String::with_capacity(256),
        binds: Vec::new(),
        numbers: HashMap::new(),
    };
    writer.select(&bound.select);
    if writer.binds.len() > MAX_BINDS {
        return Err(CqlError::TooMany {
            what: "constants and parameters",
            limit: MAX_BINDS,
        });
    }
    let columns = bound
        .select
        .items
        .iter()
        .map(|i| ResultColumn {
            name: i.name.clone(),
            ty: i.value.ty,
        })
        .collect();
    Ok(Compiled {
        sql: writer.out,
        binds: writer.binds,
        columns,
    })
}

struct Writer<'a> {
    bound: &'a Bound,
    backend: Backend,
    schema: &'a str,
    out: String,
    binds: Vec<Bind>,
    /// Number of each bind by its printed form and SQL type.
    numbers: HashMap<String, usize>,
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

    fn select(&mut self, select: &Select) {
        self.push(if select.distinct {
            "SELECT DISTINCT "
        } else {
            "SELECT "
        });
        self.separated(&select.items, ", ", |w, item| {
            w.scalar(&item.value);
            // So that DISTINCT rows can be ordered by code point through their ordinal.
            if select.distinct && w.on_postgres() && item.value.ty == Type::Text {
                w.push(" COLLATE \"C\"");
            }
        });
        if !select.from.is_empty() {
            self.push(" FROM ");
            for (i, item) in select.from.iter().enumerate() {
                self.source(item, i == 0);
            }
        }
        if let Some(filter) = &select.filter {
            self.push(" WHERE ");
            self.condition(filter);
        }
        if !select.group_by.is_empty() {
            self.push(" GROUP BY ");
            self.separated(&select.group_by, ", ", Self::scalar);
        }
        if let Some(having) = &select.having {
            self.push(" HAVING ");
            self.condition(having);
        }
        if !select.order_by.is_empty() {
            self.push(" ORDER BY ");
            self.separated(&select.order_by, ", ", |w, order| {
                match &order.key {
                    OrderKey::Item(item) if select.distinct => w.push(&(item + 1).to_string()),
                    OrderKey::Item(item) => w.order_value(&select.items[*item].value),
                    OrderKey::Value(value) => w.order_value(value),
                }
                // NULLs come first (T-SQL). SQLite does the same by itself.
                w.push(match (order.descending, w.on_postgres()) {
                    (false, false) => "",
                    (true, false) => " DESC",
                    (false, true) => " NULLS FIRST",
                    (true, true) => " DESC NULLS LAST",
                });
            });
        }
        if let Some(limit) = select.limit {
            self.push(&format!(" LIMIT {}", limit.min(i64::MAX as u64)));
        }
    }

    /// A key of ORDER BY. A constant select item is wrapped: a bare number would be an ordinal.
    fn order_value(&mut self, value: &Scalar) {
        if value.is_constant() {
            self.push("(SELECT ");
            self.scalar(value);
            self.push(")");
        } else {
            self.ordered(value);
        }
    }

    fn source(&mut self, item: &FromItem, first: bool) {
        match &item.join {
            Join::Cross if first => self.with_links(item.node),
            // A CROSS JOIN would fix SQLite's order of the loops.
            Join::Cross => {
                self.push(" INNER JOIN ");
                self.relation(item.node);
                self.push(" ON 1 = 1");
                self.links(item.node);
            }
            Join::Inner(condition) => self.join(" INNER JOIN ", item.node, condition),
            Join::Left(condition) => self.join(" LEFT JOIN ", item.node, condition),
        }
    }

    fn join(&mut self, word: &str, node: NodeId, condition: &Condition) {
        self.push(word);
        // Links that the condition itself follows must be joined before it.
        let linked: Vec<NodeId> = self.linked(node);
        if linked.iter().any(|link| condition.mentions(*link)) {
            self.push("(");
            self.with_links(node);
            self.push(") ON ");
            self.condition(condition);
        } else {
            self.relation(node);
            self.push(" ON ");
            self.condition(condition);
            self.links(node);
        }
    }

    /// All tables that links join to a source.
    fn linked(&self, node: NodeId) -> Vec<NodeId> {
        let mut all = Vec::new();
        for link in &self.bound.nodes[node].links {
            all.push(link.target);
            all.extend(self.linked(link.target));
        }
        all
    }

    fn with_links(&mut self, node: NodeId) {
        self.relation(node);
        self.links(node);
    }

    fn links(&mut self, node: NodeId) {
        let bound = self.bound;
        for link in &bound.nodes[node].links {
            self.push(" LEFT JOIN ");
            self.relation(link.target);
            self.push(&format!(" ON s{}.", link.target));
            self.quoted(&link.target_key);
            self.push(" = ");
            self.scalar(&link.key);
            self.links(link.target);
        }
    }

    fn relation(&mut self, node: NodeId) {
        let bound = self.bound;
        let own = &bound.nodes[node];
        match &own.relation {
            Relation::Table => self.qualified(&own.table.physical),
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
        self.push(&format!(" AS s{node}"));
    }

    /// ` FROM junction JOIN target WHERE row_id = owner`.
    fn list_source(&mut self, list: &List) {
        self.push(" FROM ");
        self.qualified(&list.junction);
        self.push(&format!(" AS j{}", list.id));
        if let Some((node, key)) = &list.target {
            self.push(" INNER JOIN ");
            self.relation(*node);
            self.push(&format!(" ON s{node}."));
            self.quoted(key);
            self.push(&format!(" = j{}.\"target_id\"", list.id));
            self.links(*node);
        }
        self.push(&format!(" WHERE j{}.\"row_id\" = ", list.id));
        self.scalar(&list.owner);
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
                self.cast_suffix(ty);
            }
        }
    }

    /// `::type` where PostgreSQL cannot infer one.
    fn cast_suffix(&mut self, ty: Type) {
        if self.on_postgres() {
            self.push("::");
            self.push(postgres_type(ty));
        }
    }
}

fn postgres_type(ty: Type) -> &'static str {
    match ty {
        Type::Bit => "bool",
        Type::Int => "int4",
        Type::BigInt => "int8",
        Type::Double => "float8",
        Type::Text | Type::Null => "text",
        Type::DateTime => "timestamp",
        Type::Binary => "bytea",
    }
}

impl Scalar {
    /// Whether a column of the source stands in it.
    fn mentions(&self, id: NodeId) -> bool {
        match &self.node {
            ScalarNode::Column { node, .. } => *node == id,
            ScalarNode::Constant(_) | ScalarNode::ListTarget(_) => false,
            ScalarNode::Negate(inner) | ScalarNode::Cast(inner) => inner.mentions(id),
            ScalarNode::Arithmetic { left, right, .. } | ScalarNode::NullIf(left, right) => {
                left.mentions(id) || right.mentions(id)
            }
            ScalarNode::Concatenate(all)
            | ScalarNode::ConcatFunction(all)
            | ScalarNode::Coalesce(all) => all.iter().any(|s| s.mentions(id)),
            ScalarNode::Call { arguments, .. } => arguments.iter().any(|s| s.mentions(id)),
            ScalarNode::Case {
                branches,
                otherwise,
            } => {
                branches
                    .iter()
                    .any(|(c, s)| c.mentions(id) || s.mentions(id))
                    || otherwise.as_ref().is_some_and(|s| s.mentions(id))
            }
            ScalarNode::Aggregate { argument, .. } => {
                argument.as_ref().is_some_and(|s| s.mentions(id))
            }
            ScalarNode::ListText { list, element } => {
                list.owner.mentions(id) || element.mentions(id)
            }
        }
    }
}

impl Condition {
    fn mentions(&self, id: NodeId) -> bool {
        self.scalars().into_iter().any(|s| s.mentions(id))
            || self.conditions().into_iter().any(|c| c.mentions(id))
    }
}

//! Sources that are more than a table or a query: recursion, APPLY, table functions, VALUES.
//!
//! SQLite has no LATERAL, but the arguments of its table functions may read the tables before them. So a query behind APPLY
//! becomes one JSON array of rows there, which `json_each` takes apart again; so do table functions of our own.

use super::Writer;
use crate::functions::output::json_string;
use crate::functions::{bridge, json, rows, split, windows};
use crate::ir::{
    Body, Comparison, Condition, JsonLevel, JsonQuery, JsonRows, LEVEL, NodeId, Query, ROW_NUMBER,
    Relation, Scalar, ScalarNode, TableFunction, Values,
};
use crate::value::{Backend, Bind, Type, Value};

impl Writer<'_> {
    /// `VALUES` as a query; `numbered`: with a column of the rows' numbers.
    pub(super) fn values(&mut self, values: &Values, numbered: bool) {
        // SQLite takes columns of the query around for NULL within VALUES.
        if self.backend == Backend::Sqlite && reads_columns(values) {
            return self.values_one_by_one(values, numbered);
        }
        self.push("SELECT ");
        for index in 0..values.columns.len() {
            self.push(if index > 0 { ", " } else { "" });
            self.push(&format!("\"column{}\" AS \"c{index}\"", index + 1));
        }
        if numbered {
            let last = values.columns.len() + 1;
            self.push(&format!(", \"column{last}\" AS \"{ROW_NUMBER}\""));
        }
        self.push(" FROM (VALUES ");
        let mut number = 0;
        self.separated(&values.rows, ", ", |w, row| {
            number += 1;
            w.push("(");
            w.separated(row, ", ", Self::scalar);
            w.push(&if numbered {
                format!(", {number})")
            } else {
                ")".to_owned()
            });
        });
        self.push(") AS v");
    }

    fn values_one_by_one(&mut self, values: &Values, numbered: bool) {
        let mut number = 0;
        self.separated(&values.rows, " UNION ALL ", |w, row| {
            w.push("SELECT ");
            let mut index = 0;
            w.separated(row, ", ", |w, value| {
                w.scalar(value);
                w.push(&format!(" AS \"c{index}\""));
                index += 1;
            });
            number += 1;
            if numbered {
                w.push(&format!(", {number} AS \"{ROW_NUMBER}\""));
            }
        });
    }

    /// `anchor UNION ALL step` under the name of the recursion, with levels counted.
    pub(super) fn recursion(
        &mut self,
        id: usize,
        anchor: &Query,
        step: &Query,
        rows_so_far: NodeId,
        most: Option<u64>,
    ) {
        let columns = anchor.columns();
        let names: Vec<String> = (0..columns.len()).map(|i| format!("\"c{i}\"")).collect();
        self.push(&format!(
            "(WITH RECURSIVE r{id}({}, \"{LEVEL}\") AS (SELECT ",
            names.join(", ")
        ));
        for (name, (_, ty)) in names.iter().zip(&columns) {
            self.plain(*ty, |w| w.push(name));
            self.push(", ");
        }
        self.push("0");
        self.cast_suffix(Type::BigInt);
        self.push(" FROM (");
        self.query(anchor, true);
        self.push(") AS a UNION ALL ");
        if let Body::Select(select) = &step.body {
            self.recursion_step(select, rows_so_far, most);
        }
        self.push(&format!(") SELECT * FROM r{id})"));
    }

    fn recursion_step(
        &mut self,
        select: &crate::ir::Select,
        rows_so_far: NodeId,
        most: Option<u64>,
    ) {
        self.push("SELECT ");
        for item in &select.items {
            self.plain(item.value.ty, |w| w.scalar_in_brackets(&item.value));
            self.push(", ");
        }
        let level = Scalar {
            ty: Type::BigInt,
            node: ScalarNode::Arithmetic {
                op: crate::ir::Arithmetic::Add,
                left: Box::new(Scalar {
                    ty: Type::BigInt,
                    node: ScalarNode::Column {
                        node: rows_so_far,
                        physical: LEVEL.to_owned(),
                    },
                }),
                right: Box::new(Scalar::literal(Value::Int(1), Type::BigInt)),
            },
        };
        match most.and_then(|n| i64::try_from(n).ok()) {
            Some(most) => {
                let most = Scalar::literal(Value::Int(most), Type::BigInt);
                self.function(&rows::RECURSION, &[level, most], Type::BigInt);
            }
            None => self.scalar(&level),
        }
        self.source_and_filter(select);
    }

    /// A column of a recursive query: PostgreSQL wants one collation, and one precision, of both parts.
    fn plain(&mut self, ty: Type, value: impl FnOnce(&mut Self)) {
        let exact = self.on_postgres() && ty.is_decimal();
        self.push(if exact { "COALESCE(" } else { "" });
        value(self);
        if exact {
            self.push(", NULL::numeric)");
        } else if self.on_postgres() && ty == Type::Text {
            self.push(" COLLATE \"default\"");
        }
    }

    /// A query behind APPLY.
    pub(super) fn lateral(&mut self, query: &Query) {
        if self.on_postgres() {
            self.push("LATERAL (SELECT *, row_number() OVER () AS \"row\" FROM (");
            self.query(query, true);
            return self.push(") AS q)");
        }
        self.push("json_each((SELECT json_group_array(json_array(");
        let mut index = 0;
        self.separated(&query.columns(), ", ", |w, (_, ty)| {
            let column = format!("\"c{index}\"");
            index += 1;
            match ty {
                Type::Double | Type::Real => {
                    let signature = bridge::signature(&windows::EXACT, Type::Text, &[Type::Double]);
                    w.push(&format!("cql('{signature}', {column})"));
                }
                Type::Binary => {
                    w.push(&format!(
                        "CASE WHEN {column} IS NOT NULL THEN hex({column}) END"
                    ));
                }
                _ => w.push(&column),
            }
        });
        self.push(")) FROM (");
        self.query(query, true);
        self.push(") AS q))");
    }

    /// A table function.
    pub(super) fn table_function(&mut self, function: TableFunction, arguments: &[Scalar]) {
        let scalar = match function {
            TableFunction::StringSplit => &split::STRING_SPLIT,
            TableFunction::OpenJson => &json::rows::OPENJSON,
            TableFunction::JsonRows => &json::rows::JSON_ROWS,
        };
        if self.on_postgres() {
            return self.function(scalar, arguments, Type::Text);
        }
        self.push("json_each(");
        self.function(scalar, arguments, Type::Text);
        self.push(")");
    }

    /// The alias of a source, with names for the columns of a function.
    pub(super) fn source_alias(&mut self, node: NodeId) {
        self.push(&format!(" AS s{node}"));
        if self.on_postgres()
            && let Relation::Function { function, .. } = &self.bound.nodes[node].relation
        {
            self.push(match function {
                TableFunction::StringSplit | TableFunction::JsonRows => "(\"c0\", \"row\")",
                TableFunction::OpenJson => "(\"c0\", \"c1\", \"c2\", \"row\")",
            });
        }
    }

    /// A column of a source that SQLite has as rows of JSON.
    pub(super) fn json_column(&mut self, node: NodeId, physical: &str, ty: Type) -> bool {
        let from_json = self.backend == Backend::Sqlite
            && matches!(
                self.bound.nodes.get(node).map(|n| &n.relation),
                Some(Relation::Lateral(_) | Relation::Function { .. })
            );
        if !from_json {
            return false;
        }
        let Some(index) = physical.strip_prefix('c') else {
            self.push(&format!("(s{node}.key + 1)"));
            return true;
        };
        let value = format!("json_extract(s{node}.value, '$[{index}]')");
        match ty {
            Type::Double | Type::Real => {
                let signature =
                    bridge::signature(&windows::FROM_EXACT, Type::Double, &[Type::Text]);
                self.push(&format!("cql('{signature}', {value})"));
            }
            Type::Binary => self.push(&format!("unhex({value})")),
            _ => self.push(&value),
        }
        true
    }

    /// The one text of a query's rows.
    pub(super) fn json(&mut self, json: &JsonQuery, named: bool) {
        let row = match &json.rows {
            JsonRows::Objects(row) => row,
            JsonRows::Levels(levels) => return self.json_levels(json, levels, named),
        };
        self.push("SELECT (");
        let constant = Self::text_constant;
        constant(self, &json.before);
        self.push(if self.on_postgres() {
            " || string_agg("
        } else {
            " || group_concat("
        });
        self.scalar(row);
        self.push(", ',') || ");
        constant(self, &json.after);
        self.push(if named {
            ") AS \"c0\" FROM ("
        } else {
            ") FROM ("
        });
        self.query(&json.query, true);
        self.push(&format!(") AS s{} HAVING count(*) > 0", json.source));
    }

    fn text_constant(&mut self, text: &str) {
        self.constant(&Bind::Literal(Value::Text(text.to_owned())), Type::Text);
    }

    /// FOR JSON AUTO of several tables. Each row closes what the row before it has opened, down to the first level in which
    /// the two differ, and opens its own objects from there on; the deepest level has an object for each row.
    fn json_levels(&mut self, json: &JsonQuery, levels: &[JsonLevel], named: bool) {
        let deepest = levels.len().saturating_sub(1);
        self.push("SELECT (");
        self.text_constant(&json.before);
        self.push(if self.on_postgres() {
            " || string_agg("
        } else {
            " || group_concat("
        });
        self.push("CASE WHEN \"before0\" IS NULL THEN ");
        self.opened(levels, 0);
        for level in 0..deepest {
            self.push(&format!(
                " WHEN \"before{level}\" <> \"level{level}\" THEN "
            ));
            self.text_constant(&format!("}}{},", "]}".repeat(deepest - level)));
            self.push(" || ");
            self.opened(levels, level);
        }
        self.push(" ELSE ");
        self.text_constant("},");
        self.push(" || ");
        self.opened(levels, deepest);
        self.push(" END, '') || ");
        self.text_constant(&format!("}}{}{}", "]}".repeat(deepest), json.after));
        self.push(if named { ") AS \"c0\"" } else { ")" });
        self.push(" FROM (SELECT ");
        for level in 0..=deepest {
            self.push(if level > 0 { ", " } else { "" });
            self.push(&format!(
                "\"level{level}\", lag(\"level{level}\") OVER () AS \"before{level}\""
            ));
        }
        self.push(" FROM (SELECT ");
        for (index, level) in levels.iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" });
            self.scalar(&level.inside);
            self.push(&format!(" AS \"level{index}\""));
        }
        self.push(" FROM (");
        self.query(&json.query, true);
        self.push(&format!(
            ") AS s{}) AS l) AS l HAVING count(*) > 0",
            json.source
        ));
    }

    /// The objects of a row from a level on, open.
    fn opened(&mut self, levels: &[JsonLevel], from: usize) {
        for (index, level) in levels.iter().enumerate().skip(from) {
            self.push(if index > from { " || " } else { "" });
            self.text_constant(&match index > from {
                true => format!("{}:[{{", json_string(&level.name)),
                false => "{".to_owned(),
            });
            self.push(&format!(" || \"level{index}\""));
            if index + 1 < levels.len() {
                self.push(&format!(
                    " || CASE \"level{index}\" WHEN '' THEN '' ELSE ',' END"
                ));
            }
        }
    }

    /// `value op ALL (query)` by counting: true, false or unknown as T-SQL has it.
    pub(super) fn quantified(&mut self, op: Comparison, all: bool, value: &Scalar, query: &Query) {
        let truth = |w: &mut Self, b: bool| w.constant(&Bind::Literal(Value::Bool(b)), Type::Bit);
        self.push("(SELECT CASE WHEN count(CASE WHEN ");
        self.push(if all { "NOT t" } else { "t" });
        self.push(" THEN 1 END) > 0 THEN ");
        truth(self, !all);
        self.push(" WHEN count(*) > count(t) THEN NULL ELSE ");
        truth(self, all);
        self.push(" END FROM (SELECT ");
        let element = Scalar {
            ty: value.ty,
            node: ScalarNode::Element,
        };
        self.condition(&Condition::Compare {
            op,
            left: value.clone(),
            right: element,
        });
        self.push(" AS t FROM (");
        self.query(query, true);
        self.push(") AS q) AS q)");
    }
}

fn reads_columns(values: &Values) -> bool {
    let mut found = false;
    for value in values.rows.iter().flatten() {
        value.each_column(&mut |_, _| found = true);
    }
    found
}

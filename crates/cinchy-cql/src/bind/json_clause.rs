//! FOR JSON: what a query's rows become, put together from the values and functions that any expression has.

use sqlparser::ast::{
    ForClause, ForJson, Query as QueryAst, SelectItem, SetExpr, TableFactor, TableWithJoins,
};

use super::Binder;
use super::expression::{at, call, column_parts, unsupported};
use super::rights::Reader;
use super::select_list::string_alias;
use super::types::coerce;
use crate::error::{CqlError, Position};
use crate::functions::output::{self, json_string};
use crate::ir::{
    Body, Comparison, Condition, JsonLevel, JsonQuery, JsonRows, NodeId, Query, Relation, Scalar,
    ScalarNode,
};
use crate::value::{Type, Value};

/// A member of an object.
struct Member {
    name: String,
    value: MemberValue,
}

enum MemberValue {
    /// The JSON text of a column; NULL where the member is left out.
    Text(Scalar),
    Object(Vec<Member>),
}

impl<'a> Binder<'a> {
    /// Makes the one text of a query's rows.
    pub(super) fn for_json(
        &mut self,
        written: &QueryAst,
        clause: &ForClause,
        mut query: Query,
        position: Option<Position>,
    ) -> Result<Query, CqlError> {
        let ForClause::Json {
            for_json,
            root,
            include_null_values,
            without_array_wrapper,
        } = clause
        else {
            let what = match clause {
                ForClause::Xml { .. } => "FOR XML",
                _ => "FOR BROWSE",
            };
            return Err(unsupported(what, position));
        };
        if root.is_some() && *without_array_wrapper {
            return Err(CqlError::Rule {
                text: "ROOT option and WITHOUT_ARRAY_WRAPPER option cannot be used together in FOR JSON. Remove one of these options.",
                position,
            });
        }
        check_names(written)?;
        let levels = match for_json {
            ForJson::Path => None,
            ForJson::Auto => Some(self.auto_levels(written, &query, position)?),
        };
        self.settle_order(&mut query)?;
        let raw: Vec<bool> = match &query.body {
            Body::Select(select) => select.items.iter().map(|i| is_json(&i.value)).collect(),
            _ => Vec::new(),
        };
        let table = self.made_table("json", Vec::new());
        let relation = Relation::Derived(Box::new(query.clone()));
        let source = self.push(Reader::System, &table.into(), relation, Vec::new())?;
        let mut objects = vec![Vec::new()];
        objects.resize_with(levels.as_ref().map_or(1, |l| l.names.len()), Vec::new);
        for (index, (name, ty)) in query.columns().into_iter().enumerate() {
            let column = Scalar {
                ty,
                node: ScalarNode::Column {
                    node: source,
                    physical: format!("c{index}"),
                },
            };
            let text = if raw.get(index).copied().unwrap_or(false) {
                column
            } else {
                json_value(column, position)?
            };
            let (level, path) = match &levels {
                None => (0, name.split('.').collect()),
                Some(levels) => (levels.of_items[index], vec![name.as_str()]),
            };
            add(&mut objects[level], &path, text, &name, position)?;
        }
        let nulls = *include_null_values;
        let rows = match levels {
            Some(levels) if levels.names.len() > 1 => {
                let levels = levels.names.into_iter().zip(objects);
                JsonRows::Levels(
                    levels
                        .map(|(name, members)| JsonLevel {
                            name,
                            inside: inside(members, nulls),
                        })
                        .collect(),
                )
            }
            _ => JsonRows::Objects(object(objects.swap_remove(0), nulls)),
        };
        let (mut before, mut after) = match without_array_wrapper {
            true => (String::new(), String::new()),
            false => ("[".to_owned(), "]".to_owned()),
        };
        if let Some(root) = root {
            before = format!("{{{}:{before}", json_string(root));
            after.push('}');
        }
        Ok(Query {
            first_node: query.first_node,
            body: Body::Json(Box::new(JsonQuery {
                rows,
                query,
                source,
                before,
                after,
                array: !without_array_wrapper,
            })),
        })
    }
}

/// The levels of FOR JSON AUTO.
struct Levels {
    /// The member of the level above, by level.
    names: Vec<String>,
    /// The level of each item.
    of_items: Vec<usize>,
}

impl Binder<'_> {
    /// AUTO makes a level of each source, in the order in which the select list first names them. What is no column stands in
    /// the deepest level that there is by then (T-SQL).
    fn auto_levels(
        &self,
        written: &QueryAst,
        query: &Query,
        position: Option<Position>,
    ) -> Result<Levels, CqlError> {
        let Body::Select(select) = &query.body else {
            return Err(unsupported("FOR JSON AUTO of several queries", position));
        };
        if select.from.is_empty() {
            return Err(CqlError::Rule {
                text: "FOR JSON AUTO requires at least one table for generating JSON objects. Use FOR JSON PATH or add a FROM clause with a table name.",
                position,
            });
        }
        let names = source_names(written);
        if names.len() != select.from.len() {
            return Err(unsupported("this FROM in FOR JSON AUTO", position));
        }
        let sources: Vec<NodeId> = select.from.iter().map(|item| item.node).collect();
        let columns = written_columns(written, select.items.len());
        let mut levels: Vec<usize> = Vec::new();
        let mut of_items = Vec::with_capacity(select.items.len());
        for (item, is_column) in select.items.iter().zip(columns) {
            let own = match is_column {
                true => self.one_source(&item.value, &sources),
                false => None,
            };
            of_items.push(match own {
                None => levels.len().saturating_sub(1),
                Some(own) => match levels.iter().position(|source| *source == own) {
                    Some(level) => level,
                    None => {
                        levels.push(own);
                        levels.len() - 1
                    }
                },
            });
        }
        Ok(Levels {
            names: match levels.is_empty() {
                true => vec![String::new()],
                false => levels.into_iter().map(|l| names[l].clone()).collect(),
            },
            of_items,
        })
    }

    /// The one source that a value's columns come from, those of linked tables by the link.
    fn one_source(&self, value: &Scalar, sources: &[NodeId]) -> Option<usize> {
        let mut found = None;
        let mut several = false;
        value.each_column(&mut |node, _| {
            let own = sources.iter().position(|s| self.leads_to(*s, node));
            several |= own.is_some() && found.is_some() && found != own;
            found = own.or(found);
        });
        found.filter(|_| !several)
    }

    /// Whether a node is this source or a table that its links lead to.
    fn leads_to(&self, source: NodeId, node: NodeId) -> bool {
        let mut links = self.nodes[source].links.iter();
        source == node || links.any(|link| self.leads_to(link.target, node))
    }
}

/// What the sources of FROM are called, in their order: by alias, or as they are written.
fn source_names(query: &QueryAst) -> Vec<String> {
    fn of_factor(factor: &TableFactor, names: &mut Vec<String>) {
        let alias = match factor {
            TableFactor::Table { alias, .. }
            | TableFactor::Derived { alias, .. }
            | TableFactor::OpenJsonTable { alias, .. } => alias.as_ref(),
            TableFactor::NestedJoin {
                table_with_joins, ..
            } => return of_joins(table_with_joins, names),
            _ => None,
        };
        names.push(match (alias, factor) {
            (Some(alias), _) => alias.name.value.clone(),
            (None, TableFactor::Table { name, .. }) => {
                let parts = name.0.iter().filter_map(|part| part.as_ident());
                let parts: Vec<&str> = parts.map(|part| part.value.as_str()).collect();
                parts[parts.len().saturating_sub(2)..].join(".")
            }
            _ => String::new(),
        });
    }
    fn of_joins(from: &TableWithJoins, names: &mut Vec<String>) {
        of_factor(&from.relation, names);
        for join in &from.joins {
            of_factor(&join.relation, names);
        }
    }
    let mut names = Vec::new();
    if let SetExpr::Select(select) = query.body.as_ref() {
        for from in &select.from {
            of_joins(from, &mut names);
        }
    }
    names
}

/// Which items are columns. A `*` stands for columns only, and where one is written no other item is asked.
fn written_columns(query: &QueryAst, count: usize) -> Vec<bool> {
    let items = match query.body.as_ref() {
        SetExpr::Select(select) if select.projection.len() == count => &select.projection[..],
        _ => return vec![true; count],
    };
    let is_column = |item: &SelectItem| match item {
        SelectItem::UnnamedExpr(value) => {
            column_parts(value).is_some() || string_alias(value).0.is_some()
        }
        SelectItem::ExprWithAlias { expr, .. } => column_parts(expr).is_some(),
        _ => true,
    };
    items.iter().map(is_column).collect()
}

/// Every column needs a name (T-SQL).
fn check_names(query: &QueryAst) -> Result<(), CqlError> {
    let SetExpr::Select(select) = query.body.as_ref() else {
        return Ok(());
    };
    for item in &select.projection {
        if let SelectItem::UnnamedExpr(expression) = item
            && column_parts(expression).is_none()
            && string_alias(expression).0.is_none()
        {
            return Err(CqlError::Rule {
                text: "Column expressions and data sources without names or aliases cannot be formatted as JSON text using FOR JSON clause. Add alias to the unnamed column or table.",
                position: at(expression),
            });
        }
    }
    Ok(())
}

/// What is JSON already: the array of another FOR JSON, what JSON_QUERY and JSON_MODIFY give (T-SQL).
fn is_json(value: &Scalar) -> bool {
    match &value.node {
        ScalarNode::Subquery(query) => matches!(&query.body, Body::Json(json) if json.array),
        ScalarNode::Call { function, .. } => {
            matches!(function.name, "json_query" | "json_modify")
        }
        _ => false,
    }
}

fn text(value: impl Into<String>) -> Scalar {
    Scalar::literal(Value::Text(value.into()), Type::Text)
}

fn joined(parts: Vec<Scalar>) -> Scalar {
    Scalar {
        ty: Type::Text,
        node: ScalarNode::Concatenate(parts),
    }
}

fn or(value: Scalar, otherwise: &str) -> Scalar {
    Scalar {
        ty: Type::Text,
        node: ScalarNode::Coalesce(vec![value, text(otherwise)]),
    }
}

/// The JSON text of a value; NULL of NULL.
fn json_value(value: Scalar, position: Option<Position>) -> Result<Scalar, CqlError> {
    let function = match value.ty {
        Type::Text => &output::JSON_STRING,
        Type::Double => &output::JSON_FLOAT,
        Type::Real => {
            let value = coerce(value, Type::Double, position)?;
            return Ok(call(&output::JSON_FLOAT, Type::Text, vec![value]));
        }
        Type::DateTime => &output::JSON_DATE,
        Type::DateTime2(_) => {
            let value = coerce(value, Type::DateTime, position)?;
            return Ok(call(&output::JSON_DATE, Type::Text, vec![value]));
        }
        Type::Date | Type::Time(_) => {
            let value = coerce(value, Type::Text, position)?;
            return Ok(call(&output::JSON_STRING, Type::Text, vec![value]));
        }
        Type::DateTimeOffset(_) => {
            return Err(unsupported("a datetimeoffset in FOR JSON", position));
        }
        Type::Bit => {
            let is = |truth: bool| Condition::Compare {
                op: Comparison::Equal,
                left: value.clone(),
                right: Scalar::literal(Value::Bool(truth), Type::Bit),
            };
            return Ok(Scalar {
                ty: Type::Text,
                node: ScalarNode::Case {
                    branches: vec![(is(true), text("true")), (is(false), text("false"))],
                    otherwise: None,
                },
            });
        }
        ty if ty.is_integer() || ty.is_decimal() => {
            return coerce(value, Type::Text, position);
        }
        Type::Null => {
            return Ok(Scalar {
                ty: Type::Text,
                ..value
            });
        }
        _ => return Err(unsupported("a binary value in FOR JSON", position)),
    };
    Ok(call(function, Type::Text, vec![value]))
}

/// Puts a value where its dotted name says. Members of one object must stand together (T-SQL).
fn add(
    members: &mut Vec<Member>,
    path: &[&str],
    value: Scalar,
    whole: &str,
    position: Option<Position>,
) -> Result<(), CqlError> {
    let conflict = || CqlError::JsonConflict {
        name: whole.to_owned(),
        position,
    };
    let [first, rest @ ..] = path else {
        return Err(conflict());
    };
    let known = members.iter().position(|m| m.name == *first);
    let last = members.len().saturating_sub(1);
    match known {
        None if rest.is_empty() => members.push(Member {
            name: (*first).to_owned(),
            value: MemberValue::Text(value),
        }),
        None => {
            let mut inner = Vec::new();
            add(&mut inner, rest, value, whole, position)?;
            members.push(Member {
                name: (*first).to_owned(),
                value: MemberValue::Object(inner),
            });
        }
        Some(index) if index == last && !rest.is_empty() => match &mut members[index].value {
            MemberValue::Object(inner) => add(inner, rest, value, whole, position)?,
            MemberValue::Text(_) => return Err(conflict()),
        },
        Some(_) => return Err(conflict()),
    }
    Ok(())
}

/// `{"a":1,"b":2}`: each member begins with a comma, and the first of them is cut off.
fn object(members: Vec<Member>, nulls: bool) -> Scalar {
    joined(vec![text("{"), inside(members, nulls), text("}")])
}

fn inside(members: Vec<Member>, nulls: bool) -> Scalar {
    let parts = members
        .into_iter()
        .map(|member| {
            let key = format!(",{}:", json_string(&member.name));
            match member.value {
                MemberValue::Text(value) if nulls => joined(vec![text(key), or(value, "null")]),
                MemberValue::Text(value) => or(joined(vec![text(key), value]), ""),
                MemberValue::Object(inner) if nulls => {
                    joined(vec![text(key), object(inner, nulls)])
                }
                MemberValue::Object(inner) => {
                    // Of an object without members nothing is written.
                    let some = Scalar {
                        ty: Type::Text,
                        node: ScalarNode::NullIf(
                            Box::new(inside(inner, nulls)),
                            Box::new(text("")),
                        ),
                    };
                    or(joined(vec![text(format!("{key}{{")), some, text("}")]), "")
                }
            }
        })
        .collect();
    call(&output::REST, Type::Text, vec![joined(parts)])
}

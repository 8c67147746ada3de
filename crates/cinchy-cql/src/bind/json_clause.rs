//! FOR JSON: what a query's rows become, put together from the values and functions that any expression has.

use sqlparser::ast::{ForClause, ForJson, Query as QueryAst, SelectItem, SetExpr};

use super::Binder;
use super::expression::{at, call, column_parts, unsupported};
use super::rights::Reader;
use super::select::string_alias;
use super::types::coerce;
use crate::error::{CqlError, Position};
use crate::functions::output::{self, json_string};
use crate::ir::{Body, Comparison, Condition, JsonQuery, Query, Relation, Scalar, ScalarNode};
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
        let nested = match for_json {
            ForJson::Path => true,
            ForJson::Auto => {
                check_auto(&query, position)?;
                false
            }
        };
        self.settle_order(&mut query)?;
        let raw: Vec<bool> = match &query.body {
            Body::Select(select) => select.items.iter().map(|i| is_json(&i.value)).collect(),
            _ => Vec::new(),
        };
        let table = self.made_table("json", Vec::new());
        let relation = Relation::Derived(Box::new(query.clone()));
        let source = self.push(Reader::System, &table.into(), relation, Vec::new())?;
        let mut members = Vec::new();
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
            let path: Vec<&str> = if nested {
                name.split('.').collect()
            } else {
                vec![name.as_str()]
            };
            add(&mut members, &path, text, &name, position)?;
        }
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
                row: object(members, *include_null_values),
                query,
                source,
                before,
                after,
                array: !without_array_wrapper,
            })),
        })
    }
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

/// AUTO makes a level of each source; with one source it makes what PATH does.
fn check_auto(query: &Query, position: Option<Position>) -> Result<(), CqlError> {
    match &query.body {
        Body::Select(select) if select.from.len() == 1 => Ok(()),
        Body::Select(select) if select.from.is_empty() => Err(CqlError::Rule {
            text: "FOR JSON AUTO requires at least one table for generating JSON objects. Use FOR JSON PATH or add a FROM clause with a table name.",
            position,
        }),
        _ => Err(unsupported("FOR JSON AUTO of several tables", position)),
    }
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

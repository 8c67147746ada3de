//! `getLastModifiedBy([Col])`: who gave a cell the value that it has (documented), from the versions of its row.

use std::sync::Arc;

use sqlparser::ast::Expr;

use crate::bind::Binder;
use crate::bind::expression::{column_parts, unsupported};
use crate::bind::rights::Reader;
use crate::catalog::{Column, ColumnKind, Table};
use crate::error::{CqlError, Position};
use crate::ir::{
    Aggregate, Body, Comparison, Condition, FromItem, Item, Join, Limit, NodeId, Order, OrderKey,
    Query, Relation, Scalar, ScalarNode, Select,
};
use crate::value::{Type, Value};

/// The Cinchy Id of the user of the first version behind the last one in which the column had another value.
pub(super) fn last_modified_by(
    binder: &mut Binder<'_>,
    arguments: &[&Expr],
    position: Option<Position>,
) -> Result<Scalar, CqlError> {
    let refused = |what: &str| unsupported(format!("getLastModifiedBy() of {what}"), position);
    let parts = column_parts(arguments[0]).ok_or_else(|| refused("anything but a column"))?;
    let (node, path) = binder.resolve(parts)?;
    let [column] = path.columns.as_slice() else {
        return Err(refused("a linked column"));
    };
    let table = Arc::clone(&binder.nodes[node].table);
    let missing = || CqlError::ColumnNotFound {
        name: parts.last().map(|p| p.value.clone()).unwrap_or_default(),
        position,
    };
    let column = table.column_by_id(*column).ok_or_else(missing)?;
    match column.kind {
        ColumnKind::Calculated { .. } => return Err(refused("a calculated column")),
        ColumnKind::Link {
            junction: Some(_), ..
        } => return Err(refused("a multi-link")),
        _ => {}
    }
    let version = system(&table, "Version").ok_or_else(missing)?;
    let modified_by = system(&table, "Modified By").ok_or_else(missing)?;
    // Who may not see a cell is not told who wrote it: its row has no id then.
    let id = match binder.marker(node, column)? {
        Some(marker) => marker,
        None => binder.id_of(node)?,
    };
    let own_version = binder.column(node, version);
    let value = binder.column(node, column);

    let outer = binder.push(Reader::System, &table, Relation::Versions, Vec::new())?;
    let inner = binder.push(Reader::System, &table, Relation::Versions, Vec::new())?;
    let other = binder.column(inner, column);
    let before = vec![
        compare(binder.id_of(inner)?, Comparison::Equal, id.clone()),
        compare(
            binder.column(inner, version),
            Comparison::Less,
            own_version.clone(),
        ),
        differ(other, value),
    ];
    let last_other = Scalar {
        ty: Type::Int,
        node: ScalarNode::Aggregate {
            function: Aggregate::Max,
            distinct: false,
            argument: Some(Box::new(binder.column(inner, version))),
        },
    };
    let last_other = subquery(inner, last_other, before, Vec::new());
    let first = Scalar {
        ty: Type::Int,
        node: ScalarNode::Coalesce(vec![last_other, Scalar::literal(Value::Int(0), Type::Int)]),
    };
    let here = binder.column(outer, version);
    let filter = vec![
        compare(binder.id_of(outer)?, Comparison::Equal, id),
        compare(here.clone(), Comparison::LessOrEqual, own_version),
        compare(here.clone(), Comparison::Greater, first),
    ];
    let user = binder.column(outer, modified_by);
    Ok(subquery(outer, user, filter, vec![here]))
}

fn system<'t>(table: &'t Table, name: &str) -> Option<&'t Column> {
    table
        .columns
        .iter()
        .find(|c| c.is_system && c.name.eq_ignore_ascii_case(name))
}

fn compare(left: Scalar, op: Comparison, right: Scalar) -> Condition {
    Condition::Compare { op, left, right }
}

/// Whether two values differ, NULL being one of them.
fn differ(a: Scalar, b: Scalar) -> Condition {
    let is_null = |value: &Scalar, negated: bool| Condition::IsNull {
        value: value.clone(),
        negated,
    };
    Condition::Or(vec![
        Condition::And(vec![is_null(&a, false), is_null(&b, true)]),
        Condition::And(vec![is_null(&a, true), is_null(&b, false)]),
        compare(a, Comparison::NotEqual, b),
    ])
}

/// The value of the first row of a source in this order.
fn subquery(node: NodeId, value: Scalar, filter: Vec<Condition>, order: Vec<Scalar>) -> Scalar {
    let ty = value.ty;
    let order_by: Vec<Order> = order
        .into_iter()
        .map(|key| Order {
            key: OrderKey::Value(key),
            descending: false,
            never_null: true,
        })
        .collect();
    let select = Select {
        limit: (!order_by.is_empty())
            .then(|| Limit::Rows(Scalar::literal(Value::Int(1), Type::Int))),
        items: vec![Item {
            name: "Column1".to_owned(),
            value,
        }],
        from: vec![FromItem::new(node, Join::Cross)],
        filter: Some(Condition::And(filter)),
        order_by,
        ..Select::default()
    };
    let query = Query {
        first_node: node,
        body: Body::Select(Box::new(select)),
    };
    Scalar {
        ty,
        node: ScalarNode::Subquery(Box::new(query)),
    }
}

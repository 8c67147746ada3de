//! The order in which cached calculated columns are computed.

use std::sync::Arc;

use crate::catalog::{Column, ColumnKind, Table};

/// Cached calculated columns of these tables, each after those that its expression names (by name, so rather too careful
/// than not). A cycle has no order; its first member goes first.
pub fn calculation_order<'t>(
    tables: impl IntoIterator<Item = &'t Arc<Table>>,
) -> Vec<(Arc<Table>, Column)> {
    let mut open: Vec<(Arc<Table>, Column, String)> = Vec::new();
    for table in tables {
        for column in &table.columns {
            if let ColumnKind::Calculated {
                cached: true,
                expression,
                ..
            } = &column.kind
            {
                open.push((Arc::clone(table), column.clone(), expression.to_lowercase()));
            }
        }
    }
    let mut ordered = Vec::with_capacity(open.len());
    while !open.is_empty() {
        let names: Vec<String> = open
            .iter()
            .map(|(_, c, _)| format!("[{}]", c.name.to_lowercase()))
            .collect();
        let free = open.iter().position(|(_, column, expression)| {
            let own = format!("[{}]", column.name.to_lowercase());
            !names
                .iter()
                .any(|n| *n != own && expression.contains(n.as_str()))
        });
        let (table, column, _) = open.remove(free.unwrap_or(0));
        ordered.push((table, column));
    }
    ordered
}

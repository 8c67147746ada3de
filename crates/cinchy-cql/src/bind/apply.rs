//! CROSS APPLY and OUTER APPLY: a source that is made anew for each row of those before it.

use sqlparser::ast::TableFactor;

use super::Binder;
use super::expression::{at, unsupported};
use crate::error::CqlError;
use crate::ir::{Condition, FromItem, Join, Relation};

impl<'a> Binder<'a> {
    pub(super) fn apply(
        &mut self,
        factor: &TableFactor,
        outer: bool,
    ) -> Result<FromItem, CqlError> {
        let position = at(factor);
        let join = if outer { Join::OuterApply } else { Join::Apply };
        if let TableFactor::Derived {
            lateral: false,
            subquery,
            alias,
            sample: None,
        } = factor
        {
            let Some(alias) = alias else {
                return Err(unsupported("a query in FROM without an alias", position));
            };
            // It sees the sources before it, as a query around it.
            let mut query = self.query(subquery)?;
            self.settle_order(&mut query)?;
            let table = self.derived_table(&query, &alias.name.value, alias, position)?;
            let relation = Relation::Lateral(Box::new(query));
            let node = self.table_source(table, relation, Some(alias), position)?;
            return Ok(FromItem::new(node, join));
        }
        if let Some(node) = self.table_function(factor, position)? {
            return Ok(FromItem::new(node, join));
        }
        // A table that reads nothing of the rows before it: a plain join.
        let node = self.table(factor)?;
        let always = Condition::And(Vec::new());
        let join = if outer {
            Join::Left(always)
        } else {
            Join::Cross
        };
        Ok(FromItem::new(node, join))
    }
}

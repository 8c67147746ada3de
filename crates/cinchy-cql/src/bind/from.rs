//! FROM: tables by name, their aliases, the rights to name them, and joins.

use sqlparser::ast::{
    Ident, Join as JoinAst, JoinConstraint, JoinOperator, ObjectName, Select as SelectAst,
    TableFactor, TableWithJoins,
};

use super::expression::{at, unsupported};
use super::{Binder, Source};
use crate::catalog::Table;
use crate::error::{CqlError, Position};
use crate::ir::{Condition, FromItem, Join, NodeId, Relation};
use crate::syntax;

impl<'a> Binder<'a> {
    /// Binds FROM and fills the scope.
    pub(super) fn from(&mut self, select: &SelectAst) -> Result<Vec<FromItem>, CqlError> {
        self.tables(&select.from)
    }

    /// Binds a list of joined tables and adds them to the scope.
    pub(super) fn tables(&mut self, list: &[TableWithJoins]) -> Result<Vec<FromItem>, CqlError> {
        let mut from = Vec::new();
        for tables in list {
            self.joined(tables, &mut from)?;
        }
        Ok(from)
    }

    /// One table and what is joined to it.
    fn joined(
        &mut self,
        tables: &TableWithJoins,
        from: &mut Vec<FromItem>,
    ) -> Result<(), CqlError> {
        let first = from.len();
        self.side(&tables.relation, from)?;
        for join in &tables.joins {
            self.join(join, first, from)?;
        }
        Ok(())
    }

    /// A table, or joined tables in brackets.
    fn side(&mut self, relation: &TableFactor, from: &mut Vec<FromItem>) -> Result<(), CqlError> {
        let TableFactor::NestedJoin {
            table_with_joins,
            alias: None,
        } = relation
        else {
            let node = self.table(relation)?;
            from.push(FromItem::new(node, Join::Cross));
            return Ok(());
        };
        let first = from.len();
        self.joined(table_with_joins, from)?;
        from[first].members = from.len() - first - 1;
        Ok(())
    }

    /// Marks sources that a join may leave without a row.
    fn may_be_absent(&mut self, items: &[FromItem]) {
        for item in items {
            self.info[item.node].optional = true;
        }
    }

    /// Joins a table to those of `from` that begin at `first`.
    fn join(
        &mut self,
        join: &JoinAst,
        first: usize,
        from: &mut Vec<FromItem>,
    ) -> Result<(), CqlError> {
        let position = at(&join.relation);
        let (kind, constraint): (fn(Condition) -> Join, _) = match &join.join_operator {
            JoinOperator::Join(c) | JoinOperator::Inner(c) => (Join::Inner, c),
            JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => (Join::Left, c),
            JoinOperator::Right(c) | JoinOperator::RightOuter(c) => (Join::Right, c),
            JoinOperator::FullOuter(c) => (Join::Full, c),
            JoinOperator::CrossJoin(JoinConstraint::None) => {
                return self.side(&join.relation, from);
            }
            JoinOperator::CrossApply | JoinOperator::OuterApply => {
                let outer = matches!(join.join_operator, JoinOperator::OuterApply);
                let item = self.apply(&join.relation, outer)?;
                if outer {
                    self.may_be_absent(std::slice::from_ref(&item));
                }
                from.push(item);
                return Ok(());
            }
            _ => return Err(unsupported("this kind of join", position)),
        };
        let JoinConstraint::On(on) = constraint else {
            return Err(unsupported("a join without ON", position));
        };
        let own = from.len();
        self.side(&join.relation, from)?;
        let condition = self.clause(Some("ON clause"), |b| b.condition(on))?;
        let join = kind(condition);
        if matches!(join, Join::Right(_) | Join::Full(_)) {
            self.may_be_absent(&from[first..own]);
        }
        if matches!(join, Join::Left(_) | Join::Full(_)) {
            self.may_be_absent(&from[own..]);
        }
        from[own].join = join;
        Ok(())
    }

    pub(super) fn table(&mut self, factor: &TableFactor) -> Result<NodeId, CqlError> {
        let position = at(factor);
        if let TableFactor::Derived {
            lateral: false,
            subquery,
            alias,
            sample: None,
        } = factor
        {
            return self.derived(subquery, alias.as_ref(), position);
        }
        if let TableFactor::Table {
            name,
            alias,
            args: Some(arguments),
            ..
        } = factor
            && let Some(function) = self.user_table_function(name)
        {
            return self.user_function_table(&function, arguments, alias.as_ref(), position);
        }
        if let Some(node) = self.table_function(factor, position)? {
            return Ok(node);
        }
        if let Some(node) = self.pivoted(factor, position)? {
            return Ok(node);
        }
        let TableFactor::Table {
            name,
            alias,
            args: None,
            with_hints,
            version: None,
            with_ordinality: false,
            partitions,
            json_path: None,
            sample: None,
            index_directives,
            inheritance: None,
        } = factor
        else {
            let what = match factor {
                TableFactor::Derived { .. } => "this form of a query in FROM",
                TableFactor::NestedJoin { .. } => "this form of a join in brackets",
                _ => "this form of a table",
            };
            return Err(unsupported(what, position));
        };
        if !partitions.is_empty() || !index_directives.is_empty() {
            return Err(unsupported("a hint on a table", position));
        }
        // Locking hints (`WITH (NOLOCK)`) have nothing to tell here.
        let _ = with_hints;
        if let [only] = name.0.as_slice()
            && let Some(own) = only.as_ident()
            && let Some(node) = self.recursion_source(own, alias.as_ref(), position)?
        {
            return Ok(node);
        }
        if let Some(cte) = self.cte_named(name)? {
            return self.common_table(cte, alias.as_ref(), position);
        }
        if let Some(found) = self.temporary_named(name)? {
            let alias = alias.as_ref().map(|a| a.name.value.clone());
            return self.temporary_source(&found, alias, position);
        }
        let (domain, table) = table_name(name)?;
        if let Some(view) = self.catalog.view(&domain.value, &table.value) {
            return self.view(view, alias.as_ref(), position);
        }
        let found = self.catalog.find(&domain.value, &table.value).cloned();
        let found = found.ok_or_else(|| CqlError::TableNotFound {
            table: table.value.clone(),
            domain: domain.value.clone(),
            position: syntax::position(table.span),
        })?;
        let denied = || CqlError::TableDenied {
            tables: vec![found.name.clone()],
            position: syntax::position(table.span),
        };
        if self.ad_hoc && !self.reader.may_query_directly(&found) {
            return Err(denied());
        }
        let alias = match alias {
            Some(alias) if !alias.columns.is_empty() => {
                return Err(unsupported(
                    "a column list behind a table's alias",
                    position,
                ));
            }
            Some(alias) => Some(alias.name.value.clone()),
            None => None,
        };
        self.unique_source(alias.as_deref(), &found, position)?;
        let stored = if self.versions && !self.scope.fragment {
            Relation::Versions
        } else {
            Relation::Table
        };
        let node = self
            .node_of(self.reader, &found, stored)
            .map_err(|e| match e {
                CqlError::TableDenied { .. } => denied(),
                e => e,
            })?;
        self.scope.sources.push(Source { alias, node });
        Ok(node)
    }

    /// Refuses a second source of one name.
    pub(super) fn unique_source(
        &self,
        alias: Option<&str>,
        table: &Table,
        position: Option<Position>,
    ) -> Result<(), CqlError> {
        let exposed = alias.unwrap_or(&table.name).to_lowercase();
        let twice = self.scope.sources.iter().any(|s| {
            let own = &self.nodes[s.node].table;
            match (&s.alias, alias) {
                (None, None) => own.id == table.id,
                _ => s.alias.as_deref().unwrap_or(&own.name).to_lowercase() == exposed,
            }
        });
        if twice {
            let name = alias.unwrap_or(&table.name).to_owned();
            return Err(CqlError::DuplicateAlias { name, position });
        }
        Ok(())
    }
}

/// Domain and table of a name of two or three parts. The first of three names the local model or instance and may only
/// be `Cinchy` (inferred from shipped queries).
pub(crate) fn table_name(name: &ObjectName) -> Result<(&Ident, &Ident), CqlError> {
    let parts: Vec<_> = name.0.iter().filter_map(|p| p.as_ident()).collect();
    match parts.as_slice() {
        [domain, table] if parts.len() == name.0.len() => Ok((domain, table)),
        [instance, domain, table] if instance.value.eq_ignore_ascii_case("Cinchy") => {
            Ok((domain, table))
        }
        [instance, ..] if parts.len() > 2 => Err(unsupported(
            format!(
                "the model or instance [{}] in front of a table",
                instance.value
            ),
            syntax::position(instance.span),
        )),
        [table] => Err(CqlError::TableWithoutDomain {
            table: table.value.clone(),
            position: syntax::position(table.span),
        }),
        _ => Err(unsupported("this form of a table's name", at(name))),
    }
}

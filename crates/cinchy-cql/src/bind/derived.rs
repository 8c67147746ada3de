//! Queries as tables: in FROM, and by the name of a common table expression.

use std::sync::Arc;

use sqlparser::ast::{Cte, ObjectName, Query as QueryAst, TableAlias};

use super::expression::unsupported;
use super::recursive::mentions;
use super::rights::Reader;
use super::{Binder, Scope, Source};
use crate::catalog::{Column, ColumnKind, Table};
use crate::error::{CqlError, Position};
use crate::ir::{NodeId, Query, Relation};
use crate::syntax;
use crate::value::Type;

impl Binder<'_> {
    /// A query in FROM. It sees nothing of its neighbours.
    pub(super) fn derived(
        &mut self,
        query: &QueryAst,
        alias: Option<&TableAlias>,
        position: Option<Position>,
    ) -> Result<NodeId, CqlError> {
        let Some(alias) = alias else {
            return Err(unsupported("a query in FROM without an alias", position));
        };
        let bound = self.beside(|b| b.query(query))?;
        self.derived_source(bound, &alias.name.value, alias, Some(alias), position)
    }

    /// A common table expression in FROM, bound anew for each use.
    pub(super) fn common_table(
        &mut self,
        index: usize,
        alias: Option<&TableAlias>,
        position: Option<Position>,
    ) -> Result<NodeId, CqlError> {
        let cte = Arc::clone(&self.ctes[index]);
        let name = cte.alias.name.value.clone();
        // It sees those before it only.
        let later = self.ctes.split_off(index);
        self.open_ctes.push(name.to_lowercase());
        let recursive = mentions(cte.query.as_ref(), &cte.alias.name);
        let bound = self.apart(|b| {
            if recursive {
                let parts = b.recursive(&cte)?;
                return Ok((parts.anchor, Some(parts.relation)));
            }
            Ok((b.query(&cte.query)?, None))
        });
        self.open_ctes.pop();
        self.ctes.extend(later);
        let (query, relation) = bound?;
        let table = self.derived_table(&query, &name, &cte.alias, position)?;
        let relation = relation.unwrap_or_else(|| Relation::Derived(Box::new(query)));
        self.table_source(table, relation, alias, position)
    }

    /// The common table expression of a name of one part.
    pub(super) fn cte_named(&self, name: &ObjectName) -> Result<Option<usize>, CqlError> {
        let [part] = name.0.as_slice() else {
            return Ok(None);
        };
        let Some(ident) = part.as_ident() else {
            return Ok(None);
        };
        let wanted = ident.value.to_lowercase();
        let same = |cte: &Arc<Cte>| cte.alias.name.value.to_lowercase() == wanted;
        match self.ctes.iter().rposition(same) {
            Some(index) => Ok(Some(index)),
            None if self.open_ctes.contains(&wanted) => Err(unsupported(
                "a common table expression that reads itself",
                syntax::position(ident.span),
            )),
            None => Ok(None),
        }
    }

    /// Runs `bind` without the scopes around.
    fn apart<T>(
        &mut self,
        bind: impl FnOnce(&mut Self) -> Result<T, CqlError>,
    ) -> Result<T, CqlError> {
        let scope = Scope {
            fragment: self.scope.fragment,
            ..Scope::default()
        };
        let outer = std::mem::replace(&mut self.scope, scope);
        let result = bind(self);
        self.scope = outer;
        result
    }

    /// Runs `bind` without the sources of this FROM; the queries around stay in sight.
    pub(super) fn beside<T>(
        &mut self,
        bind: impl FnOnce(&mut Self) -> Result<T, CqlError>,
    ) -> Result<T, CqlError> {
        let scope = Scope {
            fragment: self.scope.fragment,
            outer: self.scope.outer.clone(),
            ..Scope::default()
        };
        let outer = std::mem::replace(&mut self.scope, scope);
        let result = bind(self);
        self.scope = outer;
        result
    }

    /// Makes a bound query a source of the scope, as a table whose columns are the query's.
    pub(super) fn derived_source(
        &mut self,
        query: Query,
        name: &str,
        columns: &TableAlias,
        alias: Option<&TableAlias>,
        position: Option<Position>,
    ) -> Result<NodeId, CqlError> {
        let table = self.derived_table(&query, name, columns, position)?;
        let relation = Relation::Derived(Box::new(query));
        self.table_source(table, relation, alias, position)
    }

    /// A bound query as a table whose columns are the query's. `columns`: the alias that may name them.
    pub(super) fn derived_table(
        &mut self,
        query: &Query,
        name: &str,
        columns: &TableAlias,
        position: Option<Position>,
    ) -> Result<Table, CqlError> {
        let found = query.columns();
        if !columns.columns.is_empty() && columns.columns.len() != found.len() {
            return Err(CqlError::ColumnCount { position });
        }
        let named = found.into_iter().enumerate().map(|(index, (own, ty))| {
            let renamed = columns.columns.get(index).map(|c| c.name.value.clone());
            (renamed.unwrap_or(own), format!("c{index}"), ty)
        });
        Ok(self.made_table(name, named.collect()))
    }

    /// A table of these columns: name, physical name, type.
    pub(super) fn made_table(&mut self, name: &str, columns: Vec<(String, String, Type)>) -> Table {
        let mut table = Table {
            id: self.derived_columns - 1,
            domain: String::new(),
            name: name.to_owned(),
            physical: String::new(),
            creator: None,
            keys: Vec::new(),
            blank: Arc::default(),
            columns: Vec::with_capacity(columns.len()),
        };
        for (name, physical, ty) in columns {
            self.derived_columns -= 1;
            table.columns.push(Column {
                id: self.derived_columns,
                name,
                physical: Some(physical),
                kind: kind_of(ty),
                is_system: false,
                is_mandatory: false,
                default: None,
                limits: None,
            });
        }
        table
    }

    /// Makes such a table a source of the scope.
    pub(super) fn table_source(
        &mut self,
        table: Table,
        relation: Relation,
        alias: Option<&TableAlias>,
        position: Option<Position>,
    ) -> Result<NodeId, CqlError> {
        let table = Arc::new(table);
        let alias = alias.map(|a| a.name.value.clone());
        self.unique_source(alias.as_deref(), &table, position)?;
        let node = self.push(Reader::System, &table, relation, Vec::new())?;
        self.scope.sources.push(Source { alias, node });
        Ok(node)
    }
}

/// A kind of column whose values have this type.
pub(super) fn kind_of(ty: Type) -> ColumnKind {
    match ty {
        Type::Bit => ColumnKind::YesNo,
        Type::Int => ColumnKind::Integer,
        Type::Double => ColumnKind::Number,
        Type::Text | Type::Null => ColumnKind::Text { max_length: None },
        Type::DateTime => ColumnKind::DateTime,
        Type::Binary => ColumnKind::Binary,
        ty => ColumnKind::Derived(ty),
    }
}

//! Views in FROM: bound anew for each use, with the reader's own rights, and blind to the statement around.

use std::sync::Arc;

use sqlparser::ast::{Ident, TableAlias, TableAliasColumnDef};

use super::expression::unsupported;
use super::{Binder, MAX_DEPTH, Scope};
use crate::catalog::View;
use crate::design::DesignError;
use crate::error::{CqlError, Position};
use crate::ir::NodeId;
use crate::{room, syntax};

impl<'a> Binder<'a> {
    /// Makes a view a source of the scope.
    pub(super) fn view(
        &mut self,
        view: &Arc<View>,
        alias: Option<&TableAlias>,
        position: Option<Position>,
    ) -> Result<NodeId, CqlError> {
        if alias.is_some_and(|a| !a.columns.is_empty()) {
            return Err(unsupported("a column list behind a view's alias", position));
        }
        let full_name = || format!("{}.{}", view.domain, view.name);
        if self.open_views.contains(&view.id) || self.open_views.len() >= MAX_DEPTH {
            return Err(DesignError::ViewCycle { view: full_name() }.into());
        }
        self.room += room::of(&view.content.text);
        let query = room::with(self.room, || syntax::parse_select(&view.content.text))
            .map_err(|e| e.in_fragment(|| format!("view {}", full_name())))?;
        let scope = std::mem::take(&mut self.scope);
        self.scope = Scope {
            fragment: scope.fragment,
            ..Scope::default()
        };
        let ctes = std::mem::take(&mut self.ctes);
        let open_ctes = std::mem::take(&mut self.open_ctes);
        let recursions = std::mem::take(&mut self.recursions);
        let parameters = std::mem::take(&mut self.parameters);
        self.open_views.push(view.id);
        let bound = room::with(self.room, || self.query(&query));
        self.open_views.pop();
        self.parameters = parameters;
        self.recursions = recursions;
        self.open_ctes = open_ctes;
        self.ctes = ctes;
        self.scope = scope;
        let bound = bound.map_err(|error| match error {
            error @ CqlError::Design(DesignError::ViewCycle { .. }) => error,
            error => error.in_fragment(|| format!("view {}", full_name())),
        })?;
        let names = TableAlias {
            explicit: true,
            name: Ident::new(&view.name),
            columns: view
                .content
                .columns
                .iter()
                .map(TableAliasColumnDef::from_name)
                .collect(),
            at: None,
        };
        self.derived_source(bound, &view.name, &names, alias, position)
    }
}

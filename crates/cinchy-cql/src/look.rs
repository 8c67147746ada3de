//! A look at each part of a syntax tree. One visitor does it for everybody: a visitor of another type would bring a second
//! copy of the walk over the whole grammar into the program.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Query, TableFactor, Visit, Visitor};

/// A part of a syntax tree that somebody asks for.
pub(crate) enum Part<'a> {
    /// A query, or a query in a query.
    Query,
    /// What stands in FROM.
    Table(&'a TableFactor),
    /// An expression, before those in it.
    Expression(&'a Expr),
}

/// Shows the parts of `syntax`, outer ones first, until `look` breaks; whether it did.
pub(crate) fn stops_at(
    syntax: &impl Visit,
    look: &mut dyn FnMut(Part<'_>) -> ControlFlow<()>,
) -> bool {
    syntax.visit(&mut Look(look)).is_break()
}

struct Look<'l>(&'l mut dyn FnMut(Part<'_>) -> ControlFlow<()>);

impl Visitor for Look<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        (self.0)(Part::Query)
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<()> {
        (self.0)(Part::Table(table))
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        (self.0)(Part::Expression(expression))
    }
}

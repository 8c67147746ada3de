//! Views: made, changed, dropped, and what their SELECT must be.

use std::sync::Arc;

use sqlparser::ast::{
    AlterView, AlterViewOperation, BinaryOperator, CreateView, Expr, Ident, ObjectName, Query,
    SelectItem, SetExpr,
};

use super::Designer;
use crate::bind::{Binder, table_name};
use crate::catalog::View;
use crate::design::{Design, DesignError, ViewContent};
use crate::error::CqlError;
use crate::syntax;

impl<'a> Designer<'a> {
    pub(super) fn create_view(&self, create: &CreateView) -> Result<Design, CqlError> {
        let mut plain = format!(
            "CREATE {}VIEW {}",
            if create.or_alter { "OR ALTER " } else { "" },
            create.name
        );
        let columns: Vec<Ident> = create.columns.iter().map(|c| c.name.clone()).collect();
        if !columns.is_empty() {
            let names: Vec<String> = columns.iter().map(ToString::to_string).collect();
            plain.push_str(&format!(" ({})", names.join(", ")));
        }
        plain.push_str(&format!(" AS {}", create.query));
        if create.to_string() != plain {
            return Err(self.unsupported("an option of CREATE VIEW"));
        }
        if create.or_alter
            && let Some(view) = self.find_view(&create.name)?
        {
            self.may_change(view)?;
            let content = self.content(&create.query, &columns)?;
            let view = view.id;
            return Ok(Design::AlterView { view, content });
        }
        let (domain, name) = self.new_object(&create.name, "view")?;
        let content = self.content(&create.query, &columns)?;
        Ok(Design::CreateView {
            domain,
            name,
            content,
        })
    }

    pub(super) fn alter_view(&self, alter: &AlterView) -> Result<Design, CqlError> {
        let AlterView {
            materialized: false,
            name,
            if_exists: false,
            operation:
                AlterViewOperation::As {
                    columns,
                    query,
                    with_options,
                },
        } = alter
        else {
            return Err(self.unsupported("this form of ALTER VIEW"));
        };
        if !with_options.is_empty() {
            return Err(self.unsupported("an option of ALTER VIEW"));
        }
        let view = self.view(name)?;
        let content = self.content(query, columns)?;
        Ok(Design::AlterView {
            view: view.id,
            content,
        })
    }

    /// The SELECT of a view, checked: it binds for its maker, and its columns have names.
    fn content(&self, query: &Query, columns: &[Ident]) -> Result<ViewContent, CqlError> {
        let text = query.to_string();
        // It is kept as text, so the text must mean the same.
        if !syntax::parse_select(&text).is_ok_and(|parsed| *parsed == *query) {
            return Err(self.unsupported("a construct of this view"));
        }
        let found = Binder::for_user(self.catalog, self.rights, &[], false)
            .statement(query)?
            .query
            .columns();
        if !columns.is_empty() && columns.len() != found.len() {
            return Err(CqlError::ColumnCount {
                position: self.position,
            });
        }
        if columns.is_empty()
            && let Some(index) = unnamed(&query.body)
        {
            return Err(DesignError::UnnamedColumn { number: index + 1 }.into());
        }
        Ok(ViewContent {
            text,
            columns: columns.iter().map(|c| c.value.clone()).collect(),
        })
    }

    pub(super) fn drop_views(
        &self,
        names: &[ObjectName],
        if_exists: bool,
    ) -> Result<Design, CqlError> {
        let mut views = Vec::with_capacity(names.len());
        for name in names {
            if if_exists && self.find_view(name)?.is_none() {
                continue;
            }
            let view = self.view(name)?.id;
            if !views.contains(&view) {
                views.push(view);
            }
        }
        Ok(Design::DropViews(views))
    }

    fn find_view(&self, name: &ObjectName) -> Result<Option<&'a Arc<View>>, CqlError> {
        let (domain, name) = table_name(name)?;
        Ok(self.catalog.view(&domain.value, &name.value))
    }

    /// A view that the caller may change.
    fn view(&self, name: &ObjectName) -> Result<&'a Arc<View>, CqlError> {
        let (domain, view) = table_name(name)?;
        let found = self.find_view(name)?;
        let found = found.ok_or_else(|| DesignError::ViewNotFound {
            domain: domain.value.clone(),
            view: view.value.clone(),
            position: syntax::position(view.span),
        })?;
        self.may_change(found)?;
        Ok(found)
    }

    /// Administrators and who made it may change a view (decided; nothing is documented).
    fn may_change(&self, view: &View) -> Result<(), CqlError> {
        if self.rights.administrator || view.creator == Some(self.rights.user_id) {
            return Ok(());
        }
        Err(CqlError::TableDenied {
            tables: vec![view.name.clone()],
            position: self.position,
        })
    }
}

/// The first item of a select list that has no name of its own.
fn unnamed(body: &SetExpr) -> Option<usize> {
    match body {
        SetExpr::Select(select) => select.projection.iter().position(|item| match item {
            SelectItem::UnnamedExpr(Expr::BinaryOp { left, op, .. }) => {
                // `'name' = value` names its value.
                !(*op == BinaryOperator::Eq && matches!(left.as_ref(), Expr::Value(_)))
            }
            SelectItem::UnnamedExpr(e) => {
                !matches!(e, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
            }
            _ => false,
        }),
        SetExpr::SetOperation { left, .. } => unnamed(left),
        SetExpr::Query(query) => unnamed(&query.body),
        _ => None,
    }
}

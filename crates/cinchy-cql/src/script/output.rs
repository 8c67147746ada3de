//! OUTPUT of statements that change temporary tables. What it shows is a query like any other: of the rows that came, or of a
//! copy of the rows as they were before, which is a temporary table itself as long as the statement runs.

use std::sync::Arc;

use sqlparser::ast::{
    self, Distinct, Expr, Ident, ObjectName, OutputClause, SelectItem,
    SelectItemQualifiedWildcardKind,
};

use super::evaluate::{query_of, select_of};
use super::run::Interpreter;
use super::session::Session;
use super::temporary::Target;
use crate::bind::into_names;
use crate::bind::temporary::ROW;
use crate::catalog::Table;
use crate::error::CqlError;
use crate::syntax;
use crate::value::Value;

/// The copy of the rows as they were before. No text of a caller can name it by chance.
const BEFORE: &str = "#\u{1}before";
/// Its column that says which row a copy is of.
const COPIED: &str = "$copied";

/// Rows that OUTPUT shows.
pub(super) enum Rows {
    /// Those that came after this one.
    Inserted(i64),
    /// Those that were changed, as they are and as they were.
    Updated,
    /// Those that are gone.
    Deleted,
}

fn bracketed(name: &str) -> String {
    format!("[{}]", name.replace(']', "]]"))
}

impl<S: Session> Interpreter<'_, S> {
    /// The number of the last row of a temporary table.
    pub(super) fn last_row(&mut self, table: &Table) -> Result<i64, S::Error> {
        let text = format!("SELECT MAX([t].[{ROW}]) FROM {} t", bracketed(&table.name));
        let query = syntax::parse_select(&text)?;
        let bound = self.bind(|binder| binder.statement(&query))?;
        let compiled = self.render(&bound)?;
        let mut last = 0;
        self.rows(&compiled, &mut |row| {
            if let Some(Value::Int(n)) = row.first() {
                last = *n;
            }
        })?;
        Ok(last)
    }

    /// Runs a change of rows that OUTPUT shows afterwards.
    pub(super) fn with_copies(
        &mut self,
        clause: &OutputClause,
        target: &Target,
        condition: Option<&Expr>,
        rows: &Rows,
        change: impl FnOnce(&mut Self) -> Result<u64, S::Error>,
    ) -> Result<(), S::Error> {
        let before = Ident::with_quote('[', BEFORE);
        let own = |name: &str, alias: &str| SelectItem::ExprWithAlias {
            expr: Expr::CompoundIdentifier(vec![
                target.exposed.clone(),
                Ident::with_quote('[', name),
            ]),
            alias: Ident::with_quote('[', alias),
        };
        let columns = target.table.columns.iter().filter(|c| c.name != ROW);
        let items = columns.map(|c| own(&c.name, &c.name));
        let mut query = query_of(std::iter::once(own(ROW, COPIED)).chain(items).collect())?;
        let select = select_of(&mut query)?;
        // A row that has several matches is changed once.
        select.distinct = Some(Distinct::Distinct);
        select.from = target.from.clone();
        select.selection = condition.cloned();
        self.select_into(&query, &before)?;
        let table = target.table.clone();
        let done = change(self).and_then(|count| self.show_output(clause, &table, rows, count));
        self.drop_table(&before, true)?;
        done
    }

    /// Shows the rows of OUTPUT, or puts them where INTO says.
    pub(super) fn show_output(
        &mut self,
        clause: &OutputClause,
        table: &Arc<Table>,
        rows: &Rows,
        count: u64,
    ) -> Result<(), S::Error> {
        let OutputClause::Output {
            select_items,
            into_table,
            ..
        } = clause
        else {
            return Err(CqlError::Unsupported {
                what: "RETURNING".to_owned(),
                position: None,
            }
            .into());
        };
        let (name, copies) = (bracketed(&table.name), bracketed(BEFORE));
        let mut query = syntax::parse_select(&match rows {
            Rows::Inserted(last) => format!(
                "SELECT 1 FROM {name} INSERTED WHERE [INSERTED].[{ROW}] > {last} ORDER BY [INSERTED].[{ROW}]"
            ),
            Rows::Updated => format!(
                "SELECT 1 FROM {name} INSERTED INNER JOIN {copies} DELETED ON [DELETED].[{COPIED}] = [INSERTED].[{ROW}] \
                 ORDER BY [INSERTED].[{ROW}]"
            ),
            Rows::Deleted => {
                format!("SELECT 1 FROM {copies} DELETED ORDER BY [DELETED].[{COPIED}]")
            }
        })?;
        let items = select_items
            .iter()
            .flat_map(|item| spelled_out(item, table));
        select_of(&mut query)?.projection = items.collect();
        match into_table {
            None => {
                let bound = self.bind(|binder| binder.statement(&query))?;
                let compiled = self.render(&bound)?;
                self.show(&compiled, false)?;
            }
            Some(into) => {
                let (name, names) = into_names(into)?;
                let target = self.existing(name)?;
                let names: Vec<ObjectName> = names
                    .into_iter()
                    .map(|n| ObjectName::from(vec![n.clone()]))
                    .collect();
                let columns = self.insert_columns(&target, &names)?;
                let bound =
                    self.bind(|binder| binder.insert_temporary(&target, &columns, &query, None))?;
                self.insert_rows(&target, &columns, &bound)?;
            }
        }
        self.changed(count);
        Ok(())
    }
}

/// `INSERTED.*` as the columns that were declared.
fn spelled_out(item: &SelectItem, table: &Table) -> Vec<SelectItem> {
    let SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) = item
    else {
        return vec![item.clone()];
    };
    let Some(source) = name.0.last().and_then(ast::ObjectNamePart::as_ident) else {
        return vec![item.clone()];
    };
    let columns = table.columns.iter().filter(|c| c.name != ROW);
    let column = |name: &str| {
        let parts = vec![source.clone(), Ident::with_quote('[', name)];
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts))
    };
    columns.map(|c| column(&c.name)).collect()
}

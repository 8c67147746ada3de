//! `SELECT @a = x, @b = y FROM ...`: the last row's values are assigned, none where there is no row (T-SQL). Where a value
//! reads a variable that is assigned here (`@all = @all + [Name]`), rows are taken one by one.

use std::ops::ControlFlow;

use sqlparser::ast::{self, Expr, Ident, SelectItem, SetExpr};

use super::evaluate::{cast, select_of};
use super::run::Interpreter;
use super::session::Session;
use crate::error::CqlError;
use crate::look::{Part, stops_at};
use crate::value::Value;

fn variable(alias: &Ident) -> bool {
    alias.quote_style.is_none() && alias.value.starts_with('@')
}

/// The variable and value of `@v = e`, which the parser reads as an alias.
fn assignment(item: &SelectItem) -> Option<(&Ident, &Expr)> {
    match item {
        SelectItem::ExprWithAlias { expr, alias } if variable(alias) => Some((alias, expr)),
        _ => None,
    }
}

/// Whether a query assigns to variables.
pub(super) fn assigns(query: &ast::Query) -> bool {
    match query.body.as_ref() {
        SetExpr::Select(select) => select.projection.iter().any(|i| assignment(i).is_some()),
        _ => false,
    }
}

impl<S: Session> Interpreter<'_, S> {
    pub(super) fn select_assigning(&mut self, query: &ast::Query) -> Result<(), S::Error> {
        let mut query = query.clone();
        let items = std::mem::take(&mut select_of(&mut query)?.projection);
        let mut targets = Vec::with_capacity(items.len());
        for item in &items {
            let Some((name, value)) = assignment(item) else {
                return Err(CqlError::Syntax {
                    message: "A SELECT statement that assigns a value to a variable must not be combined with data-retrieval operations."
                        .to_owned(),
                    position: None,
                }
                .into());
            };
            targets.push((
                self.variable(name)?,
                name.value.to_lowercase(),
                value.clone(),
            ));
        }
        let names: Vec<String> = targets.iter().map(|(_, name, _)| name.clone()).collect();
        if targets.iter().any(|(_, _, value)| mentions(value, &names)) {
            return self.assign_row_by_row(query, targets, &names);
        }
        let values = targets.iter().map(|(index, _, value)| {
            SelectItem::UnnamedExpr(match self.declared(*index) {
                Some(data_type) => cast(value.clone(), data_type),
                None => value.clone(),
            })
        });
        select_of(&mut query)?.projection = values.collect();
        let bound = self.bind(|binder| binder.statement(&query))?;
        let types = bound.query.columns();
        let compiled = self.render(&bound)?;
        let mut last = None;
        let mut count = 0;
        self.rows(&compiled, &mut |row| {
            last = Some(row);
            count += 1;
        })?;
        self.count(count);
        for ((index, ..), (value, (_, ty))) in
            targets.iter().zip(last.into_iter().flatten().zip(types))
        {
            if self.declared(*index).is_none() {
                self.frame.types[*index].1 = ty;
            }
            self.frame.values[*index].1 = value;
        }
        Ok(())
    }

    fn assign_row_by_row(
        &mut self,
        mut query: ast::Query,
        targets: Vec<(usize, String, Expr)>,
        names: &[String],
    ) -> Result<(), S::Error> {
        // What does not depend on the variables is selected; the rest is evaluated with each row.
        let mut selected = Vec::new();
        let mut steps = Vec::with_capacity(targets.len());
        for (index, _, mut value) in targets {
            split(&mut value, names, &mut selected)?;
            steps.push((index, value));
        }
        if selected.is_empty() {
            selected.push(Expr::Value(ast::Value::Null.with_empty_span()));
        }
        select_of(&mut query)?.projection =
            selected.into_iter().map(SelectItem::UnnamedExpr).collect();
        let bound = self.bind(|binder| binder.statement(&query))?;
        let types = bound.query.columns();
        let compiled = self.render(&bound)?;
        let mut rows: Vec<Vec<Value>> = Vec::new();
        self.rows(&compiled, &mut |row| rows.push(row))?;
        self.count(rows.len() as u64);
        let before = self.frame.types.len();
        let parts: Vec<usize> = types
            .iter()
            .enumerate()
            .map(|(number, (_, ty))| self.frame.set_system(&part(number), *ty, Value::Null))
            .collect();
        let result = rows.into_iter().try_for_each(|row| {
            for (part, value) in parts.iter().zip(row) {
                self.frame.values[*part].1 = value;
            }
            steps
                .iter()
                .try_for_each(|(index, value)| self.assign(*index, value))
        });
        self.frame.truncate(before);
        result
    }
}

/// Name of the variable that stands for a selected part.
fn part(number: usize) -> String {
    format!("part{number}")
}

/// Moves the largest parts that mention none of the variables into the select list.
fn split(value: &mut Expr, names: &[String], selected: &mut Vec<Expr>) -> Result<(), CqlError> {
    if !mentions(value, names) {
        if matches!(value, Expr::Value(_)) {
            return Ok(());
        }
        let name = Ident::new(format!("@@{}", part(selected.len())));
        selected.push(std::mem::replace(value, Expr::Identifier(name)));
        return Ok(());
    }
    match value {
        Expr::Identifier(_) => Ok(()),
        Expr::Nested(inner)
        | Expr::UnaryOp { expr: inner, .. }
        | Expr::Cast { expr: inner, .. }
        | Expr::Convert { expr: inner, .. }
        | Expr::IsNull(inner)
        | Expr::IsNotNull(inner) => split(inner, names, selected),
        Expr::BinaryOp { left, right, .. } => {
            split(left, names, selected)?;
            split(right, names, selected)
        }
        Expr::Case {
            operand,
            conditions,
            else_result,
            ..
        } => {
            for inner in operand.iter_mut().chain(else_result.iter_mut()) {
                split(inner, names, selected)?;
            }
            for when in conditions {
                split(&mut when.condition, names, selected)?;
                split(&mut when.result, names, selected)?;
            }
            Ok(())
        }
        Expr::Function(call) => {
            // The first argument of DATEADD and its kin is a word, not a value.
            let words = usize::from(call.name.to_string().to_uppercase().starts_with("DATE"));
            if let ast::FunctionArguments::List(list) = &mut call.args {
                for argument in list.args.iter_mut().skip(words) {
                    if let ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(inner)) = argument {
                        split(inner, names, selected)?;
                    }
                }
            }
            Ok(())
        }
        other => Err(CqlError::Unsupported {
            what: format!("an assignment that reads its own variable in {other}"),
            position: None,
        }),
    }
}

/// Whether an expression reads one of these variables.
fn mentions(value: &Expr, names: &[String]) -> bool {
    stops_at(value, &mut |part| match part {
        Part::Expression(Expr::Identifier(name))
            if variable(name) && names.contains(&name.value.to_lowercase()) =>
        {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn parts_without_the_variable_are_selected() {
        let names = ["@all".to_owned()];
        for (text, rest, parts) in [
            ("@all + [Name]", "@all + @@part0", vec!["[Name]"]),
            (
                "ISNULL(@ALL + ', ', '') + LEN([A] + [B])",
                "ISNULL(@ALL + ', ', '') + @@part0",
                vec!["LEN([A] + [B])"],
            ),
            ("[A]", "@@part0", vec!["[A]"]),
        ] {
            let mut value = crate::syntax::parse_fragment(text).unwrap();
            let mut selected = Vec::new();
            split(&mut value, &names, &mut selected).unwrap();
            assert_eq!(value.to_string(), rest);
            let found: Vec<String> = selected.iter().map(ToString::to_string).collect();
            assert_eq!(found, parts);
        }
    }
}

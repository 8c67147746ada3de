//! Values of expressions outside queries: what SET assigns, what IF asks. They are bound like a query of one value; where
//! that turns out to be a constant or a variable, no database is asked.

use sqlparser::ast::{self, CaseWhen, CastKind, DataType, Expr, SelectItem, SetExpr};

use super::run::Interpreter;
use super::session::Session;
use crate::error::{CqlError, Position};
use crate::evaluate::{Folded, fold};
use crate::ir::{Body, Bound};
use crate::syntax;
use crate::value::{Bind, Compiled, Type, Value};

/// `SELECT` of these items, all else empty.
pub(super) fn query_of(items: Vec<SelectItem>) -> Result<ast::Query, CqlError> {
    let mut query = *syntax::parse_select("SELECT 1")?;
    select_of(&mut query)?.projection = items;
    Ok(query)
}

/// The SELECT that a query consists of.
pub(super) fn select_of(query: &mut ast::Query) -> Result<&mut ast::Select, CqlError> {
    match query.body.as_mut() {
        SetExpr::Select(select) => Ok(select),
        _ => Err(CqlError::Unsupported {
            what: "this form of a query".to_owned(),
            position: None,
        }),
    }
}

/// `CAST(value AS data_type)`.
pub(super) fn cast(value: Expr, data_type: &DataType) -> Expr {
    Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(value),
        data_type: data_type.clone(),
        format: None,
    }
}

/// The value of a bound query that needs no database.
fn constant(bound: &Bound) -> Result<Option<Bind>, CqlError> {
    let Body::Select(select) = &bound.query.body else {
        return Ok(None);
    };
    if !select.from.is_empty() || select.filter.is_some() {
        return Ok(None);
    }
    let [item] = select.items.as_slice() else {
        return Ok(None);
    };
    match fold(&item.value) {
        Folded::Value(bind) => Ok(Some(bind)),
        Folded::Error(error) => Err(error),
        Folded::No => Ok(None),
    }
}

impl<S: Session> Interpreter<'_, S> {
    /// The value of an expression, converted where a type is given, with its type.
    pub(super) fn evaluate(
        &mut self,
        expression: &Expr,
        data_type: Option<&DataType>,
    ) -> Result<(Type, Value), S::Error> {
        let value = match data_type {
            Some(data_type) => cast(expression.clone(), data_type),
            None => expression.clone(),
        };
        let query = query_of(vec![SelectItem::UnnamedExpr(value)])?;
        let bound = self.bind(|binder| binder.statement(&query))?;
        let ty = bound.query.columns().first().map_or(Type::Null, |c| c.1);
        if let Some(bind) = constant(&bound)? {
            return Ok((ty, bind.resolve(&self.arguments())?));
        }
        let compiled = self.render(&bound)?;
        let mut found = Value::Null;
        self.rows(&compiled, &mut |row| {
            found = row.into_iter().next().unwrap_or(Value::Null);
        })?;
        Ok((ty, found))
    }

    /// The value of an expression as text.
    pub(super) fn text(&mut self, expression: &Expr) -> Result<Option<String>, S::Error> {
        let text = DataType::Nvarchar(Some(ast::CharacterLength::Max));
        Ok(match self.evaluate(expression, Some(&text))?.1 {
            Value::Text(text) => Some(text),
            _ => None,
        })
    }

    /// The value of an expression as a whole number; NULL is 0.
    pub(super) fn number(&mut self, expression: &Expr) -> Result<i32, S::Error> {
        Ok(
            match self.evaluate(expression, Some(&DataType::Int(None)))?.1 {
                Value::Int(n) => i32::try_from(n).unwrap_or(i32::MAX),
                _ => 0,
            },
        )
    }

    /// Whether a condition holds; unknown is no.
    pub(super) fn holds(&mut self, condition: &Expr) -> Result<bool, S::Error> {
        let number = |digits: &str| {
            Expr::Value(ast::Value::Number(digits.to_owned(), false).with_empty_span())
        };
        let case = Expr::Case {
            case_token: ast::helpers::attached_token::AttachedToken::empty(),
            end_token: ast::helpers::attached_token::AttachedToken::empty(),
            operand: None,
            conditions: vec![CaseWhen {
                condition: condition.clone(),
                result: number("1"),
            }],
            else_result: Some(Box::new(number("0"))),
        };
        Ok(self.evaluate(&case, None)?.1 == Value::Int(1))
    }

    /// Runs a query for its rows in memory.
    pub(super) fn rows(
        &mut self,
        compiled: &Compiled,
        row: &mut dyn FnMut(Vec<Value>),
    ) -> Result<(), S::Error> {
        let arguments = self.frame.arguments(&self.setting);
        self.session.rows(compiled, &arguments, row)
    }

    /// Gives an error of a statement the place of the statement, when it has none of its own.
    pub(super) fn placed(error: CqlError, position: Option<Position>) -> CqlError {
        match (error, position) {
            (
                CqlError::Unsupported {
                    what,
                    position: None,
                },
                Some(_),
            ) => CqlError::Unsupported { what, position },
            (error, _) => error,
        }
    }
}

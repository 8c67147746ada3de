//! TRY and CATCH, THROW, RAISERROR.

use sqlparser::ast::Expr;

use super::run::{Flow, Interpreter};
use super::session::{Caught, Session};
use super::{Statement, message};
use crate::error::{CqlError, Position};
use crate::value::{Type, Value};

/// Severities up to this one are messages only (T-SQL).
const LAST_MESSAGE: i32 = 10;

impl<S: Session> Interpreter<'_, S> {
    pub(super) fn attempt(
        &mut self,
        body: &[Statement],
        handler: &[Statement],
    ) -> Result<Flow, S::Error> {
        self.trying += 1;
        let result = self.statements(body, false);
        self.trying -= 1;
        let error = match result {
            Ok(flow) => return Ok(flow),
            Err(error) => error,
        };
        let Some(caught) = self.session.caught(&error) else {
            return Err(error);
        };
        self.caught.push((caught, self.line));
        self.show_error();
        let result = self.statements(handler, false);
        self.caught.pop();
        self.show_error();
        result
    }

    /// Sets the variables behind ERROR_MESSAGE() and its kin to the error of the innermost CATCH.
    fn show_error(&mut self) {
        let (caught, line) = self.caught.last().cloned().unzip();
        let line = line.flatten().and_then(|line| i32::try_from(line).ok());
        let number = |n: Option<i32>| n.map_or(Value::Null, |n| Value::Int(n.into()));
        let text = caught.as_ref().map(|c| Value::Text(c.message.clone()));
        let of = |part: fn(&Caught) -> i32| number(caught.as_ref().map(part));
        let values = [
            ("error_number", of(|c| c.number)),
            ("error_severity", of(|c| c.severity)),
            ("error_state", of(|c| c.state)),
            ("error_line", number(line)),
            ("error", of(|c| c.number)),
        ];
        for (name, value) in values {
            self.frame.set_system(name, Type::Int, value);
        }
        self.frame
            .set_system("error_message", Type::Text, text.unwrap_or(Value::Null));
    }

    pub(super) fn rethrow(&self, position: Option<Position>) -> CqlError {
        match self.caught.last() {
            Some((caught, _)) => CqlError::Raised {
                message: caught.message.clone(),
                number: caught.number,
                severity: caught.severity,
                state: caught.state,
            },
            None => CqlError::Syntax {
                message:
                    "To rethrow an error, a THROW statement must be used inside a CATCH block."
                        .to_owned(),
                position,
            },
        }
    }

    pub(super) fn raise(
        &mut self,
        text: &Expr,
        severity: &Expr,
        state: &Expr,
        arguments: &[Expr],
        position: Option<Position>,
    ) -> Result<(), S::Error> {
        let (ty, text) = self.evaluate(text, None)?;
        let Value::Text(text) = text else {
            return Err(CqlError::Unsupported {
                what: format!("RAISERROR of a message by its number ({ty:?})"),
                position,
            }
            .into());
        };
        let severity = self.number(severity)?;
        let state = self.number(state)?;
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(self.evaluate(argument, None)?.1);
        }
        let text = message::format(&text, &values, position)?;
        if severity <= LAST_MESSAGE {
            self.session.message(&text);
            return Ok(());
        }
        if self.trying > 0 {
            return Err(CqlError::Raised {
                message: text,
                number: 50_000,
                severity,
                state,
            }
            .into());
        }
        self.frame
            .set_system("error", Type::Int, Value::Int(50_000));
        self.raised.push(text);
        Ok(())
    }
}

//! Texts that are made when a script runs: `EXEC ('text')` and `sp_executesql`. They see the temporary tables and nothing
//! of the variables around them (T-SQL), and have the rights of whoever runs the script.

use sqlparser::ast::{Expr, Ident};

use super::run::{Interpreter, MAX_NESTING};
use super::session::Session;
use super::{ExecText, Script};
use crate::error::CqlError;
use crate::syntax;

impl<S: Session> Interpreter<'_, S> {
    pub(super) fn execute_text(&mut self, exec: &ExecText, tail: bool) -> Result<(), S::Error> {
        if self.nesting >= MAX_NESTING {
            return Err(CqlError::TooMany {
                what: "texts that execute each other",
                limit: MAX_NESTING,
            }
            .into());
        }
        let text = self.text(&exec.text)?.unwrap_or_default();
        let declarations = match &exec.declarations {
            Some(declarations) => self.text(declarations)?.unwrap_or_default(),
            None => String::new(),
        };
        let mut inner = self.frame.system();
        let mut given = Vec::with_capacity(exec.arguments.len());
        for (number, (name, value)) in exec.arguments.iter().enumerate() {
            let (ty, value) = self.evaluate(value, None)?;
            let hidden = format!("argument{number}");
            inner.set_system(&hidden, ty, value);
            given.push((name.clone(), hidden));
        }
        let outer = std::mem::replace(&mut self.frame, inner);
        self.nesting += 1;
        let result = self.run_text(&text, &declarations, &given, tail);
        self.nesting -= 1;
        self.frame = outer;
        result
    }

    fn run_text(
        &mut self,
        text: &str,
        declarations: &str,
        given: &[(Option<Ident>, String)],
        tail: bool,
    ) -> Result<(), S::Error> {
        let first = self.frame.types.len();
        if !declarations.trim().is_empty() {
            let script = Script::parse(&format!("DECLARE {declarations}"), &[])?;
            self.statements(&script.statements, false)?;
        }
        for (number, (name, hidden)) in given.iter().enumerate() {
            let index = match name {
                Some(name) => self.variable(name)?,
                None => first + number,
            };
            if index < first || index >= self.frame.types.len() {
                return Err(CqlError::UndeclaredVariable {
                    name: name.as_ref().map_or_else(
                        || (number + 1).to_string(),
                        |n| n.value.trim_start_matches('@').to_owned(),
                    ),
                    position: name.as_ref().and_then(|n| syntax::position(n.span)),
                }
                .into());
            }
            let value = Expr::Identifier(Ident::new(format!("@@{hidden}")));
            self.assign(index, &value)?;
        }
        if text.trim().is_empty() {
            return Ok(());
        }
        let script = Script::parse(text, &[])?;
        self.statements(&script.statements, tail).map(|_| ())
    }
}

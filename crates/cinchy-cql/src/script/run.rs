//! The interpreter: walks a script and hands its statements to a session.
//!
//! There is no transaction around a script (decided, T-SQL): what earlier statements wrote stays when a later one fails.
//! RAISERROR does not end a script; its messages come at the end, as an error (documented).

use std::sync::Arc;

use chrono::NaiveDateTime;
use sqlparser::ast::{self, DataType, Expr, Ident};

use super::frame::Frame;
use super::needs::Capture;
use super::session::{Caught, Session};
use super::{Declaration, Kind, Script, Statement, assign, temporary};
use crate::api::{Arguments, OWN};
use crate::bind::{Binder, writes};
use crate::catalog::{Rights, Table};
use crate::design::{design, is_design};
use crate::error::{CqlError, Position};
use crate::ir::Bound;
use crate::need::{Answer, Need};
use crate::render::render;
use crate::room;
use crate::syntax;
use crate::value::{Backend, Compiled, Type, Value};

/// Functions of CATCH; each is a variable of the interpreter.
pub(super) const ERROR_FUNCTIONS: [&str; 6] = [
    "ERROR_MESSAGE",
    "ERROR_NUMBER",
    "ERROR_SEVERITY",
    "ERROR_STATE",
    "ERROR_LINE",
    "ERROR_PROCEDURE",
];

/// Saved queries that execute each other (T-SQL's limit).
pub(super) const MAX_NESTING: usize = 32;

/// What holds for the whole run of a script.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The caller's rights.
    pub rights: &'a Rights,
    /// The database to render for.
    pub backend: Backend,
    /// Name of the PostgreSQL schema.
    pub schema: &'a str,
    /// ExecuteCQL: the Direct Query right is needed.
    pub ad_hoc: bool,
    /// Tables of FROM are read with all versions of their rows: VERSION_HISTORY_QUERY.
    pub versions: bool,
    /// The caller's Cinchy Id.
    pub current_user: i32,
    /// The emulated clock, UTC; it stands still while a script runs.
    pub now: NaiveDateTime,
}

/// What a script did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Some statement had a result set, and it went to [`Session::answer`].
    pub answered: bool,
    /// Rows that the last statement which changes data has changed.
    pub affected: Option<u64>,
}

impl Script {
    /// Runs the script.
    ///
    /// # Errors
    /// Those of its statements, and what RAISERROR gathered.
    pub fn run<S: Session>(
        &self,
        setting: Setting<'_>,
        types: &[(String, Type)],
        values: &[(String, Value)],
        session: &mut S,
    ) -> Result<Outcome, S::Error> {
        let mut frame = Frame::default();
        for (name, ty) in types {
            if name.trim_start_matches('@').starts_with(OWN) {
                continue;
            }
            let value = values.iter().find(|(n, _)| n == name);
            frame.set_parameter(name, *ty, value.map_or(Value::Null, |(_, v)| v.clone()));
        }
        frame.set_system("rowcount", Type::Int, Value::Int(0));
        frame.set_system("error", Type::Int, Value::Int(0));
        frame.set_system("trancount", Type::Int, Value::Int(0));
        for name in ERROR_FUNCTIONS {
            let ty = match name {
                "ERROR_MESSAGE" | "ERROR_PROCEDURE" => Type::Text,
                _ => Type::Int,
            };
            frame.set_system(&name.to_lowercase(), ty, Value::Null);
        }
        if !frame.types.iter().any(|(n, _)| n == "cinchy_row_id") {
            frame.set_parameter("cinchy_row_id", Type::Int, Value::Null);
        }
        let temporary = session
            .temporary_tables()
            .into_iter()
            .map(|table| (table.name.to_lowercase(), table))
            .collect();
        let mut interpreter = Interpreter {
            session,
            setting,
            frame,
            temporary,
            raised: Vec::new(),
            outcome: Outcome::default(),
            trying: 0,
            nesting: 0,
            caught: Vec::new(),
            line: None,
            asking: 0,
            capture: None,
        };
        interpreter.statements(&self.statements, true)?;
        let raised = std::mem::take(&mut interpreter.raised);
        let outcome = interpreter.outcome;
        if raised.is_empty() {
            Ok(outcome)
        } else {
            Err(CqlError::Raised {
                message: raised.join("; "),
                number: 50_000,
                severity: 16,
                state: 1,
            }
            .into())
        }
    }
}

/// What comes after a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    Next,
    Break,
    Continue,
    Return,
}

pub(super) struct Interpreter<'a, S: Session> {
    pub session: &'a mut S,
    pub setting: Setting<'a>,
    pub frame: Frame,
    /// Temporary tables in sight, by name in lower case.
    pub temporary: Vec<(String, Arc<Table>)>,
    /// What RAISERROR said.
    pub(super) raised: Vec<String>,
    pub outcome: Outcome,
    /// TRY blocks around.
    pub(super) trying: usize,
    /// Saved queries and texts around that are executed.
    pub(super) nesting: usize,
    /// Errors of the CATCH blocks around, with the lines of the statements that raised them.
    pub(super) caught: Vec<(Caught, Option<u64>)>,
    /// The line of the statement under way.
    pub(super) line: Option<u64>,
    /// Saved queries around that run for their values.
    pub(super) asking: usize,
    /// Where the values of the innermost of them go.
    pub(super) capture: Option<Capture>,
}

impl<S: Session> Interpreter<'_, S> {
    pub fn arguments(&self) -> Arguments<'_> {
        self.frame.arguments(&self.setting)
    }

    /// Binds something with the tables, rights and variables of this moment.
    pub fn bind<T>(
        &mut self,
        bind: impl Fn(Binder<'_>) -> Result<T, CqlError>,
    ) -> Result<T, S::Error> {
        let mut answers: Vec<(Need, Answer)> = Vec::new();
        let lengths = self.frame.lengths();
        loop {
            let catalog = self.session.catalog()?;
            let tables: Vec<Arc<Table>> = self.temporary.iter().map(|(_, t)| t.clone()).collect();
            let binder = Binder::for_user(
                &catalog,
                self.setting.rights,
                &self.frame.types,
                self.setting.ad_hoc,
            )
            .with_lengths(&lengths)
            .with_temporary(&tables)
            .with_versions(self.setting.versions)
            .with_answers(&answers);
            match room::deep(|| bind(binder)) {
                Err(CqlError::Needs(need)) => {
                    self.session.check()?;
                    let answer = self.find_out(&need)?;
                    answers.push((*need, answer));
                }
                bound => return Ok(bound?),
            }
        }
    }

    /// Runs the statements of a saved query; its variables are those of the frame at hand.
    pub(super) fn run_nested(&mut self, script: &Script) -> Result<(), S::Error> {
        for declared in &mut self.frame.declared {
            *declared = None;
        }
        self.statements(&script.statements, false).map(|_| ())
    }

    pub fn render(&self, bound: &Bound) -> Result<Compiled, S::Error> {
        Ok(room::deep(|| {
            render(bound, self.setting.backend, self.setting.schema)
        })?)
    }

    /// Notes how many rows a statement touched.
    pub fn count(&mut self, rows: u64) {
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        self.frame
            .set_system("rowcount", Type::Int, Value::Int(rows));
    }

    /// Notes how many rows a statement changed.
    pub fn changed(&mut self, rows: u64) {
        self.outcome.affected = Some(rows);
        self.count(rows);
    }

    pub(super) fn statements(
        &mut self,
        statements: &[Statement],
        tail: bool,
    ) -> Result<Flow, S::Error> {
        for (index, statement) in statements.iter().enumerate() {
            let last = tail && index + 1 == statements.len();
            let flow = self.statement(statement, last)?;
            if flow != Flow::Next {
                return Ok(flow);
            }
        }
        Ok(Flow::Next)
    }

    pub(super) fn statement(
        &mut self,
        statement: &Statement,
        tail: bool,
    ) -> Result<Flow, S::Error> {
        self.session.check()?;
        let position = statement.position;
        self.line = position.map(|p| p.line);
        match &statement.kind {
            Kind::Nothing => {}
            Kind::Block(statements) => return self.statements(statements, tail),
            Kind::Declare(declarations) => {
                for declaration in declarations {
                    self.declare(declaration)?;
                }
            }
            Kind::Set { name, value } => {
                let index = self.variable(name)?;
                self.assign(index, value)?;
            }
            Kind::If {
                condition,
                then,
                otherwise,
            } => {
                return if self.holds(condition)? {
                    self.statement(then, tail)
                } else if let Some(otherwise) = otherwise {
                    self.statement(otherwise, tail)
                } else {
                    Ok(Flow::Next)
                };
            }
            Kind::While { condition, body } => {
                while self.holds(condition)? {
                    match self.statement(body, false)? {
                        Flow::Next | Flow::Continue => {}
                        Flow::Break => break,
                        Flow::Return => return Ok(Flow::Return),
                    }
                }
            }
            Kind::Break => return Ok(Flow::Break),
            Kind::Continue => return Ok(Flow::Continue),
            Kind::Return => return Ok(Flow::Return),
            Kind::Try { body, handler } => return self.attempt(body, handler),
            Kind::RaisError {
                message,
                severity,
                state,
                arguments,
            } => self.raise(message, severity, state, arguments, position)?,
            Kind::Throw(None) => return Err(self.rethrow(position).into()),
            Kind::Throw(Some([number, message, state])) => {
                let error = CqlError::Raised {
                    number: self.number(number)?,
                    message: self.text(message)?.unwrap_or_default(),
                    severity: 16,
                    state: self.number(state)?,
                };
                return Err(error.into());
            }
            Kind::Print(value) => {
                let text = self.text(value)?.unwrap_or_default();
                self.session.message(&text);
            }
            Kind::Exec {
                domain,
                name,
                arguments,
            } => self.execute(domain, name, arguments, tail)?,
            Kind::InsertExec { insert, exec } => self.insert_exec(insert, exec)?,
            Kind::ExecText(exec) => self.execute_text(exec, tail)?,
            Kind::Sql(sql) => self.sql(sql, tail, position)?,
        }
        Ok(Flow::Next)
    }

    fn declare(&mut self, declaration: &Declaration) -> Result<(), S::Error> {
        match declaration {
            Declaration::Variable {
                name,
                data_type,
                value,
            } => {
                let null = Expr::Value(ast::Value::Null.with_empty_span());
                let value = value.as_deref().unwrap_or(&null);
                let (ty, value) = self.evaluate(value, Some(data_type))?;
                let name = name.value.trim_start_matches('@');
                let data_type = Some(data_type.as_ref().clone());
                self.frame.put(name, ty, data_type, value);
                Ok(())
            }
            Declaration::Table {
                name,
                columns,
                constraints,
            } => self.declare_table(name, columns, constraints),
        }
    }

    /// Index of a variable that is assigned to.
    pub fn variable(&self, name: &Ident) -> Result<usize, CqlError> {
        let bare = name.value.trim_start_matches('@');
        self.frame
            .index(&bare.to_lowercase())
            .ok_or_else(|| CqlError::UndeclaredVariable {
                name: bare.to_owned(),
                position: crate::syntax::position(name.span),
            })
    }

    /// Assigns an expression's value, converted to the variable's type.
    pub fn assign(&mut self, index: usize, value: &Expr) -> Result<(), S::Error> {
        let data_type = self.frame.declared[index].clone();
        let (ty, value) = self.evaluate(value, data_type.as_ref())?;
        if data_type.is_none() {
            // A parameter takes the type of what it is given.
            self.frame.types[index].1 = ty;
        }
        self.frame.values[index].1 = value;
        Ok(())
    }

    /// The declared type of a variable.
    pub fn declared(&self, index: usize) -> Option<&DataType> {
        self.frame.declared[index].as_ref()
    }

    /// Runs a saved query; it sees the variables as its parameters (documented).
    fn execute(
        &mut self,
        domain: &Ident,
        name: &Ident,
        arguments: &[(Option<Ident>, Expr)],
        tail: bool,
    ) -> Result<(), S::Error> {
        if self.nesting >= MAX_NESTING {
            return Err(CqlError::TooMany {
                what: "saved queries that execute each other",
                limit: MAX_NESTING,
            }
            .into());
        }
        let query = self.session.saved_query(&domain.value, &name.value)?;
        let mut inner = self.frame.clone();
        for (index, (argument, value)) in arguments.iter().enumerate() {
            let (ty, value) = self.evaluate(value, None)?;
            let parameter = match argument {
                Some(argument) => argument.value.trim_start_matches('@'),
                None => match query.script.parameters.get(index) {
                    Some(parameter) => parameter,
                    None => {
                        return Err(CqlError::TooManyArguments {
                            query: format!("{}.{}", domain.value, name.value),
                            position: syntax::position(name.span),
                        }
                        .into());
                    }
                },
            };
            inner.put(parameter, ty, None, value);
        }
        for declared in &mut inner.declared {
            *declared = None;
        }
        let outer = std::mem::replace(&mut self.frame, inner);
        let ad_hoc = std::mem::replace(&mut self.setting.ad_hoc, false);
        self.nesting += 1;
        let result = self.statements(&query.script.statements, tail);
        self.nesting -= 1;
        self.setting.ad_hoc = ad_hoc;
        self.frame = outer;
        result.map(|_| ())
    }

    pub(super) fn sql(
        &mut self,
        sql: &ast::Statement,
        tail: bool,
        position: Option<Position>,
    ) -> Result<(), S::Error> {
        if let ast::Statement::Query(query) = sql
            && !writes(sql)
        {
            if let Some(target) = temporary::into(query) {
                let target = target.clone();
                return self.select_into(query, &target);
            }
            if assign::assigns(query) {
                return self.select_assigning(query);
            }
            let bound = self.bind(|binder| binder.statement(query))?;
            let compiled = self.render(&bound)?;
            return self.show(&compiled, tail);
        }
        if self.temporary_statement(sql)? {
            return Ok(());
        }
        if is_design(sql) {
            let catalog = self.session.catalog()?;
            let rights = self.setting.rights;
            let design = room::deep(|| design(sql, &catalog, rights, position))?;
            return self.session.design(&design);
        }
        if writes(sql) {
            return self.write(sql);
        }
        let text = sql.to_string();
        let word = text.split_whitespace().next().unwrap_or_default();
        Err(Self::placed(
            CqlError::Unsupported {
                what: format!("the statement {}", word.to_uppercase()),
                position: None,
            },
            position,
        )
        .into())
    }

    /// Runs a statement that writes rows of the platform's tables.
    fn write(&mut self, sql: &ast::Statement) -> Result<(), S::Error> {
        let bound = self.bind(|binder| binder.write(sql))?;
        let (backend, schema) = (self.setting.backend, self.setting.schema);
        let compiled = room::deep(|| bound.try_map(&mut |query| render(&query, backend, schema)))?;
        let shows = compiled.output.as_ref().is_some_and(|o| o.into.is_none());
        // A saved query that runs for its values answers nobody.
        let shows = shows && self.capture.is_none();
        let first = shows && !std::mem::replace(&mut self.outcome.answered, true);
        let arguments = self.frame.arguments(&self.setting);
        let changed = self.session.write(&compiled, &arguments, first);
        if first {
            self.outcome.answered = changed.is_ok();
        }
        let changed = changed?;
        if let Some(id) = changed.last_id {
            let id = Value::Int(id.into());
            self.frame.set_parameter("cinchy_row_id", Type::Int, id);
        }
        self.changed(changed.affected);
        Ok(())
    }

    /// Answers with a result set, if it is the first one; a later one runs and its rows go nowhere.
    pub fn show(&mut self, compiled: &Compiled, tail: bool) -> Result<(), S::Error> {
        if self.captured(compiled)? {
            return Ok(());
        }
        let last = tail && self.raised.is_empty();
        let first = !std::mem::replace(&mut self.outcome.answered, true);
        let arguments = self.frame.arguments(&self.setting);
        if !first {
            return self.session.rows(compiled, &arguments, &mut |_| {});
        }
        let done = self.session.answer(compiled, &arguments, last);
        // The rows of a statement that fails within TRY are no answer, if there is another one.
        self.outcome.answered = done.is_ok();
        done
    }
}

//! The procedural layer: scripts of several statements with variables, conditions, loops, errors and temporary tables.
//!
//! `parse` makes a [`Script`] of a text; `run` walks it and hands one statement after the other to a [`Session`], which
//! knows a database. Each statement is bound when its turn comes, since variables and temporary tables appear on the way.
//! What single statements mean is not decided here but in `bind`.

mod assign;
mod declaration;
mod dynamic;
mod errors;
mod evaluate;
mod frame;
mod made;
mod message;
mod needs;
mod output;
mod parse;
mod run;
mod session;
mod temporary;

use sqlparser::ast::{self, DataType, Expr, Ident};

use crate::api::Request;
use crate::bind::writes;
use crate::error::{CqlError, Position};
use crate::room;
use crate::value::Compiled;

pub use run::{Outcome, Setting};
pub use session::{Caught, Changed, NestedQuery, Session};

/// A parsed text: statements in order. It depends on nothing but the text and may be kept.
#[derive(Debug)]
pub struct Script {
    statements: Vec<Statement>,
    /// It reads what only the interpreter knows: `@@ROWCOUNT`, `#t` of an open connection.
    reads_system: bool,
    /// The variables that it mentions and does not declare, in the order of their first mention: names in lower case,
    /// without `@`.
    parameters: Vec<String>,
    /// Stack that its text may need, in bytes.
    room: usize,
}

/// A statement and where it begins.
#[derive(Debug)]
struct Statement {
    kind: Kind,
    position: Option<Position>,
}

#[derive(Debug)]
enum Kind {
    Block(Vec<Statement>),
    Declare(Vec<Declaration>),
    /// `SET @x = e`; `+=` and its kin are written out.
    Set {
        name: Ident,
        value: Expr,
    },
    If {
        condition: Expr,
        then: Box<Statement>,
        otherwise: Option<Box<Statement>>,
    },
    While {
        condition: Expr,
        body: Box<Statement>,
    },
    Break,
    Continue,
    Try {
        body: Vec<Statement>,
        handler: Vec<Statement>,
    },
    Return,
    RaisError {
        message: Expr,
        severity: Expr,
        state: Expr,
        arguments: Vec<Expr>,
    },
    /// `THROW number, message, state`, or bare within CATCH.
    Throw(Option<[Expr; 3]>),
    Print(Expr),
    Exec {
        domain: Ident,
        name: Ident,
        /// By name, or for the parameters in the order in which the saved query mentions them.
        arguments: Vec<(Option<Ident>, Expr)>,
    },
    /// `INSERT INTO table EXEC ..`: the source of `insert` is put in when the rows are there.
    InsertExec {
        insert: Box<ast::Statement>,
        exec: Box<Statement>,
    },
    /// `EXEC ('text')`, `EXEC sp_executesql N'text', N'@a INT', @a = 5`.
    ExecText(Box<ExecText>),
    /// Everything else, as the parser made it.
    Sql(Box<ast::Statement>),
    /// `SET NOCOUNT ON` and the like.
    Nothing,
}

/// A text that is made when the script runs.
#[derive(Debug)]
struct ExecText {
    text: Expr,
    /// The declarations of its variables.
    declarations: Option<Expr>,
    /// Their values, by name or in order.
    arguments: Vec<(Option<Ident>, Expr)>,
}

#[derive(Debug)]
enum Declaration {
    Variable {
        name: Ident,
        data_type: Box<DataType>,
        value: Option<Box<Expr>>,
    },
    Table {
        name: Ident,
        columns: Vec<ast::ColumnDef>,
        constraints: Vec<ast::TableConstraint>,
    },
}

impl Script {
    /// Parses a text; `{n}` must have been replaced.
    ///
    /// # Errors
    /// Text that is not CQL.
    pub fn parse(text: &str, text_parameters: &[(u32, String)]) -> Result<Self, CqlError> {
        let text = crate::syntax::substitute(text, text_parameters);
        let room = room::of(&text);
        let script = room::with(room, || parse::script(&text))?;
        Ok(Self { room, ..script })
    }

    /// The script's one SELECT, where it is nothing else.
    fn query(&self) -> Option<&ast::Query> {
        if self.reads_system {
            return None;
        }
        match self.statements.as_slice() {
            [
                Statement {
                    kind: Kind::Sql(statement),
                    ..
                },
            ] => match statement.as_ref() {
                ast::Statement::Query(query)
                    if temporary::into(query).is_none()
                        && !assign::assigns(query)
                        && !writes(statement) =>
                {
                    Some(query)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Compiles the script as one statement that may be kept and reused, where it is nothing but one SELECT; `None` where
    /// it must be run step by step.
    ///
    /// The result depends on what [`crate::compile`] says.
    ///
    /// # Errors
    /// Names that are not there, rights that are missing, what is not supported.
    pub fn compile_query(&self, request: &Request) -> Result<Option<Compiled>, CqlError> {
        let Some(query) = self.query() else {
            return Ok(None);
        };
        let compiled = room::with(self.room, || {
            crate::api::compile_query(request, query, self.room)
        });
        match compiled {
            Err(CqlError::Needs(_)) => Ok(None),
            compiled => compiled.map(Some),
        }
    }

    /// Looks for what can be seen to be wrong without running: a script of one statement that reads or writes is bound, of
    /// any other only the text is known to be CQL.
    ///
    /// # Errors
    /// Names that are not there, rights that are missing, what is not supported.
    pub fn check(&self, request: &Request) -> Result<(), CqlError> {
        if self.compile_query(request)?.is_some() {
            return Ok(());
        }
        let [
            Statement {
                kind: Kind::Sql(statement),
                ..
            },
        ] = self.statements.as_slice()
        else {
            return Ok(());
        };
        if self.reads_system || !writes(statement) {
            return Ok(());
        }
        let bound = room::deep(|| crate::api::bind_write(request, statement));
        match bound {
            Err(CqlError::Needs(_)) => Ok(()),
            bound => bound,
        }
    }
}

//! Scripts against a session without a database: what is asked of it, in which order, and that no text makes the
//! interpreter panic or run on.

use std::sync::Arc;

use cinchy_cql::catalog::{Catalog, Table, UserFunction};
use cinchy_cql::design::Design;
use cinchy_cql::value::{Backend, Compiled, Type, Value};
use cinchy_cql::write::CompiledWrite;
use cinchy_cql::{
    Arguments, Caught, Changed, CqlError, FunctionTable, NestedQuery, Outcome, Script, Session,
    Setting,
};
use proptest::prelude::*;

use crate::hr;

/// Statements that a script may take before the session says that its time is over.
const PATIENCE: usize = 500;

/// Notes what it is asked. Each query has one row, of ones.
struct Fake {
    catalog: Arc<Catalog>,
    asked: Vec<String>,
    statements: usize,
    tables: usize,
}

/// `CqlError`, or that the time is over.
#[derive(Debug, PartialEq)]
pub enum Failure {
    Cql(CqlError),
    Late,
}

impl From<CqlError> for Failure {
    fn from(error: CqlError) -> Self {
        Self::Cql(error)
    }
}

impl Session for Fake {
    type Error = Failure;

    fn catalog(&mut self) -> Result<Arc<Catalog>, Failure> {
        Ok(self.catalog.clone())
    }

    fn check(&mut self) -> Result<(), Failure> {
        self.statements += 1;
        if self.statements > PATIENCE {
            Err(Failure::Late)
        } else {
            Ok(())
        }
    }

    fn write(
        &mut self,
        statement: &CompiledWrite,
        _: &Arguments<'_>,
        show: bool,
    ) -> Result<Changed, Failure> {
        let shown = if show { ", answer" } else { "" };
        self.asked
            .push(format!("write{shown}: {}", statement.table.name));
        Ok(Changed {
            affected: 1,
            last_id: Some(7),
        })
    }

    fn answer(&mut self, query: &Compiled, _: &Arguments<'_>, last: bool) -> Result<(), Failure> {
        self.asked.push(format!(
            "answer{}: {}",
            if last { ", last" } else { "" },
            query.sql
        ));
        Ok(())
    }

    fn rows(
        &mut self,
        query: &Compiled,
        _: &Arguments<'_>,
        row: &mut dyn FnMut(Vec<Value>),
    ) -> Result<(), Failure> {
        self.asked.push(format!("rows: {}", query.sql));
        row(vec![Value::Int(1); query.columns.len()]);
        Ok(())
    }

    fn temporary_tables(&mut self) -> Vec<Arc<Table>> {
        Vec::new()
    }

    fn temporary_name(&mut self) -> String {
        self.tables += 1;
        format!("tmp{}", self.tables)
    }

    fn create_temporary(&mut self, table: &Arc<Table>) -> Result<(), Failure> {
        self.asked.push(format!("create: {}", table.physical));
        Ok(())
    }

    fn drop_temporary(&mut self, table: &Table) -> Result<(), Failure> {
        self.asked.push(format!("drop: {}", table.physical));
        Ok(())
    }

    fn change_temporary(
        &mut self,
        _: &Table,
        statement: &Compiled,
        _: &Arguments<'_>,
    ) -> Result<u64, Failure> {
        self.asked.push(format!("change: {}", statement.sql));
        Ok(2)
    }

    fn design(&mut self, design: &Design) -> Result<(), Failure> {
        self.asked.push(format!("design: {design:?}"));
        Ok(())
    }

    fn saved_query(&mut self, _: &str, name: &str) -> Result<NestedQuery, Failure> {
        let text = match name {
            "Itself" => "EXEC [D].[Itself]",
            _ => "SELECT @a AS a",
        };
        Ok(NestedQuery {
            script: Arc::new(Script::parse(text, &[])?),
        })
    }

    fn function_table(
        &mut self,
        function: &UserFunction,
        arguments: &[Value],
    ) -> Result<FunctionTable, Failure> {
        self.asked
            .push(format!("table: {} {arguments:?}", function.name));
        Ok(FunctionTable {
            columns: vec![("N".to_owned(), Type::Double)],
            rows: vec![vec![Value::Double(1.5)]],
        })
    }

    fn message(&mut self, text: &str) {
        self.asked.push(format!("message: {text}"));
    }

    fn caught(&self, error: &Failure) -> Option<Caught> {
        match error {
            Failure::Cql(error) => Some(Caught::of(error)),
            Failure::Late => None,
        }
    }
}

pub fn run(text: &str, backend: Backend) -> (Result<Outcome, Failure>, Vec<String>) {
    run_with(text, backend, &[])
}

/// With parameters of these names, each the text `given`.
fn run_with(
    text: &str,
    backend: Backend,
    parameters: &[&str],
) -> (Result<Outcome, Failure>, Vec<String>) {
    let types: Vec<(String, Type)> = parameters
        .iter()
        .map(|name| ((*name).to_owned(), Type::Text))
        .collect();
    let values: Vec<(String, Value)> = parameters
        .iter()
        .map(|name| ((*name).to_owned(), Value::Text("given".to_owned())))
        .collect();
    let rights = hr::admin();
    let setting = Setting {
        rights: &rights,
        backend,
        schema: "cinchy",
        ad_hoc: true,
        versions: false,
        current_user: 1,
        now: chrono::NaiveDateTime::default(),
    };
    let mut session = Fake {
        catalog: Arc::new(hr::catalog()),
        asked: Vec::new(),
        statements: 0,
        tables: 0,
    };
    let outcome = Script::parse(text, &[])
        .map_err(Failure::from)
        .and_then(|script| script.run(setting, &types, &values, &mut session));
    (outcome, session.asked)
}

#[test]
fn what_is_asked_of_the_session() {
    for (text, expect) in [
        // Constants and variables ask for nothing.
        (
            "DECLARE @a INT = 1 SET @a = NULL IF @a IS NULL PRINT 'x'",
            "message: x",
        ),
        ("SELECT 1 AS a", "answer, last: SELECT 1"),
        (
            "SELECT 1 AS a SELECT 2 AS b",
            "answer: SELECT 1 | rows: SELECT 2",
        ),
        // After RAISERROR nothing may leave early, since it ends as an error.
        ("RAISERROR('x',16,1) SELECT 1 AS a", "answer: SELECT 1"),
        (
            "BEGIN TRY SELECT 1 AS a END TRY BEGIN CATCH END CATCH",
            "answer: SELECT 1",
        ),
        (
            "CREATE TABLE #t (a INT) INSERT #t VALUES (1) UPDATE #t SET a = 2 DELETE #t DROP TABLE #t",
            "create: tmp1 | change: INSERT INTO temp.\"tmp1\" (\"c0\") SELECT 1 AS \"c0\" \
            | change: UPDATE temp.\"tmp1\" AS target SET \"c0\" = rows.\"c1\" FROM (SELECT s0.\"row_id\" AS \"c0\", 2 AS \"c1\" FROM temp.\"tmp1\" AS s0 ORDER BY s0.\"row_id\") AS rows WHERE target.\"row_id\" = rows.\"c0\" \
            | change: DELETE FROM temp.\"tmp1\" WHERE \"row_id\" IN (SELECT \"c0\" FROM (SELECT s0.\"row_id\" AS \"c0\" FROM temp.\"tmp1\" AS s0 ORDER BY s0.\"row_id\") AS rows) | drop: tmp1",
        ),
        ("DECLARE @a INT = 3 EXEC [D].[Q]", "answer, last: SELECT $1"),
    ] {
        let (outcome, asked) = run(text, Backend::Sqlite);
        assert!(
            outcome.is_ok() || text.starts_with("RAISERROR"),
            "{text}: {outcome:?}"
        );
        assert_eq!(asked.join(" | "), expect, "{text}");
    }
}

#[test]
fn names_of_parameters_do_not_reach_what_is_the_interpreters_own() {
    let text =
        "DECLARE @n INT = 1 SELECT @n = @n + [Cinchy Id] FROM [HR].[Skills] IF @n = 2 PRINT 'two'";
    let own = run(text, Backend::Sqlite);
    assert!(own.0.is_ok(), "{:?}", own.0);
    assert!(own.1.contains(&"message: two".to_owned()), "{:?}", own.1);
    for name in [
        "$part0",
        " part0",
        "part0",
        "$rowcount",
        " rowcount",
        "$error_message",
    ] {
        assert_eq!(run_with(text, Backend::Sqlite, &[name]), own, "{name:?}");
    }
    // A variable with a dollar is a variable like others.
    let (outcome, asked) = run(
        "DECLARE @$part0 INT = 7 DECLARE @n INT = 1 SELECT @n = @n + [Cinchy Id] FROM [HR].[Skills] IF @$part0 = 7 PRINT 'kept'",
        Backend::Sqlite,
    );
    assert!(outcome.is_ok(), "{outcome:?}");
    assert!(asked.contains(&"message: kept".to_owned()), "{asked:?}");
}

#[test]
fn a_row_that_fails_leaves_no_traces() {
    let text = "DECLARE @n INT = 1 BEGIN TRY SELECT @n = @n / 0 + [Cinchy Id] FROM [HR].[Skills] END TRY \
        BEGIN CATCH SELECT @n = @n + [Cinchy Id] FROM [HR].[Skills] END CATCH IF @n = 2 PRINT 'two'";
    let (outcome, asked) = run(text, Backend::Sqlite);
    assert!(outcome.is_ok(), "{outcome:?}");
    assert!(asked.contains(&"message: two".to_owned()), "{asked:?}");
}

#[test]
fn scripts_end() {
    for text in [
        "WHILE 1 = 1 PRINT 'x'",
        "BEGIN TRY WHILE 1 = 1 BEGIN DECLARE @i INT END END TRY BEGIN CATCH PRINT 'no' END CATCH",
    ] {
        assert_eq!(run(text, Backend::Sqlite).0, Err(Failure::Late), "{text}");
    }
    assert_eq!(
        run("EXEC [D].[Itself]", Backend::Sqlite).0,
        Err(Failure::Cql(CqlError::TooMany {
            what: "saved queries that execute each other",
            limit: 32
        }))
    );
    for deep in ["BEGIN ", "IF 1 = 1 ", "WHILE 1 = 1 ", "BEGIN TRY "] {
        let (outcome, _) = run(&deep.repeat(50_000), Backend::Sqlite);
        assert!(
            matches!(outcome, Err(Failure::Cql(CqlError::NestedTooDeeply { .. }))),
            "{deep}: {outcome:?}"
        );
    }
}

fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "DECLARE",
        "SET",
        "IF",
        "ELSE",
        "BEGIN",
        "END",
        "WHILE",
        "BREAK",
        "CONTINUE",
        "RETURN",
        "TRY",
        "CATCH",
        "BEGIN TRY",
        "END TRY BEGIN CATCH",
        "END CATCH",
        "RAISERROR(",
        "THROW",
        "PRINT",
        "EXEC",
        "GO",
        "SELECT",
        "INTO",
        "FROM",
        "WHERE",
        "INSERT INTO",
        "INSERT",
        "VALUES",
        "UPDATE",
        "DELETE",
        "DELETE FROM",
        "CREATE TABLE",
        "DROP TABLE",
        "TRUNCATE TABLE",
        "OUTPUT INSERTED.",
        "JOIN",
        "ON",
        "AS",
        "NULL",
        "1",
        "'x'",
        "'%s %d'",
        "@a",
        "@b",
        "@a INT",
        "@t TABLE (a INT)",
        "#t",
        "@t",
        "#t (a INT)",
        "[HR].[Employees]",
        "[HR].[Skills] s",
        "[First Name]",
        "[D].[Q]",
        "ERROR_MESSAGE()",
        "@@ROWCOUNT",
        "@cinchy_row_id",
        "COUNT(*)",
        "=",
        "+=",
        "+",
        ",",
        ";",
        "(",
        ")",
        "\n",
        "--",
        "a",
        "EXISTS",
        "1 = 1",
        "resolveLink(",
        "WITH c AS (SELECT 1 AS a)",
    ])
}

proptest! {
    #[test]
    fn word_soup_never_panics(words in prop::collection::vec(word(), 0..25)) {
        let text = words.join(" ");
        for backend in [Backend::Sqlite, Backend::Postgres] {
            let _ = run(&text, backend);
            let _ = run(&format!("DECLARE @a INT, @t TABLE (a INT) SELECT 1 AS a INTO #t {text}"), backend);
        }
    }
}

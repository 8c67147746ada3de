//! Statements that write: what is handed to storage, and what is refused.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fmt::Write as _;
use std::sync::Arc;

use cinchy_cql::catalog::{Catalog, Rights, Table, UserFunction};
use cinchy_cql::design::Design;
use cinchy_cql::value::{Backend, Compiled, Value};
use cinchy_cql::write::{Action, CompiledWrite, NewRows};
use cinchy_cql::{
    Arguments, Caught, Changed, CqlError, FunctionTable, NestedQuery, Script, Session, Setting,
};

use crate::hr::{self, admin, bob, eve};

/// A session that keeps what it is to write.
struct Kept(Vec<CompiledWrite>);

impl Session for Kept {
    type Error = CqlError;

    fn catalog(&mut self) -> Result<Arc<Catalog>, CqlError> {
        Ok(Arc::new(hr::catalog()))
    }
    fn check(&mut self) -> Result<(), CqlError> {
        Ok(())
    }
    fn answer(&mut self, _: &Compiled, _: &Arguments<'_>, _: bool) -> Result<(), CqlError> {
        Ok(())
    }
    fn rows(
        &mut self,
        _: &Compiled,
        _: &Arguments<'_>,
        _: &mut dyn FnMut(Vec<Value>),
    ) -> Result<(), CqlError> {
        Ok(())
    }
    fn temporary_tables(&mut self) -> Vec<Arc<Table>> {
        Vec::new()
    }

    fn temporary_name(&mut self) -> String {
        "tmp".to_owned()
    }
    fn create_temporary(&mut self, _: &Arc<Table>) -> Result<(), CqlError> {
        Ok(())
    }
    fn drop_temporary(&mut self, _: &Table) -> Result<(), CqlError> {
        Ok(())
    }
    fn change_temporary(
        &mut self,
        _: &Table,
        _: &Compiled,
        _: &Arguments<'_>,
    ) -> Result<u64, CqlError> {
        Ok(0)
    }
    fn design(&mut self, _: &Design) -> Result<(), CqlError> {
        Ok(())
    }
    fn write(
        &mut self,
        statement: &CompiledWrite,
        _: &Arguments<'_>,
        _: bool,
    ) -> Result<Changed, CqlError> {
        self.0.push(statement.clone());
        Ok(Changed::default())
    }
    fn saved_query(&mut self, _: &str, _: &str) -> Result<NestedQuery, CqlError> {
        Err(CqlError::OneRowWanted)
    }
    fn function_table(&mut self, _: &UserFunction, _: &[Value]) -> Result<FunctionTable, CqlError> {
        Err(CqlError::OneRowWanted)
    }
    fn message(&mut self, _: &str) {}
    fn caught(&self, error: &CqlError) -> Option<Caught> {
        Some(Caught::of(error))
    }
}

fn compiled(text: &str, rights: &Rights, backend: Backend) -> Result<Vec<CompiledWrite>, CqlError> {
    let setting = Setting {
        rights,
        backend,
        schema: "cinchy",
        ad_hoc: false,
        versions: false,
        current_user: rights.user_id,
        now: chrono::NaiveDateTime::default(),
    };
    let mut session = Kept(Vec::new());
    let parameters = hr::parameters();
    Script::parse(text, &[])?.run(setting, &parameters, &[], &mut session)?;
    Ok(session.0)
}

/// Everything of a statement, one line for each part.
fn shown(write: &CompiledWrite) -> String {
    let mut out = String::new();
    let mut line = |name: &str, text: String| {
        let _ = writeln!(out, "  {name}: {text}");
    };
    match &write.action {
        Action::Insert {
            columns,
            rows,
            visible,
            ..
        } => {
            let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
            line("insert", names.join(", "));
            match rows {
                NewRows::Values { rows, computed } => {
                    for row in rows {
                        let cells: Vec<String> = row
                            .iter()
                            .map(|cell| format!("{:?} {:?}", cell.form, cell.value))
                            .collect();
                        line("row", cells.join(" | "));
                    }
                    for query in computed {
                        line("computed", query.sql.clone());
                    }
                }
                NewRows::Query { items, source } => {
                    line("items", format!("{items:?}"));
                    line("source", source.sql.clone());
                }
            }
            if let Some(query) = visible {
                line("visible", query.sql.clone());
            }
        }
        Action::Update {
            columns,
            forms,
            source,
        } => {
            let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
            line("update", format!("{} {forms:?}", names.join(", ")));
            line("source", source.sql.clone());
        }
        Action::Delete { source } => line("delete", source.sql.clone()),
        Action::Truncate => line("truncate", write.table.name.clone()),
    }
    for lookup in &write.lookups {
        let name = format!("lookup of {} by {}", lookup.link, lookup.column);
        line(&name, lookup.query.sql.clone());
    }
    for (physical, query) in &write.calculated {
        line(&format!("calculated {physical}"), query.sql.clone());
    }
    if let Some(output) = &write.output {
        line("output", output.query.sql.clone());
        if let Some(into) = &output.into {
            line(
                "into",
                format!("{} {:?}", into.table.physical, into.columns),
            );
        }
    }
    out
}

#[test]
fn statements() {
    let texts = [
        "INSERT INTO [HR].[Departments] ([Name], [Budget]) VALUES (@p, 1), (NEWID(), NULL)",
        "INSERT INTO [HR].[Employees] ([First Name], [Department], [Skills]) VALUES ('x', ResolveLink(@p, 'Name'), '1,0')",
        "INSERT INTO [HR].[Employees] ([First Name], [Department], [Skills]) SELECT [First Name], [Department], [Skills] FROM [HR].[Employees] WHERE [Salary] > 1",
        "CREATE TABLE #t ([id] int) INSERT INTO [HR].[Departments] ([Name]) OUTPUT INSERTED.[Cinchy Id] INTO #t ([id]) VALUES ('x')",
        "UPDATE e SET e.[Salary] = d.[Budget], e.[Skills] = NULL FROM [HR].[Employees] e JOIN [HR].[Departments] d ON e.[Department].[Cinchy Id] = d.[Cinchy Id]",
        "UPDATE [HR].[Employees] SET [Department] = ResolveLink('a', 'Name') OUTPUT DELETED.[Skills], INSERTED.[Department] WHERE [Cinchy Id] = 1",
        "DELETE e FROM [HR].[Employees] e WHERE e.[Active] = 0",
        "TRUNCATE TABLE [HR].[Skills]",
    ];
    let mut out = String::new();
    for text in texts {
        let _ = writeln!(out, "{text}");
        for backend in [Backend::Sqlite, Backend::Postgres] {
            let _ = writeln!(out, " {backend:?}");
            for write in compiled(text, &admin(), backend).unwrap() {
                out.push_str(&shown(&write));
            }
        }
    }
    // Bob edits two columns of his own row.
    let own = "UPDATE [HR].[Employees] SET [Salary] = 1";
    let _ = writeln!(out, "{own} (by bob)");
    for write in compiled(own, &bob(), Backend::Sqlite).unwrap() {
        out.push_str(&shown(&write));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn refusals() {
    for (text, rights, expect) in [
        (
            "INSERT INTO [HR].[Employees] ([First Name]) VALUES ('x')",
            bob(),
            "Access denied on table(s) Employees",
        ),
        (
            "UPDATE [HR].[Employees] SET [Last Name] = 'x', [Created] = NULL",
            bob(),
            "Access denied on column(s) Last Name, Created",
        ),
        (
            "UPDATE [HR].[Employees] SET [First Name] = 'x'",
            eve(),
            "Access denied on column(s) First Name",
        ),
        (
            "UPDATE [HR].[Departments] SET [Name] = 'x'",
            eve(),
            "Access denied on table(s) Departments",
        ),
        (
            "DELETE FROM [HR].[Employees]",
            bob(),
            "Access denied on table(s) Employees",
        ),
        (
            "UPDATE [HR].[Employees] SET [Full Name] = 'x'",
            admin(),
            "Columns Full Name are readonly and can not be updated",
        ),
        (
            "UPDATE [HR].[Employees] SET [Department] = ResolveLink('x', 'Nope')",
            admin(),
            "Object reference not set to an instance of an object.",
        ),
        (
            "UPDATE [HR].[Employees] SET [Department] = ResolveLink('x', 1)",
            admin(),
            "ResolveLink by a column that is not given as a text is not supported at line 1, column 61",
        ),
        (
            "UPDATE [HR].[Employees] SET [Salary] = ResolveLink('x', 'Name')",
            admin(),
            "the function ResolveLink is not supported at line 1, column 40",
        ),
        (
            "INSERT INTO [HR].[Departments] ([Name]) VALUES (COUNT(*))",
            admin(),
            "An aggregate may not appear in the VALUES clause.",
        ),
        (
            "INSERT INTO [HR].[Departments] ([Name]) VALUES ([Name])",
            admin(),
            "Column [Name] could not be found",
        ),
        (
            "UPDATE x SET [Name] = 'a' FROM (SELECT 1 AS [Name]) x",
            admin(),
            "a write to x is not supported at line 1, column 8",
        ),
        (
            "INSERT INTO [HR].[Departments] ([Name]) OUTPUT INSERTED.[Name] INTO [HR].[Skills] VALUES ('x')",
            admin(),
            "OUTPUT INTO anything but a temporary table is not supported at line 1, column 69",
        ),
    ] {
        let error = compiled(text, &rights, Backend::Sqlite).unwrap_err();
        assert_eq!(error.to_string(), expect, "{text}");
    }
}

//! CQL that tries to reach what its rights do not allow: physical tables, the databases' own, other users' rows.

use super::cases_cql::{cql, encoded, with};
use crate::support::backends::{builder, start_each};
use crate::support::case::{Case, check, post};

/// A saved query whose text parameter goes into its text as it is (documented).
const SEED: &str = r#"
queries:
  - { domain: Open, name: Any, execute: { groups: [All Users] }, cql: "SELECT COUNT(*) AS n FROM [HR].[{0}] WHERE [Deleted] IS NULL" }
"#;

/// Refused, whatever the words.
fn refused(text: &str) -> Case {
    cql(text).is(400)
}

fn about(text: &str, part: &str) -> Case {
    refused(text).header_has("x-cinchy-error", part)
}

fn other_tables() -> Vec<Case> {
    let mut cases = vec![
        about(
            "SELECT * FROM sqlite_master",
            "Table sqlite_master could not be found",
        ),
        about(
            "SELECT * FROM [main].[sqlite_master]",
            "Table sqlite_master in domain main could not be found",
        ),
        about(
            "SELECT * FROM temp.sqlite_temp_master",
            "could not be found",
        ),
        about("SELECT * FROM pg_catalog.pg_class", "could not be found"),
        about(
            "SELECT * FROM [cinchy].[users_history]",
            "could not be found",
        ),
        about(
            "SELECT * FROM [cinchy].[signing_keys]",
            "could not be found",
        ),
        about("SELECT * FROM [cinchy].[t101]", "could not be found"),
        about("SELECT * FROM pragma_table_info('users')", "line 1"),
        about(
            "SELECT load_extension('x') AS a",
            "not supported at line 1, column 8",
        ),
        about(
            "SELECT pg_read_file('/etc/passwd') AS a",
            "not supported at line 1, column 8",
        ),
        about(
            "SELECT readfile('/etc/passwd') AS a",
            "not supported at line 1, column 8",
        ),
        about(
            "SELECT c101 AS a FROM [HR].[Employees]",
            "Column [c101] could not be found",
        ),
        about(
            "SELECT s0.cinchy_id AS a FROM [HR].[Employees]",
            "could not be found",
        ),
        about(
            "SELECT rowid AS a FROM [HR].[Employees]",
            "Column [rowid] could not be found",
        ),
        about(
            "SELECT ctid AS a FROM [HR].[Employees]",
            "Column [ctid] could not be found",
        ),
        // A sub-select, a common table expression and a temporary table obey the same rights.
        about(
            "SELECT (SELECT TOP 1 [Client Id] FROM [Cinchy].[Integrated Clients]) AS a",
            "Access denied on table(s) Integrated Clients",
        ),
        about(
            "WITH c AS (SELECT [Guid] FROM [Cinchy].[Integrated Clients]) SELECT * FROM c",
            "Access denied on table(s) Integrated Clients",
        ),
        about(
            "SELECT [Guid] INTO #c FROM [Cinchy].[Integrated Clients]",
            "Access denied on table(s) Integrated Clients",
        ),
        about(
            "IF EXISTS (SELECT 1 FROM [Cinchy].[Integrated Clients]) PRINT 'x'",
            "Access denied on table(s) Integrated Clients",
        ),
        // So does a text that a script makes.
        about(
            "EXEC ('SELECT * FROM sqlite_master')",
            "Table sqlite_master could not be found",
        ),
        about("EXEC ('PRAGMA writable_schema = 1')", "line 1, column 1"),
        about(
            "EXEC sp_executesql N'SELECT [Client Id] FROM [Cinchy].[Integrated Clients]'",
            "Access denied on table(s) Integrated Clients",
        ),
        about(
            "DECLARE @s NVARCHAR(99) = 'EXEC sp_executesql @s, N''@s NVARCHAR(99)'', @s' EXEC sp_executesql @s, N'@s NVARCHAR(99)', @s",
            "texts that execute each other",
        ),
        about("EXEC xp_cmdshell 'ls'", "line 1, column 1"),
    ];
    for text in [
        "PRAGMA writable_schema = 1",
        "ATTACH DATABASE '/tmp/x' AS x",
        "VACUUM",
        "COPY users TO '/tmp/x'",
        "SET search_path = 'x'",
        "SET SESSION AUTHORIZATION postgres",
        "USE [master]",
        "GRANT ALL ON [HR].[Skills] TO bob",
        "CREATE USER x",
        "CREATE FUNCTION f() RETURNS INT AS BEGIN RETURN 1 END",
        "DO $$ BEGIN END $$",
        "LISTEN x",
        "KILL 1",
        "SHUTDOWN",
        "WAITFOR DELAY '00:01'",
    ] {
        cases.push(refused(text));
    }
    cases
}

fn names_with_quotes() -> Vec<Case> {
    let odd = r#"a"; DROP TABLE users; --"#;
    vec![
        cql(&format!("SELECT 1 AS [{odd}] INTO #t SELECT * FROM #t"))
            .gives(r#"[{"a\"; DROP TABLE users; --":1}]"#),
        cql(&format!("SELECT x.[n] FROM (SELECT 1 AS n) AS [{odd} x] JOIN (SELECT 2 AS m) x2 ON 1 = 1 JOIN (SELECT 3 AS n) x ON 1 = 1"))
            .gives(r#"[{"n":3}]"#),
        with("SELECT @p AS p", &[("Parameters[0].ParameterName", "@p"), ("Parameters[0].XmlSerializedValue", "'; DROP TABLE users; --")])
            .gives(r#"[{"p":"'; DROP TABLE users; --"}]"#),
        cql("SELECT '''; DROP TABLE users; --' AS p").gives(r#"[{"p":"'; DROP TABLE users; --"}]"#),
        about("SELECT [a]]b] FROM [HR].[Skills]", "Column [a]b] could not be found"),
    ]
}

fn text_parameters() -> Vec<Case> {
    let call = |value: &str| {
        post("/API/Open/Any")
            .form(encoded(&[("{0}", value), ("CompressJSON", "false")]))
            .named(value)
    };
    vec![
        call("Skills").bearer("ann").gives(r#"[{"n":4}]"#),
        // What is put in is CQL, and it runs with the caller's rights.
        call("Employees").bearer("eve").is(200),
        call("Departments")
            .bearer("eve")
            .is(400)
            .header("x-cinchy-error", "Access denied on table(s) Departments"),
        call("Skills] UNION ALL SELECT COUNT(*) FROM [Cinchy].[Integrated Clients")
            .bearer("eve")
            .is(400)
            .header_has("x-cinchy-error", "Access denied"),
        call("Skills]; UPDATE u SET u.[Is Disabled] = 1 FROM [Cinchy].[Users] u --")
            .bearer("ann")
            .is(400)
            .header_has("x-cinchy-error", "Access denied"),
    ]
}

/// Parameters whose names are those of the program's own.
fn parameters() -> Vec<Case> {
    let sends = |text: &str, name: &str, value: &str| {
        with(
            text,
            &[
                ("Parameters[0].ParameterName", name),
                ("Parameters[0].XmlSerializedValue", value),
            ],
        )
        .bearer("admin")
    };
    let inserts = "INSERT INTO [HR].[Skills] ([Name]) OUTPUT INSERTED.[Name] VALUES ('Juggling')";
    let links = "UPDATE [HR].[Employees] SET [Department] = ResolveLink('Sales', 'Name') OUTPUT INSERTED.[Department] WHERE [Cinchy Id] = 1";
    vec![
        sends(inserts, "@row ids", "[1]").gives(r#"[{"Name":"Juggling"}]"#),
        sends("DELETE FROM [HR].[Skills] OUTPUT DELETED.[Name] WHERE [Name] = 'Juggling'", "row ids", "[1]").gives(r#"[{"Name":"Juggling"}]"#),
        sends(links, "@keys", r#"["Product"]"#).gives(r#"[{"Department":"Sales"}]"#),
        sends("DECLARE @n INT = 0 SELECT @n = @n + [Cinchy Id] FROM [HR].[Skills] WHERE [Cinchy Id] < 3 SELECT @n AS n", "@$part0", "9").gives(r#"[{"n":3}]"#),
        sends("DECLARE @n INT = 0 SELECT @n = @n + [Cinchy Id] FROM [HR].[Skills] WHERE [Cinchy Id] < 3 SELECT @n AS n", "@ part0", "9").gives(r#"[{"n":3}]"#),
        sends("SELECT @@ROWCOUNT AS n", "@$rowcount", "9").gives(r#"[{"n":0}]"#),
        sends("SELECT @@ROWCOUNT AS n", "@ rowcount", "9").gives(r#"[{"n":0}]"#),
    ]
}

#[tokio::test]
async fn hostile_cql() {
    let backends = start_each(builder().seed_text(SEED)).await;
    for cases in [other_tables(), names_with_quotes()] {
        let cases: Vec<Case> = cases.into_iter().map(|case| case.bearer("ann")).collect();
        check(&backends, &cases).await;
    }
    check(&backends, &text_parameters()).await;
    check(&backends, &parameters()).await;
}

//! Queries within queries: derived tables, common table expressions, sub-selects, UNION and its kin, OFFSET.

use cinchy_cql::value::Backend;

use crate::hr::{EMPLOYEES, admin, compile_for, eve, eves_grant, show, with_grants};
use cinchy_cql::catalog::Grant;

#[test]
fn queries_within_queries() {
    insta::assert_snapshot!(show(
        &[
            "SELECT x.n, [Name2] FROM (SELECT [Name] AS n, [Code] AS Name2, [Budget] FROM [HR].[Departments] WHERE [Budget] > 1) AS x WHERE x.[Budget] < 9 ORDER BY n",
            "WITH d (a, b) AS (SELECT [Name], [Budget] FROM [HR].[Departments]), e AS (SELECT a FROM d WHERE b > @p) SELECT e.a, d.b FROM e INNER JOIN d ON d.a = e.a",
            "WITH result(FormId,formLevel) AS (SELECT DISTINCT FormId = [Department].[Name], formLevel = 1 FROM [HR].[Employees] WHERE [Deleted] IS NULL) SELECT e.[First Name] FROM [HR].[Employees] e INNER JOIN result r ON e.[Department].[Name] = r.FormId WHERE e.[Deleted] IS NULL ORDER BY e.[First Name]",
            "SELECT e.[First Name], (SELECT COUNT(*) FROM [HR].[Employees] o WHERE o.[Manager].[Cinchy Id] = e.[Cinchy Id]) AS reports FROM [HR].[Employees] e",
            "SELECT e.[First Name], (SELECT d.[Code] FROM [HR].[Departments] d WHERE d.[Name] = e.[Department]) AS code FROM [HR].[Employees] e",
            "SELECT [Name] FROM [HR].[Departments] d WHERE EXISTS (SELECT 1 FROM [HR].[Employees] e WHERE e.[Department].[Cinchy Id] = d.[Cinchy Id]) AND NOT EXISTS (SELECT * FROM [HR].[Locked])",
            "SELECT [First Name] FROM [HR].[Employees] WHERE [Department] IN (SELECT [Name] FROM [HR].[Departments]) AND [Skills] NOT IN (SELECT [Name] FROM [HR].[Skills]) AND [Salary] IN (SELECT 100)",
            "SELECT [Department], COUNT(*) AS n, (SELECT MAX([Budget]) FROM [HR].[Departments]) AS m FROM [HR].[Employees] GROUP BY [Department]",
        ],
        &admin()
    ));
}

#[test]
fn set_operations_and_windows() {
    insta::assert_snapshot!(show(
        &[
            "SELECT [Name] AS a FROM [HR].[Departments] UNION SELECT [Name] FROM [HR].[Skills] ORDER BY a DESC",
            "SELECT 1 AS a, NULL AS b UNION ALL SELECT 2.5, 'x' UNION ALL SELECT 3, 'y' ORDER BY 2, a DESC OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY",
            "SELECT [Name] FROM [HR].[Skills] EXCEPT (SELECT TOP 1 [Name] FROM [HR].[Skills] ORDER BY [Name])",
            "SELECT [Name] FROM [HR].[Skills] INTERSECT SELECT 'Rust'",
            "SELECT u.a FROM (SELECT 1 AS a UNION SELECT 2) u WHERE u.a > 1",
            "SELECT [Name] FROM [HR].[Skills] ORDER BY [Name] OFFSET 2 ROWS",
            "SELECT [Name] FROM [HR].[Skills] ORDER BY [Name] OFFSET 0 ROWS FETCH FIRST 5 ROWS ONLY",
            "SELECT a.[Name], b.[Name] AS other FROM [HR].[Skills] a RIGHT JOIN [HR].[Departments] b ON b.[Name] = a.[Name]",
            "SELECT a.[Name], b.[First Name] FROM [HR].[Departments] a FULL OUTER JOIN [HR].[Employees] b ON b.[Department].[Name] = a.[Name]",
        ],
        &admin()
    ));
}

#[test]
fn mistakes_in_them() {
    for (text, expect) in [
        (
            "SELECT x.[Nope] FROM (SELECT 1 AS a) x",
            "Column [Nope] could not be found",
        ),
        (
            "SELECT 1 FROM (SELECT 1 AS a) x, (SELECT 2 AS b) X",
            "The correlation name 'X' is specified multiple times in a FROM clause.",
        ),
        (
            "SELECT (SELECT 1, 2)",
            "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.",
        ),
        (
            "SELECT 1 UNION SELECT 1, 2",
            "All queries combined using a UNION, INTERSECT or EXCEPT operator, and column lists, must have an equal number of expressions.",
        ),
        (
            "WITH x (a, b) AS (SELECT 1) SELECT a FROM x",
            "All queries combined using a UNION, INTERSECT or EXCEPT operator, and column lists, must have an equal number of expressions.",
        ),
        (
            "SELECT e.[First Name] FROM [HR].[Employees] e, (SELECT 1 AS a WHERE e.[Salary] = 1) x",
            "Column [e] could not be found",
        ),
        (
            "SELECT [Name] AS n FROM [HR].[Skills] UNION SELECT 'x' ORDER BY [Cinchy Id]",
            "ORDER BY items must appear in the select list if SELECT DISTINCT is specified.",
        ),
        (
            "SELECT [Department], (SELECT COUNT(*) FROM [HR].[Skills] s WHERE s.[Name] = e.[First Name]) FROM [HR].[Employees] e GROUP BY [Department]",
            "Column '(SELECT COUNT(*) FROM [HR].[Skills] s WHERE s.[Name] = e.[Fi...' is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause.",
        ),
    ] {
        for backend in [Backend::Sqlite, Backend::Postgres] {
            let error = compile_for(text, &admin(), backend).map(|c| c.sql);
            assert_eq!(
                error.map_err(|e| e.to_string()),
                Err(expect.to_owned()),
                "{text}"
            );
        }
    }
}

#[test]
fn rights_hold_at_every_depth() {
    for text in [
        "SELECT [First Name] FROM [HR].[Employees] WHERE EXISTS (SELECT 1 FROM [HR].[Departments])",
        "SELECT [First Name] FROM [HR].[Employees] WHERE [First Name] IN (SELECT [A] FROM [HR].[Locked])",
        "SELECT (SELECT TOP 1 [A] FROM [HR].[Locked])",
        "SELECT x.[A] FROM (SELECT [A] FROM [HR].[Locked]) x",
        "WITH x AS (SELECT [A] FROM [HR].[Locked]) SELECT 1 FROM x",
        "SELECT [First Name] FROM [HR].[Employees] UNION SELECT [A] FROM [HR].[Locked]",
        "SELECT [First Name] FROM [HR].[Employees] WHERE 100 IN (SELECT [Salary] FROM [HR].[Employees])",
        "SELECT (SELECT MAX([Salary]) FROM [HR].[Employees])",
    ] {
        let error = compile_for(text, &eve(), Backend::Sqlite).expect_err(text);
        assert!(error.is_access_denied(), "{text}: {error}");
    }
    // A column that drops out of a query in FROM is not there for the query around it.
    let text = "SELECT x.[Salary] FROM (SELECT [First Name], [Salary] FROM [HR].[Employees]) x";
    let error = compile_for(text, &eve(), Backend::Sqlite).expect_err(text);
    assert_eq!(error.to_string(), "Column [Salary] could not be found");
}

#[test]
fn a_filter_may_read_what_its_reader_may_not() {
    let filter = "[Department].[Cinchy Id] IN (SELECT [Cinchy Id] FROM [HR].[Locked] WHERE [Deleted] IS NULL)";
    let grant = Grant {
        view_filter: Some(filter.to_owned()),
        ..eves_grant()
    };
    let rights = with_grants(4, vec![(EMPLOYEES, vec![grant])]);
    let compiled = compile_for(
        "SELECT [First Name] FROM [HR].[Employees]",
        &rights,
        Backend::Sqlite,
    );
    let sql = compiled.map(|c| c.sql).map_err(|e| e.to_string());
    assert!(
        sql.as_ref().is_ok_and(|sql| sql.contains("\"t14\"")),
        "{sql:?}"
    );
}

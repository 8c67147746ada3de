//! Scripts: variables, conditions, loops, errors, temporary tables, on both databases.

use super::cases_cql::{cql, with};
use crate::support::backends::start_on_each;
use crate::support::case::{Case, check};

/// A script and the rows that it gives.
fn gives(text: &str, rows: &str) -> Case {
    cql(text).gives(rows)
}

/// A script and its `X-Cinchy-Error`.
fn fails(text: &str, message: &str) -> Case {
    cql(text).is(400).header("x-cinchy-error", message)
}

fn variables() -> Vec<Case> {
    vec![
        gives(
            "DECLARE @a INT = 1, @b AS INT; SET @b = @a + 1 SELECT @a AS a, @b AS b",
            r#"[{"a":1,"b":2}]"#,
        ),
        gives("DECLARE @a INT SELECT @A AS a", r#"[{"a":null}]"#),
        gives(
            "DECLARE @s VARCHAR(3) = 'abcdef' SELECT @s AS s",
            r#"[{"s":"abc"}]"#,
        ),
        // The length of a declared text is 1 when it is not given (T-SQL).
        gives(
            "DECLARE @s VARCHAR = 'abc' SELECT @s AS s",
            r#"[{"s":"a"}]"#,
        ),
        gives(
            "DECLARE @n INT = 7 SET @n += 3 SET @n -= 1 SET @n *= 4 SET @n /= 5 SELECT @n AS n",
            r#"[{"n":7}]"#,
        ),
        gives(
            "DECLARE @n INT SELECT @n = [Cinchy Id] FROM [HR].[Employees] WHERE [Cinchy Id] < 4 ORDER BY [Cinchy Id] SELECT @n AS n, @@ROWCOUNT AS c",
            r#"[{"n":3,"c":3}]"#,
        ),
        gives(
            "DECLARE @n INT = 5 SELECT @n = [Cinchy Id] FROM [HR].[Employees] WHERE 1 = 0 SELECT @n AS n",
            r#"[{"n":5}]"#,
        ),
        gives(
            "DECLARE @all NVARCHAR(100) SELECT @all = ISNULL(@all + ', ', '') + [Name] FROM [HR].[Skills] WHERE [Deleted] IS NULL ORDER BY [Name] SELECT @all AS s",
            r#"[{"s":"Negotiation, Rust, SQL, Welding"}]"#,
        ),
        gives(
            "DECLARE @t INT = 0 SELECT @t = @t + [Cinchy Id] FROM [HR].[Skills] WHERE [Cinchy Id] <= 3 SELECT @t AS t",
            r#"[{"t":6}]"#,
        ),
        gives(
            "DECLARE @n INT = (SELECT COUNT(*) FROM [HR].[Employees]) SELECT @n AS n",
            r#"[{"n":12}]"#,
        ),
        // DECLARE hides the parameter of that name: it starts NULL (documented).
        with(
            "DECLARE @p VARCHAR(10) SELECT @p AS p",
            &[
                ("Parameters[0].ParameterName", "@p"),
                ("Parameters[0].XmlSerializedValue", "given"),
            ],
        )
        .gives(r#"[{"p":null}]"#),
        with(
            "IF @p = 'given' SELECT @p + '!' AS p ELSE SELECT 'other' AS p",
            &[
                ("Parameters[0].ParameterName", "@p"),
                ("Parameters[0].XmlSerializedValue", "given"),
            ],
        )
        .gives(r#"[{"p":"given!"}]"#),
        fails(
            "SET @nope = 1",
            "Must declare the scalar variable \"@nope\".",
        ),
        fails(
            "DECLARE @n INT = 'x' SELECT 1 AS a",
            "Conversion failed when converting the varchar value 'x' to data type int.",
        ),
    ]
}

fn flow() -> Vec<Case> {
    vec![
        gives(
            "IF 1 = 1 SELECT 'yes' AS r ELSE SELECT 'no' AS r",
            r#"[{"r":"yes"}]"#,
        ),
        gives(
            "IF 1 = 2 BEGIN SELECT 'a' AS r END ELSE IF 2 = 2 BEGIN SELECT 'b' AS r; END ELSE SELECT 'c' AS r",
            r#"[{"r":"b"}]"#,
        ),
        gives(
            "IF NULL = 1 SELECT 'yes' AS r ELSE SELECT 'no' AS r",
            r#"[{"r":"no"}]"#,
        ),
        gives(
            "IF EXISTS (SELECT 1 FROM [HR].[Skills] WHERE [Name] = 'Rust') SELECT 1 AS r ELSE SELECT 0 AS r",
            r#"[{"r":1}]"#,
        ),
        gives(
            "IF (SELECT COUNT(*) FROM [HR].[Skills] WHERE [Name] = 'Rust') = 1 BEGIN SELECT 'one' AS r END",
            r#"[{"r":"one"}]"#,
        ),
        gives(
            "DECLARE @i INT = 0 WHILE @i < 10 BEGIN SET @i += 1 IF @i = 3 CONTINUE IF @i = 6 BREAK END SELECT @i AS i",
            r#"[{"i":6}]"#,
        ),
        gives("SELECT 1 AS a RETURN SELECT 2 AS b", r#"[{"a":1}]"#),
        gives("SELECT 1 AS a; SELECT 2 AS b", r#"[{"a":1}]"#),
        gives("SET NOCOUNT ON; SELECT 1 AS a\nGO\n", r#"[{"a":1}]"#),
        gives("DECLARE @a INT = 1", "[]"),
        with("DECLARE @a INT = 1", &[("CompressJSON", "true")]).gives(r#"{"schema":[],"data":[]}"#),
        with(
            "DECLARE @a INT = 1 SELECT @a AS x SELECT 2 AS y",
            &[("Type", "SCALAR")],
        )
        .gives(r#"[{"x":1}]"#),
        gives("PRINT 'hello' SELECT 1 AS a", r#"[{"a":1}]"#),
        gives("BEGIN BEGIN SELECT 1 AS a END END", r#"[{"a":1}]"#),
        cql("IF 1 = 1 THEN SELECT 1")
            .is(400)
            .header_has("x-cinchy-error", "line 1, column 10"),
        cql("BEGIN SELECT 1")
            .is(400)
            .header_has("x-cinchy-error", "END expected"),
        cql("BEGIN TRANSACTION SELECT 1")
            .is(400)
            .header_has("x-cinchy-error", "not supported at line 1, column 1"),
    ]
}

fn errors() -> Vec<Case> {
    vec![
        fails("RAISERROR('bad %s, %d', 16, 1, 'x', 7) RETURN", "bad x, 7"),
        fails(
            "IF 1 = 1 BEGIN RAISERROR('stop',18,0) RETURN END SELECT 1 AS a",
            "stop",
        ),
        // Without RETURN the script goes on, and the messages come at the end (documented).
        cql("RAISERROR('one',16,1) RAISERROR('two',16,1) SELECT 1 AS a")
            .is(400)
            .header("x-cinchy-error", "one; two"),
        gives("RAISERROR('note',10,1) SELECT 1 AS a", r#"[{"a":1}]"#),
        gives(
            "BEGIN TRY RAISERROR('oops',16,3) END TRY BEGIN CATCH SELECT ERROR_MESSAGE() AS m, ERROR_NUMBER() AS n, ERROR_SEVERITY() AS s, ERROR_STATE() AS t END CATCH",
            r#"[{"m":"oops","n":50000,"s":16,"t":3}]"#,
        ),
        gives(
            "BEGIN TRY SELECT 1/0 AS x END TRY BEGIN CATCH SELECT ERROR_MESSAGE() AS m, ERROR_NUMBER() AS n END CATCH SELECT 2 AS y",
            r#"[{"m":"Divide by zero error encountered.","n":8134}]"#,
        ),
        gives("SELECT ERROR_MESSAGE() AS m", r#"[{"m":null}]"#),
        fails("THROW 50001, 'thrown', 1", "thrown"),
        fails(
            "BEGIN TRY THROW 50001, 'first', 1 END TRY BEGIN CATCH THROW END CATCH",
            "first",
        ),
        fails(
            "SELECT 1 AS a SELECT [Nope] FROM [HR].[Skills]",
            "Column [Nope] could not be found",
        ),
        fails(
            "SELECT 1 AS a; SELECT 1/0 AS b",
            "Divide by zero error encountered.",
        ),
    ]
}

fn temporary_tables() -> Vec<Case> {
    vec![
        gives(
            "SELECT [Cinchy Id], [Name] INTO #t FROM [HR].[Skills] WHERE [Deleted] IS NULL SELECT [Name] FROM #t WHERE [Cinchy Id] = 1",
            r#"[{"Name":"Rust"}]"#,
        ),
        gives(
            "CREATE TABLE #t ([a] INT, [b] VARCHAR(20)) INSERT INTO #t VALUES (2, 'x'), (1, 'y') INSERT INTO #t ([b]) VALUES ('z') SELECT * FROM #t",
            r#"[{"a":2,"b":"x"},{"a":1,"b":"y"},{"a":null,"b":"z"}]"#,
        ),
        gives(
            "DECLARE @t TABLE ([n] INT, [d] DATETIME) INSERT @t ([n], [d]) VALUES ('5', '2020-01-02') SELECT t.[n] + 1 AS n, t.[d] FROM @t t",
            r#"[{"n":6,"d":"2020-01-02T00:00:00"}]"#,
        ),
        gives(
            "CREATE TABLE #t (a INT) INSERT INTO #t VALUES (1),(2),(3) UPDATE #t SET a = a * 10 WHERE a > 1 DELETE FROM #t WHERE a = 1 SELECT a FROM #t",
            r#"[{"a":20},{"a":30}]"#,
        ),
        gives(
            "CREATE TABLE #t (id INT, n VARCHAR(50)) INSERT INTO #t (id) SELECT [Cinchy Id] FROM [HR].[Skills] WHERE [Cinchy Id] < 3 UPDATE x SET x.n = s.[Name] FROM #t x JOIN [HR].[Skills] s ON s.[Cinchy Id] = x.id SELECT * FROM #t",
            r#"[{"id":1,"n":"Rust"},{"id":2,"n":"SQL"}]"#,
        ),
        gives(
            "CREATE TABLE #t (a INT) INSERT INTO #t VALUES (1),(2) DELETE x FROM #t x WHERE x.a = 2 SELECT COUNT(*) AS c FROM #t TRUNCATE TABLE #t",
            r#"[{"c":1}]"#,
        ),
        gives(
            "SELECT 1 AS a INTO #t DROP TABLE #t SELECT 2 AS a INTO #t SELECT a FROM #t",
            r#"[{"a":2}]"#,
        ),
        gives(
            "SELECT e.[First Name] AS n, e.[Department] AS d INTO #e FROM [HR].[Employees] e WHERE [Cinchy Id] = 1; SELECT * FROM #e JOIN [HR].[Departments] d ON d.[Name] = #e.d WHERE 1 = 0",
            "[]",
        ),
        with(
            "CREATE TABLE #t (a INT) INSERT INTO #t VALUES (1),(2),(3)",
            &[("Type", "NONQUERY")],
        )
        .gives("3"),
        fails("SELECT * FROM #none", "Invalid object name '#none'."),
        fails(
            "SELECT 1 AS a INTO #t SELECT 1 AS a INTO #t",
            "There is already an object named '#t' in the database.",
        ),
        fails(
            "DROP TABLE #none",
            "Cannot drop the table '#none', because it does not exist or you do not have permission.",
        ),
        gives("DROP TABLE IF EXISTS #none SELECT 1 AS a", r#"[{"a":1}]"#),
        fails(
            "CREATE TABLE #t (a INT) INSERT INTO #t VALUES (1, 2)",
            "Column name or number of supplied values does not match table definition.",
        ),
        fails(
            "SELECT 1 AS a INTO [HR].[New]",
            "SELECT INTO is not supported at line 1, column 1",
        ),
    ]
}

fn rights() -> Vec<Case> {
    let eve = |case: Case| case.bearer("eve");
    vec![
        // What a script reads is what its caller may read.
        eve(fails(
            "SELECT [Salary] INTO #t FROM [HR].[Employees] SELECT * FROM #t",
            "Access denied",
        )),
        eve(fails(
            "DECLARE @s FLOAT SELECT @s = [Salary] FROM [HR].[Employees] SELECT @s AS s",
            "Access denied",
        )),
        eve(fails(
            "IF EXISTS (SELECT 1 FROM [HR].[Departments]) SELECT 1 AS a",
            "Access denied on table(s) Departments",
        )),
        eve(gives(
            "SELECT [First Name] INTO #t FROM [HR].[Employees] WHERE [Cinchy Id] < 5 SELECT * FROM #t",
            r#"[{"First Name":"Ann"},{"First Name":"Bob"},{"First Name":"Dee"}]"#,
        )),
        eve(cql("EXEC [HR].[Employees With Salary]"))
            .is(400)
            .header_has("x-cinchy-error", "could not be found"),
    ]
}

#[tokio::test]
async fn scripts() {
    let backends = start_on_each(|_| {}).await;
    for cases in [variables(), flow(), errors(), temporary_tables()] {
        let cases: Vec<Case> = cases.into_iter().map(|case| case.bearer("ann")).collect();
        check(&backends, &cases).await;
    }
    check(&backends, &rights()).await;
}

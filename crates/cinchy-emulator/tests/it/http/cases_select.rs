//! SELECT in full: limits, windows, recursion, APPLY, tables made of values, FOR JSON, on both databases.

use super::cases_cql::{cql, with};
use crate::support::backends::start_on_each;
use crate::support::case::{Case, check};

/// A query and the rows that it gives.
fn gives(text: &str, rows: &str) -> Case {
    cql(text).gives(rows)
}

/// A query and its `X-Cinchy-Error`.
fn fails(text: &str, message: &str) -> Case {
    cql(text).is(400).header("x-cinchy-error", message)
}

/// A query with one text parameter `@p`.
fn with_text(text: &str, value: &str) -> Case {
    with(
        text,
        &[
            ("Parameters[0].ParameterName", "@p"),
            ("Parameters[0].XmlSerializedValue", value),
            ("Parameters[0].ValueType", "System.String"),
        ],
    )
}

fn limits() -> Vec<Case> {
    vec![
        with_text("SELECT TOP (@p) [Name] FROM [HR].[Skills] ORDER BY [Name]", "2")
            .gives(r#"[{"Name":"Negotiation"},{"Name":"Rust"}]"#),
        with_text(
            "SELECT [Name] FROM [HR].[Skills] ORDER BY [Name] OFFSET @p ROWS FETCH NEXT @p + 1 ROWS ONLY",
            "1",
        )
        .gives(r#"[{"Name":"Rust"},{"Name":"SQL"}]"#),
        gives(
            "DECLARE @n INT = 1 SELECT TOP (@n + 1) [Name] FROM [HR].[Skills] ORDER BY [Name] DESC",
            r#"[{"Name":"Welding"},{"Name":"SQL"}]"#,
        ),
        gives(
            "SELECT TOP (10) PERCENT [Cinchy Id] FROM [HR].[Employees] ORDER BY [Cinchy Id]",
            r#"[{"Cinchy Id":1},{"Cinchy Id":2}]"#,
        ),
        gives(
            "SELECT TOP (12.5) PERCENT [Cinchy Id] FROM [HR].[Employees] WHERE [Cinchy Id] < 9 ORDER BY [Cinchy Id]",
            r#"[{"Cinchy Id":1}]"#,
        ),
        gives(
            "SELECT TOP 1 WITH TIES [First Name], [Level] FROM [HR].[Employees] WHERE [Cinchy Id] < 9 ORDER BY [Level] DESC",
            r#"[{"First Name":"Bob","Level":"Senior"},{"First Name":"Finn","Level":"Senior"}]"#,
        ),
        gives(
            "SELECT DISTINCT TOP 2 [Level] FROM [HR].[Employees] ORDER BY [Level]",
            r#"[{"Level":null},{"Level":"Junior"}]"#,
        ),
        with_text("SELECT TOP (@p) 1 AS a", "-1")
            .is(400)
            .header("x-cinchy-error", "A TOP N or FETCH rowcount value may not be negative."),
        with_text("SELECT TOP (@p) 1 AS a FROM [HR].[Skills]", "")
            .is(400),
        fails(
            "SELECT 1 AS a FROM [HR].[Skills] ORDER BY 1 OFFSET 0 ROWS FETCH NEXT 0 ROWS ONLY",
            "The number of rows provided for a FETCH clause must be greater then zero.",
        ),
        fails(
            "SELECT TOP 1 WITH TIES [Name] FROM [HR].[Skills]",
            "The TOP N WITH TIES clause is not allowed without a corresponding ORDER BY clause.",
        ),
        fails(
            "SELECT TOP 1 [Name] FROM [HR].[Skills] ORDER BY [Name] OFFSET 1 ROWS",
            "A TOP can not be used in the same query or sub-query as a OFFSET.",
        ),
    ]
}

fn operators() -> Vec<Case> {
    vec![
        gives(
            "SELECT CASE WHEN 5 !< 6 THEN 1 ELSE 0 END AS a, CASE WHEN 5 !> 6 THEN 1 ELSE 0 END AS b",
            r#"[{"a":0,"b":1}]"#,
        ),
        gives(
            "SELECT [Cinchy Id] FROM [HR].[Employees] WHERE [Salary] > ALL (SELECT e.[Salary] FROM [HR].[Employees] e WHERE e.[Level] = 'Senior') ORDER BY 1",
            r#"[{"Cinchy Id":1},{"Cinchy Id":7}]"#,
        ),
        // One NULL makes ALL unknown.
        gives(
            "SELECT [Cinchy Id] FROM [HR].[Employees] WHERE [Salary] >= ALL (SELECT e.[Salary] FROM [HR].[Employees] e)",
            "[]",
        ),
        gives(
            "SELECT [Cinchy Id] FROM [HR].[Employees] WHERE [Salary] < ANY (SELECT e.[Salary] FROM [HR].[Employees] e WHERE e.[Level] = 'Junior') ORDER BY 1",
            r#"[{"Cinchy Id":3},{"Cinchy Id":5},{"Cinchy Id":8}]"#,
        ),
        gives(
            "SELECT [Cinchy Id] FROM [HR].[Employees] WHERE NOT [Salary] < SOME (SELECT e.[Salary] FROM [HR].[Employees] e WHERE e.[Cinchy Id] <> 4) ORDER BY 1",
            r#"[{"Cinchy Id":1}]"#,
        ),
        gives(
            "SELECT [Name] FROM [HR].[Departments] WHERE [Name] = ANY (SELECT [Department] FROM [HR].[Employees] WHERE [Level] = 'Lead') ORDER BY [Name]",
            r#"[{"Name":"Legal"},{"Name":"Product"}]"#,
        ),
        gives(
            "SELECT [Name] FROM [HR].[Departments] WITH (NOLOCK) WHERE [Name] COLLATE Latin1_General_CI_AS <> ALL (SELECT 'Sales') ORDER BY [Name] OPTION (RECOMPILE, MAXDOP 1)",
            r#"[{"Name":"Legal"},{"Name":"Product"}]"#,
        ),
        gives(
            "SELECT 'b' = 2, [c] = 3, d = 4, 5 'e', 6 f",
            r#"[{"b":2,"c":3,"d":4,"e":5,"f":6}]"#,
        ),
        gives(
            "SELECT [First Name] FROM [HR].[Employees] e WHERE EXISTS (SELECT 1 FROM (SELECT d.[Code] FROM [HR].[Departments] d WHERE d.[Name] = e.[Manager].[Department]) x WHERE x.[Code] = 'S1') ORDER BY [Cinchy Id]",
            r#"[{"First Name":"Dee"},{"First Name":"Eve"},{"First Name":"Ida"},{"First Name":"Jon"}]"#,
        ),
        fails(
            "SELECT (1",
            "Incorrect syntax near the end of the text at line 1, column 10: ) expected",
        ),
    ]
}

fn windows() -> Vec<Case> {
    vec![
        gives(
            "SELECT [First Name] AS n, ROW_NUMBER() OVER (PARTITION BY [Department] ORDER BY [Salary] DESC) AS r FROM [HR].[Employees] WHERE [Cinchy Id] < 7 ORDER BY [Department], r",
            r#"[{"n":"Dee","r":1},{"n":"Ann","r":1},{"n":"Finn","r":2},{"n":"Cid","r":3},{"n":"Bob","r":1},{"n":"Eve","r":2}]"#,
        ),
        gives(
            "SELECT [Cinchy Id] AS i, RANK() OVER (ORDER BY [Level]) AS a, DENSE_RANK() OVER (ORDER BY [Level]) AS b, NTILE(2) OVER (ORDER BY [Level]) AS c, PERCENT_RANK() OVER (ORDER BY [Level]) AS d, CUME_DIST() OVER (ORDER BY [Level]) AS e FROM [HR].[Employees] WHERE [Cinchy Id] < 6 ORDER BY 1",
            r#"[{"i":1,"a":4,"b":3,"c":2,"d":0.75,"e":0.8},{"i":2,"a":5,"b":4,"c":2,"d":1,"e":1},{"i":3,"a":2,"b":2,"c":1,"d":0.25,"e":0.6},{"i":4,"a":1,"b":1,"c":1,"d":0,"e":0.2},{"i":5,"a":2,"b":2,"c":1,"d":0.25,"e":0.6}]"#,
        ),
        gives(
            "SELECT [First Name] AS n, LAG([First Name]) OVER (ORDER BY [Cinchy Id]) AS p, LEAD([Salary], 2, 0) OVER (ORDER BY [Cinchy Id]) AS q, FIRST_VALUE([First Name]) OVER (ORDER BY [Salary]) AS f, LAST_VALUE([First Name]) OVER (ORDER BY [Salary] ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS l FROM [HR].[Employees] WHERE [Cinchy Id] < 4 ORDER BY [Cinchy Id]",
            r#"[{"n":"Ann","p":null,"q":60,"f":"Cid","l":"Ann"},{"n":"Bob","p":"Ann","q":0,"f":"Cid","l":"Ann"},{"n":"Cid","p":"Bob","q":0,"f":"Cid","l":"Ann"}]"#,
        ),
        gives(
            "SELECT [Cinchy Id] AS i, SUM([Salary]) OVER (ORDER BY [Cinchy Id] ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s, AVG([Salary]) OVER () AS a, COUNT(*) OVER (PARTITION BY [Level]) AS c, MAX([First Name]) OVER (ORDER BY [Cinchy Id] RANGE UNBOUNDED PRECEDING) AS m, SUM([Cinchy Id]) OVER (ORDER BY [Cinchy Id]) AS t, AVG([Cinchy Id]) OVER () AS v FROM [HR].[Employees] WHERE [Cinchy Id] < 5 ORDER BY 1",
            r#"[{"i":1,"s":100,"a":80,"c":1,"m":"Ann","t":1,"v":2},{"i":2,"s":180,"a":80,"c":1,"m":"Bob","t":3,"v":2},{"i":3,"s":140,"a":80,"c":1,"m":"Cid","t":6,"v":2},{"i":4,"s":60,"a":80,"c":1,"m":"Dee","t":10,"v":2}]"#,
        ),
        // Floats are added in order, without correcting the error of rounding.
        gives(
            "SELECT SUM(v.x) OVER (ORDER BY v.i) AS s FROM (VALUES (1, 1e-1), (2, 2e-1), (3, 3e-1)) AS v(i, x) ORDER BY v.i",
            r#"[{"s":0.1},{"s":0.30000000000000004},{"s":0.6000000000000001}]"#,
        ),
        // A window sees groups.
        gives(
            "SELECT [Department] AS d, COUNT(*) AS n, SUM(COUNT(*)) OVER (ORDER BY [Department]) AS s, RANK() OVER (ORDER BY COUNT(*) DESC) AS r FROM [HR].[Employees] GROUP BY [Department] ORDER BY [Department]",
            r#"[{"d":null,"n":1,"s":1,"r":4},{"d":"Legal","n":2,"s":3,"r":3},{"d":"Product","n":5,"s":8,"r":1},{"d":"Sales","n":4,"s":12,"r":2}]"#,
        ),
        gives(
            "SELECT x.n FROM (SELECT [First Name] AS n, ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS r FROM [HR].[Employees]) x WHERE x.r BETWEEN 2 AND 3",
            r#"[{"n":"Bob"},{"n":"Cid"}]"#,
        ),
        gives(
            "SELECT [First Name] AS n FROM [HR].[Employees] WHERE [Cinchy Id] < 4 ORDER BY ROW_NUMBER() OVER (ORDER BY [Salary])",
            r#"[{"n":"Cid"},{"n":"Bob"},{"n":"Ann"}]"#,
        ),
        fails(
            "SELECT 1 AS a FROM [HR].[Employees] WHERE ROW_NUMBER() OVER (ORDER BY [Salary]) = 1",
            "Windowed functions can only appear in the SELECT or ORDER BY clauses.",
        ),
        fails(
            "SELECT ROW_NUMBER() OVER (PARTITION BY [Level]) AS a FROM [HR].[Employees]",
            "The function 'ROW_NUMBER' must have an OVER clause with ORDER BY.",
        ),
        fails(
            "SELECT COUNT(DISTINCT [Level]) OVER () AS a FROM [HR].[Employees]",
            "Use of DISTINCT is not allowed with the OVER clause.",
        ),
        fails(
            "SELECT SUM([Salary]) OVER (ORDER BY [Cinchy Id] RANGE 1 PRECEDING) AS a FROM [HR].[Employees]",
            "RANGE is only supported with UNBOUNDED and CURRENT ROW window frame delimiters.",
        ),
    ]
}

fn recursion() -> Vec<Case> {
    let chain = "WITH chain(id, lvl, path) AS (SELECT [Cinchy Id], 0, CAST([First Name] AS VARCHAR(100)) FROM [HR].[Employees] WHERE [Manager].[Cinchy Id] IS NULL UNION ALL SELECT e.[Cinchy Id], c.lvl + 1, c.path + '/' + e.[First Name] FROM [HR].[Employees] e INNER JOIN chain c ON e.[Manager].[Cinchy Id] = c.id WHERE e.[Deleted] IS NULL) ";
    vec![
        gives(
            &format!("{chain}SELECT path FROM chain WHERE lvl > 1 ORDER BY path"),
            r#"[{"path":"Ann/Bob/Dee"},{"path":"Ann/Bob/Eve"},{"path":"Ann/Bob/Ida"},{"path":"Ann/Bob/Jon"},{"path":"Ann/Kim/Lou"}]"#,
        ),
        // Used twice, one of them in a sub-query.
        gives(
            &format!(
                "{chain}SELECT COUNT(*) AS n, (SELECT MAX(c.lvl) FROM chain c) AS m FROM chain"
            ),
            r#"[{"n":12,"m":2}]"#,
        ),
        // Rows come level by level.
        gives(
            &format!("{chain}SELECT id FROM chain WHERE id < 8"),
            r#"[{"id":1},{"id":7},{"id":2},{"id":3},{"id":6},{"id":4},{"id":5}]"#,
        ),
        gives(
            "WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 101) SELECT COUNT(*) AS c, SUM(i) AS s FROM n",
            r#"[{"c":101,"s":5151}]"#,
        ),
        fails(
            "WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 102) SELECT COUNT(*) AS c FROM n",
            "The statement terminated. The maximum recursion 100 has been exhausted before statement completion.",
        ),
        gives(
            "WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 300) SELECT COUNT(*) AS c FROM n OPTION (MAXRECURSION 0)",
            r#"[{"c":300}]"#,
        ),
        fails(
            "WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT TOP 1 i FROM n ORDER BY i DESC OPTION (MAXRECURSION 5)",
            "The statement terminated. The maximum recursion 5 has been exhausted before statement completion.",
        ),
        gives(
            "WITH a AS (SELECT [Name] AS n FROM [HR].[Skills]), t(d, l) AS (SELECT n, 1 FROM a UNION ALL SELECT d + '.', l + 1 FROM t WHERE l < 2) SELECT d FROM t WHERE d LIKE 'S%' OR d LIKE 'R%' ORDER BY d",
            r#"[{"d":"Rust"},{"d":"Rust."},{"d":"SQL"},{"d":"SQL."}]"#,
        ),
        gives(
            "WITH n AS (SELECT 1 AS i, 1.5 AS x UNION ALL SELECT i + 1, CAST(x + 1 AS DECIMAL(2,1)) FROM n WHERE i < 3) SELECT x FROM n",
            r#"[{"x":1.5},{"x":2.5},{"x":3.5}]"#,
        ),
        fails(
            "WITH n AS (SELECT 1 AS i UNION SELECT i + 1 FROM n) SELECT i FROM n",
            "a recursive common table expression without a top-level UNION ALL is not supported at line 1, column 6",
        ),
        fails(
            "WITH n AS (SELECT 1 AS i UNION ALL SELECT MAX(i) FROM n) SELECT i FROM n",
            "GROUP BY, HAVING or an aggregate in the recursive part of a common table expression is not supported at line 1, column 6",
        ),
    ]
}

fn apply() -> Vec<Case> {
    vec![
        gives(
            "SELECT d.[Name], x.[First Name] FROM [HR].[Departments] d OUTER APPLY (SELECT TOP 1 e.[First Name] FROM [HR].[Employees] e WHERE e.[Department].[Cinchy Id] = d.[Cinchy Id] AND e.[Level] = 'Senior' ORDER BY e.[Salary] DESC) x ORDER BY d.[Cinchy Id]",
            r#"[{"Name":"Sales","First Name":"Bob"},{"Name":"Product","First Name":"Kim"},{"Name":"Legal","First Name":null}]"#,
        ),
        gives(
            "SELECT d.[Code] AS c, x.[First Name] AS n, x.[Salary] AS s, x.[Start Date] AS t, x.[Active] AS a FROM [HR].[Departments] d CROSS APPLY (SELECT TOP 2 e.[First Name], e.[Salary], e.[Start Date], e.[Active] FROM [HR].[Employees] e WHERE e.[Department] = d.[Name] ORDER BY e.[Salary]) x WHERE x.[Salary] > 57.5",
            r#"[{"c":"S1","n":"Jon","s":61,"t":"2021-10-25T00:00:00","a":false},{"c":"P1","n":"Cid","s":60,"t":"2022-07-31T00:00:00","a":false},{"c":"P1","n":"Lou","s":70,"t":"2023-04-17T00:00:00","a":true},{"c":"L1","n":"Hugo","s":58,"t":"2024-02-12T00:00:00","a":true},{"c":"L1","n":"Gia","s":95,"t":"2018-05-21T00:00:00","a":true}]"#,
        ),
        gives(
            "SELECT d.[Name] AS d, x.n, x.m FROM [HR].[Departments] d CROSS APPLY (SELECT COUNT(*) AS n, AVG(e.[Salary]) AS m FROM [HR].[Employees] e WHERE e.[Department].[Code] = d.[Code]) x ORDER BY d.[Name]",
            r#"[{"d":"Legal","n":2,"m":76.5},{"d":"Product","n":5,"m":78.1},{"d":"Sales","n":4,"m":65.5}]"#,
        ),
        gives(
            "SELECT e.[First Name] AS n, v.k, v.x FROM [HR].[Employees] e CROSS APPLY (VALUES ('pay', e.[Salary]), ('boss', e.[Manager].[Salary])) AS v(k, x) WHERE e.[Cinchy Id] < 3",
            r#"[{"n":"Ann","k":"pay","x":100},{"n":"Ann","k":"boss","x":null},{"n":"Bob","k":"pay","x":80},{"n":"Bob","k":"boss","x":100}]"#,
        ),
        gives(
            "SELECT e.[First Name] AS n, s.value AS v FROM [HR].[Employees] e CROSS APPLY STRING_SPLIT(e.[Perks], ',') s WHERE e.[Cinchy Id] < 4",
            r#"[{"n":"Ann","v":"Bike"},{"n":"Ann","v":" Gym"},{"n":"Bob","v":"Gym"}]"#,
        ),
        gives(
            "SELECT e.[First Name] AS n, s.value AS v FROM [HR].[Employees] e OUTER APPLY STRING_SPLIT(e.[Perks], ',') s WHERE e.[Cinchy Id] IN (2, 3)",
            r#"[{"n":"Bob","v":"Gym"},{"n":"Cid","v":null}]"#,
        ),
        gives(
            "SELECT a.n, b.n AS m FROM (SELECT [Name] AS n FROM [HR].[Skills] WHERE [Cinchy Id] < 3) a OUTER APPLY (SELECT b.[First Name] AS n FROM [HR].[Employees] b WHERE b.[Skills] = a.n AND b.[Level] = 'Lead') b ORDER BY a.n",
            r#"[{"n":"Rust","m":"Ann"},{"n":"SQL","m":"Ann"}]"#,
        ),
        gives(
            "SELECT d.[Name] AS d, s.[Name] AS s FROM [HR].[Departments] d CROSS APPLY [HR].[Skills] s WHERE s.[Cinchy Id] = 2 AND d.[Cinchy Id] < 3",
            r#"[{"d":"Sales","s":"SQL"},{"d":"Product","s":"SQL"}]"#,
        ),
    ]
}

fn tables_of_values() -> Vec<Case> {
    vec![
        gives(
            "SELECT v.b, v.a FROM (VALUES (2, 'x', 1.5), (1, NULL, 2), (3, 'it''s', NULL)) AS v(a, b, c) WHERE v.c IS NOT NULL OR v.a > 2",
            r#"[{"b":"x","a":2},{"b":null,"a":1},{"b":"it's","a":3}]"#,
        ),
        gives(
            "SELECT e.[First Name], v.t FROM [HR].[Employees] e INNER JOIN (VALUES ('Lead', 'boss'), ('Junior', 'new')) v(l, t) ON v.l = e.[Level] WHERE e.[Cinchy Id] < 4",
            r#"[{"First Name":"Ann","t":"boss"},{"First Name":"Cid","t":"new"}]"#,
        ),
        gives(
            "SELECT value FROM STRING_SPLIT('c,a,,b', ',')",
            r#"[{"value":"c"},{"value":"a"},{"value":""},{"value":"b"}]"#,
        ),
        gives(
            "SELECT s.value AS v, s.ordinal AS o FROM STRING_SPLIT('x y', ' ', 1) AS s ORDER BY o DESC",
            r#"[{"v":"y","o":2},{"v":"x","o":1}]"#,
        ),
        with_text(
            "SELECT [First Name] AS n FROM [HR].[Employees] WHERE [Level] IN (SELECT TRIM(value) FROM STRING_SPLIT(@p, ';')) AND [Cinchy Id] < 4",
            "Lead; Junior",
        )
        .gives(r#"[{"n":"Ann"},{"n":"Cid"}]"#),
        gives("SELECT COUNT(*) AS n FROM STRING_SPLIT('', ',')", r#"[{"n":1}]"#),
        gives("SELECT COUNT(*) AS n FROM STRING_SPLIT(NULL, ',')", r#"[{"n":0}]"#),
        gives(
            r#"SELECT [key] AS k, value AS v, type AS t FROM OPENJSON('{"a":1.50,"b":"x\u00e4","c":[1, 2],"d":{"e":null},"f":true,"g":null}')"#,
            r#"[{"k":"a","v":"1.50","t":2},{"k":"b","v":"xä","t":1},{"k":"c","v":"[1, 2]","t":4},{"k":"d","v":"{\"e\":null}","t":5},{"k":"f","v":"true","t":3},{"k":"g","v":null,"t":0}]"#,
        ),
        gives(
            r#"SELECT j.[key] AS k, j.value AS v FROM OPENJSON('{"p":{"q":["x","y"]}}', '$.p.q') j ORDER BY j.[key] DESC"#,
            r#"[{"k":"1","v":"y"},{"k":"0","v":"x"}]"#,
        ),
        gives(
            r#"SELECT n, tags, deep FROM OPENJSON('[{"n":"Ann","t":[1],"d":{"e":"x"}},{"n":null}]') WITH (n NVARCHAR(10), tags NVARCHAR(MAX) '$.t' AS JSON, deep NVARCHAR(10) '$.d.e')"#,
            r#"[{"n":"Ann","tags":"[1]","deep":"x"},{"n":null,"tags":null,"deep":null}]"#,
        ),
        with_text(
            "SELECT e.[First Name] AS n FROM [HR].[Employees] e INNER JOIN OPENJSON(@p) j ON j.value = e.[First Name] ORDER BY e.[Cinchy Id]",
            r#"["Cid","Ann"]"#,
        )
        .gives(r#"[{"n":"Ann"},{"n":"Cid"}]"#),
        gives(
            r#"SELECT d.[Code] AS c, j.x FROM [HR].[Departments] d CROSS APPLY OPENJSON('[{"x":"' + d.[Code] + '"},{"x":"?"}]') WITH (x NVARCHAR(5)) j WHERE d.[Cinchy Id] < 3"#,
            r#"[{"c":"S1","x":"S1"},{"c":"S1","x":"?"},{"c":"P1","x":"P1"},{"c":"P1","x":"?"}]"#,
        ),
        gives("SELECT COUNT(*) AS n FROM OPENJSON('{}', '$.a')", r#"[{"n":0}]"#),
        fails(
            "SELECT value FROM OPENJSON('{}', 'strict $.a')",
            "Property cannot be found on the specified JSON path.",
        ),
        fails(
            "SELECT value FROM STRING_SPLIT('a', '')",
            "Procedure expects parameter 'separator' of type 'nchar(1)/nvarchar(1)'.",
        ),
    ]
}

fn json() -> Vec<Case> {
    vec![
        gives(
            "SELECT TOP 2 [Cinchy Id] AS id, [First Name] AS 'name.first', [Last Name] AS 'name.last', [Active] AS a FROM [HR].[Employees] ORDER BY [Cinchy Id] FOR JSON PATH",
            r#"[{"JSON_F52E2B61-18A1-11d1-B105-00805F49916B":"[{\"id\":1,\"name\":{\"first\":\"Ann\",\"last\":\"Lee\"},\"a\":true},{\"id\":2,\"name\":{\"first\":\"Bob\",\"last\":\"Stone\"},\"a\":true}]"}]"#,
        ),
        gives(
            "SELECT (SELECT 1 AS [a.x], 2 AS [a.y] FOR JSON PATH, WITHOUT_ARRAY_WRAPPER) AS j",
            r#"[{"j":"{\"a\":{\"x\":1,\"y\":2}}"}]"#,
        ),
        gives(
            "SELECT (SELECT NULL AS a, 'x/\"y' AS b FOR JSON PATH) AS j, (SELECT NULL AS a, NULL AS [b.c] FOR JSON PATH, INCLUDE_NULL_VALUES) AS k, (SELECT NULL AS [b.c], 1 AS d FOR JSON PATH, ROOT('r')) AS l",
            r#"[{"j":"[{\"b\":\"x\\/\\\"y\"}]","k":"[{\"a\":null,\"b\":{\"c\":null}}]","l":"{\"r\":[{\"d\":1}]}"}]"#,
        ),
        gives(
            "SELECT d.[Name] AS d, (SELECT e.[First Name] AS n, e.[Salary] AS s FROM [HR].[Employees] e WHERE e.[Department] = d.[Name] AND e.[Level] = 'Lead' FOR JSON AUTO) AS j FROM [HR].[Departments] d ORDER BY d.[Cinchy Id]",
            r#"[{"d":"Sales","j":null},{"d":"Product","j":"[{\"n\":\"Ann\",\"s\":1.000000000000000e+002}]"},{"d":"Legal","j":"[{\"n\":\"Gia\",\"s\":9.500000000000000e+001}]"}]"#,
        ),
        // Nested FOR JSON is JSON, not text; one without its array is text (T-SQL).
        gives(
            "SELECT (SELECT d.[Code] AS c, (SELECT s.[Name] AS n FROM [HR].[Skills] s WHERE s.[Cinchy Id] = 1 FOR JSON PATH) AS s, (SELECT 1 AS q FOR JSON PATH, WITHOUT_ARRAY_WRAPPER) AS w FROM [HR].[Departments] d WHERE d.[Cinchy Id] = 1 FOR JSON PATH) AS j",
            r#"[{"j":"[{\"c\":\"S1\",\"s\":[{\"n\":\"Rust\"}],\"w\":\"{\\\"q\\\":1}\"}]"}]"#,
        ),
        gives(
            "SELECT (SELECT [Start Date] AS d FROM [HR].[Employees] WHERE [Cinchy Id] = 1 FOR JSON PATH) AS j",
            r#"[{"j":"[{\"d\":\"2020-01-15T00:00:00\"}]"}]"#,
        ),
        gives("SELECT 1 AS a WHERE 1 = 0 FOR JSON PATH", "[]"),
        fails(
            "SELECT 1 AS [a.b], 2 AS c, 3 AS [a.d] FOR JSON PATH",
            "Property 'a.d' cannot be generated in JSON output due to a conflict with another column name or alias. Use different names and aliases for each column in SELECT list.",
        ),
        fails(
            "SELECT 1 + 1 FOR JSON PATH",
            "Column expressions and data sources without names or aliases cannot be formatted as JSON text using FOR JSON clause. Add alias to the unnamed column or table.",
        ),
        fails(
            "SELECT [Name] FROM [HR].[Skills] FOR XML PATH",
            "FOR XML is not supported at line 1, column 34",
        ),
    ]
}

fn groups() -> Vec<Case> {
    let few = "FROM [HR].[Employees] WHERE [Cinchy Id] < 7";
    vec![
        gives(
            &format!("SELECT [Department] AS d, [Level] AS l, COUNT(*) AS n, SUM([Salary]) AS s, GROUPING([Level]) AS g {few} AND [Salary] IS NOT NULL GROUP BY ROLLUP([Department], [Level])"),
            r#"[{"d":"Product","l":"Junior","n":1,"s":60,"g":0},{"d":"Product","l":"Lead","n":1,"s":100,"g":0},{"d":"Product","l":"Senior","n":1,"s":72.5,"g":0},{"d":"Product","l":null,"n":3,"s":232.5,"g":1},{"d":"Sales","l":"Junior","n":1,"s":55,"g":0},{"d":"Sales","l":"Senior","n":1,"s":80,"g":0},{"d":"Sales","l":null,"n":2,"s":135,"g":1},{"d":null,"l":null,"n":5,"s":367.5,"g":1}]"#,
        ),
        gives(
            &format!("SELECT [Level] AS l, COUNT(*) AS n {few} GROUP BY [Level] WITH ROLLUP HAVING COUNT(*) > 1 ORDER BY n DESC"),
            r#"[{"l":null,"n":6},{"l":"Junior","n":2},{"l":"Senior","n":2}]"#,
        ),
        gives(
            &format!("SELECT [Active] AS a, [Level] AS l, MAX([Level]) AS m {few} AND [Level] IS NOT NULL GROUP BY CUBE([Active], [Level]) ORDER BY GROUPING([Active]), [Active], GROUPING([Level]), [Level]"),
            r#"[{"a":false,"l":"Junior","m":"Junior"},{"a":false,"l":null,"m":"Junior"},{"a":true,"l":"Junior","m":"Junior"},{"a":true,"l":"Lead","m":"Lead"},{"a":true,"l":"Senior","m":"Senior"},{"a":true,"l":null,"m":"Senior"},{"a":null,"l":"Junior","m":"Junior"},{"a":null,"l":"Lead","m":"Lead"},{"a":null,"l":"Senior","m":"Senior"},{"a":null,"l":null,"m":"Senior"}]"#,
        ),
        gives(
            &format!("SELECT TOP 3 CASE WHEN GROUPING([Department]) = 1 THEN 'all' ELSE [Department] END AS d, COUNT(*) AS n {few} GROUP BY GROUPING SETS (([Department]), ())"),
            r#"[{"d":null,"n":1},{"d":"Product","n":3},{"d":"Sales","n":2}]"#,
        ),
        gives(
            "SELECT [Level] AS l, COUNT(DISTINCT [Department]) AS n FROM [HR].[Employees] GROUP BY [Level] HAVING COUNT(*) > (SELECT COUNT(*) FROM [HR].[Departments]) ORDER BY 1",
            r#"[{"l":"Junior","n":3},{"l":"Senior","n":2}]"#,
        ),
        // What a group's sub-query takes from the query around is a constant for it.
        gives(
            "SELECT d.[Name] AS d, (SELECT COUNT(*) + LEN(d.[Code]) FROM [HR].[Employees] e WHERE e.[Department] = d.[Name] GROUP BY e.[Department] HAVING MIN(e.[Salary]) < d.[Budget]) AS n FROM [HR].[Departments] d ORDER BY 1",
            r#"[{"d":"Legal","n":null},{"d":"Product","n":7},{"d":"Sales","n":6}]"#,
        ),
        gives(
            &format!("SELECT YEAR([Start Date]) % 2 AS y, COUNT(*) AS n {few} GROUP BY YEAR([Start Date]) % 2 ORDER BY y").replace("YEAR([Start Date])", "[Cinchy Id]"),
            r#"[{"y":0,"n":3},{"y":1,"n":3}]"#,
        ),
        gives(
            "SELECT [Lead], [Senior] FROM (SELECT [Level], [Salary] FROM [HR].[Employees] WHERE [Cinchy Id] < 3) s PIVOT (SUM([Salary]) FOR [Level] IN ([Lead], [Senior])) p",
            r#"[{"Lead":100,"Senior":80}]"#,
        ),
        gives(
            "SELECT p.* FROM (SELECT [Department] AS d, [Level] AS l, [Cinchy Id] AS i FROM [HR].[Employees] WHERE [Department] IS NOT NULL) s PIVOT (COUNT(i) FOR l IN ([Junior], [Senior], [None])) AS p ORDER BY p.d",
            r#"[{"d":"Legal","Junior":1,"Senior":0,"None":0},{"d":"Product","Junior":1,"Senior":3,"None":0},{"d":"Sales","Junior":2,"Senior":2,"None":0}]"#,
        ),
        gives(
            "SELECT u.* FROM (SELECT [First Name] AS n, [Salary] AS pay, [Manager].[Salary] AS boss FROM [HR].[Employees] WHERE [Cinchy Id] < 3) s UNPIVOT (amount FOR kind IN (pay, boss)) u",
            r#"[{"n":"Ann","amount":100,"kind":"pay"},{"n":"Bob","amount":80,"kind":"pay"},{"n":"Bob","amount":100,"kind":"boss"}]"#,
        ),
        fails(
            "SELECT GROUPING([Level]) AS g FROM [HR].[Employees] GROUP BY [Active]",
            "Column 'GROUPING([Level])' is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause.",
        ),
    ]
}

#[tokio::test]
async fn select_in_full() {
    let backends = start_on_each(|_| {}).await;
    let all = [
        limits(),
        operators(),
        windows(),
        recursion(),
        apply(),
        tables_of_values(),
        json(),
        groups(),
    ];
    let cases: Vec<Case> = all
        .into_iter()
        .flatten()
        .map(|case| case.bearer("ann"))
        .collect();
    check(&backends, &cases).await;
}

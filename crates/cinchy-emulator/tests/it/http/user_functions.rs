//! User-defined functions in JavaScript, and `executeSavedQuery`: where they may stand and what they give.

use crate::support::story::{Step, error, fails, gives, runs, tell};

const SEED: &str = r#"
users:
  - { username: bob, password: secret-1 }
  - { username: eve, password: secret-1 }
clients: [{ clientId: app, grantType: [Resource Owner Password], scopes: [js_api], secret: app-secret }]
tables:
  - domain: HR
    name: People
    columns:
      - { name: First, type: Text }
      - { name: Last, type: Text }
      - { name: Age, type: Number }
      - { name: Born, type: Date }
      - { name: Active, type: Yes/No }
      - { name: Photo, type: Binary }
    rows:
      - [Ann, Lee, 30, "1990-05-06T07:08:09", true]
      - [Bob, Stone, 41.5, null, false]
      - [Cid, null, null, null, null]
    entitlements:
      - { users: [bob], viewColumns: [First, Last], viewFilter: "[First] <> 'Cid'", directQuery: true }
      - { users: [eve], viewAll: true, viewFilter: "[First] IN (executeSavedQuery('HR', 'Names of eve'))", directQuery: true }
  - domain: HR
    name: Loop
    columns: [{ name: A, type: Text }]
    rows: [[x]]
    entitlements: [{ users: [bob], viewAll: true, viewFilter: "[A] = executeSavedQuery('HR', 'Loop')", directQuery: true }]
queries:
  - { domain: HR, name: Ages, cql: 'SELECT [Age] FROM [HR].[People] WHERE [Age] IS NOT NULL ORDER BY [Cinchy Id]', execute: { users: [eve] } }
  - { domain: HR, name: Names, cql: 'SELECT [First], [Last] FROM [HR].[People]', execute: { users: [bob] } }
  - { domain: HR, name: Names of eve, cql: "IF 1 = 1 SELECT 'Bob' AS N ELSE SELECT 'Ann' AS N", execute: { groups: [All Users] } }
  - { domain: HR, name: None, cql: "SELECT [Age] FROM [HR].[People] WHERE 1 = 0", execute: { groups: [All Users] } }
  - { domain: HR, name: Loop, cql: "SELECT [A] FROM [HR].[Loop]", execute: { groups: [All Users] } }
  - { domain: HR, name: Older, cql: "SELECT [First] FROM [HR].[People] WHERE [Age] > @age", execute: { groups: [All Users] } }
udfs:
  - { name: joinTwo, script: "function joinTwo(a, b) { return a + ' ' + b; }" }
  - { name: show, script: "function show(x) { return x === null ? null : x instanceof Date ? x : typeof x + ':' + x; }" }
  - { name: add, script: "function add(a, b) { return a + b; }" }
  - { name: isNull, script: "function isNull(a) { return 'never called'; }" }
  - { name: boom, script: "function boom(a) { if (a == 'Bob') { throw new Error('no Bob'); } return a; }" }
  - { name: endless, script: "function endless(a) { while (true) { } }" }
  - { name: big, script: "function big(a) { var list = []; while (true) { list.push(a + list.length); } }" }
  - { name: wrong, script: "function other(a) { return a; }" }
  - { name: tableUDF, script: "function tableUDF(n) { return JSON.stringify({schema: [{columnName: 'Text Column', type: 'String'}, {columnName: 'Number Column', type: 'Double'}, {columnName: 'Day', type: 'DateTime'}, {columnName: 'OK', type: 'Boolean'}], data: [['Record 1', n || 1, '2020-01-02', true], ['Record 2', 2, null, null]]}); }" }
  - { name: many, script: "function many(n) { var d = []; for (var i = 0; i < n; i++) { d.push([i]); } return JSON.stringify({schema: [{columnName: 'N', type: 'Int32'}], data: d}); }" }
"#;

fn scalars() -> Vec<Step> {
    vec![
        gives(
            "admin",
            "SELECT joinTwo([First], [Last]) AS 'Full' FROM [HR].[People] WHERE [Cinchy Id] < 3",
            r#"[["Ann Lee"],["Bob Stone"]]"#,
        ),
        gives(
            "admin",
            "SELECT [First], JOINTWO([First], 'x'), [Age], joinTwo('a', [Age]) FROM [HR].[People] ORDER BY [First] DESC",
            r#"[["Cid","Cid x",null,"a null"],["Bob","Bob x",41.5,"a 41.5"],["Ann","Ann x",30,"a 30"]]"#,
        ),
        gives(
            "admin",
            "SELECT show([Age]), show([Born]), show([Active]), show([First]), show([Cinchy Id]) FROM [HR].[People]",
            r#"[["number:30","1990-05-06T07:08:09","boolean:true","string:Ann","number:1"],["number:41.5",null,"boolean:false","string:Bob","number:2"],[null,null,null,"string:Cid","number:3"]]"#,
        ),
        // Aggregates, groups and TOP come before.
        gives(
            "admin",
            "SELECT TOP 1 add(COUNT(*), MAX([Age])) FROM [HR].[People]",
            r#"[["44.5"]]"#,
        ),
        gives(
            "admin",
            "SELECT add([Active], 1), COUNT(*) AS C FROM [HR].[People] WHERE [Active] = 1 GROUP BY [Active]",
            r#"[["2",1]]"#,
        ),
        // Known beforehand: anywhere.
        gives(
            "admin",
            "SELECT [First] FROM [HR].[People] WHERE [First] = joinTwo('Ann', NULL) OR [Age] > add(40, 1) AND [Last] = add('St', 'one')",
            r#"[["Bob"]]"#,
        ),
        gives(
            "admin",
            "SELECT add(add('a', 'b'), 'c') AS A, LEN(joinTwo('a', 'b')) AS B",
            r#"[["abc",3]]"#,
        ),
        gives(
            "admin",
            "DECLARE @x NVARCHAR(10) = joinTwo('a', 'b') IF joinTwo(@x, 'c') = 'a b c' SELECT @x + '!' AS X",
            r#"[["a b!"]]"#,
        ),
        // The language's own function of the name wins.
        gives("admin", "SELECT ISNULL(NULL, 'x') AS A", r#"[["x"]]"#),
        // Refused by name.
        fails(
            "admin",
            "SELECT [First] FROM [HR].[People] WHERE joinTwo([First], [Last]) = 'Ann Lee'",
            "the function joinTwo over columns anywhere but as an item of the outermost select list is not supported at line 1, column 41",
        ),
        fails(
            "admin",
            "SELECT LEN(joinTwo([First], [Last])) AS A FROM [HR].[People]",
            "the function joinTwo over columns anywhere but as an item of the outermost select list is not supported at line 1, column 12",
        ),
        error(
            "admin",
            "SELECT A FROM (SELECT joinTwo([First], 'x') AS A FROM [HR].[People]) t",
            "the function joinTwo over columns",
        ),
        error(
            "admin",
            "SELECT DISTINCT joinTwo([First], 'x') AS A FROM [HR].[People]",
            "the function joinTwo over columns",
        ),
        error(
            "admin",
            "SELECT joinTwo([First], 'x') AS A FROM [HR].[People] UNION SELECT 'x'",
            "the function joinTwo over columns",
        ),
        error(
            "admin",
            "SELECT joinTwo([First], 'x') AS A INTO #t FROM [HR].[People]",
            "the function joinTwo over columns",
        ),
        error(
            "admin",
            "SELECT joinTwo([First], 'x') AS A FROM [HR].[People] ORDER BY A",
            "ORDER BY the function joinTwo over columns is not supported",
        ),
        fails(
            "admin",
            "SELECT joinTwo() AS A",
            "The joinTwo function requires at least 1 argument(s).",
        ),
        fails(
            "admin",
            "SELECT nope(1) AS A",
            "the function nope is not supported at line 1, column 8",
        ),
        // What scripts do wrong.
        fails(
            "admin",
            "SELECT boom([First]) FROM [HR].[People]",
            "The function boom failed: Error: no Bob",
        ),
        fails(
            "admin",
            "SELECT boom('Bob') AS A",
            "The function boom failed: Error: no Bob",
        ),
        fails(
            "admin",
            "SELECT endless([First]) FROM [HR].[People]",
            "The function endless was stopped: it ran longer than 500 ms",
        ),
        error(
            "admin",
            "SELECT big('x') AS A",
            "The function big was stopped: ",
        ),
        fails(
            "admin",
            "SELECT wrong('x') AS A",
            "The script of the function wrong defines no function wrong",
        ),
        gives(
            "admin",
            "SELECT add('still', ' here') AS A",
            r#"[["still here"]]"#,
        ),
        // Rights are those of the columns.
        gives(
            "bob",
            "SELECT joinTwo([First], [Last]) AS A FROM [HR].[People]",
            r#"[["Ann Lee"],["Bob Stone"]]"#,
        ),
        fails(
            "bob",
            "SELECT [First], show([Age]) AS A FROM [HR].[People]",
            "Access denied",
        ),
    ]
}

fn tables() -> Vec<Step> {
    vec![
        gives(
            "admin",
            "SELECT * FROM tableUDF(5) u",
            r#"[["Record 1",5,"2020-01-02T00:00:00",true],["Record 2",2,null,null]]"#,
        ),
        gives(
            "admin",
            "SELECT u.[Text Column] FROM tableUDF() AS u WHERE u.[Number Column] = 1",
            r#"[["Record 1"]]"#,
        ),
        gives(
            "admin",
            "SELECT p.[First], u.[Number Column] FROM [HR].[People] p CROSS JOIN tableUDF(7) u WHERE p.[Cinchy Id] < 3 ORDER BY 1, 2",
            r#"[["Ann",2],["Ann",7],["Bob",2],["Bob",7]]"#,
        ),
        gives(
            "admin",
            "DECLARE @n INT = 250 SELECT COUNT(*) AS C, SUM(N) AS S FROM many(@n) m",
            r#"[[250,31125]]"#,
        ),
        gives(
            "admin",
            "SELECT a.N, b.N FROM many(2) a INNER JOIN many(3) b ON a.N = b.N",
            r#"[[0,0],[1,1]]"#,
        ),
        gives(
            "admin",
            "SELECT [First] FROM [HR].[People] WHERE [Cinchy Id] IN (SELECT N FROM many(3) m)",
            r#"[["Ann"],["Bob"]]"#,
        ),
        runs("admin", "SELECT N INTO #n FROM many(3) m SELECT N FROM #n"),
        error(
            "admin",
            "SELECT * FROM [HR].[People] p CROSS JOIN many(p.[Age]) m",
            "could not be found",
        ),
        fails(
            "admin",
            "SELECT * FROM joinTwo('a', 'b') t",
            "The function joinTwo gives no table: it is not the JSON text of one (expected value at line 1 column 1)",
        ),
    ]
}

fn saved() -> Vec<Step> {
    vec![
        gives(
            "admin",
            "SELECT [First] FROM [HR].[People] WHERE [Age] = executeSavedQuery('HR', 'Ages')",
            r#"[["Ann"]]"#,
        ),
        gives(
            "admin",
            "SELECT [First] FROM [HR].[People] WHERE [Age] IN (executeSavedQuery('HR', 'Ages', 30))",
            r#"[["Ann"],["Bob"]]"#,
        ),
        gives(
            "admin",
            "SELECT [First] FROM [HR].[People] WHERE [Age] IN (executeSavedQuery('hr', 'ages', 30, 1)) OR [Age] NOT IN (1, executeSavedQuery('HR', 'Ages'), 2)",
            r#"[["Ann"]]"#,
        ),
        gives(
            "admin",
            "SELECT executeSavedQuery('HR', 'Ages') AS A, executeSavedQuery('HR', 'None') AS B",
            "[[30,null]]",
        ),
        gives(
            "admin",
            "SELECT [First] FROM [HR].[People] WHERE [Age] IN (executeSavedQuery('HR', 'None'))",
            "[]",
        ),
        gives(
            "admin",
            "SELECT [First] FROM [HR].[People] WHERE [Age] NOT IN (executeSavedQuery('HR', 'None')) AND [Cinchy Id] = 1",
            r#"[["Ann"]]"#,
        ),
        gives(
            "admin",
            "DECLARE @age INT = 35 SELECT executeSavedQuery('HR', 'Older') AS A",
            r#"[["Bob"]]"#,
        ),
        gives(
            "admin",
            "IF 30 IN (executeSavedQuery('HR', 'Ages')) SELECT 1 AS A",
            "[[1]]",
        ),
        // The caller's rights hold: to execute, on the tables, and by the row filters.
        gives(
            "bob",
            "SELECT [First] FROM [HR].[People] WHERE [First] IN (executeSavedQuery('HR', 'Names'))",
            r#"[["Ann"],["Bob"]]"#,
        ),
        gives("eve", "SELECT [First] FROM [HR].[People]", r#"[["Bob"]]"#),
        gives(
            "eve",
            "SELECT executeSavedQuery('HR', 'Ages') AS A",
            "[[41.5]]",
        ),
        fails(
            "bob",
            "SELECT [A] FROM [HR].[Loop]",
            "The statement has too many saved queries that ask for each other's values: at most 8 are allowed",
        ),
        gives(
            "admin",
            "SELECT executeSavedQuery('HR', 'Loop') AS A",
            r#"[["x"]]"#,
        ),
        error(
            "admin",
            "SELECT executeSavedQuery('HR', [First]) AS A FROM [HR].[People]",
            "executeSavedQuery with anything but constants is not supported",
        ),
        error(
            "admin",
            "SELECT executeSavedQuery('HR') AS A",
            "function requires",
        ),
    ]
}

#[tokio::test]
async fn functions_give_values() {
    tell(SEED, scalars()).await;
}

#[tokio::test]
async fn functions_give_tables() {
    tell(SEED, tables()).await;
}

#[tokio::test]
async fn saved_queries_give_values() {
    tell(SEED, saved()).await;
}

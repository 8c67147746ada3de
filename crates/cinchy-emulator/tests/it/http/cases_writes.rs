//! INSERT, UPDATE, DELETE and TRUNCATE: what they write, what they refuse and in which words, on both databases.

use super::cases_cql::{cql, encoded, with};
use crate::support::backends::start_on_each;
use crate::support::case::{Case, check, post};

/// A script and the rows that it gives.
pub(super) fn gives(text: &str, rows: &str) -> Case {
    cql(text).gives(rows).bearer("admin")
}

/// A script and its `X-Cinchy-Error`.
pub(super) fn fails(text: &str, message: &str) -> Case {
    cql(text)
        .is(400)
        .header("x-cinchy-error", message)
        .bearer("admin")
}

/// A statement and the rows that it affects.
pub(super) fn affects(text: &str, count: usize) -> Case {
    with(text, &[("Type", "NONQUERY")])
        .gives(&count.to_string())
        .bearer("admin")
}

pub(super) fn param<'a>(name: &'a str, value: &'a str) -> [(&'a str, &'a str); 2] {
    [
        ("Parameters[0].ParameterName", name),
        ("Parameters[0].XmlSerializedValue", value),
    ]
}

fn inserts() -> Vec<Case> {
    let all = "SELECT [Cinchy Id], [Name], [Code], [Budget], [Active] FROM [HR].[Departments] WHERE [Cinchy Id] > 3 ORDER BY 1";
    vec![
        affects(
            "INSERT INTO [HR].[Departments] ([Name], [Budget]) VALUES ('Ops', '7.5'), ('Lab', 1 + 1)",
            2,
        ),
        gives(
            all,
            r#"[{"Cinchy Id":4,"Name":"Ops","Code":null,"Budget":7.5,"Active":false},{"Cinchy Id":5,"Name":"Lab","Code":null,"Budget":2,"Active":false}]"#,
        ),
        // Without a list: every column, in order. `DEFAULT` is what a column has when it is left out.
        gives(
            "INSERT [HR].[Departments] VALUES ('Fun', NULL, '', DEFAULT) SELECT [Name], [Budget], [Active] FROM [HR].[Departments] WHERE [Cinchy Id] = @cinchy_row_id",
            r#"[{"Name":"Fun","Budget":null,"Active":false}]"#,
        ),
        // The id is ignored, whatever it is.
        gives(
            "INSERT INTO [HR].[Departments] ([Cinchy Id], [Name], [Active]) OUTPUT INSERTED.[Cinchy Id], INSERTED.[Name] AS n VALUES (1, 'Zoo', 'Yes')",
            r#"[{"Cinchy Id":7,"n":"Zoo"}]"#,
        ),
        gives(
            "CREATE TABLE #ids ([a] int, [b] nvarchar(20)) INSERT INTO [HR].[Skills] ([Name]) OUTPUT INSERTED.[Cinchy Id], INSERTED.[Name] INTO #ids ([a], [b]) SELECT [Name] + '!' FROM [HR].[Departments] WHERE [Cinchy Id] < 3 SELECT * FROM #ids ORDER BY [a]",
            r#"[{"a":5,"b":"Sales!"},{"a":6,"b":"Product!"}]"#,
        ),
        gives(
            "WITH d AS (SELECT [Code] FROM [HR].[Departments] WHERE [Code] = 'S1') INSERT INTO [HR].[Skills] ([Name]) SELECT [Code] FROM d SELECT [Name], [Version], [Created By], [Modified By].[Username] AS m, [Draft Version] FROM [HR].[Skills] WHERE [Name] = 'S1'",
            r#"[{"Name":"S1","Version":1,"Created By":"Administrator (admin)","m":"admin","Draft Version":0}]"#,
        ),
        // A failing row leaves nothing, and no gap in the ids.
        fails(
            "INSERT INTO [HR].[Departments] ([Name]) VALUES ('A'), ('B'), ('Sales')",
            "Cannot insert duplicate key row in object 'dbo.Tbl101' with unique index 'u_t101_c10001'. The duplicate key value is (Sales). The statement has been terminated.",
        ),
        fails(
            "INSERT INTO [HR].[Departments] ([Name]) VALUES ('A'), ('A')",
            "Cannot insert duplicate key row in object 'dbo.Tbl101' with unique index 'u_t101_c10001'. The duplicate key value is (A). The statement has been terminated.",
        ),
        fails(
            "INSERT INTO [HR].[Departments] ([Name], [Budget]) VALUES ('A', 1), ('B', 2), ('C', 'three')",
            "Value must be a number.",
        ),
        gives(
            "INSERT INTO [HR].[Departments] ([Name]) VALUES ('A') SELECT @cinchy_row_id AS id, COUNT(*) AS n FROM [HR].[Departments]",
            r#"[{"id":8,"n":8}]"#,
        ),
        fails(
            "INSERT INTO [HR].[Departments] ([Code]) VALUES ('x')",
            "Columns Name are mandatory and must be included in the insert",
        ),
        fails(
            "INSERT INTO [HR].[Departments] ([Name]) VALUES (NULL)",
            "Column Name is mandatory and a null value is not a valid value",
        ),
        fails(
            "INSERT INTO [HR].[Employees] ([First Name], [Modified By], [Modified]) VALUES ('x', NULL, NULL)",
            "Columns Modified By, Modified are readonly and can not be updated",
        ),
        fails(
            "INSERT INTO [HR].[Employees] ([First Name], [Full Name]) VALUES ('x', 'y')",
            "Columns Full Name are readonly and can not be updated",
        ),
        fails(
            "INSERT INTO [HR].[Departments] ([Name]) VALUES ('1', '2')",
            "There are fewer columns in the INSERT statement than values specified. The number of values must match the number of columns specified in the INSERT statement.",
        ),
        fails(
            "INSERT INTO [HR].[Departments] ([Name], [Code]) SELECT 'x'",
            "There are more columns in the INSERT statement than values specified. The number of values must match the number of columns specified in the INSERT statement.",
        ),
        fails(
            "INSERT INTO [HR].[Departments] ([Name], [name]) VALUES ('x', 'y')",
            "The column name 'Name' is specified more than once in the SET clause or column list of an INSERT.",
        ),
        fails(
            "INSERT INTO [HR].[Departments] ([Nope]) VALUES ('x')",
            "Column [Nope] could not be found",
        ),
        fails(
            "INSERT INTO [HR].[Nope] ([Name]) VALUES ('x')",
            "Table Nope in domain HR could not be found",
        ),
        fails(
            "INSERT INTO [Cinchy].[Tables] ([Domain], [Name]) VALUES (1, 'x')",
            "INSERT into [Cinchy].[Tables] (use CREATE TABLE or ALTER TABLE) is not supported",
        ),
    ]
}

fn values() -> Vec<Case> {
    let set = |value: &str, column: &str, shown: &str| {
        gives(
            &format!(
                "UPDATE [Zoo].[Animals] SET [{column}] = {value} WHERE [Cinchy Id] = 3 SELECT [{column}] AS v FROM [Zoo].[Animals] WHERE [Cinchy Id] = 3"
            ),
            &format!(r#"[{{"v":{shown}}}]"#),
        )
    };
    let refuses = |value: &str, column: &str, message: &str| {
        fails(
            &format!("UPDATE [Zoo].[Animals] SET [{column}] = {value} WHERE [Cinchy Id] = 3"),
            message,
        )
    };
    let given = |value: &str, column: &str, shown: &str| {
        with(
            &format!("UPDATE [Zoo].[Animals] SET [{column}] = @p WHERE [Cinchy Id] = 3 SELECT [{column}] AS v FROM [Zoo].[Animals] WHERE [Cinchy Id] = 3"),
            &param("@p", value),
        )
        .gives(&format!(r#"[{{"v":{shown}}}]"#))
        .bearer("admin")
    };
    vec![
        set("'12.25'", "Weight", "12.25"),
        set("-3", "Weight", "-3"),
        set("''", "Weight", "null"),
        set("1", "Weight", "1"),
        given("7", "Weight", "7"),
        given("", "Weight", "null"),
        given("null", "Weight", "null"),
        refuses("'12x'", "Weight", "Value must be a number."),
        refuses("' '", "Weight", "Value must be a number."),
        set("'Yes'", "Wild", "true"),
        set("'no'", "Wild", "false"),
        set("1", "Wild", "true"),
        set("'false'", "Wild", "false"),
        set("''", "Wild", "null"),
        refuses("'maybe'", "Wild", "Value must be Yes or No."),
        refuses("2", "Wild", "Value must be Yes or No."),
        set("'15 Mar 2020'", "Born", "\"2020-03-15T00:00:00\""),
        set("'Dec 2 2020'", "Born", "\"2020-12-02T00:00:00\""),
        set("'2020-02-03T04:05:06'", "Born", "\"2020-02-03T04:05:06\""),
        set("''", "Born", "null"),
        given("", "Born", "null"),
        refuses("' '", "Born", "Value must be a valid date."),
        refuses("'2020-02-30'", "Born", "Value must be a valid date."),
        set("'Meat'", "Diet", "\"Meat\""),
        set("''", "Diet", "null"),
        refuses(
            "'meat'",
            "Diet",
            "Value must be selected from the available options.",
        ),
        set("'Swims,Sleeps'", "Habits", "\"Swims, Sleeps\""),
        set(
            "'Sleeps, \"Digs, deep\"'",
            "Habits",
            "\"Sleeps, \\\"Digs, deep\\\"\"",
        ),
        refuses(
            "'Sleeps,Flies'",
            "Habits",
            "Value must be selected from the available options.",
        ),
        set("12.5", "Name", "\"12.5\""),
        set("''", "Name", "\"\""),
        set("'AAEC'", "Photo", "\"AAEC\""),
        fails(
            "UPDATE [Zoo].[Kinds] SET [Name] = REPLICATE_NOT WHERE 1 = 1",
            "Column [REPLICATE_NOT] could not be found",
        ),
        with(
            "UPDATE [Zoo].[Kinds] SET [Name] = @p WHERE [Cinchy Id] = 1",
            &param("@p", &"x".repeat(101)),
        )
        .is(400)
        .header("x-cinchy-error", "Value must be less than 100 characters")
        .bearer("admin"),
        // A cached calculated column follows its row.
        gives(
            "UPDATE [Zoo].[Animals] SET [Name] = 'Rex', [Diet] = 'Plants' WHERE [Cinchy Id] = 3 SELECT [Label] FROM [Zoo].[Animals] WHERE [Cinchy Id] = 3",
            r#"[{"Label":"Rex/Plants"}]"#,
        ),
    ]
}

fn links() -> Vec<Case> {
    let set = |value: &str, column: &str, shown: &str| {
        gives(
            &format!(
                "UPDATE t SET t.[{column}] = {value} FROM [HR].[Employees] t WHERE t.[Cinchy Id] = 4 SELECT [{column}] AS v FROM [HR].[Employees] WHERE [Cinchy Id] = 4"
            ),
            &format!(r#"[{{"v":{shown}}}]"#),
        )
    };
    let refuses = |value: &str, column: &str, message: &str| {
        fails(
            &format!("UPDATE [HR].[Employees] SET [{column}] = {value} WHERE [Cinchy Id] = 4"),
            message,
        )
    };
    vec![
        set("ResolveLink('Sales','Name')", "Department", "\"Sales\""),
        set("ResolveLink(N'P1', 'code')", "Department", "\"Product\""),
        set("ResolveLink(1000.5, 'Budget')", "Department", "\"Sales\""),
        set("ResolveLink(3, 'Cinchy Id')", "Department", "\"Legal\""),
        set("ResolveLink('', 'Name')", "Department", "null"),
        set("ResolveLink(NULL, 'Name')", "Department", "null"),
        set("CASE WHEN 1 = 1 THEN ResolveLink('Sales','Name') ELSE NULL END", "Department", "\"Sales\""),
        set("'2,0'", "Department", "\"Product\""),
        set("'3,1'", "Department", "\"Legal\""),
        set("'[1]'", "Department", "\"Sales\""),
        set("2", "Department", "\"Product\""),
        set("NULL", "Department", "null"),
        set("'1'", "Department", "\"Sales\""),
        set("''", "Department", "null"),
        set("t.[Manager].[Department]", "Department", "\"Sales\""),
        set("ResolveLink('Rust, SQL', 'Name')", "Skills", "\"Rust, SQL\""),
        set("ResolveLink('SQL,Rust', 'Name')", "Skills", "\"SQL, Rust\""),
        set("'4,0,1,0'", "Skills", "\"Negotiation, Rust\""),
        set("t.[Manager].[Skills]", "Skills", "\"SQL\""),
        set("''", "Skills", "null"),
        set("'3,1'", "Skills", "\"Welding\""),
        set("ResolveLink('Bob Stone', 'Full Name')", "Manager", "\"Bob Stone\""),
        set("ResolveLink('eve', 'Username')", "User Account", "\"Eve (eve)\""),
        with(
            "UPDATE t SET t.[Department] = ResolveLink(@p, 'Cinchy Id'), t.[Manager] = cast(@p as nvarchar(100)) FROM [HR].[Employees] t WHERE t.[Cinchy Id] = 4 SELECT [Department] AS v, [Manager] AS m FROM [HR].[Employees] WHERE [Cinchy Id] = 4",
            &[
                ("Parameters[0].ParameterName", "@p"),
                ("Parameters[0].XmlSerializedValue", "2"),
                ("Parameters[0].ValueType", "System.Double"),
            ],
        )
        .gives(r#"[{"v":"Product","m":"Bob Stone"}]"#)
        .bearer("admin"),
        with(
            "UPDATE t SET t.[Department] = ResolveLink(@p, 'Cinchy Id'), t.[Skills] = cast(@p as nvarchar(100)), t.[Manager] = cast(@p as nvarchar(100)) FROM [HR].[Employees] t WHERE t.[Cinchy Id] = 4 SELECT [Department] AS v, [Manager] AS m FROM [HR].[Employees] WHERE [Cinchy Id] = 4",
            &param("@p", ""),
        )
        .gives(r#"[{"v":null,"m":null}]"#)
        .bearer("admin"),
        refuses("ResolveLink('Nope','Name')", "Department", "Failed to resolve value Nope in column Name linked to by column Department"),
        refuses("ResolveLink('Rust,Nope','Name')", "Skills", "Failed to resolve value Nope in column Name linked to by column Skills"),
        refuses("'99,0'", "Department", "Failed to resolve value 99 in column Cinchy Id linked to by column Department"),
        refuses("'Sales'", "Department", "Failed to resolve value Sales in column Cinchy Id linked to by column Department"),
        refuses("ResolveLink('x','Nope')", "Department", "Object reference not set to an instance of an object."),
        refuses("'1,0,2,0'", "Department", "Failed to resolve value 1,0,2,0 in column Cinchy Id linked to by column Department"),
        gives(
            "INSERT INTO [HR].[Employees] ([First Name], [Department], [Skills]) VALUES ('New', ResolveLink('Legal','Name'), ResolveLink('SQL, Welding','Name')), ('Old', '1,0', NULL) SELECT [Full Name], [Department], [Skills], [Department Code], [Active] FROM [HR].[Employees] WHERE [Cinchy Id] > 12 ORDER BY [Cinchy Id]",
            r#"[{"Full Name":"New ","Department":"Legal","Skills":"SQL, Welding","Department Code":"L1","Active":true},{"Full Name":"Old ","Department":"Sales","Skills":null,"Department Code":"S1","Active":true}]"#,
        ),
        gives(
            "INSERT INTO [HR].[Employees] ([First Name], [Department], [Skills], [Manager]) SELECT [First Name] + '2', [Department], [Skills], ResolveLink([Full Name], 'Full Name') FROM [HR].[Employees] WHERE [Cinchy Id] IN (1, 2) SELECT [First Name], [Department], [Skills], [Manager] FROM [HR].[Employees] WHERE [Cinchy Id] > 14 ORDER BY [Cinchy Id]",
            r#"[{"First Name":"Ann2","Department":"Product","Skills":"Rust, SQL","Manager":"Ann Lee"},{"First Name":"Bob2","Department":"Sales","Skills":"SQL","Manager":"Bob Stone"}]"#,
        ),
    ]
}

fn updates() -> Vec<Case> {
    vec![
        affects(
            "UPDATE [HR].[Employees] SET [Salary] = [Salary] + 1 WHERE [Deleted] IS NULL AND [Department] = 'Legal'",
            2,
        ),
        gives(
            "SELECT [Salary], [Version], [Modified By].[Username] AS m FROM [HR].[Employees] WHERE [Cinchy Id] = 7",
            r#"[{"Salary":96,"Version":2,"m":"admin"}]"#,
        ),
        // A version is made even when nothing changes.
        gives(
            "UPDATE v SET v.[Code] = v.[Code] FROM [HR].[Departments] v WHERE v.[Cinchy Id] = 3 SELECT [Version], [Code] FROM [HR].[Departments] WHERE [Cinchy Id] = 3",
            r#"[{"Version":2,"Code":"L1"}]"#,
        ),
        gives(
            "UPDATE e SET e.[Salary] = d.[Budget] FROM [HR].[Employees] e INNER JOIN [HR].[Departments] d ON e.[Department].[Cinchy Id] = d.[Cinchy Id] WHERE d.[Code] = 'S1' SELECT [First Name], [Salary], [Version] FROM [HR].[Employees] WHERE [Department] = 'Sales' ORDER BY [Cinchy Id]",
            r#"[{"First Name":"Bob","Salary":1000.5,"Version":2},{"First Name":"Eve","Salary":1000.5,"Version":2},{"First Name":"Ida","Salary":1000.5,"Version":2},{"First Name":"Jon","Salary":1000.5,"Version":2}]"#,
        ),
        // Several matches of one row: the first.
        gives(
            "UPDATE d SET d.[Code] = s.[Name] FROM [HR].[Departments] d CROSS JOIN [HR].[Skills] s WHERE d.[Cinchy Id] = 3 SELECT [Code], [Version] FROM [HR].[Departments] WHERE [Cinchy Id] = 3",
            r#"[{"Code":"Rust","Version":3}]"#,
        ),
        gives(
            "SELECT 3 AS id, 'T3' AS code INTO #t UPDATE d SET [Code] = #t.[code] FROM [HR].[Departments] d JOIN #t ON d.[Cinchy Id] = #t.[id] SELECT [Code], [Version] FROM [HR].[Departments] WHERE [Cinchy Id] = 3",
            r#"[{"Code":"T3","Version":4}]"#,
        ),
        gives(
            "UPDATE [HR].[Departments] SET [Code] = 'X' OUTPUT INSERTED.[Cinchy Id] AS id, DELETED.[Code] AS o, INSERTED.[Code] AS n, DELETED.[Code] + '>' + INSERTED.[Code] AS b WHERE [Cinchy Id] > 1",
            r#"[{"id":2,"o":"P1","n":"X","b":"P1>X"},{"id":3,"o":"T3","n":"X","b":"T3>X"}]"#,
        ),
        gives(
            "UPDATE [HR].[Employees] SET [Skills] = NULL OUTPUT DELETED.[Skills] AS o, INSERTED.[Skills] AS n, DELETED.[Department] AS d WHERE [Cinchy Id] = 1",
            r#"[{"o":"Rust, SQL","n":null,"d":"Product"}]"#,
        ),
        fails(
            "UPDATE [HR].[Departments] SET [Created] = '2020-01-01', [Version] = 3",
            "Access denied on column(s) Created, Version",
        ),
        fails(
            "UPDATE [HR].[Employees] SET [Full Name] = 'x'",
            "Columns Full Name are readonly and can not be updated",
        ),
        fails(
            "UPDATE [HR].[Departments] SET [Name] = NULL WHERE [Cinchy Id] = 1",
            "Column Name is mandatory and a null value is not a valid value",
        ),
        fails(
            "UPDATE [HR].[Departments] SET [Name] = 'Sales' WHERE [Cinchy Id] = 2",
            "Cannot insert duplicate key row in object 'dbo.Tbl101' with unique index 'u_t101_c10001'. The duplicate key value is (Sales). The statement has been terminated.",
        ),
        fails(
            "UPDATE x SET [Code] = 'y' FROM [HR].[Departments] d",
            "Invalid object name 'x'.",
        ),
        fails(
            "UPDATE d SET z.[Code] = 'y' FROM [HR].[Departments] d",
            "Column [z] could not be found",
        ),
        affects("UPDATE [HR].[Departments] SET [Code] = 'y' WHERE 1 = 0", 0),
        // No result set: an empty one.
        post("/API/ExecuteCQL")
            .form(encoded(&[(
                "Query",
                "UPDATE [HR].[Departments] SET [Code] = 'y' WHERE [Cinchy Id] = 1",
            )]))
            .gives(r#"{"schema":[],"data":[]}"#)
            .named("no result set")
            .bearer("admin"),
        // What came before a failing statement stays; the statement itself leaves nothing.
        fails(
            "UPDATE [HR].[Departments] SET [Code] = 'kept' WHERE [Cinchy Id] = 1 UPDATE [HR].[Departments] SET [Code] = 'lost', [Budget] = 'x'",
            "Value must be a number.",
        ),
        gives(
            "SELECT [Code] FROM [HR].[Departments] ORDER BY [Cinchy Id]",
            r#"[{"Code":"kept"},{"Code":"X"},{"Code":"X"}]"#,
        ),
    ]
}

fn deletes() -> Vec<Case> {
    vec![
        affects("DELETE FROM [HR].[Skills] WHERE [Cinchy Id] IN (1, 2)", 2),
        gives(
            "SELECT [Name], [Deleted By].[Username] AS d, [Version], CASE WHEN [Deleted] IS NULL THEN 0 ELSE 1 END AS x FROM [HR].[Skills] WHERE [Cinchy Id] < 4 ORDER BY [Cinchy Id]",
            r#"[{"Name":"Rust","d":"admin","Version":1,"x":1},{"Name":"SQL","d":"admin","Version":1,"x":1},{"Name":"Welding","d":null,"Version":1,"x":0}]"#,
        ),
        // A deleted target still resolves, and its key is free again.
        gives(
            "SELECT [Skills] FROM [HR].[Employees] WHERE [Cinchy Id] = 1",
            r#"[{"Skills":"Rust, SQL"}]"#,
        ),
        affects("INSERT INTO [HR].[Skills] ([Name]) VALUES ('Rust')", 1),
        gives(
            "DELETE s FROM [HR].[Skills] s INNER JOIN [HR].[Departments] d ON d.[Cinchy Id] = s.[Cinchy Id] WHERE d.[Name] = 'Legal' SELECT [Name] FROM [HR].[Skills] WHERE [Deleted] IS NULL ORDER BY 1",
            r#"[{"Name":"Negotiation"},{"Name":"Rust"}]"#,
        ),
        gives(
            "DELETE FROM [HR].[Skills] OUTPUT DELETED.[Cinchy Id], DELETED.[Name] WHERE [Name] = 'Negotiation'",
            r#"[{"Cinchy Id":4,"Name":"Negotiation"}]"#,
        ),
        gives(
            "TRUNCATE TABLE [HR].[Skills] SELECT COUNT(*) AS n FROM [HR].[Skills]",
            r#"[{"n":0}]"#,
        ),
        gives(
            "INSERT INTO [HR].[Skills] ([Name]) VALUES ('Go') SELECT @cinchy_row_id AS id",
            r#"[{"id":6}]"#,
        ),
    ]
}

fn history() -> Vec<Case> {
    let versions = |text: &str, rows: &str| {
        with(text, &[("Type", "VERSION_HISTORY_QUERY")])
            .gives(rows)
            .bearer("admin")
    };
    vec![
        affects("UPDATE [HR].[Employees] SET [Skills] = '3,0', [Department] = NULL WHERE [Cinchy Id] = 1", 1),
        affects("UPDATE [HR].[Employees] SET [Salary] = 1 WHERE [Cinchy Id] = 1", 1),
        versions(
            "SELECT [Version], [Salary], [Skills], [Department], [Full Name], CASE WHEN [Replaced] IS NULL THEN 'now' ELSE 'then' END AS r FROM [HR].[Employees] WHERE [Cinchy Id] = 1 ORDER BY [Version]",
            r#"[{"Version":1,"Salary":100,"Skills":"Rust, SQL","Department":"Product","Full Name":"Ann Lee","r":"then"},{"Version":2,"Salary":100,"Skills":"Welding","Department":null,"Full Name":"Ann Lee","r":"then"},{"Version":3,"Salary":1,"Skills":"Welding","Department":null,"Full Name":"Ann Lee","r":"now"}]"#,
        ),
        versions(
            "SELECT [Cinchy Id], [Version] FROM [HR].[Employees] WHERE [Skills].[Name] = 'SQL' AND [Cinchy Id] < 3",
            r#"[{"Cinchy Id":1,"Version":1},{"Cinchy Id":2,"Version":1}]"#,
        ),
        // The current rows are all that others see.
        gives("SELECT COUNT(*) AS n FROM [HR].[Employees] WHERE [Cinchy Id] = 1 AND [Replaced] IS NULL", r#"[{"n":1}]"#),
        // Row filters hold for versions too: Ann's row was never inactive, Cid's always was.
        affects("UPDATE [HR].[Employees] SET [Active] = 0 WHERE [Cinchy Id] = 4", 1),
        with("SELECT [First Name], [Version] FROM [HR].[Employees] WHERE [Cinchy Id] < 5", &[("Type", "VERSION_HISTORY_QUERY")])
            .gives(r#"[{"First Name":"Ann","Version":1},{"First Name":"Ann","Version":2},{"First Name":"Ann","Version":3},{"First Name":"Bob","Version":1},{"First Name":"Dee","Version":1}]"#)
            .bearer("eve"),
        affects("UPDATE [Cinchy].[Groups] SET [Users] = ResolveLink('bob,eve', 'Username') WHERE [Name] = 'Staff'", 1),
        versions(
            "SELECT [Version], [Users].[Username] AS u FROM [Cinchy].[Groups] WHERE [Name] = 'Staff' ORDER BY [Version]",
            r#"[{"Version":1,"u":"bob, pia"},{"Version":2,"u":"bob, eve"}]"#,
        ),
    ]
}

#[tokio::test]
async fn writes() {
    for cases in [
        inserts(),
        values(),
        links(),
        updates(),
        deletes(),
        history(),
    ] {
        let backends = start_on_each(|_| {}).await;
        check(&backends, &cases).await;
    }
}

/// Writers of one row do not lose each other's changes, and each makes a version.
#[tokio::test]
async fn writers_at_once() {
    let backends = start_on_each(|_| {}).await;
    for backend in &backends {
        let emulator = &backend.emulator;
        let token = emulator.token("app", "admin").await.unwrap();
        let url = format!("{}/API/ExecuteCQL", emulator.url());
        let one = |_| async {
            let text =
                "UPDATE [HR].[Departments] SET [Budget] = [Budget] + 1 WHERE [Cinchy Id] = 2";
            let form = [("Query", text), ("Type", "NONQUERY")];
            let request = emulator.http().post(&url).bearer_auth(&token).form(&form);
            request.send().await.unwrap().text().await.unwrap()
        };
        let answers = futures_util::future::join_all((0..12).map(one)).await;
        assert!(
            answers.iter().all(|a| a == "1"),
            "{}: {answers:?}",
            backend.name
        );
    }
    let after = "SELECT [Budget], [Version] FROM [HR].[Departments] WHERE [Cinchy Id] = 2";
    let count = "SELECT COUNT(*) AS n FROM [HR].[Departments] WHERE [Cinchy Id] = 2";
    let cases = [
        gives(after, r#"[{"Budget":2512,"Version":13}]"#),
        with(count, &[("Type", "VERSION_HISTORY_QUERY")])
            .gives(r#"[{"n":13}]"#)
            .bearer("admin"),
    ];
    check(&backends, &cases).await;
}

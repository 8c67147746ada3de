//! Functions of texts, numbers and logic, bit operators and aggregates: what each gives, from constants and from columns,
//! on both databases.

use super::cases_cql::cql;
use crate::support::backends::start_on_each;
use crate::support::case::{Case, check};

/// `SELECT expression` of constants and its value as JSON.
fn value(expression: &str, expected: &str) -> Case {
    cql(&format!("SELECT {expression} AS r")).gives(&format!(r#"[{{"r":{expected}}}]"#))
}

/// The same of the row of Finn O'Hara (Cinchy Id 6), whose columns no database knows beforehand.
fn of_row(expression: &str, expected: &str) -> Case {
    cql(&format!(
        "SELECT {expression} AS r FROM [HR].[Employees] WHERE [Cinchy Id] = 6"
    ))
    .gives(&format!(r#"[{{"r":{expected}}}]"#))
}

/// An expression over that row and the error that it raises.
fn fails(expression: &str, message: &str) -> Case {
    cql(&format!(
        "SELECT {expression} AS r FROM [HR].[Employees] WHERE [Cinchy Id] = 6"
    ))
    .is(400)
    .header("x-cinchy-error", message)
}

fn texts() -> Vec<Case> {
    vec![
        of_row("LEFT([Last Name], [Cinchy Id] - 4)", r#""O'""#),
        of_row("RIGHT([Last Name], [Cinchy Id] - 4)", r#""ra""#),
        of_row("RIGHT([Last Name], 99)", r#""O'Hara""#),
        of_row("SUBSTRING([Last Name], 3, 2)", r#""Ha""#),
        of_row("SUBSTRING([Last Name], 7 - [Cinchy Id], 2)", r#""O'""#),
        of_row("SUBSTRING([Last Name], 5 - [Cinchy Id], 4)", r#""O'""#),
        of_row("SUBSTRING([Last Name], [Cinchy Id] + 1, 4)", r#""""#),
        of_row("STUFF([Last Name], 2, 1, 'x')", r#""OxHara""#),
        of_row("STUFF([Last Name], 2, 99, NULL)", r#""O""#),
        of_row("STUFF([Last Name], [Cinchy Id] + 1, 1, 'x')", "null"),
        of_row("STUFF([Last Name], 1, -1, 'x')", "null"),
        of_row("CHARINDEX('a', [Last Name])", "4"),
        of_row("CHARINDEX('a', [Last Name], 5)", "6"),
        of_row("CHARINDEX('a', [Last Name], 99)", "0"),
        of_row("CHARINDEX('', [Last Name])", "0"),
        of_row("CHARINDEX('A', [Last Name])", "0"),
        of_row("REPLACE([Last Name], 'a', 'aa')", r#""O'Haaraa""#),
        of_row("REPLACE([Last Name], '', 'x')", r#""O'Hara""#),
        of_row("REPLICATE([First Name], 2)", r#""FinnFinn""#),
        of_row("REPLICATE([First Name], -1)", "null"),
        of_row("LEN(REPLICATE([First Name], 100000))", "8000"),
        of_row("'[' + SPACE([Cinchy Id] - 4) + ']'", r#""[  ]""#),
        of_row(
            "CONCAT_WS(', ', [Last Name], NULL, [First Name])",
            r#""O'Hara, Finn""#,
        ),
        of_row(
            "CONCAT_WS(NULL, [Last Name], [First Name])",
            r#""O'HaraFinn""#,
        ),
        value("CONCAT_WS('-', NULL, NULL)", r#""""#),
        of_row("TRIM('aO' FROM [Last Name])", r#""'Har""#),
        of_row("ASCII([Last Name])", "79"),
        value("ASCII('')", "null"),
        value("ASCII(N'€')", "128"),
        of_row("CHAR([Cinchy Id] + 59)", r#""A""#),
        of_row("CHAR([Cinchy Id] + 122)", r#""€""#),
        of_row("CHAR([Cinchy Id] + 250)", "null"),
        of_row("NCHAR([Cinchy Id] + 8358)", r#""€""#),
        of_row("UNICODE([Last Name])", "79"),
        value("UNICODE(N'🦊')", "129418"),
        of_row("PATINDEX('%[a-h]%', [Last Name])", "4"),
        of_row("PATINDEX('O%', [Last Name])", "1"),
        of_row("PATINDEX('%a', [Last Name])", "6"),
        of_row("PATINDEX('a', [Last Name])", "0"),
        of_row("QUOTENAME([Last Name])", r#""[O'Hara]""#),
        of_row("QUOTENAME([Last Name], '''')", r#""'O''Hara'""#),
        of_row("QUOTENAME([Last Name], 'x')", "null"),
        of_row("TRANSLATE([Last Name], 'Oa', 'ao')", r#""a'Horo""#),
        of_row(
            "STRING_ESCAPE([Last Name] + '\"/', 'json')",
            r#""O'Hara\\\"\\/""#,
        ),
        of_row("SOUNDEX([First Name])", r#""F500""#),
        of_row("DIFFERENCE([First Name], 'Fynn')", "4"),
        of_row("REVERSE([First Name])", r#""nniF""#),
        of_row("LEFT(NULL, 1)", "null"),
    ]
}

fn numbers() -> Vec<Case> {
    vec![
        of_row("ABS(2 - [Cinchy Id])", "4"),
        of_row("SIGN(2 - [Cinchy Id])", "-1"),
        of_row("SIGN([Salary] - [Salary])", "0"),
        of_row("CEILING([Cinchy Id] / 4e0)", "2"),
        of_row("FLOOR([Cinchy Id] / -4e0)", "-2"),
        of_row("CEILING([Cinchy Id] / -8e0)", "0"),
        of_row("ROUND([Cinchy Id] + 0.5e0, 0)", "7"),
        of_row("ROUND(-0.5e0 - [Cinchy Id], 0)", "-7"),
        of_row("ROUND([Cinchy Id] + 0.75e0, 0, 1)", "6"),
        of_row("ROUND([Cinchy Id] * 9, -1)", "50"),
        of_row("ROUND([Cinchy Id] * 10 - 5, -1)", "60"),
        of_row("ROUND([Cinchy Id], -3)", "0"),
        of_row("POWER([Cinchy Id] - 4, 10)", "1024"),
        of_row("POWER([Cinchy Id] - 4, -1)", "0"),
        of_row("POWER([Cinchy Id] * 1e0, -450)", "0"),
        of_row("SQRT([Cinchy Id] + 10)", "4"),
        of_row("SQUARE([Cinchy Id])", "36"),
        of_row("EXP([Cinchy Id] - 6)", "1"),
        of_row("EXP([Cinchy Id] - 1006)", "0"),
        of_row("LOG([Cinchy Id] - 5)", "0"),
        of_row("LOG([Cinchy Id] + 2, 2)", "3"),
        of_row("LOG10([Cinchy Id] + 94)", "2"),
        of_row("ATN2([Cinchy Id] - 6, 1)", "0"),
        of_row("RADIANS([Cinchy Id] * 30)", "3"),
        of_row("DEGREES([Cinchy Id] - 3)", "171"),
        of_row("COS([Cinchy Id] - 6)", "1"),
        of_row("RAND([Cinchy Id] + 94)", "0.7154366573674853"),
        value("CASE WHEN RAND() BETWEEN 0 AND 1 THEN 1 END", "1"),
        cql("SELECT COUNT(DISTINCT RAND()) AS r FROM [HR].[Employees]").gives(r#"[{"r":1}]"#),
        of_row("[Cinchy Id] & 3", "2"),
        of_row("[Cinchy Id] | 3", "7"),
        of_row("[Cinchy Id] ^ 3", "5"),
        of_row("~[Cinchy Id]", "-7"),
        of_row("[Active] & [Active]", "true"),
        of_row("~[Active]", "false"),
        of_row("~CAST([Cinchy Id] AS TINYINT)", "249"),
        of_row("CAST([Cinchy Id] AS SMALLINT) & 3", "2"),
        of_row(
            "GREATEST(CAST([Cinchy Id] AS DECIMAL(5, 2)), 10.5)",
            "10.50",
        ),
        of_row("PI() - PI()", "0"),
        value("ABS(NULL)", "null"),
    ]
}

fn logic() -> Vec<Case> {
    vec![
        of_row("CHOOSE([Cinchy Id] - 4, 'a', 'b', 'c')", r#""b""#),
        of_row("CHOOSE([Cinchy Id], 'a', 'b', 'c')", "null"),
        of_row("CHOOSE(NULL, 'a', 'b')", "null"),
        of_row("CHOOSE(1, [Cinchy Id], 2.5e0)", "6"),
        of_row("GREATEST([Cinchy Id], 7, NULL)", "7"),
        of_row("LEAST([Last Name], 'P', NULL)", r#""O'Hara""#),
        of_row("GREATEST([Last Name], 'P')", r#""P""#),
        of_row("NULLIF([Cinchy Id], 6.0e0)", "null"),
        of_row("NULLIF([Cinchy Id], 6.5e0)", "6"),
        of_row("NULLIF([First Name], 'Finn')", "null"),
        of_row("ISNULL(NULLIF([First Name], 'Finn'), 'x')", r#""x""#),
        of_row("COALESCE(NULL, NULLIF([Cinchy Id], 6), 9)", "9"),
        of_row("LEN(NEWID())", "36"),
    ]
}

fn json() -> Vec<Case> {
    let document = r#"'{"name": "' + [First Name] + '", "skills": ["C#", "SQL"], "n": 1.50}'"#;
    let of = |call: &str, expected: &str| of_row(&call.replace("DOC", document), expected);
    vec![
        of("ISJSON(DOC)", "1"),
        of("ISJSON([First Name])", "0"),
        value("ISJSON('true')", "0"),
        of("JSON_VALUE(DOC, '$.name')", r#""Finn""#),
        of("JSON_VALUE(DOC, '$.n')", r#""1.50""#),
        of("JSON_VALUE(DOC, '$.skills[1]')", r#""SQL""#),
        of("JSON_VALUE(DOC, '$.skills')", "null"),
        of("JSON_QUERY(DOC, '$.skills')", r#""[\"C#\", \"SQL\"]""#),
        of("JSON_QUERY(DOC, '$.name')", "null"),
        of(
            "JSON_MODIFY(DOC, '$.name', 'Mi\"ke')",
            r#""{\"name\": \"Mi\\\"ke\", \"skills\": [\"C#\", \"SQL\"], \"n\": 1.50}""#,
        ),
        of(
            "JSON_MODIFY(DOC, 'append $.skills', [Cinchy Id])",
            r#""{\"name\": \"Finn\", \"skills\": [\"C#\", \"SQL\",6], \"n\": 1.50}""#,
        ),
        of(
            "JSON_MODIFY(JSON_MODIFY(DOC, '$.skills', NULL), '$.on', [Active])",
            r#""{\"name\": \"Finn\", \"n\": 1.50,\"on\":true}""#,
        ),
        of(
            "JSON_MODIFY('{}', '$.x', JSON_QUERY(DOC, '$.skills'))",
            r#""{\"x\":[\"C#\", \"SQL\"]}""#,
        ),
        of_row(
            "JSON_MODIFY('{}', '$.x', (SELECT [Cinchy Id] AS a FOR JSON PATH))",
            r#""{\"x\":[{\"a\":6}]}""#,
        ),
        value("JSON_MODIFY('{}', '$.x', '[1]')", r#""{\"x\":\"[1]\"}""#),
        fails(
            "JSON_VALUE([First Name], '$.a')",
            "JSON text is not properly formatted.",
        ),
        fails(
            "JSON_VALUE('{\"a\":\"' + [First Name] + '\"}', 'strict $.b')",
            "Property cannot be found on the specified JSON path.",
        ),
        fails(
            "JSON_QUERY('{\"a\":\"' + [First Name] + '\"}', 'strict $.a')",
            "Object or array cannot be found in the specified JSON path.",
        ),
        fails(
            "JSON_MODIFY('{}', 'strict $.' + [First Name], 1)",
            "Property cannot be found on the specified JSON path.",
        ),
        fails(
            "JSON_VALUE('{}', [First Name])",
            "JSON path is not properly formatted. Unexpected character 'F' is found at position 0.",
        ),
    ]
}

fn errors() -> Vec<Case> {
    let float = "An invalid floating point operation occurred.";
    let int = "Arithmetic overflow error converting expression to data type int.";
    vec![
        fails(
            "LEFT([Last Name], 5 - [Cinchy Id])",
            "Invalid length parameter passed to the LEFT or SUBSTRING function.",
        ),
        fails(
            "RIGHT([Last Name], 5 - [Cinchy Id])",
            "Invalid length parameter passed to the RIGHT function.",
        ),
        fails(
            "SUBSTRING([Last Name], 1, 5 - [Cinchy Id])",
            "Invalid length parameter passed to the LEFT or SUBSTRING function.",
        ),
        fails(
            "TRANSLATE([Last Name], 'a', 'bc')",
            "The second and third arguments of the TRANSLATE built-in function must contain an equal number of characters.",
        ),
        fails(
            "STRING_ESCAPE([Last Name], 'xml')",
            "An invalid value was specified for argument 2.",
        ),
        fails("CHAR([Cinchy Id] - 6)", "The character 0 is not supported."),
        fails("SQRT(5 - [Cinchy Id])", float),
        fails("LOG([Cinchy Id] - 6)", float),
        fails("LOG10([Cinchy Id] - 6)", float),
        fails("LOG([Cinchy Id], 1)", float),
        fails("ACOS([Cinchy Id])", float),
        fails("ASIN([Cinchy Id])", float),
        fails("COT([Cinchy Id] - 6)", float),
        fails("ATN2([Cinchy Id] - 6, 0)", float),
        fails("POWER([Cinchy Id] - 8e0, 0.5)", float),
        fails(
            "POWER([Cinchy Id] - 6, -1)",
            "Divide by zero error encountered.",
        ),
        fails(
            "EXP([Cinchy Id] + 1000)",
            "Arithmetic overflow error converting expression to data type float.",
        ),
        fails(
            "POWER([Cinchy Id] * 1e0, 1000)",
            "Arithmetic overflow error converting expression to data type float.",
        ),
        fails("ROUND([Cinchy Id] + 2147483640, -1)", int),
        cql("SELECT SUM([Cinchy Id] + 2147483000) AS r FROM [HR].[Employees]")
            .is(400)
            .header("x-cinchy-error", int),
        fails(
            "[Salary] & 1",
            "The data types float and int are incompatible in the '&' operator.",
        ),
        fails(
            "MAX([Active])",
            "Operand data type bit is invalid for max operator.",
        ),
        fails(
            "STDEV([Last Name])",
            "Operand data type nvarchar is invalid for stdev operator.",
        ),
        fails(
            "CHECKSUM_AGG([Cinchy Id])",
            "the function CHECKSUM_AGG is not supported at line 1, column 8",
        ),
    ]
}

fn aggregates() -> Vec<Case> {
    let all = |expression: &str, expected: &str| {
        cql(&format!("SELECT {expression} AS r FROM [HR].[Employees]"))
            .gives(&format!(r#"[{{"r":{expected}}}]"#))
    };
    let none = |expression: &str| {
        cql(&format!(
            "SELECT {expression} AS r FROM [HR].[Employees] WHERE 1 = 0"
        ))
        .gives(r#"[{"r":null}]"#)
    };
    vec![
        all("COUNT_BIG(*)", "12"),
        all("COUNT_BIG(DISTINCT [Level])", "3"),
        all("AVG([Cinchy Id])", "6"),
        all("SUM(DISTINCT [Cinchy Id] % 3)", "3"),
        all("VARP([Cinchy Id])", "11.916666666666666"),
        all("VAR([Cinchy Id])", "13"),
        all("STDEV([Cinchy Id])", "3.605551275463989"),
        all("STDEVP(DISTINCT [Cinchy Id] % 2)", "0.5"),
        all("SUM(CAST([Cinchy Id] AS DECIMAL(6, 2)))", "78.00"),
        all("AVG(CAST([Cinchy Id] AS DECIMAL(6, 2)))", "6.500000"),
        all("AVG(DISTINCT CAST([Cinchy Id] % 3 AS DECIMAL(6, 2)) - 0.5)", "0.500000"),
        all("AVG(CASE WHEN [Cinchy Id] < 4 THEN CAST([Cinchy Id] % 3 AS DECIMAL(6, 2)) * 2 - 1.5 END)", "0.500000"),
        all("AVG(CASE WHEN [Cinchy Id] < 4 THEN CAST([Cinchy Id] / 2 AS DECIMAL(6, 2)) END)", "0.666666"),
        all("SUM(CAST([Cinchy Id] AS MONEY))", "78.0000"),
        all("SUM(CAST([Cinchy Id] AS TINYINT))", "78"),
        none("SUM(CAST([Cinchy Id] AS DECIMAL(6, 2)))"),
        none("AVG(CAST([Cinchy Id] AS DECIMAL(6, 2)))"),
        cql("SELECT SUM(CAST([Cinchy Id] AS DECIMAL(6, 2))) OVER (ORDER BY [Cinchy Id]) AS s, AVG(CAST([Cinchy Id] AS DECIMAL(6, 2))) OVER (ORDER BY [Cinchy Id]) AS a FROM [HR].[Employees] WHERE [Cinchy Id] < 3")
            .gives(r#"[{"s":1.00,"a":1.000000},{"s":3.00,"a":1.500000}]"#),
        none("STDEV([Cinchy Id])"),
        none("STDEVP([Cinchy Id])"),
        none("SUM([Salary])"),
        none("AVG([Salary])"),
        none("STRING_AGG([First Name], ',')"),
        cql("SELECT VAR([Cinchy Id]) AS r, VARP([Cinchy Id]) AS s FROM [HR].[Employees] WHERE [Cinchy Id] = 1")
            .gives(r#"[{"r":null,"s":0}]"#),
        cql("SELECT STRING_AGG([Name], '; ') WITHIN GROUP (ORDER BY [Name] DESC) AS r FROM [HR].[Skills] WHERE [Deleted] IS NULL")
            .gives(r#"[{"r":"Welding; SQL; Rust; Negotiation"}]"#),
        cql("SELECT STRING_AGG([Cinchy Id], '') AS r FROM [HR].[Employees] WHERE [Cinchy Id] < 4 AND [Deleted] IS NULL")
            .gives(r#"[{"r":"123"}]"#),
    ]
}

fn searches() -> Vec<Case> {
    let found = |search: &str, names: &str| {
        cql(&format!("SELECT STRING_AGG([First Name], ' ') AS r FROM [HR].[Employees] WHERE {search} AND [Cinchy Id] < 7"))
            .gives(&format!(r#"[{{"r":{names}}}]"#))
    };
    vec![
        found("CONTAINS([Last Name], 'hara')", r#""Finn""#),
        found("CONTAINS([Last Name], '\"HA*\"')", r#""Finn""#),
        found("CONTAINS([Last Name], 'o AND NOT hara')", "null"),
        found(
            "CONTAINS(([First Name], [Last Name]), 'finn OR nobody')",
            r#""Finn""#,
        ),
        found("FREETEXT([First Name], 'finn nobody')", r#""Finn""#),
        found(
            "NOT CONTAINS([First Name], 'finn') AND [Cinchy Id] = 6",
            "null",
        ),
        cql("DECLARE @w VARCHAR(20) = 'finn' SELECT [Cinchy Id] AS r FROM [HR].[Employees] WHERE CONTAINS([First Name], @w)")
            .gives(r#"[{"r":6}]"#),
        cql("SELECT 1 AS r FROM [HR].[Employees] WHERE CONTAINS([First Name], 'a AND')")
            .is(400)
            .header(
                "x-cinchy-error",
                "Syntax error near '' in the full-text search condition 'a AND'.",
            ),
        cql("SELECT 1 AS r FROM [HR].[Employees] WHERE CONTAINS([First Name], '')")
            .is(400)
            .header("x-cinchy-error", "Null or empty full-text predicate."),
    ]
}

fn of_cinchy() -> Vec<Case> {
    vec![
        of_row("getLastModifiedBy([First Name])", "1"),
        cql(
            "UPDATE e SET e.[Last Name] = 'New' FROM [HR].[Employees] e WHERE e.[Cinchy Id] = 2 \
             UPDATE e SET e.[Last Name] = 'Newer' FROM [HR].[Employees] e WHERE e.[Cinchy Id] = 2 \
             SELECT getLastModifiedBy([First Name]) AS a, getLastModifiedBy([Last Name]) AS b \
             FROM [HR].[Employees] WHERE [Cinchy Id] = 2",
        )
        .gives(r#"[{"a":1,"b":2}]"#),
        of_row(
            "CASE WHEN 0 IN (currentUsersGroups()) THEN 1 ELSE 0 END",
            "0",
        ),
        value(
            "CASE WHEN 0 NOT IN (0, currentUsersGroups()) THEN 1 ELSE 0 END",
            "0",
        ),
        cql("SELECT currentUsersGroups() AS r").is(400).header(
            "x-cinchy-error",
            "currentUsersGroups() outside IN (...) is not supported at line 1, column 8",
        ),
        cql("SELECT getLastModifiedBy([Department].[Name]) AS r FROM [HR].[Employees]")
            .is(400)
            .header(
                "x-cinchy-error",
                "getLastModifiedBy() of a linked column is not supported at line 1, column 8",
            ),
    ]
}

#[tokio::test]
async fn functions() {
    let backends = start_on_each(|_| {}).await;
    for cases in [
        texts(),
        numbers(),
        logic(),
        json(),
        errors(),
        aggregates(),
        searches(),
        of_cinchy(),
    ] {
        let cases: Vec<Case> = cases.into_iter().map(|case| case.bearer("ann")).collect();
        check(&backends, &cases).await;
    }
}

//! Message texts with their places. Clients read some of these.

use cinchy_cql::value::Backend;

use crate::hr::{admin, compile_for};

#[test]
fn texts_and_places() {
    let e = "FROM [HR].[Employees]";
    for (text, message, place) in [
        (
            format!("SELECT [Nope] {e}"),
            "Column [Nope] could not be found",
            Some((1, 8)),
        ),
        (
            format!("SELECT\n  [Department].[Nope] {e}"),
            "Column [Nope] could not be found",
            Some((2, 16)),
        ),
        (
            format!("SELECT [First Name].[X] {e}"),
            "Column [X] could not be found",
            Some((1, 21)),
        ),
        (
            format!("SELECT x.[First Name] {e}"),
            "Column [x] could not be found",
            Some((1, 8)),
        ),
        (
            "SELECT [A]".into(),
            "Column [A] could not be found",
            Some((1, 8)),
        ),
        (
            "SELECT 1 FROM [HR].[Nope]".into(),
            "Table Nope in domain HR could not be found",
            Some((1, 20)),
        ),
        (
            "SELECT 1 FROM [Nope]".into(),
            "Table Nope could not be found: write [Domain].[Nope]",
            Some((1, 15)),
        ),
        (
            "SELECT 1 FROM [X].[HR].[Skills]".into(),
            "the model or instance [X] in front of a table is not supported at line 1, column 15",
            Some((1, 15)),
        ),
        (
            "SELECT 1 FROM #tmp".into(),
            "Invalid object name '#tmp'.",
            Some((1, 15)),
        ),
        (
            "SELECT [Name] FROM [HR].[Skills] a, [HR].[Departments] b".into(),
            "Ambiguous column name 'Name'.",
            Some((1, 8)),
        ),
        (
            "SELECT 1 FROM [HR].[Skills] a, [HR].[Departments] A".into(),
            "The correlation name 'A' is specified multiple times in a FROM clause.",
            Some((1, 32)),
        ),
        (
            "SELECT 'a' + 1".into(),
            "Conversion failed when converting the varchar value 'a' to data type int.",
            None,
        ),
        (
            format!("SELECT 1 {e} WHERE [Salary] > 'x'"),
            "Error converting data type varchar to float.",
            None,
        ),
        (
            format!("SELECT 1 {e} WHERE [Start Date] > 'x'"),
            "Conversion failed when converting date and/or time from character string.",
            None,
        ),
        (
            "SELECT 1/0".into(),
            "Divide by zero error encountered.",
            Some((1, 8)),
        ),
        (
            format!("SELECT [Salary] % 2 {e}"),
            "The data types float and int are incompatible in the modulo operator.",
            Some((1, 8)),
        ),
        (
            format!("SELECT SUM([First Name]) {e}"),
            "Operand data type nvarchar is invalid for sum operator.",
            Some((1, 8)),
        ),
        (
            format!("SELECT MAX([Active]) {e}"),
            "Operand data type bit is invalid for max operator.",
            Some((1, 8)),
        ),
        (
            format!("SELECT 1 {e} WHERE [Active]"),
            "An expression of non-boolean type specified in a context where a condition is expected, near '[Active]'.",
            Some((1, 38)),
        ),
        (
            format!("SELECT [Salary] > 1 {e}"),
            "Incorrect syntax near '>' at line 1, column 8: a value is expected, not a condition",
            Some((1, 8)),
        ),
        (
            format!("SELECT [First Name], COUNT(*) {e}"),
            "Column '[First Name]' is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause.",
            Some((1, 8)),
        ),
        (
            format!("SELECT [Department] {e} GROUP BY [Salary]"),
            "Column '[Department]' is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause.",
            Some((1, 8)),
        ),
        (
            format!("SELECT 1 {e} WHERE COUNT(*) > 1"),
            "An aggregate may not appear in the WHERE clause.",
            Some((1, 38)),
        ),
        (
            format!("SELECT 1 {e} GROUP BY 1"),
            "Each GROUP BY expression must contain at least one column that is not an outer reference.",
            Some((1, 41)),
        ),
        (
            format!("SELECT 1 {e} ORDER BY 'x'"),
            "A constant expression was encountered in the ORDER BY list, position 1.",
            Some((1, 41)),
        ),
        (
            format!("SELECT 1 {e} ORDER BY 2"),
            "The ORDER BY position number 2 is out of range of the number of items in the select list.",
            Some((1, 41)),
        ),
        (
            format!("SELECT DISTINCT [Salary] {e} ORDER BY [Active]"),
            "ORDER BY items must appear in the select list if SELECT DISTINCT is specified.",
            None,
        ),
        (
            "SELECT LEN()".into(),
            "The len function requires 1 argument(s).",
            Some((1, 8)),
        ),
    ] {
        let error = compile_for(&text, &admin(), Backend::Sqlite);
        let Err(error) = error else {
            panic!("{text} compiles")
        };
        assert_eq!(error.to_string(), message, "{text}");
        if place.is_some() {
            assert_eq!(
                error.position().map(|p| (p.line, p.column)),
                place,
                "{text}"
            );
        }
    }
}

#[test]
fn refusals_name_the_construct() {
    let e = "FROM [HR].[Employees]";
    let mut out = String::new();
    for text in [
        "SELECT STUFF('abc', 1, 1, 'x')".to_owned(),
        "INSERT INTO [HR].[Skills] ([Name]) VALUES ('x')".to_owned(),
        "DECLARE @x INT".to_owned(),
        "IF 1 = 1 SELECT 1".to_owned(),
        "WITH x AS (SELECT 1 AS a UNION SELECT a FROM x) SELECT a FROM x".to_owned(),
        "SELECT 1 INTERSECT ALL SELECT 2".to_owned(),
        format!("SELECT TOP 1 [Salary] {e} ORDER BY [Salary] OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY"),
        format!("SELECT 1 {e} WHERE [Salary] > ALL (1)"),
        format!("SELECT 1 {e} FOR JSON PATH"),
        format!("SELECT TOP 5 PERCENT WITH TIES [Salary] {e}"),
        format!("SELECT [Salary] INTO #t {e}"),
        format!("SELECT @v = [Salary] {e}"),
        format!("SELECT ROW_NUMBER() {e}"),
        format!("SELECT COUNT(*) OVER w {e}"),
        format!("SELECT 1 {e} FOR XML PATH"),
        format!("SELECT 1 {e}\nFOR XML RAW"),
        format!("SELECT 1 AS a {e} ORDER BY a\n  LIMIT 5"),
        format!("SELECT [Salary] {e} OFFSET 5 ROWS"),
        "SELECT PARSE('1' AS INT)".to_owned(),
        format!("SELECT 1 {e} WHERE 1 = TRY_PARSE(CONCAT('1', [Salary]) AS INT USING 'en-US')"),
        "SELECT PARSE('1')".to_owned(),
        format!("SELECT [Salary] IS DISTINCT FROM 1 {e}"),
        "SELECT p.XML, p.[LIMIT] FROM (SELECT 'XML' AS n, 1 AS LIMIT, 2 AS v) s PIVOT (SUM(v) FOR n IN (XML)) p".to_owned(),
        format!("SELECT [First Name] + [Salary] {e}"),
        format!("SELECT [Start Date] + ' ' {e}"),
        format!("SELECT CAST([First Name] AS INT) {e}"),
        format!("SELECT CAST([Salary] AS DECIMAL(3,1)) {e}"),
        format!("SELECT CONVERT(VARCHAR(10), [Start Date], 120) {e}"),
        "SELECT 1 FROM (SELECT 1 AS a)".to_owned(),
        "SELECT 1 FROM [HR].[Skills] a CROSS APPLY [HR].[f](a.[Name]) x".to_owned(),
        "SELECT 5 & 3".to_owned(),
        "SELECT $12.5, 0xFF".to_owned(),
        "SELECT [HR].[f](1)".to_owned(),
    ] {
        let line = match compile_for(&text, &admin(), Backend::Sqlite) {
            Ok(compiled) => format!("COMPILES TO {}", compiled.sql),
            Err(error) => error.to_string(),
        };
        out.push_str(&format!("{text}\n    {line}\n"));
    }
    insta::assert_snapshot!(out);
}

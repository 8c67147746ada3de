//! Random input: no text makes the compiler panic, small well-formed expressions compile on both databases, and long
//! or deep texts end with an error.

use cinchy_cql::like;
use cinchy_cql::value::Backend;
use proptest::prelude::*;

use crate::hr::{admin, bob, compile_for, eve};
use crate::scripts::run;

fn token() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "SELECT",
        "FROM",
        "WHERE",
        "GROUP BY",
        "ORDER BY",
        "HAVING",
        "TOP 3",
        "DISTINCT",
        "[HR].[Employees]",
        "e",
        "AS",
        "[First Name]",
        "[Department]",
        "[Skills]",
        "[Department].[Code]",
        "[Skills].[Name]",
        "e.[Manager].[Manager]",
        "*",
        "e.*",
        "COUNT(*)",
        "COUNT(",
        "LEN(",
        "CONCAT(",
        "ISNULL(",
        "editable(",
        "(",
        ")",
        ",",
        ";",
        "=",
        "<>",
        "<",
        "+",
        "-",
        "/",
        "%",
        "1",
        "2.5",
        "'x'",
        "NULL",
        "@p",
        "@n",
        "@zzz",
        "IN",
        "LIKE",
        "BETWEEN",
        "AND",
        "OR",
        "NOT",
        "IS",
        "IS NULL",
        "CASE",
        "WHEN",
        "THEN",
        "ELSE",
        "END",
        "CAST(",
        "AS INT)",
        "JOIN",
        "LEFT JOIN",
        "ON",
        "'",
        "[",
        "{0}",
        "--",
        "/*",
        "EXISTS",
        "\u{e9}",
        "\"q\"",
        "0x1",
        "$1",
        "INTO",
        "UNION",
        "DESC",
    ])
}

/// Pieces of scripts: statements that write, blocks, temporary tables.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "DECLARE @a INT",
        "DECLARE @t TABLE ([x] INT, [y] VARCHAR(5))",
        "CREATE TABLE #t ([x] INT NOT NULL, [y] VARCHAR(5) DEFAULT 'a')",
        "SET @a = ",
        "SET @a += ",
        "SELECT @a = ",
        "IF",
        "ELSE",
        "BEGIN",
        "END",
        "BEGIN TRY",
        "END TRY BEGIN CATCH",
        "END CATCH",
        "WHILE @a < 3",
        "BREAK",
        "CONTINUE",
        "RETURN",
        "PRINT",
        "THROW",
        "RAISERROR(",
        "EXEC [D].[Q]",
        "EXEC(",
        "EXEC sp_executesql",
        "INSERT INTO",
        "INSERT #t",
        "([x])",
        "([Name])",
        "VALUES (",
        "UPDATE",
        "UPDATE e SET",
        "DELETE FROM",
        "DELETE e FROM",
        "TRUNCATE TABLE",
        "OUTPUT INSERTED.[Cinchy Id]",
        "OUTPUT DELETED.*",
        "INTO #t",
        "INTO @t",
        "[HR].[Employees]",
        "[HR].[Employees] e",
        "[HR].[Skills]",
        "#t",
        "@t",
        "SET [Skills] =",
        "SET [Name] =",
        "ResolveLink(",
        "[Skills].[Cinchy Id]",
        "FORMAT([Salary], 'E')",
        "TODATETIMEOFFSET([Start Date], '+01:00')",
        "SELECT",
        "FROM",
        "WHERE",
        "WITH x AS (",
        "1",
        "'x'",
        "@a",
        "NULL",
        "=",
        "+",
        ",",
        "(",
        ")",
        ";",
        "GO",
        "DROP TABLE",
        "ALTER TABLE",
        "CREATE VIEW [HR].[V] AS",
    ])
}

/// Numeric expressions over Employees.
fn number() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "[Salary]",
        "[Cinchy Id]",
        "7",
        "2.5",
        "@n",
        "[Manager].[Salary]",
        "NULL",
    ]);
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                (
                    inner.clone(),
                    prop::sample::select(vec!["+", "-", "*"]),
                    inner.clone()
                )
                    .prop_map(|(a, op, b)| format!("({a} {op} {b})")),
                inner.clone().prop_map(|a| format!("ISNULL({a}, 0)")),
                inner.clone().prop_map(|a| format!("-({a})")),
                (inner.clone(), inner.clone())
                    .prop_map(|(a, b)| format!("CASE WHEN {a} < {b} THEN {a} ELSE {b} END")),
                (inner.clone(), inner).prop_map(|(a, b)| format!(
                    "IIF({a} IN ({b}, 1) OR NOT {b} IS NULL, {a}, LEN([Skills]))"
                )),
            ]
        })
}

proptest! {
    #[test]
    fn token_soup_never_panics(tokens in prop::collection::vec(token(), 0..30)) {
        let text = tokens.join(" ");
        for rights in [admin(), bob(), eve()] {
            let _ = compile_for(&text, &rights, Backend::Postgres);
            let _ = compile_for(&format!("SELECT {text} FROM [HR].[Employees] e"), &rights, Backend::Sqlite);
        }
    }

    #[test]
    fn pieces_of_scripts_never_panic(pieces in prop::collection::vec(piece(), 0..16)) {
        let text = pieces.join(" ");
        for backend in [Backend::Sqlite, Backend::Postgres] {
            let _ = run(&text, backend);
        }
    }

    #[test]
    fn any_text_never_panics(text in "\\PC{0,80}") {
        let _ = compile_for(&text, &admin(), Backend::Sqlite);
        let _ = cinchy_cql::parameters_of(&text);
        let _ = cinchy_cql::text_parameters_of(&text);
    }

    #[test]
    fn small_expressions_compile(expression in number()) {
        let text = format!("SELECT {expression} AS x FROM [HR].[Employees] ORDER BY 1");
        for backend in [Backend::Sqlite, Backend::Postgres] {
            let compiled = compile_for(&text, &admin(), backend);
            prop_assert!(compiled.is_ok(), "{}: {:?}", text, compiled);
        }
    }

    #[test]
    fn like_agrees_with_a_simple_matcher(text in "[ab%]{0,8}", pattern in "[ab%_]{0,6}") {
        fn simple(text: &[u8], pattern: &[u8]) -> bool {
            match pattern.split_first() {
                None => text.is_empty(),
                Some((b'%', rest)) => (0..=text.len()).any(|i| simple(&text[i..], rest)),
                Some((b'_', rest)) => !text.is_empty() && simple(&text[1..], rest),
                Some((c, rest)) => text.first() == Some(c) && simple(&text[1..], rest),
            }
        }
        prop_assert_eq!(like(&text, &pattern, None), simple(text.as_bytes(), pattern.as_bytes()));
    }
}

/// Expressions that random tests once found not to compile.
#[test]
fn found_expressions_compile() {
    for expression in [
        "IIF((NULL + NULL) IN ([Salary], 1) OR NOT [Salary] IS NULL, (NULL + NULL), LEN([Skills]))",
        "ISNULL(NULL + NULL, 0) + [Salary]",
        "-(NULL * NULL) - [Cinchy Id]",
    ] {
        let text = format!("SELECT {expression} AS x FROM [HR].[Employees] ORDER BY 1");
        for backend in [Backend::Sqlite, Backend::Postgres] {
            let compiled = compile_for(&text, &admin(), backend);
            assert!(compiled.is_ok(), "{text}: {compiled:?}");
        }
    }
}

#[test]
fn long_and_deep_texts_end() {
    let e = "FROM [HR].[Employees]";
    let run = |text: String| {
        compile_for(&text, &admin(), Backend::Sqlite)
            .map(|c| c.sql.len())
            .map_err(|e| e.to_string())
    };
    let ors = (0..2_000)
        .map(|i| format!("[Cinchy Id] = {i}"))
        .collect::<Vec<_>>()
        .join(" OR ");
    assert!(run(format!("SELECT 1 {e} WHERE {ors}")).is_ok());
    let many = "1 = 1 OR ".repeat(6_000);
    assert_eq!(
        run(format!("SELECT 1 {e} WHERE {many} 1 = 1")),
        Err("The statement has too many AND and OR: at most 5000 are allowed".into())
    );
    let list = vec!["1"; 10_001].join(",");
    assert_eq!(
        run(format!("SELECT 1 {e} WHERE [Cinchy Id] IN ({list})")),
        Err("The statement has too many values in an IN list: at most 10000 are allowed".into())
    );
    assert!(run(format!("SELECT {}'x'", "'y' + ".repeat(400))).is_ok());
    assert!(run(format!("SELECT {}'x'", "'y' + ".repeat(100_000))).is_err());
    assert!(
        run(format!(
            "SELECT {}1{}",
            "(".repeat(50_000),
            ")".repeat(50_000)
        ))
        .is_err()
    );
    assert!(
        run(format!(
            "SELECT {}1{}",
            "CASE WHEN 1=1 THEN ".repeat(20_000),
            " END".repeat(20_000)
        ))
        .is_err()
    );
    assert!(run(format!("SELECT {}1", "NOT ".repeat(20_000))).is_err());
    assert_eq!(
        run("x".repeat(1024 * 1024 + 1)),
        Err("The statement has too many bytes: at most 1048576 are allowed".into())
    );
    let chain = ".[Manager]".repeat(300);
    assert!(run(format!("SELECT e{chain} {e} e")).is_err());
}

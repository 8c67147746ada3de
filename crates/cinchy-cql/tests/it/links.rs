//! Links, chains, multi-links and calculated columns.

use cinchy_cql::catalog::{CalculatedType, ColumnKind};
use cinchy_cql::compile_calculated;
use cinchy_cql::value::Backend;

use crate::hr::{EMPLOYEES, admin, catalog, catalog_with, compile_in, show, table, text};

#[test]
fn single_links() {
    insta::assert_snapshot!(show(
        &[
            "SELECT [Department], [Department].[Cinchy Id], [Department].[Code], [Department].[Deleted] FROM [HR].[Employees] WHERE [Deleted] IS NULL",
            "SELECT e.[Manager].[Manager].[Department].[Code], e.[Manager].[Manager] FROM [HR].[Employees] e",
            "SELECT [Created By], [Modified By].[Username] AS m, [Manager].[Created By] FROM [HR].[Employees]",
            "SELECT [First Name] FROM [HR].[Employees] WHERE [Department] != 'Product' AND [Department] IN ('Sales', 'Legal') AND [Manager] LIKE 'A%' AND [Department] IS NOT NULL",
            "SELECT [First Name] FROM [HR].[Employees] WHERE [Department] = [Manager].[Department] AND [User Account].[Cinchy Id] = CURRENTUSERID()",
            "SELECT CONCAT([Department], ' | ', [First Name]) AS k FROM [HR].[Employees] ORDER BY [Department], [Manager].[Last Name] DESC",
            "SELECT [Department], COUNT(*) AS n FROM [HR].[Employees] WHERE [Deleted] IS NULL GROUP BY [Department] ORDER BY [Department]",
        ],
        &admin()
    ));
}

#[test]
fn multi_links() {
    insta::assert_snapshot!(show(
        &[
            "SELECT [Skills], [Skills].[Cinchy Id], [Skills].[Name], [Manager].[Skills] FROM [HR].[Employees]",
            "SELECT [First Name] FROM [HR].[Employees] WHERE [Skills] = 'Rust' AND [Skills].[Name] <> 'SQL' AND [Skills].[Cinchy Id] IN (1, 2) AND NOT ([Skills] LIKE 'W%' AND [Skills] IS NULL)",
            "SELECT [First Name] FROM [HR].[Employees] WHERE 5 > [Skills].[Cinchy Id] OR [Skills].[Deleted] IS NOT NULL OR [Skills] NOT IN ('a')",
            "SELECT [Skills], COUNT(*) FROM [HR].[Employees] GROUP BY [Skills] ORDER BY [Skills]",
            "SELECT [Perks] FROM [HR].[Employees] WHERE [Perks] = @p",
        ],
        &admin()
    ));
}

#[test]
fn calculated_columns() {
    let catalog = catalog();
    insta::assert_snapshot!(show(
        &[
            "SELECT [Full Name], [Department Code], [Manager].[Department Code] FROM [HR].[Employees] WHERE [Department Code] = 'S1'"
        ],
        &admin()
    ));
    let fill = compile_calculated(&catalog, EMPLOYEES, 1303, Backend::Postgres, "cinchy");
    insta::assert_snapshot!(fill.map(|c| c.sql).unwrap_or_else(|e| e.to_string()), @r#"SELECT s0."cinchy_id", (COALESCE(s0."c1301", '') || $1::text || COALESCE(s0."c1302", '')) FROM "cinchy"."t13" AS s0"#);
}

#[test]
fn cycles_end() {
    let loops = |expression: &str| ColumnKind::Calculated {
        result: CalculatedType::Text,
        expression: expression.to_owned(),
        cached: false,
    };
    let own = |target: i32, display: i32| ColumnKind::Link {
        target,
        display,
        junction: None,
    };
    let catalog = catalog_with([
        table(
            20,
            "T",
            "Loop",
            &[
                ("A", loops("[B]")),
                ("B", loops("[A]")),
                ("Self", loops("[Up].[Self]")),
                ("Up", own(20, 2003)),
            ],
        ),
        table(
            21,
            "T",
            "Chain",
            &[("Next", own(21, 2101)), ("Name", text())],
        ),
        table(
            22,
            "T",
            "Guid",
            &[(
                "Guid",
                ColumnKind::Calculated {
                    result: CalculatedType::Text,
                    expression: "CASE WHEN [Guid] IS NULL THEN NEWID() ELSE [Guid] END".to_owned(),
                    cached: true,
                },
            )],
        ),
    ]);
    let error = |text: &str| match compile_in(&catalog, text, &admin(), Backend::Sqlite) {
        Ok(compiled) => compiled.sql,
        Err(e) => e.to_string(),
    };
    assert_eq!(
        error("SELECT [A] FROM [T].[Loop]"),
        "Column [A] depends on itself"
    );
    assert_eq!(
        error("SELECT [Self] FROM [T].[Loop]"),
        "Column [Self] depends on itself"
    );
    assert_eq!(
        error("SELECT [Next] FROM [T].[Chain]"),
        "Column [Next] depends on itself"
    );
    let guid = compile_calculated(&catalog, 22, 2201, Backend::Sqlite, "").map(|c| c.sql);
    insta::assert_snapshot!(guid.unwrap_or_else(|e| e.to_string()), @r#"SELECT s0."cinchy_id", CASE WHEN s0."c2201" IS NULL THEN cql_newid() ELSE s0."c2201" END COLLATE BINARY FROM "t22" AS s0"#);
}

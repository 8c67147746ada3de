//! What readers see: dropped columns, denials, filters and masks.

use cinchy_cql::catalog::{CalculatedType, ColumnKind, Columns, Grant};
use cinchy_cql::value::Backend;

use crate::hr::{
    DEPARTMENTS, EMPLOYEES, SKILLS, admin, ann, bob, catalog, catalog_with, compile_for,
    compile_in, eve, eves_grant, show, some, table, with_grants,
};

fn error(text: &str, rights: &cinchy_cql::catalog::Rights) -> String {
    match compile_for(text, rights, Backend::Sqlite) {
        Ok(compiled) => compiled
            .columns
            .iter()
            .map(|c| c.name.as_str())
            .collect::<Vec<_>>()
            .join(", "),
        Err(e) => {
            assert!(e.is_access_denied(), "{text}: {e}");
            e.to_string()
        }
    }
}

#[test]
fn outcomes() {
    let eve = eve();
    for (text, expect) in [
        // Denied columns drop out of a select list, with or without alias.
        (
            "SELECT [First Name], [Salary], [Last Name], [Department].[Name] AS d FROM [HR].[Employees]",
            "First Name, Last Name",
        ),
        ("SELECT [Salary] FROM [HR].[Employees]", "Access denied"),
        (
            "SELECT [First Name], [Salary] + 1 FROM [HR].[Employees]",
            "Access denied",
        ),
        (
            "SELECT [First Name] FROM [HR].[Employees] WHERE [Salary] = 100",
            "Access denied",
        ),
        (
            "SELECT [First Name] FROM [HR].[Employees] ORDER BY [Salary]",
            "Access denied",
        ),
        (
            "SELECT [First Name], [Salary] AS s FROM [HR].[Employees] ORDER BY s",
            "Access denied",
        ),
        (
            "SELECT [First Name], [Salary] FROM [HR].[Employees] ORDER BY 2",
            "Access denied",
        ),
        (
            "SELECT COUNT([Salary]) FROM [HR].[Employees]",
            "Access denied",
        ),
        (
            "SELECT [A] FROM [HR].[Locked]",
            "Access denied on table(s) Locked",
        ),
        (
            "SELECT 1 FROM [HR].[Employees] e JOIN [HR].[Departments] d ON 1 = 1",
            "Access denied on table(s) Departments",
        ),
        (
            "SELECT [First Name], [Created By] FROM [HR].[Employees]",
            "First Name, Created By",
        ),
        (
            "SELECT * FROM [HR].[Employees]",
            "First Name, Last Name, Active, Cinchy Id, Version, Draft Version, Approval State, Created By, Created, \
             Modified By, Modified, Deleted By, Deleted, Replaced",
        ),
    ] {
        assert_eq!(error(text, &eve), expect, "{text}");
    }
    // Links need the target column too.
    assert_eq!(
        error(
            "SELECT [First Name], [Skills], [Department] FROM [HR].[Employees]",
            &ann()
        ),
        "First Name, Department"
    );
    assert_eq!(
        error(
            "SELECT [First Name] FROM [HR].[Employees] WHERE [Skills] = 'Rust'",
            &ann()
        ),
        "Access denied"
    );
    assert_eq!(
        error(
            "SELECT [First Name], [Skills] FROM [HR].[Employees]",
            &bob()
        ),
        "First Name, Skills"
    );
    assert_eq!(error("SELECT [A] FROM [HR].[Locked]", &admin()), "A");
}

#[test]
fn calculated_columns_need_what_they_are_made_of() {
    // Full Name (cached) is granted, Last Name is not; Department Code needs Departments.
    let grant = Grant {
        view: some(&[1301, 1303, 1309, 1310, 1313]),
        direct_query: true,
        ..Grant::default()
    };
    let rights = with_grants(5, vec![(EMPLOYEES, vec![grant])]);
    for text in [
        "SELECT [First Name], [Full Name] FROM [HR].[Employees]",
        "SELECT [First Name], [Department Code] FROM [HR].[Employees]",
        "SELECT [First Name], [Manager] FROM [HR].[Employees]",
    ] {
        assert_eq!(error(text, &rights), "Access denied", "{text}");
    }
    assert!(!error("SELECT * FROM [HR].[Employees]", &rights).contains("Full Name"));
}

#[test]
fn parts_of_dates_in_calculated_columns_are_no_columns() {
    let calculated = |expression: &str| ColumnKind::Calculated {
        result: CalculatedType::Text,
        expression: expression.to_owned(),
        cached: false,
    };
    let dates = table(
        15,
        "HR",
        "Dates",
        &[
            ("Start", ColumnKind::DateTime),
            ("Next", calculated("DATEADD(year, 1, [Start])")),
            (
                "Days",
                calculated("DATEDIFF(day, DATEADD(dd, -1, [Start]), GETDATE())"),
            ),
            (
                "Name",
                calculated(
                    "DATENAME(weekday, [Start]) + CAST(DATEPART(month, [Start]) AS VARCHAR)",
                ),
            ),
            ("Year", calculated("DATEADD(year, 1, [Secret])")),
            ("Secret", ColumnKind::DateTime),
        ],
    );
    let catalog = catalog_with([dates]);
    let grant = Grant {
        view: some(&[1501, 1502, 1503, 1504, 1505]),
        direct_query: true,
        ..Grant::default()
    };
    let rights = with_grants(5, vec![(15, vec![grant])]);
    let text = "SELECT [Next], [Days], [Name] FROM [HR].[Dates]";
    assert!(compile_in(&catalog, text, &rights, Backend::Sqlite).is_ok());
    let text = "SELECT [Year] FROM [HR].[Dates]";
    let error = compile_in(&catalog, text, &rights, Backend::Sqlite).expect_err(text);
    assert_eq!(error.to_string(), "Access denied");
}

#[test]
fn direct_query_is_for_ad_hoc_text() {
    let grant = Grant {
        view: Columns::All,
        ..Grant::default()
    };
    let rights = with_grants(5, vec![(DEPARTMENTS, vec![grant])]);
    let text = "SELECT [Name] FROM [HR].[Departments]";
    assert_eq!(
        error(text, &rights),
        "Access denied on table(s) Departments"
    );
    let catalog = catalog();
    let saved = cinchy_cql::compile(&cinchy_cql::Request {
        text,
        parameters: &[],
        text_parameters: &[],
        catalog: &catalog,
        rights: &rights,
        backend: Backend::Sqlite,
        schema: "",
        ad_hoc: false,
        versions: false,
    });
    assert!(saved.is_ok());
}

#[test]
fn filters() {
    insta::assert_snapshot!(show(
        &[
            "SELECT [First Name] FROM [HR].[Employees] WHERE [Deleted] IS NULL ORDER BY [Cinchy Id]",
            "SELECT COUNT(*) FROM [HR].[Employees]",
        ],
        &eve()
    ));
}

#[test]
fn grants_unite_cell_by_cell() {
    let own = Grant {
        view: some(&[1304, 1309, 1311, 1313]),
        view_filter: Some("[User Account].[Cinchy Id] = currentUserId()".to_owned()),
        direct_query: true,
        ..Grant::default()
    };
    let all = || Grant {
        view: Columns::All,
        ..Grant::default()
    };
    let rights = with_grants(
        4,
        vec![
            (EMPLOYEES, vec![eves_grant(), own]),
            (SKILLS, vec![all()]),
            (DEPARTMENTS, vec![all()]),
        ],
    );
    insta::assert_snapshot!(show(
        &[
            "SELECT [First Name], [Salary] FROM [HR].[Employees]",
            "SELECT [Department], [Skills], [Department Code] FROM [HR].[Employees] WHERE [Skills] = 'Rust'",
        ],
        &rights
    ));
}

#[test]
fn links_into_filtered_tables() {
    let all = || Grant {
        view: Columns::All,
        direct_query: true,
        ..Grant::default()
    };
    let active = Grant {
        view_filter: Some("[Active] = 1".to_owned()),
        ..all()
    };
    let rights = with_grants(
        4,
        vec![
            (EMPLOYEES, vec![all()]),
            (DEPARTMENTS, vec![active]),
            (
                SKILLS,
                vec![Grant {
                    view_filter: Some("[Name] <> 'Rust'".to_owned()),
                    ..all()
                }],
            ),
        ],
    );
    insta::assert_snapshot!(show(
        &[
            "SELECT [Department], [Department].[Cinchy Id], [Department Code] FROM [HR].[Employees]",
            "SELECT [Skills].[Cinchy Id] FROM [HR].[Employees] WHERE [Skills].[Cinchy Id] = 1",
            "SELECT [First Name] FROM [HR].[Employees] WHERE [Skills] <> 'SQL' AND [Department] = [Manager].[Department]",
            "SELECT d.[Name] FROM [HR].[Employees] e JOIN [HR].[Departments] d ON e.[Department] = d.[Name]",
        ],
        &rights
    ));
}

#[test]
fn editable_cells() {
    insta::assert_snapshot!(show(
        &[
            "SELECT editable([Salary]) AS 'entitlement-Salary', editable([Last Name]), editable([Cinchy Id]) FROM [HR].[Employees] t WHERE t.[Cinchy ID]=2",
        ],
        &bob()
    ));
    let grant = Grant {
        edit: some(&[1301]),
        edit_filter: Some("[Department].[Name] = 'Sales'".to_owned()),
        ..eves_grant()
    };
    let rights = with_grants(4, vec![(EMPLOYEES, vec![grant])]);
    insta::assert_snapshot!(show(
        &["SELECT editable([First Name]) FROM [HR].[Employees]"],
        &rights
    ));
}

#[test]
fn broken_filters_are_named() {
    let grant = |filter: &str| Grant {
        view_filter: Some(filter.to_owned()),
        ..eves_grant()
    };
    for (filter, expect) in [
        (
            "[Nope] = 1",
            "Column [Nope] could not be found (in the row filter of Employees)",
        ),
        (
            "[Active]",
            "An expression of non-boolean type specified in a context where a condition is expected, near '[Active]'. (in the row filter of Employees)",
        ),
        (
            "[Active] = @x",
            "Must declare the scalar variable \"@x\". (in the row filter of Employees)",
        ),
        (
            "[Active] = 1 [Salary]",
            "Incorrect syntax near '[Salary]' at line 1, column 14 (in the row filter of Employees)",
        ),
    ] {
        let rights = with_grants(4, vec![(EMPLOYEES, vec![grant(filter)])]);
        let result = compile_for(
            "SELECT [First Name] FROM [HR].[Employees]",
            &rights,
            Backend::Sqlite,
        );
        assert_eq!(
            result.map(|c| c.sql).map_err(|e| e.to_string()),
            Err(expect.to_owned())
        );
    }
}

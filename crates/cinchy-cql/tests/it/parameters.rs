//! Parameters, text parameters and the resolution of binds.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use cinchy_cql::value::{Backend, Bind, Type, Value};
use cinchy_cql::{Request, compile, parameters_of, table_names_of, text_parameters_of};

use crate::hr::{admin, catalog, compile_for, show};

#[test]
fn context_types() {
    insta::assert_snapshot!(show(
        &[
            "SELECT [Name] FROM [HR].[Departments] WHERE [Cinchy Id] = @id AND [Budget] > @id AND [Active] = @id AND [Created] < @id AND [Name] = @ID",
            "SELECT [Name] FROM [HR].[Departments] WHERE [Cinchy Id] = @n AND [Active] = @b AND [Name] = @n",
            "SELECT @p, @n, @b, @p + 'x', @n + 1, ISNULL(@id, 0), @p + 1",
            "SELECT [Name] FROM [HR].[Departments] WHERE ISNULL(@id, 0) = 0 OR @p IS NULL OR CAST(@id AS INT) = [Budget]",
            "SELECT [First Name] FROM [HR].[Employees] WHERE [Deleted] IS NULL AND [Department] = @p AND [Department].[Cinchy Id] IN (@id, 4)",
        ],
        &admin()
    ));
}

#[test]
fn declared_or_not() {
    let error = compile_for("SELECT 1,\n @Nope", &admin(), Backend::Sqlite).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Must declare the scalar variable \"@Nope\"."
    );
    assert_eq!(error.position().map(|p| (p.line, p.column)), Some((2, 2)));
}

#[test]
fn text_parameters() {
    let catalog = catalog();
    let rights = admin();
    let compiled = compile(&Request {
        text: "SELECT [{1}] FROM [{0}].[Departments]",
        parameters: &[],
        text_parameters: &[(0, "HR".to_owned()), (1, "Name".to_owned())],
        catalog: &catalog,
        rights: &rights,
        backend: Backend::Sqlite,
        schema: "",
        ad_hoc: false,
        versions: false,
    });
    assert_eq!(
        compiled.unwrap().sql,
        "SELECT s0.\"c1101\" FROM \"t11\" AS s0 ORDER BY s0.\"cinchy_id\""
    );
    assert_eq!(text_parameters_of("{1} '{0}' {1} {x}"), [1, 0]);
}

#[test]
fn mentioned_parameters() {
    let found = parameters_of("SELECT @B, '@no', [@no], @a -- @no\n, @b, @@rowcount");
    assert_eq!(found.unwrap(), ["b", "a"]);
    assert!(parameters_of("'open").is_err());
}

#[test]
fn bind_types() {
    assert_eq!(Bind::Literal(Value::Int(1)).ty(), Type::Int);
    assert_eq!(
        Bind::Parameter {
            name: "x".into(),
            ty: Type::DateTime
        }
        .ty(),
        Type::DateTime
    );
    assert_eq!(Bind::Now.ty(), Type::DateTime);
}

#[test]
fn tables_are_found_by_their_names() {
    let text = "SELECT t.[Name], 'HR.No' FROM [HR].[Old Teams] t, hr . Teams, [HR].[Old Teams] -- [HR].[No]\n\
                WHERE [a].[b].[c] = 1";
    let found = table_names_of(text).unwrap();
    let found: Vec<String> = found.iter().map(|(d, t)| format!("{d}.{t}")).collect();
    assert_eq!(found, ["t.Name", "HR.Old Teams", "hr.Teams", "a.b"]);
    assert!(table_names_of("[HR].[open").is_err());
}

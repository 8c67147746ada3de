//! The texts of errors, one row for each: what the platform says (documented, or seen in its tests), with line and column
//! where the statement itself is at fault. On both databases, as header and as body.

use super::cases_cql::{cql, with};
use super::cases_writes::{affects, fails, gives, param};
use crate::support::backends::{builder, start_each};
use crate::support::case::{Case, check};

const SEED: &str = include_str!("errors.yaml");

fn update(column: &str, value: &str) -> String {
    format!("UPDATE [Err].[Things] SET [{column}] = {value} WHERE [Cinchy Id] = 1")
}

/// Values that columns do not take, in both kinds of statements.
fn values() -> Vec<Case> {
    let insert = |column: &str, value: &str| {
        format!(
            "INSERT INTO [Err].[Things] ([Name], [Owner], [{column}]) VALUES ('n', 'o', {value})"
        )
    };
    let mut cases = Vec::new();
    for (column, value, text) in [
        ("Amount", "'x'", "Value must be a number."),
        ("Amount", "' '", "Value must be a number."),
        ("Amount", "-0.5", "Value must be 0 or more."),
        ("Amount", "'101'", "Value must be 100.5 or less."),
        ("Made", "'x'", "Value must be a valid date."),
        ("Made", "' '", "Value must be a valid date."),
        ("Made", "'1999-12-31'", "Value must be 2000-01-01 or more."),
        ("Made", "'2031-01-01'", "Value must be 2030-12-31 or less."),
        ("Ready", "'maybe'", "Value must be Yes or No."),
        ("Ready", "2", "Value must be Yes or No."),
        (
            "Size",
            "'XL'",
            "Value must be selected from the available options.",
        ),
        (
            "Size",
            "'s'",
            "Value must be selected from the available options.",
        ),
        (
            "Extras",
            "'Lid, Cap'",
            "Value must be selected from the available options.",
        ),
        ("Code", "'abcde'", "Value must be less than 4 characters"),
        (
            "Part",
            "'ab-1'",
            "Value must match the validation expression of the column.",
        ),
        (
            "Code",
            "'c1'",
            "Cannot insert duplicate key row in object 'dbo.Tbl109' with unique index 'u_t109_c10125'. The duplicate key value is (c1). The statement has been terminated.",
        ),
        (
            "Kind",
            "ResolveLink('Oval', 'Name')",
            "Failed to resolve value Oval in column Name linked to by column Kind",
        ),
        (
            "Kinds",
            "ResolveLink('Round, Oval', 'Name')",
            "Failed to resolve value Oval in column Name linked to by column Kinds",
        ),
        (
            "Kind",
            "ResolveLink('Round', 'Nope')",
            "Object reference not set to an instance of an object.",
        ),
        (
            "Label",
            "'x'",
            "Columns Label are readonly and can not be updated",
        ),
        (
            "Amount",
            "CAST('x' AS FLOAT)",
            "Error converting data type varchar to float.",
        ),
    ] {
        cases.push(fails(&update(column, value), text));
        cases.push(fails(&insert(column, value), text));
    }
    // What is written within the limits is taken, and so is NULL.
    for (column, value) in [
        ("Amount", "'100.5'"),
        ("Amount", "0"),
        ("Amount", "NULL"),
        ("Made", "'15 Mar 2020'"),
        ("Made", "'Dec 2 2020'"),
        ("Made", "NULL"),
        ("Part", "'AB-12'"),
        ("Part", "NULL"),
    ] {
        cases.push(affects(&update(column, value), 1));
    }
    for (text, value) in [
        ("yes", "true"),
        ("No", "false"),
        ("TRUE", "true"),
        ("0", "false"),
        ("1", "true"),
    ] {
        cases.push(gives(
            &format!(
                "{} SELECT [Ready] AS v FROM [Err].[Things] WHERE [Cinchy Id] = 1",
                update("Ready", &format!("'{text}'"))
            ),
            &format!(r#"[{{"v":{value}}}]"#),
        ));
    }
    // An empty parameter clears a date (decided).
    let cleared = format!(
        "{} SELECT [Made] AS v FROM [Err].[Things] WHERE [Cinchy Id] = 1",
        update("Made", "@p")
    );
    cases.push(
        with(&cleared, &param("@p", ""))
            .bearer("admin")
            .gives(r#"[{"v":null}]"#),
    );
    cases
}

/// Columns that are mandatory, read-only or the system's.
fn columns() -> Vec<Case> {
    let mut cases = Vec::new();
    for (text, message) in [
        (
            "INSERT INTO [Err].[Things] ([Code]) VALUES ('z')",
            "Columns Name, Owner are mandatory and must be included in the insert",
        ),
        (
            "INSERT INTO [Err].[Things] ([Name], [Owner]) VALUES ('z', NULL)",
            "Column Owner is mandatory and a null value is not a valid value",
        ),
        (
            "UPDATE [Err].[Things] SET [Owner] = NULL",
            "Column Owner is mandatory and a null value is not a valid value",
        ),
        (
            "UPDATE [Err].[Things] SET [Created] = '2020-01-01'",
            "Access denied on column(s) Created",
        ),
        (
            "UPDATE [Err].[Things] SET [Version] = 5, [Modified By] = 1",
            "Access denied on column(s) Version, Modified By",
        ),
        (
            "INSERT INTO [Err].[Things] ([Name], [Owner], [Modified By], [Modified]) VALUES ('a', 'b', NULL, NULL)",
            "Columns Modified By, Modified are readonly and can not be updated",
        ),
        (
            "DECLARE @t TABLE ([a] VARCHAR(2)) INSERT INTO @t VALUES ('abc')",
            "String or binary data would be truncated. The statement has been terminated.",
        ),
        (
            "UPDATE [Err].[Things] SET [Code] = 'same'",
            "Cannot insert duplicate key row in object 'dbo.Tbl109' with unique index 'u_t109_c10125'. The duplicate key value is (same). The statement has been terminated.",
        ),
    ] {
        cases.push(fails(text, message));
    }
    cases
}

/// Names, syntax and RAISERROR: some have their place within the text, all of them in the error of a refusal.
fn statements() -> Vec<Case> {
    let mut cases = Vec::new();
    for (text, message) in [
        (
            "SELECT [Nope] FROM [Err].[Things]",
            "Column [Nope] could not be found",
        ),
        (
            "SELECT [Kind].[Nope] FROM [Err].[Things]",
            "Column [Nope] could not be found",
        ),
        (
            "SELECT 1 FROM [Err].[Nope]",
            "Table Nope in domain Err could not be found",
        ),
        (
            "SELECT 1 FROM [Nope].[Things]",
            "Table Things in domain Nope could not be found",
        ),
        (
            "SELECT [Name]\nFROM [Err].[Things]\nWHERE",
            "Incorrect syntax near the end of the text at line 3, column 6: an expression expected",
        ),
        (
            "SELECT 1\n  FRM [Err].[Things]",
            "Incorrect syntax near '[Err]' at line 2, column 7: an SQL statement expected",
        ),
        (
            "SELECT geometry::Point(1, 2, 0)",
            "the expression geometry::Point(1, 2, 0) is not supported at line 1, column 8",
        ),
        (
            "MERGE INTO [Err].[Things] t USING [Err].[Kinds] k ON 1 = 1 WHEN MATCHED THEN DELETE",
            "the statement MERGE is not supported at line 1, column 1",
        ),
        ("RAISERROR('Bad %s, %d', 16, 1, 'thing', 7)", "Bad thing, 7"),
        (
            "RAISERROR('one', 16, 1) RAISERROR('two', 16, 1) SELECT 1",
            "one; two",
        ),
        (
            "RAISERROR('one', 16, 1) RETURN RAISERROR('two', 16, 1)",
            "one",
        ),
        ("THROW 50001, 'thrown', 1", "thrown"),
        (
            "EXEC [Err].[Nope]",
            "Saved query Err/Nope could not be found",
        ),
        (
            "SET @nope = 1",
            "Must declare the scalar variable \"@nope\".",
        ),
        ("SELECT 1 / 0", "Divide by zero error encountered."),
        (
            "SELECT CAST('1.5' AS INT)",
            "Conversion failed when converting the varchar value '1.5' to data type int.",
        ),
        (
            "SELECT CAST('x' AS DATETIME)",
            "Conversion failed when converting date and/or time from character string.",
        ),
        (
            "SELECT (SELECT [Name] FROM [Err].[Things])",
            "Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= or when the subquery is used as an expression.",
        ),
    ] {
        cases.push(fails(text, message));
    }
    cases.push(gives(
        "RAISERROR('only said', 10, 1) SELECT 1 AS a",
        r#"[{"a":1}]"#,
    ));
    cases
}

/// What those say who may not.
fn rights() -> Vec<Case> {
    let says = |user: &'static str, text: &str, message: &str| {
        cql(text)
            .bearer(user)
            .is(400)
            .header("x-cinchy-error", message)
    };
    vec![
        says(
            "nell",
            "SELECT 1 FROM [Err].[Kinds]",
            "Access denied on table(s) Kinds",
        ),
        says(
            "nell",
            "SELECT [Code], [Owner] FROM [Err].[Things]",
            "Access denied",
        ),
        cql("SELECT [Name], [Code] FROM [Err].[Things]")
            .bearer("nell")
            .gives(r#"[{"Name":"Ball"},{"Name":"Cube"}]"#),
        says(
            "nell",
            "SELECT [Name] FROM [Err].[Things] WHERE [Owner] = 'Ann'",
            "Access denied",
        ),
        says(
            "nell",
            "SELECT [Name] FROM [Err].[Things] ORDER BY [Owner]",
            "Access denied",
        ),
        says(
            "nell",
            "SELECT [Name] + [Owner] FROM [Err].[Things]",
            "Access denied",
        ),
        says(
            "nell",
            "UPDATE [Err].[Things] SET [Name] = 'x'",
            "Access denied on column(s) Name",
        ),
        says(
            "vic",
            "UPDATE [Err].[Things] SET [Name] = 'x', [Code] = 'y', [Owner] = 'z'",
            "Access denied on column(s) Code, Owner",
        ),
        says(
            "vic",
            "INSERT INTO [Err].[Things] ([Name], [Owner]) VALUES ('x', 'y')",
            "Access denied on column(s) Owner",
        ),
        says(
            "vic",
            "INSERT INTO [Err].[Things] ([Name]) VALUES ('x')",
            "Access denied on table(s) Things",
        ),
        says(
            "vic",
            "DELETE FROM [Err].[Things]",
            "Access denied on table(s) Things",
        ),
        says(
            "vic",
            "TRUNCATE TABLE [Err].[Things]",
            "Access denied on table(s) Things",
        ),
        says(
            "vic",
            "DROP TABLE [Err].[Things]",
            "Access denied on table(s) Things",
        ),
        with(
            "UPDATE [Err].[Things] SET [Name] = [Name] + '2'",
            &[("Type", "NONQUERY")],
        )
        .bearer("vic")
        .gives("1"),
        cql("SELECT [Name] FROM [Err].[Things]")
            .bearer("vic")
            .gives(r#"[{"Name":"Ball2"},{"Name":"Cube"}]"#),
    ]
}

#[tokio::test]
async fn each_text_of_an_error() {
    let backends = start_each(builder().seed_text(SEED)).await;
    for cases in [statements(), rights(), columns(), values()] {
        check(&backends, &cases).await;
    }
}

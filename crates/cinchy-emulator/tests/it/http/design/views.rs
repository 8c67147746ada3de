//! Views and indexes.

use crate::support::story::{Step, error, fails, gives, runs};

pub(super) fn views() -> Vec<Step> {
    let skills = "SELECT [Who] FROM [HR].[Known] ORDER BY [Who]";
    vec![
        runs("dora", "CREATE TABLE [HR].[Own] ([A] INT)"),
        fails(
            "dora",
            "CREATE VIEW [HR].[Known] AS SELECT [Name] AS [Who] FROM [HR].[Skills]",
            "Access denied on table(s) Skills",
        ),
        runs(
            "admin",
            "CREATE VIEW [HR].[Known] AS SELECT [Name] AS [Who] FROM [HR].[Skills] WHERE [Deleted] IS NULL",
        ),
        gives("admin", skills, r#"[["Rust"],["SQL"]]"#),
        // A view shows nobody more than its tables do.
        gives("eve", skills, r#"[["SQL"]]"#),
        fails("dora", skills, "Access denied on table(s) Skills"),
        gives(
            "admin",
            "SELECT v.[Who], p.[Name] FROM [HR].[Known] v LEFT JOIN [HR].[People] p ON p.[Skill] = v.[Who] WHERE v.[Who] <> 'x' ORDER BY 1",
            r#"[["Rust","Ann"],["SQL","Bob"]]"#,
        ),
        gives(
            "admin",
            "SELECT [Known].[Who] FROM [HR].[Known] WHERE [Known].[Who] = 'SQL'",
            r#"[["SQL"]]"#,
        ),
        fails(
            "eve",
            "ALTER VIEW [HR].[Known] AS SELECT 1 AS [Who]",
            "Access denied on table(s) Known",
        ),
        fails(
            "eve",
            "DROP VIEW [HR].[Known]",
            "Access denied on table(s) Known",
        ),
        fails(
            "eve",
            "CREATE VIEW [HR].[Mine] AS SELECT 1 AS [A]",
            "Access denied on table(s) Mine",
        ),
        fails(
            "admin",
            "CREATE VIEW [HR].[Known] AS SELECT 1 AS [A]",
            "There is already an object named 'Known' in the database.",
        ),
        fails(
            "admin",
            "CREATE VIEW [HR].[People] AS SELECT 1 AS [A]",
            "There is already an object named 'People' in the database.",
        ),
        fails(
            "admin",
            "CREATE TABLE [HR].[Known] ([A] INT)",
            "There is already an object named 'Known' in the database.",
        ),
        fails(
            "admin",
            "CREATE VIEW [HR].[Bad] AS SELECT 1",
            "Create View or Function failed because no column name was specified for column 1.",
        ),
        fails(
            "admin",
            "CREATE VIEW [HR].[Bad] AS SELECT [Nope] FROM [HR].[Skills]",
            "Column [Nope] could not be found",
        ),
        fails(
            "admin",
            "DECLARE @x INT = 1; CREATE VIEW [HR].[Bad] AS SELECT @x AS [A]",
            "Must declare the scalar variable \"@x\".",
        ),
        runs(
            "admin",
            "CREATE OR ALTER VIEW [HR].[Known] AS SELECT [Name] AS [Who], [Cinchy Id] AS [Id] FROM [HR].[Skills]",
        ),
        gives(
            "admin",
            "SELECT k.[Id], k.[Who] FROM [HR].[Known] AS k WHERE k.[Who] = 'SQL'",
            r#"[[2,"SQL"]]"#,
        ),
        runs(
            "admin",
            "CREATE VIEW [HR].[Pairs] ([One], [Two]) AS WITH k AS (SELECT [Who] FROM [HR].[Known]) SELECT a.[Who], b.[Who] FROM k a CROSS JOIN k b",
        ),
        gives(
            "admin",
            "WITH k AS (SELECT 1 AS [Who]) SELECT [One], [Two], [Who] FROM [HR].[Pairs] CROSS JOIN k WHERE [One] < [Two]",
            r#"[["Rust","SQL",1]]"#,
        ),
        runs(
            "admin",
            "ALTER VIEW [HR].[Known] AS SELECT [One] AS [Who] FROM [HR].[Pairs]",
        ),
        fails("admin", skills, "View HR.Known reads itself"),
        runs(
            "admin",
            "ALTER VIEW [HR].[Known] AS SELECT [Name] AS [Who] FROM [HR].[People]",
        ),
        gives("admin", "SELECT COUNT(*) FROM [HR].[Pairs]", "[[9]]"),
        runs("admin", "DROP VIEW [HR].[Pairs], [HR].[Known]"),
        fails(
            "admin",
            skills,
            "Table Known in domain HR could not be found",
        ),
        fails(
            "admin",
            "DROP VIEW [HR].[Known]",
            "View Known in domain HR could not be found",
        ),
        runs("admin", "DROP VIEW IF EXISTS [HR].[Known]"),
        runs("admin", "CREATE VIEW [HR].[Known] AS SELECT 1 AS [Who]"),
        gives("dora", skills, "[[1]]"),
    ]
}

pub(super) fn indexes() -> Vec<Step> {
    let lists = "SELECT [Indexes], [Unique Constraints] FROM [Cinchy].[Tables] WHERE [Name] = 'People' AND [Deleted] IS NULL";
    vec![
        runs(
            "admin",
            "CREATE INDEX [by age] ON [HR].[People] ([Age], [Skill])",
        ),
        gives(
            "admin",
            lists,
            r#"[["[[\"Age\",\"Skill\"]]","[[\"Name\",\"Age\"]]"]]"#,
        ),
        fails(
            "admin",
            "CREATE INDEX [By Age] ON [HR].[People] ([Name])",
            "The operation failed because an index or statistics with name 'By Age' already exists on table 'HR.People'.",
        ),
        runs(
            "admin",
            "CREATE UNIQUE INDEX [u] ON [HR].[People] ([Name] DESC)",
        ),
        fails(
            "admin",
            "ALTER TABLE [HR].[People] ALTER COLUMN [Age] INT",
            "ALTER TABLE ALTER COLUMN Age failed because one or more objects access this column: the index by age",
        ),
        runs(
            "admin",
            "DROP INDEX [u] ON [HR].[People]; DROP INDEX [BY AGE] ON [HR].[People]",
        ),
        gives("admin", lists, r#"[[null,"[[\"Name\",\"Age\"]]"]]"#),
        fails(
            "admin",
            "DROP INDEX [u] ON [HR].[People]",
            "Cannot drop the index 'HR.People.u', because it does not exist or you do not have permission.",
        ),
        runs("admin", "DROP INDEX IF EXISTS [u] ON [HR].[People]"),
        fails(
            "admin",
            "CREATE UNIQUE INDEX [u] ON [HR].[Old] ([Same])",
            "The CREATE UNIQUE INDEX statement terminated because a duplicate key was found for the object name 'HR.Old' and the index name 'u'. The statement has been terminated.",
        ),
        gives(
            "admin",
            "SELECT [Unique Constraints] FROM [Cinchy].[Tables] WHERE [Name] = 'Old'",
            "[[null]]",
        ),
        fails(
            "admin",
            "CREATE INDEX [i] ON [HR].[People] ([Twice])",
            "Column 'Twice' in table 'HR.People' is of a type that is invalid for use as a key column in an index.",
        ),
        fails(
            "admin",
            "CREATE INDEX [i] ON [HR].[People] ([Nope])",
            "Column [Nope] could not be found",
        ),
        fails(
            "dora",
            "CREATE INDEX [i] ON [HR].[People] ([Name])",
            "Access denied on table(s) People",
        ),
        error("admin", "DROP INDEX [u]", "not supported"),
        // Columns of one index many times over: the names of the database stay apart.
        runs(
            "admin",
            "CREATE TABLE [HR].[Wide] ([A1] INT, [A2] INT, [A3] INT, [A4] INT, [A5] INT, [A6] INT, [A7] INT, [A8] INT, [A9] INT)",
        ),
        runs(
            "admin",
            "CREATE INDEX [a] ON [HR].[Wide] ([A1], [A2], [A3], [A4], [A5], [A6], [A7], [A8]); CREATE UNIQUE INDEX [b] ON [HR].[Wide] ([A1], [A2], [A3], [A4], [A5], [A6], [A7], [A9])",
        ),
        runs(
            "admin",
            "DROP INDEX [a] ON [HR].[Wide]; DROP INDEX [b] ON [HR].[Wide]; DROP TABLE [HR].[Wide]",
        ),
    ]
}

//! CREATE, ALTER and DROP of tables, views and indexes: what they do, who may, and the exact texts of refusals. The steps
//! of a story run one after the other, on SQLite and on PostgreSQL.

mod views;

use cinchy_testkit::Emulator;

use self::views::{indexes, views};
use crate::support::story::{Step, error, fails, gives, runs, tell};

const SEED: &str = "
users:
  - { username: dora, password: secret-1, canDesignTables: true }
  - { username: rob, password: secret-1 }
  - { username: eve, password: secret-1 }
clients: [{ clientId: app, grantType: [Resource Owner Password], scopes: [js_api], secret: app-secret }]
tables:
  - domain: HR
    name: Skills
    columns: [{ name: Name, type: Text, unique: true }]
    rows: [[Rust], [SQL]]
    entitlements:
      - { users: [rob], viewAll: true, directQuery: true, designTable: true }
      - { users: [eve], viewColumns: [Name], viewFilter: \"[Name] = 'SQL'\", directQuery: true }
  - domain: HR
    name: People
    columns:
      - { name: Name, type: Text, maxLength: 20 }
      - { name: Skill, type: Link, table: HR.Skills, column: Name }
      - { name: Age, type: Text }
      - { name: Twice, type: Calculated, result: Text, cached: false, expression: \"CONCAT([Name], [Name])\" }
    uniqueConstraints: [[Name, Age]]
    rows: [[Ann, 1, \"30\"], [Bob, 2, \"41.5\"], [Cid, null, null]]
queries:
  - { domain: HR, name: Make, type: DDL Script, cql: 'CREATE TABLE [HR].[Made] ([A] INT) CREATE INDEX [i] ON [HR].[Made] ([A])', execute: { groups: [All Users] } }
";

fn columns_of(table: &str) -> String {
    format!(
        "SELECT tc.[Name], tc.[Type], tc.[Ordinal] FROM [Cinchy].[Table Columns] tc WHERE tc.[Deleted] IS NULL \
         AND tc.[Table].[Name] = '{table}' AND tc.[Is System Column] = 0 ORDER BY tc.[Ordinal]"
    )
}

fn tables() -> Vec<Step> {
    vec![
        runs(
            "dora",
            "CREATE TABLE [HR].[Things] ([No] INT NOT NULL, [Text] VARCHAR(5), [Note] nvarchar, [Long] [nvarchar](max), [When] SMALLDATETIME NULL, [OK] BIT, [Data] VARBINARY(MAX), [Code] CHAR(3) UNIQUE)",
        ),
        gives(
            "admin",
            &columns_of("Things"),
            r#"[["No","Number",1],["Text","Text",2],["Note","Text",3],["Long","Text",4],["When","Date and Time",5],["OK","Yes/No",6],["Data","Binary",7],["Code","Text",8]]"#,
        ),
        gives(
            "admin",
            "SELECT [Name], [Is Mandatory], [Is Unique], [Text Column Max Length] FROM [Cinchy].[Table Columns] WHERE [Table].[Full Name] = 'HR.Things' AND [Is System Column] = 0 AND [Type] IN ('Text', 'Number') ORDER BY [Ordinal]",
            r#"[["No",true,false,null],["Text",false,false,5],["Note",false,false,500],["Long",false,false,null],["Code",false,true,3]]"#,
        ),
        gives(
            "admin",
            "SELECT [Full Name], [Type], [Created By].[Username] FROM [Cinchy].[Tables] WHERE [Name] = 'Things'",
            r#"[["HR.Things","Standard","dora"]]"#,
        ),
        // Who made it may do everything with it, others nothing.
        gives("dora", "SELECT [No], [Code] FROM [HR].[Things]", "[]"),
        fails(
            "eve",
            "SELECT [No] FROM [HR].[Things]",
            "Access denied on table(s) Things",
        ),
        fails(
            "eve",
            "ALTER TABLE [HR].[Things] ADD [X] INT",
            "Access denied on table(s) Things",
        ),
        fails(
            "eve",
            "DROP TABLE [HR].[Things]",
            "Access denied on table(s) Things",
        ),
        fails(
            "eve",
            "CREATE TABLE [HR].[Mine] ([A] INT)",
            "Access denied on table(s) Mine",
        ),
        fails(
            "rob",
            "CREATE TABLE [HR].[Mine] ([A] INT)",
            "Access denied on table(s) Mine",
        ),
        // What there is, or must not be.
        fails(
            "dora",
            "CREATE TABLE [hr].[things] ([A] INT)",
            "There is already an object named 'things' in the database.",
        ),
        fails(
            "dora",
            "CREATE TABLE [Nope].[Things] ([A] INT)",
            "Domain Nope could not be found",
        ),
        fails(
            "dora",
            "CREATE TABLE [Mine] ([A] INT)",
            "Table Mine could not be found: write [Domain].[Mine]",
        ),
        fails(
            "dora",
            "CREATE TABLE [HR].[Bad] ([cinchy ID] INT)",
            "Column names in each table must be unique. Column name 'cinchy ID' in table 'Bad' is specified more than once.",
        ),
        fails(
            "dora",
            "CREATE TABLE [HR].[Bad] ([A] INT, [a] BIT)",
            "Column names in each table must be unique. Column name 'a' in table 'Bad' is specified more than once.",
        ),
        error(
            "dora",
            "CREATE TABLE [HR].[A.B] ([A] INT)",
            "'A.B' is not a valid name of a table",
        ),
        error(
            "dora",
            "CREATE TABLE [HR].[Bad] ([A;] INT)",
            "'A;' is not a valid name of a column",
        ),
        error(
            "dora",
            &format!("CREATE TABLE [HR].[{}] ([A] INT)", "x".repeat(126)),
            "is not a valid name of a table",
        ),
        runs(
            "dora",
            &format!(
                "CREATE TABLE [HR].[{}] ([% Done_'+-:()/=@!&$] INT)",
                "x".repeat(125)
            ),
        ),
        fails(
            "dora",
            "CREATE TABLE [HR].[Bad] ([A] UNIQUEIDENTIFIER)",
            "the column type UNIQUEIDENTIFIER is not supported at line 1, column 26",
        ),
        fails(
            "dora",
            "CREATE TABLE [HR].[Bad] ([A] INT PRIMARY KEY)",
            "PRIMARY KEY of a column is not supported at line 1, column 26",
        ),
        error(
            "dora",
            "CREATE TABLE [HR].[Bad] ([A] INT DEFAULT 1)",
            "DEFAULT 1 of a column is not supported at line 1",
        ),
        error(
            "dora",
            "CREATE TABLE [HR].[Bad] ([A] INT, UNIQUE ([A]))",
            "a constraint or option of a new table is not supported",
        ),
        error(
            "dora",
            "CREATE TABLE [HR].[Bad] AS SELECT 1 AS A",
            "not supported",
        ),
        fails(
            "admin",
            "ALTER TABLE [Cinchy].[Users] ADD [X] INT",
            "The system table Users cannot be changed",
        ),
        fails(
            "dora",
            "DROP TABLE [Cinchy].[Users]",
            "Access denied on table(s) Users",
        ),
        fails(
            "dora",
            "SELECT [A] FROM [HR].[Bad]",
            "Table Bad in domain HR could not be found",
        ),
        // Dropping is soft, and the name is free again.
        fails(
            "dora",
            "DROP TABLE [HR].[Nope]",
            "Table Nope in domain HR could not be found",
        ),
        runs("dora", "DROP TABLE IF EXISTS [HR].[Nope]"),
        fails(
            "admin",
            "DROP TABLE [HR].[Skills]",
            "Could not drop object 'HR.Skills' because it is referenced by the link column HR.People.Skill.",
        ),
        runs("dora", "DROP TABLE [HR].[Things]"),
        fails(
            "dora",
            "SELECT [No] FROM [HR].[Things]",
            "Table Things in domain HR could not be found",
        ),
        gives(
            "admin",
            "SELECT [Name], [Deleted By].[Username], IIF([Deleted] IS NULL, 0, 1) FROM [Cinchy].[Tables] WHERE [Name] = 'Things'",
            r#"[["Things","dora",1]]"#,
        ),
        runs("dora", "CREATE TABLE [HR].[Things] ([Other] INT)"),
        gives("dora", "SELECT [Other] FROM [HR].[Things]", "[]"),
        runs(
            "admin",
            "DROP TABLE [HR].[Things], [HR].[People]; DROP TABLE [HR].[Skills]",
        ),
    ]
}

fn columns() -> Vec<Step> {
    vec![
        // The Design Table right is enough; making a table needs more.
        runs(
            "rob",
            "ALTER TABLE [HR].[Skills] ADD [Level] INT, [Since] DATETIME2",
        ),
        gives(
            "rob",
            "SELECT [Name], [Level], [Since] FROM [HR].[Skills]",
            r#"[["Rust",null,null],["SQL",null,null]]"#,
        ),
        gives(
            "admin",
            &columns_of("Skills"),
            r#"[["Name","Text",1],["Level","Number",2],["Since","Date and Time",3]]"#,
        ),
        runs(
            "rob",
            "ALTER TABLE [HR].[Skills] ADD COLUMN [Code] VARCHAR(2) UNIQUE; ALTER TABLE [HR].[Skills] DROP COLUMN [Level], [Code]",
        ),
        gives(
            "admin",
            &columns_of("Skills"),
            r#"[["Name","Text",1],["Since","Date and Time",3]]"#,
        ),
        fails(
            "rob",
            "SELECT [Level] FROM [HR].[Skills]",
            "Column [Level] could not be found",
        ),
        runs("rob", "ALTER TABLE [HR].[Skills] ADD [Level] BIT"),
        gives(
            "rob",
            "SELECT * FROM [HR].[Skills] WHERE [Cinchy Id] = 0",
            "[]",
        ),
        fails(
            "rob",
            "ALTER TABLE [HR].[Skills] ADD [name] INT",
            "Column names in each table must be unique. Column name 'name' in table 'Skills' is specified more than once.",
        ),
        fails(
            "rob",
            "ALTER TABLE [HR].[Skills] ADD [Modified] INT",
            "Column names in each table must be unique. Column name 'Modified' in table 'Skills' is specified more than once.",
        ),
        fails(
            "rob",
            "ALTER TABLE [HR].[Skills] DROP COLUMN [Modified]",
            "Columns Modified are readonly and can not be updated",
        ),
        fails(
            "rob",
            "ALTER TABLE [HR].[Skills] DROP COLUMN [Nope]",
            "Column [Nope] could not be found",
        ),
        runs(
            "rob",
            "ALTER TABLE [HR].[Skills] DROP COLUMN IF EXISTS [Nope]",
        ),
        fails(
            "admin",
            "ALTER TABLE [HR].[Skills] DROP COLUMN [Name]",
            "ALTER TABLE DROP COLUMN Name failed because one or more objects access this column: the link column HR.People.Skill",
        ),
        fails(
            "admin",
            "ALTER TABLE [HR].[People] DROP COLUMN [Age]",
            "ALTER TABLE DROP COLUMN Age failed because one or more objects access this column: a unique constraint",
        ),
        fails(
            "eve",
            "ALTER TABLE [HR].[Skills] ADD [X] INT",
            "Access denied on table(s) Skills",
        ),
        error(
            "admin",
            "ALTER TABLE [HR].[Skills] ADD CONSTRAINT c UNIQUE ([Name])",
            "this way to alter a table is not supported",
        ),
        error(
            "admin",
            "ALTER TABLE [HR].[Skills] RENAME COLUMN [Name] TO [N]",
            "not supported",
        ),
        // Other types: what is there is converted.
        fails(
            "admin",
            "ALTER TABLE [HR].[People] ALTER COLUMN [Age] FLOAT",
            "ALTER TABLE ALTER COLUMN Age failed because one or more objects access this column: a unique constraint",
        ),
        runs("admin", "CREATE TABLE [HR].[Copy] ([A] VARCHAR(10))"),
        fails(
            "admin",
            "ALTER TABLE [HR].[Copy] DROP COLUMN [A]",
            "ALTER TABLE DROP COLUMN failed because 'A' is the only data column in table 'Copy'. A table must have at least one data column.",
        ),
        fails(
            "admin",
            "ALTER TABLE [HR].[People] ALTER COLUMN [Skill] INT",
            "ALTER COLUMN of a link, choice or calculated column is not supported at line 1, column 1",
        ),
        fails(
            "admin",
            "ALTER TABLE [HR].[People] ALTER COLUMN [Twice] INT",
            "ALTER COLUMN of a link, choice or calculated column is not supported at line 1, column 1",
        ),
        fails(
            "admin",
            "ALTER TABLE [HR].[People] ALTER COLUMN [Name] VARCHAR(2)",
            "String or binary data would be truncated. The statement has been terminated.",
        ),
        runs(
            "admin",
            "ALTER TABLE [HR].[People] ALTER COLUMN [Name] VARCHAR(3) NOT NULL",
        ),
        fails(
            "admin",
            "ALTER TABLE [HR].[People] ALTER COLUMN [Age] VARCHAR(30) NOT NULL",
            "Cannot insert the value NULL into column 'Age', table 'HR.People'; column does not allow nulls. UPDATE fails. The statement has been terminated.",
        ),
        gives(
            "admin",
            "SELECT [Name], [Is Mandatory], [Text Column Max Length] FROM [Cinchy].[Table Columns] WHERE [Table].[Full Name] = 'HR.People' AND [Name] IN ('Name', 'Age')",
            r#"[["Name",true,3],["Age",false,500]]"#,
        ),
    ]
}

fn conversions() -> Vec<Step> {
    let ages = "SELECT [Age] FROM [HR].[Old] ORDER BY [Cinchy Id]";
    vec![
        gives("admin", ages, r#"[["30"],["41.5"],[null]]"#),
        runs("admin", "ALTER TABLE [HR].[Old] ALTER COLUMN [Age] FLOAT"),
        gives("admin", ages, r#"[[30.0],[41.5],[null]]"#),
        gives(
            "admin",
            "SELECT [Type] FROM [Cinchy].[Table Columns] WHERE [Full Name] = 'HR.Old.Age'",
            r#"[["Number"]]"#,
        ),
        fails(
            "admin",
            "ALTER TABLE [HR].[Old] ALTER COLUMN [Age] VARCHAR(2)",
            "String or binary data would be truncated. The statement has been terminated.",
        ),
        gives("admin", ages, r#"[[30.0],[41.5],[null]]"#),
        runs(
            "admin",
            "ALTER TABLE [HR].[Old] ALTER COLUMN [Age] VARCHAR(4)",
        ),
        gives("admin", ages, r#"[["30"],["41.5"],[null]]"#),
        fails(
            "admin",
            "ALTER TABLE [HR].[Old] ALTER COLUMN [Name] FLOAT",
            "Error converting data type varchar to float.",
        ),
        fails(
            "admin",
            "ALTER TABLE [HR].[Old] ALTER COLUMN [Name] DATETIME",
            "Conversion failed when converting date and/or time from character string.",
        ),
        gives(
            "admin",
            "SELECT [Name] FROM [HR].[Old] ORDER BY [Cinchy Id]",
            r#"[["Ann"],["Bob"],["Cid"]]"#,
        ),
    ]
}

/// A saved query of the type `DDL Script` needs the rights of whoever runs it.
#[tokio::test]
async fn a_saved_query_makes_a_table() {
    let emulator = Emulator::builder().seed_text(SEED).start().await.unwrap();
    for (user, expected) in [("rob", 400), ("dora", 200), ("dora", 400)] {
        let token = emulator.token("app", user).await.unwrap();
        let url = format!("{}/API/HR/Make", emulator.url());
        let answer = emulator.http().get(url).bearer_auth(token).send().await;
        assert_eq!(answer.unwrap().status(), expected, "{user}");
    }
}

#[tokio::test]
async fn tables_are_made_and_dropped() {
    tell(SEED, tables()).await;
}

#[tokio::test]
async fn columns_are_added_changed_and_dropped() {
    tell(SEED, columns()).await;
}

#[tokio::test]
async fn values_follow_the_type_of_their_column() {
    let old = "
tables:
  - domain: HR
    name: Old
    columns: [{ name: Name, type: Text }, { name: Age, type: Text }, { name: Same, type: Number }]
    rows: [[Ann, \"30\", 1], [Bob, \"41.5\", 1], [Cid, null, 1]]
clients: [{ clientId: app, grantType: [Resource Owner Password], scopes: [js_api], secret: app-secret }]
";
    tell(old, conversions()).await;
}

#[tokio::test]
async fn views_are_read_with_the_readers_rights() {
    tell(SEED, views()).await;
}

#[tokio::test]
async fn indexes_have_names() {
    let seed = SEED.replace(
        "queries:",
        "  - domain: HR\n    name: Old\n    columns: [{ name: Same, type: Number }]\n    rows: [[1], [1]]\nqueries:",
    );
    tell(&seed, indexes()).await;
}

//! Writing by CQL: who may, and tables of the platform itself.

use super::cases_cql::{cql, encoded};
use super::cases_writes::{affects, fails, gives};
use crate::support::backends::start_on_each;
use crate::support::case::{Case, check, post};

fn rights() -> Vec<Case> {
    let by = |user: &'static str, case: Case| case.bearer(user);
    vec![
        // Bob is staff: he edits two columns of his own row.
        by(
            "bob",
            affects("UPDATE [HR].[Employees] SET [Salary] = 1", 1),
        ),
        by(
            "bob",
            gives(
                "SELECT [Salary] FROM [HR].[Employees] WHERE [Cinchy Id] < 3 ORDER BY [Cinchy Id]",
                r#"[{"Salary":100},{"Salary":1}]"#,
            ),
        ),
        by(
            "bob",
            fails(
                "UPDATE [HR].[Employees] SET [Salary] = 2, [Last Name] = 'x', [Level] = NULL WHERE [Cinchy Id] = 2",
                "Access denied on column(s) Last Name, Level",
            ),
        ),
        by(
            "bob",
            fails(
                "INSERT INTO [HR].[Employees] ([First Name]) VALUES ('x')",
                "Access denied on table(s) Employees",
            ),
        ),
        by(
            "bob",
            fails(
                "INSERT INTO [HR].[Skills] ([Name]) VALUES ('x')",
                "Access denied on column(s) Name",
            ),
        ),
        by(
            "bob",
            fails(
                "DELETE FROM [HR].[Employees] WHERE [Cinchy Id] = 2",
                "Access denied on table(s) Employees",
            ),
        ),
        by(
            "bob",
            fails(
                "TRUNCATE TABLE [HR].[Employees]",
                "Access denied on table(s) Employees",
            ),
        ),
        by(
            "bob",
            fails(
                "UPDATE [HR].[Skills] SET [Created] = '2020-01-01'",
                "Access denied on column(s) Created",
            ),
        ),
        // Eve knows nothing of departments, and sees three columns of active employees.
        by(
            "eve",
            fails(
                "UPDATE [HR].[Departments] SET [Name] = 'x'",
                "Access denied on table(s) Departments",
            ),
        ),
        by(
            "eve",
            fails(
                "INSERT INTO [HR].[Departments] ([Name]) VALUES ('x')",
                "Access denied on table(s) Departments",
            ),
        ),
        by(
            "eve",
            fails(
                "UPDATE [HR].[Employees] SET [First Name] = 'x'",
                "Access denied on column(s) First Name",
            ),
        ),
        by(
            "eve",
            fails(
                "DELETE FROM [HR].[Employees]",
                "Access denied on table(s) Employees",
            ),
        ),
        // Ann is a manager.
        by(
            "ann",
            affects(
                "UPDATE [HR].[Employees] SET [Level] = 'Lead' WHERE [Cinchy Id] = 3",
                1,
            ),
        ),
        by(
            "ann",
            affects("DELETE FROM [HR].[Employees] WHERE [Cinchy Id] = 12", 1),
        ),
        by(
            "ann",
            fails(
                "UPDATE [Cinchy].[Users] SET [First Name] = 'x'",
                "Access denied on column(s) First Name",
            ),
        ),
        by(
            "ann",
            fails(
                "INSERT INTO [Cinchy].[Integrated Clients] ([Client Id]) VALUES ('x')",
                "Access denied on table(s) Integrated Clients",
            ),
        ),
        // A new grant holds from the next call on. Its filters rule what Eve may add, change and delete.
        affects(
            "INSERT INTO [Cinchy].[Table Access Control] ([Table], [Users], [View All Columns], [Edit All Columns], [Viewable Row Filter], [Editable Row Filter], [Add Rows], [Delete Rows], [Direct Query]) VALUES (ResolveLink('HR.Skills', 'Full Name'), ResolveLink('eve', 'Username'), 1, 1, '[Name] <> ''Secret''', '[Name] <> ''Rust''', 1, 1, 1)",
            1,
        ),
        by(
            "eve",
            affects("INSERT INTO [HR].[Skills] ([Name]) VALUES ('Open')", 1),
        ),
        by(
            "eve",
            fails(
                "INSERT INTO [HR].[Skills] ([Name]) VALUES ('Fine'), ('Secret')",
                "Access denied",
            ),
        ),
        by(
            "eve",
            affects(
                "UPDATE [HR].[Skills] SET [Name] = [Name] + '.' WHERE [Cinchy Id] < 3",
                1,
            ),
        ),
        by(
            "eve",
            affects("DELETE FROM [HR].[Skills] WHERE [Cinchy Id] IN (1, 3)", 1),
        ),
        gives(
            "SELECT [Name] FROM [HR].[Skills] WHERE [Deleted] IS NULL ORDER BY [Cinchy Id]",
            r#"[{"Name":"Rust"},{"Name":"SQL."},{"Name":"Negotiation"},{"Name":"Open"}]"#,
        ),
        // A link wants the column that it shows: Eve has none of Departments.
        affects(
            "INSERT INTO [Cinchy].[Table Access Control] ([Table], [Users], [View All Columns], [Edit All Columns], [Direct Query]) VALUES (ResolveLink('HR.Employees', 'Full Name'), ResolveLink('eve', 'Username'), 1, 1, 1)",
            1,
        ),
        by(
            "eve",
            fails(
                "UPDATE [HR].[Employees] SET [Department] = '1,0', [Level] = NULL WHERE [Cinchy Id] = 1",
                "Access denied on column(s) Department",
            ),
        ),
        by(
            "eve",
            affects(
                "UPDATE [HR].[Employees] SET [Level] = NULL WHERE [Cinchy Id] = 1",
                1,
            ),
        ),
    ]
}

fn system_tables() -> Vec<Case> {
    vec![
        // A client made by CQL has its secret at once.
        gives(
            "INSERT INTO [Cinchy].[Integrated Clients] ([Client Id], [Client Name], [Grant Type], [Permitted Scopes]) VALUES ('made', 'Made by CQL', 'Resource Owner Password', 'js_api,OpenId') SELECT LEN([Guid]) AS n, [Grant Type], [Permitted Scopes], [Enabled] FROM [Cinchy].[Integrated Clients] WHERE [Client Id] = 'made'",
            r#"[{"n":36,"Grant Type":"Resource Owner Password","Permitted Scopes":"js_api, OpenId","Enabled":true}]"#,
        ),
        // The secret keeps its value.
        gives(
            "SELECT [Guid] AS g INTO #before FROM [Cinchy].[Integrated Clients] WHERE [Client Id] = 'made' UPDATE [Cinchy].[Integrated Clients] SET [Client Name] = 'x' WHERE [Client Id] = 'made' SELECT COUNT(*) AS n FROM [Cinchy].[Integrated Clients] c JOIN #before b ON c.[Guid] = b.[g]",
            r#"[{"n":1}]"#,
        ),
        fails(
            "INSERT INTO [Cinchy].[Integrated Clients] ([Client Id]) VALUES ('made')",
            "Cannot insert duplicate key row in object 'dbo.Tbl6' with unique index 'integrated_clients_client_id_key'. The duplicate key value is (made). The statement has been terminated.",
        ),
        fails(
            "INSERT INTO [Cinchy].[Users] ([Username]) VALUES ('BOB')",
            "Cannot insert duplicate key row in object 'dbo.Tbl4' with unique index 'users_username_key'. The duplicate key value is (bob). The statement has been terminated.",
        ),
        affects(
            "INSERT INTO [Cinchy].[Users] ([Username], [First Name], [Authentication Method], [Password]) VALUES ('new', 'New', 'Cinchy User Account', 'made-by-cql-1')",
            1,
        ),
        gives(
            "SELECT [Display Name], [Password] FROM [Cinchy].[Users] WHERE [Username] = 'new'",
            r#"[{"Display Name":"New (new)","Password":null}]"#,
        ),
        affects(
            "INSERT INTO [Cinchy].[Saved Queries] ([Domain], [Name], [CQL], [Groups With Execute Access]) VALUES (ResolveLink('HR', 'Name'), 'By CQL', 'SELECT 1 AS one', ResolveLink('All Users', 'Name'))",
            1,
        ),
        post("/API/HR/By CQL")
            .gives(r#"{"schema":[{"columnName":"one","type":"Int32"}],"data":[[1]]}"#)
            .bearer("eve"),
        affects(
            "INSERT INTO [Cinchy].[Saved Queries] ([Domain], [Name], [Type], [CQL], [Groups With Execute Access]) VALUES (ResolveLink('HR', 'Name'), 'Raise', 'Non Query', 'UPDATE [HR].[Employees] SET [Salary] = [Salary] + 1 WHERE [Cinchy Id] <= @n', ResolveLink('All Users', 'Name'))",
            1,
        ),
        post("/API/HR/Raise")
            .form(encoded(&[("@n", "2")]))
            .gives("2")
            .bearer("ann"),
        post("/API/HR/Raise")
            .form(encoded(&[("@n", "2")]))
            .is(400)
            .header("x-cinchy-error", "Access denied on column(s) Salary")
            .bearer("eve"),
        affects(
            "UPDATE [Cinchy].[Domains] SET [Name] = 'People' WHERE [Name] = 'HR'",
            1,
        ),
        gives(
            "SELECT COUNT(*) AS n FROM [People].[Skills]",
            r#"[{"n":4}]"#,
        ),
        fails(
            "UPDATE [Cinchy].[Table Columns] SET [Type] = 'Text'",
            "UPDATE of [Type] in [Cinchy].[Table Columns] (use ALTER TABLE) is not supported",
        ),
        // A dropped table comes back with its rows.
        gives(
            "CREATE TABLE [People].[Passing] ([A] INT) INSERT INTO [People].[Passing] ([A]) VALUES (7) DROP TABLE [People].[Passing] UPDATE [Cinchy].[Tables] SET [Deleted] = NULL WHERE [Name] = 'Passing' SELECT [A] FROM [People].[Passing]",
            r#"[{"A":7}]"#,
        ),
        fails("DELETE FROM [Cinchy].[Tables] WHERE [Name] = 'Passing'", "DELETE of [Cinchy].[Tables] (use DROP TABLE) is not supported"),
        fails("UPDATE [Cinchy].[Tables] SET [Deleted] = '2020-01-01'", "Access denied on column(s) Deleted"),
        fails("UPDATE [Cinchy].[Tables] SET [Deleted] = NULL", "Access denied on column(s) Deleted").bearer("bob"),
        // Preferences are everybody's own.
        affects("INSERT INTO [Cinchy].[User Preferences] ([User], [Language], [Time Zone]) VALUES (currentUserId(), ResolveLink('fr', 'Subtag'), 'UTC')", 1).bearer("eve"),
        affects("UPDATE [Cinchy].[User Preferences] SET [Language] = NULL", 1).bearer("eve"),
        fails("INSERT INTO [Cinchy].[User Preferences] ([User]) VALUES (ResolveLink('pia', 'Username'))", "Access denied").bearer("eve"),
        affects(
            "UPDATE [Cinchy].[Users] SET [Is Disabled] = 1 WHERE [Username] = 'eve'",
            1,
        ),
        cql("SELECT 1 AS one").is(401).bearer("eve"),
    ]
}

#[tokio::test]
async fn rights_to_write() {
    let backends = start_on_each(|_| {}).await;
    check(&backends, &rights()).await;
}

#[tokio::test]
async fn writes_of_system_tables() {
    let backends = start_on_each(|_| {}).await;
    check(&backends, &system_tables()).await;
    for backend in &backends {
        let emulator = &backend.emulator;
        // The user signs in with the new password, at the new client with its new secret.
        let secret = "SELECT [Guid] FROM [Cinchy].[Integrated Clients] WHERE [Client Id] = 'made'";
        let answer = emulator
            .http()
            .post(format!("{}/API/ExecuteCQL", emulator.url()))
            .bearer_auth(emulator.token("app", "admin").await.unwrap())
            .form(&[("Query", secret)])
            .send()
            .await
            .unwrap();
        let answer: serde_json::Value = answer.json().await.unwrap();
        let token = emulator
            .http()
            .post(format!("{}/identity/connect/token", emulator.url()))
            .form(&[
                ("grant_type", "password"),
                ("client_id", "made"),
                ("client_secret", answer["data"][0][0].as_str().unwrap()),
                ("username", "new"),
                ("password", "made-by-cql-1"),
                ("scope", "js_api"),
            ])
            .send()
            .await
            .unwrap();
        assert_eq!(token.status().as_u16(), 200, "{}", backend.name);
    }
}

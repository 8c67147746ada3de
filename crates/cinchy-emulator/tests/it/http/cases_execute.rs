//! Fields of ExecuteCQL that change who asks and what happens: `UserId` and `SchemaOnly`.

use serde_json::Value;

use super::cases_cql::with;
use crate::support::backends::{OnBackend, start_on_each};
use crate::support::case::{Case, check, post};

const ME: &str = "SELECT [Username] FROM [Cinchy].[Users] WHERE [Cinchy Id] = currentUserId()";
const SEEN: &str = "SELECT COUNT(*) AS 'N' FROM [HR].[Employees]";
const GHOSTS: &str = "SELECT COUNT(*) AS 'N' FROM [HR].[Skills] WHERE [Name] = 'Ghost'";

fn user_ids() -> Vec<Case> {
    let as_user =
        |cql: &str, id: &str, by: &'static str| with(cql, &[("UserId", id)]).bearer(by).named(id);
    vec![
        as_user(ME, "", "admin").gives(r#"[{"Username":"admin"}]"#),
        as_user(ME, "4", "admin").gives(r#"[{"Username":"eve"}]"#),
        // With that user's rights.
        as_user(SEEN, "4", "admin").gives(r#"[{"N":10}]"#),
        as_user("SELECT [Salary] FROM [HR].[Employees]", "4", "admin").is(400),
        // Others act for themselves, whatever they write.
        as_user(ME, "1", "ann").gives(r#"[{"Username":"ann"}]"#),
        as_user(ME, "nobody", "ann").gives(r#"[{"Username":"ann"}]"#),
        as_user(ME, "nobody", "admin").is(400).header(
            "x-cinchy-error",
            "UserId must be the Cinchy Id of a user, not `nobody`",
        ),
        as_user(ME, "4711", "admin").is(400).header(
            "x-cinchy-error",
            "The user 4711 of UserId could not be found",
        ),
    ]
}

fn schemas() -> Vec<Case> {
    let schema = |cql: &str| {
        with(cql, &[("SchemaOnly", "1"), ("CompressJSON", "true")])
            .bearer("ann")
            .named("schema only")
    };
    let columns = |name: &str, ty: &str| {
        format!(r#"{{"schema":[{{"columnName":"{name}","type":"{ty}"}}],"data":[]}}"#)
    };
    let none = || with(GHOSTS, &[]).bearer("ann").gives(r#"[{"N":0}]"#);
    let insert = "INSERT INTO [HR].[Skills] ([Name])";
    vec![
        schema(&format!("{insert} VALUES ('Ghost') SELECT [Name] FROM [HR].[Skills]"))
            .gives(&columns("Name", "String")),
        schema(&format!("{insert} OUTPUT INSERTED.[Cinchy Id] VALUES ('Ghost')"))
            .gives(&columns("Cinchy Id", "Int32")),
        schema("CREATE TABLE #t ([id] int) INSERT INTO #t ([id]) VALUES (1) SELECT x.[id] AS 'id' FROM #t x")
            .gives(&columns("id", "Int32")),
        schema("UPDATE t SET t.[Name] = 'Ghost' FROM [HR].[Skills] t WHERE t.[Cinchy Id] = 1").gives(r#"{"schema":[],"data":[]}"#),
        none(),
        // What a loop waits for happens for its time.
        schema(&format!(
            "WHILE (SELECT COUNT(*) FROM [HR].[Skills] WHERE [Name] LIKE 'Ghost%') < 3 BEGIN {insert} SELECT 'Ghost' + CAST(COUNT(*) AS VARCHAR(10)) FROM [HR].[Skills] END SELECT 1 AS 'n'"
        ))
        .gives(&columns("n", "Int32")),
        schema("CREATE TABLE [HR].[Ghosts] ([A] VARCHAR(10)) SELECT [A] FROM [HR].[Ghosts]")
            .bearer("admin").gives(&columns("A", "String")),
        with("SELECT [A] FROM [HR].[Ghosts]", &[]).bearer("admin").is(400).named("the table is gone"),
        with("DELETE FROM [HR].[Skills]", &[("SchemaOnly", "true"), ("Type", "NONQUERY")]).bearer("ann").gives("-1"),
        with("SELECT COUNT(*) AS 'N' FROM [HR].[Skills] WHERE [Deleted] IS NULL", &[]).bearer("ann").gives(r#"[{"N":4}]"#),
        schema("SELECT [Nme] FROM [HR].[Skills]").is(400),
        schema(&format!("{insert} VALUES ('Ghost') SELECT [Nme] FROM [HR].[Skills]")).is(400),
        none().named("after a failure"),
        // Ids were not used up.
        with(&format!("{insert} OUTPUT INSERTED.[Cinchy Id] VALUES ('Sailing')"), &[]).bearer("ann").gives(r#"[{"Cinchy Id":5}]"#),
        post("/API/ExecuteCQL").form("Query=SELECT+1&SchemaOnly=maybe").bearer("ann").is(400),
    ]
}

#[tokio::test]
async fn administrators_may_act_for_others() {
    check(&start_on_each(|_| {}).await, &user_ids()).await;
}

#[tokio::test]
async fn schema_only_leaves_nothing_behind() {
    check(&start_on_each(|_| {}).await, &schemas()).await;
}

/// Within a transaction only the text itself is undone.
#[tokio::test]
async fn schema_only_within_a_transaction() {
    for OnBackend { emulator, name, .. } in &start_on_each(|_| {}).await {
        let token = emulator.token("app", "ann").await.unwrap();
        let call = async |path: &str, fields: &[(&str, &str)]| {
            let request = emulator.http().post(format!("{}{path}", emulator.url()));
            let answer = request
                .bearer_auth(&token)
                .form(fields)
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), 200, "{name}: {path}");
            answer.text().await.unwrap()
        };
        let url = format!("{}/API/OpenConnection", emulator.url());
        let opened = emulator.http().get(url).bearer_auth(&token).send();
        let connection = opened.await.unwrap().text().await.unwrap();
        let connection = ("ConnectionId", connection.as_str());
        let transaction = call("/API/BeginTransaction", &[connection]).await;
        let transaction = ("TransactionId", transaction.as_str());
        let add = |skill: &str| format!("INSERT INTO [HR].[Skills] ([Name]) VALUES ('{skill}')");
        let execute = async |cql: &str, schema_only: &str| {
            let fields = [
                ("Query", cql),
                ("SchemaOnly", schema_only),
                connection,
                transaction,
            ];
            call("/API/ExecuteCQL", &fields).await
        };
        execute(&add("Ghost"), "1").await;
        execute(&add("Rowing"), "0").await;
        execute("SELECT 1 AS a INTO #t", "0").await;
        execute(&format!("{} DROP TABLE #t", add("Ghost")), "1").await;
        let kept: Value = serde_json::from_str(&execute("SELECT a FROM #t", "0").await).unwrap();
        assert_eq!(kept["data"][0][0], 1, "{name}");
        call("/API/CommitTransaction", &[connection, transaction]).await;
        let names = "SELECT [Name] FROM [HR].[Skills] WHERE [Cinchy Id] > 4";
        let found: Value =
            serde_json::from_str(&call("/API/ExecuteCQL", &[("Query", names)]).await).unwrap();
        assert_eq!(found["data"].to_string(), r#"[["Rowing"]]"#, "{name}");
    }
}

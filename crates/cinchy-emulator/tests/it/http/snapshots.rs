//! Snapshots: taken live, put back, compared, on both databases with the same answers.

use cinchy_testkit::{Emulator, Instance};
use serde_json::{Value, json};

use crate::support::backends::{builder, start_each};

/// A table with columns of every kind that a difference may show.
const SEED: &str = "
tables:
  - domain: Snap
    name: Teams
    columns: [{ name: Name, type: Text, unique: true }]
    rows: [[Red], [Blue]]
  - domain: Snap
    name: People
    columns:
      - { name: Name, type: Text }
      - { name: Age, type: Number }
      - { name: Team, type: Link, table: Snap.Teams, column: Name }
      - { name: Friends, type: Link, table: Snap.Teams, column: Name, multi: true }
    rows: [[Ann, 30, 1, [1, 2]], [Bob, 40, 2, []], [Cid, 50, 1, [2]]]
";

async fn cql(emulator: &Instance, token: &str, cql: &str) -> String {
    let url = format!("{}/API/ExecuteCQL", emulator.url());
    let form = [("Query", cql), ("ResultFormat", "CSV")];
    let request = emulator.http().post(url).bearer_auth(token).form(&form);
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    assert_eq!(status, 200, "{cql}: {text}");
    text
}

async fn list(emulator: &Emulator) -> Vec<String> {
    let url = format!("{}/_emulator/snapshots", emulator.url());
    let response = emulator.http().get(url).send().await.unwrap();
    let list: Value = response.json().await.unwrap();
    let all = list["snapshots"].as_array().unwrap().clone();
    for one in &all {
        assert!(one["bytes"].as_u64().unwrap() > 0, "{one}");
        assert!(one["created"].as_str().unwrap().ends_with('Z'), "{one}");
    }
    all.iter()
        .map(|one| one["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_snapshot_is_taken_compared_and_put_back() {
    for on in start_each(builder().seed_text(SEED)).await {
        let emulator = &on.emulator;
        let token = emulator
            .login("app", "app-secret", "admin", "cinchy")
            .await
            .unwrap();
        let people = "SELECT [Cinchy Id], [Name], [Age], [Team], [Friends] FROM [Snap].[People] ORDER BY [Cinchy Id]";
        let before = cql(emulator, &token, people).await;
        emulator.take_snapshot("one").await.unwrap();
        assert_eq!(
            emulator.diff("one", "live").await.unwrap(),
            json!({"tables": []}),
            "{}",
            on.name
        );

        for change in [
            "UPDATE p SET p.[Age] = 31, p.[Team] = ResolveLink('Blue', 'Name') FROM [Snap].[People] p WHERE p.[Name] = 'Ann'",
            "DELETE p FROM [Snap].[People] p WHERE p.[Name] = 'Bob'",
            "INSERT INTO [Snap].[People] ([Name], [Age]) VALUES ('Dot', 60)",
            "CREATE TABLE [Snap].[New] ([Text] TEXT)",
        ] {
            cql(emulator, &token, change).await;
        }
        let found = emulator.diff("one", "live").await.unwrap();
        let table = |name: &str| {
            let tables = found["tables"].as_array().unwrap();
            tables
                .iter()
                .find(|t| t["table"] == name)
                .cloned()
                .unwrap_or_default()
        };
        assert_eq!(
            table("Snap.People"),
            json!({
                "table": "Snap.People",
                "added": [{"Cinchy Id": 4, "Name": "Dot", "Age": 60.0, "Team": null, "Friends": []}],
                "changed": [{"cinchyId": 1, "columns": {"Age": [30.0, 31.0], "Team": [1, 2]}}],
                "removed": [2],
            }),
            "{}",
            on.name
        );
        assert_eq!(
            table("Cinchy.Tables")["added"][0]["Name"],
            "New",
            "{}",
            on.name
        );
        emulator.take_snapshot("two").await.unwrap();
        assert_eq!(
            emulator.diff("one", "two").await.unwrap(),
            found,
            "{}",
            on.name
        );
        assert_eq!(list(emulator).await, ["one", "two"], "{}", on.name);

        emulator.restore_snapshot("one").await.unwrap();
        assert_eq!(cql(emulator, &token, people).await, before, "{}", on.name);
        assert_eq!(
            emulator.diff("one", "live").await.unwrap(),
            json!({"tables": []}),
            "{}",
            on.name
        );
        // Ids go on where they were, and unique indexes are there again.
        cql(
            emulator,
            &token,
            "INSERT INTO [Snap].[People] ([Name]) VALUES ('Eve')",
        )
        .await;
        let found = emulator.diff("one", "live").await.unwrap();
        assert_eq!(
            found["tables"][0]["added"][0]["Cinchy Id"], 4,
            "{}",
            on.name
        );
        let url = format!("{}/API/ExecuteCQL", emulator.url());
        let form = [(
            "Query",
            "INSERT INTO [Snap].[Teams] ([Name]) VALUES ('Red')",
        )];
        let twice = emulator
            .http()
            .post(url)
            .bearer_auth(&token)
            .form(&form)
            .send()
            .await
            .unwrap();
        assert_eq!(twice.status(), 400, "{}: Red is there", on.name);

        // The later one has what the earlier one has not.
        emulator.restore_snapshot("two").await.unwrap();
        cql(
            emulator,
            &token,
            "INSERT INTO [Snap].[New] ([Text]) VALUES ('x')",
        )
        .await;

        // They outlive a reset, and are replaced and deleted by name.
        emulator.reset().await.unwrap();
        assert_eq!(list(emulator).await, ["one", "two"], "{}", on.name);
        assert_eq!(cql(emulator, &token, people).await, before, "{}", on.name);
        emulator.take_snapshot("two").await.unwrap();
        assert_eq!(
            emulator.diff("two", "live").await.unwrap(),
            json!({"tables": []}),
            "{}",
            on.name
        );
        emulator.delete_snapshot("one").await.unwrap();
        assert_eq!(list(emulator).await, ["two"], "{}", on.name);
        for missing in [
            emulator.restore_snapshot("one").await,
            emulator.delete_snapshot("one").await,
            emulator.diff("two", "one").await.map(drop),
            emulator.diff("one", "live").await.map(drop),
        ] {
            let message = missing.unwrap_err().to_string();
            assert!(
                message.contains("404") && message.contains("no-such-snapshot"),
                "{}: {message}",
                on.name
            );
        }
        for bad in ["live", ".hidden", "a%20b", &"x".repeat(61)] {
            let message = emulator.take_snapshot(bad).await.unwrap_err().to_string();
            assert!(message.contains("400"), "{}: {bad}: {message}", on.name);
        }
    }
}

/// A password that was believed before a snapshot is put back is asked for again.
#[tokio::test]
async fn an_account_is_what_it_was() {
    for on in start_each(builder()).await {
        let emulator = &on.emulator;
        let sign_in = async |password: &str| {
            emulator
                .login("app", "app-secret", "bob", password)
                .await
                .is_ok()
        };
        emulator.take_snapshot("one").await.unwrap();
        for password in ["other-1", "another-1"] {
            let seed = format!("users: [{{ username: bob, password: {password} }}]");
            emulator
                .seed(&seed, cinchy_testkit::SeedMode::Merge)
                .await
                .unwrap();
            assert!(sign_in(password).await, "{}", on.name);
            emulator.restore_snapshot("one").await.unwrap();
            assert!(!sign_in(password).await, "{}", on.name);
            assert!(sign_in("bob-demo-1").await, "{}", on.name);
        }
        // Nothing of one instance is in another.
        let other = emulator.instance("other").await.unwrap();
        assert!(other.restore_snapshot("one").await.is_err(), "{}", on.name);
    }
}

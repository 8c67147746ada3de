//! The emulated clock: what is dated or expires goes by it, on both databases.

use cinchy_testkit::Emulator;
use serde_json::{Value, json};

use crate::support::backends::{builder, start_each};

/// A token that holds for 30 days from the start.
const SEED: &str = "
users: [{ username: pat, password: pat-test-1, groups: [Cinchy Administrators], tokens: [{ name: t, expires: 30d, value: pat-for-the-clock }] }]
tables:
  - { domain: Time, name: Notes, columns: [{ name: Text, type: Text }], entitlements: [{ groups: [All Users], viewAll: true, editAll: true, addRows: true, directQuery: true }] }
";

async fn call(emulator: &Emulator, method: &str, body: Option<Value>) -> (u16, Value) {
    let url = format!("{}/_emulator/clock", emulator.url());
    let mut request = emulator.http().request(method.parse().unwrap(), url);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn cql(emulator: &Emulator, token: &str, cql: &str) -> (u16, String) {
    let url = format!("{}/API/ExecuteCQL", emulator.url());
    let form = [("Query", cql), ("ResultFormat", "CSV")];
    let request = emulator.http().post(url).bearer_auth(token).form(&form);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn everything_goes_by_the_clock() {
    for on in start_each(builder().seed_text(SEED)).await {
        let emulator = &on.emulator;
        let clock = emulator.clock();
        let old = emulator.token("app", "ann").await.unwrap();
        clock.freeze("2030-06-01T12:00:00Z").await.unwrap();
        assert_eq!(clock.now().await.unwrap(), "2030-06-01T12:00:00.000Z");
        assert_eq!(
            cql(emulator, &old, "SELECT 1 AS X").await.0,
            401,
            "{}: the token is over",
            on.name
        );
        let token = emulator.token("app", "ann").await.unwrap();
        let (status, body) = cql(
            emulator,
            &token,
            "SELECT YEAR(GETDATE()) AS Y, DATEPART(hour, GETUTCDATE()) AS H",
        )
        .await;
        assert_eq!(
            (status, body.as_str()),
            (200, "Y,H\r\n2030,12\r\n"),
            "{}",
            on.name
        );

        let insert = "INSERT INTO [Time].[Notes] ([Text]) VALUES ('x')";
        assert_eq!(cql(emulator, &token, insert).await.0, 200, "{}", on.name);
        clock.advance("90s").await.unwrap();
        let update = "UPDATE n SET n.[Text] = 'y' FROM [Time].[Notes] n";
        assert_eq!(cql(emulator, &token, update).await.0, 200, "{}", on.name);
        let stamps = "SELECT DATEDIFF(second, [Created], [Modified]) AS S FROM [Time].[Notes]";
        assert_eq!(
            cql(emulator, &token, stamps).await.1,
            "S\r\n90\r\n",
            "{}",
            on.name
        );

        // The token of an hour ends after an hour.
        clock.advance("PT57M").await.unwrap();
        assert_eq!(
            cql(emulator, &token, "SELECT 1 AS X").await.0,
            200,
            "{}",
            on.name
        );
        clock.advance("2m").await.unwrap();
        assert_eq!(
            cql(emulator, &token, "SELECT 1 AS X").await.0,
            401,
            "{}",
            on.name
        );

        assert_eq!(
            cql(emulator, "pat-for-the-clock", "SELECT 1 AS X").await.0,
            401,
            "{}",
            on.name
        );
        clock.real().await.unwrap();
        assert_eq!(
            cql(emulator, "pat-for-the-clock", "SELECT 1 AS X").await.0,
            200,
            "{}",
            on.name
        );
        assert_eq!(call(emulator, "GET", None).await.1["mode"], "real");

        clock.advance("1d").await.unwrap();
        assert_eq!(call(emulator, "GET", None).await.1["mode"], "offset");
        emulator.reset().await.unwrap();
        assert_eq!(
            call(emulator, "GET", None).await.1["mode"],
            "real",
            "{}: reset clears it",
            on.name
        );
    }
}

#[tokio::test]
async fn a_lock_ends_by_the_clock() {
    for on in start_each(builder()).await {
        let emulator = &on.emulator;
        for _ in 0..3 {
            assert!(
                emulator
                    .login("app", "app-secret", "locky", "wrong")
                    .await
                    .is_err()
            );
        }
        assert!(emulator.token("app", "locky").await.is_err(), "{}", on.name);
        emulator.clock().advance("16m").await.unwrap();
        emulator.token("app", "locky").await.unwrap();
    }
}

#[tokio::test]
async fn what_no_clock_can_do_is_refused() {
    let emulator = builder().start().await.unwrap();
    for body in [
        json!({}),
        json!({"freeze": false}),
        json!({"freeze": "yesterday"}),
        json!({"advance": "P1M"}),
        json!({"advance": "1h", "freeze": true}),
        json!({"set": "1969-01-01"}),
        json!({"set": "9999-01-01"}),
        json!({"sett": "2027-01-01"}),
        json!([]),
    ] {
        let (status, answer) = call(&emulator, "PUT", Some(body.clone())).await;
        assert_eq!(
            (status, answer["type"].as_str()),
            (400, Some("urn:cinchy-emulator:problem:bad-body")),
            "{body}"
        );
    }
    assert_eq!(call(&emulator, "GET", None).await.1["mode"], "real");
    let (status, answer) = call(
        &emulator,
        "PUT",
        Some(json!({"freeze": "2027-01-01T02:00:00+02:00"})),
    )
    .await;
    assert_eq!(
        (status, answer),
        (
            200,
            json!({"now": "2027-01-01T00:00:00.000Z", "mode": "frozen"})
        )
    );
    let (status, answer) = call(&emulator, "PUT", Some(json!({"advance": -1.5}))).await;
    assert_eq!(
        (status, answer),
        (
            200,
            json!({"now": "2026-12-31T23:59:58.500Z", "mode": "frozen"})
        )
    );
}

//! What is known and short is answered without a hop to another thread. Nobody sees which way an answer came.

use cinchy_testkit::Emulator;

/// Short, refused by the database, long to compute, long to send.
const SEED: &str = "
users: [{ username: ann, password: ann-pass-1 }]
clients: [{ clientId: app, grantType: [Resource Owner Password], scopes: [js_api], secret: app-secret }]
queries:
  - { domain: D, name: Few, cql: 'SELECT [Name] FROM [D].[T] ORDER BY [Name]', execute: { groups: [All Users] } }
  - { domain: D, name: Wrong, cql: 'SELECT 1 / [Zero] AS [X] FROM [D].[T]', execute: { groups: [All Users] } }
  - { domain: D, name: Slow, cql: 'SELECT COUNT(*) AS [N] FROM [D].[T] a CROSS JOIN [D].[T] b CROSS JOIN [D].[T] c CROSS JOIN [D].[T] d CROSS JOIN [D].[T] e CROSS JOIN [D].[T] f CROSS JOIN [D].[T] g', execute: { groups: [All Users] } }
  - { domain: D, name: Large, cql: 'SELECT a.[Name] + b.[Name] AS [X] FROM [D].[T] a CROSS JOIN [D].[T] b CROSS JOIN [D].[T] c CROSS JOIN [D].[T] d CROSS JOIN [D].[T] e', execute: { groups: [All Users] } }
tables:
  - domain: D
    name: T
    columns: [{ name: Name, type: Text }, { name: Zero, type: Number }]
    entitlements: [{ groups: [All Users], viewAll: true }]
    rows: [[a, 0], [b, 0], [c, 0], [d, 0], [e, 0], [f, 0], [g, 0]]
";

#[tokio::test]
async fn an_answer_is_the_same_whichever_way_it_comes() {
    let emulator = Emulator::builder().seed_text(SEED).start().await.unwrap();
    let token = emulator
        .login("app", "app-secret", "ann", "ann-pass-1")
        .await
        .unwrap();
    let ask = async |room: &str, query: &str| {
        let url = format!("{}/{room}/D/{query}", emulator.url());
        let request = emulator.http().get(url);
        let request = if room == "API" {
            request.bearer_auth(&token)
        } else {
            request.basic_auth("ann", Some("ann-pass-1"))
        };
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let content_type = answer.headers()["content-type"].clone();
        (status, content_type, answer.text().await.unwrap())
    };
    for (query, status, part) in [
        (
            "Few",
            200,
            r#""data":[["a"],["b"],["c"],["d"],["e"],["f"],["g"]]}"#,
        ),
        ("Wrong", 400, "Divide by zero error encountered."),
        ("Slow", 200, r#""data":[[823543]]}"#),
        ("Large", 200, r#"["gg"]]}"#),
        ("Missing", 404, ""),
    ] {
        let first = ask("API", query).await;
        assert_eq!(first.0, status, "{query}: {}", first.2);
        assert!(first.2.contains(part), "{query}");
        for room in ["API", "BasicAuthAPI", "API", "BasicAuthAPI", "API"] {
            assert!(ask(room, query).await == first, "{room} {query}");
        }
    }
}

#[tokio::test]
async fn a_token_is_refused_for_the_same_reason_again_and_again() {
    let emulator = Emulator::builder().seed_text(SEED).start().await.unwrap();
    for _ in 0..3 {
        for (secret, password, error) in [
            ("app-secret", "ann-pass-1", None),
            ("other", "ann-pass-1", Some("invalid_client")),
            ("app-secret", "ann-pass-1", None),
            ("app-secret", "", Some("invalid_grant")),
        ] {
            let got = emulator.login("app", secret, "ann", password).await;
            let got = got.err().map(|error| error.to_string());
            assert_eq!(got.is_some(), error.is_some(), "{got:?}");
            assert!(error.is_none_or(|error| got.unwrap().contains(error)));
        }
    }
}

//! A change to the platform holds from the next call on, whatever is cached; a reset takes all changes back.

use cinchy_testkit::{Emulator, SeedMode, TestkitError};

use crate::support::backends::{start, start_on_each};

async fn by_token(emulator: &Emulator, token: &str, path: &str) -> (u16, String) {
    let url = format!("{}/API/{path}", emulator.url());
    let response = emulator
        .http()
        .get(url)
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    let reason = response.headers().get("x-emulator-reason");
    let reason = reason.map_or(String::new(), |value| value.to_str().unwrap().to_owned());
    (response.status().as_u16(), reason)
}

async fn by_password(emulator: &Emulator, user: &str, password: &str) -> u16 {
    let url = format!("{}/BasicAuthAPI/Zoo/Count", emulator.url());
    let request = emulator.http().get(url).basic_auth(user, Some(password));
    request.send().await.unwrap().status().as_u16()
}

async fn csv(emulator: &Emulator, token: &str, path: &str) -> String {
    let url = format!("{}/API/{path}?ResultFormat=CSV", emulator.url());
    let response = emulator
        .http()
        .get(url)
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200, "{path}");
    response.text().await.unwrap()
}

/// The error and its description that `login` is refused with.
async fn refusal(
    emulator: &Emulator,
    client: &str,
    secret: &str,
    user: &str,
    password: &str,
) -> (String, Option<String>) {
    match emulator.login(client, secret, user, password).await {
        Err(TestkitError::Refused {
            error, description, ..
        }) => (error, description),
        other => panic!("not refused: {:?}", other.map(|_| "a token")),
    }
}

#[tokio::test]
async fn a_disabled_client_is_out_at_once() {
    for on in start_on_each(|_| {}).await {
        let emulator = &on.emulator;
        let token = emulator.token("app", "bob").await.unwrap();
        let other = emulator.token("narrow", "bob").await.unwrap();
        assert_eq!(by_token(emulator, &token, "HR/Headcount").await.0, 200);
        let seed =
            "clients: [{ clientId: app, grantType: [Resource Owner Password], enabled: false }]";
        emulator.seed(seed, SeedMode::Merge).await.unwrap();
        let (status, reason) = by_token(emulator, &token, "HR/Headcount").await;
        assert_eq!(status, 401, "{}", on.name);
        assert!(reason.contains("client"), "{reason}");
        let refused = refusal(emulator, "app", "app-secret", "bob", "bob-demo-1").await;
        assert_eq!(refused, ("invalid_client".to_owned(), None));
        assert_eq!(
            by_token(emulator, &other, "HR/Headcount").await.0,
            200,
            "other clients stay"
        );
        assert_eq!(
            by_password(emulator, "bob", "bob-demo-1").await,
            200,
            "Basic has no client"
        );
        emulator.reset().await.unwrap();
        assert_eq!(
            by_token(emulator, &token, "HR/Headcount").await.0,
            200,
            "{}",
            on.name
        );
    }
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once() {
    for on in start_on_each(|_| {}).await {
        let emulator = &on.emulator;
        let token = emulator.token("app", "pia").await.unwrap();
        let pat = "pat_live_0123456789";
        for credential in [&token, pat] {
            assert_eq!(by_token(emulator, credential, "HR/Headcount").await.0, 200);
        }
        assert_eq!(by_password(emulator, "pia", "ann-demo-1").await, 200);
        emulator
            .seed(
                "users: [{ username: pia, disabled: true }]",
                SeedMode::Merge,
            )
            .await
            .unwrap();
        for credential in [&token, pat] {
            assert_eq!(
                by_token(emulator, credential, "HR/Headcount").await.0,
                401,
                "{}",
                on.name
            );
        }
        assert_eq!(
            by_password(emulator, "pia", "ann-demo-1").await,
            401,
            "{}",
            on.name
        );
        let refused = refusal(emulator, "app", "app-secret", "pia", "ann-demo-1").await;
        assert_eq!(refused.0, "invalid_grant");
        emulator
            .seed(
                "users: [{ username: pia, disabled: false }]",
                SeedMode::Merge,
            )
            .await
            .unwrap();
        assert_eq!(
            by_token(emulator, &token, "HR/Headcount").await.0,
            200,
            "{}",
            on.name
        );
        assert_eq!(
            by_password(emulator, "pia", "ann-demo-1").await,
            200,
            "{}",
            on.name
        );
    }
}

#[tokio::test]
async fn a_changed_password_counts_at_once() {
    for on in start_on_each(|_| {}).await {
        let emulator = &on.emulator;
        assert_eq!(by_password(emulator, "bob", "bob-demo-1").await, 200);
        assert_eq!(by_password(emulator, "bob", "bob-demo-1").await, 200);
        emulator
            .seed(
                "users: [{ username: bob, password: other-1 }]",
                SeedMode::Merge,
            )
            .await
            .unwrap();
        assert_eq!(
            by_password(emulator, "bob", "bob-demo-1").await,
            401,
            "{}",
            on.name
        );
        assert_eq!(
            by_password(emulator, "bob", "other-1").await,
            200,
            "{}",
            on.name
        );
        // The kit knows the new one, and the old one after a reset.
        emulator.token("app", "bob").await.unwrap();
        emulator.reset().await.unwrap();
        emulator.token("app", "bob").await.unwrap();
        assert_eq!(
            by_password(emulator, "bob", "other-1").await,
            401,
            "{}",
            on.name
        );
    }
}

#[tokio::test]
async fn a_changed_secret_and_lifetime_count_at_once() {
    let emulator = start().await;
    let seed = "clients: [{ clientId: app, grantType: [Resource Owner Password], secret: other, accessTokenLifetime: 60 }]";
    emulator.seed(seed, SeedMode::Merge).await.unwrap();
    let refused = refusal(&emulator, "app", "app-secret", "bob", "bob-demo-1").await;
    assert_eq!(refused.0, "invalid_client");
    let token = emulator.token("app", "bob").await.unwrap();
    let (_, payload) = crate::support::jwt::parts(&token);
    assert_eq!(
        payload["exp"].as_i64().unwrap() - payload["nbf"].as_i64().unwrap(),
        60
    );
}

#[tokio::test]
async fn a_new_right_and_a_new_query_count_at_once() {
    for on in start_on_each(|_| {}).await {
        let emulator = &on.emulator;
        let token = emulator.token("app", "eve").await.unwrap();
        assert_eq!(by_token(emulator, &token, "HR/Departments").await.0, 400);
        assert_eq!(by_token(emulator, &token, "HR/New").await.0, 404);
        let seed = "
tables:
  - domain: HR
    name: Departments
    entitlements: [{ users: [eve], viewColumns: [Name] }]
queries:
  - { domain: HR, name: New, cql: \"SELECT [Name] FROM [HR].[Departments] ORDER BY [Name] DESC\", execute: { users: [eve] } }
";
        emulator.seed(seed, SeedMode::Merge).await.unwrap();
        assert_eq!(
            csv(emulator, &token, "HR/Departments").await,
            "Name\r\n\"Legal\"\r\n\"Product\"\r\n\"Sales\"\r\n"
        );
        assert_eq!(
            csv(emulator, &token, "HR/New").await,
            "Name\r\n\"Sales\"\r\n\"Product\"\r\n\"Legal\"\r\n"
        );
        // A group is left: what it gave is gone.
        let bob = emulator.token("app", "bob").await.unwrap();
        assert_eq!(by_token(emulator, &bob, "HR/My%20Profile").await.0, 200);
        emulator.reset().await.unwrap();
        assert_eq!(
            by_token(emulator, &token, "HR/New").await.0,
            404,
            "{}",
            on.name
        );
        assert_eq!(
            by_token(emulator, &token, "HR/Departments").await.0,
            400,
            "{}",
            on.name
        );
        assert_eq!(by_token(emulator, &bob, "HR/My%20Profile").await.0, 200);
    }
}

#[tokio::test]
async fn merged_rows_appear_and_a_reset_takes_them_away_with_their_ids() {
    for on in start_on_each(|_| {}).await {
        let emulator = &on.emulator;
        let token = emulator.token("app", "ann").await.unwrap();
        let before = csv(emulator, &token, "Zoo/As%20CSV").await;
        let add = "tables: [{ domain: Zoo, name: Kinds, rows: [[Fox], [Owl]] }]";
        for _ in 0..2 {
            emulator.seed(add, SeedMode::Merge).await.unwrap();
            let kinds = csv(emulator, &token, "Zoo/Kinds").await;
            assert_eq!(
                kinds,
                "Cinchy Id,Name\r\n1,\"Cat\"\r\n2,\"O'Dog, Sr.\"\r\n3,\"Fox\"\r\n4,\"Owl\"\r\n",
                "{}",
                on.name
            );
            emulator.reset().await.unwrap();
        }
        assert_eq!(csv(emulator, &token, "Zoo/As%20CSV").await, before);
    }
}

/// The account opens again by a reset, since the clock cannot be moved yet.
#[tokio::test]
async fn a_reset_opens_a_locked_account() {
    for on in start_on_each(|_| {}).await {
        let emulator = &on.emulator;
        for _ in 0..3 {
            assert_eq!(by_password(emulator, "locky", "wrong").await, 401);
        }
        assert_eq!(by_password(emulator, "locky", "ann-demo-1").await, 401);
        emulator.reset().await.unwrap();
        for _ in 0..2 {
            assert_eq!(by_password(emulator, "locky", "wrong").await, 401);
        }
        assert_eq!(
            by_password(emulator, "locky", "ann-demo-1").await,
            200,
            "{}",
            on.name
        );
    }
}

#[tokio::test]
async fn the_export_of_one_database_makes_the_same_platform_on_another() {
    let all = start_on_each(|_| {}).await;
    let first = all[0].emulator.export().await.unwrap();
    // Tokens that expire some days after the start differ by a second.
    let without_times = |export: &str| {
        let lines = export
            .lines()
            .filter(|line| !line.trim_start().starts_with("expires:"));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    for on in &all {
        let export = on.emulator.export().await.unwrap();
        assert_eq!(without_times(&export), without_times(&first), "{}", on.name);
        let small = "users: [{ username: zoe, password: zoe-demo-1 }]";
        on.emulator.seed(small, SeedMode::Replace).await.unwrap();
        assert_ne!(on.emulator.export().await.unwrap(), first);
        on.emulator.seed(&first, SeedMode::Replace).await.unwrap();
        assert_eq!(on.emulator.export().await.unwrap(), first, "{}", on.name);
        let token = on
            .emulator
            .login("app", "app-secret", "bob", "bob-demo-1")
            .await
            .unwrap();
        assert_eq!(
            csv(&on.emulator, &token, "HR/Headcount").await,
            "Headcount\r\n10\r\n"
        );
    }
}

#[tokio::test]
async fn a_bad_seed_changes_nothing_and_names_the_place() {
    for on in start_on_each(|_| {}).await {
        let emulator = &on.emulator;
        let before = emulator.export().await.unwrap();
        for (seed, part) in [
            (
                "users:\n  - { username: kim }\n  - { usernam: lou }\n",
                "usernam",
            ),
            (
                "users: [{ username: kim }]\ntables: [{ domain: Zoo, name: Kinds, rows: [{ Nme: x }] }]",
                "Nme",
            ),
            (
                "tables: [{ domain: Zoo, name: Kinds, rows: [[a, b, c]] }]",
                "",
            ),
            ("users: [{ username: kim, groups: [Nobodies] }]", "Nobodies"),
        ] {
            let url = format!("{}/_emulator/seed", emulator.url());
            let request = emulator
                .http()
                .post(url)
                .header("content-type", "application/yaml");
            let response = request.body(seed).send().await.unwrap();
            assert_eq!(response.status(), 400, "{seed}");
            assert_eq!(
                response.headers()["content-type"],
                "application/problem+json"
            );
            let problem: serde_json::Value = response.json().await.unwrap();
            let error = &problem["errors"][0];
            assert!(
                error["line"].as_u64().unwrap() > 0 && error["column"].as_u64().unwrap() > 0,
                "{problem}"
            );
            assert!(
                error["message"].as_str().unwrap().contains(part),
                "{problem}"
            );
            assert_eq!(
                emulator.export().await.unwrap(),
                before,
                "{}: {seed}",
                on.name
            );
        }
    }
}

#[tokio::test]
async fn without_a_control_api_the_kit_says_so() {
    let emulator = Emulator::builder()
        .option(|serve| serve.no_control = true)
        .start()
        .await
        .unwrap();
    assert!(matches!(
        emulator.reset().await,
        Err(TestkitError::NoControl)
    ));
    assert!(emulator.ready().control_url.is_none());
    let url = format!("{}/_emulator/info", emulator.url());
    assert_eq!(emulator.http().get(url).send().await.unwrap().status(), 404);
    // Probes are always there.
    let url = format!("{}/readyz", emulator.url());
    assert_eq!(emulator.http().get(url).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_control_token_is_asked_for_and_the_kit_sends_it() {
    let options =
        Emulator::builder().option(|serve| serve.control_token = Some("ct-0123456789".to_owned()));
    let emulator = options.start().await.unwrap();
    emulator.reset().await.unwrap();
    let url = format!("{}/_emulator/reset", emulator.url());
    assert_eq!(
        emulator.http().post(&url).send().await.unwrap().status(),
        401
    );
    assert_eq!(
        emulator
            .http()
            .post(&url)
            .bearer_auth("x")
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
}

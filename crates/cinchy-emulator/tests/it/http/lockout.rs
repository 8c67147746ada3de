//! Wrong passwords: three and the account is locked, whatever the door and however many try at once.

use cinchy_testkit::Emulator;
use serde_json::{Value, json};

use crate::support::backends::{start, start_on_each};

const RIGHT: &str = "ann-demo-1";

/// Asks for a token; status and body.
async fn try_password(emulator: &Emulator, user: &str, password: &str) -> (u16, Value) {
    let form = [
        ("client_id", "app"),
        ("client_secret", "app-secret"),
        ("grant_type", "password"),
        ("username", user),
        ("password", password),
    ];
    let url = format!("{}/identity/connect/token", emulator.url());
    let response = emulator.http().post(url).form(&form).send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn try_basic(emulator: &Emulator, user: &str, password: &str) -> u16 {
    let url = format!("{}/BasicAuthAPI/Zoo/Count", emulator.url());
    let request = emulator.http().get(url).basic_auth(user, Some(password));
    request.send().await.unwrap().status().as_u16()
}

fn refusal() -> (u16, Value) {
    let body =
        json!({"error": "invalid_grant", "error_description": "Invalid username or password"});
    (400, body)
}

#[tokio::test]
async fn three_wrong_passwords_lock_the_account() {
    for on in start_on_each(|_| {}).await {
        let emulator = &on.emulator;
        let token = emulator.token("app", "locky").await.unwrap();
        for _ in 0..3 {
            assert_eq!(
                try_password(emulator, "locky", "wrong").await,
                refusal(),
                "{}",
                on.name
            );
        }
        // The right one now gets the same answer as the wrong one, at each door.
        assert_eq!(
            try_password(emulator, "locky", RIGHT).await,
            refusal(),
            "{}",
            on.name
        );
        assert_eq!(
            try_password(emulator, "LOCKY", RIGHT).await,
            refusal(),
            "{}",
            on.name
        );
        assert_eq!(
            try_basic(emulator, "locky", RIGHT).await,
            401,
            "{}",
            on.name
        );
        // Others are not concerned, and what was issued before stays good.
        assert_eq!(
            try_password(emulator, "w1", RIGHT).await.0,
            200,
            "{}",
            on.name
        );
        let url = format!("{}/API/Zoo/Count", emulator.url());
        let answer = emulator
            .http()
            .get(url)
            .bearer_auth(token)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{}", on.name);
    }
}

#[tokio::test]
async fn the_doors_count_together_and_success_starts_again() {
    for on in start_on_each(|_| {}).await {
        let emulator = &on.emulator;
        for _ in 0..3 {
            assert_eq!(try_password(emulator, "w1", "wrong").await.0, 400);
            assert_eq!(try_basic(emulator, "w1", "wrong").await, 401);
            assert_eq!(try_basic(emulator, "w1", RIGHT).await, 200, "{}", on.name);
        }
        assert_eq!(try_password(emulator, "w2", "wrong").await.0, 400);
        assert_eq!(try_basic(emulator, "w2", "wrong").await, 401);
        assert_eq!(try_password(emulator, "w2", "wrong").await.0, 400);
        assert_eq!(try_basic(emulator, "w2", RIGHT).await, 401, "{}", on.name);
    }
}

/// A password that was verified a moment ago is remembered, but not past a lock.
#[tokio::test]
async fn a_lock_reaches_a_password_that_was_verified_before() {
    let emulator = start().await;
    assert_eq!(try_basic(&emulator, "locky", RIGHT).await, 200);
    assert_eq!(try_basic(&emulator, "locky", RIGHT).await, 200);
    for _ in 0..3 {
        assert_eq!(try_basic(&emulator, "locky", "wrong").await, 401);
    }
    assert_eq!(try_basic(&emulator, "locky", RIGHT).await, 401);
}

/// The count is atomic: of twenty that try at once, no wrong one gets in, and the right one comes too late.
#[tokio::test]
async fn twenty_at_once_lock_it_too() {
    for on in start_on_each(|_| {}).await {
        let emulator = &on.emulator;
        let tries = (0..20).map(|n| {
            let password = format!("wrong-{n}");
            async move { try_password(emulator, "locky", &password).await }
        });
        for answer in futures_util::future::join_all(tries).await {
            assert_eq!(answer, refusal(), "{}", on.name);
        }
        assert_eq!(
            try_password(emulator, "locky", RIGHT).await,
            refusal(),
            "{}",
            on.name
        );
    }
}

//! Who fails too often waits, beside the lock-out; and what a refused sign-in costs is the same whoever it is for.

use std::time::Duration;

use cinchy_testkit::Emulator;
use serde_json::json;

use crate::support::backends::start_each;
use crate::support::browser::{Browser, token, with_clients};

async fn sign_in(emulator: &Emulator, user: &str, password: &str) -> (u16, serde_json::Value) {
    let form = [
        ("grant_type", "password"),
        ("client_id", "app"),
        ("client_secret", "app-secret"),
        ("username", user),
        ("password", password),
    ];
    token(emulator, &form).await
}

async fn basic(emulator: &Emulator, user: &str, password: &str) -> reqwest::Response {
    let url = format!("{}/BasicAuthAPI/Zoo/Count", emulator.url());
    let request = emulator.http().get(url).basic_auth(user, Some(password));
    request.send().await.unwrap()
}

/// Lock-out: an address whose sign-ins fail too often waits, so that nobody locks one account after another.
#[tokio::test]
async fn lockout_an_address_that_fails_too_often_waits() {
    for on in start_each(with_clients()).await {
        let emulator = &on.emulator;
        assert_eq!(sign_in(emulator, "browse", "browse-pw-1").await.0, 200);
        let tries =
            (0..50).map(|n| async move { sign_in(emulator, &format!("nobody{n}"), "wrong").await });
        for (status, body) in futures_util::future::join_all(tries).await {
            assert_eq!((status, &body["error"]), (400, &json!("invalid_grant")));
        }
        let other = emulator.instance("calm").await.unwrap();
        // At each door, with the right password too; the wait is said.
        let refused = sign_in(emulator, "forget", "forget-pw-1").await;
        let expected = json!({
            "error": "temporarily_unavailable",
            "error_description": "Too many sign-ins from this address failed"
        });
        assert_eq!(refused, (429, expected), "{}", on.name);
        let answer = basic(emulator, "forget", "forget-pw-1").await;
        assert_eq!(answer.status(), 429, "{}", on.name);
        let wait = answer.headers()["retry-after"].to_str().unwrap();
        assert!((1..=60).contains(&wait.parse().unwrap()), "{wait}");
        let fields = [("username", "forget"), ("password", "forget-pw-1")];
        let answer = Browser::new(emulator)
            .submit("/account/login", "/account/login", &fields)
            .await;
        assert_eq!(answer.status(), 429, "{}", on.name);
        assert!(answer.headers().contains_key("retry-after"));
        // Not for whom a proxy on this machine names, not for who was verified a moment ago, not in another instance.
        let url = format!("{}/BasicAuthAPI/Zoo/Count", emulator.url());
        let request = emulator
            .http()
            .get(url)
            .basic_auth("forget", Some("forget-pw-1"));
        let answer = request.header("x-forwarded-for", "203.0.113.9").send();
        assert_eq!(answer.await.unwrap().status(), 200, "{}", on.name);
        assert_eq!(
            sign_in(emulator, "browse", "browse-pw-1").await.0,
            200,
            "{}",
            on.name
        );
        let elsewhere = other.login("app", "app-secret", "browse", "browse-pw-1");
        elsewhere.await.unwrap();
        emulator.reset().await.unwrap();
        assert_eq!(
            sign_in(emulator, "forget", "forget-pw-1").await.0,
            200,
            "{}",
            on.name
        );
    }
}

async fn hashed(emulator: &Emulator) -> u64 {
    let url = format!("{}/metrics", emulator.url());
    let text = emulator.http().get(url).send().await.unwrap();
    let text = text.text().await.unwrap();
    let line = text
        .lines()
        .find(|line| line.starts_with("cinchy_password_hashes_total "));
    line.unwrap().split(' ').nth(1).unwrap().parse().unwrap()
}

/// Enumeration: one password is hashed for each refusal, whether or not there is such an account, at each door.
#[tokio::test]
async fn enumeration_a_refusal_is_the_same_work_for_every_account() {
    for on in start_each(with_clients()).await {
        let emulator = &on.emulator;
        for _ in 0..3 {
            sign_in(emulator, "locky", "wrong").await;
        }
        for (user, password) in [
            ("nobody", "x"),
            ("browse", "wrong"),
            ("locky", "ann-demo-1"),
            ("sso-only", "sso-pw-1-x"),
            ("Anonymous", "x"),
        ] {
            let before = hashed(emulator).await;
            assert_eq!(sign_in(emulator, user, password).await.0, 400, "{user}");
            assert_eq!(basic(emulator, user, password).await.status(), 401);
            let fields = [("username", user), ("password", password)];
            Browser::new(emulator)
                .submit("/account/login", "/account/login", &fields)
                .await;
            let work = hashed(emulator).await - before;
            assert_eq!(work, 3, "{user}, {}", on.name);
        }
        // A service account, at the door that is not for it.
        let before = hashed(emulator).await;
        let fields = [("username", "service"), ("password", "service-pw-1")];
        Browser::new(emulator)
            .submit("/account/login", "/account/login", &fields)
            .await;
        assert_eq!(hashed(emulator).await - before, 1, "{}", on.name);
    }
}

/// Sixty-four cold sign-ins at once: all are served, and calls between them too.
#[tokio::test]
async fn many_sign_ins_at_once_leave_room_for_calls() {
    let users: String = (0..64)
        .map(|n| format!("  - {{ username: u{n}, password: secret-{n}-x }}\n"))
        .collect();
    let emulator = with_clients().seed_text(format!("users:\n{users}"));
    let emulator = emulator.start().await.unwrap();
    let access = emulator.token("app", "browse").await.unwrap();
    let sign_ins = futures_util::future::join_all((0..64).map(|n| {
        let (user, password) = (format!("u{n}"), format!("secret-{n}-x"));
        let emulator = &emulator;
        async move { sign_in(emulator, &user, &password).await.0 }
    }));
    let calls = futures_util::future::join_all((0..64).map(|_| {
        let url = format!("{}/API/Zoo/Count", emulator.url());
        let request = emulator.http().get(url).bearer_auth(&access);
        async move {
            request
                .timeout(Duration::from_secs(60))
                .send()
                .await
                .unwrap()
                .status()
        }
    }));
    let (sign_ins, calls) = tokio::join!(sign_ins, calls);
    assert!(sign_ins.iter().all(|status| *status == 200), "{sign_ins:?}");
    assert!(calls.iter().all(|status| *status == 200), "{calls:?}");
}

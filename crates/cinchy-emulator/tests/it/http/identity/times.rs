//! What ends by the clock of the instance: codes, sessions, refresh tokens, devices, tokens.

use serde_json::json;

use crate::support::backends::start_each;
use crate::support::browser::{
    Browser, code_request, exchange, implicit_request, location, parameters, post_json, refresh,
    token, with_clients,
};

#[tokio::test]
async fn codes_sessions_and_refresh_tokens_end_by_the_clock() {
    for on in start_each(with_clients()).await {
        let emulator = &on.emulator;
        let clock = emulator.clock();
        let mut browser = Browser::new(emulator);
        let refused = (400, json!({"error": "invalid_grant"}));
        // A code lives for 300 seconds.
        let back = browser
            .sign_in(&code_request(""), "browse", "browse-pw-1")
            .await;
        clock.advance("301s").await.unwrap();
        let code = parameters(&back)["code"].clone();
        assert_eq!(exchange(emulator, &code).await, refused, "{}", on.name);
        let back = location(&browser.get(&code_request("")).await);
        clock.advance("290s").await.unwrap();
        let (status, tokens) = exchange(emulator, &parameters(&back)["code"]).await;
        assert_eq!(status, 200, "{}: {tokens}", on.name);
        // A session is kept for seven days after its last use; a password must be given again when max_age says so.
        let login = location(&browser.get(&code_request("&max_age=60")).await);
        assert!(login.starts_with("/account/login?"), "{login}");
        for _ in 0..2 {
            clock.advance("6d").await.unwrap();
            let back = location(&browser.get(&implicit_request("&prompt=none")).await);
            assert!(back.contains("id_token="), "{}: {back}", on.name);
        }
        clock.advance("8d").await.unwrap();
        let back = location(&browser.get(&implicit_request("&prompt=none")).await);
        assert!(back.contains("error=login_required"), "{}: {back}", on.name);
        // A refresh token and its successors live for 30 days in all, of which 20 are gone.
        let text = tokens["refresh_token"].as_str().unwrap();
        let (status, newer) = refresh(emulator, text).await;
        assert_eq!(status, 200, "{}: {newer}", on.name);
        clock.advance("11d").await.unwrap();
        let text = newer["refresh_token"].as_str().unwrap();
        assert_eq!(refresh(emulator, text).await, refused, "{}", on.name);
    }
}

#[tokio::test]
async fn a_device_that_waits_too_long_begins_again() {
    let emulator = with_clients().start().await.unwrap();
    let client = [("client_id", "tv"), ("client_secret", "tv-secret")];
    let (_, codes) = post_json(&emulator, "/connect/deviceauthorization", &client).await;
    let mut form = client.to_vec();
    form.push(("grant_type", "urn:ietf:params:oauth:grant-type:device_code"));
    form.push(("device_code", codes["device_code"].as_str().unwrap()));
    for (wait, error) in [
        ("1s", "authorization_pending"),
        ("1s", "slow_down"),
        ("10s", "authorization_pending"),
        ("300s", "expired_token"),
    ] {
        emulator.clock().advance(wait).await.unwrap();
        assert_eq!(
            token(&emulator, &form).await,
            (400, json!({ "error": error })),
            "{wait}"
        );
    }
}

//! Refresh tokens: rotation, reuse, scopes, and what the password grant gives.

use serde_json::json;

use super::grants::code_of;
use crate::support::ask::as_admin;
use crate::support::backends::start_each;
use crate::support::browser::{
    Browser, code_request, exchange, parameters, refresh, token, with_clients,
};
use crate::support::jwt::parts;

/// 9700 4.14.2.
#[tokio::test]
async fn refresh_tokens_rotate_and_reuse_ends_the_family() {
    for on in start_each(with_clients()).await {
        let emulator = &on.emulator;
        let mut browser = Browser::new(emulator);
        browser
            .sign_in(&code_request(""), "browse", "browse-pw-1")
            .await;
        let code = code_of(&mut browser, "").await;
        let (_, first) = exchange(emulator, &code).await;
        let first = first["refresh_token"].as_str().unwrap().to_owned();
        let (status, second) = refresh(emulator, &first).await;
        assert_eq!(status, 200, "{}: {second}", on.name);
        let (_, claims) = parts(second["access_token"].as_str().unwrap());
        assert_eq!(
            claims["scope"],
            json!(["openid", "profile", "js_api", "offline_access"])
        );
        assert_eq!(claims["amr"], json!(["pwd"]));
        let newer = second["refresh_token"].as_str().unwrap();
        assert_ne!(newer, first);
        // The old one again: both are over.
        assert_eq!(
            refresh(emulator, &first).await,
            (400, json!({"error": "invalid_grant"}))
        );
        assert_eq!(
            refresh(emulator, newer).await,
            (400, json!({"error": "invalid_grant"})),
            "{}",
            on.name
        );
        // Parallel use has one winner at most.
        let code = code_of(&mut browser, "").await;
        let (_, answer) = exchange(emulator, &code).await;
        let token_text = answer["refresh_token"].as_str().unwrap();
        let all =
            futures_util::future::join_all((0..8).map(|_| refresh(emulator, token_text))).await;
        assert_eq!(
            all.iter().filter(|(status, _)| *status == 200).count(),
            1,
            "{}",
            on.name
        );
        let (_, won) = all.iter().find(|(status, _)| *status == 200).unwrap();
        let again = refresh(emulator, won["refresh_token"].as_str().unwrap()).await;
        assert_eq!(again.0, 400, "{}", on.name);
        // A narrower scope; a wider one costs nothing; another client gets nothing.
        let code = code_of(&mut browser, "").await;
        let (_, answer) = exchange(emulator, &code).await;
        let token_text = answer["refresh_token"].as_str().unwrap();
        let ask = |client: &'static str, secret: &'static str, scope: &'static str| {
            [
                ("grant_type", "refresh_token"),
                ("client_id", client),
                ("client_secret", secret),
                ("refresh_token", token_text),
                ("scope", scope),
            ]
        };
        assert_eq!(
            token(emulator, &ask("web2", "web2-secret", "")).await.1,
            json!({"error": "invalid_grant"})
        );
        assert_eq!(
            token(emulator, &ask("web", "web-secret", "email")).await.1,
            json!({"error": "invalid_grant"})
        );
        let (status, answer) = token(emulator, &ask("web", "web-secret", "js_api")).await;
        assert_eq!(status, 200, "{answer}");
        let (_, claims) = parts(answer["access_token"].as_str().unwrap());
        assert_eq!(claims["scope"], json!(["js_api"]));
        let (status, answer) = refresh(emulator, answer["refresh_token"].as_str().unwrap()).await;
        let (_, claims) = parts(answer["access_token"].as_str().unwrap());
        assert_eq!(
            (status, claims["scope"].as_array().unwrap().len()),
            (200, 4)
        );
        for (bad, error) in [
            ("", "invalid_request"),
            ("x", "invalid_grant"),
            (&*"x".repeat(9000), "invalid_grant"),
        ] {
            assert_eq!(refresh(emulator, bad).await, (400, json!({"error": error})));
        }
    }
}

/// What an administrator takes from a client is gone from its refresh tokens too.
#[tokio::test]
async fn refreshed_scopes_are_those_that_the_client_is_permitted_now() {
    for on in start_each(with_clients()).await {
        let emulator = &on.emulator;
        let permit = async |scopes: &str| {
            let text = format!(
                "UPDATE t SET t.[Permitted Scopes] = '{scopes}' FROM [Cinchy].[Integrated Clients] t WHERE t.[Client Id] = 'web'"
            );
            as_admin(emulator, &text).await;
        };
        let mut browser = Browser::new(emulator);
        let back = browser
            .sign_in(&code_request(""), "browse", "browse-pw-1")
            .await;
        let tokens = exchange(emulator, &parameters(&back)["code"]).await.1;
        permit("OpenId,js_api,offline_access").await;
        let (status, answer) = refresh(emulator, tokens["refresh_token"].as_str().unwrap()).await;
        assert_eq!(status, 200, "{}: {answer}", on.name);
        let scopes = &parts(answer["access_token"].as_str().unwrap()).1["scope"];
        assert_eq!(
            scopes,
            &json!(["openid", "js_api", "offline_access"]),
            "{}",
            on.name
        );
        // Of a code that was issued before, too.
        permit("OpenId,Profile,js_api,offline_access").await;
        let code = code_of(&mut browser, "").await;
        permit("OpenId,js_api").await;
        let (status, tokens) = exchange(emulator, &code).await;
        assert_eq!(status, 200, "{}: {tokens}", on.name);
        let scopes = &parts(tokens["access_token"].as_str().unwrap()).1["scope"];
        assert_eq!(scopes, &json!(["openid", "js_api"]), "{}", on.name);
        assert!(tokens.get("refresh_token").is_none(), "{}", on.name);
        let (status, _) = refresh(emulator, answer["refresh_token"].as_str().unwrap()).await;
        assert_eq!(status, 400, "{}", on.name);
    }
}

#[tokio::test]
async fn the_password_grant_gives_a_refresh_token_when_it_is_asked_for() {
    for on in start_each(with_clients()).await {
        let ask = |scope: &'static str| {
            [
                ("grant_type", "password"),
                ("client_id", "app"),
                ("client_secret", "app-secret"),
                ("username", "browse"),
                ("password", "browse-pw-1"),
                ("scope", scope),
            ]
        };
        for scope in ["", "js_api", "openid js_api"] {
            let (_, answer) = token(&on.emulator, &ask(scope)).await;
            assert!(answer.get("refresh_token").is_none(), "{scope}");
            assert!(answer.get("id_token").is_none(), "{scope}");
        }
        // Twice: the second is answered from memory.
        for _ in 0..2 {
            let (_, answer) = token(&on.emulator, &ask("openid js_api offline_access")).await;
            let names: Vec<&String> = answer.as_object().unwrap().keys().collect();
            assert_eq!(
                names,
                ["access_token", "expires_in", "token_type", "refresh_token"]
            );
            let form = [
                ("grant_type", "refresh_token"),
                ("client_id", "app"),
                ("client_secret", "app-secret"),
                ("refresh_token", answer["refresh_token"].as_str().unwrap()),
            ];
            let (status, answer) = token(&on.emulator, &form).await;
            assert_eq!(status, 200, "{}: {answer}", on.name);
            assert_eq!(
                parts(answer["access_token"].as_str().unwrap()).1["amr"],
                json!(["custom"])
            );
        }
    }
}

/// A password whose hash is brought up to date is the same password: what was granted then stays good.
#[tokio::test]
async fn a_refresh_token_outlives_a_renewed_hash() {
    // `weak-hash-1`, by less work than passwords take now.
    const WEAK: &str = "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$rrxDA60/LrbZzHEgH0eD12eyKY1fZ6ult37tw/fiiO0";
    let seed = format!("users: [{{ username: weak, passwordHash: \"{WEAK}\" }}]");
    for on in start_each(with_clients().seed_text(seed)).await {
        let form = [
            ("grant_type", "password"),
            ("client_id", "app"),
            ("client_secret", "app-secret"),
            ("username", "weak"),
            ("password", "weak-hash-1"),
            ("scope", "js_api offline_access"),
        ];
        let (status, answer) = token(&on.emulator, &form).await;
        assert_eq!(status, 200, "{}: {answer}", on.name);
        let export = on.emulator.export().await.unwrap();
        assert!(!export.contains("$m=64,"), "{}: renewed", on.name);
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", "app"),
            ("client_secret", "app-secret"),
            ("refresh_token", answer["refresh_token"].as_str().unwrap()),
        ];
        let (status, answer) = token(&on.emulator, &form).await;
        assert_eq!(status, 200, "{}: {answer}", on.name);
    }
}

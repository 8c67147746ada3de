//! The log tells what happens and never a secret.

use crate::support::browser::{Browser, VERIFIER, code_request, parameters};
use crate::support::child::{Place, wait_for};

const SEED: &str = "\
users:
  - { username: kim, password: pass-of-kim-1, tokens: [{ name: ci, expires: 30d, value: token-of-kim-0123456789 }] }
clients:
  - { clientId: app, grantType: [Resource Owner Password], scopes: [js_api], secret: secret-of-app-1 }
  - { clientId: web, grantType: [Authorization Code], redirectUrls: ['http://localhost:3000/cb'], scopes: [js_api, openid, profile, offline_access], secret: web-secret }
queries:
  - { domain: HR, name: One, cql: SELECT 1 AS 'N', execute: { groups: [All Users] } }
";

/// Everything at the most talkative level, good and bad credentials at every door, then a look for each of them.
#[tokio::test]
async fn no_secret_reaches_the_log() {
    for format in ["text", "json"] {
        let place = Place::new();
        place.file("seed.yaml", SEED);
        let served = place.serve_with(
            &[
                "--seed",
                "seed.yaml",
                "--log",
                format,
                "--control-token",
                "control-token-0123456789",
            ],
            &[("RUST_LOG", "trace")],
        );
        let url = served.url();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let ask = async |secret: &str, password: &str| {
            let form = [
                ("client_id", "app"),
                ("client_secret", secret),
                ("grant_type", "password"),
                ("username", "kim"),
                ("password", password),
            ];
            let answer = client
                .post(format!("{url}/identity/connect/token"))
                .form(&form)
                .send()
                .await
                .unwrap();
            answer.json::<serde_json::Value>().await.unwrap()
        };
        let answer = ask("secret-of-app-1", "pass-of-kim-1").await;
        let token = answer["access_token"].as_str().unwrap().to_owned();
        ask("secret-of-app-1", "wrong-pass-1").await;
        ask("wrong-secret-1", "pass-of-kim-1").await;
        let request = client
            .post(format!("{url}/connect/token"))
            .basic_auth("app", Some("secret-of-app-1"));
        request
            .form(&[
                ("grant_type", "password"),
                ("username", "kim"),
                ("password", "pass-of-kim-1"),
            ])
            .send()
            .await
            .unwrap();
        client
            .post(format!(
                "{url}/connect/token?client_secret=secret-of-app-1&password=pass-of-kim-1"
            ))
            .send()
            .await
            .unwrap();
        for bearer in [
            token.as_str(),
            "token-of-kim-0123456789",
            "unknown-token-1",
            &format!("{token}x"),
        ] {
            client
                .get(format!("{url}/API/HR/One"))
                .bearer_auth(bearer)
                .send()
                .await
                .unwrap();
        }
        for password in ["pass-of-kim-1", "wrong-pass-1"] {
            client
                .get(format!("{url}/BasicAuthAPI/HR/One"))
                .basic_auth("kim", Some(password))
                .send()
                .await
                .unwrap();
        }
        for control in ["control-token-0123456789", "wrong-control-1"] {
            client
                .get(format!("{url}/_emulator/seed"))
                .bearer_auth(control)
                .send()
                .await
                .unwrap();
        }
        let seed = "users: [{ username: lou, password: pass-of-lou-1 }]";
        let request = client
            .post(format!("{url}/_emulator/seed"))
            .bearer_auth("control-token-0123456789");
        let answer = request
            .header("content-type", "application/yaml")
            .body(seed)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);

        // A browser's login, and all that comes of it.
        let plain = reqwest::Client::builder().no_proxy();
        let plain = plain
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let mut browser = Browser::at(url, plain.clone());
        let back = browser
            .sign_in(&code_request(""), "kim", "pass-of-kim-1")
            .await;
        let mut secrets: Vec<String> = browser.cookies.values().cloned().collect();
        let code = parameters(&back)["code"].clone();
        let exchange = async |name: &str, value: &str, grant: &str| {
            let form = [
                ("grant_type", grant),
                ("client_id", "web"),
                ("client_secret", "web-secret"),
                (name, value),
                ("redirect_uri", "http://localhost:3000/cb"),
                ("code_verifier", VERIFIER),
            ];
            let request = plain.post(format!("{url}/connect/token")).form(&form);
            let answer: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
            answer
        };
        let answer = exchange("code", &code, "authorization_code").await;
        let refresh = answer["refresh_token"].as_str().unwrap().to_owned();
        let newer = exchange("refresh_token", &refresh, "refresh_token").await;
        exchange("refresh_token", &refresh, "refresh_token").await;
        exchange("code", &code, "authorization_code").await;
        for token in ["id_token", "access_token"] {
            let token = newer[token].as_str().unwrap();
            secrets.push(token.rsplit('.').next().unwrap().to_owned());
        }
        secrets.extend([
            code,
            refresh,
            newer["refresh_token"].as_str().unwrap().to_owned(),
        ]);
        secrets.extend([VERIFIER.to_owned(), "web-secret".to_owned()]);

        let log = wait_for("the log", || {
            Some(served.log()).filter(|log| log.contains("token issued"))
        });
        let signature = token.rsplit('.').next().unwrap();
        let basic = crate::support::case::basic("kim", "pass-of-kim-1").replace("Basic ", "");
        for secret in [
            "secret-of-app-1",
            "pass-of-kim-1",
            "wrong-pass-1",
            "wrong-secret-1",
            "token-of-kim-0123456789",
            "unknown-token-1",
            "control-token-0123456789",
            "wrong-control-1",
            "pass-of-lou-1",
            "PRIVATE KEY",
            signature,
            &basic,
        ]
        .into_iter()
        .chain(secrets.iter().map(String::as_str))
        {
            let line = log.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{format}: `{secret}` is in the log");
        }
        if format == "json" {
            for line in log.lines() {
                assert!(
                    serde_json::from_str::<serde_json::Value>(line).is_ok(),
                    "{line}"
                );
            }
        }
        served.stop();
    }
}

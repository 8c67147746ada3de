//! The token endpoint's grants, userinfo, introspection, revocation.

use std::collections::HashSet;

use cinchy_testkit::Emulator;
use serde_json::{Value, json};

use crate::support::backends::start_each;
use crate::support::browser::{
    Browser, VERIFIER, code_request, exchange, location, parameters, post_json, refresh, token,
    with_clients,
};
use crate::support::jwt::parts;

const CODE: &str = "authorization_code";
const CALLBACK: &str = "http://localhost:3000/cb";

pub(super) async fn code_of(browser: &mut Browser, more: &str) -> String {
    let back = location(&browser.get(&code_request(more)).await);
    parameters(&back)["code"].clone()
}

async fn call(emulator: &Emulator, token: &str) -> u16 {
    let url = format!("{}/API/Zoo/Count", emulator.url());
    let request = emulator.http().get(url).bearer_auth(token);
    request.send().await.unwrap().status().as_u16()
}

/// 7636 4.6, 9700 2.1.1: also no downgrade of PKCE.
#[tokio::test]
async fn a_code_is_bound_to_client_redirect_and_verifier() {
    for on in start_each(with_clients()).await {
        let emulator = &on.emulator;
        let mut browser = Browser::new(emulator);
        browser
            .sign_in(&code_request(""), "browse", "browse-pw-1")
            .await;
        let web = [
            ("grant_type", CODE),
            ("client_id", "web"),
            ("client_secret", "web-secret"),
        ];
        for (why, more) in [
            ("no redirect_uri", vec![("code_verifier", VERIFIER)]),
            (
                "another redirect_uri",
                vec![
                    ("code_verifier", VERIFIER),
                    ("redirect_uri", "http://localhost:3000/other"),
                ],
            ),
            ("no verifier", vec![("redirect_uri", CALLBACK)]),
            (
                "another verifier",
                vec![
                    ("redirect_uri", CALLBACK),
                    (
                        "code_verifier",
                        "another-verifier-of-more-than-forty-three-characters",
                    ),
                ],
            ),
        ] {
            let code = code_of(&mut browser, "").await;
            let mut form = web.to_vec();
            form.push(("code", &code));
            form.extend(more);
            let found = token(emulator, &form).await;
            assert_eq!(
                found,
                (400, json!({"error": "invalid_grant"})),
                "{why}, {}",
                on.name
            );
        }
        // Another client is refused, and does not burn the code.
        let code = code_of(&mut browser, "").await;
        let other = [
            ("grant_type", CODE),
            ("client_id", "web2"),
            ("client_secret", "web2-secret"),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        assert_eq!(token(emulator, &other).await.0, 400);
        assert_eq!(exchange(emulator, &code).await.0, 200, "{}", on.name);
        // A verifier without a challenge is a downgrade (RFC 9700 2.1.1).
        let plain = "/connect/authorize?response_type=code&client_id=web&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcb&scope=openid";
        let code = parameters(&location(&browser.get(plain).await))["code"].clone();
        assert_eq!(
            exchange(emulator, &code).await,
            (400, json!({"error": "invalid_grant"}))
        );
        // With the secret, a code needs no challenge; without both it is nothing.
        let code = parameters(&location(&browser.get(plain).await))["code"].clone();
        let mut form = vec![
            ("grant_type", CODE),
            ("client_id", "web"),
            ("code", &code),
            ("redirect_uri", CALLBACK),
        ];
        assert_eq!(
            token(emulator, &form).await,
            (400, json!({"error": "invalid_client"}))
        );
        form.push(("client_secret", "web-secret"));
        let (status, answer) = token(emulator, &form).await;
        assert_eq!(status, 200, "{answer}");
        assert!(
            answer.get("refresh_token").is_none(),
            "offline_access was not asked for"
        );
        for code in ["", "x", &"x".repeat(5000), "\u{0}", "é"] {
            let (status, answer) = exchange(emulator, code).await;
            assert_eq!(
                (status, &answer["error"]),
                (400, &json!("invalid_grant")),
                "{code}"
            );
        }
    }
}

/// A client in a browser has no secret: the verifier stands in for it, and its refresh tokens rotate.
#[tokio::test]
async fn a_public_client_exchanges_a_code_by_its_verifier() {
    let emulator = with_clients().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    browser
        .sign_in(&code_request(""), "browse", "browse-pw-1")
        .await;
    let code = code_of(&mut browser, "").await;
    let form = [
        ("grant_type", CODE),
        ("client_id", "web"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let mut wrong = form.to_vec();
    wrong.push(("client_secret", "wrong"));
    assert_eq!(
        token(&emulator, &wrong).await.1,
        json!({"error": "invalid_client"})
    );
    let (status, answer) = token(&emulator, &form).await;
    assert_eq!(status, 200, "{answer}");
    let public = answer["refresh_token"].as_str().unwrap().to_owned();
    let without = |token: &str| -> Vec<(String, String)> {
        [
            ("grant_type", "refresh_token"),
            ("client_id", "web"),
            ("refresh_token", token),
        ]
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .to_vec()
    };
    let borrowed = |form: &[(String, String)]| -> Vec<(String, String)> { form.to_vec() };
    let form = borrowed(&without(&public));
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(token(&emulator, &form).await.0, 200);
    // One that came with the secret needs it again.
    let code = code_of(&mut browser, "").await;
    let answer = exchange(&emulator, &code).await.1;
    let secret = answer["refresh_token"].as_str().unwrap().to_owned();
    let form = without(&secret);
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(
        token(&emulator, &form).await,
        (400, json!({"error": "invalid_grant"}))
    );
    // As one that nobody has.
    let form = without(&"A".repeat(43));
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    assert_eq!(
        token(&emulator, &form).await,
        (400, json!({"error": "invalid_grant"}))
    );
    assert_eq!(refresh(&emulator, &secret).await.0, 200);
}

/// 6749 4.1.2, 10.5; 9700 2.1.1: once, also of twenty at once; using it twice revokes.
#[tokio::test]
async fn a_code_used_twice_takes_back_what_it_gave() {
    for on in start_each(with_clients()).await {
        let emulator = &on.emulator;
        let mut browser = Browser::new(emulator);
        browser
            .sign_in(&code_request(""), "browse", "browse-pw-1")
            .await;
        let code = code_of(&mut browser, "").await;
        let (_, answer) = exchange(emulator, &code).await;
        let access = answer["access_token"].as_str().unwrap();
        assert_eq!(call(emulator, access).await, 200);
        assert_eq!(
            exchange(emulator, &code).await,
            (400, json!({"error": "invalid_grant"}))
        );
        let again = refresh(emulator, answer["refresh_token"].as_str().unwrap()).await;
        assert_eq!(
            again,
            (400, json!({"error": "invalid_grant"})),
            "{}",
            on.name
        );
        assert_eq!(call(emulator, access).await, 401, "{}", on.name);
        // Of many exchanges at once, one wins.
        let code = code_of(&mut browser, "").await;
        let all = futures_util::future::join_all((0..20).map(|_| exchange(emulator, &code))).await;
        let won = all.iter().filter(|(status, _)| *status == 200).count();
        assert_eq!(won, 1, "{}", on.name);
        // And what it won is taken back, since the others used the code again.
        let (_, won) = all.iter().find(|(status, _)| *status == 200).unwrap();
        let again = refresh(emulator, won["refresh_token"].as_str().unwrap()).await;
        assert_eq!(again.0, 400, "{}", on.name);
        assert!(all.iter().all(|(status, _)| [200, 400].contains(status)));
    }
}

#[tokio::test]
async fn a_client_on_its_own_behalf() {
    let emulator = with_clients().start().await.unwrap();
    let ask = |scope: &'static str| {
        [
            ("grant_type", "client_credentials"),
            ("client_id", "machine"),
            ("client_secret", "machine-secret"),
            ("scope", scope),
        ]
    };
    for scope in ["", "js_api"] {
        let (status, answer) = token(&emulator, &ask(scope)).await;
        assert_eq!(status, 200, "{answer}");
        let (_, claims) = parts(answer["access_token"].as_str().unwrap());
        assert_eq!(
            (&claims["client_id"], &claims["scope"]),
            (&json!("machine"), &json!(["js_api"]))
        );
        assert!(claims.get("sub").is_none() && claims.get("amr").is_none());
        // Calls run with the rights of a user, which it has not.
        assert_eq!(
            call(&emulator, answer["access_token"].as_str().unwrap()).await,
            401
        );
    }
    for scope in ["openid", "js_api id", "offline_access", "wings"] {
        assert_eq!(
            token(&emulator, &ask(scope)).await,
            (400, json!({"error": "invalid_scope"})),
            "{scope}"
        );
    }
}

/// 7662 2.1, 4.
#[tokio::test]
async fn introspection_tells_confidential_clients_only() {
    let emulator = with_clients().start().await.unwrap();
    let access = emulator.token("app", "browse").await.unwrap();
    let url = format!("{}/connect/introspect", emulator.url());
    for (id, secret, status) in [
        ("", "", 401),
        ("web", "wrong", 401),
        ("nobody", "x", 401),
        ("spa", "spa-secret", 401),
        ("web", "web-secret", 200),
    ] {
        let request = emulator
            .http()
            .post(&url)
            .basic_auth(id, Some(secret))
            .form(&[("token", &access)]);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{id}");
        let body = answer.text().await.unwrap();
        if status == 401 {
            assert_eq!(body, "", "{id}");
        } else {
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(
                (&body["active"], &body["scope"], &body["client_id"]),
                (&json!(true), &json!("js_api"), &json!("app"))
            );
        }
    }
    let secret = [("client_id", "web"), ("client_secret", "web-secret")];
    for bad in ["x", "a.b.c", &format!("{access}x"), &"x".repeat(20_000)] {
        let mut form = secret.to_vec();
        form.push(("token", bad));
        assert_eq!(
            post_json(&emulator, "/connect/introspect", &form).await,
            (200, json!({"active": false}))
        );
    }
    assert_eq!(
        post_json(&emulator, "/connect/introspect", &secret).await,
        (400, json!({"error": "missing_token"}))
    );
    assert_eq!(
        emulator.http().get(&url).send().await.unwrap().status(),
        405
    );
    let json = emulator.http().post(&url).json(&json!({"token": access}));
    assert_eq!(json.send().await.unwrap().status(), 415);
}

/// 7009 2.2: another client's are not revoked.
#[tokio::test]
async fn revoked_tokens_are_refused_everywhere_at_once() {
    for on in start_each(with_clients()).await {
        let emulator = &on.emulator;
        let access = emulator.token("app", "browse").await.unwrap();
        let other = emulator.token("app", "ann").await.unwrap();
        assert_eq!(call(emulator, &access).await, 200);
        let form = |client: &'static str, secret: &'static str, token: &str, hint: &'static str| {
            [
                ("client_id", client.to_owned()),
                ("client_secret", secret.to_owned()),
                ("token", token.to_owned()),
                ("token_type_hint", hint.to_owned()),
            ]
        };
        let revoke = async |form: &[(&str, String)]| {
            let url = format!("{}/connect/revocation", emulator.url());
            let answer = emulator.http().post(url).form(form).send().await.unwrap();
            let status = answer.status().as_u16();
            (status, answer.text().await.unwrap())
        };
        // Another client's, and what is no token: 200, and nothing happens.
        for (client, secret, token) in [
            ("web", "web-secret", access.as_str()),
            ("app", "app-secret", "nonsense"),
        ] {
            let answer = revoke(&form(client, secret, token, "access_token")).await;
            assert_eq!(answer, (200, String::new()), "{client}");
        }
        assert_eq!(call(emulator, &access).await, 200);
        assert_eq!(revoke(&form("app", "wrong", &access, "")).await.0, 400);
        let unknown = revoke(&form("app", "app-secret", &access, "saml_token")).await;
        assert_eq!(
            unknown,
            (400, "{\"error\":\"unsupported_token_type\"}".to_owned())
        );
        assert_eq!(
            revoke(&form("app", "app-secret", "", "")).await,
            (400, "{\"error\":\"invalid_request\"}".to_owned())
        );
        for _ in 0..2 {
            let answer = revoke(&form("app", "app-secret", &access, "access_token")).await;
            assert_eq!(answer, (200, String::new()));
            assert_eq!(call(emulator, &access).await, 401, "{}", on.name);
        }
        assert_eq!(call(emulator, &other).await, 200, "{}", on.name);
        let form = [
            ("client_id", "web"),
            ("client_secret", "web-secret"),
            ("token", access.as_str()),
        ];
        assert_eq!(
            post_json(emulator, "/connect/introspect", &form).await.1,
            json!({"active": false})
        );
    }
}

/// Without `jti` two tokens of one second have one text: a new sign-in does not get the one that was revoked.
#[tokio::test]
async fn a_token_after_a_revoked_one_is_good() {
    for on in start_each(with_clients()).await {
        let emulator = &on.emulator;
        emulator
            .clock()
            .freeze("2027-01-01T00:00:00Z")
            .await
            .unwrap();
        let mut tokens = HashSet::new();
        for _ in 0..3 {
            let access = emulator.token("app", "browse").await.unwrap();
            assert_eq!(call(emulator, &access).await, 200, "{}", on.name);
            let form = [
                ("client_id", "app"),
                ("client_secret", "app-secret"),
                ("token", access.as_str()),
            ];
            let url = format!("{}/connect/revocation", emulator.url());
            let answer = emulator.http().post(url).form(&form).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            assert_eq!(call(emulator, &access).await, 401, "{}", on.name);
            tokens.insert(access);
        }
        assert_eq!(tokens.len(), 3);
    }
}

/// The same token from many at once: each is told that it is revoked.
#[tokio::test]
async fn a_token_is_revoked_by_many_at_once() {
    for on in start_each(with_clients()).await {
        let emulator = &on.emulator;
        let access = emulator.token("app", "browse").await.unwrap();
        let form = [
            ("client_id", "app"),
            ("client_secret", "app-secret"),
            ("token", access.as_str()),
        ];
        let all = (0..16).map(|_| post_json(emulator, "/connect/revocation", &form));
        for (status, body) in futures_util::future::join_all(all).await {
            assert_eq!(status, 200, "{}: {body}", on.name);
        }
        assert_eq!(call(emulator, &access).await, 401, "{}", on.name);
    }
}

#[tokio::test]
async fn userinfo_says_what_the_scopes_allow() {
    let emulator = with_clients().start().await.unwrap();
    let url = format!("{}/connect/userinfo", emulator.url());
    let ask = async |scope: &str| {
        let form = [
            ("grant_type", "password"),
            ("client_id", "app"),
            ("client_secret", "app-secret"),
            ("username", "browse"),
            ("password", "browse-pw-1"),
            ("scope", scope),
        ];
        let answer = token(&emulator, &form).await.1;
        answer["access_token"].as_str().unwrap().to_owned()
    };
    for (scope, names) in [
        ("openid", vec!["sub"]),
        ("js_api openid id", vec!["sub", "id"]),
        ("openid email roles", vec!["sub", "email", "role"]),
    ] {
        let access = ask(scope).await;
        for answer in [
            emulator.http().get(&url).bearer_auth(&access),
            emulator.http().post(&url).bearer_auth(&access),
            emulator
                .http()
                .post(&url)
                .form(&[("access_token", &access)]),
        ] {
            let answer = answer.send().await.unwrap();
            assert_eq!(answer.status(), 200, "{scope}");
            assert!(
                answer.headers()["cache-control"]
                    .to_str()
                    .unwrap()
                    .contains("no-store")
            );
            let body: Value = answer.json().await.unwrap();
            let mut found: Vec<&String> = body.as_object().unwrap().keys().collect();
            found.sort();
            let mut names = names.clone();
            names.sort_unstable();
            assert_eq!(found, names, "{scope}");
        }
    }
    let api_only = emulator.token("app", "browse").await.unwrap();
    let answer = emulator
        .http()
        .get(&url)
        .bearer_auth(&api_only)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
    assert!(
        answer.headers()["www-authenticate"]
            .to_str()
            .unwrap()
            .contains("insufficient_scope")
    );
    let good = ask("openid").await;
    for request in [
        emulator.http().get(&url),
        emulator.http().get(&url).bearer_auth("x.y.z"),
        emulator.http().get(format!("{url}?access_token={good}")),
        emulator
            .http()
            .get(&url)
            .basic_auth("browse", Some("browse-pw-1")),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 401);
        let challenge = answer.headers()["www-authenticate"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(
            challenge.starts_with("Bearer error=\"invalid_token\""),
            "{challenge}"
        );
        assert_eq!(answer.text().await.unwrap(), "");
    }
}

//! The authorize endpoint: what clients get, and who sees which error.

use serde_json::{Value, json};

use crate::support::backends::start_each;
use crate::support::browser::{
    Browser, code_request, exchange, implicit_request, location, parameters, with_clients,
};
use crate::support::jwt::parts;

#[tokio::test]
async fn a_code_with_pkce_gives_tokens() {
    for on in start_each(with_clients()).await {
        let mut browser = Browser::new(&on.emulator);
        let back = browser
            .sign_in(&code_request(""), "BROWSE", "browse-pw-1")
            .await;
        assert!(back.starts_with("http://localhost:3000/cb?code="), "{back}");
        let found = parameters(&back);
        let names: Vec<&str> = found.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            ["code", "iss", "scope", "session_state", "state"],
            "{}",
            on.name
        );
        assert_eq!(
            (found["state"].as_str(), found["iss"].as_str()),
            ("st", on.emulator.url())
        );
        let (status, answer) = exchange(&on.emulator, &found["code"]).await;
        assert_eq!(status, 200, "{}: {answer}", on.name);
        let names: Vec<&String> = answer.as_object().unwrap().keys().collect();
        assert_eq!(
            names,
            [
                "id_token",
                "access_token",
                "expires_in",
                "token_type",
                "refresh_token"
            ]
        );
        let (_, id) = parts(answer["id_token"].as_str().unwrap());
        assert_eq!(
            (
                &id["aud"],
                &id["nonce"],
                &id["profile"],
                &id["amr"],
                &id["idp"]
            ),
            (
                &json!("web"),
                &json!("n1"),
                &json!("Bea Browse"),
                &json!(["pwd"]),
                &json!("local")
            )
        );
        assert_eq!(
            id["exp"].as_i64().unwrap() - id["nbf"].as_i64().unwrap(),
            300
        );
        assert!(id.get("email").is_none(), "email was not asked for");
        let (_, access) = parts(answer["access_token"].as_str().unwrap());
        assert_eq!(
            (&access["amr"], &access["sub"]),
            (&json!(["pwd"]), &id["sub"])
        );
        assert_eq!(access["auth_time"], id["auth_time"]);
        // The token is good at the API.
        let url = format!("{}/API/Zoo/Count", on.emulator.url());
        let answer = on
            .emulator
            .http()
            .get(url)
            .bearer_auth(answer["access_token"].as_str().unwrap());
        assert_eq!(answer.send().await.unwrap().status(), 200, "{}", on.name);
    }
}

#[tokio::test]
async fn the_sdks_implicit_flow_and_its_silent_refresh() {
    for on in start_each(with_clients()).await {
        let mut browser = Browser::new(&on.emulator);
        // Nobody is signed in: the SDK learns it in the fragment.
        let silent = implicit_request("&prompt=none&id_token_hint=x.y.z");
        let refused = location(&browser.get(&silent).await);
        assert_eq!(
            refused,
            "http://localhost:4200/#error=login_required&state=st%3Bx"
        );
        let back = browser
            .sign_in(&implicit_request(""), "browse", "browse-pw-1")
            .await;
        let text = back.strip_prefix("http://localhost:4200/#").unwrap();
        let order: Vec<&str> = text
            .split('&')
            .map(|pair| pair.split('=').next().unwrap())
            .collect();
        assert_eq!(
            order,
            [
                "id_token",
                "access_token",
                "token_type",
                "expires_in",
                "scope",
                "state",
                "session_state"
            ]
        );
        let found = parameters(&back);
        let (_, id) = parts(&found["id_token"]);
        for (claim, value) in [
            ("id", "browse"),
            ("profile", "Bea Browse"),
            ("email", "bea@example.test"),
            ("role", "Cinchy User Account"),
            ("nonce", "n1"),
            ("aud", "spa"),
        ] {
            assert_eq!(id[claim], value, "{claim}");
        }
        let hash =
            aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, found["access_token"].as_bytes());
        use base64::Engine as _;
        let half = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]);
        assert_eq!(id["at_hash"], half);
        assert_eq!(found["state"], "st;x");
        assert_eq!(found["scope"], "js_api openid id profile email roles");
        // The session answers without a page from now on, for the other registered page too.
        let silent = implicit_request("&prompt=none").replace("4200%2F", "4200%2Fsilent.html");
        let back = location(&browser.get(&silent).await);
        assert!(
            back.starts_with("http://localhost:4200/silent.html#id_token="),
            "{back}"
        );
        let (_, again) = parts(&parameters(&back)["id_token"]);
        assert_eq!(
            (&again["sid"], &again["auth_time"]),
            (&id["sid"], &id["auth_time"])
        );
        // userinfo, as the SDK asks it.
        let info = on
            .emulator
            .http()
            .get(format!("{}/connect/userinfo", on.emulator.url()))
            .bearer_auth(&found["access_token"])
            .send()
            .await
            .unwrap();
        let info: Value = info.json().await.unwrap();
        assert_eq!(
            info,
            json!({"sub": id["sub"], "id": "browse", "profile": "Bea Browse", "email": "bea@example.test", "role": "Cinchy User Account"})
        );
    }
}

#[tokio::test]
async fn response_types_and_modes() {
    let emulator = with_clients().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    browser
        .sign_in(&code_request(""), "browse", "browse-pw-1")
        .await;
    let both = "client_id=both&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fboth&nonce=n1&state=s";
    for (kind, scope, expected) in [
        (
            "code%20id_token",
            "openid",
            vec!["code", "id_token", "iss", "scope", "session_state", "state"],
        ),
        (
            "token%20code",
            "openid%20js_api",
            vec![
                "access_token",
                "code",
                "expires_in",
                "iss",
                "scope",
                "session_state",
                "state",
                "token_type",
            ],
        ),
        (
            "code%20id_token%20token",
            "openid%20js_api",
            vec![
                "access_token",
                "code",
                "expires_in",
                "id_token",
                "iss",
                "scope",
                "session_state",
                "state",
                "token_type",
            ],
        ),
        (
            "token",
            "js_api",
            vec!["access_token", "expires_in", "scope", "state", "token_type"],
        ),
        (
            "id_token",
            "openid%20id",
            vec!["id_token", "scope", "session_state", "state"],
        ),
    ] {
        let path = format!("/connect/authorize?response_type={kind}&scope={scope}&{both}");
        let back = location(&browser.get(&path).await);
        assert!(
            back.starts_with("http://localhost:3000/both#"),
            "{kind}: {back}"
        );
        let found = parameters(&back);
        assert_eq!(found.keys().collect::<Vec<_>>(), expected, "{kind}");
        if let (Some(id_token), Some(_)) = (found.get("id_token"), found.get("code")) {
            assert!(parts(id_token).1["c_hash"].is_string(), "{kind}");
        }
        let post = browser
            .get(&format!("{path}&response_mode=form_post"))
            .await;
        assert_eq!(post.status(), 200);
        let policy = post.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'sha256-"),
            "{policy}"
        );
        assert_eq!(post.headers()["referrer-policy"], "no-referrer");
        let body = post.text().await.unwrap();
        assert!(
            body.contains("action=\"http://localhost:3000/both\""),
            "{body}"
        );
        for name in expected {
            assert!(body.contains(&format!("name=\"{name}\"")), "{kind}: {name}");
        }
    }
    // POST is as good as GET.
    let answer = browser
        .post(
            "/connect/authorize",
            &[
                ("response_type", "id_token"),
                ("scope", "openid"),
                ("client_id", "both"),
                ("redirect_uri", "http://localhost:3000/both"),
                ("nonce", "n"),
            ],
        )
        .await;
    assert!(location(&answer).starts_with("http://localhost:3000/both#id_token="));
}

#[tokio::test]
async fn prompt_and_max_age_bring_the_login_page_back_once() {
    let emulator = with_clients().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    browser
        .sign_in(&code_request(""), "browse", "browse-pw-1")
        .await;
    for more in [
        "&prompt=login",
        "&prompt=select_account",
        "&prompt=login%20consent",
    ] {
        let back = browser
            .sign_in(&code_request(more), "browse", "browse-pw-1")
            .await;
        assert!(
            back.starts_with("http://localhost:3000/cb?code="),
            "{more}: {back}"
        );
    }
    // What nobody knows is ignored, and a session is as young as it is.
    for more in ["&prompt=dance", "&max_age=3600"] {
        let back = location(&browser.get(&code_request(more)).await);
        assert!(
            back.starts_with("http://localhost:3000/cb?code="),
            "{more}: {back}"
        );
    }
}

/// Each defect, in the order in which they are looked for: the user sees them, the client does not.
#[tokio::test]
async fn errors_are_shown_to_the_user_and_not_sent_to_the_client() {
    let emulator = with_clients().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    browser
        .sign_in(&code_request(""), "browse", "browse-pw-1")
        .await;
    let long = |n: usize| "x".repeat(n);
    let good = implicit_request("");
    let code = code_request("");
    let without = |request: &str, name: &str| -> String {
        let (path, query) = request.split_once('?').unwrap();
        let kept: Vec<&str> = query
            .split('&')
            .filter(|p| !p.starts_with(&format!("{name}=")))
            .collect();
        format!("{path}?{}", kept.join("&"))
    };
    let with = |request: &str, name: &str, value: &str| {
        format!("{}&{name}={value}", without(request, name))
    };
    for (request, error) in [
        (without(&good, "client_id"), "invalid_request"),
        (with(&good, "client_id", &long(101)), "invalid_request"),
        (with(&good, "client_id", "SPA"), "unauthorized_client"),
        (with(&good, "client_id", "off-app"), "unauthorized_client"),
        (without(&good, "redirect_uri"), "invalid_request"),
        (
            with(&good, "redirect_uri", "%2Frelative"),
            "invalid_request",
        ),
        (
            with(
                &good,
                "redirect_uri",
                &format!("http%3A%2F%2Fx%2F{}", long(400)),
            ),
            "invalid_request",
        ),
        (
            with(&good, "redirect_uri", "http%3A%2F%2Flocalhost%3A4200"),
            "unauthorized_client",
        ),
        (without(&good, "response_type"), "unsupported_response_type"),
        (
            with(&good, "response_type", "id_token%20id_token"),
            "unsupported_response_type",
        ),
        (
            with(&good, "response_type", "none"),
            "unsupported_response_type",
        ),
        (with(&code, "code_challenge", "short"), "invalid_request"),
        (
            with(&code, "code_challenge_method", "plain"),
            "invalid_request",
        ),
        (without(&code, "code_challenge_method"), "invalid_request"),
        (
            with(&good, "response_mode", "query"),
            "unsupported_response_type",
        ),
        (with(&code, "response_type", "token"), "unauthorized_client"),
        (with(&good, "response_type", "code"), "unauthorized_client"),
        (without(&good, "scope"), "invalid_request"),
        (with(&good, "scope", &long(301)), "invalid_request"),
        (with(&good, "scope", "js_api"), "invalid_request"),
        (with(&good, "scope", "openid%20wings"), "invalid_scope"),
        (with(&code, "scope", "profile%20js_api"), "invalid_scope"),
        (
            with(
                &with(&good, "response_type", "id_token"),
                "scope",
                "openid%20js_api",
            ),
            "invalid_scope",
        ),
        (
            with(
                &with(&good, "response_type", "token"),
                "scope",
                "openid%20js_api",
            ),
            "invalid_scope",
        ),
        (
            with(&good, "scope", "openid%20js_api%20offline_access"),
            "unauthorized_client",
        ),
        (without(&good, "nonce"), "invalid_request"),
        (with(&good, "nonce", &long(301)), "invalid_request"),
        (with(&good, "max_age", "soon"), "invalid_request"),
        (with(&good, "max_age", "-1"), "invalid_request"),
        (with(&good, "login_hint", &long(101)), "invalid_request"),
        (with(&good, "acr_values", &long(301)), "invalid_request"),
        (format!("{good}&nonce=again"), "invalid_request"),
        (format!("{good}&other=1&other=2"), "invalid_request"),
    ] {
        let answer = browser.get(&request).await;
        assert_eq!(answer.status(), 302, "{request}");
        assert!(
            answer.headers().contains_key("x-emulator-reason"),
            "{request}"
        );
        let page = location(&answer);
        assert!(
            page.starts_with("/home/error?errorId="),
            "{request}: {page}"
        );
        let body = browser.get(&page).await.text().await.unwrap();
        assert!(
            body.contains(&format!("<code>{error}</code>")),
            "{request}: {body}"
        );
    }
    // The mend is on the page.
    let page = location(
        &browser
            .get(&with(&good, "redirect_uri", "http%3A%2F%2Fevil%2F"))
            .await,
    );
    let body = browser.get(&page).await.text().await.unwrap();
    assert!(
        body.contains("registered are: http://localhost:4200/, http://localhost:4200/silent.html"),
        "{body}"
    );
    for (method, kind, status) in [
        (reqwest::Method::PUT, "", 405),
        (reqwest::Method::DELETE, "", 405),
        (reqwest::Method::POST, "application/json", 415),
        (reqwest::Method::POST, "", 415),
    ] {
        let request = emulator
            .http()
            .request(
                method.clone(),
                format!("{}/connect/authorize", emulator.url()),
            )
            .header("content-type", kind);
        assert_eq!(
            request.send().await.unwrap().status(),
            status,
            "{method} {kind}"
        );
    }
}

#[tokio::test]
async fn under_faithful_the_page_keeps_the_mend_to_itself() {
    let emulator = with_clients()
        .option(|serve| serve.faithful = true)
        .start()
        .await
        .unwrap();
    let mut browser = Browser::new(&emulator);
    let request = implicit_request("").replace("4200%2F", "9999%2F");
    let answer = browser.get(&request).await;
    assert!(!answer.headers().contains_key("x-emulator-reason"));
    let body = browser.get(&location(&answer)).await.text().await.unwrap();
    assert!(
        body.contains("unauthorized_client") && !body.contains("registered are"),
        "{body}"
    );
}

#[tokio::test]
async fn a_cancelled_login_goes_back_to_the_client() {
    let emulator = with_clients().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    let login = location(&browser.get(&code_request("")).await);
    for field in [("button", "cancel"), ("fail", "cancelled")] {
        let answer = browser.submit(&login, "/account/login", &[field]).await;
        let back = location(&answer);
        assert_eq!(
            back,
            format!(
                "http://localhost:3000/cb?error=access_denied&state=st&iss={}#_=_",
                emulator.url().replace(':', "%3A").replace('/', "%2F")
            )
        );
    }
    // Without an app to go back to, there is the console.
    let answer = browser
        .submit("/account/login", "/account/login", &[("button", "cancel")])
        .await;
    assert_eq!(location(&answer), "/admin");
}

//! The table of security rules, a test for each row that the flows' own tests do not name. RFC numbers are in the names.

use std::collections::HashSet;

use cinchy_testkit::Emulator;
use serde_json::json;

use crate::support::backends::start_each;
use crate::support::browser::{
    Browser, code_request, implicit_request, location, parameters, token, with_clients,
};

/// 6749 3.1.2, 9700 2.1: the redirect URL is compared exactly.
#[tokio::test]
async fn rfc9700_2_1_nobody_is_sent_to_an_address_that_is_not_registered() {
    let emulator = with_clients().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    browser
        .sign_in(&implicit_request(""), "browse", "browse-pw-1")
        .await;
    for uri in [
        "http%3A%2F%2Flocalhost%3A4200%2Fx",
        "http%3A%2F%2Flocalhost%3A4200%2F%3Fa%3Db",
        "http%3A%2F%2Flocalhost%3A4200%2F%23a",
        "http%3A%2F%2FLOCALHOST%3A4200%2F",
        "http%3A%2F%2Flocalhost%3A4200%2F%2E%2E%2F",
        "http%3A%2F%2Flocalhost%3A4200%252F",
        "http%3A%2F%2Flocalhost%3A4200%2F%40evil.example",
        "http%3A%2F%2Fuser%40localhost%3A4200%2F",
        "http%3A%2F%2Flocalhost%3A4200.evil.example%2F",
        "https%3A%2F%2Flocalhost%3A4200%2F",
        "javascript%3Aalert(1)",
        "data%3Atext%2Fhtml%2Cx",
        "%2F%2Fevil.example",
        "http%3A%2F%2Flocalhost%3A4200%2F%0D%0ASet-Cookie%3A%20a%3Db",
        "http%3A%2F%2Flocalhost%3A4200%2F%00",
    ] {
        for more in ["", "&prompt=none"] {
            let request = implicit_request(more).replace("http%3A%2F%2Flocalhost%3A4200%2F", uri);
            let page = location(&browser.get(&request).await);
            assert!(page.starts_with("/home/error?errorId="), "{uri}: {page}");
        }
    }
}

/// 9700 4.11: no open redirect. 9700 4.12: never 307 after a form with a password.
#[tokio::test]
async fn rfc9700_4_11_a_login_leads_to_this_site_only() {
    let emulator = with_clients().start().await.unwrap();
    for target in [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https://evil.example/",
        "http:///evil.example",
        "/\t/evil.example",
        " //evil.example",
        "/\r\nLocation: https://evil.example",
        "javascript:alert(1)",
    ] {
        let mut browser = Browser::new(&emulator);
        let url =
            reqwest::Url::parse_with_params("http://x/account/login", [("returnUrl", target)])
                .unwrap();
        let page = format!("/account/login?{}", url.query().unwrap());
        let body = browser.get(&page).await.text().await.unwrap();
        assert!(!body.contains("evil.example"), "{target}");
        let token = crate::support::browser::hidden(&body)[0].1.clone();
        let answer = browser
            .post(
                "/account/login",
                &[
                    ("__RequestVerificationToken", &token),
                    ("returnUrl", target),
                    ("username", "browse"),
                    ("password", "browse-pw-1"),
                ],
            )
            .await;
        assert_eq!(answer.status(), 302, "{target}");
        assert_eq!(location(&answer), "/admin", "{target}");
    }
    let answer = Browser::new(&emulator)
        .get("/home/error?errorId=PGI-.AAAA")
        .await;
    assert!(!answer.text().await.unwrap().contains("<b>"));
}

/// 6749 10.12: forms of other sites are refused. 6749 10.13: no page can be framed, but for those that must be.
#[tokio::test]
async fn rfc6749_10_12_forms_need_their_token_and_pages_cannot_be_framed() {
    let emulator = with_clients().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    for path in [
        "/account/login",
        "/account/logout",
        "/account/changepassword",
        "/device",
    ] {
        for fields in [
            vec![],
            vec![("username", "browse"), ("password", "browse-pw-1")],
            vec![
                ("__RequestVerificationToken", "x"),
                ("username", "browse"),
                ("password", "browse-pw-1"),
            ],
        ] {
            let answer = browser.post(path, &fields).await;
            assert_eq!(answer.status(), 400, "{path}");
            assert!(answer.headers().get("set-cookie").is_none(), "{path}");
        }
    }
    // Another browser's token is none of this one's.
    let mut other = Browser::new(&emulator);
    let theirs =
        crate::support::browser::hidden(&other.get("/account/login").await.text().await.unwrap());
    browser.get("/account/login").await;
    let answer = browser
        .post(
            "/account/login",
            &[
                ("__RequestVerificationToken", &theirs[0].1),
                ("username", "browse"),
                ("password", "browse-pw-1"),
            ],
        )
        .await;
    assert_eq!(answer.status(), 400);
    browser
        .sign_in(&code_request(""), "browse", "browse-pw-1")
        .await;
    for path in [
        "/account/login",
        "/account/logout",
        "/account/changepassword",
        "/home/error",
        "/home/error?errorId=x",
        "/device",
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        let policy = header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert!(header("cache-control").contains("no-store"), "{path}");
        assert!(
            answer.headers().get("server").is_none()
                && answer
                    .headers()
                    .get("access-control-allow-origin")
                    .is_none(),
            "{path}"
        );
    }
    for path in ["/connect/checksession", "/connect/endsession/callback"] {
        let answer = browser.get(path).await;
        let policy = answer.headers()["content-security-policy"]
            .to_str()
            .unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("frame-ancestors"),
            "{path}: {policy}"
        );
        assert!(answer.headers().get("x-frame-options").is_none(), "{path}");
    }
}

/// 6749 10.10: handles cannot be guessed.
#[tokio::test]
async fn rfc6749_10_10_codes_are_256_random_bits() {
    let emulator = with_clients().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    browser
        .sign_in(&code_request(""), "browse", "browse-pw-1")
        .await;
    let mut seen = HashSet::new();
    for _ in 0..200 {
        let back = location(&browser.get(&code_request("")).await);
        let code = parameters(&back)["code"].clone();
        assert_eq!(code.len(), 43, "32 bytes in base64url");
        assert!(seen.insert(code));
    }
}

/// Session 3: what the check-session page computes is what the answer said.
#[tokio::test]
async fn session_state_fits_the_cookie_that_scripts_may_read() {
    use base64::Engine as _;
    let emulator = with_clients().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    let back = browser
        .sign_in(&implicit_request(""), "browse", "browse-pw-1")
        .await;
    let state = parameters(&back)["session_state"].clone();
    let (hash, salt) = state.split_once('.').unwrap();
    let (name, sid) = browser
        .cookies
        .iter()
        .find(|(name, _)| name.starts_with("idsrv.session."))
        .unwrap();
    let text = format!("spahttp://localhost:4200{sid}{salt}");
    let expected = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    assert_eq!(
        hash,
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(expected)
    );
    let name = name.clone();
    let page = browser
        .get("/connect/checksession")
        .await
        .text()
        .await
        .unwrap();
    assert!(page.contains(&format!("data-cookie=\"{name}\"")));
}

async fn refusals(emulator: &Emulator, user: &str, password: &str) -> (u16, String) {
    let mut browser = Browser::new(emulator);
    let fields = [("username", user), ("password", password)];
    let answer = browser
        .submit("/account/login", "/account/login", &fields)
        .await;
    let status = answer.status().as_u16();
    let body = answer.text().await.unwrap();
    let message = body
        .split("role=\"alert\" id=\"message\">")
        .nth(1)
        .map(|rest| rest.split('<').next().unwrap().to_owned());
    (status, message.unwrap_or(body))
}

/// Enumeration: nobody learns which accounts exist, from what is answered.
#[tokio::test]
async fn enumeration_refusals_look_and_take_alike() {
    let emulator = with_clients().start().await.unwrap();
    for _ in 0..3 {
        refusals(&emulator, "forget", "wrong").await;
    }
    let expected = (
        200,
        "Invalid username or password. After 3 wrong passwords an account is locked for 15 minutes.".to_owned(),
    );
    for (user, password) in [
        ("nobody", "x"),
        ("browse", "wrong"),
        ("forget", "forget-pw-1"),
        ("sso-only", "sso-pw-1-x"),
        ("service", "service-pw-1"),
        ("Anonymous", "x"),
        (&*"n".repeat(101), "x"),
    ] {
        assert_eq!(
            refusals(&emulator, user, password).await,
            expected,
            "{user}"
        );
    }
}

/// Lock-out: at every door together, and however many try at once.
#[tokio::test]
async fn lockout_counts_at_the_login_page_too() {
    for on in start_each(with_clients()).await {
        let emulator = &on.emulator;
        let tries = (0..20).map(|_| refusals(emulator, "forget", "wrong"));
        for (status, _) in futures_util::future::join_all(tries).await {
            assert_eq!(status, 200);
        }
        let (_, message) = refusals(emulator, "forget", "forget-pw-1").await;
        assert!(
            message.starts_with("Invalid username or password"),
            "{}: {message}",
            on.name
        );
        assert!(
            emulator
                .login("app", "app-secret", "forget", "forget-pw-1")
                .await
                .is_err(),
            "{}",
            on.name
        );
        // Wrong passwords at two doors count together; one good one begins anew.
        refusals(emulator, "browse", "wrong").await;
        assert!(
            emulator
                .login("app", "app-secret", "browse", "wrong")
                .await
                .is_err()
        );
        emulator
            .login("app", "app-secret", "browse", "browse-pw-1")
            .await
            .unwrap();
        refusals(emulator, "browse", "wrong").await;
        refusals(emulator, "browse", "wrong").await;
        let back = Browser::new(emulator)
            .sign_in(&code_request(""), "browse", "browse-pw-1")
            .await;
        assert!(back.contains("code="), "{}", on.name);
    }
}

/// 9700 2.1.2, 2.4: flows that are discouraged work only where the client's row says so.
#[tokio::test]
async fn rfc9700_2_4_password_and_implicit_need_their_grant_type() {
    let emulator = with_clients().start().await.unwrap();
    for (id, secret) in [
        ("spa", "spa-secret"),
        ("web", "web-secret"),
        ("machine", "machine-secret"),
    ] {
        let form = [
            ("grant_type", "password"),
            ("client_id", id),
            ("client_secret", secret),
            ("username", "browse"),
            ("password", "browse-pw-1"),
        ];
        assert_eq!(
            token(&emulator, &form).await,
            (400, json!({"error": "unauthorized_client"})),
            "{id}"
        );
    }
}

/// 6749 2.3.1: never a secret in the URL.
#[tokio::test]
async fn rfc6749_2_3_1_secrets_in_the_query_are_not_read() {
    let emulator = with_clients().start().await.unwrap();
    for path in [
        "/connect/token",
        "/connect/revocation",
        "/connect/deviceauthorization",
    ] {
        let url = format!(
            "{}{path}?client_id=tv&client_secret=tv-secret",
            emulator.url()
        );
        let answer = emulator
            .http()
            .post(url)
            .form(&[("grant_type", "password"), ("token", "x")])
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 400);
        assert_eq!(
            answer.json::<serde_json::Value>().await.unwrap(),
            json!({"error": "invalid_client"}),
            "{path}"
        );
    }
}

/// Hosts: with a public URL, what a client calls the server changes nothing.
#[tokio::test]
async fn hosts_a_host_header_changes_nothing_behind_a_public_url() {
    let emulator = with_clients().option(|serve| {
        serve.public_url = Some("https://sso.example.test".to_owned());
    });
    let emulator = emulator.start().await.unwrap();
    let ask = async |path: &str, host: &str| {
        let request = emulator
            .http()
            .get(format!("{}{path}", emulator.url()))
            .header("host", host);
        let answer = request.send().await.unwrap();
        let place = answer
            .headers()
            .get("location")
            .map(|v| v.to_str().unwrap().to_owned());
        (place, answer.text().await.unwrap())
    };
    for path in [
        "/.well-known/openid-configuration",
        &code_request(""),
        "/connect/endsession",
        "/account/login",
    ] {
        let (place, body) = ask(path, "evil.example").await;
        assert!(!body.contains("evil.example"), "{path}");
        assert!(
            !place.unwrap_or_default().contains("evil.example"),
            "{path}"
        );
    }
    // Headers: browsers keep to https there.
    let url = format!("{}/account/login", emulator.url());
    let page = emulator.http().get(url).send().await.unwrap();
    let kept = &page.headers()["strict-transport-security"];
    assert_eq!(kept, "max-age=15552000");
    let (_, document) = ask("/.well-known/openid-configuration", "evil.example").await;
    assert!(document.contains("\"issuer\":\"https://sso.example.test\""));
}

/// Limits, and every parameter missing, doubled, oversized or wrongly encoded: never a 500.
#[tokio::test]
async fn limits_bad_input_is_refused_and_nothing_breaks() {
    for on in start_each(with_clients()).await {
        let emulator = &on.emulator;
        let mut browser = Browser::new(emulator);
        browser
            .sign_in(&code_request(""), "browse", "browse-pw-1")
            .await;
        let names = [
            "client_id",
            "redirect_uri",
            "response_type",
            "response_mode",
            "scope",
            "state",
            "nonce",
            "code_challenge",
            "code_challenge_method",
            "prompt",
            "max_age",
            "login_hint",
            "acr_values",
            "id_token_hint",
            "post_logout_redirect_uri",
            "returnUrl",
            "errorId",
            "logoutId",
            "userCode",
            "username",
            "token",
        ];
        let values = [
            "",
            "%",
            "%zz",
            "%ff%fe",
            "%00",
            "%F0%9F%A6%8A",
            "a%0d%0ab",
            &"x".repeat(3000),
            "%22%3E%3Cscript%3Ealert",
            "[]",
            "-1",
        ];
        for path in [
            "/connect/authorize",
            "/connect/authorize/callback",
            "/connect/endsession",
            "/account/login",
            "/account/logout",
            "/account/changepassword",
            "/home/error",
            "/device",
            "/connect/checksession",
        ] {
            // Everything at the one that reads most; a sample of it at the pages.
            let all = path == "/connect/authorize" && on.name == "SQLite";
            for name in names {
                for value in values.iter().step_by(if all { 1 } else { 4 }) {
                    let pair = format!("{name}={value}");
                    let good = code_request("").split_once('?').unwrap().1.to_owned();
                    for query in [
                        pair.clone(),
                        format!("{pair}&{pair}"),
                        format!("{good}&{pair}"),
                    ] {
                        let answer = browser.get(&format!("{path}?{query}")).await;
                        let status = answer.status().as_u16();
                        assert!(
                            [200, 302, 400, 429].contains(&status),
                            "{}: {status} {path}?{query}",
                            on.name
                        );
                        let body = answer.text().await.unwrap();
                        assert!(!body.contains("<script>alert"), "{path}?{query}");
                        if !all {
                            break;
                        }
                    }
                }
            }
        }
        let long = |n: usize| {
            let base = implicit_request("&prompt=none&id_token_hint=");
            let rest = n - base.len();
            format!("{base}{}", "x".repeat(rest))
        };
        assert_eq!(browser.get(&long(8192)).await.status(), 302);
        assert_eq!(browser.get(&long(8193)).await.status(), 414);
        // As long a request survives the login, which carries it in an address of its own.
        let long = implicit_request("&state2=")
            .replace("state=st%3Bx", &format!("state={}", "%7C".repeat(2500)));
        let mut browser = Browser::new(emulator);
        let back = browser.sign_in(&long, "browse", "browse-pw-1").await;
        assert_eq!(parameters(&back)["state"], "|".repeat(2500), "{}", on.name);
        // What comes back in an address may not be longer as a form than as an address.
        let more = "x".repeat(8000);
        let form = [("client_id", "web"), ("state", &more), ("returnUrl", "/x")];
        for path in [
            "/connect/authorize",
            "/connect/authorize/callback",
            "/connect/endsession",
        ] {
            assert!(browser.post(path, &form).await.status().is_redirection());
            let form = [("client_id", "web"), ("state", &*"x".repeat(8192))];
            let answer = browser.post(path, &form).await;
            assert_eq!(answer.status(), 400, "{path}");
            assert!(answer.headers().get("location").is_none(), "{path}");
        }
        let long = format!("/x?{}", "y".repeat(40_000));
        let mut visitor = Browser::new(emulator);
        let body = visitor.get("/account/login").await.text().await.unwrap();
        let token = crate::support::browser::hidden(&body)[0].1.clone();
        let mut fields = vec![
            ("__RequestVerificationToken", &*token),
            ("username", "browse"),
            ("password", "browse-pw-1"),
            ("returnUrl", "/short"),
        ];
        let answer = visitor.post("/account/login", &fields).await;
        assert_eq!(location(&answer), "/short", "{}", on.name);
        fields[3].1 = &long;
        let answer = visitor.post("/account/login", &fields).await;
        assert_eq!(location(&answer), "/admin", "{}", on.name);
        let big = "x".repeat((1 << 20) + 1);
        for path in [
            "/connect/token",
            "/connect/authorize",
            "/connect/endsession",
            "/connect/revocation",
            "/connect/introspect",
            "/account/login",
        ] {
            let url = format!("{}{path}", emulator.url());
            let answer = emulator
                .http()
                .post(url)
                .form(&[("client_id", &big)])
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), 400, "{path}");
        }
    }
}

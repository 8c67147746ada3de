//! More rows of the table of security rules: what every endpoint keeps to, whatever the flow. `security.rs` has the rest.

use cinchy_testkit::Emulator;
use serde_json::json;

use crate::support::ask::as_admin;
use crate::support::backends::start_each;
use crate::support::browser::{Browser, code_request, location, post_json, token, with_clients};

/// Endpoints that clients post forms to.
const FORMS: [&str; 4] = [
    "/connect/token",
    "/connect/revocation",
    "/connect/introspect",
    "/connect/deviceauthorization",
];

async fn post(emulator: &Emulator, path: &str, kind: &str, body: &str) -> (u16, String) {
    let url = format!("{}{path}", emulator.url());
    let mut request = emulator.http().post(url).body(body.to_owned());
    if !kind.is_empty() {
        request = request.header("content-type", kind);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// 6749 3.2: a parameter that comes twice, or that is no text, is a bad request at every endpoint.
#[tokio::test]
async fn rfc6749_3_2_repeated_and_malformed_parameters_are_refused() {
    for on in start_each(with_clients()).await {
        let emulator = &on.emulator;
        let form = "application/x-www-form-urlencoded";
        let good = "client_id=app&client_secret=app-secret&grant_type=password&username=browse&password=browse-pw-1&scope=js_api&token=x";
        for path in FORMS {
            for name in ["client_id", "client_secret", "token", "scope", "grant_type"] {
                for body in [
                    format!("{good}&{name}=x"),
                    format!("{name}=x&{good}"),
                    format!("{good}&{}={}", name.to_ascii_uppercase(), "y"),
                ] {
                    let (status, text) = post(emulator, path, form, &body).await;
                    assert_eq!(status, 400, "{} {path} {body}: {text}", on.name);
                    assert!(
                        text.contains("invalid_request"),
                        "{} {path} {body}: {text}",
                        on.name
                    );
                }
            }
            for body in [
                "",
                "&&&",
                "=",
                "%",
                "%zz=%zz",
                "client_id=%ff%fe&client_secret=%00",
                "client_id=%00&client_secret=%00",
                "client_id=app&client_secret=%",
                "client_id[]=app&client_secret[x]=y",
                &format!("client_id={}", "x".repeat(101)),
                &format!("client_id=app&client_secret={}", "x".repeat(101)),
                &format!("client_id=app&{}=y", "x".repeat(100_000)),
            ] {
                let (status, text) = post(emulator, path, form, body).await;
                assert!(
                    [400, 401].contains(&status),
                    "{} {path} {body:.40}: {status} {text}",
                    on.name
                );
            }
            for kind in [
                "",
                "application/json",
                "text/plain",
                "multipart/form-data; boundary=x",
                "application/xml",
            ] {
                let (status, _) = post(emulator, path, kind, good).await;
                let expected = if path == "/connect/introspect" {
                    415
                } else {
                    400
                };
                assert_eq!(status, expected, "{} {path} {kind}", on.name);
            }
            for method in ["GET", "PUT", "DELETE", "PATCH"] {
                let url = format!("{}{path}?{good}", emulator.url());
                let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
                let answer = emulator.http().request(method, url).send().await.unwrap();
                let expected = if path == "/connect/introspect" {
                    405
                } else {
                    400
                };
                assert_eq!(answer.status(), expected, "{} {path}", on.name);
            }
        }
    }
}

/// 6749 5.1, 5.2: what holds tokens, and every refusal, is JSON that nobody keeps.
#[tokio::test]
async fn rfc6749_5_1_answers_are_json_and_are_not_stored() {
    let emulator = with_clients().start().await.unwrap();
    let app = "client_id=app&client_secret=app-secret";
    let tv = "client_id=tv&client_secret=tv-secret";
    let user = "grant_type=password&username=browse";
    for (path, body, status) in [
        (
            "/connect/token",
            format!("{app}&{user}&password=browse-pw-1"),
            200,
        ),
        (
            "/connect/token",
            format!("{app}&{user}&password=wrong"),
            400,
        ),
        ("/connect/token", String::new(), 400),
        ("/connect/revocation", format!("{app}&token=x"), 200),
        ("/connect/revocation", app.to_owned(), 400),
        ("/connect/introspect", format!("{app}&token=x"), 200),
        ("/connect/introspect", "token=x".to_owned(), 401),
        ("/connect/deviceauthorization", tv.to_owned(), 200),
        ("/connect/deviceauthorization", app.to_owned(), 400),
        ("/connect/userinfo", String::new(), 401),
    ] {
        let url = format!("{}{path}", emulator.url());
        let request = emulator
            .http()
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.clone());
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{path} {body}");
        let header = |name: &str| {
            let value = answer.headers().get(name);
            value.map_or(String::new(), |v| v.to_str().unwrap().to_owned())
        };
        assert!(
            header("cache-control").contains("no-store"),
            "{path} {body}"
        );
        assert_eq!(header("pragma"), "no-cache", "{path} {body}");
        let kind = header("content-type");
        let text = answer.text().await.unwrap();
        assert!(
            text.is_empty() || kind == "application/json; charset=UTF-8",
            "{path} {body}: {kind}"
        );
    }
}

/// 9700 2.1.2: no token comes from the authorize endpoint, unless the client's row says Implicit.
#[tokio::test]
async fn rfc9700_2_1_2_implicit_answers_need_the_grant_type() {
    let emulator = with_clients().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    browser
        .sign_in(&code_request(""), "browse", "browse-pw-1")
        .await;
    for response in ["token", "id_token", "id_token%20token", "code%20token"] {
        let request =
            code_request("").replace("response_type=code", &format!("response_type={response}"));
        let page = location(&browser.get(&request).await);
        assert!(
            page.starts_with("/home/error?errorId="),
            "{response}: {page}"
        );
    }
}

/// 9700 4.3.2, 6750 2.3: a token in the query is none.
#[tokio::test]
async fn rfc6750_2_3_tokens_in_the_query_are_not_read() {
    let emulator = with_clients().start().await.unwrap();
    let access = emulator.token("app", "browse").await.unwrap();
    for path in ["/connect/userinfo", "/API/HR/Employees"] {
        let url = format!("{}{path}?access_token={access}", emulator.url());
        let answer = emulator.http().get(url).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
    }
}

/// 9207: whoever answers with a code says who it is; the metadata say so.
#[tokio::test]
async fn rfc9207_answers_with_a_code_name_their_issuer() {
    let emulator = with_clients().start().await.unwrap();
    for mount in ["", "/idp", "/cinchysso", "/cinchyssocore"] {
        let url = format!("{}{mount}/.well-known/openid-configuration", emulator.url());
        let document = emulator.http().get(url).send().await.unwrap();
        let document: serde_json::Value = document.json().await.unwrap();
        // Discovery 4.3: the issuer is the address.
        assert_eq!(document["issuer"], format!("{}{mount}", emulator.url()));
        assert_eq!(
            document["authorization_response_iss_parameter_supported"],
            true
        );
        let mut browser = Browser::new(&emulator);
        let first = browser.get(&format!("{mount}{}", code_request(""))).await;
        let login = location(&first);
        let fields = [("username", "browse"), ("password", "browse-pw-1")];
        let action = format!("{mount}/account/login");
        let back = location(&browser.submit(&login, &action, &fields).await);
        let back = location(&browser.get(&back).await);
        let answer = crate::support::browser::parameters(&back);
        assert_eq!(answer["iss"], format!("{}{mount}", emulator.url()));
    }
}

/// Lock-out: an administrator unlocks by clearing the Locked Timestamp.
#[tokio::test]
async fn lockout_ends_when_the_locked_timestamp_is_cleared() {
    for on in start_each(with_clients()).await {
        let emulator = &on.emulator;
        let sign_in = async |password: &str| {
            let form = [
                ("grant_type", "password"),
                ("client_id", "app"),
                ("client_secret", "app-secret"),
                ("username", "forget"),
                ("password", password),
            ];
            token(emulator, &form).await.0
        };
        let tries = (0..20).map(|_| sign_in("wrong"));
        futures_util::future::join_all(tries).await;
        assert_eq!(sign_in("forget-pw-1").await, 400, "{}", on.name);
        let text = "UPDATE t SET t.[Locked Timestamp] = NULL FROM [Cinchy].[Users] t WHERE t.[Username] = 'forget'";
        as_admin(emulator, text).await;
        assert_eq!(sign_in("forget-pw-1").await, 200, "{}", on.name);
    }
}

/// BasicAuthAPI: a password that was believed a moment ago is refused at once when there is another.
#[tokio::test]
async fn basic_auth_forgets_a_password_when_it_changes() {
    for on in start_each(with_clients()).await {
        let emulator = &on.emulator;
        let call = async |password: &str| {
            let url = format!("{}/BasicAuthAPI/Zoo/Count", emulator.url());
            let request = emulator
                .http()
                .get(url)
                .basic_auth("browse", Some(password));
            request.send().await.unwrap().status().as_u16()
        };
        for _ in 0..3 {
            assert_eq!(call("browse-pw-1").await, 200, "{}", on.name);
        }
        let text = "UPDATE t SET t.[Password] = 'browse-pw-2' FROM [Cinchy].[Users] t WHERE t.[Username] = 'browse'";
        as_admin(emulator, text).await;
        assert_eq!(call("browse-pw-1").await, 401, "{}", on.name);
        assert_eq!(call("browse-pw-2").await, 200, "{}", on.name);
    }
}

/// Passwords: what is kept of them is argon2id, at OWASP's minimum, each with a salt of its own.
#[tokio::test]
async fn passwords_are_kept_as_argon2id() {
    let emulator = with_clients().start().await.unwrap();
    let export = emulator.export().await.unwrap();
    let hashes: std::collections::HashSet<&str> = export
        .split("$argon2id$v=19$m=19456,t=2,p=1$")
        .skip(1)
        .map(|rest| rest.split('$').next().unwrap())
        .collect();
    assert!(hashes.len() > 3, "salts: {hashes:?}");
    for secret in ["browse-pw-1", "forget-pw-1", "ann-demo-1"] {
        assert!(!export.contains(secret), "{secret}");
    }
}

/// Limits: cookies of 60 KiB pass, as identity providers set them; a megabyte of headers does not, and breaks nothing.
#[tokio::test]
async fn limits_headers_may_be_long_but_not_endless() {
    let emulator = with_clients().start().await.unwrap();
    let ask = async |length: usize| {
        let url = format!("{}/account/login", emulator.url());
        let cookie = format!("a={}", "x".repeat(length));
        // A connection that was cut off is nobody else's.
        let request = emulator.http().get(url).header("connection", "close");
        let request = request.header("cookie", cookie);
        request.send().await.map(|answer| answer.status().as_u16())
    };
    assert_eq!(ask(60 * 1024).await.unwrap(), 200);
    // Refused, or cut off while it is still being sent.
    assert!(
        ask(1 << 20)
            .await
            .map_or(true, |status| (400..500).contains(&status))
    );
    assert_eq!(ask(10).await.unwrap(), 200);
}

/// 7009 2.2, 7662 2.2: of a token that is nobody's, nothing more is said.
#[tokio::test]
async fn rfc7662_2_2_unknown_tokens_tell_nothing() {
    let emulator = with_clients().start().await.unwrap();
    for text in ["x", "a.b.c", "\u{0}", "é", &"x".repeat(20_000)] {
        let form = [
            ("client_id", "web"),
            ("client_secret", "web-secret"),
            ("token", text),
        ];
        let told = post_json(&emulator, "/connect/introspect", &form).await;
        assert_eq!(told, (200, json!({"active": false})), "{text:.20}");
        let told = post_json(&emulator, "/connect/revocation", &form).await;
        assert_eq!(told, (200, serde_json::Value::Null), "{text:.20}");
    }
}

//! Devices (RFC 8628): codes, the page at which a user decides, the questions of the device.

use cinchy_testkit::Emulator;
use serde_json::{Value, json};

use crate::support::backends::start_each;
use crate::support::browser::{Browser, code_request, location, post_json, token, with_clients};
use crate::support::jwt::parts;

const CLIENT: [(&str, &str); 2] = [("client_id", "tv"), ("client_secret", "tv-secret")];

async fn begin(emulator: &Emulator) -> Value {
    let mut form = CLIENT.to_vec();
    form.push(("scope", "openid id js_api"));
    let (status, codes) = post_json(emulator, "/connect/deviceauthorization", &form).await;
    assert_eq!(status, 200, "{codes}");
    codes
}

async fn poll(emulator: &Emulator, codes: &Value) -> (u16, Value) {
    let mut form = CLIENT.to_vec();
    form.push(("grant_type", "urn:ietf:params:oauth:grant-type:device_code"));
    form.push(("device_code", codes["device_code"].as_str().unwrap()));
    token(emulator, &form).await
}

fn page_of(codes: &Value) -> String {
    format!("/device?userCode={}", codes["user_code"].as_str().unwrap())
}

/// Of many decisions at once the first holds, and the questions that the device asks meanwhile take nothing away.
#[tokio::test]
async fn a_device_is_decided_once() {
    for on in start_each(with_clients()).await {
        let emulator = &on.emulator;
        let mut browser = Browser::new(emulator);
        browser
            .sign_in(&code_request(""), "browse", "browse-pw-1")
            .await;
        for first in ["allow", "deny"] {
            let codes = begin(emulator).await;
            let page = page_of(&codes);
            // Both pages are open before either is answered.
            let body = browser.get(&page).await.text().await.unwrap();
            let hidden = crate::support::browser::hidden(&body);
            for (nth, button) in [first, "deny", "allow"].into_iter().enumerate() {
                let mut fields: Vec<(&str, &str)> = hidden
                    .iter()
                    .map(|(n, v)| (n.as_str(), v.as_str()))
                    .collect();
                fields.push(("button", button));
                let answer = browser.post("/device", &fields).await;
                let body = answer.text().await.unwrap();
                assert_eq!(body.contains("is unknown"), nth > 0, "{}: {body}", on.name);
            }
            let (status, answer) = poll(emulator, &codes).await;
            let expected = if first == "allow" { 200 } else { 400 };
            assert_eq!(status, expected, "{} {first}: {answer}", on.name);
            if first == "deny" {
                assert_eq!(answer, json!({"error": "access_denied"}), "{}", on.name);
            }
        }
        // Decided while eight questions are under way: none of them erases it.
        for _ in 0..4 {
            let codes = begin(emulator).await;
            let mut user = Browser::new(emulator);
            user.cookies.clone_from(&browser.cookies);
            let page = page_of(&codes);
            let fields = [("button", "allow")];
            let allow = user.submit(&page, "/device", &fields);
            let polls = futures_util::future::join_all((0..8).map(|_| poll(emulator, &codes)));
            let (_, polls) = tokio::join!(allow, polls);
            let mut won = polls.iter().filter(|(status, _)| *status == 200).count();
            if won == 0 {
                won = usize::from(poll(emulator, &codes).await.0 == 200);
            }
            assert_eq!(won, 1, "{}: {polls:?}", on.name);
        }
    }
}

/// RFC 8628 5.1: fifty guesses at once are no more than ten.
#[tokio::test]
async fn rfc8628_5_1_guesses_at_once_all_count() {
    let emulator = with_clients().start().await.unwrap();
    let mut browser = Browser::new(&emulator);
    browser
        .sign_in(&code_request(""), "browse", "browse-pw-1")
        .await;
    let codes = begin(&emulator).await;
    // Good ones are no guesses.
    for _ in 0..12 {
        assert_eq!(browser.get(&page_of(&codes)).await.status(), 200);
    }
    let cookies = browser.cookies.clone();
    let guesses = (0..50).map(|n| {
        let mut browser = Browser::new(&emulator);
        browser.cookies = cookies.clone();
        async move {
            let page = format!("/device?userCode=1000000{n:02}");
            browser.get(&page).await.status().as_u16()
        }
    });
    let all = futures_util::future::join_all(guesses).await;
    let looked = all.iter().filter(|status| **status == 200).count();
    assert_eq!(looked, 10, "{all:?}");
    assert!(all.iter().all(|status| [200, 429].contains(status)));
    assert_eq!(browser.get(&page_of(&codes)).await.status(), 429);
}

/// 8628 3.5.
#[tokio::test]
async fn a_device_is_signed_in_by_its_user() {
    for on in start_each(with_clients()).await {
        let emulator = &on.emulator;
        let codes = begin(emulator).await;
        assert_eq!(
            (&codes["expires_in"], &codes["interval"]),
            (&json!(300), &json!(5))
        );
        assert_eq!(
            codes["verification_uri"],
            format!("{}/device", emulator.url())
        );
        let user_code = codes["user_code"].as_str().unwrap();
        assert!(user_code.len() == 9 && user_code.bytes().all(|b| b.is_ascii_digit()));
        assert_eq!(
            poll(emulator, &codes).await,
            (400, json!({"error": "authorization_pending"}))
        );
        assert_eq!(
            poll(emulator, &codes).await,
            (400, json!({"error": "slow_down"}))
        );
        assert_eq!(
            poll(emulator, &json!({"device_code": "nonsense"})).await,
            (400, json!({"error": "invalid_grant"}))
        );
        // The user: sign in, look, allow.
        let mut browser = Browser::new(emulator);
        let page = format!("/device?userCode={user_code}");
        let login = location(&browser.get(&page).await);
        let answer = browser
            .submit(
                &login,
                "/account/login",
                &[("username", "browse"), ("password", "browse-pw-1")],
            )
            .await;
        let page = location(&answer);
        let body = browser.get(&page).await.text().await.unwrap();
        assert!(body.contains("<strong>tv</strong>"), "{body}");
        let answer = browser
            .submit(&page, "/device", &[("button", "allow")])
            .await;
        assert!(answer.text().await.unwrap().contains("is signed in"));
        let (status, answer) = poll(emulator, &codes).await;
        assert_eq!(status, 200, "{}: {answer}", on.name);
        assert!(answer["id_token"].is_string());
        assert_eq!(
            parts(answer["access_token"].as_str().unwrap()).1["id"],
            "browse"
        );
        assert_eq!(
            poll(emulator, &codes).await,
            (400, json!({"error": "invalid_grant"}))
        );
        // Another one is refused by its user.
        let codes = begin(emulator).await;
        let page = page_of(&codes);
        browser
            .submit(&page, "/device", &[("button", "deny")])
            .await;
        assert_eq!(
            poll(emulator, &codes).await,
            (400, json!({"error": "access_denied"}))
        );
        // RFC 8628 5.1: whoever guesses is stopped.
        let mut last = 0;
        for n in 0..50 {
            let answer = browser
                .get(&format!("/device?userCode=1000000{n:02}"))
                .await;
            last = answer.status().as_u16();
        }
        assert_eq!(last, 429);
        let (status, answer) = post_json(
            emulator,
            "/connect/deviceauthorization",
            &[("client_id", "web"), ("client_secret", "web-secret")],
        )
        .await;
        assert_eq!(
            (status, answer),
            (400, json!({"error": "unauthorized_client"}))
        );
    }
}

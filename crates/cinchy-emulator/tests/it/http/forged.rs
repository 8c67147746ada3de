//! Tokens that this server did not make, or no longer stands by: each is 401 at the API, and says why.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cinchy_testkit::Emulator;
use serde_json::{Value, json};

use crate::support::backends::{builder, start};
use crate::support::jwt;

/// Calls the API with a token; status, `WWW-Authenticate`, `X-Emulator-Reason`.
async fn call(emulator: &Emulator, token: &str) -> (u16, String, String) {
    let url = format!("{}/API/HR/Headcount", emulator.url());
    let response = emulator
        .http()
        .get(url)
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    let header = |name: &str| {
        let value = response.headers().get(name);
        value.map_or(String::new(), |value| value.to_str().unwrap().to_owned())
    };
    (
        response.status().as_u16(),
        header("www-authenticate"),
        header("x-emulator-reason"),
    )
}

#[track_caller]
fn edited(value: &Value, name: &str, to: Value) -> Value {
    let mut value = value.clone();
    value.as_object_mut().unwrap().insert(name.to_owned(), to);
    value
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let emulator = start().await;
    let good = emulator.token("app", "bob").await.unwrap();
    assert_eq!(call(&emulator, &good).await.0, 200);
    let (header, payload) = jwt::parts(&good);
    let signature = URL_SAFE_NO_PAD
        .decode(good.rsplit('.').next().unwrap())
        .unwrap();
    let mut flipped = signature.clone();
    flipped[100] ^= 1;
    let jwks = format!("{}/.well-known/openid-configuration/jwks", emulator.url());
    let keys: Value = emulator
        .http()
        .get(jwks)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let n = keys["keys"][0]["n"].as_str().unwrap().to_owned();
    let modulus = URL_SAFE_NO_PAD.decode(&n).unwrap();
    let hs = edited(&header, "alg", json!("HS256"));
    let none = edited(&header, "alg", json!("none"));

    let other = start().await;
    let foreign = other.token("app", "bob").await.unwrap();
    let (foreign_header, foreign_payload) = jwt::parts(&foreign);
    let foreign_signature = URL_SAFE_NO_PAD
        .decode(foreign.rsplit('.').next().unwrap())
        .unwrap();
    assert_ne!(
        foreign_header["kid"], header["kid"],
        "each platform has keys of its own"
    );

    let unpadded = good
        .trim_end_matches(|c| c != '.')
        .trim_end_matches('.')
        .to_owned();
    for (name, token, why) in [
        (
            "another user",
            jwt::token(&header, &edited(&payload, "sub", json!("1")), &signature),
            "signature",
        ),
        (
            "another end",
            jwt::token(
                &header,
                &edited(&payload, "exp", json!(4_102_444_800_i64)),
                &signature,
            ),
            "signature",
        ),
        (
            "a flipped bit",
            jwt::token(&header, &payload, &flipped),
            "signature",
        ),
        (
            "no signature",
            jwt::token(&header, &payload, b""),
            "signature",
        ),
        ("two parts", unpadded, ""),
        ("alg none", jwt::token(&none, &payload, b""), "algorithm"),
        (
            "alg none, signature kept",
            jwt::token(&none, &payload, &signature),
            "algorithm",
        ),
        (
            "alg NONE",
            jwt::token(&edited(&header, "alg", json!("NONE")), &payload, b""),
            "algorithm",
        ),
        (
            "HS256 with the modulus",
            jwt::hs256(&hs, &payload, &modulus),
            "algorithm",
        ),
        (
            "HS256 with the modulus as text",
            jwt::hs256(&hs, &payload, n.as_bytes()),
            "algorithm",
        ),
        (
            "HS256 with the client's secret",
            jwt::hs256(&hs, &payload, b"app-secret"),
            "algorithm",
        ),
        (
            "RS256 in the header, HMAC behind it",
            jwt::hs256(&header, &payload, &modulus),
            "signature",
        ),
        (
            "RS512",
            jwt::token(
                &edited(&header, "alg", json!("RS512")),
                &payload,
                &signature,
            ),
            "algorithm",
        ),
        (
            "an unknown key",
            jwt::token(
                &edited(&header, "kid", json!("0".repeat(40))),
                &payload,
                &signature,
            ),
            "key",
        ),
        (
            "no key",
            jwt::token(&edited(&header, "kid", Value::Null), &payload, &signature),
            "key",
        ),
        (
            "a key in the header",
            jwt::token(
                &edited(&header, "jwk", keys["keys"][0].clone()),
                &payload,
                &signature,
            ),
            "",
        ),
        (
            "crit",
            jwt::token(&edited(&header, "crit", json!(["x"])), &payload, &signature),
            "",
        ),
        ("another platform's", foreign.clone(), "key"),
        (
            "another platform's under our key's name",
            jwt::token(&header, &foreign_payload, &foreign_signature),
            "signature",
        ),
        (
            "a payload that is no JSON",
            format!(
                "{}.{}.x",
                good.split('.').next().unwrap(),
                URL_SAFE_NO_PAD.encode("x")
            ),
            "",
        ),
        (
            "an empty payload",
            format!(
                "{}..{}",
                good.split('.').next().unwrap(),
                good.rsplit('.').next().unwrap()
            ),
            "",
        ),
        ("four parts", format!("{good}.x"), ""),
        ("a letter more", format!("{good}A"), ""),
    ] {
        let (status, challenge, reason) = call(&emulator, &token).await;
        assert_eq!(status, 401, "{name}: {reason}");
        assert!(challenge.starts_with("Bearer"), "{name}: {challenge}");
        assert!(
            reason.contains(why) && !reason.is_empty(),
            "{name}: {reason}"
        );
        assert!(
            !reason.contains(&token),
            "{name}: the reason repeats the token"
        );
        // Nor is it good on the other route, or as a client's secret.
        let url = format!("{}/BasicAuthAPI/HR/Headcount", emulator.url());
        let answer = emulator
            .http()
            .get(url)
            .bearer_auth(&token)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 401, "{name}");
    }
    assert_eq!(call(&emulator, &good).await.0, 200, "the good one still is");
}

/// A token for scopes without the web API is not for the API (decided).
#[tokio::test]
async fn a_token_for_something_else_is_refused() {
    let emulator = start().await;
    let url = format!("{}/connect/token", emulator.url());
    let form = "client_id=profile-only&client_secret=profile-secret&grant_type=password&username=ann&password=ann-demo-1&scope=openid+profile";
    let request = emulator.http().post(url).body(form);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    let (status, _, reason) = call(&emulator, answer["access_token"].as_str().unwrap()).await;
    assert_eq!(status, 401);
    assert!(reason.contains("js_api"), "{reason}");
}

/// The clock cannot be moved yet, so the token lives for a second.
#[tokio::test]
async fn an_expired_token_is_refused_and_the_challenge_says_so() {
    let emulator = start().await;
    let token = emulator.token("brief", "bob").await.unwrap();
    let exp = jwt::parts(&token).1["exp"].as_i64().unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let (status, challenge, reason) = call(&emulator, &token).await;
        if status == 401 {
            assert!(chrono::Utc::now().timestamp() >= exp, "not before its time");
            let expected =
                "Bearer error=\"invalid_token\", error_description=\"The access token expired\"";
            assert_eq!(challenge, expected);
            assert!(reason.contains("expired"), "{reason}");
            break;
        }
        assert_eq!(status, 200);
        assert!(
            std::time::Instant::now() < deadline,
            "the token is still good"
        );
    }
}

/// With a public URL, tokens of another origin are not ours, whoever signed them.
#[tokio::test]
async fn the_public_url_binds_the_issuer() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("kept.db").display());
    let local = builder().database(&database).start().await.unwrap();
    let token = local.token("app", "bob").await.unwrap();
    assert_eq!(call(&local, &token).await.0, 200);
    local.stop().unwrap();
    let public = builder()
        .database(&database)
        .option(|serve| serve.public_url = Some("https://cinchy.example.test".to_owned()))
        .start()
        .await
        .unwrap();
    let (status, _, reason) = call(&public, &token).await;
    assert_eq!(status, 401);
    assert!(reason.contains("issuer"), "{reason}");
    let token = public.token("app", "bob").await.unwrap();
    assert_eq!(call(&public, &token).await.0, 200);
}

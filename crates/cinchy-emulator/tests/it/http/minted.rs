//! Tokens that the control API mints: good ones, and each defect, which every endpoint finds and names.

use cinchy_testkit::Emulator;
use serde_json::{Value, json};

use crate::support::backends::{OnBackend, start_on_each};
use crate::support::jwt;

async fn mint(emulator: &Emulator, wanted: Value) -> (u16, Value) {
    let url = format!("{}/_emulator/tokens", emulator.url());
    let answer = emulator
        .http()
        .post(url)
        .json(&wanted)
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Status and reason of a call with this token.
async fn call(emulator: &Emulator, token: &str, path: &str) -> (u16, String) {
    let url = format!("{}{path}", emulator.url());
    let answer = emulator
        .http()
        .get(url)
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    let reason = answer.headers().get("x-emulator-reason");
    let reason = reason.map_or("", |value| value.to_str().unwrap());
    (answer.status().as_u16(), reason.to_owned())
}

#[tokio::test]
async fn a_good_one_is_the_token_endpoints() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        let asked = emulator.token("app", "ann").await.unwrap();
        let wanted =
            json!({"client": "app", "user": "ANN", "scopes": "js_api", "lifetime": "PT2H"});
        let (status, answer) = mint(emulator, wanted).await;
        assert_eq!(
            (status, &answer["expires_in"]),
            (200, &json!(7200)),
            "{name}: {answer}"
        );
        let minted = answer["access_token"].as_str().unwrap();
        let (header, payload) = jwt::parts(minted);
        let (asked_header, asked_payload) = jwt::parts(&asked);
        assert_eq!(header, asked_header, "{name}");
        let keys =
            |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
        assert_eq!(keys(&payload), keys(&asked_payload), "{name}");
        assert_eq!(
            payload["exp"].as_i64().unwrap() - payload["nbf"].as_i64().unwrap(),
            7200
        );
        assert_eq!(
            call(emulator, minted, "/API/HR/Employees").await.0,
            200,
            "{name}"
        );
        // As at the token endpoint, `js_api` is among those that come unasked for.
        let (_, answer) = mint(emulator, json!({"client": "profile-only", "user": "ann"})).await;
        let token = answer["access_token"].as_str().unwrap();
        let scopes = &jwt::parts(token).1["scope"];
        assert_eq!(scopes, &json!(["openid", "profile", "js_api"]), "{name}");
        assert_eq!(call(emulator, token, "/API/HR/Employees").await.0, 200);
        let claims =
            json!({"client": "app", "user": "ann", "claims": {"colour": "blue", "email": null}});
        let (_, answer) = mint(emulator, claims).await;
        let token = answer["access_token"].as_str().unwrap();
        let (_, payload) = jwt::parts(token);
        assert_eq!(
            (&payload["colour"], payload.get("email")),
            (&json!("blue"), None)
        );
        assert_eq!(
            call(emulator, token, "/API/HR/Employees").await.0,
            200,
            "{name}"
        );
        let (_, answer) = mint(
            emulator,
            json!({"user": "ann", "kind": "pat", "lifetime": "1d"}),
        )
        .await;
        let token = answer["token"].as_str().unwrap();
        assert_eq!(
            call(emulator, token, "/API/HR/Employees").await.0,
            200,
            "{name}"
        );
        let (_, answer) = mint(
            emulator,
            json!({"client": "app", "user": "ann", "kind": "id"}),
        )
        .await;
        let token = answer["id_token"].as_str().unwrap();
        assert_eq!(jwt::parts(token).1["aud"], "app");
        let (status, reason) = call(emulator, token, "/API/HR/Employees").await;
        assert!(
            status == 401 && reason.contains("id_token"),
            "{name}: {status} {reason}"
        );
    }
}

#[tokio::test]
async fn each_defect_is_found_and_named() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        for (defect, part) in [
            ("expired", "expired at"),
            ("not_yet_valid", "not valid before"),
            ("wrong_audience", "not for the web API"),
            (
                "wrong_issuer",
                "issuer `https://other-issuer.example.test/other`",
            ),
            ("unknown_key", "which this instance does not have"),
            ("bad_signature", "signature is wrong"),
            ("alg_none", "algorithm is `none`"),
            ("retired_key", "was retired"),
        ] {
            let wanted = json!({"client": "app", "user": "ann", "defect": defect});
            let (status, answer) = mint(emulator, wanted).await;
            assert_eq!(status, 200, "{name}, {defect}: {answer}");
            let token = answer["access_token"].as_str().unwrap();
            for path in [
                "/API/HR/Employees",
                "/API/ExecuteCQL",
                "/Account/GetGroupsCurrentUserBelongsTo",
                "/API/OpenConnection",
            ] {
                let (status, reason) = call(emulator, token, path).await;
                assert!(
                    status == 401 && reason.contains(part),
                    "{name}, {defect} at {path}: {status} {reason}"
                );
            }
        }
        for (defect, part) in [("expired", "expired at"), ("unknown_key", "neither")] {
            let wanted = json!({"user": "ann", "kind": "pat", "defect": defect});
            let token = mint(emulator, wanted).await.1["token"]
                .as_str()
                .unwrap()
                .to_owned();
            let (status, reason) = call(emulator, &token, "/API/HR/Employees").await;
            assert!(
                status == 401 && reason.contains(part),
                "{name}, {defect}: {status} {reason}"
            );
        }
    }
}

#[tokio::test]
async fn what_cannot_be_minted_is_refused() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        for (wanted, expected, part) in [
            (json!({}), 400, "client"),
            (json!({"client": "nobody"}), 404, "nobody"),
            (json!({"client": "app", "user": "nobody"}), 404, "nobody"),
            (json!({"client": "app", "defect": "rusty"}), 400, "alg_none"),
            (json!({"client": "app", "kind": "id"}), 400, "user"),
            (
                json!({"client": "app", "scopes": ["everything"]}),
                400,
                "everything",
            ),
            (json!({"client": "app", "lifetime": "long"}), 400, "long"),
            (
                json!({"client": "app", "lifetime": "1000000d"}),
                400,
                "duration",
            ),
            (json!({"kind": "pat"}), 400, "user"),
            (
                json!({"kind": "pat", "user": "ann", "defect": "alg_none"}),
                400,
                "expired",
            ),
            (json!({"client": "app", "colour": 1}), 400, "colour"),
        ] {
            let (status, problem) = mint(emulator, wanted.clone()).await;
            assert_eq!(status, expected, "{name}, {wanted}: {problem}");
            assert!(
                problem["detail"].as_str().unwrap().contains(part),
                "{name}, {wanted}: {problem}"
            );
        }
    }
}

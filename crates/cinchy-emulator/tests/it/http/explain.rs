//! The control API explains rights, describes itself, counts, and rotates keys.

use cinchy_testkit::Emulator;
use serde_json::{Value, json};

use crate::support::backends::{OnBackend, start, start_on_each};

async fn explain(emulator: &Emulator, question: Value) -> (u16, Value) {
    let url = format!("{}/_emulator/explain", emulator.url());
    let answer = emulator
        .http()
        .post(url)
        .json(&question)
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Checks with their outcomes.
fn outcomes(told: &Value) -> Vec<String> {
    told["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| {
            let text = |name: &str| check[name].as_str().unwrap().to_owned();
            format!("{} {}", text("check"), text("outcome"))
        })
        .collect()
}

fn last(told: &Value) -> &Value {
    told["checks"].as_array().unwrap().last().unwrap()
}

#[tokio::test]
async fn the_chain_of_checks() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        let question = json!({"user": "EVE", "domain": "HR", "query": "Employees"});
        let (_, told) = explain(emulator, question).await;
        assert_eq!(told["allowed"], true, "{name}: {told}");
        let expected = [
            "user allow",
            "query allow",
            "execute allow",
            "table allow",
            "columns allow",
            "row filter allow",
        ];
        for one in expected {
            assert!(
                outcomes(&told).iter().any(|found| found == one),
                "{name}: no {one} in {told}"
            );
        }
        let text = told.to_string();
        assert!(
            text.contains("[Active]") && text.contains("of [Cinchy].[Table Access Control]"),
            "{name}: {told}"
        );
        let (_, told) = explain(
            emulator,
            json!({"user": "eve", "domain": "HR", "query": "My Profile"}),
        )
        .await;
        assert_eq!(
            (told["allowed"].as_bool(), outcomes(&told).pop()),
            (Some(false), Some("execute deny".to_owned())),
            "{name}: {told}"
        );
        assert!(
            last(&told)["mend"]
                .as_str()
                .unwrap()
                .contains("Execute Access"),
            "{told}"
        );
        let (_, told) = explain(
            emulator,
            json!({"user": "eve", "cql": "SELECT [Salary] FROM [HR].[Employees]"}),
        )
        .await;
        assert_eq!(told["allowed"], false, "{name}: {told}");
        let (_, told) = explain(
            emulator,
            json!({"user": "admin", "cql": "SELECT [Salary] FROM [HR].[Employees]"}),
        )
        .await;
        assert_eq!(told["allowed"], true, "{name}: {told}");
    }
}

#[tokio::test]
async fn tokens_and_names() {
    let emulator = start().await;
    let token = emulator.token("app", "ann").await.unwrap();
    let (_, told) = explain(&emulator, json!({"token": token})).await;
    assert_eq!(
        outcomes(&told),
        ["token allow", "client allow", "user allow"],
        "{told}"
    );
    for (question, check, part) in [
        (json!({"token": "a.b.c"}), "token deny", "JWT"),
        (json!({"token": "nonsense"}), "token deny", "neither"),
        (json!({"user": "nobody"}), "user deny", "nobody"),
        (
            json!({"user": "ann", "domain": "HR", "query": "None"}),
            "query deny",
            "HR/None",
        ),
        (json!({"user": "ann", "cql": "SELECT FROM"}), "cql deny", ""),
    ] {
        let (status, told) = explain(&emulator, question.clone()).await;
        assert_eq!(
            (status, told["allowed"].as_bool()),
            (200, Some(false)),
            "{question}: {told}"
        );
        assert_eq!(
            outcomes(&told).pop().as_deref(),
            Some(check),
            "{question}: {told}"
        );
        assert!(
            last(&told)["because"].as_str().unwrap().contains(part),
            "{question}: {told}"
        );
        assert!(
            !last(&told)["mend"].as_str().unwrap().is_empty(),
            "{question}: {told}"
        );
    }
    for question in [
        json!({}),
        json!({"user": "a", "token": "b"}),
        json!({"user": "a", "query": "q"}),
    ] {
        assert_eq!(explain(&emulator, question).await.0, 400);
    }
}

/// Each call that is described is there, whatever it says to a call without what it needs.
#[tokio::test]
async fn the_description_is_that_of_the_routes() {
    let emulator = start().await;
    let get = async |path: &str| {
        let url = format!("{}{path}", emulator.url());
        emulator.http().get(url).send().await.unwrap()
    };
    let document: Value = get("/_emulator/openapi.json").await.json().await.unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let page = get("/_emulator/docs").await;
    assert!(
        page.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("default-src 'none'")
    );
    let page = page.text().await.unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            assert!(
                page.contains(&format!("{} /_emulator{path}", method.to_uppercase())),
                "{path}"
            );
            let url = format!(
                "{}/_emulator{}",
                emulator.url(),
                path.replace("{name}", "none").replace("{other}", "live")
            );
            let request = emulator
                .http()
                .request(method.to_uppercase().parse().unwrap(), url);
            let answer = request.query(&[("timeout", "1ms")]).send().await.unwrap();
            let status = answer.status().as_u16();
            assert_ne!(status, 405, "{method} {path}");
            let described = &item[method]["responses"];
            let described = described
                .get(status.to_string())
                .unwrap_or(&described["default"]);
            let kind = answer.headers().get("content-type");
            let kind = kind.map(|kind| kind.to_str().unwrap().split(';').next().unwrap());
            assert_eq!(
                kind.is_some(),
                described.get("content").is_some(),
                "{method} {path} {status}"
            );
            if let Some(kind) = kind {
                assert!(
                    described["content"].get(kind).is_some(),
                    "{method} {path} {status} {kind}"
                );
            }
            if status == 404 {
                assert!(
                    !answer.text().await.unwrap().contains("no-such-call"),
                    "{method} {path}"
                );
            }
        }
    }
}

#[tokio::test]
async fn metrics() {
    let emulator = start().await;
    let token = emulator.token("app", "ann").await.unwrap();
    let url = format!("{}/API/HR/Employees", emulator.url());
    emulator
        .http()
        .get(&url)
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    emulator.http().get(&url).send().await.unwrap();
    let url = format!("{}/metrics", emulator.url());
    let text = emulator
        .http()
        .get(&url)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    for line in [
        "cinchy_requests_total{area=\"web\",status=\"2xx\"} 1",
        "cinchy_requests_total{area=\"web\",status=\"4xx\"} 1",
        "cinchy_requests_total{area=\"identity\",status=\"2xx\"} 1",
        "cinchy_request_seconds_count 3",
        "cinchy_info{version=\"0.1.0\",database=\"sqlite\"} 1",
    ] {
        assert!(text.lines().any(|l| l == line), "no `{line}` in {text}");
    }
    let foreign = emulator.http().get(&url).header("host", "evil.test");
    assert_eq!(foreign.send().await.unwrap().status(), 403);
}

#[tokio::test]
async fn keys_are_rotated() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        let before = emulator.token("app", "ann").await.unwrap();
        let url = format!("{}/_emulator/keys/rotate", emulator.url());
        let rotated: Value = emulator
            .http()
            .post(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let after = emulator.token("app", "ann").await.unwrap();
        let url = format!("{}/.well-known/openid-configuration/jwks", emulator.url());
        let keys: Value = emulator
            .http()
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(keys["keys"][0]["kid"], rotated["kid"], "{name}");
        assert_eq!(keys["keys"].as_array().unwrap().len(), 2, "{name}");
        for token in [before, after] {
            let url = format!("{}/API/HR/Employees", emulator.url());
            let answer = emulator
                .http()
                .get(url)
                .bearer_auth(token)
                .send()
                .await
                .unwrap();
            assert_eq!(answer.status(), 200, "{name}");
        }
    }
}

//! `/openapi.json` and its page: what a caller is told of, and that what it tells of is there.

use serde_json::{Value, json};

use crate::support::backends::start_on_each;
use crate::support::case::{Case, check, get};

fn cases() -> Vec<Case> {
    let keepers = "/API/Zoo/Keepers%20Only";
    vec![
        get("/openapi.json")
            .header("content-type", "application/json; charset=utf-8")
            .has(r#""openapi":"3.1.0""#)
            .has("/API/HR/Anonymous%20Departments")
            .lacks("/API/Zoo/One"),
        get("/OpenAPI.json")
            .bearer_text("null")
            .has(r#""openapi":"3.1.0""#),
        get("/openapi.json")
            .bearer("eve")
            .has("/API/Zoo/One")
            .lacks(keepers),
        get("/openapi.json").bearer("ann").has(keepers),
        get("/openapi.json").basic("ann", "ann-demo-1").has(keepers),
        get("/openapi")
            .has("openapi.json")
            .has("/API/ExecuteCQL")
            .lacks("/API/Zoo/One"),
        get("/openapi")
            .bearer("ann")
            .has("/API/R%26D%20%2F%20Ops/What%27s%20%2B50%25%20up%3F"),
        get("/Cinchy/openapi").header_has("content-security-policy", "default-src 'none'"),
    ]
}

#[tokio::test]
async fn openapi() {
    let backends = start_on_each(|_| {}).await;
    check(&backends, &cases()).await;
}

/// Each operation that is described answers something else than 404 and 405 to whoever may call it.
#[tokio::test]
async fn what_is_described_is_there() {
    let emulator = crate::support::backends::start().await;
    let token = emulator.token("app", "ann").await.unwrap();
    let text = emulator
        .http()
        .get(format!("{}/openapi.json", emulator.url()))
        .bearer_auth(&token)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["responses"]["200"].is_object(), "{path}");
            let method = method.to_uppercase().parse().unwrap();
            let request = emulator
                .http()
                .request(method, format!("{}{path}", emulator.url()))
                .bearer_auth(&token);
            let status = request.send().await.unwrap().status().as_u16();
            let absent = matches!(status, 404 | 405 | 500..) && path != "/API/callback";
            assert!(!absent, "{path} answers {status}");
        }
    }
    let one = &document["paths"]["/API/Zoo/One"]["get"];
    assert_eq!(
        one["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["schema"],
        json!({ "const": [
            { "columnName": "Cinchy Id", "type": "Int32" },
            { "columnName": "Diet", "type": "String" }
        ] })
    );
    let echo = &document["paths"]["/API/Zoo/Echo"]["get"]["parameters"];
    assert_eq!(
        (&echo[0]["name"], &echo[1]["name"]),
        (&json!("@a"), &json!("@b"))
    );
    let any = &document["paths"]["/API/Zoo/Any%20Table"]["get"]["parameters"];
    assert_eq!(
        (&any[0]["name"], &any[1]["name"]),
        (&json!("{0}"), &json!("{1}"))
    );
}

//! Faults: each effect at the socket, exact counts, whom they hit, presets, healing.

use std::io::{Read as _, Write as _};
use std::time::Instant;

use cinchy_testkit::Emulator;
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::ask::json_at;
use crate::support::backends::{OnBackend, start, start_on_each};

async fn arm(emulator: &Emulator, fault: Value) -> Value {
    let url = format!("{}/_emulator/faults", emulator.url());
    let answer = emulator.http().post(url).json(&fault).send().await.unwrap();
    let status = answer.status();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(status, 201, "{body}");
    body
}

async fn state(emulator: &Emulator, name: &str) -> Value {
    json_at(emulator, &format!("/_emulator/faults/{name}")).await
}

async fn get(emulator: &Emulator, token: &str, path: &str) -> Response {
    let url = format!("{}{path}", emulator.url());
    emulator
        .http()
        .get(url)
        .bearer_auth(token)
        .send()
        .await
        .unwrap()
}

async fn statuses(emulator: &Emulator, token: &str, path: &str, count: usize) -> Vec<u16> {
    let mut found = Vec::new();
    for _ in 0..count {
        found.push(get(emulator, token, path).await.status().as_u16());
    }
    found
}

const EMPLOYEES: &str = "/API/HR/Employees";

#[tokio::test]
async fn a_fault_hits_what_it_matches_as_often_as_it_says() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        let ann = emulator.token("app", "ann").await.unwrap();
        let eve = emulator.token("app", "eve").await.unwrap();
        let fault = json!({
            "name": "teapot",
            "match": {"path": "/api/hr/*", "user": "ANN", "client": "app", "query": "HR/Employees", "method": "get"},
            "times": 2, "every": 2, "skip": 1,
            "effect": {"status": 418, "headers": {"x-kind": "teapot"}, "body": {"short": true}},
        });
        let told = arm(emulator, fault).await;
        assert_eq!(told["remaining"], 2, "{name}");
        assert_eq!(
            statuses(emulator, &eve, EMPLOYEES, 3).await,
            [200; 3],
            "{name}"
        );
        let found = statuses(emulator, &ann, EMPLOYEES, 7).await;
        assert_eq!(found, [200, 200, 418, 200, 418, 200, 200], "{name}");
        let after = state(emulator, "teapot").await;
        // A healed fault counts no more.
        assert_eq!(
            json!([after["remaining"], after["applied"], after["matched"]]),
            json!([0, 2, 5])
        );
        // Armed again under its name.
        arm(
            emulator,
            json!({"name": "teapot", "effect": {"status": 418, "body": "short"}}),
        )
        .await;
        let answer = get(emulator, &eve, EMPLOYEES).await;
        assert_eq!(
            answer.headers()["content-type"],
            "text/plain; charset=utf-8"
        );
        assert_eq!(answer.headers()["access-control-allow-origin"], "*");
        assert!(
            answer.headers()["x-emulator-reason"]
                .to_str()
                .unwrap()
                .contains("`teapot`")
        );
        assert_eq!(answer.text().await.unwrap(), "short");
        let url = format!("{}/_emulator/journal?limit=1", emulator.url());
        let page: Value = emulator
            .http()
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(page["entries"][0]["fault"], "teapot");
        emulator.reset().await.unwrap();
        let url = format!("{}/_emulator/faults/teapot", emulator.url());
        assert_eq!(emulator.http().get(url).send().await.unwrap().status(), 404);
    }
}

#[tokio::test]
async fn counts_are_exact_under_parallel_load() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        let token = emulator.token("app", "ann").await.unwrap();
        let fault = json!({"name": "some", "times": 37, "match": {"path": "/API/HR/*"}, "effect": {"status": 503}});
        arm(emulator, fault).await;
        let calls = (0..200).map(|_| get(emulator, &token, EMPLOYEES));
        let answers = futures_util::future::join_all(calls).await;
        let failed = answers
            .iter()
            .filter(|answer| answer.status() == 503)
            .count();
        assert_eq!(failed, 37, "{name}");
    }
}

/// A status that has no body gets none, or the next answer on the connection would begin with it.
#[tokio::test]
async fn an_answer_without_a_body_keeps_none() {
    let emulator = start().await;
    let token = emulator.token("app", "ann").await.unwrap();
    for status in [204, 205, 304] {
        let fault = json!({"name": "bare", "times": 1, "match": {"path": "/API/HR/*"},
            "effect": {"status": status, "body": "HTTP/1.1 500 Not An Answer\r\n\r\n"}});
        arm(&emulator, fault).await;
        let answer = get(&emulator, &token, EMPLOYEES).await;
        assert_eq!(answer.status(), status);
        assert_eq!(answer.text().await.unwrap(), "");
        assert_eq!(get(&emulator, &token, EMPLOYEES).await.status(), 200);
    }
}

/// What comes over the wire until the server closes.
fn raw(emulator: &Emulator, token: &str, path: &str) -> String {
    let mut stream = std::net::TcpStream::connect(emulator.address()).unwrap();
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut read = Vec::new();
    // A closed connection may end with a reset.
    let _ = stream.read_to_end(&mut read);
    String::from_utf8_lossy(&read).into_owned()
}

/// The emulator has threads of its own, so this one may wait.
#[tokio::test]
async fn drops_act_on_the_socket() {
    let emulator = start().await;
    let token = emulator.token("app", "ann").await.unwrap();
    let whole = get(&emulator, &token, EMPLOYEES)
        .await
        .text()
        .await
        .unwrap();
    for (place, head, body) in [
        ("before_headers", false, 0),
        ("after_headers", true, 0),
        ("mid_body", true, whole.len() / 2),
    ] {
        arm(&emulator, json!({"name": place, "effect": {"drop": place}})).await;
        let read = raw(&emulator, &token, EMPLOYEES);
        assert_eq!(read.starts_with("HTTP/1.1 200"), head, "{place}: {read}");
        let rest = read.split_once("\r\n\r\n").map_or("", |(_, rest)| rest);
        assert_eq!(rest, &whole[..body], "{place}");
        if head {
            let length = format!("content-length: {}", whole.len());
            assert!(read.contains(&length), "{place} has no `{length}`: {read}");
        }
        assert_eq!(state(&emulator, place).await["remaining"], 0, "{place}");
        assert_eq!(
            get(&emulator, &token, EMPLOYEES).await.status(),
            200,
            "{place}"
        );
    }
    let url = format!("{}/_emulator/journal?path={EMPLOYEES}", emulator.url());
    let page: Value = emulator
        .http()
        .get(url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let mut told: Vec<String> = page["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| json!([entry["status"], entry["fault"]]).to_string())
        .collect();
    // A client whose connection is closed may have asked again before the first request is noted.
    told.sort();
    let expected = [
        r#"[200,"after_headers"]"#,
        r#"[200,"mid_body"]"#,
        "[200,null]",
        "[200,null]",
        "[200,null]",
        "[200,null]",
        r#"[null,"before_headers"]"#,
    ];
    assert_eq!(told, expected);
}

/// Times are at least what was asked for: a lower bound that holds on any machine.
#[tokio::test]
async fn delay_and_throttle_take_their_time() {
    let emulator = start().await;
    let token = emulator.token("app", "ann").await.unwrap();
    let whole = get(&emulator, &token, EMPLOYEES)
        .await
        .bytes()
        .await
        .unwrap();
    arm(
        &emulator,
        json!({"name": "late", "effect": {"delay": "150ms"}}),
    )
    .await;
    let began = Instant::now();
    assert_eq!(
        get(&emulator, &token, EMPLOYEES)
            .await
            .bytes()
            .await
            .unwrap(),
        whole
    );
    assert!(began.elapsed().as_millis() >= 150);
    let rate = whole.len() * 5;
    arm(
        &emulator,
        json!({"name": "slow", "effect": {"throttle": rate}}),
    )
    .await;
    let began = Instant::now();
    let answer = get(&emulator, &token, EMPLOYEES).await;
    assert_eq!(answer.content_length(), Some(whole.len() as u64));
    assert_eq!(answer.bytes().await.unwrap(), whole);
    assert!(began.elapsed().as_millis() >= 100, "{:?}", began.elapsed());
}

#[tokio::test]
async fn presets() {
    let emulator = start().await;
    let token = emulator.token("app", "ann").await.unwrap();
    let preset = async |name: &str| {
        let url = format!("{}/_emulator/faults/{name}", emulator.url());
        let answer = emulator.http().post(url).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{name}");
    };
    preset("expired-token-once").await;
    // Not a call with a bearer token.
    let url = format!("{}/BasicAuthAPI/HR/Employees", emulator.url());
    let basic = emulator
        .http()
        .get(url)
        .basic_auth("ann", Some("ann-demo-1"));
    assert_eq!(basic.send().await.unwrap().status(), 200);
    let answer = get(&emulator, &token, EMPLOYEES).await;
    assert_eq!(answer.status(), 401);
    assert!(
        answer.headers()["www-authenticate"]
            .to_str()
            .unwrap()
            .contains("The access token expired")
    );
    assert_eq!(get(&emulator, &token, EMPLOYEES).await.status(), 200);
    preset("401-once").await;
    assert_eq!(statuses(&emulator, &token, EMPLOYEES, 2).await, [401, 200]);
    arm(
        &emulator,
        json!({"effect": "5xx-burst", "match": {"path": "/API/HR/Headcount"}}),
    )
    .await;
    assert_eq!(get(&emulator, &token, EMPLOYEES).await.status(), 200);
    assert_eq!(
        statuses(&emulator, &token, "/API/HR/Headcount", 4).await,
        [503, 503, 503, 200]
    );
    preset("login-fails").await;
    let refused = emulator.token("app", "ann").await.unwrap_err().to_string();
    assert!(
        refused.contains("invalid_grant") && refused.contains("login-fails"),
        "{refused}"
    );
    emulator.token("app", "ann").await.unwrap();
    preset("clock-skew").await;
    let skewed = emulator.token("app", "ann").await.unwrap();
    let answer = get(&emulator, &skewed, EMPLOYEES).await;
    assert_eq!(answer.status(), 401);
    assert!(
        answer.headers()["x-emulator-reason"]
            .to_str()
            .unwrap()
            .contains("not valid before")
    );
    preset("slow-token").await;
    let url = format!("{}/_emulator/faults", emulator.url());
    let listed: Value = emulator
        .http()
        .get(&url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let told: Vec<Value> = listed["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| json!([fault["name"], fault["remaining"]]))
        .collect();
    let expected = json!([
        ["expired-token-once", 0],
        ["401-once", 0],
        ["5xx-burst", 0],
        ["login-fails", 0],
        ["clock-skew", null],
        ["slow-token", null],
    ]);
    assert_eq!(Value::from(told), expected);
    assert_eq!(
        emulator.http().delete(&url).send().await.unwrap().status(),
        204
    );
    let listed: Value = emulator
        .http()
        .get(&url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(listed["faults"], json!([]));
}

#[tokio::test]
async fn what_cannot_be_a_fault_is_refused() {
    let emulator = start().await;
    let url = format!("{}/_emulator/faults", emulator.url());
    for (fault, part) in [
        (json!({}), "effect"),
        (json!({"name": "x"}), "401-once"),
        (json!({"effect": "no-such"}), "no-such"),
        (json!({"effect": {}}), "does nothing"),
        (json!({"effect": {"status": 99}}), "99"),
        (json!({"effect": {"colour": 1}}), "colour"),
        (json!({"effect": {"drop": "later"}}), "later"),
        (json!({"effect": {"throttle": "fast"}}), "fast"),
        (json!({"effect": {"delay": "1d"}}), "delay"),
        (json!({"effect": {"headers": {"a b": "x"}}}), "a b"),
        (json!({"effect": {"status": 500}, "every": 0}), "every"),
        (json!({"effect": {"status": 500}, "name": "a/b"}), "a/b"),
        (
            json!({"effect": {"status": 500}, "match": {"who": "x"}}),
            "who",
        ),
    ] {
        let answer = emulator
            .http()
            .post(&url)
            .json(&fault)
            .send()
            .await
            .unwrap();
        let status = answer.status();
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(
            (status.as_u16(), problem["status"].as_u64()),
            (400, Some(400)),
            "{fault}"
        );
        assert!(
            problem["detail"].as_str().unwrap().contains(part),
            "{fault}: {problem}"
        );
    }
    let listed: Value = emulator
        .http()
        .get(&url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(listed["faults"], json!([]));
}

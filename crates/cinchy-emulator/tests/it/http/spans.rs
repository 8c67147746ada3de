//! Spans of requests, as a collector gets them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;

use cinchy_testkit::Emulator;
use serde_json::{Value, json};

use crate::support::backends::builder;

/// A collector: the head and the body of each message that it gets.
fn collector() -> (String, mpsc::Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert!(stream.read_line(&mut head).unwrap() > 0, "{head}");
            }
            let head = head.to_lowercase();
            let length = head.split("content-length: ").nth(1).unwrap();
            let length: usize = length.lines().next().unwrap().parse().unwrap();
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            stream.get_mut().write_all(answer).unwrap();
            let message = (head, serde_json::from_slice(&body).unwrap());
            if send.send(message).is_err() {
                return;
            }
        }
    });
    (url, receive)
}

async fn get(emulator: &Emulator, path: &str, token: &str, parent: &str) -> u16 {
    let request = emulator.http().get(format!("{}{path}", emulator.url()));
    let request = request.bearer_auth(token).header("traceparent", parent);
    request.send().await.unwrap().status().as_u16()
}

fn attribute(span: &Value, name: &str) -> Option<String> {
    let all = span["attributes"].as_array().unwrap();
    let found = all.iter().find(|one| one["key"] == name)?;
    let value = found["value"].as_object().unwrap().values().next().unwrap();
    Some(value.as_str().unwrap().to_owned())
}

#[tokio::test]
async fn spans_go_to_a_collector() {
    let (url, messages) = collector();
    let builder = builder().option(|serve| {
        serve.telemetry.endpoint = Some(url);
        serve.telemetry.headers = Some("api-key=a%20b".to_owned());
        serve.telemetry.service_name = Some("my-tests".to_owned());
    });
    let emulator = builder.start().await.unwrap();
    let token = emulator.token("app", "ann").await.unwrap();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let sampled = format!("00-{trace}-00f067aa0ba902b7-01");
    let path = "/API/HR/Employees?secret=hidden";
    assert_eq!(get(&emulator, path, &token, &sampled).await, 200);
    emulator
        .fault("mine")
        .on("/API/*")
        .status(500)
        .add()
        .await
        .unwrap();
    assert_eq!(
        get(&emulator, "/API/HR/Headcount", &token, "nonsense").await,
        500
    );
    let unsampled = format!("00-{trace}-00f067aa0ba902b7-00");
    assert_eq!(
        get(&emulator, "/API/HR/Missing", &token, &unsampled).await,
        404
    );
    // What is left goes out before the end.
    tokio::task::spawn_blocking(|| emulator.stop())
        .await
        .unwrap()
        .unwrap();

    let mut spans = Vec::new();
    for (head, message) in messages.try_iter() {
        assert!(head.starts_with("post /v1/traces "), "{head}");
        assert!(head.contains("api-key: a b"), "{head}");
        assert!(!message.to_string().contains("hidden"), "{message}");
        let resource = &message["resourceSpans"][0];
        assert_eq!(
            resource["resource"]["attributes"][0],
            json!({"key": "service.name", "value": {"stringValue": "my-tests"}})
        );
        spans.extend(
            resource["scopeSpans"][0]["spans"]
                .as_array()
                .unwrap()
                .clone(),
        );
    }
    let named = |name: &str| -> &Value { spans.iter().find(|span| span["name"] == name).unwrap() };
    let first = named("GET /api/HR/Employees");
    assert_eq!(first["traceId"], trace);
    assert_eq!(first["parentSpanId"], "00f067aa0ba902b7");
    assert_eq!(attribute(first, "cinchy.user").as_deref(), Some("ann"));
    assert_eq!(
        attribute(first, "cinchy.query").as_deref(),
        Some("HR/Employees")
    );
    assert_eq!(
        attribute(first, "http.response.status_code").as_deref(),
        Some("200")
    );
    assert_eq!(first["status"], json!({}));
    let second = named("GET /api/HR/Headcount");
    assert_eq!(attribute(second, "cinchy.fault").as_deref(), Some("mine"));
    assert_eq!(second["status"], json!({"code": 2}));
    assert_ne!(second["traceId"], trace);
    assert_eq!(
        attribute(named("POST /connect/token"), "cinchy.grant").as_deref(),
        Some("password")
    );
    assert!(
        spans
            .iter()
            .all(|span| !span["name"].as_str().unwrap().contains("Missing"))
    );
    // Its own calls are none of the platform's.
    assert!(
        spans
            .iter()
            .all(|span| !span["name"].as_str().unwrap().contains("_emulator"))
    );
}

//! The journal: what it says of requests, what it must not say, filters, waiting, the stream.

use std::time::Duration;

use cinchy_testkit::Emulator;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::backends::{OnBackend, builder, start, start_on_each};

async fn ask(emulator: &Emulator, rest: &str) -> (StatusCode, Value) {
    let url = format!("{}/_emulator/journal{rest}", emulator.url());
    let answer = emulator.http().get(url).send().await.unwrap();
    let status = answer.status();
    (status, answer.json().await.unwrap())
}

async fn entries(emulator: &Emulator, rest: &str) -> Vec<Value> {
    let (status, page) = ask(emulator, rest).await;
    assert_eq!(status, 200, "{page}");
    page["entries"].as_array().unwrap().clone()
}

async fn call(emulator: &Emulator, token: &str, path: &str) -> StatusCode {
    let url = format!("{}{path}", emulator.url());
    let request = emulator.http().get(url).bearer_auth(token);
    request.send().await.unwrap().status()
}

/// Of entries, the members that are the same each time.
fn facts(entry: &Value) -> Value {
    json!([
        entry["method"],
        entry["path"],
        entry["status"],
        entry["user"],
        entry["client"],
        entry["grant"],
        entry["query"],
        entry["rows"]
    ])
}

#[tokio::test]
async fn it_says_who_asked_for_what_and_what_came_of_it() {
    for OnBackend { name, emulator, .. } in &start_on_each(|_| {}).await {
        let token = emulator.token("app", "ann").await.unwrap();
        assert_eq!(call(emulator, &token, "/API/HR/Employees").await, 200);
        assert_eq!(
            call(emulator, &token, "/cinchy/api/hr/my%20profile?x=1").await,
            200
        );
        assert_eq!(call(emulator, &token, "/API/HR/Missing").await, 404);
        assert_eq!(call(emulator, "nonsense", "/API/HR/Employees").await, 401);
        let url = format!("{}/BasicAuthAPI/HR/Employees", emulator.url());
        let basic = emulator.http().get(&url).basic_auth("ann", Some("wrong"));
        assert_eq!(basic.send().await.unwrap().status(), 401);
        let basic = emulator
            .http()
            .get(&url)
            .basic_auth("ann", Some("ann-demo-1"));
        assert_eq!(basic.send().await.unwrap().status(), 200);
        let url = format!("{}/API/ExecuteCQL", emulator.url());
        let form = [
            ("Query", "DELETE FROM [HR].[Employees] WHERE 1 = 0"),
            ("Type", "NONQUERY"),
        ];
        let request = emulator.http().post(url).bearer_auth(&token).form(&form);
        assert_eq!(request.send().await.unwrap().status(), 200);
        let found = entries(emulator, "").await;
        let expected = json!([
            [
                "POST",
                "/identity/connect/token",
                200,
                "ann",
                "app",
                "password",
                null,
                null
            ],
            [
                "GET",
                "/API/HR/Employees",
                200,
                "ann",
                "app",
                null,
                "HR/Employees",
                12
            ],
            [
                "GET",
                "/cinchy/api/hr/my%20profile",
                200,
                "ann",
                "app",
                null,
                "HR/My Profile",
                1
            ],
            [
                "GET",
                "/API/HR/Missing",
                404,
                "ann",
                "app",
                null,
                "HR/Missing",
                null
            ],
            [
                "GET",
                "/API/HR/Employees",
                401,
                null,
                null,
                null,
                "HR/Employees",
                null
            ],
            [
                "GET",
                "/BasicAuthAPI/HR/Employees",
                401,
                "ann",
                null,
                null,
                "HR/Employees",
                null
            ],
            [
                "GET",
                "/BasicAuthAPI/HR/Employees",
                200,
                "ann",
                null,
                null,
                "HR/Employees",
                12
            ],
            ["POST", "/API/ExecuteCQL", 200, "ann", "app", null, null, 0],
        ]);
        let told: Vec<Value> = found.iter().map(facts).collect();
        assert_eq!(Value::from(told), expected, "{name}");
        for pair in found.windows(2) {
            assert_eq!(
                pair[0]["seq"].as_u64().unwrap() + 1,
                pair[1]["seq"].as_u64().unwrap()
            );
        }
        assert!(
            found[4]["reason"]
                .as_str()
                .unwrap()
                .contains("neither an access token")
        );
        assert_eq!(found[1]["reason"], Value::Null);
        assert_eq!(found[2]["request"]["parameters"], json!({"x": "1"}));
        assert!(found[1]["durationMs"].as_f64().unwrap() > 0.0);
        assert!(
            found[3]["response"]["headers"]["x-cinchy-error"]
                .as_str()
                .unwrap()
                .contains("Missing")
        );
    }
}

/// Every refusal of the platform says why, in the header and in the journal, also where no endpoint saw the request.
#[tokio::test]
async fn every_refusal_has_its_reason() {
    let emulator = start().await;
    let token = emulator.token("app", "eve").await.unwrap();
    for (method, path) in [
        ("GET", "/nothing"),
        ("GET", "/API"),
        ("DELETE", "/API/HR/Employees"),
        ("PATCH", "/connect/token"),
        ("POST", "/API/ExecuteCQL"),
        ("PUT", "/healthcheck"),
        ("GET", "/connect/nothing"),
        ("GET", "/API/HR/Missing"),
    ] {
        let url = format!("{}{path}", emulator.url());
        let request = emulator.http().request(method.parse().unwrap(), url);
        let answer = request.bearer_auth(&token).send().await.unwrap();
        assert!(
            answer.status().is_client_error(),
            "{method} {path}: {}",
            answer.status()
        );
        let header = answer.headers().get("x-emulator-reason");
        let header = header.map(|value| value.to_str().unwrap().to_owned());
        let header = header.unwrap_or_else(|| panic!("{method} {path} has no reason"));
        let entry = entries(&emulator, "?limit=1").await.remove(0);
        assert_eq!(entry["reason"], header.as_str(), "{method} {path}");
    }
}

const SECRETS: [&str; 9] = [
    "ann-demo-1",
    "app-secret",
    "hidden-1",
    "hidden-2",
    "hidden-3",
    "hidden-4",
    "hidden-5",
    "hidden-6",
    "hidden-7",
];

#[tokio::test]
async fn no_secret_stands_in_it() {
    let emulator = start().await;
    let token = emulator.token("app", "ann").await.unwrap();
    let http = emulator.http();
    let url = |path: &str| format!("{}{path}", emulator.url());
    let send = async |request: reqwest::RequestBuilder| {
        request.send().await.unwrap();
    };
    send(
        http.get(url("/API/HR/Employees"))
            .bearer_auth(&token)
            .header("cookie", "idsrv=hidden-1"),
    )
    .await;
    send(
        http.get(url("/BasicAuthAPI/HR/Employees"))
            .basic_auth("ann", Some("ann-demo-1")),
    )
    .await;
    send(http.get(url("/API/callback?key=hidden-2"))).await;
    let form = [
        (
            "Query",
            "UPDATE [Cinchy].[Users] SET [Password] = 'hidden-3' WHERE [Cinchy Id] = @x",
        ),
        ("@x", "hidden-4"),
    ];
    send(
        http.post(url("/API/ExecuteCQL"))
            .bearer_auth(&token)
            .form(&form),
    )
    .await;
    let body = json!({"a": {"clientSecret": "hidden-5"}, "b": 1});
    send(
        http.post(url("/API/HR/Employees"))
            .bearer_auth(&token)
            .json(&body),
    )
    .await;
    let wrong = [
        ("grant_type", "password"),
        ("client_id", "app"),
        ("client_secret", "hidden-6"),
        ("username", "ann"),
        ("password", "hidden-7"),
    ];
    send(http.post(url("/connect/token")).form(&wrong)).await;
    send(http.get(url(
        "/connect/authorize?id_token_hint=hidden-1&code=hidden-2",
    )))
    .await;
    let (_, page) = ask(&emulator, "").await;
    let text = page.to_string();
    for secret in SECRETS.into_iter().chain([token.as_str()]) {
        assert!(!text.contains(secret), "`{secret}` is in {text}");
    }
    // What is no secret is there.
    for shown in [
        "[Password] = '***'",
        "Bearer ***",
        "Basic ***",
        "\"username\":\"ann\"",
        "\"b\":1",
    ] {
        assert!(text.contains(shown), "`{shown}` is not in {text}");
    }
}

#[tokio::test]
async fn filters() {
    let emulator = start().await;
    let ann = emulator.token("app", "ann").await.unwrap();
    let eve = emulator.token("app", "eve").await.unwrap();
    call(&emulator, &ann, "/API/HR/Employees").await;
    call(&emulator, &eve, "/API/HR/Employees").await;
    call(&emulator, &eve, "/API/HR/Missing").await;
    let preflight = emulator
        .http()
        .request(
            Method::OPTIONS,
            format!("{}/API/HR/Employees", emulator.url()),
        )
        .header("origin", "http://app.test")
        .header("access-control-request-method", "GET");
    assert_eq!(preflight.send().await.unwrap().status(), 204);
    for (question, expected) in [
        ("", 5),
        ("?method=post", 2),
        ("?method=OPTIONS", 1),
        ("?path=/api/hr/*", 3),
        ("?path=/connect/token", 2),
        ("?path=*/CONNECT/token", 2),
        ("?status=404", 1),
        ("?status=4xx,500", 1),
        ("?status=2xx", 4),
        ("?user=EVE", 3),
        ("?client=ap*", 5),
        ("?query=hr/employees", 2),
        ("?query=HR/*&user=eve", 2),
        ("?limit=2", 2),
        ("?since=99", 0),
        ("?user=nobody", 0),
    ] {
        assert_eq!(
            entries(&emulator, question).await.len(),
            expected,
            "{question}"
        );
    }
    let (_, all) = ask(&emulator, "").await;
    let first = all["entries"][0]["seq"].as_u64().unwrap();
    let (_, page) = ask(&emulator, &format!("?since={first}&limit=1")).await;
    assert_eq!(
        (&page["next"], &page["dropped"]),
        (&json!(first + 1), &json!(0))
    );
    for bad in [
        "?status=x",
        "?limit=-1",
        "?since=a",
        "?color=red",
        "/await?timeout=soon",
        "/await?timeout=2h",
    ] {
        let (status, problem) = ask(&emulator, bad).await;
        assert_eq!(
            (status.as_u16(), problem["status"].as_u64()),
            (400, Some(400)),
            "{bad}: {problem}"
        );
    }
    let url = format!("{}/_emulator/journal", emulator.url());
    assert_eq!(
        emulator.http().delete(url).send().await.unwrap().status(),
        204
    );
    assert_eq!(entries(&emulator, "").await.len(), 0);
    call(&emulator, &ann, "/API/HR/Employees").await;
    emulator.reset().await.unwrap();
    let (_, page) = ask(&emulator, "").await;
    assert_eq!(page["entries"], json!([]));
    // Numbers go on, so that an old `since` stays good.
    assert!(page["next"].as_u64().unwrap() > first + 5);
}

#[tokio::test]
async fn waiting() {
    let emulator = start().await;
    let token = emulator.token("app", "ann").await.unwrap();
    call(&emulator, &token, "/API/HR/Employees").await;
    let question = "/await?path=/API/HR/*&count=2&timeout=60s";
    let (answer, _) = tokio::join!(ask(&emulator, question), async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        call(&emulator, &token, "/API/HR/Employees").await
    });
    assert_eq!(
        (
            answer.0.as_u16(),
            answer.1["entries"].as_array().unwrap().len()
        ),
        (200, 2)
    );
    let next = answer.1["next"].as_u64().unwrap();
    let (status, page) = ask(&emulator, "/await?path=/API/HR/*&count=3&timeout=10ms").await;
    assert_eq!(
        (status.as_u16(), page["entries"].as_array().unwrap().len()),
        (408, 2)
    );
    let (status, page) = ask(
        &emulator,
        &format!("/await?since={next}&count=0&timeout=10ms"),
    )
    .await;
    assert_eq!(
        (status.as_u16(), page["entries"].as_array().unwrap().len()),
        (200, 0)
    );
    let (answer, _) = tokio::join!(
        ask(&emulator, "/await?path=/API/CRM/*&count=0&timeout=60s"),
        call(&emulator, &token, "/API/CRM/Missing")
    );
    assert_eq!(
        (
            answer.0.as_u16(),
            answer.1["entries"].as_array().unwrap().len()
        ),
        (409, 1)
    );
}

/// Reads a stream until it holds a text, or ends.
async fn read_until(answer: &mut reqwest::Response, text: &str) -> String {
    let mut read = String::new();
    while !read.contains(text) {
        let Some(chunk) = answer.chunk().await.unwrap() else {
            return read;
        };
        read.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    read
}

#[tokio::test]
async fn the_stream_is_live_and_ends_with_the_server() {
    let emulator = builder().start().await.unwrap();
    let token = emulator.token("app", "ann").await.unwrap();
    let url = format!("{}/_emulator/journal/stream?path=/API/*", emulator.url());
    let mut answer = emulator.http().get(&url).send().await.unwrap();
    assert_eq!(
        answer.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    read_until(&mut answer, "\n\n").await;
    call(&emulator, &token, "/API/HR/Employees").await;
    let text = read_until(&mut answer, "\n\n").await;
    let data = text
        .lines()
        .find_map(|line| line.strip_prefix("data: "))
        .unwrap();
    let entry: Value = serde_json::from_str(data).unwrap();
    assert_eq!(entry["path"], "/API/HR/Employees");
    assert!(text.contains(&format!("id: {}\n", entry["seq"])));
    // A reader that comes back gets what it missed.
    let again = emulator.http().get(&url).header("last-event-id", "0");
    let mut again = again.send().await.unwrap();
    assert!(
        read_until(&mut again, "data: ")
            .await
            .contains("/API/HR/Employees")
    );
    emulator.stop().unwrap();
    assert!(!read_until(&mut answer, "never").await.contains("data: "));
}

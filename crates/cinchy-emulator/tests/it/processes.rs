//! Several processes on one PostgreSQL server are one platform: what is changed through one is seen by all within a
//! second. The processes are the real program.

use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};

use crate::support::backends::postgres_server;
use crate::support::child::{Place, Served};

struct Node {
    served: Served,
    http: Client,
}

impl Node {
    fn start(place: &Place, database: &str) -> Self {
        Self {
            served: place.serve(&["--database", database]),
            http: Client::builder().no_proxy().build().unwrap(),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.served.url())
    }

    async fn control(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = self.url(&format!("/_emulator/{path}"));
        let mut request = self.http.request(method.parse().unwrap(), url);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    async fn token(&self, at: &str, password: &str) -> Option<String> {
        let ready = &self.served.ready;
        let form = [
            ("grant_type", "password"),
            ("client_id", ready["clientId"].as_str().unwrap()),
            ("client_secret", ready["clientSecret"].as_str().unwrap()),
            ("username", ready["username"].as_str().unwrap()),
            ("password", password),
        ];
        let url = self.url(&format!("{at}/identity/connect/token"));
        let response = self.http.post(url).form(&form).send().await.unwrap();
        let answer: Value = response.json().await.unwrap();
        answer["access_token"].as_str().map(str::to_owned)
    }

    async fn get(&self, path: &str, token: &str) -> u16 {
        let request = self.http.get(self.url(path)).bearer_auth(token);
        request.send().await.unwrap().status().as_u16()
    }
}

/// Waits until all nodes agree; a second is promised.
async fn soon<T: PartialEq + std::fmt::Debug>(what: &str, expected: T, ask: impl AsyncFn() -> T) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let found = ask().await;
        if found == expected {
            return;
        }
        assert!(Instant::now() < deadline, "never: {what}: {found:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn three_processes_are_one_platform() {
    let Some(server) = postgres_server() else {
        return;
    };
    let database = cinchy_storage::testing::PostgresDatabase::create(&server).unwrap();
    let places = [Place::new(), Place::new(), Place::new()];
    let nodes: Vec<Node> = places
        .iter()
        .map(|place| Node::start(place, database.url()))
        .collect();
    let password = nodes[0].served.ready["password"]
        .as_str()
        .unwrap()
        .to_owned();
    // A token of one is good at all: one issuer rule, one set of keys.
    let token = nodes[0].token("", &password).await.unwrap();
    for node in &nodes {
        assert_eq!(node.get("/API/HR/Headcount", &token).await, 200);
    }

    // The clock.
    let (status, _) = nodes[1]
        .control(
            "PUT",
            "clock",
            Some(json!({"freeze": "2031-01-01T00:00:00Z"})),
        )
        .await;
    assert_eq!(status, 200);
    for node in &nodes {
        soon("the clock", json!("2031-01-01T00:00:00.000Z"), async || {
            node.control("GET", "clock", None).await.1["now"].clone()
        })
        .await;
        soon("the token is over", 401, async || {
            node.get("/API/HR/Headcount", &token).await
        })
        .await;
    }
    nodes[2].control("DELETE", "clock", None).await;
    for node in &nodes {
        soon("the clock", json!("real"), async || {
            node.control("GET", "clock", None).await.1["mode"].clone()
        })
        .await;
    }

    // Data, rights and accounts: at once.
    let seed =
        json!({"users": [{"username": nodes[0].served.ready["username"], "disabled": true}]});
    assert_eq!(
        nodes[0]
            .control("POST", "seed?mode=merge", Some(seed))
            .await
            .0,
        200
    );
    for node in &nodes {
        assert_eq!(node.get("/API/HR/Headcount", &token).await, 401);
        assert_eq!(node.token("", &password).await, None);
    }
    // A reset through another one brings the account back, and a snapshot is everybody's.
    assert_eq!(nodes[1].control("POST", "reset", None).await.0, 204);
    for node in &nodes {
        assert_eq!(node.get("/API/HR/Headcount", &token).await, 200);
    }
    assert_eq!(nodes[0].control("PUT", "snapshots/s", None).await.0, 200);
    let seed = json!({"users": [{"username": nodes[0].served.ready["username"], "password": "other-pass-1"}]});
    nodes[1]
        .control("POST", "seed?mode=merge", Some(seed))
        .await;
    for node in &nodes {
        assert!(node.token("", "other-pass-1").await.is_some());
    }
    assert_eq!(
        nodes[2]
            .control("POST", "snapshots/s/restore", None)
            .await
            .0,
        204
    );
    for node in &nodes {
        soon("the old password", (false, true), async || {
            (
                node.token("", "other-pass-1").await.is_some(),
                node.token("", &password).await.is_some(),
            )
        })
        .await;
    }

    // An instance made through one is reached through all, and gone for all when it is dropped.
    assert_eq!(
        nodes[0].control("PUT", "instances/suite", None).await.0,
        201
    );
    let own = nodes[0].token("/i/suite", &password).await.unwrap();
    for node in &nodes {
        assert_eq!(node.get("/i/suite/API/HR/Headcount", &own).await, 200);
        assert_eq!(node.get("/API/HR/Headcount", &own).await, 401);
    }
    assert_eq!(
        nodes[1].control("DELETE", "instances/suite", None).await.0,
        204
    );
    for node in &nodes {
        soon("the instance is gone", 401, async || {
            node.get("/i/suite/API/HR/Headcount", &own).await
        })
        .await;
    }
    // Failed sign-ins count together.
    for node in &nodes {
        assert_eq!(node.token("", "wrong").await, None);
    }
    for node in &nodes {
        assert_eq!(node.token("", &password).await, None, "locked");
    }
}

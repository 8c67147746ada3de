//! The control API over a platform in memory, called as a client would but without a socket.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod access;
mod seeds;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, HttpMessage as _, web};
use cinchy_auth::{IssuerRule, PlainSecret, TokenProfile};
use cinchy_storage::seeding::{Mode, Seeds, apply_once, prepare};
use cinchy_storage::{Base, Database, Options};
use cinchy_web::{ControlAccess, Instance, InstanceOptions, Platform, PlatformOptions, edge};
use serde_json::{Value, json};

/// A platform with the demo seed, open to loopback.
fn demo() -> Arc<Platform> {
    platform(
        ControlAccess::Loopback,
        Seeds::of_texts([("demo", cinchy_seed::DEMO)]).unwrap(),
    )
}

fn platform(control: ControlAccess, seeds: Seeds) -> Arc<Platform> {
    let now = chrono::Utc::now();
    let database = Database::open(&Options::default()).unwrap();
    let base = Arc::new(Base::new(prepare(seeds, Mode::Replace).unwrap()));
    apply_once(&database, base.prepared(), now)
        .unwrap()
        .expect("the database is new");
    let instance = Instance::new(InstanceOptions {
        name: None,
        database,
        issuers: IssuerRule::new(None, "", None).unwrap(),
        token_profile: TokenProfile::V2,
        spare_key: None,
        keys: None,
        base,
        hashing: Arc::default(),
    });
    let options = PlatformOptions {
        version: "0.0.0",
        public_url: None,
        base_path: String::new(),
        faithful: false,
        token_profile: TokenProfile::V2,
        control,
        loopback: true,
    };
    Arc::new(Platform::new(options, Arc::new(instance.unwrap())))
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The last part of a problem's type, after a look at its form.
    #[track_caller]
    fn problem(&self) -> String {
        let problem = self.json();
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(problem["status"], self.status.as_u16());
        assert!(
            problem["title"].is_string() && problem["detail"].is_string(),
            "{problem}"
        );
        let kind = problem["type"].as_str().unwrap();
        kind.strip_prefix("urn:cinchy-emulator:problem:")
            .unwrap()
            .to_owned()
    }
}

/// Sends a request to `localhost` unless it names another host.
async fn send(platform: &Arc<Platform>, request: TestRequest) -> Answer {
    let app = init_service(
        App::new()
            .app_data(web::Data::from(platform.clone()))
            .wrap(from_fn(edge::cross))
            .configure(cinchy_control::routes),
    )
    .await;
    let mut request = request.to_request();
    let host = actix_web::http::header::HOST;
    if !request.headers().contains_key(&host) {
        request
            .headers_mut()
            .insert(host, "localhost:8081".parse().unwrap());
    }
    let response = call_service(&app, request).await;
    Answer {
        status: response.status(),
        headers: response.headers().clone(),
        body: String::from_utf8(read_body(response).await.to_vec()).unwrap(),
    }
}

async fn get(platform: &Arc<Platform>, path: &str) -> Answer {
    send(platform, TestRequest::get().uri(path)).await
}

async fn post_yaml(platform: &Arc<Platform>, path: &str, body: impl Into<web::Bytes>) -> Answer {
    let request = TestRequest::post().uri(path).set_payload(body);
    send(
        platform,
        request.insert_header(("content-type", "application/yaml")),
    )
    .await
}

#[actix_web::test]
async fn info_tells_what_runs_and_where() {
    let info = get(&demo(), "/_emulator/info").await;
    assert_eq!(info.status, StatusCode::OK);
    assert_eq!(info.header("cache-control"), "no-store");
    let mut info = info.json();
    assert!(info["uptimeSeconds"].is_u64());
    let now = info["clock"]["now"].take();
    assert!(
        chrono::DateTime::parse_from_rfc3339(now.as_str().unwrap()).is_ok(),
        "{now}"
    );
    assert_eq!(info["urls"]["console"], "http://localhost:8081/admin");
    assert_eq!(info["urls"]["control"], "http://localhost:8081/_emulator");
    for url in ["web", "sso", "issuer"] {
        assert_eq!(info["urls"][url], "http://localhost:8081");
    }
    assert_eq!(info["version"], "0.0.0");
    assert_eq!(info["instance"], "default");
    assert_eq!(info["database"], "sqlite");
    assert_eq!(info["clock"]["mode"], "real");
    for count in ["users", "groups", "clients", "tables", "queries"] {
        assert!(info["counts"][count].as_i64().unwrap() > 0, "{count}");
    }
}

#[actix_web::test]
async fn a_bare_platform_is_counted_too() {
    let bare = platform(ControlAccess::Token(PlainSecret::new("t")), Seeds::none());
    let request = TestRequest::get()
        .uri("/_emulator/info")
        .insert_header(("authorization", "Bearer t"));
    let counts = send(&bare, request).await.json()["counts"].take();
    // Anonymous and admin; Cinchy Administrators and All Users.
    assert_eq!(
        counts,
        json!({"users": 2, "groups": 2, "clients": 0, "tables": 0, "queries": 0})
    );
}

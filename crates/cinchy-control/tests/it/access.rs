//! Who gets in, and what refusals look like.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use cinchy_auth::PlainSecret;
use cinchy_storage::seeding::Seeds;
use cinchy_web::ControlAccess;

use crate::{demo, get, platform, send};

const CALLS: [(Method, &str); 7] = [
    (Method::GET, "/_emulator/info"),
    (Method::POST, "/_emulator/reset"),
    (Method::GET, "/_emulator/seed"),
    (Method::POST, "/_emulator/seed"),
    (Method::DELETE, "/_emulator/seed"),
    (Method::GET, "/_emulator"),
    (Method::GET, "/_emulator/no/such"),
];

fn call((method, path): &(Method, &str)) -> TestRequest {
    TestRequest::default().method(method.clone()).uri(path)
}

#[actix_web::test]
async fn every_call_stands_behind_the_guard() {
    let off = platform(ControlAccess::Off, Seeds::none());
    let open = platform(ControlAccess::Loopback, Seeds::none());
    let token = platform(
        ControlAccess::Token(PlainSecret::new("s3cret")),
        Seeds::none(),
    );
    for each in &CALLS {
        let answer = send(&off, call(each)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (404, "off"),
            "{each:?}"
        );
        let answer = send(&open, call(each).insert_header(("host", "evil.example"))).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (403, "unknown-host"),
            "{each:?}"
        );
        let answer = send(
            &open,
            call(each).insert_header(("origin", "http://localhost:3000")),
        )
        .await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (403, "other-origin"),
            "{each:?}"
        );
        assert_eq!(answer.header("access-control-allow-origin"), "");
        let answer = send(
            &open,
            call(each).insert_header(("content-type", "text/plain")),
        )
        .await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (415, "content-type"),
            "{each:?}"
        );
        let answer = send(&token, call(each)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (401, "token-needed"),
            "{each:?}"
        );
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
}

#[actix_web::test]
async fn a_preflight_is_not_answered_for_other_origins() {
    let request = TestRequest::default()
        .method(Method::OPTIONS)
        .uri("/_emulator/reset");
    let request = request.insert_header(("origin", "http://localhost:3000"));
    let answer = send(
        &demo(),
        request.insert_header(("access-control-request-method", "POST")),
    )
    .await;
    assert_eq!(answer.status.as_u16(), 403);
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

#[actix_web::test]
async fn what_is_not_there_is_a_problem() {
    let open = platform(ControlAccess::Loopback, Seeds::none());
    for path in [
        "/_emulator",
        "/_emulator/",
        "/_emulator/infos",
        "/_Emulator/a/b%20c",
    ] {
        let answer = get(&open, path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (404, "no-such-call"),
            "{path}"
        );
    }
    for (method, path, allowed) in [
        (Method::POST, "/_emulator/info", "GET"),
        (Method::GET, "/_emulator/reset", "POST"),
        (Method::DELETE, "/_EMULATOR/seed", "GET, POST"),
    ] {
        let answer = send(&open, call(&(method, path))).await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (405, "method"),
            "{path}"
        );
        assert_eq!(answer.header("allow"), allowed);
        assert!(!answer.header("x-emulator-reason").is_empty());
    }
}

//! Export, merge, replace, reset.

use actix_web::test::TestRequest;
use cinchy_auth::PlainSecret;
use cinchy_seed::parse;
use serde_json::Value;

use crate::{Answer, demo, get, post_yaml, send};

const SMALL: &str = "\
users:
  - username: zoe
    password: zoe-demo-1
domains:
  - name: Extra
tables:
  - domain: Extra
    name: Things
    columns:
      - {name: Name, type: text}
    rows:
      - {Name: one}
      - {Name: two}
";

async fn export(platform: &std::sync::Arc<cinchy_web::Platform>, accept: &'static str) -> Answer {
    send(
        platform,
        TestRequest::get()
            .uri("/_emulator/seed")
            .insert_header(("accept", accept)),
    )
    .await
}

/// The export without GUIDs: those that a seed does not name are made anew each time it is applied.
async fn rows(platform: &std::sync::Arc<cinchy_web::Platform>) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.remove("guid");
                map.values_mut().for_each(strip);
            }
            Value::Array(list) => list.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut seed = export(platform, "application/json").await.json();
    strip(&mut seed);
    seed
}

#[track_caller]
fn ok(answer: &Answer) -> Value {
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    answer.json()
}

#[actix_web::test]
async fn the_export_is_yaml_or_json() {
    let demo = demo();
    for (accept, json) in [
        ("*/*", false),
        ("application/json", true),
        ("application/json, text/plain, */*", true),
        ("application/json;q=0.5, application/yaml", false),
        ("application/yaml;q=0.5, application/json", true),
        ("text/html", false),
        ("nonsense", false),
    ] {
        let answer = export(&demo, accept).await;
        let expected = if json {
            "application/json"
        } else {
            "application/yaml"
        };
        assert_eq!(answer.header("content-type"), expected, "{accept}");
        assert_eq!(answer.body.starts_with('{'), json, "{accept}");
        assert!(parse("export", &answer.body).is_ok(), "{accept}");
    }
}

#[actix_web::test]
async fn an_export_makes_the_same_platform_again() {
    let demo = demo();
    let yaml = export(&demo, "application/yaml").await.body;
    let json = export(&demo, "application/json").await.body;
    let applied = ok(&post_yaml(&demo, "/_emulator/seed?mode=replace", yaml.clone()).await);
    assert_eq!(applied["warnings"], Value::Array(Vec::new()));
    assert_eq!(export(&demo, "application/yaml").await.body, yaml);
    let request = TestRequest::post()
        .uri("/_emulator/seed?mode=replace")
        .set_payload(json.clone());
    ok(&send(
        &demo,
        request.insert_header(("content-type", "application/json")),
    )
    .await);
    assert_eq!(export(&demo, "application/json").await.body, json);
}

#[actix_web::test]
async fn merge_adds_and_reset_takes_away() {
    let demo = demo();
    let before = rows(&demo).await;
    let counts = get(&demo, "/_emulator/info").await.json()["counts"].take();
    let applied = ok(&post_yaml(&demo, "/_emulator/seed", SMALL).await);
    for count in ["users", "tables"] {
        assert_eq!(
            applied["counts"][count].as_i64(),
            counts[count].as_i64().map(|n| n + 1),
            "{count}"
        );
    }
    assert_eq!(applied["counts"]["clients"], counts["clients"]);
    let reset = send(&demo, TestRequest::post().uri("/_emulator/reset")).await;
    assert_eq!((reset.status.as_u16(), reset.body.as_str()), (204, ""));
    assert_eq!(rows(&demo).await, before);
}

#[actix_web::test]
async fn replace_is_what_reset_goes_back_to() {
    let demo = demo();
    let applied = ok(&post_yaml(&demo, "/_emulator/seed?mode=replace", SMALL).await);
    assert_eq!(
        (&applied["counts"]["tables"], &applied["counts"]["clients"]),
        (&1.into(), &0.into())
    );
    let replaced = rows(&demo).await;
    ok(&post_yaml(
        &demo,
        "/_emulator/seed?Mode=merge",
        SMALL.replace("Things", "Others"),
    )
    .await);
    assert_eq!(
        rows(&demo).await["tables"].as_array().map(Vec::len),
        Some(2)
    );
    send(&demo, TestRequest::post().uri("/_emulator/reset")).await;
    // Passwords are hashed once, so even the hashes are the same.
    assert_eq!(rows(&demo).await, replaced);
}

#[actix_web::test]
async fn replace_forgets_failed_sign_ins_and_old_passwords() {
    let demo = demo();
    let instance = demo.default_instance();
    let sign_in = |user: &str, password: &str| {
        instance
            .sign_in(None, user, &PlainSecret::new(password))
            .is_ok()
    };
    ok(&post_yaml(&demo, "/_emulator/seed?mode=replace", SMALL).await);
    assert!(sign_in("zoe", "zoe-demo-1"));
    // One below the lock, twice.
    for _ in 0..2 {
        assert!(!sign_in("zoe", "wrong") && !sign_in("zoe", "wrong"));
        ok(&post_yaml(
            &demo,
            "/_emulator/seed?mode=replace",
            SMALL.replace("zoe-demo-1", "zoe-demo-2"),
        )
        .await);
    }
    assert!(!sign_in("zoe", "zoe-demo-1"));
    assert!(sign_in("zoe", "zoe-demo-2"));
}

#[actix_web::test]
async fn mistakes_are_told_with_their_places_and_change_nothing() {
    let demo = demo();
    let before = export(&demo, "application/yaml").await.body;
    for (body, line, column, said) in [
        (
            "users:\n  - username: zoe\n    pasword: x\n",
            3,
            5,
            "pasword",
        ),
        (
            "users:\n  - username: zoe\n    groups: [Nobody]\n",
            3,
            14,
            "Nobody",
        ),
        ("users: [", 0, 0, ""),
    ] {
        for mode in ["merge", "replace"] {
            let answer = post_yaml(&demo, &format!("/_emulator/seed?mode={mode}"), body).await;
            assert_eq!(
                (answer.status.as_u16(), answer.problem().as_str()),
                (400, "bad-seed"),
                "{body}"
            );
            let error = &answer.json()["errors"][0];
            assert_eq!(error["file"], "seed");
            assert!(error["message"].as_str().unwrap().contains(said), "{error}");
            if line > 0 {
                assert_eq!(
                    (&error["line"], &error["column"]),
                    (&line.into(), &column.into()),
                    "{error}"
                );
            }
        }
    }
    let rows_from =
        SMALL.split("    rows:").next().unwrap().to_owned() + "    rowsFrom: things.csv\n";
    let answer = post_yaml(&demo, "/_emulator/seed", rows_from).await;
    assert_eq!(answer.problem(), "bad-seed");
    assert!(answer.body.contains("rowsFrom"), "{}", answer.body);
    let long = "x".repeat(4096);
    let answer = post_yaml(&demo, "/_emulator/seed", SMALL.replace("zoe-demo-1", &long)).await;
    assert_eq!(answer.status.as_u16(), 400);
    assert!(!answer.body.contains(&long));
    assert_eq!(export(&demo, "application/yaml").await.body, before);
}

#[actix_web::test]
async fn bodies_that_are_no_seed_are_refused() {
    let demo = demo();
    let answer = post_yaml(&demo, "/_emulator/seed", vec![b'a', 0xff]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (400, "not-utf-8")
    );
    let answer = post_yaml(&demo, "/_emulator/seed", vec![b' '; (64 << 20) + 1]).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (413, "too-large")
    );
    let answer = post_yaml(&demo, "/_emulator/seed?mode=upsert", SMALL).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (400, "unknown-mode")
    );
}

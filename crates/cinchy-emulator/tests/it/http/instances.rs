//! Instances: platforms of their own in one process, on both databases.

use std::time::Instant;

use cinchy_storage::testing::PostgresDatabase;
use cinchy_testkit::{Emulator, Instance, SeedMode};
use serde_json::{Value, json};

use crate::support::backends::{builder, postgres_server, start_each};
use crate::support::jwt;

async fn get(instance: &Instance, path: &str, token: &str) -> (u16, String) {
    let url = format!("{}{path}", instance.url());
    let request = instance.http().get(url).bearer_auth(token);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn control(
    instance: &Instance,
    method: &str,
    path: &str,
    body: Option<&str>,
) -> (u16, Value) {
    let url = format!("{}/_emulator/{path}", instance.url());
    let mut request = instance.http().request(method.parse().unwrap(), url);
    if let Some(body) = body {
        request = request
            .header("content-type", "application/yaml")
            .body(body.to_owned());
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or_default())
}

const HEADCOUNT: &str = "/API/HR/Headcount";

#[tokio::test]
async fn instances_see_nothing_of_each_other() {
    for on in start_each(builder()).await {
        let emulator = &on.emulator;
        let one = emulator.instance("one").await.unwrap();
        let two = emulator.instance("two").await.unwrap();
        let at_one = one.token("app", "bob").await.unwrap();
        let at_two = two.token("app", "bob").await.unwrap();
        let at_root = emulator.token("app", "bob").await.unwrap();
        for (instance, token, status) in [
            (&one, &at_one, 200),
            (&two, &at_two, 200),
            (&one, &at_two, 401),
            (&two, &at_one, 401),
            (&one, &at_root, 401),
        ] {
            let found = get(instance, HEADCOUNT, token).await;
            assert_eq!(found.0, status, "{}: {}", on.name, found.1);
        }
        assert_eq!(
            get(emulator, HEADCOUNT, &at_one).await.0,
            401,
            "{}",
            on.name
        );
        // An issuer and a key of its own.
        let (header, claims) = jwt::parts(&at_one);
        assert_eq!(claims["iss"], one.url());
        assert_ne!(header["kid"], jwt::parts(&at_two).0["kid"], "{}", on.name);

        // Data and clock.
        let seed = "users: [{ username: late, password: late-test-1 }]";
        one.seed(seed, SeedMode::Merge).await.unwrap();
        one.clock().advance("10d").await.unwrap();
        assert!(
            one.login("app", "app-secret", "late", "late-test-1")
                .await
                .is_ok()
        );
        assert!(
            two.login("app", "app-secret", "late", "late-test-1")
                .await
                .is_err()
        );
        assert_eq!(
            get(&one, HEADCOUNT, &at_one).await.0,
            401,
            "{}: over",
            on.name
        );
        assert_eq!(get(&two, HEADCOUNT, &at_two).await.0, 200, "{}", on.name);
        assert_eq!(control(&two, "GET", "clock", None).await.1["mode"], "real");

        // A reset is one instance's.
        two.seed(seed, SeedMode::Merge).await.unwrap();
        one.reset().await.unwrap();
        assert!(
            one.login("app", "app-secret", "late", "late-test-1")
                .await
                .is_err()
        );
        assert!(
            two.login("app", "app-secret", "late", "late-test-1")
                .await
                .is_ok()
        );

        let (_, info) = control(&one, "GET", "info", None).await;
        assert_eq!(info["instance"], "one");
        assert_eq!(info["urls"]["web"], one.url());
        let (_, list) = control(emulator, "GET", "instances", None).await;
        assert_eq!(
            list,
            json!({"instances": [{"name": "one", "url": one.url()}, {"name": "two", "url": two.url()}]}),
            "{}",
            on.name
        );
        emulator.drop_instance("one").await.unwrap();
        let (status, gone) = control(emulator, "GET", "instances/one", None).await;
        assert_eq!(
            (status, gone["type"].as_str()),
            (404, Some("urn:cinchy-emulator:problem:no-such-instance"))
        );
        assert_eq!(get(&two, HEADCOUNT, &at_two).await.0, 200, "{}", on.name);
        // Made anew, it is another one.
        let again = emulator.instance("one").await.unwrap();
        assert_eq!(
            get(&again, HEADCOUNT, &at_one).await.0,
            401,
            "{}: the keys are new",
            on.name
        );
        assert!(again.token("app", "bob").await.is_ok());
    }
}

#[tokio::test]
async fn an_instance_begins_with_its_own_seed() {
    const OWN: &str = "
users: [{ username: kim, password: kim-test-1 }]
clients: [{ clientId: own, grantType: [Resource Owner Password], scopes: [js_api], secret: s }]
";
    for on in start_each(builder()).await {
        let own = on.emulator.instance_from("own", OWN).await.unwrap();
        own.token("own", "kim").await.unwrap();
        assert!(
            own.login("app", "app-secret", "bob", "bob-demo-1")
                .await
                .is_err()
        );
        own.seed(
            "users: [{ username: kim, password: other-1 }]",
            SeedMode::Merge,
        )
        .await
        .unwrap();
        own.reset().await.unwrap();
        own.token("own", "kim").await.unwrap();
        let again = on.emulator.instance_from("own", OWN).await;
        assert!(
            again.unwrap_err().to_string().contains("409"),
            "{}",
            on.name
        );
        let (status, bad) = control(&on.emulator, "PUT", "instances/bad", Some("usrs: []")).await;
        assert_eq!(status, 400, "{}", on.name);
        assert_eq!(bad["errors"][0]["line"], 1, "{bad}");
        // Checks over the platform come later than those of the form.
        let dangling = "users: [{ username: a, password: a-test-12, groups: [Nobody] }]";
        assert_eq!(
            control(&on.emulator, "PUT", "instances/bad", Some(dangling))
                .await
                .0,
            400
        );
        assert_eq!(
            control(&on.emulator, "GET", "instances/bad", None).await.0,
            404,
            "{}: nothing is left",
            on.name
        );
    }
}

#[tokio::test]
async fn first_use_makes_one_where_the_control_api_is_open() {
    for on in start_each(builder()).await {
        let url = format!("{}/i/Fresh/_emulator/info", on.emulator.url());
        let response = on.emulator.http().get(url).send().await.unwrap();
        let info: Value = response.json().await.unwrap();
        assert_eq!(info["instance"], "fresh", "{}", on.name);
        for bad in ["default", "no_underscores", "a.b", &"x".repeat(41)] {
            let url = format!("{}/i/{bad}/API/HR/Headcount", on.emulator.url());
            let response = on.emulator.http().get(url).send().await.unwrap();
            assert_eq!(response.status(), 404, "{}: {bad}", on.name);
            if bad != "a.b" {
                let (status, _) =
                    control(&on.emulator, "PUT", &format!("instances/{bad}"), None).await;
                assert_eq!(status, 400, "{}: {bad}", on.name);
            }
        }
    }
    let guarded = builder().option(|serve| serve.control_token = Some("t".to_owned()));
    for on in start_each(guarded).await {
        let url = format!("{}/i/fresh/API/HR/Headcount", on.emulator.url());
        let response = on.emulator.http().get(&url).send().await.unwrap();
        assert_eq!(response.status(), 404, "{}", on.name);
        on.emulator.instance("fresh").await.unwrap();
        let response = on.emulator.http().get(&url).send().await.unwrap();
        assert_eq!(response.status(), 401, "{}: it is there", on.name);
    }
}

#[tokio::test]
async fn an_instance_is_reached_by_host_too() {
    let emulator = builder().start().await.unwrap();
    let by_path = emulator.instance("suite-1").await.unwrap();
    let host = format!("Suite-1.localhost:{}", emulator.address().port());
    let form = [
        ("grant_type", "password"),
        ("client_id", "app"),
        ("client_secret", "app-secret"),
        ("username", "bob"),
        ("password", "bob-demo-1"),
    ];
    let url = format!("{}/identity/connect/token", emulator.url());
    let request = emulator.http().post(url).header("host", &host).form(&form);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(
        jwt::parts(token).1["iss"],
        format!("http://{}", host.to_lowercase())
    );
    assert_eq!(
        get(&by_path, HEADCOUNT, token).await.0,
        200,
        "one instance, two names"
    );
    assert_eq!(get(&emulator, HEADCOUNT, token).await.0, 401);
}

/// A request sees the world before a reset or after it.
#[tokio::test]
async fn a_reset_is_never_seen_half_done() {
    for on in start_each(builder()).await {
        let emulator = &on.emulator;
        let token = emulator.token("app", "bob").await.unwrap();
        let (_, expected) = get(emulator, HEADCOUNT, &token).await;
        let reader = |n: usize| {
            let (http, token) = (emulator.http().clone(), token.clone());
            let url = format!("{}{HEADCOUNT}?n={n}", emulator.url());
            async move {
                let mut seen = Vec::new();
                for _ in 0..40 {
                    let response = http.get(&url).bearer_auth(&token).send().await.unwrap();
                    seen.push((response.status().as_u16(), response.text().await.unwrap()));
                }
                seen
            }
        };
        let resets = async {
            for _ in 0..8 {
                emulator.reset().await.unwrap();
            }
        };
        let (one, two, three, ()) = tokio::join!(reader(1), reader(2), reader(3), resets);
        for seen in [one, two, three].into_iter().flatten() {
            assert_eq!(seen, (200, expected.clone()), "{}", on.name);
        }
    }
}

/// A temporary instance goes with its data; one that is kept is opened again, with the data that it had.
#[tokio::test]
async fn an_idle_instance_is_evicted_if_that_is_asked_for() {
    let idle = builder().option(|serve| {
        serve.instance_idle = Some(std::time::Duration::from_secs(1));
    });
    for on in start_each(idle).await {
        let one = on.emulator.instance("one").await.unwrap();
        let seed = "users: [{ username: late, password: late-test-1 }]";
        one.seed(seed, SeedMode::Merge).await.unwrap();
        let token = one.token("app", "bob").await.unwrap();
        let temporary = on.name == "SQLite";
        for _ in 0..200 {
            let (_, list) = control(&on.emulator, "GET", "instances", None).await;
            if !temporary || list == json!({"instances": []}) {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let late = one.login("app", "app-secret", "late", "late-test-1").await;
        assert_eq!(late.is_ok(), !temporary, "{}", on.name);
        let status = get(&one, HEADCOUNT, &token).await.0;
        assert_eq!(status, if temporary { 401 } else { 200 }, "{}", on.name);
    }
}

/// How long it takes is printed, never asserted.
#[tokio::test]
async fn many_instances_live_in_one_process() {
    let emulator = Emulator::start().await.unwrap();
    let began = Instant::now();
    for n in 0..60 {
        let instance = emulator.instance(&format!("n-{n}")).await.unwrap();
        let url = format!("{}/BasicAuthAPI/HR/Headcount", instance.url());
        let (user, password) = ("ann", "ann-demo-1");
        let request = instance.http().get(url).basic_auth(user, Some(password));
        let status = request.send().await.unwrap().status();
        assert!(status == 200 || status == 401 || status == 403, "{status}");
    }
    eprintln!("60 instances: {:?}", began.elapsed());
    let (_, list) = control(&emulator, "GET", "instances", None).await;
    assert_eq!(list["instances"].as_array().unwrap().len(), 60);
    for n in 0..60 {
        emulator.drop_instance(&format!("n-{n}")).await.unwrap();
    }
    let (_, list) = control(&emulator, "GET", "instances", None).await;
    assert_eq!(list, json!({"instances": []}));
}

/// Requests, drops and first uses of one name at once: whoever asks is served by an instance that is wholly there. A file
/// that somebody made again behind a drop would be listed.
#[tokio::test]
async fn a_dropped_instance_is_nobodys() {
    for on in start_each(builder()).await {
        let emulator = &on.emulator;
        // Refused by who it is: a query that is there, and nobody who asks.
        let url = format!("{}/i/busy/API/HR/Headcount", emulator.url());
        let asking = async || {
            for _ in 0..12 {
                let response = emulator.http().get(&url).send().await.unwrap();
                let status = response.status().as_u16();
                let text = response.text().await.unwrap();
                assert_eq!(status, 401, "{}: {text}", on.name);
            }
        };
        let dropping = async {
            for _ in 0..3 {
                let (status, _) = control(emulator, "DELETE", "instances/busy", None).await;
                assert!(matches!(status, 204 | 404), "{}: {status}", on.name);
            }
        };
        tokio::join!(asking(), asking(), asking(), dropping);
        let (status, _) = control(emulator, "DELETE", "instances/busy", None).await;
        assert!(matches!(status, 204 | 404), "{}: {status}", on.name);
        let (_, list) = control(emulator, "GET", "instances", None).await;
        assert_eq!(list, json!({"instances": []}), "{}", on.name);
    }
}

/// What an instance of its own seed goes back to is known after a restart too.
#[tokio::test]
async fn an_own_seed_outlives_the_process() {
    const OWN: &str = "
users: [{ username: kim, password: kim-test-1 }]
clients: [{ clientId: own, grantType: [Resource Owner Password], scopes: [js_api] }]
";
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite:{}", folder.path().join("kept").display());
    let server = postgres_server().map(|server| PostgresDatabase::create(&server).unwrap());
    let urls = [
        Some(file.as_str()),
        server.as_ref().map(PostgresDatabase::url),
    ];
    for url in urls.into_iter().flatten() {
        let first = builder().database(url).start().await.unwrap();
        let own = first.instance_from("own", OWN).await.unwrap();
        let secret = async |instance: &Instance| {
            let seed: Value = serde_json::from_str(&export(instance).await).unwrap();
            seed["clients"][0]["secret"].as_str().unwrap().to_owned()
        };
        let before = secret(&own).await;
        own.seed(
            "users: [{ username: late, password: late-test-1 }]",
            SeedMode::Merge,
        )
        .await
        .unwrap();
        drop((own, first));
        let second = builder().database(url).start().await.unwrap();
        let own = second.instance("own").await.unwrap();
        let late = async || {
            own.login("own", &before, "late", "late-test-1")
                .await
                .is_ok()
        };
        assert!(late().await, "{url}: it was kept");
        own.reset().await.unwrap();
        assert!(
            own.login("own", &before, "kim", "kim-test-1").await.is_ok(),
            "{url}"
        );
        assert!(!late().await, "{url}: it was reset");
        // Another seed by a replacement, another start.
        let other = "users: [{ username: max, password: max-test-1 }]";
        own.seed(other, SeedMode::Replace).await.unwrap();
        drop((own, second));
        let third = builder().database(url).start().await.unwrap();
        let own = third.instance("own").await.unwrap();
        own.reset().await.unwrap();
        let users = export(&own).await;
        assert!(
            users.contains("max") && !users.contains("kim"),
            "{url}: {users}"
        );
    }
}

async fn export(instance: &Instance) -> String {
    let url = format!("{}/_emulator/seed", instance.url());
    let request = instance
        .http()
        .get(url)
        .header("accept", "application/json");
    request.send().await.unwrap().text().await.unwrap()
}

/// An instance whose stream is read is in use, however long nobody asks it anything.
#[tokio::test]
async fn an_instance_with_a_reader_is_not_evicted() {
    let idle = builder().option(|serve| {
        serve.instance_idle = Some(std::time::Duration::from_secs(1));
    });
    let emulator = idle.start().await.unwrap();
    let read = emulator.instance("read").await.unwrap();
    let url = format!("{}/_emulator/journal/stream", read.url());
    let stream = emulator.http().get(url).send().await.unwrap();
    // Made later, evicted earlier.
    emulator.instance("idle").await.unwrap();
    let names = async || {
        let (_, list) = control(&emulator, "GET", "instances", None).await;
        let all = list["instances"].as_array().unwrap().clone();
        let names = all
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    for _ in 0..200 {
        if names().await == ["read"] {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(names().await, ["read"]);
    drop(stream);
}

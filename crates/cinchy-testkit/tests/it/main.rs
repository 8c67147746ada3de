//! The test kit as an app team uses it.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use std::time::Duration;

use cinchy_storage::testing::PostgresDatabase;
use cinchy_testkit::{Builder, Defect, Emulator, SeedMode, TestkitError};

const SEED: &str = "
users:
  - { username: Ann, password: ann-test-1 }
  - { username: bob }
clients:
  - { clientId: app, grantType: [Resource Owner Password], scopes: [js_api], secret: s3cret }
  - { clientId: made, grantType: [Resource Owner Password], scopes: [js_api] }
";

async fn start() -> Emulator {
    Emulator::builder().seed_text(SEED).start().await.unwrap()
}

#[tokio::test]
async fn a_token_takes_a_client_and_a_user_of_the_seed() {
    let cinchy = start().await;
    assert_eq!(
        cinchy.token("app", "ann").await.unwrap().split('.').count(),
        3
    );
    assert_eq!(
        cinchy
            .token("app", "admin")
            .await
            .unwrap()
            .split('.')
            .count(),
        3
    );
    let error = |answer: Result<String, TestkitError>| answer.map(|_| "a token").unwrap_err();
    let unknown = error(cinchy.token("ap", "ann").await);
    assert!(
        matches!(&unknown, TestkitError::UnknownClient(name) if name == "ap"),
        "{unknown}"
    );
    let unknown = error(cinchy.token("app", "an").await);
    assert!(
        matches!(&unknown, TestkitError::UnknownUser(name) if name == "an"),
        "{unknown}"
    );
    let generated = error(cinchy.token("made", "ann").await);
    assert!(
        matches!(&generated, TestkitError::NoSecret(name) if name == "made"),
        "{generated}"
    );
    let none = error(cinchy.token("app", "bob").await);
    assert!(
        matches!(&none, TestkitError::NoPassword(name) if name == "bob"),
        "{none}"
    );
}

#[tokio::test]
async fn a_refusal_says_why() {
    let cinchy = start().await;
    let error = cinchy
        .login("app", "s3cret", "ann", "wrong")
        .await
        .map(|_| "a token")
        .unwrap_err();
    let text = error.to_string();
    for part in [
        "app",
        "ann",
        "invalid_grant",
        "Invalid username or password",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert!(
        !text.contains("wrong "),
        "the password is not repeated: {text}"
    );
    let TestkitError::Refused {
        reason: Some(reason),
        ..
    } = error
    else {
        panic!("no reason: {error}");
    };
    assert!(reason.contains("password"), "{reason}");
}

#[tokio::test]
async fn seeds_that_are_sent_later_are_known_too() {
    let cinchy = start().await;
    let more = "users: [{ username: cid, password: cid-test-1 }]";
    cinchy.seed(more, SeedMode::Merge).await.unwrap();
    cinchy.token("app", "cid").await.unwrap();
    assert!(cinchy.export().await.unwrap().contains("username: cid"));
    cinchy.reset().await.unwrap();
    assert!(matches!(
        cinchy.token("app", "cid").await,
        Err(TestkitError::UnknownUser(_))
    ));

    let other = "users: [{ username: dee, password: dee-test-1 }]\nclients: [{ clientId: other, grantType: [Resource Owner Password], scopes: [js_api], secret: s }]";
    cinchy.seed(other, SeedMode::Replace).await.unwrap();
    cinchy.token("other", "dee").await.unwrap();
    assert!(matches!(
        cinchy.token("app", "dee").await,
        Err(TestkitError::UnknownClient(_))
    ));
    cinchy.reset().await.unwrap();
    cinchy.token("other", "dee").await.unwrap();

    let wrong = cinchy
        .seed("users: [{ usernam: x }]", SeedMode::Merge)
        .await
        .unwrap_err();
    assert!(
        matches!(&wrong, TestkitError::Seed(errors) if errors.0[0].line == 1),
        "{wrong}"
    );
    let dangling = "users: [{ username: x, groups: [Nobodies] }]";
    let wrong = cinchy.seed(dangling, SeedMode::Merge).await.unwrap_err();
    assert!(
        matches!(&wrong, TestkitError::Control { status, body, .. } if *status == 400 && body.contains("Nobodies")),
        "{wrong}"
    );
}

#[tokio::test]
async fn what_cannot_start_says_why() {
    let missing = Emulator::builder()
        .seed_file("missing.yaml")
        .start()
        .await
        .unwrap_err();
    assert!(
        matches!(&missing, TestkitError::SeedFile { .. }),
        "{missing}"
    );
    let wrong = Emulator::builder()
        .seed_text("users: 1")
        .start()
        .await
        .unwrap_err();
    assert!(matches!(&wrong, TestkitError::Seed(_)), "{wrong}");
    let dangling = Emulator::builder().seed_text("users: [{ username: x, groups: [Nobodies] }]");
    let wrong = dangling.start().await.unwrap_err();
    assert!(
        matches!(&wrong, TestkitError::Start(_)) && wrong.to_string().contains("Nobodies"),
        "{wrong}"
    );
    let database = Emulator::builder()
        .database("sqlite:missing/folder/x.db")
        .start()
        .await
        .unwrap_err();
    assert!(matches!(&database, TestkitError::Start(_)), "{database}");
}

#[tokio::test]
async fn a_seed_file_and_options() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seed.yaml");
    std::fs::write(&path, SEED).unwrap();
    let cinchy = Emulator::builder()
        .seed_file(&path)
        .seed_text("users: [{ username: eve, password: eve-test-1 }]")
        .option(|serve| serve.base_path = Some("/Cinchy/Test".to_owned()))
        .start()
        .await
        .unwrap();
    assert!(cinchy.url().ends_with("/cinchy/test"), "{}", cinchy.url());
    cinchy.token("app", "eve").await.unwrap();
    cinchy.reset().await.unwrap();
}

/// Dropping stops at once, also with a connection that is kept open, and leaves nothing behind.
#[tokio::test]
async fn it_is_gone_when_it_is_dropped() {
    let cinchy = start().await;
    let address = cinchy.address();
    let client = cinchy.http().clone();
    let url = format!("{}/livez", cinchy.url());
    assert_eq!(
        client.get(&url).send().await.unwrap().text().await.unwrap(),
        "ok"
    );
    let before = std::time::Instant::now();
    drop(cinchy);
    assert!(
        before.elapsed() < std::time::Duration::from_secs(3),
        "{:?}",
        before.elapsed()
    );
    // No call is tried: the next emulator may get the port at once.
    assert!(
        std::net::TcpListener::bind(address).is_ok(),
        "the port is free"
    );
}

/// Also where the test has a runtime of several threads, or none of its own.
#[test]
fn any_runtime_will_do() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let cinchy = runtime.block_on(start());
    let token = runtime
        .block_on(cinchy.token("app", "ann").into_future())
        .unwrap();
    drop(runtime);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let again = runtime
        .block_on(cinchy.token("app", "ann").into_future())
        .unwrap();
    assert_eq!(
        token.split('.').next(),
        again.split('.').next(),
        "the same key"
    );
    cinchy.stop().unwrap();
}

/// What is tested: it calls the platform twice.
async fn app(url: &str, token: &str) -> Result<[u16; 2], reqwest::Error> {
    let url = format!("{url}/API/HR/Employees");
    let call = || reqwest::Client::new().get(&url).bearer_auth(token).send();
    Ok([
        call().await?.status().as_u16(),
        call().await?.status().as_u16(),
    ])
}

/// The book shows these lines; its test compares them.
async fn in_a_few_lines(builder: Builder) -> Result<(), Box<dyn std::error::Error>> {
    let cinchy = builder.start().await?;
    cinchy
        .seed(
            "users: [{ username: zoe, password: zoe-12345 }]",
            SeedMode::Merge,
        )
        .await?;
    let expired = cinchy
        .token("demo-app", "zoe")
        .defect(Defect::Expired)
        .await?;
    cinchy.fault("401-once").on("/API/HR/*").add().await?;
    cinchy.clock().advance("1h").await?;
    let statuses = app(cinchy.url(), &expired).await?;
    let calls = cinchy
        .journal()
        .path("/API/HR/*")
        .expect(2)
        .within(Duration::from_secs(5))
        .await?;
    cinchy.reset().await?;
    assert_eq!(statuses, [401, 401]);
    let faults: Vec<_> = calls.iter().map(|call| call.fault.as_deref()).collect();
    assert_eq!(faults, [Some("401-once"), None]);
    assert!(
        cinchy.token("demo-app", "zoe").await.is_err(),
        "it was reset"
    );
    let token = cinchy.token("demo-app", "ann").await?;
    assert_eq!(app(cinchy.url(), &token).await?, [200, 200]);
    Ok(())
}

#[tokio::test]
async fn everything_in_a_few_lines() {
    in_a_few_lines(Emulator::builder()).await.unwrap();
    if let Ok(server) = std::env::var("TEST_DATABASE_URL") {
        let database = PostgresDatabase::create(&server).unwrap();
        let builder = Emulator::builder().database(database.url());
        in_a_few_lines(builder).await.unwrap();
    }
}

/// The later ones begin with what the first one's database was made of, and with nothing that happened to it since.
#[tokio::test]
async fn emulators_of_one_seed_begin_alike_and_share_nothing() {
    let new = "users: [{ username: new, password: new-test-1 }]";
    let first = start().await;
    first.seed(new, SeedMode::Merge).await.unwrap();
    assert!(first.export().await.unwrap().contains("username: new"));
    let second = start().await;
    let exported = second.export().await.unwrap();
    assert!(exported.contains("username: Ann"), "{exported}");
    assert!(!exported.contains("username: new"), "{exported}");
    let token = first.token("app", "ann").await.unwrap();
    let theirs = second
        .http()
        .get(format!("{}/API/ExecuteCQL", second.url()));
    let theirs = theirs
        .bearer_auth(token)
        .query(&[("Query", "SELECT 1 AS [One]")]);
    assert_eq!(theirs.send().await.unwrap().status(), 401);
    // What it goes back to, and what its instances begin with, is the same.
    second.seed(new, SeedMode::Merge).await.unwrap();
    second.reset().await.unwrap();
    assert_eq!(second.export().await.unwrap(), exported);
    let instance = second.instance("other").await.unwrap();
    assert_eq!(instance.export().await.unwrap(), exported);
    // Other seeds make another platform.
    let other = Emulator::builder().seed_text(new).start().await.unwrap();
    let exported = other.export().await.unwrap();
    assert!(!exported.contains("username: Ann"), "{exported}");
}

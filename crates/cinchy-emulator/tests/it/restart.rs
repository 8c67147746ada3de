//! A kept database: what survives a restart, and what a second start does with its seed.

use cinchy_testkit::{Emulator, SeedMode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::ask::json_at;
use crate::support::backends::{builder, postgres_server};
use crate::support::jwt;

const OTHER: &str = "users: [{ username: kim, password: kim-test-1 }]\nclients: [{ clientId: other, grantType: [Resource Owner Password], scopes: [js_api], secret: s }]";

/// A database that outlives its emulator.
enum Kept {
    Sqlite(TempDir),
    Postgres(cinchy_storage::testing::PostgresDatabase),
}

impl Kept {
    fn each() -> Vec<Self> {
        let mut all = vec![Self::Sqlite(tempfile::tempdir().unwrap())];
        if let Some(server) = postgres_server() {
            let database = cinchy_storage::testing::PostgresDatabase::create(&server).unwrap();
            all.push(Self::Postgres(database));
        }
        all
    }

    fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite:{}", folder.path().join("kept.db").display()),
            Self::Postgres(database) => database.url().to_owned(),
        }
    }
}

async fn headcount(emulator: &Emulator, token: &str) -> u16 {
    let url = format!("{}/API/HR/Headcount", emulator.url());
    let response = emulator
        .http()
        .get(url)
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    response.status().as_u16()
}

async fn keys(emulator: &Emulator) -> Value {
    json_at(emulator, "/.well-known/openid-configuration/jwks").await
}

#[tokio::test]
async fn keys_tokens_and_data_survive_a_restart() {
    for kept in Kept::each() {
        let first = builder().database(kept.url()).start().await.unwrap();
        let token = first.token("app", "bob").await.unwrap();
        let seed = "users: [{ username: late, password: late-test-1 }]";
        first
            .seed(seed, cinchy_testkit::SeedMode::Merge)
            .await
            .unwrap();
        let export = first.export().await.unwrap();
        let keys_before = keys(&first).await;
        first.stop().unwrap();

        let second = builder().database(kept.url()).start().await.unwrap();
        assert_eq!(keys(&second).await, keys_before);
        assert_eq!(
            headcount(&second, &token).await,
            200,
            "the old token is still good"
        );
        assert_eq!(second.export().await.unwrap(), export);
        assert!(!second.banner().contains("Note:"), "{}", second.banner());
        let new = second
            .login("app", "app-secret", "late", "late-test-1")
            .await
            .unwrap();
        assert_eq!(jwt::parts(&new).0["kid"], jwt::parts(&token).0["kid"]);
        // Back to the seed of the start: the late one is gone, the keys stay.
        second.reset().await.unwrap();
        assert!(
            second
                .login("app", "app-secret", "late", "late-test-1")
                .await
                .is_err()
        );
        assert_eq!(headcount(&second, &token).await, 200);
        assert_eq!(keys(&second).await, keys_before);
    }
}

#[tokio::test]
async fn another_seed_is_not_applied_to_data_that_is_there_unless_asked_for() {
    for kept in Kept::each() {
        let first = builder().database(kept.url()).start().await.unwrap();
        let token = first.token("app", "bob").await.unwrap();
        first.stop().unwrap();
        let other = || Emulator::builder().seed_text(OTHER).database(kept.url());
        let second = other().start().await.unwrap();
        let banner = second.banner();
        assert!(
            banner.contains("Note:") && banner.contains("--reseed"),
            "{banner}"
        );
        assert!(
            second.token("other", "kim").await.is_err(),
            "the data is that of the first seed"
        );
        assert_eq!(headcount(&second, &token).await, 200);
        second.stop().unwrap();

        let third = other()
            .option(|serve| serve.reseed = true)
            .start()
            .await
            .unwrap();
        assert!(!third.banner().contains("--reseed"), "{}", third.banner());
        third.token("other", "kim").await.unwrap();
        assert_eq!(
            headcount(&third, &token).await,
            401,
            "bob and the client are gone"
        );
        third.stop().unwrap();
        let fourth = other().start().await.unwrap();
        assert!(
            !fourth.banner().contains("Note:"),
            "it is this seed now: {}",
            fourth.banner()
        );
    }
}

#[tokio::test]
async fn a_start_without_the_seed_serves_the_data_and_resets_nothing() {
    for kept in Kept::each() {
        let first = Emulator::builder().seed_text(OTHER).database(kept.url());
        first.start().await.unwrap().stop().unwrap();
        for no_seed in [false, true] {
            let second = Emulator::builder()
                .database(kept.url())
                .option(|serve| serve.no_seed = no_seed)
                .start()
                .await
                .unwrap();
            let ready = second.ready();
            assert_eq!(ready.client_id.as_deref(), Some("other"), "{ready:?}");
            assert_eq!(ready.client_secret.as_deref(), Some("s"));
            assert_eq!((&ready.username, &ready.password), (&None, &None));
            let banner = second.banner();
            assert!(banner.contains("a reset is refused"), "{banner}");
            assert!(!banner.contains("demo-app"), "{banner}");
            let before = second.export().await.unwrap();
            let refused = second.reset().await.unwrap_err().to_string();
            assert!(refused.contains("--seed"), "{refused}");
            second
                .login("other", "s", "kim", "kim-test-1")
                .await
                .unwrap();
            assert_eq!(second.export().await.unwrap(), before);
            // A seed that replaces the data is what later resets go back to.
            if no_seed {
                second
                    .seed(
                        "users: [{ username: lee, password: lee-test-1 }]",
                        SeedMode::Replace,
                    )
                    .await
                    .unwrap();
                second.reset().await.unwrap();
            }
        }
    }
}

#[tokio::test]
async fn a_bare_platform_has_an_administrator_and_no_clients() {
    let emulator = Emulator::builder().no_seed().start().await.unwrap();
    let ready = emulator.ready();
    assert_eq!((&ready.client_id, &ready.client_secret), (&None, &None));
    assert_eq!(ready.username.as_deref(), Some("admin"));
    assert!(
        emulator.banner().contains("admin / cinchy"),
        "{}",
        emulator.banner()
    );
    assert!(
        emulator
            .banner()
            .contains("none that may use the password grant"),
        "{}",
        emulator.banner()
    );
    assert!(
        emulator
            .login("demo-app", "x", "admin", "cinchy")
            .await
            .is_err()
    );
    let url = format!("{}/_emulator/info", emulator.url());
    let info: Value = emulator
        .http()
        .get(url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        info["counts"],
        json!({"users": 2, "groups": 2, "clients": 0, "tables": 0, "queries": 0})
    );
    // The administrator is real: a query of its own runs once there is one.
    let seed = "queries: [{ domain: My, name: Users, cql: 'SELECT [Username] FROM [Cinchy].[Users] ORDER BY [Cinchy Id]' }]";
    emulator
        .seed(seed, cinchy_testkit::SeedMode::Merge)
        .await
        .unwrap();
    let url = format!("{}/BasicAuthAPI/My/Users?ResultFormat=CSV", emulator.url());
    let request = emulator.http().get(url).basic_auth("admin", Some("cinchy"));
    let text = request.send().await.unwrap().text().await.unwrap();
    assert_eq!(text, "Username\r\n\"Anonymous\"\r\n\"admin\"\r\n");
}

/// Two platforms in one process share nothing.
#[tokio::test]
async fn two_platforms_in_one_process_are_strangers() {
    let one = Emulator::start().await.unwrap();
    let two = Emulator::start().await.unwrap();
    let token = one.token("demo-app", "bob").await.unwrap();
    assert_eq!(headcount(&one, &token).await, 200);
    assert_eq!(headcount(&two, &token).await, 401);
    one.seed(
        "users: [{ username: bob, disabled: true }]",
        cinchy_testkit::SeedMode::Merge,
    )
    .await
    .unwrap();
    assert_eq!(headcount(&one, &token).await, 401);
    assert!(two.token("demo-app", "bob").await.is_ok());
    let address = one.address();
    one.stop().unwrap();
    assert!(
        std::net::TcpListener::bind(address).is_ok(),
        "its port is free again"
    );
    assert!(two.token("demo-app", "bob").await.is_ok());
}

/// Several emulators share one PostgreSQL database: keys, tokens, data, lockout, whoever starts first.
#[tokio::test]
async fn two_emulators_on_one_server_are_one_platform() {
    let Some(server) = postgres_server() else {
        return;
    };
    let database = cinchy_storage::testing::PostgresDatabase::create(&server).unwrap();
    let start = || builder().database(database.url()).start();
    let (one, two) = tokio::join!(start(), start());
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(
        keys(&one).await,
        keys(&two).await,
        "one of them made the key"
    );
    let token = one.token("app", "bob").await.unwrap();
    assert_eq!(headcount(&two, &token).await, 200);
    let seed = "users: [{ username: bob, password: other-1 }]";
    one.seed(seed, cinchy_testkit::SeedMode::Merge)
        .await
        .unwrap();
    assert!(
        two.login("app", "app-secret", "bob", "bob-demo-1")
            .await
            .is_err()
    );
    assert!(
        two.login("app", "app-secret", "bob", "other-1")
            .await
            .is_ok()
    );
    let seed = "users: [{ username: bob, disabled: true }]";
    two.seed(seed, cinchy_testkit::SeedMode::Merge)
        .await
        .unwrap();
    assert_eq!(headcount(&one, &token).await, 401);
    // Wrong passwords count together.
    for emulator in [&one, &two, &one] {
        assert!(
            emulator
                .login("app", "app-secret", "locky", "wrong")
                .await
                .is_err()
        );
    }
    for emulator in [&one, &two] {
        assert!(
            emulator
                .login("app", "app-secret", "locky", "ann-demo-1")
                .await
                .is_err()
        );
    }
}

//! What goes wrong around the platform: it is killed while it writes, its database goes away and comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cinchy_storage::testing::PostgresDatabase;
use reqwest::Client;
use serde_json::Value;

use crate::support::backends::postgres_server;
use crate::support::child::{Place, Served};

pub const SEED: &str = "
users: [{ username: w, password: writer-1, groups: [Cinchy Administrators] }]
clients: [{ clientId: app, grantType: [Resource Owner Password], scopes: [js_api], secret: s, accessTokenLifetime: 86400 }]
tables:
  - { domain: F, name: Log, columns: [{ name: N, type: Number }, { name: M, type: Number }] }
  - { domain: F, name: Texts, columns: [{ name: T, type: Text }] }
";

pub fn client() -> Client {
    Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap()
}

pub async fn token(http: &Client, url: &str) -> Option<String> {
    let form = [
        ("grant_type", "password"),
        ("client_id", "app"),
        ("client_secret", "s"),
        ("username", "w"),
        ("password", "writer-1"),
    ];
    let url = format!("{url}/identity/connect/token");
    let response = http.post(url).form(&form).send().await.ok()?;
    let answer: Value = response.json().await.ok()?;
    answer["access_token"].as_str().map(str::to_owned)
}

pub async fn cql(http: &Client, url: &str, token: &str, cql: &str) -> Option<(u16, String)> {
    let form = [("Query", cql), ("ResultFormat", "CSV")];
    let url = format!("{url}/API/ExecuteCQL");
    let response = http
        .post(url)
        .bearer_auth(token)
        .form(&form)
        .send()
        .await
        .ok()?;
    let status = response.status().as_u16();
    Some((status, response.text().await.ok()?))
}

pub fn serve(place: &Place, database: &str) -> Served {
    place.file("seed.yaml", SEED);
    // The locator of a program that was killed is still there.
    let _ = std::fs::remove_file(place.path("locator.json"));
    place.serve(&["--database", database, "--seed", "seed.yaml"])
}

/// Writers write until the program is killed; then it starts again, and every acknowledged row is there, each with its
/// pair.
async fn killed_while_it_writes(place: &Place, database: &str) {
    let served = serve(place, database);
    let http = client();
    let token = token(&http, served.url()).await.unwrap();
    let writers: Vec<_> = (0..3)
        .map(|writer| {
            let (http, url, token) = (http.clone(), served.url().to_owned(), token.clone());
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                for n in 0.. {
                    let number = writer * 100_000 + n;
                    let insert = format!(
                        "INSERT INTO [F].[Log] ([N], [M]) VALUES ({number}, 1), ({number}, 2)"
                    );
                    match cql(&http, &url, &token, &insert).await {
                        Some((200, _)) => acknowledged.push(number),
                        Some((status, text)) => panic!("{status}: {text}"),
                        None => break,
                    }
                }
                acknowledged
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(700)).await;
    served.signal("KILL");
    let ended = tokio::task::spawn_blocking(move || served.wait())
        .await
        .unwrap();
    assert_eq!(ended.code, None, "it was killed");
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.await.unwrap());
    }
    assert!(
        !acknowledged.is_empty(),
        "nothing was written before the end"
    );

    let again = serve(place, database);
    let rows = "SELECT [N], COUNT(*) AS C FROM [F].[Log] GROUP BY [N] ORDER BY [N]";
    let (status, text) = cql(&http, again.url(), &token, rows).await.unwrap();
    assert_eq!(status, 200, "{text}");
    let found: std::collections::HashMap<i64, i64> = text
        .lines()
        .skip(1)
        .map(|line| {
            let (n, count) = line.split_once(',').unwrap();
            #[expect(clippy::cast_possible_truncation, reason = "a small whole number")]
            (n.parse::<f64>().unwrap() as i64, count.parse().unwrap())
        })
        .collect();
    for number in acknowledged {
        assert_eq!(found.get(&number), Some(&2), "{number} was acknowledged");
    }
    assert!(
        found.values().all(|count| *count == 2),
        "nothing is half done: {found:?}"
    );
    let insert = "INSERT INTO [F].[Log] ([N]) VALUES (0)";
    assert_eq!(
        cql(&http, again.url(), &token, insert).await.unwrap().0,
        200
    );
}

#[tokio::test]
async fn killed_on_a_kept_file() {
    let place = Place::new();
    let database = format!("sqlite:{}", place.path("kept.db").display());
    killed_while_it_writes(&place, &database).await;
}

#[tokio::test]
async fn killed_on_postgres() {
    let Some(server) = postgres_server() else {
        return;
    };
    let database = PostgresDatabase::create(&server).unwrap();
    killed_while_it_writes(&Place::new(), database.url()).await;
}

/// As a restart of the server looks from here: every connection is cut, new ones are refused for a while.
#[tokio::test]
async fn postgres_goes_away_under_load_and_comes_back() {
    let Some(server) = postgres_server() else {
        return;
    };
    let database = PostgresDatabase::create(&server).unwrap();
    let place = Place::new();
    let served = serve(&place, database.url());
    let http = client();
    let token = token(&http, served.url()).await.unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (http, url, token) = (http.clone(), served.url().to_owned(), token.clone());
            let stop = stop.clone();
            tokio::spawn(async move {
                let mut statuses = std::collections::BTreeSet::new();
                while !stop.load(Ordering::Relaxed) {
                    let found =
                        cql(&http, &url, &token, "SELECT COUNT(*) AS C FROM [F].[Log]").await;
                    statuses.insert(found.map(|(status, _)| status));
                }
                statuses
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    database.refuse(true).unwrap();
    tokio::time::sleep(Duration::from_millis(700)).await;
    database.refuse(false).unwrap();
    // It recovers by itself.
    let mut found = None;
    for _ in 0..200 {
        found = cql(
            &http,
            served.url(),
            &token,
            "SELECT COUNT(*) AS C FROM [F].[Log]",
        )
        .await;
        if found.as_ref().is_some_and(|(status, _)| *status == 200) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(found, Some((200, "C\r\n0\r\n".to_owned())));
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        let statuses = reader.await.unwrap();
        assert!(statuses.contains(&Some(200)), "{statuses:?}");
        // While it is away: an error that says so, never a connection that is cut.
        assert!(
            statuses.iter().all(|s| matches!(s, Some(200 | 500..))),
            "{statuses:?}"
        );
    }
}

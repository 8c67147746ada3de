//! The data of an instance is replaced as a whole while requests are under way: by a reset, a seed, a snapshot.

use std::time::Duration;

use cinchy_testkit::{Emulator, Instance, SeedMode};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::backends::{OnBackend, builder, start_each};

const SEED: &str = "
tables:
  - { domain: R, name: Log, columns: [{ name: N, type: Number }], rows: [[0]] }
  - { domain: R, name: Docs, columns: [{ name: File, type: Link, table: Cinchy.Files, column: File Name }], rows: [{}] }
";

async fn start() -> Vec<OnBackend> {
    start_each(builder().seed_text(SEED)).await
}

async fn admin(instance: &Instance) -> String {
    let token = instance.login("app", "app-secret", "admin", "cinchy").await;
    token.unwrap()
}

/// Status, reason and body.
async fn cql(instance: &Instance, token: &str, cql: &str) -> (u16, String, String) {
    let url = format!("{}/API/ExecuteCQL", instance.url());
    let form = [("Query", cql), ("ResultFormat", "CSV")];
    let request = instance.http().post(url).bearer_auth(token).form(&form);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let reason = response.headers().get("x-emulator-reason").cloned();
    let reason = reason.map_or_else(String::new, |r| r.to_str().unwrap().to_owned());
    (status, reason, response.text().await.unwrap())
}

/// Waits until a row is there: whoever writes it has begun.
async fn begun(instance: &Instance, token: &str, n: i32) {
    for _ in 0..500 {
        let sql = format!("SELECT COUNT(*) AS C FROM [R].[Log] WHERE [N] = {n}");
        if cql(instance, token, &sql).await.2.contains('1') {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never begun: {n}");
}

/// What takes long is stopped, and says why; it would run into its own time limit otherwise, which is another status.
#[tokio::test]
async fn a_reset_stops_what_takes_long() {
    let columns = "[Cinchy].[Table Columns]";
    let endless = format!(
        "SELECT COUNT(*) FROM {columns} a CROSS JOIN {columns} b CROSS JOIN {columns} c CROSS JOIN {columns} d \
         WHERE a.[Name] + b.[Name] = c.[Name] + d.[Name]"
    );
    for on in &start().await {
        let emulator = &on.emulator;
        let token = admin(emulator).await;
        let statement = format!("INSERT INTO [R].[Log] ([N]) VALUES (1) {endless}");
        let looping = "INSERT INTO [R].[Log] ([N]) VALUES (2) BEGIN TRY WHILE 1 = 1 UPDATE l SET l.[N] = 2 FROM [R].[Log] l \
             WHERE l.[N] = 3 END TRY BEGIN CATCH SELECT 1 AS A END CATCH";
        let resets = async {
            begun(emulator, &token, 1).await;
            begun(emulator, &token, 2).await;
            emulator.reset().await.unwrap();
        };
        let slow = cql(emulator, &token, &statement);
        let (slow, looping, ()) = tokio::join!(slow, cql(emulator, &token, looping), resets);
        for (status, reason, body) in [slow, looping] {
            assert_eq!(status, 503, "{}: {reason}: {body}", on.name);
            assert!(
                reason.contains("replaced as a whole"),
                "{}: {reason}",
                on.name
            );
        }
        let rows = cql(emulator, &token, "SELECT [N] FROM [R].[Log]").await;
        assert_eq!(rows.2.lines().count(), 2, "{}: {}", on.name, rows.2);
    }
}

fn head(path: &str, token: &str, kind: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
    )
}

async fn send(socket: &mut TcpStream, bytes: &[u8]) {
    socket.write_all(bytes).await.unwrap();
    socket.flush().await.unwrap();
}

async fn answer(mut socket: TcpStream) -> String {
    let mut text = Vec::new();
    // A server that closes early resets the connection, after its answer.
    let _ = socket.read_to_end(&mut text).await;
    String::from_utf8_lossy(&text).into_owned()
}

/// A client that sends its form byte by byte keeps nobody waiting, and sees the world after the reset.
#[tokio::test]
async fn who_sends_slowly_is_served_all_the_same() {
    for on in &start().await {
        let emulator = &on.emulator;
        let token = admin(emulator).await;
        let form = "Query=SELECT+COUNT(*)+AS+C+FROM+[R].[Log]&ResultFormat=CSV";
        let mut sockets = Vec::new();
        // More than there are threads that could wait for them.
        for _ in 0..64 {
            let mut socket = TcpStream::connect(emulator.address()).await.unwrap();
            let kind = "application/x-www-form-urlencoded";
            let head = head("/API/ExecuteCQL", &token, kind, form.len());
            send(&mut socket, head.as_bytes()).await;
            send(&mut socket, &form.as_bytes()[..9]).await;
            sockets.push(socket);
        }
        cql(emulator, &token, "INSERT INTO [R].[Log] ([N]) VALUES (7)").await;
        emulator.reset().await.unwrap();
        for mut socket in sockets {
            send(&mut socket, &form.as_bytes()[9..]).await;
            let text = answer(socket).await;
            assert!(text.starts_with("HTTP/1.1 200"), "{}: {text}", on.name);
            assert!(text.trim_end().ends_with("\n1"), "{}: {text}", on.name);
        }
    }
}

/// An upload that began before a reset is refused after it, in words; nothing of it stays.
#[tokio::test]
async fn an_upload_does_not_outlive_a_reset() {
    for on in &start().await {
        let emulator = &on.emulator;
        let token = admin(emulator).await;
        let body =
            "--xyz\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.txt\"\r\n\r\nhalf";
        let end = " of it\r\n--xyz--\r\n";
        let mut socket = TcpStream::connect(emulator.address()).await.unwrap();
        let kind = "multipart/form-data; boundary=xyz";
        let length = (16 << 20) + body.len() + end.len();
        let head = head("/API/Files/v1.0/R/Docs/1/File", &token, kind, length);
        send(&mut socket, head.as_bytes()).await;
        send(&mut socket, body.as_bytes()).await;
        // More than the buffers between us hold: it is being read when all of it was sent.
        send(&mut socket, &vec![b'x'; 16 << 20]).await;
        emulator.reset().await.unwrap();
        send(&mut socket, end.as_bytes()).await;
        let text = answer(socket).await;
        let told = text.to_lowercase();
        assert!(text.starts_with("HTTP/1.1 503"), "{}: {text}", on.name);
        assert!(
            told.contains("x-emulator-reason: the data was replaced"),
            "{}: {text}",
            on.name
        );
        let files = cql(
            emulator,
            &token,
            "SELECT COUNT(*) AS C FROM [Cinchy].[Files]",
        )
        .await
        .2;
        assert!(files.trim_end().ends_with("\n0"), "{}: {files}", on.name);
    }
}

/// A seed that replaces everything does what a reset does.
#[tokio::test]
async fn a_seed_that_replaces_is_a_reset() {
    for on in &start().await {
        let emulator = &on.emulator;
        emulator.clock().advance("1h").await.unwrap();
        emulator.fault("401-once").on("/API/*").add().await.unwrap();
        let whole = "
users: [{ username: kim, password: kim-test-1 }]
clients: [{ clientId: own, grantType: [Resource Owner Password], scopes: [js_api], secret: s }]
";
        emulator.seed(whole, SeedMode::Replace).await.unwrap();
        emulator.token("own", "kim").await.unwrap();
        let get = async |path: &str| -> Value {
            let url = format!("{}/_emulator/{path}", emulator.url());
            emulator
                .http()
                .get(url)
                .send()
                .await
                .unwrap()
                .json()
                .await
                .unwrap()
        };
        assert_eq!(get("faults").await["faults"], json!([]), "{}", on.name);
        assert_eq!(get("clock").await["mode"], "real", "{}", on.name);
        let paths: Vec<String> = get("journal").await["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["path"].as_str().unwrap().to_owned())
            .collect();
        assert!(
            !paths.iter().any(|path| path.starts_with("/API")),
            "{}: {paths:?}",
            on.name
        );
    }
}

/// Readers and writers go on while the data is reset, copied, compared and put back: each sees one state or another.
#[tokio::test]
async fn resets_and_snapshots_under_load() {
    for on in &start().await {
        let emulator = &on.emulator;
        let token = admin(emulator).await;
        // A pair that is written in one statement; what is seen of it is all or nothing.
        let write = "INSERT INTO [R].[Log] ([N]) VALUES (1), (-1)";
        let read = "SELECT SUM([N]) AS S, COUNT(*) AS C FROM [R].[Log]";
        let writer = async || {
            for _ in 0..15 {
                let (status, reason, body) = cql(emulator, &token, write).await;
                assert_eq!(status, 200, "{}: {reason}: {body}", on.name);
            }
        };
        let reader = async || {
            for _ in 0..15 {
                let (status, reason, body) = cql(emulator, &token, read).await;
                assert_eq!(status, 200, "{}: {reason}: {body}", on.name);
                let line = body.lines().nth(1).unwrap();
                let (sum, count) = line.split_once(',').unwrap();
                let count: i64 = count.parse().unwrap();
                assert_eq!((sum, count % 2), ("0", 1), "{}: {body}", on.name);
            }
        };
        let changes = async {
            for n in 0..3 {
                emulator.take_snapshot("one").await.unwrap();
                let found = emulator.diff("one", "live").await.unwrap();
                let added = found["tables"][0]["added"].as_array().map_or(0, Vec::len);
                assert_eq!(added % 2, 0, "{}: {found}", on.name);
                match n {
                    1 => emulator.reset().await.unwrap(),
                    _ => emulator.restore_snapshot("one").await.unwrap(),
                }
            }
        };
        tokio::join!(writer(), writer(), reader(), reader(), changes);
    }
}

/// Several take one snapshot at once, while others read and delete it: the last one stands, and nobody fails.
#[tokio::test]
async fn one_snapshot_is_taken_by_many() {
    for on in &start().await {
        let emulator: &Emulator = &on.emulator;
        emulator.take_snapshot("same").await.unwrap();
        let token = admin(emulator).await;
        let work = (0..6).map(async |n| {
            cql(emulator, &token, "INSERT INTO [R].[Log] ([N]) VALUES (5)").await;
            emulator.take_snapshot("same").await.unwrap();
            match n % 3 {
                0 => drop(emulator.diff("same", "live").await.unwrap()),
                1 => emulator.restore_snapshot("same").await.unwrap(),
                _ => emulator.take_snapshot("same").await.unwrap(),
            }
        });
        join_all(work).await;
        emulator.restore_snapshot("same").await.unwrap();
        let found = emulator.diff("same", "live").await.unwrap();
        assert_eq!(found, json!({"tables": []}), "{}", on.name);
        let whole = cql(emulator, &token, "SELECT COUNT(*) AS C FROM [R].[Log]").await;
        assert_eq!(whole.0, 200, "{}: {}", on.name, whole.2);
    }
}

//! Results that do not fit into one piece, and compressed ones.

use std::fmt::Write as _;
use std::io::Read;

use cinchy_testkit::Emulator;
use serde_json::Value;

use crate::support::backends::postgres_server;

/// Rows of the table.
const ROWS: usize = 5_000;

/// A table of so many rows that an answer is streamed.
fn seed() -> String {
    let mut text = String::from(
        "
users: [{ username: admin, password: cinchy }]
clients: [{ clientId: app, grantType: [Resource Owner Password], scopes: [js_api], secret: app-secret }]
queries: [{ domain: Big, name: All, cql: 'SELECT [Cinchy Id], [Text] FROM [Big].[Rows] ORDER BY [Cinchy Id]', execute: { groups: [All Users] } }]
tables:
  - domain: Big
    name: Rows
    columns: [{ name: Text, type: Text, maxLength: 200 }]
    entitlements: [{ groups: [All Users], viewAll: true }]
    rows:
",
    );
    for row in 1..=ROWS {
        writeln!(text, "      - [\"row {row} ä {}\"]", "x".repeat(row % 50)).unwrap();
    }
    text
}

fn csv(rows: impl Iterator<Item = usize>) -> String {
    let mut text = "Cinchy Id,Text\r\n".to_owned();
    for row in rows {
        write!(text, "{row},\"row {row} ä {}\"\r\n", "x".repeat(row % 50)).unwrap();
    }
    text
}

async fn answers(emulator: &Emulator) {
    let token = emulator.token("app", "admin").await.unwrap();
    let ask = async |query: &str| {
        let url = format!("{}/API/Big/All?{query}", emulator.url());
        let request = emulator.http().get(url).bearer_auth(&token);
        request.send().await.unwrap()
    };
    let response = ask("ResultFormat=CSV").await;
    assert_eq!(response.headers()["transfer-encoding"], "chunked");
    assert!(
        response.text().await.unwrap() == csv(1..=ROWS),
        "every row, whole and in order"
    );
    let part = ask("ResultFormat=CSV&StartRow=4000&RowCount=500").await;
    assert!(
        part.text().await.unwrap() == csv(4001..=4500),
        "a part of them"
    );
    let json: Value = ask("").await.json().await.unwrap();
    let data = json["data"].as_array().unwrap();
    assert_eq!((data.len(), &data[ROWS - 1][0]), (ROWS, &Value::from(ROWS)));
    let objects: Value = ask("CompressJSON=false&WrapSingleRecordInArray=false")
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(objects.as_array().map(Vec::len), Some(ROWS));
    // Who goes away in the middle does not hold anything up.
    for _ in 0..20 {
        let mut response = ask("").await;
        assert!(response.chunk().await.unwrap().is_some());
        drop(response);
    }
    assert_eq!(
        ask("ResultFormat=CSV&RowCount=1")
            .await
            .text()
            .await
            .unwrap(),
        csv(1..=1)
    );
}

#[tokio::test]
async fn large_results_arrive_whole() {
    let emulator = Emulator::builder().seed_text(seed()).start().await.unwrap();
    answers(&emulator).await;
    if let Some(server) = postgres_server() {
        let database = cinchy_storage::testing::PostgresDatabase::create(&server).unwrap();
        let builder = Emulator::builder()
            .seed_text(seed())
            .database(database.url());
        answers(&builder.start().await.unwrap()).await;
    }
}

#[tokio::test]
async fn answers_are_compressed_for_who_asks() {
    let emulator = Emulator::start().await.unwrap();
    let token = emulator.token("demo-app", "ann").await.unwrap();
    let ask = async |accepts: &str| {
        let url = format!("{}/API/HR/Employees", emulator.url());
        let request = emulator.http().get(url).bearer_auth(&token);
        let request = request.header("accept-encoding", accepts);
        let response = request.send().await.unwrap();
        let encoding = response.headers().get("content-encoding");
        let encoding = encoding.map(|value| value.to_str().unwrap().to_owned());
        (encoding, response.bytes().await.unwrap())
    };
    let (none, plain) = ask("identity").await;
    assert_eq!(none, None);
    assert!(plain.starts_with(b"{\"schema\""));
    for accepts in [
        "gzip",
        // What browsers and Python's requests send.
        "gzip, deflate, br",
        "gzip, deflate, br, zstd",
        "br;q=0, gzip",
    ] {
        let (encoding, bytes) = ask(accepts).await;
        assert_eq!(encoding.as_deref(), Some("gzip"), "{accepts}");
        assert!(bytes.len() < plain.len(), "{accepts}");
        let mut decoded = Vec::new();
        let mut decoder = flate2::read::GzDecoder::new(&bytes[..]);
        decoder.read_to_end(&mut decoded).unwrap();
        assert_eq!(decoded, plain, "{accepts}");
    }
    // Another encoding alone is none that we have.
    let (encoding, bytes) = ask("br").await;
    assert_eq!((encoding, bytes), (None, plain));
}

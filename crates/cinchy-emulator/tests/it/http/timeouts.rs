//! A statement that takes too long ends with the platform's text, and the next one runs.

use std::time::{Duration, Instant};

use cinchy_testkit::Emulator;
use reqwest::header::HeaderMap;

use crate::support::backends::{builder, postgres_server};

const TEXT: &str = "Execution Timeout Expired.  The timeout period elapsed prior to completion of the operation or the server is not responding.";

/// Some 300 rows, six times over.
const ENDLESS: &str = "SELECT COUNT(*) FROM [Cinchy].[Table Columns] a CROSS JOIN [Cinchy].[Table Columns] b \
    CROSS JOIN [Cinchy].[Table Columns] c CROSS JOIN [Cinchy].[Table Columns] d CROSS JOIN [Cinchy].[Table Columns] e \
    CROSS JOIN [Cinchy].[Table Columns] f WHERE a.[Name] + b.[Name] + c.[Name] = d.[Name] + e.[Name] + f.[Name]";

fn seed() -> String {
    format!(
        "queries: [{{ domain: Slow, name: Endless, cql: '{ENDLESS}', timeout: 1, execute: {{ groups: [All Users] }} }}]"
    )
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, HeaderMap, String) {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, headers, answer.text().await.unwrap())
}

async fn stops(emulator: &Emulator) {
    let token = emulator.token("demo-app", "admin").await.unwrap();
    let execute = |query: &str, timeout: &str| {
        let form = [
            ("Query", query),
            ("CommandTimeout", timeout),
            ("Type", "SCALAR"),
        ];
        let url = format!("{}/API/ExecuteCQL", emulator.url());
        emulator.http().post(url).bearer_auth(&token).form(&form)
    };
    let saved = emulator
        .http()
        .get(format!("{}/API/Slow/Endless", emulator.url()))
        .bearer_auth(&token);
    // No CATCH holds it.
    let looping = "DECLARE @i INT = 0 BEGIN TRY WHILE 1 = 1 SET @i = @i + 1 END TRY BEGIN CATCH SELECT 1 AS a END CATCH";
    for request in [execute(ENDLESS, "1"), execute(looping, "1"), saved] {
        let since = Instant::now();
        let (status, headers, body) = answer(request).await;
        assert_eq!(status, 400, "{body}");
        assert_eq!(headers["x-cinchy-error"], TEXT);
        assert!(since.elapsed() < Duration::from_secs(10));
    }
    for timeout in ["", "0", "1", "30", "99999999999999"] {
        let (status, _, body) = answer(execute("SELECT 1 AS N", timeout)).await;
        assert_eq!(
            (status, body.as_str()),
            (
                200,
                r#"{"schema":[{"columnName":"N","type":"Int32"}],"data":[[1]]}"#
            )
        );
    }
    let (status, headers, _) = answer(execute("SELECT 1 AS N", "soon")).await;
    assert_eq!(status, 400);
    assert_eq!(
        headers["x-cinchy-error"],
        "commandtimeout must be a whole number, not `soon`"
    );
}

#[tokio::test]
async fn a_statement_stops_when_its_time_is_over() {
    stops(&builder().seed_text(seed()).start().await.unwrap()).await;
    if let Some(server) = postgres_server() {
        let database = cinchy_storage::testing::PostgresDatabase::create(&server).unwrap();
        let builder = builder().seed_text(seed()).database(database.url());
        stops(&builder.start().await.unwrap()).await;
    }
}

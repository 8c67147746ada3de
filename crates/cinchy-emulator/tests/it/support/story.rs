//! Stories: statements that run one after the other on one platform, on SQLite and on PostgreSQL alike.

use std::collections::HashMap;

use cinchy_testkit::Emulator;
use serde_json::Value;

use super::backends::postgres_server;

/// A statement of a story and what it must give.
pub struct Step {
    user: &'static str,
    cql: String,
    expected: Expected,
}

enum Expected {
    /// Status 200, whatever comes.
    Runs,
    /// These rows, as JSON.
    Rows(String),
    /// 400 with exactly this text.
    Fails(String),
    /// 400 with a text that has this part.
    Error(String),
}

/// It runs.
pub fn runs(user: &'static str, cql: &str) -> Step {
    step(user, cql, Expected::Runs)
}

/// It gives these rows (JSON; numbers compare by value).
pub fn gives(user: &'static str, cql: &str, rows: &str) -> Step {
    step(user, cql, Expected::Rows(rows.to_owned()))
}

/// It is refused with this text.
pub fn fails(user: &'static str, cql: &str, text: &str) -> Step {
    step(user, cql, Expected::Fails(text.to_owned()))
}

/// It is refused with a text that has this part.
pub fn error(user: &'static str, cql: &str, part: &str) -> Step {
    step(user, cql, Expected::Error(part.to_owned()))
}

fn step(user: &'static str, cql: &str, expected: Expected) -> Step {
    Step {
        user,
        cql: cql.to_owned(),
        expected,
    }
}

/// Tells a story by ExecuteCQL on each database; the client `app` of the seed speaks for its users.
pub async fn tell(seed: &str, steps: Vec<Step>) {
    let builder = || Emulator::builder().seed_text(seed);
    let mut wrong = run(
        "SQLite",
        &builder().start().await.expect("the seed"),
        &steps,
    )
    .await;
    if let Some(server) = postgres_server() {
        let database = cinchy_storage::testing::PostgresDatabase::create(&server).unwrap();
        let emulator = builder().database(database.url()).start().await.unwrap();
        wrong.extend(run("PostgreSQL", &emulator, &steps).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn run(name: &str, emulator: &Emulator, steps: &[Step]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut tokens: HashMap<&str, String> = HashMap::new();
    for step in steps {
        if !tokens.contains_key(step.user) {
            let token = emulator.token("app", step.user).await.unwrap();
            tokens.insert(step.user, token);
        }
        let answer = emulator
            .http()
            .post(format!("{}/API/ExecuteCQL", emulator.url()))
            .bearer_auth(&tokens[step.user])
            .form(&[("Query", step.cql.as_str())])
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        let header = answer.headers().get("x-cinchy-error");
        let text = header.and_then(|h| h.to_str().ok()).unwrap_or_default();
        let text = text.to_owned();
        let body = answer.text().await.unwrap();
        let (good, wanted) = match &step.expected {
            Expected::Runs => (status == 200, "200"),
            Expected::Rows(rows) => {
                let found: Option<Value> = serde_json::from_str(&body).ok();
                let found = found.map(|f| normal(&f["data"]));
                let wanted: Value = serde_json::from_str(rows).expect(rows);
                (
                    status == 200 && found == Some(normal(&wanted)),
                    rows.as_str(),
                )
            }
            Expected::Fails(wanted) => (status == 400 && text == *wanted, wanted.as_str()),
            Expected::Error(part) => (status == 400 && text.contains(part), part.as_str()),
        };
        if !good {
            wrong.push(format!(
                "{name}, {}: {}\n  wanted {wanted}\n  found  {status} {text} {body}",
                step.user, step.cql
            ));
        }
    }
    wrong
}

/// Numbers compare by value.
fn normal(value: &Value) -> Value {
    match value {
        Value::Number(n) => n.as_f64().into(),
        Value::Array(items) => items.iter().map(normal).collect(),
        other => other.clone(),
    }
}

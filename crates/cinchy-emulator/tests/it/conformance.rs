//! Conformance cases of CQL (`tests/data/cql.jsonl`): a fixture, a statement, the rows or the error that the platform
//! gives. They run through HTTP on both databases, which must answer with equal bytes.
//!
//! A case may be refused as not supported yet; it may never be answered with other rows than expected.

use std::collections::BTreeMap;

use cinchy_storage::testing::PostgresDatabase;
use cinchy_testkit::Emulator;
use serde_json::{Value, json};

use crate::support::backends::postgres_server;

const CASES: &str = include_str!("../data/cql.jsonl");
/// Cases of our own: statements whose outcome follows from the documentation or from T-SQL.
const OWN_CASES: &str = include_str!("../data/cql_own.jsonl");

/// Cases that are neither right nor refused by name, each with what is missing. One that comes right must leave the list.
const NOT_YET: &[(&str, &str)] = &[];

/// Cases that are answered as expected, at least.
const AT_LEAST: usize = 237;

#[derive(Debug, PartialEq)]
enum Outcome {
    Right,
    Refused,
    Wrong(String),
}

/// The fixture as a seed.
fn seed(fixture: &Value) -> String {
    let list = |name: &str| fixture[name].as_array().cloned().unwrap_or_default();
    let mut grants: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for mut grant in list("entitlements") {
        let grant_object = grant.as_object_mut().unwrap();
        let table = grant_object.remove("table").unwrap();
        for (one, many) in [("user", "users"), ("group", "groups")] {
            if let Some(name) = grant_object.remove(one) {
                grant_object.insert(many.to_owned(), json!([name]));
            }
        }
        grants
            .entry(table.as_str().unwrap().to_owned())
            .or_default()
            .push(grant);
    }
    let built_in = ["Cinchy Administrators", "All Users"];
    let groups: Vec<Value> = list("groups")
        .into_iter()
        .filter(|g| !built_in.contains(&g["name"].as_str().unwrap()))
        .map(|g| match g.get("parent") {
            Some(parent) => json!({ "name": g["name"], "parents": [parent] }),
            None => json!({ "name": g["name"] }),
        })
        .collect();
    let users: Vec<Value> = list("users")
        .into_iter()
        .map(|u| {
            let mut user = json!({
                "username": u["username"], "firstName": u["first"], "password": "secret-1",
                "groups": u["groups"].as_array().unwrap().iter().filter(|g| *g != "All Users").collect::<Vec<_>>(),
            });
            if !u["last"].is_null() {
                user["lastName"] = u["last"].clone();
            }
            user
        })
        .collect();
    let tables: Vec<Value> = list("tables")
        .into_iter()
        .map(|t| {
            let columns = t["columns"].as_array().unwrap();
            let rows: Vec<Value> = t["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(|row| {
                    columns
                        .iter()
                        .zip(row.as_array().unwrap())
                        .filter(|(column, cell)| column["type"] != "Calculated" && !cell.is_null())
                        .map(|(column, cell)| {
                            (column["name"].as_str().unwrap().to_owned(), cell.clone())
                        })
                        .collect::<serde_json::Map<_, _>>()
                        .into()
                })
                .collect();
            let name = format!(
                "{}.{}",
                t["domain"].as_str().unwrap(),
                t["name"].as_str().unwrap()
            );
            json!({
                "domain": t["domain"], "name": t["name"], "columns": columns, "rows": rows,
                "entitlements": grants.get(&name).cloned().unwrap_or_default(),
            })
        })
        .collect();
    let queries: Vec<Value> = list("savedQueries")
        .into_iter()
        .map(|q| {
            // The fixture says nothing of rights to execute them, and cases have other users than the administrator.
            json!({
                "domain": q["domain"], "name": q["name"], "cql": q["cql"],
                "execute": { "groups": ["All Users"] },
            })
        })
        .collect();
    json!({
        "users": users, "groups": groups, "tables": tables, "queries": queries, "udfs": list("udfs"),
        "clients": [{ "clientId": "cases", "grantType": ["Resource Owner Password"], "secret": "s", "scopes": ["js_api"] }],
    })
    .to_string()
}

struct Runner {
    emulator: Emulator,
    tokens: BTreeMap<String, String>,
}

impl Runner {
    async fn new(emulator: Emulator, fixture: &Value) -> Self {
        let mut tokens = BTreeMap::new();
        for user in fixture["users"].as_array().unwrap() {
            let name = user["username"].as_str().unwrap();
            let token = emulator.token("cases", name).await.unwrap();
            tokens.insert(name.to_owned(), token);
        }
        Self { emulator, tokens }
    }

    /// Runs a statement; status, error header and body.
    async fn execute(
        &self,
        cql: &str,
        kind: &str,
        user: &str,
        params: &Value,
    ) -> (u16, String, String) {
        let mut form = vec![
            ("Query".to_owned(), cql.to_owned()),
            ("Type".to_owned(), kind.to_owned()),
        ];
        let empty = serde_json::Map::new();
        for (index, (name, value)) in params.as_object().unwrap_or(&empty).iter().enumerate() {
            if name.starts_with('{') {
                form.push((name.clone(), value.as_str().unwrap().to_owned()));
                continue;
            }
            let (kind, text) = match value {
                Value::Number(n) => ("System.Double", n.to_string()),
                Value::Bool(b) => ("System.Boolean", b.to_string()),
                Value::String(s) => ("System.String", s.clone()),
                _ => ("System.String", String::new()),
            };
            for (field, value) in [
                ("ParameterName", name.as_str()),
                ("ValueType", kind),
                ("XmlSerializedValue", &text),
            ] {
                form.push((format!("Parameters[{index}].{field}"), value.to_owned()));
            }
        }
        let url = format!("{}/API/ExecuteCQL", self.emulator.url());
        let answer = self
            .emulator
            .http()
            .post(url)
            .bearer_auth(&self.tokens[user])
            .form(&form)
            .send()
            .await
            .unwrap();
        let status = answer.status().as_u16();
        let header = answer.headers().get("x-cinchy-error");
        let error = header
            .and_then(|h| h.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        (status, error, answer.text().await.unwrap())
    }

    /// Runs a case and brings the fixture back if it may have changed it.
    async fn run(&self, case: &Value) -> (Outcome, String) {
        let result = self.run_once(case).await;
        let text = case["cql"].as_str().unwrap().to_uppercase();
        let writes = [
            "INSERT", "UPDATE", "DELETE", "TRUNCATE", "CREATE", "ALTER", "DROP",
        ];
        if case["setup"].is_array() || writes.iter().any(|word| text.contains(word)) {
            self.emulator.reset().await.unwrap();
        }
        result
    }

    async fn run_once(&self, case: &Value) -> (Outcome, String) {
        let setup = case["setup"].as_array().cloned().unwrap_or_default();
        for statement in &setup {
            let user = case["setup_user"].as_str().unwrap_or("admin");
            let (status, error, body) = self
                .execute(statement.as_str().unwrap(), "QUERY", user, &Value::Null)
                .await;
            if error.contains("not supported") {
                // What earlier ones did must not meet the next case.
                self.emulator.reset().await.unwrap();
                return (Outcome::Refused, error);
            }
            assert_eq!(status, 200, "setup {statement}: {error} {body}");
        }
        let kind = case["query_type"].as_str().unwrap_or("QUERY");
        let user = case["user"].as_str().unwrap_or("admin");
        let cql = case["cql"].as_str().unwrap();
        let (status, error, body) = self.execute(cql, kind, user, &case["params"]).await;
        let outcome = outcome(case, status, &error, &body);
        (outcome, if status == 200 { body } else { error })
    }
}

fn outcome(case: &Value, status: u16, error: &str, body: &str) -> Outcome {
    let expected = &case["expect"];
    if status != 200 {
        return match expected {
            Value::Object(_)
                if case["error_contains"]
                    .as_str()
                    .is_none_or(|part| error.contains(part)) =>
            {
                Outcome::Right
            }
            _ if error.contains("not supported") => Outcome::Refused,
            // No result is known: an error or no rows.
            Value::Null => Outcome::Right,
            _ => Outcome::Wrong(format!("{status} {error}")),
        };
    }
    let mut answer: Value = serde_json::from_str(body).unwrap();
    // A count is the whole body (decided); the cases have it as a row.
    if answer.is_number() {
        answer = json!({ "schema": [{ "columnName": "" }], "data": [[answer]] });
    }
    match expected {
        // No result is known.
        Value::Null => Outcome::Right,
        Value::Array(rows) => {
            let tolerance = case["tolerance"].as_f64().unwrap_or(0.0);
            let json = case["compare"] == "json";
            let date_only = case["compare"] == "date";
            let normal = |value: &Value| normal(value, date_only);
            let mut rows: Vec<Value> = rows.iter().map(normal).collect();
            let mut found: Vec<Value> = answer["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(normal)
                .collect();
            if case["unordered"] == true {
                rows.sort_by_key(Value::to_string);
                found.sort_by_key(Value::to_string);
            }
            let fits = |key: &str, field: &str| {
                let schema = answer["schema"].as_array();
                let found = schema.map(|s| s.iter().map(|c| &c[field]).collect::<Vec<_>>());
                case[key]
                    .as_array()
                    .is_none_or(|c| Some(c.iter().collect()) == found)
            };
            let named = fits("columns", "columnName") && fits("types", "type");
            if alike(&rows, &found, tolerance, json) && named {
                Outcome::Right
            } else {
                Outcome::Wrong(body.to_owned())
            }
        }
        _ => Outcome::Wrong(format!("an error was expected: {body}")),
    }
}

/// Whether rows are those expected: numbers within a tolerance, texts as JSON where a case says so.
fn alike(expected: &[Value], found: &[Value], tolerance: f64, json: bool) -> bool {
    let cell = |a: &Value, b: &Value| match (a, b) {
        (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() <= tolerance,
            _ => a == b,
        },
        (Value::String(a), Value::String(b)) if json => {
            let parsed = |text: &str| serde_json::from_str::<Value>(text).ok();
            a == b || (parsed(a).is_some() && parsed(a) == parsed(b))
        }
        _ => a == b,
    };
    expected.len() == found.len()
        && expected.iter().zip(found).all(|(a, b)| match (a, b) {
            (Value::Array(a), Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| cell(a, b))
            }
            _ => a == b,
        })
}

/// Numbers compare by value, dates by their first ten characters where the case is about nothing else.
fn normal(value: &Value, date_only: bool) -> Value {
    match value {
        Value::Number(n) => json!(n.as_f64()),
        Value::String(text) if date_only => json!(text.get(..10).unwrap_or(text)),
        Value::Array(items) => items.iter().map(|item| normal(item, date_only)).collect(),
        other => other.clone(),
    }
}

/// An emulator of each database with the fixture.
async fn start(fixture: &Value) -> (Runner, Option<Runner>, Option<PostgresDatabase>) {
    let seed = seed(fixture);
    let on_sqlite = Emulator::builder().seed_text(&seed).start().await.unwrap();
    let sqlite = Runner::new(on_sqlite, fixture).await;
    let server = postgres_server();
    let own = server.map(|url| PostgresDatabase::create(&url).unwrap());
    let postgres = match &own {
        None => None,
        Some(own) => {
            let emulator = Emulator::builder()
                .seed_text(&seed)
                .database(own.url())
                .start()
                .await
                .unwrap();
            Some(Runner::new(emulator, fixture).await)
        }
    };
    (sqlite, postgres, own)
}

/// Runs cases and says how each came out, a difference between the databases first.
async fn outcomes(fixture: &Value, cases: &[&Value]) -> Vec<(Option<String>, Outcome)> {
    let (sqlite, postgres, _database) = start(fixture).await;
    let mut all = Vec::with_capacity(cases.len());
    for case in cases {
        let (outcome, text) = sqlite.run(case).await;
        let mut difference = None;
        if let Some(postgres) = &postgres {
            let (other, other_text) = postgres.run(case).await;
            // What is random or the time of day differs from run to run.
            let varies = ["NEWID", "GETDATE", "RAND"]
                .iter()
                .any(|f| case["cql"].as_str().unwrap().to_uppercase().contains(f));
            if other != outcome || (text != other_text && !varies) {
                difference = Some(format!("the databases differ: {text} / {other_text}"));
            }
        }
        all.push((difference, outcome));
    }
    all
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect()
}

#[tokio::test]
async fn cases_are_right_or_refused_and_equal_on_both_databases() {
    let lines = lines(CASES);
    let (fixtures, cases): (Vec<&Value>, Vec<&Value>) =
        lines.iter().partition(|l| l["kind"] == "fixture");
    let cases: Vec<&Value> = cases.into_iter().filter(|c| c["cql"].is_string()).collect();
    let mut right = 0;
    let mut wrong = Vec::new();
    for (case, (difference, outcome)) in cases.iter().zip(outcomes(fixtures[0], &cases).await) {
        let id = case["id"].as_str().unwrap();
        wrong.extend(difference.map(|text| format!("{id}: {text}")));
        let listed = NOT_YET.iter().any(|(listed, _)| *listed == id);
        match outcome {
            Outcome::Right if listed => {
                wrong.push(format!("{id} is right now: take it off the list"))
            }
            Outcome::Right => right += 1,
            Outcome::Refused => {}
            Outcome::Wrong(_) if listed => {}
            Outcome::Wrong(what) => wrong.push(format!("{id}: {}: {what}", case["cql"])),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    eprintln!("{right} cases are right");
    assert!(right >= AT_LEAST, "only {right} cases are right");
}

/// The project's own cases over the same fixture: none may be refused, unless it expects just that.
#[tokio::test]
async fn own_cases_are_right_and_equal_on_both_databases() {
    let public = lines(CASES);
    let fixture = public.iter().find(|l| l["kind"] == "fixture").unwrap();
    let own = lines(OWN_CASES);
    let cases: Vec<&Value> = own.iter().collect();
    let mut wrong = Vec::new();
    for (number, (case, (difference, outcome))) in
        (1..).zip(cases.iter().zip(outcomes(fixture, &cases).await))
    {
        let what = match (difference, outcome) {
            (Some(difference), _) => difference,
            (None, Outcome::Right) => continue,
            (None, Outcome::Refused) => "refused".to_owned(),
            (None, Outcome::Wrong(what)) => what,
        };
        wrong.push(format!("line {number}: {}: {what}", case["cql"]));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

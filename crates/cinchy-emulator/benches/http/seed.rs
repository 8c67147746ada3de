//! The data that is measured: one table whose reader is given eight of nine columns and a row filter, and users with a
//! password each.

use serde_json::{Value, json};

/// Client of the password grant.
pub const CLIENT: &str = "bench";
/// Its secret.
pub const SECRET: &str = "0B6A8F0E-7F4C-4C0B-9C5E-5B7E0B9F3D11";
/// The user whose rights are measured.
pub const READER: &str = "reader";
/// Rows that the reader sees. Every hundredth row more is hidden from it.
pub const ROWS: usize = 10_000;
/// The columns that the reader sees, as the queries select them.
pub const COLUMNS: [&str; 8] = [
    "Name", "Email", "City", "Salary", "Score", "Started", "Active", "Level",
];
const CITIES: [&str; 6] = [
    "Toronto",
    "Montréal",
    "Vancouver",
    "New York",
    "London",
    "São Paulo",
];
const LEVELS: [&str; 3] = ["Junior", "Senior", "Lead"];

/// A password of the user with this number.
pub fn password(number: usize) -> String {
    format!("a long password {number}")
}

/// Name of the user with this number; 0 is the reader.
pub fn username(number: usize) -> String {
    if number == 0 {
        READER.to_owned()
    } else {
        format!("user-{number}")
    }
}

/// A seed of so many visible rows, with a user for each hash.
pub fn text(rows: usize, hashes: &[String]) -> String {
    let users: Vec<Value> = hashes
        .iter()
        .enumerate()
        .map(|(number, hash)| json!({"username": username(number), "passwordHash": hash, "firstName": "A", "lastName": "User"}))
        .collect();
    let columns: Vec<String> = COLUMNS.iter().map(|name| format!("[{name}]")).collect();
    let columns = columns.join(", ");
    let query = |name: &str, top: &str| {
        json!({
            "domain": "Bench",
            "name": name,
            "cql": format!("SELECT {top}{columns} FROM [Bench].[People] WHERE [Deleted] IS NULL"),
            "execute": {"groups": ["All Users"]},
        })
    };
    json!({
        "users": users,
        "clients": [{
            "clientId": CLIENT,
            "clientName": "Bench",
            "grantType": ["Resource Owner Password"],
            "scopes": ["js_api", "openid", "id", "profile", "email", "roles"],
            "secret": SECRET,
        }],
        "domains": [{"name": "Bench"}],
        "tables": [{
            "domain": "Bench",
            "name": "People",
            "columns": [
                {"name": "Name", "type": "Text", "maxLength": 100},
                {"name": "Email", "type": "Text"},
                {"name": "City", "type": "Text"},
                {"name": "Salary", "type": "Number"},
                {"name": "Score", "type": "Number"},
                {"name": "Started", "type": "Date"},
                {"name": "Active", "type": "Yes/No"},
                {"name": "Level", "type": "Choice", "options": LEVELS},
                {"name": "Hidden", "type": "Yes/No"},
            ],
            "rows": people(rows),
            "entitlements": [{"users": [READER], "viewColumns": COLUMNS, "viewFilter": "[Hidden] = 0"}],
        }],
        "queries": [query("Hundred", "TOP 100 "), query("Ten thousand", "")],
    })
    .to_string()
}

fn people(rows: usize) -> Vec<Value> {
    let mut all = Vec::with_capacity(rows + rows / 100);
    for n in 0..rows {
        if n % 100 == 50 {
            all.push(person(n, true));
        }
        all.push(person(n, false));
    }
    all
}

fn person(n: usize, hidden: bool) -> Value {
    let score = if n.is_multiple_of(10) {
        Value::Null
    } else {
        json!(n * 7 % 1_000)
    };
    json!([
        format!("Person Number {n}"),
        format!("person.{n}@example.test"),
        CITIES[n % CITIES.len()],
        f64::from(u32::try_from(n * 37 % 100_000).unwrap_or_default()) + 0.25,
        score,
        format!("20{:02}-{:02}-{:02}", n % 24, n % 12 + 1, n % 28 + 1),
        n.is_multiple_of(3),
        LEVELS[n % LEVELS.len()],
        hidden,
    ])
}

//! `docs/cql.md` says what runs: each call of its tables compiles on both databases.

use cinchy_cql::value::Backend;

use crate::hr;

const PAGE: &str = include_str!("../../../../docs/cql.md");

#[test]
fn documented_calls_compile() {
    let functions = PAGE
        .split_once("## Functions")
        .map(|(_, rest)| rest)
        .expect("the page has a part on functions");
    let calls: Vec<&str> = functions
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
        .map(|(call, _)| call)
        .collect();
    assert!(calls.len() > 80, "{} calls", calls.len());
    let mut wrong = Vec::new();
    for call in calls {
        let text = format!("SELECT {call} AS x FROM [HR].[Employees]");
        for backend in [Backend::Sqlite, Backend::Postgres] {
            if let Err(error) = hr::compile_for(&text, &hr::admin(), backend) {
                wrong.push(format!("{call}: {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

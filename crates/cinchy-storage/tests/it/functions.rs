//! Functions of CQL computed by SQLite (in Rust) and by PostgreSQL (its own and ours): random calls give equal results. The
//! arguments come from a query in FROM, so that none of them is a constant.

use std::cell::RefCell;

use chrono::NaiveDateTime;
use cinchy_cql::catalog::{Catalog, Rights};
use cinchy_cql::value::{Backend, Type, Value};
use cinchy_cql::{Arguments, Request, compile};
use cinchy_storage::{Database, run};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};

use crate::databases::on_each;

/// Calls over `s`, `t`, `u` (texts), `i`, `j`, `k` (integers), `x`, `y` (floats) and `b` (a bit).
const CALLS: &[&str] = &[
    "LEN(s)",
    "UPPER(s) + LOWER(t)",
    "FORMAT(x, 'G') + FORMAT(i, 'g4')",
    "LEFT(s, i)",
    "RIGHT(s, i)",
    "SUBSTRING(s, i, j)",
    "STUFF(s, i, j, t)",
    "CHARINDEX(t, s)",
    "CHARINDEX(t, s, i)",
    "REPLACE(s, t, u)",
    "REPLICATE(s, i)",
    "SPACE(i)",
    "REVERSE(s)",
    "LTRIM(s) + RTRIM(t) + TRIM(u)",
    "TRIM(t FROM s)",
    "CONCAT_WS(s, t, u, i)",
    "ASCII(s)",
    "CHAR(i)",
    "CHAR(i % 1000 + 130)",
    "UNICODE(s)",
    "NCHAR(i % 1000 + 55290)",
    "PATINDEX(t, s)",
    "PATINDEX('%' + t + '%', s)",
    "QUOTENAME(s)",
    "QUOTENAME(s, t)",
    "TRANSLATE(s, t, u)",
    "STRING_ESCAPE(s, 'json')",
    "SOUNDEX(s)",
    "DIFFERENCE(s, t)",
    "ABS(i)",
    "ABS(x)",
    "SIGN(i)",
    "SIGN(x)",
    "CEILING(x)",
    "FLOOR(x)",
    "ROUND(x, i)",
    "ROUND(x, i, 1)",
    "ROUND(j, i)",
    "ROUND(j % 1000 * 1000 + k % 1000, -2, 1)",
    "POWER(x, i)",
    "POWER(x, y)",
    "SQRT(x)",
    "SQUARE(x)",
    "EXP(x)",
    "LOG(x)",
    "LOG(x, y)",
    "LOG10(x)",
    "ACOS(x)",
    "ASIN(x)",
    "ATAN(x)",
    "ATN2(x, y)",
    "COS(x)",
    "COT(x)",
    "SIN(x)",
    "TAN(x)",
    "DEGREES(x)",
    "RADIANS(x)",
    "RAND(i)",
    "i & j",
    "i | j",
    "i ^ j",
    "~i",
    "~b",
    "b & b",
    "CHOOSE(i, s, t, u)",
    "GREATEST(s, t, u)",
    "LEAST(i, j, k)",
    "GREATEST(x, y)",
    "NULLIF(i, x)",
    "NULLIF(s, t)",
    "ISNULL(s, t)",
    "ISJSON(s)",
    "ISJSON(t)",
    "JSON_VALUE(s, '$.a')",
    "JSON_VALUE(s, t)",
    "JSON_VALUE(s, 'strict $.a[1]')",
    "JSON_QUERY(s)",
    "JSON_QUERY(s, t)",
    "JSON_QUERY(s, 'strict $.a')",
    "JSON_MODIFY(s, '$.a', t)",
    "JSON_MODIFY(s, t, u)",
    "JSON_MODIFY(s, t, i)",
    "JSON_MODIFY(s, t, b)",
    "JSON_MODIFY(s, 'append $.a', t)",
    "JSON_MODIFY(s, '$.b', JSON_QUERY(s, t))",
];

fn text() -> impl Strategy<Value = Value> {
    let fixed = prop::sample::select(vec![
        "",
        " ",
        "  a b  ",
        "abcabc",
        "ABC",
        "ä🦊\u{20ac}x",
        "Zoë ÀÉß ΑΒς Łódź Жж",
        "Ashcraft",
        "a%b_c[d]e^f-g",
        "[a-c]",
        "%",
        "_b",
        "'\"/\\\n\t\u{1}",
        "[",
        "]",
        "{\"a\":1}",
        " { \"a\" : [ 1.50, {\"b\":\"x\\\"y\\u00e4\"} , null ] , \"b\":2,\"a\":3 } ",
        "{\"a\":{},\"c d\":true}",
        "[1,[2,3],{\"a\":4}]",
        "[]",
        "true",
        "nope",
        "{\"a\":}",
        "$",
        "$.a",
        "$.a[1]",
        "$.a[1].b",
        "$.\"c d\"",
        "$[1][0]",
        "$.zz",
        "strict $.zz",
        "strict $.a",
        "lax $.a[0]",
        "append $.a",
        "append strict $[1]",
        "append lax $.new",
        "$.a.b.c",
        "$x",
        "$.",
        "$.a[",
        "$.a[x]",
        " $.b ",
    ]);
    prop_oneof![
        1 => Just(Value::Null),
        12 => fixed.prop_map(|s| Value::Text(s.to_owned())),
        3 => "[a-c%\\[\\]^_ -]{0,6}".prop_map(Value::Text),
        2 => "\\PC{0,5}".prop_map(Value::Text),
    ]
}

fn integer() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        12 => (-4_i64..12).prop_map(Value::Int),
        1 => (-400_i64..400).prop_map(Value::Int),
        1 => prop::sample::select(vec![i64::from(i32::MIN), i64::from(i32::MAX), 99_999]).prop_map(Value::Int),
    ]
}

fn float() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        4 => prop::sample::select(vec![0.0, 1.0, -1.0, 0.5, -0.5, 2.5, 1e-9, 1e15, 1e300, -1e300, 1e-300, 0.1, 748.58, 1.005, 710.0])
            .prop_map(Value::Double),
        4 => (-1_000_000_i32..1_000_000).prop_map(|n| Value::Double(f64::from(n) / 1000.0)),
        1 => prop::num::f64::NORMAL.prop_map(Value::Double),
    ]
}

#[derive(Debug, Clone)]
struct Call {
    expression: &'static str,
    values: Vec<(String, Value)>,
}

const NAMES: [(&str, Type); 9] = [
    ("s", Type::Text),
    ("t", Type::Text),
    ("u", Type::Text),
    ("i", Type::Int),
    ("j", Type::Int),
    ("k", Type::Int),
    ("x", Type::Double),
    ("y", Type::Double),
    ("b", Type::Bit),
];

fn call() -> impl Strategy<Value = Call> {
    let bit = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::Bool)];
    let values = (
        (text(), text(), text()),
        (integer(), integer(), integer()),
        (float(), float()),
        bit,
    );
    (prop::sample::select(CALLS), values).prop_map(|(expression, values)| {
        let ((s, t, u), (i, j, k), (x, y), b) = values;
        let names = NAMES.iter().map(|(name, _)| (*name).to_owned());
        Call {
            expression,
            values: names.zip([s, t, u, i, j, k, x, y, b]).collect(),
        }
    })
}

/// The value of a call, or the text of its error.
fn result(database: &Database, call: &Call) -> Result<Value, String> {
    let parameters: Vec<(String, Type)> = NAMES
        .iter()
        .map(|(name, ty)| ((*name).to_owned(), *ty))
        .collect();
    let columns: Vec<String> = NAMES.iter().map(|(n, _)| format!("@{n} AS {n}")).collect();
    let text = format!(
        "SELECT {} AS r FROM (SELECT {}) AS a",
        call.expression,
        columns.join(", ")
    );
    let postgres = database.kind() == "postgres";
    let compiled = compile(&Request {
        text: &text,
        parameters: &parameters,
        text_parameters: &[],
        catalog: &Catalog::default(),
        rights: &Rights::default(),
        backend: if postgres {
            Backend::Postgres
        } else {
            Backend::Sqlite
        },
        schema: database.schema(),
        ad_hoc: false,
        versions: false,
    })
    .map_err(|e| format!("{}: {e}", call.expression))?;
    let arguments = Arguments {
        values: &call.values,
        current_user: 1,
        now: NaiveDateTime::default(),
    };
    let mut found = Value::Null;
    database
        .read(|conn| {
            run::rows(conn, &compiled, &arguments, &mut |mut row| {
                found = row.pop().unwrap_or(Value::Null);
            })
        })
        .map_err(|e| e.to_string())?;
    Ok(found)
}

#[test]
fn every_call_compiles_and_both_databases_agree() {
    let databases: RefCell<Vec<Vec<Result<Value, String>>>> = RefCell::default();
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    let strategy = call();
    let calls: Vec<Call> = (0..2_000)
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect();
    on_each(|database| {
        let results = calls.iter().map(|call| result(database, call)).collect();
        databases.borrow_mut().push(results);
    });
    let databases = databases.into_inner();
    let mut wrong = Vec::new();
    let mut good = 0;
    for (index, call) in calls.iter().enumerate() {
        let first = &databases[0][index];
        good += usize::from(first.is_ok());
        for other in &databases[1..] {
            if format!("{first:?}") != format!("{:?}", other[index]) {
                wrong.push(format!(
                    "{}\n  {:?}\n  {first:?}\n  {:?}",
                    call.expression, call.values, other[index]
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(good > calls.len() / 2, "only {good} calls had a value");
}

#[test]
fn every_letter_has_the_same_other_case() {
    let letters: Vec<char> = (1..=u32::from(char::MAX))
        .filter_map(char::from_u32)
        .filter(|c| !c.to_lowercase().eq([*c]) || !c.to_uppercase().eq([*c]))
        .collect();
    assert!(letters.len() > 2_500);
    let text: String = letters.iter().collect();
    on_each(|database| {
        for (expression, expect) in [
            ("UPPER(s)", cinchy_cql::upper(&text)),
            ("LOWER(s)", cinchy_cql::lower(&text)),
        ] {
            let call = Call {
                expression,
                values: vec![("s".to_owned(), Value::Text(text.clone()))],
            };
            assert_eq!(result(database, &call), Ok(Value::Text(expect)));
        }
    });
}

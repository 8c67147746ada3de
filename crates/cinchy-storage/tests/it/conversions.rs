//! Conversions, dates and exact numbers, computed by SQLite (in Rust) and by PostgreSQL (its own functions and ours): random
//! calls give equal results. The arguments come from a query in FROM, so that none of them is a constant.

mod calls;

use std::cell::RefCell;

use chrono::{Duration, NaiveDate, NaiveDateTime};
use cinchy_cql::catalog::{Catalog, Rights};
use cinchy_cql::value::{Backend, Type, Value};
use cinchy_cql::{Arguments, Request, compile};
use cinchy_storage::{Database, run};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use self::calls::CALLS;
use crate::databases::on_each;

fn moment() -> impl Strategy<Value = Value> {
    let start = NaiveDate::from_ymd_opt(1753, 1, 1)
        .unwrap()
        .and_hms_opt(0, 0, 0)
        .unwrap();
    prop_oneof![
        1 => Just(Value::Null),
        8 => (90_000_i64..110_000, 0_i64..86_400_000).prop_map(move |(days, millis)| {
            Value::DateTime(start + Duration::days(days) + Duration::milliseconds(millis))
        }),
        2 => (90_000_i64..110_000, 0_i64..86_400_000_000).prop_map(move |(days, micros)| {
            Value::DateTime(start + Duration::days(days) + Duration::microseconds(micros))
        }),
        1 => (0_i64..3_012_000).prop_map(move |days| Value::DateTime(start + Duration::days(days))),
    ]
}

fn text_of_date() -> impl Strategy<Value = Value> {
    let fixed = prop::sample::select(vec![
        "",
        " ",
        "2020-03-05",
        "2020-03-05T14:07:09.123",
        "2020-03-05 14:07",
        "20200305",
        "200305",
        "2020",
        "5 Mar 2020",
        "Mar 5 2020",
        "March 5, 2020 2:07 PM",
        "15-Mar-20",
        "3/15/2020",
        "15/3/2020",
        "3.5.2020",
        "2020-03-05T14:07:09Z",
        "2020-03-05T14:07:09+02:00",
        "2007-04-30T01:01:01.123456 -07:00",
        "14:07",
        "2:07 pm",
        "14:07:09:123",
        "2020-13-01",
        "2020-02-30",
        "2020-03-05X",
        "nope",
        "2020-03-05 25:00",
        "5",
        "12/31/49",
        "12/31/50",
        "0001-01-01",
        "1752-12-31",
        "9999-12-31 23:59:59.999",
        "2020/3/5",
        "2020-3-5 1:2:3.4567",
        "2020-03-05 14:07:09.1234567",
        "5 Foo 2020",
        "Mar 2020",
        "2020-03-05 14",
        "2020-03-05 2 PM",
    ]);
    prop_oneof![
        1 => Just(Value::Null),
        12 => fixed.prop_map(|s| Value::Text(s.to_owned())),
        2 => "[0-9]{1,4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,4}".prop_map(Value::Text),
        2 => "[0-9]{4}-0[1-9]-[0-2][0-9] [0-2][0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,6})?)?".prop_map(Value::Text),
    ]
}

fn text_of_number() -> impl Strategy<Value = Value> {
    let fixed = prop::sample::select(vec![
        "",
        " ",
        "0",
        "12",
        " -7 ",
        "+3",
        "1.5",
        "-.5",
        "5.",
        "1e3",
        "1E-2",
        "12abc",
        "abc",
        "1,234.5",
        "$12",
        "-$3.2",
        "99999",
        "-32769",
        "2147483648",
        "9223372036854775808",
        "1.23456789",
        "0.00005",
        "true",
        "Yes",
        "no",
        "1e400",
        "--1",
        ".",
        "-",
        "0x1F",
        "6f9619ff-8b86-d011-b42d-00c04fc964ff",
        "{6F9619FF-8B86-D011-B42D-00C04FC964FF}",
    ]);
    prop_oneof![
        1 => Just(Value::Null),
        8 => fixed.prop_map(|s| Value::Text(s.to_owned())),
        2 => "-?[0-9]{1,6}(\\.[0-9]{1,5})?".prop_map(Value::Text),
    ]
}

fn integer() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        8 => (-15_i64..40).prop_map(Value::Int),
        2 => (-70_000_i64..70_000).prop_map(Value::Int),
        1 => prop::sample::select(vec![i64::from(i32::MIN), i64::from(i32::MAX)]).prop_map(Value::Int),
    ]
}

fn float() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        4 => prop::sample::select(vec![0.0, 1.0, -1.0, 0.5, -0.5, 2.5, 1e-9, 1e15, 1e25, 0.1, 748.58, 1.005, 123_456.5,
            1_234_567.8, 0.00001, 2_147_483_648.0, 255.9, -0.9]).prop_map(Value::Double),
        4 => (-1_000_000_i32..1_000_000).prop_map(|n| Value::Double(f64::from(n) / 1000.0)),
    ]
}

fn exact(digits: u32) -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        1 => Just(Value::Text("0".to_owned())),
        8 => (-9_999_999_i64..9_999_999).prop_map(move |n| {
            let (whole, rest) = (n.abs() / 10_i64.pow(digits), n.abs() % 10_i64.pow(digits));
            let sign = if n < 0 { "-" } else { "" };
            Value::Text(format!("{sign}{whole}.{rest:0width$}", width = digits as usize))
        }),
    ]
}

#[derive(Debug, Clone)]
struct Call {
    expression: &'static str,
    values: Vec<(String, Value)>,
}

/// Names with their types, and how the query in FROM writes them.
const NAMES: [(&str, Type, &str); 11] = [
    ("d", Type::DateTime, "@d"),
    ("e", Type::DateTime, "@e"),
    ("t", Type::Text, "@t"),
    ("n", Type::Text, "@n"),
    ("i", Type::Int, "@i"),
    ("j", Type::Int, "@j"),
    ("x", Type::Double, "@x"),
    ("y", Type::Double, "@y"),
    ("b", Type::Bit, "@b"),
    ("m", Type::Text, "CAST(@m AS DECIMAL(9, 3))"),
    ("o", Type::Text, "CAST(@o AS MONEY)"),
];

fn call() -> impl Strategy<Value = Call> {
    let bit = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::Bool)];
    let values = (
        (moment(), moment(), text_of_date(), text_of_number()),
        (integer(), integer(), float(), float()),
        (bit, exact(3), exact(4)),
    );
    (prop::sample::select(CALLS), values).prop_map(|(expression, values)| {
        let ((d, e, t, n), (i, j, x, y), (b, m, o)) = values;
        let names = NAMES.iter().map(|(name, ..)| (*name).to_owned());
        Call {
            expression,
            values: names.zip([d, e, t, n, i, j, x, y, b, m, o]).collect(),
        }
    })
}

/// The value of a call, or the text of its error.
fn result(database: &Database, call: &Call) -> Result<Value, String> {
    let parameters: Vec<(String, Type)> = NAMES
        .iter()
        .map(|(name, ty, _)| ((*name).to_owned(), *ty))
        .collect();
    let columns: Vec<String> = NAMES
        .iter()
        .map(|(name, _, written)| format!("{written} AS {name}"))
        .collect();
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
fn both_databases_agree_on_conversions() {
    let databases: RefCell<Vec<Vec<Result<Value, String>>>> = RefCell::default();
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = call();
    let calls: Vec<Call> = (0..6_000)
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

//! Random statements over rows of random values: SQLite and PostgreSQL give equal rows. Expressions nest, with NULLs, CASE,
//! casts, dates and texts; they stand in select lists, conditions, groups, windows, ORDER BY and set operations.
//!
//! `CINCHY_RANDOM_STATEMENTS` asks for more of them than a usual run makes, and with another seed each time.

use std::cell::RefCell;

use chrono::NaiveDateTime;
use cinchy_cql::catalog::{Catalog, Rights};
use cinchy_cql::value::{Backend, Value};
use cinchy_cql::{Arguments, Request, compile};
use cinchy_storage::{Database, run};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::databases::on_each;

const USUAL: usize = 700;

/// One of these templates, in which each `{n}`, `{f}`, `{m}`, `{s}`, `{d}` and `{c}` is another expression: an integer, a float,
/// an exact number, a text, a date, a condition.
fn one_of(templates: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(templates)
}

const INTEGERS: &[&str] = &[
    "{n} + {n}",
    "{n} - {n}",
    "{n} * 3",
    "{n} / NULLIF({n}, 0)",
    "{n} % NULLIF({n}, 0)",
    "-{n}",
    "ABS({n})",
    "SIGN({f})",
    "LEN({s})",
    "CHARINDEX({s}, {s})",
    "PATINDEX('%[a-c]%', {s})",
    "UNICODE({s})",
    "DATEDIFF(day, {d}, {d})",
    "DATEDIFF(month, {d}, {d})",
    "DATEDIFF(week, {d}, {d})",
    "DATEPART(weekday, {d})",
    "DATEPART(iso_week, {d})",
    "DATEPART(quarter, {d})",
    "YEAR({d})",
    "MONTH({d})",
    "CASE WHEN {c} THEN {n} ELSE {n} END",
    "CASE WHEN {c} THEN {n} END",
    "CASE {s} WHEN {s} THEN {n} WHEN {s} THEN {n} END",
    "ISNULL({n}, {n})",
    "COALESCE({n}, {n}, {n})",
    "NULLIF({n}, {n})",
    "IIF({c}, {n}, {n})",
    "TRY_CAST({s} AS INT)",
    "TRY_CAST({f} AS INT)",
    "TRY_CAST({m} AS INT)",
    "ISNUMERIC({s})",
    "ISDATE({s})",
    "CAST(b AS INT)",
    "CHOOSE({n}, {n}, {n})",
    "{n} & 7",
    "{n} | 2",
    "{n} ^ 5",
    "~{n}",
    "ISJSON({s})",
    "ASCII({s})",
    "DIFFERENCE({s}, {s})",
    "ROUND({n}, -1)",
    "GREATEST({n}, {n})",
    "LEAST({n}, {n})",
];

const FLOATS: &[&str] = &[
    "{f} + {f}",
    "{f} - {n}",
    "{f} * {f}",
    "{f} / NULLIF({f}, 0)",
    "ROUND({f}, 2)",
    "ROUND({f}, 1, 1)",
    "FLOOR({f})",
    "CEILING({f})",
    "SQRT(ABS({f}))",
    "CAST({n} AS FLOAT)",
    "CAST({m} AS FLOAT)",
    "TRY_CAST({s} AS FLOAT)",
    "CASE WHEN {c} THEN {f} ELSE {n} END",
    "ISNULL({f}, {n})",
    "NULLIF({f}, {n})",
    "ABS({f})",
    "IIF({c}, {f}, {f})",
    "COALESCE({f}, {n})",
];

const EXACT: &[&str] = &[
    "{m} + {m}",
    "{m} - {n}",
    "{m} * 1.5",
    "{m} / 4",
    "CAST({n} AS DECIMAL(12, 2))",
    "TRY_CAST({s} AS DECIMAL(9, 3))",
    "TRY_CAST({f} AS DECIMAL(12, 3))",
    "CASE WHEN {c} THEN {m} ELSE {n} END",
    "ROUND({m}, 1)",
    "ABS({m})",
    "ISNULL({m}, {n})",
    "COALESCE({m}, {n})",
    "TRY_CAST({n} AS MONEY)",
    "FLOOR({m})",
    "CEILING({m})",
];

const TEXTS: &[&str] = &[
    "{s} + {s}",
    "CONCAT({s}, {n}, {s})",
    "CONCAT({d}, {f})",
    "CONCAT({m}, b)",
    "CONCAT_WS('-', {s}, {n}, {s})",
    "UPPER({s})",
    "LOWER({s})",
    "LTRIM({s})",
    "RTRIM({s})",
    "TRIM({s})",
    "TRIM('a ' FROM {s})",
    "TRIM(LEADING 'a' FROM {s})",
    "TRIM(TRAILING 'b' FROM {s})",
    "REVERSE({s})",
    "SUBSTRING({s}, {n} % 4, 3)",
    "LEFT({s}, ABS({n} % 5))",
    "RIGHT({s}, ABS({n} % 5))",
    "REPLACE({s}, {s}, 'x')",
    "REPLICATE({s}, {n} % 4)",
    "STUFF({s}, 2, 1, {s})",
    "CAST({n} AS VARCHAR(12))",
    "CAST({f} AS VARCHAR(20))",
    "CAST({m} AS VARCHAR(20))",
    "CAST({d} AS VARCHAR(30))",
    "CAST({s} AS VARCHAR(3))",
    "CAST({s} AS CHAR(4))",
    "CONVERT(VARCHAR(30), {d}, 120)",
    "CONVERT(VARCHAR(30), {d}, 103)",
    "CONVERT(VARCHAR(30), {d}, 126)",
    "CONVERT(VARCHAR(30), {f}, 1)",
    "FORMAT({n}, 'N1')",
    "FORMAT({f}, '#,##0.##')",
    "FORMAT({m}, 'C', 'de-DE')",
    "FORMAT({d}, 'dddd d MMM yy', 'fr-FR')",
    "FORMAT({d}, 'g')",
    "CASE WHEN {c} THEN {s} ELSE {s} END",
    "ISNULL({s}, {s})",
    "COALESCE({s}, {s})",
    "NULLIF({s}, {s})",
    "IIF({c}, {s}, {s})",
    "DATENAME(month, {d})",
    "STR({f}, 8, 2)",
    "QUOTENAME({s})",
    "SOUNDEX({s})",
    "CHAR({n} % 60 + 65)",
    "JSON_VALUE('{\"a\":' + CAST({n} AS VARCHAR(12)) + '}', '$.a')",
    "SPACE({n} % 3)",
    "CHOOSE({n}, {s}, {s})",
    "TRANSLATE({s}, 'ab', 'xy')",
];

const DATES: &[&str] = &[
    "DATEADD(day, {n} % 1000, {d})",
    "DATEADD(month, {n} % 100, {d})",
    "DATEADD(minute, {n}, {d})",
    "CAST({d} AS DATE)",
    "EOMONTH({d})",
    "EOMONTH({d}, {n} % 30)",
    "CASE WHEN {c} THEN {d} ELSE {d} END",
    "ISNULL({d}, {d})",
    "COALESCE({d}, {d})",
    "NULLIF({d}, {d})",
    "IIF({c}, {d}, {d})",
    "TRY_CAST({s} AS DATETIME)",
    "CAST({d} AS DATETIME2(3))",
    "CAST({d} AS SMALLDATETIME)",
];

const CONDITIONS: &[&str] = &[
    "{n} < {n}",
    "{n} = {f}",
    "{m} >= {n}",
    "{f} > {m}",
    "{s} = {s}",
    "{s} <> {s}",
    "{s} < {s}",
    "{s} LIKE 'a%'",
    "{s} LIKE '%' + {s} + '%'",
    "{s} NOT LIKE '[a-c]_%'",
    "{d} < {d}",
    "{d} = {d}",
    "{n} IS NULL",
    "{s} IS NOT NULL",
    "{n} IN ({n}, 1, NULL)",
    "{s} NOT IN ({s}, 'abc')",
    "{n} BETWEEN {n} AND {n}",
    "{d} NOT BETWEEN {d} AND {d}",
    "({c} AND {c})",
    "({c} OR {c})",
    "NOT ({c})",
    "b = 1",
    "{s} = {n}",
];

const LEAVES: [(char, &[&str]); 6] = [
    ('n', &["i", "j", "7", "-2", "0", "NULL", "i"]),
    ('f', &["x", "y", "2.5e0", "-0.125e0", "x"]),
    ('m', &["o", "1.25", "o"]),
    (
        's',
        &[
            "s",
            "t",
            "'abc'",
            "'B '",
            "'12'",
            "N'\u{e9}\u{df}'",
            "''",
            "s",
            "t",
        ],
    ),
    (
        'd',
        &["d", "e", "CAST('2024-02-29 23:59:58.5' AS DATETIME)", "d"],
    ),
    ('c', &["i > 1", "s = t", "b = 1", "d IS NULL"]),
];

/// Fills a template: each hole with a leaf, or, while there is depth, with another template.
fn filled(template: &str, depth: u32, choose: &mut dyn FnMut(usize) -> usize) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let hole = rest.get(at..at + 3).unwrap_or_default();
        let kind = hole.chars().nth(1).unwrap_or(' ');
        let templates = match kind {
            'n' => INTEGERS,
            'f' => FLOATS,
            'm' => EXACT,
            's' => TEXTS,
            'd' => DATES,
            'c' => CONDITIONS,
            _ => &[],
        };
        if templates.is_empty() || !hole.ends_with('}') {
            out.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
            continue;
        }
        out.push_str(&rest[..at]);
        rest = &rest[at + 3..];
        let leaves = LEAVES
            .iter()
            .find(|(own, _)| *own == kind)
            .map_or(&[][..], |l| l.1);
        if depth == 0 || choose(4) == 0 {
            out.push_str(leaves[choose(leaves.len())]);
        } else {
            let inner = templates[choose(templates.len())];
            let inner = filled(inner, depth - 1, choose);
            out.push_str(&if kind == 'c' {
                inner
            } else {
                format!("({inner})")
            });
        }
    }
    out.push_str(rest);
    out
}

/// Statements; `r` numbers the rows, so that the order of each result is settled.
const STATEMENTS: &[&str] = &[
    "SELECT {n} AS a, {f} AS b, {m} AS c FROM rows ORDER BY r",
    "SELECT {s} AS a, {s} AS b, {d} AS c FROM rows ORDER BY r",
    "SELECT CASE WHEN {c} THEN 'yes' WHEN NOT ({c}) THEN 'no' ELSE 'unknown' END AS a FROM rows ORDER BY r",
    "SELECT r FROM rows WHERE {c} AND {c} ORDER BY r",
    "SELECT r FROM rows ORDER BY {s} DESC, r",
    "SELECT r FROM rows ORDER BY {n}, {d} DESC, r",
    "SELECT r FROM rows ORDER BY {f}, {m}, r",
    "SELECT DISTINCT {s} AS a FROM rows ORDER BY a",
    "SELECT DISTINCT {n} AS a, {c1} AS b FROM rows ORDER BY a, b",
    "SELECT {n} AS k, COUNT(*) AS a, COUNT({s}) AS b, SUM({n}) AS c, AVG({n}) AS d FROM rows GROUP BY i, j, s, t, d, e, x, y, o, b HAVING COUNT(*) > 0 ORDER BY 1, 2, 3, 4, 5",
    "SELECT g, COUNT(*) AS a, SUM(n) AS b, MIN(s) AS c, MAX(s) AS d, COUNT(DISTINCT s) AS e, AVG(m) AS f, SUM(m) AS h FROM (SELECT {n} % 3 AS g, {n} AS n, {s} AS s, {m} AS m FROM rows) q GROUP BY g ORDER BY g",
    "SELECT g, MIN(d) AS a, MAX(d) AS b, STRING_AGG(s, ',') WITHIN GROUP (ORDER BY r DESC) AS c FROM (SELECT {s} AS g, {d} AS d, {s} AS s, r FROM rows) q GROUP BY g HAVING MAX(r) > 1 ORDER BY g",
    "SELECT r, ROW_NUMBER() OVER (ORDER BY {n}, r) AS a, RANK() OVER (ORDER BY {s}) AS b, DENSE_RANK() OVER (PARTITION BY {c1} ORDER BY {n}) AS c, NTILE(2) OVER (ORDER BY r) AS d FROM rows ORDER BY r",
    "SELECT r, SUM({n}) OVER (PARTITION BY {s} ORDER BY r) AS a, COUNT({s}) OVER (ORDER BY r ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS b, MIN({n}) OVER (ORDER BY r ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS c FROM rows ORDER BY r",
    "SELECT r, LAG({s}) OVER (ORDER BY r) AS a, LEAD({n}, 2, 0) OVER (ORDER BY r DESC) AS b, FIRST_VALUE({s}) OVER (ORDER BY {n}, r) AS c, LAST_VALUE({n}) OVER (PARTITION BY b ORDER BY r) AS d FROM rows ORDER BY r",
    "SELECT {s} AS a FROM rows UNION SELECT {s} FROM rows ORDER BY a",
    "SELECT {n} AS a FROM rows EXCEPT SELECT {n} FROM rows ORDER BY a",
    "SELECT {d} AS a FROM rows INTERSECT SELECT {d} FROM rows ORDER BY a",
    "SELECT a.r, b.r AS q FROM rows a LEFT JOIN rows b ON {j} ORDER BY a.r, b.r",
    "SELECT r, (SELECT COUNT(*) FROM rows z WHERE z.i < rows.i) AS a, (SELECT MAX(z.s) FROM rows z WHERE z.r <> rows.r) AS b FROM rows WHERE EXISTS (SELECT 1 FROM rows z WHERE z.j = rows.i OR z.s = rows.t) ORDER BY r",
    "SELECT TOP 2 {s} AS a, {n} AS b FROM rows ORDER BY {n} DESC, r",
    "SELECT TOP 2 WITH TIES {n} % 2 AS a FROM rows ORDER BY a",
    "SELECT r, {n} AS a FROM rows ORDER BY r OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY",
];

/// A number below the given one, from a source of randomness.
fn chooser(seed: Vec<u32>) -> impl FnMut(usize) -> usize {
    let mut state = seed.into_iter().fold(0x9E37_79B9_7F4A_7C15_u64, |s, n| {
        (s ^ u64::from(n)).wrapping_mul(0x1000_0000_01B3)
    });
    move |below| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below.max(1)
    }
}

/// `WITH rows AS (...)`: up to five rows of values.
fn rows(choose: &mut dyn FnMut(usize) -> usize) -> String {
    let count = 1 + choose(5);
    let mut lines = Vec::new();
    for number in 1..=count {
        let mut pick = |values: &[&str], ty: &str| {
            let value = values[choose(values.len())];
            format!("CAST({value} AS {ty})")
        };
        let line = [
            number.to_string(),
            pick(&["NULL", "0", "1", "2", "-3", "41", "100"], "INT"),
            pick(&["NULL", "1", "2", "5", "-7"], "INT"),
            pick(
                &["NULL", "0", "0.5", "-2.25", "1e6", "3.3333", "1"],
                "FLOAT",
            ),
            pick(&["NULL", "1.5", "2", "-0.1"], "FLOAT"),
            pick(
                &["NULL", "0", "1.25", "-99.999", "12345.678"],
                "DECIMAL(9, 3)",
            ),
            pick(
                &[
                    "NULL",
                    "''",
                    "'abc'",
                    "'ABC'",
                    "' a b '",
                    "'12'",
                    "'-3.5'",
                    "'2024-03-01'",
                    "N'\u{e9}\u{e4}\u{df}'",
                    "'a%_['",
                ],
                "NVARCHAR(40)",
            ),
            pick(
                &["NULL", "'abc'", "'b'", "'12'", "'zz top'", "'x,y'"],
                "NVARCHAR(40)",
            ),
            pick(
                &[
                    "NULL",
                    "'2024-01-31'",
                    "'2024-02-29 12:34:56.789'",
                    "'1999-12-31 23:59:59'",
                    "'2030-06-15 08:00'",
                ],
                "DATETIME",
            ),
            pick(
                &["NULL", "'2024-03-01'", "'2023-12-25 01:02:03'"],
                "DATETIME",
            ),
            pick(&["NULL", "0", "1"], "BIT"),
        ];
        lines.push(format!("({})", line.join(", ")));
    }
    format!(
        "WITH rows AS (SELECT * FROM (VALUES {}) AS v(r, i, j, x, y, o, s, t, d, e, b)) ",
        lines.join(", ")
    )
}

const JOINS: &[&str] = &[
    "a.i = b.j",
    "a.s = b.t",
    "a.i < b.i AND b.b = 1",
    "a.d >= b.e",
    "a.s LIKE b.t + '%'",
];

fn statement() -> impl Strategy<Value = String> {
    (one_of(STATEMENTS), prop::collection::vec(any::<u32>(), 4)).prop_map(|(template, seed)| {
        let mut choose = chooser(seed);
        let rows = rows(&mut choose);
        let template = template
            .replace("{c1}", "CASE WHEN {c} THEN 1 ELSE 0 END")
            .replace("{j}", JOINS[choose(JOINS.len())]);
        rows + &filled(&template, 3, &mut choose)
    })
}

/// The rows of a statement, or the text of its error.
fn result(database: &Database, text: &str) -> Result<Vec<Vec<Value>>, String> {
    let postgres = database.kind() == "postgres";
    let compiled = compile(&Request {
        text,
        parameters: &[],
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
    .map_err(|e| e.to_string())?;
    let arguments = Arguments {
        values: &[],
        current_user: 1,
        now: NaiveDateTime::default(),
    };
    let mut found = Vec::new();
    database
        .read(|conn| run::rows(conn, &compiled, &arguments, &mut |row| found.push(row)))
        .map_err(|e| e.to_string())?;
    Ok(found)
}

#[test]
fn both_databases_agree_on_random_statements() {
    let asked = std::env::var("CINCHY_RANDOM_STATEMENTS").ok();
    let count = asked.as_ref().and_then(|n| n.parse().ok());
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = match count {
        None => TestRunner::new_with_rng(Config::default(), rng),
        Some(_) => TestRunner::new(Config::default()),
    };
    let strategy = statement();
    let statements: Vec<String> = (0..count.unwrap_or(USUAL))
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect();
    let databases: RefCell<Vec<Vec<_>>> = RefCell::default();
    on_each(|database| {
        let results = statements
            .iter()
            .map(|text| result(database, text))
            .collect();
        databases.borrow_mut().push(results);
    });
    let databases = databases.into_inner();
    let mut wrong = Vec::new();
    let mut good = 0;
    for (index, text) in statements.iter().enumerate() {
        let first = &databases[0][index];
        good += usize::from(first.is_ok());
        for other in &databases[1..] {
            let other = &other[index];
            // Of several errors each database may meet another one first.
            let both_fail = first.is_err() && other.is_err();
            if !both_fail && format!("{first:?}") != format!("{other:?}") {
                wrong.push(format!("{text}\n  {first:?}\n  {other:?}"));
            }
        }
    }
    let failed = statements.len() - good;
    assert!(
        wrong.is_empty(),
        "{} of {} differ ({failed} fail):\n{}",
        wrong.len(),
        statements.len(),
        wrong.join("\n")
    );
    assert!(
        failed < statements.len() / 5,
        "{failed} of {} statements fail",
        statements.len()
    );
}

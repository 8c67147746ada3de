//! Conversions, dates and exact numbers, computed by SQLite (in Rust) and by PostgreSQL (its own functions and ours): random
//! calls give equal results. The arguments come from a query in FROM, so that none of them is a constant.

use std::cell::RefCell;

use chrono::{Duration, NaiveDate, NaiveDateTime};
use cinchy_cql::catalog::{Catalog, Rights};
use cinchy_cql::value::{Backend, Type, Value};
use cinchy_cql::{Arguments, Request, compile};
use cinchy_storage::{Database, run};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::databases::on_each;

/// Calls over `d`, `e` (dates), `t` (texts of dates), `n` (texts of numbers), `i`, `j` (integers), `x`, `y` (floats), `b`
/// (a bit), `m` (a decimal) and `o` (money).
const CALLS: &[&str] = &[
    "DATEADD(year, i, d)",
    "DATEADD(quarter, i, d)",
    "DATEADD(month, i, d)",
    "DATEADD(dayofyear, i, d)",
    "DATEADD(day, i, d)",
    "DATEADD(week, i, d)",
    "DATEADD(weekday, i, d)",
    "DATEADD(hour, i, d)",
    "DATEADD(minute, i, d)",
    "DATEADD(second, i, d)",
    "DATEADD(millisecond, i, d)",
    "DATEADD(microsecond, i * 7, CAST(d AS DATETIME2))",
    "DATEADD(nanosecond, i * 7, CAST(d AS DATETIME2))",
    "DATEADD(year, i, CAST(d AS DATE))",
    "DATEADD(month, i, CAST(d AS DATE))",
    "DATEADD(week, i, CAST(d AS DATE))",
    "DATEADD(day, i, CAST(d AS DATE))",
    "DATEADD(minute, i * 100, CAST(d AS TIME))",
    "DATEDIFF(year, d, e)",
    "DATEDIFF(quarter, d, e)",
    "DATEDIFF(month, d, e)",
    "DATEDIFF(dayofyear, d, e)",
    "DATEDIFF(day, d, e)",
    "DATEDIFF(week, d, e)",
    "DATEDIFF(weekday, d, e)",
    "DATEDIFF(hour, d, e)",
    "DATEDIFF(minute, d, e)",
    "DATEDIFF(second, d, e)",
    "DATEDIFF(millisecond, d, e)",
    "DATEDIFF_BIG(year, d, e)",
    "DATEDIFF_BIG(quarter, d, e)",
    "DATEDIFF_BIG(month, d, e)",
    "DATEDIFF_BIG(dayofyear, d, e)",
    "DATEDIFF_BIG(day, d, e)",
    "DATEDIFF_BIG(week, d, e)",
    "DATEDIFF_BIG(weekday, d, e)",
    "DATEDIFF_BIG(hour, d, e)",
    "DATEDIFF_BIG(minute, d, e)",
    "DATEDIFF_BIG(second, d, e)",
    "DATEDIFF_BIG(millisecond, d, e)",
    "DATEDIFF_BIG(microsecond, d, e)",
    "DATEDIFF_BIG(nanosecond, d, e)",
    "DATEPART(year, d)",
    "DATEPART(quarter, d)",
    "DATEPART(month, d)",
    "DATEPART(dayofyear, d)",
    "DATEPART(day, d)",
    "DATEPART(week, d)",
    "DATEPART(weekday, d)",
    "DATEPART(hour, d)",
    "DATEPART(minute, d)",
    "DATEPART(second, d)",
    "DATEPART(millisecond, d)",
    "DATEPART(microsecond, d)",
    "DATEPART(nanosecond, d)",
    "DATEPART(iso_week, d)",
    "DATENAME(year, d)",
    "DATENAME(quarter, d)",
    "DATENAME(month, d)",
    "DATENAME(dayofyear, d)",
    "DATENAME(day, d)",
    "DATENAME(week, d)",
    "DATENAME(weekday, d)",
    "DATENAME(hour, d)",
    "DATENAME(minute, d)",
    "DATENAME(second, d)",
    "DATENAME(millisecond, d)",
    "DATENAME(iso_week, d)",
    "DATENAME(nanosecond, d)",
    "YEAR(d) * 10000 + MONTH(d) * 100 + DAY(d)",
    "EOMONTH(d)",
    "EOMONTH(d, i)",
    "DATEFROMPARTS(2000 + i, i, j)",
    "ISDATE(t)",
    "ISDATE(n)",
    "ISNUMERIC(n)",
    "ISNUMERIC(t)",
    "CONVERT(NVARCHAR(60), d, 0)",
    "CONVERT(NVARCHAR(60), d, 1)",
    "CONVERT(NVARCHAR(60), d, 2)",
    "CONVERT(NVARCHAR(60), d, 3)",
    "CONVERT(NVARCHAR(60), d, 4)",
    "CONVERT(NVARCHAR(60), d, 5)",
    "CONVERT(NVARCHAR(60), d, 6)",
    "CONVERT(NVARCHAR(60), d, 7)",
    "CONVERT(NVARCHAR(60), d, 8)",
    "CONVERT(NVARCHAR(60), d, 9)",
    "CONVERT(NVARCHAR(60), d, 10)",
    "CONVERT(NVARCHAR(60), d, 11)",
    "CONVERT(NVARCHAR(60), d, 12)",
    "CONVERT(NVARCHAR(60), d, 13)",
    "CONVERT(NVARCHAR(60), d, 14)",
    "CONVERT(NVARCHAR(60), d, 20)",
    "CONVERT(NVARCHAR(60), d, 21)",
    "CONVERT(NVARCHAR(60), d, 22)",
    "CONVERT(NVARCHAR(60), d, 23)",
    "CONVERT(NVARCHAR(60), d, 24)",
    "CONVERT(NVARCHAR(60), d, 25)",
    "CONVERT(NVARCHAR(60), d, 100)",
    "CONVERT(NVARCHAR(60), d, 101)",
    "CONVERT(NVARCHAR(60), d, 102)",
    "CONVERT(NVARCHAR(60), d, 103)",
    "CONVERT(NVARCHAR(60), d, 104)",
    "CONVERT(NVARCHAR(60), d, 105)",
    "CONVERT(NVARCHAR(60), d, 106)",
    "CONVERT(NVARCHAR(60), d, 107)",
    "CONVERT(NVARCHAR(60), d, 108)",
    "CONVERT(NVARCHAR(60), d, 109)",
    "CONVERT(NVARCHAR(60), d, 110)",
    "CONVERT(NVARCHAR(60), d, 111)",
    "CONVERT(NVARCHAR(60), d, 112)",
    "CONVERT(NVARCHAR(60), d, 113)",
    "CONVERT(NVARCHAR(60), d, 114)",
    "CONVERT(NVARCHAR(60), d, 120)",
    "CONVERT(NVARCHAR(60), d, 121)",
    "CONVERT(NVARCHAR(60), d, 126)",
    "CONVERT(NVARCHAR(60), d, 127)",
    "CONVERT(NVARCHAR(60), d, 130)",
    "CONVERT(NVARCHAR(60), d, 131)",
    "CONVERT(NVARCHAR(60), CAST(d AS DATETIME2(5)), 0)",
    "CONVERT(NVARCHAR(60), CAST(d AS DATE), 0)",
    "CONVERT(NVARCHAR(60), CAST(d AS TIME(3)), 0)",
    "CONVERT(NVARCHAR(60), CAST(d AS DATETIME2(5)), 8)",
    "CONVERT(NVARCHAR(60), CAST(d AS DATE), 8)",
    "CONVERT(NVARCHAR(60), CAST(d AS TIME(3)), 8)",
    "CONVERT(NVARCHAR(60), CAST(d AS DATETIME2(5)), 101)",
    "CONVERT(NVARCHAR(60), CAST(d AS DATE), 101)",
    "CONVERT(NVARCHAR(60), CAST(d AS TIME(3)), 101)",
    "CONVERT(NVARCHAR(60), CAST(d AS DATETIME2(5)), 109)",
    "CONVERT(NVARCHAR(60), CAST(d AS DATE), 109)",
    "CONVERT(NVARCHAR(60), CAST(d AS TIME(3)), 109)",
    "CONVERT(NVARCHAR(60), CAST(d AS DATETIME2(5)), 121)",
    "CONVERT(NVARCHAR(60), CAST(d AS DATE), 121)",
    "CONVERT(NVARCHAR(60), CAST(d AS TIME(3)), 121)",
    "CONVERT(NVARCHAR(60), CAST(d AS DATETIME2(5)), 126)",
    "CONVERT(NVARCHAR(60), CAST(d AS DATE), 126)",
    "CONVERT(NVARCHAR(60), CAST(d AS TIME(3)), 126)",
    "CONVERT(NVARCHAR(60), CAST(d AS DATETIME2(5)), 130)",
    "CONVERT(NVARCHAR(60), CAST(d AS DATE), 130)",
    "CONVERT(NVARCHAR(60), CAST(d AS TIME(3)), 130)",
    "CAST(d AS VARCHAR(5))",
    "CAST(d AS CHAR(30))",
    "CAST(d AS DATE)",
    "CAST(d AS TIME(2))",
    "CAST(d AS DATETIME)",
    "CAST(d AS DATETIME2(1))",
    "CAST(d AS SMALLDATETIME)",
    "CAST(d AS FLOAT)",
    "CAST(d AS INT)",
    "CAST(d AS DECIMAL(12,4))",
    "d + i",
    "d - i",
    "d + x",
    "d - e",
    "i + d",
    "CAST(x AS DATETIME)",
    "CAST(i AS DATETIME)",
    "TRY_CAST(x AS DATETIME)",
    "CAST(t AS DATETIME)",
    "CAST(t AS DATE)",
    "CAST(t AS DATETIME2)",
    "CAST(t AS TIME(3))",
    "CAST(t AS SMALLDATETIME)",
    "TRY_CAST(t AS DATETIME)",
    "TRY_CAST(t AS DATE)",
    "CONVERT(DATETIME, t, 103)",
    "TRY_CONVERT(DATE, t, 111)",
    "IIF(d = t, 1, 0)",
    "IIF(d < t, 1, 0)",
    "DATEADD(day, 1, t)",
    "DATEPART(year, t)",
    "DATENAME(weekday, t)",
    "DATEDIFF(day, t, d)",
    "CAST(n AS TINYINT)",
    "TRY_CAST(n AS TINYINT)",
    "CAST(x AS TINYINT)",
    "TRY_CAST(x AS TINYINT)",
    "CAST(i AS TINYINT)",
    "CAST(m AS TINYINT)",
    "CAST(o AS TINYINT)",
    "CAST(n AS SMALLINT)",
    "TRY_CAST(n AS SMALLINT)",
    "CAST(x AS SMALLINT)",
    "TRY_CAST(x AS SMALLINT)",
    "CAST(i AS SMALLINT)",
    "CAST(m AS SMALLINT)",
    "CAST(o AS SMALLINT)",
    "CAST(n AS INT)",
    "TRY_CAST(n AS INT)",
    "CAST(x AS INT)",
    "TRY_CAST(x AS INT)",
    "CAST(i AS INT)",
    "CAST(m AS INT)",
    "CAST(o AS INT)",
    "CAST(n AS BIGINT)",
    "TRY_CAST(n AS BIGINT)",
    "CAST(x AS BIGINT)",
    "TRY_CAST(x AS BIGINT)",
    "CAST(i AS BIGINT)",
    "CAST(m AS BIGINT)",
    "CAST(o AS BIGINT)",
    "CAST(n AS BIT)",
    "TRY_CAST(n AS BIT)",
    "CAST(x AS BIT)",
    "TRY_CAST(x AS BIT)",
    "CAST(i AS BIT)",
    "CAST(m AS BIT)",
    "CAST(o AS BIT)",
    "CAST(n AS FLOAT)",
    "TRY_CAST(n AS FLOAT)",
    "CAST(x AS FLOAT)",
    "TRY_CAST(x AS FLOAT)",
    "CAST(i AS FLOAT)",
    "CAST(m AS FLOAT)",
    "CAST(o AS FLOAT)",
    "CAST(n AS REAL)",
    "TRY_CAST(n AS REAL)",
    "CAST(x AS REAL)",
    "TRY_CAST(x AS REAL)",
    "CAST(i AS REAL)",
    "CAST(m AS REAL)",
    "CAST(o AS REAL)",
    "CAST(n AS DECIMAL(10,2))",
    "TRY_CAST(n AS DECIMAL(10,2))",
    "CAST(x AS DECIMAL(10,2))",
    "TRY_CAST(x AS DECIMAL(10,2))",
    "CAST(i AS DECIMAL(10,2))",
    "CAST(m AS DECIMAL(10,2))",
    "CAST(o AS DECIMAL(10,2))",
    "CAST(n AS DECIMAL(5,4))",
    "TRY_CAST(n AS DECIMAL(5,4))",
    "CAST(x AS DECIMAL(5,4))",
    "TRY_CAST(x AS DECIMAL(5,4))",
    "CAST(i AS DECIMAL(5,4))",
    "CAST(m AS DECIMAL(5,4))",
    "CAST(o AS DECIMAL(5,4))",
    "CAST(n AS DECIMAL(38,10))",
    "TRY_CAST(n AS DECIMAL(38,10))",
    "CAST(x AS DECIMAL(38,10))",
    "TRY_CAST(x AS DECIMAL(38,10))",
    "CAST(i AS DECIMAL(38,10))",
    "CAST(m AS DECIMAL(38,10))",
    "CAST(o AS DECIMAL(38,10))",
    "CAST(n AS MONEY)",
    "TRY_CAST(n AS MONEY)",
    "CAST(x AS MONEY)",
    "TRY_CAST(x AS MONEY)",
    "CAST(i AS MONEY)",
    "CAST(m AS MONEY)",
    "CAST(o AS MONEY)",
    "CAST(n AS UNIQUEIDENTIFIER)",
    "TRY_CAST(n AS UNIQUEIDENTIFIER)",
    "CAST(x AS VARCHAR(3))",
    "CAST(x AS VARCHAR)",
    "CAST(x AS NVARCHAR(4))",
    "CAST(x AS CHAR(8))",
    "CAST(x AS NVARCHAR(50))",
    "TRY_CAST(x AS NVARCHAR(2))",
    "CAST(i AS VARCHAR(3))",
    "CAST(i AS VARCHAR)",
    "CAST(i AS NVARCHAR(4))",
    "CAST(i AS CHAR(8))",
    "CAST(i AS NVARCHAR(50))",
    "TRY_CAST(i AS NVARCHAR(2))",
    "CAST(n AS VARCHAR(3))",
    "CAST(n AS VARCHAR)",
    "CAST(n AS NVARCHAR(4))",
    "CAST(n AS CHAR(8))",
    "CAST(n AS NVARCHAR(50))",
    "TRY_CAST(n AS NVARCHAR(2))",
    "CAST(m AS VARCHAR(3))",
    "CAST(m AS VARCHAR)",
    "CAST(m AS NVARCHAR(4))",
    "CAST(m AS CHAR(8))",
    "CAST(m AS NVARCHAR(50))",
    "TRY_CAST(m AS NVARCHAR(2))",
    "CAST(o AS VARCHAR(3))",
    "CAST(o AS VARCHAR)",
    "CAST(o AS NVARCHAR(4))",
    "CAST(o AS CHAR(8))",
    "CAST(o AS NVARCHAR(50))",
    "TRY_CAST(o AS NVARCHAR(2))",
    "CAST(b AS VARCHAR(3))",
    "CAST(b AS VARCHAR)",
    "CAST(b AS NVARCHAR(4))",
    "CAST(b AS CHAR(8))",
    "CAST(b AS NVARCHAR(50))",
    "TRY_CAST(b AS NVARCHAR(2))",
    "CONVERT(VARCHAR(40), o, 1)",
    "CONVERT(VARCHAR(40), o, 2)",
    "m + 1",
    "m - o",
    "m * m",
    "m * o",
    "m / 3",
    "m / o",
    "i / m",
    "m % 7",
    "m % o",
    "-m",
    "m + x",
    "o * 2",
    "o / i",
    "o + o",
    "i + j",
    "i * j",
    "i - j",
    "i / j",
    "i % j",
    "x / i",
    "x * y",
    "b + i",
    "n + i",
    "n * 2.5",
    "n - x",
    "m + n",
    "ABS(m)",
    "FLOOR(m)",
    "CEILING(m)",
    "ROUND(m, i)",
    "ROUND(m, 1, 1)",
    "SIGN(m)",
    "ROUND(o, 0)",
    "IIF(m < o, 1, 0)",
    "IIF(m = o, 1, 0)",
    "IIF(m > i, 1, 0)",
    "IIF(n > i, 1, 0)",
    "IIF(x BETWEEN m AND o, 1, 0)",
    "IIF(m IN (i, j, 1.5), 1, 0)",
    "IIF(m IS NULL, 1, 0)",
    "IIF(n = i, 1, 0)",
    "CASE WHEN i > 0 THEN m ELSE i END",
    "CASE WHEN i > 0 THEN n ELSE i END",
    "COALESCE(m, i, x)",
    "ISNULL(n, i)",
    "NULLIF(m, o)",
    "CONCAT(m, '|', o, '|', x, '|', i, '|', b, '|', d)",
    "STR(x)",
    "STR(x, 8, 2)",
    "STR(x, i, j)",
    "MAX(m)",
    "MIN(o)",
    "FORMAT(d, 'yyyy-MM-dd HH:mm:ss.fff')",
    "FORMAT(d, 'D')",
    "FORMAT(d, 'G')",
    "FORMAT(d, 'd', 'en-GB')",
    "FORMAT(d, 'ddd d MMM yy h:m:s tt')",
    "FORMAT(d, 'o')",
    "FORMAT(d, 'R')",
    "FORMAT(CAST(d AS DATE), 'MMMM yyyy')",
    "FORMAT(x, 'N')",
    "FORMAT(x, 'N0')",
    "FORMAT(x, 'F3')",
    "FORMAT(x, 'C')",
    "FORMAT(x, 'P1')",
    "FORMAT(x, '#,##0.00')",
    "FORMAT(x, '0.0%')",
    "FORMAT(i, '00000')",
    "FORMAT(m, 'N2')",
    "FORMAT(o, 'C')",
    "FORMAT(d, 'F', 'de-DE')",
    "FORMAT(d, 'D', 'fr-FR')",
    "FORMAT(d, 'G', 'zh-CN')",
    "FORMAT(d, 'yyy y M/dddd''x''\\y FFF %t K zz', 'de-DE')",
    "FORMAT(CAST(d AS TIME(3)), 'hh\\:mm\\:ss\\.FFF')",
    "FORMAT(CAST(d AS TIME(3)), 'g')",
    "FORMAT(d, CHOOSE(i, 'd', 'D', 'f', 'F', 'g', 'G', 'm', 'o', 'r', 's', 't', 'T', 'u', 'y', 'Q', 'HH:mm', '\\'), 'en-GB')",
    "FORMAT(x, 'E2')",
    "FORMAT(x, 'C', 'de-DE')",
    "FORMAT(x, 'N3', 'fr-FR')",
    "FORMAT(x, 'G4')",
    "FORMAT(x, '#.##')",
    "FORMAT(x, '0.00E+00')",
    "FORMAT(x, '#,##0.00;(#,##0.0#);none')",
    "FORMAT(x, '###-##-####')",
    "FORMAT(x, '0,,.0\"M\"')",
    "FORMAT(m, '0.#%')",
    "FORMAT(i, 'X4')",
    "FORMAT(i, 'D6')",
    "FORMAT(i, CHOOSE(j, 'x', 'P', 'e', 'R', 'g2', '0;-', '#;;z', 'a#b', '.0', '0.', ',0,', 'Z9'), 'de-DE')",
    "CONVERT(VARCHAR(40), x, 1)",
    "CONVERT(VARCHAR(40), x, 2)",
    "CONVERT(VARCHAR(40), x, 3)",
    "CONVERT(VARCHAR(40), CAST(x AS REAL), 3)",
    "DATETIMEFROMPARTS(2000 + i, j, i, i, j, i, i)",
    "DATETIMEFROMPARTS(2000 + j, 2, i, 1, 2, 3, i * 20)",
    "DATETIME2FROMPARTS(2000, i, 3, j, 5, 6, 123456, 6)",
    "TIMEFROMPARTS(i, j, 5, 12, 3)",
];

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

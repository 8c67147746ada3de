//! Scripts and what they give.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::time::{Duration, Instant};

use cinchy_udf::{ColumnType, Function, UdfError, Value};

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn call(script: &str, arguments: &[Value]) -> Result<Value, UdfError> {
    Function::load("f", script)?.call(arguments)
}

#[test]
fn values_go_in_and_out() {
    for (script, arguments, expected) in [
        (
            "function f(a, b) { return a + ' ' + b; }",
            vec![text("Ann"), text("Lee")],
            text("Ann Lee"),
        ),
        (
            "function f(a, b) { return a + b; }",
            vec![Value::Number(1.5), Value::Number(2.0)],
            Value::Number(3.5),
        ),
        (
            "var f = function (a) { return a === null; };",
            vec![Value::Null],
            Value::Bool(true),
        ),
        (
            "function f(a) { return !a; }",
            vec![Value::Bool(true)],
            Value::Bool(false),
        ),
        ("function f() { }", vec![], Value::Null),
        ("function f(a) { return b; var b; }", vec![], Value::Null),
        (
            "function f(a) { return a.length + 'ä🦊'; }",
            vec![text("🦊é")],
            text("3ä🦊"),
        ),
        (
            "function f(a) { return a.toISOString(); }",
            vec![Value::Date(0.0)],
            text("1970-01-01T00:00:00.000Z"),
        ),
        (
            "function f(a) { a.setUTCFullYear(1971); return a; }",
            vec![Value::Date(1000.0)],
            Value::Date(31_536_001_000.0),
        ),
        (
            "function f() { return new Date('x'); }",
            vec![],
            Value::Null,
        ),
        (
            "function f(a) { return {b: [a, null]}; }",
            vec![Value::Number(1.0)],
            text(r#"{"b":[1,null]}"#),
        ),
        (
            "function g(x) { return x * 2; } function f(a) { return g(a); }",
            vec![Value::Number(4.0)],
            Value::Number(8.0),
        ),
        (
            "function f(a) { return typeof a + typeof require + typeof process + typeof std; }",
            vec![text("")],
            text("stringundefinedundefinedundefined"),
        ),
    ] {
        assert_eq!(call(script, &arguments).as_ref(), Ok(&expected), "{script}");
    }
}

#[test]
fn a_function_is_called_many_times() {
    let counter =
        Function::load("f", "var n = 0; function f(a) { n += 1; return a + n; }").unwrap();
    for n in 1..=1_000_u32 {
        let found = counter.call(&[text("n")]).unwrap();
        assert_eq!(found, text(&format!("n{n}")));
    }
}

#[test]
fn refusals_name_the_function() {
    for (script, expected) in [
        (
            "function f(a) { return a.b.c; }",
            "The function f failed: TypeError: cannot read property 'c' of undefined",
        ),
        ("function f( {", "The function f failed: SyntaxError: "),
        (
            "function g() { }",
            "The script of the function f defines no function f",
        ),
        (
            "var f = 1;",
            "The script of the function f defines no function f",
        ),
        ("function f() { throw 'no'; }", "The function f failed: no"),
        (
            "function f() { throw new Error('no'); }",
            "The function f failed: Error: no",
        ),
        (
            "function f() { return f() + 1; }",
            "The function f failed: ",
        ),
        (
            "function f() { return executeQuery('x'); }",
            "The function f failed: ReferenceError: ",
        ),
    ] {
        let found = call(script, &[text("x")]).unwrap_err().to_string();
        assert!(found.starts_with(expected), "{script}: {found}");
    }
}

#[test]
fn runaway_scripts_are_stopped() {
    for (script, expected) in [
        (
            "function f() { while (true) { } }",
            "The function f was stopped: it ran longer than 500 ms",
        ),
        (
            "while (true) { }",
            "The function f was stopped: it ran longer than 500 ms",
        ),
        (
            "function f() { try { while (true) { } } catch (e) { return 1; } }",
            "The function f was stopped: it ran longer than 500 ms",
        ),
        (
            "function f() { return /(a+)+$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'); }",
            "The function f was stopped: it ran longer than 500 ms",
        ),
        (
            "function f() { var a = []; while (true) { a.push('x' + a.length); } }",
            "The function f was stopped: ",
        ),
        (
            "function f() { var a = 'x'; while (true) { a += a; } }",
            "The function f",
        ),
        (
            "function f() { return new Array(1e9).fill(0); }",
            "The function f",
        ),
        (
            "function f() { return new ArrayBuffer(1e9); }",
            "The function f",
        ),
    ] {
        let since = Instant::now();
        let found = call(script, &[]).unwrap_err().to_string();
        assert!(found.starts_with(expected), "{script}: {found}");
        assert!(
            since.elapsed() < Duration::from_secs(5),
            "{script}: {:?}",
            since.elapsed()
        );
    }
}

#[test]
fn tables() {
    let table = |data: &str| {
        let script = format!("function f(n) {{ return {data}; }}");
        Function::load("f", &script)?.table(&[Value::Number(2.0)])
    };
    let found = table(
        "JSON.stringify({schema: [{columnName: 'T', type: 'String'}, {columnName: 'N', type: 'Double'}, \
         {columnName: 'D', type: 'DateTime'}, {columnName: 'B', type: 'Boolean'}], \
         data: [['a', n, '2020-01-02', true], [null, null, null, null]]})",
    )
    .unwrap();
    let types: Vec<ColumnType> = found.columns.iter().map(|c| c.1).collect();
    assert_eq!(
        types,
        [
            ColumnType::Text,
            ColumnType::Number,
            ColumnType::Date,
            ColumnType::Bool
        ]
    );
    assert_eq!(
        found.rows[0],
        [
            text("a"),
            Value::Number(2.0),
            text("2020-01-02"),
            Value::Bool(true)
        ]
    );
    assert_eq!(
        found.rows[1],
        [Value::Null, Value::Null, Value::Null, Value::Null]
    );
    // An object is as good as its text.
    assert_eq!(
        table("{schema: [{columnName: 'T', type: 'System.String'}], data: []}")
            .unwrap()
            .rows
            .len(),
        0
    );
    for (data, expected) in [
        ("1", "it is not the JSON text of one"),
        ("'{}'", "it has no list `schema`"),
        ("{schema: [], data: []}", "its schema has no columns"),
        (
            "{schema: [{columnName: 'T'}], data: []}",
            "a column of its schema has no `type`",
        ),
        (
            "{schema: [{columnName: 'T', type: 'Blob'}], data: []}",
            "the type `Blob` of a column is unknown",
        ),
        (
            "{schema: [{columnName: 'T', type: 'String'}], data: [['a', 'b']]}",
            "row 1 of its data is not a list of 1 cells",
        ),
    ] {
        let found = table(data).unwrap_err().to_string();
        assert!(found.contains(expected), "{data}: {found}");
    }
}

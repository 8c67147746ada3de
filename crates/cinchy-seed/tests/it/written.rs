//! What is written is read back the same, in a stable order.

use cinchy_seed::model::{Cell, Column, ColumnType, Row, Secret, Table, User};
use cinchy_seed::{DEMO, Seed, json_schema, parse, to_json, to_yaml};

#[track_caller]
fn round_trip(seed: &Seed) {
    let same = Seed {
        file: "x".into(),
        ..seed.clone()
    };
    let yaml = to_yaml(seed).unwrap();
    let back = parse("x", &yaml).unwrap_or_else(|e| panic!("{e}\n{yaml}"));
    assert_eq!(back, same, "{yaml}");
    assert_eq!(to_yaml(&back).unwrap(), yaml);
    let json = to_json(seed).unwrap();
    assert_eq!(
        parse("x", &json).unwrap_or_else(|e| panic!("{e}\n{json}")),
        same,
        "{json}"
    );
}

#[test]
fn the_demo() {
    round_trip(&parse("demo.yaml", DEMO).unwrap());
}

#[test]
fn texts_that_look_like_something_else() {
    let mut table = Table::new("A", "T");
    table.columns = vec![Column::new("no", ColumnType::Text)];
    let texts = [
        "",
        " ",
        "yes",
        "null",
        "~",
        "12",
        "1e3",
        "0x1F",
        "007",
        "1_000",
        "2020-01-15",
        "a: b",
        "- a",
        "# x",
        "a #b",
        "[x]",
        "{x}",
        "*a",
        "&a",
        "!t",
        "@x",
        "'",
        "\"",
        "a\nb",
        "a\nb\n",
        "\n\na\n\n",
        "\ta",
        " lead",
        "trail ",
        "tab\tin",
        "\u{7}",
        "é – 日本",
        "\u{1F600}",
        "%",
        "`x`",
        "---",
        "...",
        "=",
        "<<",
        "\u{feff}x",
        "a\r\nb",
        ".inf",
        "true",
        "line that is rather long and has a : colon and goes past eighty characters by far, for sure",
        "two  blanks   in a line that is rather long so that a writer might want to fold it somewhere   about here",
    ];
    table.rows = texts
        .iter()
        .map(|text| Row::by_name(vec![("no".into(), (*text).into())]))
        .collect();
    round_trip(&Seed {
        tables: vec![table],
        ..Seed::default()
    });
}

#[test]
fn numbers() {
    let mut table = Table::new("A", "T");
    table.columns = vec![Column::new("N", ColumnType::Number)];
    let numbers = [
        0.0,
        1.0,
        -1.0,
        0.1,
        1e21,
        1.5e-7,
        9_007_199_254_740_993.0,
        f64::MAX,
        f64::MIN_POSITIVE,
        1_000_000.0,
    ];
    table.rows = numbers
        .iter()
        .map(|n| Row::by_name(vec![("N".into(), Cell::Number(*n))]))
        .collect();
    round_trip(&Seed {
        tables: vec![table],
        ..Seed::default()
    });
}

#[test]
fn secrets_are_written_but_not_debugged() {
    let mut user = User::new("ann");
    user.password = Some(Secret::new("hush-hush"));
    let seed = Seed {
        users: vec![user],
        ..Seed::default()
    };
    assert!(!format!("{seed:?}").contains("hush"));
    assert_eq!(
        to_yaml(&seed).unwrap(),
        "users:\n- username: ann\n  password: hush-hush\n"
    );
}

#[test]
fn the_schema_describes_the_keys() {
    let schema = json_schema();
    assert_eq!(schema["title"], "Cinchy emulator seed");
    for key in [
        "users", "groups", "clients", "domains", "tables", "queries", "udfs", "saml", "settings",
        "webhooks",
    ] {
        assert!(
            schema["properties"][key]["description"].is_string()
                || schema["properties"][key].is_object(),
            "{key}"
        );
    }
    let text = schema.to_string();
    for word in [
        "rowsFrom",
        "passwordHash",
        "Resource Owner Password",
        "linkFilterExpression",
        "Yes/No",
        "syncGuid",
    ] {
        assert!(text.contains(word), "{word}");
    }
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(
        schema["$defs"]["User"]["required"],
        serde_json::json!(["username"])
    );
}

//! Seeds in and out.

use cinchy_cql::catalog::ColumnKind;
use cinchy_seed::DEMO;
use cinchy_storage::seeding::Mode;
use cinchy_storage::{StorageError, catalog};

use crate::databases::{export, on_each, seed};

#[test]
fn an_export_makes_the_same_platform_again() {
    on_each(|database| {
        assert_eq!(
            seed(database, DEMO, Mode::Replace).unwrap(),
            Vec::<String>::new()
        );
        let first = export(database);
        assert!(first.contains("Kim"), "rows are exported: {first}");
        seed(database, &first, Mode::Replace).unwrap();
        assert_eq!(export(database), first);
    });
}

/// Columns of every type, links to a later table, to itself and to a system table, a multi-link, by id and by value.
const ALL_TYPES: &str = r#"
users: [{ username: zoe, firstName: Zoë }]
tables:
  - domain: T
    name: All
    columns:
      - { name: Text, type: Text, default: none }
      - { name: Number, type: Number }
      - { name: Date, type: Date }
      - { name: Flag, type: Yes/No, default: true }
      - { name: One, type: Choice, options: ["A, B", C] }
      - { name: Many, type: Choice, multi: true, options: ["A, B", C, D] }
      - { name: Bytes, type: Binary }
      - { name: Up, type: Link, table: T.All, column: Label }
      - { name: Later, type: Link, table: T.Later, column: Name }
      - { name: Laters, type: Link, multi: true, table: T.Later, column: Name }
      - { name: Who, type: Link, table: Cinchy.Users, column: Display Name }
      - { name: Label, type: Calculated, result: Text, cached: true, expression: "CONCAT([Text], '/', [Later])" }
      - { name: Shape, type: Geometry }
    rows:
      - { Text: a, Number: 1.5, Date: 2024-02-29T12:30:00, Flag: false, One: "A, B", Many: [C, "A, B"], Bytes: aGk=,
          Later: { Name: y }, Laters: [2, { Name: x }], Who: { Display Name: Zoë (zoe) }, Shape: POINT (1 2) }
      - { Cinchy Id: 7, Up: { Label: a/y } }
      - [c]
  - domain: T
    name: Later
    columns: [{ name: Name, type: Text, unique: true }, { name: Long, type: Text, maxLength: 2147483647 }]
    rows: [[x], [y]]
"#;

#[test]
fn columns_of_every_type() {
    on_each(|database| {
        seed(database, ALL_TYPES, Mode::Replace).unwrap();
        let text = export(database);
        let seed: serde_json::Value = serde_json::from_str(
            &cinchy_seed::to_json(&cinchy_seed::parse("x", &text).unwrap()).unwrap(),
        )
        .unwrap();
        assert_eq!(
            seed["tables"][0]["rows"],
            serde_json::json!([
                { "Cinchy Id": 1, "Text": "a", "Number": 1.5, "Date": "2024-02-29T12:30:00", "Flag": false, "One": "A, B",
                  "Many": ["C", "A, B"], "Bytes": "aGk=", "Later": 2, "Laters": [2, 1], "Who": 2, "Shape": "POINT (1 2)" },
                { "Cinchy Id": 7, "Text": "none", "Flag": true, "Up": 1 },
                { "Cinchy Id": 8, "Text": "c", "Flag": true },
            ])
        );
        // A column of any length is told from one that says nothing.
        let length = |table: usize, column: usize| {
            seed["tables"][table]["columns"][column]["maxLength"].as_i64()
        };
        assert_eq!(length(1, 0), Some(500));
        assert_eq!(length(1, 1), Some(i32::MAX.into()));
        let catalog = database.read(catalog::load).unwrap();
        let long = catalog.find("T", "Later").unwrap().column("Long").unwrap();
        assert_eq!(long.kind, ColumnKind::Text { max_length: None });
    });
}

#[test]
fn nothing_of_a_bad_seed_is_applied() {
    on_each(|database| {
        seed(database, DEMO, Mode::Replace).unwrap();
        let before = export(database);
        let duplicate = "
tables:
  - domain: New
    name: Table
    columns: [{ name: A, type: Text }]
    rows: [{ Cinchy Id: 1, A: x }, { Cinchy Id: 2, A: y }]
  - domain: HR
    name: Departments
    rows: [{ Name: Fresh }, { Cinchy Id: 1, Name: Taken }]
";
        let dangling = "
tables:
  - domain: HR
    name: Employees
    rows: [{ First Name: Zed, User Account: { Display Name: nobody } }]
";
        let beyond = "
tables:
  - domain: New
    name: Table
    columns: [{ name: A, type: Text, validationExpression: '^[0-9]+$' }]
    rows: [['1'], ['1a']]
";
        for (text, place) in [
            (duplicate, "test seed:9:29"),
            (dangling, "test seed:5:12"),
            (beyond, "test seed:6:19"),
        ] {
            let error = seed(database, text, Mode::Merge).unwrap_err();
            assert!(matches!(error, StorageError::Seed(_)), "{error}");
            assert!(error.to_string().contains(place), "{error}");
            assert_eq!(export(database), before);
        }
    });
}

#[test]
fn a_merge_updates_what_has_the_same_name_and_appends_rows() {
    on_each(|database| {
        seed(database, DEMO, Mode::Replace).unwrap();
        let merge = "
users: [{ username: ANN, lastName: Changed }, { username: new, groups: [Staff] }]
clients: [{ clientId: demo-app, enabled: false }]
tables: [{ domain: HR, name: Skills, rows: [{ Name: Sewing }] }]
queries: [{ domain: hr, name: EMPLOYEES, cql: 'SELECT 1' }]
";
        seed(database, merge, Mode::Merge).unwrap();
        let text = export(database);
        let parsed = cinchy_seed::parse("export", &text).unwrap();
        let ann = parsed
            .users
            .iter()
            .find(|u| u.username.eq_ignore_ascii_case("ann"))
            .unwrap();
        assert_eq!(
            (ann.first_name.as_deref(), ann.last_name.as_deref()),
            (Some("Ann"), Some("Changed"))
        );
        assert!(parsed.users.iter().any(|u| u.username.as_str() == "new"));
        let client = parsed
            .clients
            .iter()
            .find(|c| c.client_id.as_str() == "demo-app")
            .unwrap();
        assert_eq!(client.enabled, Some(false));
        assert!(client.secret.is_some(), "the secret stays");
        assert!(text.contains("Sewing"));
        assert!(text.contains("SELECT 1"));
        assert_eq!(parsed.queries.len(), 5, "no second query of the same name");
    });
}

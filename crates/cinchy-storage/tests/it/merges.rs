//! A seed over a platform that has its tables already.

use cinchy_storage::seeding::Mode;

use crate::databases::{export, on_each, seed};

const FIRST: &str = r#"
tables:
  - domain: T
    name: People
    columns:
      - { name: Name, type: Text, maxLength: 10, default: nobody }
      - { name: Level, type: Choice, options: [Low, High] }
      - { name: Many, type: Choice, options: [A, B], multi: true, default: [A] }
      - { name: Born, type: Date, minValue: 1900-01-01 }
      - { name: Count, type: Number, default: 2 }
      - { name: Flag, type: Yes/No, default: true }
      - { name: Boss, type: Link, table: T.People, column: Name, displayColumns: [Level] }
      - { name: Label, type: Calculated, result: Text, expression: "[Name]" }
    uniqueConstraints: [[Name, Level]]
    rows: [{ Name: ann, Level: Low }]
"#;

/// The same tables with one column said in another way.
fn with(column: &str) -> String {
    format!(
        "tables:\n  - domain: t\n    name: PEOPLE\n    columns:\n      - {{ {column} }}\n    rows: [{{ Name: bob }}]\n"
    )
}

#[test]
fn a_column_that_exists_may_be_repeated() {
    on_each(|database| {
        seed(database, FIRST, Mode::Replace).unwrap();
        seed(database, FIRST, Mode::Merge).unwrap_err();
        let other = FIRST.replace("rows: [{ Name: ann, Level: Low }]", "rows: [{ Name: cid }]");
        let of = |text: &str| {
            seed(database, text, Mode::Merge).unwrap_or_else(|e| panic!("{text}: {e}"))
        };
        of(&other);
        for column in [
            "name: Name, type: Text",
            "name: NAME, type: text, maxLength: 10, mandatory: false, unique: false",
            "name: Level, type: Choice, options: [Low, High], multi: false",
            "name: Many, type: Choice, options: [A, B], default: A",
            "name: Count, type: Number, default: 2.0",
            "name: Boss, type: Link, table: t.people, column: name, displayColumns: [level]",
            "name: Label, type: Calculated, expression: '[Name]', cached: false",
        ] {
            let rows = with(column);
            let (Some(at), choice) = (rows.find("    rows:"), column.contains("Choice")) else {
                panic!("{rows}")
            };
            // A Choice column needs no row.
            of(if choice { &rows[..at] } else { &rows });
        }
    });
}

#[test]
fn a_column_that_exists_is_not_changed_in_silence() {
    on_each(|database| {
        seed(database, FIRST, Mode::Replace).unwrap();
        let before = export(database);
        for (column, key) in [
            ("name: Name, type: Text, maxLength: 11", "maxLength"),
            ("name: Name, type: Text, mandatory: true", "mandatory"),
            ("name: Name, type: Text, unique: true", "unique"),
            ("name: Name, type: Text, default: all", "default"),
            ("name: Name, type: Text, guid: x", "guid"),
            ("name: Name, type: Text, description: x", "description"),
            (
                "name: Name, type: Text, validationExpression: x",
                "validationExpression",
            ),
            ("name: Name, type: Text, textFormat: HTML", "textFormat"),
            (
                "name: Name, type: Text, allowLinking: false",
                "allowLinking",
            ),
            (
                "name: Level, type: Choice, options: [Low, High, Top]",
                "options",
            ),
            (
                "name: Level, type: Choice, options: [Low, High], multi: true",
                "multi",
            ),
            ("name: Born, type: Date, minValue: 1900-01-02", "minValue"),
            ("name: Born, type: Date, maxValue: 1900-01-02", "maxValue"),
            (
                "name: Count, type: Number, displayFormat: '0'",
                "displayFormat",
            ),
            ("name: Flag, type: Yes/No, default: false", "default"),
            (
                "name: Boss, type: Link, table: Cinchy.Users, column: Username",
                "table",
            ),
            (
                "name: Boss, type: Link, table: T.People, column: Level",
                "column",
            ),
            (
                "name: Boss, type: Link, table: T.People, column: Name, displayColumns: [Born]",
                "displayColumns",
            ),
            (
                "name: Boss, type: Link, table: T.People, column: Name, linkFilterExpression: '[Count] > 1'",
                "linkFilterExpression",
            ),
            (
                "name: Label, type: Calculated, expression: '[Level]'",
                "expression",
            ),
            (
                "name: Label, type: Calculated, expression: '[Name]', result: Number",
                "result",
            ),
            (
                "name: Label, type: Calculated, expression: '[Name]', cached: true",
                "cached",
            ),
        ] {
            let error = seed(database, &with(column), Mode::Merge)
                .unwrap_err()
                .to_string();
            let name = column[6..].split(',').next().unwrap();
            let expected = format!(
                "test seed:5:17: the column `{name}` of T.People exists with another `{key}`, which a seed cannot change"
            );
            assert!(error.starts_with(&expected), "no `{expected}` in\n{error}");
            assert_eq!(export(database), before);
        }
        let row = "tables: [{ domain: T, name: People, rows: [{ Level: Top }] }]";
        let error = seed(database, row, Mode::Merge).unwrap_err().to_string();
        assert!(error.contains("`Top`"), "{error}");
        let list = "tables: [{ domain: T, name: People, uniqueConstraints: [[Name]] }]";
        let error = seed(database, list, Mode::Merge).unwrap_err().to_string();
        let expected = "test seed:1:29: the table T.People exists with other `uniqueConstraints`";
        assert!(error.starts_with(expected), "{error}");
        assert_eq!(export(database), before);
    });
}

#[test]
fn what_is_said_about_a_table_is_changed() {
    on_each(|database| {
        seed(database, FIRST, Mode::Replace).unwrap();
        let text = "tables: [{ domain: T, name: People, description: All of us, icon: heart, iconColour: red, \
                    publishDataChangeNotifications: true, syncGuid: s, uniqueConstraints: [[name, level]] }]";
        seed(database, text, Mode::Merge).unwrap();
        let now = cinchy_seed::parse("export", &export(database)).unwrap();
        let table = &now.tables[0];
        assert_eq!(table.description.as_deref(), Some("All of us"));
        assert_eq!(table.icon.as_deref(), Some("heart"));
        assert_eq!(table.icon_colour.as_deref(), Some("red"));
        assert_eq!(table.publish_data_change_notifications, Some(true));
        assert_eq!(table.sync_guid.as_deref(), Some("s"));
        assert_eq!(table.rows.len(), 1);
        let system = "tables: [{ domain: Cinchy, name: Users, description: x }]";
        let error = seed(database, system, Mode::Merge).unwrap_err().to_string();
        assert!(error.contains("is a system table"), "{error}");
    });
}

#[test]
fn a_language_that_is_not_there_is_told_with_its_place() {
    on_each(|database| {
        for (translation, place) in [
            (
                "{ text: x, language: xx-zz }",
                "test seed:1:79: no row of Cinchy.Languages",
            ),
            (
                "{ text: x, language: fr, region: ZZ }",
                "test seed:1:91: no row of Cinchy.Regions",
            ),
        ] {
            let text = format!(
                "literals: [{{ guid: g, defaultText: Hello, translations: [{translation}] }}]"
            );
            let error = seed(database, &text, Mode::Replace)
                .unwrap_err()
                .to_string();
            assert!(error.starts_with(place), "{error}");
        }
    });
}

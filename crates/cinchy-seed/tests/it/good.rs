//! Seeds that are accepted.

use chrono::{NaiveDate, TimeDelta};
use cinchy_seed::model::{Cell, ColumnType, Expiry, QueryType, RowCells};
use cinchy_seed::{Known, check, merge, parse};

use crate::{fresh, read};

#[track_caller]
fn accept(text: &str) -> cinchy_seed::Seed {
    match read(text) {
        Ok(seed) => seed,
        Err(errors) => panic!("{errors}\n{text}"),
    }
}

/// The example of the documentation, nearly word for word.
const DOCUMENTED: &str = r##"
users:
  - username: ann
    password: secret-1
    firstName: Ann
    lastName: Lee
    email: ann@example.test
    authenticationMethod: Cinchy User Account
    groups: [Managers]
    disabled: false
    language: en
    region: CA
    timeZone: Eastern Standard Time
    tokens:
      - { name: ci, expires: 2027-01-01, value: pat_for_tests }
groups:
  - { name: Staff }
  - { name: Managers, parents: [Staff] }
clients:
  - clientId: my-app
    clientName: My app
    grantType: [Resource Owner Password]
    redirectUrls: [http://localhost:4200/, http://localhost:4200/silent-refresh.html]
    logoutUrls: [http://localhost:4200/]
    scopes: [js_api, openid, id, profile, email, roles, offline_access]
    accessTokenLifetime: 3600
    showLoginScreen: true
    enabled: true
    secret: 3F0C
domains: [ { name: HR } ]
tables:
  - domain: HR
    name: Departments
    columns: [{ name: Name, type: Text }]
    rows: [[Product], [Sales]]
  - domain: HR
    name: Employees
    guid: optional
    columns:
      - { name: First Name, type: Text, maxLength: 100, mandatory: true, unique: false, default: null }
      - { name: Salary, type: Number }
      - { name: Start Date, type: Date }
      - { name: Active, type: Yes/No, default: true }
      - { name: Level, type: Choice, options: [Junior, Senior, Lead], multi: false }
      - { name: Department, type: Link, table: HR.Departments, column: Name, multi: false }
      - { name: Photo, type: Binary }
      - { name: Full Name, type: Calculated, result: Text, cached: true, expression: "CONCAT([First Name], ' ', [Last Name])" }
    rows:
      - { First Name: Ann, Salary: 100, Start Date: 2020-01-15, Department: 2 }
      - { First Name: Bob, Department: { Name: Sales } }
    rowsFrom: employees.csv
    entitlements:
      - groups: [Managers]
        users: []
        viewAll: true
        editAll: true
        viewFilter: "[Active] = 1"
        editFilter: "[User Account].[Cinchy Id] = CurrentUserId()"
        addRows: true
        deleteRows: false
        directQuery: true
        designTable: false
queries:
  - domain: HR
    name: Active employees
    cql: |
      SELECT [First Name], [Salary] FROM [HR].[Employees] WHERE [Deleted] IS NULL AND [Active] = 1
    type: Query (Approved Data Only)
    resultFormat: JSON
    compressJson: true
    execute: { users: [Anonymous], groups: [All Users] }
    timeout: 30
udfs:
  - { name: joinTwo, script: "function joinTwo(a, b) { return a + ' ' + b; }" }
saml:
  spEntityId: https://cinchy.example.test
  acs: http://localhost:8081/Saml2/Acs
  minimumAlgorithm: SHA1
  createUsers: { email: mail }
  identityProviders:
    - { entityId: https://idp.example.test, metadata: idp-metadata.xml }
settings: { lockoutAttempts: 3, lockoutMinutes: 15 }
"##;

#[test]
fn the_documented_example() {
    let seed = accept(DOCUMENTED);
    assert_eq!(&*seed.file, "seed.yaml");
    assert!(seed.names_files());
    let ann = &seed.users[0];
    assert_eq!(
        ann.tokens[0].expires,
        Some(Expiry::At(
            NaiveDate::from_ymd_opt(2027, 1, 1).unwrap().into()
        ))
    );
    let employees = &seed.tables[1];
    assert_eq!((employees.name.at.line, employees.name.at.column), (37, 11));
    assert_eq!(employees.rows[1].at.line, 50);
    assert!(
        DOCUMENTED
            .lines()
            .nth(49)
            .unwrap()
            .contains("First Name: Bob")
    );
    let RowCells::ByName(cells) = &employees.rows[1].cells else {
        panic!("by name")
    };
    assert_eq!(
        cells[1],
        ("Department".to_owned(), Cell::matching("Name", "Sales"))
    );
}

#[test]
fn nothing_at_all_is_a_seed() {
    for text in ["", "# only a comment\n", "{}", "users: []"] {
        accept(text);
    }
}

#[test]
fn json_is_read_too() {
    let text = "{\n\t\"tables\": [\n\t\t{\"domain\": \"A\", \"name\": \"T\",\n\t\t \"columns\": [{\"name\": \"N\", \"type\": \"Text\"}],\n\t\t \"rows\": [{\"N\": \"\\u00e9\\n\"}, [null]]}\n\t]\n}\n";
    let seed = accept(text);
    assert_eq!(
        seed.tables[0].rows[0].cells,
        RowCells::ByName(vec![("N".into(), "é\n".into())])
    );
}

#[test]
fn words_in_any_case_and_other_spelling() {
    let seed = accept(
        "tables: [{domain: A, name: T, columns: [{name: D, type: date AND time}, {name: Y, type: YES/no}]}]\n\
         queries: [{domain: A, name: Q, cql: SELECT 1, type: Number of Rows Affected}]\n",
    );
    assert_eq!(seed.tables[0].columns[0].column_type, ColumnType::Date);
    assert_eq!(seed.queries[0].query_type, Some(QueryType::NonQuery));
}

#[test]
fn yaml_words_stay_what_they_are() {
    let seed = accept(
        "tables: [{domain: A, name: T, columns: [{name: C, type: Text}], rows: [[yes], [NO], [007], [1_000], [2020-01-15], ['5']]}]",
    );
    let texts: Vec<&RowCells> = seed.tables[0].rows.iter().map(|row| &row.cells).collect();
    for (cells, text) in texts
        .into_iter()
        .zip(["yes", "NO", "007", "1_000", "2020-01-15", "5"])
    {
        assert_eq!(cells, &RowCells::InOrder(vec![text.into()]));
    }
}

#[test]
fn anchors_and_merge_keys() {
    let seed = accept(
        "tables:\n  - domain: A\n    name: T\n    columns: [{name: X, type: Text}, {name: Y, type: Text}]\n    rows:\n      - &first {X: a, Y: b}\n      - {<<: *first, Y: c}\n      - *first\n",
    );
    assert_eq!(seed.tables[0].rows.len(), 3);
    assert_eq!(seed.tables[0].rows[0], seed.tables[0].rows[2]);
}

#[test]
fn durations() {
    for (text, seconds) in [
        ("30d", 2_592_000),
        ("P30D", 2_592_000),
        ("PT1H30M", 5400),
        ("90s", 90),
        ("2w", 1_209_600),
        ("15m", 900),
    ] {
        assert_eq!(
            Expiry::from_text(text),
            Ok(Expiry::After(TimeDelta::seconds(seconds))),
            "{text}"
        );
    }
    for text in [
        "",
        "30",
        "d",
        "P1M",
        "1mo",
        "PT",
        "P1DT",
        "99999999999d",
        "tomorrow",
        "2027-13-01",
    ] {
        assert!(Expiry::from_text(text).is_err(), "{text}");
    }
}

#[test]
fn a_row_links_by_a_calculated_column_of_a_system_table() {
    accept(
        "tables: [{domain: A, name: T, columns: [{name: L, type: Link, table: Cinchy.Tables, column: Full Name}],\n  rows: [{L: {Full Name: A.T}}]}]",
    );
}

#[test]
fn explicit_cinchy_ids() {
    accept(
        "tables: [{domain: A, name: T, columns: [{name: N, type: Text}, {name: Up, type: Link, table: A.T, column: N}],\n  rows: [{Cinchy Id: 7, N: a}, {Cinchy Id: 9, N: b, Up: 7}]}]",
    );
}

#[test]
fn later_files_add_to_earlier_ones() {
    let first = parse(
        "a.yaml",
        "tables: [{domain: A, name: T, columns: [{name: N, type: Text}], rows: [[x]]}]",
    )
    .unwrap();
    let second = parse(
        "b.yaml",
        "users: [{username: zoe}]\ntables: [{domain: a, name: t, rows: [[y]]}, {domain: A, name: U, columns: [{name: L, type: Link, table: A.T, column: N}], rows: [[2], [{N: y}]]}]",
    )
    .unwrap();
    let seeds = vec![first, second];
    assert_eq!(check(&seeds, &fresh()), Ok(()));
    let merged = merge(seeds);
    assert_eq!(merged.tables.len(), 3);
    assert_eq!(merged.users.len(), 1);
}

#[test]
fn what_is_live_may_be_named_and_changed() {
    let mut known = Known::fresh();
    known.user("Zoe").group("Crew").client("app");
    known.table(
        "A",
        "T",
        vec![cinchy_seed::model::Column::new("N", ColumnType::Text)],
    );
    let text = "users: [{username: zoe, groups: [crew]}]\ntables: [{domain: A, name: T, rows: [{n: x}], entitlements: [{users: [ZOE], viewColumns: [N]}]}]\n";
    let seed = parse("m.yaml", text).unwrap();
    assert_eq!(check(&[seed], &known), Ok(()));
}

#[test]
fn expired_tokens_are_not_counted() {
    let tokens: String = (0..6)
        .map(|i| format!("{{name: t{i}, expires: 2020-01-01}}, "))
        .collect();
    let seed = parse(
        "t.yaml",
        &format!("users: [{{username: u, tokens: [{tokens}]}}]"),
    )
    .unwrap();
    let mut known = fresh();
    assert!(check(std::slice::from_ref(&seed), &known).is_err());
    known.now = NaiveDate::from_ymd_opt(2024, 1, 1).map(Into::into);
    assert_eq!(check(&[seed], &known), Ok(()));
}

//! `seed check`, `seed schema`, `seed export`, and starts with a bad seed.

use crate::support::child::Place;

const BAD: &str = "\
users:
  - username: kim
    pasword: secret-1
clients:
  - clientId: app
    grantType: [Magic]
";

const DANGLING: &str = "\
users:
  - { username: kim, groups: [Nobodies] }
queries:
  - { domain: HR, name: One, cql: SELECT 1, execute: { groups: [Ghosts] } }
";

#[test]
fn a_bad_seed_is_refused_with_file_line_and_column() {
    let place = Place::new();
    for (text, errors) in [
        (BAD, vec!["bad.yaml:3:5: "]),
        (DANGLING, vec!["bad.yaml:2:31: ", "bad.yaml:4:65: "]),
        ("users: [", vec!["bad.yaml:1:"]),
        ("- 1\n", vec!["bad.yaml:1:1: "]),
        (
            "users:\n  - { username: kim }\n  - { username: KIM }\n",
            vec!["bad.yaml:3:17: "],
        ),
    ] {
        place.file("bad.yaml", text);
        for arguments in [
            vec!["seed", "check", "bad.yaml"],
            vec!["--listen", "127.0.0.1:0", "--seed", "bad.yaml"],
        ] {
            let ended = place.run(&arguments);
            assert_eq!(ended.code, Some(1), "{arguments:?}: {}", ended.err);
            for error in &errors {
                assert!(
                    ended.err.contains(error),
                    "{arguments:?}: no `{error}` in\n{}",
                    ended.err
                );
            }
            assert_eq!(ended.out, "", "{arguments:?}");
            assert!(!ended.err.contains("secret-1"), "{}", ended.err);
        }
    }
    assert_eq!(
        place.temporary(),
        [] as [std::path::PathBuf; 0],
        "nothing is left behind"
    );
}

/// Metadata of an identity provider, in the seed and in a file beside it.
#[test]
fn check_reads_the_metadata_of_identity_providers() {
    let place = Place::new();
    place.file("idp.xml", "<EntityDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\" entityID=\"https://idp.example\"/>");
    place.file(
        "bad.yaml",
        "saml:\n  identityProviders:\n    - { entityId: a, metadata: \"<!DOCTYPE x []><x/>\" }\n    - { entityId: https://idp.example, metadata: idp.xml }\n    - entityId: https://other.example\n      metadata: idp.xml\n",
    );
    let ended = place.run(&["seed", "check", "bad.yaml"]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    for (line, error) in ended.err.lines().zip([
        "bad.yaml:3:32: the metadata is not XML that is accepted (well-formed, no DOCTYPE)",
        "bad.yaml:4:50: the entity `https://idp.example` has no IDPSSODescriptor",
        "bad.yaml:6:17: the metadata has no EntityDescriptor with the entityID `https://other.example`",
    ]) {
        assert!(line.starts_with(error), "no `{error}` in\n{}", ended.err);
    }
    assert_eq!(ended.err.lines().count(), 3, "{}", ended.err);
    place.file(
        "bad.yaml",
        "saml: { identityProviders: [{ entityId: a, metadata: missing.xml }] }\n",
    );
    let ended = place.run(&["seed", "check", "bad.yaml"]);
    assert!(ended.err.contains("missing.xml"), "{}", ended.err);
}

#[test]
fn check_accepts_good_seeds_and_warns_of_queries_that_do_not_compile() {
    let place = Place::new();
    place.file("demo.yaml", cinchy_seed::DEMO);
    let ended = place.run(&["seed", "check", "demo.yaml"]);
    assert_eq!(
        (ended.code, ended.out.trim(), ended.err.as_str()),
        (Some(0), "The seed is valid.", "")
    );
    place.file(
        "more.yaml",
        "queries: [{ domain: HR, name: Odd, cql: 'SELECT [Wings] FROM [HR].[Employees]' }]",
    );
    let ended = place.run(&["seed", "check", "demo.yaml", "more.yaml"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(
        ended.err.contains("warning")
            && ended.err.contains("HR/Odd")
            && ended.err.contains("Column [Wings] could not be found"),
        "{}",
        ended.err
    );
    assert_eq!(ended.out.trim(), "The seed is valid, with 1 warning.");
    // Alone it names a table that is nowhere, which a query may: it is compiled when it is called.
    assert_eq!(place.run(&["seed", "check", "more.yaml"]).code, Some(0));
    let ended = place.run(&["seed", "check", "missing.yaml"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("missing.yaml"), "{}", ended.err);
    assert_eq!(place.run(&["seed", "check"]).code, Some(2));
}

/// Plain mistakes: each is told at its place, and the seed is applied all the same.
const MISTAKES: &str = r#"
tables:
  - domain: CRM
    name: People
    columns:
      - { name: A, type: Text, validationExpression: "^(?=a)" }
      - { name: Open, type: Calculated, result: Text, expression: "CONCAT(" }
      - { name: Nope, type: Calculated, result: Text, cached: true, expression: "[Wings] + 1" }
      - { name: Own, type: Calculated, result: Text, expression: "CONCAT([Own], 'x')" }
      - { name: Kept, type: Calculated, result: Text, cached: true, expression: "CONCAT([Kept], 'x')" }
      - { name: Good, type: Calculated, result: Text, cached: true, expression: "CONCAT([A], 'x')" }
      - { name: Link, type: Link, table: CRM.People, column: A, linkFilterExpression: "[Q] = " }
    entitlements:
      - { groups: [All Users], viewAll: true, viewFilter: "[Zed] = 1" }
      - { groups: [All Users], viewAll: true, viewFilter: "[A] =" }
      - { groups: [All Users], viewAll: true, editFilter: "1; DROP" }
      - { viewAll: true }
      - { groups: [All Users], viewAll: true, viewFilter: "[A] = 'a' AND [Created By].[Cinchy Id] = CurrentUserId()" }
udfs:
  - { name: broken, script: "function broken( {" }
  - { name: absent, script: "function other() { return 1; }" }
  - { name: good, script: "function good() { return 1; }" }
queries:
  - { domain: CRM, name: Add, type: Non Query, cql: "INSERT INTO [CRM].[People] ([A]) VALUES (@a)" }
  - { domain: CRM, name: Change, type: Non Query, cql: "UPDATE p SET p.[A] = @a FROM [CRM].[People] p WHERE p.[A] = 'x'" }
  - { domain: CRM, name: Remove, type: Non Query, cql: "DELETE FROM [CRM].[People] WHERE [A] = @a" }
  - { domain: CRM, name: Other, cql: "EXEC [CRM].[Add] @a = 'x'" }
  - { domain: CRM, name: Two, cql: "SELECT 1; SELECT 2" }
  - { domain: CRM, name: Steps, cql: "DECLARE @n INT = 1; IF @n = 1 SELECT [A] FROM [CRM].[People]" }
  - { domain: CRM, name: Past, type: Query (Include Version History), cql: "SELECT [A] FROM [CRM].[People]" }
  - { domain: CRM, name: Nowhere, type: Non Query, cql: "INSERT INTO [CRM].[Wings] ([A]) VALUES ('x')" }
  - { domain: CRM, name: Torn, cql: "SELECT 1; SELEC 2" }
"#;

#[tokio::test]
async fn check_warns_of_what_cannot_work() {
    let place = Place::new();
    place.file("seed.yaml", MISTAKES);
    let ended = place.run(&["seed", "check", "seed.yaml"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let expected = [
        "6:17: the validation expression of CRM.People.A is not asked here, any text is taken: ",
        "7:17: calculated column [CRM].[People].[Open]: ",
        "8:17: calculated column [CRM].[People].[Nope]: ",
        "9:17: calculated column [CRM].[People].[Own]: Column [Own] depends on itself",
        "10:17: calculated column [CRM].[People].[Kept]: Column [Kept] depends on itself",
        "12:17: the link filter of CRM.People.Link: ",
        "14:9: `viewFilter` of an entitlement of CRM.People: ",
        "15:9: `viewFilter` of an entitlement of CRM.People: ",
        "16:9: `editFilter` of an entitlement of CRM.People: ",
        "17:9: an entitlement of CRM.People names neither users nor groups: it is nobody's",
        "20:13: function broken: ",
        "21:13: function absent: ",
        "31:26: saved query CRM/Nowhere: ",
        "32:26: saved query CRM/Torn: ",
    ];
    let lines: Vec<&str> = ended.err.lines().collect();
    for (line, expected) in lines.iter().zip(expected) {
        let expected = format!("warning: seed.yaml:{expected}");
        assert!(
            line.starts_with(&expected),
            "no `{expected}` in\n{}",
            ended.err
        );
    }
    assert_eq!(lines.len(), expected.len(), "{}", ended.err);
    assert_eq!(ended.out.trim(), "The seed is valid, with 14 warnings.");
    // The same are said of a seed that is sent.
    let served = place.serve(&["--no-seed"]);
    let request = reqwest::Client::new().post(format!("{}/_emulator/seed", served.url()));
    let request = request
        .header("content-type", "application/yaml")
        .body(MISTAKES);
    let answer: serde_json::Value = request.send().await.unwrap().json().await.unwrap();
    let warnings = answer["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), expected.len(), "{answer}");
    for (warning, expected) in warnings.iter().zip(expected) {
        let warning = warning.as_str().unwrap();
        assert!(
            warning.starts_with(&format!("seed:{expected}")),
            "{warning}"
        );
    }
}

/// Files beside the seed that are not there, with what else is wrong.
#[test]
fn check_tells_where_a_missing_file_is_named() {
    let place = Place::new();
    place.file("rows.csv", "Name\na\n");
    place.file("odd.csv", "Wings\na\n");
    place.file(
        "bad.yaml",
        "\
users: [{ username: kim, groups: [Nobodies] }]
files:
  - { name: a, path: missing.txt }
  - { name: b, text: x, base64: eA== }
  - { name: c }
  - { name: d, path: rows.csv }
tables:
  - { domain: A, name: T, columns: [{ name: Name, type: Text }], rowsFrom: missing.csv }
  - { domain: A, name: U, columns: [{ name: Name, type: Text }], rowsFrom: rows.csv }
  - { domain: A, name: V, columns: [{ name: Name, type: Text }], rowsFrom: odd.csv }
",
    );
    let ended = place.run(&["seed", "check", "bad.yaml"]);
    let expected = [
        "bad.yaml:1:35: ",
        "bad.yaml:3:22: cannot read `missing.txt`: ",
        "bad.yaml:4:13: the file `b` has `text` and `base64`: its content comes from one of them",
        "bad.yaml:5:13: the file `c` needs one of `path`, `text`, `base64`",
        "bad.yaml:8:76: cannot read `missing.csv`: ",
        "odd.csv:1:1: the table A.V has no column `Wings`",
    ];
    let lines: Vec<&str> = ended.err.lines().collect();
    for (line, expected) in lines.iter().zip(expected) {
        assert!(
            line.starts_with(expected),
            "no `{expected}` in\n{}",
            ended.err
        );
    }
    assert_eq!(
        (ended.code, lines.len()),
        (Some(1), expected.len()),
        "{}",
        ended.err
    );
}

#[test]
fn check_refuses_a_validation_expression_that_is_none() {
    let place = Place::new();
    for (expression, error) in [
        ("([", "a `[` has no `]`"),
        ("(a", "a `(` has no `)`"),
        ("a)", "a `)` has no `(`"),
    ] {
        let seed = format!(
            "tables: [{{ domain: A, name: T, columns: [{{ name: X, type: Text, validationExpression: '{expression}' }}] }}]\n"
        );
        place.file("seed.yaml", &seed);
        let ended = place.run(&["seed", "check", "seed.yaml"]);
        assert_eq!(ended.code, Some(1), "{}", ended.err);
        let error =
            format!("seed.yaml:1:50: `validationExpression` is no regular expression: {error}\n");
        assert_eq!(ended.err, error);
    }
}

#[test]
fn the_schema_is_json_schema() {
    let ended = Place::new().run(&["seed", "schema"]);
    assert_eq!(ended.code, Some(0));
    let schema: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert!(
        schema["$schema"]
            .as_str()
            .unwrap()
            .contains("json-schema.org")
    );
    for key in [
        "users", "groups", "clients", "domains", "tables", "queries", "settings",
    ] {
        assert!(schema["properties"][key].is_object(), "{key}");
    }
}

#[test]
fn an_export_starts_the_same_platform_again() {
    let place = Place::new();
    let served = place.serve(&[]);
    let first = place.run(&["seed", "export", "--url", served.url()]);
    assert_eq!(first.code, Some(0), "{}", first.err);
    served.stop();
    place.file("export.yaml", &first.out);
    assert_eq!(place.run(&["seed", "check", "export.yaml"]).code, Some(0));
    let served = place.serve(&["--seed", "export.yaml"]);
    let second = place.run(&["seed", "export", "--url", served.url()]);
    assert_eq!(second.out, first.out);

    let guarded = Place::new();
    let served = guarded.serve(&["--control-token", "ct-0123456789"]);
    let ended = guarded.run(&["seed", "export", "--url", served.url()]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("401"), "{}", ended.err);
    let ended = guarded.run(&[
        "seed",
        "export",
        "--url",
        served.url(),
        "--control-token",
        "ct-0123456789",
    ]);
    assert_eq!((ended.code, ended.out), (Some(0), first.out));
    let ended = guarded.run(&["seed", "export", "--url", "http://127.0.0.1:1"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("does not answer"), "{}", ended.err);
}

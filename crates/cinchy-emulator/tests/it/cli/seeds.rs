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

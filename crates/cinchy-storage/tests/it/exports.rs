//! A platform is exported with all that a seed can say about it.

use std::collections::BTreeSet;

use cinchy_storage::seeding::Mode;
use serde_json::Value;

use crate::databases::{export, on_each, seed};

/// A seed that uses each key there is, but for those that name files beside it.
const EVERY_KEY: &str = include_str!("every_key.yaml");

fn json(text: &str) -> Value {
    let seed = cinchy_seed::parse("seed", text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    serde_json::from_str(&cinchy_seed::to_json(&seed).unwrap()).unwrap()
}

/// Keys that an export says in another way: a hash, or base64.
const SAID_OTHERWISE: [&str; 3] = ["password", "value", "text"];

/// Whether all that was said is said still, in the same order.
fn lost(said: &Value, now: &Value, path: &str, lost_keys: &mut Vec<String>) {
    match (said, now) {
        (Value::Object(said), Value::Object(now)) => {
            for (key, value) in said {
                let path = format!("{path}.{key}");
                match now.get(key) {
                    Some(now) => lost(value, now, &path, lost_keys),
                    None if SAID_OTHERWISE.contains(&key.as_str()) => {}
                    None => lost_keys.push(path),
                }
            }
        }
        (Value::Array(said), Value::Array(now)) if said.len() == now.len() => {
            for (at, (said, now)) in said.iter().zip(now).enumerate() {
                lost(said, now, &format!("{path}[{at}]"), lost_keys);
            }
        }
        _ if said == now => {}
        _ => lost_keys.push(format!("{path}: {said} became {now}")),
    }
}

#[test]
fn all_that_a_seed_says_survives_an_export() {
    on_each(|database| {
        assert_eq!(
            seed(database, EVERY_KEY, Mode::Replace).unwrap(),
            Vec::<String>::new()
        );
        let first = export(database);
        seed(database, &first, Mode::Replace).unwrap();
        assert_eq!(export(database), first);
        assert!(first.contains("base64: aGVsbG8="), "{first}");
        let mut lost_keys = Vec::new();
        lost(&json(EVERY_KEY), &json(&first), "", &mut lost_keys);
        assert_eq!(lost_keys, Vec::<String>::new());
    });
}

#[test]
fn a_seed_that_is_merged_again_changes_only_rows() {
    on_each(|database| {
        let mut own = cinchy_seed::parse("seed", EVERY_KEY).unwrap();
        own.tables.clear();
        own.settings = None;
        let own = cinchy_seed::to_yaml(&own).unwrap();
        seed(database, EVERY_KEY, Mode::Replace).unwrap();
        let before = json(&export(database));
        seed(database, &own, Mode::Merge).unwrap();
        let after = json(&export(database));
        for key in [
            "groups", "clients", "domains", "queries", "udfs", "literals", "secrets", "webhooks",
            "applets",
        ] {
            assert_eq!(after[key], before[key], "{key}");
        }
    });
}

/// The keys of a schema that a value uses, as `Type.key`.
fn used(schema: &Value, node: &Value, value: &Value, name: &str, found: &mut BTreeSet<String>) {
    if let Some(target) = node["$ref"].as_str() {
        let name = target.trim_start_matches("#/$defs/");
        used(schema, &schema["$defs"][name], value, name, found);
    }
    for one in node["anyOf"].as_array().into_iter().flatten() {
        used(schema, one, value, name, found);
    }
    if let (Some(properties), Some(object)) = (node["properties"].as_object(), value.as_object()) {
        for (key, value) in object {
            if let Some(property) = properties.get(key) {
                found.insert(format!("{name}.{key}"));
                used(schema, property, value, name, found);
            }
        }
    }
    for item in value.as_array().into_iter().flatten() {
        used(schema, &node["items"], item, name, found);
    }
}

#[test]
fn the_seed_of_this_test_uses_each_key() {
    let schema = cinchy_seed::json_schema();
    let mut found = BTreeSet::new();
    used(&schema, &schema, &json(EVERY_KEY), "Seed", &mut found);
    let mut all = BTreeSet::new();
    let types = schema["$defs"].as_object().unwrap().iter();
    for (name, of) in types
        .map(|(n, t)| (n.as_str(), t))
        .chain([("Seed", &schema)])
    {
        for key in of["properties"].as_object().into_iter().flatten() {
            all.insert(format!("{name}.{}", key.0));
        }
    }
    let unused: Vec<&String> = all.difference(&found).collect();
    assert_eq!(unused, ["File.path", "Table.rowsFrom"]);
}

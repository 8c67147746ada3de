//! The rule about `migrations/`: both databases go through the same steps.

use std::collections::BTreeSet;

use super::{Violation, workspace::Workspace};

/// A version that one database has and the other has not would leave them with different tables.
pub const VERSIONS: &str = "SQLite and PostgreSQL have the same migrations";

/// Compares the versions: what stands before the first `_`, as diesel reads it.
pub fn same_versions_for_both_databases(workspace: &Workspace) -> Vec<Violation> {
    let mut violations = Vec::new();
    for migrations in &workspace.migrations {
        let sides = [
            ("sqlite", &migrations.sqlite),
            ("postgres", &migrations.postgres),
        ];
        for ((side, names), (other, others)) in [(sides[0], sides[1]), (sides[1], sides[0])] {
            let mut versions = BTreeSet::new();
            let known: BTreeSet<_> = others.iter().map(|name| version(name)).collect();
            for name in names {
                let file = format!("{}/{side}/{name}", migrations.folder);
                if !known.contains(&version(name)) {
                    let found = format!(
                        "`{}/{other}` has no version `{}`",
                        migrations.folder,
                        version(name)
                    );
                    violations.push(Violation {
                        file: file.clone(),
                        line: 1,
                        rule: VERSIONS,
                        found,
                    });
                }
                if !versions.insert(version(name)) {
                    let found = format!("version `{}` is there twice", version(name));
                    violations.push(Violation {
                        file,
                        line: 1,
                        rule: VERSIONS,
                        found,
                    });
                }
            }
        }
    }
    violations
}

fn version(name: &str) -> String {
    name.split('_').next().unwrap_or_default().replace('-', "")
}

#[test]
fn a_missing_or_doubled_version_fails() {
    let check = |sqlite: &[&str], postgres: &[&str]| {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let migrations = super::workspace::Migrations {
            folder: "migrations".to_owned(),
            sqlite: names(sqlite),
            postgres: names(postgres),
        };
        same_versions_for_both_databases(&Workspace {
            crates: Vec::new(),
            migrations: vec![migrations],
        })
        .into_iter()
        .map(|violation| violation.file)
        .collect::<Vec<_>>()
    };
    assert!(check(&["2026-01-01-000001_a"], &["2026-01-01-000001_b"]).is_empty());
    assert_eq!(check(&["1_a", "2_b"], &["1_a"]), ["migrations/sqlite/2_b"]);
    assert_eq!(
        check(&["1_a"], &["1_a", "2_b"]),
        ["migrations/postgres/2_b"]
    );
    assert_eq!(check(&["1_a", "1_b"], &["1_a"]), ["migrations/sqlite/1_b"]);
}

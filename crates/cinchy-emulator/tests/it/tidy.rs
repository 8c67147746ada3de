//! Keeps the walls between the crates: reads every manifest and source of the workspace and fails when one of the
//! invariants of `ARCHITECTURE.md` is broken, with file, line and rule.
//!
//! - `source`: a Rust file split into code, string literals and test-only parts.
//! - `workspace`: what is read from disk.
//! - `dependencies`, `code`, `migrations`: the rules; each has a test that feeds it a violation.
//!
//! A rule that is wrong for one file gets an entry in [`EXCEPTIONS`] with its reason; an entry that no longer matches
//! anything fails too.

mod code;
mod dependencies;
mod migrations;
mod source;
mod workspace;

use std::{collections::BTreeSet, fmt};

use workspace::Workspace;

/// A file that may break a rule, and why. Empty is best.
struct Exception {
    /// The rule's constant, for example [`code::SQL`].
    rule: &'static str,
    /// The file's path from the root of the workspace.
    file: &'static str,
    /// What makes it right there.
    #[expect(dead_code, reason = "written for the reader")]
    reason: &'static str,
}

const EXCEPTIONS: &[Exception] = &[Exception {
    rule: code::GLOBALS,
    file: "crates/cinchy-storage/src/sqlite_library/mod.rs",
    reason: "a library is set up once a process, for all emulators in it alike",
}];

/// One place that breaks a rule.
#[derive(Clone, Debug, PartialEq)]
struct Violation {
    /// The path from the root of the workspace.
    file: String,
    /// Counted from 1.
    line: usize,
    /// The rule in one sentence.
    rule: &'static str,
    /// What was found there.
    found: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}: {}",
            self.file, self.line, self.rule, self.found
        )
    }
}

/// Every rule. A rule that is missing here is never checked.
const RULES: &[fn(&Workspace) -> Vec<Violation>] = &[
    dependencies::drivers_only_in_storage,
    dependencies::actix_only_from_web_upwards,
    dependencies::arrows_go_down,
    code::ground_floor_is_pure,
    code::environment_only_in_config,
    code::no_globals,
    code::sql_only_in_storage_and_renderer,
    code::error_status_only_in_error_file,
    code::no_panics_and_no_stubs,
    code::no_paths_of_a_machine,
    migrations::same_versions_for_both_databases,
];

/// Leaves out what an exception allows; an exception that allows nothing is a violation itself.
fn apply(exceptions: &[Exception], violations: Vec<Violation>) -> Vec<Violation> {
    let mut used = BTreeSet::new();
    let mut rest: Vec<_> = violations
        .into_iter()
        .filter(|violation| {
            let allowed = exceptions.iter().position(|exception| {
                exception.rule == violation.rule && exception.file == violation.file
            });
            used.extend(allowed);
            allowed.is_none()
        })
        .collect();
    rest.extend(
        exceptions
            .iter()
            .enumerate()
            .filter(|(index, _)| !used.contains(index))
            .map(|(_, exception)| Violation {
                file: exception.file.to_owned(),
                line: 1,
                rule: "an exception of the tidy test must be needed",
                found: format!("nothing breaks `{}` here", exception.rule),
            }),
    );
    rest
}

#[test]
fn the_workspace_is_tidy() -> anyhow::Result<()> {
    let workspace = Workspace::read()?;
    let violations = RULES.iter().flat_map(|rule| rule(&workspace)).collect();
    let violations = apply(EXCEPTIONS, violations);
    assert!(
        violations.is_empty(),
        "{} violations:\n{}",
        violations.len(),
        violations
            .iter()
            .map(|violation| format!("  {violation}\n"))
            .collect::<String>()
    );
    Ok(())
}

#[test]
fn the_whole_workspace_is_read() -> anyhow::Result<()> {
    let workspace = Workspace::read()?;
    let names: BTreeSet<_> = workspace
        .crates
        .iter()
        .map(|krate| krate.name.as_str())
        .collect();
    for known in dependencies::known_crates() {
        assert!(names.contains(known), "`{known}` was not read");
    }
    for krate in &workspace.crates {
        assert!(
            krate.product().next().is_some(),
            "`{}` has no sources",
            krate.name
        );
        assert!(
            !krate.manifest.dependencies.is_empty(),
            "`{}` has no dependencies",
            krate.name
        );
    }
    assert!(!workspace.migrations.is_empty(), "no migrations were read");
    Ok(())
}

#[test]
fn an_exception_allows_one_rule_in_one_file_and_must_be_needed() {
    let violation = |rule, file: &str| Violation {
        file: file.to_owned(),
        line: 3,
        rule,
        found: String::new(),
    };
    let exception = |rule, file| Exception {
        rule,
        file,
        reason: "test",
    };
    let left = apply(
        &[exception("a", "x.rs"), exception("b", "z.rs")],
        vec![
            violation("a", "x.rs"),
            violation("a", "y.rs"),
            violation("b", "x.rs"),
        ],
    );
    let left: Vec<_> = left.iter().map(|v| (v.file.as_str(), v.rule)).collect();
    assert_eq!(
        left,
        [
            ("y.rs", "a"),
            ("x.rs", "b"),
            ("z.rs", "an exception of the tidy test must be needed")
        ]
    );
}

#[test]
fn a_violation_names_file_line_and_rule() {
    let violation = Violation {
        file: "crates/x/src/lib.rs".to_owned(),
        line: 7,
        rule: "no globals",
        found: "`A`".to_owned(),
    };
    assert_eq!(
        violation.to_string(),
        "crates/x/src/lib.rs:7: no globals: `A`"
    );
}

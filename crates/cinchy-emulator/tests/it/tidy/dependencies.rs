//! The rules about manifests: which crate may know which.

use super::{
    Violation,
    workspace::{Crate, Dependency, Section, Workspace},
};

/// Invariant 1, the database.
pub const DRIVERS: &str = "invariant 1: only cinchy-storage depends on a database driver";
/// Invariant 1, HTTP.
pub const ACTIX: &str = "invariant 1: only cinchy-web and what stands above it depend on actix";
/// Invariant 3 and the order of the floors.
pub const ARROWS: &str =
    "invariant 3: a crate depends on lower floors only, and the HTTP rooms not on one another";

const STORAGE: &str = "cinchy-storage";
const TESTKIT: &str = "cinchy-testkit";

/// A crate and its place in the house.
struct Room {
    name: &'static str,
    /// A crate may depend on those of lower floors: 0 the ground floor, 3 the HTTP rooms.
    floor: u8,
    /// Whether it may speak HTTP by actix.
    actix: bool,
    /// Whether its tests may start an emulator by the testkit, as an app team would.
    tests_use_testkit: bool,
}

const ROOMS: &[Room] = &[
    Room {
        name: "cinchy-auth",
        floor: 0,
        actix: false,
        tests_use_testkit: false,
    },
    Room {
        name: "cinchy-cql",
        floor: 0,
        actix: false,
        tests_use_testkit: false,
    },
    Room {
        name: "cinchy-saml",
        floor: 0,
        actix: false,
        tests_use_testkit: false,
    },
    Room {
        name: "cinchy-seed",
        floor: 0,
        actix: false,
        tests_use_testkit: false,
    },
    Room {
        name: "cinchy-udf",
        floor: 0,
        actix: false,
        tests_use_testkit: false,
    },
    Room {
        name: STORAGE,
        floor: 1,
        actix: false,
        tests_use_testkit: false,
    },
    Room {
        name: "cinchy-web",
        floor: 2,
        actix: true,
        tests_use_testkit: false,
    },
    Room {
        name: "cinchy-identity",
        floor: 3,
        actix: true,
        tests_use_testkit: true,
    },
    Room {
        name: "cinchy-query-api",
        floor: 3,
        actix: true,
        tests_use_testkit: true,
    },
    Room {
        name: "cinchy-admin",
        floor: 3,
        actix: true,
        tests_use_testkit: true,
    },
    Room {
        name: "cinchy-control",
        floor: 3,
        actix: true,
        tests_use_testkit: true,
    },
    Room {
        name: "cinchy-emulator",
        floor: 4,
        actix: true,
        tests_use_testkit: true,
    },
    Room {
        name: TESTKIT,
        floor: 5,
        actix: false,
        tests_use_testkit: false,
    },
];

/// The crates that the rules know.
pub fn known_crates() -> impl Iterator<Item = &'static str> {
    ROOMS.iter().map(|room| room.name)
}

fn room(name: &str) -> Option<&'static Room> {
    ROOMS.iter().find(|room| room.name == name)
}

/// Tests count too. A bench may name a driver directly: it measures what the product could reach at best.
pub fn drivers_only_in_storage(workspace: &Workspace) -> Vec<Violation> {
    let is_driver = |package: &str| {
        package.starts_with("diesel")
            || package.starts_with("r2d2")
            || [
                "libsqlite3-sys",
                "pq-sys",
                "rusqlite",
                "postgres",
                "tokio-postgres",
                "sqlx",
            ]
            .contains(&package)
    };
    check(workspace, DRIVERS, |krate, dependency| {
        krate.name != STORAGE
            && is_driver(&dependency.package)
            && !is_for_benches(krate, dependency)
    })
}

/// Tests count too, benches do not.
pub fn actix_only_from_web_upwards(workspace: &Workspace) -> Vec<Violation> {
    check(workspace, ACTIX, |krate, dependency| {
        let allowed = room(&krate.name).is_some_and(|room| room.actix);
        !allowed && dependency.package.starts_with("actix") && !is_for_benches(krate, dependency)
    })
}

/// Also reports a crate that the table does not know, so that a new one is placed on a floor first.
pub fn arrows_go_down(workspace: &Workspace) -> Vec<Violation> {
    let mut violations = check(workspace, ARROWS, |krate, dependency| {
        let Some(room) = room(&krate.name) else {
            return false;
        };
        let package = dependency.package.as_str();
        let fixture =
            package == TESTKIT && dependency.section == Section::Dev && room.tests_use_testkit;
        let below = self::room(package).is_some_and(|other| other.floor < room.floor);
        package.starts_with("cinchy-") && !below && !fixture
    });
    for krate in workspace
        .crates
        .iter()
        .filter(|krate| room(&krate.name).is_none())
    {
        violations.push(Violation {
            file: krate.manifest.file.clone(),
            line: 1,
            rule: ARROWS,
            found: format!(
                "the tidy test does not know the crate `{}`: give it a floor there",
                krate.name
            ),
        });
    }
    violations
}

fn is_for_benches(krate: &Crate, dependency: &Dependency) -> bool {
    dependency.section == Section::Dev && krate.only_benches_use(&dependency.package)
}

fn check(
    workspace: &Workspace,
    rule: &'static str,
    breaks: impl Fn(&Crate, &Dependency) -> bool,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    for krate in &workspace.crates {
        for dependency in krate
            .manifest
            .dependencies
            .iter()
            .filter(|dependency| breaks(krate, dependency))
        {
            violations.push(Violation {
                file: krate.manifest.file.clone(),
                line: dependency.line,
                rule,
                found: format!("`{}` depends on `{}`", krate.name, dependency.package),
            });
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::source::Source;

    type Rule = fn(&Workspace) -> Vec<Violation>;

    /// The lines that `rule` complains about in the manifest `text` of the crate `name`.
    fn lines(rule: Rule, name: &str, text: &str) -> anyhow::Result<Vec<usize>> {
        Ok(rule(&Workspace::of_manifest(name, text)?)
            .iter()
            .map(|violation| violation.line)
            .collect())
    }

    #[test]
    fn drivers_outside_storage_fail() -> anyhow::Result<()> {
        let rule: Rule = drivers_only_in_storage;
        let diesel = "[dependencies]\nserde = \"1\"\ndiesel.workspace = true\n";
        assert!(lines(rule, "cinchy-storage", diesel)?.is_empty());
        assert_eq!(lines(rule, "cinchy-web", diesel)?, [3]);
        assert_eq!(
            lines(rule, "cinchy-cql", "[dev-dependencies]\nr2d2 = \"0.8\"\n")?,
            [2]
        );
        assert_eq!(
            lines(
                rule,
                "cinchy-testkit",
                "[build-dependencies]\ndiesel_migrations = \"2\"\n"
            )?,
            [2]
        );
        assert_eq!(
            lines(
                rule,
                "cinchy-auth",
                "[dependencies]\nx = { package = \"diesel\", version = \"2\" }\n"
            )?,
            [2]
        );
        Ok(())
    }

    #[test]
    fn actix_below_web_fails() -> anyhow::Result<()> {
        let rule: Rule = actix_only_from_web_upwards;
        let actix = "[dependencies]\nactix-web.workspace = true\n[dev-dependencies]\nactix-http.workspace = true\n";
        for name in [
            "cinchy-auth",
            "cinchy-cql",
            "cinchy-seed",
            "cinchy-storage",
            "cinchy-testkit",
            "cinchy-new",
        ] {
            assert_eq!(lines(rule, name, actix)?.len(), 2, "{name}");
        }
        for name in [
            "cinchy-web",
            "cinchy-identity",
            "cinchy-query-api",
            "cinchy-admin",
            "cinchy-control",
        ] {
            assert!(lines(rule, name, actix)?.is_empty(), "{name}");
        }
        assert!(lines(rule, "cinchy-emulator", actix)?.is_empty());
        Ok(())
    }

    #[test]
    fn a_bench_may_name_what_its_crate_may_not() -> anyhow::Result<()> {
        let text = "[dev-dependencies]\nlibsqlite3-sys.workspace = true\n";
        let mut workspace = Workspace::of_manifest("cinchy-emulator", text)?;
        assert_eq!(
            drivers_only_in_storage(&workspace).len(),
            1,
            "not used at all"
        );
        let source = |inner: &str| {
            Source::new(
                inner.to_owned(),
                inner.to_owned(),
                "use libsqlite3_sys::sqlite3_open;".to_owned(),
            )
        };
        workspace.crates[0].sources.push(source("benches/http.rs"));
        assert!(drivers_only_in_storage(&workspace).is_empty());
        workspace.crates[0].sources.push(source("tests/it/main.rs"));
        assert_eq!(
            drivers_only_in_storage(&workspace).len(),
            1,
            "used by a test too"
        );
        Ok(())
    }

    #[test]
    fn arrows_upwards_and_sideways_fail() -> anyhow::Result<()> {
        let rule: Rule = arrows_go_down;
        let on = |section: &str, package: &str| {
            format!("[{section}]\nserde = \"1\"\n{package}.workspace = true\n")
        };
        for (name, package) in [
            ("cinchy-auth", "cinchy-cql"),
            ("cinchy-cql", "cinchy-storage"),
            ("cinchy-seed", "cinchy-cql"),
            ("cinchy-storage", "cinchy-web"),
            ("cinchy-web", "cinchy-identity"),
            ("cinchy-identity", "cinchy-admin"),
            ("cinchy-admin", "cinchy-query-api"),
            ("cinchy-control", "cinchy-emulator"),
            ("cinchy-emulator", "cinchy-testkit"),
        ] {
            assert_eq!(
                lines(rule, name, &on("dependencies", package))?,
                [3],
                "{name} -> {package}"
            );
            assert!(
                lines(rule, package, &on("dependencies", name))?.len() <= 1,
                "{package} -> {name}"
            );
        }
        for (name, package) in [
            ("cinchy-storage", "cinchy-seed"),
            ("cinchy-web", "cinchy-storage"),
            ("cinchy-identity", "cinchy-web"),
            ("cinchy-emulator", "cinchy-admin"),
            ("cinchy-testkit", "cinchy-emulator"),
        ] {
            assert!(
                lines(rule, name, &on("dependencies", package))?.is_empty(),
                "{name} -> {package}"
            );
        }
        Ok(())
    }

    #[test]
    fn tests_obey_the_floors_but_for_the_testkit() -> anyhow::Result<()> {
        let rule: Rule = arrows_go_down;
        let testkit = "[dev-dependencies]\ncinchy-testkit.workspace = true\n";
        assert!(lines(rule, "cinchy-emulator", testkit)?.is_empty());
        assert!(lines(rule, "cinchy-identity", testkit)?.is_empty());
        assert_eq!(lines(rule, "cinchy-storage", testkit)?, [2]);
        assert_eq!(
            lines(
                rule,
                "cinchy-admin",
                "[dev-dependencies]\ncinchy-control.workspace = true\n"
            )?,
            [2]
        );
        Ok(())
    }

    #[test]
    fn an_unknown_crate_fails() -> anyhow::Result<()> {
        assert_eq!(
            lines(arrows_go_down, "cinchy-new", "[dependencies]\n")?,
            [1]
        );
        Ok(())
    }
}

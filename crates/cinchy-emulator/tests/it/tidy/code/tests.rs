//! Feeds each rule about sources what it must find and what it must leave alone.

use super::*;

/// No lines. An empty list alone has no type where several crates compare with numbers.
const NONE: [usize; 0] = [];

type Rule = fn(&Workspace) -> Vec<Violation>;

fn lines(rule: Rule, name: &str, inner: &str, text: &str) -> Vec<usize> {
    rule(&Workspace::of_source(name, inner, text))
        .iter()
        .map(|violation| violation.line)
        .collect()
}

/// `bad` breaks the rule in its second line; `bad` in a test, in a comment and in a literal does not.
fn check_bad(rule: Rule, name: &str, bad: &str) {
    assert_eq!(
        lines(rule, name, "src/x.rs", &format!("\n{bad}\n")),
        [2],
        "{bad}"
    );
    assert_eq!(
        lines(rule, name, "src/x.rs", &format!("\n// {bad}\n")),
        NONE,
        "{bad}"
    );
    assert_eq!(
        lines(
            rule,
            name,
            "src/x.rs",
            &format!("#[cfg(test)]\nmod tests {{\n{bad}\n}}")
        ),
        NONE,
        "{bad}"
    );
    assert_eq!(
        lines(rule, name, "tests/it/x.rs", &format!("\n{bad}\n")),
        NONE,
        "{bad}"
    );
}

fn check_good(rule: Rule, name: &str, inner: &str, good: &str) {
    assert_eq!(lines(rule, name, inner, good), NONE, "{good}");
}

#[test]
fn an_impure_ground_floor_fails() {
    let rule: Rule = ground_floor_is_pure;
    for bad in [
        "use std::fs;",
        "use std::{io, fs::File};",
        "use std::{net::{IpAddr, TcpStream}};",
        "let x = std::env::var(\"X\");",
        "std::process::exit(1);",
        "use std::time::{Duration, SystemTime};",
        "let t = Instant::now();",
        "let t = chrono::Utc::now();",
        "let t = Local::now();",
        "tokio::spawn(f);",
        "let r = rand::rng();",
        "let id = Uuid::new_v4();",
    ] {
        for name in GROUND_FLOOR {
            check_bad(rule, name, bad);
        }
        check_good(rule, "cinchy-web", "src/x.rs", bad);
    }
    check_good(
        rule,
        "cinchy-cql",
        "src/x.rs",
        "use std::{fmt, collections::BTreeMap}; fn f(now: DateTime<Utc>) {}",
    );
    check_good(
        rule,
        "cinchy-cql",
        "src/x.rs",
        "fn tokio_like(environment: &str) -> &str { \"std::fs\" }",
    );
}

#[test]
fn reading_the_environment_fails() {
    let rule: Rule = environment_only_in_config;
    for bad in [
        "let x = std::env::var(\"X\");",
        "let x = env::var_os(\"X\");",
        "for x in env::vars() {}",
        "use std::{env::var, fmt};",
        "let filter = EnvFilter::from_default_env();",
        "#[arg(long, env = \"X\", default_value = \"[y]\")] x: u8",
        "#[arg(long, env)] x: u8",
        "let a = std::env::args();",
    ] {
        check_bad(rule, "cinchy-web", bad);
        check_good(rule, "cinchy-emulator", "src/config.rs", bad);
    }
    check_good(
        rule,
        "cinchy-emulator",
        "src/main.rs",
        "let a = std::env::args_os();",
    );
    assert_eq!(
        lines(
            rule,
            "cinchy-emulator",
            "src/main.rs",
            "let x = std::env::var(\"X\");"
        ),
        [1]
    );
    assert_eq!(
        lines(
            rule,
            "cinchy-web",
            "src/config.rs",
            "let x = std::env::var(\"X\");"
        ),
        [1]
    );
    check_good(
        rule,
        "cinchy-web",
        "src/x.rs",
        "#[arg(long)] x: u8, env!(\"CARGO_PKG_VERSION\"), env::variant()",
    );
}

#[test]
fn globals_fail() {
    let rule: Rule = no_globals;
    for bad in [
        "static mut COUNT: u8 = 0;",
        "pub static KEYS: OnceLock<Keys> = OnceLock::new();",
        "static A: LazyLock<Regex> = LazyLock::new(f);",
        "static A: std::sync::Mutex<u8> = Mutex::new(0);",
        "static N: AtomicU64 = AtomicU64::new(0);",
        "fn f() { static CELL: OnceCell<u8> = OnceCell::new(); }",
        "lazy_static! { static ref A: u8 = 1; }",
        "thread_local! { static A: u8 = 1; }",
    ] {
        check_bad(rule, "cinchy-storage", bad);
    }
    check_good(
        rule,
        "cinchy-storage",
        "src/x.rs",
        "static NAMES: &[&str] = &[]; fn f(cell: &'static OnceCell<u8>) {}",
    );
    check_good(
        rule,
        "cinchy-storage",
        "src/x.rs",
        "struct S { keys: OnceLock<Keys> }",
    );
}

#[test]
fn sql_elsewhere_fails() {
    let rule: Rule = sql_only_in_storage_and_renderer;
    for bad in [
        "x(\"SELECT a FROM b\");",
        "x(r#\"WITH c AS (SELECT 1 FROM d) e\"#);",
        "x(\"INSERT INTO t (a) VALUES (1)\");",
        "x(\"UPDATE t SET a = 1\");",
        "x(\"DELETE FROM t\");",
        "x(\"CREATE TABLE t (a)\");",
        "x(\"SELECT a\\nFROM b\");",
        "x(\"SELECT a \\\n  FROM b\");",
        "x(\"select a from b\");",
    ] {
        check_bad(rule, "cinchy-web", bad);
        check_bad(rule, "cinchy-cql", bad);
        check_good(rule, "cinchy-storage", "src/x.rs", bad);
        check_good(rule, "cinchy-cql", "src/render.rs", bad);
        check_good(rule, "cinchy-cql", "src/render/postgres.rs", bad);
    }
    for good in [
        "Select a row from the list",
        "SETTINGS",
        "UPDATE",
        "the SELECT list",
        "please select one",
        "FROM x SELECT",
        "SELECT [A] FROM [HR].[People]",
    ] {
        check_good(rule, "cinchy-web", "src/x.rs", &format!("x(\"{good}\")"));
    }
}

#[test]
fn an_error_status_outside_the_error_file_fails() {
    let rule: Rule = error_status_only_in_error_file;
    for bad in [
        "HttpResponse::BadRequest().finish()",
        "HttpResponse::NotFound().finish()",
        "HttpResponse::InternalServerError()",
        "HttpResponse::ImATeapot()",
        "HttpResponse::build(status)",
        "HttpResponseBuilder::new(StatusCode::GONE)",
        "let s = StatusCode::FORBIDDEN;",
        "let s = http::StatusCode::from_u16(404);",
        "actix_web::error::ErrorUnauthorized(\"x\")",
        "error::ErrorConflict(\"x\")",
    ] {
        for name in HTTP_ROOMS {
            check_bad(rule, name, bad);
            check_good(rule, name, "src/error.rs", bad);
            assert_eq!(lines(rule, name, "src/pages/error.rs", bad), [1], "{bad}");
        }
        check_good(rule, "cinchy-web", "src/x.rs", bad);
    }
    let good = "HttpResponse::Ok().json(x); HttpResponse::NoContent(); HttpResponse::SeeOther(); StatusCode::NO_CONTENT; \
                HttpResponse::new(StatusCode::OK); fn f(s: StatusCode) -> Result<HttpResponse, actix_web::error::Error> {}";
    check_good(rule, "cinchy-admin", "src/x.rs", good);
}

#[test]
fn panics_and_stubs_fail() {
    let rule: Rule = no_panics_and_no_stubs;
    for bad in [
        "x.unwrap();",
        "x.unwrap_err();",
        "todo!()",
        "unimplemented!(\"later\")",
        "dbg!(x)",
    ] {
        check_bad(rule, "cinchy-testkit", bad);
    }
    check_good(
        rule,
        "cinchy-web",
        "src/x.rs",
        "x.unwrap_or(1); x.unwrap_or_default(); x.expect(\"why\"); \"todo!()\"",
    );
}

#[test]
fn paths_of_a_machine_fail() -> anyhow::Result<()> {
    let rule: Rule = no_paths_of_a_machine;
    for bad in [
        "// see /work/x",
        "x(\"/home/ann/x\")",
        "/// `../shared/a`",
        "include_str!(\"/etc/x\")",
        "// house.md",
    ] {
        for inner in ["src/x.rs", "tests/it/x.rs", "benches/x.rs"] {
            assert_eq!(
                lines(rule, "cinchy-web", inner, &format!("\n{bad}\n")),
                [2],
                "{bad}"
            );
        }
    }
    check_good(
        rule,
        "cinchy-web",
        "src/x.rs",
        "include_str!(\"../../../x\"); x(\"/API/HR/work\")",
    );
    assert_eq!(
        rule(&Workspace::of_manifest(
            "cinchy-web",
            "[dependencies]\nx = { path = \"/root/x\" }\n"
        )?)
        .len(),
        1
    );
    Ok(())
}

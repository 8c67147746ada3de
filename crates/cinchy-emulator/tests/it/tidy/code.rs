//! The rules about sources. They look at the product: not at `tests`, `benches` and what is compiled for tests only,
//! unless a rule says so.

mod tests;

use super::{
    Violation,
    source::{Source, find_words},
    workspace::{Crate, Workspace},
};

/// Invariant 2.
pub const PURE: &str =
    "invariant 2: the ground floor does no I/O and reads no clock, environment or randomness";
/// Invariant 4, the environment.
pub const ENVIRONMENT: &str =
    "invariant 4: only cinchy-emulator/src/config.rs reads the environment";
/// Invariant 4, state.
pub const GLOBALS: &str = "invariant 4: no global state, since two emulators run in one process";
/// Invariant 5.
pub const SQL: &str =
    "invariant 5: SQL text stands in cinchy-storage, migrations and cinchy-cql's renderer only";
/// Invariant 6.
pub const STATUS: &str =
    "invariant 6: the status of an error is chosen in the room's src/error.rs only";
/// Input must not be able to end a request, let alone the process.
pub const PANICS: &str = "no `unwrap()`, no stubs and no debugging output outside tests";
/// The project is read and built elsewhere.
pub const MACHINE: &str = "no paths of one machine and no papers from outside the project";

const GROUND_FLOOR: &[&str] = &["cinchy-auth", "cinchy-cql", "cinchy-saml", "cinchy-seed"];
const HTTP_ROOMS: &[&str] = &[
    "cinchy-identity",
    "cinchy-query-api",
    "cinchy-admin",
    "cinchy-control",
];

/// Time, randomness and keys are arguments there.
pub fn ground_floor_is_pure(workspace: &Workspace) -> Vec<Violation> {
    const FORBIDDEN: &[&str] = &[
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::thread",
        "SystemTime",
        "Instant::now",
        "Utc::now",
        "Local::now",
        "tokio",
        "rand::rng",
        "rand::random",
        "thread_rng",
        "ThreadRng",
        "OsRng",
        "SysRng",
        "Uuid::new_v4",
    ];
    check(workspace, PURE, |krate, source| {
        if GROUND_FLOOR.contains(&krate.name.as_str()) {
            paths(source, FORBIDDEN)
        } else {
            Vec::new()
        }
    })
}

/// `main.rs` may read the arguments; clap's `env` belongs to the settings too.
pub fn environment_only_in_config(workspace: &Workspace) -> Vec<Violation> {
    const VARIABLES: &[&str] = &[
        "env::var",
        "env::var_os",
        "env::vars",
        "env::vars_os",
        "env::set_var",
        "env::remove_var",
        "EnvFilter::from_env",
        "EnvFilter::try_from_env",
        "from_default_env",
        "try_from_default_env",
    ];
    const ARGUMENTS: &[&str] = &["env::args", "env::args_os"];
    check(workspace, ENVIRONMENT, |_, source| {
        if source.file == "crates/cinchy-emulator/src/config.rs" {
            return Vec::new();
        }
        let mut found = paths(source, VARIABLES);
        if source.file != "crates/cinchy-emulator/src/main.rs" {
            found.extend(paths(source, ARGUMENTS));
        }
        for attribute in ["#[arg(", "#[clap(", "#[command("] {
            for (start, _) in source.code.match_indices(attribute) {
                let inside = &source.code[start..start + bracketed(&source.code[start..])];
                if find_words(inside, "env").next().is_some() {
                    found.push((start, format!("`{attribute}.. env ..)]`")));
                }
            }
        }
        found
    })
}

/// Constants are welcome; statics that can change, or are filled at run time, are not.
pub fn no_globals(workspace: &Workspace) -> Vec<Violation> {
    const CELLS: &[&str] = &[
        "Once", "Lazy", "Mutex", "RwLock", "Atomic", "Cell", "DashMap", "Cache",
    ];
    check(workspace, GLOBALS, |_, source| {
        let mut found = Vec::new();
        for (needle, name) in [
            ("lazy_static!", "lazy_static!"),
            ("thread_local!", "thread_local!"),
        ] {
            found.extend(
                source
                    .find(needle)
                    .map(|offset| (offset, format!("`{name}`"))),
            );
        }
        for offset in source.find("static") {
            let item = &source.code[offset..];
            // `'static` is a lifetime.
            if source.code[..offset].ends_with('\'') || !item.starts_with("static ") {
                continue;
            }
            let declaration = &item[..item.find(['=', ';']).unwrap_or(item.len())];
            let (name, kind) = declaration.split_once(':').unwrap_or((declaration, ""));
            if name.starts_with("static mut ") || CELLS.iter().any(|cell| kind.contains(cell)) {
                found.push((offset, format!("`{}`", declaration.trim())));
            }
        }
        found
    })
}

/// CQL that the product itself contains looks like SQL; such a file needs an exception with its reason.
pub fn sql_only_in_storage_and_renderer(workspace: &Workspace) -> Vec<Violation> {
    check(workspace, SQL, |krate, source| {
        let renderer = krate.name == "cinchy-cql" && source.inner.starts_with("src/render");
        // What the console writes is CQL, which it runs as its user: it has no driver to send SQL to.
        let console = krate.name == "cinchy-admin";
        if krate.name == "cinchy-storage" || renderer || console {
            return Vec::new();
        }
        let sql = source
            .literals
            .iter()
            .filter(|literal| looks_like_sql(&literal.text));
        sql.map(|literal| (literal.offset, format!("{:?}", shorten(&literal.text))))
            .collect()
    })
}

/// Redirects and answers that are no errors may stand anywhere.
pub fn error_status_only_in_error_file(workspace: &Workspace) -> Vec<Violation> {
    const SUCCESS: &[&str] = &[
        "Continue",
        "SwitchingProtocols",
        "Ok",
        "Created",
        "Accepted",
        "NonAuthoritativeInformation",
        "NoContent",
        "ResetContent",
        "PartialContent",
        "MultipleChoices",
        "MovedPermanently",
        "Found",
        "SeeOther",
        "NotModified",
        "TemporaryRedirect",
        "PermanentRedirect",
        // The constructor of a response takes a status, which is looked at by itself.
        "new",
    ];
    /// The names of `StatusCode` for `SUCCESS`: `NO_CONTENT` for `NoContent`.
    fn constant(name: &str) -> String {
        let mut constant = String::new();
        for letter in name.chars() {
            if letter.is_ascii_uppercase() && !constant.is_empty() {
                constant.push('_');
            }
            constant.push(letter.to_ascii_uppercase());
        }
        constant
    }
    check(workspace, STATUS, |krate, source| {
        if !HTTP_ROOMS.contains(&krate.name.as_str()) || source.inner == "src/error.rs" {
            return Vec::new();
        }
        let mut found = Vec::new();
        for path in ["HttpResponse::", "HttpResponseBuilder::", "StatusCode::"] {
            for offset in source.find(path) {
                let name = source.word_at(offset + path.len());
                let success = match path {
                    "StatusCode::" => SUCCESS.iter().any(|success| constant(success) == name),
                    _ => SUCCESS.contains(&name),
                };
                // An import with braces chooses nothing.
                if !success && !name.is_empty() {
                    found.push((offset, format!("`{path}{name}`")));
                }
            }
        }
        // `ErrorNotFound(..)` and its like; the type `actix_web::error::Error` chooses nothing.
        for (offset, _) in source.code.match_indices("error::Error") {
            let name = source.word_at(offset + "error::".len());
            if name != "Error" {
                found.push((offset, format!("`error::{name}`")));
            }
        }
        found
    })
}

/// `expect("why this cannot happen")` is left to the reader's judgement.
pub fn no_panics_and_no_stubs(workspace: &Workspace) -> Vec<Violation> {
    check(workspace, PANICS, |_, source| {
        let forbidden = [
            ".unwrap()",
            ".unwrap_err()",
            "todo!",
            "unimplemented!",
            "dbg!",
        ];
        forbidden
            .into_iter()
            .flat_map(|needle| {
                source
                    .find(needle)
                    .map(move |offset| (offset, format!("`{needle}`")))
            })
            .collect()
    })
}

/// Looks at everything in every Rust file and manifest: comments, tests and benches too.
pub fn no_paths_of_a_machine(workspace: &Workspace) -> Vec<Violation> {
    const FORBIDDEN: &[&str] = &[
        "/work/",
        "/root/",
        "/home/",
        "../shared",
        "shared/contract",
        "house.md",
        "decisions.md",
    ];
    let mut violations = Vec::new();
    for krate in &workspace.crates {
        let manifest = Source::new(
            krate.manifest.file.clone(),
            "Cargo.toml".to_owned(),
            krate.manifest.text.clone(),
        );
        for source in krate.sources.iter().chain([&manifest]) {
            // These files quote what they forbid.
            if source
                .file
                .starts_with("crates/cinchy-emulator/tests/it/tidy/")
            {
                continue;
            }
            for needle in FORBIDDEN {
                for (offset, _) in source.text.match_indices(needle) {
                    // The platform's own path of its error page (IdentityServer).
                    if source.text[offset..].starts_with("/home/error") {
                        continue;
                    }
                    violations.push(krate.violation(
                        source,
                        offset,
                        MACHINE,
                        format!("`{needle}`"),
                    ));
                }
            }
            for include in ["include_str!", "include_bytes!", "include!"] {
                for offset in source.find(include) {
                    let file = source
                        .literals
                        .iter()
                        .find(|literal| literal.offset > offset);
                    if file.is_some_and(|file| file.text.starts_with('/')) {
                        violations.push(krate.violation(
                            source,
                            offset,
                            MACHINE,
                            format!("`{include}` of an absolute path"),
                        ));
                    }
                }
            }
        }
    }
    violations
}

/// Runs `rule` over the product's sources; it gives offsets and what was found there.
fn check(
    workspace: &Workspace,
    name: &'static str,
    rule: impl Fn(&Crate, &Source) -> Vec<(usize, String)>,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    for krate in &workspace.crates {
        for source in krate.product() {
            let found = rule(krate, source).into_iter();
            violations
                .extend(found.map(|(offset, found)| krate.violation(source, offset, name, found)));
        }
    }
    violations
}

/// Where one of the paths is named.
fn paths(source: &Source, needles: &[&str]) -> Vec<(usize, String)> {
    needles
        .iter()
        .flat_map(|needle| {
            source
                .find_path(needle)
                .into_iter()
                .map(move |offset| (offset, format!("`{needle}`")))
        })
        .collect()
}

/// The length of the text up to the bracket that closes the first one.
fn bracketed(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    code.len()
}

/// A statement in capitals anywhere in the text, or one in small letters that the text begins with. One with names in brackets,
/// `[Domain].[Table]`, is CQL: neither database takes it.
fn looks_like_sql(text: &str) -> bool {
    if text.contains("].[") {
        return false;
    }
    const STATEMENTS: &[&[&str]] = &[
        &["SELECT", "FROM"],
        &["INSERT INTO"],
        &["UPDATE", "SET"],
        &["DELETE FROM"],
        &["CREATE TABLE"],
        &["ALTER TABLE"],
        &["DROP TABLE"],
    ];
    // Words may be apart by line breaks, written out or escaped.
    let text = text
        .replace("\\n", " ")
        .replace('\\', " ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let has = |text: &str, words: &[&str]| {
        let mut rest = text;
        words.iter().all(|word| {
            let at = find_words(rest, word).next();
            rest = at.map_or("", |at| &rest[at + word.len()..]);
            at.is_some()
        })
    };
    STATEMENTS.iter().any(|words| {
        let small = text.starts_with(&format!("{} ", words[0].to_ascii_lowercase()));
        has(&text, words) || small && has(&text.to_ascii_uppercase(), words)
    })
}

fn shorten(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(60)
        .collect()
}

//! Reads manifests, sources and the names of migrations from disk.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::{
    Violation,
    source::{Source, line_of},
};

/// In which section of a manifest a dependency stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Section {
    /// `[dependencies]`
    Normal,
    /// `[dev-dependencies]`
    Dev,
    /// `[build-dependencies]`
    Build,
}

/// One dependency of a crate.
#[derive(Debug)]
pub struct Dependency {
    /// The package's name, also where the manifest gives it another one.
    pub package: String,
    /// Its section, also below `[target]`.
    pub section: Section,
    /// Its line in the manifest.
    pub line: usize,
}

/// The `Cargo.toml` of a crate.
#[derive(Debug)]
pub struct Manifest {
    /// The path from the root of the workspace.
    pub file: String,
    /// The file as it is.
    pub text: String,
    /// All sections.
    pub dependencies: Vec<Dependency>,
}

/// One crate of the workspace.
#[derive(Debug)]
pub struct Crate {
    /// The name of its folder, which is the package's name.
    pub name: String,
    /// Its manifest.
    pub manifest: Manifest,
    /// All its Rust files: `src`, `tests`, `benches`, `examples`, `build.rs`.
    pub sources: Vec<Source>,
}

/// A folder with migrations for both databases.
#[derive(Debug)]
pub struct Migrations {
    /// The path from the root of the workspace.
    pub folder: String,
    /// The names of the migrations below `sqlite`.
    pub sqlite: Vec<String>,
    /// The names of the migrations below `postgres`.
    pub postgres: Vec<String>,
}

/// All that the rules look at.
#[derive(Debug, Default)]
pub struct Workspace {
    /// In order of their names.
    pub crates: Vec<Crate>,
    /// Each folder below `migrations` that has a folder for a database, itself included.
    pub migrations: Vec<Migrations>,
}

impl Manifest {
    /// Reads the dependencies.
    pub fn parse(file: String, text: String) -> anyhow::Result<Self> {
        let table =
            toml::de::DeTable::parse(&text).with_context(|| format!("`{file}` is not TOML"))?;
        let mut dependencies = Vec::new();
        collect(table.get_ref(), &text, &mut dependencies);
        for (key, target) in table.get_ref() {
            if let ("target", Some(targets)) = (key.get_ref().as_ref(), target.get_ref().as_table())
            {
                for sections in targets
                    .values()
                    .filter_map(|target| target.get_ref().as_table())
                {
                    collect(sections, &text, &mut dependencies);
                }
            }
        }
        drop(table);
        Ok(Self {
            file,
            text,
            dependencies,
        })
    }
}

fn collect(table: &toml::de::DeTable<'_>, text: &str, dependencies: &mut Vec<Dependency>) {
    for (key, value) in table {
        let section = match key.get_ref().as_ref() {
            "dependencies" => Section::Normal,
            "dev-dependencies" => Section::Dev,
            "build-dependencies" => Section::Build,
            _ => continue,
        };
        for (name, value) in value.get_ref().as_table().into_iter().flatten() {
            let package = value
                .get_ref()
                .get("package")
                .and_then(|package| package.get_ref().as_str())
                .unwrap_or(name.get_ref().as_ref());
            dependencies.push(Dependency {
                package: package.to_owned(),
                section,
                line: line_of(text, name.span().start),
            });
        }
    }
}

impl Crate {
    /// The sources that end up in the product: `src` without what is compiled for tests only.
    pub fn product(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(|source| {
            source.inner.starts_with("src/")
                && !self
                    .sources
                    .iter()
                    .any(|parent| is_test_module(parent, &source.inner))
        })
    }

    /// Whether benches use a package and neither `src` nor `tests` do.
    pub fn only_benches_use(&self, package: &str) -> bool {
        let name = package.replace('-', "_");
        let mut used = self
            .sources
            .iter()
            .filter(|source| source.find(&name).next().is_some())
            .peekable();
        used.peek().is_some() && used.all(|source| source.inner.starts_with("benches/"))
    }

    /// A violation in a source of this crate.
    pub fn violation(
        &self,
        source: &Source,
        offset: usize,
        rule: &'static str,
        found: String,
    ) -> Violation {
        Violation {
            file: source.file.clone(),
            line: source.line(offset),
            rule,
            found,
        }
    }
}

/// Whether `parent` declares the module in the file `inner` for tests only.
fn is_test_module(parent: &Source, inner: &str) -> bool {
    let (folder, file) = parent.inner.rsplit_once('/').unwrap_or(("", &parent.inner));
    let folder = match file {
        "lib.rs" | "main.rs" | "mod.rs" => folder.to_owned(),
        _ => format!("{folder}/{}", file.trim_end_matches(".rs")),
    };
    parent.test_modules.iter().any(|name| {
        let module = format!("{folder}/{name}");
        inner == format!("{module}.rs") || inner.starts_with(&format!("{module}/"))
    })
}

impl Workspace {
    /// Reads the workspace that this test belongs to.
    pub fn read() -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let root = root.canonicalize().context("the root of the workspace")?;
        let mut workspace = Self::default();
        for folder in folders(&root.join("crates"))? {
            // A folder without a manifest is a remainder, and cargo knows no such crate.
            if !folder.join("Cargo.toml").is_file() {
                continue;
            }
            workspace.crates.push(read_crate(&root, &folder)?);
        }
        let migrations = root.join("migrations");
        for folder in std::iter::once(migrations.clone()).chain(folders(&migrations)?) {
            let (sqlite, postgres) = (folder.join("sqlite"), folder.join("postgres"));
            if sqlite.is_dir() || postgres.is_dir() {
                workspace.migrations.push(Migrations {
                    folder: relative(&root, &folder),
                    sqlite: migration_names(&sqlite)?,
                    postgres: migration_names(&postgres)?,
                });
            }
        }
        Ok(workspace)
    }

    /// For tests of rules: a workspace of one crate with one source.
    pub fn of_source(name: &str, inner: &str, text: &str) -> Self {
        let source = Source::new(
            format!("crates/{name}/{inner}"),
            inner.to_owned(),
            text.to_owned(),
        );
        let manifest = Manifest {
            file: format!("crates/{name}/Cargo.toml"),
            text: String::new(),
            dependencies: Vec::new(),
        };
        Self {
            crates: vec![Crate {
                name: name.to_owned(),
                manifest,
                sources: vec![source],
            }],
            migrations: Vec::new(),
        }
    }

    /// For tests of rules: a workspace of one crate with a manifest.
    pub fn of_manifest(name: &str, text: &str) -> anyhow::Result<Self> {
        let mut workspace = Self::of_source(name, "src/lib.rs", "");
        for krate in &mut workspace.crates {
            krate.manifest = Manifest::parse(krate.manifest.file.clone(), text.to_owned())?;
        }
        Ok(workspace)
    }
}

fn read_crate(root: &Path, folder: &Path) -> anyhow::Result<Crate> {
    let name = folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let path = folder.join("Cargo.toml");
    let manifest = Manifest::parse(relative(root, &path), read(&path)?)?;
    let mut files = Vec::new();
    for part in ["src", "tests", "benches", "examples"] {
        rust_files(&folder.join(part), &mut files)?;
    }
    files.extend(Some(folder.join("build.rs")).filter(|path| path.is_file()));
    let sources = files
        .iter()
        .map(|path| {
            Ok(Source::new(
                relative(root, path),
                relative(folder, path),
                read(path)?,
            ))
        })
        .collect::<anyhow::Result<_>>()?;
    Ok(Crate {
        name,
        manifest,
        sources,
    })
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
}

/// With `/` on every system.
fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.iter()
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}

/// What stands in a folder, in order of names; nothing if there is no such folder.
fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<anyhow::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn folders(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    Ok(entries(folder)?
        .into_iter()
        .filter(|path| path.is_dir())
        .collect())
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for path in entries(folder)? {
        if path.is_dir() {
            rust_files(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn migration_names(folder: &Path) -> anyhow::Result<Vec<String>> {
    Ok(folders(folder)?
        .iter()
        .map(|path| relative(folder, path))
        .collect())
}

#[test]
fn dependencies_are_read_from_every_section() -> anyhow::Result<()> {
    let text = "[package]\nname = \"x\"\n[dependencies]\na.workspace = true\nb = { package = \"c\", version = \"1\" }\n\
                [dev-dependencies]\nd = \"1\"\n[build-dependencies]\ne = \"1\"\n\
                [target.'cfg(unix)'.dependencies]\nf = \"1\"\n[dependencies.g]\nversion = \"1\"\n";
    let manifest = Manifest::parse("Cargo.toml".to_owned(), text.to_owned())?;
    let mut found: Vec<_> = manifest
        .dependencies
        .iter()
        .map(|d| (d.package.as_str(), d.section, d.line))
        .collect();
    found.sort_by_key(|&(package, ..)| package);
    assert_eq!(
        found,
        [
            ("a", Section::Normal, 4),
            ("c", Section::Normal, 5),
            ("d", Section::Dev, 7),
            ("e", Section::Build, 9),
            ("f", Section::Normal, 11),
            ("g", Section::Normal, 12),
        ]
    );
    assert!(Manifest::parse("Cargo.toml".to_owned(), "[".to_owned()).is_err());
    Ok(())
}

#[test]
fn files_of_test_modules_are_no_product() {
    let source =
        |inner: &str, text: &str| Source::new(inner.to_owned(), inner.to_owned(), text.to_owned());
    let declare = "#[cfg(test)]\nmod tests;\n";
    let mut workspace = Workspace::of_source("x", "src/lib.rs", declare);
    let krate = &mut workspace.crates[0];
    for (inner, text) in [
        ("src/tests.rs", ""),
        ("src/tests/more.rs", ""),
        ("src/a.rs", declare),
        ("src/a/tests.rs", ""),
        ("src/a/b.rs", ""),
        ("src/c/tests.rs", ""),
        ("tests/it/main.rs", ""),
    ] {
        krate.sources.push(source(inner, text));
    }
    let product: Vec<_> = krate
        .product()
        .map(|source| source.inner.as_str())
        .collect();
    assert_eq!(
        product,
        ["src/lib.rs", "src/a.rs", "src/a/b.rs", "src/c/tests.rs"]
    );
}

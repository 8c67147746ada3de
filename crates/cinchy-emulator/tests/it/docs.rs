//! The book in `docs/`: every command on its pages is run, against the real program.
//!
//! A block marked `sh` is a script; all blocks of a page run in one folder, against one emulator with the demo. A `yaml`
//! block that begins with a comment of a file's name is put there first. A block that only starts a server is started on a
//! free port, and stopped. Blocks marked `sh skip` need what a test has not.

use std::path::{Path, PathBuf};

use crate::support::child::Place;

/// Where the commands of the book expect a platform.
const ADDRESS: &str = "http://localhost:8081";

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// A fenced block: its info string and its text.
struct Block {
    kind: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(kind)) => {
                open = Some(Block {
                    kind: kind.trim().to_owned(),
                    text: String::new(),
                });
            }
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block has no end");
    found
}

/// The options of a block that starts a server and nothing else.
fn starts_server(text: &str) -> Option<Vec<String>> {
    let line = text.trim();
    let rest = line.strip_prefix("cinchy-emulator")?;
    let words: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
    let options_only = words.first().is_none_or(|word| word.starts_with("--"));
    (!line.contains('\n') && options_only).then_some(words)
}

/// Runs a page; how many blocks ran.
fn run_page(name: &str) -> usize {
    let page = std::fs::read_to_string(pages().join(name)).unwrap();
    let (there, here) = (Place::new(), Place::new());
    let served = there.serve(&[]);
    let folder = here.path("bin");
    std::fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink(
        env!("CARGO_BIN_EXE_cinchy-emulator"),
        folder.join("cinchy-emulator"),
    )
    .unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let mut ran = 0;
    for block in blocks(&page) {
        if block.kind == "yaml" {
            if let Some(file) = block.text.lines().next().and_then(|l| l.strip_prefix("# ")) {
                here.file(file, &block.text);
            }
            continue;
        }
        if block.kind != "sh" {
            assert!(
                !block.kind.starts_with("sh ") || block.kind == "sh skip",
                "{name}: {}",
                block.kind
            );
            continue;
        }
        ran += 1;
        if let Some(options) = starts_server(&block.text) {
            let options: Vec<&str> = options.iter().map(String::as_str).collect();
            let ended = here.serve(&options).stop();
            assert_eq!(ended.code, Some(0), "{name}: {}\n{}", block.text, ended.err);
            continue;
        }
        let script = block
            .text
            .replace(ADDRESS, served.url().trim_end_matches('/'));
        let output = std::process::Command::new("bash")
            .args(["-euo", "pipefail", "-c", &script])
            .current_dir(here.path("."))
            .env("PATH", &path)
            .env("TMPDIR", here.path("tmp"))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{name}: this ended with {}:\n{}\n{}{}",
            output.status,
            block.text,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
    }
    ran
}

#[test]
fn every_command_of_the_book_runs() {
    let mut names: Vec<String> = std::fs::read_dir(pages())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".md"))
        .collect();
    names.sort();
    let ran: usize = names.iter().map(|name| run_page(name)).sum();
    assert!(ran >= 20, "only {ran} blocks ran");
}

/// The stories of the page about tests are those that are tested: line for line, but for the start.
#[test]
fn the_stories_are_tested() {
    let page = std::fs::read_to_string(pages().join("testing.md")).unwrap();
    let mut told = Vec::new();
    for block in blocks(&page) {
        let tested = match block.kind.as_str() {
            "rust" => "crates/cinchy-testkit/tests/it/main.rs",
            "js" => "e2e/clients/npm.test.mjs",
            "python" => "e2e/clients/test_client.py",
            _ => continue,
        };
        let Some((start, story)) = block.text.split_once('\n') else {
            continue;
        };
        // A recipe for a container, which no test has.
        if !start.contains("Emulator") {
            continue;
        }
        let test = std::fs::read_to_string(pages().join("..").join(tested)).unwrap();
        // How lines are broken is the formatter's.
        let squeezed = |text: &str| -> String {
            text.split_whitespace()
                .collect::<String>()
                .replace(",)", ")")
        };
        let test = squeezed(&test);
        for line in story.lines() {
            assert!(test.contains(&squeezed(line)), "not in {tested}: {line}");
        }
        assert!(story.lines().count() < 9, "{}", block.text);
        told.push(block.kind);
    }
    assert_eq!(told, ["rust", "js", "python"]);
}

/// Each page is in the index, and each link of the book leads somewhere.
#[test]
fn links_lead_somewhere() {
    let index = std::fs::read_to_string(pages().join("README.md")).unwrap();
    for entry in std::fs::read_dir(pages()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.ends_with(".md") {
            continue;
        }
        assert!(
            name == "README.md" || index.contains(&format!("({name})")),
            "{name} is not in the index"
        );
        let page = std::fs::read_to_string(pages().join(&name)).unwrap();
        for link in page
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let file = link.split('#').next().unwrap();
            let elsewhere = link.contains("://") || file.is_empty();
            assert!(elsewhere || pages().join(file).exists(), "{name}: {link}");
        }
    }
}

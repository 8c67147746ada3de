//! A Rust source as the rules see it: code without comments and literals, the literals, and neither of them from parts
//! that are compiled for tests only. A small scanner, so that a file which does not compile yet is read too.

/// A string literal outside test-only parts.
#[derive(Debug)]
pub struct Literal {
    /// Where its text begins in the file.
    pub offset: usize,
    /// The text as written, escapes included.
    pub text: String,
}

/// One Rust file.
#[derive(Debug)]
pub struct Source {
    /// The path from the root of the workspace.
    pub file: String,
    /// The path from the folder of the crate, for example `src/lib.rs`.
    pub inner: String,
    /// The file as it is.
    pub text: String,
    /// The file with comments, the contents of literals and test-only items blanked; offsets are those of `text`.
    pub code: String,
    /// The string literals outside test-only items.
    pub literals: Vec<Literal>,
    /// Names of modules that are declared here for tests only and stand in files of their own.
    pub test_modules: Vec<String>,
}

impl Source {
    /// Splits `text`.
    pub fn new(file: String, inner: String, text: String) -> Self {
        let (mut code, mut literals) = scan(&text);
        let tests = test_only_ranges(&code);
        let mut test_modules = Vec::new();
        for &(start, end) in &tests {
            let item = &code[start..end];
            if let Some(name) = item
                .trim_end()
                .strip_suffix(';')
                .and_then(|item| item.rsplit_once("mod "))
            {
                test_modules.push(name.1.trim().to_owned());
            }
        }
        let mut bytes = code.into_bytes();
        for &(start, end) in &tests {
            blank(&mut bytes, start, end);
        }
        // Blanking replaces whole characters by spaces, so this never changes anything.
        code = String::from_utf8_lossy(&bytes).into_owned();
        literals.retain(|literal| {
            !tests
                .iter()
                .any(|&(start, end)| (start..end).contains(&literal.offset))
        });
        Self {
            file,
            inner,
            text,
            code,
            literals,
            test_modules,
        }
    }

    /// The line of a byte, counted from 1.
    pub fn line(&self, offset: usize) -> usize {
        line_of(&self.text, offset)
    }

    /// Where `needle` stands in the code as whole words.
    pub fn find<'s>(&'s self, needle: &'s str) -> impl Iterator<Item = usize> + 's {
        find_words(&self.code, needle)
    }

    /// Where the path `needle` is named: written out, or taken apart in a `use` with braces.
    pub fn find_path(&self, needle: &str) -> Vec<usize> {
        let mut found: Vec<_> = self.find(needle).collect();
        for offset in self.find("use") {
            let Some(end) = self.code[offset..].find(';') else {
                continue;
            };
            let tree = &self.code[offset + "use".len()..offset + end];
            if tree.contains('{') && find_words(tree, needle).next().is_none() {
                let mut paths = Vec::new();
                expand("", tree, &mut paths);
                if paths
                    .iter()
                    .any(|path| find_words(path, needle).next().is_some())
                {
                    found.push(offset);
                }
            }
        }
        found
    }

    /// The identifier that begins at `offset`; empty if none does.
    pub fn word_at(&self, offset: usize) -> &str {
        let rest = &self.code[offset..];
        &rest[..rest.bytes().take_while(|&byte| is_word(byte)).count()]
    }
}

/// The line of a byte of `text`, counted from 1.
pub fn line_of(text: &str, offset: usize) -> usize {
    text.bytes()
        .take(offset)
        .filter(|&byte| byte == b'\n')
        .count()
        + 1
}

/// Where `needle` stands in `text` and is not a part of a longer word.
pub fn find_words<'t>(text: &'t str, needle: &'t str) -> impl Iterator<Item = usize> + 't {
    let bytes = text.as_bytes();
    let open_start = needle.bytes().next().is_some_and(is_word);
    let open_end = needle.bytes().last().is_some_and(is_word);
    text.match_indices(needle)
        .map(|(at, _)| at)
        .filter(move |&at| {
            let before = at.checked_sub(1).and_then(|at| bytes.get(at));
            let after = bytes.get(at + needle.len());
            !(open_start && before.is_some_and(|&byte| is_word(byte))
                || open_end && after.is_some_and(|&byte| is_word(byte)))
        })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

fn blank(bytes: &mut [u8], start: usize, end: usize) {
    for byte in &mut bytes[start..end] {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

/// Writes the paths of a use tree out: `a::{b, c::{d}}` -> `a::b`, `a::c::d`.
fn expand(prefix: &str, tree: &str, paths: &mut Vec<String>) {
    let Some((head, rest)) = tree.split_once('{') else {
        paths.push(format!("{prefix}{}", tree.trim()));
        return;
    };
    let prefix = format!("{prefix}{}", head.trim());
    let inside = rest.rsplit_once('}').map_or(rest, |(inside, _)| inside);
    let (mut depth, mut start) = (0_usize, 0);
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                expand(&prefix, &inside[start..at], paths);
                start = at + 1;
            }
            _ => {}
        }
    }
    expand(&prefix, &inside[start..], paths);
}

/// The code with comments and the contents of literals blanked, and the string literals.
fn scan(text: &str) -> (String, Vec<Literal>) {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut literals = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let word_before = at > 0 && is_word(bytes[at - 1]);
        if rest.starts_with(b"//") {
            let end = at
                + rest
                    .iter()
                    .position(|&byte| byte == b'\n')
                    .unwrap_or(rest.len());
            blank(&mut code, at, end);
            at = end;
        } else if rest.starts_with(b"/*") {
            let end = at + block_comment(rest);
            blank(&mut code, at, end);
            at = end;
        } else if let Some((open, close)) = (!word_before).then(|| raw_string(rest)).flatten() {
            let start = at + open;
            let end = text[start..]
                .find(&close)
                .map_or(bytes.len(), |length| start + length);
            literals.push(Literal {
                offset: start,
                text: text[start..end].to_owned(),
            });
            blank(&mut code, start, end);
            at = (end + close.len()).min(bytes.len());
        } else if rest[0] == b'"' {
            let start = at + 1;
            let end = start + quoted(&bytes[start..], b'"');
            literals.push(Literal {
                offset: start,
                text: text[start..end].to_owned(),
            });
            blank(&mut code, start, end);
            at = end + 1;
        } else if rest[0] == b'\'' && is_char(&text[at + 1..]) {
            let start = at + 1;
            let end = start + quoted(&bytes[start..], b'\'');
            blank(&mut code, start, end);
            at = end + 1;
        } else {
            at += 1;
        }
    }
    // Only whole literals and comments were blanked, so this never changes anything.
    (String::from_utf8_lossy(&code).into_owned(), literals)
}

/// The length of the block comment that `rest` begins with; they nest.
fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += 1;
        }
    }
    at
}

/// The length of the opening and the text of the end of the raw string that `rest` begins with.
fn raw_string(rest: &[u8]) -> Option<(usize, String)> {
    let mark = [&b"br"[..], b"cr", b"r"]
        .into_iter()
        .find(|mark| rest.starts_with(mark))?;
    let hashes = rest[mark.len()..]
        .iter()
        .take_while(|&&byte| byte == b'#')
        .count();
    let open = mark.len() + hashes;
    (rest.get(open) == Some(&b'"')).then(|| (open + 1, format!("\"{}", "#".repeat(hashes))))
}

/// How far the closing quote is, past escapes.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 0;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    at.min(rest.len())
}

/// Whether a quote begins a character (`'a'`, `'\n'`) and not a lifetime (`'a`).
fn is_char(rest: &str) -> bool {
    let mut chars = rest.chars();
    match chars.next() {
        Some('\\') => true,
        Some(_) => chars.next() == Some('\''),
        None => false,
    }
}

/// The items below `#[cfg(test)]`, attribute included; the whole file below `#![cfg(test)]`.
fn test_only_ranges(code: &str) -> Vec<(usize, usize)> {
    if code.contains("#![cfg(test)]") {
        return vec![(0, code.len())];
    }
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for (start, attribute) in code.match_indices("#[cfg(test)]") {
        if ranges.last().is_some_and(|&(_, end)| start < end) {
            continue;
        }
        let mut depth = 0_usize;
        let mut end = code.len();
        for (at, byte) in code.bytes().enumerate().skip(start + attribute.len()) {
            match byte {
                b'{' | b'(' | b'[' => depth += 1,
                b'}' | b')' | b']' if depth == 0 => {
                    end = at;
                    break;
                }
                b'}' | b')' | b']' => {
                    depth -= 1;
                    if depth == 0 && byte == b'}' {
                        end = at + 1;
                        break;
                    }
                }
                b';' if depth == 0 => {
                    end = at + 1;
                    break;
                }
                _ => {}
            }
        }
        ranges.push((start, end));
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::Source;

    fn source(text: &str) -> Source {
        Source::new("x.rs".to_owned(), "src/x.rs".to_owned(), text.to_owned())
    }

    fn literals(text: &str) -> Vec<String> {
        source(text)
            .literals
            .into_iter()
            .map(|literal| literal.text)
            .collect()
    }

    #[test]
    fn comments_and_literals_are_not_code() {
        let text = r####"// todo!()
/* a /* todo!() */ todo!() */
/// todo!()
fn f<'a>(x: &'a str) -> char { let _ = ("todo!()", 'x', '\'', '"', r#"todo!() " "#, b"todo!()"); g(x) }
"####;
        let source = source(text);
        assert_eq!(source.find("todo!").count(), 0, "{}", source.code);
        assert_eq!(
            source
                .find("g")
                .map(|at| source.line(at))
                .collect::<Vec<_>>(),
            [4]
        );
        assert_eq!(source.code.len(), text.len());
    }

    #[test]
    fn literals_keep_their_text_and_place() {
        assert_eq!(
            literals(r###"a("one", r"two\", r#"th"ree"#, "f\"our", 'x', br"five")"###),
            ["one", r"two\", r#"th"ree"#, r#"f\"our"#, "five"]
        );
        let source = source("\n\nx(\"a\nb\", \"c\");");
        assert_eq!(
            source
                .literals
                .iter()
                .map(|l| source.line(l.offset))
                .collect::<Vec<_>>(),
            [3, 4]
        );
    }

    #[test]
    fn what_is_compiled_for_tests_only_is_left_out() {
        let text = "fn a() { x(); }\n#[cfg(test)]\n#[allow(dead_code)]\nmod tests { fn b(c: [u8; 2]) { x(\"t\"); } }\n\
                    fn d() { x(\"p\"); }\n#[cfg(test)]\nuse x;\n#[cfg(test)]\nmod more;\nfn e() { x() }";
        let source = source(text);
        assert_eq!(
            source
                .find("x")
                .map(|at| source.line(at))
                .collect::<Vec<_>>(),
            [1, 5, 10]
        );
        assert_eq!(source.literals.len(), 1);
        assert_eq!(source.test_modules, ["more"]);
        assert_eq!(
            self::source("#![cfg(test)]\nfn a() { x() }")
                .find("x")
                .count(),
            0
        );
    }

    #[test]
    fn words_are_whole() {
        let source = source("xfs std::fsx a_std::fs std::fs::read");
        assert_eq!(source.find("std::fs").collect::<Vec<_>>(), [23]);
    }

    #[test]
    fn imports_are_written_out() {
        let source = source(
            "use std::{\n  collections::{HashMap, BTreeMap},\n  fs::File,\n};\nuse std::io;",
        );
        assert_eq!(source.find_path("std::fs"), [0]);
        assert_eq!(source.find_path("std::collections::BTreeMap"), [0]);
        assert_eq!(source.find_path("std::io").len(), 1);
        assert!(source.find_path("std::net").is_empty());
    }

    #[test]
    fn unfinished_files_are_read() {
        for text in [
            "\"",
            "'",
            "'\\",
            "r#\"a",
            "/* a",
            "#[cfg(test)]",
            "use a::{b",
            "b'",
            "\"\\",
            "é'é",
            "r#x",
        ] {
            source(text).find_path("a");
        }
    }
}

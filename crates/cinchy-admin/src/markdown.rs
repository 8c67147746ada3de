//! As much of Markdown as the documents of the page Fidelity use: sections with paragraphs, lists, tables and code.

/// A document.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Its title, as HTML.
    pub title: String,
    /// What stands before the first section.
    pub lead: Vec<String>,
    /// Its sections.
    pub sections: Vec<Section>,
}

/// A section.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Heading, as HTML.
    pub title: String,
    /// Whether it stands below another one.
    pub is_part: bool,
    /// Paragraphs, items of lists and blocks of code, as HTML.
    pub texts: Vec<String>,
    /// The heads of its table, as HTML.
    pub heads: Vec<String>,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// A row of a table.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// Cells, as HTML.
    pub cells: Vec<String>,
    /// How sure we are: `good`, `fair`, `bad` or `own`, for a mark beside it; empty in a table that does not say it.
    pub mark: &'static str,
}

impl Page {
    fn add(&mut self, html: String) {
        match self.sections.last_mut() {
            Some(section) => section.texts.push(html),
            None => self.lead.push(html),
        }
    }

    fn add_row(&mut self, line: &str, base: &str) {
        let cells = split(line.strip_suffix('|').unwrap_or(line));
        let Some(section) = self.sections.last_mut() else {
            return;
        };
        let is_rule = |cell: &String| cell.chars().all(|c| "-: ".contains(c));
        if cells.iter().all(is_rule) {
            return;
        }
        let html: Vec<String> = cells.iter().map(|cell| inline(cell, base)).collect();
        if section.heads.is_empty() {
            section.heads = html;
            return;
        }
        let is_said = section.heads.last().is_some_and(|head| head == "rests on");
        let basis = cells.last().filter(|_| is_said);
        section.rows.push(Row {
            cells: html,
            mark: basis.map_or("", |basis| mark(basis)),
        });
    }
}

/// A paragraph or an item of a list under way.
#[derive(Default)]
struct Open {
    text: String,
    is_item: bool,
}

impl Open {
    fn close(&mut self, page: &mut Page, base: &str) {
        let Self { text, is_item } = std::mem::take(self);
        if !text.is_empty() {
            let class = if is_item { " class=\"item\"" } else { "" };
            page.add(format!("<p{class}>{}</p>", inline(&text, base)));
        }
    }
}

/// Reads a document; links to its neighbours lead below `base`.
pub fn read(text: &str, base: &str) -> Page {
    let mut page = Page::default();
    let mut open = Open::default();
    let mut code: Option<String> = None;
    for line in text.lines() {
        let line = line.trim_end();
        if line.starts_with("```") {
            open.close(&mut page, base);
            code = match code {
                None => Some(String::new()),
                Some(text) => {
                    page.add(format!(
                        "<pre tabindex=\"0\"><code>{}</code></pre>",
                        escaped(&text)
                    ));
                    None
                }
            };
        } else if let Some(code) = &mut code {
            code.push_str(line);
            code.push('\n');
        } else if let Some((level, title)) = line
            .split_once("# ")
            .filter(|(level, _)| level.chars().all(|c| c == '#'))
        {
            open.close(&mut page, base);
            if level.is_empty() {
                page.title = inline(title, base);
                continue;
            }
            page.sections.push(Section {
                title: inline(title, base),
                is_part: level.len() > 1,
                ..Section::default()
            });
        } else if line.is_empty() {
            open.close(&mut page, base);
        } else if let Some(cells) = line.strip_prefix('|') {
            open.close(&mut page, base);
            page.add_row(cells, base);
        } else if let Some(item) = line.strip_prefix("* ").or_else(|| line.strip_prefix("- ")) {
            open.close(&mut page, base);
            open = Open {
                text: format!("• {item}"),
                is_item: true,
            };
        } else if line
            .split_once(". ")
            .is_some_and(|(n, _)| n.parse::<u8>().is_ok())
        {
            open.close(&mut page, base);
            open = Open {
                text: line.to_owned(),
                is_item: true,
            };
        } else {
            if !open.text.is_empty() {
                open.text.push(' ');
            }
            open.text.push_str(line.trim());
        }
    }
    open.close(&mut page, base);
    page
}

/// Cells of a row; a bar within code is part of it.
fn split(row: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut code = false;
    for c in row.chars() {
        match c {
            '|' if !code => cells.push(String::new()),
            c => {
                code ^= c == '`';
                if let Some(cell) = cells.last_mut() {
                    cell.push(c);
                }
            }
        }
    }
    cells
        .into_iter()
        .map(|cell| cell.trim().to_owned())
        .collect()
}

/// How sure a basis makes us. What is decided or taken from IdentityServer is no more than inferred of the platform.
fn mark(basis: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| basis.contains(word));
    if has(&["not emulated"]) {
        "bad"
    } else if has(&[
        "guess",
        "inferred",
        "decided",
        "IdentityServer",
        "RFC",
        "not documented",
    ]) {
        "fair"
    } else if has(&["documented", "seen"]) {
        "good"
    } else {
        "own"
    }
}

/// A line as HTML: everything is escaped, `code`, **bold** words and links become elements.
fn inline(text: &str, base: &str) -> String {
    let mut html = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (open, close) = match c {
            '`' => ("`", "`"),
            '*' if rest.starts_with("**") => ("**", "**"),
            '[' => ("[", "]("),
            _ => ("", ""),
        };
        if !open.is_empty()
            && let Some((inner, after)) = rest[open.len()..].split_once(close)
        {
            match open {
                "`" => html.push_str(&format!("<code>{}</code>", escaped(inner))),
                "**" => html.push_str(&format!("<strong>{}</strong>", inline(inner, base))),
                _ => {
                    let (target, after) = after.split_once(')').unwrap_or((after, ""));
                    html.push_str(&link(inner, target, base));
                    rest = after;
                    continue;
                }
            }
            rest = after;
            continue;
        }
        html.push_str(&escaped(&rest[..c.len_utf8()]));
        rest = &rest[c.len_utf8()..];
    }
    html
}

/// A link to a document that the console has; of any other the text.
fn link(text: &str, target: &str, base: &str) -> String {
    let name = target.strip_suffix(".md").unwrap_or_default();
    let html = inline(text.strip_suffix(".md").unwrap_or(text), base);
    if NEIGHBOURS.contains(&name) {
        format!("<a href=\"{}/{name}\">{html}</a>", escaped(base))
    } else {
        html
    }
}

/// Documents that the page Fidelity leads to.
pub const NEIGHBOURS: &[&str] = &["cql", "saml"];

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read() {
        let page = read(
            "# T\n\nOne\nparagraph.\n\n* **a** <b>\n* see [x.md](cql.md), [y](z.md)\n\n## S `c`\n\n1. First\n2. second\n\n```sh\nx <y>\n```\n\n\
             | what | rests on |\n|---|---|\n| `a|b` | guess |\n| z | not emulated: 400 |\n\n### P\n\n| call | what |\n|---|---|\n| f | guess |\n",
            "/i/a/admin/fidelity",
        );
        assert_eq!(page.title, "T");
        assert_eq!(
            page.lead,
            [
                "<p>One paragraph.</p>",
                "<p class=\"item\">• <strong>a</strong> &lt;b&gt;</p>",
                "<p class=\"item\">• see <a href=\"/i/a/admin/fidelity/cql\">x</a>, y</p>"
            ]
        );
        let section = &page.sections[0];
        assert_eq!(section.title, "S <code>c</code>");
        assert_eq!(
            section.texts,
            [
                "<p class=\"item\">1. First</p>",
                "<p class=\"item\">2. second</p>",
                "<pre tabindex=\"0\"><code>x &lt;y&gt;\n</code></pre>"
            ]
        );
        assert_eq!(section.heads, ["what", "rests on"]);
        assert_eq!(section.rows[0].cells, ["<code>a|b</code>", "guess"]);
        let marks =
            |section: &Section| -> Vec<&str> { section.rows.iter().map(|r| r.mark).collect() };
        assert_eq!(marks(section), ["fair", "bad"]);
        let part = &page.sections[1];
        assert!(part.is_part && !section.is_part);
        assert_eq!(marks(part), [""]);
    }

    #[test]
    fn what_is_not_the_platforms_is_not_said_to_be() {
        for (basis, expected) in [
            ("documented; seen", "good"),
            ("documented; that it is so is a guess", "fair"),
            ("not documented; such a token has no user", "fair"),
            ("decided (RFC 9700)", "fair"),
            ("IdentityServer's sources", "fair"),
            ("the emulator's own", "own"),
            ("not emulated", "bad"),
        ] {
            assert_eq!(mark(basis), expected, "{basis}");
        }
    }
}

//! As much of Markdown as `docs/fidelity.md` uses: sections with paragraphs, lists and tables; code and bold words.

/// A document.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Paragraphs before the first section.
    pub lead: Vec<String>,
    /// Its sections.
    pub sections: Vec<Section>,
}

/// A section.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Heading, as HTML.
    pub title: String,
    /// Paragraphs and items of lists, as HTML.
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
    /// How sure we are: `good`, `fair` or `bad`, for a mark beside it.
    pub mark: &'static str,
}

/// Reads a document.
pub fn read(text: &str) -> Page {
    let mut page = Page::default();
    let mut paragraph = String::new();
    let flush = |page: &mut Page, paragraph: &mut String| {
        if !paragraph.is_empty() {
            let html = inline(paragraph);
            match page.sections.last_mut() {
                Some(section) => section.texts.push(html),
                None => page.lead.push(html),
            }
            paragraph.clear();
        }
    };
    for line in text.lines() {
        let line = line.trim_end();
        if let Some(title) = line
            .strip_prefix("## ")
            .or_else(|| line.strip_prefix("### "))
        {
            flush(&mut page, &mut paragraph);
            page.sections.push(Section {
                title: inline(title),
                ..Section::default()
            });
        } else if line.is_empty() || line.starts_with("# ") {
            flush(&mut page, &mut paragraph);
        } else if let Some(cells) = line.strip_prefix('|') {
            flush(&mut page, &mut paragraph);
            let cells = split(cells.strip_suffix('|').unwrap_or(cells));
            let Some(section) = page.sections.last_mut() else {
                continue;
            };
            if cells
                .iter()
                .all(|cell| cell.chars().all(|c| "-: ".contains(c)))
            {
                continue;
            }
            let html: Vec<String> = cells.iter().map(|cell| inline(cell)).collect();
            if section.heads.is_empty() {
                section.heads = html;
            } else {
                let mark = mark(cells.last().map_or("", String::as_str));
                section.rows.push(Row { cells: html, mark });
            }
        } else {
            if let Some(item) = line.strip_prefix("* ").or_else(|| line.strip_prefix("- ")) {
                flush(&mut page, &mut paragraph);
                paragraph.push_str(item);
            } else {
                if !paragraph.is_empty() {
                    paragraph.push(' ');
                }
                paragraph.push_str(line.trim());
            }
        }
    }
    flush(&mut page, &mut paragraph);
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

fn mark(basis: &str) -> &'static str {
    let has = |word: &str| basis.contains(word);
    if has("not emulated") {
        "bad"
    } else if has("guess") || has("inferred") {
        "fair"
    } else {
        "good"
    }
}

/// A line as HTML: everything is escaped, `code` and **bold** become elements, links their text.
fn inline(text: &str) -> String {
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
                "**" => html.push_str(&format!("<strong>{}</strong>", inline(inner))),
                _ => {
                    html.push_str(&inline(inner));
                    rest = after.split_once(')').map_or("", |(_, after)| after);
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
            "# T\n\nOne\nparagraph.\n\n* **a** <b>\n* see [x](y.md)\n\n## S `c`\n\n| what | basis |\n|---|---|\n| `a|b` | guess |\n| z | not emulated: 400 |\n",
        );
        assert_eq!(
            page.lead,
            ["One paragraph.", "<strong>a</strong> &lt;b&gt;", "see x"]
        );
        let section = &page.sections[0];
        assert_eq!(section.title, "S <code>c</code>");
        assert_eq!(section.heads, ["what", "basis"]);
        assert_eq!(section.rows[0].cells, ["<code>a|b</code>", "guess"]);
        assert_eq!(
            (section.rows[0].mark, section.rows[1].mark),
            ("fair", "bad")
        );
    }

    #[test]
    fn the_embedded_document_has_sections() {
        let page = read(include_str!("../../../docs/fidelity.md"));
        assert!(page.sections.len() > 3);
        assert!(page.sections.iter().any(|section| section.rows.len() > 5));
    }
}

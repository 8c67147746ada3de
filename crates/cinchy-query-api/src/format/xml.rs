//! XML as a .NET DataSet writes itself: `<NewDataSet><Table><Name>..</Name></Table></NewDataSet>`. The platform's own shape is
//! not published and no known client asks for it, so this is a guess by the habit of the platform's library: a row is
//! `Table`, a cell that is NULL is left out, and what no element's name may hold is written `_x0020_`.

use cinchy_cql::value::ResultColumn;
use cinchy_storage::statement::Cell;

use super::{Format, base64, push_double, push_int};

/// A writer of `NewDataSet`.
pub struct Xml {
    names: Vec<String>,
    rows: bool,
    in_row: bool,
}

impl Xml {
    /// A writer for these columns.
    pub fn new(columns: &[ResultColumn]) -> Self {
        Self {
            names: columns.iter().map(|c| element_name(&c.name)).collect(),
            rows: false,
            in_row: false,
        }
    }

    fn open_row(&mut self, out: &mut Vec<u8>) {
        if !self.rows {
            self.rows = true;
            out.extend_from_slice(b"<NewDataSet>\r\n");
        }
        if !self.in_row {
            self.in_row = true;
            out.extend_from_slice(b"  <Table>\r\n");
        }
    }
}

/// A column's name as an element's: what may not stand there is `_xHHHH_` (`XmlConvert.EncodeLocalName`).
fn element_name(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for (index, (at, c)) in name.char_indices().enumerate() {
        let allowed = match c {
            // An underscore that looks like the beginning of an escape is one itself.
            '_' => !is_escape(&name[at..]),
            '-' | '.' | '0'..='9' => index > 0,
            c => c.is_alphabetic() || (index > 0 && c.is_alphanumeric()),
        };
        if allowed {
            out.push(c);
        } else if u32::from(c) > 0xFFFF {
            out.push_str(&format!("_x{:08X}_", u32::from(c)));
        } else {
            out.push_str(&format!("_x{:04X}_", u32::from(c)));
        }
    }
    out
}

fn is_escape(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.get(1) == Some(&b'x')
        && bytes.get(6) == Some(&b'_')
        && bytes[2..6].iter().all(u8::is_ascii_hexdigit)
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.extend_from_slice(b"&lt;"),
            '>' => out.extend_from_slice(b"&gt;"),
            '&' => out.extend_from_slice(b"&amp;"),
            // A reader would make a line feed of it.
            '\r' => out.extend_from_slice(b"&#xD;"),
            '\t' | '\n' => out.push(c as u8),
            // XML 1.0 has no way to write these.
            '\0'..'\u{20}' | '\u{FFFE}' | '\u{FFFF}' => {
                out.extend_from_slice("\u{FFFD}".as_bytes())
            }
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

impl Format for Xml {
    fn begin(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"<?xml version=\"1.0\" standalone=\"yes\"?>\r\n");
    }

    fn cell(&mut self, out: &mut Vec<u8>, index: usize, cell: Cell<'_>) {
        self.open_row(out);
        if matches!(cell, Cell::Null) {
            return;
        }
        let Some(name) = self.names.get(index) else {
            return;
        };
        out.extend_from_slice(b"    <");
        out.extend_from_slice(name.as_bytes());
        if matches!(cell, Cell::Text("")) {
            out.extend_from_slice(b" />\r\n");
            return;
        }
        out.push(b'>');
        match cell {
            Cell::Null => {}
            Cell::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
            Cell::Int(value) => push_int(out, value),
            Cell::Double(value) => {
                if !push_double(out, value) {
                    out.extend_from_slice(b"NaN");
                }
            }
            Cell::Text(text) | Cell::Decimal(text) | Cell::DateTime(text) => push_text(out, text),
            Cell::Bytes(bytes) => out.extend_from_slice(base64(bytes).as_bytes()),
        }
        out.extend_from_slice(b"</");
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b">\r\n");
    }

    fn end_row(&mut self, out: &mut Vec<u8>) {
        self.in_row = false;
        out.extend_from_slice(b"  </Table>\r\n");
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self.rows {
            b"</NewDataSet>".as_slice()
        } else {
            b"<NewDataSet />".as_slice()
        });
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_become_elements() {
        for (name, element) in [
            ("Name", "Name"),
            ("Cinchy Id", "Cinchy_x0020_Id"),
            ("1st", "_x0031_st"),
            ("a1", "a1"),
            ("A_B", "A_B"),
            ("_x0020_", "_x005F_x0020_"),
            ("N:a", "N_x003A_a"),
            ("日本", "日本"),
            ("\u{1F98A}", "_x0001F98A_"),
        ] {
            assert_eq!(super::element_name(name), element);
        }
    }
}

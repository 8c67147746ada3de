//! CSV and its kin, as in files that the platform exported (inferred): the names unquoted; texts and yes/no always in
//! quotes; numbers never; NULL and the empty text both `""`; lines end with CR LF.

use cinchy_cql::value::ResultColumn;
use cinchy_storage::statement::Cell;

use super::{Format, base64, push_double, push_int};

/// A writer of delimited lines.
pub struct Delimited {
    names: String,
    delimiter: char,
}

impl Delimited {
    /// A writer for these columns.
    pub fn new(columns: &[ResultColumn], delimiter: char) -> Self {
        let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
        Self {
            names: names.join(&delimiter.to_string()),
            delimiter,
        }
    }
}

fn push_quoted(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for (index, part) in text.split('"').enumerate() {
        if index > 0 {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(part.as_bytes());
    }
    out.push(b'"');
}

impl Format for Delimited {
    fn begin(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.names.as_bytes());
        out.extend_from_slice(b"\r\n");
    }

    fn cell(&mut self, out: &mut Vec<u8>, index: usize, cell: Cell<'_>) {
        if index > 0 {
            let mut buffer = [0; 4];
            out.extend_from_slice(self.delimiter.encode_utf8(&mut buffer).as_bytes());
        }
        match cell {
            Cell::Null => out.extend_from_slice(b"\"\""),
            Cell::Bool(value) => push_quoted(out, if value { "True" } else { "False" }),
            Cell::Int(value) => push_int(out, value),
            Cell::Double(value) => {
                if !push_double(out, value) {
                    out.extend_from_slice(b"\"\"");
                }
            }
            Cell::Decimal(text) => out.extend_from_slice(text.as_bytes()),
            Cell::Text(text) => push_quoted(out, text),
            Cell::DateTime(text) => push_quoted(out, &text.replacen('T', " ", 1)),
            Cell::Bytes(bytes) => push_quoted(out, &base64(bytes)),
        }
    }

    fn end_row(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\r\n");
    }

    fn finish(&mut self, _: &mut Vec<u8>) {}
}

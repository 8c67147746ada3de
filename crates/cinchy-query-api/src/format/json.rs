//! JSON, compressed and expanded (documented; the SDKs' own checks).

use cinchy_cql::value::ResultColumn;
use cinchy_storage::statement::Cell;

use super::{Format, base64, push_double, push_int};

/// Appends a JSON string.
#[inline]
fn push_string(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    out.push(b'"');
    if is_plain(bytes) {
        out.extend_from_slice(bytes);
    } else {
        push_escaped(out, bytes);
    }
    out.push(b'"');
}

/// Few texts need it.
#[cold]
fn push_escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut start = 0;
    for (index, byte) in bytes.iter().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..0x20 => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.extend_from_slice(&bytes[start..index]);
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
                start = index + 1;
                continue;
            }
            _ => continue,
        };
        out.extend_from_slice(&bytes[start..index]);
        out.extend_from_slice(escape);
        start = index + 1;
    }
    out.extend_from_slice(&bytes[start..]);
}

/// Whether nothing is to be escaped. Looks at sixteen bytes at once, as one instruction can; the last ones of a longer text
/// are looked at twice.
#[inline]
fn is_plain(bytes: &[u8]) -> bool {
    let mut found = [0; 16];
    match bytes.last_chunk::<16>() {
        Some(last) => {
            for chunk in bytes.as_chunks::<16>().0 {
                mark(&mut found, chunk);
            }
            mark(&mut found, last);
        }
        None => {
            let mut whole = [b' '; 16];
            whole[..bytes.len()].copy_from_slice(bytes);
            mark(&mut found, &whole);
        }
    }
    u128::from_ne_bytes(found) == 0
}

/// Marks the bytes that are control characters, quotes or backslashes.
#[inline]
fn mark(found: &mut [u8; 16], bytes: &[u8; 16]) {
    for (found, byte) in found.iter_mut().zip(*bytes) {
        *found |= u8::from(byte < 0x20) | u8::from(byte == b'"') | u8::from(byte == b'\\');
    }
}

#[inline]
fn push_value(out: &mut Vec<u8>, cell: Cell<'_>) {
    match cell {
        Cell::Null => out.extend_from_slice(b"null"),
        // Never 0 and 1: apps test for true and false (seen in client code).
        Cell::Bool(true) => out.extend_from_slice(b"true"),
        Cell::Bool(false) => out.extend_from_slice(b"false"),
        Cell::Int(value) => push_int(out, value),
        Cell::Double(value) => {
            if !push_double(out, value) {
                out.extend_from_slice(b"null");
            }
        }
        Cell::Decimal(text) => out.extend_from_slice(text.as_bytes()),
        Cell::Text(text) => push_string(out, text),
        // Without `Z`, which would move the day in a browser west of Greenwich (seen in client code).
        Cell::DateTime(text) => push_string(out, text),
        Cell::Bytes(bytes) => push_string(out, &base64(bytes)),
    }
}

/// `{"schema":[{"columnName":..,"type":..}],"data":[[..]]}`
pub struct Compressed {
    schema: Vec<u8>,
    rows: bool,
}

impl Compressed {
    /// A writer for these columns.
    pub fn new(columns: &[ResultColumn]) -> Self {
        let mut schema = b"{\"schema\":[".to_vec();
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                schema.push(b',');
            }
            schema.extend_from_slice(b"{\"columnName\":");
            push_string(&mut schema, &column.name);
            schema.extend_from_slice(b",\"type\":");
            push_string(&mut schema, column.ty.dotnet_name());
            schema.push(b'}');
        }
        schema.extend_from_slice(b"],\"data\":[");
        Self {
            schema,
            rows: false,
        }
    }
}

impl Format for Compressed {
    fn begin(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.schema);
    }

    fn cell(&mut self, out: &mut Vec<u8>, index: usize, cell: Cell<'_>) {
        if index > 0 {
            out.push(b',');
        } else {
            out.extend_from_slice(if self.rows { b",[" } else { b"[" });
        }
        push_value(out, cell);
    }

    fn end_row(&mut self, out: &mut Vec<u8>) {
        self.rows = true;
        out.push(b']');
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"]}");
    }
}

/// `[{"name":value,..},..]`, or the one object alone.
pub struct Expanded {
    /// `{"first":`, `,"second":` ...
    keys: Vec<Vec<u8>>,
    wrap: bool,
    rows: u64,
    /// Where the first row begins, while it may still turn out to be the only one.
    start: usize,
}

impl Expanded {
    /// A writer for these columns.
    pub fn new(columns: &[ResultColumn], wrap: bool) -> Self {
        let keys = columns
            .iter()
            .enumerate()
            .map(|(index, column)| {
                let mut key = vec![if index == 0 { b'{' } else { b',' }];
                push_string(&mut key, &column.name);
                key.push(b':');
                key
            })
            .collect();
        Self {
            keys,
            wrap,
            rows: 0,
            start: 0,
        }
    }
}

impl Format for Expanded {
    fn begin(&mut self, out: &mut Vec<u8>) {
        self.start = out.len();
        out.push(b'[');
    }

    fn cell(&mut self, out: &mut Vec<u8>, index: usize, cell: Cell<'_>) {
        if index == 0 && self.rows > 0 {
            out.push(b',');
        }
        if let Some(key) = self.keys.get(index) {
            out.extend_from_slice(key);
        }
        push_value(out, cell);
    }

    fn end_row(&mut self, out: &mut Vec<u8>) {
        self.rows += 1;
        out.push(b'}');
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.rows == 1 && !self.wrap {
            out.remove(self.start);
        } else {
            out.push(b']');
        }
    }

    fn may_flush(&self) -> bool {
        self.wrap || self.rows > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each byte at each place of texts of each length, among bytes that a borrow could reach.
    #[test]
    fn what_is_to_be_escaped_is_found_wherever_it_stands() {
        for filler in [b' ', b'a', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xff] {
            for length in 0..40 {
                let mut bytes = vec![filler; length];
                assert!(is_plain(&bytes), "{bytes:?}");
                for place in 0..length {
                    for byte in 0..=u8::MAX {
                        bytes[place] = byte;
                        let plain = byte >= 0x20 && !matches!(byte, b'"' | b'\\');
                        assert_eq!(is_plain(&bytes), plain, "{bytes:?}");
                    }
                    bytes[place] = filler;
                }
            }
        }
    }

    #[test]
    fn strings_are_written_as_json_has_them() {
        for text in [
            "",
            "a",
            "\"",
            "a long text of many letters",
            "é\u{1F600}\\n",
        ] {
            for end in ["", "\u{0}", "\u{1f}", "\n", "\r\t", "\u{7f}", "\\\""] {
                let text = format!("{text}{end}{text}");
                let mut out = Vec::new();
                push_string(&mut out, &text);
                assert_eq!(serde_json::from_slice::<String>(&out).ok(), Some(text));
            }
        }
    }
}

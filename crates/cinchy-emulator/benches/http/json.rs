//! The bytes of a result, written by hand: what the hand loops over the drivers' C interfaces share.

/// What stands before the rows: the compressed JSON of the query API for the bench's columns.
pub fn begin(out: &mut Vec<u8>, columns: &[(&str, &str)]) {
    out.extend_from_slice(b"{\"schema\":[");
    for (index, (name, ty)) in columns.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(
            format!("{{\"columnName\":\"{name}\",\"type\":\"{ty}\"}}").as_bytes(),
        );
    }
    out.extend_from_slice(b"],\"data\":[");
}

/// What stands after them.
pub fn end(out: &mut Vec<u8>) {
    out.extend_from_slice(b"]}");
}

/// A text; the escapes that occur in the bench's data.
pub fn text(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    if text
        .iter()
        .any(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))
    {
        for byte in text {
            match byte {
                b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
                0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                _ => out.push(*byte),
            }
        }
    } else {
        out.extend_from_slice(text);
    }
    out.push(b'"');
}

/// A number; whole ones without a fraction.
pub fn number(out: &mut Vec<u8>, value: f64) {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 10^15")]
        let whole = value as i64;
        out.extend_from_slice(itoa::Buffer::new().format(whole).as_bytes());
    } else {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    }
}

/// Yes/No.
pub fn truth(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

//! Form encoding, as query strings and form bodies have it.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

/// What RFC 3986 calls unreserved stays.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A text as a value of a query or a fragment: percent-encoded, a blank as `%20` and never as `+`.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The pairs of a form in order. `+` is a blank; a pair without `=` has an empty value; bytes that are no UTF-8 become
/// replacement characters.
pub fn pairs(text: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    text.split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = match at {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &[][..]),
            };
            (decode(name), decode(value))
        })
}

/// A name or a value, decoded.
pub(crate) fn decode(text: &[u8]) -> Cow<'_, str> {
    if !text.iter().any(|byte| matches!(byte, b'+' | b'%')) {
        return match str::from_utf8(text) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(text),
        };
    }
    let spaced: Vec<u8> = text
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    let bytes: Vec<u8> = percent_decode(&spaced).collect();
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn forms_are_decoded() {
        let pairs: Vec<_> = super::pairs(b"%40city=Toronto+%26+O%27Hare&a&b=&c=x=y&bad=%ff&&%zz=1")
            .map(|(n, v)| format!("{n}|{v}"))
            .collect();
        assert_eq!(
            pairs,
            [
                "@city|Toronto & O'Hare",
                "a|",
                "b|",
                "c|x=y",
                "bad|\u{fffd}",
                "%zz|1"
            ]
        );
    }
}

//! Pairs of query strings and form bodies, and the token that proves that a form is one of ours and tells which one.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use crate::error::PageError;

/// Name of the field that every form carries.
pub const TOKEN_FIELD: &str = "form_token";

/// What must not stand as it is in a value of a query string.
const VALUE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'\'')
    .add(b'+')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// Decoded pairs in order.
#[derive(Debug, Clone, Default)]
pub struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// Decodes them. A character that no text of the platform can hold (U+0000) is left out; line ends become `\n`.
    pub fn decode(text: &[u8]) -> Self {
        Self(
            cinchy_web::form::pairs(text)
                .map(|(name, value)| {
                    let value = value.replace('\0', "").replace("\r\n", "\n");
                    (name.into_owned(), value)
                })
                .collect(),
        )
    }

    /// The value of this name; the last, when there are several.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut found = self.0.iter().rev().filter(|(n, _)| n == name);
        found.next().map(|(_, value)| value.as_str())
    }

    /// The trimmed value of this name, empty when there is none.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default().trim()
    }

    /// All values of this name.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let found = self.0.iter().filter(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str()).collect()
    }

    /// Whether there is a value of this name at all: a checkbox sends one only when it is ticked.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The number of this name, if it is one.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name).parse().ok()
    }

    /// Whether the texts of these fields are no longer than this. The fields themselves take no more, so what is longer was not
    /// typed there.
    ///
    /// # Errors
    /// The first that is longer.
    pub fn within(&self, limits: &[(&str, usize)]) -> Result<(), PageError> {
        let longer = |(name, most): &&(&str, usize)| self.text(name).chars().count() > *most;
        match limits.iter().find(longer) {
            Some((name, most)) => Err(PageError::Unusable(format!(
                "Nothing was saved: the field “{name}” takes at most {most} characters."
            ))),
            None => Ok(()),
        }
    }

    /// What was typed: all but the token.
    pub fn typed(&self) -> impl Iterator<Item = (&str, &str)> {
        self.iter().filter(|(name, _)| *name != TOKEN_FIELD)
    }

    /// The pairs.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// The query string of these pairs with some replaced: an empty value takes the pair away.
    pub fn with(&self, changes: &[(&str, &str)]) -> String {
        let mut out = String::new();
        let kept = self
            .iter()
            .filter(|(n, v)| !v.is_empty() && !changes.iter().any(|(c, _)| c == n));
        let new = changes.iter().copied().filter(|(_, v)| !v.is_empty());
        for (name, value) in kept.chain(new) {
            out.push(if out.is_empty() { '?' } else { '&' });
            out.push_str(&encode(name));
            out.push('=');
            out.push_str(&encode(value));
        }
        out
    }
}

/// Encodes a value for a query string.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, VALUE).to_string()
}

/// The token of the forms of whoever holds this secret. It is derived, so nothing has to be kept for it, and says nothing
/// about the secret.
pub fn token_of(secret: &str) -> String {
    use std::fmt::Write as _;
    let mut hash = Sha256::new();
    hash.update(b"form of the console\n");
    hash.update(secret.as_bytes());
    hash.finalize()
        .iter()
        .take(20)
        .fold(String::new(), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The token for the forms of one page: with a number that no other page has, so that a form that is sent twice is known
/// from two that say the same.
pub fn of_a_page(token: &str) -> String {
    format!("{token}.{:016x}", rand::random::<u64>())
}

/// What is the same only when one form of one page is sent again as it was, to the same data: an `epoch` ends with a reset.
pub fn key_of(session: &str, epoch: i64, address: &str, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(epoch.to_be_bytes());
    for part in [session.as_bytes(), address.as_bytes()] {
        hash.update(part);
        // Neither holds one.
        hash.update(b"\n");
    }
    hash.update(body);
    hash.finalize().into()
}

/// Whether a form carries the token; takes the same time whatever it carries.
pub fn is_ours(form: &Pairs, token: &str) -> bool {
    let sent = form.get(TOKEN_FIELD).unwrap_or_default();
    let sent = sent.split_once('.').map_or(sent, |(token, _)| token);
    sent.as_bytes().ct_eq(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_strings_are_changed_in_place() {
        let pairs = Pairs::decode(b"q=a+b&sort=name&page=3&empty=");
        assert_eq!(
            pairs.with(&[("page", ""), ("sort", "x&y")]),
            "?q=a%20b&sort=x%26y"
        );
        assert_eq!(Pairs::default().with(&[("page", "")]), "");
        assert_eq!(pairs.number::<u32>("page"), Some(3));
        assert_eq!((pairs.text("none"), pairs.has("empty")), ("", true));
    }

    #[test]
    fn forms_of_others_are_known() {
        let token = token_of("secret");
        let form = |text: &str| Pairs::decode(text.as_bytes());
        assert!(is_ours(&form(&format!("form_token={token}")), &token));
        let (one, other) = (of_a_page(&token), of_a_page(&token));
        assert_ne!(one, other);
        assert!(is_ours(&form(&format!("form_token={one}")), &token));
        for other in ["", "form_token=", "form_token=abc", "form_token=.1"] {
            assert!(!is_ours(&form(other), &token), "{other}");
        }
        assert_ne!(token, token_of("other"));
    }
}

//! Texts that leave the server and come back, and must come back unchanged: HMAC-SHA256 under the instance's key. They are
//! not encrypted.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Seals texts. Each purpose has its own seals, so that one is never taken for another.
pub struct Sealer(hmac::Key);

impl Sealer {
    /// Seals under this key.
    pub fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    fn input(purpose: &str, text: &str) -> Vec<u8> {
        // A purpose has no NUL, so no two inputs give the same bytes.
        [purpose.as_bytes(), &[0], text.as_bytes()].concat()
    }

    /// The seal of a text, base64url.
    pub fn tag(&self, purpose: &str, text: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, &Self::input(purpose, text)))
    }

    /// Whether this is the seal of the text, in constant time.
    pub fn is_tag(&self, purpose: &str, text: &str, tag: &str) -> bool {
        URL_SAFE_NO_PAD
            .decode(tag)
            .is_ok_and(|tag| hmac::verify(&self.0, &Self::input(purpose, text), &tag).is_ok())
    }

    /// The text, base64url, with its seal.
    pub fn seal(&self, purpose: &str, text: &str) -> String {
        let tag = self.tag(purpose, text);
        format!("{}.{tag}", URL_SAFE_NO_PAD.encode(text))
    }

    /// The text of a sealed one; `None` when its seal does not fit.
    pub fn open(&self, purpose: &str, sealed: &str) -> Option<String> {
        let (text, tag) = sealed.split_once('.')?;
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        self.is_tag(purpose, &text, tag).then_some(text)
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(...)")
    }
}

#[cfg(test)]
mod tests {
    use super::Sealer;

    #[test]
    fn only_an_unchanged_text_of_the_same_purpose_is_opened() {
        let sealer = Sealer::new(&[7; 32]);
        let sealed = sealer.seal("error", "text");
        assert_eq!(sealer.open("error", &sealed).as_deref(), Some("text"));
        assert_eq!(sealer.open("logout", &sealed), None);
        assert_eq!(Sealer::new(&[8; 32]).open("error", &sealed), None);
        let (text, tag) = sealed.split_once('.').expect("a dot");
        for bad in [
            String::new(),
            text.to_owned(),
            format!("{text}x.{tag}"),
            format!("{text}."),
            format!("{text}.{tag}A"),
        ] {
            assert_eq!(sealer.open("error", &bad), None, "{bad}");
        }
    }
}

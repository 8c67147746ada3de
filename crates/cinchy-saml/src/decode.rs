//! From what a form carries to the text of a document (rule 1, as far as it is about bytes).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::SamlError;

/// Most bytes of a decoded document.
pub(crate) const MOST_BYTES: usize = 256 * 1024;

const CONFIG: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, CONFIG);

/// Decodes base64 of either alphabet, with or without padding and line breaks. A form that forgot to encode `+` sends a
/// space for it, which is taken as one.
pub(crate) fn document(token: &str) -> Result<String, SamlError> {
    // Four characters for three bytes, and line breaks.
    if token.len() > MOST_BYTES / 2 * 3 {
        return Err(SamlError::TooLarge);
    }
    let packed: String = token
        .trim()
        .chars()
        .filter(|c| !matches!(c, '\r' | '\n' | '\t'))
        .map(|c| if c == ' ' { '+' } else { c })
        .collect();
    let engine = if packed.contains(['-', '_']) {
        &URL_SAFE
    } else {
        &STANDARD
    };
    let bytes = engine.decode(packed).map_err(|_| SamlError::NotBase64)?;
    if bytes.len() > MOST_BYTES {
        return Err(SamlError::TooLarge);
    }
    let text = String::from_utf8(bytes).map_err(|_| SamlError::NotUtf8)?;
    match text.strip_prefix('\u{feff}') {
        Some(rest) => Ok(rest.to_owned()),
        None => Ok(text),
    }
}

//! Result formats. Rows are written straight into the response's buffer.

mod delimited;
mod json;
mod xml;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cinchy_cql::value::ResultColumn;
use cinchy_storage::statement::Cell;

pub use delimited::Delimited;
pub use json::{Compressed, Expanded};
pub use xml::Xml;

use crate::error::ApiError;
use crate::parameters::Pairs;

/// How a result is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// `{"schema":[...],"data":[[...]]}` (documented default).
    CompressedJson,
    /// An array of objects; `wrap` false: a single record as an object of its own (documented).
    ExpandedJson {
        /// WrapSingleRecordInArray.
        wrap: bool,
    },
    /// Lines of values separated by this character.
    Delimited(char),
    /// `<NewDataSet><Table>...` (a guess).
    Xml,
}

impl Shape {
    /// The shape that a call asks for, over what its query stores: the request wins (seen in the SDK).
    ///
    /// # Errors
    /// A format that is unknown, or not written by this version.
    pub fn of(
        pairs: &Pairs,
        stored_format: Option<&str>,
        stored_compress: bool,
    ) -> Result<Self, ApiError> {
        let requested = pairs.option("resultformat").filter(|f| !f.is_empty());
        let format = requested.or(stored_format).unwrap_or("JSON");
        let compress = pairs.flag("compressjson")?.unwrap_or(stored_compress);
        let wrap = pairs.flag("wrapsinglerecordinarray")?.unwrap_or(true);
        let refused = |why: &str| ApiError::Parameter(format!("ResultFormat `{format}` {why}"));
        match format.to_ascii_uppercase().as_str() {
            "JSON" if compress => Ok(Self::CompressedJson),
            "JSON" => Ok(Self::ExpandedJson { wrap }),
            "CSV" => Ok(Self::Delimited(',')),
            "TSV" => Ok(Self::Delimited('\t')),
            "PSV" => Ok(Self::Delimited('|')),
            "DELIMITED_FILE" => {
                let text = pairs.option("delimiter").unwrap_or(",");
                let mut chars = text.chars();
                match (chars.next(), chars.next()) {
                    (Some(c), None) if !matches!(c, '"' | '\r' | '\n') => Ok(Self::Delimited(c)),
                    _ => Err(ApiError::Parameter(format!(
                        "Delimiter must be one character, not `{text}`"
                    ))),
                }
            }
            "XML" => Ok(Self::Xml),
            // Its messages are not published.
            "PROTOBUF" => Err(refused(
                "is not supported by this emulator; ask for JSON, XML or CSV",
            )),
            _ => Err(refused(
                "is unknown; use JSON, XML, CSV, TSV, PSV or DELIMITED_FILE",
            )),
        }
    }

    /// The content type of the answer.
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::CompressedJson | Self::ExpandedJson { .. } => "application/json; charset=utf-8",
            // Not documented; what spreadsheets take.
            Self::Delimited(',') => "text/csv; charset=utf-8",
            Self::Delimited('\t') => "text/tab-separated-values; charset=utf-8",
            Self::Delimited(_) => "text/plain; charset=utf-8",
            Self::Xml => "application/xml; charset=utf-8",
        }
    }

    /// A writer of this shape.
    pub fn writer(&self, columns: &[ResultColumn]) -> Box<dyn Format> {
        match self {
            Self::CompressedJson => Box::new(Compressed::new(columns)),
            Self::ExpandedJson { wrap } => Box::new(Expanded::new(columns, *wrap)),
            Self::Delimited(delimiter) => Box::new(Delimited::new(columns, *delimiter)),
            Self::Xml => Box::new(Xml::new(columns)),
        }
    }
}

/// Writes a result, cell by cell.
pub trait Format: Send {
    /// What stands before the rows.
    fn begin(&mut self, out: &mut Vec<u8>);
    /// The next cell of a row.
    fn cell(&mut self, out: &mut Vec<u8>, index: usize, cell: Cell<'_>);
    /// A row is whole.
    fn end_row(&mut self, out: &mut Vec<u8>);
    /// What stands after the rows.
    fn finish(&mut self, out: &mut Vec<u8>);
    /// Whether what is in the buffer may go out already.
    fn may_flush(&self) -> bool {
        true
    }
}

/// Whole numbers up to this are written without exponent and fraction.
const EXACT: f64 = 1e15;

/// A number as JSON and CSV have it: whole ones without a fraction.
pub(crate) fn push_double(out: &mut Vec<u8>, value: f64) -> bool {
    if !value.is_finite() {
        return false;
    }
    // Cut off, a number that is not whole is another one.
    #[expect(clippy::cast_possible_truncation, reason = "below 10^15 in the end")]
    let whole = value as i64;
    #[expect(
        clippy::cast_precision_loss,
        clippy::float_cmp,
        reason = "exact below 10^15"
    )]
    if whole as f64 == value && value.abs() < EXACT {
        push_int(out, whole);
    } else {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    }
    true
}

pub(crate) fn push_int(out: &mut Vec<u8>, value: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::push_double;

    #[test]
    fn whole_numbers_have_no_fraction() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-7.0, "-7"),
            (0.1, "0.1"),
            (-0.5, "-0.5"),
            (999_999_999_999_999.0, "999999999999999"),
            (-999_999_999_999_999.0, "-999999999999999"),
            (999_999_999_999_999.5, "999999999999999.5"),
            (1e15, "1000000000000000.0"),
            (1e300, "1e+300"),
            (f64::MIN, "-1.7976931348623157e+308"),
            (5e-324, "5e-324"),
        ] {
            let mut out = Vec::new();
            assert!(push_double(&mut out, value));
            assert_eq!(String::from_utf8_lossy(&out), expected);
        }
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut out = Vec::new();
            assert!(!push_double(&mut out, value) && out.is_empty());
        }
    }
}

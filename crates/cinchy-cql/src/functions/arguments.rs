//! Arguments of a call, read by the types that the binder gave them.

use crate::value::Value;

/// The text at this place; the empty one where there is none.
pub(super) fn text(arguments: &[Value], index: usize) -> &str {
    optional_text(arguments, index).unwrap_or_default()
}

/// The text at this place, or `None` for NULL.
pub(super) fn optional_text(arguments: &[Value], index: usize) -> Option<&str> {
    match arguments.get(index) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

/// The integer at this place; 0 where there is none.
pub(super) fn int(arguments: &[Value], index: usize) -> i64 {
    match arguments.get(index) {
        Some(Value::Int(n)) => *n,
        Some(Value::Bool(b)) => i64::from(*b),
        _ => 0,
    }
}

/// The number at this place; 0 where there is none.
pub(super) fn double(arguments: &[Value], index: usize) -> f64 {
    match arguments.get(index) {
        Some(Value::Double(x)) => *x,
        #[expect(clippy::cast_precision_loss, reason = "so does T-SQL")]
        Some(Value::Int(n)) => *n as f64,
        _ => 0.0,
    }
}

/// A count of characters as an index; negative is 0.
pub(super) fn count(n: i64) -> usize {
    usize::try_from(n.max(0)).unwrap_or(usize::MAX)
}

/// A length or position as a value.
pub(super) fn size(n: usize) -> Value {
    Value::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

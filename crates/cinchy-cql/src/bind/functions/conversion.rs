//! Conversions that are written as calls, and new ids.

use super::{Entry, How};
use crate::bind::expression::call;
use crate::functions::strings;
use crate::value::Type;

pub(super) const ENTRIES: &[Entry] = &[Entry {
    name: "NEWID",
    least: 0,
    most: 0,
    how: How::Values(|_, _| Ok(call(&strings::NEWID, Type::Text, Vec::new()))),
}];

//! Functions of numbers.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[];

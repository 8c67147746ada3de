//! Functions of JSON texts.

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[];

//! Functions of dates.

use super::{Entry, How};
use crate::ir::{Scalar, ScalarNode};
use crate::value::{Bind, Type};

pub(super) const ENTRIES: &[Entry] = &[
    now("GETDATE"),
    now("GETUTCDATE"),
    now("SYSDATETIME"),
    now("SYSUTCDATETIME"),
];

const fn now(name: &'static str) -> Entry {
    Entry {
        name,
        least: 0,
        most: 0,
        how: How::Values(|_, _| {
            Ok(Scalar {
                ty: Type::DateTime,
                node: ScalarNode::Constant(Bind::Now),
            })
        }),
    }
}

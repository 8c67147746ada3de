//! `a IS DISTINCT FROM b`: a comparison for which NULL is a value like others, so that it is never unknown.

use sqlparser::ast::Expr;

use super::Binder;
use super::expression::at;
use crate::error::CqlError;
use crate::ir::{Comparison, Condition};

impl Binder<'_> {
    /// Whether two values are the same, or both NULL. It is said by conditions that there are, so that links and lists
    /// mean in it what they mean in `=` and IS NULL.
    pub(super) fn not_distinct(
        &mut self,
        left: &Expr,
        right: &Expr,
    ) -> Result<Condition, CqlError> {
        let (a, b) = (self.operand(left)?, self.operand(right)?);
        let equal = self.compare(Comparison::Equal, a, b, at(left))?;
        let mut none = Vec::with_capacity(2);
        let mut some = vec![equal];
        for side in [left, right] {
            none.push(self.is_null(side, false)?);
            some.push(self.is_null(side, true)?);
        }
        Ok(Condition::Or(vec![
            Condition::And(some),
            Condition::And(none),
        ]))
    }
}

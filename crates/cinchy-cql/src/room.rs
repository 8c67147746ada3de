//! Stack for what recurses over a text: the parser, the binder, the renderer, and whoever drops their trees. A text that
//! cannot need much runs where it is; others get a stack of their own, which takes the system a while to make.

/// A stack on which any text within the limits of [`syntax`](crate::syntax) has room many times over, in debug builds too.
const STACK: usize = 32 << 20;

const KIB: usize = 1 << 10;
/// What a text without any nesting takes, with links of links (measured in a release build, as what follows, and doubled).
const BASE: usize = 320 * KIB;
/// A bracket that opens: a call, a sub-query, a nested expression.
const BRACKET: usize = 32 * KIB;
/// An operator, which may stand before another one.
const OPERATOR: usize = 16 * KIB;
/// A word: most may continue a chain.
const WORD: usize = 4 * KIB;
/// A word that may stand within its like.
const NESTING_WORD: usize = 40 * KIB;
const NESTING_WORDS: [&str; 7] = ["BEGIN", "CASE", "ELSE", "EXISTS", "IF", "NOT", "WHILE"];
/// Debug builds take more for all of it.
const SCALE: usize = if cfg!(debug_assertions) { 16 } else { 1 };

/// Stack that a text may need, in bytes: an upper bound, found without reading it closely.
pub(crate) fn of(text: &str) -> usize {
    let operators = text
        .bytes()
        .filter(|byte| b"+-*/%&|^~=<>!".contains(byte))
        .count();
    let brackets = text.bytes().filter(|byte| *byte == b'(').count();
    let words = text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .map(|word| {
            let nests = NESTING_WORDS
                .iter()
                .any(|nesting| word.eq_ignore_ascii_case(nesting));
            if nests { NESTING_WORD } else { WORD }
        });
    (BASE + operators * OPERATOR + brackets * BRACKET + words.sum::<usize>()) * SCALE
}

/// Runs a step of compiling where its recursion has so much room.
pub(crate) fn with<T>(room: usize, work: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(room.min(STACK / 2), STACK, work)
}

/// Runs a step of compiling where any recursion has room.
pub(crate) fn deep<T>(work: impl FnOnce() -> T) -> T {
    with(STACK / 2, work)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Usual statements run on the stack of a thread, which has 2 MiB; those that nest do not.
    #[test]
    fn only_texts_that_nest_get_a_stack() {
        let usual = "SELECT TOP 50 e.[Name], e.[Manager].[Name] AS 'Boss', ISNULL(e.[Salary], 0) * 12 AS 'Year' \
                     FROM [HR].[Employees] e WHERE e.[Deleted] IS NULL AND e.[Active] = 1 AND (e.[Team] = @team OR @team = '') \
                     AND e.[Started] >= DATEADD(day, -30, GETDATE()) ORDER BY e.[Name] DESC";
        assert!(of(usual) / SCALE < 1536 * KIB);
        for nested in [
            "(".repeat(90),
            "NOT ".repeat(90),
            "- ".repeat(200),
            "BEGIN ".repeat(60),
            "AND a ".repeat(400),
        ] {
            assert!(of(&nested) / SCALE > 2048 * KIB, "{nested}");
        }
    }
}

//! Functions that measure texts, cut them and put them together. Positions and lengths count characters, from 1.

use super::arguments::{count, int, optional_text, size, text};
use super::{Function, Sql, letters};
use crate::error::CqlError;
use crate::value::Value;

/// All of this file.
pub(super) const ALL: &[&Function] = &[
    &LEN,
    &LOWER,
    &UPPER,
    &LTRIM,
    &RTRIM,
    &TRIM,
    &TRIM_CHARACTERS,
    &TRIM_LEADING,
    &TRIM_TRAILING,
    &PREFIX,
    &LEFT,
    &RIGHT,
    &SLICE,
    &SUBSTRING,
    &STUFF,
    &CHARINDEX,
    &REPLACE,
    &REPLICATE,
    &REVERSE,
    &CONCAT_WS,
    &NEWID,
    &GUID,
];

/// Longest text that REPLICATE and SPACE make (T-SQL: 8000 bytes).
const LONGEST: usize = 8_000;

/// `LEN(text)`: blanks at the end do not count (documented).
pub(crate) static LEN: Function = Function {
    name: "len",
    strict: true,
    evaluate: Some(|args, _| Ok(size(text(args, 0).trim_end_matches(' ').chars().count()))),
    sqlite: Sql::Words("length(rtrim({0}, ' '))"),
    postgres: Sql::Words("length(rtrim({0}, ' '))"),
};

/// `LOWER(text)`, of any script.
pub(crate) static LOWER: Function = Function {
    name: "lower",
    strict: true,
    evaluate: Some(|args, _| Ok(Value::Text(letters::lower(text(args, 0))))),
    sqlite: Sql::Native("cql_lower"),
    postgres: Sql::Letters("lower"),
};

/// `UPPER(text)`, of any script.
pub(crate) static UPPER: Function = Function {
    name: "upper",
    strict: true,
    evaluate: Some(|args, _| Ok(Value::Text(letters::upper(text(args, 0))))),
    sqlite: Sql::Native("cql_upper"),
    postgres: Sql::Letters("upper"),
};

/// `LTRIM(text)`: blanks only.
pub(crate) static LTRIM: Function = Function {
    name: "ltrim",
    strict: true,
    evaluate: Some(|args, _| {
        Ok(Value::Text(
            text(args, 0).trim_start_matches(' ').to_owned(),
        ))
    }),
    sqlite: Sql::Words("ltrim({0}, ' ')"),
    postgres: Sql::Words("ltrim({0}, ' ')"),
};

/// `RTRIM(text)`: blanks only.
pub(crate) static RTRIM: Function = Function {
    name: "rtrim",
    strict: true,
    evaluate: Some(|args, _| Ok(Value::Text(text(args, 0).trim_end_matches(' ').to_owned()))),
    sqlite: Sql::Words("rtrim({0}, ' ')"),
    postgres: Sql::Words("rtrim({0}, ' ')"),
};

/// `TRIM(text)`: blanks only.
pub(crate) static TRIM: Function = Function {
    name: "trim",
    strict: true,
    evaluate: Some(|args, _| Ok(Value::Text(text(args, 0).trim_matches(' ').to_owned()))),
    sqlite: Sql::Words("trim({0}, ' ')"),
    postgres: Sql::Words("btrim({0}, ' ')"),
};

/// `TRIM(characters FROM text)`, with the text first.
pub(crate) static TRIM_CHARACTERS: Function = Function {
    name: "trim_characters",
    strict: true,
    evaluate: Some(|args, _| {
        let set = text(args, 1);
        Ok(Value::Text(
            text(args, 0).trim_matches(|c| set.contains(c)).to_owned(),
        ))
    }),
    sqlite: Sql::Native("trim"),
    postgres: Sql::Native("btrim"),
};

/// `TRIM(LEADING characters FROM text)`, with the text first.
pub(crate) static TRIM_LEADING: Function = Function {
    name: "trim_leading",
    strict: true,
    evaluate: Some(|args, _| {
        let set = text(args, 1);
        let trimmed = text(args, 0).trim_start_matches(|c| set.contains(c));
        Ok(Value::Text(trimmed.to_owned()))
    }),
    sqlite: Sql::Native("ltrim"),
    postgres: Sql::Native("ltrim"),
};

/// `TRIM(TRAILING characters FROM text)`, with the text first.
pub(crate) static TRIM_TRAILING: Function = Function {
    name: "trim_trailing",
    strict: true,
    evaluate: Some(|args, _| {
        let set = text(args, 1);
        let trimmed = text(args, 0).trim_end_matches(|c| set.contains(c));
        Ok(Value::Text(trimmed.to_owned()))
    }),
    sqlite: Sql::Native("rtrim"),
    postgres: Sql::Native("rtrim"),
};

/// The first n characters; n is a constant and not negative.
pub(crate) static PREFIX: Function = Function {
    name: "prefix",
    strict: true,
    evaluate: Some(|args, _| Ok(first(text(args, 0), int(args, 1)))),
    sqlite: Sql::Words("substr({0}, 1, {1})"),
    postgres: Sql::Words("substr({0}, 1, {1})"),
};

/// `LEFT(text, n)`: a negative n is an error.
pub(crate) static LEFT: Function = Function {
    name: "left",
    strict: true,
    evaluate: Some(|args, _| {
        let n = int(args, 1);
        if n < 0 {
            return Err(CqlError::InvalidLength {
                function: "LEFT or SUBSTRING",
            });
        }
        Ok(first(text(args, 0), n))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_left"),
};

/// `RIGHT(text, n)`: a negative n is an error.
pub(crate) static RIGHT: Function = Function {
    name: "right",
    strict: true,
    evaluate: Some(|args, _| {
        let (text, n) = (text(args, 0), int(args, 1));
        if n < 0 {
            return Err(CqlError::InvalidLength { function: "RIGHT" });
        }
        let skipped = text.chars().count().saturating_sub(count(n));
        Ok(Value::Text(text.chars().skip(skipped).collect()))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_right"),
};

/// `SUBSTRING` of a start from 1 and a length that is not negative, both constants.
pub(crate) static SLICE: Function = Function {
    name: "slice",
    strict: true,
    evaluate: Some(substring),
    sqlite: Sql::Native("substr"),
    postgres: Sql::Native("substr"),
};

/// `SUBSTRING(text, start, length)`: a start before 1 eats of the length, a negative length is an error.
pub(crate) static SUBSTRING: Function = Function {
    name: "substring",
    strict: true,
    evaluate: Some(substring),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_substring"),
};

/// `STUFF(text, start, length, new)`: NULL where start is not in the text; a NULL in place of the new text deletes.
pub(crate) static STUFF: Function = Function {
    name: "stuff",
    strict: false,
    evaluate: Some(|args, _| {
        if args.iter().take(3).any(|a| *a == Value::Null) {
            return Ok(Value::Null);
        }
        let (whole, start, length) = (text(args, 0), int(args, 1), int(args, 2));
        if start < 1 || count(start) > whole.chars().count() || length < 0 {
            return Ok(Value::Null);
        }
        let before = count(start) - 1;
        let mut stuffed: String = whole.chars().take(before).collect();
        stuffed.push_str(optional_text(args, 3).unwrap_or_default());
        stuffed.extend(whole.chars().skip(before.saturating_add(count(length))));
        Ok(Value::Text(stuffed))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_stuff"),
};

/// `CHARINDEX(part, text, start)`: the place from 1, or 0; a start before 1 is 1. The empty part is nowhere.
pub(crate) static CHARINDEX: Function = Function {
    name: "charindex",
    strict: true,
    evaluate: Some(|args, _| {
        let (part, whole) = (text(args, 0), text(args, 1));
        let skipped = count(int(args, 2).max(1)) - 1;
        let Some((from, _)) = whole.char_indices().nth(skipped) else {
            return Ok(Value::Int(0));
        };
        if part.is_empty() {
            return Ok(Value::Int(0));
        }
        Ok(match whole[from..].find(part) {
            Some(at) => size(whole[..from + at].chars().count() + 1),
            None => Value::Int(0),
        })
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_charindex"),
};

/// `REPLACE(text, old, new)`: case matters (seen); an empty old text changes nothing.
pub(crate) static REPLACE: Function = Function {
    name: "replace",
    strict: true,
    evaluate: Some(|args, _| {
        let (whole, old) = (text(args, 0), text(args, 1));
        Ok(Value::Text(if old.is_empty() {
            whole.to_owned()
        } else {
            whole.replace(old, text(args, 2))
        }))
    }),
    sqlite: Sql::Native("replace"),
    postgres: Sql::Native("replace"),
};

/// `REPLICATE(text, n)`, and `SPACE(n)`: a negative n gives NULL. The result is cut at 8000 characters, unless the text is
/// longer itself (T-SQL counts 8000 bytes).
pub(crate) static REPLICATE: Function = Function {
    name: "replicate",
    strict: true,
    evaluate: Some(|args, _| {
        let (text, n) = (text(args, 0), int(args, 1));
        if n < 0 {
            return Ok(Value::Null);
        }
        let length = text.chars().count();
        let wanted = length.saturating_mul(count(n)).min(length.max(LONGEST));
        Ok(Value::Text(text.chars().cycle().take(wanted).collect()))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_replicate"),
};

/// `REVERSE(text)`, by characters.
pub(crate) static REVERSE: Function = Function {
    name: "reverse",
    strict: true,
    evaluate: Some(|args, _| Ok(Value::Text(text(args, 0).chars().rev().collect()))),
    sqlite: Sql::Rust,
    postgres: Sql::Native("reverse"),
};

/// `CONCAT_WS(separator, ..)`: leaves NULLs out, with their separator. The separator is never NULL here.
pub(crate) static CONCAT_WS: Function = Function {
    name: "concat_ws",
    strict: false,
    evaluate: Some(|args, _| {
        let parts: Vec<&str> = (1..args.len())
            .filter_map(|i| optional_text(args, i))
            .collect();
        Ok(Value::Text(parts.join(text(args, 0))))
    }),
    sqlite: Sql::Native("concat_ws"),
    postgres: Sql::Native("concat_ws"),
};

/// The text of a GUID, in upper case: the text, 1 to give NULL for what is none.
pub(crate) static GUID: Function = Function {
    name: "guid",
    strict: true,
    evaluate: Some(|args, _| {
        let [Value::Text(text), Value::Int(attempt)] = args else {
            return Ok(Value::Null);
        };
        let bare = text.trim().trim_start_matches('{').trim_end_matches('}');
        let bare = bare.get(..36).unwrap_or(bare);
        let fits = bare.len() == 36
            && bare.char_indices().all(|(i, c)| match i {
                8 | 13 | 18 | 23 => c == '-',
                _ => c.is_ascii_hexdigit(),
            });
        match (fits, attempt) {
            (true, _) => Ok(Value::Text(bare.to_uppercase())),
            (false, 0) => Err(CqlError::NotAGuid),
            (false, _) => Ok(Value::Null),
        }
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_guid"),
};

/// `NEWID()`: a new GUID in upper case.
pub(crate) static NEWID: Function = Function {
    name: "newid",
    strict: true,
    evaluate: None,
    sqlite: Sql::Words("cql_newid()"),
    postgres: Sql::Words("upper(gen_random_uuid()::text)"),
};

fn first(text: &str, n: i64) -> Value {
    Value::Text(text.chars().take(count(n)).collect())
}

fn substring(args: &[Value], _: crate::value::Type) -> Result<Value, CqlError> {
    let (start, length) = (int(args, 1), int(args, 2));
    if length < 0 {
        return Err(CqlError::InvalidLength {
            function: "LEFT or SUBSTRING",
        });
    }
    let end = start.saturating_add(length).max(1);
    let start = start.max(1);
    let part = text(args, 0)
        .chars()
        .skip(count(start) - 1)
        .take(count(end.saturating_sub(start)));
    Ok(Value::Text(part.collect()))
}

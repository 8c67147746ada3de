//! Functions of single characters, of patterns and of how texts are written.

use super::arguments::{int, size, text};
use super::{Function, Sql};
use crate::error::CqlError;
use crate::like;
use crate::value::Value;

/// All of this file.
pub(super) const ALL: &[&Function] = &[
    &ASCII,
    &CHAR,
    &UNICODE,
    &NCHAR,
    &PATINDEX,
    &QUOTENAME,
    &TRANSLATE,
    &STRING_ESCAPE,
    &SOUNDEX,
    &DIFFERENCE,
];

/// Characters 128 to 159 of code page 1252, which CHAR and ASCII go by; the others are those of Unicode. A blank is a
/// place without a character.
const CODE_PAGE: &str = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ";

/// `ASCII(text)`: the code of the first character, 63 (`?`) where code page 1252 has none; NULL of the empty text.
pub(crate) static ASCII: Function = Function {
    name: "ascii",
    strict: true,
    evaluate: Some(|args, _| {
        let Some(c) = text(args, 0).chars().next() else {
            return Ok(Value::Null);
        };
        let code = match u32::from(c) {
            code @ (0..=127 | 160..=255) => i64::from(code),
            _ => CODE_PAGE
                .chars()
                .position(|own| own == c)
                .map_or(63, |at| 128 + i64::try_from(at).unwrap_or(0)),
        };
        Ok(Value::Int(code))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_ascii"),
};

/// `CHAR(n)`: the character of code page 1252; NULL outside 0 to 255. PostgreSQL has no character 0: it is refused.
pub(crate) static CHAR: Function = Function {
    name: "char",
    strict: true,
    evaluate: Some(|args, _| {
        let n = int(args, 0);
        let c = match u8::try_from(n) {
            Ok(0) => return Err(CqlError::NoCharacterZero),
            Ok(n @ 128..=159) => CODE_PAGE.chars().nth(usize::from(n - 128)),
            Ok(n) => return Ok(Value::Text(char::from(n).to_string())),
            Err(_) => None,
        };
        Ok(c.filter(|c| *c != ' ')
            .map_or(Value::Null, |c| Value::Text(c.to_string())))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_char"),
};

/// `UNICODE(text)`: the code point of the first character; NULL of the empty text.
pub(crate) static UNICODE: Function = Function {
    name: "unicode",
    strict: true,
    evaluate: Some(|args, _| {
        let first = text(args, 0).chars().next();
        Ok(first.map_or(Value::Null, |c| Value::Int(u32::from(c).into())))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Words("ascii(NULLIF({0}, ''))"),
};

/// `NCHAR(n)`: the character of a code point; NULL where there is none (halves of surrogate pairs among them).
pub(crate) static NCHAR: Function = Function {
    name: "nchar",
    strict: true,
    evaluate: Some(|args, _| {
        let n = int(args, 0);
        if n == 0 {
            return Err(CqlError::NoCharacterZero);
        }
        let c = u32::try_from(n).ok().and_then(char::from_u32);
        Ok(c.map_or(Value::Null, |c| Value::Text(c.to_string())))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_nchar"),
};

/// `PATINDEX(pattern, text)`: where the first match of a pattern of LIKE begins, or 0.
pub(crate) static PATINDEX: Function = Function {
    name: "patindex",
    strict: true,
    evaluate: Some(|args, _| {
        let (pattern, whole) = (text(args, 0), text(args, 1));
        let Some(open) = pattern.strip_prefix('%') else {
            return Ok(Value::Int(like::like(whole, pattern, None).into()));
        };
        // Whether it occurs at all is one walk; where, is one for each place.
        if !like::like(whole, pattern, None) {
            return Ok(Value::Int(0));
        }
        let open = open.trim_start_matches('%');
        if open.is_empty() {
            return Ok(Value::Int((!whole.is_empty()).into()));
        }
        let mut places = whole.char_indices().map(|(at, _)| at).enumerate();
        let found = places.find(|(_, at)| like::like(&whole[*at..], open, None));
        Ok(found.map_or(Value::Int(0), |(index, _)| size(index + 1)))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_patindex"),
};

/// `QUOTENAME(text, quote)`: NULL for more than 128 characters and for what is no quote.
pub(crate) static QUOTENAME: Function = Function {
    name: "quotename",
    strict: true,
    evaluate: Some(|args, _| {
        let (name, quote) = (text(args, 0), text(args, 1));
        let pair = match quote {
            "[" | "]" => ('[', ']'),
            "(" | ")" => ('(', ')'),
            "<" | ">" => ('<', '>'),
            "{" | "}" => ('{', '}'),
            "'" => ('\'', '\''),
            "\"" => ('"', '"'),
            "`" => ('`', '`'),
            _ => return Ok(Value::Null),
        };
        if name.chars().count() > 128 {
            return Ok(Value::Null);
        }
        let (open, close) = pair;
        let doubled = name.replace(close, &format!("{close}{close}"));
        Ok(Value::Text(format!("{open}{doubled}{close}")))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_quotename"),
};

/// `TRANSLATE(text, from, to)`: character by character; the first mention of a character counts.
pub(crate) static TRANSLATE: Function = Function {
    name: "translate",
    strict: true,
    evaluate: Some(|args, _| {
        let from: Vec<char> = text(args, 1).chars().collect();
        let to: Vec<char> = text(args, 2).chars().collect();
        if from.len() != to.len() {
            return Err(CqlError::UnequalTranslation);
        }
        let translated = text(args, 0).chars().map(|c| {
            let at = from.iter().position(|own| *own == c);
            at.and_then(|at| to.get(at)).copied().unwrap_or(c)
        });
        Ok(Value::Text(translated.collect()))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_translate"),
};

/// `STRING_ESCAPE(text, 'json')`.
pub(crate) static STRING_ESCAPE: Function = Function {
    name: "string_escape",
    strict: true,
    evaluate: Some(|args, _| {
        if !text(args, 1).eq_ignore_ascii_case("json") {
            return Err(CqlError::InvalidArgument { number: 2 });
        }
        Ok(Value::Text(json_escaped(text(args, 0))))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_string_escape"),
};

/// `SOUNDEX(text)`: a letter and three digits; `0000` where the first character is no letter.
pub(crate) static SOUNDEX: Function = Function {
    name: "soundex",
    strict: true,
    evaluate: Some(|args, _| Ok(Value::Text(soundex(text(args, 0))))),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_soundex"),
};

/// `DIFFERENCE(a, b)`: in how many of four places the two SOUNDEX are equal.
pub(crate) static DIFFERENCE: Function = Function {
    name: "difference",
    strict: true,
    evaluate: Some(|args, _| {
        let (a, b) = (soundex(text(args, 0)), soundex(text(args, 1)));
        Ok(size(
            a.chars().zip(b.chars()).filter(|(a, b)| a == b).count(),
        ))
    }),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_difference"),
};

/// A text as it stands between the quotes of a JSON string (T-SQL escapes the slash too).
pub(super) fn json_escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' => out.push_str("\\/"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// Vowels part equal digits, H and W do not; whatever is no letter ends the word (T-SQL since 2012).
fn soundex(text: &str) -> String {
    let digit = |c: char| match c {
        'B' | 'F' | 'P' | 'V' => '1',
        'C' | 'G' | 'J' | 'K' | 'Q' | 'S' | 'X' | 'Z' => '2',
        'D' | 'T' => '3',
        'L' => '4',
        'M' | 'N' => '5',
        'R' => '6',
        'H' | 'W' => '-',
        _ => '0',
    };
    let mut letters = text
        .chars()
        .map(|c| c.to_ascii_uppercase())
        .take_while(char::is_ascii_uppercase);
    let Some(first) = letters.next() else {
        return "0000".to_owned();
    };
    let mut code = first.to_string();
    let mut last = digit(first);
    for letter in letters {
        let own = digit(letter);
        if own == '-' {
            continue;
        }
        if own != '0' && own != last {
            code.push(own);
        }
        last = own;
    }
    code.chars().chain("000".chars()).take(4).collect()
}

#[cfg(test)]
mod tests {
    use super::{CODE_PAGE, soundex};

    #[test]
    fn soundex_of_names() {
        for (name, code) in [
            ("Raul", "R400"),
            ("Rahul", "R400"),
            ("Robert", "R163"),
            ("Tymczak", "T522"),
            ("Pfister", "P236"),
            ("Ashcraft", "A261"),
            ("Honeyman", "H555"),
            ("", "0000"),
            ("1a", "0000"),
            ("a b", "A000"),
        ] {
            assert_eq!(soundex(name), code, "{name}");
        }
    }

    #[test]
    fn the_code_page_is_whole() {
        assert_eq!(CODE_PAGE.chars().count(), 32);
    }
}

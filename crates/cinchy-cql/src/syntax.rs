//! From text to syntax trees: text parameters, limits on size and depth, `sqlparser` with a dialect of our own, and
//! its errors in the platform's words. No names are resolved here.

mod dialect;
mod refused;

use sqlparser::ast::{Expr, Query, Spanned, Statement};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError, ParserOptions};
use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Tokenizer};

use crate::assignment;
use crate::error::{CqlError, Position};
use crate::hints;

pub(crate) use dialect::CqlDialect;

/// Longest text of a statement, in bytes (our limit).
const MAX_TEXT: usize = 1024 * 1024;
/// Deepest nesting of brackets, calls and CASE (our limit; the parser counts).
const MAX_NESTING: usize = 100;
/// Longest run of operators that build one deep expression, brackets included (SQLite takes 1000 levels).
const MAX_CHAIN: usize = 500;
/// AND and OR of one statement; they are rendered balanced, so that no database meets their depth.
const MAX_CONNECTIVES: usize = 5_000;

/// The position where a piece of syntax starts; the parser has none for a few.
pub(crate) fn position(span: Span) -> Option<Position> {
    (span.start.line > 0).then_some(Position {
        line: span.start.line,
        column: span.start.column,
    })
}

/// Puts text parameters in: each `{n}` with a value is replaced literally, wherever it stands (documented).
pub(crate) fn substitute(text: &str, parameters: &[(u32, String)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, number, after)) = next_placeholder(rest) {
        out.push_str(before);
        match parameters.iter().find(|(n, _)| *n == number) {
            Some((_, value)) => out.push_str(value),
            None => out.push_str(&rest[before.len()..rest.len() - after.len()]),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The next `{n}`: the text before it, its number, the text behind it.
pub(crate) fn next_placeholder(text: &str) -> Option<(&str, u32, &str)> {
    let mut from = 0;
    while let Some(open) = text[from..].find('{').map(|i| i + from) {
        let digits = text[open + 1..]
            .bytes()
            .take_while(u8::is_ascii_digit)
            .count();
        let close = open + 1 + digits;
        if digits > 0
            && text.as_bytes().get(close) == Some(&b'}')
            && let Ok(number) = text[open + 1..close].parse()
        {
            return Some((&text[..open], number, &text[close + 1..]));
        }
        from = open + 1;
    }
    None
}

/// Tokens of a text, checked against the limits.
pub(crate) fn tokens(text: &str) -> Result<Vec<TokenWithSpan>, CqlError> {
    if text.len() > MAX_TEXT {
        return Err(CqlError::TooMany {
            what: "bytes",
            limit: MAX_TEXT,
        });
    }
    let tokens = Tokenizer::new(&CqlDialect::default(), text)
        .tokenize_with_location()
        .map_err(|e| {
            let position = Position {
                line: e.location.line,
                column: e.location.column,
            };
            CqlError::Syntax {
                message: format!("Incorrect syntax at {position}: {}", e.message),
                position: Some(position),
            }
        })?;
    check_depth(&tokens)?;
    refused::check(&tokens)?;
    Ok(hints::keep_counts(hints::take_out(
        assignment::spelled_out(tokens),
    )))
}

/// Refuses operator chains so long that their tree would be too deep for a database. Every level of brackets has a
/// count of its own, and the counts of open levels add up; a comma, AND or OR starts anew.
fn check_depth(tokens: &[TokenWithSpan]) -> Result<(), CqlError> {
    let mut levels = vec![0_usize];
    let mut total = 0_usize;
    let mut connectives = 0_usize;
    for token in tokens {
        match &token.token {
            Token::LParen => {
                levels.push(1);
                total += 1;
            }
            Token::RParen if levels.len() > 1 => total -= levels.pop().unwrap_or(0),
            Token::Comma | Token::SemiColon => reset(&mut levels, &mut total),
            Token::Word(word) if word.quote_style.is_none() => match word.keyword {
                Keyword::AND | Keyword::OR => {
                    connectives += 1;
                    reset(&mut levels, &mut total);
                }
                Keyword::SELECT | Keyword::FROM | Keyword::WHERE | Keyword::JOIN | Keyword::ON => {
                    reset(&mut levels, &mut total);
                }
                Keyword::IS
                | Keyword::IN
                | Keyword::LIKE
                | Keyword::NOT
                | Keyword::COLLATE
                | Keyword::BETWEEN => {
                    count(&mut levels, &mut total);
                }
                _ => {}
            },
            Token::Whitespace(_) | Token::Word(_) | Token::Number(..) | Token::Period => {}
            Token::SingleQuotedString(_) | Token::NationalStringLiteral(_) => {}
            _ => count(&mut levels, &mut total),
        }
        if total > MAX_CHAIN {
            return Err(CqlError::NestedTooDeeply {
                position: position(token.span),
            });
        }
    }
    if connectives > MAX_CONNECTIVES {
        return Err(CqlError::TooMany {
            what: "AND and OR",
            limit: MAX_CONNECTIVES,
        });
    }
    Ok(())
}

fn reset(levels: &mut [usize], total: &mut usize) {
    if let Some(level) = levels.last_mut() {
        *total -= *level;
        *level = 0;
    }
}

fn count(levels: &mut [usize], total: &mut usize) {
    if let Some(level) = levels.last_mut() {
        *level += 1;
        *total += 1;
    }
}

/// Parses a script of at most one statement.
pub(crate) fn parse_statement(text: &str) -> Result<Option<Statement>, CqlError> {
    let tokens = tokens(text)?;
    let end = end_of(&tokens);
    let dialect = CqlDialect::default();
    let mut statements = parser(&dialect, tokens)
        .parse_statements()
        .map_err(|e| placed_at_end(syntax_error(e), end))?;
    if let Some(second) = statements.get(1) {
        return Err(CqlError::Unsupported {
            what: "a script of several statements".to_owned(),
            position: position(second.span()),
        });
    }
    Ok(statements.pop())
}

/// Parses a script of exactly one SELECT.
pub(crate) fn parse_select(text: &str) -> Result<Box<Query>, CqlError> {
    let first = || {
        let tokens = tokens(text).ok()?;
        let mut tokens = tokens.iter();
        let first = tokens.find(|t| !matches!(t.token, Token::Whitespace(_)))?;
        position(first.span)
    };
    match parse_statement(text)? {
        Some(Statement::Query(query)) => Ok(query),
        Some(other) => {
            let text = other.to_string();
            let word = text
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .to_uppercase();
            let position = position(other.span()).or_else(first);
            Err(CqlError::Unsupported {
                what: format!("the statement {word}"),
                position,
            })
        }
        None => Err(CqlError::Syntax {
            message: "The query is empty".to_owned(),
            position: None,
        }),
    }
}

/// Parses a fragment: one expression or condition over one table, e.g. a row filter.
pub(crate) fn parse_fragment(text: &str) -> Result<Expr, CqlError> {
    let tokens = tokens(text)?;
    let end = end_of(&tokens);
    let dialect = CqlDialect::default();
    let mut parser = parser(&dialect, tokens);
    let expression = parser
        .parse_expr()
        .map_err(|e| placed_at_end(syntax_error(e), end))?;
    let next = parser.peek_token();
    if next.token != Token::EOF {
        return Err(incorrect(
            &next.token.to_string(),
            position(next.span),
            None,
        ));
    }
    Ok(expression)
}

pub(crate) fn parser(dialect: &CqlDialect, tokens: Vec<TokenWithSpan>) -> Parser<'_> {
    Parser::new(dialect)
        .with_recursion_limit(MAX_NESTING)
        .with_options(ParserOptions {
            require_semicolon_stmt_delimiter: false,
            ..ParserOptions::default()
        })
        .with_tokens_with_locations(tokens)
}

/// `Incorrect syntax near 'x' at line 2, column 5: an expression is expected`.
fn incorrect(near: &str, position: Option<Position>, expected: Option<&str>) -> CqlError {
    let near = match near {
        "EOF" => END.to_owned(),
        near => format!("'{near}'"),
    };
    let place = position.map(|p| format!(" at {p}")).unwrap_or_default();
    let expected = expected
        .map(|e| format!(": {e} expected"))
        .unwrap_or_default();
    CqlError::Syntax {
        message: format!("Incorrect syntax near {near}{place}{expected}"),
        position,
    }
}

const END: &str = "the end of the text";

/// The place behind the last token.
pub(crate) fn end_of(tokens: &[TokenWithSpan]) -> Option<Position> {
    let last = tokens
        .iter()
        .rfind(|t| !matches!(t.token, Token::Whitespace(_) | Token::EOF))?;
    Some(Position {
        line: last.span.end.line,
        column: last.span.end.column,
    })
}

/// Gives an error at the end of a text, whose place the parser does not tell, that place.
pub(crate) fn placed_at_end(error: CqlError, end: Option<Position>) -> CqlError {
    match (error, end) {
        (
            CqlError::Syntax {
                message,
                position: None,
            },
            Some(end),
        ) if message.contains(END) => CqlError::Syntax {
            message: message.replacen(END, &format!("{END} at {end}"), 1),
            position: Some(end),
        },
        (error, _) => error,
    }
}

/// The parser's errors are texts: `Expected: an expression, found: FROM at Line: 1, Column: 8`.
pub(crate) fn syntax_error(error: ParserError) -> CqlError {
    let text = match error {
        ParserError::RecursionLimitExceeded => return CqlError::NestedTooDeeply { position: None },
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text,
    };
    let (body, position) = match text.rsplit_once(" at Line: ") {
        Some((body, place)) => {
            let numbers = place.split_once(", Column: ").and_then(|(line, column)| {
                Some(Position {
                    line: line.trim().parse().ok()?,
                    column: column.trim().parse().ok()?,
                })
            });
            (body, numbers)
        }
        None => (text.as_str(), None),
    };
    let expected = body
        .strip_prefix("Expected")
        .map(|rest| rest.trim_start_matches([':', ' ']));
    match expected.and_then(|rest| rest.rsplit_once(", found: ")) {
        Some((expected, found)) => incorrect(found, position, Some(expected)),
        None => {
            let place = position.map(|p| format!(" at {p}")).unwrap_or_default();
            CqlError::Syntax {
                message: format!("Incorrect syntax{place}: {body}"),
                position,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn text_parameters_are_replaced_everywhere() {
        let values = [(0, "HR".to_owned()), (10, "x{0}".to_owned())];
        assert_eq!(
            substitute("[{0}].[T] '{10}' {1} {a} {", &values),
            "[HR].[T] 'x{0}' {1} {a} {"
        );
    }

    #[test]
    fn errors_name_token_and_place() {
        for (text, expect) in [
            (
                "SELECT FROM [A].[B]",
                "Incorrect syntax near 'FROM' at line 1, column 13: an expression expected",
            ),
            (
                "SELECT 1,\n  'a",
                "Incorrect syntax at line 2, column 3: Unterminated string literal",
            ),
            (
                "SELECT (1",
                "Incorrect syntax near the end of the text at line 1, column 10: ) expected",
            ),
            ("", "The query is empty"),
            (
                "SELECT 1 SELECT 2",
                "a script of several statements is not supported at line 1, column 10",
            ),
        ] {
            assert_eq!(parse_select(text).unwrap_err().to_string(), expect);
        }
    }

    #[test]
    fn deep_texts_are_refused() {
        for text in [
            format!("SELECT {}1", "1+".repeat(100_000)),
            format!("SELECT {}1{}", "(".repeat(400), ")".repeat(400)),
            format!("SELECT {}1", "- ".repeat(600)),
            format!("SELECT 1 WHERE {}1 = 1", "NOT ".repeat(600)),
        ] {
            assert!(
                matches!(parse_select(&text), Err(CqlError::NestedTooDeeply { .. })),
                "{}",
                &text[..20]
            );
        }
    }
}

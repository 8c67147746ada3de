//! What is refused by its words, before the parser meets them: it has no place for some, and does not read others.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::position;
use crate::error::CqlError;

/// Refuses FOR XML, LIMIT and PARSE where they are nothing else: all three words may be names, too.
pub(super) fn check(tokens: &[TokenWithSpan]) -> Result<(), CqlError> {
    let tokens: Vec<&TokenWithSpan> = tokens
        .iter()
        .filter(|t| !matches!(t.token, Token::Whitespace(_)))
        .collect();
    for (index, token) in tokens.iter().enumerate() {
        let Token::Word(word) = &token.token else {
            continue;
        };
        if word.quote_style.is_some() {
            continue;
        }
        let rest = tokens.get(index + 1..).unwrap_or_default();
        let what = match word.value.to_ascii_uppercase().as_str() {
            "FOR" if is_xml(rest) => "FOR XML".to_owned(),
            "LIMIT" if matches!(rest, [next, ..] if matches!(next.token, Token::Number(..))) => {
                "LIMIT".to_owned()
            }
            name @ ("PARSE" | "TRY_PARSE") if has_type(rest) => format!("the function {name}"),
            _ => continue,
        };
        return Err(CqlError::Unsupported {
            what,
            position: position(token.span),
        });
    }
    Ok(())
}

fn is_one_of(token: &TokenWithSpan, words: &[&str]) -> bool {
    matches!(&token.token, Token::Word(word) if word.quote_style.is_none()
        && words.iter().any(|w| word.value.eq_ignore_ascii_case(w)))
}

/// `XML PATH` and its kin.
fn is_xml(tokens: &[&TokenWithSpan]) -> bool {
    matches!(tokens, [xml, mode, ..] if is_one_of(xml, &["XML"])
        && is_one_of(mode, &["PATH", "RAW", "AUTO", "EXPLICIT"]))
}

/// `(value AS type ...`.
fn has_type(tokens: &[&TokenWithSpan]) -> bool {
    let mut depth = 0_usize;
    for token in tokens {
        match &token.token {
            Token::LParen => depth += 1,
            Token::RParen if depth <= 1 => return false,
            Token::RParen => depth -= 1,
            _ if depth == 0 => return false,
            _ if depth == 1 && is_one_of(token, &["AS"]) => return true,
            _ => {}
        }
    }
    false
}

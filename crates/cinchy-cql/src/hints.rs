//! What the stock parser does not take and tokens can say in another way.
//!
//! `OPTION (...)` behind a statement: hints for the planner of SQL Server, which have nothing to tell here. Only
//! `MAXRECURSION n` changes what a statement gives; it is handed on in the one form that the parser has for settings.
//!
//! `FETCH NEXT @n ROWS`: the parser takes a constant only, so the tokens of the expression become one.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Word};

/// The setting that stands for `MAXRECURSION`.
pub(crate) const MAX_RECURSION: &str = "MAXRECURSION";

/// Takes the hints out of the tokens of a script.
pub(crate) fn take_out(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    if !tokens.iter().any(|t| is_word(&t.token, "OPTION")) {
        return tokens;
    }
    let mut kept = Vec::with_capacity(tokens.len());
    let mut rest = tokens.into_iter().peekable();
    while let Some(token) = rest.next() {
        if !is_word(&token.token, "OPTION") {
            kept.push(token);
            continue;
        }
        let mut blanks = Vec::new();
        while let Some(blank) = rest.next_if(|t| matches!(t.token, Token::Whitespace(_))) {
            blanks.push(blank);
        }
        if rest.next_if(|t| t.token == Token::LParen).is_none() {
            kept.push(token);
            kept.append(&mut blanks);
            continue;
        }
        let mut depth = 1_usize;
        let mut inner = Vec::new();
        for token in rest.by_ref() {
            match token.token {
                Token::LParen => depth += 1,
                Token::RParen => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            if !matches!(token.token, Token::Whitespace(_)) {
                inner.push(token.token);
            }
        }
        if let Some(limit) = inner.windows(2).find_map(recursion) {
            kept.extend(setting(limit, token.span));
        }
    }
    kept
}

/// Makes one token of the expression in `FETCH NEXT .. ROWS`.
pub(crate) fn keep_counts(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    if !tokens.iter().any(|t| is_word(&t.token, "FETCH")) {
        return tokens;
    }
    let mut kept: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut rest = tokens.into_iter().peekable();
    // 1 behind FETCH, 2 behind FETCH NEXT.
    let mut state = 0;
    while let Some(token) = rest.next() {
        if matches!(token.token, Token::Whitespace(_)) {
            kept.push(token);
            continue;
        }
        if state == 2 {
            state = 0;
            let span = token.span;
            let mut expression = vec![token];
            let ends = |t: &TokenWithSpan| is_word(&t.token, "ROW") || is_word(&t.token, "ROWS");
            while let Some(next) = rest.next_if(|t| !ends(t)) {
                expression.push(next);
            }
            if rest.peek().is_none() || expression.first().is_some_and(ends) {
                kept.append(&mut expression);
                continue;
            }
            let text: String = expression.iter().map(|t| t.token.to_string()).collect();
            let text = text.trim();
            let token = if text.bytes().all(|b| b.is_ascii_digit()) {
                Token::Number(text.to_owned(), false)
            } else {
                Token::Placeholder(text.to_owned())
            };
            kept.push(TokenWithSpan { token, span });
            continue;
        }
        state = match state {
            _ if is_word(&token.token, "FETCH") => 1,
            1 if is_word(&token.token, "NEXT") || is_word(&token.token, "FIRST") => 2,
            _ => 0,
        };
        kept.push(token);
    }
    kept
}

fn recursion(pair: &[Token]) -> Option<String> {
    match pair {
        [word, Token::Number(digits, _)] if is_word(word, MAX_RECURSION) => Some(digits.clone()),
        _ => None,
    }
}

/// ` SETTINGS MAXRECURSION = n`, all at the place of the hint.
fn setting(limit: String, span: Span) -> Vec<TokenWithSpan> {
    let word = |value: &str, keyword: Keyword| {
        Token::Word(Word {
            value: value.to_owned(),
            quote_style: None,
            keyword,
        })
    };
    [
        word("SETTINGS", Keyword::SETTINGS),
        word(MAX_RECURSION, Keyword::NoKeyword),
        Token::Eq,
        Token::Number(limit, false),
    ]
    .into_iter()
    .map(|token| TokenWithSpan { token, span })
    .collect()
}

fn is_word(token: &Token, wanted: &str) -> bool {
    matches!(token, Token::Word(word)
        if word.quote_style.is_none() && word.value.eq_ignore_ascii_case(wanted))
}

//! Compound assignments of UPDATE, `SET [Salary] += 5`. The stock parser knows `=` only, so the column is put in once more
//! (`[Salary] = [Salary] += 5`), and the operator behind it binds weaker than any other.

use sqlparser::ast::{BinaryOperator, Expr};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// Weaker than OR: all that follows is the operand.
pub(crate) const PRECEDENCE: u8 = 1;

fn operator_of(token: &Token) -> Option<BinaryOperator> {
    Some(match token {
        Token::Plus => BinaryOperator::Plus,
        Token::Minus => BinaryOperator::Minus,
        Token::Mul => BinaryOperator::Multiply,
        Token::Div => BinaryOperator::Divide,
        Token::Mod => BinaryOperator::Modulo,
        Token::Ampersand => BinaryOperator::BitwiseAnd,
        Token::Pipe => BinaryOperator::BitwiseOr,
        Token::Caret => BinaryOperator::BitwiseXor,
        _ => return None,
    })
}

/// The operator of a compound assignment that comes next.
pub(crate) fn operator(parser: &Parser) -> Option<BinaryOperator> {
    let operator = operator_of(&parser.peek_token_ref().token)?;
    (parser.peek_nth_token_ref(1).token == Token::Eq).then_some(operator)
}

/// Reads it and its operand.
pub(crate) fn infix(
    parser: &mut Parser,
    left: &Expr,
    op: BinaryOperator,
) -> Result<Expr, ParserError> {
    parser.next_token();
    parser.next_token();
    let right = parser.parse_subexpr(PRECEDENCE)?;
    Ok(Expr::BinaryOp {
        left: Box::new(left.clone()),
        op,
        right: Box::new(Expr::Nested(Box::new(right))),
    })
}

/// Puts `= column` in front of the operators of compound assignments.
pub(crate) fn spelled_out(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let compound = |pair: &[TokenWithSpan]| matches!(pair, [a, b] if operator_of(&a.token).is_some() && b.token == Token::Eq);
    if !tokens.windows(2).any(compound) {
        return tokens;
    }
    let mut out: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len() + 16);
    for (index, token) in tokens.iter().enumerate() {
        if tokens.get(index..index + 2).is_some_and(compound)
            && let Some(target) = target(&out)
        {
            out.push(TokenWithSpan::new(Token::Eq, token.span));
            out.extend(target);
        }
        out.push(token.clone());
    }
    out
}

/// The column name that a text ends with, where it is one that SET assigns to: it follows SET or a comma.
fn target(before: &[TokenWithSpan]) -> Option<Vec<TokenWithSpan>> {
    let blank = |t: &&TokenWithSpan| matches!(t.token, Token::Whitespace(_));
    let end = before.len() - before.iter().rev().take_while(blank).count();
    let mut start = end;
    loop {
        let Token::Word(word) = &before.get(start.checked_sub(1)?)?.token else {
            return None;
        };
        if word.quote_style.is_none() && word.value.starts_with('@') {
            return None;
        }
        start -= 1;
        if start == 0 || before[start - 1].token != Token::Period {
            break;
        }
        start -= 1;
    }
    let previous = before[..start].iter().rev().find(|t| !blank(t))?;
    let assigns = match &previous.token {
        Token::Comma => true,
        Token::Word(word) => word.quote_style.is_none() && word.keyword == Keyword::SET,
        _ => false,
    };
    assigns.then(|| before[start..end].to_vec())
}

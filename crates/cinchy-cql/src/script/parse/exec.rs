//! EXEC, and INSERT of what it gives.

use sqlparser::ast::{Expr, Ident, ObjectName};
use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{ExecText, Kind, Parsed, Reader, stock};
use crate::error::{CqlError, Position};
use crate::script::Statement;
use crate::syntax;

impl Reader<'_> {
    /// `EXEC [Domain].[Saved Query]`, `EXEC ('text')`, `EXEC sp_executesql`.
    pub(super) fn exec(&mut self) -> Parsed<Kind> {
        let position = self.here();
        self.parser.next_token();
        if self.parser.consume_token(&Token::LParen) {
            let text = self.expression()?;
            self.expect(&Token::RParen, ")")?;
            return Ok(Kind::ExecText(Box::new(ExecText {
                text,
                declarations: None,
                arguments: Vec::new(),
            })));
        }
        if self.takes("sp_executesql") {
            return self.exec_text();
        }
        let name = stock(self.parser.parse_object_name(false))?;
        let (domain, name) = saved_query(&name, position)?;
        let mut arguments: Vec<(Option<Ident>, Expr)> = Vec::new();
        while self.sees_argument() {
            let position = self.here();
            let argument = self.argument()?;
            if argument.0.is_none() && arguments.iter().any(|(name, _)| name.is_some()) {
                return Err(CqlError::Syntax {
                    message:
                        "An argument behind one of the form '@name = value' must have a name too"
                            .to_owned(),
                    position,
                });
            }
            arguments.push(argument);
            if !self.parser.consume_token(&Token::Comma) {
                break;
            }
        }
        Ok(Kind::Exec {
            domain,
            name,
            arguments,
        })
    }

    /// The tokens up to EXEC, where `INSERT [INTO] table [(columns)] EXEC` comes.
    fn before_exec(&self) -> Option<usize> {
        let token = |index: usize| &self.parser.peek_nth_token_ref(index).token;
        let is_word = |index: usize, word: &str| {
            matches!(token(index), Token::Word(w)
                if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
        };
        let mut index = if is_word(1, "INTO") { 2 } else { 1 };
        while matches!(token(index), Token::Word(_)) && *token(index + 1) == Token::Period {
            index += 2;
        }
        index += 1;
        if *token(index) == Token::LParen {
            while *token(index) != Token::RParen {
                if *token(index) == Token::EOF {
                    return None;
                }
                index += 1;
            }
            index += 1;
        }
        (is_word(index, "EXEC") || is_word(index, "EXECUTE")).then_some(index)
    }

    pub(super) fn inserts_exec(&self) -> bool {
        self.before_exec().is_some()
    }

    /// `INSERT INTO table EXEC ..`: the rows go into the table by way of a temporary one.
    pub(super) fn insert_exec(&mut self) -> Parsed<Kind> {
        let Some(count) = self.before_exec() else {
            return self.expected("EXEC");
        };
        let mut tokens: Vec<TokenWithSpan> = (0..count)
            .map(|index| self.parser.peek_nth_token_ref(index).clone())
            .collect();
        // Anything that may stand there: the rows come when the script runs.
        tokens.extend(syntax::tokens("VALUES (NULL)")?);
        let dialect = syntax::CqlDialect::default();
        let insert = stock(syntax::parser(&dialect, tokens).parse_statement())?;
        for _ in 0..count {
            self.parser.next_token();
        }
        let position = self.here();
        let kind = self.exec()?;
        Ok(Kind::InsertExec {
            insert: Box::new(insert),
            exec: Box::new(Statement { kind, position }),
        })
    }

    /// Whether an argument of EXEC comes: a variable or a constant (T-SQL).
    fn sees_argument(&self) -> bool {
        match self.peek() {
            Token::Word(word) if word.quote_style.is_none() => {
                word.value.starts_with('@') || word.value.eq_ignore_ascii_case("NULL")
            }
            Token::SingleQuotedString(_)
            | Token::NationalStringLiteral(_)
            | Token::HexStringLiteral(_)
            | Token::Number(..)
            | Token::Minus => true,
            _ => false,
        }
    }

    /// `@name = value`, or a value.
    fn argument(&mut self) -> Parsed<(Option<Ident>, Expr)> {
        let named = matches!(self.peek(), Token::Word(w) if w.value.starts_with('@'))
            && self.parser.peek_nth_token_ref(1).token == Token::Eq;
        let name = if named {
            let name = self.variable()?;
            self.expect(&Token::Eq, "=")?;
            Some(name)
        } else {
            None
        };
        Ok((name, self.expression()?))
    }

    /// What follows `EXEC sp_executesql`.
    fn exec_text(&mut self) -> Parsed<Kind> {
        let text = self.expression()?;
        let mut declarations = None;
        let mut arguments = Vec::new();
        if self.parser.consume_token(&Token::Comma) {
            declarations = Some(self.expression()?);
        }
        while declarations.is_some() && self.parser.consume_token(&Token::Comma) {
            arguments.push(self.argument()?);
            if self.sees("OUTPUT") || self.sees("OUT") {
                return Err(CqlError::Unsupported {
                    what: "OUTPUT of sp_executesql".to_owned(),
                    position: self.here(),
                });
            }
        }
        Ok(Kind::ExecText(Box::new(ExecText {
            text,
            declarations,
            arguments,
        })))
    }
}

/// Domain and name of `EXEC [Domain].[Saved Query]`.
fn saved_query(name: &ObjectName, position: Option<Position>) -> Parsed<(Ident, Ident)> {
    let parts: Vec<&Ident> = name.0.iter().filter_map(|p| p.as_ident()).collect();
    match parts.as_slice() {
        [domain, query] | [_, domain, query] => Ok(((*domain).clone(), (*query).clone())),
        _ => Err(CqlError::Unsupported {
            what: format!("EXEC {name}: a saved query is named [Domain].[Name], and this"),
            position,
        }),
    }
}

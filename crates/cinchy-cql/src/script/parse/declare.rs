//! DECLARE and SET.

use sqlparser::ast::{BinaryOperator, Expr, Ident};
use sqlparser::tokenizer::{Location, Token};

use super::{Kind, Parsed, Reader, declared, stock};
use crate::error::CqlError;
use crate::script::Declaration;
use crate::syntax;

impl Reader<'_> {
    pub(super) fn variable(&mut self) -> Parsed<Ident> {
        match self.peek() {
            Token::Word(w) if w.quote_style.is_none() && w.value.starts_with('@') => {
                stock(self.parser.parse_identifier())
            }
            _ => self.expected("a variable"),
        }
    }

    pub(super) fn declare(&mut self) -> Parsed<Kind> {
        self.parser.next_token();
        if self.follows("CURSOR") {
            return Err(CqlError::Unsupported {
                what: "CURSOR".to_owned(),
                position: self.here(),
            });
        }
        let mut found = Vec::new();
        loop {
            let name = self.variable()?;
            self.declares(&name)?;
            self.takes("AS");
            if self.takes("TABLE") {
                let (columns, constraints) = stock(self.parser.parse_columns())?;
                found.push(Declaration::Table {
                    name,
                    columns,
                    constraints,
                });
            } else {
                if self.sees("CURSOR") {
                    return Err(CqlError::Unsupported {
                        what: "CURSOR".to_owned(),
                        position: self.here(),
                    });
                }
                let data_type = Box::new(declared(stock(self.parser.parse_data_type())?));
                let value = if self.parser.consume_token(&Token::Eq) {
                    Some(Box::new(self.expression()?))
                } else {
                    None
                };
                found.push(Declaration::Variable {
                    name,
                    data_type,
                    value,
                });
            }
            if !self.parser.consume_token(&Token::Comma) {
                return Ok(Kind::Declare(found));
            }
        }
    }

    /// Notes that a variable is declared, wherever in its batch: a second time is an error (T-SQL).
    fn declares(&mut self, name: &Ident) -> Parsed<()> {
        let before = |go: &&Location| **go < name.span.start;
        let batch = self.batches.iter().filter(before).count();
        let declared = (batch, name.value.to_lowercase());
        if self.declared.contains(&declared) {
            return Err(CqlError::DeclaredTwice {
                name: name.value.clone(),
                position: syntax::position(name.span),
            });
        }
        self.declared.push(declared);
        Ok(())
    }

    pub(super) fn set(&mut self) -> Parsed<Kind> {
        self.parser.next_token();
        if !matches!(self.peek(), Token::Word(w) if w.value.starts_with('@')) {
            return self.set_option();
        }
        let name = self.variable()?;
        let operator = match self.peek() {
            Token::Plus => Some(BinaryOperator::Plus),
            Token::Minus => Some(BinaryOperator::Minus),
            Token::Mul => Some(BinaryOperator::Multiply),
            Token::Div => Some(BinaryOperator::Divide),
            Token::Mod => Some(BinaryOperator::Modulo),
            Token::Ampersand => Some(BinaryOperator::BitwiseAnd),
            Token::Pipe => Some(BinaryOperator::BitwiseOr),
            Token::Caret => Some(BinaryOperator::BitwiseXor),
            _ => None,
        };
        if operator.is_some() {
            self.parser.next_token();
        }
        self.expect(&Token::Eq, "=")?;
        let value = self.expression()?;
        let value = match operator {
            None => value,
            Some(op) => Expr::BinaryOp {
                left: Box::new(Expr::Identifier(name.clone())),
                op,
                right: Box::new(Expr::Nested(Box::new(value))),
            },
        };
        Ok(Kind::Set { name, value })
    }

    /// `SET NOCOUNT ON`, `SET XACT_ABORT, ANSI_NULLS OFF`: read and without effect.
    fn set_option(&mut self) -> Parsed<Kind> {
        let at = self.here();
        loop {
            match self.peek() {
                Token::Word(word) => {
                    let last = ["ON", "OFF"]
                        .iter()
                        .any(|w| word.value.eq_ignore_ascii_case(w));
                    self.parser.next_token();
                    if last {
                        return Ok(Kind::Nothing);
                    }
                }
                Token::Comma => {
                    self.parser.next_token();
                }
                _ => {
                    return Err(CqlError::Unsupported {
                        what: "this form of SET".to_owned(),
                        position: at,
                    });
                }
            }
        }
    }
}

//! From tokens to a [`Script`]. The statements that the stock parser builds wrong trees of (RETURN, blocks without `;`,
//! WHILE, TRY) are read here; the rest is the stock parser's, one statement at a time.

use std::ops::ControlFlow;

use sqlparser::ast::{
    CharacterLength, DataType, Expr, FunctionArguments, Ident, VisitMut, VisitorMut,
};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Whitespace};

mod declare;
mod delete;
mod exec;
mod variables;

use super::{Declaration, ExecText, Kind, Script, Statement};
use crate::error::{CqlError, Position};
use crate::syntax;

/// Blocks within each other (our limit; each is a level of recursion).
const MAX_BLOCKS: usize = 64;

/// Parses a text.
pub(super) fn script(text: &str) -> Result<Script, CqlError> {
    let mut tokens = syntax::tokens(text)?;
    let batches = separate_batches(&mut tokens);
    let reads_system = tokens.iter().any(|t| is_system(&t.token));
    let end = syntax::end_of(&tokens);
    let mut parameters = variables::mentioned(&tokens);
    let dialect = syntax::CqlDialect::default();
    let mut reader = Reader {
        parser: syntax::parser(&dialect, tokens),
        depth: 0,
        batches,
        declared: Vec::new(),
    };
    let statements = reader
        .statements(&[])
        .map_err(|e| syntax::placed_at_end(e, end))?;
    if statements.is_empty() {
        return Err(CqlError::Syntax {
            message: "The query is empty".to_owned(),
            position: None,
        });
    }
    let declared = variables::declared(&statements);
    parameters.retain(|name| !declared.contains(name));
    Ok(Script {
        statements,
        reads_system,
        parameters,
        room: 0,
    })
}

/// Whether a word stands for something that only the interpreter knows.
fn is_system(token: &Token) -> bool {
    match token {
        Token::Word(word) if word.quote_style.is_none() => {
            word.value.starts_with("@@")
                || word.value.starts_with('#')
                || word.value.eq_ignore_ascii_case("@cinchy_row_id")
                || super::run::ERROR_FUNCTIONS
                    .iter()
                    .any(|name| word.value.eq_ignore_ascii_case(name))
        }
        _ => false,
    }
}

/// `GO` on a line of its own ends a statement (in examples of the documentation); behind it names of variables may be
/// declared anew. Where it stands.
fn separate_batches(tokens: &mut [TokenWithSpan]) -> Vec<Location> {
    let mut found = Vec::new();
    let line_end = |token: Option<&TokenWithSpan>| match token.map(|t| &t.token) {
        None | Some(Token::EOF) => true,
        Some(Token::Whitespace(Whitespace::Newline)) => true,
        Some(Token::Whitespace(Whitespace::SingleLineComment { .. })) => true,
        Some(_) => false,
    };
    let blank = |t: &TokenWithSpan| {
        matches!(
            t.token,
            Token::Whitespace(Whitespace::Space | Whitespace::Tab)
        )
    };
    for index in 0..tokens.len() {
        let Token::Word(word) = &tokens[index].token else {
            continue;
        };
        if word.quote_style.is_some() || !word.value.eq_ignore_ascii_case("GO") {
            continue;
        }
        let before = tokens[..index].iter().rev().find(|t| !blank(t));
        let after = tokens[index + 1..]
            .iter()
            .find(|t| !blank(t) && t.token != Token::SemiColon);
        if line_end(before) && line_end(after) {
            tokens[index].token = Token::SemiColon;
            found.push(tokens[index].span.start);
        }
    }
    found
}

struct Reader<'a> {
    parser: Parser<'a>,
    depth: usize,
    /// Where `GO` stands.
    batches: Vec<Location>,
    /// Variables that were declared: the number of the batch, the name in lower case.
    declared: Vec<(usize, String)>,
}

type Parsed<T> = Result<T, CqlError>;

/// Runs a step of the stock parser.
fn stock<T>(result: Result<T, ParserError>) -> Parsed<T> {
    result.map_err(syntax::syntax_error)
}

impl Reader<'_> {
    fn here(&self) -> Option<Position> {
        syntax::position(self.parser.peek_token_ref().span)
    }

    fn peek(&self) -> &Token {
        &self.parser.peek_token_ref().token
    }

    /// Whether the next token is this bare word.
    fn sees(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
    }

    /// Takes the next token if it is this bare word.
    fn takes(&mut self, word: &str) -> bool {
        let found = self.sees(word);
        if found {
            self.parser.next_token();
        }
        found
    }

    /// Whether the token behind the next one is this bare word.
    fn follows(&self, word: &str) -> bool {
        let second = &self.parser.peek_nth_token_ref(1).token;
        matches!(second, Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(word))
    }

    /// Takes these bare words, or nothing.
    fn takes_all(&mut self, words: [&str; 2]) -> bool {
        if self.sees(words[0]) && self.follows(words[1]) {
            self.parser.next_token();
            self.parser.next_token();
            return true;
        }
        false
    }

    fn expected<T>(&self, what: &str) -> Parsed<T> {
        stock(self.parser.expected_ref(what, self.parser.peek_token_ref()))
    }

    fn expect(&mut self, token: &Token, what: &str) -> Parsed<()> {
        if self.parser.consume_token(token) {
            Ok(())
        } else {
            self.expected(what)
        }
    }

    fn expression(&mut self) -> Parsed<Expr> {
        let mut expression = stock(self.parser.parse_expr())?;
        name_error_functions(&mut expression);
        Ok(expression)
    }

    fn semicolons(&mut self) {
        while self.parser.consume_token(&Token::SemiColon) {}
    }

    /// Statements up to one of these words, which is taken, or the end of the text when there are none.
    fn statements(&mut self, end: &[[&str; 2]]) -> Parsed<Vec<Statement>> {
        let mut found = Vec::new();
        loop {
            self.semicolons();
            if *self.peek() == Token::EOF {
                return if end.is_empty() {
                    Ok(found)
                } else {
                    self.expected("END")
                };
            }
            for words in end {
                if (words[1].is_empty() && self.takes(words[0])) || self.takes_all(*words) {
                    return Ok(found);
                }
            }
            found.push(self.statement()?);
        }
    }

    fn statement(&mut self) -> Parsed<Statement> {
        self.depth += 1;
        if self.depth > MAX_BLOCKS {
            return Err(CqlError::NestedTooDeeply {
                position: self.here(),
            });
        }
        let position = self.here();
        let kind = self.kind(position);
        self.depth -= 1;
        Ok(Statement {
            kind: kind?,
            position,
        })
    }

    fn kind(&mut self, position: Option<Position>) -> Parsed<Kind> {
        let word = match self.peek() {
            Token::Word(word) if word.quote_style.is_none() => word.value.to_uppercase(),
            _ => String::new(),
        };
        match word.as_str() {
            "BEGIN" => self.block(position),
            "IF" => {
                self.parser.next_token();
                let condition = self.expression()?;
                if self.sees("THEN") {
                    return self.expected("a statement");
                }
                let then = Box::new(self.statement()?);
                let before = self.parser.index();
                self.semicolons();
                let otherwise = if self.takes("ELSE") {
                    Some(Box::new(self.statement()?))
                } else {
                    while self.parser.index() > before {
                        self.parser.prev_token();
                    }
                    None
                };
                Ok(Kind::If {
                    condition,
                    then,
                    otherwise,
                })
            }
            "WHILE" => {
                self.parser.next_token();
                let condition = self.expression()?;
                let body = Box::new(self.statement()?);
                Ok(Kind::While { condition, body })
            }
            "BREAK" => {
                self.parser.next_token();
                Ok(Kind::Break)
            }
            "CONTINUE" => {
                self.parser.next_token();
                Ok(Kind::Continue)
            }
            "RETURN" => {
                self.parser.next_token();
                // The number that RETURN may give goes nowhere, but it must be read.
                if matches!(
                    self.peek(),
                    Token::Number(..) | Token::LParen | Token::Minus
                ) {
                    self.expression()?;
                }
                Ok(Kind::Return)
            }
            "DECLARE" => self.declare(),
            "SET" => self.set(),
            "RAISERROR" => self.raise(),
            "THROW" => {
                self.parser.next_token();
                if !matches!(
                    self.peek(),
                    Token::Number(..) | Token::LParen | Token::Word(_)
                ) || self.starts_statement()
                {
                    return Ok(Kind::Throw(None));
                }
                let number = self.expression()?;
                self.expect(&Token::Comma, ",")?;
                let message = self.expression()?;
                self.expect(&Token::Comma, ",")?;
                let state = self.expression()?;
                Ok(Kind::Throw(Some([number, message, state])))
            }
            "PRINT" => {
                self.parser.next_token();
                Ok(Kind::Print(self.expression()?))
            }
            "EXEC" | "EXECUTE" => self.exec(),
            "INSERT" if self.inserts_exec() => self.insert_exec(),
            "DELETE" => self.delete(position),
            "UPDATE" if self.follows("TOP") => Err(CqlError::Unsupported {
                what: "UPDATE TOP".to_owned(),
                position: syntax::position(self.parser.peek_nth_token_ref(1).span),
            }),
            "COMMIT" | "ROLLBACK" | "SAVE" => Err(CqlError::Unsupported {
                what: format!("{word} in a text (the API has BeginTransaction and its kin)"),
                position,
            }),
            _ => {
                let mut statement = stock(self.parser.parse_statement())?;
                name_error_functions(&mut statement);
                Ok(Kind::Sql(Box::new(statement)))
            }
        }
    }

    /// Whether a statement begins here, as far as THROW must know.
    fn starts_statement(&self) -> bool {
        matches!(self.peek(), Token::Word(w) if !w.value.starts_with('@'))
    }

    fn block(&mut self, position: Option<Position>) -> Parsed<Kind> {
        self.parser.next_token();
        if self.takes("TRY") {
            let body = self.statements(&[["END", "TRY"]])?;
            self.semicolons();
            if !self.takes_all(["BEGIN", "CATCH"]) {
                return self.expected("BEGIN CATCH");
            }
            let handler = self.statements(&[["END", "CATCH"]])?;
            return Ok(Kind::Try { body, handler });
        }
        if self.sees("TRAN") || self.sees("TRANSACTION") {
            return Err(CqlError::Unsupported {
                what: "BEGIN TRANSACTION in a text (the API has BeginTransaction and its kin)"
                    .to_owned(),
                position,
            });
        }
        Ok(Kind::Block(self.statements(&[["END", ""]])?))
    }

    fn raise(&mut self) -> Parsed<Kind> {
        self.parser.next_token();
        self.expect(&Token::LParen, "(")?;
        let message = self.expression()?;
        self.expect(&Token::Comma, ",")?;
        let severity = self.expression()?;
        self.expect(&Token::Comma, ",")?;
        let state = self.expression()?;
        let mut arguments = Vec::new();
        while self.parser.consume_token(&Token::Comma) {
            arguments.push(self.expression()?);
        }
        self.expect(&Token::RParen, ")")?;
        if self.parser.parse_keyword(Keyword::WITH) {
            loop {
                if !["LOG", "NOWAIT", "SETERROR"].iter().any(|w| self.takes(w)) {
                    return self.expected("LOG, NOWAIT or SETERROR");
                }
                if !self.parser.consume_token(&Token::Comma) {
                    break;
                }
            }
        }
        Ok(Kind::RaisError {
            message,
            severity,
            state,
            arguments,
        })
    }
}

/// The default length of a declared text is 1 (T-SQL), where CAST takes 30.
fn declared(data_type: DataType) -> DataType {
    let one = || {
        Some(CharacterLength::IntegerLength {
            length: 1,
            unit: None,
        })
    };
    match data_type {
        DataType::Varchar(None) => DataType::Varchar(one()),
        DataType::Nvarchar(None) => DataType::Nvarchar(one()),
        DataType::Char(None) => DataType::Char(one()),
        other => other,
    }
}

/// Turns `ERROR_MESSAGE()` and its kin into the variables that the interpreter keeps for them.
fn name_error_functions(syntax: &mut impl VisitMut) {
    struct Name;
    impl VisitorMut for Name {
        type Break = ();

        fn pre_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
            if let Expr::Function(call) = expression
                && let [part] = call.name.0.as_slice()
                && let Some(name) = part.as_ident()
                && let FunctionArguments::List(list) = &call.args
                && list.args.is_empty()
                && super::run::ERROR_FUNCTIONS
                    .iter()
                    .any(|f| f.eq_ignore_ascii_case(&name.value))
            {
                let variable =
                    Ident::with_span(name.span, format!("@@{}", name.value.to_lowercase()));
                *expression = Expr::Identifier(variable);
            }
            ControlFlow::Continue(())
        }
    }
    // The visitor never breaks.
    let _ = syntax.visit(&mut Name);
}

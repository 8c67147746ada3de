//! CONTAINS and FREETEXT: a search condition becomes a program of a few words, which is run against the words of a text. Case
//! does not count. There is no index, no stop list and no stemming: FORMSOF finds the word itself, NEAR is AND.
//!
//! A program has one instruction a line: `=a b` whether the words stand together, `*a b` whether words that begin so stand
//! together, and `&`, `|`, `!` (and not) of the last two results.

use super::arguments::text;
use super::{Function, Sql, letters};
use crate::error::CqlError;
use crate::value::Value;

/// All of this file.
pub(super) const ALL: &[&Function] = &[&CONTAINS_PROGRAM, &FREETEXT_PROGRAM, &FULL_TEXT];

/// The program of a condition of CONTAINS; what is searched for is known before the rows are.
pub(crate) static CONTAINS_PROGRAM: Function = Function {
    name: "contains_program",
    strict: false,
    evaluate: Some(|args, _| program(text(args, 0), contains)),
    sqlite: Sql::None,
    postgres: Sql::None,
};

/// The program of a text of FREETEXT: any of its words.
pub(crate) static FREETEXT_PROGRAM: Function = Function {
    name: "freetext_program",
    strict: false,
    evaluate: Some(|args, _| program(text(args, 0), freetext)),
    sqlite: Sql::None,
    postgres: Sql::None,
};

/// `(text, program)`: 1 or 0.
pub(crate) static FULL_TEXT: Function = Function {
    name: "full_text",
    strict: true,
    evaluate: Some(|args, _| Ok(Value::Int(run(text(args, 0), text(args, 1)).into()))),
    sqlite: Sql::Rust,
    postgres: Sql::Own("cql_full_text"),
};

fn program(
    search: &str,
    parse: fn(&str) -> Result<Vec<String>, CqlError>,
) -> Result<Value, CqlError> {
    if search.trim().is_empty() {
        return Err(CqlError::EmptySearch);
    }
    Ok(Value::Text(parse(search)?.join("\n")))
}

fn freetext(search: &str) -> Result<Vec<String>, CqlError> {
    let mut program = Vec::new();
    for word in words(search) {
        program.push(format!("={word}"));
        if program.len() > 1 {
            program.push("|".to_owned());
        }
    }
    Ok(program)
}

fn contains(search: &str) -> Result<Vec<String>, CqlError> {
    let mut parser = Parser {
        search,
        tokens: tokens(search),
        at: 0,
        program: Vec::new(),
        depth: 0,
    };
    parser.any()?;
    match parser.tokens.get(parser.at) {
        None => Ok(parser.program),
        Some(_) => Err(parser.error()),
    }
}

/// What a condition is made of.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// In quotes.
    Phrase(String),
    Word(String),
    Sign(char),
}

fn tokens(search: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = search.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => tokens.push(Token::Phrase(
                chars.by_ref().take_while(|c| *c != '"').collect(),
            )),
            '(' | ')' | ',' | '&' | '|' | '!' | '~' => tokens.push(Token::Sign(c)),
            c if c.is_whitespace() => {}
            c => {
                let mut word = c.to_string();
                while let Some(c) =
                    chars.next_if(|c| !c.is_whitespace() && !"\"(),&|!~".contains(*c))
                {
                    word.push(c);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    tokens
}

struct Parser<'a> {
    search: &'a str,
    tokens: Vec<Token>,
    at: usize,
    program: Vec<String>,
    depth: usize,
}

/// Brackets within each other.
const DEEPEST: usize = 50;

impl Parser<'_> {
    fn error(&self) -> CqlError {
        let near = match self.tokens.get(self.at) {
            Some(Token::Phrase(text) | Token::Word(text)) => text.clone(),
            Some(Token::Sign(sign)) => sign.to_string(),
            None => String::new(),
        };
        CqlError::SearchSyntax {
            near,
            search: self.search.to_owned(),
        }
    }

    /// Takes a word, in any letters, or one of the signs for it.
    fn take(&mut self, word: &str, signs: &str) -> bool {
        let found = match self.tokens.get(self.at) {
            Some(Token::Word(own)) => own.eq_ignore_ascii_case(word),
            Some(Token::Sign(sign)) => signs.contains(*sign),
            _ => false,
        };
        self.at += usize::from(found);
        found
    }

    fn sign(&mut self, sign: char) -> Result<(), CqlError> {
        if self.tokens.get(self.at) != Some(&Token::Sign(sign)) {
            return Err(self.error());
        }
        self.at += 1;
        Ok(())
    }

    fn any(&mut self) -> Result<(), CqlError> {
        self.all()?;
        while self.take("OR", "|") {
            self.all()?;
            self.program.push("|".to_owned());
        }
        Ok(())
    }

    fn all(&mut self) -> Result<(), CqlError> {
        self.term()?;
        loop {
            if self.take("AND", "&") {
                let not = self.take("NOT", "!");
                self.term()?;
                self.program.push(if not { "!" } else { "&" }.to_owned());
            } else if self.take("NEAR", "~") {
                self.term()?;
                self.program.push("&".to_owned());
            } else {
                return Ok(());
            }
        }
    }

    fn term(&mut self) -> Result<(), CqlError> {
        if self.tokens.get(self.at) == Some(&Token::Sign('(')) {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err(self.error());
            }
            self.at += 1;
            self.any()?;
            self.depth -= 1;
            return self.sign(')');
        }
        let called = self.tokens.get(self.at + 1) == Some(&Token::Sign('('));
        if called && self.take("NEAR", "") {
            self.sign('(')?;
            // NEAR((a, b), distance, order), or without the inner brackets and what follows them.
            let inner = self.take("", "(");
            self.list("&")?;
            if inner {
                self.sign(')')?;
                while self.take("", ",") {
                    self.at += 1;
                }
            }
            return self.sign(')');
        }
        if called && self.take("FORMSOF", "") {
            self.sign('(')?;
            if !self.take("INFLECTIONAL", "") && !self.take("THESAURUS", "") {
                return Err(self.error());
            }
            self.sign(',')?;
            self.list("|")?;
            return self.sign(')');
        }
        self.plain()
    }

    /// Words with commas between them.
    fn list(&mut self, operation: &str) -> Result<(), CqlError> {
        self.plain()?;
        while self.take("", ",") {
            self.plain()?;
            self.program.push(operation.to_owned());
        }
        Ok(())
    }

    /// A word, or a phrase; with a star at its end each word of it is a beginning.
    fn plain(&mut self) -> Result<(), CqlError> {
        let (text, starred) = match self.tokens.get(self.at) {
            Some(Token::Phrase(text)) => (text.as_str(), text.trim_end().ends_with('*')),
            Some(Token::Word(word)) if !is_operator(word) => (word.as_str(), false),
            _ => return Err(self.error()),
        };
        let code = if starred { '*' } else { '=' };
        let instruction = format!("{code}{}", words(text).join(" "));
        self.at += 1;
        self.program.push(instruction);
        Ok(())
    }
}

fn is_operator(word: &str) -> bool {
    ["AND", "OR", "NOT", "NEAR", "FORMSOF", "ISABOUT"]
        .iter()
        .any(|own| own.eq_ignore_ascii_case(word))
}

/// The words of a text, in lower case: letters, digits and underscores, and whatever is not ASCII.
fn words(text: &str) -> Vec<String> {
    letters::lower(text)
        .split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn run(text: &str, program: &str) -> bool {
    let words = words(text);
    let mut results: Vec<bool> = Vec::new();
    for instruction in program.lines() {
        let (code, rest) = instruction.split_at_checked(1).unwrap_or_default();
        let wanted: Vec<&str> = rest.split(' ').filter(|w| !w.is_empty()).collect();
        let together = |fits: fn(&str, &str) -> bool| {
            !wanted.is_empty()
                && words.windows(wanted.len()).any(|own| {
                    own.iter()
                        .zip(&wanted)
                        .all(|(own, wanted)| fits(own, wanted))
                })
        };
        let result = match code {
            "=" => together(|own, wanted| own == wanted),
            "*" => together(|own, wanted| own.starts_with(wanted)),
            operation => {
                let (right, left) = (results.pop(), results.pop());
                let (left, right) = (left.unwrap_or(false), right.unwrap_or(false));
                match operation {
                    "&" => left && right,
                    "|" => left || right,
                    _ => left && !right,
                }
            }
        };
        results.push(result);
    }
    results.pop().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::{contains, freetext, run};

    #[test]
    fn searches() {
        let text = "An Overview page: the user's guide, 2nd_edition, \u{c4}rger";
        for (search, expected) in [
            ("overview", true),
            ("over", false),
            ("\"over*\"", true),
            ("\"over* pa*\"", true),
            ("\"overview page\"", true),
            ("\"page overview\"", false),
            ("page AND guide", true),
            ("page and not guide", false),
            ("page & nothing | \u{e4}rger", true),
            ("nothing OR (page AND 2nd_edition)", true),
            ("page NEAR guide", true),
            ("NEAR((page, guide), 5, TRUE)", true),
            ("NEAR(page, nothing)", false),
            ("FORMSOF(INFLECTIONAL, guide)", true),
            ("\"...\"", false),
        ] {
            let program = contains(search).map(|p| p.join("\n"));
            assert_eq!(program.map(|p| run(text, &p)), Ok(expected), "{search}");
        }
        for search in [
            "page AND",
            "AND page",
            "page guide",
            "(page",
            "FORMSOF(X, a)",
        ] {
            let error = contains(search).map_err(|e| e.to_string());
            assert!(
                error.is_err_and(|e| e.contains("full-text search condition")),
                "{search}"
            );
        }
        let program = freetext("nothing, PAGE").map(|p| p.join("\n"));
        assert_eq!(program.map(|p| run(text, &p)), Ok(true));
    }
}

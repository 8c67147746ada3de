//! Paths into JSON texts: `[append] [lax|strict] $.key."quoted key"[0]`.

use super::JsonError;

/// A path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// The value goes to the end of the array that the path leads to.
    pub append: bool,
    /// What is not there is an error.
    pub strict: bool,
    pub steps: Vec<Step>,
}

/// A step down.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A member of an object.
    Key(String),
    /// An element of an array, from 0.
    Index(usize),
}

impl Path {
    /// Reads a path; `append` may stand before it where `may_append` says so.
    pub(super) fn parse(text: &str, may_append: bool) -> Result<Self, JsonError> {
        let mut reader = Reader {
            chars: text.chars().collect(),
            at: 0,
        };
        reader.blanks();
        let append = may_append && reader.word("append");
        let strict = !reader.word("lax") && reader.word("strict");
        reader.expect('$')?;
        let mut steps = Vec::new();
        loop {
            match reader.peek() {
                Some('.') => {
                    reader.at += 1;
                    steps.push(Step::Key(reader.key()?));
                }
                Some('[') => {
                    reader.at += 1;
                    steps.push(Step::Index(reader.index()?));
                    reader.expect(']')?;
                }
                _ => break,
            }
        }
        reader.blanks();
        if reader.peek().is_some() {
            return Err(reader.unexpected());
        }
        Ok(Self {
            append,
            strict,
            steps,
        })
    }
}

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn unexpected(&self) -> JsonError {
        let position = self.at;
        match self.peek() {
            Some(found) => JsonError::Path { found, position },
            None => JsonError::PathEnd { position },
        }
    }

    fn blanks(&mut self) {
        while self.peek() == Some(' ') {
            self.at += 1;
        }
    }

    /// Takes a word with the blanks that must follow it.
    fn word(&mut self, word: &str) -> bool {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let length = word.chars().count();
        let found = rest.iter().copied().take(length).eq(word.chars());
        if !found || rest.get(length) != Some(&' ') {
            return false;
        }
        self.at += length;
        self.blanks();
        true
    }

    fn expect(&mut self, wanted: char) -> Result<(), JsonError> {
        if self.peek() != Some(wanted) {
            return Err(self.unexpected());
        }
        self.at += 1;
        Ok(())
    }

    fn key(&mut self) -> Result<String, JsonError> {
        let mut key = String::new();
        if self.peek() == Some('"') {
            self.at += 1;
            while self.peek() != Some('"') {
                if self.peek() == Some('\\') {
                    self.at += 1;
                }
                key.push(self.peek().ok_or_else(|| self.unexpected())?);
                self.at += 1;
            }
            self.at += 1;
            return Ok(key);
        }
        while let Some(c) = self.peek().filter(|c| is_plain(*c)) {
            key.push(c);
            self.at += 1;
        }
        if key.is_empty() {
            return Err(self.unexpected());
        }
        Ok(key)
    }

    /// Of nine digits at most.
    fn index(&mut self) -> Result<usize, JsonError> {
        let start = self.at;
        let mut index = 0;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            if self.at - start == 9 {
                break;
            }
            index = index * 10 + digit as usize;
            self.at += 1;
        }
        if self.at == start {
            return Err(self.unexpected());
        }
        Ok(index)
    }
}

/// Whether a character may stand in a key without quotes.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

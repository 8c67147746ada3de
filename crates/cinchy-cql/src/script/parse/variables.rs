//! The variables of a text: what is mentioned and not declared is a parameter.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use super::{Declaration, Kind, Statement, is_system};

/// The variables that a text mentions.
pub(super) fn mentioned(tokens: &[TokenWithSpan]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for token in tokens {
        if let Token::Word(word) = &token.token
            && word.quote_style.is_none()
            && let Some(name) = word.value.strip_prefix('@')
            && !name.starts_with('@')
            && !is_system(&token.token)
        {
            let name = name.to_lowercase();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// The variables that statements declare: names in lower case, without `@`.
pub(super) fn declared(statements: &[Statement]) -> Vec<String> {
    let mut names = Vec::new();
    declared_by(statements, &mut names);
    names
}

fn declared_by(statements: &[Statement], names: &mut Vec<String>) {
    for statement in statements {
        match &statement.kind {
            Kind::Declare(declarations) => {
                names.extend(declarations.iter().map(|declaration| {
                    let (Declaration::Variable { name, .. } | Declaration::Table { name, .. }) =
                        declaration;
                    name.value.trim_start_matches('@').to_lowercase()
                }));
            }
            Kind::Block(inner) => declared_by(inner, names),
            Kind::Try { body, handler } => {
                declared_by(body, names);
                declared_by(handler, names);
            }
            Kind::If {
                then, otherwise, ..
            } => {
                declared_by(std::slice::from_ref(then), names);
                if let Some(otherwise) = otherwise {
                    declared_by(std::slice::from_ref(otherwise), names);
                }
            }
            Kind::While { body, .. } => declared_by(std::slice::from_ref(body), names),
            _ => {}
        }
    }
}

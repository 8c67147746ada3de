//! The doors of the crate: what a caller hands in and gets back. The work is done in the stages behind.

use chrono::NaiveDateTime;
use sqlparser::tokenizer::Token;

use crate::bind::{Binder, Rows};
use crate::catalog::{Catalog, ColumnId, Rights, TableId};
use crate::error::CqlError;
use crate::render::render;
use crate::room;
use crate::syntax;
use crate::value::{Backend, Compiled, Type, Value};

/// How the names of parameters begin that only this program binds. No variable of a text can begin so, and a caller's
/// parameter that does is left out.
pub(crate) const OWN: char = ' ';

/// Everything that compiling one statement needs.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The CQL text.
    pub text: &'a str,
    /// Parameters that exist, with their types: name (any case, with or without `@`). For saved queries all are
    /// [`Type::Text`]; ExecuteCQL declares String, Double or Boolean.
    pub parameters: &'a [(String, Type)],
    /// Text parameters: `{n}` is replaced by the text before parsing.
    pub text_parameters: &'a [(u32, String)],
    /// The tables.
    pub catalog: &'a Catalog,
    /// The caller's rights.
    pub rights: &'a Rights,
    /// The database to render for.
    pub backend: Backend,
    /// Name of the PostgreSQL schema, an argument of the renderer. Not used on SQLite.
    pub schema: &'a str,
    /// ExecuteCQL: the Direct Query right is needed on each table of FROM (guess), except for administrators and the
    /// table's creator.
    pub ad_hoc: bool,
    /// Tables of FROM are read with all versions of their rows: VERSION_HISTORY_QUERY.
    pub versions: bool,
}

/// Compiles a script of one SELECT statement.
///
/// The result depends on the text, the text parameters, the types of the parameters, the catalog's version, the rights'
/// fingerprint (with whether the caller is an administrator or a table's creator), backend, schema and `ad_hoc`, and on
/// nothing else: the caller's id, the time and the values of parameters are binds. It may be kept and reused.
///
/// # Errors
/// Text that is not CQL or not supported, names that are not there, rights that are missing.
pub fn compile(request: &Request) -> Result<Compiled, CqlError> {
    let text = syntax::substitute(request.text, request.text_parameters);
    let room = room::of(&text);
    room::with(room, || {
        let query = syntax::parse_select(&text)?;
        compile_query(request, &query, room)
    })
}

/// Compiles a parsed SELECT, whose text needed so much room; the request's text is not looked at.
pub(crate) fn compile_query(
    request: &Request,
    query: &sqlparser::ast::Query,
    room: usize,
) -> Result<Compiled, CqlError> {
    let binder = Binder::for_user(
        request.catalog,
        request.rights,
        request.parameters,
        request.ad_hoc,
    );
    let bound = binder
        .with_versions(request.versions)
        .with_room(room)
        .statement(query)?;
    room::with(bound.room, move || {
        render(&bound, request.backend, request.schema)
    })
}

/// Binds a parsed statement that writes; the request's text is not looked at.
pub(crate) fn bind_write(
    request: &Request,
    statement: &sqlparser::ast::Statement,
) -> Result<(), CqlError> {
    Binder::for_user(
        request.catalog,
        request.rights,
        request.parameters,
        request.ad_hoc,
    )
    .write(statement)
    .map(|_| ())
}

/// Compiles a query of all rows of a table for one calculated column, with the platform's rights: id and value, in this
/// order, under no names that could be relied on. It is what storage runs to fill a cached calculated column. The
/// expression may read the column itself (a Guid column keeps its value).
///
/// # Errors
/// An expression that does not compile, or a column that is not calculated.
pub fn compile_calculated(
    catalog: &Catalog,
    table: TableId,
    column: ColumnId,
    backend: Backend,
    schema: &str,
) -> Result<Compiled, CqlError> {
    room::deep(|| {
        let bound = Binder::for_system(catalog).calculated_column(table, column, Rows::All)?;
        render(&bound, backend, schema)
    })
}

/// Names (lower case, without `@`) of the parameters that a text mentions, in order of first mention, without compiling.
/// Variables that the text declares itself are among them.
///
/// # Errors
/// Text that does not fall into tokens, e.g. an open quote.
pub fn parameters_of(text: &str) -> Result<Vec<String>, CqlError> {
    let mut names: Vec<String> = Vec::new();
    for token in syntax::tokens(text)? {
        if let Token::Word(word) = token.token
            && word.quote_style.is_none()
            && let Some(name) = word.value.strip_prefix('@')
            && !name.is_empty()
            && !name.starts_with('@')
        {
            let name = name.to_lowercase();
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    Ok(names)
}

/// Names that a text may mention tables by: the first two parts of each dotted name, as written, in order of first mention,
/// without compiling. A column behind an alias looks the same; the catalog tells them apart.
///
/// # Errors
/// Text that does not fall into tokens, e.g. an open quote.
pub fn table_names_of(text: &str) -> Result<Vec<(String, String)>, CqlError> {
    let tokens = syntax::tokens(text)?.into_iter().map(|token| token.token);
    let tokens: Vec<Token> = tokens
        .filter(|token| !matches!(token, Token::Whitespace(_)))
        .collect();
    let mut names: Vec<(String, String)> = Vec::new();
    for (at, three) in tokens.windows(3).enumerate() {
        let [Token::Word(domain), Token::Period, Token::Word(table)] = three else {
            continue;
        };
        let in_chain = at > 0 && tokens[at - 1] == Token::Period;
        let name = (domain.value.clone(), table.value.clone());
        if !in_chain && !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Numbers of the text parameters `{n}` that a text mentions, in order of first mention.
pub fn text_parameters_of(text: &str) -> Vec<u32> {
    let mut numbers = Vec::new();
    let mut rest = text;
    while let Some((_, number, after)) = syntax::next_placeholder(rest) {
        if !numbers.contains(&number) {
            numbers.push(number);
        }
        rest = after;
    }
    numbers
}

/// What a compiled statement is run with.
#[derive(Debug, Clone, Copy)]
pub struct Arguments<'a> {
    /// Values of parameters: name (any case, with or without `@`) and value. A name that is missing reads as NULL.
    pub values: &'a [(String, Value)],
    /// The caller's Cinchy Id.
    pub current_user: i32,
    /// The emulated clock, UTC.
    pub now: NaiveDateTime,
}

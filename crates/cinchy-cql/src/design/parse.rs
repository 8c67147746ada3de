//! `ALTER TABLE` as T-SQL writes it: `ADD a INT, b BIT` without COLUMN, `ALTER COLUMN a FLOAT NOT NULL`.

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{AlterColumnOperation, AlterTable, AlterTableOperation, ColumnDef, Statement};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

/// Reads the statement that begins here if it is one of these forms; else nothing is taken.
pub(crate) fn alter_table(parser: &mut Parser) -> Option<Result<Statement, ParserError>> {
    let is_word =
        |token: &Token, wanted: Keyword| matches!(token, Token::Word(w) if w.keyword == wanted);
    if !is_word(&parser.peek_nth_token_ref(0).token, Keyword::ALTER)
        || !is_word(&parser.peek_nth_token_ref(1).token, Keyword::TABLE)
    {
        return None;
    }
    // What is not read here is the stock parser's, with its error.
    parser.maybe_parse(read).transpose()
}

fn read(parser: &mut Parser) -> Result<Statement, ParserError> {
    parser.expect_keywords(&[Keyword::ALTER, Keyword::TABLE])?;
    let name = parser.parse_object_name(false)?;
    let operations = if parser.parse_keyword(Keyword::ADD) {
        let _ = parser.parse_keyword(Keyword::COLUMN);
        let is_constraint = matches!(&parser.peek_token_ref().token, Token::Word(w) if w.quote_style.is_none()
            && matches!(w.keyword, Keyword::CONSTRAINT | Keyword::PRIMARY | Keyword::UNIQUE | Keyword::FOREIGN | Keyword::CHECK | Keyword::DEFAULT));
        if is_constraint {
            return parser.expected_ref("a column", parser.peek_token_ref());
        }
        parser
            .parse_comma_separated(Parser::parse_column_def)?
            .into_iter()
            .map(added)
            .collect()
    } else if parser.parse_keywords(&[Keyword::ALTER, Keyword::COLUMN]) {
        let column_name = parser.parse_identifier()?;
        let data_type = parser.parse_data_type()?;
        let mut operations = vec![AlterColumnOperation::SetDataType {
            data_type,
            using: None,
            had_set: false,
        }];
        if parser.parse_keywords(&[Keyword::NOT, Keyword::NULL]) {
            operations.push(AlterColumnOperation::SetNotNull);
        } else {
            let _ = parser.parse_keyword(Keyword::NULL);
        }
        operations
            .into_iter()
            .map(|op| AlterTableOperation::AlterColumn {
                column_name: column_name.clone(),
                op,
            })
            .collect()
    } else {
        parser.expect_keywords(&[Keyword::DROP, Keyword::COLUMN])?;
        let if_exists = parser.parse_keywords(&[Keyword::IF, Keyword::EXISTS]);
        vec![AlterTableOperation::DropColumn {
            has_column_keyword: true,
            column_names: parser.parse_comma_separated(Parser::parse_identifier)?,
            if_exists,
            drop_behavior: None,
        }]
    };
    Ok(Statement::AlterTable(AlterTable {
        name,
        if_exists: false,
        only: false,
        operations,
        location: None,
        on_cluster: None,
        table_type: None,
        end_token: AttachedToken::empty(),
    }))
}

fn added(column_def: ColumnDef) -> AlterTableOperation {
    AlterTableOperation::AddColumn {
        column_keyword: false,
        if_not_exists: false,
        column_def,
        column_position: None,
    }
}

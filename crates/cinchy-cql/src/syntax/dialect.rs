//! The dialect of T-SQL that `sqlparser` is told of.

use std::any::TypeId;

use sqlparser::ast::{BinaryOperator, Expr, GranteesType, Statement};
use sqlparser::dialect::{Dialect, MsSqlDialect, Precedence};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

use crate::assignment;

/// T-SQL as CQL has it. Forwards to the stock dialect; the hooks for what the stock one lacks (`!<`, `WITH ROLLUP`,
/// statement words as aliases) have their place here.
#[derive(Debug, Default)]
pub(crate) struct CqlDialect(MsSqlDialect);

impl Dialect for CqlDialect {
    fn dialect(&self) -> TypeId {
        // The parser asks for this type in places that have no hook of their own.
        TypeId::of::<MsSqlDialect>()
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        self.0.is_delimited_identifier_start(ch)
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        self.0.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        self.0.is_identifier_part(ch)
    }

    fn identifier_quote_style(&self, identifier: &str) -> Option<char> {
        self.0.identifier_quote_style(identifier)
    }

    fn convert_type_before_value(&self) -> bool {
        self.0.convert_type_before_value()
    }

    fn supports_outer_join_operator(&self) -> bool {
        self.0.supports_outer_join_operator()
    }

    fn supports_dollar_as_money_prefix(&self) -> bool {
        self.0.supports_dollar_as_money_prefix()
    }

    fn supports_create_proc_syntax(&self) -> bool {
        self.0.supports_create_proc_syntax()
    }

    fn supports_connect_by(&self) -> bool {
        self.0.supports_connect_by()
    }

    fn supports_eq_alias_assignment(&self) -> bool {
        self.0.supports_eq_alias_assignment()
    }

    fn supports_try_convert(&self) -> bool {
        self.0.supports_try_convert()
    }

    fn supports_boolean_literals(&self) -> bool {
        self.0.supports_boolean_literals()
    }

    fn supports_named_fn_args_with_colon_operator(&self) -> bool {
        self.0.supports_named_fn_args_with_colon_operator()
    }

    fn supports_named_fn_args_with_expr_name(&self) -> bool {
        self.0.supports_named_fn_args_with_expr_name()
    }

    fn supports_named_fn_args_with_rarrow_operator(&self) -> bool {
        self.0.supports_named_fn_args_with_rarrow_operator()
    }

    fn supports_start_transaction_modifier(&self) -> bool {
        self.0.supports_start_transaction_modifier()
    }

    fn supports_end_transaction_modifier(&self) -> bool {
        self.0.supports_end_transaction_modifier()
    }

    fn supports_set_stmt_without_operator(&self) -> bool {
        self.0.supports_set_stmt_without_operator()
    }

    fn supports_table_versioning(&self) -> bool {
        self.0.supports_table_versioning()
    }

    fn supports_nested_comments(&self) -> bool {
        self.0.supports_nested_comments()
    }

    fn supports_object_name_double_dot_notation(&self) -> bool {
        self.0.supports_object_name_double_dot_notation()
    }

    fn get_reserved_grantees_types(&self) -> &[GranteesType] {
        self.0.get_reserved_grantees_types()
    }

    fn is_select_item_alias(&self, explicit: bool, kw: &Keyword, parser: &mut Parser) -> bool {
        !begins_statement(kw, parser) && self.0.is_select_item_alias(explicit, kw, parser)
    }

    fn is_table_factor(&self, kw: &Keyword, parser: &mut Parser) -> bool {
        self.0.is_table_factor(kw, parser)
    }

    fn is_table_factor_alias(&self, explicit: bool, kw: &Keyword, parser: &mut Parser) -> bool {
        !begins_statement(kw, parser) && self.0.is_table_factor_alias(explicit, kw, parser)
    }

    fn parse_statement(&self, parser: &mut Parser) -> Option<Result<Statement, ParserError>> {
        crate::design::parse::alter_table(parser).or_else(|| self.0.parse_statement(parser))
    }

    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        if negated_comparison(parser).is_some() {
            return Some(Ok(self.prec_value(Precedence::Eq)));
        }
        if assignment::operator(parser).is_some() {
            return Some(Ok(assignment::PRECEDENCE));
        }
        self.0.get_next_precedence(parser)
    }

    fn parse_infix(
        &self,
        parser: &mut Parser,
        left: &Expr,
        precedence: u8,
    ) -> Option<Result<Expr, ParserError>> {
        if let Some(op) = assignment::operator(parser) {
            return Some(assignment::infix(parser, left, op));
        }
        let op = negated_comparison(parser)?;
        parser.next_token();
        parser.next_token();
        Some(
            parser
                .parse_subexpr(precedence)
                .map(|right| Expr::BinaryOp {
                    left: Box::new(left.clone()),
                    op,
                    right: Box::new(right),
                }),
        )
    }

    fn supports_group_by_expr(&self) -> bool {
        true
    }

    fn supports_group_by_with_modifier(&self) -> bool {
        true
    }

    /// Only for what `hints` leaves of `OPTION (...)`.
    fn supports_settings(&self) -> bool {
        true
    }
}

/// `!<` is `>=`, `!>` is `<=` (T-SQL). The tokenizer has them as two tokens.
fn negated_comparison(parser: &Parser) -> Option<BinaryOperator> {
    if parser.peek_token_ref().token != Token::ExclamationMark {
        return None;
    }
    match &parser.peek_nth_token_ref(1).token {
        Token::Lt => Some(BinaryOperator::GtEq),
        Token::Gt => Some(BinaryOperator::LtEq),
        _ => None,
    }
}

/// Words that begin a statement or end a block, which the stock dialect would take for an alias.
fn begins_statement(keyword: &Keyword, parser: &Parser) -> bool {
    matches!(
        keyword,
        Keyword::SET
            | Keyword::BEGIN
            | Keyword::END
            | Keyword::CONTINUE
            | Keyword::OPTION
            | Keyword::FOR
    ) || matches!(&parser.get_current_token().token, Token::Word(word)
        if word.quote_style.is_none() && word.value.eq_ignore_ascii_case("BREAK"))
}

//! DELETE, which the stock parser reads in one of its forms only.

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{self, FromTable, OutputClause, SelectInto, TableFactor};
use sqlparser::parser::Parser;

use super::{Kind, Parsed, Reader, stock};
use crate::error::{CqlError, Position};

impl Reader<'_> {
    /// `DELETE [FROM] target [OUTPUT items] [FROM sources] [WHERE condition]`, of which the stock parser wants a FROM and
    /// OUTPUT in another place.
    pub(super) fn delete(&mut self, position: Option<Position>) -> Parsed<Kind> {
        let token = self.parser.next_token();
        if self.sees("TOP") {
            return Err(CqlError::Unsupported {
                what: "DELETE TOP".to_owned(),
                position: self.here(),
            });
        }
        self.takes("FROM");
        let target = stock(self.parser.parse_table_and_joins())?;
        let mut output = self.output()?;
        let sources = if self.takes("FROM") {
            Some(stock(
                self.parser
                    .parse_comma_separated(Parser::parse_table_and_joins),
            )?)
        } else {
            None
        };
        if output.is_none() {
            output = self.output()?;
        }
        let selection = if self.takes("WHERE") {
            Some(self.expression()?)
        } else {
            None
        };
        let (tables, from) = match (sources, &target.relation) {
            (None, _) => (Vec::new(), vec![target]),
            (Some(sources), TableFactor::Table { name, .. }) => (vec![name.clone()], sources),
            (Some(_), _) => {
                return Err(CqlError::Unsupported {
                    what: "DELETE of anything but a table".to_owned(),
                    position,
                });
            }
        };
        let delete = ast::Delete {
            delete_token: AttachedToken(token),
            optimizer_hints: Vec::new(),
            tables,
            from: FromTable::WithFromKeyword(from),
            on_cluster: None,
            using: None,
            selection,
            returning: None,
            output,
            order_by: Vec::new(),
            limit: None,
            settings: None,
        };
        Ok(Kind::Sql(Box::new(ast::Statement::Delete(delete))))
    }

    fn output(&mut self) -> Parsed<Option<OutputClause>> {
        let token = self.parser.peek_token_ref().clone();
        if !self.takes("OUTPUT") {
            return Ok(None);
        }
        let select_items = stock(self.parser.parse_comma_separated(Parser::parse_select_item))?;
        let into_table = if self.takes("INTO") {
            Some(SelectInto {
                temporary: false,
                unlogged: false,
                table: false,
                targets: stock(self.parser.parse_comma_separated(Parser::parse_expr))?,
            })
        } else {
            None
        };
        Ok(Some(OutputClause::Output {
            output_token: AttachedToken(token),
            select_items,
            into_table,
        }))
    }
}

//! OPENJSON: rows of a JSON text, with columns of its own or those that WITH names.

use sqlparser::ast::{
    CastKind, DataType, Expr, Function as Call, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, ObjectName, OpenJsonTableColumn, TableAlias, TableFactor,
    Value as Literal,
};

use super::expression::unsupported;
use super::types::coerce;
use super::{Binder, Scope};
use crate::error::{CqlError, Position};
use crate::ir::{
    Body, FromItem, Item, Join, NodeId, Query, Relation, Scalar, Select, TableFunction,
};
use crate::value::{Type, Value};

/// The column of raw JSON that columns of WITH are read from.
const RAW: &str = "$raw";

impl<'a> Binder<'a> {
    pub(super) fn open_json(
        &mut self,
        factor: &TableFactor,
        position: Option<Position>,
    ) -> Result<NodeId, CqlError> {
        let TableFactor::OpenJsonTable {
            json_expr,
            json_path,
            columns,
            alias,
        } = factor
        else {
            return Err(unsupported("this form of OPENJSON", position));
        };
        let text = coerce(self.scalar(json_expr)?, Type::Text, position)?;
        let path = match json_path.as_ref().map(|p| &p.value) {
            None => "$",
            Some(Literal::SingleQuotedString(path) | Literal::NationalStringLiteral(path)) => path,
            Some(_) => return Err(unsupported("a path of OPENJSON that is no text", position)),
        };
        let path = Scalar::literal(Value::Text(path.to_owned()), Type::Text);
        let arguments = vec![text, path];
        if !columns.is_empty() {
            return self.json_columns(arguments, columns, alias.as_ref(), position);
        }
        let own = |name: &str, index: usize, ty: Type| (name.to_owned(), format!("c{index}"), ty);
        let relation = Relation::Function {
            function: TableFunction::OpenJson,
            arguments,
        };
        let columns = vec![
            own("key", 0, Type::Text),
            own("value", 1, Type::Text),
            own("type", 2, Type::Int),
        ];
        self.function_source("OPENJSON", columns, relation, alias.as_ref(), position)
    }

    /// `WITH (name type 'path' [AS JSON], ..)`: each column by JSON_VALUE or JSON_QUERY, cast to its type.
    fn json_columns(
        &mut self,
        arguments: Vec<Scalar>,
        columns: &[OpenJsonTableColumn],
        alias: Option<&TableAlias>,
        position: Option<Position>,
    ) -> Result<NodeId, CqlError> {
        let first_node = self.nodes.len();
        let scope = Scope {
            fragment: self.scope.fragment,
            ..Scope::default()
        };
        let outer = std::mem::replace(&mut self.scope, scope);
        let select = self.json_select(arguments, columns, position);
        self.scope = outer;
        let query = Query {
            first_node,
            body: Body::Select(Box::new(select?)),
        };
        let unnamed = TableAlias {
            explicit: true,
            name: Ident::new("OPENJSON"),
            columns: Vec::new(),
            at: None,
        };
        let table = self.derived_table(&query, "OPENJSON", alias.unwrap_or(&unnamed), position)?;
        self.table_source(table, Relation::Lateral(Box::new(query)), alias, position)
    }

    fn json_select(
        &mut self,
        arguments: Vec<Scalar>,
        columns: &[OpenJsonTableColumn],
        position: Option<Position>,
    ) -> Result<Select, CqlError> {
        let relation = Relation::Function {
            function: TableFunction::JsonRows,
            arguments,
        };
        let raw = vec![(RAW.to_owned(), "c0".to_owned(), Type::Text)];
        let node = self.function_source("OPENJSON", raw, relation, None, position)?;
        let mut items = Vec::with_capacity(columns.len());
        for column in columns {
            let name = column.name.value.clone();
            let path = match &column.path {
                Some(path) => path.clone(),
                None => format!("$.\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")),
            };
            let value = if column.as_json {
                read("JSON_QUERY", path)
            } else {
                Expr::Cast {
                    kind: CastKind::Cast,
                    expr: Box::new(read("JSON_VALUE", path)),
                    data_type: DataType::clone(&column.r#type),
                    format: None,
                }
            };
            items.push(Item {
                name,
                value: self.scalar(&value)?,
            });
        }
        Ok(Select {
            items,
            from: vec![FromItem::new(node, Join::Cross)],
            ..Select::default()
        })
    }
}

/// `function([$raw], 'path')`.
fn read(function: &str, path: String) -> Expr {
    let argument = |e: Expr| FunctionArg::Unnamed(FunctionArgExpr::Expr(e));
    let raw = Expr::Identifier(Ident::with_quote('[', RAW));
    let path = Expr::Value(Literal::SingleQuotedString(path).with_empty_span());
    Expr::Function(Call {
        name: ObjectName::from(vec![Ident::new(function)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args: vec![argument(raw), argument(path)],
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

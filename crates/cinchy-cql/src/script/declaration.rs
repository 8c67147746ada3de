//! What CREATE TABLE `#t` and DECLARE `@t TABLE` say of columns: types, lengths, NOT NULL, DEFAULT, IDENTITY and keys.

use sqlparser::ast::{
    ColumnDef, ColumnOption, DataType, Expr, FunctionArguments, Ident, IdentityParameters,
    IdentityPropertyFormatKind, IdentityPropertyKind, IndexColumn, Spanned, TableConstraint,
    UnaryOperator, Value as Literal,
};

use super::run::Interpreter;
use super::session::Session;
use crate::bind::written;
use crate::catalog::{ColumnKind, Key, Table};
use crate::error::{CqlError, Position};
use crate::syntax;
use crate::value::{Type, Value};

/// A declared column.
pub(super) struct Declared {
    pub name: String,
    pub ty: Type,
    /// Most characters of a text.
    length: Option<i32>,
    mandatory: bool,
    default: Option<Value>,
    /// `DEFAULT NEWID()`, which is another one for each row.
    guid: bool,
    /// Seed and step of IDENTITY.
    identity: Option<(i64, i64)>,
}

impl Declared {
    /// A column of which only name and type are known.
    pub fn plain(name: String, ty: Type) -> Self {
        Self {
            name,
            ty,
            length: None,
            mandatory: false,
            default: None,
            guid: false,
            identity: None,
        }
    }

    /// Tells a table's column what was declared.
    pub fn apply(self, column: &mut crate::catalog::Column) {
        column.is_mandatory = self.mandatory;
        column.default = self.default;
        if let Some((seed, step)) = self.identity {
            column.kind = ColumnKind::Identity { seed, step };
        } else if self.guid {
            column.kind = ColumnKind::Guid;
        } else if let ColumnKind::Text { max_length } = &mut column.kind {
            *max_length = self.length;
        }
    }
}

fn refused(what: String, position: Option<Position>) -> CqlError {
    CqlError::Unsupported { what, position }
}

impl<S: Session> Interpreter<'_, S> {
    /// Reads a column; whether it is a key by itself, and a primary one.
    pub(super) fn declared_column(
        &mut self,
        column: &ColumnDef,
    ) -> Result<(Declared, Option<bool>), S::Error> {
        let position = syntax::position(column.name.span);
        let ty = self.type_of(&column.data_type)?;
        let mut found = Declared::plain(column.name.value.clone(), ty);
        if ty == Type::Text {
            let length = written(&column.data_type, 1).and_then(|w| w.length);
            found.length = length.and_then(|n| i32::try_from(n).ok());
        }
        let mut key = None;
        for option in &column.options {
            match &option.option {
                ColumnOption::Null | ColumnOption::Collation(_) => {}
                ColumnOption::NotNull => found.mandatory = true,
                ColumnOption::PrimaryKey(_) => {
                    found.mandatory = true;
                    key = Some(true);
                }
                ColumnOption::Unique(_) => key = Some(false),
                ColumnOption::Default(value) if ty == Type::Text && is_newid(value) => {
                    found.guid = true;
                }
                ColumnOption::Default(value) => {
                    found.default = Some(self.default_of(value, &column.data_type, position)?);
                }
                ColumnOption::Identity(identity) => {
                    if !ty.is_integer() {
                        return Err(refused("IDENTITY of this type".to_owned(), position).into());
                    }
                    found.identity = Some(numbers(identity, position)?);
                }
                other => {
                    let what = format!("`{other}` of a temporary table");
                    return Err(refused(what, position).into());
                }
            }
        }
        if found.identity.is_some() {
            found.mandatory = false;
        }
        Ok((found, key))
    }

    /// The value of DEFAULT. It is computed once, so it may not be another one for each row.
    fn default_of(
        &mut self,
        value: &Expr,
        data_type: &DataType,
        position: Option<Position>,
    ) -> Result<Value, S::Error> {
        let text = value.to_string().to_uppercase();
        if ["NEWID", "RAND"].iter().any(|name| text.contains(name)) {
            let what = format!("DEFAULT {value} of a temporary table");
            return Err(refused(what, position).into());
        }
        Ok(self.evaluate(value, Some(data_type))?.1)
    }
}

/// `NEWID()`, in brackets or not.
fn is_newid(value: &Expr) -> bool {
    match value {
        Expr::Nested(inner) => is_newid(inner),
        Expr::Function(call) => {
            let bare = matches!(call.name.0.as_slice(), [name] if name
                .as_ident()
                .is_some_and(|n| n.value.eq_ignore_ascii_case("NEWID")));
            let empty = matches!(&call.args, FunctionArguments::List(list) if list.args.is_empty());
            bare && empty && call.over.is_none()
        }
        _ => false,
    }
}

/// Seed and step of IDENTITY.
fn numbers(
    identity: &IdentityPropertyKind,
    position: Option<Position>,
) -> Result<(i64, i64), CqlError> {
    let (IdentityPropertyKind::Identity(property) | IdentityPropertyKind::Autoincrement(property)) =
        identity;
    let parameters = match &property.parameters {
        None => return Ok((1, 1)),
        Some(
            IdentityPropertyFormatKind::FunctionCall(parameters)
            | IdentityPropertyFormatKind::StartAndIncrement(parameters),
        ) => parameters,
    };
    let IdentityParameters { seed, increment } = parameters;
    match (number(seed), number(increment)) {
        (Some(seed), Some(step)) => Ok((seed, step)),
        _ => Err(refused("this form of IDENTITY".to_owned(), position)),
    }
}

fn number(value: &Expr) -> Option<i64> {
    match value {
        Expr::Value(value) => match &value.value {
            // What a column of integers has room for.
            Literal::Number(digits, _) => digits.parse::<i32>().ok().map(i64::from),
            _ => None,
        },
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => number(expr).map(|n| -n),
        _ => None,
    }
}

/// The keys that are declared behind the columns.
pub(super) fn keys(table: &Table, constraints: &[TableConstraint]) -> Result<Vec<Key>, CqlError> {
    constraints
        .iter()
        .map(|constraint| {
            let (primary, columns) = match constraint {
                TableConstraint::PrimaryKey(key) => (true, &key.columns),
                TableConstraint::Unique(key) => (false, &key.columns),
                other => {
                    let what = format!("`{other}` of a temporary table");
                    return Err(refused(what, syntax::position(other.span())));
                }
            };
            let columns = columns.iter().map(|column| key_column(table, column));
            Ok(Key {
                primary,
                columns: columns.collect::<Result<_, _>>()?,
            })
        })
        .collect()
}

fn key_column(table: &Table, column: &IndexColumn) -> Result<String, CqlError> {
    let Expr::Identifier(name) = &column.column.expr else {
        let position = syntax::position(column.column.expr.span());
        return Err(refused("this form of a key".to_owned(), position));
    };
    table
        .column(&name.value)
        .and_then(|c| c.physical.clone())
        .ok_or_else(|| missing(name))
}

fn missing(name: &Ident) -> CqlError {
    CqlError::ColumnNotFound {
        name: name.value.clone(),
        position: syntax::position(name.span),
    }
}

//! Columns that a statement defines or names.

use std::sync::Arc;

use sqlparser::ast::{ColumnDef, ColumnOption, DataType, Ident};

use super::{Designer, check_name};
use crate::catalog::{Column, ColumnKind, Table, is_system_column};
use crate::design::{DesignError, NewColumn};
use crate::error::CqlError;
use crate::syntax;

/// Most characters of a Text column that gives no length (documented).
const DEFAULT_LENGTH: i32 = 500;

impl Designer<'_> {
    /// A column of a table that is not a system column.
    pub(super) fn own_column<'t>(
        &self,
        table: &'t Table,
        name: &Ident,
    ) -> Result<&'t Column, CqlError> {
        let column = find_column(table, name)?;
        if column.is_system {
            return Err(DesignError::SystemColumn {
                column: column.name.clone(),
                position: syntax::position(name.span),
            }
            .into());
        }
        Ok(column)
    }

    /// Columns to be made in a new table, or in `existing`.
    pub(super) fn new_columns(
        &self,
        definitions: &[ColumnDef],
        table: &str,
        existing: Option<&Arc<Table>>,
    ) -> Result<Vec<NewColumn>, CqlError> {
        let mut columns: Vec<NewColumn> = Vec::with_capacity(definitions.len());
        for definition in definitions {
            let name = &definition.name;
            check_name(name, "column")?;
            let lower = name.value.to_lowercase();
            let taken = columns.iter().any(|c| c.name.to_lowercase() == lower)
                || is_system_column(&lower)
                || existing.is_some_and(|t| t.column(&name.value).is_some());
            if taken {
                return Err(DesignError::DuplicateColumn {
                    column: name.value.clone(),
                    table: table.to_owned(),
                    position: syntax::position(name.span),
                }
                .into());
            }
            let mut column = NewColumn {
                name: name.value.clone(),
                kind: self.kind_of(&definition.data_type, name)?,
                mandatory: false,
                unique: false,
            };
            for option in &definition.options {
                match &option.option {
                    ColumnOption::Null => {}
                    ColumnOption::NotNull => column.mandatory = true,
                    ColumnOption::Unique(_) => column.unique = true,
                    // Comparison goes by code point always.
                    ColumnOption::Collation(_) => {}
                    other => {
                        return Err(CqlError::Unsupported {
                            what: format!("{other} of a column"),
                            position: syntax::position(name.span),
                        });
                    }
                }
            }
            columns.push(column);
        }
        Ok(columns)
    }

    /// The kind of column of an SQL type (seen: the mapping of the documentation's columns page).
    pub(super) fn kind_of(
        &self,
        data_type: &DataType,
        column: &Ident,
    ) -> Result<ColumnKind, CqlError> {
        let text = data_type.to_string().replace(['[', ']', '"'], "");
        let (word, length) = match text.split_once('(') {
            Some((word, rest)) => (word, Some(rest.trim_end_matches(')').trim())),
            None => (text.as_str(), None),
        };
        let unlimited = ColumnKind::Text { max_length: None };
        Ok(match (word.trim().to_uppercase().as_str(), length) {
            ("VARCHAR" | "NVARCHAR" | "CHAR" | "NCHAR", None) => ColumnKind::Text {
                max_length: Some(DEFAULT_LENGTH),
            },
            ("VARCHAR" | "NVARCHAR", Some(max)) if max.eq_ignore_ascii_case("max") => unlimited,
            ("VARCHAR" | "NVARCHAR" | "CHAR" | "NCHAR", Some(length))
                if length.parse::<i32>().is_ok_and(|n| n > 0) =>
            {
                ColumnKind::Text {
                    max_length: length.parse().ok(),
                }
            }
            ("TEXT" | "NTEXT", None) => unlimited,
            (
                "INT" | "INTEGER" | "BIGINT" | "SMALLINT" | "TINYINT" | "DECIMAL" | "DEC"
                | "NUMERIC" | "FLOAT" | "REAL" | "MONEY" | "SMALLMONEY",
                _,
            ) => ColumnKind::Number,
            ("DATE" | "DATETIME" | "SMALLDATETIME" | "DATETIME2", _) => ColumnKind::DateTime,
            ("BIT", None) => ColumnKind::YesNo,
            ("VARBINARY" | "BINARY", _) => ColumnKind::Binary,
            _ => {
                return Err(CqlError::Unsupported {
                    what: format!("the column type {}", text.to_uppercase()),
                    position: syntax::position(column.span),
                });
            }
        })
    }
}

pub(super) fn find_column<'t>(table: &'t Table, name: &Ident) -> Result<&'t Column, CqlError> {
    table
        .column(&name.value)
        .ok_or_else(|| CqlError::ColumnNotFound {
            name: name.value.clone(),
            position: syntax::position(name.span),
        })
}

//! From a statement's tree to a [`Design`]: names that are there or must not be, who may do it, types of columns.

mod columns;
mod views;

use std::sync::Arc;

use sqlparser::ast::helpers::stmt_create_table::CreateTableBuilder;
use sqlparser::ast::{
    AlterColumnOperation, AlterTable, AlterTableOperation, ColumnDef, CreateIndex, CreateTable,
    Expr, Ident, ObjectName, ObjectType, Statement,
};

use self::columns::find_column;
use super::error::LONGEST_NAME;
use super::{Design, DesignError, NewColumn};
use crate::bind::table_name;
use crate::catalog::{Catalog, ColumnKind, DomainId, Rights, Table};
use crate::error::{CqlError, Position};
use crate::syntax;

/// What is said of `CREATE TABLE x ()`.
pub(crate) const NO_COLUMNS: &str = "Incorrect syntax near ')': a table has a column at least";

/// Whether a statement changes the design of tables, so that [`design`] knows it.
pub(crate) fn is_design(statement: &Statement) -> bool {
    match statement {
        Statement::CreateTable(_)
        | Statement::AlterTable(_)
        | Statement::CreateView(_)
        | Statement::AlterView(_)
        | Statement::CreateIndex(_) => true,
        Statement::Drop { object_type, .. } => matches!(
            object_type,
            ObjectType::Table | ObjectType::View | ObjectType::Index
        ),
        _ => false,
    }
}

/// Binds a statement that [`is_design`]; `position` is where it begins.
pub(crate) fn design(
    statement: &Statement,
    catalog: &Catalog,
    rights: &Rights,
    position: Option<Position>,
) -> Result<Design, CqlError> {
    let designer = Designer {
        catalog,
        rights,
        position,
    };
    match statement {
        Statement::CreateTable(create) => designer.create_table(create),
        Statement::AlterTable(alter) => designer.alter_table(alter),
        Statement::CreateView(create) => designer.create_view(create),
        Statement::AlterView(alter) => designer.alter_view(alter),
        Statement::CreateIndex(create) => designer.create_index(create),
        Statement::Drop {
            object_type,
            if_exists,
            names,
            table,
            cascade: false,
            ..
        } => match object_type {
            ObjectType::Table => designer.drop_tables(names, *if_exists),
            ObjectType::View => designer.drop_views(names, *if_exists),
            ObjectType::Index => designer.drop_index(names, table.as_ref(), *if_exists),
            other => Err(designer.unsupported(format!("DROP {other}"))),
        },
        _ => Err(designer.unsupported("this statement")),
    }
}

/// Who asks, and of what.
struct Designer<'a> {
    catalog: &'a Catalog,
    rights: &'a Rights,
    position: Option<Position>,
}

impl<'a> Designer<'a> {
    fn unsupported(&self, what: impl Into<String>) -> CqlError {
        CqlError::Unsupported {
            what: what.into(),
            position: self.position,
        }
    }

    fn create_table(&self, create: &CreateTable) -> Result<Design, CqlError> {
        let plain = CreateTableBuilder::new(create.name.clone())
            .columns(create.columns.clone())
            .build();
        if *create != plain {
            return Err(self.unsupported("a constraint or option of a new table"));
        }
        let (domain, name) = self.new_object(&create.name, "table")?;
        let columns = self.new_columns(&create.columns, &name, None)?;
        if columns.is_empty() {
            return Err(CqlError::Rule {
                text: NO_COLUMNS,
                position: self.position,
            });
        }
        Ok(Design::CreateTable {
            domain,
            name,
            columns,
        })
    }

    fn alter_table(&self, alter: &AlterTable) -> Result<Design, CqlError> {
        let table = self.table(&alter.name)?;
        let id = table.id;
        let added: Option<Vec<ColumnDef>> = alter
            .operations
            .iter()
            .map(|operation| match operation {
                AlterTableOperation::AddColumn {
                    if_not_exists: false,
                    column_def,
                    column_position: None,
                    ..
                } => Some(column_def.clone()),
                _ => None,
            })
            .collect();
        if let Some(added) = added
            && !added.is_empty()
        {
            let columns = self.new_columns(&added, &table.name, Some(table))?;
            return Ok(Design::AddColumns { table: id, columns });
        }
        match alter.operations.as_slice() {
            [
                AlterTableOperation::DropColumn {
                    column_names,
                    if_exists,
                    drop_behavior: None,
                    ..
                },
            ] => {
                let mut columns = Vec::with_capacity(column_names.len());
                for name in column_names {
                    if *if_exists && table.column(&name.value).is_none() {
                        continue;
                    }
                    let column = self.own_column(table, name)?.id;
                    if !columns.contains(&column) {
                        columns.push(column);
                    }
                }
                Ok(Design::DropColumns { table: id, columns })
            }
            [
                AlterTableOperation::AlterColumn {
                    column_name,
                    op:
                        AlterColumnOperation::SetDataType {
                            data_type,
                            using: None,
                            ..
                        },
                },
                rest @ ..,
            ] if rest.len() <= 1 => {
                let column = self.own_column(table, column_name)?;
                let plain = matches!(
                    column.kind,
                    ColumnKind::Text { .. }
                        | ColumnKind::Number
                        | ColumnKind::DateTime
                        | ColumnKind::YesNo
                        | ColumnKind::Binary
                );
                if !plain {
                    let what = "ALTER COLUMN of a link, choice or calculated column";
                    return Err(self.unsupported(what));
                }
                let mandatory = match rest.first() {
                    None => false,
                    Some(AlterTableOperation::AlterColumn {
                        op: AlterColumnOperation::SetNotNull,
                        ..
                    }) => true,
                    Some(_) => return Err(self.unsupported("this form of ALTER COLUMN")),
                };
                let to = NewColumn {
                    name: column.name.clone(),
                    kind: self.kind_of(data_type, column_name)?,
                    mandatory,
                    unique: false,
                };
                Ok(Design::AlterColumn {
                    table: id,
                    column: column.id,
                    to,
                })
            }
            _ => Err(self.unsupported("this way to alter a table")),
        }
    }

    fn create_index(&self, create: &CreateIndex) -> Result<Design, CqlError> {
        let Some(name) = create.name.as_ref().and_then(only_part) else {
            return Err(self.unsupported("an index without a name of one part"));
        };
        let mut columns = Vec::with_capacity(create.columns.len());
        let table = self.table(&create.table_name)?;
        let full_name = || format!("{}.{}", table.domain, table.name);
        for column in &create.columns {
            let Expr::Identifier(name) = &column.column.expr else {
                return Err(self.unsupported("an expression in an index"));
            };
            let found = find_column(table, name)?;
            let indexable = found.physical.is_some()
                && !matches!(
                    found.kind,
                    ColumnKind::Binary | ColumnKind::Geometry | ColumnKind::Geography
                );
            if !indexable {
                return Err(DesignError::NotIndexable {
                    column: found.name.clone(),
                    table: full_name(),
                    position: syntax::position(name.span),
                }
                .into());
            }
            if columns.contains(&found.id) {
                return Err(DesignError::DuplicateColumn {
                    column: found.name.clone(),
                    table: table.name.clone(),
                    position: syntax::position(name.span),
                }
                .into());
            }
            columns.push(found.id);
        }
        // The order within an index (ASC, DESC) changes no result.
        let bare = CreateIndex {
            using: None,
            concurrently: false,
            r#async: false,
            if_not_exists: false,
            include: Vec::new(),
            nulls_distinct: None,
            with: Vec::new(),
            predicate: None,
            index_options: Vec::new(),
            alter_options: Vec::new(),
            ..create.clone()
        };
        if bare != *create {
            return Err(self.unsupported("an option of CREATE INDEX"));
        }
        check_name(name, "index")?;
        Ok(Design::CreateIndex {
            table: table.id,
            name: name.value.clone(),
            columns,
            unique: create.unique,
        })
    }

    fn drop_index(
        &self,
        names: &[ObjectName],
        table: Option<&ObjectName>,
        if_exists: bool,
    ) -> Result<Design, CqlError> {
        let (Some(table), [name]) = (table, names) else {
            return Err(self.unsupported("DROP INDEX without one index and ON"));
        };
        let Some(name) = only_part(name) else {
            return Err(self.unsupported("the name of an index in several parts"));
        };
        Ok(Design::DropIndex {
            table: self.table(table)?.id,
            name: name.value.clone(),
            if_exists,
        })
    }

    fn drop_tables(&self, names: &[ObjectName], if_exists: bool) -> Result<Design, CqlError> {
        let mut tables = Vec::with_capacity(names.len());
        for name in names {
            match self.table(name) {
                Ok(table) if !tables.contains(&table.id) => tables.push(table.id),
                Err(CqlError::TableNotFound { .. }) if if_exists => {}
                Ok(_) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Design::DropTables(tables))
    }

    /// Domain and name of a table or view that is to be made.
    fn new_object(
        &self,
        name: &ObjectName,
        of: &'static str,
    ) -> Result<(DomainId, String), CqlError> {
        let (domain, name) = table_name(name)?;
        let position = syntax::position(name.span);
        if !self.rights.administrator && !self.rights.can_design_tables {
            return Err(CqlError::TableDenied {
                tables: vec![name.value.clone()],
                position,
            });
        }
        let id = self.catalog.domain(&domain.value);
        let id = id.ok_or_else(|| DesignError::DomainNotFound {
            domain: domain.value.clone(),
            position: syntax::position(domain.span),
        })?;
        check_name(name, of)?;
        let taken = self.catalog.find(&domain.value, &name.value).is_some()
            || self.catalog.view(&domain.value, &name.value).is_some();
        if taken {
            let name = name.value.clone();
            return Err(DesignError::Exists { name, position }.into());
        }
        Ok((id, name.value.clone()))
    }

    /// A table of a user that the caller may change.
    fn table(&self, name: &ObjectName) -> Result<&'a Arc<Table>, CqlError> {
        if let Some(temporary) = only_part(name).filter(|n| n.value.starts_with('#')) {
            return Err(CqlError::Unsupported {
                what: format!("a change of the temporary table {}", temporary.value),
                position: syntax::position(temporary.span),
            });
        }
        let (domain, name) = table_name(name)?;
        let position = syntax::position(name.span);
        let found = self.catalog.find(&domain.value, &name.value);
        let table = found.ok_or_else(|| CqlError::TableNotFound {
            table: name.value.clone(),
            domain: domain.value.clone(),
            position,
        })?;
        let rights = self.rights;
        let mut grants = rights.tables.get(&table.id).into_iter().flatten();
        let allowed = rights.administrator
            || table.creator == Some(rights.user_id)
            || grants.any(|g| g.design_table);
        if !allowed {
            return Err(CqlError::TableDenied {
                tables: vec![table.name.clone()],
                position,
            });
        }
        if table.creator.is_none() {
            let table = table.name.clone();
            return Err(DesignError::SystemTable { table, position }.into());
        }
        Ok(table)
    }
}

fn only_part(name: &ObjectName) -> Option<&Ident> {
    match name.0.as_slice() {
        [part] => part.as_ident(),
        _ => None,
    }
}

/// The platform's pattern of names (seen in its models). Columns may have `$` too; a dot parts full names.
fn check_name(name: &Ident, of: &'static str) -> Result<(), CqlError> {
    let text = name.value.as_str();
    let allowed = |c: char| {
        c.is_alphanumeric() || " _'+-:()/=@!&%".contains(c) || (c == '$' && of == "column")
    };
    let good = !text.is_empty()
        && text.trim() == text
        && text.chars().all(allowed)
        && text.chars().count() <= LONGEST_NAME;
    if good {
        return Ok(());
    }
    Err(DesignError::BadName {
        name: text.to_owned(),
        of,
        position: syntax::position(name.span),
    }
    .into())
}

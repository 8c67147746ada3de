//! From a statement's tree to a [`Design`]: names that are there or must not be, who may do it, types of columns.

use std::sync::Arc;

use sqlparser::ast::helpers::stmt_create_table::CreateTableBuilder;
use sqlparser::ast::{
    AlterColumnOperation, AlterTable, AlterTableOperation, AlterView, AlterViewOperation,
    BinaryOperator, ColumnDef, ColumnOption, CreateIndex, CreateTable, CreateView, DataType, Expr,
    Ident, ObjectName, ObjectType, Query, SelectItem, SetExpr, Statement,
};

use super::error::LONGEST_NAME;
use super::{Design, DesignError, NewColumn, ViewContent};
use crate::bind::{Binder, table_name};
use crate::catalog::{Catalog, Column, ColumnKind, DomainId, Rights, Table, View};
use crate::error::{CqlError, Position};
use crate::syntax;

/// Names that no column of a user may have: the system columns that every table has (documented), and those that the
/// platform has beside them (seen).
const SYSTEM_COLUMNS: [&str; 15] = [
    "Cinchy Id",
    "Version",
    "Draft Version",
    "Approval State",
    "Created By",
    "Created",
    "Modified By",
    "Modified",
    "Deleted By",
    "Deleted",
    "Replaced",
    "Cinchy Record Type",
    "Rejection Comments",
    "Change Summary",
    "Changeset",
];

/// Most characters of a Text column that gives no length (documented).
const DEFAULT_LENGTH: i32 = 500;

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

    fn create_view(&self, create: &CreateView) -> Result<Design, CqlError> {
        let mut plain = format!(
            "CREATE {}VIEW {}",
            if create.or_alter { "OR ALTER " } else { "" },
            create.name
        );
        let columns: Vec<Ident> = create.columns.iter().map(|c| c.name.clone()).collect();
        if !columns.is_empty() {
            let names: Vec<String> = columns.iter().map(ToString::to_string).collect();
            plain.push_str(&format!(" ({})", names.join(", ")));
        }
        plain.push_str(&format!(" AS {}", create.query));
        if create.to_string() != plain {
            return Err(self.unsupported("an option of CREATE VIEW"));
        }
        if create.or_alter
            && let Some(view) = self.find_view(&create.name)?
        {
            self.may_change(view)?;
            let content = self.content(&create.query, &columns)?;
            let view = view.id;
            return Ok(Design::AlterView { view, content });
        }
        let (domain, name) = self.new_object(&create.name, "view")?;
        let content = self.content(&create.query, &columns)?;
        Ok(Design::CreateView {
            domain,
            name,
            content,
        })
    }

    fn alter_view(&self, alter: &AlterView) -> Result<Design, CqlError> {
        let AlterView {
            materialized: false,
            name,
            if_exists: false,
            operation:
                AlterViewOperation::As {
                    columns,
                    query,
                    with_options,
                },
        } = alter
        else {
            return Err(self.unsupported("this form of ALTER VIEW"));
        };
        if !with_options.is_empty() {
            return Err(self.unsupported("an option of ALTER VIEW"));
        }
        let view = self.view(name)?;
        let content = self.content(query, columns)?;
        Ok(Design::AlterView {
            view: view.id,
            content,
        })
    }

    /// The SELECT of a view, checked: it binds for its maker, and its columns have names.
    fn content(&self, query: &Query, columns: &[Ident]) -> Result<ViewContent, CqlError> {
        let text = query.to_string();
        // It is kept as text, so the text must mean the same.
        if !syntax::parse_select(&text).is_ok_and(|parsed| *parsed == *query) {
            return Err(self.unsupported("a construct of this view"));
        }
        let found = Binder::for_user(self.catalog, self.rights, &[], false)
            .statement(query)?
            .query
            .columns();
        if !columns.is_empty() && columns.len() != found.len() {
            return Err(CqlError::ColumnCount {
                position: self.position,
            });
        }
        if columns.is_empty()
            && let Some(index) = unnamed(&query.body)
        {
            return Err(DesignError::UnnamedColumn { number: index + 1 }.into());
        }
        Ok(ViewContent {
            text,
            columns: columns.iter().map(|c| c.value.clone()).collect(),
        })
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

    fn drop_views(&self, names: &[ObjectName], if_exists: bool) -> Result<Design, CqlError> {
        let mut views = Vec::with_capacity(names.len());
        for name in names {
            if if_exists && self.find_view(name)?.is_none() {
                continue;
            }
            let view = self.view(name)?.id;
            if !views.contains(&view) {
                views.push(view);
            }
        }
        Ok(Design::DropViews(views))
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

    fn find_view(&self, name: &ObjectName) -> Result<Option<&'a Arc<View>>, CqlError> {
        let (domain, name) = table_name(name)?;
        Ok(self.catalog.view(&domain.value, &name.value))
    }

    /// A view that the caller may change.
    fn view(&self, name: &ObjectName) -> Result<&'a Arc<View>, CqlError> {
        let (domain, view) = table_name(name)?;
        let found = self.find_view(name)?;
        let found = found.ok_or_else(|| DesignError::ViewNotFound {
            domain: domain.value.clone(),
            view: view.value.clone(),
            position: syntax::position(view.span),
        })?;
        self.may_change(found)?;
        Ok(found)
    }

    /// Administrators and who made it may change a view (decided; nothing is documented).
    fn may_change(&self, view: &View) -> Result<(), CqlError> {
        if self.rights.administrator || view.creator == Some(self.rights.user_id) {
            return Ok(());
        }
        Err(CqlError::TableDenied {
            tables: vec![view.name.clone()],
            position: self.position,
        })
    }

    /// A column of a table that is not a system column.
    fn own_column<'t>(&self, table: &'t Table, name: &Ident) -> Result<&'t Column, CqlError> {
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
    fn new_columns(
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
                || SYSTEM_COLUMNS.iter().any(|c| c.to_lowercase() == lower)
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
    fn kind_of(&self, data_type: &DataType, column: &Ident) -> Result<ColumnKind, CqlError> {
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

fn find_column<'t>(table: &'t Table, name: &Ident) -> Result<&'t Column, CqlError> {
    table
        .column(&name.value)
        .ok_or_else(|| CqlError::ColumnNotFound {
            name: name.value.clone(),
            position: syntax::position(name.span),
        })
}

/// The first item of a select list that has no name of its own.
fn unnamed(body: &SetExpr) -> Option<usize> {
    match body {
        SetExpr::Select(select) => select.projection.iter().position(|item| match item {
            SelectItem::UnnamedExpr(Expr::BinaryOp { left, op, .. }) => {
                // `'name' = value` names its value.
                !(*op == BinaryOperator::Eq && matches!(left.as_ref(), Expr::Value(_)))
            }
            SelectItem::UnnamedExpr(e) => {
                !matches!(e, Expr::Identifier(_) | Expr::CompoundIdentifier(_))
            }
            _ => false,
        }),
        SetExpr::SetOperation { left, .. } => unnamed(left),
        SetExpr::Query(query) => unnamed(&query.body),
        _ => None,
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

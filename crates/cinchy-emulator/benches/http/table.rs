//! How the measured table is stored, read from the database itself: a hand loop needs the physical names.

use std::fmt::Write as _;

use anyhow::Context as _;
use cinchy_storage::{Database, Options};

use crate::seed::COLUMNS;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text and choice.
    Text,
    /// Number.
    Number,
    /// Date.
    Date,
    /// Yes/No.
    Truth,
}

/// A column that the queries select.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    physical: String,
}

/// The measured table.
#[derive(Debug, Clone)]
pub struct Table {
    /// The columns that the queries select, in order.
    pub columns: Vec<Column>,
    name: String,
    hidden: String,
}

impl Table {
    /// Finds it in a seeded database.
    pub fn find(url: &str) -> anyhow::Result<Self> {
        let database = Database::open(&Options {
            url: Some(url.to_owned()),
            pool_size: 1,
            ..Options::default()
        })?;
        let catalog = database.read(cinchy_storage::catalog::load)?;
        let table = catalog
            .find("Bench", "People")
            .context("the bench's table is not there")?;
        let physical = |name: &str| {
            let column = table
                .column(name)
                .and_then(|column| column.physical.clone());
            column.with_context(|| format!("the column {name} is not stored"))
        };
        let columns = COLUMNS.into_iter().map(|name| {
            anyhow::Ok(Column {
                name,
                kind: match name {
                    "Salary" | "Score" => Kind::Number,
                    "Started" => Kind::Date,
                    "Active" => Kind::Truth,
                    _ => Kind::Text,
                },
                physical: physical(name)?,
            })
        });
        let schema = match database.kind() {
            "postgres" => format!("\"{}\".", database.schema()),
            _ => String::new(),
        };
        Ok(Self {
            columns: columns.collect::<Result<_, _>>()?,
            name: format!("{schema}\"{}\"", table.physical),
            hidden: physical("Hidden")?,
        })
    }

    /// The query as one would write it by hand, for both databases: the same rows in the same order.
    pub fn sql(&self, limit: Option<usize>) -> String {
        let names: Vec<String> = self
            .columns
            .iter()
            .map(|c| format!("\"{}\"", c.physical))
            .collect();
        let mut sql = format!(
            "SELECT {} FROM {} WHERE NOT \"{}\" AND deleted IS NULL ORDER BY cinchy_id",
            names.join(", "),
            self.name,
            self.hidden
        );
        if let Some(limit) = limit {
            // Writing to a String cannot fail.
            let _ = write!(sql, " LIMIT {limit}");
        }
        sql
    }

    /// Names and types as the query API writes them.
    pub fn schema(&self) -> [(&'static str, &'static str); COLUMNS.len()] {
        std::array::from_fn(|index| {
            let column = &self.columns[index];
            let ty = match column.kind {
                Kind::Text => "String",
                Kind::Number => "Double",
                Kind::Date => "DateTime",
                Kind::Truth => "Boolean",
            };
            (column.name, ty)
        })
    }
}

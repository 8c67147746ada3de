//! CQL with its parameters, and what it gives: whole results in memory, as many rows as a page can show.

use std::ops::ControlFlow;

use cinchy_cql::value::{ResultColumn, Type, Value};
use cinchy_storage::statement::{Cell, OwnedCell, RowSink};
use cinchy_web::script::Results;

/// A text to run.
#[derive(Debug, Clone)]
pub struct Statement<'a> {
    /// CQL.
    pub cql: &'a str,
    /// Parameters by name, without `@`.
    pub parameters: Vec<(String, Value)>,
    /// `{n}` and what replaces it.
    pub texts: Vec<(u32, String)>,
    /// A text of the user's own, which needs the Direct Query right.
    pub ad_hoc: bool,
    /// Tables are read with all versions of their rows.
    pub versions: bool,
    /// Rows to keep at most.
    pub most: usize,
    /// Rows to leave out before them.
    pub skip: usize,
}

impl<'a> Statement<'a> {
    /// A text of the console's own.
    pub fn new(cql: &'a str) -> Self {
        Self {
            cql,
            parameters: Vec::new(),
            texts: Vec::new(),
            ad_hoc: false,
            versions: false,
            most: 100_000,
            skip: 0,
        }
    }

    /// With a parameter; its name in lower case.
    pub fn with(mut self, name: &str, value: impl Into<Parameter>) -> Self {
        self.parameters.push((name.to_owned(), value.into().0));
        self
    }
}

/// A value of a parameter.
pub struct Parameter(pub Value);

impl From<&str> for Parameter {
    fn from(text: &str) -> Self {
        Self(Value::Text(text.to_owned()))
    }
}

impl From<String> for Parameter {
    fn from(text: String) -> Self {
        Self(Value::Text(text))
    }
}

impl From<i32> for Parameter {
    fn from(number: i32) -> Self {
        Self(Value::Int(number.into()))
    }
}

impl From<bool> for Parameter {
    fn from(value: bool) -> Self {
        Self(Value::Bool(value))
    }
}

impl<T: Into<Parameter>> From<Option<T>> for Parameter {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self(Value::Null), Into::into)
    }
}

impl From<Value> for Parameter {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

/// The type that a parameter of the console has.
pub fn type_of(value: &Value) -> Type {
    match value {
        Value::Bool(_) => Type::Bit,
        Value::Int(_) => Type::Int,
        Value::Double(_) => Type::Double,
        Value::DateTime(_) => Type::DateTime,
        Value::Bytes(_) => Type::Binary,
        _ => Type::Text,
    }
}

/// The first result set of a text.
#[derive(Debug, Default)]
pub struct Grid {
    /// Its columns.
    pub columns: Vec<ResultColumn>,
    /// Its rows, as many as were wanted.
    pub rows: Vec<Row>,
    /// Whether there were more.
    pub more: bool,
    /// Rows that the last statement which changes data has changed.
    pub affected: Option<u64>,
}

/// A row of a result.
#[derive(Debug, Clone)]
pub struct Row(pub Vec<OwnedCell>);

impl Row {
    /// The cell of this index as text; empty for NULL.
    pub fn text(&self, index: usize) -> String {
        self.0.get(index).map(shown).unwrap_or_default()
    }

    /// The whole number of this index; 0 for anything else.
    pub fn int(&self, index: usize) -> i32 {
        self.option_int(index).unwrap_or_default()
    }

    /// The whole number of this index.
    pub fn option_int(&self, index: usize) -> Option<i32> {
        match self.0.get(index) {
            Some(OwnedCell::Int(number)) => i32::try_from(*number).ok(),
            _ => None,
        }
    }

    /// The yes/no of this index; no for NULL.
    pub fn yes(&self, index: usize) -> bool {
        matches!(self.0.get(index), Some(OwnedCell::Bool(true)))
    }
}

/// A cell as people read it.
pub fn shown(cell: &OwnedCell) -> String {
    match cell {
        OwnedCell::Null => String::new(),
        OwnedCell::Bool(yes) => if *yes { "Yes" } else { "No" }.to_owned(),
        OwnedCell::Int(number) => number.to_string(),
        OwnedCell::Double(number) => number.to_string(),
        OwnedCell::Decimal(text) | OwnedCell::Text(text) => text.clone(),
        OwnedCell::DateTime(text) => {
            let text = text.replacen('T', " ", 1);
            text.strip_suffix(" 00:00:00")
                .map(str::to_owned)
                .unwrap_or(text)
        }
        OwnedCell::Bytes(bytes) => format!("{} bytes", bytes.len()),
    }
}

/// Takes rows into a grid.
#[derive(Debug)]
pub struct Collector {
    grid: Grid,
    row: Vec<OwnedCell>,
    skip: usize,
    most: usize,
}

impl Collector {
    /// Keeps at most so many rows, after leaving out some.
    pub fn new(skip: usize, most: usize) -> Self {
        Self {
            grid: Grid::default(),
            row: Vec::new(),
            skip,
            most,
        }
    }

    /// What was taken.
    pub fn finish(self, affected: Option<u64>) -> Grid {
        Grid {
            affected,
            ..self.grid
        }
    }
}

impl Results for Collector {
    fn begin(&mut self, columns: &[ResultColumn], _hold_back: bool) {
        self.row.clear();
        self.grid = Grid {
            columns: columns.to_vec(),
            ..Grid::default()
        };
    }
}

impl RowSink for Collector {
    fn cell(&mut self, index: usize, cell: Cell<'_>) {
        if self.skip == 0 {
            let column = self.grid.columns.get(index);
            self.row.push(match cell {
                Cell::Double(number) if column.is_some_and(|c| c.ty == Type::Real) => {
                    OwnedCell::Double(cinchy_cql::single_shown(number))
                }
                cell => cell.into(),
            });
        }
    }

    fn end_row(&mut self) -> ControlFlow<()> {
        if self.skip > 0 {
            self.skip -= 1;
            return ControlFlow::Continue(());
        }
        if self.grid.rows.len() >= self.most {
            self.grid.more = true;
            return ControlFlow::Break(());
        }
        self.grid.rows.push(Row(std::mem::take(&mut self.row)));
        ControlFlow::Continue(())
    }
}

/// The condition that a value holds a text, whatever their case; marks of patterns stand for themselves. The text stands in it
/// as a literal: a pattern that is known is the database's own work, a parameter's is ours, row by row.
pub fn holds(value: &str, text: &str) -> String {
    let mut pattern = String::new();
    for c in text.to_lowercase().chars() {
        match c {
            '%' | '_' | '[' | '!' => pattern.extend(['!', c]),
            '\'' => pattern.push_str("''"),
            c => pattern.push(c),
        }
    }
    format!("LOWER({value}) LIKE '%{pattern}%' ESCAPE '!'")
}

/// A name as CQL quotes it. `]` cannot be escaped in the platform's language, so it is left out: no name has one.
pub fn name(text: &str) -> String {
    format!("[{}]", text.replace(['[', ']'], ""))
}

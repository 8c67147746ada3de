//! Rows and cells.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::columns::Column;
use crate::{Located, Location};

/// The value of a cell as the seed says it; what it means depends on the column.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Cell {
    /// No value.
    #[default]
    Null,
    /// Yes or no.
    Bool(bool),
    /// A number, or a link by Cinchy Id.
    Number(f64),
    /// Text, a choice, a date, base64 of bytes, well-known text of a shape.
    Text(String),
    /// A link to the row of the target table that has this value in this column: `{ Name: Sales }`.
    Match {
        /// Column of the target table.
        column: String,
        /// Its value.
        value: Box<Cell>,
    },
    /// Several links or choices.
    List(Vec<Cell>),
}

impl Cell {
    /// A link by a column of its target.
    pub fn matching(column: &str, value: impl Into<Cell>) -> Self {
        Self::Match {
            column: column.to_owned(),
            value: Box::new(value.into()),
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

/// How a row says its cells.
#[derive(Debug, Clone, PartialEq)]
pub enum RowCells {
    /// By column name, in any case; `Cinchy Id` may be among them. Columns not named take their default.
    ByName(Vec<(String, Cell)>),
    /// In the order of the table's columns. A shorter list leaves the last columns to their default.
    InOrder(Vec<Cell>),
}

/// A row of a table.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its cells.
    pub cells: RowCells,
    /// Where it stands in the seed; not written.
    pub at: Location,
}

/// Rows are equal when their cells are.
impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.cells == other.cells
    }
}

impl Row {
    /// A row by column names that did not come from a file.
    pub fn by_name(cells: Vec<(String, Cell)>) -> Self {
        Self {
            cells: RowCells::ByName(cells),
            at: Location::default(),
        }
    }

    /// Its cells with the names of their columns. `columns` are those that a list is in order of: the columns of its
    /// entry in the seed or, when that names none, all columns of the table in order.
    pub fn named_cells<'a>(
        &'a self,
        columns: &'a [Column],
    ) -> Box<dyn Iterator<Item = (&'a str, &'a Cell)> + 'a> {
        match &self.cells {
            RowCells::ByName(cells) => {
                Box::new(cells.iter().map(|(name, cell)| (name.as_str(), cell)))
            }
            RowCells::InOrder(cells) => Box::new(
                columns
                    .iter()
                    .zip(cells)
                    .map(|(column, cell)| (column.name.as_str(), cell)),
            ),
        }
    }

    /// The Cinchy Id that the row names, if it does and it is a whole number.
    pub fn cinchy_id(&self) -> Option<i32> {
        let RowCells::ByName(cells) = &self.cells else {
            return None;
        };
        let (_, cell) = cells
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("Cinchy Id"))?;
        match cell {
            Cell::Number(number) => whole_id(*number),
            _ => None,
        }
    }
}

/// A Cinchy Id, if the number is one.
pub(crate) fn whole_id(number: f64) -> Option<i32> {
    let id = number as i32;
    (f64::from(id) == number).then_some(id)
}

/// Whether the number can be a Cinchy Id.
pub(crate) fn is_whole_id(number: f64) -> bool {
    whole_id(number).is_some()
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor)
    }
}

struct CellVisitor;

impl<'de> de::Visitor<'de> for CellVisitor {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a cell: null, true or false, a number, a text, `{Column: value}` or a list of these",
        )
    }

    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Cell::Null)
    }

    fn visit_none<E>(self) -> Result<Cell, E> {
        Ok(Cell::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cell, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Cell, E> {
        Ok(Cell::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Cell, E> {
        Ok(Cell::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Cell, E> {
        Ok(Cell::Number(value as f64))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Cell, E> {
        Ok(Cell::Number(value as f64))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Cell, E> {
        Ok(Cell::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Cell, E> {
        Ok(Cell::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Cell, E> {
        Ok(Cell::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Cell, E> {
        Ok(Cell::Text(value))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Cell, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Cell::List(items))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Cell, A::Error> {
        const ONE: &str = "a link names one column of its target and a value: `{Column: value}`";
        let Some((column, value)) = map.next_entry::<String, Cell>()? else {
            return Err(de::Error::custom(ONE));
        };
        if map.next_key::<String>()?.is_some() {
            return Err(de::Error::custom(ONE));
        }
        Ok(Cell::Match {
            column,
            value: Box::new(value),
        })
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            // Whole numbers are written as such: a double holds every one up to 2^53 exactly.
            Self::Number(number)
                if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 =>
            {
                serializer.serialize_i64(*number as i64)
            }
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Match { column, value } => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(column, value)?;
                map.end()
            }
            Self::List(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
        }
    }
}

impl JsonSchema for Cell {
    fn schema_name() -> Cow<'static, str> {
        "Cell".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let cell = generator.subschema_for::<Cell>();
        json_schema!({
            "description": "A cell: null, true or false, a number, a text (also dates `2020-01-15`, choices, base64 of \
                bytes), a link by Cinchy Id or by a column of its target (`{ Name: Sales }`), or a list of links or choices.",
            "anyOf": [
                { "type": ["null", "boolean", "number", "string"] },
                { "type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": cell },
                { "type": "array", "items": cell }
            ]
        })
    }
}

impl<'de> Deserialize<'de> for RowCells {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RowVisitor;

        impl<'de> de::Visitor<'de> for RowVisitor {
            type Value = RowCells;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a row: an object by column name or a list in column order")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<RowCells, A::Error> {
                let mut cells = Vec::with_capacity(map.size_hint().unwrap_or(8).min(64));
                while let Some(entry) = map.next_entry()? {
                    cells.push(entry);
                }
                Ok(RowCells::ByName(cells))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<RowCells, A::Error> {
                let mut cells = Vec::with_capacity(seq.size_hint().unwrap_or(8).min(64));
                while let Some(cell) = seq.next_element()? {
                    cells.push(cell);
                }
                Ok(RowCells::InOrder(cells))
            }
        }

        deserializer.deserialize_any(RowVisitor)
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let located = Located::<RowCells>::deserialize(deserializer)?;
        Ok(Self {
            cells: located.value,
            at: located.at,
        })
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.cells {
            RowCells::ByName(cells) => {
                serializer.collect_map(cells.iter().map(|(name, cell)| (name, cell)))
            }
            RowCells::InOrder(cells) => cells.serialize(serializer),
        }
    }
}

impl JsonSchema for Row {
    fn schema_name() -> Cow<'static, str> {
        "Row".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let cell = generator.subschema_for::<Cell>();
        json_schema!({
            "description": "A row: an object by column name (`Cinchy Id` may be among them), or a list in column order.",
            "anyOf": [
                { "type": "object", "additionalProperties": cell },
                { "type": "array", "items": cell }
            ]
        })
    }
}

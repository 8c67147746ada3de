//! User-defined functions while statements run: binds that are calls, functions in FROM, and calls for each row.

use std::sync::Arc;

use chrono::{DateTime, NaiveDateTime, NaiveTime};
use cinchy_cql::catalog::UserFunction;
use cinchy_cql::value::{Bind, Type, Value};
use cinchy_cql::{Arguments, CqlError, FunctionTable, double_text};
use cinchy_udf::{ColumnType, Function, UdfError};

use crate::error::{Result, StorageError};

fn failed(error: UdfError) -> StorageError {
    StorageError::Cql(CqlError::UserFunction {
        message: error.to_string(),
    })
}

/// The value of a bind, calls in it included.
pub(crate) fn resolve(bind: &Bind, arguments: &Arguments<'_>) -> Result<Value> {
    let Bind::UserCall {
        function,
        arguments: own,
        ty,
    } = bind
    else {
        return Ok(bind.resolve(arguments)?);
    };
    let values = own
        .iter()
        .map(|bind| given(&resolve(bind, arguments)?, function))
        .collect::<Result<Vec<_>>>()?;
    let loaded = Function::load(&function.name, &function.script).map_err(failed)?;
    let value = loaded.call(&values).map_err(failed)?;
    let text = text(value).map_or(Value::Null, Value::Text);
    Ok(cinchy_cql::convert(&text, *ty)?)
}

/// Calls a function for a table.
///
/// # Errors
/// What the script does wrong, in words.
pub fn table(function: &UserFunction, arguments: &[Value]) -> Result<FunctionTable> {
    let values = arguments
        .iter()
        .map(|value| given(value, function))
        .collect::<Result<Vec<_>>>()?;
    let loaded = Function::load(&function.name, &function.script).map_err(failed)?;
    let table = loaded.table(&values).map_err(failed)?;
    let ty = |ty| match ty {
        ColumnType::Text => Type::Text,
        ColumnType::Number => Type::Double,
        ColumnType::Date => Type::DateTime,
        ColumnType::Bool => Type::Bit,
    };
    let cell = |cell| match cell {
        cinchy_udf::Value::Null => Value::Null,
        cinchy_udf::Value::Bool(value) => Value::Bool(value),
        cinchy_udf::Value::Number(value) => Value::Double(value),
        other => text(other).map_or(Value::Null, Value::Text),
    };
    let columns: Vec<(String, Type)> = table
        .columns
        .into_iter()
        .map(|(name, of)| (name, ty(of)))
        .collect();
    let mut rows = Vec::with_capacity(table.rows.len());
    for row in table.rows {
        let cells = row.into_iter().zip(&columns);
        let cells = cells.map(|(value, (_, ty))| cinchy_cql::convert(&cell(value), *ty));
        rows.push(cells.collect::<Result<Vec<_>, CqlError>>()?);
    }
    Ok(FunctionTable { columns, rows })
}

/// A value as JavaScript gets it.
fn given(value: &Value, function: &UserFunction) -> Result<cinchy_udf::Value> {
    Ok(match value {
        Value::Null => cinchy_udf::Value::Null,
        Value::Bool(value) => cinchy_udf::Value::Bool(*value),
        #[expect(
            clippy::cast_precision_loss,
            reason = "JavaScript has no other numbers"
        )]
        Value::Int(value) => cinchy_udf::Value::Number(*value as f64),
        Value::Double(value) => cinchy_udf::Value::Number(*value),
        Value::Text(value) => cinchy_udf::Value::Text(value.clone()),
        Value::Date(day) => date(day.and_time(NaiveTime::MIN)),
        Value::DateTime(at) => date(*at),
        Value::DateTimeOffset(at) => date(at.naive_utc()),
        Value::Decimal(value) => {
            let number = value.to_string().parse();
            number.map_or(cinchy_udf::Value::Null, cinchy_udf::Value::Number)
        }
        Value::Time(time) => cinchy_udf::Value::Text(time.to_string()),
        Value::Bytes(_) => return Err(bytes(&function.name)),
    })
}

fn bytes(function: &str) -> StorageError {
    StorageError::Cql(CqlError::Unsupported {
        what: format!("a binary argument of the function {function}"),
        position: None,
    })
}

fn date(at: NaiveDateTime) -> cinchy_udf::Value {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of all years fit")]
    cinchy_udf::Value::Date(at.and_utc().timestamp_millis() as f64)
}

/// What a function gives, as text.
fn text(value: cinchy_udf::Value) -> Option<String> {
    Some(match value {
        cinchy_udf::Value::Null => return None,
        cinchy_udf::Value::Bool(value) => (if value { "True" } else { "False" }).to_owned(),
        cinchy_udf::Value::Number(value) => double_text(value),
        cinchy_udf::Value::Text(value) => value,
        cinchy_udf::Value::Date(milliseconds) => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a date of JavaScript is whole"
            )]
            let at = DateTime::from_timestamp_millis(milliseconds as i64)?;
            at.format("%Y-%m-%dT%H:%M:%S%.f").to_string()
        }
    })
}

/// A function that is loaded.
pub(crate) struct Script {
    named: Arc<UserFunction>,
    function: Function,
}

impl Script {
    /// Loads a function.
    pub(crate) fn load(function: &Arc<UserFunction>) -> Result<Self> {
        Ok(Self {
            named: Arc::clone(function),
            function: Function::load(&function.name, &function.script).map_err(failed)?,
        })
    }

    /// Calls it for a value.
    pub(crate) fn call(&self, arguments: &[(String, Value)]) -> Result<Value> {
        let values = arguments
            .iter()
            .map(|(_, value)| given(value, &self.named))
            .collect::<Result<Vec<_>>>()?;
        let value = self.function.call(&values).map_err(failed)?;
        Ok(text(value).map_or(Value::Null, Value::Text))
    }
}

//! User-defined functions: a script in JavaScript and arguments in, a value or a table out.
//!
//! A script sees nothing but the language: no files, no network, no modules. It gets 16 MiB and 500 ms a call (decided).
//! Start at [`Function`]. Not here: where scripts come from and what calls them.

mod error;
mod table;

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rquickjs::function::Args;
use rquickjs::{CatchResultExt, CaughtError, Context, Ctx, Runtime, Value as Js};

pub use error::UdfError;
pub use table::{ColumnType, Table};

/// Bytes that a function may hold.
const MEMORY: usize = 16 * 1024 * 1024;
/// Bytes of stack that a function may use; threads of the emulator have 2 MiB.
const STACK: usize = 256 * 1024;
/// How long one call may take, and the loading of a script.
const TIME: Duration = Duration::from_millis(500);

/// What goes into a function and comes out.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// NULL, `null`, `undefined`.
    Null,
    /// Yes/No.
    Bool(bool),
    /// Any number.
    Number(f64),
    /// Text.
    Text(String),
    /// A `Date`: milliseconds since 1970, UTC.
    Date(f64),
}

/// A script, loaded, with the function in it that bears its name. It may be called many times; what the script keeps in
/// its variables stays between calls.
pub struct Function {
    name: String,
    context: Context,
    deadline: Rc<Cell<Instant>>,
    // After the context, which holds it too.
    _runtime: Runtime,
}

impl Function {
    /// Loads a script.
    ///
    /// # Errors
    /// A script that is not JavaScript, fails while it is loaded, or defines no function of this name.
    pub fn load(name: &str, script: &str) -> Result<Self, UdfError> {
        let broken = |error: rquickjs::Error| UdfError::Failed {
            name: name.to_owned(),
            message: error.to_string(),
        };
        let runtime = Runtime::new().map_err(broken)?;
        runtime.set_memory_limit(MEMORY);
        runtime.set_max_stack_size(STACK);
        let deadline = Rc::new(Cell::new(Instant::now()));
        let until = Rc::clone(&deadline);
        runtime.set_interrupt_handler(Some(Box::new(move || Instant::now() >= until.get())));
        let context = Context::full(&runtime).map_err(broken)?;
        let function = Self {
            name: name.to_owned(),
            context,
            deadline,
            _runtime: runtime,
        };
        function.run(|ctx| ctx.eval::<(), _>(script))?;
        function
            .run(|ctx| {
                let found: Js = ctx.globals().get(name)?;
                Ok(found.is_function())
            })?
            .then_some(function)
            .ok_or_else(|| UdfError::Missing(name.to_owned()))
    }

    /// Calls the function for a value. What is neither a plain value nor a date comes as its JSON text.
    ///
    /// # Errors
    /// What the script throws, or that it took too long or too much.
    pub fn call(&self, arguments: &[Value]) -> Result<Value, UdfError> {
        self.run(|ctx| {
            let function: rquickjs::Function = ctx.globals().get(self.name.as_str())?;
            let mut list = Args::new(ctx.clone(), arguments.len());
            for argument in arguments {
                push(ctx, &mut list, argument)?;
            }
            of_js(ctx, &function.call_arg::<Js>(list)?)
        })
    }

    /// Calls the function for a table: the JSON text of `{"schema": [{"columnName", "type"}], "data": [[..]]}` (documented).
    ///
    /// # Errors
    /// As [`Self::call`], and a text that is no such table.
    pub fn table(&self, arguments: &[Value]) -> Result<Table, UdfError> {
        let text = match self.call(arguments)? {
            Value::Text(text) => text,
            _ => String::new(),
        };
        Table::parse(&text).map_err(|reason| UdfError::NoTable {
            name: self.name.clone(),
            reason,
        })
    }

    fn run<T>(
        &self,
        work: impl for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<T>,
    ) -> Result<T, UdfError> {
        self.deadline.set(Instant::now() + TIME);
        self.context.with(|ctx| {
            work(&ctx).catch(&ctx).map_err(|caught| {
                let name = self.name.clone();
                if Instant::now() >= self.deadline.get() {
                    return UdfError::TooSlow(name);
                }
                match message(&caught) {
                    Some(message) if !message.contains("out of memory") => {
                        UdfError::Failed { name, message }
                    }
                    // Where there is no room for the error itself, there is none.
                    _ => UdfError::TooLarge(name),
                }
            })
        })
    }
}

/// What went wrong, as JavaScript says it: `TypeError: x is not a function`.
fn message(caught: &CaughtError<'_>) -> Option<String> {
    match caught {
        CaughtError::Error(error) => Some(error.to_string()),
        CaughtError::Exception(exception) => {
            let text = exception.message()?;
            let name: Option<String> = exception.get("name").ok();
            Some(match name {
                Some(name) => format!("{name}: {text}"),
                None => text,
            })
        }
        CaughtError::Value(value) if value.is_null() || value.is_undefined() => None,
        CaughtError::Value(value) => {
            let text = value.get::<rquickjs::Coerced<String>>().ok()?;
            Some(text.0)
        }
    }
}

fn push<'js>(ctx: &Ctx<'js>, list: &mut Args<'js>, value: &Value) -> rquickjs::Result<()> {
    match value {
        Value::Null => list.push_arg(Js::new_null(ctx.clone())),
        Value::Bool(value) => list.push_arg(*value),
        Value::Number(value) => list.push_arg(*value),
        Value::Text(value) => list.push_arg(value.as_str()),
        Value::Date(milliseconds) => {
            let date: rquickjs::function::Constructor = ctx.globals().get("Date")?;
            list.push_arg(date.construct::<_, Js>((*milliseconds,))?)
        }
    }
}

fn of_js<'js>(ctx: &Ctx<'js>, value: &Js<'js>) -> rquickjs::Result<Value> {
    if value.is_null() || value.is_undefined() {
        return Ok(Value::Null);
    }
    if let Some(value) = value.as_bool() {
        return Ok(Value::Bool(value));
    }
    if let Some(value) = value.as_number() {
        return Ok(Value::Number(value));
    }
    if let Some(value) = value.as_string() {
        return Ok(Value::Text(value.to_string()?));
    }
    if let Some(object) = value.as_object() {
        let date: Js = ctx.globals().get("Date")?;
        if object.is_instance_of(&date) {
            let get: rquickjs::Function = object.get("getTime")?;
            let time: f64 = get.call((rquickjs::function::This(object.clone()),))?;
            return Ok(if time.is_nan() {
                Value::Null
            } else {
                Value::Date(time)
            });
        }
    }
    let text = ctx.json_stringify(value.clone())?;
    text.map_or(Ok(Value::Null), |text| Ok(Value::Text(text.to_string()?)))
}

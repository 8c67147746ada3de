//! Rows of SQLite by its own calls, without a driver between: a whole request for 100 rows takes a fifth less so (measured).
//! Only reading by run-time text goes this way; everything else is diesel's. What a cell means stands in
//! [`crate::statement`].

use std::collections::HashMap;
use std::ffi::{CStr, CString, c_int};
use std::ptr::{NonNull, null_mut};
use std::slice;

use cinchy_cql::value::Value;
use diesel::result::{DatabaseErrorKind, Error, QueryResult};
use libsqlite3_sys::{
    SQLITE_CONSTRAINT_CHECK, SQLITE_CONSTRAINT_FOREIGNKEY, SQLITE_CONSTRAINT_NOTNULL,
    SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE, SQLITE_DONE, SQLITE_NOMEM, SQLITE_NULL,
    SQLITE_OK, SQLITE_PREPARE_PERSISTENT, SQLITE_ROW, SQLITE_TRANSIENT, SQLITE_UTF8, sqlite3,
    sqlite3_bind_blob64, sqlite3_bind_double, sqlite3_bind_int64, sqlite3_bind_null,
    sqlite3_bind_text64, sqlite3_clear_bindings, sqlite3_column_count, sqlite3_column_value,
    sqlite3_db_handle, sqlite3_errmsg, sqlite3_extended_errcode, sqlite3_finalize,
    sqlite3_prepare_v3, sqlite3_reset, sqlite3_step, sqlite3_stmt, sqlite3_value,
    sqlite3_value_blob, sqlite3_value_bytes, sqlite3_value_double, sqlite3_value_int64,
    sqlite3_value_text, sqlite3_value_type,
};

use crate::connection::Connection;
use crate::statement::Bound;

/// The encoding of texts, as their call takes it.
const UTF8: u8 = SQLITE_UTF8 as u8;

/// The statements that a connection keeps, by their text. They must go before their connection does, which cannot be closed
/// otherwise.
#[derive(Default)]
pub(crate) struct Statements {
    all: Vec<Prepared>,
    /// Where each stands, by its text.
    places: HashMap<Box<str>, usize>,
}

impl Statements {
    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }
}

/// A statement of the connection in whose [`Statements`] it stands.
struct Prepared(NonNull<sqlite3_stmt>);

// SAFETY: SQLite asks that no two threads use one connection at once, whichever they are. A statement is reached through
// `&mut Connection` only, and goes to another thread together with it.
unsafe impl Send for Prepared {}

impl Prepared {
    fn of(handle: Option<*mut sqlite3>, sql: &str) -> QueryResult<Self> {
        let handle =
            handle.ok_or_else(|| Error::QueryBuilderError("no connection to SQLite".into()))?;
        let text = CString::new(sql)?;
        let mut statement = null_mut();
        // SAFETY: the handle is of an open connection that nobody else uses (the caller borrows it); the text ends with a
        // zero and lives as long as the call.
        let result = unsafe {
            sqlite3_prepare_v3(
                handle,
                text.as_ptr(),
                -1,
                SQLITE_PREPARE_PERSISTENT,
                &raw mut statement,
                null_mut(),
            )
        };
        match NonNull::new(statement) {
            Some(statement) if result == SQLITE_OK => Ok(Self(statement)),
            // SQLite leaves nothing to give back where it fails.
            _ => Err(failure(handle)),
        }
    }

    fn raw(&self) -> *mut sqlite3_stmt {
        self.0.as_ptr()
    }

    fn error(&self) -> Error {
        // SAFETY: the statement is not finalized before it is dropped.
        failure(unsafe { sqlite3_db_handle(self.raw()) })
    }

    fn bind(&mut self, index: c_int, value: &Value) -> QueryResult<()> {
        let statement = self.raw();
        // SAFETY: the statement is not finalized and stands before its first row; an index that it does not have is an
        // error. Texts and bytes are copied by the call.
        let result = unsafe {
            match value {
                Value::Null => sqlite3_bind_null(statement, index),
                Value::Bool(v) => sqlite3_bind_int64(statement, index, i64::from(*v)),
                Value::Int(v) => sqlite3_bind_int64(statement, index, *v),
                Value::Double(v) => sqlite3_bind_double(statement, index, *v),
                Value::Text(v) => bind_text(statement, index, v),
                // As diesel writes it.
                Value::DateTime(v) => {
                    bind_text(statement, index, &v.format("%F %T%.f").to_string())
                }
                Value::Bytes(v) => sqlite3_bind_blob64(
                    statement,
                    index,
                    v.as_ptr().cast(),
                    v.len() as u64,
                    SQLITE_TRANSIENT(),
                ),
                Value::Decimal(_) | Value::Date(_) | Value::Time(_) | Value::DateTimeOffset(_) => {
                    return Err(Error::SerializationError(
                        "a value that is bound as text".into(),
                    ));
                }
            }
        };
        if result == SQLITE_OK {
            Ok(())
        } else {
            Err(self.error())
        }
    }
}

/// # Safety
/// As of `sqlite3_bind_text64`.
unsafe fn bind_text(statement: *mut sqlite3_stmt, index: c_int, text: &str) -> c_int {
    // SAFETY: the caller's; the text is copied by the call.
    unsafe {
        sqlite3_bind_text64(
            statement,
            index,
            text.as_ptr().cast(),
            text.len() as u64,
            SQLITE_TRANSIENT(),
            UTF8,
        )
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // SAFETY: the statement is this value's own, and its connection is open: `Connection` drops its statements first.
        // What it returns is how the last run ended, which was told then.
        unsafe { sqlite3_finalize(self.raw()) };
    }
}

/// The error of the last call, of the kinds that diesel knows.
fn failure(handle: *mut sqlite3) -> Error {
    // SAFETY: the handle is of an open connection that nobody else uses; the text is copied before its next call.
    let (code, text) = unsafe {
        let text = CStr::from_ptr(sqlite3_errmsg(handle)).to_string_lossy();
        (sqlite3_extended_errcode(handle), text.into_owned())
    };
    let kind = match code {
        SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY => {
            DatabaseErrorKind::UniqueViolation
        }
        SQLITE_CONSTRAINT_FOREIGNKEY => DatabaseErrorKind::ForeignKeyViolation,
        SQLITE_CONSTRAINT_NOTNULL => DatabaseErrorKind::NotNullViolation,
        SQLITE_CONSTRAINT_CHECK => DatabaseErrorKind::CheckViolation,
        _ => DatabaseErrorKind::Unknown,
    };
    Error::DatabaseError(kind, Box::new(text))
}

/// Runs a statement for its rows.
///
/// # Errors
/// SQLite's, as diesel would tell it.
pub(crate) fn rows<'a>(
    conn: &'a mut Connection,
    sql: &str,
    binds: &[Bound],
) -> QueryResult<Rows<'a>> {
    let handle = conn.handle();
    let Statements { all, places } = conn.statements();
    let place = match places.get(sql) {
        Some(place) => *place,
        None => {
            all.push(Prepared::of(handle, sql)?);
            let place = all.len() - 1;
            places.insert(sql.into(), place);
            place
        }
    };
    let statement = &mut all[place];
    // From here on it is set back, whatever happens.
    let rows = Rows { statement };
    for (index, bound) in (1..).zip(binds) {
        rows.statement.bind(index, &bound.value)?;
    }
    Ok(rows)
}

/// A statement that is under way. Its connection stays borrowed, so nothing else happens on it.
pub(crate) struct Rows<'a> {
    statement: &'a mut Prepared,
}

impl Rows<'_> {
    /// Goes to the next row; `None` behind the last one, after which no other may be asked for.
    pub(crate) fn next(&mut self) -> QueryResult<Option<Row<'_>>> {
        // SAFETY: the statement is not finalized before it is dropped.
        match unsafe { sqlite3_step(self.statement.raw()) } {
            SQLITE_ROW => Ok(Some(Row {
                statement: self.statement,
            })),
            SQLITE_DONE => Ok(None),
            _ => Err(self.statement.error()),
        }
    }

    /// How many columns it has.
    pub(crate) fn columns(&self) -> usize {
        // SAFETY: the statement is not finalized before it is dropped.
        let count = unsafe { sqlite3_column_count(self.statement.raw()) };
        usize::try_from(count).unwrap_or_default()
    }
}

impl Drop for Rows<'_> {
    fn drop(&mut self) {
        // SAFETY: the statement is not finalized before it is dropped. The locks that it holds end here; an error is told
        // again, which was told by `next`.
        unsafe {
            sqlite3_reset(self.statement.raw());
            sqlite3_clear_bindings(self.statement.raw());
        }
    }
}

/// The row that a statement stands on.
pub(crate) struct Row<'a> {
    statement: &'a mut Prepared,
}

impl Row<'_> {
    /// A cell; one that is not there is NULL.
    pub(crate) fn cell(&mut self, index: usize) -> Stored<'_> {
        let index = c_int::try_from(index).unwrap_or(-1);
        // SAFETY: the statement stands on a row as long as this value lives. SQLite minds indexes itself.
        let value = unsafe { sqlite3_column_value(self.statement.raw(), index) };
        Stored {
            value,
            statement: self.statement,
        }
    }
}

/// A cell of the row that a statement stands on. It is looked up once and read by the calls for values, which take no lock:
/// nobody else uses the connection.
pub(crate) struct Stored<'a> {
    /// Good until the statement moves on, which it cannot while it is borrowed.
    value: *mut sqlite3_value,
    statement: &'a mut Prepared,
}

impl<'a> Stored<'a> {
    /// Whether it is NULL.
    pub(crate) fn is_null(&self) -> bool {
        // SAFETY: the value is good as long as this one lives.
        unsafe { sqlite3_value_type(self.value) == SQLITE_NULL }
    }

    /// As an integer.
    pub(crate) fn int(self) -> i64 {
        // SAFETY: as of `is_null`.
        unsafe { sqlite3_value_int64(self.value) }
    }

    /// As a double.
    pub(crate) fn double(self) -> f64 {
        // SAFETY: as of `is_null`.
        unsafe { sqlite3_value_double(self.value) }
    }

    /// As text.
    pub(crate) fn text(self) -> QueryResult<&'a str> {
        // SAFETY: as of `is_null`; what is given belongs to this value.
        let bytes = unsafe {
            let start = sqlite3_value_text(self.value);
            self.bytes_at(start)?
        };
        if bytes.is_ascii() {
            // SAFETY: ASCII is UTF-8. Most texts are, and short: this takes less than half of what the check of any text does.
            return Ok(unsafe { std::str::from_utf8_unchecked(bytes) });
        }
        std::str::from_utf8(bytes).map_err(|error| Error::DeserializationError(Box::new(error)))
    }

    /// As bytes.
    pub(crate) fn bytes(self) -> QueryResult<&'a [u8]> {
        // SAFETY: as of `text`.
        unsafe {
            let start = sqlite3_value_blob(self.value);
            self.bytes_at(start.cast())
        }
    }

    /// # Safety
    /// `start` must be what SQLite gave for this value just now. It stays good until the next call for the value, which
    /// nobody has after this, or for the statement, which stays borrowed.
    unsafe fn bytes_at(self, start: *const u8) -> QueryResult<&'a [u8]> {
        // SAFETY: the caller's; the length belongs to the form that was asked for last.
        unsafe {
            let length = sqlite3_value_bytes(self.value);
            match (start.is_null(), usize::try_from(length)) {
                (false, Ok(length)) => Ok(slice::from_raw_parts(start, length)),
                _ if self.is_out_of_memory() => Err(self.statement.error()),
                // Empty bytes have no place.
                _ => Ok(&[]),
            }
        }
    }

    fn is_out_of_memory(&self) -> bool {
        // SAFETY: the statement is not finalized before it is dropped.
        unsafe {
            let handle = sqlite3_db_handle(self.statement.raw());
            sqlite3_extended_errcode(handle) & 0xff == SQLITE_NOMEM
        }
    }
}

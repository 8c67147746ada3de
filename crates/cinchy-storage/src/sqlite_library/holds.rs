//! The function `cql_holds(text, ...)` of SQLite: `LOWER(column) LIKE '%text%'` of any of several columns at once. A page
//! that searches four columns of 100,000 rows takes a third of what it did with `LIKE` and `cql_lower` for each (measured).

use std::ffi::c_int;
use std::ptr::null_mut;
use std::slice;

use cinchy_cql::Needle;
use libsqlite3_sys::{
    SQLITE_DETERMINISTIC, SQLITE_INNOCUOUS, SQLITE_UTF8, sqlite3, sqlite3_context,
    sqlite3_create_function_v2, sqlite3_result_int, sqlite3_result_null, sqlite3_value,
    sqlite3_value_bytes, sqlite3_value_text,
};

/// Registers it on a connection that is opening; what SQLite says.
///
/// # Safety
/// The connection must be open, on the one thread that has it.
pub(super) unsafe fn register(conn: *mut sqlite3) -> c_int {
    // SAFETY: the caller's; the name ends with a zero, and `holds` has the signature that SQLite calls.
    unsafe {
        sqlite3_create_function_v2(
            conn,
            c"cql_holds".as_ptr(),
            -1,
            SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
            null_mut(),
            Some(holds),
            None,
            None,
            None,
        )
    }
}

/// True where a text holds the first; NULL where none does and one is NULL, as OR has it.
unsafe extern "C" fn holds(
    context: *mut sqlite3_context,
    count: c_int,
    values: *mut *mut sqlite3_value,
) {
    // SAFETY: SQLite hands over as many values as it says, good until this returns, and a context for the one result.
    unsafe {
        let count = usize::try_from(count).unwrap_or_default();
        let values = if count == 0 {
            &[]
        } else {
            slice::from_raw_parts(values.cast_const(), count)
        };
        let mut texts = values.iter().map(|value| text_of(*value));
        let Some(needle) = texts.next().flatten().and_then(|n| str::from_utf8(n).ok()) else {
            return sqlite3_result_null(context);
        };
        let needle = Needle::new(needle);
        let mut is_unknown = false;
        for text in texts {
            match text {
                Some(text) if needle.is_in(text) => return sqlite3_result_int(context, 1),
                Some(_) => {}
                None => is_unknown = true,
            }
        }
        if is_unknown {
            sqlite3_result_null(context);
        } else {
            sqlite3_result_int(context, 0);
        }
    }
}

/// The bytes of a text; `None` for NULL.
///
/// # Safety
/// The value must be an argument of the call under way. The bytes are good until it returns.
unsafe fn text_of<'a>(value: *mut sqlite3_value) -> Option<&'a [u8]> {
    // SAFETY: the caller's; the length is that of the text, which was asked for just before.
    unsafe {
        let start = sqlite3_value_text(value);
        let length = usize::try_from(sqlite3_value_bytes(value)).ok()?;
        (!start.is_null()).then(|| slice::from_raw_parts(start, length))
    }
}

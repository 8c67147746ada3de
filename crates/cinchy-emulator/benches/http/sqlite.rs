//! The limit of a query on SQLite: a loop over its C interface that writes the same bytes as the query API.
#![expect(unsafe_code, reason = "the C interface itself is what is measured")]

use std::ffi::{CString, c_int};
use std::path::Path;
use std::ptr::{null, null_mut};
use std::slice;

use anyhow::{Context as _, bail};
use libsqlite3_sys as ffi;

use crate::json;
use crate::table::{Kind, Table};

/// One prepared query on one connection.
pub struct HandLoop {
    db: *mut ffi::sqlite3,
    statement: *mut ffi::sqlite3_stmt,
    table: Table,
}

impl HandLoop {
    /// Opens the file and prepares the query; `limit` rows at most.
    pub fn open(path: &Path, table: Table, limit: Option<usize>) -> anyhow::Result<Self> {
        let path = CString::new(path.to_str().context("the path is not UTF-8")?)?;
        let sql = CString::new(table.sql(limit))?;
        let mut hand = Self {
            db: null_mut(),
            statement: null_mut(),
            table,
        };
        let flags = ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_NOMUTEX;
        // SAFETY: all pointers are valid for the calls; handles are kept in `hand`, which closes them once.
        unsafe {
            if ffi::sqlite3_open_v2(path.as_ptr(), &raw mut hand.db, flags, null())
                != ffi::SQLITE_OK
            {
                bail!("SQLite cannot open the file");
            }
            let pragma = c"PRAGMA mmap_size = 268435456";
            ffi::sqlite3_exec(hand.db, pragma.as_ptr(), None, null_mut(), null_mut());
            let prepared = ffi::sqlite3_prepare_v2(
                hand.db,
                sql.as_ptr(),
                -1,
                &raw mut hand.statement,
                null_mut(),
            );
            if prepared != ffi::SQLITE_OK {
                bail!("SQLite refuses `{}`", sql.to_string_lossy());
            }
        }
        Ok(hand)
    }

    /// Runs the query and writes its result.
    pub fn run(&mut self, out: &mut Vec<u8>) -> anyhow::Result<()> {
        json::begin(out, &self.table.schema());
        let mut rows = 0;
        // SAFETY: the statement is alive, and this is the only thread that uses it.
        let last = unsafe {
            loop {
                let stepped = ffi::sqlite3_step(self.statement);
                if stepped != ffi::SQLITE_ROW {
                    break stepped;
                }
                out.extend_from_slice(if rows > 0 { b",[" } else { b"[" });
                rows += 1;
                for (index, column) in (0..).zip(&self.table.columns) {
                    if index > 0 {
                        out.push(b',');
                    }
                    self.cell(out, index, column.kind);
                }
                out.push(b']');
            }
        };
        // SAFETY: as above.
        unsafe { ffi::sqlite3_reset(self.statement) };
        json::end(out);
        if last != ffi::SQLITE_DONE {
            bail!("SQLite ended the query with {last}");
        }
        Ok(())
    }

    /// # Safety
    /// The statement must stand on a row.
    unsafe fn cell(&self, out: &mut Vec<u8>, index: c_int, kind: Kind) {
        let statement = self.statement;
        // SAFETY: the caller's; texts are copied before the next call.
        unsafe {
            if ffi::sqlite3_column_type(statement, index) == ffi::SQLITE_NULL {
                out.extend_from_slice(b"null");
                return;
            }
            match kind {
                Kind::Number => json::number(out, ffi::sqlite3_column_double(statement, index)),
                Kind::Truth => json::truth(out, ffi::sqlite3_column_int64(statement, index) != 0),
                Kind::Text | Kind::Date => {
                    let start = ffi::sqlite3_column_text(statement, index);
                    let length = usize::try_from(ffi::sqlite3_column_bytes(statement, index))
                        .unwrap_or_default();
                    let text = slice::from_raw_parts(start, length);
                    if kind == Kind::Text {
                        json::text(out, text);
                    } else {
                        push_date(out, text);
                    }
                }
            }
        }
    }
}

/// `2020-01-15 10:00:00[.000]` with a `T` and without empty fractions.
fn push_date(out: &mut Vec<u8>, text: &[u8]) {
    let start = out.len() + 1;
    out.push(b'"');
    out.extend_from_slice(text);
    if let Some(separator) = out.get_mut(start + 10) {
        *separator = b'T';
    }
    if text.len() > 19 {
        while out.last() == Some(&b'0') {
            out.pop();
        }
        if out.last() == Some(&b'.') {
            out.pop();
        }
    }
    out.push(b'"');
}

impl Drop for HandLoop {
    fn drop(&mut self) {
        // SAFETY: both handles are this value's own; SQLite takes null here.
        unsafe {
            ffi::sqlite3_finalize(self.statement);
            ffi::sqlite3_close(self.db);
        }
    }
}

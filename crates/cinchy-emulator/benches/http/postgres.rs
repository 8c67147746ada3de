//! The limit of a query on PostgreSQL: a loop over libpq's row-by-row mode, in binary, that writes the same bytes as the
//! query API. And a database of the bench's own on a server.
#![expect(
    unsafe_code,
    reason = "the C interface itself is what is measured; the product reaches it through diesel"
)]

use std::ffi::{CStr, CString, c_int};
use std::ptr::null;
use std::slice;

use anyhow::{Context as _, bail};
use chrono::DateTime;
use pq_sys as ffi;

use crate::json;
use crate::table::{Kind, Table};

/// Seconds from 1970 to 2000, where PostgreSQL's timestamps begin.
const EPOCH: i64 = 946_684_800;

/// A connection.
struct Client(*mut ffi::PGconn);

impl Client {
    fn connect(url: &str) -> anyhow::Result<Self> {
        let url = CString::new(url)?;
        // SAFETY: the text is alive; the handle is closed once, by this value.
        let client = Self(unsafe { ffi::PQconnectdb(url.as_ptr()) });
        // SAFETY: libpq takes a handle without a connection.
        if unsafe { ffi::PQstatus(client.0) } != ffi::ConnStatusType::CONNECTION_OK {
            bail!("PostgreSQL: {}", client.error());
        }
        Ok(client)
    }

    fn error(&self) -> String {
        // SAFETY: the text belongs to the connection and is copied here.
        let text = unsafe { CStr::from_ptr(ffi::PQerrorMessage(self.0)) };
        text.to_string_lossy().trim().to_owned()
    }

    fn execute(&self, sql: &str) -> anyhow::Result<()> {
        let sql = CString::new(sql)?;
        // SAFETY: the connection is alive, and the result is freed here.
        let status = unsafe {
            let result = ffi::PQexec(self.0, sql.as_ptr());
            let status = ffi::PQresultStatus(result);
            ffi::PQclear(result);
            status
        };
        if !matches!(
            status,
            ffi::ExecStatusType::PGRES_COMMAND_OK | ffi::ExecStatusType::PGRES_TUPLES_OK
        ) {
            bail!("PostgreSQL: {}", self.error());
        }
        Ok(())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // SAFETY: this value's own handle.
        unsafe { ffi::PQfinish(self.0) };
    }
}

/// A database of the bench's own; it goes with this value.
pub struct Scratch {
    server: Client,
    name: String,
    /// Its URL.
    pub url: String,
}

impl Scratch {
    /// Makes one on the server of this URL.
    pub fn create(url: &str) -> anyhow::Result<Self> {
        let server = Client::connect(url)?;
        let name = format!("cinchy_bench_{}", std::process::id());
        server.execute(&format!("CREATE DATABASE {name}"))?;
        let (base, query) = url
            .split_once('?')
            .map_or((url, None), |(base, query)| (base, Some(query)));
        let (host, _) = base
            .rsplit_once('/')
            .context("TEST_DATABASE_URL names no database")?;
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        Ok(Self {
            url: format!("{host}/{name}{query}"),
            server,
            name,
        })
    }
}

/// Counts what the tables of a database hold, as the server does by itself a minute later. Without that it sorts a whole
/// table for its first hundred rows.
pub fn analyze(url: &str) -> anyhow::Result<()> {
    Client::connect(url)?.execute("ANALYZE")
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = self.server.execute(&format!(
            "DROP DATABASE IF EXISTS {} WITH (FORCE)",
            self.name
        )) {
            eprintln!("the database {} is left behind: {error}", self.name);
        }
    }
}

/// One prepared query on one connection.
pub struct HandLoop {
    client: Client,
    table: Table,
}

impl HandLoop {
    /// Connects and prepares the query; `limit` rows at most.
    pub fn open(url: &str, table: Table, limit: Option<usize>) -> anyhow::Result<Self> {
        let client = Client::connect(url)?;
        client.execute(&format!("PREPARE measured AS {}", table.sql(limit)))?;
        Ok(Self { client, table })
    }

    /// Runs the query and writes its result.
    pub fn run(&mut self, out: &mut Vec<u8>) -> anyhow::Result<()> {
        json::begin(out, &self.table.schema());
        let conn = self.client.0;
        let mut rows = 0;
        // SAFETY: the connection is alive and used by this thread only; each result is freed once, after its last use.
        unsafe {
            let sent =
                ffi::PQsendQueryPrepared(conn, c"measured".as_ptr(), 0, null(), null(), null(), 1);
            if sent != 1 || ffi::PQsetSingleRowMode(conn) != 1 {
                bail!("PostgreSQL: {}", self.client.error());
            }
            loop {
                let result = ffi::PQgetResult(conn);
                if result.is_null() {
                    break;
                }
                match ffi::PQresultStatus(result) {
                    ffi::ExecStatusType::PGRES_SINGLE_TUPLE => {
                        out.extend_from_slice(if rows > 0 { b",[" } else { b"[" });
                        rows += 1;
                        for (index, column) in (0..).zip(&self.table.columns) {
                            if index > 0 {
                                out.push(b',');
                            }
                            cell(out, result, index, column.kind);
                        }
                        out.push(b']');
                    }
                    ffi::ExecStatusType::PGRES_TUPLES_OK => {}
                    _ => {
                        ffi::PQclear(result);
                        bail!("PostgreSQL: {}", self.client.error());
                    }
                }
                ffi::PQclear(result);
            }
        }
        json::end(out);
        Ok(())
    }
}

/// # Safety
/// The result must be alive and have one row.
unsafe fn cell(out: &mut Vec<u8>, result: *const ffi::PGresult, index: c_int, kind: Kind) {
    // SAFETY: the caller's; the bytes are copied before the result goes.
    let bytes = unsafe {
        if ffi::PQgetisnull(result, 0, index) != 0 {
            out.extend_from_slice(b"null");
            return;
        }
        let length = usize::try_from(ffi::PQgetlength(result, 0, index)).unwrap_or_default();
        slice::from_raw_parts(ffi::PQgetvalue(result, 0, index).cast::<u8>(), length)
    };
    match kind {
        Kind::Text => json::text(out, bytes),
        Kind::Truth => json::truth(out, bytes.first() != Some(&0)),
        Kind::Number => json::number(
            out,
            bytes.try_into().map(f64::from_be_bytes).unwrap_or_default(),
        ),
        Kind::Date => {
            let micros = bytes.try_into().map(i64::from_be_bytes).unwrap_or_default();
            let at =
                DateTime::from_timestamp_micros(micros + EPOCH * 1_000_000).unwrap_or_default();
            json::text(
                out,
                at.naive_utc()
                    .format("%Y-%m-%dT%H:%M:%S")
                    .to_string()
                    .as_bytes(),
            );
        }
    }
}

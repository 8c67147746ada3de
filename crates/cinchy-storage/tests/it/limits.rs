//! Time limits: an endless statement stops on either database, and the connection is good afterwards.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use cinchy_cql::value::{Backend, Type};
use cinchy_storage::statement::{Cell, OwnedCell, RowSink, collect, execute, query};
use cinchy_storage::{Connection, StorageError};

use crate::databases::on_each;

const ENDLESS: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT (i + 1) % 1000 FROM n) SELECT count(*) FROM n";
const ENDLESS_ROWS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT (i + 1) % 1000 FROM n) SELECT i FROM n";

fn one(conn: &mut Connection) {
    let rows = collect(conn, "SELECT 1", &[], &[Type::Int]).unwrap();
    assert_eq!(rows, [[OwnedCell::Int(1)]]);
}

fn limit(conn: &mut Connection, milliseconds: u64) -> Instant {
    let now = Instant::now();
    conn.limit(Some(now + Duration::from_millis(milliseconds)));
    now
}

fn timed_out(result: Result<(), StorageError>, since: Instant, what: &str) {
    assert!(
        matches!(result, Err(StorageError::Timeout)),
        "{what}: {result:?}"
    );
    let took = since.elapsed();
    assert!(took < Duration::from_secs(10), "{what}: {took:?}");
}

/// Reads on and on.
struct Everything;

impl RowSink for Everything {
    fn cell(&mut self, _index: usize, _cell: Cell<'_>) {}
    fn end_row(&mut self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

#[test]
fn an_endless_statement_stops_and_leaves_nothing() {
    on_each(|database| {
        let kind = database.kind();
        database
            .read(|conn| {
                // Twice, with a statement that is kept prepared.
                for _ in 0..2 {
                    let since = limit(conn, 200);
                    let result = collect(conn, ENDLESS, &[], &[Type::BigInt]).map(drop);
                    timed_out(result, since, kind);
                    conn.limit(None);
                    one(conn);
                }
                let since = limit(conn, 200);
                let result = query(conn, ENDLESS_ROWS, &[], &[Type::Int], &mut Everything);
                timed_out(result, since, "rows");
                let next = collect(conn, "SELECT 1", &[], &[Type::Int]).map(drop);
                timed_out(next, since, "the next one, when the time is over");
                Ok::<_, StorageError>(())
            })
            .unwrap();
        // The write is undone, and the pool hands the connection on without the limit.
        let result = database.write(|conn| {
            execute(conn, "UPDATE domains SET description = 'x'", &[])?;
            let since = limit(conn, 200);
            timed_out(execute(conn, ENDLESS, &[]).map(drop), since, "write");
            Err::<(), _>(StorageError::Timeout)
        });
        assert!(matches!(result, Err(StorageError::Timeout)));
        database
            .read(|conn| {
                one(conn);
                let sql = "SELECT count(*) FROM domains WHERE description = 'x'";
                assert_eq!(collect(conn, sql, &[], &[Type::BigInt])?, [[OwnedCell::Int(0)]]);
                // A limit far away does no harm, and neither does one that a short one follows.
                for milliseconds in [60_000, 2_000, 30_000, u64::from(u32::MAX) * 100] {
                    limit(conn, milliseconds);
                    one(conn);
                }
                if database.backend() == Backend::Postgres {
                    let sql = "SELECT count(*) FROM pg_stat_activity \
                               WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()";
                    assert_eq!(collect(conn, sql, &[], &[Type::BigInt])?, [[OwnedCell::Int(0)]]);
                }
                Ok::<_, StorageError>(())
            })
            .unwrap();
    });
}

/// What a server whose disk is full says is not taken for the caller's fault. SQLite's full disk is tried with a real one.
#[test]
fn a_server_without_room_is_told_from_a_wrong_statement() {
    on_each(|database| {
        if database.backend() == Backend::Sqlite {
            return;
        }
        let raised = |text: &str| {
            let raise = format!("DO $$ BEGIN RAISE EXCEPTION '{text}'; END $$");
            database.read(|conn| execute(conn, &raise, &[]))
        };
        let full = raised("could not extend file \"base/1/2\": No space left on device");
        assert!(matches!(full, Err(StorageError::Disk(_))), "{full:?}");
        let other = raised("a text that says: No space left on device");
        assert!(matches!(other, Err(StorageError::Database(_))), "{other:?}");
    });
}

//! What running compiled CQL costs over its SQL through the bare driver: at most 1.3 times as much.

use std::hint::black_box;
use std::ops::ControlFlow;

use chrono::DateTime;
use cinchy_cql::catalog::Rights;
use cinchy_cql::value::{Backend, Compiled};
use cinchy_cql::{Arguments, Request, compile};
use cinchy_storage::seeding::{self, Mode, Seeds};
use cinchy_storage::statement::{Cell, RowSink, Statement};
use cinchy_storage::{Connection, Database, Options, run};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use diesel::connection::{DefaultLoadingMode, LoadConnection};
use diesel::row::{Field as _, Row as _};

const ROWS: u64 = 10_000;

fn seed() -> String {
    let mut text = String::from(
        "tables: [{ domain: B, name: T, columns: [{ name: Name, type: Text }, { name: Amount, type: Number }, \
         { name: Day, type: Date }, { name: Flag, type: Yes/No }], rows: [",
    );
    for row in 0..ROWS {
        let flag = row % 2 == 0;
        text.push_str(&format!("[name {row}, {row}.5, 2024-03-01, {flag}], "));
    }
    text + "] }]"
}

/// Reads every cell and keeps none.
struct Reader;

impl RowSink for Reader {
    fn cell(&mut self, _: usize, cell: Cell<'_>) {
        black_box(&cell);
    }

    fn end_row(&mut self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

fn bare(conn: &mut Connection, compiled: &Compiled) -> diesel::QueryResult<()> {
    let cinchy_storage::AnyConnection::Sqlite(conn) = &mut **conn else {
        return Ok(());
    };
    let statement = Statement::new(&compiled.sql, &[]);
    for row in LoadConnection::<DefaultLoadingMode>::load(conn, statement)? {
        let row = row?;
        for index in 0..compiled.columns.len() {
            if let Some(field) =
                diesel::row::RowIndex::idx(&row, index).and_then(|index| row.get(index))
                && let Some(mut value) = field.value()
            {
                match index {
                    1 | 4 => {
                        black_box(value.read_long());
                    }
                    2 => {
                        black_box(value.read_double());
                    }
                    _ => {
                        black_box(value.read_text());
                    }
                }
            }
        }
    }
    Ok(())
}

fn running(c: &mut Criterion) {
    let database = Database::open(&Options::default()).expect("a temporary database opens");
    let seeds = Seeds::of_texts([("bench", seed().as_str())]).expect("the seed is valid");
    let prepared = seeding::prepare(seeds, Mode::Replace).expect("the seed is valid");
    seeding::apply(&database, &prepared, Mode::Replace, DateTime::UNIX_EPOCH)
        .expect("the seed is applied");
    let mut group = c.benchmark_group("run");
    for limit in [100, ROWS] {
        let text =
            format!("SELECT TOP {limit} [Name], [Cinchy Id], [Amount], [Day], [Flag] FROM [B].[T]");
        let outcome: Result<(), cinchy_storage::StorageError> = database.read(|conn| {
            let catalog = cinchy_storage::catalog::load(conn)?;
            let rights = Rights {
                administrator: true,
                ..Rights::default()
            };
            let compiled = compile(&Request {
                text: &text,
                parameters: &[],
                text_parameters: &[],
                catalog: &catalog,
                rights: &rights,
                backend: Backend::Sqlite,
                schema: database.schema(),
                ad_hoc: false,
                versions: false,
            })?;
            let arguments = Arguments {
                values: &[],
                current_user: 1,
                now: DateTime::UNIX_EPOCH.naive_utc(),
            };
            group.throughput(Throughput::Elements(limit));
            group.bench_function(BenchmarkId::new("bare driver", limit), |b| {
                b.iter(|| bare(conn, &compiled));
            });
            group.bench_function(BenchmarkId::new("compiled CQL", limit), |b| {
                b.iter(|| run::select(conn, &compiled, 5, &arguments, &mut Reader));
            });
            Ok(())
        });
        outcome.expect("the query runs");
    }
    group.finish();
}

criterion_group!(benches, running);
criterion_main!(benches);

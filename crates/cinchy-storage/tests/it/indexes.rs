//! Compiled CQL finds its way by indexes, which know that blanks at the end of a text do not count.

use std::fmt::Write as _;

use cinchy_cql::catalog::Rights;
use cinchy_cql::value::{Backend, Type, Value};
use cinchy_cql::{Arguments, Request, compile};
use cinchy_storage::seeding::Mode;
use cinchy_storage::statement::{OwnedCell, collect, execute};
use cinchy_storage::{Connection, Database, StorageError, catalog, run};

use crate::databases::{now, on_each, seed};

fn people() -> String {
    let mut text = "domains: [{name: D}]\ntables:\n- domain: D\n  name: People\n  indexes: [[City]]\n  columns:\n  \
        - {name: Email, type: Text, unique: true}\n  - {name: City, type: Text}\n  - {name: Note, type: Text}\n  rows:\n"
        .to_owned();
    for n in 0..500 {
        let _ = writeln!(text, "  - ['p{n}@example.test', 'City {}', 'x']", n % 100);
    }
    text.push_str("  - ['blank@example.test  ', 'City 7 ', 'x']\n");
    text
}

/// How many rows a query has, and what the database says of its way.
fn explained(
    database: &Database,
    conn: &mut Connection,
    condition: &str,
    value: &str,
) -> (usize, String) {
    let text =
        format!("SELECT [Cinchy Id] FROM [D].[People] WHERE [Deleted] IS NULL AND {condition}");
    let backend = database.backend();
    let compiled = compile(&Request {
        text: &text,
        parameters: &[("v".to_owned(), Type::Text)],
        text_parameters: &[],
        catalog: &catalog::load(conn).unwrap(),
        rights: &Rights {
            administrator: true,
            ..Rights::default()
        },
        backend,
        schema: database.schema(),
        ad_hoc: false,
        versions: false,
    })
    .unwrap();
    let values = [("v".to_owned(), Value::Text(value.to_owned()))];
    let arguments = Arguments {
        values: &values,
        current_user: 1,
        now: now().naive_utc(),
    };
    let mut count = 0;
    run::rows(conn, &compiled, &arguments, &mut |_| count += 1).unwrap();
    let binds = run::resolve(&compiled.binds, &arguments).unwrap();
    let (word, types) = match backend {
        Backend::Sqlite => (
            "EXPLAIN QUERY PLAN",
            vec![Type::Int, Type::Int, Type::Int, Type::Text],
        ),
        Backend::Postgres => ("EXPLAIN", vec![Type::Text]),
    };
    let plan = collect(conn, &format!("{word} {}", compiled.sql), &binds, &types).unwrap();
    let lines = plan.iter().filter_map(|row| match row.last() {
        Some(OwnedCell::Text(line)) => Some(line.as_str()),
        _ => None,
    });
    (count, lines.collect::<Vec<_>>().join("\n"))
}

#[test]
fn equal_texts_are_found_by_an_index() {
    on_each(|database| {
        seed(database, &people(), Mode::Replace).unwrap();
        database
            .write(|conn| {
                if database.backend() == Backend::Postgres {
                    execute(conn, "SET LOCAL enable_seqscan = off", &[])?;
                }
                for (condition, value, rows, by_index) in [
                    ("[Email] = @v", "p5@example.test", 1, true),
                    ("@v = [Email]", "p5@example.test   ", 1, true),
                    ("[Email] = @v", "blank@example.test", 1, true),
                    ("[Email] = @v", "nobody", 0, true),
                    ("[City] = @v", "City 7", 6, true),
                    ("[City] = 'City 7 ' AND [Note] <> @v", "", 6, true),
                    ("NOT ([Email] = @v)", "blank@example.test", 500, false),
                    ("[Note] = @v", "x", 501, false),
                ] {
                    let (found, plan) = explained(database, conn, condition, value);
                    let what = format!("{}: {condition} {value}: {plan}", database.kind());
                    assert_eq!(found, rows, "{what}");
                    let index = ["USING INDEX", "Index Cond"]
                        .iter()
                        .any(|w| plan.contains(w));
                    assert_eq!(index, by_index, "{what}");
                }
                Ok::<_, StorageError>(())
            })
            .unwrap();
    });
}

//! How long it takes from text to SQL: typical statements under 200 microseconds.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/hr.rs"]
mod hr;

use cinchy_cql::value::Backend;

const STATEMENTS: [(&str, &str); 4] = [
    (
        "one table",
        "SELECT [Cinchy Id], [First Name] FROM [HR].[Employees] WHERE [Deleted] IS NULL",
    ),
    (
        "links and conditions",
        "SELECT TOP 11 e.[Cinchy ID] AS 'id', e.[First Name] AS 'label', e.[Department].[Code], e.[Manager].[Department].[Name] \
         FROM [HR].[Employees] e WHERE e.[Deleted] IS NULL AND e.[Department] = 'Product' AND e.[Salary] BETWEEN 60 AND 100 \
         AND e.[First Name] LIKE 'A%' ORDER BY e.[Salary] DESC",
    ),
    (
        "groups",
        "SELECT e.[Department] AS d, COUNT(*) AS n, SUM(e.[Salary]) AS s FROM [HR].[Employees] e GROUP BY e.[Department] HAVING COUNT(*) > 1 ORDER BY 2 DESC",
    ),
    (
        "queries within queries",
        "WITH d AS (SELECT [Cinchy Id] AS id, [Name] FROM [HR].[Departments]) SELECT e.[First Name], d.[Name] FROM [HR].[Employees] e \
         INNER JOIN d ON d.id = e.[Department].[Cinchy Id] WHERE EXISTS (SELECT 1 FROM [HR].[Skills] s WHERE s.[Name] = 'Rust') \
         AND e.[Salary] > (SELECT AVG([Salary]) FROM [HR].[Employees])",
    ),
];

fn compile(c: &mut Criterion) {
    let catalog = hr::catalog();
    let mut group = c.benchmark_group("compile");
    for (name, text) in STATEMENTS {
        for (reader, rights) in [("administrator", hr::admin()), ("row filters", hr::bob())] {
            let id = BenchmarkId::new(name, reader);
            let compiled = hr::compile_in(&catalog, text, &rights, Backend::Sqlite);
            assert!(compiled.is_ok(), "{text}: {compiled:?}");
            group.bench_function(id, |b| {
                b.iter(|| hr::compile_in(&catalog, text, &rights, Backend::Sqlite));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, compile);
criterion_main!(benches);

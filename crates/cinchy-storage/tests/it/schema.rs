//! The system tables of the migrations and of `system.rs` are the same ones.

use std::collections::HashSet;

use cinchy_cql::catalog::{self, ColumnKind};
use cinchy_storage::catalog::system_catalog;
use cinchy_storage::statement::collect;
use cinchy_storage::system::{self, SYSTEM_COLUMNS, SystemKind};

use crate::databases::on_each;

#[test]
fn every_column_of_a_system_table_is_there() {
    on_each(|database| {
        database
            .read(|conn| {
                for table in system::TABLES {
                    let common = SYSTEM_COLUMNS.iter();
                    let columns: Vec<String> = common
                        .chain(table.columns)
                        .filter(|c| !c.physical.is_empty())
                        .map(|c| format!("\"{}\"", c.physical))
                        .collect();
                    let sql = format!("SELECT {} FROM {}", columns.join(", "), table.physical);
                    collect(conn, &sql, &[], &[])?;
                    let junctions = table.columns.iter().filter_map(|c| match c.kind {
                        SystemKind::Links(_, _, junction) => Some(junction.to_owned()),
                        _ => None,
                    });
                    let kept: Vec<String> = columns.into_iter().chain(junctions).collect();
                    let sql = format!(
                        "SELECT replaced, {} FROM {}_history",
                        kept.join(", "),
                        table.physical
                    );
                    collect(conn, &sql, &[], &[])?;
                    for column in table.columns {
                        if let SystemKind::Links(_, _, junction) = column.kind {
                            collect(
                                conn,
                                &format!("SELECT row_id, ordinal, target_id FROM {junction}"),
                                &[],
                                &[],
                            )?;
                        }
                    }
                }
                Ok::<_, cinchy_storage::StorageError>(())
            })
            .unwrap();
    });
}

#[test]
fn the_language_knows_the_names_of_all_system_columns() {
    let names: Vec<&str> = SYSTEM_COLUMNS.iter().map(|c| c.name).collect();
    assert_eq!(names, catalog::SYSTEM_COLUMNS);
}

#[test]
fn ids_are_unique_and_links_have_targets() {
    let mut ids = HashSet::new();
    for table in system::TABLES {
        assert!(
            table.columns.len() < 89,
            "{} has too many columns for its ids",
            table.name
        );
        for column in &table.to_table().columns {
            assert!(
                ids.insert(column.id),
                "{}.{} repeats an id",
                table.name,
                column.name
            );
        }
    }
    let catalog = system_catalog();
    for table in catalog.tables() {
        for column in &table.columns {
            if let ColumnKind::Link {
                target, display, ..
            } = column.kind
            {
                let found = catalog.table(target).and_then(|t| t.column_by_id(display));
                assert!(
                    found.is_some(),
                    "{}.{} shows nothing",
                    table.name,
                    column.name
                );
            }
        }
    }
}

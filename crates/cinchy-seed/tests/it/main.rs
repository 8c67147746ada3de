//! Seeds as data: what is read, what is refused and where, what is written.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod bad;
mod cells;
mod demo;
mod good;
mod written;

use cinchy_seed::model::{Column, ColumnType};
use cinchy_seed::{Known, Seed, SeedErrors, check, parse};

/// A fresh platform with the system tables that the cases link to.
fn fresh() -> Known {
    let mut known = Known::fresh();
    known.system_columns(&["Cinchy Id", "Created"], &["Changeset"]);
    let full_name = Column::new("Full Name", ColumnType::Calculated);
    let users = vec![
        Column::new("Username", ColumnType::Text),
        Column::new("Display Name", ColumnType::Calculated),
    ];
    known.system_table("Cinchy", "Users", users);
    known.system_table(
        "Cinchy",
        "Tables",
        vec![Column::new("Name", ColumnType::Text), full_name],
    );
    known
}

/// Parses and checks one file, `seed.yaml`.
fn read(text: &str) -> Result<Seed, SeedErrors> {
    let seed = parse("seed.yaml", text)?;
    check(std::slice::from_ref(&seed), &fresh())?;
    Ok(seed)
}

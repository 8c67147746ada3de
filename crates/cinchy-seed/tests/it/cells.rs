//! Cells from CSV texts.

use cinchy_seed::cell_from_csv;
use cinchy_seed::model::{Cell, Column, ColumnType};

#[track_caller]
fn check(column: &Column, text: &str, cell: impl Into<Cell>) {
    assert_eq!(cell_from_csv(column, text), Ok(cell.into()), "{text}");
}

#[test]
fn by_type_of_the_column() {
    let of = |kind| Column::new("C", kind);
    check(&of(ColumnType::Text), "12", "12");
    check(&of(ColumnType::Text), "", Cell::Null);
    check(&of(ColumnType::Number), " -1.5e3 ", -1500.0);
    check(&of(ColumnType::YesNo), "Yes", true);
    check(&of(ColumnType::YesNo), "0", false);
    check(&of(ColumnType::Date), "2020-01-15", "2020-01-15");
    for (kind, text) in [
        (ColumnType::Number, "NaN"),
        (ColumnType::Number, "ten"),
        (ColumnType::YesNo, "maybe"),
        (ColumnType::Calculated, "x"),
        (ColumnType::Link, "x"),
    ] {
        assert!(cell_from_csv(&of(kind), text).is_err(), "{text}");
    }
}

#[test]
fn links_and_lists() {
    let mut link = Column::link("L", "A.T", "Name");
    check(&link, "12", 12.0);
    check(&link, "Sales", Cell::matching("Name", "Sales"));
    link.multi = Some(true);
    let sales = Cell::matching("Name", "Sales, West");
    check(
        &link,
        r#"1, "Sales, West""#,
        Cell::List(vec![1.0.into(), sales]),
    );
    let mut choice = Column::new("C", ColumnType::Choice);
    choice.multi = Some(true);
    check(
        &choice,
        r#"Bike, "a ""b""",,Gym"#,
        Cell::List(vec!["Bike".into(), r#"a "b""#.into(), "Gym".into()]),
    );
}

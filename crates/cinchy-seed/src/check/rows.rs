//! Rows of tables: their columns, cells, links, mandatory and unique values.

use std::collections::HashSet;

use super::Report;
use super::catalog::{Catalog, TableInfo, table_key};
use super::cells::{TextRule, check_cell, show};
use super::links::{Targets, value_key};
use crate::Seed;
use crate::model::{Cell, Column, ColumnType, Row, RowCells, Table, whole_id};

pub(super) fn check<'a>(
    seeds: &[Seed],
    catalog: &'a Catalog<'a>,
    targets: &mut Targets<'a>,
    report: &mut Report,
) {
    let mut uniques: std::collections::HashMap<_, Uniques> = std::collections::HashMap::new();
    for (index, seed) in seeds.iter().enumerate() {
        report.begin(index, seed);
        for table in &seed.tables {
            // A second table of one name in a file has been reported, and what its rows would mean is not known.
            let Some(info) = catalog
                .of(table)
                .filter(|info| info.parts.iter().any(|p| std::ptr::eq(*p, table)))
            else {
                continue;
            };
            let uniques = uniques
                .entry(table_key(&table.domain, &table.name))
                .or_insert_with(|| Uniques::of(info));
            let mut checker = RowChecker {
                table,
                info,
                order: info.list_order(table),
                rules: info.text_rules(),
                targets,
                uniques,
            };
            for row in &table.rows {
                if report.is_full() {
                    return;
                }
                checker.check(row, report);
            }
        }
    }
}

struct RowChecker<'c, 'a> {
    table: &'c Table,
    info: &'c TableInfo<'a>,
    order: Vec<usize>,
    rules: Vec<TextRule>,
    targets: &'c mut Targets<'a>,
    uniques: &'c mut Uniques,
}

impl RowChecker<'_, '_> {
    fn check(&mut self, row: &Row, report: &mut Report) {
        let mut cells: Vec<Option<&Cell>> = vec![None; self.info.columns.len()];
        match &row.cells {
            RowCells::ByName(named) => self.place_by_name(row, named, &mut cells, report),
            RowCells::InOrder(listed) => {
                if listed.len() > self.order.len() {
                    let (given, most) = (listed.len(), self.order.len());
                    report.error(
                        row.at,
                        format!(
                            "the row has {given} cells, {} has {most} columns",
                            self.info.full_name
                        ),
                    );
                }
                for (position, cell) in self.order.iter().zip(listed) {
                    cells[*position] = Some(cell);
                }
            }
        }
        for (position, cell) in cells.iter().enumerate() {
            self.check_one(row, position, *cell, report);
        }
        self.uniques.check(row, &self.info.columns, &cells, report);
    }

    fn place_by_name<'r>(
        &mut self,
        row: &Row,
        named: &'r [(String, Cell)],
        cells: &mut [Option<&'r Cell>],
        report: &mut Report,
    ) {
        // Rows mostly name the columns in order, so the next one is tried before the table is searched.
        let mut guess = 0;
        for (name, cell) in named {
            let here = self
                .info
                .columns
                .get(guess)
                .is_some_and(|c| c.name.as_str() == name);
            let Some(position) = (if here {
                Some(guess)
            } else {
                self.info.position(name)
            }) else {
                self.check_system_cell(row, name, cell, report);
                continue;
            };
            guess = position + 1;
            if cells[position].replace(cell).is_some() {
                report.error(row.at, format!("the row names the column `{name}` twice"));
            }
        }
    }

    /// A cell that is of no column of the table: `Cinchy Id`, or a mistake.
    fn check_system_cell(&mut self, row: &Row, name: &str, cell: &Cell, report: &mut Report) {
        if name.eq_ignore_ascii_case("Cinchy Id") {
            match cell {
                Cell::Null => {}
                Cell::Number(number)
                    if whole_id(*number).is_some_and(|id| id > 0 || self.info.system) =>
                {
                    if let Some(id) = whole_id(*number)
                        && !self.uniques.ids.insert(id)
                    {
                        report.error(
                            row.at,
                            format!(
                                "the Cinchy Id {id} is given twice in {}",
                                self.info.full_name
                            ),
                        );
                    }
                }
                other => report.error(
                    row.at,
                    format!("`Cinchy Id` is a whole number from 1, not {}", show(other)),
                ),
            }
        } else if self.info.system_columns.takes(name) {
            report.error(
                row.at,
                format!("the system column `{name}` is the platform's to set: leave it out"),
            );
        } else {
            let hint = self.info.hint(name);
            report.error(
                row.at,
                format!(
                    "the table {} has no column `{name}`{hint}",
                    self.table.full_name()
                ),
            );
        }
    }

    fn check_one(&mut self, row: &Row, position: usize, cell: Option<&Cell>, report: &mut Report) {
        let column = self.info.columns[position];
        let is_null = match cell {
            None => column
                .default
                .as_ref()
                .is_none_or(|default| *default == Cell::Null),
            Some(Cell::List(items)) => items.is_empty(),
            Some(cell) => *cell == Cell::Null,
        };
        if is_null {
            if column.mandatory == Some(true) && column.column_type != ColumnType::Calculated {
                report.error(
                    row.at,
                    format!("the mandatory column `{}` has no value", column.name.value),
                );
            }
            return;
        }
        let Some(cell) = cell else { return };
        let outcome = check_cell(column, &self.rules[position], cell).and_then(|()| {
            match column.column_type {
                ColumnType::Link => self.targets.check(column, cell),
                _ => Ok(()),
            }
        });
        if let Err(message) = outcome {
            report.error(row.at, message);
        }
    }
}

/// Values seen in the unique columns and unique constraints of a table, over all files.
struct Uniques {
    ids: HashSet<i32>,
    rules: Vec<(Vec<usize>, HashSet<Vec<String>>)>,
}

impl Uniques {
    fn of(info: &TableInfo) -> Self {
        let single = info
            .columns
            .iter()
            .enumerate()
            .filter(|(_, c)| c.unique == Some(true))
            .map(|(i, _)| vec![i]);
        let several = info
            .parts
            .iter()
            .flat_map(|part| &part.unique_constraints)
            .map(|names| {
                names
                    .iter()
                    .filter_map(|name| info.position(name))
                    .collect::<Vec<_>>()
            });
        let rules = single
            .chain(several.filter(|c| !c.is_empty()))
            .map(|columns| (columns, HashSet::new()))
            .collect();
        Self {
            ids: HashSet::new(),
            rules,
        }
    }

    fn check(
        &mut self,
        row: &Row,
        columns: &[&Column],
        cells: &[Option<&Cell>],
        report: &mut Report,
    ) {
        for (positions, seen) in &mut self.rules {
            let key: Option<Vec<String>> = positions
                .iter()
                .map(|&i| {
                    let cell = cells[i].or(columns[i].default.as_ref())?;
                    value_key(columns[i].column_type, cell)
                })
                .collect();
            // A row with NULL, or with a value whose other spellings are not known here, is storage's to judge.
            let Some(key) = key else { continue };
            let shown = || {
                key.iter()
                    .map(|k| format!("`{k}`"))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            let names = || {
                positions
                    .iter()
                    .map(|&i| format!("`{}`", columns[i].name.value))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            if seen.contains(&key) {
                report.error(
                    row.at,
                    format!(
                        "the value {} of unique {} stands in two rows",
                        shown(),
                        names()
                    ),
                );
            } else {
                seen.insert(key);
            }
        }
    }
}

//! The files that a seed on disk names: metadata of identity providers, contents, rows.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cinchy_seed::model::{Cell, File, Row, RowCells, Table};
use cinchy_seed::{Located, Location, Seed, SeedError};

/// Reads the files that a seed names, into it. One that cannot be read stays named, and is an error at its place.
pub(super) fn read_files(seed: &mut Seed, folder: &Path, errors: &mut Vec<SeedError>) {
    let file = seed.file.clone();
    for provider in seed
        .saml
        .iter_mut()
        .flat_map(|saml| &mut saml.identity_providers)
    {
        if provider.metadata_is_path() {
            let at = provider.metadata.at;
            match std::fs::read_to_string(folder.join(&*provider.metadata)) {
                Ok(value) => provider.metadata = Located { value, at },
                Err(error) => errors.push(unread(&file, &provider.metadata, &error)),
            }
        }
    }
    // Of two sources of one content the checks say so.
    let alone = |f: &&mut File| f.base64.is_none() && f.text.is_none();
    for content in seed.files.iter_mut().filter(alone) {
        let Some(name) = &content.path else {
            continue;
        };
        match std::fs::read(folder.join(&name.value)) {
            Ok(bytes) => {
                content.base64 = Some(STANDARD.encode(bytes));
                content.path = None;
            }
            Err(error) => errors.push(unread(&file, name, &error)),
        }
    }
    for table in &mut seed.tables {
        match table_rows(&file, table, folder) {
            Ok(rows) => {
                table.rows.extend(rows);
                table.rows_from = None;
            }
            Err(error) => errors.push(error),
        }
    }
}

fn unread(file: &str, name: &Located<String>, error: &impl std::fmt::Display) -> SeedError {
    SeedError::new(
        file,
        name.at,
        format!("cannot read `{}`: {error}", name.value),
    )
}

/// The rows of a table's CSV file. They join those of the seed, so that the same checks meet them.
fn table_rows(seed: &str, table: &Table, folder: &Path) -> Result<Vec<Row>, SeedError> {
    let mut rows = Vec::new();
    if let Some(name) = &table.rows_from {
        let path = folder.join(&name.value);
        let file = path.display().to_string();
        let wrong = |line: u64, message: String| {
            let line = u32::try_from(line).unwrap_or(u32::MAX);
            SeedError::new(&file, Location { line, column: 1 }, message)
        };
        let mut reader = csv::ReaderBuilder::new()
            .from_path(&path)
            .map_err(|error| unread(seed, name, &std::io::Error::from(error)))?;
        let headers = reader
            .headers()
            .map_err(|error| wrong(1, error.to_string()))?
            .clone();
        let columns = headers
            .iter()
            .map(|header| {
                let column = table
                    .columns
                    .iter()
                    .find(|c| c.name.eq_ignore_ascii_case(header));
                match column {
                    Some(column) => Ok(Some(column.clone())),
                    None if header.eq_ignore_ascii_case("Cinchy Id") => Ok(None),
                    None => Err(wrong(
                        1,
                        format!("the table {} has no column `{header}`", table.full_name()),
                    )),
                }
            })
            .collect::<Result<Vec<_>, SeedError>>()?;
        for record in reader.into_records() {
            let record = record.map_err(|error| {
                wrong(
                    error.position().map_or(0, csv::Position::line),
                    error.to_string(),
                )
            })?;
            let line = record.position().map_or(0, csv::Position::line);
            let mut cells = Vec::with_capacity(record.len());
            for ((header, column), text) in headers.iter().zip(&columns).zip(&record) {
                let cell = match column {
                    Some(column) => cinchy_seed::cell_from_csv(column, text)
                        .map_err(|message| wrong(line, message))?,
                    None => Cell::Number(
                        text.trim()
                            .parse::<i32>()
                            .map_err(|_| wrong(line, format!("`{text}` is not a Cinchy Id")))?
                            .into(),
                    ),
                };
                cells.push((header.to_owned(), cell));
            }
            rows.push(Row {
                cells: RowCells::ByName(cells),
                at: Location {
                    line: u32::try_from(line).unwrap_or(u32::MAX),
                    column: 1,
                },
            });
        }
    }
    Ok(rows)
}

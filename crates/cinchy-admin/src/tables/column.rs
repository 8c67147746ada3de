//! A column to be made: links, choices and calculated columns, for which the platform's language has no statement. The other
//! types are made by `ALTER TABLE`.

use cinchy_cql::catalog::{CalculatedType, ColumnKind, Table};
use cinchy_cql::compile_calculated;
use cinchy_cql::design::{Design, NewColumn};
use cinchy_storage::{catalog, design};
use cinchy_web::script::RunError;

use crate::desk::Desk;
use crate::error::PageError;
use crate::form::Pairs;

/// Types of this module, as the form names them.
pub const TYPES: &[&str] = &["Choice", "Link", "Calculated"];
/// Types of the result of a calculated column.
pub const RESULTS: &[(&str, CalculatedType)] = &[
    ("Text", CalculatedType::Text),
    ("Number", CalculatedType::Number),
    ("Date", CalculatedType::DateTime),
    ("Yes/No", CalculatedType::YesNo),
];
/// Characters of a column's name at most (documented name pattern).
const LONGEST_NAME: usize = 125;

/// What the form says besides name and type.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// Choice: one a line.
    pub options: String,
    /// Choice, Link: several in a cell.
    pub multi: bool,
    /// Link: `Domain.Table`.
    pub target: String,
    /// Link: the column that is shown.
    pub shown: String,
    /// Calculated: CQL.
    pub expression: String,
    /// Calculated: type of the result.
    pub result: String,
}

impl Details {
    /// Reads them.
    pub fn sent(form: &Pairs) -> Self {
        Self {
            options: form.text("options").to_owned(),
            multi: form.has("multi"),
            target: form.text("target").to_owned(),
            shown: form.text("shown").to_owned(),
            expression: form.text("expression").to_owned(),
            result: form.text("result").to_owned(),
        }
    }

    /// What the column holds; `Err`: what is wrong.
    fn kind(
        &self,
        desk: &mut Desk<'_>,
        wanted: &str,
    ) -> Result<Result<ColumnKind, String>, PageError> {
        Ok(match wanted {
            "Choice" => self.choice(),
            "Link" => self.link(desk)?,
            _ => self.calculated(),
        })
    }

    fn choice(&self) -> Result<ColumnKind, String> {
        let mut options: Vec<String> = Vec::new();
        for option in self
            .options
            .lines()
            .map(str::trim)
            .filter(|o| !o.is_empty())
        {
            if options
                .iter()
                .any(|known| known.eq_ignore_ascii_case(option))
            {
                return Err(format!("The option {option} stands there twice."));
            }
            options.push(option.to_owned());
        }
        if options.is_empty() {
            return Err("A choice needs at least one option.".to_owned());
        }
        Ok(ColumnKind::Choice {
            options,
            multi: self.multi,
        })
    }

    fn link(&self, desk: &mut Desk<'_>) -> Result<Result<ColumnKind, String>, PageError> {
        let catalog = desk.catalog()?;
        let wanted = self.target.to_lowercase();
        let named = catalog
            .tables()
            .find(|table| format!("{}.{}", table.domain, table.name).to_lowercase() == wanted);
        let Some(target) = named.filter(|table| super::Rights::of(desk, table).may_open()) else {
            return Ok(Err(format!(
                "There is no table “{}”. Write Domain.Table.",
                self.target
            )));
        };
        let shown = self.shown.to_lowercase();
        let mut columns = target.columns.iter();
        let column = columns.find(|c| match shown.as_str() {
            // The first text, as people would choose.
            "" => !c.is_system && matches!(c.kind, ColumnKind::Text { .. }),
            name => c.name.to_lowercase() == name,
        });
        Ok(match column {
            None => Err(format!(
                "The table {} has no column “{}” to show.",
                self.target, self.shown
            )),
            Some(column) if matches!(column.kind, ColumnKind::Binary | ColumnKind::Link { .. }) => {
                Err(format!("A link cannot show {}.", column.name))
            }
            Some(column) => Ok(ColumnKind::Link {
                target: target.id,
                display: column.id,
                // Storage names it by the column's id, which is not known yet.
                junction: self.multi.then(String::new),
            }),
        })
    }

    fn calculated(&self) -> Result<ColumnKind, String> {
        if self.expression.is_empty() {
            return Err("A calculated column needs an expression.".to_owned());
        }
        let result = RESULTS.iter().find(|(name, _)| *name == self.result);
        Ok(ColumnKind::Calculated {
            result: result.map_or(CalculatedType::Text, |(_, result)| *result),
            expression: self.expression.clone(),
            cached: false,
        })
    }
}

/// Adds a column of one of [`TYPES`]; `Err`: what is wrong, and nothing was changed.
pub fn add(
    desk: &mut Desk<'_>,
    table: &Table,
    name: &str,
    wanted: &str,
    mandatory: bool,
    details: &Details,
) -> Result<Result<(), String>, PageError> {
    if !super::Rights::of(desk, table).may_design() || table.domain == "Cinchy" {
        return Err(PageError::Denied(format!(
            "You may not change the design of {}.{}.",
            table.domain, table.name
        )));
    }
    if name.is_empty() || name.contains(['[', ']', '.']) || name.chars().count() > LONGEST_NAME {
        return Ok(Err(
            "A column needs a name of at most 125 characters, without dots and square brackets."
                .to_owned(),
        ));
    }
    let taken = table
        .columns
        .iter()
        .any(|c| c.name.to_lowercase() == name.to_lowercase());
    if taken {
        return Ok(Err(format!("The table has a column {name} already.")));
    }
    let kind = match details.kind(desk, wanted)? {
        Ok(kind) => kind,
        Err(problem) => return Ok(Err(problem)),
    };
    let column = NewColumn {
        name: name.to_owned(),
        mandatory: mandatory && !matches!(kind, ColumnKind::Calculated { .. }),
        kind,
        unique: false,
    };
    match carried_out(desk, table, column) {
        Ok(()) => Ok(Ok(())),
        Err(RunError::Storage(error)) => Err(error.into()),
        Err(error) => Ok(Err(error.message())),
    }
}

fn carried_out(desk: &mut Desk<'_>, table: &Table, column: NewColumn) -> Result<(), RunError> {
    let stamp = desk.stamp();
    let schema = desk.instance.database().schema().to_owned();
    let backend = desk.instance.database().backend();
    let known = desk.generation.catalog(desk.conn)?;
    let name = column.name.clone();
    let is_calculated = matches!(column.kind, ColumnKind::Calculated { .. });
    let wanted = Design::AddColumns {
        table: table.id,
        columns: vec![column],
    };
    desk.conn.atomic(|conn| {
        design::run(conn, &schema, &known, &wanted, stamp)?;
        if is_calculated {
            // An expression that does not compile would be in the way of every reader.
            let now = catalog::load(conn)?;
            let made = now
                .table(table.id)
                .and_then(|t| t.columns.iter().find(|c| c.name == name));
            if let Some(made) = made {
                compile_calculated(&now, table.id, made.id, backend, &schema)
                    .map_err(RunError::Cql)?;
            }
        }
        Ok::<_, RunError>(())
    })?;
    desk.generation = desk.instance.seen_by(desk.conn)?;
    Ok(())
}

//! Columns to be made, of every type. Those for which the platform's language has no words (links, choices, calculated
//! columns) stand in its statement with a plain type, which is replaced when the statement is understood: so names and rights
//! are checked in one place.

use cinchy_cql::catalog::{CalculatedType, ColumnKind};
use cinchy_cql::compile_calculated;
use cinchy_cql::design::{self as language, Design};
use cinchy_storage::{catalog, design};
use cinchy_web::script::RunError;

use super::Rights;
use crate::cql::name;
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::Pairs;

/// Types by the name that a form has for them, with the word of a statement.
const TYPES: &[(&str, &str)] = &[
    ("Text", "NVARCHAR(MAX)"),
    ("Number", "FLOAT"),
    ("Date", "DATETIME"),
    ("Yes/No", "BIT"),
    ("Binary", "VARBINARY(MAX)"),
    ("Choice", PLAIN),
    ("Link", PLAIN),
    ("Calculated", PLAIN),
];
/// What stands for a type that the language has no word for.
const PLAIN: &str = "BIT";
/// Types of the result of a calculated column.
const RESULTS: &[(&str, CalculatedType)] = &[
    ("Text", CalculatedType::Text),
    ("Number", CalculatedType::Number),
    ("Date", CalculatedType::DateTime),
    ("Yes/No", CalculatedType::YesNo),
];

/// What a form offers besides the columns themselves.
pub struct Offer {
    /// Types.
    pub types: Vec<&'static str>,
    /// Types of results.
    pub results: Vec<&'static str>,
    /// Tables that a link may go to.
    pub targets: Vec<String>,
}

impl Offer {
    /// For the caller.
    pub fn of(desk: &mut Desk<'_>) -> Result<Self, PageError> {
        let catalog = desk.catalog()?;
        let mut targets: Vec<String> = catalog
            .tables()
            .filter(|target| Rights::of(desk, target).may_open())
            .map(|target| format!("{}.{}", target.domain, target.name))
            .take(300)
            .collect();
        targets.sort();
        Ok(Self {
            types: TYPES.iter().map(|(name, _)| *name).collect(),
            results: RESULTS.iter().map(|(name, _)| *name).collect(),
            targets,
        })
    }
}

/// A column as a form says it.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// Name.
    pub name: String,
    /// Type, by its name in the form.
    pub kind: String,
    /// Text: characters at most.
    pub length: String,
    /// Whether every row needs a value.
    pub mandatory: bool,
    /// Whether rows must differ.
    pub unique: bool,
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

impl Draft {
    /// Reads one; its fields have this suffix.
    pub fn sent(form: &Pairs, suffix: &str) -> Self {
        let text = |name: &str| form.text(&format!("{name}{suffix}")).to_owned();
        let ticked = |name: &str| form.has(&format!("{name}{suffix}"));
        Self {
            name: text("name"),
            kind: text("kind"),
            length: text("length"),
            mandatory: ticked("mandatory"),
            unique: ticked("unique"),
            options: text("options"),
            multi: ticked("multi"),
            target: text("target"),
            shown: text("shown"),
            expression: text("expression"),
            result: text("result"),
        }
    }

    /// The column as a statement has it.
    pub fn cql(&self) -> Result<String, String> {
        if self.name.contains(['[', ']']) || self.name.is_empty() {
            return Err("A column needs a name, and it must not have square brackets.".to_owned());
        }
        let Some((_, word)) = TYPES.iter().find(|(kind, _)| *kind == self.kind) else {
            return Err(format!("Choose the type of {}.", self.name));
        };
        let word = match (self.kind.as_str(), self.length.as_str()) {
            ("Text", "") => (*word).to_owned(),
            ("Text", length) => match length.parse::<u32>() {
                Ok(length) if (1..=4000).contains(&length) => format!("NVARCHAR({length})"),
                _ => {
                    return Err(format!(
                        "The length of {} must be from 1 to 4000, or empty for any.",
                        self.name
                    ));
                }
            },
            _ => (*word).to_owned(),
        };
        // A calculated column has no values of its own to ask for, and cells of several are never compared.
        let is_plain = self.kind != "Calculated";
        let not_null = if self.mandatory && is_plain {
            " NOT NULL"
        } else {
            ""
        };
        let unique = if self.unique && is_plain && !self.has_several() {
            " UNIQUE"
        } else {
            ""
        };
        Ok(format!("{} {word}{not_null}{unique}", name(&self.name)))
    }

    fn has_several(&self) -> bool {
        self.multi && matches!(self.kind.as_str(), "Choice" | "Link")
    }

    /// What the column holds, where the statement does not say it; `Err`: what is wrong.
    fn kind(&self, desk: &mut Desk<'_>) -> Result<Result<Option<ColumnKind>, String>, PageError> {
        let kind = match self.kind.as_str() {
            "Choice" => self.choice(),
            "Link" => self.link(desk)?,
            "Calculated" => self.calculated(),
            _ => return Ok(Ok(None)),
        };
        Ok(kind.map(Some))
    }

    fn choice(&self) -> Result<ColumnKind, String> {
        let mut options: Vec<String> = Vec::new();
        let lines = self.options.lines().map(str::trim);
        for option in lines.filter(|o| !o.is_empty()) {
            if options
                .iter()
                .any(|known| known.eq_ignore_ascii_case(option))
            {
                return Err(format!(
                    "{}: the option {option} stands there twice.",
                    self.name
                ));
            }
            options.push(option.to_owned());
        }
        if options.is_empty() {
            return Err(format!(
                "{}: a choice needs at least one option.",
                self.name
            ));
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
        let Some(target) = named.filter(|table| Rights::of(desk, table).may_open()) else {
            return Ok(Err(format!(
                "{}: there is no table “{}”. Write Domain.Table.",
                self.name, self.target
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
                "{}: the table {} has no column “{}” to show.",
                self.name, self.target, self.shown
            )),
            Some(column) if matches!(column.kind, ColumnKind::Binary | ColumnKind::Link { .. }) => {
                Err(format!(
                    "{}: a link cannot show {}.",
                    self.name, column.name
                ))
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
            return Err(format!(
                "{}: a calculated column needs an expression.",
                self.name
            ));
        }
        let result = RESULTS.iter().find(|(name, _)| *name == self.result);
        Ok(ColumnKind::Calculated {
            result: result.map_or(CalculatedType::Text, |(_, result)| *result),
            expression: self.expression.clone(),
            cached: false,
        })
    }
}

/// Carries out `before` with these columns and `after` around them, a statement that makes a table or adds columns to one;
/// `Err`: what is wrong, and nothing was changed.
pub fn make(
    desk: &mut Desk<'_>,
    before: &str,
    drafts: &[Draft],
    after: &str,
) -> Result<Result<(), String>, PageError> {
    let mut words = Vec::new();
    let mut kinds = Vec::new();
    for draft in drafts {
        match draft.cql() {
            Ok(word) => words.push(word),
            Err(problem) => return Ok(Err(problem)),
        }
        match draft.kind(desk)? {
            Ok(kind) => kinds.push(kind),
            Err(problem) => return Ok(Err(problem)),
        }
    }
    let text = format!("{before} {}{after}", words.join(", "));
    match carried_out(desk, &text, kinds) {
        Ok(()) => Ok(Ok(())),
        Err(RunError::Storage(error)) => Err(error.into()),
        Err(error) => Ok(Err(error.message())),
    }
}

fn carried_out(
    desk: &mut Desk<'_>,
    text: &str,
    kinds: Vec<Option<ColumnKind>>,
) -> Result<(), RunError> {
    let stamp = desk.stamp();
    let schema = desk.instance.database().schema().to_owned();
    let backend = desk.instance.database().backend();
    let known = desk.generation.catalog(desk.conn)?;
    let rights = &desk.caller.entry.rights;
    let mut wanted = language::read(text, &known, rights).map_err(RunError::Cql)?;
    if let Design::CreateTable { columns, .. } | Design::AddColumns { columns, .. } = &mut wanted {
        for (column, kind) in columns.iter_mut().zip(kinds) {
            if let Some(kind) = kind {
                column.kind = kind;
            }
        }
    }
    desk.conn.atomic(|conn| {
        design::run(conn, &schema, &known, &wanted, stamp)?;
        // An expression that does not compile would be in the way of every reader.
        let now = catalog::load(conn)?;
        let changed = now.tables().filter(|table| match &wanted {
            Design::AddColumns { table: id, .. } => table.id == *id,
            _ => known.table(table.id).is_none(),
        });
        for table in changed {
            for column in &table.columns {
                if matches!(column.kind, ColumnKind::Calculated { .. }) {
                    compile_calculated(&now, table.id, column.id, backend, &schema)
                        .map_err(RunError::Cql)?;
                }
            }
        }
        Ok::<_, RunError>(())
    })?;
    desk.generation = desk.instance.seen_by(desk.conn)?;
    Ok(())
}

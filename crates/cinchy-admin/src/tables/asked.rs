//! What an address asks of a table: which rows, in which order, and how its page of them is found.
//!
//! A page takes two queries whatever it looks for: one for the ids of its rows, which goes over the table once and keeps
//! nothing but ids, and one for the rows of those ids. Rows are counted as far as somebody would read them.

use cinchy_cql::catalog::{CalculatedType, Column, ColumnKind, Table};
use cinchy_cql::value::Backend;
use cinchy_web::script::RunError;

use super::{cells, choice, full};
use crate::cql::{Grid, Statement, holds, name};
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::Pairs;
use crate::list::{Pager, asked_page, order};

/// Rows of a page.
pub const PAGE: usize = 50;
/// Rows that are counted at least, where they are not all of the table's.
const COUNTED: usize = 1_000;

/// The last page of rows that fit or stand in another order: all before it are sorted anew for each. The ends of an order
/// are two, and an export has all.
const LAST: usize = 200;

/// Ways to compare, as the form offers them.
pub const WAYS: &[(&str, &str)] = &[
    ("has", "contains"),
    ("is", "is"),
    ("not", "is not"),
    ("more", "is more than"),
    ("less", "is less than"),
    ("empty", "is empty"),
    ("full", "is not empty"),
];

/// The query that an address asks for.
pub struct Asked {
    /// Columns that are shown.
    pub columns: Vec<Column>,
    /// Whether they are what somebody chose before.
    pub is_remembered: bool,
    /// The column that rows are put in order by.
    pub by: String,
    /// Whether downwards.
    pub down: bool,
    /// `WHERE ...`.
    filter: String,
    /// Whether the filter leaves out more than deleted rows.
    is_narrowed: bool,
    order: String,
    value: Option<String>,
    /// What is wrong with the value that a column is compared with.
    pub problem: Option<String>,
}

/// Rows of one page.
#[derive(Default)]
pub struct Found {
    /// Cells: id, whether deleted, the columns, the ids of single links.
    pub rows: Grid,
    /// Where the page stands.
    pub pager: Option<Pager>,
    /// Why calculated cells are empty, where they cannot be computed.
    pub uncomputed: Option<String>,
}

impl Asked {
    /// Reads an address.
    pub fn of(desk: &mut Desk<'_>, table: &Table, query: &Pairs) -> Result<Self, PageError> {
        let (columns, is_remembered) = choice::shown(desk, table, query)?;
        let id = table.columns.iter().filter(|c| c.name == "Cinchy Id");
        let visible: Vec<&Column> = id.chain(choice::offered(desk, table)).collect();
        let searched = searched(&columns, query.text("q"));
        let (compared, value, problem) = match compared(&visible, query) {
            Ok((compared, value)) => (compared, value, None),
            Err(problem) => (None, None, Some(problem)),
        };
        let is_narrowed = searched.is_some() || compared.is_some();
        let living = (!query.has("deleted")).then(|| "[Deleted] IS NULL".to_owned());
        let filters: Vec<String> = [living, searched, compared].into_iter().flatten().collect();
        let (by, down) = order(query, "Cinchy Id");
        let by = visible
            .iter()
            .find(|column| column.name == by)
            .map_or_else(|| "Cinchy Id".to_owned(), |column| column.name.clone());
        let way = if down { "DESC" } else { "ASC" };
        let order = match by.as_str() {
            "Cinchy Id" => format!("ORDER BY [Cinchy Id] {way}"),
            by => format!("ORDER BY {} {way}, [Cinchy Id]", name(by)),
        };
        Ok(Self {
            columns,
            is_remembered,
            filter: if filters.is_empty() {
                String::new()
            } else {
                format!("WHERE {}", filters.join(" AND "))
            },
            is_narrowed,
            order,
            by,
            down,
            value,
            problem,
        })
    }

    /// A statement with what the filter compares with.
    pub fn statement<'a>(&self, cql: &'a str) -> Statement<'a> {
        let statement = Statement::new(cql);
        match &self.value {
            Some(value) => statement.with("value", value.as_str()),
            None => statement,
        }
    }

    /// The query of a file: the columns and nothing else.
    pub fn exported(&self, table: &Table) -> String {
        let items: Vec<String> = std::iter::once("[Cinchy Id]".to_owned())
            .chain(self.columns.iter().map(|c| name(&c.name)))
            .collect();
        self.text(&items.join(", "), table, &self.order)
    }

    fn text(&self, items: &str, table: &Table, order: &str) -> String {
        format!(
            "SELECT {items} FROM {} {} {order}",
            full(table),
            self.filter
        )
    }

    /// The page that the address asks for; one that is not there is the last, or the first.
    pub fn find(
        &self,
        desk: &mut Desk<'_>,
        table: &Table,
        query: &Pairs,
    ) -> Result<Found, RunError> {
        let page = asked_page(query);
        let (ids, pager) = if self.is_narrowed || self.by != "Cinchy Id" {
            self.some(desk, table, query, page)?
        } else {
            self.all(desk, table, query, page)?
        };
        let (rows, uncomputed) = self.rows(desk, table, &ids)?;
        Ok(Found {
            rows,
            pager: Some(pager),
            uncomputed,
        })
    }

    /// All rows by their ids: to count them takes less than to put them in another order.
    fn all(
        &self,
        desk: &mut Desk<'_>,
        table: &Table,
        query: &Pairs,
        page: usize,
    ) -> Result<(Vec<i32>, Pager), RunError> {
        let text = self.text("COUNT(*) AS [n]", table, "");
        let counted = desk.run(&self.statement(&text))?;
        let total = counted.rows.first().map_or(0, |row| row.int(0));
        let total = usize::try_from(total).unwrap_or_default();
        let pager = Pager::at(query, page, total, PAGE);
        let ids = self.page_of_all(desk, table, pager.skip(), total)?;
        Ok((ids, pager))
    }

    /// The ids of a page of all rows, counted from the nearer end, so that the database passes over half at most.
    fn page_of_all(
        &self,
        desk: &mut Desk<'_>,
        table: &Table,
        first: usize,
        total: usize,
    ) -> Result<Vec<i32>, RunError> {
        if first <= total / 2 {
            return Ok(self.ids(desk, table, first, PAGE)?.0);
        }
        let behind = total.saturating_sub(first + PAGE);
        let way = if self.down { "ASC" } else { "DESC" };
        let order = format!(
            "ORDER BY [Cinchy Id] {way} OFFSET {behind} ROWS FETCH NEXT {} ROWS ONLY",
            total.saturating_sub(first + behind)
        );
        let text = self.text("[Cinchy Id]", table, &order);
        let found = desk.run(&self.statement(&text))?;
        Ok(found.rows.iter().rev().map(|row| row.int(0)).collect())
    }

    /// Rows that fit, or in another order: counted up to a limit, and shown up to a later one.
    fn some(
        &self,
        desk: &mut Desk<'_>,
        table: &Table,
        query: &Pairs,
        page: usize,
    ) -> Result<(Vec<i32>, Pager), RunError> {
        let page = page.min(LAST);
        let first = (page - 1) * PAGE;
        // Who only wants another order is counted without it, which is no work.
        let most = match self.is_narrowed {
            true => COUNTED.saturating_sub(first).max(PAGE),
            false => PAGE,
        };
        let (mut ids, mut more) = self.ids(desk, table, first, most)?;
        if ids.is_empty() && page > 1 {
            return self.some(desk, table, query, 1);
        }
        let mut total = first + ids.len();
        if more && total < COUNTED {
            let counted = self.count(desk, table)?;
            more = counted > COUNTED;
            total = counted.min(COUNTED);
        }
        let pager = match more {
            true if page == LAST => Pager::of_more(query, page, total, PAGE).ending(),
            true => Pager::of_more(query, page, total, PAGE),
            false => Pager::at(query, page, total, PAGE),
        };
        ids.truncate(PAGE);
        Ok((ids, pager))
    }

    /// How many there are, up to one more than are counted.
    fn count(&self, desk: &mut Desk<'_>, table: &Table) -> Result<usize, RunError> {
        let items = format!("TOP {} [Cinchy Id]", COUNTED + 1);
        let text = self.text(&items, table, "");
        Ok(desk.run(&self.statement(&text))?.rows.len())
    }

    /// Ids of rows after the first ones, and whether there are more.
    fn ids(
        &self,
        desk: &mut Desk<'_>,
        table: &Table,
        first: usize,
        most: usize,
    ) -> Result<(Vec<i32>, bool), RunError> {
        // SQLite sorts all texts of a table in less time than it keeps the first thousand of them, and gives rows one by
        // one: it is told of a limit for their first page only. PostgreSQL would send them all.
        let is_text = |column: &Column| column.name == self.by && holds_text(&column.kind);
        let sorts_all = first + most > PAGE
            && table.columns.iter().any(is_text)
            && desk.instance.database().backend() == Backend::Sqlite;
        let order = match sorts_all {
            true => self.order.clone(),
            false => format!(
                "{} OFFSET {first} ROWS FETCH NEXT {} ROWS ONLY",
                self.order,
                most + 1
            ),
        };
        let text = self.text("[Cinchy Id]", table, &order);
        let mut statement = self.statement(&text);
        statement.skip = if sorts_all { first } else { 0 };
        statement.most = most;
        let found = desk.run(&statement)?;
        let ids = found.rows.iter().map(|row| row.int(0)).collect();
        Ok((ids, found.more))
    }

    /// What is shown of these rows, in their order, and why calculated cells are empty.
    fn rows(
        &self,
        desk: &mut Desk<'_>,
        table: &Table,
        ids: &[i32],
    ) -> Result<(Grid, Option<String>), RunError> {
        if ids.is_empty() {
            return Ok((Grid::default(), None));
        }
        let (mut found, uncomputed) = cells::computed(desk, &self.columns, |desk, cells| {
            self.read(desk, table, ids, cells)
        })?;
        found
            .rows
            .sort_by_key(|row| ids.iter().position(|id| *id == row.int(0)));
        Ok((found, uncomputed))
    }

    /// Reads cells of these rows.
    fn read(
        &self,
        desk: &mut Desk<'_>,
        table: &Table,
        ids: &[i32],
        cells: Vec<String>,
    ) -> Result<Grid, RunError> {
        let mut items = vec![
            "[Cinchy Id]".to_owned(),
            "[Deleted] AS [is deleted]".to_owned(),
        ];
        items.extend(cells);
        for (number, column) in self.columns.iter().enumerate() {
            if is_single_link(column) {
                items.push(format!("{}.[Cinchy Id] AS [l{number}]", name(&column.name)));
            }
        }
        // Always as many, so that the statement is one that is known.
        let places: Vec<String> = (0..PAGE).map(|n| format!("@r{n}")).collect();
        let text = format!(
            "SELECT {} FROM {} WHERE [Cinchy Id] IN ({})",
            items.join(", "),
            full(table),
            places.join(", ")
        );
        let mut statement = Statement::new(&text);
        for number in 0..PAGE {
            let id = ids.get(number).or(ids.last()).copied();
            statement = statement.with(&format!("r{number}"), id.unwrap_or_default());
        }
        desk.run(&statement)
    }
}

/// Whether a cell shows a row that it goes to.
pub fn is_single_link(column: &Column) -> bool {
    matches!(column.kind, ColumnKind::Link { junction: None, .. }) && !column.is_system
}

/// Whether cells of a column are texts.
fn holds_text(kind: &ColumnKind) -> bool {
    matches!(
        kind,
        ColumnKind::Text { .. }
            | ColumnKind::Choice { .. }
            | ColumnKind::Link { junction: None, .. }
            | ColumnKind::Calculated {
                result: CalculatedType::Text,
                ..
            }
    )
}

/// The condition that a text stands in one of the shown columns.
fn searched(columns: &[Column], text: &str) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let holding: Vec<String> = columns
        .iter()
        .filter(|column| holds_text(&column.kind))
        .map(|column| holds(&name(&column.name), text))
        .collect();
    Some(if holding.is_empty() {
        "1 = 0".to_owned()
    } else {
        format!("({})", holding.join(" OR "))
    })
}

/// A condition on one column, and the parameter that it has.
type Condition = (Option<String>, Option<String>);

/// The condition that the address names; or what is wrong with its value.
fn compared(visible: &[&Column], query: &Pairs) -> Result<Condition, String> {
    let named = visible.iter().find(|c| c.name == query.text("by"));
    let Some(column) = named else {
        return Ok((None, None));
    };
    let (text, kind, column) = (query.text("value"), &column.kind, name(&column.name));
    let is_text = matches!(kind, ColumnKind::Text { .. });
    let condition = match query.text("how") {
        "empty" if is_text => format!("({column} IS NULL OR {column} = '')"),
        "empty" => format!("{column} IS NULL"),
        "full" if is_text => format!("{column} <> ''"),
        "full" => format!("{column} IS NOT NULL"),
        _ if text.is_empty() => return Ok((None, None)),
        how @ ("is" | "not" | "more" | "less") => {
            let condition = match how {
                "is" => format!("{column} = @value"),
                "not" => format!("({column} <> @value OR {column} IS NULL)"),
                "more" => format!("{column} > @value"),
                _ => format!("{column} < @value"),
            };
            return Ok((Some(condition), Some(comparable(kind, text)?)));
        }
        _ => holds(&as_shown(kind, column), text),
    };
    Ok((Some(condition), None))
}

/// A typed value as the language takes it.
fn comparable(kind: &ColumnKind, text: &str) -> Result<String, String> {
    let typed = text.trim();
    let wrong = |what: &str| Err(format!("“{text}” is {what}, so nothing was looked for."));
    match kind {
        ColumnKind::Number | ColumnKind::Integer => match typed.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(typed.to_owned()),
            _ => wrong("not a number such as 1234.5"),
        },
        ColumnKind::DateTime => match cells::moment(typed) {
            Some(moment) => Ok(moment.format("%Y-%m-%dT%H:%M:%S%.f").to_string()),
            None => wrong("not a date such as 2027-01-31"),
        },
        ColumnKind::YesNo => match typed.to_lowercase().as_str() {
            "yes" | "true" | "1" => Ok("1".to_owned()),
            "no" | "false" | "0" => Ok("0".to_owned()),
            _ => wrong("neither Yes nor No"),
        },
        _ => Ok(text.to_owned()),
    }
}

/// What a cell shows, as a text to look in.
fn as_shown(kind: &ColumnKind, column: String) -> String {
    match kind {
        ColumnKind::DateTime => format!("CONVERT(VARCHAR(30), {column}, 120)"),
        ColumnKind::YesNo => {
            format!("CASE WHEN {column} = 1 THEN 'Yes' WHEN {column} = 0 THEN 'No' END")
        }
        _ => column,
    }
}

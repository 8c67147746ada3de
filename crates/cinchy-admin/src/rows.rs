//! Rows and those who change them: whether somebody else did meanwhile, and bringing back what is deleted, the one change that
//! the platform's language has no statement for.

use cinchy_cql::catalog::Table;
use cinchy_storage::rows;

use crate::cql::{Statement, name};
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::Pairs;

/// The version of a row of a system table: its form carries it, so that nobody writes over what they have not seen.
///
/// # Errors
/// The database's.
pub fn version(desk: &mut Desk<'_>, table: &str, id: i32) -> Result<String, PageError> {
    Ok(stamped(desk, table, id)?.map_or_else(String::new, |(version, _)| version))
}

/// What to say when the row was changed after the form was opened. A form that names no version writes over what there is.
///
/// # Errors
/// The database's.
pub fn changed_meanwhile(
    desk: &mut Desk<'_>,
    table: &str,
    id: i32,
    form: &Pairs,
) -> Result<Option<String>, PageError> {
    let opened = form.text("version");
    if opened.is_empty() {
        return Ok(None);
    }
    let now = stamped(desk, table, id)?.filter(|(version, _)| version != opened);
    Ok(now.map(|(_, by)| {
        format!("{by} changed this after you had opened it, and nothing of yours was saved yet. What you typed stands below: save once more to write it over the other change.")
    }))
}

fn stamped(
    desk: &mut Desk<'_>,
    table: &str,
    id: i32,
) -> Result<Option<(String, String)>, PageError> {
    let text = format!(
        "SELECT [Version], [Modified By] FROM [Cinchy].{} WHERE [Cinchy Id] = @id",
        name(table)
    );
    let grid = desk.ask(Statement::new(&text).with("id", id))?;
    Ok(grid.rows.first().map(|row| (row.text(0), row.text(1))))
}

/// Whether the caller may delete rows of a table, and so bring them back. Row filters are asked besides.
pub fn may_delete(desk: &Desk<'_>, table: &Table) -> bool {
    let rights = &desk.caller.entry.rights;
    rights.administrator
        || table.creator == Some(rights.user_id)
        || rights
            .tables
            .get(&table.id)
            .is_some_and(|grants| grants.iter().any(|grant| grant.delete_rows))
}

/// The rows that the caller's rights to delete reach, as a further condition: the Editable Row Filters of those grants.
fn reach(desk: &Desk<'_>, table: &Table) -> String {
    let rights = &desk.caller.entry.rights;
    if rights.administrator || table.creator == Some(rights.user_id) {
        return String::new();
    }
    let grants = rights.tables.get(&table.id).map_or(&[][..], Vec::as_slice);
    let mut filters = Vec::new();
    for grant in grants.iter().filter(|grant| grant.delete_rows) {
        match &grant.edit_filter {
            None => return String::new(),
            Some(filter) => filters.push(format!("({filter})")),
        }
    }
    format!(" AND ({})", filters.join(" OR "))
}

/// Brings a deleted row back, if the caller may see it and delete rows of its table.
///
/// # Errors
/// No such row, a right that is missing, another row that took its unique value, the database's.
pub fn restore(desk: &mut Desk<'_>, table: &Table, id: i32) -> Result<(), PageError> {
    if !may_delete(desk, table) {
        return Err(PageError::Denied(format!(
            "You may not delete rows of {}.{}, so you may not bring them back either.",
            table.domain, table.name
        )));
    }
    let text = format!(
        "SELECT [Cinchy Id] FROM {}.{} WHERE [Cinchy Id] = @id AND [Deleted] IS NOT NULL{}",
        name(&table.domain),
        name(&table.name),
        reach(desk, table)
    );
    if desk
        .ask(Statement::new(&text).with("id", id))?
        .rows
        .is_empty()
    {
        return Err(PageError::NotFound(format!(
            "{}.{} has no deleted row with the Cinchy Id {id} that you may see.",
            table.domain, table.name
        )));
    }
    let stamp = desk.stamp();
    let schema = desk.instance.database().schema().to_owned();
    let restored = desk
        .conn
        .atomic(|conn| rows::restore(conn, &schema, table, id, stamp));
    match restored {
        Err(error) if error.is_unique_violation() => Err(PageError::Denied(format!(
            "The row cannot come back: another row of {}.{} has one of its unique values now. Change that one first.",
            table.domain, table.name
        ))),
        other => Ok(other?),
    }?;
    desk.generation = desk.instance.seen_by(desk.conn)?;
    Ok(())
}

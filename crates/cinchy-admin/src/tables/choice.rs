//! The columns that somebody wants to see of a table: those of the address, else those that they chose last, else all.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Path};
use cinchy_cql::catalog::{Column, Table};
use cinchy_storage::grid_columns;

use super::{Rights, open};
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::Pairs;
use crate::visit::{Answer, Visit};

/// Columns that may be shown: all that the caller may view but the Cinchy Id, which is always there.
pub fn offered<'a>(desk: &Desk<'_>, table: &'a Table) -> Vec<&'a Column> {
    let rights = Rights::of(desk, table);
    let columns = table.columns.iter();
    columns
        .filter(|c| c.name != "Cinchy Id" && (c.is_system || rights.may_view(c)))
        .collect()
}

/// Columns that are shown, in the order of the table, and whether that is a choice that is remembered.
pub fn shown(
    desk: &mut Desk<'_>,
    table: &Table,
    query: &Pairs,
) -> Result<(Vec<Column>, bool), PageError> {
    let wanted = query.all("col");
    let chosen = match wanted.is_empty() {
        true => grid_columns::find(desk.conn, desk.visitor.entry.user.id, table.id)?,
        false => Vec::new(),
    };
    let offered = offered(desk, table);
    let those = |keep: &dyn Fn(&Column) -> bool| -> Vec<Column> {
        let kept = offered.iter().filter(|column| keep(column));
        kept.map(|column| (*column).clone()).collect()
    };
    if !wanted.is_empty() {
        return Ok((those(&|c| wanted.contains(&c.name.as_str())), false));
    }
    let remembered = those(&|c| chosen.contains(&c.id));
    Ok(match remembered.is_empty() {
        // Whoever may see none of what they chose sees what they may.
        true => (those(&|c| !c.is_system), false),
        false => (remembered, true),
    })
}

/// Remembers a choice, and goes back to the rows; `all` forgets it.
pub async fn choose(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, form| {
            let table = open(desk, *id)?;
            let ticked = form.all("col");
            let wanted = offered(desk, &table)
                .into_iter()
                .filter(|column| !form.has("all") && ticked.contains(&column.name.as_str()));
            let wanted: Vec<i32> = wanted.map(|column| column.id).collect();
            let (user, table) = (desk.visitor.entry.user.id, table.id);
            desk.conn
                .atomic(|conn| grid_columns::replace(conn, user, table, &wanted))?;
            let rest = Pairs::decode(form.text("back").trim_start_matches('?').as_bytes());
            let rest = rest.with(&[("col", ""), ("row", ""), ("done", "columns")]);
            Ok(Answer::See(format!("/admin/tables/{table}{rest}")))
        })
        .await
}

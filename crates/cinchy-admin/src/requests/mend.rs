//! Changes that the page of a request offers, carried out by CQL as the signed-in administrator.

use cinchy_auth::client::{join_urls, parse_urls};
use cinchy_auth::{GrantType, Scope};
use cinchy_web::explain::Mend;

use crate::cql::Statement;
use crate::desk::Desk;
use crate::error::PageError;
use crate::people::written;
use crate::users;

/// Carries one out.
pub fn carry_out(desk: &mut Desk<'_>, mend: &Mend) -> Result<(), PageError> {
    match mend {
        Mend::DeleteFault { name } => {
            desk.instance.faults().remove(name);
            Ok(())
        }
        Mend::EnableClient { client } => change(desk, CLIENTS, "Enabled", *client, true),
        Mend::AllowGrant { client, grant } => add(desk, *client, "Grant Type", |text| {
            let mut all = GrantType::parse_list(text).unwrap_or_default();
            all.push(*grant);
            GrantType::list_text(&all)
        }),
        Mend::AllowScopes { client, scopes } => add(desk, *client, "Permitted Scopes", |text| {
            let mut all = Scope::parse_list(text).unwrap_or_default();
            all.extend(scopes);
            Scope::list_text(&all)
        }),
        Mend::AllowRedirect { client, url } => {
            add(desk, *client, "Permitted Login Redirect URLs", |text| {
                let mut all = parse_urls(text);
                all.push(url.clone());
                join_urls(&all)
            })
        }
        Mend::EnableUser { user } => change(desk, "Users", "Is Disabled", *user, false),
        Mend::UnlockUser { user } => users::unlocked(desk, *user),
        Mend::ExecuteByUser { query, user, .. } => {
            let mut ids = query_of(desk, *query)?.execute_users.clone();
            ids.push(*user);
            execute(desk, *query, "Users With Execute Access", &ids)
        }
        Mend::ExecuteByGroup { query, group, .. } => {
            let mut ids = query_of(desk, *query)?.execute_groups.clone();
            ids.push(*group);
            execute(desk, *query, "Groups With Execute Access", &ids)
        }
        Mend::ViewTable {
            table,
            user,
            direct,
            ..
        } => {
            desk.ask(
                Statement::new(
                    "INSERT INTO [Cinchy].[Table Access Control] ([Table], [Users], [View All Columns], [Direct Query]) \
                     VALUES (@table, @users, 1, @direct)",
                )
                .with("table", *table)
                .with("users", written(&[*user]))
                .with("direct", *direct),
            )?;
            Ok(())
        }
        Mend::ViewColumns { tables, user, .. } => Ok(desk.whole(|desk| {
            let text = "INSERT INTO [Cinchy].[Table Access Control] ([Table], [Users], [Viewable Columns], [Viewable Row Filter]) \
                        VALUES (@table, @users, @columns, @filter)";
            for missing in tables {
                let statement = Statement::new(text)
                    .with("table", missing.table)
                    .with("users", written(&[*user]))
                    .with("columns", written(&missing.ids()))
                    .with("filter", missing.filter.clone());
                desk.run(&statement)?;
            }
            Ok(())
        })?),
    }
}

const CLIENTS: &str = "Integrated Clients";

/// Sets a yes/no column of a row of a system table.
fn change(
    desk: &mut Desk<'_>,
    table: &str,
    column: &str,
    id: i32,
    value: bool,
) -> Result<(), PageError> {
    let text = format!(
        "UPDATE [Cinchy].[{table}] SET [{column}] = @value WHERE [Deleted] IS NULL AND [Cinchy Id] = @id"
    );
    desk.ask(Statement::new(&text).with("value", value).with("id", id))?;
    Ok(())
}

/// Writes what `more` makes of the text of a client's column.
fn add(
    desk: &mut Desk<'_>,
    client: i32,
    column: &str,
    more: impl FnOnce(&str) -> String,
) -> Result<(), PageError> {
    let text = format!(
        "SELECT [{column}] FROM [Cinchy].[Integrated Clients] WHERE [Deleted] IS NULL AND [Cinchy Id] = @id"
    );
    let present = desk.ask(Statement::new(&text).with("id", client))?;
    let present = present
        .rows
        .first()
        .map(|row| row.text(0))
        .unwrap_or_default();
    let text = format!(
        "UPDATE [Cinchy].[Integrated Clients] SET [{column}] = @value WHERE [Deleted] IS NULL AND [Cinchy Id] = @id"
    );
    desk.ask(
        Statement::new(&text)
            .with("value", more(&present))
            .with("id", client),
    )?;
    Ok(())
}

fn query_of(
    desk: &mut Desk<'_>,
    id: i32,
) -> Result<std::sync::Arc<cinchy_storage::queries::SavedQuery>, PageError> {
    let found = desk.generation.query_by_id(desk.conn, id)?;
    found.ok_or_else(|| PageError::NotFound(format!("There is no saved query {id} any more.")))
}

fn execute(desk: &mut Desk<'_>, query: i32, column: &str, ids: &[i32]) -> Result<(), PageError> {
    let text = format!(
        "UPDATE [Cinchy].[Saved Queries] SET [{column}] = @ids WHERE [Deleted] IS NULL AND [Cinchy Id] = @id"
    );
    desk.ask(
        Statement::new(&text)
            .with("ids", written(ids))
            .with("id", query),
    )?;
    Ok(())
}

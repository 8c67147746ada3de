//! The chain of checks for a user or a token, and a saved query or CQL.

use std::sync::Arc;

use cinchy_auth::principal::AuthenticationKind;
use cinchy_auth::token::Purpose;
use cinchy_auth::{Credential, PlainSecret};
use cinchy_cql::CqlError;
use cinchy_cql::catalog::{Catalog, Column, Columns, Grant, Table};
use cinchy_cql::value::Type;
use cinchy_storage::queries::SavedQuery;
use cinchy_storage::{Connection, StorageError};

use super::{Explanation, Mend, columns, split};
use crate::authenticate::{AuthError, Authenticated};
use crate::cache::Generation;
use crate::instance::Instance;
use crate::query::{CompileError, Prepared, Text};

/// Groups that are offered to be given a right; more would be a list to read.
const MOST_GROUPS: usize = 3;

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub enum Who<'a> {
    /// The user of this name.
    User(&'a str),
    /// The holder of this bearer token.
    Token(&'a str),
}

/// What for.
#[derive(Debug, Clone, Copy)]
pub enum What<'a> {
    /// Only whether they are known.
    Nothing,
    /// A saved query.
    Query {
        /// Its domain.
        domain: &'a str,
        /// Its name.
        name: &'a str,
    },
    /// CQL of their own.
    Cql(&'a str),
}

/// The chain of checks, up to the first that denies.
///
/// # Errors
/// The database's.
pub fn chain(
    instance: &Instance,
    conn: &mut Connection,
    generation: &Generation,
    who: Who<'_>,
    what: What<'_>,
) -> Result<Explanation, StorageError> {
    let mut told = Explanation::default();
    continued(instance, conn, generation, who, what, &mut told)?;
    Ok(told.settled())
}

/// Adds the chain to the checks that went before.
pub(super) fn continued(
    instance: &Instance,
    conn: &mut Connection,
    generation: &Generation,
    who: Who<'_>,
    what: What<'_>,
    told: &mut Explanation,
) -> Result<(), StorageError> {
    let Some(caller) = identify(instance, conn, generation, who, told)? else {
        return Ok(());
    };
    let (cql, ad_hoc) = match what {
        What::Nothing => return Ok(()),
        What::Query { domain, name } => {
            match execute_right(conn, generation, &caller, domain, name, told)? {
                Some(query) => (query.cql.clone(), false),
                None => return Ok(()),
            }
        }
        What::Cql(cql) => (cql.to_owned(), true),
    };
    rights(instance, conn, generation, &caller, &cql, ad_hoc, told)
}

/// Who asks: the checks `token`, `client` and `user`.
fn identify(
    instance: &Instance,
    conn: &mut Connection,
    generation: &Generation,
    who: Who<'_>,
    told: &mut Explanation,
) -> Result<Option<Authenticated>, StorageError> {
    let name = match who {
        Who::User(name) => name,
        Who::Token(token) => return identify_token(instance, conn, generation, token, told),
    };
    let Some(entry) = generation.user_by_name(conn, name)? else {
        told.deny(
            "user",
            format!("there is no user `{}`", name.escape_default()),
            "add the user to [Cinchy].[Users], or to the seed's `users`",
        );
        return Ok(None);
    };
    if entry.user.disabled {
        told.deny_but(
            "user",
            format!("the account of `{}` is disabled", entry.user.username),
            "enable the account",
            [Mend::EnableUser {
                user: entry.user.id,
            }],
        );
        return Ok(None);
    }
    told.allow("user", format!("`{}` is enabled", entry.user.username));
    let how = if entry.user.is_anonymous() {
        AuthenticationKind::Anonymous
    } else {
        AuthenticationKind::Basic
    };
    Ok(Some(Authenticated { entry, how }))
}

fn identify_token(
    instance: &Instance,
    conn: &mut Connection,
    generation: &Generation,
    token: &str,
    told: &mut Explanation,
) -> Result<Option<Authenticated>, StorageError> {
    let credential = Credential::Bearer(PlainSecret::new(token.trim()));
    let found = instance.authenticate_bearer(conn, generation, &credential, Purpose::Api);
    Ok(match found {
        Ok(caller) => {
            told.allow("token", "form, key, issuer, audience and time are right");
            if let AuthenticationKind::Bearer { client_id } = &caller.how {
                told.allow("client", format!("`{client_id}` is enabled"));
            }
            told.allow(
                "user",
                format!("`{}` is enabled", caller.entry.user.username),
            );
            Some(caller)
        }
        Err(AuthError::Storage(error)) => return Err(error),
        Err(error) => {
            let (because, mend) = split(&error.to_string());
            let right = "form, key, issuer, audience and time are right";
            match error {
                AuthError::ClientGone(_) => {
                    told.allow("token", right);
                    told.deny("client", because, mend);
                }
                AuthError::UserGone | AuthError::NoUser => {
                    told.allow("token", right);
                    told.deny("user", because, mend);
                }
                _ => told.deny("token", because, mend),
            }
            None
        }
    })
}

/// The saved query and the right to execute it.
fn execute_right(
    conn: &mut Connection,
    generation: &Generation,
    caller: &Authenticated,
    domain: &str,
    name: &str,
    told: &mut Explanation,
) -> Result<Option<Arc<SavedQuery>>, StorageError> {
    let Some(query) = generation.query(conn, domain, name)? else {
        told.deny(
            "query",
            format!(
                "there is no saved query `{}/{}`",
                domain.escape_default(),
                name.escape_default()
            ),
            "add it to [Cinchy].[Saved Queries], or to the seed's `queries`",
        );
        return Ok(None);
    };
    let full = format!("{}/{}", query.domain, query.name);
    told.allow("query", format!("`{full}` is saved query {}", query.id));
    let principal = caller.principal();
    let membership = generation.membership(conn)?;
    let names = |ids: &mut dyn Iterator<Item = i32>| -> String {
        let names: Vec<&str> = ids.filter_map(|id| membership.name(id)).collect();
        if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        }
    };
    if principal.may_execute(&query.execute_users, &query.execute_groups) {
        let because = if query.execute_users.contains(&principal.user_id) {
            format!(
                "`{}` is among its Users With Execute Access",
                principal.username
            )
        } else if principal.is_named(&query.execute_users, &query.execute_groups) {
            let common = query.execute_groups.iter().copied();
            let common = names(&mut common.filter(|id| principal.groups.contains(id)));
            format!(
                "`{}` belongs to its Groups With Execute Access: {common}",
                principal.username
            )
        } else {
            format!("`{}` belongs to Cinchy Administrators", principal.username)
        };
        told.allow("execute", because);
        return Ok(Some(query));
    }
    let by_user = Mend::ExecuteByUser {
        query: query.id,
        user: principal.user_id,
        name: principal.username.clone(),
    };
    let by_group = principal.groups.iter().filter_map(|group| {
        Some(Mend::ExecuteByGroup {
            query: query.id,
            group: *group,
            name: membership.name(*group)?.to_owned(),
        })
    });
    told.deny_but(
        "execute",
        format!(
            "neither `{}` nor one of its groups ({}) may execute `{full}`; groups that may: {}",
            principal.username,
            names(&mut principal.groups.iter().copied()),
            names(&mut query.execute_groups.iter().copied()),
        ),
        format!(
            "add `{}` to the Users With Execute Access of saved query {}, or one of its groups to the Groups With Execute Access",
            principal.username, query.id
        ),
        std::iter::once(by_user).chain(by_group.take(MOST_GROUPS)),
    );
    Ok(None)
}

/// The rights on tables, columns and rows: whether the text compiles for the caller, then which grants let it.
fn rights(
    instance: &Instance,
    conn: &mut Connection,
    generation: &Generation,
    caller: &Authenticated,
    cql: &str,
    ad_hoc: bool,
    told: &mut Explanation,
) -> Result<(), StorageError> {
    let names = cinchy_cql::parameters_of(cql).unwrap_or_default();
    let mut parameters: Vec<(String, Type)> = names
        .into_iter()
        .map(|name| (name.trim_start_matches('@').to_lowercase(), Type::Text))
        .collect();
    parameters.sort_by(|one, other| one.0.cmp(&other.0));
    parameters.dedup();
    let texts: Vec<(u32, String)> = cinchy_cql::text_parameters_of(cql)
        .into_iter()
        .map(|n| (n, String::new()))
        .collect();
    let text = Text {
        cql,
        parameters: &parameters,
        text_parameters: &texts,
        ad_hoc,
        versions: false,
    };
    let catalog = generation.catalog(conn)?;
    let tables = mentioned(&catalog, cql);
    match instance.prepare(conn, generation, &caller.entry, text) {
        Ok(Prepared::Query(_)) => {}
        Ok(Prepared::Script(_)) => told.allow(
            "cql",
            "the text can be read; it is a script, and what its statements do is checked when each one's turn comes",
        ),
        Err(CompileError::Storage(error)) => return Err(error),
        Err(CompileError::Cql(error)) => {
            let user = &caller.entry.user.username;
            match &error {
                CqlError::TableDenied { tables: denied, .. } => told.deny_but(
                    "table",
                    format!("`{user}` has no right for this on {}", denied.join(", ")),
                    if ad_hoc {
                        "give the user or a group of theirs a row of [Cinchy].[Table Access Control] for the table, with Viewable Columns and Direct Query"
                    } else {
                        "give the user or a group of theirs a row of [Cinchy].[Table Access Control] for the table, with Viewable Columns"
                    },
                    tables
                        .iter()
                        .filter(|table| denied.contains(&table.name))
                        .map(|table| Mend::ViewTable {
                            table: table.id,
                            name: format!("{}.{}", table.domain, table.name),
                            user: caller.entry.user.id,
                            username: user.clone(),
                            direct: ad_hoc,
                        }),
                ),
                CqlError::ColumnDenied { column, .. } | CqlError::CalculatedDenied { column, .. } => {
                    told.deny_but(
                        "columns",
                        format!("`{user}` may not view {column}"),
                        "add the column to the Viewable Columns of an entitlement of the user or of a group of theirs",
                        columns::missing(instance, &catalog, caller, text, &error),
                    );
                }
                _ => told.deny("cql", error.to_string(), "mend the text"),
            }
        }
    }
    for table in &tables {
        grants(caller, table, told);
    }
    Ok(())
}

/// Tables whose full name stands in the text; comments and texts within it do not count.
fn mentioned(catalog: &Catalog, cql: &str) -> Vec<Arc<Table>> {
    // What cannot be read was denied already.
    let names = cinchy_cql::table_names_of(cql).unwrap_or_default();
    let mut found: Vec<_> = names
        .iter()
        .filter_map(|(domain, table)| catalog.find(domain, table).cloned())
        .collect();
    found.sort_by_key(|table| table.id);
    found.dedup_by_key(|table| table.id);
    found
}

/// Which grants rule a table for the caller.
fn grants(caller: &Authenticated, table: &Table, told: &mut Explanation) {
    let rights = &caller.entry.rights;
    let name = format!("[{}].[{}]", table.domain, table.name);
    if rights.administrator {
        told.allow(
            "table",
            format!(
                "{name}: Cinchy Administrators may do everything, and row filters do not bind them"
            ),
        );
        return;
    }
    if table.creator == Some(rights.user_id) {
        told.allow(
            "table",
            format!("{name}: `{}` made it", caller.entry.user.username),
        );
        return;
    }
    let grants = rights.tables.get(&table.id).map_or(&[][..], Vec::as_slice);
    let viewing: Vec<&Grant> = grants
        .iter()
        .filter(|grant| shown(grant, table).next().is_some())
        .collect();
    if viewing.is_empty() {
        // The compiler has denied it already, unless the text only writes.
        return;
    }
    let rows: Vec<String> = viewing.iter().map(|grant| grant.row.to_string()).collect();
    let rows = format!("row {} of [Cinchy].[Table Access Control]", rows.join(", "));
    told.allow("table", format!("{name}: {rows}"));
    let (seen, hidden): (Vec<_>, Vec<_>) = table
        .columns
        .iter()
        .filter(|column| !column.is_system)
        .partition(|column| {
            viewing
                .iter()
                .any(|grant| grant.view.contains(column.id) || grant.edit.contains(column.id))
        });
    let list = |columns: &[&Column]| -> String {
        let names: Vec<String> = columns.iter().map(|c| format!("[{}]", c.name)).collect();
        names.join(", ")
    };
    told.allow(
        "columns",
        if hidden.is_empty() {
            format!("{name}: all columns may be viewed")
        } else {
            format!(
                "{name}: {} may be viewed; hidden: {}",
                list(&seen),
                list(&hidden)
            )
        },
    );
    let filters: Vec<String> = viewing
        .iter()
        .filter_map(|grant| {
            let filter = grant.view_filter.as_ref()?;
            Some(format!("{filter} (row {})", grant.row))
        })
        .collect();
    told.allow(
        "row filter",
        if filters.is_empty() || filters.len() < viewing.len() {
            format!("{name}: all rows may be viewed")
        } else {
            format!("{name}: only rows where {}", filters.join(" or "))
        },
    );
}

/// Columns that a grant shows.
fn shown<'t>(grant: &'t Grant, table: &'t Table) -> impl Iterator<Item = i32> + 't {
    let everything = grant.view == Columns::All || grant.edit == Columns::All;
    table
        .columns
        .iter()
        .map(|column| column.id)
        .filter(move |id| everything || grant.view.contains(*id) || grant.edit.contains(*id))
}

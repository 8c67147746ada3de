//! `POST /_emulator/explain`: may this user, or the holder of this token, run this query? Each check with what decided it
//! and what would allow it. The checks are those of the real path: authentication of `cinchy-web`, rights of the compiler.

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use cinchy_auth::principal::AuthenticationKind;
use cinchy_auth::token::Purpose;
use cinchy_auth::{Credential, PlainSecret};
use cinchy_cql::CqlError;
use cinchy_cql::catalog::{Catalog, Columns, Grant, Table};
use cinchy_cql::value::Type;
use cinchy_storage::Connection;
use cinchy_storage::queries::SavedQuery;
use cinchy_web::authenticate::Authenticated;
use cinchy_web::query::{CompileError, Prepared, Text};
use cinchy_web::{AuthError, Generation, Instance, Site, run};
use serde::{Deserialize, Serialize};

use crate::body;
use crate::error::ControlError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    user: Option<String>,
    token: Option<String>,
    domain: Option<String>,
    query: Option<String>,
    cql: Option<String>,
}

/// The answer.
#[derive(Serialize, Default)]
struct Explanation {
    allowed: bool,
    checks: Vec<Check>,
}

#[derive(Serialize)]
struct Check {
    /// `token`, `client`, `user`, `query`, `execute`, `cql`, `table`, `columns`, `row filter`.
    check: &'static str,
    outcome: Outcome,
    because: String,
    /// What would allow it.
    mend: Option<String>,
}

#[derive(Serialize, PartialEq, Eq, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Allow,
    Deny,
}

impl Explanation {
    fn allow(&mut self, check: &'static str, because: impl Into<String>) {
        self.checks.push(Check {
            check,
            outcome: Outcome::Allow,
            because: because.into(),
            mend: None,
        });
    }

    fn deny(&mut self, check: &'static str, because: impl Into<String>, mend: impl Into<String>) {
        self.checks.push(Check {
            check,
            outcome: Outcome::Deny,
            because: because.into(),
            mend: Some(mend.into()),
        });
    }
}

/// Explains. 200 whatever the outcome: a refusal that is explained is no error.
pub async fn explain(
    site: Site,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ControlError> {
    let body = body.map_err(|_| ControlError::CutOff)?;
    let question: Question = body::json(&body)?;
    let explanation = run(move || chain(&site.instance, &question)).await?;
    Ok(HttpResponse::Ok().json(explanation))
}

/// The chain of checks, up to the first that denies.
fn chain(instance: &Instance, question: &Question) -> Result<Explanation, ControlError> {
    let wrong = |text: &str| Err(ControlError::Body(text.to_owned()));
    if question.user.is_some() == question.token.is_some() {
        return wrong("give one of `user` and `token`");
    }
    match (&question.query, &question.cql) {
        (Some(_), Some(_)) => return wrong("give one of `query` and `cql`, or none"),
        (Some(_), None) if question.domain.is_none() => {
            return wrong("a `query` needs its `domain`");
        }
        _ => {}
    }
    instance.database().read(|conn| {
        let generation = instance.generation(conn)?;
        let mut told = Explanation::default();
        let Some(caller) = who(instance, conn, &generation, question, &mut told)? else {
            return Ok(told);
        };
        let text = match (&question.domain, &question.query, &question.cql) {
            (Some(domain), Some(name), _) => {
                match execute_right(conn, &generation, &caller, domain, name, &mut told)? {
                    Some(query) => Some((query.cql.clone(), false)),
                    None => return Ok(told),
                }
            }
            (_, _, Some(cql)) => Some((cql.clone(), true)),
            _ => None,
        };
        if let Some((cql, ad_hoc)) = text {
            rights(
                instance,
                conn,
                &generation,
                &caller,
                &cql,
                ad_hoc,
                &mut told,
            )?;
        }
        told.allowed = told.checks.iter().all(|c| c.outcome == Outcome::Allow);
        Ok(told)
    })
}

/// `because; mend`, as refusals are written.
fn split(text: &str) -> (String, String) {
    match text.rsplit_once("; ").or_else(|| text.split_once(": ")) {
        Some((because, mend)) => (because.to_owned(), mend.to_owned()),
        None => (text.to_owned(), "send another credential".to_owned()),
    }
}

/// Who asks: the checks `token`, `client` and `user`.
fn who(
    instance: &Instance,
    conn: &mut Connection,
    generation: &Generation,
    question: &Question,
    told: &mut Explanation,
) -> Result<Option<Authenticated>, ControlError> {
    if let Some(token) = &question.token {
        let credential = Credential::Bearer(PlainSecret::new(token.trim()));
        let found = instance.authenticate_bearer(conn, generation, &credential, Purpose::Api);
        return Ok(match found {
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
            Err(AuthError::Storage(error)) => return Err(error.into()),
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
        });
    }
    let name = question.user.as_deref().unwrap_or_default();
    let Some(entry) = generation.user_by_name(conn, name)? else {
        told.deny(
            "user",
            format!("there is no user `{}`", name.escape_default()),
            "add the user to [Cinchy].[Users], or to the seed's `users`",
        );
        return Ok(None);
    };
    if entry.user.disabled {
        told.deny(
            "user",
            format!("the account of `{}` is disabled", entry.user.username),
            "enable the account",
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

/// The saved query and the right to execute it.
fn execute_right(
    conn: &mut Connection,
    generation: &Generation,
    caller: &Authenticated,
    domain: &str,
    name: &str,
    told: &mut Explanation,
) -> Result<Option<std::sync::Arc<SavedQuery>>, ControlError> {
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
    told.deny(
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
) -> Result<(), ControlError> {
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
    match instance.prepare(conn, generation, &caller.entry, text) {
        Ok(Prepared::Query(_)) => {}
        Ok(Prepared::Script(_)) => told.allow(
            "cql",
            "the text can be read; it is a script, and what its statements do is checked when each one's turn comes",
        ),
        Err(CompileError::Storage(error)) => return Err(error.into()),
        Err(CompileError::Cql(error)) => {
            let user = &caller.entry.user.username;
            match &error {
                CqlError::TableDenied { tables, .. } => told.deny(
                    "table",
                    format!("`{user}` has no right for this on {}", tables.join(", ")),
                    if ad_hoc {
                        "give the user or a group of theirs a row of [Cinchy].[Table Access Control] for the table, with Viewable Columns and Direct Query"
                    } else {
                        "give the user or a group of theirs a row of [Cinchy].[Table Access Control] for the table, with Viewable Columns"
                    },
                ),
                CqlError::ColumnDenied { column, .. } | CqlError::CalculatedDenied { column, .. } => {
                    told.deny(
                        "columns",
                        format!("`{user}` may not view {column}"),
                        "add the column to the Viewable Columns of an entitlement of the user or of a group of theirs",
                    );
                }
                _ => told.deny("cql", error.to_string(), "mend the text"),
            }
        }
    }
    let catalog = generation.catalog(conn)?;
    for table in mentioned(&catalog, cql) {
        grants(caller, &table, told);
    }
    Ok(())
}

/// Tables whose full name stands in the text; comments and texts within it do not count.
fn mentioned(catalog: &Catalog, cql: &str) -> Vec<std::sync::Arc<Table>> {
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
    let list = |columns: &[&cinchy_cql::catalog::Column]| -> String {
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

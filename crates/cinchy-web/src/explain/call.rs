//! The checks of a request that the journal has, made again at the present state of the platform. What the journal does not
//! keep (secrets, passwords, tokens) cannot be checked again: a request that was refused for one of them passes here.

use cinchy_auth::scope::ScopeError;
use cinchy_auth::sign_in::may_sign_in_with_password;
use cinchy_auth::{
    AuthorizeError, AuthorizeForm, GrantKind, GrantType, IntegratedClient, Scope, SignInRefusal,
    scope,
};
use cinchy_storage::{Connection, StorageError};
use serde_json::Value;

use super::chain::continued;
use super::{Explanation, Mend, What, Who, split};
use crate::cache::Generation;
use crate::instance::Instance;
use crate::journal::Entry;
use crate::sign_in::CONSOLE_CLIENT;

/// Checks a request of the journal again.
///
/// # Errors
/// The database's.
pub fn of_entry(
    instance: &Instance,
    conn: &mut Connection,
    generation: &Generation,
    entry: &Entry,
) -> Result<Explanation, StorageError> {
    let mut told = Explanation::default();
    if let Some(name) = &entry.fault
        && entry.is_refused()
    {
        fault(instance, name, &mut told);
        return Ok(told.settled());
    }
    let path = entry.routed.to_ascii_lowercase();
    match path.as_str() {
        "/connect/token" => token_request(instance, conn, generation, entry, &mut told)?,
        "/connect/authorize" | "/connect/authorize/callback" => {
            authorize(conn, generation, entry, &mut told)?;
        }
        "/account/login" => {
            if let Some(name) = parameter(entry, "username") {
                sign_in(instance, conn, generation, &name, &mut told)?;
            }
        }
        _ => call(instance, conn, generation, entry, &path, &mut told)?,
    }
    Ok(told.settled())
}

/// The last value of a parameter, whose name counts in any case; nothing for a blank one.
fn parameter(entry: &Entry, name: &str) -> Option<String> {
    let parameters = &entry.request.parameters;
    let (_, value) = parameters
        .iter()
        .find(|(given, _)| given.eq_ignore_ascii_case(name))?;
    let value = match value {
        Value::Array(values) => values.last()?,
        value => value,
    };
    Some(value.as_str()?.trim().to_owned()).filter(|text| !text.is_empty())
}

fn fault(instance: &Instance, name: &str, told: &mut Explanation) {
    let because = format!("the fault `{name}` was applied to it");
    match instance.faults().find(name) {
        Some(state) if state.remaining() != Some(0) => told.deny_but(
            "fault",
            because,
            "delete the fault, or let it heal",
            [Mend::DeleteFault {
                name: name.to_owned(),
            }],
        ),
        _ => told.allow("fault", format!("{because}; it has healed or is gone")),
    }
}

/// The client of a name, if it may be used at all.
fn client(
    conn: &mut Connection,
    generation: &Generation,
    client_id: &str,
    told: &mut Explanation,
) -> Result<Option<std::sync::Arc<IntegratedClient>>, StorageError> {
    let Some(client) = generation.client(conn, client_id)? else {
        told.deny(
            "client",
            format!("no client has the id `{}`", client_id.escape_default()),
            "register the client, or send the id of one that is; client ids are compared exactly",
        );
        return Ok(None);
    };
    if !client.enabled {
        told.deny_but(
            "client",
            format!("the client `{client_id}` is disabled"),
            "set Enabled on its row",
            [Mend::EnableClient { client: client.id }],
        );
        return Ok(None);
    }
    told.allow("client", format!("`{client_id}` is enabled"));
    Ok(Some(client))
}

/// Client, grant, scope and user of a request to the token endpoint, in the order of the endpoint.
fn token_request(
    instance: &Instance,
    conn: &mut Connection,
    generation: &Generation,
    entry: &Entry,
    told: &mut Explanation,
) -> Result<(), StorageError> {
    let Some(client_id) = &entry.client else {
        told.deny(
            "client",
            "the request names no client",
            "send client_id and client_secret in the form, or in a Basic header",
        );
        return Ok(());
    };
    let Some(client) = client(conn, generation, client_id, told)? else {
        return Ok(());
    };
    let grant = entry.grant.as_deref().unwrap_or_default();
    let Some(kind) = GrantKind::from_wire(grant) else {
        told.deny(
            "grant",
            format!("`{}` is no grant type", grant.escape_default()),
            "send grant_type=password, or another one that the client's Grant Type allows",
        );
        return Ok(());
    };
    if kind != GrantKind::RefreshToken && !client.allows(kind) {
        let options = GrantType::ALL.into_iter().filter(|o| o.allows(kind));
        told.deny_but(
            "grant",
            format!("the Grant Type of `{client_id}` does not allow `{kind}`"),
            "add the grant type to the client",
            options.map(|grant| Mend::AllowGrant {
                client: client.id,
                grant,
            }),
        );
        return Ok(());
    }
    told.allow("grant", format!("the client may use `{kind}`"));
    let asked = parameter(entry, "scope");
    if !scopes(&client, asked.as_deref(), told) {
        return Ok(());
    }
    if kind == GrantKind::Password
        && let Some(name) = &entry.user
    {
        sign_in(instance, conn, generation, name, told)?;
    }
    Ok(())
}

/// Whether the client may ask for these scopes.
fn scopes(client: &IntegratedClient, asked: Option<&str>, told: &mut Explanation) -> bool {
    match scope::resolve(asked, &client.scopes) {
        Ok(scopes) => {
            told.allow(
                "scope",
                format!("the client may ask for {}", Scope::wire_text(&scopes)),
            );
            true
        }
        Err(error) => {
            let (because, mend) = split(&error.to_string());
            told.deny_but("scope", because, mend, scope_mend(client, asked, &error));
            false
        }
    }
}

/// All scopes that are asked for and that the client's row does not name.
fn scope_mend(client: &IntegratedClient, asked: Option<&str>, error: &ScopeError) -> Option<Mend> {
    let ScopeError::NotPermitted(first) = error else {
        return None;
    };
    let mut scopes = vec![*first];
    let words = asked.unwrap_or_default().split_ascii_whitespace();
    for scope in words.filter_map(Scope::from_wire) {
        if !scope::is_permitted(scope, &client.scopes) && !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    Some(Mend::AllowScopes {
        client: client.id,
        scopes,
    })
}

/// Whether a user may sign in with a password, whatever it is.
fn sign_in(
    instance: &Instance,
    conn: &mut Connection,
    generation: &Generation,
    name: &str,
    told: &mut Explanation,
) -> Result<(), StorageError> {
    let entry = generation.user_by_name(conn, name)?;
    let Some(entry) = entry.filter(|entry| !entry.user.is_anonymous()) else {
        told.deny(
            "user",
            format!("nobody is called `{}`", name.escape_default()),
            "add the user to [Cinchy].[Users], or to the seed's `users`",
        );
        return Ok(());
    };
    let user = entry.user.id;
    match may_sign_in_with_password(&entry.user, instance.clock().now()) {
        Ok(()) => told.allow(
            "user",
            format!(
                "`{}` may sign in with the right password",
                entry.user.username
            ),
        ),
        Err(refusal) => {
            let (because, mend) = split(&refusal.to_string());
            let order = match refusal {
                SignInRefusal::Disabled => Some(Mend::EnableUser { user }),
                SignInRefusal::LockedOut { .. } => Some(Mend::UnlockUser { user }),
                _ => None,
            };
            told.deny_but("user", because, mend, order);
        }
    }
    Ok(())
}

/// A request to the authorize endpoint, judged as the endpoint judges it.
fn authorize(
    conn: &mut Connection,
    generation: &Generation,
    entry: &Entry,
    told: &mut Explanation,
) -> Result<(), StorageError> {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    for (name, value) in &entry.request.parameters {
        match value {
            Value::Array(values) => {
                pairs.extend(
                    values
                        .iter()
                        .filter_map(|v| Some((name.as_str(), v.as_str()?))),
                );
            }
            value => pairs.extend(value.as_str().map(|text| (name.as_str(), text))),
        }
    }
    let form = match AuthorizeForm::parse(pairs) {
        Ok(form) => form,
        Err(error) => {
            let (because, mend) = split(&error.to_string());
            told.deny("request", because, mend);
            return Ok(());
        }
    };
    let client_id = form.client_id().to_owned();
    if client_id == CONSOLE_CLIENT {
        told.allow("client", "the console's own client, which is built in");
        return Ok(());
    }
    let Some(client) = client(conn, generation, &client_id, told)? else {
        return Ok(());
    };
    let needs_challenge = client.secret.is_empty();
    let error = match form.judge(Some(client.as_ref()), needs_challenge) {
        Ok(_) => {
            told.allow("request", "redirect URL, grant and scopes are the client's");
            return Ok(());
        }
        Err(error) => error,
    };
    let (because, mut mend) = split(&error.to_string());
    let allow = |grant| Mend::AllowGrant {
        client: client.id,
        grant,
    };
    let (check, mends): (_, Vec<Mend>) = match &error {
        AuthorizeError::RedirectNotRegistered { uri, .. } => {
            mend = format!(
                "send a registered one, or add this one to the client's Permitted Login Redirect URLs ({mend})"
            );
            let order = Mend::AllowRedirect {
                client: client.id,
                url: uri.clone(),
            };
            ("redirect", vec![order])
        }
        AuthorizeError::GrantNotAllowed(name) => {
            let named = GrantType::ALL.into_iter();
            let named = named.filter(|grant| name.contains(grant.as_str()));
            ("grant", named.map(allow).collect())
        }
        AuthorizeError::Scope(error) => (
            "scope",
            scope_mend(&client, parameter(entry, "scope").as_deref(), error)
                .into_iter()
                .collect(),
        ),
        _ => ("request", Vec::new()),
    };
    told.deny_but(check, because, mend, mends);
    Ok(())
}

/// A call of the web API: the client of its token, its user, and what the user may do.
fn call(
    instance: &Instance,
    conn: &mut Connection,
    generation: &Generation,
    entry: &Entry,
    path: &str,
    told: &mut Explanation,
) -> Result<(), StorageError> {
    if let Some(client_id) = &entry.client
        && client(conn, generation, client_id, told)?.is_none()
    {
        return Ok(());
    }
    let Some(name) = &entry.user else {
        if let Some(reason) = &entry.reason {
            let (because, mend) = split(reason);
            told.deny("token", because, mend);
        }
        return Ok(());
    };
    let cql = parameter(entry, "query").filter(|_| path.ends_with("/executecql"));
    let query = entry.query.as_deref().and_then(|full| full.split_once('/'));
    let what = match (query, &cql) {
        (Some((domain, name)), _) => What::Query { domain, name },
        (None, Some(cql)) => What::Cql(cql),
        (None, None) => What::Nothing,
    };
    continued(instance, conn, generation, Who::User(name), what, told)
}

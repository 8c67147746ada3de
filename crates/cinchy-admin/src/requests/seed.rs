//! What a seed must have for a request to pass: who asks, and what the checks ask for.

use cinchy_auth::{GrantType, Scope};
use cinchy_web::explain::{Explanation, Mend};
use cinchy_web::journal::Entry;
use serde_json::Value;

use crate::desk::Desk;
use crate::error::PageError;
use crate::snippet::json;

/// The text; empty where a seed has nothing to do with it.
pub fn text(desk: &mut Desk<'_>, entry: &Entry, told: &Explanation) -> Result<String, PageError> {
    let mends: Vec<&Mend> = told.checks.iter().flat_map(|check| &check.mends).collect();
    let mut out = String::new();
    if let Some(name) = &entry.user {
        user(desk, name, &mut out)?;
    }
    if let Some(id) = super::client_of(entry) {
        client(desk, &id, &mends, &mut out)?;
    }
    tables(entry, &mends, &mut out);
    if let Some((domain, name)) = entry.query.as_deref().and_then(|full| full.split_once('/')) {
        query(desk, domain, name, &mends, &mut out)?;
    }
    Ok(out)
}

fn user(desk: &mut Desk<'_>, name: &str, out: &mut String) -> Result<(), PageError> {
    let known = desk.generation.user_by_name(desk.conn, name)?;
    if known
        .as_ref()
        .is_some_and(|entry| entry.user.is_anonymous())
    {
        return Ok(());
    }
    let name = known.map_or_else(|| name.to_owned(), |entry| entry.user.username.clone());
    out.push_str(&format!(
        "users:\n  - username: {}\n    # password: to be chosen\n    disabled: false\n",
        json(&name)
    ));
    Ok(())
}

fn client(
    desk: &mut Desk<'_>,
    id: &str,
    mends: &[&Mend],
    out: &mut String,
) -> Result<(), PageError> {
    let known = desk.generation.client(desk.conn, id)?;
    let (mut grants, mut scopes, mut urls, secret) = match &known {
        Some(client) => (
            client.grant_types.clone(),
            client.scopes.clone(),
            client.redirect_urls.clone(),
            Some(client.secret.expose().to_owned()),
        ),
        None => (
            vec![GrantType::ResourceOwnerPassword],
            vec![Scope::JsApi],
            Vec::new(),
            None,
        ),
    };
    for mend in mends {
        match mend {
            // The first that would do is enough.
            Mend::AllowGrant { grant, .. }
                if known.as_ref().is_some_and(|c| c.grant_types == grants) =>
            {
                grants.push(*grant);
            }
            Mend::AllowScopes { scopes: more, .. } => scopes.extend(more),
            Mend::AllowRedirect { url, .. } => urls.push(url.clone()),
            _ => {}
        }
    }
    let grants: Vec<&str> = grants.iter().map(|g| g.as_str()).collect();
    let scopes: Vec<&str> = scopes.iter().map(|s| s.as_str()).collect();
    out.push_str(&format!(
        "clients:\n  - clientId: {}\n    grantType: {}\n    scopes: {}\n",
        json(id),
        list(&grants),
        list(&scopes)
    ));
    if !urls.is_empty() {
        let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
        out.push_str(&format!("    redirectUrls: {}\n", list(&urls)));
    }
    out.push_str("    enabled: true\n");
    if let Some(secret) = secret.filter(|secret| !secret.is_empty()) {
        out.push_str(&format!("    secret: {}\n", json(&secret)));
    }
    Ok(())
}

fn tables(entry: &Entry, mends: &[&Mend], out: &mut String) {
    let mut grants: Vec<(&str, String)> = Vec::new();
    for mend in mends {
        match mend {
            Mend::ViewTable { name, direct, .. } => {
                grants.push((name, format!("viewAll: true, directQuery: {direct}")));
            }
            Mend::ViewColumns { tables, .. } => {
                for missing in tables {
                    let mut grant = format!("viewColumns: {}", list(&missing.names()));
                    if let Some(filter) = &missing.filter {
                        grant.push_str(&format!(", viewFilter: {}", json(filter)));
                    }
                    grants.push((&missing.name, grant));
                }
            }
            _ => {}
        }
    }
    if grants.is_empty() {
        return;
    }
    let user = json(entry.user.as_deref().unwrap_or_default());
    out.push_str("tables:   # with the columns that they have\n");
    for (table, grant) in grants {
        // A domain has no dot.
        let (domain, name) = table.split_once('.').unwrap_or(("", table));
        out.push_str(&format!(
            "  - domain: {}\n    name: {}\n    entitlements:\n      - {{ users: [{user}], {grant} }}\n",
            json(domain),
            json(name),
        ));
    }
}

fn query(
    desk: &mut Desk<'_>,
    domain: &str,
    name: &str,
    mends: &[&Mend],
    out: &mut String,
) -> Result<(), PageError> {
    let Some(query) = desk.generation.query(desk.conn, domain, name)? else {
        out.push_str(&format!(
            "queries:\n  - domain: {}\n    name: {}\n    cql: SELECT 1 AS [a]\n    execute: {{ groups: [All Users] }}\n",
            json(domain),
            json(name)
        ));
        return Ok(());
    };
    let mut users = Vec::new();
    for id in &query.execute_users {
        if let Some(entry) = desk.generation.user(desk.conn, *id)? {
            users.push(entry.user.username.clone());
        }
    }
    for mend in mends {
        if let Mend::ExecuteByUser { name, .. } = mend {
            users.push(name.clone());
        }
    }
    let membership = desk.generation.membership(desk.conn)?;
    let groups = query.execute_groups.iter();
    let groups: Vec<&str> = groups.filter_map(|id| membership.name(*id)).collect();
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    out.push_str(&format!(
        "queries:\n  - domain: {}\n    name: {}\n    type: {}\n    cql: {}\n    execute: {{ users: {}, groups: {} }}\n",
        json(&query.domain),
        json(&query.name),
        query.kind,
        json(&query.cql),
        list(&users),
        list(&groups)
    ));
    Ok(())
}

fn list(items: &[&str]) -> String {
    Value::from(items.to_vec()).to_string()
}

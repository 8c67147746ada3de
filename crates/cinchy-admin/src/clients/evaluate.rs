//! Evaluate: the token that a client would get for a user, before anybody asks for it.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Path};
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cinchy_auth::principal::AuthenticationKind;
use cinchy_auth::token::{AccessToken, UserClaims};
use cinchy_auth::{GrantType, Scope};
use cinchy_cql::parameters_of;
use serde_json::Value;

use super::{Client, find, scope_help};
use crate::cql::Statement;
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::{Pairs, encode};
use crate::page::Frame;
use crate::place::Section;
use crate::snippet::shell;
use crate::time;
use crate::visit::{Answer, Visit};

/// Saved queries that a minted token can be tried with on its page.
const OFFERED: usize = 300;

#[derive(Template)]
#[template(path = "admin/clients/evaluate.html")]
struct Page {
    frame: Frame,
    client: Client,
    users: Vec<Person>,
    user: i32,
    scopes: Vec<Box>,
    token: Option<Token>,
    problem: String,
    /// The whole token, once it is minted.
    minted: Option<String>,
    /// Saved queries to try it with: those that its user may execute, and the others.
    calls: Vec<Calls>,
    /// The first of them, as curl sends it.
    curl: String,
}

/// Saved queries below one heading.
struct Calls {
    heading: String,
    queries: Vec<Call>,
}

struct Call {
    name: String,
    /// Below the instance: `/API/HR/Headcount`.
    address: String,
}

struct Person {
    id: i32,
    name: String,
}

struct Box {
    value: &'static str,
    wire: &'static str,
    help: &'static str,
    ticked: bool,
}

/// A token, taken apart.
struct Token {
    header: String,
    payload: String,
    claims: Vec<Claim>,
    expiry: String,
    length: usize,
    compact: String,
}

struct Claim {
    name: String,
    value: String,
    meaning: &'static str,
}

/// Shows the token that would be issued.
pub async fn evaluate(visit: Visit, id: Path<i32>) -> HttpResponse {
    visit
        .get(move |desk| {
            let asked = desk.query.clone();
            page(desk, *id, &asked, false)
        })
        .await
}

/// Mints it.
pub async fn mint(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, form| page(desk, *id, form, true))
        .await
}

fn page(desk: &mut Desk<'_>, id: i32, asked: &Pairs, mint: bool) -> Result<Answer, PageError> {
    let client = find(desk, id)?;
    let people = desk.ask(Statement::new(
        "SELECT [Cinchy Id], [Display Name] FROM [Cinchy].[Users] \
         WHERE [Deleted] IS NULL AND [Cinchy Id] > 0 ORDER BY [Display Name]",
    ))?;
    let users: Vec<Person> = people
        .rows
        .iter()
        .map(|row| Person {
            id: row.int(0),
            name: row.text(1),
        })
        .collect();
    let service = client.grants == [GrantType::ClientCredentials];
    let user = match asked.number("user") {
        Some(id) => id,
        None if service => 0,
        None => desk.visitor.entry.user.id,
    };
    let first = !asked.has("user");
    let wanted: Vec<Scope> = client
        .scopes
        .iter()
        .copied()
        .filter(|scope| first || asked.all("scope").contains(&scope.choice()))
        .collect();
    let scopes = client
        .scopes
        .iter()
        .map(|scope| Box {
            value: scope.choice(),
            wire: scope.as_str(),
            help: scope_help(*scope),
            ticked: wanted.contains(scope),
        })
        .collect();
    let name = users.iter().find(|person| person.id == user);
    let name = name.map_or_else(
        || "The client itself".to_owned(),
        |person| person.name.clone(),
    );
    let (token, problem) = match token(desk, &client, user, &wanted)? {
        Ok(token) => (Some(token), String::new()),
        Err(problem) => (None, problem),
    };
    let minted = token.as_ref().filter(|_| mint).map(|t| t.compact.clone());
    let calls = match &minted {
        Some(_) => calls(desk, user, &name)?,
        None => Vec::new(),
    };
    let first = calls.iter().find_map(|group| group.queries.first());
    let curl = match (&minted, first) {
        (Some(token), Some(call)) => format!(
            "curl -H 'Authorization: Bearer {token}' {}",
            shell(&format!("{}{}", desk.frame.web, call.address))
        ),
        _ => String::new(),
    };
    let page = Page {
        frame: desk.frame(Section::Clients, format!("Evaluate {}", client.title())),
        client,
        users,
        user,
        scopes,
        token,
        problem,
        minted,
        calls,
        curl,
    };
    Ok(Answer::Page(page.render()?))
}

/// Saved queries to try a token with, first those that are allowed to its user.
fn calls(desk: &mut Desk<'_>, user: i32, name: &str) -> Result<Vec<Calls>, PageError> {
    let administrator = desk.caller.principal();
    let all = desk
        .generation
        .executable_queries(desk.conn, &administrator)?;
    let entry = desk.generation.user(desk.conn, user)?;
    let principal = entry.map(|entry| entry.principal(AuthenticationKind::Basic));
    let (may, may_not): (Vec<_>, Vec<_>) = all.into_iter().take(OFFERED).partition(|query| {
        principal
            .as_ref()
            .is_some_and(|p| p.may_execute(&query.execute_users, &query.execute_groups))
    });
    let groups = [
        (format!("{name} may execute"), may),
        (format!("{name} may not: the call is refused"), may_not),
    ];
    let groups = groups
        .into_iter()
        .filter(|(_, queries)| !queries.is_empty());
    Ok(groups
        .map(|(heading, queries)| Calls {
            heading,
            queries: queries
                .iter()
                .map(|query| {
                    let names = parameters_of(&query.cql).unwrap_or_default();
                    let given: Vec<String> = names.iter().map(|n| format!("@{n}=")).collect();
                    let mark = if given.is_empty() { "" } else { "?" };
                    Call {
                        name: format!("{}.{}", query.domain, query.name),
                        address: format!(
                            "/API/{}/{}{mark}{}",
                            encode(&query.domain),
                            encode(&query.name),
                            given.join("&")
                        ),
                    }
                })
                .collect(),
        })
        .collect())
}

fn token(
    desk: &mut Desk<'_>,
    client: &Client,
    user: i32,
    scopes: &[Scope],
) -> Result<Result<Token, String>, PageError> {
    if !client.enabled {
        return Ok(Err(
            "The client is disabled, so it gets no token. Enable it first.".to_owned(),
        ));
    }
    if scopes.is_empty() {
        return Ok(Err(
            "Tick at least one scope: a token for nothing is not issued.".to_owned(),
        ));
    }
    let entry = match user {
        0 => None,
        id => match desk.generation.user(desk.conn, id)? {
            Some(entry) if entry.user.disabled => {
                return Ok(Err(format!(
                    "{} is disabled, so no token is issued for them.",
                    entry.user.display_name
                )));
            }
            Some(entry) => Some(entry),
            None => return Ok(Err("There is no such user any more.".to_owned())),
        },
    };
    let now = desk.instance.clock().now();
    let profile = desk.instance.token_profile(desk.conn, &desk.generation)?;
    let issuer = desk.site.issuer_at(cinchy_auth::Mount::Root);
    let token = AccessToken {
        issuer: &issuer,
        client_id: &client.client_id,
        user: entry
            .as_ref()
            .map(|e| UserClaims::password_grant(&e.user, now)),
        scopes,
        lifetime: client.lifetime_seconds(),
    };
    let minted = desk
        .instance
        .mint(&token, desk.instance.keys()?.current(), profile, now);
    let Ok(minted) = minted else {
        return Ok(Err("The token could not be signed.".to_owned()));
    };
    Ok(Ok(taken_apart(minted.access_token, now, client)))
}

fn taken_apart(compact: String, now: chrono::DateTime<chrono::Utc>, client: &Client) -> Token {
    let mut parts = compact.split('.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
        serde_json::from_slice::<Value>(&bytes).unwrap_or(Value::Null)
    });
    let (header, payload) = (
        parts.next().unwrap_or(Value::Null),
        parts.next().unwrap_or(Value::Null),
    );
    let claims = payload
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| Claim {
            name: name.clone(),
            value: match value {
                Value::String(text) => text.clone(),
                Value::Number(number)
                    if matches!(name.as_str(), "nbf" | "exp" | "auth_time" | "iat") =>
                {
                    let at = number
                        .as_i64()
                        .and_then(|s| chrono::DateTime::from_timestamp(s, 0));
                    at.map_or_else(
                        || number.to_string(),
                        |at| format!("{} UTC", at.format("%Y-%m-%d %H:%M:%S")),
                    )
                }
                Value::Array(values) => values
                    .iter()
                    .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
                    .collect::<Vec<_>>()
                    .join(", "),
                other => other.to_string(),
            },
            meaning: meaning(name),
        });
    let claims = claims.collect();
    let until = now + chrono::TimeDelta::seconds(client.lifetime_seconds().into());
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default();
    Token {
        header: pretty(&header),
        payload: pretty(&payload),
        claims,
        expiry: format!(
            "Valid for {}, until {} UTC.",
            client.lifetime_words(),
            time::moment(until.naive_utc())
        ),
        length: compact.len(),
        compact,
    }
}

fn meaning(claim: &str) -> &'static str {
    match claim {
        "nbf" => "Not valid before",
        "exp" => "Expires",
        "iat" => "Issued",
        "iss" => "Who issued it",
        "aud" => "Whom it is for",
        "client_id" => "The application",
        "sub" => "Cinchy Id of the user",
        "auth_time" => "When the user signed in",
        "idp" => "Who verified the user",
        "profile" => "Display name",
        "email" => "E-mail address",
        "role" => "How the user signs in",
        "id" => "User name",
        "scope" => "What it may be used for",
        "amr" => "How the user proved who it is",
        "sid" => "Browser session",
        "jti" => "Id of the token",
        _ => "",
    }
}

//! Integrated Clients: the applications that may ask for tokens.

mod edit;
mod evaluate;
mod form;
mod list;
mod snippets;

use cinchy_auth::client::{DEFAULT_ACCESS_TOKEN_LIFETIME, parse_urls};
use cinchy_auth::{GrantType, Scope};

pub use edit::{create, delete, duplicate, edit, new, regenerate, restore, secret, switch, update};
pub use evaluate::{evaluate, mint};
pub use list::list;

use crate::cql::{Row, Statement};
use crate::desk::Desk;
use crate::error::PageError;
use crate::time;

/// What administrators-only pages of this subject are called in a refusal.
const WHAT: &str = "Integrated Clients";

const SELECT: &str = "SELECT [Cinchy Id], [Client Id], [Client Name], [Grant Type], [Permitted Login Redirect URLs], \
    [Permitted Logout Redirect URLs], [Permitted Scopes], [Access Token Lifetime (seconds)], \
    [Show Cinchy Login Screen], [Enabled], [Guid], [Modified] FROM [Cinchy].[Integrated Clients]";

/// A row of `[Cinchy].[Integrated Clients]`.
#[derive(Debug, Clone)]
struct Client {
    id: i32,
    client_id: String,
    name: String,
    grants: Vec<GrantType>,
    login_urls: Vec<String>,
    logout_urls: Vec<String>,
    scopes: Vec<Scope>,
    lifetime: Option<i32>,
    show_login: bool,
    enabled: bool,
    secret: String,
    modified: String,
}

impl Client {
    fn of(row: &Row) -> Self {
        Self {
            id: row.int(0),
            client_id: row.text(1),
            name: row.text(2),
            // A word that is no grant or scope can only come from a database that something else has written to.
            grants: GrantType::parse_list(&row.text(3)).unwrap_or_default(),
            login_urls: parse_urls(&row.text(4)),
            logout_urls: parse_urls(&row.text(5)),
            scopes: Scope::parse_list(&row.text(6)).unwrap_or_default(),
            lifetime: row.option_int(7),
            show_login: row.yes(8),
            enabled: row.yes(9),
            secret: row.text(10),
            modified: time::shortened(&row.text(11)),
        }
    }

    /// What to call it.
    fn title(&self) -> &str {
        if self.name.is_empty() {
            &self.client_id
        } else {
            &self.name
        }
    }

    fn lifetime_seconds(&self) -> i32 {
        self.lifetime.unwrap_or(DEFAULT_ACCESS_TOKEN_LIFETIME)
    }

    fn lifetime_words(&self) -> String {
        time::of_seconds(self.lifetime_seconds().into())
    }

    fn uses_redirects(&self) -> bool {
        self.grants.iter().any(|grant| redirects(*grant))
    }
}

/// Whether a grant sends the browser back to the application.
fn redirects(grant: GrantType) -> bool {
    matches!(grant, GrantType::Implicit | GrantType::AuthorizationCode)
}

/// What a grant is for, in the words of somebody who has never seen OAuth.
fn grant_help(grant: GrantType) -> &'static str {
    match grant {
        GrantType::ResourceOwnerPassword => {
            "A program sends a user's name and password and gets a token. For scripts, servers and tests."
        }
        GrantType::Implicit => {
            "A web page sends the browser here to sign in and gets the token in the address it comes back to. For apps built with Cinchy's Angular and JavaScript SDKs."
        }
        GrantType::AuthorizationCode => {
            "The browser comes back with a short code, which the app exchanges for a token. For web apps with a server, and for mobile apps."
        }
        GrantType::ClientCredentials => {
            "A service signs in as itself, with its secret and without a user."
        }
        GrantType::Saml2 => {
            "A program exchanges a SAML token of your identity provider for one of ours."
        }
        GrantType::DeviceCode => {
            "A device without a keyboard shows a code; the user types it on a page of this server."
        }
    }
}

/// What a scope lets an application have.
fn scope_help(scope: Scope) -> &'static str {
    match scope.as_str() {
        "openid" => "Says who signed in, in an id token. Every app that signs users in needs it.",
        "id" => "The user name.",
        "profile" => "The display name.",
        "email" => "The e-mail address.",
        "roles" => "How the user signs in.",
        "js_api" => "Calls of the web API: saved queries and CQL. Almost every app needs it.",
        "offline_access" => "A refresh token, so that the app stays signed in for 30 days.",
        _ => "",
    }
}

fn find(desk: &mut Desk<'_>, id: i32) -> Result<Client, PageError> {
    desk.administrators_only(WHAT)?;
    let text = format!("{SELECT} WHERE [Deleted] IS NULL AND [Cinchy Id] = @id");
    let grid = desk.ask(Statement::new(&text).with("id", id))?;
    grid.rows.first().map(Client::of).ok_or_else(|| {
        PageError::NotFound(format!(
            "There is no Integrated Client with the Cinchy Id {id}. It may have been deleted."
        ))
    })
}

fn all(desk: &mut Desk<'_>) -> Result<Vec<Client>, PageError> {
    desk.administrators_only(WHAT)?;
    let text = format!("{SELECT} WHERE [Deleted] IS NULL");
    let grid = desk.ask(Statement::new(&text))?;
    Ok(grid.rows.iter().map(Client::of).collect())
}

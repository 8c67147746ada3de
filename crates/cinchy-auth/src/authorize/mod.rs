//! A request to the authorize endpoint: its parameters, and the order in which they are judged.
//!
//! The order and the errors are IdentityServer's. Nearly all errors are shown to the user and never sent to the client;
//! the few that are sent are [`Refusal`]s. What is then answered is the identity room's.

mod error;
mod form;

pub use error::{AuthorizeError, Refusal};
pub use form::AuthorizeForm;

use crate::pkce::Challenge;
use crate::scope::Scope;

/// What `response_type` asks for; at least one is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseType {
    /// A code.
    pub code: bool,
    /// An id_token at the redirect.
    pub id_token: bool,
    /// An access token at the redirect.
    pub token: bool,
}

impl ResponseType {
    /// Reads a `response_type`; the order of its words is free.
    pub fn parse(text: &str) -> Option<Self> {
        let mut found = Self {
            code: false,
            id_token: false,
            token: false,
        };
        for word in text.split_ascii_whitespace() {
            let flag = match word {
                "code" => &mut found.code,
                "id_token" => &mut found.id_token,
                "token" => &mut found.token,
                _ => return None,
            };
            if std::mem::replace(flag, true) {
                return None;
            }
        }
        (found.code || found.id_token || found.token).then_some(found)
    }

    /// Whether only a code is asked for.
    pub fn is_code_only(self) -> bool {
        self.code && !self.id_token && !self.token
    }
}

/// How the answer reaches the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query of the redirect; codes only.
    Query,
    /// Behind the `#` of the redirect.
    Fragment,
    /// By a form that posts itself.
    FormPost,
}

/// What `prompt` asks for. Unknown values are ignored (IdentityServer).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prompt {
    /// Nothing.
    #[default]
    Unset,
    /// `none`: no page may be shown.
    None,
    /// `login` or `select_account`: the login page is shown, once.
    Login,
}

/// A request that passed every check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizeRequest {
    /// `client_id`.
    pub client_id: String,
    /// `redirect_uri`, one of the client's.
    pub redirect_uri: String,
    /// `response_type`.
    pub response: ResponseType,
    /// `response_mode`, or the one that goes with the response type.
    pub mode: ResponseMode,
    /// `scope`, in the order of the request.
    pub scopes: Vec<Scope>,
    /// `state`, echoed as it came.
    pub state: Option<String>,
    /// `nonce`.
    pub nonce: Option<String>,
    /// `code_challenge`.
    pub challenge: Option<Challenge>,
    /// `prompt`.
    pub prompt: Prompt,
    /// `max_age`, in seconds.
    pub max_age: Option<i64>,
    /// `login_hint`.
    pub login_hint: Option<String>,
    /// The identity provider that `acr_values=idp:...` picks.
    pub identity_provider: Option<String>,
}

impl AuthorizeRequest {
    /// Whether it is a request of OpenID Connect, by its scope.
    pub fn is_openid(&self) -> bool {
        self.scopes.contains(&Scope::OpenId)
    }
}

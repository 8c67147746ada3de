//! Why an authorize request is refused: what the user reads, and what the client is told.

use crate::pkce::ChallengeDefect;
use crate::scope::{Scope, ScopeError};

/// A refusal that the user is shown and the client never sees. `Display` is one sentence with the mend.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizeError {
    /// A parameter that stands twice (RFC 6749 3.1).
    #[error("the parameter `{}` stands in the request more than once; send it once", .0.escape_default())]
    Repeated(String),
    /// No `client_id`, or one of more than 100 characters.
    #[error(
        "client_id is missing or has more than 100 characters; send the Client Id of the client's row"
    )]
    ClientId,
    /// No enabled client has this id.
    #[error("no enabled client has the id `{}`; client ids are compared exactly, see [Cinchy].[Integrated Clients]", .0.escape_default())]
    UnknownClient(String),
    /// No `redirect_uri`, one of more than 400 characters, or one that is not absolute.
    #[error(
        "redirect_uri is missing, longer than 400 characters or not an absolute URL without fragment; send one of the client's Permitted Login Redirect URLs"
    )]
    RedirectUri,
    /// A `redirect_uri` that the client's row does not have.
    #[error("the redirect URL `{}` is not registered for client `{}`; {}", uri.escape_default(), client_id.escape_default(), registered_text(registered))]
    RedirectNotRegistered {
        /// What came.
        uri: String,
        /// The client.
        client_id: String,
        /// What the row has.
        registered: Vec<String>,
    },
    /// No `response_type`, or an unknown one.
    #[error(
        "response_type is missing or unknown; send code, `id_token token`, or another combination of code, id_token and token"
    )]
    ResponseType,
    /// No `code_challenge` from a client that must send one.
    #[error("the client must use PKCE; send code_challenge with code_challenge_method=S256")]
    ChallengeMissing,
    /// A bad `code_challenge`.
    #[error(transparent)]
    Challenge(#[from] ChallengeDefect),
    /// A `response_mode` that does not go with the response type.
    #[error(
        "response_mode does not fit; use form_post or fragment, or query for response_type=code"
    )]
    ResponseMode,
    /// The client's row does not have the flow.
    #[error("the client's Grant Type does not allow this response_type; add {0} to the client")]
    GrantNotAllowed(&'static str),
    /// No `scope`.
    #[error("scope is missing; send for example `openid js_api`")]
    ScopeMissing,
    /// An id_token without `openid`.
    #[error("an id_token needs the scope `openid`; add it to the request")]
    OpenIdMissing,
    /// `id`, `profile`, `email` or `roles` without `openid`.
    #[error(
        "the scopes id, profile, email and roles need the scope `openid`; add it to the request"
    )]
    IdentityWithoutOpenId,
    /// `response_type=id_token` with `js_api`.
    #[error(
        "response_type=id_token gives no access token, so the scope `{0}` has no use; ask for `id_token token`"
    )]
    ScopeWithoutToken(Scope),
    /// `response_type=token` with an identity scope.
    #[error(
        "response_type=token gives no id_token, so the scope `{0}` has no use; ask for `id_token token`"
    )]
    ScopeWithoutIdToken(Scope),
    /// An unknown or forbidden scope.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// No `nonce` where one is needed.
    #[error("nonce is missing; tokens at the redirect need one with the scope `openid`")]
    NonceMissing,
    /// A parameter with more characters than it may have.
    #[error("the parameter `{0}` has more than {1} characters")]
    TooLong(&'static str, usize),
    /// A bad `max_age`.
    #[error("max_age is not a number of seconds")]
    MaxAge,
}

fn registered_text(urls: &[String]) -> String {
    if urls.is_empty() {
        "its Permitted Login Redirect URLs are empty".to_owned()
    } else {
        let urls: String = urls.join(", ").chars().take(1500).collect();
        format!("registered are: {urls}")
    }
}

impl AuthorizeError {
    /// The `error` (IdentityServer's choice of codes).
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownClient(_)
            | Self::RedirectNotRegistered { .. }
            | Self::GrantNotAllowed(_)
            | Self::Scope(ScopeError::NotPermitted(_)) => "unauthorized_client",
            Self::ResponseType | Self::ResponseMode => "unsupported_response_type",
            Self::IdentityWithoutOpenId
            | Self::ScopeWithoutToken(_)
            | Self::ScopeWithoutIdToken(_)
            | Self::Scope(ScopeError::Unknown(_) | ScopeError::OnlyOfflineAccess) => {
                "invalid_scope"
            }
            Self::Repeated(_)
            | Self::ClientId
            | Self::RedirectUri
            | Self::ChallengeMissing
            | Self::Challenge(_)
            | Self::ScopeMissing
            | Self::OpenIdMissing
            | Self::Scope(ScopeError::TooLong)
            | Self::NonceMissing
            | Self::TooLong(..)
            | Self::MaxAge => "invalid_request",
        }
    }

    /// IdentityServer's description, where it has one.
    pub fn description(&self) -> Option<&'static str> {
        match self {
            Self::ClientId => Some("Invalid client_id"),
            Self::UnknownClient(_) => Some("Unknown client or client not enabled"),
            Self::RedirectUri | Self::RedirectNotRegistered { .. } => Some("Invalid redirect_uri"),
            Self::ResponseType => Some("Response type not supported"),
            Self::ChallengeMissing => Some("code challenge required"),
            Self::Challenge(_) => Some("Invalid code_challenge"),
            Self::ResponseMode => Some("Invalid response_mode"),
            Self::GrantNotAllowed(_) => Some("Invalid grant type for client"),
            Self::Scope(ScopeError::NotPermitted(_)) => Some("Invalid scope for client"),
            Self::NonceMissing => Some("Invalid nonce"),
            _ => None,
        }
    }
}

/// A refusal that goes back to the client's redirect URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The user cancelled.
    #[error("the user cancelled the login")]
    AccessDenied,
    /// `prompt=none`, and nobody is signed in.
    #[error("prompt=none, and nobody is signed in at the identity server in this browser")]
    LoginRequired,
}

impl Refusal {
    /// The `error`.
    pub fn code(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
        }
    }
}

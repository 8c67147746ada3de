//! Why a token request is refused: what the caller reads, and what the log needs. Statuses are the identity room's.

use crate::client::ClientRefusal;
use crate::grant_type::GrantKind;
use crate::scope::ScopeError;
use crate::sign_in::SignInRefusal;

/// A refusal of the token endpoint. Its `Display` is the reason, one sentence with the mend; it never holds secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Another verb than POST.
    #[error("the token endpoint takes POST only; post a form")]
    NotPost,
    /// A body that is not a form.
    #[error("the body is not a form; send Content-Type: application/x-www-form-urlencoded")]
    NotForm,
    /// A parameter that stands twice in the form (RFC 6749 3.2).
    #[error("the parameter `{}` stands in the form more than once; send it once", .0.escape_default())]
    RepeatedParameter(String),
    /// Neither a Basic header nor `client_id` in the form.
    #[error(
        "no client id came with the request; send client_id in the form body or a Basic header"
    )]
    ClientIdMissing,
    /// A client id of more than 100 characters.
    #[error("the client id has more than {max} characters; no client has such an id", max = Self::MAX_CHARS)]
    ClientIdTooLong,
    /// A client secret of more than 100 characters.
    #[error("the client secret has more than {max} characters; use the Guid of the client's row", max = Self::MAX_CHARS)]
    ClientSecretTooLong,
    /// No row in Integrated Clients has this client id.
    #[error("no client has the id `{}`; client ids are compared exactly, see [Cinchy].[Integrated Clients]", .0.escape_default())]
    UnknownClient(String),
    /// The client is known and not authenticated.
    #[error(transparent)]
    Client(#[from] ClientRefusal),
    /// No `grant_type`.
    #[error("the form has no grant_type; the documented ones are password and saml2")]
    GrantTypeMissing,
    /// A `grant_type` that nobody knows.
    #[error("the grant type `{}` is unknown; the documented ones are password and saml2", .0.escape_default())]
    UnknownGrantType(String),
    /// A standard grant that the client's row does not allow.
    #[error("the client's Grant Type does not allow `{0}`; add the grant type to the client")]
    GrantNotAllowed(GrantKind),
    /// The custom grant `saml2`, when the client's row does not allow it. IdentityServer has another error for custom grants.
    #[error(
        "the client's Grant Type does not allow `{0}`; add Saml2 or Resource Owner Password to the client"
    )]
    ExtensionGrantNotAllowed(GrantKind),
    /// A grant that the platform knows and this build does not serve.
    #[error("the grant type `{0}` is not served by this build; use password")]
    GrantNotServed(GrantKind),
    /// No `username`.
    #[error("the form has no username")]
    UserNameMissing,
    /// No `password`.
    #[error("the form has no password")]
    PasswordMissing,
    /// A `username` of more than 100 characters.
    #[error("the user name has more than {max} characters", max = Self::MAX_CHARS)]
    UserNameTooLong,
    /// A `password` of more than 100 characters.
    #[error("the password has more than {max} characters", max = Self::MAX_CHARS)]
    PasswordTooLong,
    /// A scope that is not granted.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// The user may not have a token.
    #[error(transparent)]
    User(#[from] SignInRefusal),
}

impl TokenError {
    /// The longest client id, client secret, grant type, user name and password, in characters (IdentityServer).
    pub const MAX_CHARS: usize = 100;

    /// The `error` member (RFC 6749 5.2; the choice of codes is IdentityServer's).
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotPost | Self::NotForm | Self::RepeatedParameter(_) => "invalid_request",
            Self::ClientIdMissing
            | Self::ClientIdTooLong
            | Self::ClientSecretTooLong
            | Self::UnknownClient(_)
            | Self::Client(_) => "invalid_client",
            Self::GrantTypeMissing
            | Self::UnknownGrantType(_)
            | Self::ExtensionGrantNotAllowed(_)
            | Self::GrantNotServed(_) => "unsupported_grant_type",
            Self::GrantNotAllowed(_) => "unauthorized_client",
            Self::UserNameMissing
            | Self::PasswordMissing
            | Self::UserNameTooLong
            | Self::PasswordTooLong
            | Self::User(_) => "invalid_grant",
            Self::Scope(_) => "invalid_scope",
        }
    }

    /// The `error_description` member, where there is one. One text for every refused user (documented).
    pub fn description(&self) -> Option<&'static str> {
        match self {
            Self::User(_) => Some("Invalid username or password"),
            Self::GrantNotServed(_) => Some("This grant type is not served by this emulator"),
            _ => None,
        }
    }

    /// One sentence that says which check failed and the mend, for logs and explanations. It tells accounts apart, so it
    /// is not for callers where that matters.
    pub fn reason(&self) -> String {
        self.to_string()
    }
}

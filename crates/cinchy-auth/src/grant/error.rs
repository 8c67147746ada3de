//! Why a token request is refused: what the caller reads, and what the log needs. Statuses are the identity room's.

use crate::client::ClientRefusal;
use crate::grant_type::GrantKind;
use crate::scope::{Scope, ScopeError};
use crate::sign_in::SignInRefusal;

/// A refusal of the token endpoint. Its `Display` is the reason, one sentence with the mend; it never holds secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Another verb than POST.
    #[error("this endpoint takes POST only; post a form")]
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
    /// No `code`.
    #[error("the form has no code")]
    CodeMissing,
    /// A code that nobody has, that has expired or was used, of another client, or with other proofs.
    #[error("{0}")]
    Code(CodeDefect),
    /// No `refresh_token`.
    #[error("the form has no refresh_token")]
    RefreshTokenMissing,
    /// A refresh token that is no good any more.
    #[error("{0}")]
    RefreshToken(RefreshDefect),
    /// `client_credentials` with `openid` or `offline_access`, which need a user.
    #[error("the scope `{0}` needs a user, which client_credentials has not; leave it out")]
    ScopeNeedsUser(Scope),
    /// No `device_code`.
    #[error("the form has no device_code")]
    DeviceCodeMissing,
    /// A device code, and where its user is with it.
    #[error("{0}")]
    Device(DeviceState),
    /// No `token` with the grant `saml2`.
    #[error("the form has no token; send the base64 of a SAML Response or Assertion")]
    SamlTokenMissing,
    /// A SAML token that signs nobody in. The text is the reason, which the caller does not read.
    #[error("{0}")]
    SamlToken(String),
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
            Self::NotPost
            | Self::NotForm
            | Self::RepeatedParameter(_)
            | Self::RefreshTokenMissing
            | Self::DeviceCodeMissing => "invalid_request",
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
            | Self::CodeMissing
            | Self::Code(_)
            | Self::RefreshToken(_)
            | Self::SamlTokenMissing
            | Self::SamlToken(_)
            | Self::User(_) => "invalid_grant",
            Self::Device(state) => state.code(),
            Self::Scope(_) | Self::ScopeNeedsUser(_) => "invalid_scope",
        }
    }

    /// The `error_description` member, where there is one. One text for every refused user (documented).
    pub fn description(&self) -> Option<&'static str> {
        match self {
            Self::User(_) => Some("Invalid username or password"),
            Self::SamlTokenMissing | Self::SamlToken(_) => Some("Invalid SAML token"),
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

/// Why a code is not exchanged. All of them are `invalid_grant`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeDefect {
    /// Nobody's, or too old to be remembered.
    #[error(
        "the code is unknown; a code lives for 300 seconds, so start again at the authorize endpoint"
    )]
    Unknown,
    /// Its time is over.
    #[error(
        "the code has expired; a code lives for 300 seconds, so start again at the authorize endpoint"
    )]
    Expired,
    /// It was exchanged before.
    #[error(
        "the code was used before; what it had led to is revoked now, so start again at the authorize endpoint"
    )]
    Used,
    /// It was issued to another client.
    #[error("the code was issued to another client")]
    OtherClient,
    /// Another `redirect_uri` than in the authorize request, or none.
    #[error("redirect_uri is missing or not that of the authorize request; send the same one")]
    RedirectUri,
    /// `code_verifier` is missing though there was a challenge.
    #[error("the authorize request had a code_challenge; send its code_verifier")]
    VerifierMissing,
    /// `code_verifier` is not that of the challenge.
    #[error("code_verifier does not fit the code_challenge of the authorize request")]
    VerifierWrong,
    /// `code_verifier` came though there was no challenge (RFC 9700 2.1.1: a downgrade).
    #[error("code_verifier came, but the authorize request had no code_challenge")]
    NoChallenge,
    /// The browser session that it was issued in has ended.
    #[error("the session in which the code was issued has ended; sign in again")]
    Session,
    /// The user is gone, disabled, or has another password.
    #[error("the user of the code is gone or disabled, or has changed the password since")]
    User,
}

/// Why a refresh token is refused. All of them are `invalid_grant`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefreshDefect {
    /// Nobody's, or revoked.
    #[error("the refresh token is unknown or revoked; sign in again")]
    Unknown,
    /// Its time is over.
    #[error("the refresh token has expired; sign in again")]
    Expired,
    /// It was used before.
    #[error(
        "the refresh token was used before, and each works once; its whole family is revoked now, so sign in again"
    )]
    Reused,
    /// No secret came, and it was issued to a client that showed its secret.
    #[error("the refresh token was issued with the client's secret; send the secret")]
    SecretMissing,
    /// None of its scopes is permitted to the client any more.
    #[error("the client's Permitted Scopes no longer have any scope of the grant")]
    NothingPermitted,
    /// It was issued to another client.
    #[error("the refresh token was issued to another client")]
    OtherClient,
    /// The client's row lost `offline_access`.
    #[error("the client's Permitted Scopes no longer have offline_access")]
    NoOfflineAccess,
    /// The user is gone, disabled, or has another password.
    #[error("the user of the refresh token is gone or disabled, or has changed the password since")]
    User,
    /// More scopes than before.
    #[error("the scope asks for more than the refresh token has")]
    Scope,
}

/// Where a device code is (RFC 8628 3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeviceState {
    /// Nobody's, another client's, or used.
    #[error("the device code is unknown, used, or another client's")]
    Unknown,
    /// The user has not decided.
    #[error("the user has not entered the code yet; ask again in five seconds")]
    Pending,
    /// Asked again too soon.
    #[error("asked again within five seconds; wait longer")]
    TooFast,
    /// Its time is over.
    #[error("the device code has expired; ask for a new one")]
    Expired,
    /// The user said no.
    #[error("the user refused")]
    Denied,
}

impl DeviceState {
    fn code(self) -> &'static str {
        match self {
            Self::Unknown => "invalid_grant",
            Self::Pending => "authorization_pending",
            Self::TooFast => "slow_down",
            Self::Expired => "expired_token",
            Self::Denied => "access_denied",
        }
    }
}

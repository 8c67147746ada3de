//! Scopes: their names on the wire and in `[Integrated Clients].[Permitted Scopes]`, and which of them a request gets.

use std::fmt;

/// A scope that the identity server knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// `openid`: an OpenID Connect request.
    OpenId,
    /// `id`: the user name.
    Id,
    /// `profile`: the display name.
    Profile,
    /// `email`.
    Email,
    /// `roles`: the authentication method, which the platform calls a role.
    Roles,
    /// `js_api`: the web API itself.
    JsApi,
    /// `offline_access`: a refresh token.
    OfflineAccess,
}

/// A name that is not one of the Permitted Scopes options.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a scope; the scopes are Id, OpenId, Email, Profile, Roles, js_api and offline_access", .0.escape_default())]
pub struct UnknownScope(pub String);

/// Why a requested scope is refused. All of them are `invalid_scope` at the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// More than [`Scope::MAX_REQUEST_CHARS`] characters.
    #[error("the requested scope has more than {max} characters; ask for fewer scopes", max = Scope::MAX_REQUEST_CHARS)]
    TooLong,
    /// A name that no scope has. Names are case-sensitive on the wire.
    #[error("no scope is called `{}`; scope names are lower case: openid, id, profile, email, roles, js_api, offline_access", .0.escape_default())]
    Unknown(String),
    /// A scope that the client's row does not name.
    #[error("scope `{0}` is not among the client's Permitted Scopes; add it to the client")]
    NotPermitted(Scope),
    /// `offline_access` without any other scope.
    #[error(
        "scope `offline_access` alone gives access to nothing; ask for another scope too, such as `js_api`"
    )]
    OnlyOfflineAccess,
}

impl Scope {
    /// Every scope, in the order of the discovery document.
    pub const ALL: [Self; 7] = [
        Self::OpenId,
        Self::Id,
        Self::Profile,
        Self::Email,
        Self::Roles,
        Self::JsApi,
        Self::OfflineAccess,
    ];

    /// The longest `scope` parameter, in characters (IdentityServer).
    pub const MAX_REQUEST_CHARS: usize = 300;

    /// The name on the wire, lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenId => "openid",
            Self::Id => "id",
            Self::Profile => "profile",
            Self::Email => "email",
            Self::Roles => "roles",
            Self::JsApi => "js_api",
            Self::OfflineAccess => "offline_access",
        }
    }

    /// The option of `[Integrated Clients].[Permitted Scopes]` (documented, but for the last two, which are inferred).
    pub const fn choice(self) -> &'static str {
        match self {
            Self::OpenId => "OpenId",
            Self::Id => "Id",
            Self::Profile => "Profile",
            Self::Email => "Email",
            Self::Roles => "Roles",
            Self::JsApi => "js_api",
            Self::OfflineAccess => "offline_access",
        }
    }

    /// The scope of a name on the wire; names are case-sensitive there.
    pub fn from_wire(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }

    /// The scope of a table option or a seed entry, in any case; `Offline Access` and `offline_access` are the same.
    ///
    /// # Errors
    /// The name belongs to no scope.
    pub fn parse(name: &str) -> Result<Self, UnknownScope> {
        let folded = name.trim().to_ascii_lowercase().replace(' ', "_");
        Self::from_wire(&folded).ok_or_else(|| UnknownScope(name.to_owned()))
    }

    /// Reads a multi-choice value: options joined by commas. Blank is an empty list, a repeated option counts once.
    ///
    /// # Errors
    /// The first name that belongs to no scope.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, UnknownScope> {
        let mut scopes = Vec::new();
        for name in text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            let scope = Self::parse(name)?;
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        Ok(scopes)
    }

    /// Writes a multi-choice value: options joined by `, `.
    pub fn list_text(scopes: &[Self]) -> String {
        let names: Vec<&str> = scopes.iter().map(|scope| scope.choice()).collect();
        names.join(", ")
    }

    /// The `scope` member of an answer: names joined by blanks.
    pub fn wire_text(scopes: &[Self]) -> String {
        let names: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        names.join(" ")
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The scopes that a request gets, in the order of the request and without repetition.
///
/// A missing or blank request means every permitted scope (IdentityServer). `js_api` is always permitted: the SDKs always
/// ask for it, and the documented options of Permitted Scopes do not name it.
///
/// # Errors
/// See [`ScopeError`].
pub fn resolve(requested: Option<&str>, permitted: &[Scope]) -> Result<Vec<Scope>, ScopeError> {
    let mut granted = read(requested.unwrap_or_default())?;
    if let Some(scope) = granted
        .iter()
        .find(|scope| !is_permitted(**scope, permitted))
    {
        return Err(ScopeError::NotPermitted(*scope));
    }
    if granted.is_empty() {
        granted = permitted.to_vec();
        if !granted.contains(&Scope::JsApi) {
            granted.push(Scope::JsApi);
        }
    }
    if granted == [Scope::OfflineAccess] {
        return Err(ScopeError::OnlyOfflineAccess);
    }
    Ok(granted)
}

/// Whether a client with these Permitted Scopes may have a scope.
pub fn is_permitted(scope: Scope, permitted: &[Scope]) -> bool {
    scope == Scope::JsApi || permitted.contains(&scope)
}

/// The scopes that a text names, in its order and without repetition.
///
/// # Errors
/// A text that is too long, or a name that no scope has.
pub fn read(text: &str) -> Result<Vec<Scope>, ScopeError> {
    if text.chars().count() > Scope::MAX_REQUEST_CHARS {
        return Err(ScopeError::TooLong);
    }
    let mut scopes: Vec<Scope> = Vec::new();
    for name in text.split_ascii_whitespace() {
        let scope = Scope::from_wire(name).ok_or_else(|| ScopeError::Unknown(name.to_owned()))?;
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    Ok(scopes)
}

//! Grant types: the options of `[Integrated Clients].[Grant Type]` and the `grant_type` values of the token endpoint, and
//! which option allows which value.

use std::fmt;

/// An option of `[Integrated Clients].[Grant Type]`, a multi-choice.
///
/// `Resource Owner Password` and `Implicit` are documented; the other names are inferred from the platform's wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GrantType {
    /// User name and password at the token endpoint.
    ResourceOwnerPassword,
    /// Tokens in the fragment of the redirect.
    Implicit,
    /// A code at the redirect; together with [`GrantType::Implicit`] the hybrid flow.
    AuthorizationCode,
    /// The client on its own behalf.
    ClientCredentials,
    /// A SAML token at the token endpoint.
    Saml2,
    /// Sign-in on another device.
    DeviceCode,
}

/// A name that is not an option of Grant Type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a grant type; the grant types are Resource Owner Password, Implicit, Authorization Code, Client Credentials, Saml2 and Device Code", .0.escape_default())]
pub struct UnknownGrantType(pub String);

impl GrantType {
    /// Every option, in the order in which the platform's documentation and then this project name them.
    pub const ALL: [Self; 6] = [
        Self::ResourceOwnerPassword,
        Self::Implicit,
        Self::AuthorizationCode,
        Self::ClientCredentials,
        Self::Saml2,
        Self::DeviceCode,
    ];

    /// The option's text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResourceOwnerPassword => "Resource Owner Password",
            Self::Implicit => "Implicit",
            Self::AuthorizationCode => "Authorization Code",
            Self::ClientCredentials => "Client Credentials",
            Self::Saml2 => "Saml2",
            Self::DeviceCode => "Device Code",
        }
    }

    /// The option of a name, in any case.
    ///
    /// # Errors
    /// The name belongs to no option.
    pub fn parse(name: &str) -> Result<Self, UnknownGrantType> {
        let trimmed = name.trim();
        Self::ALL
            .into_iter()
            .find(|option| option.as_str().eq_ignore_ascii_case(trimmed))
            .ok_or_else(|| UnknownGrantType(name.to_owned()))
    }

    /// Reads a multi-choice value: options joined by commas. Blank is an empty list, a repeated option counts once.
    ///
    /// # Errors
    /// The first name that belongs to no option.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, UnknownGrantType> {
        let mut options = Vec::new();
        for name in text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            let option = Self::parse(name)?;
            if !options.contains(&option) {
                options.push(option);
            }
        }
        Ok(options)
    }

    /// Writes a multi-choice value: options joined by `, `.
    pub fn list_text(options: &[Self]) -> String {
        let names: Vec<&str> = options.iter().map(|option| option.as_str()).collect();
        names.join(", ")
    }

    /// Whether this option allows a grant at the token endpoint.
    ///
    /// `Resource Owner Password` allows `saml2` as well: the documentation says that a SAML token may replace user name
    /// and password. A refresh token depends on the scope `offline_access`, not on an option.
    pub fn allows(self, grant: GrantKind) -> bool {
        match self {
            Self::ResourceOwnerPassword => matches!(grant, GrantKind::Password | GrantKind::Saml2),
            Self::Saml2 => grant == GrantKind::Saml2,
            Self::AuthorizationCode => grant == GrantKind::AuthorizationCode,
            Self::ClientCredentials => grant == GrantKind::ClientCredentials,
            Self::DeviceCode => grant == GrantKind::DeviceCode,
            Self::Implicit => false,
        }
    }
}

impl fmt::Display for GrantType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A `grant_type` value that the token endpoint knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GrantKind {
    /// `password`.
    Password,
    /// `authorization_code`.
    AuthorizationCode,
    /// `refresh_token`.
    RefreshToken,
    /// `client_credentials`.
    ClientCredentials,
    /// `urn:ietf:params:oauth:grant-type:device_code`.
    DeviceCode,
    /// `saml2`, Cinchy's own.
    Saml2,
}

impl GrantKind {
    /// Every value.
    pub const ALL: [Self; 6] = [
        Self::AuthorizationCode,
        Self::ClientCredentials,
        Self::RefreshToken,
        Self::Password,
        Self::DeviceCode,
        Self::Saml2,
    ];

    /// The value on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::Saml2 => "saml2",
        }
    }

    /// The grant of a value on the wire; values are case-sensitive (RFC 6749).
    pub fn from_wire(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == value)
    }
}

impl fmt::Display for GrantKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

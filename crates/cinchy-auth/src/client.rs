//! Integrated clients: a row of `[Cinchy].[Integrated Clients]` and the questions that are asked of it.
//!
//! Reading and writing rows is the storage room's; which grants exist is in [`crate::grant_type`].

use rand::CryptoRng;

use crate::grant_type::{GrantKind, GrantType};
use crate::scope::Scope;
use crate::secret::PlainSecret;

/// Seconds that an access token lives when `[Access Token Lifetime (seconds)]` is blank (documented).
pub const DEFAULT_ACCESS_TOKEN_LIFETIME: i32 = 3600;

/// A registered client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegratedClient {
    /// `[Cinchy Id]` of the row.
    pub id: i32,
    /// `[Client Id]`, compared exactly.
    pub client_id: String,
    /// `[Client Name]`.
    pub client_name: String,
    /// `[Grant Type]`.
    pub grant_types: Vec<GrantType>,
    /// `[Permitted Login Redirect URLs]`, compared exactly.
    pub redirect_urls: Vec<String>,
    /// `[Permitted Logout Redirect URLs]`.
    pub logout_urls: Vec<String>,
    /// `[Permitted Scopes]`; `js_api` is permitted even when it is not in the list.
    pub scopes: Vec<Scope>,
    /// `[Access Token Lifetime (seconds)]`; `None` means [`DEFAULT_ACCESS_TOKEN_LIFETIME`].
    pub access_token_lifetime: Option<i32>,
    /// `[Show Cinchy Login Screen]`; unchecked means straight to the external identity provider.
    pub show_login_screen: bool,
    /// `[Enabled]`.
    pub enabled: bool,
    /// `[Guid]`, the client secret: opaque text, in practice a GUID.
    pub secret: PlainSecret,
}

/// Why a client is not authenticated. All of them are `invalid_client` at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientRefusal {
    /// `[Enabled]` is off.
    #[error("the client is not enabled; set Enabled on its row")]
    Disabled,
    /// The row's `[Guid]` is blank, so that nothing can match it.
    #[error("the client's row has no Guid to compare with; save the row again to get one")]
    NoSecretStored,
    /// No secret came with the request.
    #[error(
        "no client secret came with the request; send client_secret in the form body or a Basic header, never in the query string"
    )]
    SecretMissing,
    /// The secret is another one.
    #[error("the client secret is wrong; use the Guid of the client's row")]
    SecretWrong,
}

impl IntegratedClient {
    /// Checks that the client is enabled and that the presented secret is its own, in constant time.
    ///
    /// A client whose only grant type is Implicit lives in a browser and needs no secret (IdentityServer); what it
    /// presents is not looked at.
    ///
    /// # Errors
    /// See [`ClientRefusal`].
    pub fn authenticate(&self, presented: Option<&PlainSecret>) -> Result<(), ClientRefusal> {
        if !self.enabled {
            return Err(ClientRefusal::Disabled);
        }
        if self.is_implicit_only() {
            return Ok(());
        }
        if self.secret.is_empty() {
            return Err(ClientRefusal::NoSecretStored);
        }
        match presented {
            None => Err(ClientRefusal::SecretMissing),
            Some(presented) if *presented == self.secret => Ok(()),
            Some(_) => Err(ClientRefusal::SecretWrong),
        }
    }

    /// As [`Self::authenticate`], for a request whose own proof stands in for a secret that did not come: the PKCE verifier
    /// of a code, or a refresh token that such a code led to (OAuth 2.1: a client in a browser has no secret). A wrong
    /// secret is refused all the same.
    ///
    /// # Errors
    /// See [`ClientRefusal`].
    pub fn authenticate_public(
        &self,
        presented: Option<&PlainSecret>,
    ) -> Result<(), ClientRefusal> {
        match presented {
            None if self.enabled => Ok(()),
            _ => self.authenticate(presented),
        }
    }

    /// Whether Implicit is the only grant type.
    pub fn is_implicit_only(&self) -> bool {
        self.grant_types == [GrantType::Implicit]
    }

    /// Whether one of the grant types allows a grant. For a refresh token the scope `offline_access` decides.
    pub fn allows(&self, grant: GrantKind) -> bool {
        match grant {
            GrantKind::RefreshToken => self.scopes.contains(&Scope::OfflineAccess),
            _ => self.grant_types.iter().any(|option| option.allows(grant)),
        }
    }

    /// Seconds that its access tokens live. A number below 1 in the row counts as blank (our choice).
    pub fn lifetime(&self) -> i32 {
        self.access_token_lifetime
            .filter(|seconds| *seconds > 0)
            .unwrap_or(DEFAULT_ACCESS_TOKEN_LIFETIME)
    }
}

/// Reads a `;`-separated list of URLs as the platform stores it; blanks around entries are dropped.
pub fn parse_urls(text: &str) -> Vec<String> {
    text.split(';')
        .map(str::trim)
        .filter(|url| !url.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Writes a list of URLs as the platform stores it.
pub fn join_urls(urls: &[String]) -> String {
    urls.join(";")
}

/// A fresh client secret: an upper-case dashed GUID, as the platform generates one.
pub fn generate_client_secret(rng: &mut impl CryptoRng) -> PlainSecret {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    let guid = uuid::Builder::from_random_bytes(bytes).into_uuid();
    PlainSecret::new(format!("{:X}", guid.hyphenated()))
}

//! Reading the form of the token endpoint and the client's credential.

use std::collections::HashSet;

use percent_encoding::percent_decode_str;

use super::{TokenError, TokenRequest};
use crate::client::IntegratedClient;
use crate::credential::Credential;
use crate::grant_type::GrantKind;
use crate::secret::PlainSecret;

/// A parsed token request whose client is not yet known to exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenForm {
    client_id: String,
    client_secret: Option<PlainSecret>,
    grant: Grant,
}

/// What the form asks for. Defects are kept until the client has been authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Grant {
    Unreadable(TokenError),
    Known(GrantKind, Result<TokenRequest, TokenError>),
}

impl TokenForm {
    /// Reads a decoded form and the credential of the `Authorization` header.
    ///
    /// Parameter names count in any case, since the documentation spells them in two ways; an empty value is a missing
    /// one. Parameters of the query string must not be passed in: secrets in URLs are refused.
    ///
    /// The client's credential (IdentityServer): a Basic header whose parts are form-decoded, else the form; a header
    /// without a secret gives way to a form with one. A header that is not Basic is ignored; so is one that cannot be
    /// read, for which the caller passes [`Credential::None`].
    ///
    /// # Errors
    /// A repeated parameter, or no usable client credential.
    pub fn parse<K, V>(
        credential: &Credential,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, TokenError>
    where
        K: AsRef<str>,
        V: Into<String>,
    {
        let mut fields = Fields::collect(pairs)?;
        let (client_id, client_secret) = fields.client(credential)?;
        let grant = fields.grant();
        Ok(Self {
            client_id,
            client_secret,
            grant,
        })
    }

    /// The client to look up, compared exactly.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// The grant that the form asks for, for the journal; `None` when it names none that is known.
    pub fn grant_kind(&self) -> Option<GrantKind> {
        match &self.grant {
            Grant::Unreadable(_) => None,
            Grant::Known(kind, _) => Some(*kind),
        }
    }

    /// Authenticates the client, given the row that [`TokenForm::client_id`] names.
    ///
    /// # Errors
    /// An unknown or disabled client, a missing or wrong secret.
    pub fn authenticate<'c>(
        &self,
        client: Option<&'c IntegratedClient>,
    ) -> Result<&'c IntegratedClient, TokenError> {
        let client = client.ok_or_else(|| TokenError::UnknownClient(self.client_id.clone()))?;
        if self.proves_itself() {
            client.authenticate_public(self.client_secret.as_ref())?;
        } else {
            client.authenticate(self.client_secret.as_ref())?;
        }
        Ok(client)
    }

    /// Whether no secret came, and what is asked for says whether it needs one: a code by its challenge, a refresh token
    /// by the code that it came from. See [`IntegratedClient::authenticate_public`].
    pub fn proves_itself(&self) -> bool {
        self.client_secret.is_none()
            && match &self.grant {
                Grant::Known(_, Ok(TokenRequest::AuthorizationCode { verifier, .. })) => {
                    verifier.is_some()
                }
                Grant::Known(_, Ok(TokenRequest::RefreshToken { .. })) => true,
                _ => false,
            }
    }

    /// The request, after checking in this order: the grant is known, the client may use it, its own parameters are there.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn into_request(self, client: &IntegratedClient) -> Result<TokenRequest, TokenError> {
        match self.grant {
            Grant::Unreadable(error) => Err(error),
            // A refresh token is judged by its own row, not by the client's list.
            Grant::Known(GrantKind::RefreshToken, request) => request,
            Grant::Known(kind, request) if client.allows(kind) => request,
            Grant::Known(GrantKind::Saml2, _) => {
                Err(TokenError::ExtensionGrantNotAllowed(GrantKind::Saml2))
            }
            Grant::Known(kind, _) => Err(TokenError::GrantNotAllowed(kind)),
        }
    }
}

/// A request of a client to the introspection, revocation or device authorization endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientForm {
    client_id: String,
    client_secret: Option<PlainSecret>,
    /// `token`.
    pub token: Option<PlainSecret>,
    /// `token_type_hint`.
    pub token_type_hint: Option<String>,
    /// `scope`.
    pub scope: Option<String>,
}

impl ClientForm {
    /// Reads a decoded form and the credential of the `Authorization` header, as [`TokenForm::parse`] does.
    ///
    /// # Errors
    /// A repeated parameter, or no usable client credential.
    pub fn parse<K, V>(
        credential: &Credential,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, TokenError>
    where
        K: AsRef<str>,
        V: Into<String>,
    {
        let mut fields = Fields::collect(pairs)?;
        let (client_id, client_secret) = fields.client(credential)?;
        Ok(Self {
            client_id,
            client_secret,
            token: fields.token,
            token_type_hint: fields.token_type_hint,
            scope: fields.scope,
        })
    }

    /// The client to look up, compared exactly.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Authenticates the client, given the row that [`Self::client_id`] names.
    ///
    /// # Errors
    /// An unknown or disabled client, a missing or wrong secret.
    pub fn authenticate<'c>(
        &self,
        client: Option<&'c IntegratedClient>,
    ) -> Result<&'c IntegratedClient, TokenError> {
        let client = client.ok_or_else(|| TokenError::UnknownClient(self.client_id.clone()))?;
        client.authenticate(self.client_secret.as_ref())?;
        Ok(client)
    }
}

/// The parameters that are read, with blank ones left out.
#[derive(Default)]
struct Fields {
    client_id: Option<String>,
    client_secret: Option<PlainSecret>,
    grant_type: Option<String>,
    username: Option<String>,
    password: Option<PlainSecret>,
    scope: Option<String>,
    code: Option<PlainSecret>,
    redirect_uri: Option<String>,
    code_verifier: Option<PlainSecret>,
    refresh_token: Option<PlainSecret>,
    device_code: Option<PlainSecret>,
    token: Option<PlainSecret>,
    token_type_hint: Option<String>,
}

impl Fields {
    /// Unknown parameters are ignored, but may not be repeated either (RFC 6749 3.2).
    fn collect<K, V>(pairs: impl IntoIterator<Item = (K, V)>) -> Result<Self, TokenError>
    where
        K: AsRef<str>,
        V: Into<String>,
    {
        let mut fields = Self::default();
        let mut seen: HashSet<String> = HashSet::new();
        for (name, value) in pairs {
            let name = name.as_ref().to_ascii_lowercase();
            if seen.contains(&name) {
                return Err(TokenError::RepeatedParameter(shortened(&name)));
            }
            let value = Some(value.into()).filter(|value: &String| !value.is_empty());
            match name.as_str() {
                "client_id" => fields.client_id = value,
                "client_secret" => fields.client_secret = value.map(PlainSecret::from),
                "grant_type" => fields.grant_type = value,
                "username" => fields.username = value,
                "password" => fields.password = value.map(PlainSecret::from),
                "scope" => fields.scope = value,
                "code" => fields.code = value.map(PlainSecret::from),
                "redirect_uri" => fields.redirect_uri = value,
                "code_verifier" => fields.code_verifier = value.map(PlainSecret::from),
                "refresh_token" => fields.refresh_token = value.map(PlainSecret::from),
                "token" => fields.token = value.map(PlainSecret::from),
                "token_type_hint" => fields.token_type_hint = value,
                "device_code" => fields.device_code = value.map(PlainSecret::from),
                _ => {}
            }
            seen.insert(name);
        }
        Ok(fields)
    }

    fn client(
        &mut self,
        credential: &Credential,
    ) -> Result<(String, Option<PlainSecret>), TokenError> {
        let mut header_id = None;
        let mut header_secret = None;
        if let Credential::Basic { username, password } = credential
            && let (Some(id), Some(secret)) =
                (form_decode(username), form_decode(password.expose()))
            && !id.is_empty()
        {
            header_id = Some(id);
            header_secret = Some(PlainSecret::from(secret)).filter(|secret| !secret.is_empty());
        }
        let (id, secret) = if header_secret.is_some() {
            (header_id, header_secret)
        } else if self.client_secret.is_some() {
            (
                self.client_id.take().or(header_id),
                self.client_secret.take(),
            )
        } else {
            (header_id.or(self.client_id.take()), None)
        };
        let id = id.ok_or(TokenError::ClientIdMissing)?;
        if too_long(&id) {
            return Err(TokenError::ClientIdTooLong);
        }
        if secret
            .as_ref()
            .is_some_and(|secret| secret.char_count() > TokenError::MAX_CHARS)
        {
            return Err(TokenError::ClientSecretTooLong);
        }
        Ok((id, secret))
    }

    fn grant(self) -> Grant {
        let Some(grant_type) = &self.grant_type else {
            return Grant::Unreadable(TokenError::GrantTypeMissing);
        };
        match GrantKind::from_wire(grant_type) {
            None => Grant::Unreadable(TokenError::UnknownGrantType(shortened(grant_type))),
            Some(kind) => Grant::Known(kind, self.request(kind)),
        }
    }

    /// The request of a grant.
    fn request(self, kind: GrantKind) -> Result<TokenRequest, TokenError> {
        match kind {
            GrantKind::Password => self.password_request(),
            GrantKind::AuthorizationCode => match self.code {
                Some(code) => Ok(TokenRequest::AuthorizationCode {
                    code,
                    redirect_uri: self.redirect_uri,
                    verifier: self.code_verifier,
                }),
                None => Err(TokenError::CodeMissing),
            },
            GrantKind::RefreshToken => match self.refresh_token {
                Some(token) => Ok(TokenRequest::RefreshToken {
                    token,
                    scope: self.scope,
                }),
                None => Err(TokenError::RefreshTokenMissing),
            },
            GrantKind::ClientCredentials => {
                Ok(TokenRequest::ClientCredentials { scope: self.scope })
            }
            GrantKind::DeviceCode => match self.device_code {
                Some(code) => Ok(TokenRequest::DeviceCode { code }),
                None => Err(TokenError::DeviceCodeMissing),
            },
            // How long a SAML token may be is its reader's to say.
            GrantKind::Saml2 => match self.token {
                Some(token) => Ok(TokenRequest::Saml2 {
                    token,
                    scope: self.scope,
                }),
                None => Err(TokenError::SamlTokenMissing),
            },
        }
    }

    fn password_request(self) -> Result<TokenRequest, TokenError> {
        let username = self.username.ok_or(TokenError::UserNameMissing)?;
        let password = self.password.ok_or(TokenError::PasswordMissing)?;
        if too_long(&username) {
            return Err(TokenError::UserNameTooLong);
        }
        if password.char_count() > TokenError::MAX_CHARS {
            return Err(TokenError::PasswordTooLong);
        }
        Ok(TokenRequest::Password {
            username,
            password,
            scope: self.scope,
        })
    }
}

/// Decodes a part of a Basic credential as RFC 6749 2.3.1 wants it encoded; `None` when it is not UTF-8 then.
fn form_decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced)
        .decode_utf8()
        .ok()
        .map(|decoded| decoded.into_owned())
}

fn too_long(text: &str) -> bool {
    text.chars().count() > TokenError::MAX_CHARS
}

/// Cuts what a caller sent to a length that a log line can bear.
fn shortened(text: &str) -> String {
    text.chars().take(TokenError::MAX_CHARS).collect()
}

//! Reading the parameters of the authorize endpoint, and judging them in IdentityServer's order.

use std::collections::HashSet;

use super::{AuthorizeError, AuthorizeRequest, Prompt, ResponseMode, ResponseType};
use crate::client::IntegratedClient;
use crate::grant_type::GrantType;
use crate::pkce::Challenge;
use crate::scope::{self, Scope};

/// The parameters that are read; blank ones are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthorizeForm {
    client_id: String,
    redirect_uri: Option<String>,
    response_type: Option<String>,
    response_mode: Option<String>,
    scope: Option<String>,
    state: Option<String>,
    nonce: Option<String>,
    code_challenge: Option<String>,
    code_challenge_method: Option<String>,
    prompt: Option<String>,
    max_age: Option<String>,
    login_hint: Option<String>,
    acr_values: Option<String>,
}

impl AuthorizeForm {
    /// Reads decoded parameters. Unknown ones are ignored, but may not be repeated either (RFC 6749 3.1).
    ///
    /// # Errors
    /// A repeated parameter, or no usable `client_id`.
    pub fn parse<K, V>(pairs: impl IntoIterator<Item = (K, V)>) -> Result<Self, AuthorizeError>
    where
        K: AsRef<str>,
        V: Into<String>,
    {
        let mut form = Self::default();
        let mut client_id = None;
        let mut seen = HashSet::new();
        for (name, value) in pairs {
            let name = name.as_ref().to_ascii_lowercase();
            let value = Some(value.into()).filter(|value: &String| !value.is_empty());
            match name.as_str() {
                "client_id" => client_id = value,
                "redirect_uri" => form.redirect_uri = value,
                "response_type" => form.response_type = value,
                "response_mode" => form.response_mode = value,
                "scope" => form.scope = value,
                "state" => form.state = value,
                "nonce" => form.nonce = value,
                "code_challenge" => form.code_challenge = value,
                "code_challenge_method" => form.code_challenge_method = value,
                "prompt" => form.prompt = value,
                "max_age" => form.max_age = value,
                "login_hint" => form.login_hint = value,
                "acr_values" => form.acr_values = value,
                _ => {}
            }
            if !seen.insert(name.clone()) {
                return Err(AuthorizeError::Repeated(name.chars().take(100).collect()));
            }
        }
        form.client_id = client_id
            .filter(|id| id.chars().count() <= 100)
            .ok_or(AuthorizeError::ClientId)?;
        Ok(form)
    }

    /// The client to look up, compared exactly.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Judges the request, given the row that [`Self::client_id`] names. `pkce_required`: the client has no secret, so a
    /// code needs a challenge.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn judge(
        self,
        client: Option<&IntegratedClient>,
        pkce_required: bool,
    ) -> Result<AuthorizeRequest, AuthorizeError> {
        let client = client
            .filter(|client| client.enabled)
            .ok_or_else(|| AuthorizeError::UnknownClient(self.client_id.clone()))?;
        let redirect_uri = self.redirect_uri(client)?;
        let response = self
            .response_type
            .as_deref()
            .and_then(ResponseType::parse)
            .ok_or(AuthorizeError::ResponseType)?;
        let challenge = match &self.code_challenge {
            // A challenge without a code has nothing to protect.
            _ if !response.code => None,
            Some(text) => Some(Challenge::parse(
                text,
                self.code_challenge_method.as_deref(),
            )?),
            None if pkce_required => return Err(AuthorizeError::ChallengeMissing),
            None => None,
        };
        let mode = self.response_mode(response)?;
        check_grant(client, response)?;
        let scopes = self.scopes(client, response)?;
        self.check_rest(response, &scopes)?;
        Ok(AuthorizeRequest {
            prompt: prompt(self.prompt.as_deref()),
            max_age: match &self.max_age {
                None => None,
                Some(text) => Some(
                    text.parse()
                        .ok()
                        .filter(|seconds| *seconds >= 0)
                        .ok_or(AuthorizeError::MaxAge)?,
                ),
            },
            identity_provider: self.acr_values.as_deref().and_then(|values| {
                values
                    .split_ascii_whitespace()
                    .find_map(|value| value.strip_prefix("idp:"))
                    .map(str::to_owned)
            }),
            client_id: self.client_id,
            redirect_uri,
            response,
            mode,
            scopes,
            state: self.state,
            nonce: self.nonce,
            challenge,
            login_hint: self.login_hint,
        })
    }

    /// The redirect URL, compared exactly with those of the row (RFC 9700 2.1).
    fn redirect_uri(&self, client: &IntegratedClient) -> Result<String, AuthorizeError> {
        let uri = self
            .redirect_uri
            .as_deref()
            .filter(|uri| uri.chars().count() <= 400 && is_absolute(uri))
            .ok_or(AuthorizeError::RedirectUri)?;
        if client.redirect_urls.iter().any(|known| known == uri) {
            Ok(uri.to_owned())
        } else {
            Err(AuthorizeError::RedirectNotRegistered {
                uri: uri.to_owned(),
                client_id: self.client_id.clone(),
                registered: client.redirect_urls.clone(),
            })
        }
    }

    fn response_mode(&self, response: ResponseType) -> Result<ResponseMode, AuthorizeError> {
        let code_only = response.is_code_only();
        match self.response_mode.as_deref() {
            None if code_only => Ok(ResponseMode::Query),
            None | Some("fragment") => Ok(ResponseMode::Fragment),
            Some("form_post") => Ok(ResponseMode::FormPost),
            Some("query") if code_only => Ok(ResponseMode::Query),
            Some(_) => Err(AuthorizeError::ResponseMode),
        }
    }

    fn scopes(
        &self,
        client: &IntegratedClient,
        response: ResponseType,
    ) -> Result<Vec<Scope>, AuthorizeError> {
        let text = self
            .scope
            .as_deref()
            .filter(|scope| !scope.trim().is_empty())
            .ok_or(AuthorizeError::ScopeMissing)?;
        // What is wrong with the text comes before what the client may have.
        let asked = scope::read(text)?;
        let openid = asked.contains(&Scope::OpenId);
        if response.id_token && !openid {
            return Err(AuthorizeError::OpenIdMissing);
        }
        let is_identity = |scope: &&Scope| {
            matches!(
                scope,
                Scope::OpenId | Scope::Id | Scope::Profile | Scope::Email | Scope::Roles
            )
        };
        if !openid && asked.iter().any(|scope| is_identity(&scope)) {
            return Err(AuthorizeError::IdentityWithoutOpenId);
        }
        match response {
            ResponseType {
                code: false,
                token: false,
                ..
            } if asked.contains(&Scope::JsApi) => {
                return Err(AuthorizeError::ScopeWithoutToken(Scope::JsApi));
            }
            ResponseType {
                code: false,
                id_token: false,
                ..
            } => {
                if let Some(scope) = asked.iter().find(is_identity) {
                    return Err(AuthorizeError::ScopeWithoutIdToken(*scope));
                }
            }
            _ => {}
        }
        Ok(scope::resolve(Some(text), &client.scopes)?)
    }

    fn check_rest(&self, response: ResponseType, scopes: &[Scope]) -> Result<(), AuthorizeError> {
        let at_redirect = response.id_token || response.token;
        if self.nonce.is_none() && at_redirect && scopes.contains(&Scope::OpenId) {
            return Err(AuthorizeError::NonceMissing);
        }
        for (name, value, most) in [
            ("nonce", &self.nonce, 300),
            ("login_hint", &self.login_hint, 100),
            ("acr_values", &self.acr_values, 300),
        ] {
            if value
                .as_ref()
                .is_some_and(|value| value.chars().count() > most)
            {
                return Err(AuthorizeError::TooLong(name, most));
            }
        }
        Ok(())
    }
}

fn check_grant(client: &IntegratedClient, response: ResponseType) -> Result<(), AuthorizeError> {
    let has = |grant: GrantType| client.grant_types.contains(&grant);
    if response.code && !has(GrantType::AuthorizationCode) {
        return Err(AuthorizeError::GrantNotAllowed("Authorization Code"));
    }
    if (response.id_token || response.token) && !has(GrantType::Implicit) {
        return Err(AuthorizeError::GrantNotAllowed("Implicit"));
    }
    Ok(())
}

fn prompt(text: Option<&str>) -> Prompt {
    let words: Vec<&str> = text.unwrap_or_default().split_ascii_whitespace().collect();
    if words == ["none"] {
        Prompt::None
    } else if words.contains(&"login") || words.contains(&"select_account") {
        Prompt::Login
    } else {
        Prompt::Unset
    }
}

/// Whether a URL has a scheme that a browser may be sent to, no fragment, and no character that a header could not carry.
fn is_absolute(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else {
        return false;
    };
    let good_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        && !["javascript", "data", "vbscript"]
            .iter()
            .any(|bad| scheme.eq_ignore_ascii_case(bad));
    good_scheme
        && !rest.is_empty()
        && !uri.contains('#')
        && uri
            .chars()
            .all(|c| !c.is_control() && c != ' ' && c != '\\')
}

//! Tokens for users: as an app gets them, or minted.

use std::future::IntoFuture;
use std::pin::Pin;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::TestkitError;
use crate::instance::Instance;

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It is for another API.
    WrongAudience,
    /// Another server issued it.
    WrongIssuer,
    /// It names a key that nobody has.
    UnknownKey,
    /// Its signature is that of another text.
    BadSignature,
    /// It has no signature and says so.
    AlgNone,
    /// It names a key that was retired.
    RetiredKey,
}

impl Defect {
    fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::WrongAudience => "wrong_audience",
            Self::WrongIssuer => "wrong_issuer",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::AlgNone => "alg_none",
            Self::RetiredKey => "retired_key",
        }
    }
}

/// A token that is asked for; awaiting it gives the token.
///
/// With nothing more said it comes from the token endpoint, as an app gets it. Anything that the endpoint does not do (a
/// defect, a lifetime, claims) is minted by the control API, which asks for no password.
#[derive(Debug, Clone)]
#[must_use = "a token comes when it is awaited"]
pub struct TokenRequest<'a> {
    instance: &'a Instance,
    client: String,
    user: String,
    more: Map<String, Value>,
}

impl<'a> TokenRequest<'a> {
    pub(crate) fn new(instance: &'a Instance, client: &str, user: &str) -> Self {
        Self {
            instance,
            client: client.to_owned(),
            user: user.to_owned(),
            more: Map::new(),
        }
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }

    /// With this defect, which every endpoint finds and names.
    pub fn defect(self, defect: Defect) -> Self {
        self.with("defect", defect.as_str().into())
    }

    /// That lives so long: `10m`, `PT1H`.
    pub fn lifetime(self, duration: &str) -> Self {
        self.with("lifetime", duration.into())
    }

    /// With these scopes, with blanks between.
    pub fn scopes(self, scopes: &str) -> Self {
        self.with("scopes", scopes.into())
    }

    /// With another claim; null takes one out.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        let claims = self
            .more
            .entry("claims")
            .or_insert_with(|| Value::Object(Map::new()));
        claims[name] = value.into();
        self
    }

    /// An id_token in place of an access token.
    pub fn id_token(self) -> Self {
        self.with("kind", "id".into())
    }

    /// A personal access token of the user.
    pub fn personal(self) -> Self {
        self.with("kind", "pat".into())
    }

    async fn get(self) -> Result<String, TestkitError> {
        if self.more.is_empty() {
            return self.instance.sign_in(&self.client, &self.user).await;
        }
        #[derive(Deserialize)]
        struct Minted {
            #[serde(alias = "access_token", alias = "id_token")]
            token: String,
        }
        let mut wanted = self.more;
        wanted.insert("user".to_owned(), self.user.into());
        wanted.insert("client".to_owned(), self.client.into());
        let request = self.instance.http().post(self.instance.control("tokens")?);
        let request = request.json(&wanted);
        let response = self.instance.ask("POST /_emulator/tokens", request).await?;
        Ok(response.json::<Minted>().await?.token)
    }
}

impl<'a> IntoFuture for TokenRequest<'a> {
    type Output = Result<String, TestkitError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.get())
    }
}

//! Who asks, as far as a request says it before any room has looked at it. A claim is enough for a fault: nothing is
//! granted by it.

use actix_web::HttpMessage as _;
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::web::BytesMut;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cinchy_auth::{Credential, pat};
use futures_util::StreamExt as _;
use serde::Deserialize;

use crate::form;
use crate::instance::Instance;
use crate::work::{Gone, run};

/// Largest form that is read for this, in bytes; those of sign-ins are short.
const FORM_LIMIT: usize = 64 * 1024;

/// Who asks.
#[derive(Debug, Default)]
pub(crate) struct Subject {
    pub user: Option<String>,
    pub client: Option<String>,
    pub grant: Option<String>,
    pub is_bearer: bool,
}

#[derive(Deserialize)]
struct Claims {
    id: Option<String>,
    client_id: Option<String>,
}

enum NotFound {
    Storage,
    Gone,
}

impl From<Gone> for NotFound {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl From<cinchy_storage::StorageError> for NotFound {
    fn from(_: cinchy_storage::StorageError) -> Self {
        Self::Storage
    }
}

impl Subject {
    /// What the header alone tells.
    pub fn of_header(request: &ServiceRequest) -> Self {
        let header = request.headers().get(AUTHORIZATION);
        Self {
            is_bearer: header.is_some_and(|value| {
                let value = value.as_bytes();
                value.len() > 7 && value[..7].eq_ignore_ascii_case(b"bearer ")
            }),
            ..Self::default()
        }
    }

    /// Everything that can be told. Reads the form of a sign-in, and puts it back for the handler.
    pub async fn of(
        request: &mut ServiceRequest,
        routed: &str,
        instance: &std::sync::Arc<Instance>,
    ) -> Self {
        let mut subject = Self::of_header(request);
        let header = request.headers().get(AUTHORIZATION);
        let is_token_endpoint = routed == "/connect/token";
        match Credential::parse(header.map(HeaderValue::as_bytes)) {
            Ok(Credential::Basic { username, .. }) if is_token_endpoint => {
                subject.client = Some(username);
            }
            Ok(Credential::Basic { username, .. }) => subject.user = Some(username),
            Ok(Credential::Bearer(token)) if pat::looks_like_jwt(token.expose()) => {
                let claims = token.expose().split('.').nth(1);
                let claims = claims.and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
                let claims = claims.and_then(|json| serde_json::from_slice::<Claims>(&json).ok());
                if let Some(claims) = claims {
                    subject.user = claims.id;
                    subject.client = claims.client_id;
                }
            }
            Ok(Credential::Bearer(token)) => {
                let instance = std::sync::Arc::clone(instance);
                let found = run(move || {
                    instance.database().read(|conn| {
                        let generation = instance.generation(conn)?;
                        let Some(token) = generation.token(conn, &pat::hash(&token))? else {
                            return Ok::<_, NotFound>(None);
                        };
                        Ok(generation.user(conn, token.user_id)?)
                    })
                });
                if let Ok(Some(entry)) = found.await {
                    subject.user = Some(entry.user.username.clone());
                }
            }
            _ => {}
        }
        if request.method() == Method::POST && (is_token_endpoint || routed == "/account/login") {
            let form = take_form(request).await;
            for (name, value) in form::pairs(&form) {
                let value = Some(value.into_owned()).filter(|value| !value.is_empty());
                match name.to_ascii_lowercase().as_str() {
                    "grant_type" => subject.grant = value,
                    "client_id" if value.is_some() => subject.client = value,
                    "username" if value.is_some() => subject.user = value,
                    _ => {}
                }
            }
        }
        subject
    }
}

/// The body of a request, which its handler will read again. One that is too long is for the handler to refuse.
async fn take_form(request: &mut ServiceRequest) -> BytesMut {
    let mut payload = request.take_payload();
    let mut read = BytesMut::new();
    while let Some(next) = payload.next().await {
        let bytes = match next {
            Ok(bytes) => bytes,
            Err(error) => {
                // The handler shall see that it was cut off.
                let rest = [Ok(read.split().freeze()), Err(error)];
                let payload = Box::pin(futures_util::stream::iter(rest));
                request.set_payload(Payload::Stream { payload });
                return BytesMut::new();
            }
        };
        read.extend_from_slice(&bytes);
        if read.len() > FORM_LIMIT {
            let rest =
                Box::pin(futures_util::stream::iter([Ok(read.split().freeze())]).chain(payload));
            request.set_payload(Payload::Stream { payload: rest });
            return BytesMut::new();
        }
    }
    request.set_payload(Payload::from(read.clone().freeze()));
    read
}

//! `POST /connect/token`: one file for each grant; what they grant is signed and answered here.

mod code;
mod device;
mod follow;
mod refresh;

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, PRAGMA};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use cinchy_auth::token::{AccessToken, IdToken, UserClaims};
use cinchy_auth::{
    Credential, GrantKind, IntegratedClient, PlainSecret, Scope, SignInRefusal, TokenError,
    TokenForm, TokenProfile, TokenRequest, scope,
};
use cinchy_storage::Connection;
use cinchy_web::session::Login;
use cinchy_web::{Event, Generation, Instance, PrincipalEntry, Site, run};
use serde::Serialize;

use crate::error::IdentityError;
use crate::params;
use crate::saml::{self, ServiceProvider};
use follow::Follow;

/// The answer: exactly the documented members, `scope` in profile v4, and what other grants bring.
#[derive(Serialize)]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    access_token: String,
    expires_in: i32,
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

/// What is signed.
pub(crate) struct Granted {
    kind: GrantKind,
    client: Arc<IntegratedClient>,
    /// `None`: the client on its own behalf.
    user: Option<GrantedUser>,
    scopes: Vec<Scope>,
    profile: TokenProfile,
    /// `Some`: what is kept for later. It needs the database, so it is signed on a blocking thread.
    follow: Option<Follow>,
}

/// The user of a grant.
pub(crate) struct GrantedUser {
    entry: Arc<PrincipalEntry>,
    login: Login,
    /// An id_token goes with it, with this `nonce`.
    id_token: Option<IdTokenWanted>,
}

/// An id_token is wanted.
pub(crate) struct IdTokenWanted {
    nonce: Option<String>,
}

/// `POST /connect/token`, and the refusal of every other verb. Parameters of the query string are not read, so that a
/// secret in a URL is never accepted.
///
/// # Errors
/// 400 with the documented JSON for every refusal.
pub async fn token(
    site: Site,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, IdentityError> {
    if request.method() != Method::POST {
        return Err(TokenError::NotPost.into());
    }
    if !params::is_form(&request) {
        return Err(TokenError::NotForm.into());
    }
    let body = body.map_err(|_| IdentityError::TooLarge)?;
    let form = TokenForm::parse(&credential(&request), params::pairs(&body))?;
    let granted = granted(&site, form).await?;
    site.instance.ready_keys().await;
    let answer = if granted.follow.is_none() {
        // Signing needs no database and stays on the worker.
        sign(&site, granted)?
    } else {
        let site = site.clone();
        run(move || sign(&site, granted)).await?
    };
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store, no-cache, max-age=0"))
        .insert_header((PRAGMA, "no-cache"))
        .content_type("application/json; charset=UTF-8")
        .json(answer))
}

/// The credential of a client. A header that is none gives way to the form.
pub fn credential(request: &HttpRequest) -> Credential {
    let header = request.headers().get(AUTHORIZATION).map(|v| v.as_bytes());
    Credential::parse(header).unwrap_or(Credential::None)
}

fn sign(site: &Site, granted: Granted) -> Result<Answer, IdentityError> {
    let now = site.issue_time();
    let (keys, issuer) = (site.instance.keys()?, site.issuer());
    let client_id = &granted.client.client_id;
    site.facts.client(client_id);
    if let Some(user) = &granted.user {
        site.facts.user(&user.entry.user.username);
    }
    let claims = granted.user.as_ref().map(|user| UserClaims {
        identity_provider: &user.login.identity_provider,
        session: Some(user.login.sid.as_str()).filter(|sid| !sid.is_empty()),
        ..UserClaims::of(&user.entry.user, &user.login.method, user.login.at)
    });
    let token = AccessToken {
        issuer: &issuer,
        client_id,
        user: claims,
        scopes: &granted.scopes,
        lifetime: granted.client.lifetime(),
    };
    let minted = site
        .instance
        .mint(&token, keys.current(), granted.profile, now)?;
    let wanted = granted.user.as_ref().and_then(|u| u.id_token.as_ref());
    let id_token = match (wanted, claims) {
        (Some(wanted), Some(user)) => {
            let id_token = IdToken {
                issuer: &issuer,
                client_id,
                user,
                scopes: &granted.scopes,
                nonce: wanted.nonce.as_deref(),
                access_token: Some(&minted.access_token),
                code: None,
            };
            Some(id_token.mint(keys.current(), now)?)
        }
        _ => None,
    };
    let refresh_token = match &granted.follow {
        Some(follow) => follow.keep(&site.instance, &granted, &minted.access_token, now)?,
        None => None,
    };
    Event::TokenIssued {
        client_id,
        grant: granted.kind.as_str(),
        user_id: granted.user.as_ref().map(|user| user.entry.user.id),
    }
    .log();
    Ok(Answer {
        id_token,
        access_token: minted.access_token,
        expires_in: minted.expires_in,
        token_type: "Bearer",
        refresh_token: refresh_token.map(|token| token.expose().to_owned()),
        scope: minted.scope,
    })
}

/// Who asks, for whom, and what for. A user whose password was verified a moment ago is known without waiting for anything.
async fn granted(site: &Site, form: TokenForm) -> Result<Granted, IdentityError> {
    let instance = &site.instance;
    let at_once = instance.at_once(|conn, generation| {
        // What is refused here is refused again below.
        let asked = ask(instance, conn, &generation, form.clone()).ok()?;
        let TokenRequest::Password {
            username, password, ..
        } = &asked.request
        else {
            return None;
        };
        let user = instance.signed_in_before(conn, &generation, username, password);
        let user = user.ok()??;
        Some(asked.for_password(site, user))
    });
    if let Some(granted) = at_once {
        return granted;
    }
    let judged = {
        let site = site.clone();
        run(move || judge(&site, form)).await?
    };
    match judged {
        Judged::Granted(granted) => Ok(*granted),
        Judged::ToSignIn {
            asked,
            username,
            password,
        } => {
            let user = site.sign_in(&username, &password).await?;
            asked.for_password(site, user)
        }
    }
}

/// How far a request came.
enum Judged {
    Granted(Box<Granted>),
    /// The password is to be hashed, which takes a turn.
    ToSignIn {
        asked: Box<Asked>,
        username: String,
        password: PlainSecret,
    },
}

/// Asks the database. Blocks.
fn judge(site: &Site, form: TokenForm) -> Result<Judged, IdentityError> {
    let instance = &site.instance;
    let (asked, known) = instance.database().read(|conn| {
        let generation = instance.generation(conn)?;
        let asked = ask(instance, conn, &generation, form)?;
        let known = match &asked.request {
            TokenRequest::Password {
                username, password, ..
            } => instance.signed_in_before(conn, &generation, username, password)?,
            _ => None,
        };
        Ok::<_, IdentityError>((asked, known))
    })?;
    let granted = match (asked.request.clone(), known) {
        (TokenRequest::Password { .. }, Some(user)) => asked.for_password(site, user),
        (
            TokenRequest::Password {
                username, password, ..
            },
            None,
        ) => {
            return Ok(Judged::ToSignIn {
                asked: Box::new(asked),
                username,
                password,
            });
        }
        (
            TokenRequest::AuthorizationCode {
                code,
                redirect_uri,
                verifier,
            },
            _,
        ) => code::grant(
            instance,
            asked,
            &code,
            redirect_uri.as_deref(),
            verifier.as_ref(),
        ),
        (TokenRequest::RefreshToken { token, scope }, _) => {
            refresh::grant(instance, asked, &token, scope.as_deref())
        }
        (TokenRequest::ClientCredentials { .. }, _) => asked.for_client(),
        (TokenRequest::DeviceCode { code }, _) => device::grant(instance, asked, &code),
        (TokenRequest::Saml2 { token, .. }, _) => {
            let service = ServiceProvider::at(site);
            let user = saml::grant(instance, &service, &token)?;
            Ok(asked.for_saml(site, user))
        }
    };
    granted.map(|granted| Judged::Granted(Box::new(granted)))
}

/// A request of a client that may make it.
pub(crate) struct Asked {
    client: Arc<IntegratedClient>,
    request: TokenRequest,
    /// The client showed no secret.
    public: bool,
    /// What the request's `scope` is worth; empty where the grant says it.
    scopes: Vec<Scope>,
    profile: TokenProfile,
}

impl Asked {
    fn for_password(
        self,
        site: &Site,
        entry: Arc<PrincipalEntry>,
    ) -> Result<Granted, IdentityError> {
        let now = site.instance.clock().now();
        let expired = entry.user.password_expires.is_some_and(|at| now >= at);
        if expired && site.platform.options.faithful {
            return Err(TokenError::User(SignInRefusal::PasswordExpired).into());
        }
        let asked_for_more = matches!(
            &self.request,
            TokenRequest::Password { scope: Some(scope), .. } if scope.contains("offline_access")
        );
        Ok(Granted {
            kind: GrantKind::Password,
            client: self.client,
            user: Some(GrantedUser {
                entry,
                login: Login {
                    sid: String::new(),
                    method: "custom".to_owned(),
                    identity_provider: cinchy_auth::token::LOCAL.to_owned(),
                    at: now,
                },
                id_token: None,
            }),
            scopes: self.scopes,
            profile: self.profile,
            follow: asked_for_more.then(|| Follow::new(self.public)),
        })
    }

    /// The identity provider is not named (IdentityServer: a grant's provider is `local`).
    fn for_saml(self, site: &Site, entry: Arc<PrincipalEntry>) -> Granted {
        let asked_for_more = matches!(
            &self.request,
            TokenRequest::Saml2 { scope: Some(scope), .. } if scope.contains("offline_access")
        );
        Granted {
            kind: GrantKind::Saml2,
            client: self.client,
            user: Some(GrantedUser {
                entry,
                login: Login {
                    sid: String::new(),
                    method: "external".to_owned(),
                    identity_provider: cinchy_auth::token::LOCAL.to_owned(),
                    at: site.instance.clock().now(),
                },
                id_token: None,
            }),
            scopes: self.scopes,
            profile: self.profile,
            follow: asked_for_more.then(|| Follow::new(self.public)),
        }
    }

    fn for_client(mut self) -> Result<Granted, IdentityError> {
        let needs_user = |scope: &Scope| *scope != Scope::JsApi;
        let named = matches!(
            &self.request,
            TokenRequest::ClientCredentials { scope: Some(_) }
        );
        if named {
            if let Some(scope) = self.scopes.iter().find(|scope| needs_user(scope)) {
                return Err(TokenError::ScopeNeedsUser(*scope).into());
            }
        } else {
            self.scopes.retain(|scope| !needs_user(scope));
        }
        Ok(Granted {
            kind: GrantKind::ClientCredentials,
            client: self.client,
            user: None,
            scopes: self.scopes,
            profile: self.profile,
            follow: None,
        })
    }
}

/// In the order of IdentityServer: client, grant, scope; the user's credentials come after them.
fn ask(
    instance: &Instance,
    conn: &mut Connection,
    generation: &Generation,
    form: TokenForm,
) -> Result<Asked, IdentityError> {
    let client = generation.client(conn, form.client_id())?;
    let profile = instance.token_profile(conn, generation)?;
    form.authenticate(client.as_deref())?;
    let client = client.ok_or_else(|| TokenError::UnknownClient(form.client_id().to_owned()))?;
    let public = form.proves_itself() && !client.is_implicit_only();
    let request = form.into_request(&client)?;
    let scopes = match &request {
        TokenRequest::Password { scope, .. }
        | TokenRequest::Saml2 { scope, .. }
        | TokenRequest::ClientCredentials { scope } => {
            scope::resolve(scope.as_deref(), &client.scopes).map_err(TokenError::from)?
        }
        _ => Vec::new(),
    };
    Ok(Asked {
        client,
        request,
        public,
        scopes,
        profile,
    })
}

/// Of the scopes that were granted once, those that the client is permitted now.
fn stored_scopes(text: &str, client: &IntegratedClient) -> Vec<Scope> {
    text.split_ascii_whitespace()
        .filter_map(Scope::from_wire)
        .filter(|granted| scope::is_permitted(*granted, &client.scopes))
        .collect()
}

/// A handle as it came; a longer one than any of ours is nobody's.
fn is_handle(text: &PlainSecret) -> bool {
    text.char_count() <= cinchy_auth::handle::MAX_CHARS
}

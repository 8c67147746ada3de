//! One request for a page: who asks, and how the answer leaves.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue,
    LOCATION, REFERRER_POLICY, SET_COOKIE, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use actix_web::web::Bytes;
use actix_web::{Error, FromRequest, HttpRequest, HttpResponse};
use cinchy_auth::Credential;
use cinchy_auth::principal::AuthenticationKind;
use cinchy_web::authenticate::Authenticated;
use cinchy_web::{AuthError, Site, WithReason as _};
use sha2::{Digest, Sha256};

use crate::desk::Desk;
use crate::error::PageError;
use crate::form::{Pairs, is_ours, token_of};
use crate::page::{self, Frame};

/// Scripts, styles, pictures and forms of our own origin and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What a page answers.
#[derive(Debug)]
pub enum Answer {
    /// A document.
    Page(String),
    /// A document about something that is not as it should be.
    Problem(StatusCode, String),
    /// See another page: a path below the instance's, `/admin/...`.
    See(String),
    /// Begin or stop to view as a user, then see another page.
    ViewAs(Option<i32>, String),
    /// A file to keep.
    Download {
        /// Its name.
        name: String,
        /// Its type.
        content_type: &'static str,
        /// What is in it.
        body: Vec<u8>,
    },
    /// A part of a page, for a script.
    Json(String),
}

/// A request for a page.
pub struct Visit {
    /// Where it came in.
    pub site: Site,
    /// Its query string.
    pub query: Pairs,
    /// Path and query string below the instance's path.
    pub address: String,
    credential: Result<Credential, AuthError>,
    /// What the token of its forms is made of.
    secret: String,
    view_as: Option<i32>,
    is_foreign: bool,
}

impl FromRequest for Visit {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let site = match Site::from_request(request, payload).into_inner() {
            Ok(site) => site,
            Err(error) => return ready(Err(error)),
        };
        let header = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok());
        let authorization = header("authorization").unwrap_or_default();
        let credential =
            Credential::parse(Some(authorization.as_bytes()).filter(|h| !h.is_empty()));
        let wanted = view_as_cookie(&site);
        let cookies = header("cookie").unwrap_or_default().split(';');
        let mut cookies = cookies.filter_map(|pair| pair.trim().split_once('='));
        let view_as = cookies
            .find(|(name, _)| *name == wanted)
            .and_then(|(_, value)| value.parse().ok());
        let is_foreign =
            header("sec-fetch-site").is_some_and(|from| !matches!(from, "same-origin" | "none"));
        ready(Ok(Self {
            query: Pairs::decode(request.query_string().as_bytes()),
            address: match request.query_string() {
                "" => request.path().to_owned(),
                query => format!("{}?{query}", request.path()),
            },
            credential: credential.map_err(AuthError::from),
            secret: authorization.to_owned(),
            view_as,
            is_foreign,
            site,
        }))
    }
}

/// Two emulators on one host share its cookies, so the name tells them apart.
fn view_as_cookie(site: &Site) -> String {
    let place = format!("{}{}", site.origin, page::path(site));
    let digest = Sha256::digest(place.as_bytes());
    format!(
        "console_as_{:02x}{:02x}{:02x}{:02x}",
        digest[0], digest[1], digest[2], digest[3]
    )
}

impl Visit {
    /// Answers a request that changes nothing.
    pub async fn get<W>(self, work: W) -> HttpResponse
    where
        W: FnOnce(&mut Desk<'_>) -> Result<Answer, PageError> + Send + 'static,
    {
        self.answer(None, |desk, _| work(desk)).await
    }

    /// Answers a form, if it is one of this session's.
    pub async fn post<W>(self, body: Bytes, work: W) -> HttpResponse
    where
        W: FnOnce(&mut Desk<'_>, &Pairs) -> Result<Answer, PageError> + Send + 'static,
    {
        self.answer(Some(Pairs::decode(&body)), work).await
    }

    async fn answer<W>(self, form: Option<Pairs>, work: W) -> HttpResponse
    where
        W: FnOnce(&mut Desk<'_>, &Pairs) -> Result<Answer, PageError> + Send + 'static,
    {
        let site = self.site.clone();
        let path = page::path(&site);
        let cookie = view_as_cookie(&site);
        let done = cinchy_web::run(move || self.run(form, work)).await;
        match done {
            Ok(answer) => response(answer, &path, &cookie, site.origin.starts_with("https:")),
            Err(error) => refusal(&error),
        }
    }

    fn run<W>(self, form: Option<Pairs>, work: W) -> Result<Answer, PageError>
    where
        W: FnOnce(&mut Desk<'_>, &Pairs) -> Result<Answer, PageError>,
    {
        let token = token_of(&self.secret);
        let Credential::Basic { username, password } = self.credential? else {
            return Err(PageError::SignIn(AuthError::Missing {
                expected: "Authorization: Basic <user name and password>",
            }));
        };
        let instance = self.site.instance.clone();
        // Hashing a password holds no connection.
        let entry = instance.sign_in(&username, &password)?;
        let visitor = Authenticated {
            entry,
            how: AuthenticationKind::Basic,
        };
        instance.database().read(|conn| {
            let generation = instance.generation(conn)?;
            let mut caller = visitor.clone();
            if visitor.entry.administrator
                && let Some(id) = self.view_as
                && let Some(entry) = generation.user(conn, id)?
                && entry.user.id != visitor.entry.user.id
            {
                caller.entry = entry;
            }
            let frame = Frame::new(&self.site, &visitor, &caller, &token, &self.address);
            let mut desk = Desk {
                site: &self.site,
                instance: &instance,
                conn,
                generation,
                visitor,
                caller,
                query: self.query,
                frame,
            };
            let ours = match &form {
                None => Ok(()),
                Some(form) if self.is_foreign || !is_ours(form, &token) => {
                    Err(PageError::ForeignForm)
                }
                // Stopping is the one form that works for somebody else.
                Some(_) if desk.is_viewing_as() && !self.address.starts_with("/admin/view-as") => {
                    Err(PageError::ViewingAs)
                }
                Some(_) => Ok(()),
            };
            let form = form.unwrap_or_default();
            let done = ours.and_then(|()| work(&mut desk, &form));
            done.or_else(|error| page::problem(&desk.frame, &error))
        })
    }
}

fn response(answer: Answer, path: &str, cookie: &str, secure: bool) -> HttpResponse {
    let mut response = match &answer {
        Answer::Page(_) | Answer::Download { .. } | Answer::Json(_) => HttpResponse::Ok(),
        Answer::Problem(status, _) => HttpResponse::build(*status),
        Answer::See(_) | Answer::ViewAs(..) => HttpResponse::SeeOther(),
    };
    secured(&mut response);
    match answer {
        Answer::Page(html) => response.body(html),
        Answer::Problem(_, html) => response.body(html),
        Answer::See(to) => response
            .insert_header((LOCATION, format!("{path}{to}")))
            .finish(),
        Answer::ViewAs(user, to) => {
            let age = if user.is_some() { "" } else { "; Max-Age=0" };
            let secure = if secure { "; Secure" } else { "" };
            let value = user.map(|id| id.to_string()).unwrap_or_default();
            response
                .insert_header((LOCATION, format!("{path}{to}")))
                .insert_header((
                    SET_COOKIE,
                    format!(
                        "{cookie}={value}; Path={path}/admin; HttpOnly; SameSite=Lax{age}{secure}"
                    ),
                ))
                .finish()
        }
        Answer::Download {
            name,
            content_type,
            body,
        } => {
            let plain: String = name
                .chars()
                .map(|c| {
                    if c.is_ascii_alphanumeric() || "-_. ".contains(c) {
                        c
                    } else {
                        '_'
                    }
                })
                .collect();
            let disposition = format!(
                "attachment; filename=\"{plain}\"; filename*=UTF-8''{}",
                crate::form::encode(&name)
            );
            response.insert_header((CONTENT_TYPE, content_type));
            if let Ok(value) = HeaderValue::from_str(&disposition) {
                response.insert_header((CONTENT_DISPOSITION, value));
            }
            response.body(body)
        }
        Answer::Json(text) => {
            response.insert_header((CONTENT_TYPE, "application/json; charset=utf-8"));
            response.body(text)
        }
    }
}

/// The headers of every answer of the console.
fn secured(response: &mut actix_web::HttpResponseBuilder) {
    response
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_FRAME_OPTIONS, "DENY"))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "no-referrer"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"));
}

/// Where no page can be made since nobody is known to be signed in.
fn refusal(error: &PageError) -> HttpResponse {
    error.log();
    let mut response = HttpResponse::build(error.status());
    secured(&mut response);
    if matches!(error, PageError::SignIn(_)) {
        response.insert_header((
            WWW_AUTHENTICATE,
            "Basic realm=\"Cinchy\", charset=\"UTF-8\"",
        ));
    }
    response.insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"));
    let text = error.to_string();
    response.body(text.clone()).with_reason(text)
}

//! One request for a page: who asks, and how the answer leaves.

use std::future::{Ready, ready};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    HeaderValue, LOCATION, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, FromRequest, HttpRequest, HttpResponse};
use askama::Template;
use cinchy_auth::principal::AuthenticationKind;
use cinchy_web::authenticate::Authenticated;
use cinchy_web::cookie::{self, Reader};
use cinchy_web::journal::{self, Filter, Live};
use cinchy_web::repeats::{Outcome, Place};
use cinchy_web::sign_in::{self, RedeemError};
use cinchy_web::{Site, WithReason as _, session};

use crate::desk::Desk;
use crate::error::{Kept, PageError, refused};
use crate::form::{Pairs, is_ours, key_of, of_a_page, token_of};
use crate::page::{self, Frame};
use crate::requests;

/// Scripts, styles, pictures and forms of our own origin and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What a page answers.
#[derive(Debug)]
pub enum Answer {
    /// A document.
    Page(String),
    /// A document with something that is shown only now, and so again to whoever sent its form twice.
    Once(String),
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
    /// Requests as they come, each as a row of a list.
    Live(Box<Filter>),
}

impl Answer {
    /// What is told again when its form comes again. Other answers change nothing, or are about what is there now.
    fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::See(to) => Some(Outcome::See(to.clone())),
            Self::Once(html) => Some(Outcome::Shown(html.clone())),
            _ => None,
        }
    }
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::See(to) => Self::See(to),
            Outcome::Shown(html) => Self::Once(html),
        }
    }
}

/// A request for a page.
pub struct Visit {
    /// Where it came in.
    pub site: Site,
    /// Its query string.
    pub query: Pairs,
    /// Path and query string below the instance's path.
    pub address: String,
    /// The cookie of the console's session: who asks, and what the token of its forms is made of.
    session: Option<String>,
    view_as: Option<i32>,
    is_foreign: bool,
    /// Whether the browser says that a page of this very origin sends the request.
    is_own: bool,
    /// The last event of a stream that the browser has.
    last_event: Option<u64>,
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
        let view_as = cookie::read(request, &view_as_cookie(&site)).and_then(|id| id.parse().ok());
        let is_foreign =
            header("sec-fetch-site").is_some_and(|from| !matches!(from, "same-origin" | "none"));
        let is_own = match header("sec-fetch-site") {
            Some(from) => from == "same-origin",
            // Browsers tell it only to hosts that they trust; the origin of a form they tell to all.
            None => header("origin")
                .and_then(|origin| origin.split_once("://"))
                .is_some_and(|(_, host)| Some(host) == header("host")),
        };
        ready(Ok(Self {
            query: Pairs::decode(request.query_string().as_bytes()),
            address: match request.query_string() {
                "" => request.path().to_owned(),
                query => format!("{}?{query}", request.path()),
            },
            session: session::console_cookie(&site, request),
            last_event: header("last-event-id").and_then(|id| id.parse().ok()),
            view_as,
            is_foreign,
            is_own,
            site,
        }))
    }
}

/// Beside the session's own, whose name tells the databases of one host apart.
fn view_as_cookie(site: &Site) -> String {
    format!("{}.as", site.instance.cookies().console)
}

impl Visit {
    /// Answers a request that changes nothing.
    pub async fn get<W>(self, work: W) -> HttpResponse
    where
        W: FnOnce(&mut Desk<'_>) -> Result<Answer, PageError> + Send + 'static,
    {
        self.answer(None, None, |desk, _| work(desk)).await
    }

    /// Answers a form, if it is one of this session's. One that is sent twice is carried out once.
    pub async fn post<W>(self, body: Bytes, work: W) -> HttpResponse
    where
        W: FnOnce(&mut Desk<'_>, &Pairs) -> Result<Answer, PageError> + Send + 'static,
    {
        let session = self.session.as_deref().unwrap_or_default();
        let epoch = self.site.instance.epoch();
        let key = key_of(session, epoch, &self.address, &body);
        let place = self.site.platform.repeats.place(key);
        self.answer(Some(Pairs::decode(&body)), Some(place), work)
            .await
    }

    /// Answers a form in two steps: `decide` looks at it and at who sends it, `act` carries out what was decided, without
    /// a connection of the page's own. Both may refuse.
    pub async fn order<D, O, A, F>(self, body: Bytes, decide: D, act: A) -> HttpResponse
    where
        D: FnOnce(&mut Desk<'_>, &Pairs) -> Result<O, PageError> + Send + 'static,
        O: Send + 'static,
        A: FnOnce(Site, O) -> F,
        F: Future<Output = Result<Answer, PageError>>,
    {
        let site = self.site.clone();
        let form = Some(Pairs::decode(&body));
        let decided = cinchy_web::run(move || self.run(form, decide)).await;
        let answered = match decided {
            Ok((frame, decided)) => {
                let done = match decided {
                    Ok(order) => act(site.clone(), order).await,
                    Err(error) => Err(error),
                };
                done.or_else(|error| page::problem(&frame, &error))
            }
            Err(error) => Err(error),
        };
        match answered {
            Ok(answer) => response(answer, &site),
            Err(error) => refusal(&error, &site),
        }
    }

    async fn answer<W>(self, form: Option<Pairs>, place: Option<Place>, work: W) -> HttpResponse
    where
        W: FnOnce(&mut Desk<'_>, &Pairs) -> Result<Answer, PageError> + Send + 'static,
    {
        let (site, last_event) = (self.site.clone(), self.last_event);
        let wanted = form
            .is_none()
            .then(|| format!("{}{}", page::path(&site), self.address));
        let answered = cinchy_web::run(move || {
            // Before a connection is taken, of which there are few.
            let mut known = place.as_ref().map(Place::turn);
            let (frame, done) = self.run(form, |desk, form| match known.as_deref_mut() {
                Some(Some(known)) => Ok(known.clone().into()),
                Some(known) => {
                    let answer = work(desk, form)?;
                    *known = answer.outcome();
                    Ok(answer)
                }
                None => work(desk, form),
            })?;
            done.or_else(|error| page::problem(&frame, &error))
        });
        match answered.await {
            Ok(Answer::Live(filter)) => live(&site, *filter, last_event),
            Ok(answer) => response(answer, &site),
            Err(PageError::SignIn) if wanted.is_some() => {
                let begun = sign_in::begin(&site, &wanted.unwrap_or_default());
                let mut response = HttpResponse::Found();
                secured(&mut response);
                response
                    .insert_header((LOCATION, begun.location))
                    .insert_header((SET_COOKIE, begun.cookie))
                    .finish()
            }
            Err(error) => refusal(&error, &site),
        }
    }

    /// What the work comes to, with the frame of a page about it.
    fn run<W, T>(
        self,
        form: Option<Pairs>,
        work: W,
    ) -> Result<(Frame, Result<T, PageError>), PageError>
    where
        W: FnOnce(&mut Desk<'_>, &Pairs) -> Result<T, PageError>,
    {
        let instance = self.site.instance.clone();
        let session = self.session.unwrap_or_default();
        let token = token_of(&session);
        let signed_in = session::console_user(
            &instance,
            Some(&session).filter(|s| !s.is_empty()).map(String::as_str),
        )?;
        let kept = |form: &Pairs| {
            Box::new(Kept {
                action: self.address.clone(),
                fields: form.clone(),
            })
        };
        let Some(signed_in) = signed_in else {
            return Err(match &form {
                Some(form) if self.is_own => PageError::SignInToSend(kept(form)),
                _ => PageError::SignIn,
            });
        };
        let visitor = Authenticated {
            entry: signed_in.entry,
            // What the platform's policies ask of a person before a screen.
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
            let of_page = of_a_page(&token);
            let frame = Frame::new(&self.site, &visitor, &caller, &of_page, &self.address);
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
                    Err(match self.is_own {
                        // The person decides: the token alone says that they saw the form.
                        true => PageError::Stale(kept(form)),
                        false => PageError::ForeignForm,
                    })
                }
                // Stopping is the one form that works for somebody else.
                Some(_) if desk.is_viewing_as() && !self.address.starts_with("/admin/view-as") => {
                    Err(PageError::ViewingAs)
                }
                Some(_) => Ok(()),
            };
            let form = form.unwrap_or_default();
            let done = ours.and_then(|()| work(&mut desk, &form));
            Ok((desk.frame, done))
        })
    }
}

/// Tells by a page that a form is too long, which is seen before there is a [`Visit`].
pub async fn told_of_long_forms(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let site = request.extract::<Site>().await?;
    let response = next.call(request).await?.map_into_boxed_body();
    let is_page = response.headers().contains_key(CONTENT_SECURITY_POLICY);
    if response.status() == PageError::TooLong.status() && !is_page {
        return Ok(response.into_response(refusal(&PageError::TooLong, &site)));
    }
    Ok(response)
}

fn response(answer: Answer, site: &Site) -> HttpResponse {
    let path = page::path(site);
    let mut response = match &answer {
        Answer::Page(_)
        | Answer::Once(_)
        | Answer::Download { .. }
        | Answer::Json(_)
        | Answer::Live(_) => HttpResponse::Ok(),
        Answer::Problem(status, _) => refused(*status),
        Answer::See(_) | Answer::ViewAs(..) => HttpResponse::SeeOther(),
    };
    secured(&mut response);
    match answer {
        Answer::Page(html) | Answer::Once(html) => response.body(html),
        Answer::Problem(_, html) => response.body(html),
        Answer::See(to) => response
            .insert_header((LOCATION, format!("{path}{to}")))
            .finish(),
        Answer::ViewAs(user, to) => {
            let name = view_as_cookie(site);
            let cookie = match user {
                Some(id) => cookie::set(site, &name, &id.to_string(), Reader::Server),
                None => cookie::remove(site, &name),
            };
            response
                .insert_header((LOCATION, format!("{path}{to}")))
                .insert_header((SET_COOKIE, cookie))
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
        Answer::Live(filter) => live(site, *filter, None),
    }
}

/// Requests as they come, for at most a minute: then the browser asks again, and is asked again who it is.
fn live(site: &Site, filter: Filter, last_event: Option<u64>) -> HttpResponse {
    let path = page::path(site);
    let wanted = Live {
        filter: Filter {
            since: last_event.or(filter.since),
            ..filter
        },
        longest: Some(requests::LONGEST),
    };
    let mut response = HttpResponse::Ok();
    secured(&mut response);
    response
        .insert_header((CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        // A compressed stream would come in lumps.
        .insert_header((CONTENT_ENCODING, "identity"))
        .streaming(journal::live(site, wanted, move |entry| {
            requests::encoded_row(&path, entry)
        }))
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

/// The page of a problem that stands alone: nobody is known to be signed in.
#[derive(Template)]
#[template(path = "admin/alone.html")]
struct Alone<'a> {
    path: &'a str,
    title: &'a str,
    text: String,
    kept: Option<&'a Kept>,
}

fn refusal(error: &PageError, site: &Site) -> HttpResponse {
    error.log();
    let mut response = refused(error.status());
    secured(&mut response);
    let text = error.to_string();
    let page = Alone {
        path: &page::path(site),
        title: error.title(),
        text: text.clone(),
        kept: error.kept(),
    };
    response
        .body(page.render().unwrap_or_else(|_| text.clone()))
        .with_reason(text)
}

/// Where the browser comes back to from the login page.
pub async fn signed_in(site: Site, request: HttpRequest) -> HttpResponse {
    let begun = sign_in::begun_cookie(&site, &request);
    let pairs = Pairs::decode(request.query_string().as_bytes());
    let at = site.clone();
    let redeemed = cinchy_web::run(move || {
        let redeemed = sign_in::redeem(
            &at,
            begun.as_deref(),
            pairs.text("code"),
            pairs.text("state"),
        );
        redeemed.map_err(|error| match error {
            RedeemError::Storage(error) => PageError::from(error),
            error => PageError::NotSignedIn(error.to_string()),
        })
    })
    .await;
    match redeemed {
        Ok(redeemed) => {
            // It was sealed, and is checked all the same: nothing may lead out of the console.
            let home = format!("{}/admin", page::path(&site));
            let to = if redeemed.return_to.starts_with(&home) {
                redeemed.return_to
            } else {
                home
            };
            let mut response = HttpResponse::SeeOther();
            secured(&mut response);
            response.insert_header((LOCATION, to));
            for cookie in redeemed.cookies {
                response.append_header((SET_COOKIE, cookie));
            }
            response.finish()
        }
        Err(error) => refusal(&error, &site),
    }
}

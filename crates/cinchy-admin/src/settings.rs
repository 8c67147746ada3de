//! User settings > Tokens: the signed-in user's own personal access tokens.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Path};
use askama::Template;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use cinchy_auth::pat;
use cinchy_storage::tokens::{self, NewToken};

use crate::desk::Desk;
use crate::error::PageError;
use crate::form::Pairs;
use crate::page::{Frame, Notice};
use crate::place::Section;
use crate::time;
use crate::visit::{Answer, Visit};

#[derive(Template)]
#[template(path = "admin/settings/tokens.html")]
struct Page {
    frame: Frame,
    tokens: Vec<Token>,
    active: usize,
    most: usize,
    draft: Draft,
    /// A new token's value, shown this once.
    value: Option<String>,
    call: String,
    /// The latest day that may be chosen.
    latest: String,
}

struct Token {
    id: i32,
    name: String,
    description: String,
    created: String,
    expires: String,
    expired: bool,
}

#[derive(Default)]
struct Draft {
    name: String,
    description: String,
    expires: String,
    wrong_name: String,
    wrong_expires: String,
}

fn show(
    desk: &mut Desk<'_>,
    mut draft: Draft,
    value: Option<String>,
    notice: Option<Notice>,
) -> Result<String, PageError> {
    let now = desk.instance.clock().now();
    let me = desk.visitor.entry.user.id;
    let tokens: Vec<Token> = tokens::list(desk.conn)?
        .into_iter()
        .filter(|token| token.user_id == me)
        .map(|token| Token {
            id: token.id,
            name: token.name,
            description: token.description.unwrap_or_default(),
            created: time::moment(token.created),
            expires: time::moment(token.expires),
            expired: token.expires <= now.naive_utc(),
        })
        .collect();
    let day = |days: i64| (now + TimeDelta::days(days)).format("%Y-%m-%d").to_string();
    if draft.expires.is_empty() {
        draft.expires = day(90);
    }
    let call = value.as_ref().map_or_else(String::new, |value| {
        format!(
            "curl -H 'Authorization: Bearer {value}' '{}/API/...'",
            desk.frame.web
        )
    });
    let page = Page {
        frame: desk
            .frame(Section::Settings, "Personal access tokens")
            .noting(notice),
        active: tokens.iter().filter(|token| !token.expired).count(),
        tokens,
        most: pat::MAX_ACTIVE,
        draft,
        value,
        call,
        latest: day(365),
    };
    Ok(page.render()?)
}

/// Shows the user's tokens.
pub async fn list(visit: Visit) -> HttpResponse {
    visit
        .get(|desk| {
            let notice = (desk.query.text("done") == "deleted")
                .then(|| Notice::good("The token was deleted and is refused from now on."));
            Ok(Answer::Page(show(desk, Draft::default(), None, notice)?))
        })
        .await
}

/// Makes a token and shows its value, once.
pub async fn create(visit: Visit, body: Bytes) -> HttpResponse {
    visit.post(body, made).await
}

fn made(desk: &mut Desk<'_>, form: &Pairs) -> Result<Answer, PageError> {
    form.within(&[("name", 200), ("description", 500)])?;
    let mut draft = Draft {
        name: form.text("name").to_owned(),
        description: form.text("description").to_owned(),
        expires: form.text("expires").to_owned(),
        ..Draft::default()
    };
    let now = desk.instance.clock().now();
    let me = desk.visitor.entry.user.id;
    if draft.name.is_empty() {
        draft.wrong_name =
            "Give the token a name, so that you know later what it is for.".to_owned();
    }
    // The token holds to the end of its day.
    let expires = NaiveDate::parse_from_str(&draft.expires, "%Y-%m-%d")
        .ok()
        .and_then(|day| day.and_hms_opt(23, 59, 59))
        .map(|end| end.and_utc());
    let Some(expires) = expires else {
        draft.wrong_expires = "Write the day as 2027-01-31.".to_owned();
        return Ok(Answer::Page(show(desk, draft, None, None)?));
    };
    // A year from now to the end of that day.
    let latest = now + TimeDelta::days(365);
    let expires = if expires.date_naive() == latest.date_naive() {
        latest
    } else {
        expires
    };
    let value = pat::generate(&mut rand::rng());
    let description = Some(draft.description.as_str()).filter(|text| !text.is_empty());
    let new = NewToken {
        user_id: me,
        name: &draft.name,
        description,
        token_hash: &pat::hash(&value),
        created: now.naive_utc(),
        expires: expires.naive_utc(),
    };
    let kept = if draft.wrong_name.is_empty() {
        keep(desk, &new, expires, now)?
    } else {
        pat::may_create(0, expires, now)
    };
    if let Err(refusal) = kept {
        draft.wrong_expires = match refusal {
            pat::PatRefusal::TooMany => {
                format!(
                    "You have {} active tokens, and more are not allowed. Delete one first.",
                    pat::MAX_ACTIVE
                )
            }
            pat::PatRefusal::ExpiryPast => {
                "The day is over already. Take today or a later one.".to_owned()
            }
            pat::PatRefusal::ExpiryTooLate => "At most a year from now.".to_owned(),
        };
    }
    if !draft.wrong_name.is_empty() || !draft.wrong_expires.is_empty() {
        return Ok(Answer::Page(show(desk, draft, None, None)?));
    }
    let value = value.expose().to_owned();
    let page = show(desk, Draft::default(), Some(value), None)?;
    Ok(Answer::Once(page))
}

/// Keeps a token, unless its user has too many: counted and kept in one transaction, so that two forms sent at once do not
/// both pass.
fn keep(
    desk: &mut Desk<'_>,
    new: &NewToken<'_>,
    expires: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Result<(), pat::PatRefusal>, PageError> {
    desk.conn.atomic(|conn| {
        tokens::lock(conn)?;
        let active = tokens::list(conn)?
            .iter()
            .filter(|token| token.user_id == new.user_id && token.expires > now.naive_utc())
            .count();
        match pat::may_create(active, expires, now) {
            Ok(()) => Ok(Ok(tokens::insert(conn, new)?)),
            Err(refusal) => Ok(Err(refusal)),
        }
    })
}

/// Deletes a token of the user's.
pub async fn delete(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, _| {
            let now = desk.instance.clock().now().naive_utc();
            let me = desk.visitor.entry.user.id;
            let gone = desk
                .conn
                .atomic(|conn| tokens::delete(conn, *id, me, now))?;
            if gone {
                Ok(Answer::See(
                    "/admin/settings/tokens?done=deleted".to_owned(),
                ))
            } else {
                Err(PageError::NotFound("You have no such token.".to_owned()))
            }
        })
        .await
}

//! A user: made, changed, disabled, unlocked, with a new password, deleted and brought back.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Path};
use askama::Template;
use cinchy_auth::password::MAX_PASSWORD_CHARS;

use super::{METHODS, User, WHAT, find};
use crate::cql::Statement;
use crate::desk::Desk;
use crate::error::PageError;
use crate::form::{Pairs, encode};
use crate::page::{Frame, Notice};
use crate::place::Section;
use crate::rows::changed_meanwhile;
use crate::visit::{Answer, Visit};

/// Fields of the form that the page says nothing else of.
const LONGEST: &[(&str, usize)] = &[("first", 200), ("last", 200), ("email", 254)];

#[derive(Template)]
#[template(path = "admin/users/edit.html")]
struct Page {
    frame: Frame,
    user: Option<User>,
    draft: Draft,
    groups: Vec<Member>,
    methods: &'static [(&'static str, &'static str)],
    password_wrong: String,
    version: String,
    is_self: bool,
}

/// A group of the user.
struct Member {
    id: i32,
    name: String,
    /// The user is in it through another group, or as everybody is.
    indirect: bool,
}

#[derive(Debug, Clone, Default)]
struct Draft {
    username: String,
    method: String,
    first: String,
    last: String,
    email: String,
    design_tables: bool,
    design_queries: bool,
    wrong_username: String,
    wrong_email: String,
    wrong_method: String,
}

impl Draft {
    fn of(user: &User) -> Self {
        Self {
            username: user.username.clone(),
            method: user.method.clone(),
            first: user.first.clone(),
            last: user.last.clone(),
            email: user.email.clone(),
            design_tables: user.design_tables,
            design_queries: user.design_queries,
            ..Self::default()
        }
    }

    fn sent(form: &Pairs) -> Self {
        Self {
            username: form.text("username").to_owned(),
            method: form.text("method").to_owned(),
            first: form.text("first").to_owned(),
            last: form.text("last").to_owned(),
            email: form.text("email").to_owned(),
            design_tables: form.has("design_tables"),
            design_queries: form.has("design_queries"),
            ..Self::default()
        }
    }

    fn check(&mut self, desk: &mut Desk<'_>, own: Option<i32>) -> Result<bool, PageError> {
        let taken = desk.generation.user_by_name(desk.conn, &self.username)?;
        if self.username.is_empty() {
            self.wrong_username = "Give the user a name to sign in with.".to_owned();
        } else if self.username.chars().count() > 100 {
            self.wrong_username =
                "At most 100 characters: longer names are refused at sign-in.".to_owned();
        } else if self.username.chars().any(char::is_control) {
            self.wrong_username = "A user name has no control characters.".to_owned();
        } else if taken.is_some_and(|entry| Some(entry.user.id) != own) {
            self.wrong_username = format!(
                "Somebody has the name {} already; upper and lower case are the same here.",
                self.username
            );
        }
        if !self.email.is_empty() && !self.email.contains('@') {
            self.wrong_email = "An e-mail address has an @.".to_owned();
        }
        if !METHODS.iter().any(|(name, _)| *name == self.method) {
            self.wrong_method = "Choose how the user signs in.".to_owned();
        }
        Ok(self.wrong_username.is_empty()
            && self.wrong_email.is_empty()
            && self.wrong_method.is_empty())
    }

    fn written<'a>(&self, cql: &'a str) -> Statement<'a> {
        let text = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
        Statement::new(cql)
            .with("username", self.username.as_str())
            .with("method", self.method.as_str())
            .with("first", text(&self.first))
            .with("last", text(&self.last))
            .with("email", text(&self.email))
            .with("design_tables", self.design_tables)
            .with("design_queries", self.design_queries)
    }
}

fn show(
    desk: &mut Desk<'_>,
    user: Option<User>,
    draft: Draft,
    password_wrong: String,
    notice: Option<Notice>,
) -> Result<Answer, PageError> {
    let groups = match &user {
        None => Vec::new(),
        Some(user) => groups_of(desk, user.id)?,
    };
    let title = user
        .as_ref()
        .map_or_else(|| "New user".to_owned(), |user| user.display.clone());
    let version = match &user {
        Some(user) => crate::rows::version(desk, "Users", user.id)?,
        None => String::new(),
    };
    let page = Page {
        version,
        is_self: user
            .as_ref()
            .is_some_and(|u| u.id == desk.visitor.entry.user.id),
        frame: desk.frame(Section::Users, title).noting(notice),
        user,
        draft,
        groups,
        methods: METHODS,
        password_wrong,
    };
    Ok(Answer::Page(page.render()?))
}

fn groups_of(desk: &mut Desk<'_>, id: i32) -> Result<Vec<Member>, PageError> {
    let Some(entry) = desk.generation.user(desk.conn, id)? else {
        return Ok(Vec::new());
    };
    let direct = desk.ask(
        Statement::new(
            "SELECT g.[Cinchy Id] FROM [Cinchy].[Groups] g WHERE g.[Deleted] IS NULL AND g.[Users].[Cinchy Id] = @id",
        )
        .with("id", id),
    )?;
    let direct: Vec<i32> = direct.rows.iter().map(|row| row.int(0)).collect();
    let membership = desk.generation.membership(desk.conn)?;
    let mut groups: Vec<Member> = entry
        .groups
        .iter()
        .filter_map(|group| {
            Some(Member {
                id: *group,
                name: membership.name(*group)?.to_owned(),
                indirect: !direct.contains(group),
            })
        })
        .collect();
    groups.sort_by(|a, b| (a.indirect, &a.name).cmp(&(b.indirect, &b.name)));
    Ok(groups)
}

/// The form of a new user.
pub async fn new(visit: Visit) -> HttpResponse {
    visit
        .get(|desk| {
            desk.administrators_only(WHAT)?;
            let draft = Draft {
                method: METHODS[0].0.to_owned(),
                ..Draft::default()
            };
            show(desk, None, draft, String::new(), None)
        })
        .await
}

/// Makes a user.
pub async fn create(visit: Visit, body: Bytes) -> HttpResponse {
    visit
        .post(body, |desk, form| {
            desk.administrators_only(WHAT)?;
            form.within(LONGEST)?;
            let mut draft = Draft::sent(form);
            let password = form.get("password").unwrap_or_default();
            let needs = draft.method != "Single Sign-On" && password.is_empty();
            let wrong = if needs {
                "Give a password: without one nobody can sign in as this user.".to_owned()
            } else {
                wrong_password(password, &draft.username)
            };
            if !draft.check(desk, None)? || !wrong.is_empty() {
                return show(desk, None, draft, wrong, None);
            }
            let made = desk.ask(
                draft
                    .written(
                        "INSERT INTO [Cinchy].[Users] ([Username], [Authentication Method], [First Name], [Last Name], \
                         [Email Address], [Can Design Tables], [Can Design Queries], [Is Disabled], [Password]) \
                         OUTPUT INSERTED.[Cinchy Id] \
                         VALUES (@username, @method, @first, @last, @email, @design_tables, @design_queries, 0, @password)",
                    )
                    .with("password", Some(password).filter(|p| !p.is_empty())),
            )?;
            let id = made.rows.first().map_or(0, |row| row.int(0));
            Ok(Answer::See(format!("/admin/users/{id}?done=made")))
        })
        .await
}

/// What is wrong with a password that somebody chooses for another; empty: nothing, or there is none.
fn wrong_password(password: &str, username: &str) -> String {
    if password.chars().count() > MAX_PASSWORD_CHARS {
        format!("At most {MAX_PASSWORD_CHARS} characters.")
    } else if !password.is_empty() && password.eq_ignore_ascii_case(username) {
        "The user's own name is the first that anybody tries. Take another.".to_owned()
    } else {
        String::new()
    }
}

/// A user with the forms that change them.
pub async fn edit(visit: Visit, id: Path<i32>) -> HttpResponse {
    visit
        .get(move |desk| {
            let user = find(desk, *id)?;
            let draft = Draft::of(&user);
            let notice = notice(&desk.query, &draft.method);
            show(desk, Some(user), draft, String::new(), notice)
        })
        .await
}

fn notice(query: &Pairs, method: &str) -> Option<Notice> {
    Some(Notice::good(match query.text("done") {
        "made" if method == "Single Sign-On" => {
            "The user is there, and signs in by SAML. Put them into groups to give them rights."
        }
        "made" if method == "Non Interactive" => {
            "The user is there, for programs: no login page takes them. Put them into groups to give them rights."
        }
        "made" => "The user can sign in now. Put them into groups to give them rights.",
        "saved" => "Saved.",
        "password" => "The password is set. Failed attempts are forgotten.",
        "unlocked" => "The account is unlocked and failed attempts are forgotten.",
        "disabled" => "The account is disabled. Its tokens are refused from now on.",
        "enabled" => "The account is enabled.",
        _ => return None,
    }))
}

/// Changes a user.
pub async fn update(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, form| {
            desk.administrators_only(WHAT)?;
            let user = find(desk, *id)?;
            form.within(LONGEST)?;
            let mut draft = Draft::sent(form);
            if let Some(text) = changed_meanwhile(desk, "Users", user.id, form)? {
                let notice = Notice::bad(text);
                return show(desk, Some(user), draft, String::new(), Some(notice));
            }
            if !draft.check(desk, Some(user.id))? {
                return show(desk, Some(user), draft, String::new(), None);
            }
            desk.ask(
                draft
                    .written(
                        "UPDATE [Cinchy].[Users] SET [Username] = @username, [Authentication Method] = @method, \
                         [First Name] = @first, [Last Name] = @last, [Email Address] = @email, \
                         [Can Design Tables] = @design_tables, [Can Design Queries] = @design_queries \
                         WHERE [Deleted] IS NULL AND [Cinchy Id] = @id",
                    )
                    .with("id", user.id),
            )?;
            Ok(Answer::See(format!("/admin/users/{}?done=saved", user.id)))
        })
        .await
}

fn set(desk: &mut Desk<'_>, id: i32, sets: &str) -> Result<(), PageError> {
    let text =
        format!("UPDATE [Cinchy].[Users] SET {sets} WHERE [Deleted] IS NULL AND [Cinchy Id] = @id");
    desk.ask(Statement::new(&text).with("id", id))?;
    Ok(())
}

fn forget_failures(desk: &Desk<'_>, id: i32) -> Result<(), PageError> {
    desk.instance
        .database()
        .write_sessions(|conn| cinchy_storage::users::clear_failures(conn, Some(id)))
        .map_err(|error: cinchy_storage::StorageError| error.into())
}

/// Unlocks an account and forgets its failed attempts.
pub fn unlocked(desk: &mut Desk<'_>, id: i32) -> Result<(), PageError> {
    set(desk, id, "[Locked Timestamp] = NULL")?;
    forget_failures(desk, id)
}

/// Sets a password.
pub async fn password(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, form| {
            desk.administrators_only(WHAT)?;
            let user = find(desk, *id)?;
            let password = form.get("password").unwrap_or_default();
            let wrong = if password.is_empty() {
                "Type the new password.".to_owned()
            } else {
                wrong_password(password, &user.username)
            };
            if !wrong.is_empty() {
                let draft = Draft::of(&user);
                return show(desk, Some(user), draft, wrong, None);
            }
            desk.ask(
                Statement::new(
                    "UPDATE [Cinchy].[Users] SET [Password] = @password, [Locked Timestamp] = NULL \
                     WHERE [Deleted] IS NULL AND [Cinchy Id] = @id",
                )
                .with("password", password)
                .with("id", user.id),
            )?;
            forget_failures(desk, user.id)?;
            Ok(Answer::See(format!(
                "/admin/users/{}?done=password",
                user.id
            )))
        })
        .await
}

/// Unlocks an account.
pub async fn unlock(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, _| {
            desk.administrators_only(WHAT)?;
            let user = find(desk, *id)?;
            unlocked(desk, user.id)?;
            Ok(Answer::See(format!(
                "/admin/users/{}?done=unlocked",
                user.id
            )))
        })
        .await
}

/// Disables or enables an account.
pub async fn switch(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, _| {
            desk.administrators_only(WHAT)?;
            let user = find(desk, *id)?;
            if user.id == desk.visitor.entry.user.id {
                return Err(PageError::Denied(
                    "You cannot disable yourself: nobody might be left to enable you.".to_owned(),
                ));
            }
            let (value, done) = if user.disabled {
                (0, "enabled")
            } else {
                (1, "disabled")
            };
            set(desk, user.id, &format!("[Is Disabled] = {value}"))?;
            Ok(Answer::See(format!("/admin/users/{}?done={done}", user.id)))
        })
        .await
}

/// Deletes a user.
pub async fn delete(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, _| {
            desk.administrators_only(WHAT)?;
            let user = find(desk, *id)?;
            if user.id == desk.visitor.entry.user.id {
                return Err(PageError::Denied("You cannot delete yourself.".to_owned()));
            }
            desk.ask(
                Statement::new(
                    "DELETE FROM [Cinchy].[Users] WHERE [Deleted] IS NULL AND [Cinchy Id] = @id",
                )
                .with("id", user.id),
            )?;
            Ok(back("deleted", &user))
        })
        .await
}

/// Brings a deleted user back.
pub async fn restore(visit: Visit, id: Path<i32>, body: Bytes) -> HttpResponse {
    visit
        .post(body, move |desk, _| {
            desk.administrators_only(WHAT)?;
            let table = desk.catalog()?.find("Cinchy", "Users").cloned();
            if let Some(table) = table {
                crate::rows::restore(desk, &table, *id)?;
            }
            let user = find(desk, *id)?;
            Ok(back("restored", &user))
        })
        .await
}

fn back(done: &str, user: &User) -> Answer {
    Answer::See(format!(
        "/admin/users?done={done}&row={}&name={}",
        user.id,
        encode(&user.display)
    ))
}

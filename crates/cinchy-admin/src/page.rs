//! What all pages have: the frame around them, notices, the page of an error.

use actix_web::HttpResponse;
use askama::Template;
use cinchy_auth::Mount;
use cinchy_web::Site;
use cinchy_web::authenticate::Authenticated;

use crate::error::{Kept, PageError};
use crate::place::{Section, path_of};
use crate::visit::{Answer, Visit};

/// What the layout shows on each page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Of the instance, without the origin: links use it, since the page may be open below another origin than the public
    /// URL, and its policy takes what it loads from its own origin only.
    pub path: String,
    /// Origin, base path and name of the instance: what clients are given.
    pub web: String,
    /// Name of the instance.
    pub instance: String,
    /// Version of the program.
    pub version: &'static str,
    /// The signed-in user.
    pub person: Person,
    /// Name of the user that the page is seen as.
    pub viewing_as: Option<String>,
    /// Whether the rights that hold are an administrator's.
    pub administrator: bool,
    /// The token of forms.
    pub token: String,
    /// Where in the navigation the page stands.
    pub section: Section,
    /// Its title.
    pub title: String,
    /// What was just done.
    pub notice: Option<Notice>,
    /// The page itself, to come back to.
    pub here: String,
}

/// The signed-in user, as the layout names them.
#[derive(Debug, Clone)]
pub struct Person {
    /// User name.
    pub username: String,
    /// Name.
    pub name: String,
    /// One or two letters.
    pub initials: String,
}

/// What was just done, or could not be.
#[derive(Debug, Clone)]
pub struct Notice {
    /// What to say.
    pub text: String,
    /// Whether it is bad news.
    pub bad: bool,
    /// What takes it back.
    pub undo: Option<Undo>,
}

/// A form of one button.
#[derive(Debug, Clone)]
pub struct Undo {
    /// Where it goes, below the instance's path.
    pub action: String,
    /// What the button says.
    pub label: &'static str,
    /// What the page is looked at with, to come back to it so.
    pub back: Option<String>,
}

impl Notice {
    /// Good news.
    pub fn good(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            bad: false,
            undo: None,
        }
    }

    /// Bad news.
    pub fn bad(text: impl Into<String>) -> Self {
        Self {
            bad: true,
            ..Self::good(text)
        }
    }

    /// With a way back.
    pub fn undo(mut self, action: impl Into<String>) -> Self {
        self.undo = Some(Undo {
            action: action.into(),
            label: "Undo",
            back: None,
        });
        self
    }

    /// The way back leads to the page as it is looked at.
    pub fn back_to(mut self, query: &str) -> Self {
        if let Some(undo) = &mut self.undo {
            undo.back = Some(query.to_owned());
        }
        self
    }
}

/// Path of the instance of a request.
pub fn path(site: &Site) -> String {
    path_of(site.issuer_at(Mount::Root).as_str()).to_owned()
}

impl Frame {
    /// The frame of a request; the page sets its section and title.
    pub fn new(
        site: &Site,
        visitor: &Authenticated,
        caller: &Authenticated,
        token: &str,
        here: &str,
    ) -> Self {
        let user = &visitor.entry.user;
        let initials = user
            .profile
            .split_whitespace()
            .filter_map(|word| word.chars().find(|c| c.is_alphanumeric()))
            .take(2)
            .flat_map(char::to_uppercase)
            .collect();
        Self {
            path: path(site),
            web: site.issuer_at(Mount::Root).as_str().to_owned(),
            instance: site.instance.name().to_owned(),
            version: site.platform.options.version,
            person: Person {
                username: user.username.clone(),
                name: user.profile.clone(),
                initials,
            },
            viewing_as: (user.id != caller.entry.user.id)
                .then(|| caller.entry.user.display_name.clone()),
            administrator: caller.entry.administrator,
            token: token.to_owned(),
            section: Section::of(here),
            title: String::new(),
            notice: None,
            here: here.to_owned(),
        }
    }

    /// The same with a notice.
    pub fn noting(mut self, notice: Option<Notice>) -> Self {
        self.notice = notice;
        self
    }

    /// Marks the entry of the navigation that the page stands below.
    pub fn current(&self, section: Section) -> &'static str {
        if self.section == section {
            "page"
        } else {
            "false"
        }
    }
}

#[derive(Template)]
#[template(path = "admin/problem.html")]
struct Problem<'a> {
    frame: Frame,
    text: String,
    hint: &'a str,
    kept: Option<&'a Kept>,
}

/// The page of an error.
///
/// # Errors
/// A template that does not render.
pub fn problem(frame: &Frame, error: &PageError) -> Result<Answer, PageError> {
    error.log();
    let mut frame = frame.clone();
    frame.title = error.title().to_owned();
    let hint = match error {
        PageError::Administrators(_) if frame.viewing_as.is_some() => {
            "You see the page as that user does. Stop viewing as them to come back to your own rights."
        }
        _ => "",
    };
    let page = Problem {
        frame,
        text: error.to_string(),
        hint,
        kept: error.kept(),
    };
    Ok(Answer::Problem(error.status(), page.render()?))
}

/// What is said at an address that is none of the console's.
pub const MISSING: &str =
    "The console has no page at this address. The menu leads to all that there are.";

/// The page of an address that is none of the console's.
pub async fn missing(visit: Visit) -> HttpResponse {
    visit
        .get(|_| Err(PageError::NotFound(MISSING.to_owned())))
        .await
}

//! Users: who may sign in.

mod edit;
mod list;

use cinchy_cql::value::Value;

pub use edit::{create, delete, edit, new, password, restore, switch, unlock, unlocked, update};
pub use list::list;

use crate::cql::{Row, Statement};
use crate::desk::Desk;
use crate::error::PageError;
use crate::time;

/// What administrators-only pages of this subject are called in a refusal.
const WHAT: &str = "Changing users";

/// Ways to sign in, with what they mean.
const METHODS: &[(&str, &str)] = &[
    (
        "Cinchy User Account",
        "Signs in with a user name and a password.",
    ),
    (
        "Single Sign-On",
        "Signs in at the company's identity provider, by SAML.",
    ),
    (
        "Non Interactive",
        "For programs: a password at the token endpoint, no login page.",
    ),
];

const SELECT: &str = "SELECT [Cinchy Id], [Username], [Authentication Method], [First Name], [Last Name], [Email Address], \
    [Display Name], [Is Disabled], [Locked Timestamp], [Can Design Tables], [Can Design Queries], [Modified] \
    FROM [Cinchy].[Users]";

/// A row of `[Cinchy].[Users]`.
#[derive(Debug, Clone)]
struct User {
    id: i32,
    username: String,
    method: String,
    first: String,
    last: String,
    email: String,
    display: String,
    disabled: bool,
    locked: String,
    design_tables: bool,
    design_queries: bool,
    modified: String,
}

impl User {
    fn of(row: &Row) -> Self {
        Self {
            id: row.int(0),
            username: row.text(1),
            method: row.text(2),
            first: row.text(3),
            last: row.text(4),
            email: row.text(5),
            display: row.text(6),
            disabled: row.yes(7),
            locked: time::shortened(&row.text(8)),
            design_tables: row.yes(9),
            design_queries: row.yes(10),
            modified: time::shortened(&row.text(11)),
        }
    }

    fn is_locked(&self) -> bool {
        !self.locked.is_empty()
    }

    fn state(&self) -> &'static str {
        match (self.disabled, self.is_locked()) {
            (true, _) => "disabled",
            (false, true) => "locked",
            (false, false) => "active",
        }
    }
}

fn find(desk: &mut Desk<'_>, id: i32) -> Result<User, PageError> {
    let text = format!("{SELECT} WHERE [Deleted] IS NULL AND [Cinchy Id] = @id");
    let grid = desk.ask(Statement::new(&text).with("id", Value::Int(id.into())))?;
    grid.rows.first().map(User::of).ok_or_else(|| {
        PageError::NotFound(format!(
            "There is no user with the Cinchy Id {id} that you may see."
        ))
    })
}

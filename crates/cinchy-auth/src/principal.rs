//! Who a request is: the user's row as the auth rules need it, and the principal that handlers and the language ask.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::secret::HashedSecret;

/// The user name of the built-in user that unauthenticated requests run as (documented).
pub const ANONYMOUS: &str = "Anonymous";

/// `[Users].[Authentication Method]` (documented values). Also the `role` claim (inferred from the sample token).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuthenticationMethod {
    /// A password kept by Cinchy.
    CinchyUserAccount,
    /// An external identity provider; such a user has no password here.
    SingleSignOn,
    /// A service account: a password at the token endpoint, no login page.
    NonInteractive,
}

/// A name that is not an Authentication Method.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not an authentication method; these are Cinchy User Account, Single Sign-On and Non Interactive", .0.escape_default())]
pub struct UnknownAuthenticationMethod(pub String);

impl AuthenticationMethod {
    /// Every option.
    pub const ALL: [Self; 3] = [
        Self::CinchyUserAccount,
        Self::SingleSignOn,
        Self::NonInteractive,
    ];

    /// The option's text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CinchyUserAccount => "Cinchy User Account",
            Self::SingleSignOn => "Single Sign-On",
            Self::NonInteractive => "Non Interactive",
        }
    }

    /// The option of a name, in any case.
    ///
    /// # Errors
    /// The name belongs to no option.
    pub fn parse(name: &str) -> Result<Self, UnknownAuthenticationMethod> {
        let trimmed = name.trim();
        Self::ALL
            .into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(trimmed))
            .ok_or_else(|| UnknownAuthenticationMethod(name.to_owned()))
    }
}

impl fmt::Display for AuthenticationMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A row of `[Cinchy].[Users]`, as far as signing in and tokens need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// `[Cinchy Id]`; the `sub` claim, as text. `Anonymous` has a negative one.
    pub id: i32,
    /// `[Username]`, matched in any case; the `id` claim.
    pub username: String,
    /// `[Display Name]`, for example `Ann Lee (ann)`.
    pub display_name: String,
    /// The user's name, for example `Ann Lee`; the `profile` claim.
    pub profile: String,
    /// `[Email Address]`; the `email` claim, left out when blank.
    pub email: Option<String>,
    /// `[Authentication Method]`.
    pub authentication_method: AuthenticationMethod,
    /// Whether the account is switched off.
    pub disabled: bool,
    /// Until when the account is locked, from [`crate::lockout::LockoutPolicy::locked_until`].
    pub locked_until: Option<DateTime<Utc>>,
    /// The password, if the account has one.
    pub password: Option<HashedSecret>,
    /// `[Password Expiration Timestamp]`: when the password must be changed; `None` where nobody has chosen it yet.
    pub password_expires: Option<DateTime<Utc>>,
    /// Grows with every change of the password or of the account's state; part of the verified-credential cache key.
    pub credential_version: i64,
}

impl User {
    /// Whether this is the built-in user Anonymous.
    pub fn is_anonymous(&self) -> bool {
        self.username.eq_ignore_ascii_case(ANONYMOUS)
    }

    /// What a session or a refresh token remembers of the password: another password, another stamp, and it is over.
    pub fn password_stamp(&self) -> String {
        let phc = self.password.as_ref().map_or("", |hash| hash.as_phc());
        crate::handle::hash(phc)
    }
}

/// How a request proved who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthenticationKind {
    /// An access token.
    Bearer {
        /// `[Client Id]` of the client that the token was issued to.
        client_id: String,
    },
    /// A personal access token.
    PersonalAccessToken {
        /// The token's row.
        token_id: i32,
        /// Its name, for logs.
        name: String,
    },
    /// User name and password with the request.
    Basic,
    /// No credential: the built-in user Anonymous.
    Anonymous,
}

/// Who a request runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// `[Cinchy Id]` of the user.
    pub user_id: i32,
    /// The user name as the row spells it.
    pub username: String,
    /// `[Cinchy Id]`s of the groups that the user belongs to, parents included. Empty for Anonymous.
    pub groups: Vec<i32>,
    /// Whether the user belongs to `Cinchy Administrators`.
    pub administrator: bool,
    /// How the request proved it.
    pub how: AuthenticationKind,
}

impl Principal {
    /// Whether the request came without a credential.
    pub fn is_anonymous(&self) -> bool {
        self.how == AuthenticationKind::Anonymous
    }

    /// Whether the user or one of its groups is named. Anonymous counts only when named as a user, never by a group
    /// (documented).
    pub fn is_named(&self, users: &[i32], groups: &[i32]) -> bool {
        users.contains(&self.user_id)
            || (!self.is_anonymous() && self.groups.iter().any(|group| groups.contains(group)))
    }

    /// Whether a saved query with these execute rights may be run. Administrators always may.
    pub fn may_execute(&self, users_with_execute: &[i32], groups_with_execute: &[i32]) -> bool {
        (self.administrator && !self.is_anonymous())
            || self.is_named(users_with_execute, groups_with_execute)
    }
}

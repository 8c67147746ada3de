//! Signing in with a password: which hash to verify against, and whether the account may have a token.
//!
//! The steps of a caller, which take the same time whether or not there is such a user:
//! find the user, [`hash_to_check`], [`crate::password::verify`] off the async threads, [`decide`].

use chrono::{DateTime, Utc};

use crate::password;
use crate::principal::{AuthenticationMethod, User};
use crate::secret::HashedSecret;

/// Why a user name and password are refused. Callers of the platform read one text for all of them, so that nobody can
/// find out which accounts exist; these texts are for logs and explanations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignInRefusal {
    /// No row in Users has this user name.
    #[error("no user has this user name; check it against [Cinchy].[Users]")]
    UnknownUser,
    /// The password is another one.
    #[error("the password is wrong; check it, or set a new one for this user")]
    WrongPassword,
    /// The account has no password.
    #[error("the user has no password; set one for this user")]
    NoPassword,
    /// Too many wrong passwords.
    #[error(
        "the account is locked until {until} after too many wrong passwords; wait, or clear its Locked Timestamp"
    )]
    LockedOut {
        /// When the lock runs out.
        until: DateTime<Utc>,
    },
    /// The account is switched off.
    #[error("the user is disabled; enable the account")]
    Disabled,
    /// The user's Authentication Method is Single Sign-On: only the identity provider may sign it in.
    #[error(
        "the user's Authentication Method is Single Sign-On, so a password cannot sign it in; use the saml2 grant or change the method"
    )]
    SingleSignOnOnly,
    /// The user's Authentication Method is Non Interactive: no login page.
    #[error(
        "the user's Authentication Method is Non Interactive, so it cannot use the login page; use the password grant or change the method"
    )]
    NonInteractive,
    /// The password is too old. Only under `--faithful`.
    #[error("the user's password expired; change it at /account/changepassword")]
    PasswordExpired,
    /// The built-in user Anonymous.
    #[error("nobody can sign in as Anonymous; send no credential instead")]
    Anonymous,
}

/// The hash to verify the given password against: the user's own, or one that nothing matches but that costs the same.
pub fn hash_to_check(user: Option<&User>) -> HashedSecret {
    user.and_then(|user| user.password.clone())
        .unwrap_or_else(password::dummy)
}

/// Whether this account may sign in with a password at the token endpoint or by Basic, whatever the password.
///
/// # Errors
/// The first that holds: Anonymous, disabled, locked, Single Sign-On, no password.
pub fn may_sign_in_with_password(user: &User, now: DateTime<Utc>) -> Result<(), SignInRefusal> {
    if user.is_anonymous() {
        return Err(SignInRefusal::Anonymous);
    }
    if user.disabled {
        return Err(SignInRefusal::Disabled);
    }
    if let Some(until) = user.locked_until.filter(|until| now < *until) {
        return Err(SignInRefusal::LockedOut { until });
    }
    if user.authentication_method == AuthenticationMethod::SingleSignOn {
        return Err(SignInRefusal::SingleSignOnOnly);
    }
    if user.password.is_none() {
        return Err(SignInRefusal::NoPassword);
    }
    Ok(())
}

/// The verdict, once the password has been compared.
///
/// # Errors
/// See [`SignInRefusal`]. Only [`SignInRefusal::WrongPassword`] is to be counted towards a lock-out.
pub fn decide(
    user: Option<&User>,
    password_matched: bool,
    now: DateTime<Utc>,
) -> Result<&User, SignInRefusal> {
    let user = user.ok_or(SignInRefusal::UnknownUser)?;
    may_sign_in_with_password(user, now)?;
    if password_matched {
        Ok(user)
    } else {
        Err(SignInRefusal::WrongPassword)
    }
}

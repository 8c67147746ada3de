//! What happens at the identity server, as one enum: structured log lines now, entries of a journal where one is kept.
//! No event holds a password, secret, code or token.

use std::fmt::Display;

/// An event.
#[derive(Clone, Copy)]
pub enum Event<'a> {
    /// A user signed in at the login page, or with an identity provider.
    SignedIn {
        /// Cinchy Id.
        user_id: i32,
        /// How; `pwd`, `external`, `chooser`.
        method: &'a str,
    },
    /// A sign-in was refused.
    SignInRefused {
        /// Why, with the mend.
        reason: &'a dyn Display,
    },
    /// A user signed out.
    SignedOut {
        /// Cinchy Id.
        user_id: i32,
    },
    /// An account was locked after too many wrong passwords.
    LockedOut {
        /// Cinchy Id.
        user_id: i32,
    },
    /// A user changed the password.
    PasswordChanged {
        /// Cinchy Id.
        user_id: i32,
    },
    /// Tokens were issued.
    TokenIssued {
        /// The client.
        client_id: &'a str,
        /// The grant; `implicit` for tokens at the redirect.
        grant: &'a str,
        /// The user; `None` for a client on its own behalf.
        user_id: Option<i32>,
    },
    /// The authorize endpoint refused a request.
    AuthorizeRefused {
        /// The client, as it was named.
        client_id: &'a str,
        /// Why, with the mend.
        reason: &'a dyn Display,
    },
    /// A code or refresh token was used twice, and what it had led to was revoked.
    ReuseDetected {
        /// The client.
        client_id: &'a str,
    },
    /// A token was revoked.
    TokenRevoked {
        /// The client that asked.
        client_id: &'a str,
    },
    /// Another key signs from now on.
    KeyRotated {
        /// Its id.
        kid: &'a str,
    },
}

impl Event<'_> {
    /// Writes the log line.
    pub fn log(self) {
        match self {
            Self::SignedIn { user_id, method } => {
                tracing::info!(event = "signed_in", user.id = user_id, method, "signed in");
            }
            Self::SignInRefused { reason } => {
                tracing::info!(event = "sign_in_refused", reason = %reason, "sign-in refused");
            }
            Self::SignedOut { user_id } => {
                tracing::info!(event = "signed_out", user.id = user_id, "signed out");
            }
            Self::LockedOut { user_id } => tracing::warn!(
                event = "locked_out",
                user.id = user_id,
                "account locked after too many wrong passwords"
            ),
            Self::PasswordChanged { user_id } => {
                tracing::info!(
                    event = "password_changed",
                    user.id = user_id,
                    "password changed"
                );
            }
            Self::TokenIssued {
                client_id,
                grant,
                user_id,
            } => tracing::debug!(
                event = "token_issued",
                client.id = client_id,
                grant,
                user.id = user_id,
                "token issued"
            ),
            Self::AuthorizeRefused { client_id, reason } => tracing::info!(
                event = "authorize_refused",
                client.id = client_id,
                reason = %reason,
                "authorize request refused"
            ),
            Self::ReuseDetected { client_id } => tracing::warn!(
                event = "reuse_detected",
                client.id = client_id,
                "a code or refresh token was used twice; what it had led to is revoked"
            ),
            Self::TokenRevoked { client_id } => {
                tracing::info!(
                    event = "token_revoked",
                    client.id = client_id,
                    "token revoked"
                );
            }
            Self::KeyRotated { kid } => {
                tracing::info!(event = "key_rotated", kid, "another key signs from now on");
            }
        }
    }
}
